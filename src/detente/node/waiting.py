"""What waits for a link: when it may be logged, and what goes first. Normative: spec/link.md 4.1 and 9."""

from collections.abc import Sequence
from typing import Protocol

from detente.core import limits
from detente.core.moment import Moment
from detente.core.party import Card
from detente.link import session
from detente.link.session import Session
from detente.node import outbox
from detente.node.cards import Cards
from detente.node.history import History
from detente.node.ledger import Ledger
from detente.node.outbox import Ready
from detente.node.ports import FLASH, Queued, Tx
from detente.node.shipping import Shipping


class Room(Protocol):
    """Says how many records and bytes may be logged now."""

    def __call__(self, *, urgent: bool = False) -> tuple[int, int]:
        """Return both; urgent: of IMMEDIATE and FLASH, which wait for less."""
        ...


class Waiting:
    """The queue of a link's books. `Books` is made of this and of the rest.

    waiting counts its records; urgent those of them that may be IMMEDIATE or FLASH.
    """

    history: History
    cards: Cards
    out: Ledger
    session: Session
    shipping: Shipping
    waiting: int
    urgent: int
    held: bool  # a card is being made: nothing moves until the node starts again
    disputed: str  # why only some may go; "" if all may

    @property
    def due_card(self) -> Card | None:
        """The card of ours that this peer is to be told of next, before anything else is logged."""
        return self.cards.due(self.out.size)

    def fits(self, rows: Sequence[Ready]) -> bool:
        """Say whether records may be logged at once, past the queue."""
        # One commit less on the way of most records.
        urgent = rows[0].rank >= session.URGENT
        count, size = self.session.room(urgent=urgent)
        inline_max = self.session.inline_max
        return (
            not (self.urgent if urgent else self.waiting)
            and not self.held
            and self.due_card is None
            and (not self.disputed or all(row.goes_disputed for row in rows))
            and len(rows) <= min(count, limits.MAX_BATCH_COUNT)
            and sum(len(row.envelope) for row in rows) <= min(size, limits.MAX_BATCH_BYTES)
            and len({row.rank for row in rows}) == 1
            and all(row.rank == FLASH or len(row.envelope) <= inline_max for row in rows)
            and (not self.session.only_urgent or all(row.is_urgent for row in rows))
        )

    def queue(self, tx: Tx, rows: Sequence[Ready], now: Moment) -> None:
        """Keep records until they can be logged."""
        for row in rows:
            tx.queue(self.history.name, *row, now)
        self.waiting += len(rows)
        self.urgent += sum(row.rank >= session.URGENT for row in rows)
        self.shipping.see(rows, self.session.inline_max)

    def may_log(self, room: Room) -> bool:
        """Whether this room is open to some of what waits, as far as is known."""
        urgent = bool(self.urgent) or self.due_card is not None
        count, size = room(urgent=urgent)
        many = self.out.size - self.out.receipted >= outbox.MANY
        scant = not urgent and many and size < outbox.SCANT
        return not self.held and min(count, size) > 0 and not scant

    def next(self, tx: Tx, room: Room) -> Sequence[Queued]:
        """Take what may be logged now from the queue: records of one rank; none if none may."""
        count, size = room()
        only_urgent = count <= 0 or size <= 0
        if only_urgent:
            count, size = room(urgent=True)
        count, size = min(count, outbox.BATCH_COUNT), min(size, limits.MAX_BATCH_BYTES)
        families: Sequence[str] | None = outbox.EMERGENCY if self.disputed else None
        if self.session.only_urgent:
            families = outbox.URGENT
        # A file carried by hand takes any length: there is no line to be kept free.
        is_live = self.session.state == session.LIVE
        inline_max = self.session.inline_max if is_live else limits.MAX_ENVELOPE
        rows = tx.queued(self.history.name, count, size, families, inline_max)
        if not rows:
            self.shipping.is_due = True  # it may not go now, or is on its way to the peer's stage
            return []
        if rows[0].rank < session.URGENT:
            self.urgent = 0
            if only_urgent:
                return []
        tx.unqueue([row.id for row in rows])
        return rows

    def took(self, count: int, rank: int) -> None:
        """Note that so many of the queue are logged, durably."""
        self.waiting -= count
        if rank >= session.URGENT:
            self.urgent = max(0, self.urgent - count)
