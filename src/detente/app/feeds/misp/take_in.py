"""A try of reading a MISP instance: events that are new there become records here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from detente.app.console.taxii import adding
from detente.app.console.taxii.status import Status
from detente.app.feeds.job import Try
from detente.app.feeds.misp import held, pull
from detente.app.feeds.misp.held import Object
from detente.app.feeds.misp.index import Entry
from detente.app.feeds.misp.pull import Pulled
from detente.app.feeds.misp.wire import MispWire
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment
from detente.desks.cert.files import MISP
from detente.office.counterparts import OURS, Counterparts, Thing
from detente.office.feeding import NOT_TAKEN, SHRUNK, State
from detente.office.offering import ALL
from detente.office.office import Office

TAKEN_AT_ONCE: Final = 200  # objects of one bundle at most, but for the markings that they name


class TakeIn:
    """Events of an instance, taken in one after another as its person would hand them in."""

    def __init__(self, one: Try, wire: MispWire, known: Mapping[str, Thing]) -> None:
        self._try, self._wire, self._known = one, wire, known
        self._found = Pulled()
        self._at = self._fresh = 0
        self._wrong: list[str] = []

    def ask(self) -> None:
        """Read what is new."""
        self._found = pull.run(self._wire.ask, self._known, self._try.feed.since)

    def take(self, office: Office, now: Moment) -> State | None:
        """Take in the next event."""
        if self._at == len(self._found.events):
            return self._after(office, now)
        entry, data = self._found.events[self._at]
        self._at += 1
        before = self._known.get(entry.uuid)
        try:
            if before is not None and before.way == OURS:
                self._sightings(office, entry, before, data, now)
            else:
                self._event(office, entry, data, now)
        except Fault as fault:
            if not fault.code.startswith(("exchange.", "stix.", "cert.")):
                raise
            self._wrong.append(f"{entry.uuid}: {fault.code}: {fault.what}"[:300])
            # It says the same at the next reading: it is looked at again when it changed.
            own = before or Thing(entry.uuid)
            own = replace(own, at=entry.at, sighted=entry.sighted)
            office.counterparts.put(self._server, [own])
        return None

    def _event(self, office: Office, entry: Entry, data: bytes, now: Moment) -> None:
        taken = MISP.read(data, str(now))
        self._add(office, taken.objects, entry, now)
        things = {str(one["id"]).partition("--")[2]: str(one["id"]) for one in taken.objects}
        things |= taken.places
        container = things.pop(entry.uuid, "")
        own = Thing(entry.uuid, at=entry.at, sighted=entry.sighted, object=container)
        book = office.counterparts
        known = book.get(self._server, things)
        items = [
            Thing(uuid, entry.uuid, object=identity)
            for uuid, identity in things.items()
            if uuid not in known or known[uuid].event == entry.uuid
        ]
        book.put(self._server, [own, *items])

    def _sightings(
        self, office: Office, entry: Entry, before: Thing, data: bytes, now: Moment
    ) -> None:
        book = office.counterparts
        items = book.items(self._server, entry.uuid)
        places = {uuid: each.object for uuid, each in items.items() if each.object}
        seen = MISP.sightings(data, places, str(now))
        self._add(office, seen, entry, now)
        if entry.at > before.at:
            self._wrong.append(f"{entry.uuid}: what we handed in was changed there")
        more = [
            Thing(str(one["id"]).partition("--")[2], entry.uuid, object=str(one["id"]))
            for one in seen
            if one["type"] == "sighting"
        ]
        book.put(self._server, [replace(before, at=entry.at, sighted=entry.sighted), *more])

    @property
    def _server(self) -> str:
        return self._try.feed.url

    def _add(self, office: Office, objects: Sequence[Object], entry: Entry, now: Moment) -> None:
        person = office.people.active(self._try.feed.person, now)
        room = office.offered
        collection = room.collection(person, self._try.feed.into)
        if not collection.may_write:
            raise OurFault(
                "office.forbidden", f"{person.name} hands nothing in at {collection.alias}", ""
            )
        fresh = held.fresh(room, ALL, objects, entry.at)
        marks = [one for one in fresh if one["type"] == "marking-definition"]
        rest = [one for one in fresh if one["type"] != "marking-definition"]
        for start in range(0, len(rest), TAKEN_AT_ONCE):
            some = [*marks, *rest[start : start + TAKEN_AT_ONCE]]
            status = Status("", "")
            texts = [json.dumps(one, ensure_ascii=False) for one in some]
            adding.add(office, person, collection, texts, status, now)
            self._fresh += status.fresh
            self._wrong += [
                str(each["message"]) for each in status.failures if isinstance(each, dict)
            ]

    def _after(self, office: Office, now: Moment) -> State:
        feed, state, found = self._try.feed, self._try.state, self._found
        due = now if found.more and found.events else now + feed.every
        after = state.went(self._upto(now), self._fresh, len(self._wrong), due, now)
        if found.fault is not None:
            kept = replace(state, upto=after.upto, taken=after.taken, refused=after.refused,
                           new_at=after.new_at if self._fresh else state.new_at)  # fmt: skip
            return self._try.teller.failed(feed, kept, found.fault, now)
        wrong = [*found.wrong, *self._wrong]
        alarm = self._try.teller.alarm
        if wrong:
            after = alarm(after, NOT_TAKEN, f"{feed.name}: {wrong[0]}", "see the feed", state)
        gone = self._gone(office.counterparts)
        if gone:
            what = f"{feed.name}: {len(gone)} events are there no more, the first {gone[0]}"
            remedy = f"see detente feed diff {feed.name}: then it is told no more"
            after = alarm(after, SHRUNK, what, remedy, state)
        return after

    def _gone(self, book: Counterparts) -> list[str]:
        known = book.events(self._server)
        return sorted(uuid for uuid in known if uuid not in self._found.entries)

    def _upto(self, now: Moment) -> int:
        taken = [entry.at for entry, _ in self._found.events]
        every = [] if self._found.more else [each.at for each in self._found.entries.values()]
        return min(max((*taken, *every), default=-1), now.ms // 1000) * 1_000_000
