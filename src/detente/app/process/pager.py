"""A web address that is told of an alarm: an SMS, mail or pager gateway. Asked beside the office.

It gets precedence, desk, count, since when, which step and whether it is a drill, and nothing of what stands in the FLASH.
Certificates are checked, no redirect is followed, and the secret stands in no log. What fails is
tried again; while the last alarm did not get through, that stands on the list of what waits.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from detente.app import system
from detente.app.config import Config
from detente.app.feeds.line import Line
from detente.app.log import Log
from detente.app.process.bell import Kept, is_failing
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import courses, items
from detente.office.alarms import COMMAND, Bell, Rang, Ring
from detente.office.items import Item
from detente.office.people import House, Person

TRIES_MAX: Final = 5
AGAIN_AFTER: Final = 10.0  # seconds to the second try; twice as many to each next
RINGS_MAX: Final = 16  # that wait for the one before them
SECRET_MAX: Final = 4_096  # characters
_LOOPBACK: Final = ("127.0.0.1", "::1", "localhost")
_LOOK: Final = 0.2  # seconds between looks at one that is asked
_REMEDY: Final = "ask the address by hand: alarms.webhook"


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask. secret: "" for none; trust: a file of certificates, "" for the system's."""

    url: str
    secret: str
    trust: str


def address(settings: Config) -> Address | None:
    """Return the address of the settings, None for none. Raises OurFault("config.bad")."""
    url = settings.text("alarms.webhook")
    if not url:
        return None
    try:
        found = urlsplit(url)
        found.port  # noqa: B018  it is read here, and raises
    except ValueError:
        raise _bad("alarms.webhook is no address") from None
    safe = found.scheme == "https" or (found.scheme == "http" and found.hostname in _LOOPBACK)
    if not safe or not found.hostname or found.username or found.fragment or found.query:
        raise _bad("alarms.webhook is no https address without name and question")
    file = settings.path("alarms.webhook_secret_file")
    return Address(
        url, _secret(Path(file)) if file else "", str(settings.path("alarms.webhook_trust") or "")
    )


def _secret(file: Path) -> str:
    try:
        text = file.read_text("ascii").strip()
    except (OSError, ValueError):
        raise _bad("alarms.webhook_secret_file cannot be read") from None
    if not text or len(text) > SECRET_MAX or not text.isprintable():
        raise _bad("alarms.webhook_secret_file is not one line of printable characters")
    return text


class Pager:
    """Asks for one ring at a time. `tell` hears of each how it ended."""

    def __init__(
        self,
        address: Address | None,
        log: Log,
        tell: Callable[[Ring, bool], None],
        now: Callable[[], Moment] = system.now,
    ) -> None:
        self._kept = Kept("webhook", TRIES_MAX, now)
        self._address, self._log, self._tell = address, log, tell
        self._pool = ThreadPoolExecutor(1, "pager") if address is not None else None
        self._waiting: deque[Ring] = deque()
        self._asked: Future[str] | None = None
        self._tries = 0
        self._at = 0.0  # when it is tried again
        self.failed: Ring | None = None  # the last alarm did not get through

    def ring(self, rings: Sequence[Ring]) -> None:
        """Tell of each. Without an address nobody is told; beyond RINGS_MAX it failed."""
        if self._pool is None:
            return
        fit = max(0, RINGS_MAX - len(self._waiting))
        self._waiting += rings[:fit]
        for each in rings[fit:]:
            why = f"{RINGS_MAX} alarms wait before it"
            self._kept.ended(why)
            self._say(why)
            self._done(each, well=False)

    def turn(self, moment: float) -> float | None:
        """Begin or look after a question; return seconds to the next look, None for none."""
        if self._asked is not None and self._asked.done():
            asked, self._asked = self._asked, None
            self._ended(asked.result(), moment)
        if self._asked is None and self._waiting and moment >= self._at and self._pool is not None:
            self._tries += 1
            self._asked = self._pool.submit(self._ask, self._waiting[0])
        if self._asked is not None:
            return _LOOK
        return max(0.0, self._at - moment) if self._waiting else None

    def recall(self, told: Rang) -> None:
        """Begin with how the last question before the office's start ended."""
        self._kept.recall(told)
        if self._pool is not None and self.failed is None and is_failing(told):
            assert told.failed_at is not None, "it failed"
            self.failed = Ring(COMMAND, told.desk, 0, told.failed_at, ())

    def bells(self) -> list[Bell]:
        """Return how it fares; none without an address."""
        return [] if self._pool is None else [self._kept.shown(len(self._waiting), self._tries)]

    def close(self) -> None:
        """Begin nothing more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def items(self, person: Person, now: Moment) -> Iterable[Item]:  # noqa: ARG002  as a source is asked
        """Return that the last alarm did not get through, for whoever works there or administers."""
        ring = self.failed
        if ring is None or not (
            ring.desk in person.roles or person.is_in_house(House.ADMINISTRATOR)
        ):
            return ()
        key = courses.place(ring.since, ring.since, items.AUTOMATIC, "pager")
        words = ("ui.todo.pager", (("desk", ring.desk),))
        return (
            Item(
                key=key,
                what=items.AUTOMATIC,
                words=words,
                desk=ring.desk,
                from_="",
                since=ring.since,
            ),
        )

    def _ask(self, ring: Ring) -> str:
        # In a thread of its own. Returns why it did not get through, "" if it did.
        assert self._address is not None, "without an address nobody asks"
        told = {
            "prec": "FLASH", "desk": ring.desk, "count": ring.count, "since": str(ring.since),
            "step": ring.step, "exercise": ring.exercise,
        }  # fmt: skip
        headers = {"Content-Type": "application/json"}
        if self._address.secret:
            headers["Authorization"] = f"Bearer {self._address.secret}"
        try:
            line = Line(self._address.url, self._address.trust)
            said = line.ask("POST", "", headers, None, json.dumps(told).encode())
        except OurFault as fault:
            return fault.what
        except (OSError, ValueError) as error:  # a file of certificates that is none
            return type(error).__name__
        return "" if 200 <= said.status < 300 else f"it answers {said.status}"  # noqa: PLR2004  RFC 9110

    def _ended(self, why: str, moment: float) -> None:
        self._kept.ended(why)
        if why:
            self._say(f"try {self._tries} of {TRIES_MAX}: {why}")
        if why and self._tries < TRIES_MAX:
            self._at = moment + AGAIN_AFTER * 2 ** (self._tries - 1)
            return
        self._tries, self._at = 0, moment
        self._done(self._waiting.popleft(), well=not why)

    def _done(self, ring: Ring, *, well: bool) -> None:
        self.failed = None if well else ring
        self._tell(ring, well)

    def _say(self, why: str) -> None:
        self._log.write("error", "run.alarm", f"alarms.webhook was not told: {why}", remedy=_REMEDY)


def _bad(what: str) -> OurFault:
    return OurFault("config.bad", what, "see docs/operate/watch.md: https://gateway.example/alarm")
