"""The room of what waits for people here: the list, the courses of a matter, taking and having seen.

A look at the list reads rows that folds keep in its order (courses.py), beside the few things that
no record tells: the state of links, what our own node refused, what other rooms hold.
"""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from detente.core import names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import CLOSED, HOME, Level
from detente.office import (
    clearing,
    courses,
    crowds,
    dressing,
    home_kinds,
    house,
    items,
    kinds,
    marks,
    taking,
    unsent,
)
from detente.office.desk import Desk, Role
from detente.office.fields import Value, Values
from detente.office.items import Item, Page, Source
from detente.office.kind import Kind
from detente.office.matters import Matters
from detente.office.news import News
from detente.office.people import House, Person, permit_headers
from detente.office.ports import ShelfTx
from detente.office.post import Outcome, Post
from detente.office.procedure import Procedure
from detente.office.procedures import Course, Difference, Reading, differences, readings
from detente.office.register import Register
from detente.office.trail import Trail

PAGE_MAX: Final = 500
FLASHES_MAX: Final = 20  # of a desk, above every page
COUNTED_MAX: Final = 100  # "so many and more"
_TWINS_MAX: Final = 500
_ALARM_STATES: Final = frozenset(
    {"PATH_DOWN", "NODE_DOWN", "KEY_MISMATCH", "PEER_READ_ONLY", "HALTED", "DISPUTED"}
)


@dataclass(frozen=True, slots=True)
class Story:
    """One course of a matter, seen from our desk. holder: who took the matter here, "" for nobody.

    ticks: its clocks on this side. difference: how it stands over there, as far as their digest
    tells; None if it stands the same or they said nothing. unknown: mids that their digest names in
    the matter and we do not hold.
    """

    desk: str
    other: str
    course: Course
    ticks: tuple[Reading, ...]
    difference: Difference | None
    unknown: tuple[bytes, ...]


class Todo:
    """What waits for the people of one office."""

    def __init__(
        self, register: Register, post: Post, news: News, matters: Matters, trail: Trail
    ) -> None:
        self._register, self._post, self._trail = register, post, trail
        self._news, self._matters = news, matters
        self.sources: list[Source] = []

    # The list.

    def page(
        self,
        person: Person,
        now: Moment,
        *,
        after: str = "",
        count_max: int = 50,
        desks: Sequence[str] = (),
        crowd: str = "",
    ) -> Page:
        """Return what waits for a person, the most urgent first: alarms, then by deadline.

        desks: only these; those at which the person may not read are left out. What the other side
        owes is listed from when it is overdue. Many alike stand as one line; crowd: what stands in
        one such line instead, each by itself.
        """
        self._news.fold_made()
        self._register.see_levels()
        count_max = min(count_max, PAGE_MAX)
        own = [desk for desk in person.roles if person.stands(desk, Role.READ)]  # headers
        own = sorted(set(own) & set(desks) if desks else own)
        told = [each for source in self.sources for each in source.items(person, now)]
        told = [each for each in told if _is_of(each, desks)]
        with self._register.shelf.begin() as tx:
            rest = [] if desks else self._alarms(tx, person, own)
            rest += told
            if crowd:
                streams = [self._in_crowd(tx, own, crowd, after, count_max + 1, now)]
                listed: list[Item] = []
            else:
                streams = [self._rows(tx, desk, after, count_max + 1, now) for desk in own]
                streams += [self._crowds(tx, desk, now) for desk in own if count_max]
                listed = rest
            streams = [(each for each in found if each.key > after) for found in streams]
            late = sorted((each for each in listed if each.key > after), key=_key)
            merged = heapq.merge(*streams, late, key=_key)
            found = [self._dressed(tx, each) for each in islice(merged, count_max + 1)]
            flashes = [each for desk in own for each in self._flashes(tx, desk, now)]
            waiting = sum(self._count(tx, desk) for desk in own) + len(rest)
        shown = tuple(found[:count_max])
        more = len(found) > count_max and bool(shown)
        return Page(
            shown, shown[-1].key if more else "", tuple(sorted(flashes, key=_key)),
            min(waiting, COUNTED_MAX),
        )  # fmt: skip

    def _rows(
        self, tx: ShelfTx, desk: str, after: str, count_max: int, now: Moment
    ) -> Iterator[Item]:
        rows, begin = tx.rows(courses.WAITING), after or None
        mine = rows.find({"desk": desk, "mine": True, "folded": False}, begin, count_max)
        theirs = rows.find({"desk": desk, "mine": False}, begin, count_max)
        late = [row for row in map(Values, theirs) if now > row.moment("due")]
        found = [self._item(row, now) for row in (*map(Values, mine), *late)]
        return iter(sorted(found, key=_key))

    def _in_crowd(
        self, tx: ShelfTx, desks: Sequence[str], crowd: str, after: str, count_max: int, now: Moment
    ) -> Iterator[Item]:
        found = map(
            Values, tx.rows(courses.WAITING).find({"crowd": crowd}, after or None, count_max)
        )
        return (self._item(row, now) for row in found if row.text("desk") in desks)

    def _crowds(self, tx: ShelfTx, desk: str, now: Moment) -> Iterator[Item]:
        rows, last = tx.rows(courses.WAITING), crowds.urgent(tx, desk, COUNTED_MAX)
        found = []
        for crowd in crowds.of_desk(tx, desk):
            first = map(Values, rows.find({"crowd": crowd}, None, COUNTED_MAX))
            count = rows.count({"crowd": crowd}, crowds.CROWD_MAX)
            items_ = [self._item(row, now) for row in first]
            found.append(dressing.of_crowd(crowd, items_, count, last))
        return iter(sorted(found, key=_key))

    def _item(self, row: Values, now: Moment) -> Item:
        procedure = self._procedure(row.text("desk"), row.text("procedure"))
        return dressing.waiting(row, procedure, now)

    def _procedure(self, desk: str, name: str) -> Procedure | None:
        declared = self._register.desks.get(desk)
        found = declared.procedures if declared else ()
        return next((each for each in found if each.name == name), None)

    @staticmethod
    def _dressed(tx: ShelfTx, item: Item) -> Item:
        if item.crowd:
            return item
        item = _marked(tx, item)
        holder = tx.rows(taking.HOLDERS).get(item.matter) if item.matter else None
        seen = tx.rows(taking.SEEN).get(taking.about(item.mid)) if item.mid else None
        if not holder and not seen:
            return item
        return replace(
            item,
            holder=Values(holder or {}).text("person"),
            seen=Values(seen or {}).text("person"),
        )

    def alarms(self, desk: str) -> tuple[int, Moment | None]:
        """Return how many alarms of records wait at a desk, FLASHES_MAX at most, and since when."""
        with self._register.shelf.begin() as tx:
            where: dict[str, Value] = {"desk": desk, "alarm": True}
            rows = [Values(e) for e in tx.rows(courses.WAITING).find(where, None, FLASHES_MAX)]
        return len(rows), min((row.moment("since") for row in rows), default=None)

    def _flashes(self, tx: ShelfTx, desk: str, now: Moment) -> list[Item]:
        where: dict[str, Value] = {"desk": desk, "alarm": True}
        found = tx.rows(courses.WAITING).find(where, None, FLASHES_MAX)
        return [_marked(tx, self._item(Values(row), now)) for row in found]

    @staticmethod
    def _count(tx: ShelfTx, desk: str) -> int:
        return tx.rows(courses.WAITING).count({"desk": desk, "mine": True}, COUNTED_MAX)

    # What no record tells.

    def _alarms(self, tx: ShelfTx, person: Person, own: Sequence[str]) -> list[Item]:
        found = [*self._alarms_of_lines(person, own), *self._others(tx, own)]
        return [each for each in found if not clearing.is_cleared(tx, each)]

    def cleared(self) -> list[clearing.Cleared]:
        """Return the alarms that people cleared last, the newest first."""
        self._news.fold_made()
        with self._register.shelf.begin() as tx:
            return clearing.history(tx)

    def clear(self, person: Person, key: str, note: str, now: Moment) -> None:
        """Clear an alarm of a link or of two records under one number, that this person is shown.

        key: of its item; note: why, 1 to 500 characters. It stays in the history, and what made it
        stays as it is. Raises OurFault: office.forbidden, office.no_alarm, form.*, and as the home
        log does.
        """
        self._news.fold_made()
        self._register.see_levels()
        own = sorted(desk for desk in person.roles if person.may(desk, Role.READ))
        if not own and not person.is_in_house(House.ADMINISTRATOR):
            raise OurFault(
                "office.forbidden", f"{person.name} reads at no desk here",
                "ask who has the watch, or an administrator",
            )  # fmt: skip
        with self._register.shelf.begin() as tx:
            alarms = self._alarms(tx, person, own)
        found = next((e for e in alarms if e.key == key and e.what in clearing.CLEARABLE), None)
        if found is None:
            raise OurFault("office.no_alarm", "no such alarm stands here", "look at the list again")
        desk = found.desk or self._trail.desk()
        entry = self._post.home_entry(
            home_kinds.CLEAR, desk, clearing.body(person, found, note), now
        )
        self._post.enter_all([entry], now)
        self._news.fold_made()

    def _others(self, tx: ShelfTx, desks: Sequence[str]) -> list[Item]:
        records = tx.rows(house.RECORDS)
        found = []
        for row in unsent.every(tx):
            record = Values(records.get(row.data("mid")) or {})
            if record and record.text("desk") in desks:
                found.append(dressing.of_unsent(row, record))
        for row in map(Values, tx.rows(house.EQUIVOCATIONS).find({}, None, _TWINS_MAX)):
            first = Values(records.get(row.data("first")) or {})
            if first and first.text("desk") in desks:
                found.append(dressing.of_twins(row, first))
        return found

    def _alarms_of_lines(self, person: Person, desks: Sequence[str]) -> list[Item]:
        if not desks and not person.is_in_house(House.ADMINISTRATOR):
            return []
        return [each for level in self._register.levels.values() for each in self._lines(level)]

    def _lines(self, level: Level) -> list[Item]:
        if not level.peer or level.state in (HOME, CLOSED) or not self._register.is_own(level):
            return []
        found = []
        if level.state in _ALARM_STATES:
            found.append(dressing.of_line(items.LINE, level, level.since))
        if dressing.without_receipt(level) and level.state != "LIVE":
            found.append(dressing.of_line(items.RECEIPTS, level, level.since))
        return found

    # A matter.

    def stories(self, person: Person, matter: str) -> tuple[Story, ...]:
        """Return every course of a matter; those of desks at which the person may not read, not."""
        self._news.fold_made()
        compared = {(c.desk, c.other): c for c in self._matters.compare(matter)}
        register = self._register
        found = []
        with register.shelf.begin() as tx:
            held = courses.Matter(tx, register.book.card.name, matter)
            for desk, other, each in courses.of_matter(held, register.desks):
                declared = register.desks[names.desk_of(desk)]
                if not person.may(declared.name, Role.READ):
                    continue
                told = compared.get((desk, other))
                lacking = told.missing_there if told else ()
                unknown = told.missing_here if told else ()
                differs = self._differs(held, declared, desk, other, lacking)
                found += [
                    Story(
                        desk,
                        other,
                        course,
                        readings(course),
                        differs.get(course.mid),
                        unknown,
                    )
                    for course in each
                ]
        return tuple(found)  # fmt: skip

    @staticmethod
    def _differs(
        held: courses.Matter, desk: Desk, one: str, other: str, lacking: Sequence[bytes]
    ) -> Mapping[bytes, Difference]:
        if not lacking:
            return {}
        found = differences(held.entries(), desk.procedures, one, other, lacking)
        return {each.mid: each for each in found}

    def holder(self, matter: str) -> str:
        """Return who took a matter; "" for nobody."""
        with self._register.shelf.begin() as tx:
            return Values(tx.rows(taking.HOLDERS).get(matter) or {}).text("person")

    # What people do with it.

    def take(self, person: Person, mid: bytes, now: Moment) -> Outcome:
        """Say that a person has the matter of a record; from another only a supervisor takes it.

        Raises OurFault: office.no_record, office.forbidden, matter.taken.
        """
        self._refuse_others(person, mid)
        return self._note(person, mid, kinds.TAKE, "matter/take", now)

    def leave(self, person: Person, mid: bytes, now: Moment) -> Outcome:
        """Say that nobody has the matter of a record any more; raises as `take`."""
        self._refuse_others(person, mid)
        return self._note(person, mid, kinds.LEAVE, "matter/leave", now)

    def seen(self, person: Person, mid: bytes, now: Moment) -> Outcome:
        """Say that a person saw an alarm about a record, without reading it; raises as `take`.

        It stops the sound here and is told to nobody over there.
        """
        return self._note(person, mid, kinds.SEEN, "record/seen", now, about=taking.about(mid))

    def _refuse_others(self, person: Person, mid: bytes) -> None:
        self._news.fold_made()
        row = self._register.record(mid)
        holder = self.holder(row.text("matter"))
        if holder not in ("", person.name) and not person.supervises(row.text("desk")):
            raise OurFault(
                "matter.taken",
                f"{holder} has this matter",
                "ask them to leave it, or a supervisor of the desk to take it over",
            )

    def _note(
        self, person: Person, mid: bytes, kind: Kind, act: str, now: Moment, **more: str
    ) -> Outcome:
        self._news.fold_made()
        row = self._register.record(mid)
        desk = row.text("desk")
        permit_headers(person, desk, Role.READ)  # an alarm is silenced before the text is read
        body = Values({"person": person.name, "user": person.user, **more})
        to = (self._register.address(desk),)
        letter = self._post.house_letter(kind, desk, to, body, now)
        letter = replace(letter, matter=row.text("matter"), reply_to=mid)
        signer = self._post.unattended(desk)
        outcome = self._post.post_for(person, desk, act, [letter], signer, now)
        self._news.fold_made()
        return outcome


def _key(item: Item) -> str:
    return item.key


def _marked(tx: ShelfTx, item: Item) -> Item:
    row = tx.rows(house.RECORDS).get(item.mid) if item.mid else None
    found = (each for each in Values(row or {}).parts("marks") if each["mark"] == marks.EXERCISE)
    mark = next(found, None)
    return replace(item, exercise=mark.text("why")) if mark else item


def _is_of(item: Item, desks: Sequence[str]) -> bool:
    return not desks or item.desk in desks
