"""The room of overseers: how often what happened at which desk, and who complained of what.

Numbers, codes, desks and parties; no record, no title, no name of a person. It decides nothing.
Counted from the trail and from headers and clocks of records. Source: docs/operate/people.md.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.node.ports import CLOSED
from detente.office import attention, courses, home_folds, home_kinds, house, kinds, marks, unsent
from detente.office.fields import Value, Values
from detente.office.home_folds import TRAIL
from detente.office.people import House, Person, permit_house
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.procedures import Course, readings
from detente.office.register import Register
from detente.office.stands import COURSES
from detente.office.trail import Note, Trail

# What is counted of each desk. Of records: ours first, then theirs.
SENT, RECEIVED = "sent", "received"
ALONE, ALONE_THERE = "alone", "alone_there"  # sent by one person, under the emergency rule
LATE, LATE_THERE = "late", "late_there"  # answers that came after their deadline, or still do not
REJECTED, REJECTS = "rejected", "rejects"  # ours that they could not take; theirs that we could not
ACTS, REFUSED, UNAUDITED = "acts", "refused", "unaudited"
WHATS: Final = (
    *(SENT, RECEIVED, ACTS, REFUSED, ALONE, ALONE_THERE),
    *(LATE, LATE_THERE, UNAUDITED, REJECTED, REJECTS),
)
ENTRIES_MAX: Final = 20_000  # of one kind of the trail, looked at for one answer
MATTERS_MAX: Final = 1_000  # whose clocks are read anew for one answer
COMPLAINTS_MAX: Final = 100  # shown; more are counted
_PAGE: Final = 500
_MOVING: Final = frozenset({"LIVE", CLOSED})  # the newer log of the same line tells of itself
_PARTS: Final = ("records", "trail", "clocks", "complaints")


@dataclass(frozen=True, slots=True)
class Complaint:
    """A record that one side could not take. at: when we kept that record, None if we did not."""

    at: Moment | None
    desk: str
    party: str
    code: str
    ours: bool  # we complained of theirs; else they of ours


@dataclass(frozen=True, slots=True)
class Stuck:
    """Records of ours that do not move now: at a desk of ours, or on the line to a party."""

    where: str
    count: int
    since: Moment
    line: bool


@dataclass(frozen=True, slots=True)
class Oversight:
    """What an overseer sees. counts: by desk and one of WHATS.

    refusals: what people were refused, with which code, how often, the most frequent first. failed:
    sign-ins that failed. cut: parts of the house that hold more than was looked at.
    """

    counts: dict[str, Counter[str]]
    refusals: Sequence[tuple[str, str, int]]
    failed: int
    complaints: Sequence[Complaint]
    stuck: Sequence[Stuck]
    cut: Sequence[str]


class Overseeing:
    """Counts of one office."""

    def __init__(self, register: Register, post: Post, trail: Trail) -> None:
        self._register, self._post, self._trail = register, post, trail

    def see(self, person: Person, since: Moment, until: Moment, now: Moment) -> Oversight:
        """Return what happened from `since` until before `until`, and what is stuck now.

        That it was seen is an entry. Raises OurFault("office.forbidden").
        """
        with self._trail.request(person, "oversight", now):
            permit_house(person, House.OVERSEER)
            self._trail.saw(person, Note("", "oversight"))
            self._post.fold_all()
            self._register.see_levels()
            with self._register.shelf.begin() as tx:
                return _Count(self._register, tx, since, until, now).all()


class _Count:
    def __init__(
        self, register: Register, tx: ShelfTx, since: Moment, until: Moment, now: Moment
    ) -> None:
        self._register, self._tx, self._now = register, tx, now
        self._since, self._until = since, until
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in register.desks}
        self._cut: set[str] = set()
        self._house = min(register.desks, default="")  # what is of no desk is sealed to one

    def all(self) -> Oversight:
        self._records()
        refusals, failed = self._entries()
        self._clocks()
        return Oversight(
            {name: self._counts[name] for name in sorted(self._counts)}, refusals, failed,
            self._complaints(), self._stuck(), [each for each in _PARTS if each in self._cut],
        )  # fmt: skip

    def _add(self, desk: str, what: str) -> None:
        self._counts.setdefault(desk, Counter())[what] += 1

    def _is_in(self, at: Moment) -> bool:
        return self._since <= at < self._until

    # Records, by their headers.

    def _records(self) -> None:
        seen = 0
        for row in attention.records(self._tx):
            seen += 1
            if self._is_in(row.moment("kept_at")):
                self._record(row)
        if seen >= attention.SCAN_MAX:
            self._cut.add("records")

    def _record(self, row: Values) -> None:
        desk, ours, kind = row.text("desk"), row.flag("ours"), row.text("kind")
        if kind == kinds.REJECT.name:
            self._add(desk, REJECTS if ours else REJECTED)
        if kind.startswith(("sys.", "office.")):
            return
        self._add(desk, SENT if ours else RECEIVED)
        said = {one.text("mark") for one in row.parts("marks")}
        if marks.UNRELEASED in said:
            self._add(desk, ALONE if ours else ALONE_THERE)
        if marks.UNAUDITED in said:
            self._add(desk, UNAUDITED)

    # The trail.

    def _entries(self) -> tuple[Sequence[tuple[str, str, int]], int]:
        refusals: Counter[tuple[str, str]] = Counter()
        for row in self._of_kind(home_kinds.REFUSED.name):
            self._add(row.text("desk"), REFUSED)
            refusals[row.text("code"), row.text("what")] += 1
        for row in self._of_kind(home_kinds.ACT.name):
            self._add(row.text("desk"), ACTS)
        for row in self._of_kind(home_kinds.LOOKED.name):
            if row.text("unaudited"):
                self._add(row.text("desk"), UNAUDITED)
        failed = sum(row.text("step") == "failed" for row in self._of_kind(home_kinds.SESSION.name))
        return [(code, what, count) for (code, what), count in refusals.most_common()], failed

    def _of_kind(self, kind: str) -> Iterator[Values]:
        after: Value = f"{home_folds.before(self._until)}~"  # later ones come before
        for _ in range(ENTRIES_MAX // _PAGE):
            rows = [Values(row) for row in self._tx.rows(TRAIL).find({"kind": kind}, after, _PAGE)]
            for row in rows:
                if row.moment("at") < self._since:
                    return
                yield row
            if len(rows) < _PAGE:
                return
            after = rows[-1].text("key")
        self._cut.add("trail")

    # Clocks of matters.

    def _clocks(self) -> None:
        party, desks = self._register.book.card.name, self._register.desks
        for matter in self._matters():
            held = courses.Matter(self._tx, party, matter)
            for desk, _, found in courses.of_matter(held, desks):
                for course in found:
                    self._clocks_of(course, desk)

    def _clocks_of(self, course: Course, desk: str) -> None:
        for tick in readings(course) if course.is_known else ():
            if self._is_in(tick.due) and (tick.stopped_at or self._now) > tick.due:
                ours = tick.duty.who.is_(course.side_of(desk))
                self._add(names.desk_of(desk), LATE if ours else LATE_THERE)

    def _matters(self) -> Sequence[str]:
        # A clock that was due in this time either still runs, or its matter moved since then.
        found: dict[str, None] = {}
        after: Value = None
        while True:
            rows = [Values(row) for row in self._tx.rows(COURSES).find({}, after, _PAGE)]
            for row in rows:
                if row.moment("at") >= self._since or not row.flag("ended"):
                    found[row.text("matter")] = None
            if len(found) > MATTERS_MAX:
                self._cut.add("clocks")
                return list(found)[:MATTERS_MAX]
            if len(rows) < _PAGE:
                return list(found)
            after = rows[-1].text("key")

    # What does not go well.

    def _complaints(self) -> Sequence[Complaint]:
        records, found = self._tx.rows(house.RECORDS), list[Complaint]()
        rows = self._tx.rows(house.REJECTS).find({}, None, ENTRIES_MAX)
        for row in map(Values, rows):
            about = records.get(row.data("of"))
            at = Values(about).moment("kept_at") if about else None
            if at is None or self._is_in(at):
                desk = Values(about).text("desk") if about else names.desk_of(row.text("from"))
                who = names.party_of(row.text("from"))
                found.append(Complaint(at, desk, who, row.text("code"), row.flag("ours")))
        if len(found) > COMPLAINTS_MAX:
            self._cut.add("complaints")
        found.sort(key=lambda each: each.at.ms if each.at else 0, reverse=True)
        return found[:COMPLAINTS_MAX]

    def _stuck(self) -> Sequence[Stuck]:
        held: dict[str, list[Moment]] = {}
        for row in unsent.every(self._tx):
            about = self._tx.rows(house.RECORDS).get(row.data("mid"))
            desk = Values(about).text("desk") if about else self._house
            held.setdefault(desk, []).append(row.moment("at"))
        found = [Stuck(desk, len(ats), min(ats), line=False) for desk, ats in sorted(held.items())]
        for level in self._register.levels.values():
            behind = level.waiting + max(0, level.size - level.receipted)
            is_ours = level.peer and self._register.is_own(level)
            if is_ours and behind and level.state not in _MOVING:
                found.append(Stuck(level.peer, behind, level.since, line=True))
        return found
