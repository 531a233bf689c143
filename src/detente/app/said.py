"""Faults in the words of a page's language: the same facts, whoever wrote the sentence.

A fault is written once, in English, where it is found. A page of another language says the sentence
of said_LANGUAGE.toml with the same names and numbers in it; for one that stands nowhere there it says
what the code means, and shows the English beside it, so that no fact is lost.
"""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any, Final, NamedTuple

from detente.core.errors import Fault

WRITTEN: Final = "en"  # the language of the code
PLACE: Final = "{}"
NO_WORDS: Final[Mapping[str, str]] = {}
_NAMED: Final = f"{PLACE}: "
_PLACES: Final = re.compile(r"\{([0-9]*)([ws]?)\}")
_LETTERS_MIN: Final = 4  # a sentence with fewer of its own would fit everything


class Said(NamedTuple):
    """A fault for a page. because: what it names, in the words of the code; "" where `what` says it."""

    code: str
    what: str
    remedy: str
    because: str = ""

    def row(self, field: str = "") -> dict[str, str]:
        """Return it as templates take it."""
        return {"field": field, **self._asdict()}


def of(fault: Fault, language: str) -> Said:
    """Return a fault in a language of the house."""
    return sentence(fault.code, fault.what, fault.remedy, language)


def sentence(code: str, what: str, remedy: str, language: str) -> Said:
    """Return what a fault with this code says, in a language of the house."""
    if language == WRITTEN:
        return Said(code, what, remedy)
    known = meanings(language)[code]
    said = told(what, language)
    because = "" if said is not None else what
    return Said(code, said or known["what"], told(remedy, language) or known["try"], because)


@cache
def meanings(language: str) -> Mapping[str, Mapping[str, str]]:
    """Return by code what it means and what to do: `what` and `try`."""
    found: Mapping[str, Mapping[str, str]] = catalogue(f"{language}.toml")
    return found


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Return by sentence of the code the same in another language."""
    found: Mapping[str, str] = catalogue(f"said_{language}.toml")
    return found


def catalogue(name: str) -> Any:  # noqa: ANN401  what a TOML file holds
    """Return what a file of sentences says."""
    file = resources.files("detente.app") / "faults" / name
    return tomllib.loads(file.read_text("utf-8"))


def told(text: str, language: str) -> str | None:
    """Return a sentence of the code in a language; None where nobody wrote it in that language."""
    if language == WRITTEN:
        return text
    for pattern, template in _patterns(language):
        found = pattern.fullmatch(text)
        if found:
            return filled(template, found.groups(), sentences(language))
    return None


def as_it_is(fact: str) -> str:
    """Return a fact as it was told."""
    return fact


def filled(
    template: str, facts: Sequence[str], words: Mapping[str, str] = NO_WORDS,
    again: Callable[[str], str] = as_it_is,
) -> str:  # fmt: skip
    """Return a sentence with its places filled, in their order or by their numbers.

    What stands in a place such as {0w} is a word of ours, a role or a step: it is said in `words`.
    What stands in {0s} is a sentence itself: it is said by `again`.
    """
    left = iter(facts)

    def fact(place: re.Match[str]) -> str:
        found = facts[int(place[1])] if place[1] else next(left)
        if place[2] == "s":
            return again(found)
        return words.get(found, found) if place[2] else found

    return _PLACES.sub(fact, template)


@cache
def _patterns(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    # The longest first: it says most of what it means. At a field its name is not said again.
    rows = dict(sentences(language))
    rows |= {
        key.removeprefix(_NAMED): template.removeprefix(_NAMED)
        for key, template in rows.items()
        if key.startswith(_NAMED)
    }
    return patterns(rows)


def patterns(rows: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return sentences as patterns that find their facts, each with the same in another language."""
    return tuple(
        (re.compile("(.+?)".join(map(re.escape, key.split(PLACE))), re.DOTALL), template)
        for key, template in sorted(rows.items(), key=lambda row: -len(row[0]))
        if sum(map(str.isalpha, key)) >= _LETTERS_MIN
    )
