"""Times as people read them. One time for all: UTC, with Latin digits, built here.

A language's own forms of dates bring hidden marks and other digits; these bring none.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from detente.core.moment import Moment, Span
from detente.ui.words import Words

MINUS: Final = "\u2212"
_MONTHS: Final = (
    "JAN",
    "FEB",
    "MAR",
    "APR",
    "MAY",
    "JUN",
    "JUL",
    "AUG",
    "SEP",
    "OCT",
    "NOV",
    "DEC",
)
_DAY: Final = 86_400
_HOUR: Final = 3_600
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST: Final = 253_402_300_799  # seconds: the end of the year 9999


def utc(at: Moment) -> str:
    """Return `2026-11-21 23:10:04 UTC`."""
    found = _iso(at)
    return f"{found[:10]} {found[11:]} UTC"


def day(at: Moment) -> str:
    """Return `2026-11-21`."""
    return _iso(at)[:10]


def clock(at: Moment) -> str:
    """Return `23:10:04`."""
    return _iso(at)[11:]


def near(at: Moment, now: Moment) -> str:
    """Return the clock's time of today and of the next 24 hours, else day and minutes."""
    soon = 0 <= at.ms - now.ms < _DAY * 1000
    return clock(at) if soon or day(at) == day(now) else f"{day(at)} {clock(at)[:5]}"


def machine(at: Moment) -> str:
    """Return the form of a `datetime` attribute: `2026-11-21T23:10:04Z`."""
    return f"{_iso(at)}Z"


def group(at: Moment) -> str:
    """Return the date-time group `212310Z NOV 26`."""
    found = _of(at)
    return f"{found:%d%H%M}Z {_MONTHS[found.month - 1]} {found:%y}"


def countdown(left: Span, words: Words, language: str) -> str:
    """Return `0:26:40`; what is over stands behind a true minus; a day and more as `2 d 03:10`."""
    # What is left is not over before its last second is.
    seconds = -left.ms // 1000 if left.ms < 0 else -(-left.ms // 1000)
    sign = MINUS if left.ms < 0 else ""
    hours, rest = divmod(seconds % _DAY, _HOUR)
    if seconds < _DAY:
        return f"{sign}{hours}:{rest // 60:02d}:{rest % 60:02d}"
    days = words.get("ui.when.days", language, days=str(seconds // _DAY))
    return f"{sign}{days} {hours:02d}:{rest // 60:02d}"


def age(past: Span, words: Words, language: str) -> str:
    """Return how long a state stands: `0:02`, `14:20`, `3:05:00`, `2 d 03:10`."""
    seconds = max(0, past.ms) // 1000
    if seconds < _HOUR:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return countdown(Span(seconds * 1000), words, language)


def ago(past: Span, words: Words, language: str) -> str:
    """Return the largest unit in words: `3 minutes ago`, with the plural of the language."""
    seconds = max(0, past.ms) // 1000
    for unit, size in (("days", _DAY), ("hours", _HOUR), ("minutes", 60)):
        if seconds >= size:
            return words.count(f"ui.ago.{unit}", language, seconds // size)
    return words.count("ui.ago.seconds", language, seconds)


def _iso(at: Moment) -> str:
    return _of(at).isoformat()[:19]


def _of(at: Moment) -> datetime:
    # A stranger's clock may say any year; a page must stand all the same.
    seconds = min(max(at.seconds, -62_135_596_800), _LAST)
    return _EPOCH + timedelta(seconds=seconds)
