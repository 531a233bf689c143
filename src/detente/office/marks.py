"""Marks: what must be said of a record wherever it is shown (spec/record.md 2.2, spec/log.md 5.1)."""

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from detente.core.canon import Json
from detente.node.ports import CLOSED, Level
from detente.office.fields import Field, Parts, Text, Value, Values

EXERCISE: Final = "EXERCISE"  # a drill; nothing in it is true
UNRELEASED: Final = "UNRELEASED"  # no second person signed
UNAUDITED: Final = "UNAUDITED"  # the sender's home log did not take it up
DISPUTED: Final = "DISPUTED"  # the two sides do not hold one log
UNCONFIRMED: Final = "UNCONFIRMED"  # the post-quantum leg is late
_OF_EXT: Final = {"exercise": EXERCISE, "unreleased": UNRELEASED, "unaudited": UNAUDITED}
_DISPUTED_STATES: Final = frozenset({"HALTED", "DISPUTED"})
CUT_OFF: Final = "both sides ended this log before it, and it stands in no other"

COLUMN: Final = Field(
    "marks",
    Parts((Field("mark", Text(32)), Field("why", Text(200)))),
    required=False,
    many=True,
    count_min=0,
    count_max=len(_OF_EXT),
)


class Mark(NamedTuple):
    """One mark, and why: words of its author, or of our node; "" if the word says it all."""

    name: str
    why: str


def to_column(ext: Mapping[str, Json] | None) -> Value:
    """Return what a header's extensions say, as a column of rows; None for nothing."""
    found = tuple(
        Values({"mark": name, "why": str((ext or {})[key])})
        for key, name in _OF_EXT.items()
        if key in (ext or {})
    )
    return found or None


def of(row: Values, logs: Iterable[tuple[Level, int]]) -> tuple[Mark, ...]:
    """Return the marks of a record: its row of the house, and the logs and places it stands at."""
    found = [Mark(one.text("mark"), one.text("why")) for one in row.parts("marks")]
    stands = tuple(logs)
    if stands and all(level.state == CLOSED and place >= level.size for level, place in stands):
        found.append(Mark(DISPUTED, CUT_OFF))
    for level, place in stands:
        if level.state in _DISPUTED_STATES:
            found.append(Mark(DISPUTED, level.why))
        if level.late == UNCONFIRMED and place >= level.confirmed:
            found.append(Mark(UNCONFIRMED, ""))
    return tuple(dict.fromkeys(found))
