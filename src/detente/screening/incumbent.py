"""Alerts of another system, as a file of it gives them: JSON lines, or CSV with a head.

What cannot be read is told with its line and a reason, and the others are read.
"""

import csv
import io
import math
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from detente.screening.customers import ENCODING, FORM, LINE_MAX, NO_ID, TOO_LARGE, Row

FIELDS: Final = ("customer", "entity", "name", "score")
TEXT_MAX: Final = 2_000  # characters of an id or a name
LONG, SCORE = "long", "score"  # a text over TEXT_MAX; a score that is no number
WHYS: Final = (TOO_LARGE, ENCODING, FORM, NO_ID, LONG, SCORE)


class Alert(msgspec.Struct, frozen=True, omit_defaults=True):
    """A customer who is alerted there. `entity`, `name`: who is meant on the list, if they say it."""

    line: int
    customer: str
    entity: str = ""
    name: str = ""
    score: float | None = None


class Unread(msgspec.Struct, frozen=True):
    """A line that could not be read, and why."""

    line: int
    why: str


class Reader:
    """Reads alerts. `mapping`: {our field: theirs}; what it does not name has our name."""

    def __init__(
        self, mapping: Mapping[str, str], columns: tuple[str, ...] = (), parted_by: str = ","
    ) -> None:
        self._theirs = {ours: mapping.get(ours, ours) for ours in FIELDS}
        self._columns, self._parted_by = columns, parted_by

    def read(self, row: Row) -> Alert | Unread:
        """Return the alert of a row, or why it cannot be read."""
        if row.why or len(row.data) > LINE_MAX:
            return Unread(row.line, row.why or TOO_LARGE)
        try:
            text = row.data.decode()
        except UnicodeDecodeError:
            return Unread(row.line, ENCODING)
        try:
            found = self._of_csv(text) if self._columns else msgspec.json.decode(text)
            if not isinstance(found, dict):
                return Unread(row.line, FORM)
            customer, entity, name = (self._text(found, f) for f in FIELDS[:3])
        except (msgspec.DecodeError, RecursionError, csv.Error, TypeError):
            return Unread(row.line, FORM)
        if not customer:
            return Unread(row.line, NO_ID)
        if max(map(len, (customer, entity, name))) > TEXT_MAX:
            return Unread(row.line, LONG)
        told = found.get(self._theirs["score"])
        try:
            score = None if told is None or told == "" else float(told)
        except (TypeError, ValueError):
            return Unread(row.line, SCORE)
        if score is not None and not math.isfinite(score):
            return Unread(row.line, SCORE)
        return Alert(row.line, customer, entity, name, score)

    def _of_csv(self, text: str) -> dict[str, Any]:
        cells = next(csv.reader(io.StringIO(text, ""), delimiter=self._parted_by, strict=True))
        if len(cells) > len(self._columns):
            raise TypeError
        return dict(zip(self._columns, cells, strict=False))

    def _text(self, found: Mapping[str, Any], ours: str) -> str:
        """Return a text of an alert. Raises TypeError: it is no text and no number."""
        value = found.get(self._theirs[ours])
        if value is None:
            return ""
        if isinstance(value, bool | float) or not isinstance(value, str | int):
            raise TypeError
        return str(value).strip()
