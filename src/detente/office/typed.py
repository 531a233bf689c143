"""Types of fields: a value's four faces, and what is wrong with it.

JSON in a body (strict: TheirFault "E_CANON"), a cell in a store, text as people write it
(OurFault "form.*"), and the value itself.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.office.values import Value

Affinity = Literal["text", "integer", "blob"]
Cell = None | int | str | bytes

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_BUT_LINES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_HALF = re.compile(r"[\ud800-\udfff]")
_SPAN = re.compile(r"([0-9]{1,5})([smhd])")
_SPAN_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_WHEN = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2})(:[0-9]{2}(?:\.[0-9]{3})?)?Z?)?"
)


class Flaw(NamedTuple):
    """What is wrong with a value: code (form.*), words, remedy. Who is at fault decides the face."""

    code: str
    what: str
    remedy: str


class Type(ABC):
    """What a field may hold. Subclasses say what is wrong with a value; the faces follow."""

    affinity: ClassVar[Affinity] = "text"

    @abstractmethod
    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a value, None if it is right."""

    @abstractmethod
    def read(self, name: str, text: str) -> Value:
        """Return the value that people wrote; raises OurFault("form.*") naming the field."""

    @property
    @abstractmethod
    def hint(self) -> str:
        """What stands for the value in a usage line."""

    def check(self, name: str, value: Value) -> Value:
        """Return the value; raises OurFault("form.*") naming the field if it is none of ours."""
        flaw = self.flaw(value)
        if flaw:
            raise OurFault(flaw.code, f"{name}: {flaw.what}", flaw.remedy)
        return value

    def to_json(self, value: Value) -> Json:
        """Return the value as it stands in a body."""
        assert isinstance(value, (str, int))
        return value

    def from_json(self, name: str, json: Json) -> Value:
        """Return the value of a stranger's JSON; raises TheirFault("E_CANON")."""
        value = self._of_json(json)
        flaw = self.flaw(value)
        if flaw:
            raise TheirFault("E_CANON", f"{name}: {flaw.what}", flaw.remedy)
        return value

    def _of_json(self, json: Json) -> Value:
        return None if isinstance(json, (list, dict)) else json

    def to_cell(self, value: Value) -> Cell:
        """Return the value as a store keeps it; never called with None."""
        assert isinstance(value, (str, int, bytes))
        return value

    def from_cell(self, cell: Cell) -> Value:
        """Return the value that `to_cell` kept."""
        return cell

    def show(self, value: Value) -> str:
        """Return the value as people read it, and as `read` takes it back."""
        return str(value)


@dataclass(frozen=True)
class Text(Type):
    """One line: no control characters, 1 to max_chars characters; all of `form` if there is one."""

    max_chars: int
    form: str = ""
    control: ClassVar[re.Pattern[str]] = _CONTROL

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a text."""
        if not isinstance(value, str):
            return Flaw("form.text", "not a text", "write a text")
        if not 1 <= len(value) <= self.max_chars:
            what = f"{len(value)} characters where 1 to {self.max_chars} are allowed"
            return Flaw("form.length", what, "shorten it" if value else "write something")
        found = self.control.search(value) or _HALF.search(value)
        if found:
            what = f"control character U+{ord(found[0]):04X} at place {found.start()}"
            return Flaw("form.text", what, "take it out")
        if self.form and not re.fullmatch(self.form, value):
            return Flaw("form.text", f"{value[:80]!r} is not in its form", f"write {self.form}")
        return None

    def read(self, name: str, text: str) -> Value:
        """Return the text; a carriage return before a line's end is dropped."""
        return self.check(name, text.replace("\r\n", "\n"))

    @property
    def hint(self) -> str:
        """A text."""
        return "TEXT"


@dataclass(frozen=True)
class LongText(Text):
    """Text of many lines: line feed and tab are allowed."""

    control: ClassVar[re.Pattern[str]] = _CONTROL_BUT_LINES


@dataclass(frozen=True)
class Whole(Type):
    """A whole number from low to high, both included."""

    low: int = 0
    high: int = limits.MAX_INTEGER
    affinity: ClassVar[Affinity] = "integer"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a number."""
        if type(value) is int and self.low <= value <= self.high:
            return None
        what = f"not a whole number from {self.low} to {self.high}"
        return Flaw("form.number", what, "write such a number")

    def read(self, name: str, text: str) -> Value:
        """Return the number written in decimal digits."""
        return self.check(name, int(text) if re.fullmatch(r"-?[0-9]{1,16}", text) else None)

    @property
    def hint(self) -> str:
        """A number."""
        return "NUMBER"


@dataclass(frozen=True, init=False)
class OneOf(Type):
    """One word of a few."""

    choices: tuple[str, ...]

    def __init__(self, *choices: str) -> None:
        object.__setattr__(self, "choices", choices)

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a word."""
        if isinstance(value, str) and value in self.choices:
            return None
        shown = repr(value[:40]) if isinstance(value, str) else "no word"
        return Flaw("form.choice", f"{shown} is not among the choices", f"choose {self.hint}")

    def read(self, name: str, text: str) -> Value:
        """Return the word; large and small letters are one at people's faces."""
        same = [choice for choice in self.choices if choice.lower() == text.lower()]
        return self.check(name, same[0] if same else text)

    @property
    def hint(self) -> str:
        """The words."""
        return "|".join(self.choices)


@dataclass(frozen=True)
class Flag(Type):
    """Up or down."""

    affinity: ClassVar[Affinity] = "integer"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a flag."""
        return None if isinstance(value, bool) else Flaw("form.choice", "not yes or no", "choose")

    def read(self, name: str, text: str) -> Value:
        """Return yes or no."""
        return self.check(name, {"yes": True, "no": False}.get(text.lower()))

    def to_cell(self, value: Value) -> Cell:
        """Return 0 or 1."""
        return int(value is True)

    def from_cell(self, cell: Cell) -> Value:
        """Return what 0 or 1 stands for."""
        return cell == 1

    def show(self, value: Value) -> str:
        """Return yes or no."""
        return "yes" if value is True else "no"

    @property
    def hint(self) -> str:
        """Yes or no."""
        return "yes|no"


@dataclass(frozen=True)
class When(Type):
    """A Moment. In bodies the 24 characters of spec/record.md 1, in stores milliseconds."""

    affinity: ClassVar[Affinity] = "integer"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a time."""
        if isinstance(value, Moment):
            return None
        return Flaw("form.time", "not a time", "write it as 2026-11-21T23:10:04.117Z")

    def to_json(self, value: Value) -> Json:
        """Return the 24 characters."""
        return str(value)

    def _of_json(self, json: Json) -> Value:
        moment = _moment(json) if isinstance(json, str) else None
        return moment if str(moment) == json else None

    def to_cell(self, value: Value) -> Cell:
        """Return milliseconds since 1970."""
        assert isinstance(value, Moment)
        return value.ms

    def from_cell(self, cell: Cell) -> Value:
        """Return the moment of milliseconds since 1970."""
        assert isinstance(cell, int)
        return Moment(cell)

    def read(self, name: str, text: str) -> Value:
        """Return the moment; seconds, hours or the Z may be left out: all times are UTC."""
        return self.check(name, _moment(text))

    @property
    def hint(self) -> str:
        """A UTC time."""
        return "TIME"


@dataclass(frozen=True)
class Within(Type):
    """A length of time as people write it: 30m, 24h, 7d."""

    affinity: ClassVar[Affinity] = "integer"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a length of time."""
        if isinstance(value, Span) and value.ms > 0:
            return None
        return Flaw("form.time", "not a length of time", "write it as 30m, 24h or 7d")

    def to_json(self, value: Value) -> Json:
        """Return milliseconds."""
        assert isinstance(value, Span)
        return value.ms

    def _of_json(self, json: Json) -> Value:
        return Span(json) if type(json) is int else None

    def to_cell(self, value: Value) -> Cell:
        """Return milliseconds."""
        assert isinstance(value, Span)
        return value.ms

    def from_cell(self, cell: Cell) -> Value:
        """Return the span of milliseconds."""
        assert isinstance(cell, int)
        return Span(cell)

    def read(self, name: str, text: str) -> Value:
        """Return the span."""
        found = _SPAN.fullmatch(text)
        return self.check(name, Span(int(found[1]) * _SPAN_MS[found[2]]) if found else None)

    def show(self, value: Value) -> str:
        """Return the span in the largest unit that divides it."""
        assert isinstance(value, Span)
        unit = next(unit for unit in "dhms" if value.ms % _SPAN_MS[unit] == 0 or unit == "s")
        return f"{value.ms // _SPAN_MS[unit]}{unit}"

    @property
    def hint(self) -> str:
        """A length of time."""
        return "24h"


@dataclass(frozen=True)
class FileText(Type):
    """A file as text, to the character as it was received; size_max counts bytes of UTF-8."""

    size_max: int

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a file's text."""
        if not isinstance(value, str) or _HALF.search(value):
            return Flaw("form.file", "not a text in UTF-8", "save the file as UTF-8")
        size = len(value.encode())
        if not 1 <= size <= self.size_max:
            what = f"{size} bytes where 1 to {self.size_max} are allowed"
            return Flaw("form.length", what, "send less")
        return None

    def read(self, name: str, text: str) -> Value:
        """Return the text unchanged."""
        return self.check(name, text)

    @property
    def hint(self) -> str:
        """A file."""
        return "TEXT"


@dataclass(frozen=True)
class File(Type):
    """A file's bytes, handed in by an act. The roof reads the file; a body never holds one."""

    size_max: int
    affinity: ClassVar[Affinity] = "blob"

    def flaw(self, value: Value) -> Flaw | None:
        """Say what is wrong with a file."""
        if not isinstance(value, bytes):
            return Flaw("form.file", "not a file", "name a file")
        if not 1 <= len(value) <= self.size_max:
            what = f"{len(value)} bytes where 1 to {self.size_max} are allowed"
            return Flaw("form.length", what, "choose a smaller file" if value else "it is empty")
        return None

    def to_json(self, value: Value) -> Json:
        """Return base64, for the API."""
        assert isinstance(value, bytes)
        return canon.to_base64(value)

    def _of_json(self, json: Json) -> Value:
        return canon.from_base64(json) if isinstance(json, str) else None

    def read(self, name: str, text: str) -> Value:
        """Refuse: text is the file's name, and below the roof nobody opens files."""
        raise OurFault("form.file", f"{name}: {text[:80]!r} was not opened", "name a file")

    def show(self, value: Value) -> str:
        """Return how large it is."""
        assert isinstance(value, bytes)
        return f"{len(value)} B"

    @property
    def hint(self) -> str:
        """A file's name."""
        return "FILE"


def _moment(text: str) -> Moment | None:
    found = _WHEN.fullmatch(text)
    if not found:
        return None
    day, minute, rest = found[1], found[2] or "00:00", found[3] or ":00"
    try:
        datetime.fromisoformat(f"{day}T{minute}{rest}")
    except ValueError:
        return None
    return Moment.parse(f"{day}T{minute}{(rest + '.000')[:7]}Z")
