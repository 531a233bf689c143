"""A procedure drawn and told from its declaration: SVG for screens and pages, Markdown for docs.

The drawing is a track diagram: each state a line, each move a track that leaves the states where it
may begin (dots) and ends at an arrow. Classes carry the looks; nothing is styled here.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from detente.core.moment import Span
from detente.core.names import PRECEDENCES
from detente.office.procedure import Clock, Duty, Move, Procedure, State
from detente.ui.words import Words

_LEFT: Final = 300  # where tracks begin, in units of the drawing
_TRACK: Final = 34
_ROW: Final = 40
_TOP: Final = 56
_LINE: Final = 20
_INK: Final = 'fill="currentColor" stroke="none"'  # looks of a page without a style sheet

_BORDER: Final = {"owing": "", "resting": ' stroke-dasharray="5 3"', "end": ' stroke-width="3"'}


class Picture:
    """One procedure in one language."""

    def __init__(self, procedure: Procedure, words: Words, language: str) -> None:
        self._procedure, self._words, self._language = procedure, words, language

    def _say(self, key: str, **places: str) -> str:
        return self._words.get(f"ui.procedure.{key}", self._language, **places)

    def _word(self, table: str, name: str) -> str:
        key = f"{self._procedure.desk}.{table}.{name}"
        return self._words.get(key, self._language)

    @property
    def title(self) -> str:
        """What it is, in words."""
        return self._word("procedure", self._procedure.name.partition(".")[2])

    def state(self, name: str) -> str:
        """Return a state in words."""
        return self._word("state", name)

    def move(self, move: Move) -> str:
        """Return a move in words: kind, who, and what its body must say."""
        who = self._words.get(f"ui.who.{move.who}", self._language)
        if move.guard is None:
            return self._say("move", kind=move.kind, who=who)
        values = ", ".join(move.guard.any_of)
        return self._say("move_if", kind=move.kind, who=who, field=move.guard.field, values=values)

    def svg(self, now_at: str = "") -> str:
        """Return the drawing; now_at: the state where a course stands, marked so."""
        states, moves = self._procedure.states, self._procedure.moves
        rows = {state.name: _TOP + place * _ROW for place, state in enumerate(states)}
        wide = _LEFT + _TRACK * (len(moves) + 1)
        high = _TOP + _ROW * len(states) + _LINE * (len(moves) + 1)
        name = self._procedure.name.replace(".", "-")
        head = " ".join(
            (
                '<svg class="procedure" xmlns="http://www.w3.org/2000/svg" role="img"',
                'font-family="sans-serif" font-size="14" fill="none" stroke="currentColor"',
                f'viewBox="0 0 {max(wide, 640)} {high}"',
                f'aria-labelledby="{name}-title {name}-desc">',
            )
        )
        parts = [
            head,
            f'<title id="{name}-title">{escape(self.title)}</title>',
            f'<desc id="{name}-desc">{escape(self.told())}</desc>',
        ]
        for state in states:
            parts += self._row(state, rows[state.name], wide, is_now=state.name == now_at)
        for place, move in enumerate(moves):
            x = _LEFT + _TRACK * (place + 1)
            parts += _track(move, rows, x, place + 1)
            y = _TOP + _ROW * len(states) + _LINE * (place + 1)
            parts.append(
                f'<text class="legend" {_INK} x="8" y="{y}">{place + 1}  {escape(self.move(move))}</text>'
            )
        return "\n".join([*parts, "</svg>"]) + "\n"

    def _row(self, state: State, y: int, wide: int, *, is_now: bool) -> list[str]:
        kind = "end" if state.is_end else "owing" if state.owes else "resting"
        more = " now" if is_now else ""
        text = escape(self.state(state.name))
        return [
            f'<g class="state {kind}{more}">',
            f'<line class="rail" opacity="0.25" x1="{_LEFT}" y1="{y}" x2="{wide}" y2="{y}"/>',
            f'<rect x="8" y="{y - 14}" width="{_LEFT - 16}" height="28" rx="4"{_BORDER[kind]}/>',
            f'<text {_INK} x="18" y="{y + 5}">{text}</text>',
            "</g>",
        ]

    def told(self) -> str:
        """Return all moves as sentences, for who does not see the drawing."""
        told = []
        for move in self._procedure.moves:
            begin = ", ".join(map(self.state, move.begin))
            told.append(f"{self.move(move)}: {begin} → {self.state(move.end)}.")
        return " ".join(told)

    # As text.

    def page(self, drawing: str) -> str:
        """Return the section of a page in Markdown; drawing: the place of the SVG beside it."""
        parts = [f"## {self.title}", f"`{self._procedure.name}`", f"![{self.title}]({drawing})"]
        opens = ", ".join(map(self._open, self._procedure.opens))
        parts.append(self._say("opens", kinds=opens))
        if self._procedure.under is not None:
            name, who = self._procedure.under
            by = self._words.get(f"ui.who.{who}", self._language)
            parts.append(self._say("under", name=f"`{name}`", who=by))
        parts.append(
            self._table(("state", "owes", "clock"), map(self._state_row, self._procedure.states))
        )
        parts.append(
            self._table(("record", "from", "to"), map(self._move_row, self._procedure.moves))
        )
        clocks = {clock.name: clock for clock in self._procedure.clocks}
        heads = ("clock", *PRECEDENCES, "ladder")
        parts.append(self._table(heads, map(self._clock_row, clocks.values())))
        return "\n\n".join(parts) + "\n"

    def _open(self, kind: str) -> str:
        begins = self._procedure.begins.get(kind)
        return f"`{kind}`" + (f" → {self.state(begins)}" if begins else "")

    def _table(self, heads: Sequence[str], rows: Iterable[list[str]]) -> str:
        named = [head if head in PRECEDENCES else self._say(f"head_{head}") for head in heads]
        lines = [named, ["---"] * len(named), *rows]
        return "\n".join("| " + " | ".join(each) + " |" for each in lines)

    def _state_row(self, state: State) -> list[str]:
        shown = f"**{self.state(state.name)}** `{state.name}`"
        if not state.owes:
            return [shown, self._say("end" if state.is_end else "rests"), ""]
        owes = "; ".join(map(self.duty, state.owes))
        return [shown, owes, ", ".join(self._word("clock", each.clock.name) for each in state.owes)]

    def duty(self, duty: Duty) -> str:
        """Return what one side owes, in words."""
        who = self._words.get(f"ui.who.{duty.who}", self._language)
        return f"{who}: " + ", ".join(f"`{kind}`" for kind in duty.kinds)

    def _move_row(self, move: Move) -> list[str]:
        return [self.move(move), ", ".join(map(self.state, move.begin)), self.state(move.end)]

    def _clock_row(self, clock: Clock) -> list[str]:
        ladder = "; ".join(
            f"+{self._span(rung.after)} {self._words.get(f'ui.up.{rung.up}', self._language)}"
            for rung in clock.ladder
        )
        spans = [self._span(clock.within[each]) for each in PRECEDENCES]
        return [self._word("clock", clock.name), *spans, ladder]

    def _span(self, span: Span) -> str:
        minutes = span.ms // 60_000
        if minutes % 60:
            return self._say("minutes", count=str(minutes))
        return self._say("hours", count=str(minutes // 60))


def _track(move: Move, rows: dict[str, int], x: int, number: int) -> list[str]:
    begins, end = [rows[name] for name in move.begin], rows[move.end]
    top, low, side = min([*begins, end]), max([*begins, end]), -6
    return [
        f'<g class="move {move.who}">',
        f'<text class="number" {_INK} text-anchor="middle" x="{x}" y="{_TOP - 28}">{number}</text>',
        f'<line class="track" x1="{x}" y1="{top}" x2="{x}" y2="{low}"/>',
        *(f'<circle class="from" fill="currentColor" cx="{x}" cy="{y}" r="4"/>' for y in begins),
        f'<path class="to" fill="currentColor" d="M {x + side} {end - 7} L {x - 14} {end} L {x + side} {end + 7} Z"/>',
        f'<line class="track" x1="{x - 14}" y1="{end}" x2="{x}" y2="{end}"/>',
        "</g>",
    ]
