"""The engine of procedures: what a matter has come to, and what each side owes by when.

Pure. The courses of a matter are a function of the *set* of records that two desks hold: neither
arrival order nor copies nor a clock change them, so that both desks compute the same. Of records
that know nothing of each other the declared rank decides, then the mid. Only when a duty is due is
each side's own: it runs from that side's keeping of a record. Normative: spec/procedures.md.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

from detente.core import talk
from detente.core.moment import Moment, Span
from detente.core.talk import Said
from detente.office.procedure import Clock, Duty, Move, Procedure, Rung, State, Up, Who

SOON: Final = 4  # a clock is due, no longer merely running, in the last quarter of its time


class Entry(NamedTuple):
    """What the engine looks at of one record.

    kept_at: when this side kept it first; of its own, when it made it. facts: fields of its body as
    texts; None if the body cannot be read (a newer version, a text that was purged). until: the
    fields of its body that are moments. exercise: of which it is, "" for none.
    """

    said: Said
    kept_at: Moment
    prec: str = "ROUTINE"
    tlp: str = "CLEAR"
    deadline: Moment | None = None
    facts: Mapping[str, str] | None = None
    until: Mapping[str, Moment] | None = None
    title: str = ""
    exercise: str = ""

    @property
    def mid(self) -> bytes:
        """Its identity."""
        return self.said.mid


class Why(StrEnum):
    """Why a record that takes part in a procedure did not move a course."""

    STATE = "state"  # the course does not go on from where it stands by such a record
    WHO = "who"  # it is the other side's to say
    GUARD = "guard"  # its body says nothing that moves
    UNREADABLE = "unreadable"  # its body cannot be read here
    MARK = (
        "mark"  # it is of another exercise than what it speaks to, or of one where that is of none
    )


@dataclass(frozen=True, slots=True)
class Step:
    """A record that counted: it brought the course from one state to another; at first from ""."""

    entry: Entry
    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A record that did not count. by: mids of the records that caused it, the last one last."""

    mid: bytes
    kind: str
    why: Why
    by: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """One run of a procedure between two desks, as the set of records tells it.

    opener and other are addresses; steps begin with the record that opened it.
    """

    procedure: Procedure
    opener: str
    other: str
    steps: tuple[Step, ...]
    ignored: tuple[Ignored, ...]

    @property
    def opened(self) -> Entry:
        """The record that opened it."""
        return self.steps[0].entry

    @property
    def mid(self) -> bytes:
        """The mid of the record that opened it."""
        return self.opened.mid

    @property
    def state(self) -> str:
        """Where it stands."""
        return self.steps[-1].end

    @property
    def at(self) -> State:
        """The state where it stands, as declared."""
        return self.procedure.named[self.state]

    @property
    def is_known(self) -> bool:
        """Whether every body that moves it could be read: else it may stand otherwise."""
        readable = self.opened.facts is not None
        return readable and all(one.why is not Why.UNREADABLE for one in self.ignored)

    def side_of(self, address: str) -> Who:
        """Return which side a desk of it is."""
        return Who.OPENER if address == self.opener else Who.OTHER

    def desk_of(self, who: Who) -> str:
        """Return the address of a side."""
        return self.opener if who is Who.OPENER else self.other


class Tick(StrEnum):
    """How a clock stands."""

    RUNNING = "running"
    DUE = "due"
    OVERDUE = "overdue"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Reading:
    """One clock of a course on this side.

    since: our keeping of the record that started it, or the moment that the clock runs from. own: what its span says; asked: what the
    sender asked in the header, or until when it is held; due: what rules. stopped_by: the mid of
    the record that stopped it, kept here at stopped_at.
    """

    duty: Duty
    state: str
    started_by: bytes
    since: Moment
    own: Moment
    asked: Moment | None
    due: Moment
    stopped_by: bytes | None = None
    stopped_at: Moment | None = None
    ladder: tuple[Rung, ...] = ()

    @property
    def clock(self) -> Clock:
        """The clock as declared."""
        return self.duty.clock

    def tick(self, now: Moment) -> Tick:
        """Return how it stands now."""
        if self.stopped_by is not None:
            return Tick.STOPPED
        if now > self.due:
            return Tick.OVERDUE
        left, whole = (self.due - now).ms, (self.due - self.since).ms
        return Tick.DUE if left * SOON <= whole else Tick.RUNNING

    @property
    def is_late(self) -> bool:
        """Whether what was owed came, and after its time."""
        return self.stopped_at is not None and self.stopped_at > self.due

    def rung(self, now: Moment) -> Rung | None:
        """Return the last step of the ladder that was reached; None before the first."""
        if self.stopped_by is not None:
            return None
        reached = [each for each in self.ladder if now > self.due + each.after]
        return reached[-1] if reached else None

    def up(self, now: Moment) -> Up | None:
        """Return to whom it has gone up; None as long as it is nobody's but who owes it."""
        rung = self.rung(now)
        return None if rung is None else rung.up


@dataclass
class _Running:
    procedure: Procedure
    opener: str
    other: str
    steps: list[Step]
    ignored: list[Ignored] = field(default_factory=list)

    def side_of(self, address: str) -> Who:
        return Who.OPENER if address == self.opener else Who.OTHER

    def may_take(self, entry: Entry) -> bool:
        who, kind = self.side_of(entry.said.from_), entry.said.kind
        return any(move.kind == kind and move.who.is_(who) for move in self.procedure.moves)

    def take(self, entry: Entry, *, opens: bool) -> None:
        said, state = entry.said, self.steps[-1].end
        named = [move for move in self.procedure.moves if move.kind == said.kind]
        if not named:
            return
        who = self.side_of(said.from_)
        if self.procedure.marked and entry.exercise != self.steps[0].entry.exercise:
            if not opens:
                self.ignored.append(Ignored(entry.mid, said.kind, Why.MARK, ()))
            return
        theirs = [move for move in named if move.who.is_(who)]
        meant = [move for move in theirs if _holds(move, entry)]
        for move in meant:
            if state in move.begin:
                self.steps.append(Step(entry, state, move.end))
                return
        why = Why.STATE if meant else Why.GUARD if theirs else Why.WHO
        if why is Why.GUARD and entry.facts is None:
            why = Why.UNREADABLE
        elif why is Why.GUARD and opens:
            return  # it says something of its own
        self.ignored.append(Ignored(entry.mid, said.kind, why, self._causes(why)))

    def _causes(self, why: Why) -> tuple[bytes, ...]:
        return (self.steps[-1].entry.mid,) if why is Why.STATE else ()

    def done(self) -> Course:
        return Course(
            self.procedure, self.opener, self.other, tuple(self.steps), tuple(self.ignored)
        )


def _holds(move: Move, entry: Entry) -> bool:
    if move.guard is None:
        return True
    return entry.facts is not None and entry.facts.get(move.guard.field) in move.guard.any_of


def courses(
    entries: Iterable[Entry], procedures: Sequence[Procedure], desk: str, other: str
) -> tuple[Course, ...]:
    """Return every course between two desks in one matter, in the order in which they began.

    entries: records of the matter, in any order and more than once; what did not pass between the
    two, or takes no part in any procedure, changes nothing. A record belongs to the course of the
    record that it replies to, at however many removes.
    """
    held = {one.mid: one for one in entries if talk.is_between(one.said, desk, other)}
    by_kind = {kind: each for each in procedures for kind in each.opens}
    order = talk.order((one.said for one in held.values()), _ranks(held.values(), procedures))
    of: dict[bytes, _Running] = {}
    found: list[_Running] = []
    for said in order:
        entry, parent = held[said.mid], of.get(said.reply_to or b"")
        opened = _open(by_kind.get(said.kind), entry, parent, desk, other)
        if parent is not None:
            parent.take(entry, opens=opened is not None)
        if opened is not None:
            found.append(opened)
        course = opened or parent
        if course is not None:
            of[said.mid] = course
    return tuple(each.done() for each in found)


def _ranks(held: Iterable[Entry], procedures: Sequence[Procedure]) -> dict[bytes, int]:
    # A kind has one rank in a desk: the lowest of its moves, whichever procedure it moves.
    ranks: dict[str, int] = {}
    for procedure in procedures:
        for kind, rank in procedure.ranks.items():
            ranks[kind] = min(rank, ranks.get(kind, rank))
    return {one.mid: ranks.get(one.said.kind, 0) for one in held}


def _open(
    procedure: Procedure | None, entry: Entry, parent: _Running | None, desk: str, other: str
) -> _Running | None:
    if procedure is None:
        return None
    from_ = entry.said.from_
    if procedure.under is not None:
        name, who = procedure.under
        if parent is None or parent.procedure.name != name:
            return None
        if not who.is_(parent.side_of(from_)):
            return None
    if parent is not None and parent.procedure is procedure and parent.may_take(entry):
        return None  # it goes on with what stands
    to = other if from_ == desk else desk
    return _Running(procedure, from_, to, [Step(entry, "", procedure.first(entry.said.kind))])


def readings(course: Course) -> tuple[Reading, ...]:
    """Return every clock of a course, the first that ran first; those of the last state still run.

    A clock that runs from a moment in the opening record, and that the next state owes too, goes
    on there: it is read once.
    """
    followed = [*course.steps[1:], None]
    return tuple(
        _reading(course, step, duty, None if after is None else after.entry)
        for step, after in zip(course.steps, followed, strict=True)
        for duty in course.procedure.named[step.end].owes
        if not (after and duty.clock.since and duty in course.procedure.named[after.end].owes)
    )


def _reading(course: Course, step: Step, duty: Duty, after: Entry | None) -> Reading:
    entry, clock = step.entry, duty.clock
    begin = (course.opened.until or {}).get(clock.since, entry.kept_at)
    own = begin + _span(course, clock)
    asked = entry.deadline if clock.asked else None
    asked = (entry.until or {}).get(clock.until, asked)
    return Reading(
        duty=duty,
        state=step.end,
        started_by=entry.mid,
        since=begin,
        own=own,
        asked=asked,
        due=own if asked is None else asked,
        stopped_by=None if after is None else after.mid,
        stopped_at=None if after is None else after.kept_at,
        ladder=clock.ladder_of((course.opened.facts or {}).get(clock.ladder_by, "")),
    )


def _span(course: Course, clock: Clock) -> Span:
    if clock.by_value is not None:
        field_name, spans = clock.by_value
        value = (course.opened.facts or {}).get(field_name, "")
        if value in spans:
            return spans[value]
    return clock.within[course.opened.prec]


@dataclass(frozen=True, slots=True)
class Difference:
    """A course that stands otherwise where some records are not held.

    here, there: the states; there is "" if the course is not known there. by: mids of the records
    that they lack and that take part in it.
    """

    mid: bytes
    procedure: str
    here: str
    there: str
    by: tuple[bytes, ...]


def differences(
    entries: Collection[Entry],
    procedures: Sequence[Procedure],
    desk: str,
    other: str,
    lacking: Collection[bytes],
) -> tuple[Difference, ...]:
    """Return where a desk that holds all but `lacking` of these records stands otherwise."""
    here = courses(entries, procedures, desk, other)
    rest = [one for one in entries if one.mid not in lacking]
    there = {each.mid: each for each in courses(rest, procedures, desk, other)}
    found = []
    for course in here:
        theirs = there.get(course.mid)
        if theirs is not None and theirs.steps == course.steps:
            continue
        mids = [step.entry.mid for step in course.steps] + [one.mid for one in course.ignored]
        by = tuple(sorted(mid for mid in mids if mid in lacking))
        there_at = theirs.state if theirs is not None else ""
        found.append(Difference(course.mid, course.procedure.name, course.state, there_at, by))
    return tuple(found)
