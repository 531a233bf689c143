"""The fold of a word: what is left when the ways to write a sound in Latin letters are made one.

Two spellings of one name mostly have one fold. `skeleton` keeps less: the consonants. `others`
gives the further folds of a spelling that may be read in two ways (`ch`, `x`, `j`).
"""

import re
from functools import lru_cache
from typing import Final

from detente.screening import arabic, cyrillic, han
from detente.screening.text import ARABIC, CYRILLIC, HAN, script_of

HEARD: Final = "~"  # before a fold that has consonants and long vowels only

_STEPS: Final = (
    ("shch", "s"), ("chtch", "s"), ("sch", "s"), ("tsch", "c"), ("tch", "c"), ("dzh", "j"), ("dj", "j"),
    ("kh", "h"), ("gh", "g"), ("zh", "j"), ("sh", "s"), ("ch", "c"), ("ts", "c"), ("tz", "c"),
    ("cz", "c"), ("dh", "d"), ("th", "t"), ("ph", "f"), ("ks", "x"), ("ck", "k"), ("aou", "au"),
    ("ou", "u"), ("oo", "u"), ("ee", "i"), ("iy", "i"), ("yy", "i"), ("ij", "i"), ("ii", "i"),
    ("yu", "u"), ("iu", "u"), ("ju", "u"), ("ya", "a"), ("ia", "a"), ("ye", "e"), ("ie", "e"),
    ("je", "e"), ("yo", "o"), ("q", "k"), ("w", "v"), ("y", "i"),
)  # fmt: skip
_AGAIN: Final = re.compile(r"(.)\1+")
_SOFT_J: Final = re.compile(r"j(?=[^aeiou]|$)")
_VOWELS: Final = re.compile(r"[aeiou]")
_OFF: Final = re.compile(r"(?<=[oe])ff$")
_SERVANT: Final = re.compile(r"^abd(?:[aeiou]{1,2}(?=[lrnszdt]))?([lrnszdt]?)[ -]?(?=[a-z]{3})")
_READ_AS: Final = (
    ("tch", ("c",)), ("sch", ("sk",)), ("ch", ("s", "h", "k")), ("x", ("h", "s")), ("dh", ("z",)),
    ("gh", ("k",)), ("th", ("s",)), ("g", ("j",)), ("j", ("i",)), ("q", ("g",)), ("z", ("s",)), ("c", ("k", "s")),
    ("w", ("u",)), ("ph", ("p",)), ("au", ("o",)), ("ae", ("a",)), ("oe", ("o",)), ("ue", ("u",)),
    ("tz", ("z",)), ("ts", ("z",)), ("h", ("",)), ("jia", ("ia",)), ("s", ("z",)),
)  # fmt: skip
_LAH: Final = re.compile(r"(?<=[^aeiou])[aeou]{1,2}ll?a+h?$")
_DIN: Final = re.compile(r"(?<=.{2})(?:[aeou]l|[aeoui]{1,2}d)-?d+[iey]{1,2}n$")
_LAST_H: Final = re.compile(r"(?<=.{2}[aei])h$")
_OTHERS_MAX: Final = 12


def latin_of(word: str) -> str:
    """Return a word of any script that we read in plain Latin letters."""
    if word.isascii():
        return word
    script = script_of(word)
    if script == CYRILLIC:
        return cyrillic.latin(word)
    if script == HAN:
        return han.reading(word)
    return word


@lru_cache(maxsize=1 << 18)
def fold(word: str) -> str:
    """Return the fold of a cleaned word of any script; Arabic ones begin with HEARD."""
    if not word.isascii():
        if script_of(word) == ARABIC:
            return HEARD + arabic.sound(arabic.without_article(arabic.one_spelling(word)))
        word = latin_of(word) or word
    return _fold_latin(word) or word


def _fold_latin(word: str) -> str:
    if word.startswith("abd"):
        word = _servant(word)
    word = _SOFT_J.sub("i", word) if "j" in word and "dj" not in word else word
    if word.endswith("ff"):
        word = _OFF.sub("v", word)
    if len(word) > 5:
        if word.endswith(("lah", "lla")) and not word.endswith("ella"):
            word = _LAH.sub("lah", word)
        elif word[-1] == "n":
            word = _DIN.sub("din", word)
    for old, new in _STEPS:
        if old in word:
            word = word.replace(old, new)
    if word[-1:] == "h":
        word = _LAST_H.sub("", word)
    return _AGAIN.sub(r"\1", word) if len(set(word)) < len(word) else word


def _servant(word: str) -> str:
    """`abdulrahman`, `abdelrahman`, `abdurrahman`, `abdrahman`: one word, `abdrahman`."""
    found = _SERVANT.match(word)
    if not found or len(word) < 7:
        return word
    rest = word[found.end() :]
    sun = found.group(1)
    return "abd" + (rest if not sun or sun == "l" or rest.startswith(sun) else sun + rest)


@lru_cache(maxsize=1 << 18)
def skeleton(folded: str) -> str:
    """Return the consonants of a fold; a vowel at the beginning is `'`."""
    if folded.startswith(HEARD):
        folded = folded[1:]
    head = "'" if folded[:1] in "aeiou'" else folded[:1]
    return head + _VOWELS.sub("", folded[1:])


@lru_cache(maxsize=1 << 16)
def others(word: str) -> tuple[str, ...]:
    """Return the further folds of a word, if parts of it can be read in another way."""
    if not word.isascii() and script_of(word) == ARABIC:
        plain = arabic.without_article(arabic.one_spelling(word))
        return tuple(HEARD + s for s in arabic.sounds(plain)[1:])
    if not word.isascii() or len(word) < 3:
        return ()
    first = fold(word)
    found: dict[str, None] = {}
    for old, news in _READ_AS:
        if old not in word:
            continue
        for new in news:
            for base in (word, *tuple(found)[:1]):
                other = _fold_latin(base.replace(old, new))
                if other != first and len(other) > 1:
                    found[other] = None
            if len(found) >= _OTHERS_MAX:
                return tuple(found)[:_OTHERS_MAX]
    return tuple(found)
