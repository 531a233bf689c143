"""Cards and anchors in memory: a part of the transaction of worlds and tests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from detente.core.errors import OurFault
from detente.node.card_ports import Anchor, KeptCard


@dataclass(slots=True)
class CardShelf:
    """What is durable of cards."""

    cards: dict[tuple[str, int], KeptCard] = field(default_factory=dict)
    anchors: dict[tuple[str, int], Anchor] = field(default_factory=dict)

    def copy(self) -> "CardShelf":
        """Return a backup."""
        return CardShelf(dict(self.cards), dict(self.anchors))


class MemoryCardTx:
    """Mixed into the transaction."""

    _shelf: CardShelf
    _numbers: dict[bytes, bytes]
    _put: Callable[[dict[Any, Any], Any, Any], None]

    def keep_card(self, party: str, serial: int, kept: KeptCard) -> None:
        """Keep a card; one of that serial that is there stays."""
        if (party, serial) not in self._shelf.cards:
            self._put(self._shelf.cards, (party, serial), kept)

    def kept_cards(self, party: str) -> list[KeptCard]:
        """Return what is kept of a party's cards, by serial."""
        found = self._shelf.cards
        return [found[key] for key in sorted(found) if key[0] == party]

    def put_anchor(self, origin: str, anchor: Anchor) -> None:
        """Keep where a card took over."""
        if (origin, anchor.head.size) in self._shelf.anchors:
            raise OurFault("store.failed", "the disk refused: an anchor twice", "check the disk")
        self._put(self._shelf.anchors, (origin, anchor.head.size), anchor)

    def anchors(self, origin: str) -> list[Anchor]:
        """Return the anchors of a log by size."""
        found = self._shelf.anchors
        return [found[key] for key in sorted(found) if key[0] == origin]

    def replace_number(self, key: bytes, value: bytes) -> None:
        """Replace what stands under a number."""
        self._put(self._numbers, key, value)
