"""Finished records that have not left the office: how they are kept, and who must agree to them.

No fold: no log holds a record before it leaves. A rebuild leaves this table as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.core.record import Header
from detente.office import home_kinds
from detente.office.fields import Field, Mid, OneOf, Text, Value, Values, When
from detente.office.ids import Digest
from detente.office.reading import Taken
from detente.office.tables import Table
from detente.office.typed import Affinity, Flaw

WAITS: Final = "waits"  # for a second person
HELD: Final = "held"  # for its time: it may be taken back
LEAVING: Final = "leaving"  # it stands in the outbox, or what goes in its place does
_AT_ONCE: Final = Span(0)
HOLDABLE: Final = ("ROUTINE", "PRIORITY")  # nothing more urgent is ever held back


@dataclass(frozen=True)
class Envelope(Digest):
    """A record's envelope, as a column only."""

    affinity: ClassVar[Affinity] = "blob"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with its length."""
        if isinstance(value, bytes) and len(value) <= limits.MAX_ENVELOPE:
            return None
        return Flaw("form.length", "no envelope", "hand in a record")


DRAFTS: Final = Table(
    name="office_drafts",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("desk", Text(32)),
        Field("act", Text(64)),
        Field("person", Text(64)),  # who wrote it
        Field("at", When()),
        Field("state", OneOf(WAITS, HELD, LEAVING)),
        Field("until", When(), required=False),
        Field("releaser", Text(64), required=False),  # the person, once one agreed
        Field("second", Text(64), required=False),  # and the id that signed
        Field("by", Mid(), required=False),  # what goes in its place
        Field("envelope", Envelope()),
    ),
    find_by=(("desk",), ("state",), ("desk", "state")),
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What a party asks of itself before a record leaves.

    second_person: kinds, or the words that kinds begin with, that two people sign beside those that
    the protocol names. hold_back: how long a ROUTINE or PRIORITY record may be taken back.
    unreleased: whether one person may send alone what is urgent. heads_to: parties that get the head
    of our home log once a day, or "all". ladder: what follows, and when, while nobody says to have
    seen a FLASH; see alarms.
    """

    second_person: frozenset[str] = field(default_factory=frozenset)
    hold_back: Span = _AT_ONCE
    unreleased: bool = False
    heads_to: frozenset[str] = field(default_factory=frozenset)
    ladder: tuple[tuple[str, Span], ...] = ()

    def asks(self, kind: str) -> bool:
        """Say whether this party wants two people for a kind."""
        return kind in self.second_person or kind.partition(".")[0] in self.second_person

    def holds(self, prec: str) -> bool:
        """Say whether a record of this precedence may be taken back for a while."""
        return self.hold_back.ms > 0 and prec in HOLDABLE


@dataclass(frozen=True, slots=True)
class Waits:
    """A record that has not left: who wrote it at which desk, when, and what its header says.

    state: "waits" for a second person, "held" until then, "leaving". releaser: the person who
    agreed, "" if none yet.
    """

    mid: bytes
    desk: str
    act: str
    person: str
    at: Moment
    state: str
    until: Moment | None
    releaser: str
    header: Header


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a draft, as the home log has it."""

    at: Moment
    person: str
    step: str
    why: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a releaser is shown: the record as it opens from its own bytes, commit checked.

    beside: how many more records of the same act are decided with it.
    """

    waits: Waits
    taken: Taken
    steps: tuple[Step, ...]
    beside: int = 0


def waits_of(row: Values, header: Header) -> Waits:
    """Return a row with its header."""
    until = row.get("until")
    return Waits(
        mid=row.data("mid"),
        desk=row.text("desk"),
        act=row.text("act"),
        person=row.text("person"),
        at=row.moment("at"),
        state=row.text("state"),
        until=until if isinstance(until, Moment) else None,
        releaser=row.text("releaser"),
        header=header,
    )


def step_of(row: Mapping[str, Value]) -> Step:
    """Return a step from its row in house_drafted."""
    told = Values(row)
    return Step(told.moment("at"), told.text("person"), told.text("step"), told.text("why"))


def in_order(step: Step) -> tuple[bool, Moment, int]:
    """Return what steps are sorted by: to wait comes first, whatever the clock did since."""
    return step.step != WAITS, step.at, home_kinds.STEPS.index(step.step)


def late(header: Header, now: Moment) -> OurFault | None:
    """Return why a record may not go any more: its deadline is past."""
    if header.deadline is None or header.deadline > now:
        return None
    return OurFault(
        "office.draft_late",
        f"its deadline {header.deadline} is past",
        "withdraw it and write it anew with another deadline",
    )
