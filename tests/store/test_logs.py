"""What is SQLite's own in the store of a node; the laws of every such store stand in tests/laws."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.nodes import Table, envelope
from tests.support.outcomes import fault_of

from detente.core import envelope as envelopes
from detente.core.moment import Moment, Span
from detente.node import care
from detente.node.ports import Row
from detente.store import logs
from detente.store.logs import SqliteLogs

NAME = "aurelia.gov/detente/x2ilzttxqmsebjgk"
NOW = Moment(0)
ROOT = Path(__file__).parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "node.db"


@pytest.fixture
def store(file: Path) -> Iterator[SqliteLogs]:
    found = SqliteLogs(file)
    yield found
    found.close()


def rows(first: int, count: int, size: int = 10) -> list[Row]:
    return [Row(first + i, bytes(144), os.urandom(size), NOW) for i in range(count)]


def stored(store: SqliteLogs) -> list[int]:
    with store.begin() as tx:
        return [row.seq for row in tx.rows(NAME, 0, 100_000, 10**9)]


def write(store: SqliteLogs, first: int, count: int = 1, size: int = 10) -> None:
    with store.begin() as tx:
        tx.append(NAME, rows(first, count, size))


def pragma(store: SqliteLogs, name: str) -> object:
    return store._db.execute(f"pragma {name}").fetchone()[0]


# Opening.


def test_a_commit_is_on_the_disk_when_it_returns(store: SqliteLogs) -> None:
    assert pragma(store, "journal_mode") == "wal"
    assert pragma(store, "synchronous") == 2
    assert pragma(store, "fullfsync") == 1
    assert pragma(store, "wal_autocheckpoint") == 0


def test_a_new_file_says_its_form_and_is_opened_again(file: Path) -> None:
    first = SqliteLogs(file)
    assert pragma(first, "user_version") == logs.SCHEMA
    write(first, 0)
    first.close()
    again = SqliteLogs(file)
    assert stored(again) == [0]
    again.close()


def test_a_file_of_a_newer_version_is_refused_and_left_as_it_is(file: Path) -> None:
    SqliteLogs(file).close()
    db = sqlite3.connect(file)
    db.execute(f"pragma user_version={logs.SCHEMA + 1}")
    db.close()
    before = file.read_bytes()
    assert fault_of(SqliteLogs, file) == "store.newer"
    assert file.read_bytes() == before


def test_a_file_that_is_no_database_is_refused_and_left_as_it_is(file: Path) -> None:
    file.write_bytes(b"a letter, not a database\n" * 200)
    assert fault_of(SqliteLogs, file) == "store.damaged"
    assert file.read_bytes() == b"a letter, not a database\n" * 200


def test_a_place_where_no_file_can_be_is_refused(tmp_path: Path) -> None:
    assert fault_of(SqliteLogs, tmp_path / "absent" / "node.db") == "store.unreadable"
    assert fault_of(SqliteLogs, tmp_path) == "store.unreadable"


# Failing.


def test_a_damaged_page_stops_the_store(file: Path) -> None:
    store = SqliteLogs(file)
    write(store, 0, 300, 2_000)
    store.fold_wal()
    store.close()
    data = bytearray(file.read_bytes())
    # All but the first pages: the table of contents still reads, the records do not.
    start = 20 * 4_096
    data[start:] = b"\xa5" * (len(data) - start)
    file.write_bytes(data)
    again = SqliteLogs(file)
    assert fault_of(stored, again) == "store.damaged"
    assert fault_of(write, again, 300) == "store.damaged"
    again.close()


def test_a_full_disk_stops_the_store_and_loses_nothing(file: Path) -> None:
    store = SqliteLogs(file)
    write(store, 0, 3)
    pages = pragma(store, "page_count")
    store._db.execute(f"pragma max_page_count={pages}")
    assert fault_of(write, store, 3, 50, 4_000) == "store.full"
    # There may be room again: what the failed commit left in caches is not known.
    store._db.execute("pragma max_page_count=1000000")
    before = file.read_bytes()
    assert fault_of(write, store, 3) == "store.full"
    assert fault_of(stored, store) == "store.full"
    store.fold_wal()
    assert file.read_bytes() == before
    store.close()
    again = SqliteLogs(file)
    assert stored(again) == [0, 1, 2]
    write(again, 3)
    assert stored(again) == [0, 1, 2, 3]
    again.close()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    order = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(order, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_disk_that_is_really_full_keeps_every_batch_that_was_committed(small_disk: Path) -> None:
    store = SqliteLogs(small_disk / "node.db")
    done = 0
    room = os.statvfs(small_disk)
    for _ in range(room.f_bavail * room.f_frsize // 100_000):  # a batch is 40 kB, twice at the end
        write(store, done, 10, 4_000)
        done += 10
    assert fault_of(write, store, done, 500, 4_000) == "store.full"
    assert done > 0
    assert fault_of(write, store, done) == "store.full"
    store.close()
    again = SqliteLogs(small_disk / "node.db")
    assert stored(again) == list(range(done))
    again.close()


def test_a_fault_inside_a_transaction_undoes_it_and_the_store_goes_on(store: SqliteLogs) -> None:
    write(store, 0)

    def broken() -> None:
        with store.begin() as tx:
            tx.append("cordia.gov/detente/new", rows(0, 2))
            tx.append(NAME, rows(1, 2))
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert stored(store) == [0]
    # The name was undone with the rest, so its number must not be in use.
    with store.begin() as tx:
        assert tx.rows("cordia.gov/detente/new", 0, 9, 999) == []
        tx.append("borealis.gov/detente/other", rows(0, 1))
        assert tx.rows("cordia.gov/detente/new", 0, 9, 999) == []
    write(store, 1)
    assert stored(store) == [0, 1]


class DeadDisk:
    """A connection that can no longer even roll back."""

    in_transaction = True

    def execute(self, order: str) -> None:
        if order == "rollback":
            raise sqlite3.OperationalError(order)


def test_a_store_that_cannot_undo_stops(store: SqliteLogs, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        with store.begin():
            raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(store, "_db", DeadDisk())
        with pytest.raises(KeyError):
            broken()
    assert fault_of(write, store, 0) == "store.failed"


def test_a_record_at_a_place_that_is_taken_stops_the_store(store: SqliteLogs) -> None:
    write(store, 0)
    assert fault_of(write, store, 0) == "store.failed"
    assert fault_of(write, store, 1) == "store.failed"


def test_a_store_that_another_process_writes_to_stops(file: Path, store: SqliteLogs) -> None:
    store._db.execute("pragma busy_timeout=0")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("begin immediate")
    assert fault_of(write, store, 0) == "store.failed"
    other.execute("rollback")
    other.close()


# Folding.


def test_folding_moves_what_was_written_into_the_file(file: Path, store: SqliteLogs) -> None:
    write(store, 0, 200, 2_000)
    before = file.stat().st_size
    store.fold_wal()
    assert file.stat().st_size > before + 200 * 2_000
    assert stored(store) == list(range(200))


def test_folding_a_file_that_was_closed_stops_the_store(file: Path) -> None:
    store = SqliteLogs(file)
    store.close()
    store.fold_wal()
    assert fault_of(write, store, 0) == "store.failed"


# Power.

WRITER = """
import sys
from pathlib import Path
from detente.core import envelope as envelopes
from detente.core.moment import Moment, Span
from detente.node import care
from detente.node.ports import Row
from detente.store.logs import SqliteLogs

store, seq = SqliteLogs(Path(sys.argv[1])), 0
while True:
    count = seq % 7 + 1
    with store.begin() as tx:
        tx.append(sys.argv[2], [Row(seq + i, bytes(144), bytes(3000), Moment(0)) for i in range(count)])
    seq += count
    print(seq, flush=True)
"""


@pytest.mark.parametrize("batches", [1, 20, 60])
def test_a_writer_that_is_killed_loses_no_committed_batch(file: Path, batches: int) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file), NAME],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert child.stdout is not None
    said = [int(child.stdout.readline()) for _ in range(batches)]
    child.send_signal(signal.SIGKILL)
    said += [int(line) for line in child.stdout if line.endswith("\n")]
    assert child.wait() == -signal.SIGKILL
    child.stdout.close()
    store = SqliteLogs(file)
    found = stored(store)
    assert found == list(range(len(found)))
    # At most the batch that was durable and not yet said.
    after = said[-1] + said[-1] % 7 + 1
    assert len(found) in {said[-1], after}
    write(store, len(found))
    assert pragma(store, "integrity_check") == "ok"
    store.close()


# What was purged.


def test_a_purged_text_is_in_no_byte_of_the_files(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    sent = [envelope(table.us, [table.them], number, b"secret" * 3_000) for number in range(1, 9)]
    for each in sent:
        table.a.node.submit([each], table.now)
        table.pump()
    later = table.now + Span(care.KEEP_AT_LEAST.ms + 60_000)
    table.a.office_reads()
    table.a.node.care.order(care.Order(table.now + Span(1), "1"), later)
    while table.a.node.care.step(later):
        pass
    table.a.store.empty_wal()
    assert table.a.node.care.done.records == 8
    files = [path.read_bytes() for path in tmp_path.glob("a*")]
    bodies = [envelopes.split(each).body for each in sent]
    assert not any(
        body[at : at + 64] in data for data in files for body in bodies for at in (0, 9_000)
    )
    assert any(bodies[0][:64] in path.read_bytes() for path in tmp_path.glob("b*"))
    table.a.store.close()
    table.b.store.close()


def test_a_stopped_store_cuts_no_wal(file: Path) -> None:
    store = SqliteLogs(file)
    store._db.execute(f"pragma max_page_count={pragma(store, 'page_count')}")
    assert fault_of(write, store, 0, 50, 4_000) == "store.full"
    before = (store.commits, store.wal_size)
    store.empty_wal()
    assert (store.commits, store.wal_size) == before
    assert store.wal_size > 0
    assert store.form == logs.SCHEMA
    store.close()


def test_a_store_in_memory_has_no_wal() -> None:
    store = SqliteLogs(Path(":memory:"))
    assert store.wal_size == 0
    store.close()
