"""The form of a part: one concern of a link, with the inputs and frames that are its own."""

from collections.abc import Callable, Mapping
from typing import Any

from detente.core.moment import Moment
from detente.link.frames import Message
from detente.link.moves import Effects
from detente.link.state import State

Hears = Mapping[type, Callable[[Any], Effects]]
Reads = Mapping[int, Callable[[int, Message], Effects]]


class Part:
    """One concern of a link. The session asks each part for what it hears and reads, once.

    A handler returns effects in order; a reader may raise TheirFault. The time of the input is
    `self.link.now`.
    """

    def __init__(self, link: State) -> None:
        self.link = link

    def hears(self) -> Hears:
        """Return who takes which input; each input has one taker."""
        return {}

    def reads(self) -> Reads:
        """Return who takes which frame, with the connection it came over; each has one taker."""
        return {}

    def read_begins(self) -> None:
        """Note that the messages of one read follow."""

    def read_ends(self, number: int, *, whole: bool) -> Effects:  # noqa: ARG002  for parts
        """Return what the messages of one read come to; `whole` if none of them was a fault."""
        return []

    def carried(self) -> list[bytes]:
        """Return the frames that this part puts into a courier file."""
        return []

    def tick(self) -> Effects:
        """Return what is due as time passes."""
        return []

    def due(self) -> Moment | None:
        """Return when this part wants the next tick, if before the usual one."""
        return None
