"""Courses of matters as rows: where each stands, and what of it waits for a person here.

Made anew for a matter whenever a record of it is folded, in the same transaction: a look at the
list reads rows in their order and computes nothing. All of it can be dropped and folded again.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from detente.core import limits, names, talk
from detente.core.moment import Moment, Span
from detente.core.record import NO_MATTER
from detente.core.talk import Said
from detente.office import crowds, house, items, kinds, marks, taking, unsent
from detente.office.desk import Desk, Opened
from detente.office.drafting import PRECEDENCES
from detente.office.fields import (
    Field,
    Mid,
    Parts,
    Text,
    Value,
    Values,
    When,
)
from detente.office.ports import ShelfTx
from detente.office.procedures import Course, Entry, Reading, courses, readings
from detente.office.stands import COURSES, DUES, course_key
from detente.office.tables import Row, Table

RECORDS_MAX: Final = limits.MAX_EVIDENCE_RECORDS  # of one matter
_FACT_MAX: Final = 200
_NEVER: Final = Moment(10**15 - 1)  # sorts after every moment
# What comes in should be read within this; it only places it among what has a deadline.
_READ_WITHIN: Final = dict(
    zip(PRECEDENCES, (Span.of(hours=24), Span.of(hours=4), Span.of(minutes=15), Span(0)), strict=True)
)  # fmt: skip

MOVES: Final = Table(  # what procedures look at in the bodies of records
    name="house_moves",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("matter", Text(32)),
        Field("title", Text(_FACT_MAX), required=False),
        Field(
            "facts",
            Parts((Field("name", Text(32)), Field("value", Text(_FACT_MAX)))),
            required=False, many=True, count_min=0, count_max=32,
        ),
        Field(
            "until",
            Parts((Field("name", Text(32)), Field("at", When()))),
            required=False, many=True, count_min=0, count_max=32,
        ),
    ),
    find_by=(("matter",),),
)  # fmt: skip
WAITING: Final = crowds.WAITING
TABLES: Final = (MOVES, COURSES, DUES, WAITING, crowds.CROWDS)


def place(due: Moment | None, since: Moment, what: str, about: str, *, alarm: bool = False) -> str:
    """Return the key of something that waits: alarms first, then by deadline, then the oldest."""
    when = f"{_clamped(due or _NEVER):015d} {_clamped(since):015d}"
    return f"{0 if alarm else 1} {when} {what} {about}"


def _clamped(at: Moment) -> int:
    return min(max(at.ms, 0), _NEVER.ms)


# What a record's body says.


def note_body(tx: ShelfTx, opened: Opened, desk: Desk | None) -> None:
    """Keep what procedures of a desk look at in a record's body, if it takes part in one."""
    procedures = [each for each in (desk.procedures if desk else ()) if opened.kind in each.kinds]
    if not procedures:
        return
    fields = sorted(frozenset().union(*(each.fields for each in procedures)))
    title = next(
        (each.title for each in procedures if opened.kind in each.opens and each.title), ""
    )
    until = sorted(frozenset().union(*(each.moments for each in procedures)))
    facts = [(name, _as_text(opened.body.get(name))) for name in fields]
    moments = [(name, opened.body.get(name)) for name in until]
    tx.rows(MOVES).put(
        {
            "mid": opened.mid,
            "matter": opened.matter,
            "title": _as_text(opened.body.get(title)) or None,
            "facts": tuple(Values({"name": k, "value": v}) for k, v in facts if v),
            "until": tuple(
                Values({"name": k, "at": v}) for k, v in moments if isinstance(v, Moment)
            ),
        }
    )  # fmt: skip


def _as_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | str):
        return house.plain(str(value)) if str(value) else ""
    return ""


# The matter made anew.


def matters_of(tx: ShelfTx, matter: str, of: Value) -> set[str]:
    """Return the matters whose rows a record changes: its own, and that of what it speaks of."""
    about = tx.rows(house.RECORDS).get(of) if isinstance(of, bytes) else None
    return {matter, *([Values(about).text("matter")] if about else [])} - {NO_MATTER}


class Matter:
    """The records of one matter as this office holds them."""

    def __init__(self, tx: ShelfTx, party: str, matter: str) -> None:
        self._tx, self.party = tx, party
        found = map(Values, tx.rows(house.RECORDS).find({"matter": matter}, None, RECORDS_MAX))
        held = {row.data("mid") for row in unsent.every(tx)}  # our own node took none of these
        self.rows = [
            row for row in found if talk.is_said(row.text("kind")) and row.data("mid") not in held
        ]
        bodies = tx.rows(MOVES).find({"matter": matter}, None, RECORDS_MAX)
        self._bodies = {Values(row).data("mid"): Values(row) for row in bodies}
        self.refused = {row.data("mid") for row in self.rows if self._is_refused(row)}

    def _is_refused(self, row: Values) -> bool:
        rejects = self._tx.rows(house.REJECTS)
        return any(rejects.get(house.said_key(row.data("mid"), to)) for to in row.texts("to"))

    def pairs(self) -> list[tuple[str, str]]:
        """Return our desks and those of peers between which something passed."""
        found = set()
        for row in self.rows:
            desk = f"{row.text('desk')}@{self.party}"
            others = row.texts("to") if row.flag("ours") else (row.text("from"),)
            found |= {(desk, each) for each in others if names.party_of(each) != self.party}
        return sorted(found)

    def entries(self) -> list[Entry]:
        """Return what the engine looks at of each record that nobody refused."""
        return [self._entry(row) for row in self.rows if row.data("mid") not in self.refused]

    def title(self, mid: bytes) -> str:
        """Return the line of a record's own, "" if it has none."""
        return self._bodies[mid].text("title") if mid in self._bodies else ""

    def title_above(self, row: Values) -> str:
        """Return the line of the record that one replies to, "" if it has none."""
        return self.title(row.data("reply_to")) if "reply_to" in row else ""

    def _entry(self, row: Values) -> Entry:
        mid = row.data("mid")
        body = self._bodies.get(mid)
        deadline = row.get("deadline")
        return Entry(
            said=said_of(row),
            kept_at=row.moment("kept_at"),
            prec=row.text("prec"),
            tlp=row.text("tlp"),
            deadline=deadline if isinstance(deadline, Moment) else None,
            facts=None if body is None else _pairs(body, "facts", "value"),
            until=None if body is None else {
                one.text("name"): one.moment("at") for one in body.parts("until")
            },
            title=self.title(mid),
            exercise=next(
                (one.text("why") for one in row.parts("marks") if one["mark"] == marks.EXERCISE), ""
            ),
        )  # fmt: skip


def _pairs(body: Values, column: str, value: str) -> dict[str, str]:
    return {one.text("name"): one.text(value) for one in body.parts(column)}


def said_of(row: Values) -> Said:
    """Return what counts of a record, from its row of the house."""
    reply_to = row.data("reply_to") if "reply_to" in row else None
    return Said(
        row.data("mid"), row.text("kind"), row.text("from"), row.texts("to"), row.text("s"),
        row.whole("n"), reply_to,
    )  # fmt: skip


def of_matter(
    matter: Matter, desks: Mapping[str, Desk]
) -> list[tuple[str, str, tuple[Course, ...]]]:
    """Return our desk, the other, and the courses between them, for every pair of a matter."""
    entries = matter.entries()
    found = []
    for desk, other in matter.pairs():
        declared = desks.get(names.desk_of(desk))
        if declared is not None and declared.procedures:
            found.append((desk, other, courses(entries, declared.procedures, desk, other)))
    return found


def settle(tx: ShelfTx, party: str, matter: str, desks: Mapping[str, Desk]) -> None:
    """Make the rows of one matter anew from what is held of it."""
    held = Matter(tx, party, matter)
    stands = [
        (desk, other, course, readings(course))
        for desk, other, found in of_matter(held, desks)
        for course in found
    ]
    rows = [_course_row(matter, *each) for each in stands]
    _replace(tx, COURSES, matter, rows)
    _replace(tx, DUES, matter, [_due_row(row) for row in rows if row["due"] and not row["ended"]])
    waiting = crowds.placed(tx, _todo(tx, held, stands, _by_itself(desks)))
    crowds.settle(tx, (*_replace(tx, WAITING, matter, waiting), *waiting))


def _replace(tx: ShelfTx, table: Table, matter: str, rows: Sequence[Row]) -> list[Row]:
    """Keep the rows of a matter; return those that no longer stand."""
    kept, new = tx.rows(table), {row[table.key] for row in rows}
    gone = [
        row
        for row in kept.find({"matter": matter}, None, 3 * RECORDS_MAX)
        if row[table.key] not in new
    ]
    for row in gone:
        kept.drop(row[table.key])
    kept.put_many(rows)
    return gone


_Stand = tuple[str, str, Course, tuple[Reading, ...]]


def _running(found: Iterable[Reading]) -> list[Reading]:
    return [each for each in found if each.stopped_by is None]


def _course_row(
    matter: str, desk: str, other: str, course: Course, ticks: tuple[Reading, ...]
) -> Row:
    last, runs = course.steps[-1], _running(ticks) if course.is_known else []
    run = min(runs, key=lambda each: each.due, default=None)
    owes = None if run is None else "us" if run.duty.who.is_(course.side_of(desk)) else "them"
    return {
        "key": course_key(course.mid, other),
        "mid": course.mid,
        "matter": matter,
        "procedure": course.procedure.name,
        "desk": desk,
        "other": other,
        "ours": course.opener == desk,
        "state": course.state,
        "by": last.entry.mid,
        "at": last.entry.kept_at,
        "owes": owes,
        "due": None if run is None else run.due,
        "ended": course.at.is_end,
    }


def _due_row(row: Row) -> Row:
    due = row["due"]
    assert isinstance(due, Moment), "whoever asks has looked"
    course = Values(row).text("key")
    key = f"{_clamped(due):015d} {course}"
    return {
        "key": key,
        "course": course,
        "matter": row["matter"],
        "desk": row["desk"],
        "due": due,
    }


# What waits for a person.


def _by_itself(desks: Mapping[str, Desk]) -> frozenset[str]:
    return frozenset(name for desk in desks.values() for name in desk.by_itself)


def _todo(
    tx: ShelfTx, held: Matter, stands: Sequence[_Stand], by_itself: frozenset[str]
) -> list[Row]:
    reads, seen = tx.rows(house.READS), tx.rows(taking.SEEN)
    by_mid = {row.data("mid"): row for row in held.rows}
    unread, alarms = set(), set()
    for mid, row in by_mid.items():
        if row.flag("ours") or not row.flag("known") or row.text("kind") in kinds.HOUSE:
            continue
        if row.text("kind") in by_itself:
            continue
        if reads.get(house.said_key(mid, _address(held, row))) is None:
            unread.add(mid)
            if row.text("prec") == "FLASH" and seen.get(taking.about(mid)) is None:
                alarms.add(mid)
    found = [
        _owed_row(held, by_mid[course.mid], stand, tick, unread, alarms)
        for stand in stands
        for course, ticks in [stand[2:]]
        if course.is_known  # else what answered it may be what nobody can read any more
        for tick in _running(ticks)
    ]
    listed = {row["mid"] for row in found if row["mine"]}
    found += [
        _row(held, by_mid[mid], items.UNREAD, unread=True, alarm=mid in alarms)
        for mid in unread - listed
    ]
    found += [
        _row(held, by_mid[mid], items.REJECTED)
        for mid in held.refused
        if by_mid[mid].flag("ours") and seen.get(taking.about(mid)) is None
    ]
    return found


def _address(held: Matter, row: Values) -> str:
    return f"{row.text('desk')}@{held.party}"


def _owed_row(
    held: Matter, row: Values, stand: _Stand, tick: Reading, unread: set[bytes], alarms: set[bytes]
) -> Row:
    desk, other, course, _ = stand
    mine = tick.duty.who.is_(course.side_of(desk))
    mid = course.mid
    return {
        **_row(
            held, row, items.OWED if mine else items.AWAITED,
            unread=mid in unread, alarm=mine and mid in alarms, due=tick.due, since=tick.since,
            about=f"{mid.hex()} {other}",
        ),
        "mine": mine,
        "from": other,
        "title": course.opened.title or held.title_above(row) or None,
        "procedure": course.procedure.name,
        "state": course.state,
        "clock": tick.clock.name,
        "ladder": (course.opened.facts or {}).get(tick.clock.ladder_by),
    }  # fmt: skip


def _row(
    held: Matter,
    row: Values,
    what: str,
    *,
    unread: bool = False,
    alarm: bool = False,
    due: Moment | None = None,
    since: Moment | None = None,
    about: str = "",
) -> Row:
    mid, began = row.data("mid"), since or row.moment("kept_at")
    placed = due or began + _READ_WITHIN[row.text("prec")]
    return {
        "key": place(placed, began, what, about or mid.hex(), alarm=alarm),
        "what": what,
        "mine": True,
        "mid": mid,
        "matter": row.text("matter"),
        "desk": row.text("desk"),
        "from": row.text("from"),
        "to": row.texts("to"),
        "kind": row.text("kind"),
        "prec": row.text("prec"),
        "tlp": row.text("tlp"),
        "since": began,
        "due": due,
        "title": held.title(mid) or None,
        "procedure": None,
        "state": None,
        "clock": None,
        "unread": unread,
        "alarm": alarm,
        "exercise": any(each["mark"] == marks.EXERCISE for each in row.parts("marks")),
    }
