from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis.strategies import integers, lists
from tests.support import makers
from tests.support.nodes import MEMORY
from tests.support.outcomes import fault_of

from detente.core import envelope, limits, tree
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.node import ledger as ledgers
from detente.node.ledger import Grown, Ledger
from detente.node.ports import Head, Row
from detente.store.logs import SqliteLogs, SqliteTx

NAME = "aurelia.gov/detente/x2ilzttxqmsebjgk"
HEAD = Checkpoint(1, bytes(32), bytes(64))


def bare(number: int) -> bytes:
    """The smallest envelope, and each is another: to a ledger a header is bytes."""
    return envelope.encode(envelope.Parts(number.to_bytes(4, "big"), b"", b"", b""))


@dataclass
class Shelf:
    """Rows and tiles in memory: as much of a Tx as a ledger needs."""

    entry: list[bytes] = field(default_factory=list)
    tiles: dict[tuple[int, int], tuple[bytes, bytes]] = field(default_factory=dict)
    kept: Head = field(default_factory=lambda: Head(0, b"", None, None))

    def head(self, origin: str) -> Head:
        return self.kept

    def set_head(self, origin: str, head: Head) -> None:
        self.kept = head

    def append(self, origin: str, rows: list[Row]) -> None:
        assert [row.seq for row in rows] == list(
            range(len(self.entry), len(self.entry) + len(rows))
        )
        self.entry += [row.entry for row in rows]

    def entries(self, origin: str, start: int, count: int) -> list[bytes]:
        return self.entry[start : start + count]

    def put_tile(self, origin: str, level: int, index: int, root: bytes, hashes: bytes) -> None:
        assert (level, index) not in self.tiles
        self.tiles[level, index] = root, hashes

    def tile_root(self, origin: str, level: int, index: int) -> bytes:
        return self.tiles[level, index][0]

    def tile(self, origin: str, level: int, index: int) -> bytes:
        return self.tiles[level, index][1]


def grow(log: Ledger, shelf: SqliteTx | Shelf, count: int) -> Grown:
    """Append so many bare envelopes and take them over."""
    rows = [bare(log.size + i) for i in range(count)]
    grown = log.append(shelf, rows, makers.NOW)  # type: ignore[arg-type]
    log.sign_off(shelf, grown, HEAD, None)  # type: ignore[arg-type]
    log.settle(grown, HEAD, None)
    return grown


def leaves(count: int) -> list[bytes]:
    return [envelope.leaf_of(bare(i)) for i in range(count)]


@pytest.fixture
def tx() -> Iterator[SqliteTx]:
    store = SqliteLogs(MEMORY)
    with store.begin() as found:
        assert isinstance(found, SqliteTx)
        yield found
    store.close()


@pytest.fixture
def small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles of 4 hashes in place of 256: three levels of them in 64 records."""
    monkeypatch.setattr(ledgers, "TILE_BITS", 2)
    monkeypatch.setattr(ledgers, "TILE", 4)


def test_a_ledger_never_written_is_empty(tx: SqliteTx) -> None:
    log = Ledger(NAME, tx)
    assert (log.size, log.receipted, log.checkpoint) == (0, 0, None)
    assert log.root_at(tx, 0) == tree.EMPTY_ROOT


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 513])
def test_a_ledger_has_the_root_of_its_leaves_around_whole_tiles(tx: SqliteTx, size: int) -> None:
    log = Ledger(NAME, tx)
    grown = grow(log, tx, size)
    roots = makers.roots_of(leaves(size))
    assert grown.root() == roots[size]
    for at in sorted({0, 1, size // 2, 255, 256, 257, size - 1, size} & set(range(size + 1))):
        assert log.root_at(tx, at) == roots[at]


@pytest.mark.parametrize("size", [255, 256, 257])
def test_a_ledger_that_is_opened_again_grows_on(tx: SqliteTx, size: int) -> None:
    grow(Ledger(NAME, tx), tx, size)
    again = Ledger(NAME, tx)
    assert again.size == size
    assert again.checkpoint is not None
    grow(again, tx, 257)
    assert again.root_at(tx, size + 257) == makers.roots_of(leaves(size + 257))[-1]
    assert again.root_at(tx, 256) == makers.roots_of(leaves(256))[-1]


@pytest.mark.usefixtures("small_tiles")
@pytest.mark.parametrize("size", [15, 16, 17, 63, 64, 65, 255, 256, 257])
def test_tiles_stand_upon_tiles(size: int) -> None:
    shelf = Shelf()
    log = Ledger(NAME, shelf)  # type: ignore[arg-type]
    grow(log, shelf, size)
    roots = makers.roots_of(leaves(size))
    assert [log.root_at(shelf, at) for at in range(size + 1)] == roots  # type: ignore[arg-type]
    due = {(level, i) for level in (0, 2, 4, 6) for i in range(size >> level + 2)}
    assert shelf.tiles.keys() == due
    for (level, index), (root, hashes) in shelf.tiles.items():
        read = makers.reader_of(leaves(size))
        assert root == read(level + 2, index)
        below = [read(level, 4 * index + i) for i in range(4)]
        assert hashes == b"".join(below)


def test_65536_records_close_a_tile_of_tiles() -> None:
    # 256 whole tiles are written by hand; the last record closes the one above them.
    shelf, part = Shelf(), tree.Range()
    row = tree.leaf_hash(bytes(envelope.ENTRY_SIZE))
    shelf.entry = [bytes(envelope.ENTRY_SIZE)] * 65_535
    for _ in range(256):
        part.append(row)
    for index in range(255):
        shelf.tiles[0, index] = part.root(), row * 256
    whole = tree.Range()
    for _ in range(65_535):
        whole.append(row)
    shelf.kept = Head(65_535, whole.encode(), None, None)
    log = Ledger(NAME, shelf)  # type: ignore[arg-type]
    grown = log.append(shelf, [bare(0)], makers.NOW)  # type: ignore[arg-type]
    whole.append(envelope.leaf_of(bare(0)))
    assert grown.root() == whole.root()
    root, hashes = shelf.tiles[8, 0]
    assert root == whole.root()
    assert sha256(hashes).digest() == sha256(part.root() * 255 + shelf.tiles[0, 255][0]).digest()
    log.sign_off(shelf, grown, HEAD, None)  # type: ignore[arg-type]
    log.settle(grown, HEAD, None)
    assert log.subtree(shelf, 16, 0) == whole.root()  # type: ignore[arg-type]
    path = log.prove(shelf, 65_535, 65_536)  # type: ignore[arg-type]
    tree.check_inclusion(envelope.leaf_of(bare(0)), 65_535, 65_536, path, whole.root())


@given(parts=lists(integers(1, 60), min_size=1, max_size=6), pick=integers(min_value=0))
def test_every_record_has_a_proof_in_every_size_however_the_log_grew(
    parts: list[int], pick: int
) -> None:
    bits, whole = ledgers.TILE_BITS, ledgers.TILE
    ledgers.TILE_BITS, ledgers.TILE = 2, 4  # type: ignore[misc]
    try:
        shelf = Shelf()
        log = Ledger(NAME, shelf)  # type: ignore[arg-type]
        for count in parts:
            grow(log, shelf, count)
        size = sum(parts)
        rows = leaves(size)
        at = pick % size + 1
        seq = (pick >> 8) % at
        root = makers.roots_of(rows)[at]
        assert log.root_at(shelf, at) == root  # type: ignore[arg-type]
        path = log.prove(shelf, seq, at)  # type: ignore[arg-type]
        assert path == tree.prove_inclusion(seq, at, makers.reader_of(rows))
        tree.check_inclusion(rows[seq], seq, at, path, root)
    finally:
        ledgers.TILE_BITS, ledgers.TILE = bits, whole  # type: ignore[misc]


def test_what_is_not_taken_over_leaves_no_trace(tx: SqliteTx) -> None:
    log = Ledger(NAME, tx)
    grow(log, tx, 3)
    before = log.root_at(tx, 3)
    grown = log.append(tx, [bare(9)], makers.NOW)
    assert grown.size == 4
    assert (log.size, log.root_at(tx, 3)) == (3, before)


@pytest.mark.parametrize("wrong", [b"", b"DTR1", b"DTR2" + bytes(16), bare(1) + b"x"])
def test_what_does_not_split_enters_no_log(tx: SqliteTx, wrong: bytes) -> None:
    log = Ledger(NAME, tx)
    assert fault_of(log.append, tx, [bare(0), wrong], makers.NOW) == "E_FRAME"


def test_a_header_above_its_limit_enters_no_log(tx: SqliteTx) -> None:
    def with_header(size: int) -> bytes:
        return envelope.encode(envelope.Parts(bytes(size), b"", b"", b""))

    log = Ledger(NAME, tx)
    assert log.append(tx, [with_header(limits.MAX_HEADER)], makers.NOW).size == 1
    wrong = with_header(limits.MAX_HEADER + 1)
    assert fault_of(log.append, tx, [wrong], makers.NOW) == "E_LIMIT"


def test_a_log_may_reach_its_largest_size_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_TREE", 3)
    shelf = Shelf()
    log = Ledger(NAME, shelf)  # type: ignore[arg-type]
    grow(log, shelf, 3)
    assert fault_of(log.append, shelf, [bare(3)], makers.NOW) == "E_LIMIT"


def test_a_receipt_is_kept_with_the_state_it_found(tx: SqliteTx) -> None:
    log = Ledger(NAME, tx)
    grow(log, tx, 2)
    given = Cosignature(2, b"r" * 32, 5, b"s" * 64)
    log.keep_receipt(tx, given)
    again = Ledger(NAME, tx)
    assert (again.size, again.receipt, again.receipted) == (2, given, 2)
