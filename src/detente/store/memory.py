"""The office's shelf in memory, for tests and worlds. Held to the laws of the one on disk."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import finding
from detente.office.fields import Cell, Value
from detente.office.finding import Findable, Sought
from detente.office.ports import ShelfTx, Waiting
from detente.office.tables import Row, Rows, Table
from detente.store.ddl import create, shape_fault, shape_of


class _Kept:
    """Rows of one table as cells, and their keys in order."""

    def __init__(self, made: tuple[str, ...], cells: dict[Cell, list[Cell]]) -> None:
        self.made, self.cells = made, cells
        self._keys: list[Cell] | None = None

    def copy(self) -> "_Kept":
        """Return rows that change apart. Cells are never changed in place."""
        return _Kept(self.made, dict(self.cells))

    def put(self, key: Cell, cells: list[Cell]) -> None:
        if key not in self.cells:
            self._keys = None
        self.cells[key] = cells

    def drop(self, key: Cell) -> None:
        if self.cells.pop(key, None) is not None:
            self._keys = None

    @property
    def keys(self) -> list[Cell]:
        """The keys in order."""
        if self._keys is None:
            self._keys = sorted(self.cells, key=_in_order)
        return self._keys


def _in_order(cell: Cell) -> tuple[int, str, bytes]:
    # The keys of one table are all of one type, so that two of the three are always equal.
    if isinstance(cell, int):
        return (cell, "", b"")
    return (0, cell, b"") if isinstance(cell, str) else (0, "", cell or b"")


class MemoryRows:
    """Rows of one table in memory: alone in a test, or inside a MemoryShelf's transaction."""

    def __init__(self, table: Table, kept: _Kept | None = None) -> None:
        self._table, self._shape = table, shape_of(table)
        self._kept = kept if kept is not None else _Kept(create(table), {})
        self._names = [column.name for column in table.columns]

    def put(self, row: Row) -> None:
        """Keep a row, in place of the one with its key."""
        cells = self._shape.cells(row)
        self._kept.put(cells[self._names.index(self._table.key)], cells)

    def put_many(self, rows: Sequence[Row]) -> None:
        """Keep rows, the last of equal keys."""
        for row in rows:
            self.put(row)

    def get(self, key: Value) -> Row | None:
        """Return the row of a key."""
        cells = self._kept.cells.get(self._key(key))
        return None if cells is None else self._shape.row(cells)

    def get_many(self, keys: Sequence[Value]) -> Sequence[Row]:
        """Return the rows of these keys, in the order of keys."""
        wanted = sorted({self._key(key) for key in keys} & self._kept.cells.keys(), key=_in_order)
        return [self._shape.row(self._kept.cells[cell]) for cell in wanted]

    def held(self, name: str, values: Sequence[Value]) -> frozenset[Value]:
        """Return which of these values a row has in a column."""
        assert self._table.may_find({name: None}), f"{self._table.name} is not found by {name}"
        at = self._names.index(name)
        there = {cells[at] for cells in self._kept.cells.values()}
        return frozenset(each for each in values if self._shape.cell(name, each) in there)

    def drop(self, key: Value) -> None:
        """Forget the row of a key."""
        self._kept.drop(self._key(key))

    def find(
        self, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        """Return rows whose columns equal `where`, in the order of their keys."""
        assert self._table.may_find(where), f"{self._table.name} is not found by {sorted(where)}"
        asked = [(self._names.index(name), self._shape.cell(name, where[name])) for name in where]
        keys = self._kept.keys
        start = 0
        if after is not None:
            start = bisect_right(keys, _in_order(self._key(after)), key=_in_order)
        found: list[Row] = []
        for place in range(start, len(keys)):
            if len(found) >= count_max:
                break
            cells = self._kept.cells[keys[place]]
            if all(cells[at] == cell for at, cell in asked):
                found.append(self._shape.row(cells))
        return found

    def count(self, where: Mapping[str, Value], count_max: int) -> int:
        """Return how many rows `find` would find from the first on."""
        return len(self.find(where, None, count_max))

    def _key(self, key: Value) -> Cell:
        return self._shape.cell(self._table.key, key)


@dataclass
class _State:
    tables: dict[str, _Kept] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    outbox: dict[bytes, Waiting] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    notes: dict[str, bytes] = field(default_factory=dict)
    found: dict[bytes, Findable] = field(default_factory=dict)


class _Tx:
    """A copy of the state; a table is copied when it is first asked for."""

    def __init__(self, state: _State) -> None:
        self.state = _State(
            dict(state.tables),
            dict(state.places),
            dict(state.outbox),
            dict(state.numbers),
            dict(state.notes),
            dict(state.found),
        )
        self._copied: set[str] = set()

    def rows(self, table: Table) -> Rows:
        made = create(table)
        kept = self.state.tables.get(table.name)
        if kept is None:
            kept = _Kept(made, {})
        elif kept.made != made:
            raise shape_fault(table)
        elif table.name not in self._copied:
            kept = kept.copy()
        self._copied.add(table.name)
        self.state.tables[table.name] = kept
        return MemoryRows(table, kept)

    def drop_tables(self, tables: Sequence[Table]) -> None:
        for table in tables:
            self.state.tables.pop(table.name, None)

    def place(self, origin: str) -> int:
        return self.state.places.get(origin, 0)

    def set_place(self, origin: str, place: int) -> None:
        self.state.places[origin] = place

    def find_put(self, found: Findable) -> None:
        self.state.found[found.mid] = found

    def find_clear(self) -> None:
        self.state.found.clear()

    def find_mids(self, sought: Sought, count_max: int) -> Sequence[bytes]:
        fitting = [each for each in self.state.found.values() if finding.fits(each, sought)]
        fitting.sort(key=finding.order, reverse=True)
        if sought.after is not None:
            last = sought.after[0].ms, sought.after[1]
            fitting = [each for each in fitting if finding.order(each) < last]
        return [each.mid for each in fitting[:count_max]]

    def outbox_put(self, mid: bytes, envelope: bytes, at: Moment) -> None:
        self.state.outbox.setdefault(mid, Waiting(mid, envelope, at))

    def outbox_after(self, mid: bytes | None, count_max: int) -> Sequence[Waiting]:
        mids = list(self.state.outbox)
        start = mids.index(mid) + 1 if mid in self.state.outbox else 0
        return [self.state.outbox[one] for one in mids[start : start + count_max]]

    def outbox_at(self, mid: bytes) -> Waiting:
        return self.state.outbox[mid]

    def outbox_has(self, mid: bytes) -> bool:
        return mid in self.state.outbox

    def outbox_drop(self, mid: bytes) -> None:
        self.state.outbox.pop(mid, None)

    def next_number(self, key: str) -> int:
        self.state.numbers[key] = number = self.state.numbers.get(key, 0) + 1
        return number

    def note(self, key: str) -> bytes | None:
        return self.state.notes.get(key)

    def set_note(self, key: str, value: bytes) -> None:
        self.state.notes[key] = value


class MemoryShelf:
    """A Shelf that forgets when it is let go. `fail_commits` makes it fail as a full disk does."""

    def __init__(self) -> None:
        self._state = _State()
        self._open = False
        self._stopped = False
        self.fail_commits = False

    def close(self) -> None:
        """Let all of it go."""
        self._state = _State()

    @contextmanager
    def begin(self) -> Iterator[ShelfTx]:
        """Open a transaction."""
        if self._stopped:
            raise OurFault(
                "store.stopped", "the store stopped after a fault", "mend it and restart"
            )
        assert not self._open, "one transaction at a time"
        self._open = True
        tx = _Tx(self._state)
        try:
            yield tx
        finally:
            self._open = False
        if self.fail_commits:
            self._stopped = True
            raise OurFault("store.full", "no room left on the disk", "make room, then restart")
        self._state = tx.state
