"""Why a version of a list waits, and what was not read of it, in the words of a reader's language.

A reason is written once, in English, where it is found. Another language says the sentence of
held_LANGUAGE.toml with the same names and numbers in it. What libraries say of a file stands there too.
"""

import re
from collections.abc import Mapping
from functools import cache, partial
from typing import Final, NamedTuple

from detente.app import said
from detente.core.errors import CODES

UNREADABLE: Final = "unreadable"  # the reason that is a fault: its code, then its sentence
PARTED: Final = "; "  # between two things that are told of one file


class _Sentences(NamedTuple):
    """Our sentences first: what a library says may look like one of ours. words: of libraries."""

    patterns: tuple[tuple[re.Pattern[str], str], ...]
    words: Mapping[str, str]


def reason(why: str, what: str, language: str) -> str:
    """Return what is shown of a reason to wait."""
    code, colon, rest = what.partition(": ")
    if why != UNREADABLE or not colon or code not in CODES or language == said.WRITTEN:
        return detail(what, language)
    told = _known(rest, language)
    if told is None:
        found = said.sentence(code, rest, "", language)
        told = f"{found.what} ({found.because})" if found.because else found.what
    return f"{code}: {told}"


def detail(what: str, language: str) -> str:
    """Return what is told of a file or of an entry; as it is where no sentence fits."""
    if language == said.WRITTEN:
        return what
    told = _known(what, language)
    if told is None and PARTED in what:
        told = PARTED.join(detail(each, language) for each in what.split(PARTED))
    return what if told is None else told


def _known(what: str, language: str) -> str | None:
    patterns, words = _sentences(language)
    for pattern, template in patterns:
        found = pattern.fullmatch(what)
        if found:
            return said.filled(template, found.groups(), words, partial(detail, language=language))
    return None


@cache
def _sentences(language: str) -> _Sentences:
    found = said.catalogue(f"held_{language}.toml")
    both = (*said.patterns(found["ours"]), *said.patterns(found["libraries"]))
    return _Sentences(both, found["words"])
