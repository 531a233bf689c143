"""The receipt run: stored, delivered, read, answered. One motif, small in a row, upright in a matter.

A filled stop has a signature behind it, a ring has not, a heavy ring is due and missing, a double
ring is a receipt with both legs. Words always stand beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from detente.core.moment import Moment

NAMES: Final = ("stored", "delivered", "read", "answered")


class Mark(StrEnum):
    """How a stop is drawn."""

    SIGNED = "signed"
    FULL = "full"
    EMPTY = "empty"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop. at: when it was signed, or for the answer, when it is due; None = not known.

    word: key of its words under `ui.stop.`.
    """

    name: str
    mark: Mark
    at: Moment | None
    word: str


def run(
    signed: Mapping[str, Moment | None],
    now: Moment,
    due: Moment | None = None,
    *,
    full: bool = False,
) -> tuple[Stop, ...]:
    """Return the four stops. signed: those that are reached, with their time where it is known.

    full: what says `stored` bears both legs. due: by when an answer is owed, None for never. A
    stop before a signed one is not taken for signed: nobody said so.
    """
    assert set(signed) <= set(NAMES), "a stop has one of four names"
    return tuple(_stop(name, signed, now, due, full=full) for name in NAMES)


def upright(stops: tuple[Stop, ...]) -> tuple[Stop, ...]:
    """Return the stops of a matter's run: an answer that nobody owes and nobody gave is left out."""
    return tuple(
        stop for stop in stops if stop.name != "answered" or stop.mark != Mark.EMPTY or stop.at
    )


def last_word(stops: tuple[Stop, ...]) -> str:
    """Return the key of the words beside a small run: how far it came, and what is late."""
    late = any(stop.mark == Mark.LATE for stop in stops)
    reached = [stop.name for stop in stops if stop.mark in (Mark.SIGNED, Mark.FULL)]
    far = reached[-1] if reached else "nothing"
    return f"ui.run.{far}_late" if late else f"ui.run.{far}"


def _stop(
    name: str, signed: Mapping[str, Moment | None], now: Moment, due: Moment | None, *, full: bool
) -> Stop:
    if name in signed:
        mark = Mark.FULL if full and name == "stored" else Mark.SIGNED
        return Stop(name, mark, signed[name], "stored_full" if mark == Mark.FULL else name)
    if name == "answered" and due is not None:
        return Stop(name, Mark.LATE if now > due else Mark.EMPTY, due, "answer_due")
    return Stop(name, Mark.EMPTY, None, name)
