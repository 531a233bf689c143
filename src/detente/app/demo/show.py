"""How the demo speaks: a plain line a step for people, or one JSON object a line."""

import os
import shlex
import shutil
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detente.app.face import Out, say
from detente.core.canon import Json
from detente.core.errors import Fault

_CLEAR: Final = "\r\x1b[K"
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"
_INDENT: Final = " " * 6
_NAME: Final = 12  # columns of a step's name
_LEAST: Final = 60  # columns of a line of words
_MOST: Final = 110


@dataclass(frozen=True, slots=True)
class Told:
    """What a step did: words, the commands with which to do it oneself, figures for machines.

    shown: what a command of it answered, as a person reads it.
    """

    what: str
    commands: Sequence[str]
    figures: dict[str, Json] = field(default_factory=dict)
    shown: Sequence[str] = ()


def command(*words: str) -> str:
    """Return a command as one would type it."""
    return shlex.join(words)


def _decimal(seconds: float) -> Any:  # noqa: ANN401  records hold no decimals; this is no record
    return round(seconds, 3)


class Show:
    """Where the demo's lines go. steps: how many there will be."""

    def __init__(self, out: Out, steps: int, *, quiet: bool) -> None:
        """quiet: the steps are not told at all, only what is asked for in the end."""
        self._out, self._of, self.quiet = out, steps, quiet
        self._n, self._name = 0, ""
        people = not (quiet or out.as_json)
        self._live = people and sys.stdout.isatty() and sys.stderr.isatty()
        self._dim = sys.stdout.isatty() and "NO_COLOR" not in os.environ

    def say(self, *lines: str) -> None:
        """Say something that is no step; machines do not hear it."""
        if not self.quiet and not self._out.as_json:
            self._out.answer(None, lines)
            sys.stdout.flush()

    def row(self, row: dict[str, Json], *lines: str) -> None:
        """Give one JSON object to machines, and lines to people."""
        self._out.answer(row, lines)
        sys.stdout.flush()

    def begin(self, name: str) -> None:
        """Name the step that is under way."""
        self._n, self._name = self._n + 1, name
        self.progress("…")

    def progress(self, what: str) -> None:
        """Show how far a step has come, on a terminal only."""
        if self._live:
            print(f"{_CLEAR}{self._head()}{what}", end="", file=sys.stderr, flush=True)

    def done(self, told: Told, seconds: float) -> None:
        """Tell a step that did what it should."""
        self._clear()
        if self.quiet:
            return
        lines = self._wrapped(f"{told.what}   {seconds:.1f} s")
        before, after = (_DIM, _PLAIN) if self._dim else ("", "")
        lines += [f"{before}{_INDENT}{each}{after}" for each in told.commands]
        lines += [f"{_INDENT}  | {each}" for each in told.shown]
        self.row(
            {
                **self._row(ok=True, seconds=seconds),
                "what": told.what,
                "command": "\n".join(told.commands),
                "shown": [*told.shown],
                **told.figures,
            },
            *lines,
        )

    def failed(self, fault: Fault, seconds: float, logs: Sequence[str]) -> None:
        """Tell a step that did not; logs: files that are kept, to look into."""
        self._clear()
        error: Json = {"code": fault.code, "what": fault.what, "remedy": fault.remedy}
        lines = [f"{self._head()}{say('demo.failed', what=fault.what)}"]
        lines += [f"{_INDENT}{fault.code}; {fault.remedy}"]
        lines += [f"{_INDENT}{say('demo.log', file=each)}" for each in logs]
        row: dict[str, Json] = {"what": fault.what, "error": error, "logs": list(logs)}
        self.row({**self._row(ok=False, seconds=seconds), **row}, *lines)

    def end(self, row: dict[str, Json], seconds: float, lines: Sequence[str]) -> None:
        """Tell the end of it."""
        if not self.quiet:
            self.row({**row, "seconds": _decimal(seconds)}, "", *lines)

    def _clear(self) -> None:
        if self._live:
            print(_CLEAR, end="", file=sys.stderr, flush=True)

    def _wrapped(self, text: str) -> list[str]:
        head = self._head()
        width = max(_LEAST, min(shutil.get_terminal_size((_MOST, 1)).columns, _MOST))
        rows = textwrap.wrap(
            text, width - len(head), break_long_words=False, break_on_hyphens=False
        )
        return [head + rows[0], *(" " * len(head) + each for each in rows[1:])]

    def _head(self) -> str:
        number = f"{self._n}/{self._of}"
        return f"{number:>5} {say(f'demo.{self._name}_name'):{_NAME}} "

    def _row(self, *, ok: bool, seconds: float) -> dict[str, Json]:
        return {
            "step": self._name,
            "n": self._n,
            "of": self._of,
            "ok": ok,
            "seconds": _decimal(seconds),
        }
