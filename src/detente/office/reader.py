"""Read access to the tables of a desk."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from detente.office.fields import (
    Value,
    Values,
)
from detente.office.tables import Row, Rows, Table

_PAGE: Final = 500  # rows


class Reader(Protocol):
    """Read access to the tables of a desk."""

    def get(self, table: Table, key: Value) -> Row | None:
        """Return the row of a key."""
        ...

    def find(
        self, table: Table, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        """Return rows as Rows.find does."""
        ...

    def get_many(self, table: Table, keys: Sequence[Value]) -> Sequence[Row]:
        """Return rows as Rows.get_many does."""
        ...

    def held(self, table: Table, name: str, values: Sequence[Value]) -> frozenset[Value]:
        """Return values as Rows.held does."""
        ...


class TableReader:
    """The Reader over a transaction's rows."""

    def __init__(self, rows: Callable[[Table], Rows]) -> None:
        self._rows = rows

    def get(self, table: Table, key: Value) -> Row | None:
        """Return the row of a key."""
        return self._rows(table).get(key)

    def find(
        self, table: Table, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        """Return rows as Rows.find does."""
        return self._rows(table).find(where, after, count_max)

    def get_many(self, table: Table, keys: Sequence[Value]) -> Sequence[Row]:
        """Return rows as Rows.get_many does."""
        return self._rows(table).get_many(keys)

    def held(self, table: Table, name: str, values: Sequence[Value]) -> frozenset[Value]:
        """Return values as Rows.held does."""
        return self._rows(table).held(name, values)


def every(reader: Reader, table: Table, where: Mapping[str, Value]) -> Iterator[Values]:
    """Walk all rows that `find` gives, page by page, in the order of their keys."""
    after: Value = None
    while True:
        rows = reader.find(table, where, after, _PAGE)
        yield from map(Values, rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1][table.key]
