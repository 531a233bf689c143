"""The node's store in memory, for tests and worlds. Held to the laws of the one on disk.

A Disk is what outlives a crash; a MemoryLogs is one process's handle on it. Each write notes how
it is undone, so that a transaction that fails, and a commit that a lying disk lost, leave no trace.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.envelope import MAGIC
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import FLASH, Head, Queued, Row, Tx
from detente.store.blobs import MemoryBlobs
from detente.store.memory_cards import CardShelf, MemoryCardTx
from detente.store.memory_leg import LegRows, MemoryLegTx
from detente.store.memory_stage import MemoryStageTx, StageDisk

Undo = Callable[[], object]
_K = TypeVar("_K")
_V = TypeVar("_V")
_EMPTY: Final = Head(0, b"", None, None)


@dataclass(slots=True)
class Disk:
    """What is durable. `lying`: a commit that returned may yet be lost (see `lose`)."""

    lying: bool = False
    rows: dict[str, list[Row]] = field(default_factory=dict)
    heads: dict[str, Head] = field(default_factory=dict)
    checkpoints: dict[str, dict[int, tuple[Checkpoint, Cosignature | None]]] = field(
        default_factory=dict
    )
    tiles: dict[tuple[str, int, int], tuple[bytes, bytes]] = field(default_factory=dict)
    waiting: dict[str, list[Queued]] = field(default_factory=dict)
    queued: int = 0
    queued_at: dict[int, Moment] = field(default_factory=dict)
    numbers: dict[bytes, bytes] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    evidence: dict[bytes, bytes] = field(default_factory=dict)
    cards: CardShelf = field(default_factory=CardShelf)
    legs: LegRows = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)  # of what waits, by its number
    unsure: list[list[Undo]] = field(default_factory=list)
    stage: StageDisk = field(default_factory=StageDisk)

    def copy(self) -> "Disk":
        """Return a backup of the disk as it is now."""
        return Disk(
            rows={origin: list(rows) for origin, rows in self.rows.items()},
            heads=dict(self.heads),
            checkpoints={origin: dict(found) for origin, found in self.checkpoints.items()},
            tiles=dict(self.tiles),
            waiting={link_id: list(rows) for link_id, rows in self.waiting.items()},
            queued=self.queued,
            queued_at=dict(self.queued_at),
            numbers=dict(self.numbers),
            notes=dict(self.notes),
            evidence=dict(self.evidence),
            cards=self.cards.copy(),
            stage=self.stage.copy(),
            legs={origin: dict(rows) for origin, rows in self.legs.items()},
            kinds=dict(self.kinds),
        )

    def lose(self, commits_max: int) -> int:
        """Lose the newest commits of a lying disk, as a power failure may; return how many."""
        lost = min(commits_max, len(self.unsure))
        for _ in range(lost):
            _undo(self.unsure.pop())
        return lost


def _undo(done: list[Undo]) -> None:
    while done:
        done.pop()()


def _nothing(_origins: frozenset[str]) -> None:
    pass


class MemoryLogs:
    """The store of one node in one run.

    before and after are called around each commit that changed something, with the origins whose
    heads it wrote. What before raises undoes the transaction; after speaks of a durable one. An
    OurFault out of before is the disk's failure, and final for this handle.
    """

    def __init__(
        self,
        disk: Disk,
        before: Callable[[frozenset[str]], None] = _nothing,
        after: Callable[[frozenset[str]], None] = _nothing,
    ) -> None:
        self._disk, self._before, self._after = disk, before, after
        self.blobs = MemoryBlobs(disk.stage.files)
        self._stopped: OurFault | None = None

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open the one transaction; durable on a clean exit.

        Raises OurFault: store.failed for a row that is there already, and again ever after.
        """
        if self._stopped:
            raise self._stopped
        tx = MemoryTx(self._disk)
        try:
            yield tx
            if not tx.undo:
                return
            touched = frozenset(tx.touched)
            self._before(touched)
        except OurFault as fault:
            if fault.code.startswith("store."):
                self._stopped = fault
            _undo(tx.undo)
            raise
        except BaseException:
            _undo(tx.undo)
            raise
        if self._disk.lying:
            self._disk.unsure.append(tx.undo)
        self._after(touched)


class MemoryTx(MemoryCardTx, MemoryLegTx, MemoryStageTx):
    """One transaction on the logs."""

    def __init__(self, disk: Disk) -> None:
        self._disk = disk
        self._shelf, self._numbers = disk.cards, disk.numbers
        self._stage, self._queues = disk.stage, disk.waiting
        self._legs, self._checkpoints = disk.legs, disk.checkpoints
        self.undo: list[Undo] = []
        self.touched: set[str] = set()

    def _put(self, where: dict[_K, _V], key: _K, value: _V) -> None:
        if key in where:
            old = where[key]
            self.undo.append(lambda: where.__setitem__(key, old))
        else:
            self.undo.append(lambda: where.pop(key))
        where[key] = value

    def _put_new(self, where: dict[_K, _V], key: _K, value: _V) -> None:
        if key in where:
            raise _taken()
        self._put(where, key, value)

    def head(self, origin: str) -> Head:
        """Return the head of a log."""
        return self._disk.heads.get(origin, _EMPTY)

    def set_head(self, origin: str, head: Head) -> None:
        """Replace the head, and keep its statements under their sizes."""
        self.touched.add(origin)
        self._put(self._disk.heads, origin, head)
        kept = self._disk.checkpoints.setdefault(origin, {})
        owner, receipt = head.checkpoint, head.receipt
        if owner and owner.size not in kept:
            self._put(kept, owner.size, (owner, None))
        if receipt and receipt.size in kept and kept[receipt.size][1] is None:
            self._put(kept, receipt.size, (kept[receipt.size][0], receipt))

    def append(self, origin: str, rows: Sequence[Row]) -> None:
        """Add rows at the end of a log."""
        kept = self._disk.rows.setdefault(origin, [])
        for row in rows:
            if row.seq < len(kept):
                raise _taken()
            assert row.seq == len(kept), "a log has no gaps"
            kept.append(row)
            self.undo.append(kept.pop)

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> list[Row]:
        """Return rows from `start` on; at least one if there is one."""
        found: list[Row] = []
        for row in self._disk.rows.get(origin, [])[start : start + count_max]:
            bytes_max -= len(row.envelope)
            if found and bytes_max < 0:
                break
            found.append(row)
        return found

    def entries(self, origin: str, start: int, count: int) -> list[bytes]:
        """Return entries from `start` on, without envelopes."""
        return [row.entry for row in self._disk.rows.get(origin, [])[start : start + count]]

    def put_tile(self, origin: str, level: int, index: int, root: bytes, hashes: bytes) -> None:
        """Keep 256 hashes and their root."""
        self._put_new(self._disk.tiles, (origin, level, index), (root, hashes))

    def tile_root(self, origin: str, level: int, index: int) -> bytes:
        """Return the root kept with a tile."""
        return self._disk.tiles[origin, level, index][0]

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the 256 hashes of a tile."""
        return self._disk.tiles[origin, level, index][1]

    def checkpoint_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the first receipted checkpoint of at least `size`."""
        kept = self._disk.checkpoints.get(origin, {})
        leg = self.leg_from(origin, size)
        sizes = [at for at, (_, receipt) in kept.items() if receipt and at >= size]
        if leg and (not sizes or leg.size <= min(sizes)):
            return leg.checkpoint, leg.receipt
        return self.receipted_at(origin, min(sizes)) if sizes else None

    def evidence(self, digest: bytes) -> bytes | None:
        """Return a proof that was kept, by its hash."""
        return self._disk.evidence.get(digest)

    def checkpoint_upto(
        self, origin: str, above: int, upto: int
    ) -> tuple[Checkpoint, Cosignature | None] | None:
        """Return the largest signed state of a size above one and up to another."""
        kept = {
            size: (leg.checkpoint, leg.receipt)
            for size, leg in self._disk.legs.get(origin, {}).items()
        } | self._disk.checkpoints.get(origin, {})
        found = max((size for size in kept if above < size <= upto), default=None)
        if found is None:
            return None
        head, receipt = kept[found]
        if receipt:  # as on disk, root and size are the checkpoint's
            receipt = Cosignature(head.size, head.root, receipt.time, receipt.signature)
        return head, receipt

    def queue(self, link_id: str, rank: int, kind: str, envelope: bytes, at: Moment) -> None:
        """Keep a record until it can be logged."""
        disk = self._disk
        waiting = disk.waiting.setdefault(link_id, [])
        disk.queued += 1
        waiting.append(Queued(disk.queued, rank, envelope))
        self._put(disk.queued_at, disk.queued, at)
        self._put(disk.kinds, disk.queued, kind)

        def undo() -> None:
            waiting.pop()
            disk.queued -= 1

        self.undo.append(undo)

    def queued(
        self,
        link_id: str,
        count_max: int,
        bytes_max: int,
        families: Sequence[str] | None = None,
        inline_max: int = limits.MAX_ENVELOPE,
    ) -> list[Queued]:
        """Return what may be logged, highest rank first, then oldest; all of one rank."""
        found: list[Queued] = []
        held_back = {row.id for row in self.large(link_id, inline_max, self._disk.queued)}
        waiting = [row for row in self._disk.waiting.get(link_id, []) if row.id not in held_back]
        waiting.sort(key=lambda row: (-row.rank, row.id))
        if families is not None:
            waiting = [row for row in waiting if row.rank == FLASH or self._is_of(row, families)]
        for row in waiting[:count_max]:
            bytes_max -= len(row.envelope)
            if found and (bytes_max < 0 or row.rank != found[0].rank):
                break
            found.append(row._replace(staged=row.id in self._disk.stage.ready))
        return found

    def _is_of(self, row: Queued, families: Sequence[str]) -> bool:
        return self._disk.kinds[row.id].startswith(tuple(f"{each}." for each in families))

    def unqueue(self, ids: Sequence[int]) -> None:
        """Forget what was logged."""
        gone = set(ids)
        for waiting in self._disk.waiting.values():
            if any(row.id in gone for row in waiting):
                self.undo.append(_restore(waiting, list(waiting)))
                waiting[:] = [row for row in waiting if row.id not in gone]

    def queue_sizes(self) -> Mapping[str, int]:
        """Return how many records wait, by link."""
        return {link_id: len(rows) for link_id, rows in self._disk.waiting.items() if rows}

    def rewrite(self, origin: str, row: Row) -> None:
        """Put a row in the place of the one with its number."""
        kept = self._disk.rows[origin]
        old = kept[row.seq]
        kept[row.seq] = row._replace(kept_at=old.kept_at)
        self.undo.append(lambda: kept.__setitem__(row.seq, old))

    def whole(
        self, origin: str, start: int, end: int, before: Moment, count_max: int
    ) -> Sequence[int]:
        """Return numbers of records in [start, end) kept before a moment and still whole."""
        rows = self._disk.rows.get(origin, [])[start:end]
        found = [r.seq for r in rows if r.kept_at < before and r.envelope[:4] == MAGIC]
        return found[:count_max]

    def oldest_queued(self) -> Mapping[str, Moment]:
        """Return since when the oldest record of each link waits."""
        at = self._disk.queued_at
        waiting = self._disk.waiting.items()
        return {link: min(at[row.id] for row in rows) for link, rows in waiting if rows}

    def number(self, key: bytes) -> bytes | None:
        """Return what stands under a record's number."""
        return self._disk.numbers.get(key)

    def put_numbers(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep what stands under numbers."""
        for key, value in rows:
            self._put_new(self._disk.numbers, key, value)

    def note(self, name: str) -> bytes | None:
        """Return a fact of the node by name."""
        return self._disk.notes.get(name)

    def set_note(self, name: str, value: bytes) -> None:
        """Keep a fact of the node."""
        self._put(self._disk.notes, name, value)

    def keep_evidence(self, digest: bytes, data: bytes, at: Moment) -> None:
        """Keep a proof that somebody broke the protocol."""
        del at
        if digest not in self._disk.evidence:
            self._put(self._disk.evidence, digest, data)


def _restore(rows: list[Queued], before: list[Queued]) -> Undo:
    return lambda: rows.__setitem__(slice(None), before)


def _taken() -> OurFault:
    return OurFault(
        "store.failed",
        "the disk refused: a row stands there already",
        "check the disk, then restart the node",
    )
