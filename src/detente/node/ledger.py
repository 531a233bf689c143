"""One log as its node grows it. `append` is the only way in: ours, the peer's, and home's.

The door judges form and place, never content: a bad record must not block a log.
Normative: spec/log.md 1 and 2, spec/link.md 4.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from detente.core import envelope as envelopes
from detente.core import limits, tree
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.node.ports import Head, Row, Tx

TILE_BITS: Final = 8
TILE: Final = 1 << TILE_BITS
FLUSH: Final = 4 * limits.KIB**2  # bytes of envelopes that one batch holds in memory


@dataclass(frozen=True, slots=True)
class Grown:
    """A log with more records, not yet signed and not yet durable."""

    range: tree.Range
    recent: list[bytes]
    roots: dict[int, bytes] = field(default_factory=dict)  # at sizes on the way that were asked for

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
        self.reload(tx)

    def reload(self, tx: Tx) -> None:
        """Take up what is durable, as at a start."""
        origin = self.origin
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
    def root(self) -> bytes:
        """The root over all records."""
        return self._range.root()

    @property
    def receipted(self) -> int:
        """Records covered by the newest receipt."""
        return self.receipt.size if self.receipt else 0

    def is_sound(self, tx: Tx) -> bool:
        """Say whether the entries since the last whole tile are those of the head."""
        start = self.size - self.size % TILE
        part = tree.Range()
        for entry in tx.entries(self.origin, start, self.size - start):
            part.append(tree.leaf_hash(entry))
        return self._range.encode()[start.bit_count() * tree.HASH_SIZE :] == part.encode()

    def append(
        self, tx: Tx, rows: Sequence[bytes], now: Moment, sizes: Collection[int] = ()
    ) -> Grown:
        """Add envelopes at the end, inside a transaction; return the log as it would be.

        sizes: at which its roots are wanted as well. Nothing in memory changes before `settle`, so a transaction that fails leaves no trace.
        Raises TheirFault: E_LIMIT, E_FRAME for an envelope that may not enter any log.
        """
        grown = Grown(self._range.copy(), list(self._recent))
        if grown.size + len(rows) > limits.MAX_TREE:
            raise TheirFault("E_LIMIT", "MAX_TREE: the log is full", "open a new epoch")
        pairs = ((envelopes.entry_of(envelopes.split(each)), each) for each in rows)
        return self._grow(tx, grown, pairs, now, sizes)

    def append_kept(self, tx: Tx, rows: Sequence[bytes], now: Moment) -> Grown:
        """Add records of a tail: as `append`, but an entry stands for a text that is gone.

        Raises TheirFault: E_LIMIT, E_FRAME.
        """
        grown = Grown(self._range.copy(), list(self._recent))
        if grown.size + len(rows) > limits.MAX_TREE:
            raise TheirFault("E_LIMIT", "MAX_TREE: the log is full", "open a new epoch")
        return self._grow(tx, grown, map(_kept, rows), now)

    def _grow(
        self,
        tx: Tx,
        grown: Grown,
        rows: Iterable[tuple[bytes, bytes]],
        now: Moment,
        sizes: Collection[int] = (),
    ) -> Grown:
        added: list[Row] = []
        room = FLUSH
        for entry, envelope in rows:
            added.append(Row(grown.range.size, entry, envelope, now))
            leaf = tree.leaf_hash(entry)
            grown.range.append(leaf)
            grown.recent.append(leaf)
            if len(grown.recent) == TILE:
                self._close_tile(tx, 0, (grown.size - 1) // TILE, grown.recent)
                grown.recent.clear()
            if grown.size in sizes:
                grown.roots[grown.size] = grown.root()
            room -= len(envelope)
            if room < 0:  # a batch may be of staged records, each of them large
                tx.append(self.origin, added)
                added, room = [], FLUSH
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
        self, tx: Tx, grown: Grown, checkpoint: Checkpoint | None, receipt: Cosignature | None
    ) -> None:
        """Write the new head inside the transaction."""
        roots = grown.range.encode()
        tx.set_head(self.origin, Head(grown.size, roots, checkpoint, receipt))

    def settle(
        self, grown: Grown, checkpoint: Checkpoint | None, receipt: Cosignature | None
    ) -> None:
        """Take over what is durable now."""
        self._range, self._recent = grown.range, grown.recent
        self.checkpoint, self.receipt = checkpoint, receipt

    def keep_receipt(self, tx: Tx, receipt: Cosignature) -> None:
        """Write a newer receipt for this log inside the transaction."""
        tx.set_head(self.origin, Head(self.size, self._range.encode(), self.checkpoint, receipt))

    def keep_lines(self, tx: Tx, checkpoint: Checkpoint, receipt: Cosignature | None) -> None:
        """Write both sides' signatures over the end of a log that is closed."""
        tx.set_head(self.origin, Head(self.size, self._range.encode(), checkpoint, receipt))
        self.checkpoint, self.receipt = checkpoint, receipt

    def cut(
        self, tx: Tx, size: int, checkpoint: Checkpoint | None, receipt: Cosignature | None
    ) -> None:
        """End the log at a size, inside a transaction; the log is never appended to again.

        What stood above stays in its rows and is reached no more. Make a new Ledger afterwards.
        """
        read = partial(self.subtree, tx)
        roots = b"".join(read(level, index) for level, index in tree.cover(size))
        tx.set_head(self.origin, Head(size, roots, checkpoint, receipt))

    def subtree(self, tx: Tx, level: int, index: int) -> bytes:
        """Return the root of one perfect subtree that is wholly in the log."""
        return _Subtrees(self, tx).root(level, index)

    def root_at(self, tx: Tx, size: int) -> bytes:
        """Return the root over the first `size` records, at most all of them."""
        if size == self.size:
            return self._range.root()
        return tree.root_at(size, _Subtrees(self, tx).root)

    def prove_beginning(self, tx: Tx, size: int, end: int | None = None) -> tuple[bytes, ...]:
        """Return the proof that the log goes on from its first `size` records.

        end: how much of it counts, also of what the transaction at work appended; None: all.
        """
        end = self.size if end is None else end
        return tuple(tree.prove_consistency(size, end, _Subtrees(self, tx).root))

    def prove(self, tx: Tx, seq: int, size: int) -> list[bytes]:
        """Return the path of record `seq` in the first `size` records."""
        return tree.prove_inclusion(seq, size, _Subtrees(self, tx).root)


def _kept(row: bytes) -> tuple[bytes, bytes]:
    if envelopes.is_entry(row):
        return row, b""
    return envelopes.entry_of(envelopes.split(row)), row


class _Subtrees:
    """Roots of a log's perfect subtrees; what was read for one serves the next."""

    def __init__(self, ledger: Ledger, tx: Tx) -> None:
        self._ledger, self._tx = ledger, tx
        # Of a tile, by level and index: its 256 hashes, then each row above, up to two.
        self._tiles: dict[tuple[int, int], list[Sequence[bytes]]] = {}

    def root(self, level: int, index: int) -> bytes:
        """Return the root of one perfect subtree that is wholly in the log."""
        origin = self._ledger.origin
        if level == 0 and (index // TILE + 1) * TILE <= self._ledger.size:
            return self._rows(0, index // TILE)[0][index % TILE]
        if level == 0:
            return tree.leaf_hash(self._tx.entries(origin, index, 1)[0])
        base, over = divmod(level, TILE_BITS)
        if over == 0:
            return self._tx.tile_root(origin, level - TILE_BITS, index)
        base *= TILE_BITS
        first, count = index << over, 1 << over
        if (first >> TILE_BITS) + 1 << base + TILE_BITS <= self._ledger.size:
            return self._rows(base, first >> TILE_BITS)[over][index % (TILE >> over)]
        if base == 0:
            row = [tree.leaf_hash(entry) for entry in self._tx.entries(origin, first, count)]
        else:
            row = [self.root(base, n) for n in range(first, first + count)]
        part = tree.Range()
        for value in row:
            part.append(value)
        return part.root()

    def _rows(self, level: int, index: int) -> list[Sequence[bytes]]:
        found = self._tiles.get((level, index))
        if found is None:
            hashes = self._tx.tile(self._ledger.origin, level, index)
            row = [hashes[at : at + tree.HASH_SIZE] for at in range(0, len(hashes), tree.HASH_SIZE)]
            found = self._tiles[level, index] = [row]
            while len(row) > 2:  # noqa: PLR2004  the root itself stands with the tile
                row = list(map(tree.node_hash, row[::2], row[1::2]))
                found.append(row)
        return found
