"""Customers as a file gives them: lines of JSON, or CSV with a head. Each is read by itself.

What cannot be read is told with its line and a reason, and the others are read. Nothing of a
customer is left out in silence: a date that is none, a country that nobody knows and hidden signs
in a name stand in `notes`.
"""

import csv
import io
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from detente.screening import dates
from detente.screening.columns import joined, named
from detente.screening.listed import schema_of
from detente.screening.lists import country

LINE_MAX: Final = 1 << 20  # bytes of one line, or of one row of CSV over several lines
ROW_LINES_MAX: Final = 100  # lines of one row of CSV: a quote that is never closed ends there
NAMES_MAX: Final = 50  # names of one customer
PARTED: Final = ";"
FIELDS: Final = ("id", "name", "names", "schema", "births", "countries", "papers")
_ALSO: Final = {"births": "birth", "countries": "country", "papers": "ids"}

TOO_LARGE, ENCODING, FORM, QUOTE, NO_ID, NO_NAME, MANY_NAMES = (
    "too_large", "encoding", "form", "quote", "no_id", "no_name", "many_names",
)  # fmt: skip
NO_WORDS, TOO_LONG, SCRIPT = "no_words", "too_long", "script"  # of engine.undecided
DEFECT = "defect"  # the engine could not do it: a fault of ours
WHYS: Final = (
    TOO_LARGE, ENCODING, FORM, QUOTE, NO_ID, NO_NAME, MANY_NAMES, NO_WORDS, TOO_LONG, SCRIPT, DEFECT,
)  # fmt: skip
CONTROL, HIDDEN, BIRTH, COUNTRY, SCHEMA = "control", "hidden", "birth", "country", "schema"
NOTES: Final = (CONTROL, HIDDEN, BIRTH, COUNTRY, SCHEMA)

JSON, CSV = "jsonl", "csv"
_BOM: Final = b"\xef\xbb\xbf"


class Customer(msgspec.Struct, frozen=True):
    """Who is screened. All names are asked; the best hit of each entity counts."""

    id: str
    names: tuple[str, ...]
    schema: str | None = None
    births: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """A customer as it came: the number of its line, its bytes, and why it was not taken whole."""

    line: int
    data: bytes
    why: str = ""


class Unread(msgspec.Struct, frozen=True):
    """Why a customer could not be read; `id` if that much was."""

    why: str
    id: str = ""


def rows_of_json(lines: Iterable[Row]) -> Iterator[Row]:
    """Give the lines that have something in them; the mark of UTF-8 before the first is taken off."""
    for row in lines:
        data = row.data.removeprefix(_BOM) if row.line == 1 else row.data
        if data.strip() or row.why:
            yield Row(row.line, data.strip(), row.why)


def rows_of_csv(lines: Iterable[Row]) -> Iterator[Row]:
    """Give rows of CSV, the head first. A row ends where its quotes are closed.

    A quote that is never closed costs its own line alone: the next lines are read as rows again.
    """
    coming = iter(lines)
    again: deque[Row] = deque()

    def take() -> Row | None:
        return again.popleft() if again else next(coming, None)

    while (row := take()) is not None:
        data = row.data.removeprefix(_BOM) if row.line == 1 else row.data
        rest: list[Row] = []
        is_open = not row.why and data.count(b'"') % 2 == 1
        size = len(data)
        while is_open and len(rest) + 1 < ROW_LINES_MAX and size <= LINE_MAX:
            more = take()
            if more is None:
                break
            rest.append(more)
            size += len(more.data)
            is_open = not more.why and more.data.count(b'"') % 2 == 0
            if more.why:
                break
        if is_open or any(r.why for r in rest):
            again.extendleft(reversed(rest))
            yield Row(row.line, data, QUOTE)
        elif data.strip() or row.why:
            yield Row(row.line, b"\n".join((data, *(r.data for r in rest))), row.why)


def head_of_csv(data: bytes) -> tuple[list[str], str] | None:
    """Return (columns, what parts them) of the first row of a table, or None if it is none."""
    try:
        text = data.decode()
        parted_by = max(",;\t", key=text.count)
        return [c.strip() for c in next(csv.reader([text], delimiter=parted_by), [])], parted_by
    except (UnicodeDecodeError, csv.Error):
        return None


class Reader:
    """Reads customers. `mapping`: {our field: theirs}; what it does not name has our name."""

    def __init__(
        self, mapping: Mapping[str, str], columns: tuple[str, ...] = (), parted_by: str = ","
    ) -> None:
        self._theirs = {ours: mapping.get(ours, ours) for ours in FIELDS}
        self._columns, self._parted_by = columns, parted_by

    def read(self, row: Row) -> Customer | Unread:
        """Return the customer of a row, or why it cannot be read."""
        if row.why:
            return Unread(row.why)
        if len(row.data) > LINE_MAX:
            return Unread(TOO_LARGE)
        try:
            text = row.data.decode()
        except UnicodeDecodeError:
            return Unread(ENCODING)
        try:
            found = self._of_csv(text) if self._columns else msgspec.json.decode(text)
            if not isinstance(found, dict):
                return Unread(FORM)
            return self._customer(found)
        except (msgspec.DecodeError, RecursionError, csv.Error, TypeError):
            return Unread(FORM)

    def _of_csv(self, text: str) -> dict[str, Any]:
        cells = next(csv.reader(io.StringIO(text, ""), delimiter=self._parted_by, strict=True))
        if len(cells) > len(self._columns):
            raise TypeError
        return dict(zip(self._columns, cells, strict=False))

    def _customer(self, found: Mapping[str, Any]) -> Customer | Unread:
        def get(ours: str) -> list[str]:
            columns = named(self._theirs[ours], found)
            if len(columns) > 1:
                firsts = (_texts(found.get(each), parted=False)[:1] for each in columns)
                text = joined(one for each in firsts for one in each)
                return [text] if text else []
            value = found.get(self._theirs[ours])
            if value is None and ours in _ALSO:
                value = found.get(_ALSO[ours])
            parted = bool(self._columns) and ours != "name"
            return [t for t in (t.strip() for t in _texts(value, parted=parted)) if t]

        ids, kinds = get("id"), get("schema")
        names = tuple(dict.fromkeys(get("name") + get("names")))
        if not ids:
            return Unread(NO_ID)
        if not names:
            return Unread(NO_NAME, ids[0])
        if len(names) > NAMES_MAX:
            return Unread(MANY_NAMES, ids[0])
        births, places = tuple(get("births")), get("countries")
        kind = schema_of(kinds[0]) if kinds else None
        notes = [
            *{n: None for name in names for n in _signs(name)},
            *([BIRTH] if any(not dates.read(b) for b in births) else []),
            *([COUNTRY] if any(country.code(c) is None for c in places) else []),
            *([SCHEMA] if kinds and kind is None else []),
        ]
        return Customer(
            ids[0], names, kind, births, country.codes(places), tuple(get("papers")), tuple(notes)
        )


def _texts(value: object, *, parted: bool) -> list[str]:
    """Return the texts of a value as it stands in a file. Raises TypeError: it is no text."""
    if value is None:
        return []
    if isinstance(value, str):
        return value.split(PARTED) if parted else [value]
    if isinstance(value, bool | float):
        raise TypeError
    if isinstance(value, int):
        return [str(value)]
    if isinstance(value, Mapping):
        return _texts(value.get("value", value.get("name")), parted=False)
    if isinstance(value, list):
        return [t for one in value for t in _texts(one, parted=False)]
    raise TypeError


def _signs(name: str) -> list[str]:
    """Return what stands in a name that nobody sees: control characters, marks without width."""
    if name.isprintable():
        return []
    found = {unicodedata.category(c) for c in name}
    return [note for note, kind in ((CONTROL, "Cc"), (HIDDEN, "Cf")) if kind in found]
