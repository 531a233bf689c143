"""Tables as data: the store makes the SQL, folds and looks name columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from detente.office.fields import NAME, Field, Value, members_of

Row = Mapping[str, Value]


@dataclass(frozen=True)
class Table:
    """A table. Its name is unique in the house; `find_by` says what may be asked for, hence indexed.

    A column that is not required may be absent from a row (None reads the same). quiet: a change is
    no news to whoever looks at a screen; so of what looking itself writes. wide: rows of thousands of
    bytes under a whole number, put mostly in its order; a store lays them end to end.
    """

    name: str
    key: str
    columns: tuple[Field, ...]
    find_by: tuple[tuple[str, ...], ...] = ()
    quiet: bool = False
    wide: bool = False

    def __post_init__(self) -> None:
        """Hold names to their form: they become SQL."""
        assert NAME.fullmatch(self.name), self.name
        assert self.key in self.named, f"{self.name} has its key among its columns"
        assert self.named[self.key].required, f"{self.name} has a whole key"
        assert not self.named[self.key].many, f"{self.name} has a plain key"
        assert not self.wide or self.named[self.key].affinity == "integer", self.name
        for together in self.find_by:
            assert together, self.name
            assert set(together) <= self.named.keys(), f"{self.name}: {together}"

    def __hash__(self) -> int:
        """Return the hash of its name: it is asked for in every transaction, for each table."""
        return hash(self.name)

    @cached_property
    def named(self) -> dict[str, Field]:
        """The columns by name."""
        return members_of(self.columns)

    def may_find(self, where: Mapping[str, Value]) -> bool:
        """Return whether rows may be asked for by exactly these columns."""
        asked = set(where)
        return not asked or any(set(together) == asked for together in self.find_by)


class Rows(Protocol):
    """One table inside one transaction. Order is that of the key: numbers, bytes, code points."""

    def put(self, row: Row) -> None:
        """Keep a row, in place of the one with its key if there is one."""
        ...

    def put_many(self, rows: Sequence[Row]) -> None:
        """Keep rows, the last of equal keys; quicker than one by one."""
        ...

    def get(self, key: Value) -> Row | None:
        """Return the row of a key."""
        ...

    def get_many(self, keys: Sequence[Value]) -> Sequence[Row]:
        """Return the rows of these keys, in the order of keys; those without a row are left out."""
        ...

    def held(self, name: str, values: Sequence[Value]) -> frozenset[Value]:
        """Return which of these values a row has in this column, which is one of `find_by` alone."""
        ...

    def drop(self, key: Value) -> None:
        """Forget the row of a key; none is no fault."""
        ...

    def find(
        self, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        """Return at most count_max rows whose columns equal `where`, in the order of their keys.

        where: exactly the columns of one of `find_by`, or nothing. after: only rows with a key
        greater than this; None = from the first.
        """
        ...

    def count(self, where: Mapping[str, Value], count_max: int) -> int:
        """Return how many rows `find` would find from the first on, without reading them."""
        ...
