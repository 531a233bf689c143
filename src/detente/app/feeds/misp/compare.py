"""A try of comparing: what a MISP instance has, what we hold, and where the two differ, thing by thing."""

import json
from typing import Any

from detente.app.feeds.job import Try
from detente.app.feeds.misp import held, pull
from detente.app.feeds.misp.pull import Pulled
from detente.app.feeds.misp.wire import MispWire
from detente.core.moment import Moment
from detente.desks.cert.files import MISP
from detente.office.counterparts import Comparison, Difference, Thing
from detente.office.feeding import State
from detente.office.offering import ALL, Wanted
from detente.office.office import Office

CONTAINERS = frozenset({"report", "grouping"})


class Compare:
    """Some events of an instance, from one uuid on; the next try goes on where it ended."""

    def __init__(self, one: Try, wire: MispWire, before: Comparison) -> None:
        self._try, self._wire, self._before = one, wire, before
        self._found = Pulled()
        self._apart: list[Difference] = []
        self._at = 0

    def ask(self) -> None:
        """Read the next events."""
        self._found = pull.every(self._wire.ask, self._before.place, self._try.feed.since)

    def take(self, office: Office, now: Moment) -> State | None:
        """Compare the next event."""
        feed, state, found = self._try.feed, self._try.state, self._found
        if found.fault is not None:
            return self._try.teller.failed(feed, state, found.fault, now)
        if self._at < len(found.events):
            entry, data = found.events[self._at]
            self._at += 1
            self._event(office, entry.uuid, json.loads(data)["Event"])
            return None
        known = office.counterparts.events(feed.url)
        if not found.more:
            self._only_here(office, known)
        last = found.events[-1][0].uuid if found.events else self._before.place
        office.counterparts.compared(
            self._before, last, len(found.events), self._apart, None if found.more else now
        )
        return state

    def _event(self, office: Office, uuid: str, theirs: dict[str, Any]) -> None:
        known = office.counterparts.get(self._try.feed.url, [uuid]).get(uuid)
        ours = self._ours(office, known) if known is not None else None
        for each in MISP.compare(ours, theirs):
            self._apart.append(
                Difference(
                    uuid, each.item, each.what, each.state, ",".join(each.fields), each.shown
                )
            )

    def _ours(self, office: Office, known: Thing) -> dict[str, Any] | None:
        items = office.counterparts.items(self._try.feed.url, known.uuid)
        ids = {each.object for each in items.values()} | {known.object}
        room = office.offered
        collection = room.collection(self._try.person, ALL)
        objects = held.newest(room, self._try.person, collection, ids - {""})
        if not objects:
            return None
        more = held.beside(room, self._try.person, collection, objects)
        return MISP.event_of([*objects, *more], known.uuid)

    def _only_here(self, office: Office, known: dict[str, Thing]) -> None:
        """Tell what they have no more, once, and reports of ours that never went."""
        feed, room = self._try.feed, office.offered
        gone = [uuid for uuid in known if uuid not in self._found.entries]
        self._apart += [Difference(each, "", "event", "here", "", "gone there") for each in gone]
        office.counterparts.drop(feed.url, gone)
        collection = room.collection(self._try.person, ALL)
        page = room.page(self._try.person, collection, Wanted(types=CONTAINERS), -1, 1_000)
        for text in room.texts(page):
            one = json.loads(text)
            uuid = str(one["id"]).partition("--")[2]
            if uuid not in known and uuid not in self._found.entries:
                name = str(one.get("name", ""))[:200]
                self._apart.append(Difference(uuid, "", "event", "here", "", name))
