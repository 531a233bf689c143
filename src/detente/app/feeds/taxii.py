"""Tries of feeds of TAXII 2.1: a collection there is read, or handed in at."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from detente.app.console.taxii import adding
from detente.app.console.taxii.status import Status
from detente.app.feeds import pull, push
from detente.app.feeds.job import Job, Try
from detente.app.feeds.pull import Pulled
from detente.app.feeds.push import Pushed
from detente.app.feeds.wire import Told, Wire
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.feeding import NOT_TAKEN, SAME, SHRUNK, State
from detente.office.offering import Page, Wanted
from detente.office.office import Office

TAKEN_AT_ONCE: Final = 200  # objects that the office's thread takes before it does other things


def job(
    one: Try, office: Office, wire: Wire, wait: Callable[[float], object], now: Moment
) -> Job | None:
    """Return what a try does, None if there is nothing to hand in. Raises OurFault: office.*, http.*."""
    room = office.offered
    collection = room.collection(one.person, one.feed.into)
    if one.feed.way == "pull":
        if not collection.may_write:
            raise OurFault(
                "office.forbidden", f"{one.person.name} hands nothing in at {one.feed.into}", ""
            )
        return _Pull(one, wire, room.offering.split)
    with office.trail.request(one.person, "feed/push", now):
        page = room.page(
            one.person, collection, Wanted(versions=frozenset({"all"})), one.state.upto, push.BATCH
        )
        texts = [each.decode() for each in room.texts(page)]
    return _Push(one, wire, page, texts, wait) if texts else None


class _Pull:
    """Objects of a collection there, taken in as its person would hand them in."""

    def __init__(self, one: Try, wire: Wire, split: Callable[[bytes], Sequence[str]]) -> None:
        self._try, self._wire, self._split = one, wire, split
        self._found = Pulled(one.state.upto)
        self._at = self._fresh = 0
        self._wrong: list[str] = []

    def ask(self) -> None:
        """Read on."""
        place = f"collections/{self._try.feed.collection}/objects/"
        self._found = pull.run(
            lambda asked: self._wire.ask("GET", place, asked), self._try.state.upto, self._split
        )

    def take(self, office: Office, now: Moment) -> State | None:
        """Hand in the next few of what was pulled."""
        some = self._found.texts[self._at : self._at + TAKEN_AT_ONCE]
        if some:
            person = office.people.active(self._try.feed.person, now)
            collection = office.offered.collection(person, self._try.feed.into)
            status = Status("", "")
            adding.add(office, person, collection, [each.decode() for each in some], status, now)
            self._at += len(some)
            self._fresh += status.fresh
            self._wrong += [
                str(each["message"]) for each in status.failures if isinstance(each, dict)
            ]
        return self._after(now) if self._at >= len(self._found.texts) else None

    def _after(self, now: Moment) -> State:
        feed, state, found = self._try.feed, self._try.state, self._found
        due = now if found.more else now + feed.every
        after = state.went(found.upto, self._fresh, len(self._wrong), due, now)
        if found.fault is not None:
            kept = replace(state, upto=after.upto, taken=after.taken, refused=after.refused,
                           new_at=after.new_at if self._fresh else state.new_at)  # fmt: skip
            return self._try.teller.failed(feed, kept, found.fault, now)
        alarm = self._try.teller.alarm
        if self._wrong:
            after = alarm(after, NOT_TAKEN, f"{feed.name}: {self._wrong[0]}", "see the feed", state)
        if state.upto >= 0 and not found.texts:
            after = alarm(
                after, SHRUNK, f"{feed.name}: what stood at its end is there no more",
                "ask whoever runs it; to read it again from its beginning, give the feed another name",
                state,
            )  # fmt: skip
        elif len(found.texts) > 1 and not self._fresh and found.upto > state.upto:
            after = alarm(
                after, SAME, f"{feed.name}: its dates move, and all of it is held already",
                "ask whoever runs it whether it gives out what it gave before", state,
            )  # fmt: skip
        return after


class _Push:
    """Objects of a collection of ours, handed in there."""

    def __init__(
        self,
        one: Try,
        wire: Wire,
        page: Page,
        texts: Sequence[str],
        wait: Callable[[float], object],
    ) -> None:
        self._try, self._wire, self._page, self._texts = one, wire, page, texts
        self._wait, self._found = wait, Pushed()

    def ask(self) -> None:
        """Hand them in."""
        self._found = push.run(self._say, self._try.feed.collection, self._texts, self._wait)

    def _say(self, method: str, tail: str, body: bytes | None) -> Told:
        return self._wire.ask(method, tail, None, body)

    def take(self, _office: Office, now: Moment) -> State:
        """Count what they took."""
        feed, state, found = self._try.feed, self._try.state, self._found
        if found.fault is not None:
            return self._try.teller.failed(feed, state, found.fault, now)
        due = now if self._page.more else now + feed.every
        after = state.went(self._page.upto, found.taken, found.refused, due, now)
        if found.wrong or found.refused:
            what = found.wrong[0] if found.wrong else f"{found.refused} objects, and not why"
            after = self._try.teller.alarm(
                after, NOT_TAKEN, f"{feed.name}: they did not take {what}", "see why", state
            )
        return after
