"""The feeds of an office's process: when each is due, who asks the wire, what comes of it.

The wire is asked in threads that know nothing of the office; what they bring is taken in by the
office's own thread, a little at a time.
"""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Final

from detente.app.config import Config
from detente.app.feeds import plan, taxii
from detente.app.feeds.job import Job, Teller, Try
from detente.app.feeds.misp import jobs as misp
from detente.app.feeds.misp.wire import MispWire
from detente.app.feeds.plan import Feed
from detente.app.feeds.wire import Wire
from detente.app.log import Log
from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.office.feeding import STILL, Feeding, State, Told
from detente.office.office import Office

THREADS: Final = 4
MISP: Final = "misp"
AGAIN: Final = 5.0  # seconds until feeds are looked at again after a fault of our own


class Feeds:
    """Runs feeds. hand_in: lets the office's thread do a step."""

    def __init__(
        self,
        feeds: Sequence[Feed],
        office: Callable[[], Office],
        hand_in: Callable[[Callable[[], None]], None],
        log: Log,
        wire: Callable[[Feed], Wire] = Wire,
        misp_wire: Callable[[Feed], MispWire] = MispWire,
    ) -> None:
        self._feeds, self._office, self._hand_in, self._log = feeds, office, hand_in, log
        self._wire, self._misp_wire, self._teller = wire, misp_wire, Teller(log)
        self._busy: set[str] = set()
        self._coming: deque[tuple[Feed, State, Job]] = deque()
        self._pool = ThreadPoolExecutor(THREADS, "feeds") if feeds else None
        self._stop = Event()
        self._known = False

    def close(self) -> None:
        """Begin nothing more; what is asked ends by itself, and counts for nothing."""
        self._stop.set()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def pulse(
        self, guarded: Callable[[Callable[[], float | None]], float | None], now: Moment
    ) -> float | None:
        """Do what `turn` does as the office's process runs its steps; what fails is told, and tried again."""
        try:
            return guarded(lambda: self.turn(now))
        except Fault as fault:  # the node is away, or a desk is closed
            self._log.write("warn", fault.code, f"feeds: {fault.what}")
            return AGAIN

    def turn(self, now: Moment) -> float | None:
        """Take in a little of what came, begin what is due; return the seconds until the next turn.

        Raises OurFault as the office does when its node is away.
        """
        if not self._feeds:
            return None
        feeding = self._office().feeding
        if not self._known:
            feeding.keep_only(each.name for each in self._feeds)
            for each in self._feeds:
                known = replace(feeding.get(each.name), way=each.way, kind=each.kind)
                feeding.put(replace(known, told=_lines_of(each)))
            self._known = True
        if self._coming:
            self._take(self._coming[0], feeding, now)
            return 0.0
        waits = [
            self._look(each, feeding, now) for each in self._feeds if each.name not in self._busy
        ]
        return min(waits, default=None)

    def _look(self, feed: Feed, feeding: Feeding, now: Moment) -> float:
        state = feeding.get(feed.name)
        if state.paused:
            return AGAIN
        # Somebody waits for a comparison; one that failed waits as everything does.
        at_once = feed.kind == MISP and not state.tries and self._is_asked(feed)
        if state.due is not None and now < state.due and not at_once:
            return (state.due - now).ms / 1000
        since = state.new_at or state.good_at
        if since is not None and now >= since + feed.still_after and STILL not in state.alerts:
            state = self._teller.alarm(
                state,
                STILL,
                f"{feed.name}: nothing new since {since}",
                "ask whoever runs it",
                now=now,
            )
            feeding.put(state)
        self._begin(feed, state, feeding, now)
        return 1.0

    def _is_asked(self, feed: Feed) -> bool:
        return self._office().counterparts.comparison(feed.name).asked

    def _begin(self, feed: Feed, state: State, feeding: Feeding, now: Moment) -> None:
        try:
            job = self._job(feed, state, now)
        except Fault as fault:
            feeding.put(self._teller.failed(feed, state, fault, now))
            return
        if job is None:  # nothing to hand in
            feeding.put(state.went(state.upto, 0, 0, now + feed.every, now))
            return
        self._busy.add(feed.name)

        def land(done: "Future[None]") -> None:
            if not self._stop.is_set():
                self._hand_in(lambda: self._landed(feed, state, job, done))

        assert self._pool is not None, "there are feeds"
        self._pool.submit(job.ask).add_done_callback(land)

    def _landed(self, feed: Feed, state: State, job: Job, done: "Future[None]") -> None:
        done.result()  # a defect of ours ends the process that runs us, which tells it
        self._coming.append((feed, state, job))

    def _job(self, feed: Feed, state: State, now: Moment) -> Job | None:
        office = self._office()
        one = Try(feed, state, office.people.active(feed.person, now), self._teller)
        if feed.kind == MISP:
            return misp.job(one, office, self._misp_wire(feed), now)
        return taxii.job(one, office, self._wire(feed), self._stop.wait, now)

    def _take(self, coming: "tuple[Feed, State, Job]", feeding: Feeding, now: Moment) -> None:
        feed, state, job = coming
        try:
            after = job.take(self._office(), now)
        except Fault as fault:
            after = self._teller.failed(feed, state, fault, now)
        if after is not None:
            # Whoever paused it while it was read is not unheard.
            feeding.put(replace(after, paused=feeding.get(feed.name).paused))
            self._coming.popleft()
            self._busy.discard(feed.name)


def _lines_of(feed: Feed) -> Told:
    return Told(feed.url, feed.collection, feed.into, feed.person, feed.every, feed.still_after)


def open_feeds(
    settings: Config,
    office: Callable[[], Office],
    hand_in: Callable[[Callable[[], None]], None],
    log: Log,
) -> Feeds:
    """Return the feeds that the settings name. Raises OurFault("config.bad")."""
    file = settings.path("feeds.file")
    return Feeds(plan.read(Path(file)) if file else (), office, hand_in, log)
