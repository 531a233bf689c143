"""A shadow run: results of ours and alerts of another system, compared over the same customers."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from detente.app.bulk import runs, shadow_files, tables
from detente.app.bulk.reading import Source
from detente.core.errors import OurFault
from detente.screening import bulk, shadow
from detente.screening.comparison import Comparison
from detente.screening.incumbent import Unread
from detente.screening.listed import Listed
from detente.screening.shadow import Compared, Customers, Judgement
from detente.screening.version import ENGINE

FORM: Final = 1  # the form of a report
COLUMNS: Final = ("customer", "entity", "asked", "listed", "judged")


class Given(NamedTuple):
    """What is compared. `mapping` is of their columns; `judged`: a sample that people filled in."""

    customers: str
    theirs: str
    results: Path
    listed: list[Listed]
    versions: dict[str, str]
    mapping: dict[str, str]
    seed: str
    size: int
    judged: str = ""


class Head(msgspec.Struct, frozen=True):
    """The first line of a report: what it hangs on."""

    shadow: int
    engine: str
    lists: dict[str, str]
    customers: str
    theirs: str
    results: str
    threshold: float
    seed: str
    size: int


class Told(NamedTuple):
    """A comparison. `pairs` of both, theirs and ours; `unread`, `twice`: lines of theirs."""

    head: Head
    customers: Customers
    pairs: list[Compared]
    unread: list[Unread]
    twice: int
    sample: list[Compared]
    classes: dict[str, int]
    judged: dict[str, Judgement]
    strangers: int  # judged rows that are none of this sample


def compare(given: Given) -> Told:
    """Compare our results with their alerts.

    Raises OurFault customers.changed, customers.unreadable, shadow.count, shadow.other, shadow.results,
    shadow.unreadable.
    """
    head, lines = shadow_files.results(given.results)
    source = Source(given.customers)
    source.measure()
    _same(given, head, source)
    theirs = shadow_files.Theirs(given.theirs, given.mapping)
    made = Comparison(given.listed, head, theirs.of, given.seed, given.size)
    for one in lines:
        made.take(one)
    made.end(runs.rows_of(source, head.settings))
    if source.sha256 != head.customers:
        raise OurFault(
            "customers.changed", f"{given.customers} was changed while it was compared",
            "compare a copy that nobody writes to",
        )  # fmt: skip
    sample = made.drawn()
    judged = shadow_files.judged(given.judged) if given.judged else {}
    told = Head(
        FORM, ENGINE, head.lists, head.customers, theirs.sha256, _sha256(given.results),
        head.settings.threshold, given.seed, given.size,
    )  # fmt: skip
    return Told(
        told, made.customers, made.pairs, theirs.unread, theirs.twice, sample, made.counts,
        shadow.judge(made.counts, sample, judged), len(judged.keys() - {p.key for p in sample}),
    )  # fmt: skip


def _same(given: Given, head: bulk.Head, source: Source) -> None:
    odd = [
        name
        for name, is_same in (
            ("engine", head.engine == ENGINE),
            ("customers", head.customers == source.sha256),
            ("lists", head.lists == given.versions),
        )
        if not is_same
    ]
    if odd:
        raise OurFault(
            "shadow.other",
            f"{given.results} was made with other {', '.join(odd)}",
            "screen these customers against these lists first: detente screening file",
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def lines(told: Told) -> Iterator[bytes]:
    """Give the report as lines of JSON: a head, every pair, every unread line, the sample, an end."""
    hashed = hashlib.sha256()

    def line(value: object) -> bytes:
        data = msgspec.json.encode(value, order="deterministic") + b"\n"
        hashed.update(data)
        return data

    yield line(told.head)
    for pair in told.pairs:
        yield line({"pair": pair})
    for each in told.unread:
        yield line({"unread": each})
    for pair in told.sample:
        yield line({"sample": pair})
    end: dict[str, object] = {
        "end": len(told.pairs), "customers": told.customers, "unread": len(told.unread),
        "twice": told.twice, "classes": told.classes,
        "judged": {k: j._asdict() for k, j in told.judged.items() if j.judged or j.unsure},
    }  # fmt: skip
    yield msgspec.json.encode(end | {"sha256": hashed.hexdigest()}, order="deterministic") + b"\n"


def table(told: Told) -> Iterator[bytes]:
    """Give the sample as a table in which people write what they judge.

    Blind: neither class nor score stands in it, and the order tells nothing of them.
    """
    yield tables.row(COLUMNS)

    def place(pair: Compared) -> bytes:
        name = f"{told.head.seed}\0{pair.customer}\0{pair.entity}"
        return hashlib.sha256(name.encode()).digest()

    for pair in sorted(told.sample, key=place):
        yield tables.row((pair.customer, pair.entity, pair.asked, pair.listed, ""))
