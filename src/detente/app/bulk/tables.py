"""Results as a table for a spreadsheet, in which no cell is a formula."""

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from detente.screening import bulk

COLUMNS: Final = (
    "line", "customer", "state", "why", "score", "entity", "listed", "asked", "notes",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: an apostrophe goes before it."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def row(cells: Iterable[object]) -> bytes:
    """Return one row of a table."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow([harmless(str(c)) for c in cells])
    return out.getvalue().encode()


def lines(results: Path) -> Iterator[bulk.Line]:
    """Give the lines of a file of results, between its head and its end."""
    with results.open("rb") as file:
        next(file, None)
        for data in file:
            if not data.startswith(b'{"end"'):
                yield bulk.line(data)


def table(results: Path) -> Iterator[bytes]:
    """Give the rows for what a person must look at: each hit of an alert, each undecided line."""
    yield row(COLUMNS)
    for one in lines(results):
        shown: list[tuple[object, ...]] = [
            (m.told.score, m.told.entity, m.told.name, m.asked) for m in one.hits
        ]
        for hit in shown or ([("", "", "", "")] if one.state == bulk.UNDECIDED else []):
            yield row((one.line, one.id, one.state, one.why, *hit, " ".join(one.notes)))
