"""What is asked of a run: its settings, read and checked before anything starts."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from detente.app.bulk.reading import GZIP, WIDE
from detente.core.errors import OurFault
from detente.screening.bulk import Settings
from detente.screening.columns import absent
from detente.screening.customers import (
    CSV,
    FIELDS,
    JSON,
    LINE_MAX,
    Row,
    head_of_csv,
    rows_of_csv,
    rows_of_json,
)
from detente.screening.decision import ALERT
from detente.screening.engine import LEAST_SCORE

FORMS: Final = (JSON, CSV)
TABLES: Final = (".csv", ".tsv")
MAPPING_MAX: Final = len(FIELDS)  # pairs of a mapping: each field once


def settings(
    name: str, threshold: float | None, mapping: Iterable[str], form: str = ""
) -> Settings:
    """Return the settings of a run over a file of this name. Raises OurFault customers.settings."""
    threshold = ALERT if threshold is None else threshold
    if not LEAST_SCORE <= threshold <= 1:
        raise OurFault(
            "customers.settings", f"the threshold is {threshold}", f"give a score from {LEAST_SCORE} to 1",
            "threshold",
        )  # fmt: skip
    told = list(mapping)
    pairs = {ours.strip(): theirs.strip() for ours, _, theirs in (p.partition("=") for p in told)}
    if len(told) > MAPPING_MAX or not all(pairs.values()) or pairs.keys() - set(FIELDS):
        raise OurFault(
            "customers.settings", f"the mapping is {' '.join(told)[:200]}", f"ours are {', '.join(FIELDS)}",
            "mapping",
        )  # fmt: skip
    known = CSV if name.lower().removesuffix(".gz").endswith(TABLES) else JSON
    return Settings(threshold, form or known, dict(sorted(pairs.items())))


def with_columns(settings: Settings, rows: Iterable[Row], name: str) -> Settings:
    """Return the settings with the columns of a table, as its head names them.

    Raises OurFault("customers.unreadable").
    """
    if settings.form != CSV:
        return settings
    first = next(iter(rows_of_csv(rows)), None)
    found = head_of_csv(first.data) if first and not first.why else None
    theirs = [settings.mapping.get(ours, ours) for ours in FIELDS]
    if found is None or not set(theirs) & set(found[0]):
        raise OurFault(
            "customers.unreadable",
            f"the first row of {name} names none of the columns {', '.join(theirs)}",
            "name the columns: id=THEIRS, name=THEIRS", "mapping",
        )  # fmt: skip
    for each in settings.mapping.values():
        column = absent(each, found[0])
        if column is not None:
            raise OurFault(
                "customers.unreadable", f"{name} has no column {column[:60]!r}",
                f"its columns are {', '.join(found[0])[:300]}", "mapping",
            )  # fmt: skip
    return msgspec.structs.replace(settings, columns=tuple(found[0]), parted_by=found[1])


def check(path: Path, name: str, settings: Settings) -> None:
    """Look whether these settings can read a file: at its beginning, never at more.

    Raises OurFault("customers.unreadable"): it is empty, no table that names a known column, or
    has no JSON object where lines of JSON are expected.
    """
    data = beginning(path, name)
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise _unreadable(f"{name} is empty")
    if data.startswith(WIDE):
        raise _unreadable(f"{name} is UTF-16, not UTF-8")
    lines = list(_rows(data))
    if settings.form == CSV:
        with_columns(settings, lines, name)
    elif not any(_is_object(row.data) for row in rows_of_json(lines)):
        raise _unreadable(f"{name} begins with no JSON object on a line")


def beginning(path: Path, name: str) -> bytes:
    """Return the first LINE_MAX bytes of a file, unpacked if it is gzip."""
    try:
        with path.open("rb") as raw:
            is_packed = raw.read(len(GZIP)) == GZIP
            raw.seek(0)
            if not is_packed:
                return raw.read(LINE_MAX)
            with gzip.GzipFile(fileobj=raw) as packed:
                return packed.read(LINE_MAX)
    except (OSError, EOFError, zlib.error) as found:
        raise _unreadable(f"{name}: {getattr(found, 'strerror', None) or found}") from None


def _rows(data: bytes) -> Iterator[Row]:
    for number, line in enumerate(data.split(b"\n"), 1):
        yield Row(number, line.rstrip(b"\r"))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(msgspec.json.decode(line), dict)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return False


def _unreadable(what: str) -> OurFault:
    return OurFault("customers.unreadable", what, "give a file of JSON lines or CSV, in UTF-8")
