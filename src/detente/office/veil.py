"""A shelf whose attended desks stand in memory alone: what their people open is on no disk.

Tables of such a desk, what its records are found by, names of their files, what procedures see in
their bodies, and texts being typed go to a shelf of its own, in memory. Titles of what waits are
left out. All else goes to the shelf on disk. A transaction is of all of them.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final, Protocol

from detente.office import courses, house
from detente.office.fields import Value
from detente.office.finding import Findable, Sought
from detente.office.ports import Shelf, ShelfTx
from detente.office.tables import Row, Rows, Table
from detente.office.texts import TEXTS

_SPLIT: Final = (house.FILES.name, courses.MOVES.name, TEXTS.name)
_DeskOf = Callable[[Row], str]


class Memory(Shelf, Protocol):
    """A Shelf that is on no disk."""

    def close(self) -> None:
        """Let all of it go."""
        ...


class VeiledShelf:
    """A Shelf of several. tables: the desks that stand in memory, and which tables are theirs."""

    def __init__(
        self, disk: Shelf, memory: Callable[[], Memory], tables: Mapping[str, Collection[Table]]
    ) -> None:
        self._disk, self._new = disk, memory
        self._memory = {desk: memory() for desk in tables}
        self._tables = {each.name: desk for desk, found in tables.items() for each in found}

    @contextmanager
    def begin(self) -> Iterator[ShelfTx]:
        """Open a transaction: what is on disk is durable on a clean exit, undone else."""
        with ExitStack() as stack:
            veiled = {
                desk: stack.enter_context(each.begin()) for desk, each in self._memory.items()
            }
            # The disk ends first: only what it took is kept in memory.
            yield _Tx(stack.enter_context(self._disk.begin()), veiled, self._tables)

    def forget(self, desk: str) -> None:
        """Let go what stands in memory of a desk: it was closed."""
        self._memory[desk].close()
        self._memory[desk] = self._new()


class _Tx:
    def __init__(
        self, disk: ShelfTx, veiled: Mapping[str, ShelfTx], tables: Mapping[str, str]
    ) -> None:
        self._disk, self._veiled, self._tables = disk, veiled, tables
        self.place, self.set_place = disk.place, disk.set_place
        self.outbox_put, self.outbox_after = disk.outbox_put, disk.outbox_after
        self.outbox_at, self.outbox_has = disk.outbox_at, disk.outbox_has
        self.outbox_drop, self.next_number = disk.outbox_drop, disk.next_number
        self.note, self.set_note = disk.note, disk.set_note

    def rows(self, table: Table) -> Rows:
        desk = self._tables.get(table.name)
        if desk is not None:
            return self._veiled[desk].rows(table)
        if table.name in _SPLIT:
            mine = {name: tx.rows(table) for name, tx in self._veiled.items()}
            return _Split(table, self._disk.rows(table), mine, self._desk_of)
        if table.name == courses.WAITING.name:
            return _Untitled(self._disk.rows(table), self._veiled)
        return self._disk.rows(table)

    def _desk_of(self, row: Row) -> str:
        if "desk" in row:
            return str(row["desk"])
        found = self._disk.rows(house.RECORDS).get(row["mid"])
        return str(found["desk"]) if found else ""

    def drop_tables(self, tables: Sequence[Table]) -> None:
        for tx in (self._disk, *self._veiled.values()):
            tx.drop_tables(tables)

    def find_put(self, found: Findable) -> None:
        self._veiled.get(found.desk, self._disk).find_put(found)

    def find_clear(self) -> None:
        for tx in (self._disk, *self._veiled.values()):
            tx.find_clear()

    def find_mids(self, sought: Sought, count_max: int) -> Sequence[bytes]:
        asked = [tx for desk, tx in self._veiled.items() if desk in sought.desks]
        found = [mid for tx in (self._disk, *asked) for mid in tx.find_mids(sought, count_max)]
        return sorted(found, key=self._order, reverse=True)[:count_max] if asked else found

    def _order(self, mid: bytes) -> tuple[Value, bytes]:
        row = self._disk.rows(house.RECORDS).get(mid)
        return (row["kept_at"] if row else None), mid


class _Split:
    """One table whose rows stand where their desk does."""

    def __init__(
        self, table: Table, disk: Rows, veiled: Mapping[str, Rows], desk_of: _DeskOf
    ) -> None:
        self._key, self._disk, self._veiled, self._desk_of = table.key, disk, veiled, desk_of

    @property
    def _all(self) -> list[Rows]:
        return [self._disk, *self._veiled.values()]

    def put(self, row: Row) -> None:
        self._veiled.get(self._desk_of(row), self._disk).put(row)

    def put_many(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.put(row)

    def get(self, key: Value) -> Row | None:
        return next((row for each in self._all if (row := each.get(key)) is not None), None)

    def get_many(self, keys: Sequence[Value]) -> Sequence[Row]:
        return sorted((row for each in self._all for row in each.get_many(keys)), key=self._place)

    def held(self, name: str, values: Sequence[Value]) -> frozenset[Value]:
        return frozenset().union(*(each.held(name, values) for each in self._all))

    def drop(self, key: Value) -> None:
        for each in self._all:
            each.drop(key)

    def find(
        self, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        found = [row for each in self._all for row in each.find(where, after, count_max)]
        return sorted(found, key=self._place)[:count_max]

    def count(self, where: Mapping[str, Value], count_max: int) -> int:
        return min(count_max, sum(each.count(where, count_max) for each in self._all))

    def _place(self, row: Row) -> str | bytes:
        key = row[self._key]
        assert isinstance(key, str | bytes), "no table here has another key"
        return key


class _Untitled:
    """What waits: titles of attended desks come from bodies, and are left out."""

    def __init__(self, disk: Rows, desks: Collection[str]) -> None:
        self._disk, self._desks = disk, desks
        self.get, self.drop = disk.get, disk.drop
        self.find, self.count, self.get_many = disk.find, disk.count, disk.get_many
        self.held = disk.held

    def put(self, row: Row) -> None:
        self._disk.put({**row, "title": None} if row["desk"] in self._desks else row)

    def put_many(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self.put(row)
