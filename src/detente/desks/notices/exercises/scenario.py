"""A scenario as data: two roles, a timeline of injects, questions with right answers.

Moments of a scenario are spans after its beginning. A value of a notice may be such a moment too,
written T-20m or T+2h, and prose stands in each language, so that each side writes in its own.
"""

import re
from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.notices.formats.declared import Choice, word

Words = tuple[tuple[str, str], ...]  # a text in each language
NOTICE: Final = "notice"  # a notice that the role's side sends
SILENCE: Final = "silence"  # nothing of the exercise leaves the role's side
CUT: Final = "cut"  # nothing of the exercise leaves either side
WORD: Final = "word"  # the controller of the role's side is told something
DOES: Final = (NOTICE, SILENCE, CUT, WORD)
ROLES: Final = 2
NONE: Final = Span(0)
_SPAN: Final = re.compile(r"(0|[1-9][0-9]{0,3})([smh])")
_TIME: Final = re.compile(r"T([+-])((?:0|[1-9][0-9]{0,3})[smh])")
_UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000}  # milliseconds


@dataclass(frozen=True, slots=True)
class Role:
    """One side of the play, and what its people are told before."""

    name: str
    title: Words
    situation: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Inject:
    """What happens at a moment. by: the role that does it; lasts: of a silence or a cut.

    values: of a notice, names and texts; a text in several languages is prose.
    """

    name: str
    does: str
    at: Span
    by: str
    lasts: Span = NONE
    format: str = ""
    precedence: str = ""
    values: tuple[tuple[str, Words], ...] = ()
    text: Words = ()

    def told(self, zero: Moment, language: str) -> tuple[tuple[str, str], ...]:
        """Return the names and texts of the notice, as a side of a language sends it."""
        return tuple((name, _at(word(texts, language), zero)) for name, texts in self.values)


@dataclass(frozen=True, slots=True)
class Question:
    """What readers of both sides are asked about an inject, and the code of the right answer."""

    name: str
    after: str
    text: Words
    choices: tuple[Choice, ...]
    right: str

    def shown(self, code: str, language: str) -> str:
        """Return a choice as people read it; a code that is none of them as it is."""
        return next((word(c.words, language) for c in self.choices if c.code == code), code)


@dataclass(frozen=True, slots=True)
class Scenario:
    """The declaration. name: the mark that every record of the exercise carries."""

    name: str
    title: Words
    situation: Words
    lasts: Span
    roles: tuple[Role, ...]
    injects: tuple[Inject, ...]
    questions: tuple[Question, ...]

    def role(self, name: str) -> Role:
        """Return a role by its name; KeyError if there is none."""
        return {each.name: each for each in self.roles}[name]

    def other(self, name: str) -> Role:
        """Return the role that is not the one named."""
        return next(each for each in self.roles if each.name != name)

    def inject(self, name: str) -> Inject | None:
        """Return an inject by its name."""
        return next((each for each in self.injects if each.name == name), None)

    @property
    def notices(self) -> tuple[Inject, ...]:
        """The injects that are notices."""
        return tuple(each for each in self.injects if each.does == NOTICE)


def span(text: str) -> Span | None:
    """Return a span written as 90s, 10m or 2h; None for anything else."""
    found = _SPAN.fullmatch(text)
    return Span(int(found[1]) * _UNITS[found[2]]) if found else None


def _at(text: str, zero: Moment) -> str:
    found = _TIME.fullmatch(text)
    if found is None:
        return text
    away = span(found[2])
    assert away is not None, "its form says so"
    at = zero + (away if found[1] == "+" else Span(-away.ms))
    return f"{str(at)[:16]}Z"
