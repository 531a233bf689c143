"""A name in parts: words that carry it, legal forms as one sign each, particles and titles aside."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from detente.screening import arabic, han, lexicon
from detente.screening.fold import fold, latin_of
from detente.screening.text import ARABIC, CYRILLIC, HAN, clean, script_of, words_of
from detente.screening.typing_errors import scanned

PARTS_MAX: Final = 24  # parts of one name that are looked at
WORDS_MAX: Final = 2 * PARTS_MAX  # words of it, particles and titles among them
_SERVANTS: Final = frozenset("abd abdul abdel abdal abdoul abdol abdu عبد".split())
_ARTICLES: Final = frozenset("al el ul ur ar ol il as ash ad an at az ال".split())
# Second halves of names that stand alone in one spelling and not in the next.
_TAILS: Final = {
    "allah": "allah", "ullah": "allah", "din": "aldin", "deen": "aldin", "eddin": "aldin", "aldin": "aldin",
    "eldin": "aldin", "eddine": "aldin", "uddin": "aldin", "dine": "aldin", "الله": "الله", "الدين": "الدين",
}  # fmt: skip
_FORM_WORDS: Final = frozenset(
    w for words in lexicon.FORM_OF if len(words) > 1 for w in words if len(w) > 4
)
_BY_FOLD: Final = {fold(w): w for w in sorted(_FORM_WORDS) if len(w) > 6}
_BY_SCAN: Final = {scanned(w): w for w in sorted(_FORM_WORDS)}
_LONG: Final = tuple(sorted(w for w in _FORM_WORDS if len(w) > 6))
_STRAY: Final = frozenset(
    "joint stock limited liability obshchestvo aktsionernoe ogranichennoi otvetstvennostyu".split()
)
_GLUED: Final = ("limited", "company", "corporation", "incorporated", "ltd", "llc", "gmbh", "ltda")
_BOOKED: Final = re.compile(r"^[a-z' -]+/[a-z' -]+$")
_POLITE: Final = re.compile(r"(?<=[a-z]{2}) ?(?:mr|mrs|ms|miss|mstr|dr|chd|inf)$")
_MARKING: Final = re.compile(r"^[a-z0-9]{1,2}-[a-z0-9]{2,6}$")
_HAN_RUN: Final = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True, slots=True)
class Parts:
    """A name in parts. `words`: what carries it; `forms`: legal forms; `script`: of the name.

    `aside` counts what was laid aside (particles, titles). Light words are in `words`. cut: the name
    has more words than are looked at.
    """

    words: tuple[str, ...]
    forms: tuple[str, ...]
    script: str
    aside: int
    cut: bool = False


def split(name: str, *, person: bool = False) -> Parts:
    """Return the parts of a name of any script. A person's name has no legal form in it."""
    text = clean(name)
    if person and _BOOKED.match(text):
        text = _POLITE.sub("", text)
    if not person and _MARKING.match(text):
        text = text.replace("-", "")
    raw = words_of(text)
    found = of_words(tuple(raw[:WORDS_MAX]), script_of(text), person=person)
    return found if len(raw) <= WORDS_MAX else replace(found, cut=True)


@lru_cache(maxsize=1 << 14)
def of_words(raw: tuple[str, ...], script: str, *, person: bool = False) -> Parts:
    """Return the parts of a name that is already in words."""
    if script == HAN:
        parts = _han(raw)
        return Parts(tuple(parts[:PARTS_MAX]), (), script, 0, len(parts) > PARTS_MAX)
    if script == ARABIC:
        raw = tuple(w for w in map(arabic.one_spelling, raw) if w)  # a hamza alone is no word
    if not person:
        raw = tuple(_unglued(list(raw)))
    latin = [latin_of(w) for w in raw] if script == CYRILLIC else list(raw)
    words, forms = (list(raw), []) if person else _forms(list(raw), latin)
    words = _join_servant(words)
    kept = [w for w in words if not _aside(w, person=person)]
    if script == ARABIC:
        kept = [arabic.without_article(w) for w in kept]
    if not kept:
        kept, forms = (words or list(raw)), (forms if words else [])
    cut, kept = len(kept) > PARTS_MAX, [lexicon.WHOLE.get(w, w) for w in kept[:PARTS_MAX]]
    return Parts(tuple(kept), tuple(dict.fromkeys(forms)), script, len(words) - len(kept), cut)


def _aside(word: str, *, person: bool) -> bool:
    if person and len(word) == 1:
        return word == "و"  # a letter is an initial
    return word in lexicon.PARTICLES or (word in lexicon.TITLES and word not in lexicon.LIGHT)


@lru_cache(maxsize=1 << 16)
def _meant(word: str) -> str:
    """Return the word of a legal form that a mistyped or badly scanned word stands for."""
    if len(word) < 6 or word in _FORM_WORDS or word in lexicon.FORM_STARTS:
        return word
    form = _BY_FOLD.get(fold(word)) or _BY_SCAN.get(scanned(word))
    if form is None:
        near = [
            f
            for f in _LONG
            if abs(len(f) - len(word)) < 2 and (f[:2] == word[:2] or f[-3:] == word[-3:])
        ]
        form = next((f for f in near if OSA.distance(word, f, score_cutoff=1) < 2), None)
    return form or word


def _unglued(raw: list[str]) -> list[str]:
    """`shippinglimited` is two words."""
    out = []
    for word in raw:
        end = next((e for e in _GLUED if len(word) > len(e) + 2 and word.endswith(e)), None)
        out += [word[: -len(end)], end] if end and len(end) > 3 else [word]
    return out


def _forms(raw: list[str], latin: list[str]) -> tuple[list[str], list[str]]:
    """Take legal forms out, the longest first; a name of forms alone keeps its words."""
    words, forms, i = [], [], 0
    latin = [_meant(w) for w in latin]
    while i < len(raw):
        if latin[i] in lexicon.FORM_STARTS:
            for size in range(min(lexicon.FORM_LONGEST, len(raw) - i), 0, -1):
                form = lexicon.FORM_OF.get(tuple(latin[i : i + size]))
                if form:
                    forms.append(form)
                    i += size
                    break
            else:
                words.append(raw[i])
                i += 1
        else:
            words.append(raw[i])
            i += 1
    if forms or len(words) > 2:
        words = [w for w in words if w not in _STRAY] or words
    return words, forms


def _join_servant(words: list[str]) -> list[str]:
    """`abd al rahman`, `abdul rahman`: one part, as it is one name."""
    out: list[str] = []
    i = 0
    while i < len(words):
        word = words[i]
        if word in _SERVANTS:
            j = i + 1
            if j < len(words) - 1 and words[j] in _ARTICLES:
                j += 1
            if j < len(words) and len(words[j]) > 2:
                rest = words[j]
                out.append(_servant_arabic(rest) if word == "عبد" else "abd" + rest)
                i = j + 1
                continue
        before = next((w for w in reversed(out) if w not in _ARTICLES), "")
        if word in _TAILS and len(before) > 2:
            while out[-1] in _ARTICLES:
                out.pop()
            out[-1] += _TAILS[word]
        else:
            out.append(word)
        i += 1
    return out


def _servant_arabic(rest: str) -> str:
    return "عبدال" + (rest[2:] if rest.startswith("ال") and len(rest) > 3 else rest)


def _han(raw: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for word in raw:
        for run in _HAN_RUN.findall(han.simple(word)) or [word]:
            found += han.parts(run) if len(raw) == 1 else [run]
    return found
