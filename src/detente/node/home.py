"""The home log: what a party keeps for itself, from its first start on. Normative: spec/log.md 1."""

from collections.abc import Callable, Sequence
from typing import Final

from detente.core import checkpoint as checkpoints
from detente.core.moment import Moment
from detente.node import roster
from detente.node.ledger import Ledger
from detente.node.ports import Tx
from detente.node.seat import Seat

_NOTE: Final = "home_origin"


class Home:
    """The home log at work, and those before it, the oldest first.

    A restored node begins another: it may have given out a head of the old one that it does not
    know.
    """

    def __init__(self, seat: Seat, tx: Tx, now: Moment) -> None:
        """Open it, or begin it, inside the transaction that opens the node."""
        self._seat = seat
        names = (tx.note(_NOTE) or b"").decode().split()
        if not names or seat.restored:
            names.append(roster.new_home_origin(seat))
            tx.set_note(_NOTE, " ".join(names).encode())
        *self.old, self.ledger = [Ledger(name, tx) for name in names]
        if self.ledger.size == 0:
            before = roster.head_of(self.old[-1]) if self.old else None
            self.append(tx, [roster.home_open(seat, before, now)], now)()

    def append(self, tx: Tx, envelopes: Sequence[bytes], now: Moment) -> Callable[[], None]:
        """Log and sign records; call what is returned once the transaction is durable."""
        ledger = self.ledger
        grown = ledger.append(tx, envelopes, now)
        head = checkpoints.sign(self._seat.log, ledger.origin, grown.size, grown.root())
        ledger.sign_off(tx, grown, head, None)
        return lambda: ledger.settle(grown, head, None)
