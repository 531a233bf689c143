"""A year of hourly tests as a picture: a column a day, a row an hour, told by signs. SVG.

Every state has a shade and a height of its own, so that it is read without colour and on paper.
Classes carry the colours; a table beside it tells the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Final

from detente.ui.safe import Html, plain_title

_COLUMN: Final = 4  # units wide
_ROW: Final = 6  # units high
_HOURS: Final = 24
_LEFT: Final = 36
_TOP: Final = 18
_LEGEND: Final = 30
# By sign: class, and how dark it is on paper.
_STATES: Final[Mapping[str, tuple[str, str]]] = {
    "+": ("ready", ".22"), "o": ("sealed", ".45"), "?": ("changed", ".7"), "!": ("missed", "1"),
    ".": ("waiting", ".1"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """One day: its date as people read it, and a sign for each of its 24 hours."""

    date: str
    signs: str


def svg(days: Sequence[Day], words: Mapping[str, str], title: str, told: str) -> Html:
    """Return the picture. words: of each class; title, told: for who hears it."""
    wide = _LEFT + max(1, len(days)) * _COLUMN
    bottom = _TOP + _HOURS * _ROW
    head = (
        '<svg class="readiness" xmlns="http://www.w3.org/2000/svg" role="img" font-size="11"'
        f' font-family="sans-serif" fill="currentColor" viewBox="0 0 {wide} {bottom + _LEGEND}"'
        ' aria-labelledby="ready-title ready-desc">'
    )
    ground = (
        f'<rect class="ground" x="{_LEFT}" y="{_TOP}" width="{wide - _LEFT}"'
        f' height="{_HOURS * _ROW}" fill="none" stroke="currentColor" stroke-opacity=".3"/>'
    )
    parts = [
        head,
        f'<title id="ready-title">{escape(plain_title(title))}</title>',
        f'<desc id="ready-desc">{escape(plain_title(told, 2_000))}</desc>',
        ground,
        *(f'<text x="0" y="{_TOP + h * _ROW + 9}">{h:02}:00</text>' for h in range(0, _HOURS, 6)),
    ]
    for place, day in enumerate(days):
        x = _LEFT + place * _COLUMN
        if day.date.endswith("-01"):
            parts.append(f'<text x="{x}" y="12">{escape(day.date[:7])}</text>')
            parts.append(
                f'<path d="M {x} {_TOP - 4} V {bottom}" stroke="currentColor" stroke-opacity=".4"'
                ' stroke-width=".7"/>'
            )
        parts += _column(day.signs, x)
    parts += _legend(words, bottom + 20)
    return Html("\n".join([*parts, "</svg>"]))


def _column(signs: str, x: int) -> Iterator[str]:
    hour = 0
    for sign, run in groupby(signs[:_HOURS]):
        count = len(list(run))
        if sign in _STATES:
            name, dark = _STATES[sign]
            yield (
                f'<rect class="{name}" x="{x}" y="{_TOP + hour * _ROW}" width="{_COLUMN}"'
                f' height="{count * _ROW}" fill-opacity="{dark}"/>'
            )
        hour += count


def _legend(words: Mapping[str, str], y: int) -> Iterator[str]:
    x = _LEFT
    for name, dark in _STATES.values():
        word = words.get(name, name)
        yield (
            f'<rect class="{name}" x="{x}" y="{y - 9}" width="10" height="10"'
            f' fill-opacity="{dark}" stroke="currentColor" stroke-opacity=".3"/>'
            f'<text x="{x + 15}" y="{y}">{escape(word)}</text>'
        )
        x += 40 + 7 * len(word)
