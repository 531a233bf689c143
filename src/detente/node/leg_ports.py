"""What the node keeps of the second leg: states of a log under four lines, for ever."""

from typing import Final, Protocol

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.postquantum import Confirmed

KEPT_EVERY: Final = 128  # records; of the largest envelopes 45 MiB, so that a piece has a head
LOOK_BACK: Final = 16_384  # records


class LegTx(Protocol):
    """The part of a transaction that is about the second leg."""

    def put_leg(self, origin: str, leg: Confirmed) -> None:
        """Keep a state under lines 1 to 3, or all four; one at a time of a log lacks line 4.

        What stood under its size is replaced, unless it has line 4; an older one without line 4 is
        forgotten.
        """
        ...

    def open_leg(self, origin: str) -> Confirmed | None:
        """Return the state of a log that lacks line 4."""
        ...

    def newest_leg(self, origin: str) -> Confirmed | None:
        """Return the largest state of a log under four lines."""
        ...

    def leg_from(self, origin: str, size: int) -> Confirmed | None:
        """Return the first state under four lines of at least `size`."""
        ...

    def receipted_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the receipted checkpoint of exactly this size, unless it was forgotten."""
        ...

    def forget_checkpoints(self, origin: str, upto: int, count_max: int) -> int:
        """Forget the oldest checkpoints that a state under four lines of `upto` covers.

        At most count_max, of the newest LOOK_BACK records; return how many. Of each KEPT_EVERY
        records the newest stays, for a piece of a tail must end at one.
        """
        ...
