"""Decisions of the desk of notices. Pure: both sides compute the same of the same records."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.notices.kinds import SPANS

# Speed of service by precedence: within how long a person over there has read it.
SPEED: Final = {
    "FLASH": SPANS["10m"], "IMMEDIATE": SPANS["30m"], "PRIORITY": SPANS["3h"], "ROUTINE": SPANS["6h"],
}  # fmt: skip
DELAYED: Final = Span.of(minutes=1)  # on the path, by both clocks: from here on it is said
FLOOD_AT: Final = 20  # notices of one party, precedence and minute: more stand as one line
_MINUTE_MS: Final = 60_000


def number_text(party: str, year: int, number: int) -> str:
    """Return a number as people cite it: two sides' equal numbers differ by the party."""
    return f"{party} {year}-{number:03d}"


def minute_of(at: Moment) -> int:
    """Return the minute of a moment, counted since 1970."""
    return max(at.ms, 0) // _MINUTE_MS


def month_of(at: Moment) -> str:
    """Return a month as 2026-11."""
    return str(at)[:7]


def day_of(at: Moment) -> str:
    """Return a day as 2026-11-22."""
    return str(at)[:10]


def speed_of(prec: str, acknowledge: str) -> Span:
    """Return within how long a notice is to be acknowledged: as its format says, else by precedence."""
    return SPANS.get(acknowledge, SPEED[prec])


@dataclass(frozen=True, slots=True)
class Told:
    """What figures look at of one notice. read_in: how long the other side took by its own clock.

    None while nobody acknowledged it.
    """

    prec: str
    acknowledge: str
    read_in: Span | None


@dataclass(frozen=True, slots=True)
class Figures:
    """How a side's notices of a month fared."""

    sent: int
    in_time: int
    late: int
    unanswered: int


def figures(told: Iterable[Told]) -> Figures:
    """Count notices; of the same records two sides count the same: only what is signed enters."""
    sent = in_time = late = 0
    for one in told:
        sent += 1
        if one.read_in is not None:
            is_late = one.read_in > speed_of(one.prec, one.acknowledge)
            late += is_late
            in_time += not is_late
    return Figures(sent, in_time, late, sent - in_time - late)
