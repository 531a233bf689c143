"""A log judged from its rows alone: every leaf, tile, root and signature computed once more.

Nothing here trusts what the node has in memory, and nothing writes. Normative: spec/log.md 1 to 4.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from detente.core import checkpoint as checkpoints
from detente.core import limits, postquantum, purged, tree
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.postquantum import PqSignature
from detente.node.ledger import TILE, TILE_BITS
from detente.node.ports import Head, Row

FINDINGS_MAX: Final = 1_000  # of one log: a disk that lost more needs no longer list
_READ_BYTES: Final = 4 * limits.KIB**2

ENVELOPE: Final = "envelope"  # the bytes are not those of the entry: a peer can give them back
ENTRY: Final = "entry"  # the entry is not the leaf that the log was signed with
MISSING: Final = "missing"  # no row at a place below the head
TILE_BAD: Final = "tile"
ROOT: Final = "root"  # the leaves do not give the root that was signed
OWNER: Final = "owner"  # line 1 is not the owner's
RECEIPT: Final = "receipt"  # line 3 is not the receiver's
OWNER_PQ: Final = "owner_pq"  # line 2
RECEIPT_PQ: Final = "receipt_pq"  # line 4
HEAD: Final = "head"
REPAIRABLE: Final = frozenset({ENVELOPE, ENTRY, MISSING})  # from a peer that holds the same log


class Tile(NamedTuple):
    """256 hashes under a perfect subtree, in one row, and their root."""

    root: bytes
    hashes: bytes


class Said(NamedTuple):
    """One state of a log as it was signed: lines 1, 3, 2 and 4, those that are kept."""

    checkpoint: Checkpoint
    receipt: Cosignature | None = None
    owner_pq: PqSignature | None = None
    receiver_pq: PqSignature | None = None


class Reader(Protocol):
    """A node's logs, read only, each answer whole at its own moment."""

    def head(self, origin: str) -> Head:
        """Return the head of a log."""
        ...

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> Sequence[Row]:
        """Return rows from `start` on; at least one if there is one."""
        ...

    def tile(self, origin: str, level: int, index: int) -> Tile | None:
        """Return a tile; None for one that is not there."""
        ...

    def statements(self, origin: str, above: int, upto: int) -> Sequence[Said]:
        """Return the kept statements of sizes in (above, upto], smallest first."""
        ...


@dataclass(frozen=True, slots=True)
class Keys:
    """Whose signatures count in a log: owner's `log` keys, receiver's `cosign` keys (home: none).

    owner_pq: the owner's ML-DSA-44 keys; receiver_pq: the receiver's, each with its party's name.
    """

    owner: Sequence[bytes]
    receiver: Sequence[bytes]
    owner_pq: Sequence[bytes] = ()
    receiver_pq: Sequence[tuple[str, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is not as it was signed: what, and at which record, size or tile."""

    what: str
    at: int


@dataclass(slots=True)
class Report:
    """What a check found of one log. `purged` counts records whose text went after its term."""

    origin: str
    size: int
    root: bytes = b""
    receipted: int = 0
    statements: int = 0
    purged: int = 0
    flaws: list[Flaw] = field(default_factory=list)
    more: bool = False  # there are more flaws than FINDINGS_MAX

    @property
    def well(self) -> bool:
        """Whether nothing is wrong."""
        return not self.flaws

    def repairable(self) -> list[int]:
        """Return the records that a peer can give back."""
        return sorted({flaw.at for flaw in self.flaws if flaw.what in REPAIRABLE})

    def add(self, what: str, at: int) -> None:
        """Note a flaw."""
        if len(self.flaws) < FINDINGS_MAX:
            self.flaws.append(Flaw(what, at))
        else:
            self.more = True


def check(reader: Reader, origin: str, keys: Keys, tell: Callable[[int, int], None]) -> Report:
    """Return what is wrong in a log. tell hears records done and records in all."""
    head = reader.head(origin)
    found = Report(origin, head.size, receipted=head.receipt.size if head.receipt else 0)
    if head.size:
        _Check(reader, found, head, keys).run(tell)
    else:
        found.root = tree.EMPTY_ROOT
    return found


class _Check:
    def __init__(self, reader: Reader, found: Report, head: Head, keys: Keys) -> None:
        self._reader, self._found, self._head, self._keys = reader, found, head, keys
        self._origin = found.origin
        self._range = tree.Range()
        self._tile_roots: list[list[bytes]] = []  # since the last whole tile above, by level
        self._split = False  # a root differed: all above it do as well

    def run(self, tell: Callable[[int, int], None]) -> None:
        size = self._head.size
        for start in range(0, size, TILE):
            leaves = self._leaves(start, min(TILE, size - start))
            if leaves is None:
                return
            if len(leaves) == TILE:
                leaves = self._compare_tile(0, start // TILE, leaves)
            self._grow(start, leaves)
            tell(start + len(leaves), size)
        self._found.root = self._range.root()
        self._check_head()

    # Leaves.

    def _leaves(self, start: int, count: int) -> list[bytes] | None:
        rows = self._read(start, count)
        known = self._reader.tile(self._origin, 0, start // TILE) if count == TILE else None
        found: list[bytes] = []
        for seq in range(start, start + count):
            row = rows.get(seq)
            leaf = None if known is None else _hash_at(known, seq - start)
            if row is not None:
                found.append(self._leaf(row, leaf))
                continue
            self._found.add(MISSING, seq)
            if leaf is None:
                return None  # what follows cannot be computed
            found.append(leaf)
        return found

    def _read(self, start: int, count: int) -> dict[int, Row]:
        found: dict[int, Row] = {}
        at = start
        while at < start + count:
            rows = self._reader.rows(self._origin, at, start + count - at, _READ_BYTES)
            if not rows:
                break
            found |= {row.seq: row for row in rows if row.seq < start + count}
            at = rows[-1].seq + 1
        return found

    def _leaf(self, row: Row, known: bytes | None) -> bytes:
        """Return the leaf to go on with: the tile's where the envelope bears it out."""
        leaf = tree.leaf_hash(row.entry)
        if not row.envelope or purged.is_stripped(row.envelope):
            self._found.purged += 1
        if not purged.is_of(row.entry, row.envelope):
            other = _leaf_of(row.envelope)
            if known is not None and other == known:
                self._found.add(ENTRY, row.seq)
                return known
            self._found.add(ENVELOPE, row.seq)
        return leaf

    # Tiles and roots.

    def _compare_tile(self, level: int, index: int, hashes: list[bytes]) -> list[bytes]:
        """Compare a whole tile with what was computed; return what to go on with."""
        kept = self._reader.tile(self._origin, level, index)
        root = _root_of(hashes)
        if kept is None or kept.hashes != b"".join(hashes) or kept.root != root:
            if kept is not None and level == 0 and _is_sound(kept):
                # The tile holds together: it is the entries that changed.
                for i, leaf in enumerate(hashes):
                    if leaf != _hash_at(kept, i):
                        self._found.add(ENTRY, index * TILE + i)
                hashes, root = [_hash_at(kept, i) for i in range(TILE)], kept.root
            else:
                self._found.add(TILE_BAD, index << (level + TILE_BITS))
        self._above(level // TILE_BITS, root, index)
        return hashes

    def _above(self, floor: int, root: bytes, index: int) -> None:
        if floor == len(self._tile_roots):
            self._tile_roots.append([])
        roots = self._tile_roots[floor]
        roots.append(root)
        if len(roots) == TILE:
            self._tile_roots[floor] = []
            self._compare_tile((floor + 1) * TILE_BITS, index // TILE, roots)

    def _grow(self, start: int, leaves: Sequence[bytes]) -> None:
        end = start + len(leaves)
        kept = self._reader.statements(self._origin, start, end)
        said: dict[int, list[Said]] = {}
        for each in kept:
            said.setdefault(each.checkpoint.size, []).append(each)
        newest = self._head.receipt
        for size, leaf in enumerate(leaves, start + 1):
            self._range.append(leaf)
            for each in said.get(size, ()):
                self._judge(each)
            if newest is not None and size == newest.size and not self._split:
                self._judge_receipt(newest, self._range.root())

    def _judge(self, given: Said) -> None:
        self._found.statements += 1
        self._judge_pq(given)
        said, receipt = given.checkpoint, given.receipt
        if not any(checkpoints.is_signed(said, self._origin, key) for key in self._keys.owner):
            self._found.add(OWNER, said.size)
        elif said.root != self._range.root() and not self._split:
            self._split = True
            self._found.add(ROOT, said.size)
        if receipt is not None:
            self._judge_receipt(receipt, said.root)

    def _judge_pq(self, given: Said) -> None:
        origin, keys = self._origin, self._keys
        line2, line4 = given.owner_pq, given.receiver_pq
        if line2 is not None and not (
            _same_state(line2, given.checkpoint)
            and any(postquantum.holds(line2, origin, origin, key) for key in keys.owner_pq)
        ):
            self._found.add(OWNER_PQ, given.checkpoint.size)
        if line4 is not None and not (
            _same_state(line4, given.checkpoint)
            and any(
                postquantum.holds(line4, checkpoints.cosigner_of(party), origin, key)
                for party, key in keys.receiver_pq
            )
        ):
            self._found.add(RECEIPT_PQ, given.checkpoint.size)

    def _judge_receipt(self, receipt: Cosignature, root: bytes) -> None:
        held = any(
            checkpoints.is_cosigned(receipt, self._origin, key) for key in self._keys.receiver
        )
        if receipt.root != root or not held:
            self._found.add(RECEIPT, receipt.size)

    def _check_head(self) -> None:
        head = self._head
        owner = head.checkpoint
        if (
            head.roots != self._range.encode()
            or owner is None
            or (owner.size, owner.root) != (head.size, self._found.root)
        ) and not self._split:
            self._found.add(HEAD, head.size)


def _same_state(line: PqSignature, head: Checkpoint) -> bool:
    return (line.size, line.root) == (head.size, head.root)


def _hash_at(tile: Tile, index: int) -> bytes:
    return tile.hashes[index * tree.HASH_SIZE : (index + 1) * tree.HASH_SIZE]


def _is_sound(tile: Tile) -> bool:
    hashes = [_hash_at(tile, i) for i in range(TILE)]
    return len(tile.hashes) == TILE * tree.HASH_SIZE and _root_of(hashes) == tile.root


def _root_of(hashes: Sequence[bytes]) -> bytes:
    part = tree.Range()
    for each in hashes:
        part.append(each)
    return part.root()


def _leaf_of(kept: bytes) -> bytes | None:
    try:
        return tree.leaf_hash(purged.entry_of(kept))
    except TheirFault:
        return None
