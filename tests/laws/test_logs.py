"""What every store of a node must do, on disk and in memory."""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.card_ports import Anchor, KeptCard
from detente.node.ports import Head, Row, Store, Tx
from detente.store.logs import SqliteLogs
from detente.store.memory_logs import Disk, MemoryLogs

ONE, OTHER = "aurelia.gov/detente/one", "borealis.gov/detente/one"
AT = Moment.parse("2026-11-22T00:00:00.000Z")


class Kept:
    """A store that can be opened anew."""

    def __init__(self, name: str, folder: Path) -> None:
        self._file, self._disk = folder / "node.db", Disk()
        self._is_memory = name == "memory"
        self.store: Store = self._open()

    def _open(self) -> Store:
        return MemoryLogs(self._disk) if self._is_memory else SqliteLogs(self._file)

    def close(self) -> None:
        if isinstance(self.store, SqliteLogs):
            self.store.close()

    def reopen(self) -> Store:
        self.close()
        self.store = self._open()
        return self.store


@pytest.fixture(params=["memory", "sqlite"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Kept]:
    made = Kept(request.param, tmp_path)
    yield made
    made.close()


@pytest.fixture
def store(kept: Kept) -> Store:
    return kept.store


def row(seq: int, length: int = 10) -> Row:
    mark = sha256(seq.to_bytes(8, "big")).digest()
    return Row(seq, (mark * 5)[:144], (mark * (length // 32 + 1))[:length], Moment(AT.ms + seq))


def checkpoint(size: int) -> Checkpoint:
    root = sha256(b"root %d" % size).digest()
    return Checkpoint(size, root, sha256(b"signed").digest() * 2)


def receipt(size: int, time: int = 7) -> Cosignature:
    return Cosignature(size, checkpoint(size).root, time, bytes([time]) * 64)


def append(store: Store, origin: str, rows: Sequence[Row]) -> None:
    with store.begin() as tx:
        tx.append(origin, rows)


def test_a_log_never_written_is_empty(store: Store) -> None:
    with store.begin() as tx:
        assert tx.head(ONE) == Head(0, b"", None, None)
        assert list(tx.rows(ONE, 0, 10, 1_000)) == []
        assert list(tx.entries(ONE, 0, 10)) == []
        assert tx.checkpoint_at(ONE, 0) is None
        assert dict(tx.queue_sizes()) == {}


def test_rows_come_back_in_order_and_from_their_own_log(store: Store) -> None:
    append(store, ONE, [row(0), row(1)])
    append(store, OTHER, [row(0, 99)])
    append(store, ONE, [row(2)])
    with store.begin() as tx:
        assert list(tx.rows(ONE, 0, 10, 1_000)) == [row(0), row(1), row(2)]
        assert list(tx.rows(OTHER, 0, 10, 1_000)) == [row(0, 99)]
        assert list(tx.entries(ONE, 1, 1)) == [row(1).entry]


@pytest.mark.parametrize(
    ("count_max", "bytes_max", "expected"),
    [(2, 1_000, 2), (9, 20, 2), (9, 29, 2), (9, 30, 3), (9, 0, 1), (1, 0, 1), (0, 99, 0)],
)
def test_rows_end_at_the_count_or_the_bytes_and_are_at_least_one(
    store: Store, count_max: int, bytes_max: int, expected: int
) -> None:
    append(store, ONE, [row(n) for n in range(5)])
    with store.begin() as tx:
        assert len(tx.rows(ONE, 1, count_max, bytes_max)) == expected


def test_a_place_in_a_log_is_taken_once_and_the_store_stops(store: Store) -> None:
    append(store, ONE, [row(0)])
    with pytest.raises(OurFault) as caught:
        append(store, ONE, [row(0, 20)])
    assert caught.value.code == "store.failed"
    with pytest.raises(OurFault) as again, store.begin():
        pass
    assert again.value.code == "store.failed"


@pytest.mark.parametrize(
    "write",
    [
        lambda tx: tx.put_numbers([(bytes(16), b"value")]),
        lambda tx: tx.put_tile(ONE, 0, 0, bytes(32), bytes(8_192)),
    ],
    ids=["number", "tile"],
)
def test_what_is_written_once_is_refused_twice(kept: Kept, write: Callable[[Tx], None]) -> None:
    with kept.store.begin() as tx:
        write(tx)
    with pytest.raises(OurFault) as caught, kept.store.begin() as tx:
        write(tx)
    assert caught.value.code == "store.failed"
    with kept.reopen().begin() as tx:
        assert tx.number(bytes(15) + b"\1") is None


def test_the_first_receipted_checkpoint_of_a_size_is_found(store: Store) -> None:
    with store.begin() as tx:
        for size in (3, 5, 9):
            tx.set_head(ONE, Head(size, b"", checkpoint(size), None))
        tx.set_head(ONE, Head(9, b"", checkpoint(9), receipt(5)))
        found = [tx.checkpoint_at(ONE, size) for size in (1, 5, 6)]
        assert found == [(checkpoint(5), receipt(5)), (checkpoint(5), receipt(5)), None]
        assert tx.checkpoint_at(OTHER, 1) is None


def test_the_first_receipt_for_a_size_stays(store: Store) -> None:
    with store.begin() as tx:
        tx.set_head(ONE, Head(5, b"", checkpoint(5), receipt(5, time=7)))
        tx.set_head(ONE, Head(5, b"", checkpoint(5), receipt(5, time=8)))
        assert tx.checkpoint_at(ONE, 5) == (checkpoint(5), receipt(5, time=7))
        assert tx.head(ONE).receipt == receipt(5, time=8)


def test_a_receipt_for_a_size_without_checkpoint_is_kept_in_the_head_alone(store: Store) -> None:
    with store.begin() as tx:
        tx.set_head(ONE, Head(5, b"roots", checkpoint(5), receipt(4)))
        assert tx.head(ONE) == Head(5, b"roots", checkpoint(5), receipt(4))
        assert tx.checkpoint_at(ONE, 1) is None


def test_the_queue_gives_the_highest_rank_first_then_the_oldest_and_one_rank(store: Store) -> None:
    with store.begin() as tx:
        for rank, word in ((1, b"old"), (4, b"flash"), (1, b"new"), (4, b"second")):
            tx.queue("link", rank, "a.b", word, AT)
        tx.queue("other", 4, "a.b", b"elsewhere", AT)
        first = tx.queued("link", 9, 1_000)
        assert [(each.rank, each.envelope) for each in first] == [(4, b"flash"), (4, b"second")]
        tx.unqueue([each.id for each in first])
        assert [each.envelope for each in tx.queued("link", 9, 1_000)] == [b"old", b"new"]
        assert [each.envelope for each in tx.queued("link", 9, 5)] == [b"old"]
        assert dict(tx.queue_sizes()) == {"link": 2, "other": 1}


def test_tiles_come_back_with_their_roots(store: Store) -> None:
    with store.begin() as tx:
        tx.put_tile(ONE, 0, 3, b"r" * 32, b"h" * 8_192)
        tx.put_tile(ONE, 8, 3, b"R" * 32, b"H" * 8_192)
        assert (tx.tile_root(ONE, 0, 3), tx.tile(ONE, 0, 3)) == (b"r" * 32, b"h" * 8_192)
        assert (tx.tile_root(ONE, 8, 3), tx.tile(ONE, 8, 3)) == (b"R" * 32, b"H" * 8_192)


class Stop(Exception):
    """Not a fault of the disk."""


def fail(store: Store, act: Callable[[Tx], object]) -> None:
    with store.begin() as tx:
        act(tx)
        raise Stop


def write_all(tx: Tx) -> None:
    tx.append(ONE, [row(0), row(1)])
    tx.set_head(ONE, Head(2, b"roots", checkpoint(2), receipt(2)))
    tx.put_tile(ONE, 0, 0, bytes(32), bytes(8_192))
    tx.queue("link", 2, "a.b", b"waits", AT)
    tx.put_numbers([(bytes(16), b"value")])
    tx.set_note("name", b"fact")
    tx.keep_evidence(bytes(32), b"proof", AT)


def read_all(tx: Tx) -> object:
    return (
        tx.head(ONE), list(tx.rows(ONE, 0, 9, 999)), list(tx.entries(ONE, 0, 9)),
        tx.checkpoint_at(ONE, 1), list(tx.queued("link", 9, 999)), dict(tx.queue_sizes()),
        tx.number(bytes(16)), tx.note("name"),
    )  # fmt: skip


def test_an_exception_leaves_no_trace_and_the_store_goes_on(store: Store) -> None:
    with store.begin() as tx:
        before = read_all(tx)
    with pytest.raises(Stop):
        fail(store, write_all)
    with store.begin() as tx:
        assert read_all(tx) == before
        write_all(tx)
        after = read_all(tx)
    with store.begin() as tx:
        assert read_all(tx) == after != before


def test_what_was_committed_is_there_after_opening_anew(kept: Kept) -> None:
    with kept.store.begin() as tx:
        write_all(tx)
        before = read_all(tx)
    with kept.reopen().begin() as tx:
        assert read_all(tx) == before


def test_a_taken_queue_comes_back_when_its_transaction_fails(store: Store) -> None:
    with store.begin() as tx:
        for rank in (1, 4, 1):
            tx.queue("link", rank, "a.b", bytes([rank]), AT)
        before = tx.queued("link", 9, 99)
    with pytest.raises(Stop):
        fail(store, lambda tx: tx.unqueue([each.id for each in tx.queued("link", 9, 99)]))
    with store.begin() as tx:
        assert tx.queued("link", 9, 99) == before
        assert dict(tx.queue_sizes()) == {"link": 3}


def test_notes_are_replaced(store: Store) -> None:
    with store.begin() as tx:
        tx.set_note("name", b"one")
        tx.set_note("name", b"two")
        assert (tx.note("name"), tx.note("other")) == (b"two", None)


# One sequence of operations, both stores: every answer equal, bit for bit.

origins = st.sampled_from([ONE, OTHER])
links = st.sampled_from(["link", "other"])
steps = st.one_of(
    st.tuples(st.just("append"), origins, st.integers(1, 3)),
    st.tuples(st.just("receipt"), origins, st.integers(0, 9)),
    st.tuples(st.just("queue"), links, st.integers(1, 4)),
    st.tuples(st.just("take"), links, st.integers(1, 4)),
    st.tuples(st.just("number"), st.just(""), st.integers(0, 3)),
    st.tuples(st.just("note"), st.just("name"), st.integers(0, 3)),
)


def do(tx: Tx, what: str, name: str, count: int) -> object:
    match what:
        case "append":
            head = tx.head(name)
            size = head.size + count
            tx.append(name, [row(seq, 8 * count) for seq in range(head.size, size)])
            tx.set_head(name, Head(size, bytes([count]), checkpoint(size), head.receipt))
        case "receipt":
            head = tx.head(name)
            if 0 < count <= head.size:
                tx.set_head(name, Head(head.size, head.roots, head.checkpoint, receipt(count)))
        case "queue":
            tx.queue(name, count, "a.b", bytes([count]) * 5 * count, AT)
        case "take":
            found = list(tx.queued(name, count, 12))
            tx.unqueue([each.id for each in found])
            return found
        case "number":
            if tx.number(bytes([count])) is None:
                tx.put_numbers([(bytes([count]), b"value")])
        case _:
            tx.set_note(name, bytes([count]))
    return None


def look(tx: Tx) -> object:
    return [
        (
            tx.head(origin), list(tx.rows(origin, 1, 4, 50)), list(tx.entries(origin, 0, 99)),
            [tx.checkpoint_at(origin, size) for size in range(12)],
        )
        for origin in (ONE, OTHER)
    ] + [
        (list(tx.queued(link_id, 9, 40)), dict(tx.queue_sizes()), tx.note("name"))
        for link_id in ("link", "other")
    ]  # fmt: skip


def play(store: Store, batches: Sequence[tuple[bool, Sequence[tuple[str, str, int]]]]) -> object:
    answers: list[object] = []
    for holds, batch in batches:

        def act(tx: Tx, batch: Sequence[tuple[str, str, int]] = batch) -> None:
            answers.extend(do(tx, *each) for each in batch)

        if holds:
            with store.begin() as tx:
                act(tx)
        else:
            with pytest.raises(Stop):
                fail(store, act)
        with store.begin() as tx:
            answers.append(look(tx))
    return answers


@given(st.lists(st.tuples(st.booleans(), st.lists(steps, max_size=6)), max_size=8))
def test_both_stores_give_the_same_answers_to_the_same_questions(
    batches: list[tuple[bool, list[tuple[str, str, int]]]],
) -> None:
    with TemporaryDirectory() as folder:
        on_disk = SqliteLogs(Path(folder) / "node.db")
        answers = play(on_disk, batches)
        on_disk.close()
    assert play(MemoryLogs(Disk()), batches) == answers


# Looking after the rows.


def test_a_rewritten_row_keeps_when_it_was_kept_and_a_failure_undoes_it(store: Store) -> None:
    append(store, ONE, [row(0), row(1), row(2)])
    other = Row(1, bytes(144), b"other", Moment(5))
    with pytest.raises(Stop):
        fail(store, lambda tx: tx.rewrite(ONE, other))
    with store.begin() as tx:
        assert list(tx.rows(ONE, 0, 9, 999)) == [row(0), row(1), row(2)]
        tx.rewrite(ONE, other)
    with store.begin() as tx:
        assert list(tx.rows(ONE, 0, 9, 999)) == [
            row(0),
            other._replace(kept_at=row(1).kept_at),
            row(2),
        ]


def test_whole_envelopes_kept_before_a_moment_are_named(store: Store) -> None:
    marked = [each._replace(envelope=b"DTR1" + each.envelope) for each in map(row, range(6))]
    marked[2] = marked[2]._replace(envelope=b"DTP1 less")
    append(store, ONE, marked)
    append(store, OTHER, [marked[0]])
    with store.begin() as tx:
        assert list(tx.whole(ONE, 0, 6, Moment(AT.ms + 4), 9)) == [0, 1, 3]
        assert list(tx.whole(ONE, 1, 4, Moment(AT.ms + 99), 9)) == [1, 3]
        assert list(tx.whole(ONE, 0, 6, Moment(AT.ms + 99), 2)) == [0, 1]


def test_the_oldest_that_waits_is_known_of_each_link(store: Store) -> None:
    with store.begin() as tx:
        assert tx.oldest_queued() == {}
        tx.queue("link", 1, "k", b"a", Moment(20))
        tx.queue("link", 4, "k", b"b", Moment(10))
        tx.queue("other", 1, "k", b"c", Moment(30))
        tx.unqueue([each.id for each in tx.queued("other", 9, 99)])
    with store.begin() as tx:
        assert tx.oldest_queued() == {"link": Moment(10)}


# What only the one in memory can do.


def test_a_lying_disk_loses_whole_commits_newest_first() -> None:
    disk = Disk(lying=True)
    store = MemoryLogs(disk)
    for seq in range(3):
        append(store, ONE, [row(seq)])
    assert disk.lose(2) == 2
    with MemoryLogs(disk).begin() as tx:
        assert list(tx.rows(ONE, 0, 9, 999)) == [row(0)]
    assert Disk().lose(1) == 0


def test_a_backup_does_not_follow_the_disk_it_was_made_of() -> None:
    disk = Disk()
    with MemoryLogs(disk).begin() as tx:
        write_all(tx)
        before = read_all(tx)
    backup = disk.copy()
    append(MemoryLogs(disk), ONE, [row(2)])
    with MemoryLogs(backup).begin() as tx:
        assert read_all(tx) == before


def test_a_commit_that_fails_before_it_is_durable_is_undone_and_one_after_is_not() -> None:
    disk = Disk()

    def fall(origins: frozenset[str]) -> None:
        raise Stop

    with pytest.raises(Stop):
        append(MemoryLogs(disk, before=fall), ONE, [row(0)])
    with pytest.raises(Stop):
        append(MemoryLogs(disk, after=fall), OTHER, [row(0)])
    with MemoryLogs(disk).begin() as tx:
        assert list(tx.rows(ONE, 0, 9, 999)) == []
        assert list(tx.rows(OTHER, 0, 9, 999)) == [row(0)]


def test_a_full_disk_undoes_the_commit_and_ends_the_handle() -> None:
    disk = Disk()

    def fill(origins: frozenset[str]) -> None:
        raise OurFault("store.full", "the disk is full", "make room, then restart the node")

    store = MemoryLogs(disk, before=fill)
    for _ in range(2):
        with pytest.raises(OurFault) as caught:
            append(store, ONE, [row(0)])
        assert caught.value.code == "store.full"
    with MemoryLogs(disk).begin() as tx:
        assert list(tx.rows(ONE, 0, 9, 999)) == []


def anchor(size: int, serial: int) -> Anchor:
    return Anchor(serial, bytes([serial]) * 32, Checkpoint(size, b"r" * 32, b"s" * 64), AT)


def test_cards_come_back_by_serial_and_the_first_of_a_serial_stays(kept: Kept) -> None:
    with kept.store.begin() as tx:
        tx.keep_card("aurelia.gov", 2, KeptCard(b"two", AT))
        tx.keep_card("aurelia.gov", 1, KeptCard(b"one", AT))
        tx.keep_card("aurelia.gov", 2, KeptCard(b"other", Moment(0)))
        tx.keep_card("borealis.gov", 1, KeptCard(b"theirs", AT))
    with kept.reopen().begin() as tx:
        assert tx.kept_cards("aurelia.gov") == [KeptCard(b"one", AT), KeptCard(b"two", AT)]
        assert tx.kept_cards("nobody") == []


def test_anchors_come_back_by_size_and_a_second_at_one_size_is_refused(kept: Kept) -> None:
    with kept.store.begin() as tx:
        tx.put_anchor(ONE, anchor(9, 3))
        tx.put_anchor(ONE, anchor(4, 2))
        tx.put_anchor(OTHER, anchor(4, 7))
    with kept.reopen().begin() as tx:
        assert tx.anchors(ONE) == [anchor(4, 2), anchor(9, 3)]
    with pytest.raises(OurFault, match=r"store\."), kept.store.begin() as tx:
        tx.put_anchor(ONE, anchor(9, 4))


def test_a_number_can_be_given_to_the_same_record_sealed_anew(kept: Kept) -> None:
    with kept.store.begin() as tx:
        tx.put_numbers([(b"k" * 16, b"old")])
    with kept.store.begin() as tx:
        tx.replace_number(b"k" * 16, b"new")
    with kept.reopen().begin() as tx:
        assert tx.number(b"k" * 16) == b"new"


def test_what_a_failed_transaction_said_of_cards_is_gone(store: Store) -> None:
    def write_and_fail() -> None:
        with store.begin() as tx:
            tx.keep_card("aurelia.gov", 1, KeptCard(b"one", AT))
            tx.put_anchor(ONE, anchor(4, 2))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with store.begin() as tx:
        assert (tx.kept_cards("aurelia.gov"), tx.anchors(ONE)) == ([], [])
