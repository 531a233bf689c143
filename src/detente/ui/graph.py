"""An object and its neighbours drawn: who names it on the left, what it names on the right. SVG.

Classes carry the looks; without a style sheet it is black on white. A table beside it tells the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from detente.ui.safe import Html, plain_title

NODES_MAX: Final = 24  # on one side; the table beside tells all
_WIDE: Final = 1_000
_BOX: Final = 270
_HIGH: Final = 52
_ROW: Final = 68
_TITLE: Final = 30  # characters in a box
_TOLD: Final = 8_000  # characters for whoever hears it
_TIE: Final = 20  # over a line
_INK: Final = 'fill="currentColor" stroke="none"'


@dataclass(frozen=True, slots=True)
class Node:
    """An object. href: its page, "" for none. quiet: it no longer stands."""

    title: str
    kind: str
    href: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A line to another object. outward: the one in the middle names it."""

    what: str
    node: Node
    outward: bool


def svg(middle: Node, steps: Sequence[Step], title: str, told: str) -> Html:
    """Return the drawing; title and told are what a reader hears who does not see it."""
    left = [step for step in steps if not step.outward][:NODES_MAX]
    right = [step for step in steps if step.outward][:NODES_MAX]
    high = max(len(left), len(right), 1) * _ROW + 16
    centre = high // 2
    head = (
        '<svg class="graph" xmlns="http://www.w3.org/2000/svg" role="group" font-family="sans-serif"'
        ' font-size="14" fill="none" stroke="currentColor"'
        f' viewBox="0 0 {_WIDE} {high}" aria-labelledby="graph-title graph-desc">'
    )
    x = (_WIDE - _BOX) // 2
    parts = [
        head,
        f'<title id="graph-title">{escape(plain_title(title))}</title>',
        f'<desc id="graph-desc">{escape(plain_title(told, _TOLD))}</desc>',
    ]
    for side, column in ((left, 0), (right, _WIDE - _BOX)):
        top = centre - len(side) * _ROW // 2
        for place, step in enumerate(side):
            y = top + place * _ROW + _ROW // 2
            parts += _line(step, y, centre, x)
            parts += _box(step.node, column, y)
    parts += _box(middle, x, centre, is_middle=True)
    return Html("\n".join([*parts, "</svg>"]))


def _box(node: Node, x: int, y: int, *, is_middle: bool = False) -> list[str]:
    classes = " ".join(
        ["node", *(["middle"] if is_middle else []), *(["quiet"] if node.quiet else [])]
    )
    stroke = ' stroke-width="3"' if is_middle else ' stroke-dasharray="5 3"' if node.quiet else ""
    name = plain_title(node.title, _TITLE) or node.kind
    drawn = [
        f'<rect x="{x + 2}" y="{y - _HIGH // 2}" width="{_BOX - 4}" height="{_HIGH}" rx="4"{stroke}/>',
        f'<text {_INK} x="{x + 14}" y="{y - 4}" font-weight="600">{escape(name)}</text>',
        f'<text {_INK} x="{x + 14}" y="{y + 16}" font-size="12">{escape(plain_title(node.kind, 36))}</text>',
    ]
    if node.href:
        drawn = [f'<a href="{escape(node.href)}">', *drawn, "</a>"]
    return [f'<g class="{classes}">', *drawn, "</g>"]


def _line(step: Step, y: int, centre: int, middle: int) -> list[str]:
    if step.outward:
        begin, end, word = middle + _BOX, _WIDE - _BOX, _WIDE - _BOX - 10
        anchor = "end"
    else:
        begin, end, word = _BOX, middle, _BOX + 4
        anchor = "start"
    first, last = (centre, y) if step.outward else (y, centre)
    bend = (begin + end) // 2
    return [
        f'<path class="step" d="M {begin} {first} C {bend} {first} {bend} {last} {end - 6} {last}"/>',
        f'<path fill="currentColor" d="M {end - 8} {last - 4} L {end} {last} L {end - 8} {last + 4} Z"/>',
        (
            f'<text class="tie" {_INK} font-size="12" text-anchor="{anchor}" x="{word}" y="{y - 6}">'
            f"{escape(plain_title(step.what, _TIE))}</text>"
        ),
    ]
