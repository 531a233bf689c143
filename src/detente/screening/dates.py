"""Dates of birth as lists and customers write them: partial, in another order, in another calendar."""

import re
from typing import Final, NamedTuple

SAME, SWAPPED, SAME_YEAR, CLOSE, OPEN, CONTRADICTS = (
    "birth_same", "birth_swapped", "birth_same_year", "birth_close", "birth_open", "birth_differs",
)  # fmt: skip
_ORDER: Final = (SAME, SWAPPED, SAME_YEAR, CLOSE, OPEN, CONTRADICTS)
_DAYS: Final = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBERS: Final = re.compile(r"\d+")
_RANGE: Final = re.compile(r"^\D*(\d{4})\s*(?:to|-|–|/|and)\s*(\d{4})\D*$")
_MONTHS: Final = {
    m: i + 1 for i, m in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split())
}
_HIJRI: Final = range(1250, 1470)
FIRST, LAST = 1800, 2100


class Birth(NamedTuple):
    """A date as far as it is known; `month` and `day` are 0 if not. `until`: last year of a span."""

    year: int
    month: int = 0
    day: int = 0
    until: int = 0


def read(text: str) -> list[Birth]:
    """Return what a text may mean as a date: none for 0000 or 31 February, two if the order is open.

    Years of the Islamic calendars (lunar and Persian) are given as the years that they fall in.
    """
    span = _RANGE.match(text)
    if span:
        first, last = sorted((int(span[1]), int(span[2])))
        return [Birth(first, until=last)] if _year(first) and _year(last) else []
    low = text.lower()
    month = next((n for name, n in _MONTHS.items() if name in low), 0)
    numbers = [int(n) for n in _NUMBERS.findall(text)]
    digits = _NUMBERS.findall(text)
    if len(digits) == 1 and len(digits[0]) == 8:
        numbers = [int(digits[0][:4]), int(digits[0][4:6]), int(digits[0][6:])]
    return [b for b in _orders(numbers, month) if _real(b)]


def _orders(numbers: list[int], month: int) -> list[Birth]:
    years = [n for n in numbers if n > 31]
    if not years or len(numbers) > 3:
        return []
    rest = [n for n in numbers if n <= 31]
    if years[0] in _HIJRI:
        return _islamic(years[0])
    year = years[0]
    if month:
        return [Birth(year, month, rest[0] if rest else 0)]
    if len(rest) < 2:
        return [Birth(year, rest[0] if rest else 0)]
    one, two = rest[:2]
    if numbers[0] == year:
        return [Birth(year, one, two)]
    return [Birth(year, two, one), Birth(year, one, two)]


def _islamic(year: int) -> list[Birth]:
    lunar = (year * 970_224 + 621_577_400) // 1_000_000
    return [Birth(lunar, until=lunar + 1), Birth(year + 621, until=year + 622)]


def _year(year: int) -> bool:
    return FIRST <= year <= LAST


def _real(birth: Birth) -> bool:
    if not _year(birth.year) or not 0 <= birth.month <= 12:
        return False
    most = _DAYS[birth.month - 1] if birth.month else 0
    if birth.month == 2 and birth.year % 4:
        most = 28
    return birth.day <= most


def compare(asked: Birth, listed: Birth) -> str:
    """Return what two dates say about each other."""
    if asked.until or listed.until:
        low, high = max(asked.year, listed.year), min(_end(asked), _end(listed))
        return SAME_YEAR if low <= high else CLOSE if low - high < 2 else CONTRADICTS
    one, two = (asked.month, asked.day), (listed.month, listed.day)
    if asked.year == listed.year:
        if one == two and asked.day:
            return SAME
        if asked.day and listed.day:
            if one == two[::-1]:
                return SWAPPED
            return CLOSE if (one[0] == two[0]) or (one[1] == two[1]) else OPEN
        return SAME_YEAR
    if one == two and asked.day and _digits_moved(asked.year, listed.year):
        return CLOSE
    partial = not asked.day or not listed.day
    return CLOSE if partial and abs(asked.year - listed.year) < 2 else CONTRADICTS


def _end(birth: Birth) -> int:
    return birth.until or birth.year


def _digits_moved(one: int, two: int) -> bool:
    """Return whether two years differ in one figure, or have two changed about."""
    a, b = str(one), str(two)
    return sum(x != y for x, y in zip(a, b, strict=True)) == 1 or sorted(a) == sorted(b)


def best(asked: list[Birth], listed: list[Birth]) -> str | None:
    """Return the best that any two of the dates say; None if a side has none."""
    found = {compare(a, b) for a in asked for b in listed}
    return next((way for way in _ORDER if way in found), None)


def pack(birth: Birth) -> int:
    """Return a date in 32 bits."""
    until = max(0, min(63, _end(birth) - birth.year))
    return birth.year << 16 | birth.month << 12 | birth.day << 7 | until


def unpack(packed: int) -> Birth:
    """Return the date of 32 bits."""
    year, until = packed >> 16, packed & 63
    return Birth(year, packed >> 12 & 15, packed >> 7 & 31, year + until if until else 0)
