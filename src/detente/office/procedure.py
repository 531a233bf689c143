"""A procedure declared as data: what a matter may come to, who moves it, who owes what by when.

A procedure says nothing of screens and stores. Its state is a function of the set of records that
two desks hold (procedures.py); its clocks run on each side from that side's own keeping.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Final

from detente.core.moment import Span
from detente.core.names import PRECEDENCES

ACTION: Final = "ack.action"
HOLD: Final = "ack.hold"
DECLINED: Final = "ack.declined"


class Who(StrEnum):
    """The two desks of a course: who opened it, and whom the opening record was addressed to."""

    OPENER = "opener"
    OTHER = "other"
    EITHER = "either"

    def is_(self, one: "Who") -> bool:
        """Say whether this names that side."""
        return self in (Who.EITHER, one)


class Up(StrEnum):
    """To whom an unkept deadline goes: the desk, its supervisor, another channel than this one."""

    DESK = "desk"
    SUPERVISOR = "supervisor"
    CHANNEL = "channel"


@dataclass(frozen=True, slots=True)
class Guard:
    """A move counts only if a field of the record's body has one of these values, as text.

    A flag is `true` or `false`.
    """

    field: str
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A record of `kind` by `who` brings a course from one of `begin` to `end`.

    rank: of records that know nothing of each other the lower is taken first, whenever it came.
    """

    kind: str
    who: Who
    begin: tuple[str, ...]
    end: str
    guard: Guard | None = None
    rank: int = 0


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: this long after the deadline it goes up to somebody."""

    after: Span
    up: Up


LADDER_MAX: Final = 41  # characters of a ladder as text: three steps of four digits
_LADDER_HOURS: Final = 24  # that a step may come after the deadline
_RUNG: Final = re.compile(r"(desk|supervisor|channel)=([0-9]{1,4})([mh])")


def rungs(text: str) -> tuple[Rung, ...]:
    """Return a ladder of its text, such as desk=0m,supervisor=10m,channel=1h; () if it is none.

    Each step stands once, a later one is no sooner, and none comes more than a day after.
    """
    found: list[Rung] = []
    for each in text.split(","):
        told = _RUNG.fullmatch(each)
        if told is None or len(text) > LADDER_MAX:
            return ()
        count, unit = int(told[2]), told[3]
        after = Span.of(minutes=count) if unit == "m" else Span.of(hours=count)
        rung = Rung(after, Up(told[1]))
        if found and ([*Up].index(rung.up) <= [*Up].index(found[-1].up) or after < found[-1].after):
            return ()
        found.append(rung)
    return () if found[-1].after > Span.of(hours=_LADDER_HOURS) else tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """How long a side has, from when each side kept the record that brought the state.

    within: by precedence of the record that opened the course, all four. by_value: a field of the
    opening record and spans by its value (a format, or what the parties agreed), which go first.
    asked: whether a `deadline` in the header of the record that brought the state rules instead.
    until: a field of that record's body that says when, and rules over all. since: a field of the
    opening record's body that says from when the time runs, in place of the keeping. ladder_by: a
    field of the opening record with a ladder that the parties agreed, which goes before `ladder`.
    """

    name: str
    within: Mapping[str, Span]
    by_value: tuple[str, Mapping[str, Span]] | None = None
    asked: bool = True
    until: str = ""
    since: str = ""
    ladder: tuple[Rung, ...] = ()
    ladder_by: str = ""

    def ladder_of(self, told: str) -> tuple[Rung, ...]:
        """Return the ladder: what the opening record told, else the declared one."""
        return rungs(told) or self.ladder


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """What one side owes in a state: a record of one of these kinds. acts: what a person does."""

    who: Who
    kinds: tuple[str, ...]
    clock: Clock
    acts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """One state. Where nobody owes anything a course rests; from an end it never moves on."""

    name: str
    owes: tuple[Duty, ...] = ()
    is_end: bool = False


@dataclass(frozen=True)
class Procedure:
    """The declaration. name: `<desk>.<word>`; opens: kinds whose records begin a course of it.

    states: the first is where a course begins, but for kinds of `begins`, which say where. title: the field of the opening body that is its
    one line. two_person: kinds of its records that two people must sign. under: the procedure to
    whose course the opening record must reply, and which side of it may open; None: it stands alone.
    marked: a record moves a course only if it is of the same exercise as its opener, or both of none.
    """

    name: str
    opens: tuple[str, ...]
    states: tuple[State, ...]
    moves: tuple[Move, ...]
    title: str = ""
    under: tuple[str, Who] | None = None
    two_person: frozenset[str] = frozenset()
    begins: Mapping[str, str] = field(default_factory=dict)
    marked: bool = False

    def __post_init__(self) -> None:
        """Hold the declaration to what the engine takes for granted."""
        assert self.opens, self.name
        assert self.states, self.name
        assert len(self.named) == len(self.states), f"{self.name}: a state stands twice"
        assert self.begins.keys() <= set(self.opens), self.name
        assert set(self.begins.values()) <= self.named.keys(), self.name
        for move in self.moves:
            assert {*move.begin, move.end} <= self.named.keys(), f"{self.name}: {move}"
        for clock in self.clocks:
            assert set(clock.within) == set(PRECEDENCES), f"{self.name}: {clock.name}"

    @cached_property
    def named(self) -> dict[str, State]:
        """The states by name."""
        return {state.name: state for state in self.states}

    def first(self, kind: str) -> str:
        """Return the state in which a course begins that a record of this kind opens."""
        return self.begins.get(kind, self.states[0].name)

    @property
    def desk(self) -> str:
        """The desk that declares it."""
        return self.name.partition(".")[0]

    @cached_property
    def clocks(self) -> tuple[Clock, ...]:
        """Every clock, in the order of the states."""
        return tuple(duty.clock for state in self.states for duty in state.owes)

    @cached_property
    def kinds(self) -> frozenset[str]:
        """Kinds of records that take part: those that open it and those that move it."""
        return frozenset(self.opens) | {move.kind for move in self.moves}

    @cached_property
    def fields(self) -> frozenset[str]:
        """Names of fields of bodies that it looks at, beside its title."""
        guards = {move.guard.field for move in self.moves if move.guard}
        formats = {clock.by_value[0] for clock in self.clocks if clock.by_value}
        ladders = {clock.ladder_by for clock in self.clocks if clock.ladder_by}
        return frozenset(guards | formats | ladders)

    @cached_property
    def moments(self) -> frozenset[str]:
        """Names of fields of bodies that say when, as its clocks look at them."""
        return frozenset(
            name for clock in self.clocks for name in (clock.until, clock.since) if name
        )

    @cached_property
    def ranks(self) -> dict[str, int]:
        """The lowest rank of each kind's moves."""
        found: dict[str, int] = {}
        for move in self.moves:
            found[move.kind] = min(move.rank, found.get(move.kind, move.rank))
        return found


def every(span: Span) -> dict[str, Span]:
    """Return one span for all precedences."""
    return dict.fromkeys(PRECEDENCES, span)


def by_precedence(routine: Span, priority: Span, immediate: Span, flash: Span) -> dict[str, Span]:
    """Return spans by precedence."""
    return dict(zip(PRECEDENCES, (routine, priority, immediate, flash), strict=True))
