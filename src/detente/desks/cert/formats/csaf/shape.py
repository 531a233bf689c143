"""Declarations of JSON shapes as data, and the check that holds a value to them.

Each checker gives (path, what is wrong); unknown members pass, and are told by `unknown`.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from detente.core import limits
from detente.desks.cert.formats.jcs import Json

Wrong = tuple[str, str]
_SHOWN: Final = 60  # characters of a wrong value that are said again

# RFC 3986: a scheme, then only characters that a URI may have; percent signs with two digits.
URI: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
)
_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.[0-9]+)?"
    r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
)
_LEAP: Final = "60"


@dataclass(frozen=True, slots=True)
class Word:
    """A text: one of a few, or of a form that it matches whole; never empty."""

    choices: tuple[str, ...] = ()
    form: re.Pattern[str] | None = None
    said: str = ""  # the form in words
    holds: Callable[[str], bool] | None = None

    def wrong(self, path: str, value: Json) -> Iterator[Wrong]:
        """Give what is wrong with a value."""
        if not isinstance(value, str):
            yield path, f"is {kind_of(value)} where a text is due"
        elif not value:
            yield path, "is an empty text"
        elif self.choices and value not in self.choices:
            yield path, f"is {shown(value)}, which is none of {', '.join(self.choices)}"
        elif self.form and len(value) > limits.MAX_CSAF_FORM:
            yield path, f"has {len(value)} characters, where {limits.MAX_CSAF_FORM} are allowed"
        elif (self.form and not self.form.fullmatch(value)) or (
            self.holds and not self.holds(value)
        ):
            yield path, f"is {shown(value)}, which is not {self.said}"

    def unknown(self, _path: str, _value: Json) -> Iterator[str]:
        """Give nothing: a text has no members."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Number:
    """A number between two bounds."""

    low: float
    high: float

    def wrong(self, path: str, value: Json) -> Iterator[Wrong]:
        """Give what is wrong with a value."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            yield path, f"is {kind_of(value)} where a number is due"
        elif not self.low <= value <= self.high:
            yield path, f"is {shown(value)}, which is not between {self.low} and {self.high}"

    def unknown(self, _path: str, _value: Json) -> Iterator[str]:
        """Give nothing: a number has no members."""
        return iter(())


@dataclass(frozen=True, slots=True)
class Many:
    """A list of one shape. unique: no element twice."""

    of: "Shape"
    least: int = 1
    unique: bool = False

    def wrong(self, path: str, value: Json) -> Iterator[Wrong]:
        """Give what is wrong with a value."""
        if not isinstance(value, list):
            yield path, f"is {kind_of(value)} where a list is due"
            return
        if len(value) < self.least:
            yield path, f"has {len(value)} elements where at least {self.least} are due"
        seen: dict[str, int] = {}
        for place, one in enumerate(value):
            yield from self.of.wrong(f"{path}/{place}", one)
            if self.unique:
                first = seen.setdefault(json.dumps(one, sort_keys=True), place)
                if first != place:
                    yield f"{path}/{place}", f"is the same as element {first} of its list"

    def unknown(self, path: str, value: Json) -> Iterator[str]:
        """Give the paths of members that no declaration names."""
        if isinstance(value, list):
            for place, one in enumerate(value):
                yield from self.of.unknown(f"{path}/{place}", one)


@dataclass(frozen=True, slots=True)
class Group:
    """An object: members that must stand and others that may; at least and at most so many.

    members is filled in after it is made where shapes stand in one another.
    """

    due: Mapping[str, "Shape"] = field(default_factory=dict)
    may: Mapping[str, "Shape"] = field(default_factory=dict)
    least: int = 0
    most: int | None = None

    def wrong(self, path: str, value: Json) -> Iterator[Wrong]:
        """Give what is wrong with a value."""
        if not isinstance(value, dict):
            yield path, f"is {kind_of(value)} where an object is due"
            return
        for name in self.due:
            if name not in value:
                yield path, f"lacks {name}"
        if len(value) < self.least:
            yield path, f"has {len(value)} members where at least {self.least} are due"
        if self.most is not None and len(value) > self.most:
            yield path, f"has {len(value)} members where at most {self.most} are due"
        for name, one in value.items():
            shape = self.due.get(name) or self.may.get(name)
            if shape:
                yield from shape.wrong(f"{path}/{name}", one)

    def unknown(self, path: str, value: Json) -> Iterator[str]:
        """Give the paths of members that no declaration names."""
        if isinstance(value, dict):
            for name, one in value.items():
                shape = self.due.get(name) or self.may.get(name)
                if shape:
                    yield from shape.unknown(f"{path}/{name}", one)
                else:
                    yield f"{path}/{name}"


@dataclass(frozen=True, slots=True)
class Later:
    """A shape that stands in itself: asked for when it is needed."""

    get: Callable[[], "Shape"]

    def wrong(self, path: str, value: Json) -> Iterator[Wrong]:
        """Give what is wrong with a value."""
        return self.get().wrong(path, value)

    def unknown(self, path: str, value: Json) -> Iterator[str]:
        """Give the paths of members that no declaration names."""
        return self.get().unknown(path, value)


Shape = Word | Number | Many | Group | Later


def is_time(value: str) -> bool:
    """Say whether a text is a date and time of RFC 3339, leap seconds included."""
    found = _TIME.fullmatch(value)
    if not found:
        return False
    second = "59" if found[3] == _LEAP else found[3]
    try:
        datetime.fromisoformat(f"{found[1]}T{found[2]}:{second}")
    except ValueError:
        return False
    return found[2] < "24"


def shown(value: Json) -> str:
    """Return a short form of a value, safe in one line."""
    return json.dumps(value)[:_SHOWN]


def kind_of(value: Json) -> str:
    """Name the kind of a JSON value."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, str):
        return "a text"
    if isinstance(value, dict):
        return "an object"
    return "a list" if isinstance(value, list) else "a number"
