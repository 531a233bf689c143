"""A matter as people follow it: records of both sides in order, and how far each of them came.

A text stands in it only if a desk of ours wrote it, or said to have read it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import limits, names, talk
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import house, marks, standing, waits
from detente.office.desk import Role
from detente.office.fields import Values
from detente.office.marks import Mark
from detente.office.matters import said_of
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.reader import TableReader
from detente.office.reading import Taken
from detente.office.register import Register
from detente.office.replies import Reply
from detente.office.standing import FileState, Standing
from detente.office.waits import Wait

RECORDS_MAX: Final = limits.MAX_EVIDENCE_RECORDS
CLOSED: Final = "office.desk_closed"  # why_not of a desk that is shut to who asks
_BOOKS: Final = ("sys.", "office.", "ack.", "matter.")


@dataclass(frozen=True, slots=True)
class Line:
    """One record of a story.

    row: of the table of records. stands: `stands`, `withdrawn` or `corrected`, and by which
    records. read_at: when its reader over there, or ours, signed READ. taken: opened, None while
    nobody here read it, or if it cannot be opened; why_not: code of that. files: none of a desk that
    is shut to who asks, for names of files are text.
    """

    row: Values
    standing: Standing
    stands: talk.Standing
    marks: tuple[Mark, ...]
    waits: tuple[Wait, ...]
    replies: tuple[Reply, ...]
    files: tuple[FileState, ...]
    read_at: Moment | None
    delivered: bool
    stored: bool
    taken: Taken | None
    why_not: str = ""

    @property
    def mid(self) -> bytes:
        """Its id."""
        return self.row.data("mid")

    @property
    def ours(self) -> bool:
        """Whether a desk of this party says it."""
        return self.row.flag("ours")


@dataclass(frozen=True, slots=True)
class Story:
    """A matter: its lines in the order that both sides agree on, and whether that is all of it."""

    matter: str
    lines: tuple[Line, ...]
    whole: bool

    @property
    def first(self) -> Line:
        """The record that began it."""
        return self.lines[0]

    @property
    def parties(self) -> tuple[str, ...]:
        """Every party that spoke or was spoken to."""
        found: set[str] = set()
        for line in self.lines:
            for each in (line.row.text("from"), *line.row.texts("to")):
                found.add(names.party_of(each))
        return tuple(sorted(found))


def tell(register: Register, person: Person, matter: str, now: Moment) -> Story:
    """Return a matter as a person may see it; register has seen the levels.

    Raises OurFault: office.no_matter; office.forbidden if all of it is at desks that are not theirs.
    """
    with register.shelf.begin() as tx:
        found = tx.rows(house.RECORDS).find({"matter": matter}, None, RECORDS_MAX)
        rows = {
            row.data("mid"): row
            for row in map(Values, found)
            if not row.text("kind").startswith(_BOOKS)
        }
    if not rows:
        raise OurFault("office.no_matter", f"no matter {matter} here", "see: detente record list")
    allowed = {mid: row for mid, row in rows.items() if person.stands(row.text("desk"), Role.READ)}
    if not allowed:
        raise OurFault(
            "office.forbidden",
            f"{person.name} may read at no desk of this matter",
            "ask your administrator for the role, or somebody who has it to do this",
        )
    said = [said_of(row) for row in allowed.values()]
    stood = talk.standings(said)
    ranks = {mid: row.moment("kept_at").ms for mid, row in allowed.items()}
    ordered = [one.mid for one in talk.order(said, ranks)]
    lines = tuple(_line(register, person, allowed[mid], stood[mid], now) for mid in ordered)
    return Story(matter, lines, whole=len(found) < RECORDS_MAX)


def _line(
    register: Register, person: Person, row: Values, stood: talk.Standing, now: Moment
) -> Line:
    mid, shut = row.data("mid"), row.text("desk") in person.shut
    how = standing.find(register, row)
    with register.shelf.begin() as tx:
        places, levels = register.places(tx, mid), register.levels
        logs = [(levels[each], place) for each, place in places if each in levels]
        marked = marks.of(row, logs)
        waiting = waits.find(register, tx, row, now)
        replies = waits.replies_to(register, tx, row)
        read_at = _read_at(register, tx, row)
        delivered = _is_delivered(tx, row, logs_of=dict(places))
    taken, why_not = (None, CLOSED) if shut else _opened(register, row, read_at)
    stored = any(level.peer and place < level.receipted for level, place in logs)
    return Line(
        row, how, stood, tuple(marked), waiting, replies,
        () if shut else standing.files(register, row), read_at, delivered or not row.flag("ours"), stored, taken, why_not,
    )  # fmt: skip


def _opened(register: Register, row: Values, read_at: Moment | None) -> tuple[Taken | None, str]:
    if not row.flag("ours") and read_at is None:
        return None, "unread"
    try:
        return register.open(row), ""
    except OurFault as fault:
        return None, fault.code


def _desks(register: Register, row: Values) -> tuple[str, ...]:
    if row.flag("ours"):
        return row.texts("to")
    return (register.address(row.text("desk")),)


def _read_at(register: Register, tx: ShelfTx, row: Values) -> Moment | None:
    look = TableReader(tx.rows)
    keys = [house.said_key(row.data("mid"), each) for each in _desks(register, row)]
    found = [look.get(house.READS, key) for key in keys]
    times = [Values(each).moment("at") for each in found if each is not None]
    return min(times, default=None)


def _is_delivered(tx: ShelfTx, row: Values, logs_of: Mapping[str, int]) -> bool:
    look = TableReader(tx.rows)
    for desk in row.texts("to"):
        for origin, place in logs_of.items():
            told = look.get(house.DELIVERIES, house.delivery_key(desk, origin))
            missing: Sequence[object] = ()
            if told is not None:
                found = told.get("not", ())
                missing = found if isinstance(found, tuple) else ()
            if told is not None and Values(told).whole("upto") > place and place not in missing:
                return True
    return False
