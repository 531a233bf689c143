"""The room that a store keeps for what is urgent: held, given up when the disk is short, held again."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.store import room
from detente.store.logs import WAL_FOLD, SqliteLogs
from detente.store.room import ROOM, SHORT, Room
from detente.store.shelf import SqliteShelf

PAGE = 4096


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Say how large the disk is and how much of it is free."""

    def says(free: int, size: int = 2**40) -> None:
        told = SimpleNamespace(f_bavail=free // PAGE, f_frsize=PAGE, f_blocks=size // PAGE)
        monkeypatch.setattr(os, "statvfs", lambda _: told)

    says(2**39)
    return says


def rows(file: Path) -> list[int]:
    with sqlite3.connect(file) as base:
        return [size for (size,) in base.execute("select length(data) from room")]


def wal(file: Path) -> int:
    return file.with_name(f"{file.name}-wal").stat().st_size


def test_both_reserves_are_made_and_the_row_goes_when_the_disk_is_short(
    tmp_path: Path, disk: Callable[..., None]
) -> None:
    file = tmp_path / "node.sqlite"
    store = SqliteLogs(file)
    store.hold_room()
    assert rows(file) == [ROOM]
    assert wal(file) >= ROOM
    for free, held in ((SHORT, [ROOM]), (SHORT - PAGE, [])):
        disk(free)
        with store.begin() as tx:
            tx.set_note("x", b"y")
        assert rows(file) == held
    length = file.stat().st_size
    for number in range(50):
        with store.begin() as tx:
            tx.set_note(f"x{number}", bytes(20_000))
    store.fold_wal()
    assert file.stat().st_size == length, "the pages of the room serve"
    disk(4 * ROOM - PAGE)
    store.fold_wal()
    assert rows(file) == []
    disk(4 * ROOM)
    store.fold_wal()
    assert rows(file) == [ROOM]
    store.close()


def test_a_wal_that_was_cut_is_made_long_again(tmp_path: Path, disk: Callable[..., None]) -> None:
    file = tmp_path / "node.sqlite"
    store = SqliteLogs(file)
    store.empty_wal()
    assert wal(file) == 0, "nobody asked for room"
    store.hold_room()
    store.empty_wal()
    assert wal(file) >= ROOM
    disk(0)
    with store.begin():
        pass
    store.empty_wal()
    assert wal(file) == 0
    store.close()


def test_of_a_small_disk_a_sixteenth_is_kept(tmp_path: Path, disk: Callable[..., None]) -> None:
    disk(4 * 2**20, 16 * 2**20)
    file = tmp_path / "node.sqlite"
    store = SqliteLogs(file)
    store.hold_room()
    assert rows(file) == [2**20]
    disk(2**19, 16 * 2**20)
    with store.begin():
        pass
    assert rows(file) == [2**20]
    disk(2**19 - PAGE, 16 * 2**20)
    with store.begin():
        pass
    assert rows(file) == []
    store.close()


def test_a_store_of_a_full_disk_is_opened_without_room_and_gives_up_what_it_had(
    tmp_path: Path, disk: Callable[..., None]
) -> None:
    file = tmp_path / "node.sqlite"
    store = SqliteLogs(file)
    store.hold_room()
    store.close()
    disk(0)
    store = SqliteLogs(file)
    store.hold_room()
    assert rows(file) == []
    store.close()


def code(store: SqliteLogs) -> str:
    return store.fault.code if store.fault else ""


class Base:
    """A database that says no to one statement."""

    def __init__(self, word: str, code: int) -> None:
        self._base = sqlite3.connect(":memory:", isolation_level=None)
        self._word, self._code = word, code

    def execute(self, statement: str, values: tuple[object, ...] = ()) -> object:
        if self._word in statement:
            error = sqlite3.OperationalError("no")
            error.sqlite_errorcode = self._code
            raise error
        return self._base.execute(statement, values)


def test_room_that_somebody_else_took_is_asked_for_again_and_a_failed_disk_is_told(
    tmp_path: Path, disk: Callable[..., None]
) -> None:
    del disk
    base = Base("insert", sqlite3.SQLITE_FULL)
    found = Room(base, tmp_path / "x")  # type: ignore[arg-type]
    found.hold()
    assert (found.is_held, found.is_used) == (False, True)
    base._word = "nothing"
    found.renew()
    assert (found.is_held, found.is_used) == (True, False)
    found.renew()
    broken = Room(Base("insert", sqlite3.SQLITE_IOERR), tmp_path / "x")  # type: ignore[arg-type]
    with pytest.raises(sqlite3.OperationalError):
        broken.hold()


def test_a_fold_that_finds_no_block_stops_nothing_and_one_that_fails_does(
    tmp_path: Path, disk: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    del disk
    store = SqliteLogs(tmp_path / "node.sqlite")

    def fails(code: int) -> Callable[[], None]:
        def renew() -> None:
            error = sqlite3.OperationalError("no")
            error.sqlite_errorcode = code
            raise error

        return renew

    monkeypatch.setattr(store._room, "renew", fails(sqlite3.SQLITE_FULL))
    store.fold_wal()
    assert code(store) == ""
    monkeypatch.setattr(store._room, "renew", fails(sqlite3.SQLITE_IOERR))
    store.fold_wal()
    assert code(store) == "store.failed"
    monkeypatch.setattr(store._room, "hold", fails(sqlite3.SQLITE_IOERR))
    with pytest.raises(OurFault, match=r"store\.failed"):
        store.hold_room()


def test_while_the_room_is_in_use_the_wal_is_folded_early(
    tmp_path: Path, disk: Callable[..., None]
) -> None:
    store = SqliteLogs(tmp_path / "node.sqlite")
    store.hold_room()
    store._written = ROOM // room._PART
    store.fold_wal(only_large=True)
    assert store._written == ROOM // room._PART < WAL_FOLD
    disk(0)
    with store.begin():
        pass
    store.fold_wal(only_large=True)
    assert store._written == 0
    store.close()


def test_a_shelf_keeps_room_too(tmp_path: Path, disk: Callable[..., None]) -> None:
    file = tmp_path / "office.sqlite"
    shelf = SqliteShelf(file)
    shelf.hold_room()
    assert rows(file) == [ROOM]
    disk(0)
    with shelf.begin() as tx:
        tx.outbox_put(b"m" * 32, b"envelope", Moment(1))
    assert rows(file) == []
    shelf.renew_room()
    assert rows(file) == []
    disk(2**39)
    shelf.renew_room()
    assert rows(file) == [ROOM]

    def renew() -> None:
        raise sqlite3.OperationalError("no")

    shelf._room.renew = shelf._room.hold = renew  # type: ignore[method-assign]
    for step in (shelf.renew_room, shelf.hold_room):
        with pytest.raises(OurFault, match=r"store\.failed"):
            step()
    shelf.close()
