"""What a desk offers to programs: its objects as collections, declared as values and pure functions.

The desk keeps an index of its objects, and says what of it programs see; office/offered.py says to
whom. Source: OASIS TAXII 2.1, sections 1.2 and 5.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from detente.office.fields import Value, Values
from detente.office.tables import Row, Table

ALL: Final = "all"  # aliases of collections, and what those of a party begin with
LOCAL: Final = "local"
EVERYONE: Final = "to-all"
FROM: Final = "from-"
TO: Final = "to-"
FROM_LANE: Final = "from "  # what a party said to us
TO_LANE: Final = "to "  # what we said to a party; to ourselves: what stays in our home log


class Look(Protocol):
    """Read access to the tables of a desk, as desk.Reader."""

    def get(self, table: Table, key: Value) -> Row | None:
        """Return the row of a key."""
        ...

    def get_many(self, table: Table, keys: Sequence[Value]) -> Sequence[Row]:
        """Return the rows of those keys that are there."""
        ...

    def held(self, table: Table, name: str, values: Sequence[Value]) -> frozenset[Value]:
        """Return values as Rows.held does."""
        ...

    def find(
        self, table: Table, where: Mapping[str, Value], after: Value | None, count_max: int
    ) -> Sequence[Row]:
        """Return rows as Rows.find does."""
        ...


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. Empty ids, types: whatever they are. versions: first, last, all, or instants."""

    ids: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    versions: frozenset[str] = field(default_factory=lambda: frozenset({"last"}))


class Shown(NamedTuple):
    """One version of an object in a collection, as programs see it.

    added: microseconds since 1970, each given once. version: as the object states it; instant: the
    same in a form that sorts as time does. mid: the record that says it. gone: it was taken back. row:
    the desk's own.
    """

    added: int
    id: str
    version: str
    instant: str
    sha256: bytes
    mid: bytes
    lane: str
    gone: bool
    row: Row


class Page(NamedTuple):
    """Versions in the order of their adding. upto: how far was looked; more: further.

    is_whole: nothing was left out that would stand there but for an embargo.
    """

    rows: tuple[Shown, ...]
    upto: int
    more: bool
    is_whole: bool = True


class Judged(NamedTuple):
    """An object that somebody hands in. wrong: why it is not taken, "" if it may be."""

    id: str
    version: str
    instant: str
    sha256: bytes
    tlp: str
    wrong: str


class Judgement(NamedTuple):
    """What was said of each object that was handed in. whole: all of them as `send` makes a file of them."""

    each: Sequence[Judged]
    whole: bytes | None


class Wish(NamedTuple):
    """An act of the desk and what it is done with."""

    act: str
    values: Values


@dataclass(frozen=True)
class Offering:
    """How a desk's records are objects to programs.

    A lane is a direction to or from a party; "" is all of them. page: what stands in a lane, after a
    moment, so many at most. known: of which ids anything was ever said. held: all that programs ever saw of an id, gone or not, in every lane.
    texts: objects to the letter as they came, but for those that a withdrawal takes back; what was
    purged is left out. sayings: the records that say a version in its lane and were not taken back.
    judge: objects as they are handed in, in their order. instant: a time as people state it in the
    form of Shown.instant, "" for none. send: objects to desks, under a marking; the last: what `judge`
    made of just these. take_back: of a record, versions by id and version as stated. withheld: says
    of an object's text whether nobody gets it now; None: nothing is withheld.
    """

    media: str
    size_max: int  # bytes of the texts of one record that stands in its body
    row_max: int  # bytes at most by which such a body names one object
    count_max: int  # objects of one record
    split: Callable[[bytes], Sequence[str]]  # an envelope's objects; ValueError says what is wrong
    page: Callable[[Look, str, Wanted, int, int], Page]
    known: Callable[[Look, Sequence[str]], frozenset[str]]
    held: Callable[[Look, str], Sequence[Shown]]
    texts: Callable[[Look, Sequence[Shown]], list[bytes]]
    sayings: Callable[[Look, Shown], Sequence[bytes]]
    judge: Callable[[Sequence[str]], Judgement]
    instant: Callable[[str], str]
    is_strict_enough: Callable[[str, str], bool]
    send: Callable[[Sequence[str], Sequence[str], str, bytes | None], Wish]
    take_back: Callable[[bytes, Sequence[tuple[str, str]]], Wish]
    withheld: Callable[[Look], Callable[[str], bool] | None]
