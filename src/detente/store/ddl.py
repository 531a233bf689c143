"""A table declared by a desk, as SQL text and as cells. Pure."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache

from detente.core.errors import OurFault
from detente.office.fields import Cell, Field, Type, Value
from detente.office.tables import Row, Table

_SQL_TYPE = {"text": "TEXT", "integer": "INTEGER", "blob": "BLOB"}


class Shape:
    """A table's statements and the way of a row to cells and back. Made once a table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        names = [field.name for field in table.columns]
        listed = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" for _ in names)
        self.create = create(table)
        self.put = f'INSERT OR REPLACE INTO "{table.name}" ({listed}) VALUES ({marks})'
        self.get = f'SELECT {listed} FROM "{table.name}" WHERE "{table.key}" = ?'
        self.drop = f'DELETE FROM "{table.name}" WHERE "{table.key}" = ?'
        self._listed = listed
        self._to_cell = tuple(
            (field.name, _writer(field), field.required) for field in table.columns
        )
        self._from_cell = tuple(
            (field.name, read) for field in table.columns if (read := _reader(field)) is not None
        )
        self._names = tuple(names)

    def cells(self, row: Row) -> list[Cell]:
        """Return a row as cells in the order of the columns."""
        named = self.table.named.keys()
        assert named >= row.keys(), f"{self.table.name} has no {row.keys() - named}"
        cells: list[Cell] = []
        for name, write, needed in self._to_cell:
            value = row.get(name)
            if value is None:
                assert not needed, f"{self.table.name}.{name} is not given"
                cells.append(None)
            elif write is None:
                assert isinstance(value, (int, str, bytes))
                cells.append(value)
            else:
                cells.append(write(value))
        return cells

    def row(self, cells: Sequence[Cell]) -> Row:
        """Return cells as a row; an empty cell is None."""
        row: dict[str, Value] = dict(zip(self._names, cells, strict=True))
        for name, read in self._from_cell:
            cell = row[name]
            if cell is not None:
                row[name] = read(cell)  # type: ignore[arg-type]
        return row

    def get_many(self, count: int) -> str:
        """Return the statement that finds the rows of so many keys, in the order of keys."""
        marks = ", ".join("?" * count)
        return (
            f'SELECT {self._listed} FROM "{self.table.name}" WHERE "{self.table.key}" IN ({marks}) '
            f'ORDER BY "{self.table.key}"'
        )

    def held(self, name: str, count: int) -> str:
        """Return the statement that finds which of so many values a column holds."""
        marks = ", ".join("?" * count)
        return f'SELECT DISTINCT "{name}" FROM "{self.table.name}" WHERE "{name}" IN ({marks})'

    def cell(self, name: str, value: Value) -> Cell:
        """Return one column's value as a cell."""
        return None if value is None else self.table.named[name].to_cell(value)

    def find(self, where: Mapping[str, Value], *, after: bool) -> str:
        """Return the statement that finds rows by columns, in the order of their keys."""
        asked = [f'"{name}" IS ?' for name in where]
        if after:
            asked.append(f'"{self.table.key}" > ?')
        clause = f" WHERE {' AND '.join(asked)}" if asked else ""
        return (
            f'SELECT {self._listed} FROM "{self.table.name}"{clause} '
            f'ORDER BY "{self.table.key}" LIMIT ?'
        )

    def count(self, where: Mapping[str, Value]) -> str:
        """Return the statement that counts rows by columns, up to a number."""
        asked = " AND ".join(f'"{name}" IS ?' for name in where)
        clause = f" WHERE {asked}" if asked else ""
        return f'SELECT count(*) FROM (SELECT 1 FROM "{self.table.name}"{clause} LIMIT ?)'


@lru_cache(maxsize=1_024)
def shape_of(table: Table) -> Shape:
    """Return the shape of a table, made once."""
    return Shape(table)


def create(table: Table) -> tuple[str, ...]:
    """Return the statements that make a table and its indexes."""
    columns = ", ".join(_column(table, field) for field in table.columns)
    # A row of a table WITHOUT ROWID stands in its index: one of a kilobyte takes a page of its own.
    form = "STRICT" if table.wide else "STRICT, WITHOUT ROWID"
    made = [f'CREATE TABLE "{table.name}" ({columns}) {form}']
    for together in table.find_by:
        # The key, be it the row's own number, is part of every index: pages come in its order.
        listed = ", ".join(f'"{name}"' for name in together)
        made.append(f'CREATE INDEX "{index_name(table, together)}" ON "{table.name}" ({listed})')
    return tuple(made)


def index_name(table: Table, together: tuple[str, ...]) -> str:
    """Return the name of the index over columns of a table."""
    return f"{table.name}__{'__'.join(together)}"


def _column(table: Table, field: Field) -> str:
    kind = _SQL_TYPE[field.affinity]
    if field.name == table.key:
        return f'"{field.name}" {kind} PRIMARY KEY NOT NULL'
    return f'"{field.name}" {kind}{" NOT NULL" if field.required else ""}'


def _writer(field: Field) -> Callable[[Value], Cell] | None:
    if field.many:
        return field.to_cell
    # None: the value is its cell. A call less for each of most columns, thousands of times a fold.
    return None if type(field.type).to_cell is Type.to_cell else field.type.to_cell


def _reader(field: Field) -> Callable[[Cell], Value] | None:
    if field.many:
        return field.from_cell
    return None if type(field.type).from_cell is Type.from_cell else field.type.from_cell


def shape_fault(table: Table) -> OurFault:
    """Return the fault of a table that stands in a store with other columns."""
    what = f"{table.name} stands here in another shape"
    return OurFault("store.shape", what, "refold it: detente rebuild")
