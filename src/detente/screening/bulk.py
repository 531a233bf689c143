"""Many customers against an index: a shard of a file in, a line of result for each customer out.

Pure, and the same wherever it runs: what a line says hangs on the customer, the index and the
settings alone, not on the shard, the process or the machine.
"""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from detente.screening import decision
from detente.screening.customers import DEFECT, JSON, Customer, Reader, Row, Unread
from detente.screening.engine import Hit, Question, ask, undecided
from detente.screening.index import Index

ROWS: Final = 500  # customers of one shard
BYTES: Final = 4 << 20  # bytes of one shard, from which it is closed
HITS: Final = 100  # entities that are asked for; `cut` says that there are as many

CLEAR, ALERT, UNDECIDED = "clear", "alert", "undecided"
STATES: Final = (CLEAR, ALERT, UNDECIDED)
_DEFECTS: Final = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)


class Settings(msgspec.Struct, frozen=True):
    """What decides how a file is read and when a customer is an alert."""

    threshold: float = decision.ALERT
    form: str = JSON
    mapping: dict[str, str] = {}
    columns: tuple[str, ...] = ()
    parted_by: str = ","


class Found(msgspec.Struct, frozen=True):
    """An entity that a customer may be: the best of all names of both."""

    entity: str
    score: float
    asked: str
    hit: Hit


class Line(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is decided of one customer. `best`: the best score of all, alert or not."""

    line: int
    state: str
    id: str = ""
    why: str = ""
    notes: tuple[str, ...] = ()
    best: float = 0.0
    cut: bool = False
    hits: tuple["Match", ...] = ()


class Match(msgspec.Struct, frozen=True):
    """A hit of a line: which of the customer's names, and the hit with its parts."""

    asked: str
    told: decision.Told


class Counts(msgspec.Struct):
    """How many customers of each state."""

    clear: int = 0
    alert: int = 0
    undecided: int = 0

    def add(self, other: "Counts") -> None:
        """Add the counts of another shard."""
        self.clear += other.clear
        self.alert += other.alert
        self.undecided += other.undecided

    @property
    def total(self) -> int:
        """How many customers in all."""
        return self.clear + self.alert + self.undecided


class Shard(msgspec.Struct):
    """The result of one shard: its lines as bytes, and how many of each state."""

    lines: bytes
    counts: Counts


ROWS_FORM: Final = msgspec.msgpack.Decoder(list[Row])
SHARD_FORM: Final = msgspec.msgpack.Decoder(Shard)
_LINE: Final = msgspec.json.Decoder(Line)


def found(index: Index, customer: Customer, limit: int = HITS) -> list[Found]:
    """Return the entities that a customer may be by any name, best first; equal scores by id."""
    best: dict[str, Found] = {}
    for name in customer.names:
        for hit in ask(index, question(customer, name), limit):
            held = best.get(hit.entity)
            if held is None or hit.score > held.score:
                best[hit.entity] = Found(hit.entity, hit.score, name, hit)
    return sorted(best.values(), key=lambda f: (-f.score, f.entity))


def question(customer: Customer, name: str) -> Question:
    """Return what is asked of a customer by one name."""
    return Question(name, customer.schema, customer.births, customer.countries, customer.papers)


def why_open(customer: Customer) -> str:
    """Return why a customer cannot be decided by all names, or nothing."""
    return next((w for n in customer.names if (w := undecided(question(customer, n)))), "")


def decide(index: Index, row: Row, reader: Reader, threshold: float) -> Line:
    """Return what is decided of one row.

    A customer with a name that decides nothing is undecided; hits of the other names are told.
    """
    customer = reader.read(row)
    if isinstance(customer, Unread):
        return Line(row.line, UNDECIDED, customer.id, customer.why)
    try:
        best = found(index, customer)
    except _DEFECTS:  # one customer must not keep a million others from being screened
        return Line(row.line, UNDECIDED, customer.id, DEFECT, customer.notes)
    hits = tuple(Match(f.asked, decision.told(index, f.hit)) for f in best if f.score >= threshold)
    why = why_open(customer)
    state = UNDECIDED if why else ALERT if hits else CLEAR
    return Line(
        row.line, state, customer.id, why, customer.notes, best[0].score if best else 0.0,
        len(hits) >= HITS, hits,
    )  # fmt: skip


def start(files: Mapping[str, memoryview], setup: bytes) -> Callable[[bytes], bytes]:
    """Return what screens a shard. `files`: {"index"}; `setup`: the settings.

    Raises OurFault index.form: the index is of another engine than the one that runs here.
    """
    index = Index(files["index"])
    settings = msgspec.json.decode(setup, type=Settings)
    reader = Reader(settings.mapping, settings.columns, settings.parted_by)

    def screen(piece: bytes) -> bytes:
        out, counts = bytearray(), Counts()
        for row in ROWS_FORM.decode(piece):
            line = decide(index, row, reader, settings.threshold)
            setattr(counts, line.state, getattr(counts, line.state) + 1)
            out += msgspec.json.encode(line) + b"\n"
        return msgspec.msgpack.encode(Shard(bytes(out), counts))

    return screen


def line(data: bytes) -> Line:
    """Return a line of results. Raises msgspec.DecodeError."""
    return _LINE.decode(data)


class Head(msgspec.Struct, frozen=True):
    """The first line of results: what they hang on. The same head, the same bytes below it."""

    results: int
    engine: str
    lists: dict[str, str]
    customers: str
    settings: Settings

    def bytes(self) -> bytes:
        """Return the line."""
        return msgspec.json.encode(self, order="sorted") + b"\n"


RESULTS: Final = 1  # the form of a file of results


def end(counts: Counts, digest: str) -> bytes:
    """Return the last line of results: how many of each state, and the hash of all before it."""
    told: dict[str, Any] = {"end": counts.total, "sha256": digest, **msgspec.structs.asdict(counts)}
    return msgspec.json.encode(told) + b"\n"


def kept(shard: Shard) -> bytes:
    """Return a finished shard as it is kept: its hash before it."""
    data = msgspec.msgpack.encode(shard)
    return hashlib.sha256(data).digest() + data


def kept_shard(data: bytes) -> Shard | None:
    """Return a shard that was kept, or None if it is not whole."""
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        return None
    return SHARD_FORM.decode(data[32:])
