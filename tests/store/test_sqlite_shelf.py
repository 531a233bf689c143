"""What the shelf on disk owes beyond the laws: power, space, damage, other processes."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from detente.core.errors import OurFault
from detente.office.fields import Field, Text, Whole
from detente.office.tables import Table
from detente.store import shelf as module
from detente.store.memory import MemoryShelf
from detente.store.shelf import SqliteShelf

ROWS = Table("t", "number", (Field("number", Whole()), Field("text", Text(100_000))))
SRC = Path(__file__).parents[2] / "src"


def put(shelf: SqliteShelf, number: int, text: str = "x") -> None:
    with shelf.begin() as tx:
        tx.rows(ROWS).put({"number": number, "text": text})


def numbers(shelf: SqliteShelf) -> list[object]:
    with shelf.begin() as tx:
        return [row["number"] for row in tx.rows(ROWS).find({}, None, 1_000)]


def test_what_was_committed_is_there_when_the_file_is_opened_again(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    first = SqliteShelf(file)
    put(first, 1)
    with first.begin() as tx:
        tx.set_place("log", 4)
        assert tx.next_number("k") == 1
    first.close()
    again = SqliteShelf(file)
    assert numbers(again) == [1]
    with again.begin() as tx:
        assert tx.place("log") == 4
        assert tx.next_number("k") == 2


def test_a_process_killed_inside_a_transaction_leaves_only_what_it_committed(
    tmp_path: Path,
) -> None:
    file = tmp_path / "office.db"
    code = f"""
import os, pathlib
from detente.office.fields import Field, Text, Whole
from detente.office.tables import Table
from detente.store.shelf import SqliteShelf
rows = Table("t", "number", (Field("number", Whole()), Field("text", Text(100_000))))
shelf = SqliteShelf(pathlib.Path({str(file)!r}))
with shelf.begin() as tx:
    tx.rows(rows).put({{"number": 1, "text": "kept"}})
with shelf.begin() as tx:
    tx.rows(rows).put({{"number": 2, "text": "lost"}})
    os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": str(SRC)}, check=False)
    assert done.returncode == -9
    assert numbers(SqliteShelf(file)) == [1]


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    shelf = SqliteShelf(file)
    put(shelf, 1)
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    shelf.close()


def test_commits_wait_for_the_disk(tmp_path: Path) -> None:
    base = SqliteShelf(tmp_path / "office.db")._base
    assert base.execute("PRAGMA synchronous").fetchone() == (2,)
    assert base.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_full_disk_stops_the_store_and_what_was_committed_stays(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    shelf = SqliteShelf(file)
    put(shelf, 1)
    pages = shelf._base.execute("PRAGMA page_count").fetchone()[0]
    shelf._base.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(OurFault) as full:
        put(shelf, 2, "x" * 100_000)
    assert full.value.code == "store.full"
    with pytest.raises(OurFault) as stopped:
        numbers(shelf)
    assert stopped.value.code == "store.stopped"
    assert numbers(SqliteShelf(file)) == [1]


class _FailingCommit:
    """A connection whose commit fails as a disk that could not write."""

    def __init__(self, base: sqlite3.Connection, code: int) -> None:
        self._base, self._code = base, code
        self.executemany = base.executemany

    @property
    def in_transaction(self) -> bool:
        return self._base.in_transaction

    def execute(self, statement: str, bound: tuple[str, ...] = ()) -> object:
        if statement == "COMMIT":
            error = sqlite3.OperationalError("made to fail")
            error.sqlite_errorcode = self._code
            raise error
        return self._base.execute(statement, bound)


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (sqlite3.SQLITE_IOERR_FSYNC, "store.failed"),
        (sqlite3.SQLITE_FULL, "store.full"),
        (sqlite3.SQLITE_CORRUPT, "store.damaged"),
    ],
)
def test_after_a_commit_that_failed_nothing_is_written_again(
    tmp_path: Path, code: int, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "office.db"
    shelf = SqliteShelf(file)
    put(shelf, 1)
    whole = shelf._base
    monkeypatch.setattr(shelf, "_base", _FailingCommit(whole, code))
    with pytest.raises(OurFault) as failed:
        put(shelf, 2)
    assert failed.value.code == fault
    monkeypatch.setattr(shelf, "_base", whole)  # the disk is well again: still nothing is written
    with pytest.raises(OurFault) as stopped:
        put(shelf, 3)
    assert stopped.value.code == "store.stopped"
    assert numbers(SqliteShelf(file)) == [1]


def test_the_shelf_in_memory_fails_in_the_same_way() -> None:
    shelf = MemoryShelf()
    shelf.fail_commits = True
    with pytest.raises(OurFault) as full, shelf.begin() as tx:
        tx.set_place("log", 1)
    assert full.value.code == "store.full"
    with pytest.raises(OurFault) as stopped, shelf.begin():
        pass
    assert stopped.value.code == "store.stopped"


def test_a_second_writer_is_told_so_and_may_come_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "office.db"
    first = SqliteShelf(file)
    monkeypatch.setattr(module, "_PRAGMAS", ())
    second = SqliteShelf(file)
    second._base.execute("PRAGMA busy_timeout = 0")
    with first.begin(), pytest.raises(OurFault) as busy, second.begin():
        pass
    assert busy.value.code == "store.busy"
    put(second, 1)
    assert numbers(first) == [1]


def test_a_store_of_a_newer_program_is_not_touched(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    SqliteShelf(file).close()
    with sqlite3.connect(file) as base:
        base.execute(f"PRAGMA user_version = {module.SCHEMA + 1}")
    base.close()
    with pytest.raises(OurFault) as newer:
        SqliteShelf(file)
    assert newer.value.code == "store.newer"


def test_a_file_that_is_no_store_is_named_damaged(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    file.write_bytes(b"not a database, but long enough to look at" * 40)
    with pytest.raises(OurFault) as damaged:
        SqliteShelf(file)
    assert damaged.value.code == "store.damaged"


def test_a_damaged_page_stops_the_store(tmp_path: Path) -> None:
    file = tmp_path / "office.db"
    shelf = SqliteShelf(file)
    for number in range(40):
        put(shelf, number, "x" * 3_000)
    shelf.close()
    size = file.stat().st_size
    with file.open("r+b") as hole:
        hole.seek(size // 2)
        hole.write(b"\xff" * (size // 2 - 4_096))
    damaged = SqliteShelf(file)
    with pytest.raises(OurFault) as found:
        numbers(damaged)
    assert found.value.code == "store.damaged"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OurFault) as failed:
        SqliteShelf(tmp_path / "none" / "office.db")
    assert failed.value.code == "store.failed"
    assert "none" in failed.value.what
    assert list(tmp_path.iterdir()) == []
