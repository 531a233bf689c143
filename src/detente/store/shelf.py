"""The office's store in one SQLite file: tables, places, outbox, numbers, notes."""

import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import Value
from detente.office.ports import ShelfTx, Waiting
from detente.office.tables import Row, Rows, Table
from detente.store.ddl import Shape, shape_fault, shape_of

SCHEMA: Final = 1  # of the tables below; those of desks carry their own shape
BUSY_MS: Final = 5_000

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",  # a commit that returned survives a power cut
    "PRAGMA fullfsync = ON",
    "PRAGMA checkpoint_fullfsync = ON",
    "PRAGMA foreign_keys = ON",
    "PRAGMA trusted_schema = OFF",
    f"PRAGMA busy_timeout = {BUSY_MS}",
)
_OWN = (
    "CREATE TABLE shelf_shapes (name TEXT PRIMARY KEY NOT NULL, made TEXT NOT NULL) STRICT",
    "CREATE TABLE shelf_places (origin TEXT PRIMARY KEY NOT NULL, place INTEGER NOT NULL) STRICT",
    (
        "CREATE TABLE shelf_outbox (number INTEGER PRIMARY KEY AUTOINCREMENT,"
        " mid BLOB UNIQUE NOT NULL, envelope BLOB NOT NULL, at INTEGER NOT NULL) STRICT"
    ),
    "CREATE TABLE shelf_numbers (key TEXT PRIMARY KEY NOT NULL, number INTEGER NOT NULL) STRICT",
    "CREATE TABLE shelf_notes (key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) STRICT",
    f"PRAGMA user_version = {SCHEMA}",
)
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

    def __init__(self, base: sqlite3.Connection, shape: Shape) -> None:
        self._shape = shape
        self.table = shape.table
        self._do = base.execute
        self._do_many = base.executemany

    def put(self, row: Row) -> None:
        self._do(self._shape.put, self._shape.cells(row))

    def put_many(self, rows: Sequence[Row]) -> None:
        self._do_many(self._shape.put, map(self._shape.cells, rows))

    def get(self, key: Value) -> Row | None:
        shape = self._shape
        cells = self._do(shape.get, (shape.cell(shape.table.key, key),)).fetchone()
        return None if cells is None else shape.row(cells)

    def drop(self, key: Value) -> None:
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


class _Tx:
    def __init__(self, base: sqlite3.Connection, known: dict[str, Shape]) -> None:
        self._base, self._known = base, known
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
        return _Rows(self._base, shape)

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

    def __init__(self, file: Path) -> None:
        self._known: dict[str, Shape] = {}
        self._open = False
        self._stopped = False
        _make_private(file)
        try:
            self._base = sqlite3.connect(file, isolation_level=None, cached_statements=512)
        except sqlite3.Error as error:
            raise fault_of(error) from error
        self._guard(self._prepare)

    def _prepare(self) -> None:
        for pragma in _PRAGMAS:
            self._base.execute(pragma)
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        if version > SCHEMA:
            what = f"the store has schema {version}, this program knows {SCHEMA}"
            raise OurFault("store.newer", what, "start the newer program")
        if version == 0:
            self._base.execute("BEGIN IMMEDIATE")
            for statement in _OWN:
                self._base.execute(statement)
            self._base.execute("COMMIT")

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
    def stopped(self) -> bool:
        """Whether the disk failed: nothing more is read or written through this handle."""
        return self._stopped

    @contextmanager
    def begin(self) -> Iterator[ShelfTx]:
        """Open a transaction: durable on a clean exit, undone by any exception."""
        if self._stopped:
            raise OurFault(*_STOPPED)
        assert not self._open, "one transaction at a time"
        tx = _Tx(self._base, self._known)
        try:
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
