"""A desk declared as data: what may be said, remembered, done and seen there."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Final, Protocol

from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.office.fields import (
    Cut,
    Field,
    OneOf,
    Value,
    Values,
    Within,
    check_values,
    members_of,
)
from detente.office.kind import Kind, Newer
from detente.office.tables import Row, Rows, Table

PRECEDENCES: Final = ("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH")
MARKINGS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # each stricter than the last
_PAGE: Final = 500  # rows

# Options that acts share.
TLP: Final = Field("tlp", OneOf(*MARKINGS), default="GREEN", about="ui.field.tlp")
PREC: Final = Field("prec", OneOf(*PRECEDENCES), default="ROUTINE", about="ui.field.prec")
WITHIN: Final = Field("within", Within(), required=False, about="ui.field.within")


class Role(StrEnum):
    """What a person may be at a desk; the words of a card's signers (spec/card.md)."""

    READ = "read"
    ANSWER = "answer"
    AUTHOR = "author"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A record opened and checked: what folds get.

    created is the sender's claim, kept_at ours. origin and place say where it stands in a log,
    "" and 0 while it stands in none: a fold must not keep them, for a record may stand in several.
    """

    mid: bytes
    kind: str
    from_: str
    to: tuple[str, ...]
    matter: str
    s: str
    n: int
    reply_to: bytes | None
    prec: str
    tlp: str
    created: Moment
    kept_at: Moment
    deadline: Moment | None
    ours: bool
    origin: str
    place: int
    author: str
    releaser: str | None
    ext: Mapping[str, object]
    body: Values

    @property
    def party(self) -> str:
        """The party that says it."""
        return self.from_.partition("@")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record that a person wants to send; the office numbers, seals and signs it.

    matter: 32 hexadecimal digits, or None for a new one.
    """

    kind: Kind
    to: tuple[str, ...]
    body: Values
    created: Moment
    matter: str | None = None
    reply_to: bytes | None = None
    prec: str = "ROUTINE"
    tlp: str = "GREEN"
    deadline: Moment | None = None


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


@dataclass(frozen=True)
class Fold:
    """How records of some kinds become rows of one table.

    apply is deterministic, touches this table only, and does not depend on the order of records
    of different logs: there is none. The same record may come again, from another log.
    """

    table: Table
    kinds: tuple[Kind, ...]
    apply: Callable[[Rows, Opened], None]


@dataclass(frozen=True)
class Act:
    """What a person may do. From it come the verb, the form and the API's address.

    build is pure. second_person: two people must agree before it leaves. source: the sentence it
    serves. about: key of its words, empty = `<desk>.act.<verb>`. example: what follows
    `detente <desk> <verb>` in the help.
    """

    name: str
    fields: tuple[Field, ...]
    build: Callable[[Values, Reader, Moment], tuple[Draft, ...]]
    role: Role
    source: str
    second_person: bool = False
    about: str = ""
    example: str = ""


@dataclass(frozen=True)
class Look:
    """What a person may see: arguments, rows read from the desk's tables, columns in order."""

    name: str
    fields: tuple[Field, ...]
    read: Callable[[Reader, Values, Moment], tuple[Row, ...]]
    columns: tuple[Field, ...]
    role: Role = Role.READ
    about: str = ""
    example: str = ""


@dataclass(frozen=True)
class Check:
    """A rule of the desk that the shape of a body cannot say: what is wrong with it, or None."""

    kind: Kind
    wrong: Callable[[Values], str | None]


@dataclass(frozen=True)
class Desk:
    """The declaration. name is the desk's part of its address."""

    name: str
    kinds: tuple[Kind, ...]
    folds: tuple[Fold, ...]
    acts: tuple[Act, ...]
    looks: tuple[Look, ...] = ()
    checks: tuple[Check, ...] = ()

    @cached_property
    def verbs(self) -> tuple[Act | Look, ...]:
        """All that a person may do or see here."""
        return (*self.acts, *self.looks)

    @cached_property
    def kind_named(self) -> dict[str, Kind]:
        """The kinds by name."""
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table that the folds fill."""
        return tuple({fold.table.name: fold.table for fold in self.folds}.values())

    @cached_property
    def folds_of(self) -> dict[str, tuple[Fold, ...]]:
        """The folds by name of kind."""
        return {
            kind.name: tuple(fold for fold in self.folds if kind in fold.kinds)
            for kind in self.kinds
        }

    def read(self, kind: str, plaintext: bytes) -> Values | Newer:
        """Return a body of this desk, checked by its kind and by the desk's rules.

        Raises TheirFault as Kind.read does, and "E_CANON" if a rule is broken.
        """
        body = self.kind_named[kind].read(plaintext)
        if isinstance(body, Values):
            for check in self.checks:
                wrong = check.wrong(body) if check.kind.name == kind else None
                if wrong:
                    raise TheirFault(
                        "E_CANON", f"{kind}: {wrong}", f"see spec/kinds/{self.name}.md"
                    )
        return body

    def fold(self, rows: Callable[[Table], Rows], opened: Opened) -> None:
        """Fold a record into every table that takes its kind; other kinds are no concern here."""
        for fold in self.folds_of.get(opened.kind, ()):
            fold.apply(rows(fold.table), opened)


def every(reader: Reader, table: Table, where: Mapping[str, Value]) -> Iterator[Values]:
    """Walk all rows that `find` gives, page by page, in the order of their keys."""
    after: Value = None
    while True:
        rows = reader.find(table, where, after, _PAGE)
        yield from map(Values, rows)
        if len(rows) < _PAGE:
            return
        after = rows[-1][table.key]


def complete(values: Values, find: Callable[[Cut], Sequence[bytes]]) -> Values:
    """Return values with every Cut replaced by the one mid that begins so.

    find: mids that begin with a cut, two are enough. Raises OurFault("form.mid") if there is none
    or more than one.
    """
    found: dict[str, Value] = {}
    for name, value in values.items():
        found[name] = _whole(name, value, find)
    return Values(found)


def ready(verb: Act | Look, values: Values, find: Callable[[Cut], Sequence[bytes]]) -> Values:
    """Return values that an act may be built or a look be read with, from any face.

    Cuts are completed, defaults filled in, all checked; raises OurFault("form.*").
    """
    defaults = {field.name: field.default for field in verb.fields}
    given = Values({**defaults, **complete(values, find)})
    return check_values(members_of(verb.fields), given)


def _whole(name: str, value: Value, find: Callable[[Cut], Sequence[bytes]]) -> Value:
    if isinstance(value, Values):
        return complete(value, find)
    if isinstance(value, tuple):
        return tuple(_whole(name, element, find) for element in value)
    if not isinstance(value, Cut):
        return value
    mids = find(value)
    if len(mids) == 1:
        return mids[0]
    if mids:
        raise OurFault(
            "form.mid", f"{name}: several records begin {value.text}", "write more of it"
        )
    raise OurFault("form.mid", f"{name}: no record begins {value.text}", "look at the list again")


def find_mids(reader: Reader, table: Table, cut: Cut) -> Sequence[bytes]:
    """Return at most two mids that begin with `cut`, from a table whose key is a mid."""
    after: Value = cut.before
    found: list[bytes] = []
    while len(found) < 2:  # noqa: PLR2004  two are enough to say "several"
        rows = reader.find(table, {}, after, 16)
        for row in rows:
            mid = row[table.key]
            assert isinstance(mid, bytes)
            if cut.begins(mid):
                found.append(mid)
            elif mid[: len(cut.before)] != cut.before:
                return found[:2]
            after = mid
        if not rows:
            break
    return found[:2]
