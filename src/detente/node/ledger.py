"""One log as its node grows it. `append` is the only way in: ours, the peer's, and home's.

The door judges form and place, never content: a bad record must not block a log.
Normative: spec/log.md 1 and 2, spec/link.md 4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import envelope as envelopes
from detente.core import limits, tree
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.node.ports import Head, Row, Tx

TILE_BITS: Final = 8
TILE: Final = 1 << TILE_BITS


@dataclass(frozen=True, slots=True)
class Grown:
    """A log with more records, not yet signed and not yet durable."""

    range: tree.Range
    recent: list[bytes]

    @property
    def size(self) -> int:
        """Records in the log now."""
        return self.range.size

    def root(self) -> bytes:
        """Return its root."""
        return self.range.root()


class Ledger:
    """A log in memory beside its rows: exactly what the last transaction made durable."""

    def __init__(self, origin: str, tx: Tx) -> None:
        self.origin = origin
        head = tx.head(origin)
        self._range = tree.Range.decode(head.size, head.roots)
        self.checkpoint = head.checkpoint
        self.receipt = head.receipt
        start = head.size - head.size % TILE
        # Leaf hashes since the last whole tile.
        self._recent = [
            tree.leaf_hash(entry) for entry in tx.entries(origin, start, head.size - start)
        ]

    @property
    def size(self) -> int:
        """Records in the log."""
        return self._range.size

    @property
    def receipted(self) -> int:
        """Records covered by the newest receipt."""
        return self.receipt.size if self.receipt else 0

    def append(self, tx: Tx, rows: Sequence[bytes], now: Moment) -> Grown:
        """Add envelopes at the end, inside a transaction; return the log as it would be.

        Nothing in memory changes before `settle`, so a transaction that fails leaves no trace.
        Raises TheirFault: E_LIMIT, E_FRAME for an envelope that may not enter any log.
        """
        grown = Grown(self._range.copy(), list(self._recent))
        if grown.size + len(rows) > limits.MAX_TREE:
            raise TheirFault("E_LIMIT", "MAX_TREE: the log is full", "open a new epoch")
        added = []
        for envelope in rows:
            entry = envelopes.entry_of(envelopes.split(envelope))
            added.append(Row(grown.range.size, entry, envelope, now))
            leaf = tree.leaf_hash(entry)
            grown.range.append(leaf)
            grown.recent.append(leaf)
            if len(grown.recent) == TILE:
                self._close_tile(tx, 0, (grown.size - 1) // TILE, grown.recent)
                grown.recent.clear()
        tx.append(self.origin, added)
        return grown

    def _close_tile(self, tx: Tx, level: int, index: int, hashes: Sequence[bytes]) -> None:
        part = tree.Range()
        for value in hashes:
            part.append(value)
        tx.put_tile(self.origin, level, index, part.root(), b"".join(hashes))
        if index % TILE == TILE - 1:
            first = index - TILE + 1
            above = [tx.tile_root(self.origin, level, n) for n in range(first, index + 1)]
            self._close_tile(tx, level + TILE_BITS, index // TILE, above)

    def sign_off(
        self, tx: Tx, grown: Grown, checkpoint: Checkpoint, receipt: Cosignature | None
    ) -> None:
        """Write the new head inside the transaction."""
        roots = grown.range.encode()
        tx.set_head(self.origin, Head(grown.size, roots, checkpoint, receipt))

    def settle(self, grown: Grown, checkpoint: Checkpoint, receipt: Cosignature | None) -> None:
        """Take over what is durable now."""
        self._range, self._recent = grown.range, grown.recent
        self.checkpoint, self.receipt = checkpoint, receipt

    def keep_receipt(self, tx: Tx, receipt: Cosignature) -> None:
        """Write a newer receipt for this log inside the transaction."""
        tx.set_head(self.origin, Head(self.size, self._range.encode(), self.checkpoint, receipt))

    def subtree(self, tx: Tx, level: int, index: int) -> bytes:
        """Return the root of one perfect subtree that is wholly in the log."""
        if level == 0:
            return tree.leaf_hash(tx.entries(self.origin, index, 1)[0])
        base, over = divmod(level, TILE_BITS)
        if over == 0:
            return tx.tile_root(self.origin, level - TILE_BITS, index)
        base *= TILE_BITS
        first, count = index << over, 1 << over
        if (first >> TILE_BITS) + 1 << base + TILE_BITS <= self.size:
            hashes = tx.tile(self.origin, base, first >> TILE_BITS)
            at = first % TILE * tree.HASH_SIZE
            end = at + count * tree.HASH_SIZE
            row = [hashes[i : i + tree.HASH_SIZE] for i in range(at, end, tree.HASH_SIZE)]
        elif base == 0:
            row = [tree.leaf_hash(entry) for entry in tx.entries(self.origin, first, count)]
        else:
            row = [self.subtree(tx, base, n) for n in range(first, first + count)]
        part = tree.Range()
        for value in row:
            part.append(value)
        return part.root()

    def root_at(self, tx: Tx, size: int) -> bytes:
        """Return the root over the first `size` records, at most all of them."""
        if size == self.size:
            return self._range.root()
        return tree.root_at(size, lambda level, index: self.subtree(tx, level, index))

    def prove(self, tx: Tx, seq: int, size: int) -> list[bytes]:
        """Return the path of record `seq` in the first `size` records."""
        return tree.prove_inclusion(seq, size, lambda level, index: self.subtree(tx, level, index))
