"""A desk declared as data: what may be said, remembered, done and seen there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Protocol

from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.office.automatic import Automatic
from detente.office.before import Begun, Checked
from detente.office.drafting import Draft
from detente.office.fields import (
    Field,
    Values,
)
from detente.office.kind import Kind, Newer
from detente.office.offering import Offering
from detente.office.own import Own
from detente.office.procedure import Procedure
from detente.office.reader import Reader
from detente.office.scene import Alerting, Chore
from detente.office.tables import Row, Rows, Table


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
    added: the first of the numbers that this office gave it; see Numbered.
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
    added: int = 0

    @property
    def party(self) -> str:
        """The party that says it."""
        return self.from_.partition("@")[2]


@dataclass(frozen=True, slots=True)
class Numbered:
    """A kind whose records are numbered in the order in which an office folds them.

    count: how many numbers in a row it takes. They are microseconds since 1970, after the
    record was kept; each is greater than all that were given before; a rebuild gives the same ones.
    """

    kind: Kind
    count: Callable[[Opened], int]


@dataclass(frozen=True)
class Fold:
    """How records of some kinds become rows of one table.

    apply is deterministic, touches this table only, and does not depend on the order of records
    of different logs: there is none. The same record may come again, from another log.
    """

    table: Table
    kinds: tuple[Kind, ...]
    apply: Callable[[Rows, Opened], None]

    @property
    def tables(self) -> tuple[Table, ...]:
        """The table that it fills."""
        return (self.table,)

    def fold(self, rows: Callable[[Table], Rows], opened: Opened) -> None:
        """Fold a record."""
        self.apply(rows(self.table), opened)


@dataclass(frozen=True)
class Joint:
    """How records of some kinds become rows of tables that only together say how things stand.

    apply: as Fold.apply, and touches these tables only.
    """

    tables: tuple[Table, ...]
    kinds: tuple[Kind, ...]
    apply: Callable[[Callable[[Table], Rows], Opened], None]

    def fold(self, rows: Callable[[Table], Rows], opened: Opened) -> None:
        """Fold a record."""
        self.apply(rows, opened)


class Large(Protocol):
    """A file too large for one record, on its way into several: fed, judged as a whole, then cut."""

    def feed(self, look: Reader, data: bytes) -> None:
        """Take the next bytes. Raises OurFault for what nobody can read on from."""
        ...

    def end(self, look: Reader, now: Moment) -> None:
        """Judge the whole. Raises OurFault with all that is wrong: how much of it, and the first."""
        ...

    @property
    def sha256(self) -> bytes:
        """H of the file, once it ended."""
        ...

    @property
    def parts(self) -> int:
        """How many records it makes, once it ended."""
        ...

    @property
    def told(self) -> Sequence["Sum"]:
        """What is in it so far, for whoever decides whether it goes."""
        ...

    def draft(self, number: int, read: Callable[[int, int], bytes]) -> Draft:
        """Return one of its records, from 0. read: bytes of the file, from and to."""
        ...


@dataclass(frozen=True, slots=True)
class Sum:
    """What was found how often in a large file, and the first of them in words.

    name: a word of the desk; `of` goes with it where it is one of many (a type of objects).
    """

    name: str
    count: int
    of: str = ""
    first: tuple[str, ...] = ()


Build = Callable[[Values, Reader, Moment], tuple[Draft, ...]]


@dataclass(frozen=True)
class Act:
    """What a person may do. From it come the verb, the form and the API's address.

    build is pure. second_person: two people must agree before it leaves. source: the sentence it
    serves. about: key of its words, empty = `<desk>.act.<verb>`. example: what follows
    `detente <desk> <verb>` in the help. begins: what a person is to complete instead, for values that
    make no record yet; then nothing is built. large: makes what takes a file too large for `build`,
    of the values without it. on_watch: where the desk keeps a watch, only
    who has it.
    """

    name: str
    fields: tuple[Field, ...]
    build: Build
    role: Role
    source: str
    second_person: bool = False
    about: str = ""
    example: str = ""
    begins: Callable[[Values], tuple[Begun, ...]] = lambda _: ()
    large: Callable[[Values, Moment], Large] | None = None
    on_watch: bool = False


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
class Enclosing:
    """A kind whose text is the record's first file: read when it is whole, then folded as another.

    size_max: bytes of that file, which the desk's check holds. table: has a row under the mid once
    it is folded. read: the body as it would stand in a record of the other kind, of this body and
    the file's bytes; raises TheirFault.
    """

    kind: Kind
    as_kind: Kind
    size_max: int
    table: Table
    read: Callable[[Values, bytes], Values]


@dataclass(frozen=True)
class Searchable:
    """Which fields of a kind are found by the words in them: texts, by name."""

    kind: Kind
    fields: tuple[str, ...]

    def texts(self, body: Values) -> tuple[str, ...]:
        """Return the texts of a body that are searched."""
        return tuple(text for name in self.fields if (text := body.text(name)))


@dataclass(frozen=True)
class Desk:
    """The declaration. name is the desk's part of its address.

    harmless: free text as people are shown it; what is sent, kept, or given to programs stays.
    released: what is asked before a draft goes; a preview shows it. automatic: what goes by itself.
    """

    name: str
    kinds: tuple[Kind, ...]
    folds: tuple[Fold | Joint, ...]
    acts: tuple[Act, ...]
    looks: tuple[Look, ...] = ()
    checks: tuple[Check, ...] = ()
    enclosing: tuple[Enclosing, ...] = ()
    searchable: tuple[Searchable, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    offers: Offering | None = None
    numbered: tuple[Numbered, ...] = ()
    own: Own | None = None
    harmless: Callable[[str], str] = str
    automatic: Automatic | None = None
    released: Callable[[Draft, Reader, Moment], tuple[Checked, ...]] = lambda *_: ()
    chores: tuple[Chore, ...] = ()
    chores_closed: tuple[Chore, ...] = ()  # asked while the desk is closed too
    alerts: tuple[Alerting, ...] = ()

    def numbers(self, opened: Opened) -> int:
        """Return how many numbers a record takes."""
        return sum(each.count(opened) for each in self.numbered if each.kind.name == opened.kind)

    @cached_property
    def procedure_of(self) -> dict[str, Procedure]:
        """The procedures by the kinds whose records open them."""
        return {kind: each for each in self.procedures for kind in each.opens}

    @cached_property
    def searched(self) -> dict[str, Searchable]:
        """What is searched, by name of kind."""
        return {each.kind.name: each for each in self.searchable}

    @cached_property
    def enclosing_of(self) -> dict[str, Enclosing]:
        """What kinds enclose their text, by name of kind."""
        return {each.kind.name: each for each in self.enclosing}

    @cached_property
    def verbs(self) -> tuple[Act | Look, ...]:
        """All that a person may do or see here."""
        return (*self.acts, *self.looks)

    @cached_property
    def kind_named(self) -> dict[str, Kind]:
        """The kinds by name."""
        return {kind.name: kind for kind in self.kinds}

    @cached_property
    def by_itself(self) -> frozenset[str]:
        """Names of kinds that no person is asked to read."""
        return frozenset(kind.name for kind in self.kinds if kind.by_itself)

    @cached_property
    def tables(self) -> tuple[Table, ...]:
        """Every table that the folds fill."""
        every = (table for fold in self.folds for table in fold.tables)
        return tuple({table.name: table for table in every}.values())

    @cached_property
    def folds_of(self) -> dict[str, tuple[Fold | Joint, ...]]:
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
            fold.fold(rows, opened)
