"""The office's store in one SQLite file: tables, places, outbox, numbers, notes."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import Cell, Value
from detente.office.ports import ShelfTx, Waiting
from detente.office.tables import Row, Rows, Table
from detente.store import schema
from detente.store.ddl import Shape, shape_fault, shape_of
from detente.store.found import FOUND, Found, make_fast
from detente.store.room import Room

BUSY_MS: Final = 5_000
_PAGE: Final = 4096  # bytes
_KEYS: Final = 500  # of one statement

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit that returned survives a power cut
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    "PRAGMA temp_store = MEMORY",  # a file beside it needs room on a disk
    "PRAGMA secure_delete = ON",  # what a purge takes away is written over
    f"PRAGMA busy_timeout = {BUSY_MS}",
)
# Steps as in store/schema: append, never edit. The tables of desks carry their own shape.
STEPS: Final[tuple[str, ...]] = (
    """
CREATE TABLE shelf_shapes (name TEXT PRIMARY KEY NOT NULL, made TEXT NOT NULL) STRICT;
CREATE TABLE shelf_places (origin TEXT PRIMARY KEY NOT NULL, place INTEGER NOT NULL) STRICT;
CREATE TABLE shelf_outbox (number INTEGER PRIMARY KEY AUTOINCREMENT,
  mid BLOB UNIQUE NOT NULL, envelope BLOB NOT NULL, at INTEGER NOT NULL) STRICT;
CREATE TABLE shelf_numbers (key TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) STRICT;
CREATE TABLE shelf_notes (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT;
""",
    FOUND,
)
SCHEMA: Final = len(STEPS)
_STOPPED = ("store.stopped", "the store stopped after a fault", "mend it and restart")
_FAULTS = {
    sqlite3.SQLITE_FULL: ("store.full", "no room left on the disk", "make room, then restart"),
    sqlite3.SQLITE_CORRUPT: ("store.damaged", "the file is damaged", "restore it, or rebuild"),
    sqlite3.SQLITE_NOTADB: ("store.damaged", "the file is no store", "restore it, or rebuild"),
    sqlite3.SQLITE_BUSY: ("store.busy", "another process is writing", "stop the other process"),
    sqlite3.SQLITE_LOCKED: ("store.busy", "another process is writing", "stop the other process"),
}


def fault_of(error: sqlite3.Error) -> OurFault:
    """Return what a driver's error means to whoever must mend it."""
    # The low byte is the code, the rest says more: SQLITE_IOERR_FSYNC is an SQLITE_IOERR.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if "Could not decode" in str(error):  # the driver's own: text that we never wrote
        code = sqlite3.SQLITE_CORRUPT
    named = _FAULTS.get(code, ("store.failed", f"the disk failed: {error}", "see to the disk"))
    return OurFault(*named)


class _Rows:
    """One table inside one transaction. One statement a call, prepared once by the driver."""

    def __init__(self, base: sqlite3.Connection, shape: Shape, moves: list[int]) -> None:
        self._shape = shape
        self.table = shape.table
        self._do = base.execute
        self._do_many = base.executemany
        self._moves = moves

    def _move(self) -> None:
        self._moves[self.table.quiet] += 1

    def put(self, row: Row) -> None:
        self._move()
        self._do(self._shape.put, self._shape.cells(row))

    def put_many(self, rows: Sequence[Row]) -> None:
        self._move()
        self._do_many(self._shape.put, map(self._shape.cells, rows))

    def get(self, key: Value) -> Row | None:
        shape = self._shape
        cells = self._do(shape.get, (shape.cell(shape.table.key, key),)).fetchone()
        return None if cells is None else shape.row(cells)

    def get_many(self, keys: Sequence[Value]) -> Sequence[Row]:
        shape, found = self._shape, list[Row]()
        wanted = sorted({shape.cell(shape.table.key, key) for key in keys})  # type: ignore[type-var]
        for start in range(0, len(wanted), _KEYS):
            some = wanted[start : start + _KEYS]
            found += [shape.row(each) for each in self._do(shape.get_many(len(some)), some)]
        return found

    def held(self, name: str, values: Sequence[Value]) -> frozenset[Value]:
        shape, there = self._shape, set[Cell]()
        assert shape.table.may_find({name: None}), f"{shape.table.name} is not found by {name}"
        cells = {each: shape.cell(name, each) for each in values}
        wanted = sorted(set(cells.values()))  # type: ignore[type-var]
        for start in range(0, len(wanted), _KEYS):
            some = wanted[start : start + _KEYS]
            there.update(each for (each,) in self._do(shape.held(name, len(some)), some))
        return frozenset(each for each, cell in cells.items() if cell in there)

    def drop(self, key: Value) -> None:
        self._move()
        shape = self._shape
        self._do(shape.drop, (shape.cell(shape.table.key, key),))

    def find(
        self, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        shape = self._shape
        table = shape.table
        assert table.may_find(where), f"{table.name} is not found by {sorted(where)}"
        bound = [shape.cell(name, value) for name, value in where.items()]
        if after is not None:
            bound.append(shape.cell(table.key, after))
        found = self._do(shape.find(where, after=after is not None), (*bound, count_max))
        return [shape.row(cells) for cells in found]

    def count(self, where: Mapping[str, Value], count_max: int) -> int:
        shape = self._shape
        assert shape.table.may_find(where), f"{shape.table.name} is not found by {sorted(where)}"
        bound = [shape.cell(name, value) for name, value in where.items()]
        found: int = self._do(shape.count(where), (*bound, count_max)).fetchone()[0]
        return found


class _Tx:
    def __init__(
        self, base: sqlite3.Connection, known: dict[str, Shape], moves: list[int], *, fast: bool
    ) -> None:
        self._base, self._known, self._moves = base, known, moves
        found = Found(base, fast=fast)
        self.find_put, self.find_clear, self.find_mids = found.put, found.clear, found.mids
        # Shapes seen in this transaction count for later ones only once it is committed.
        self.seen: dict[str, Shape] = {}
        self._rows: dict[str, _Rows] = {}

    def rows(self, table: Table) -> Rows:
        ready = self._rows.get(table.name)
        if ready is None or ready.table is not table:
            ready = self._rows[table.name] = self._open(table)
        return ready

    def _open(self, table: Table) -> _Rows:
        shape = shape_of(table)
        if self._known.get(table.name) is not shape and self.seen.get(table.name) is not shape:
            self._stand(table, shape)
        return _Rows(self._base, shape, self._moves)

    def _stand(self, table: Table, shape: Shape) -> None:
        made = ";\n".join(shape.create)
        found = self._one("SELECT made FROM shelf_shapes WHERE name = ?", table.name)
        if found is None:
            for statement in shape.create:
                self._base.execute(statement)
            self._base.execute("INSERT INTO shelf_shapes VALUES (?, ?)", (table.name, made))
        elif found != made:
            raise shape_fault(table)
        self.seen[table.name] = shape

    def drop_tables(self, tables: Sequence[Table]) -> None:
        for table in tables:
            self._base.execute(f'DROP TABLE IF EXISTS "{table.name}"')
            self._base.execute("DELETE FROM shelf_shapes WHERE name = ?", (table.name,))
            self.seen.pop(table.name, None)
            self._known.pop(table.name, None)
            self._rows.pop(table.name, None)

    def place(self, origin: str) -> int:
        found = self._one("SELECT place FROM shelf_places WHERE origin = ?", origin)
        return found if isinstance(found, int) else 0

    def set_place(self, origin: str, place: int) -> None:
        self._base.execute("INSERT OR REPLACE INTO shelf_places VALUES (?, ?)", (origin, place))

    def outbox_put(self, mid: bytes, envelope: bytes, at: Moment) -> None:
        self._base.execute(
            "INSERT INTO shelf_outbox (mid, envelope, at) VALUES (?, ?, ?)"
            " ON CONFLICT (mid) DO NOTHING",
            (mid, envelope, at.ms),
        )

    def outbox_after(self, mid: bytes | None, count_max: int) -> Sequence[Waiting]:
        found = self._base.execute(
            "SELECT mid, envelope, at FROM shelf_outbox WHERE number >"
            " ifnull((SELECT number FROM shelf_outbox WHERE mid = ?), 0) ORDER BY number LIMIT ?",
            (mid, count_max),
        )
        return [Waiting(one, envelope, Moment(at)) for one, envelope, at in found]

    def outbox_at(self, mid: bytes) -> Waiting:
        found = self._base.execute(
            "SELECT mid, envelope, at FROM shelf_outbox WHERE mid = ?", (mid,)
        ).fetchall()
        ((same, envelope, at),) = found
        return Waiting(same, envelope, Moment(at))

    def outbox_has(self, mid: bytes) -> bool:
        found = self._base.execute("SELECT 1 FROM shelf_outbox WHERE mid = ?", (mid,)).fetchall()
        return bool(found)

    def outbox_drop(self, mid: bytes) -> None:
        self._base.execute("DELETE FROM shelf_outbox WHERE mid = ?", (mid,))

    def next_number(self, key: str) -> int:
        number = self._one(
            "INSERT INTO shelf_numbers VALUES (?, 1)"
            " ON CONFLICT (key) DO UPDATE SET number = number + 1 RETURNING number",
            key,
        )
        assert isinstance(number, int)
        return number

    def note(self, key: str) -> bytes | None:
        found = self._one("SELECT value FROM shelf_notes WHERE key = ?", key)
        return found if isinstance(found, bytes) else None

    def set_note(self, key: str, value: bytes) -> None:
        self._base.execute("INSERT OR REPLACE INTO shelf_notes VALUES (?, ?)", (key, value))

    def _one(self, statement: str, key: str) -> object:
        rows = self._base.execute(statement, (key,)).fetchall()  # to the end: the statement closes
        return rows[0][0] if rows else None


class SqliteShelf:
    """A Shelf in one file, for one process and one thread. Nobody but its owner may read it.

    Raises OurFault("store.newer" | "store.damaged" | "store.busy" | "store.full" |
    "store.failed") when opened.
    """

    def __init__(self, file: Path, *, on_disk: bool = True) -> None:
        """Open it. on_disk False: it is in memory, and `file` names nothing but what it is of."""
        self._known: dict[str, Shape] = {}
        self._moves = [0, 0]  # rows put and dropped since the start, in tables that are quiet last
        self._open = False
        self._stopped = False
        self._fast = False
        if on_disk:
            _make_private(file)
        try:
            place = file if on_disk else ":memory:"
            self._base = sqlite3.connect(place, isolation_level=None, cached_statements=512)
        except sqlite3.Error as error:
            raise fault_of(error) from error
        self._room = Room(self._base, file)
        self._guard(lambda: self._prepare(file))

    def _prepare(self, file: Path) -> None:
        schema.refuse_newer(self._base, STEPS, file)
        for pragma in _PRAGMAS:
            self._base.execute(pragma)
        schema.climb(self._base, STEPS)
        self._fast = make_fast(self._base)

    def _guard(self, step: Callable[[], None]) -> None:
        try:
            step()
        except sqlite3.Error as error:
            self._base.close()
            raise fault_of(error) from error
        except OurFault:
            self._base.close()
            raise

    @property
    def moves(self) -> int:
        """A number that grows with every row put or dropped, but in quiet tables."""
        return self._moves[0]

    def hold_room(self) -> None:
        """Keep some of the disk for what is urgent, or keep it again; call it in a quiet moment.

        It is given up when the disk is full. Raises OurFault as opening does.
        """
        try:
            self._room.hold()
            pages = 2 * self._room.fold_at // _PAGE  # half of it is left for the next one
            self._base.execute(f"PRAGMA wal_autocheckpoint = {pages}")
        except sqlite3.Error as error:
            raise fault_of(error) from error

    def renew_room(self) -> None:
        """Keep it again, if it was given up and the disk has room now. Raises as hold_room."""
        try:
            self._room.renew()
        except sqlite3.Error as error:
            raise fault_of(error) from error

    def scrub(self) -> None:
        """Take out of the WAL what was dropped from the tables, which `secure_delete` wrote over.

        WEAK: a disk that writes elsewhere (flash, copy on write, snapshots) may keep the old bytes.
        Raises as hold_room.
        """
        try:
            self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise fault_of(error) from error

    @property
    def stopped(self) -> bool:
        """Whether the disk failed: nothing more is read or written through this handle."""
        return self._stopped

    @contextmanager
    def begin(self) -> Iterator[ShelfTx]:
        """Open a transaction: durable on a clean exit, undone by any exception."""
        if self._stopped:
            raise OurFault(*_STOPPED)
        assert not self._open, "one transaction at a time"
        tx = _Tx(self._base, self._known, self._moves, fast=self._fast)
        try:
            self._room.see()
            self._base.execute("BEGIN IMMEDIATE")
            self._open = True
            yield tx
            self._base.execute("COMMIT")
            self._known.update(tx.seen)
        except sqlite3.Error as error:
            fault = fault_of(error)
            # After a failed sync the kernel may have dropped what it could not write: whatever is
            # tried again on this handle may look kept and not be (fsync returns a fault once).
            self._stopped = fault.code != "store.busy"
            raise fault from error
        finally:
            self._open = False
            self._undo()

    def _undo(self) -> None:
        if not self._base.in_transaction:
            return
        try:
            self._base.execute("ROLLBACK")
        except sqlite3.Error:
            self._stopped = True  # the fault that led here says more, and is on its way up
        self._known.clear()

    def close(self) -> None:
        """Let the file go."""
        self._base.close()
        self._stopped = True


def _make_private(file: Path) -> None:
    """Make the file readable by its owner alone, and its name durable, before anything is in it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600))
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        what = f"{file}: {error.strerror}"
        raise OurFault("store.failed", what, "see to the folder and its permissions") from error
