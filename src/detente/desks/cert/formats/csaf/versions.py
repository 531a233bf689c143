"""Versions and dates of a document's tracking, in forms that can be compared."""

import re
from datetime import UTC, datetime, timedelta
from functools import total_ordering
from typing import Final, NamedTuple

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt]([0-9]{2}:[0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LEAP: Final = 60
_DAY: Final = 86_400


class Instant(NamedTuple):
    """A time that was checked: whole seconds, the leap second's mark, digits of the fraction."""

    seconds: int
    leap: int
    fraction: str


def instant(text: str) -> Instant:
    """Return the moment that a time of RFC 3339 names; its form was checked before."""
    found = _TIME.fullmatch(text)
    assert found, "the shape was checked"
    second = int(found[3])
    leap = int(second == _LEAP)
    local = datetime.fromisoformat(f"{found[1]}T{found[2]}:{second - leap:02}+00:00")
    zone = found[5]
    shift = 0
    if zone not in "Zz":
        hours, minutes = zone[1:].split(":")
        shift = (int(hours) * 3600 + int(minutes) * 60) * (-1 if zone[0] == "-" else 1)
    whole = (local - _EPOCH) // timedelta(seconds=1) - shift
    return Instant(whole, leap, (found[4] or "").rstrip("0"))


@total_ordering
class Version:
    """A version: a whole number, or a semantic one (semver 2.0.0, 11 for its order)."""

    __slots__ = ("build", "is_whole", "numbers", "pre")

    def __init__(self, text: str) -> None:
        rest, _, self.build = text.partition("+")
        core, _, self.pre = rest.partition("-")
        self.is_whole = "." not in core
        self.numbers = tuple(_cut(part) for part in core.split("."))

    @property
    def major(self) -> int:
        """The first number."""
        return self.numbers[0]

    @property
    def key(self) -> tuple[tuple[int, ...], bool, tuple[tuple[bool, int, str], ...]]:
        """What decides the order; build metadata says nothing."""
        padded = (*self.numbers, 0, 0)[:3]
        parts = tuple(
            (not part.isdigit(), _cut(part) if part.isdigit() else 0, part)
            for part in self.pre.split(".")
        )
        return padded, not self.pre, parts

    def without_pre(self) -> tuple[int, ...]:
        """Return the numbers alone."""
        return (*self.numbers, 0, 0)[:3]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)

    def __lt__(self, other: "Version") -> bool:
        return self.key < other.key


_DIGITS_MAX: Final = 18


def _cut(digits: str) -> int:
    # Nobody counts to a quintillion; a number of ten thousand digits would be work for nothing.
    return int(digits) if len(digits) <= _DIGITS_MAX else 10**_DIGITS_MAX
