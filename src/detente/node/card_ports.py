"""What the node keeps of cards: the chains of parties, and where in a log each card took over."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from detente.core.checkpoint import Checkpoint
from detente.core.moment import Moment


class KeptCard(NamedTuple):
    """A card's bytes, and when it came here."""

    note: bytes
    at: Moment


class Anchor(NamedTuple):
    """Where a card took over in its party's log: `head` is signed by the card before it.

    serial and hash name the card; head.size counts the log up to and with its record; at is when
    it was logged or taken in here.
    """

    serial: int
    hash: bytes
    head: Checkpoint
    at: Moment


class CardTx(Protocol):
    """The part of a transaction that is about cards."""

    def keep_card(self, party: str, serial: int, kept: KeptCard) -> None:
        """Keep a card; one of that serial that is there stays as it is."""
        ...

    def kept_cards(self, party: str) -> Sequence[KeptCard]:
        """Return what is kept of a party's cards, by serial."""
        ...

    def put_anchor(self, origin: str, anchor: Anchor) -> None:
        """Keep where a card took over; each size of a log is new."""
        ...

    def anchors(self, origin: str) -> Sequence[Anchor]:
        """Return the anchors of a log by size."""
        ...

    def replace_number(self, key: bytes, value: bytes) -> None:
        """Replace what stands under a number: the same record, sealed anew."""
        ...
