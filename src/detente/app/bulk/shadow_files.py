"""What a shadow run reads: alerts of another system, results of ours, a sample that people judged."""

import csv
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec

from detente.app.bulk import tables
from detente.app.bulk.reading import Source
from detente.core.errors import OurFault
from detente.screening import bulk, incumbent, shadow
from detente.screening.bulk import Line
from detente.screening.customers import Row, head_of_csv, rows_of_csv, rows_of_json
from detente.screening.incumbent import Alert, Unread

_WHOLE: Final = "give the results as `detente screening file` wrote them"


class Theirs:
    """Their alerts by customer; each pair once."""

    def __init__(self, path: str, mapping: dict[str, str]) -> None:
        source = Source(path)
        is_table = path.removesuffix(".gz").endswith((".csv", ".tsv"))
        rows = (rows_of_csv if is_table else rows_of_json)(source.rows())
        columns, parted_by = self._head(path, rows, mapping) if is_table else ((), ",")
        reader = incumbent.Reader(mapping, columns, parted_by)
        self.of: dict[str, list[Alert]] = {}
        self.unread: list[Unread] = []
        self.twice = 0
        count = 0
        for row in rows:
            count += 1
            if count > shadow.ALERTS_MAX:
                raise OurFault(
                    "shadow.count", f"{path} has over {shadow.ALERTS_MAX:,} alerts",
                    "compare a part of the customers",
                )  # fmt: skip
            found = reader.read(row)
            if isinstance(found, Unread):
                self.unread.append(found)
                continue
            held = self.of.setdefault(found.customer, [])
            if any((a.entity, a.name) == (found.entity, found.name) for a in held):
                self.twice += 1
            else:
                held.append(found)
        self.sha256 = source.sha256

    @staticmethod
    def _head(
        path: str, rows: Iterator[Row], mapping: dict[str, str]
    ) -> tuple[tuple[str, ...], str]:
        first = next(rows, None)
        found = head_of_csv(first.data) if first and not first.why else None
        wanted = mapping.get("customer", "customer")
        if found is None or wanted not in found[0]:
            raise OurFault(
                "shadow.unreadable", f"the first row of {path} names no column {wanted}",
                "name it: --mapping customer=THEIRS",
            )  # fmt: skip
        return tuple(found[0]), found[1]


def results(path: Path) -> tuple[bulk.Head, Iterator[Line]]:
    """Return the head and the lines of results. Raises OurFault shadow.results: not whole."""
    try:
        with path.open("rb") as file:
            first = file.readline()
            head = msgspec.json.decode(first, type=bulk.Head)
            hashed, last = hashlib.sha256(first), b""
            for line in file:
                hashed.update(last)
                last = line
        end = msgspec.json.decode(last, type=dict[str, object])
    except OSError as found:
        raise OurFault("shadow.results", f"{path}: {found.strerror}", _WHOLE) from None
    except msgspec.DecodeError as found:
        raise OurFault("shadow.results", f"{path}: {found}", _WHOLE) from None
    if end.get("sha256") != hashed.hexdigest():
        raise OurFault("shadow.results", f"{path} was cut or changed", _WHOLE)
    return head, tables.lines(path)


def judged(path: str) -> dict[tuple[str, str], str]:
    """Return what people judged. Raises OurFault shadow.judged: a word that is none of the three."""
    source = Source(path)
    rows = rows_of_csv(source.rows())
    first = next(rows, None)
    found = head_of_csv(first.data) if first and not first.why else None
    if found is None or not {"customer", "entity", "judged"} <= set(found[0]):
        raise OurFault(
            "shadow.judged", f"{path} lacks one of customer, entity, judged",
            "fill in the table that --sample-csv wrote",
        )  # fmt: skip
    columns, parted_by = found
    told: dict[tuple[str, str], str] = {}
    for row in rows:
        try:
            text = row.data.decode()
            cells = next(csv.reader(text.splitlines(keepends=True), delimiter=parted_by))
        except (UnicodeDecodeError, csv.Error, StopIteration):
            cells = []
        one = dict(zip(columns, map(_bare, cells), strict=False))
        word = one.get("judged", "").strip().lower()
        if row.why or not cells or (word and word not in shadow.JUDGED):
            raise OurFault(
                "shadow.judged", f"{path}, line {row.line}: {word[:40]!r} is no judgement",
                f"write {', '.join(shadow.JUDGED)}, or nothing",
            )  # fmt: skip
        if word:
            told[one["customer"], one["entity"]] = word
    return told


def _bare(cell: str) -> str:
    """Return a cell without the apostrophe that keeps a spreadsheet from reading a formula."""
    bare = cell.removeprefix("'")
    return bare if tables.harmless(bare) == cell else cell
