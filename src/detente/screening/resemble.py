"""How much one word is another: in thousandths, with the reason that is told to people.

Whole numbers, so that every machine counts the same.
"""

import re
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, LCSseq

from detente.screening import han
from detente.screening.fold import HEARD, fold, others, skeleton
from detente.screening.word import Word

SAME, SPELLING, OTHER_READING, SHORT, VOWELS, SOUND, TYPING, SCAN, CUT, INITIAL, GLUED, NONE = (
    "same", "spelling", "other_reading", "short_form", "vowels", "sound", "typing", "scan",
    "cut", "initial", "glued", "none",
)  # fmt: skip
LEAST: Final = 600

_ARTICLES: Final = ("al", "el", "ul")
_CONSONANTS: Final = re.compile(r"[^aeiou]")
_VOWEL_COST: Final = {
    "ou": 5,
    "ei": 12,
    "ae": 18,
    "ai": 80,
    "au": 100,
    "ao": 70,
    "iu": 90,
    "io": 90,
    "eu": 70,
    "eo": 60,
}


def resemble(a: Word, b: Word) -> tuple[int, str]:
    """Return (likeness 0 to 1000, reason) of two words of any script; below LEAST it is 0."""
    if a.text == b.text:
        return 1000, SAME
    if a.heard or b.heard:
        return _heard(a, b)
    if a.fold == b.fold:
        if not a.ascii and not b.ascii and _han(a.text) and _han(b.text):
            return 700, SOUND
        return (970 if a.ascii and b.ascii else 975), SPELLING
    best, why = _by_letters(a, b)
    return (best, why) if best >= LEAST else (0, NONE)


def _by_letters(a: Word, b: Word) -> tuple[int, str]:
    fa, fb = a.fold, b.fold
    best, why = _edits(fa, fb), TYPING
    if a.bones == b.bones and len(a.bones) > 1:
        likeness = (970 if len(a.bones) > 2 else 945) - _vowels(fa, fb) * 4 // (1 + len(a.bones))
        if likeness > best:
            best, why = likeness, VOWELS
    if best >= 900:
        return best, why
    if a.ascii and b.ascii:
        much, how = _as_typed(a, b, best)
        if much >= 900:
            return max((best, why), (much, how))
        best, why = max((best, why), (much, how))
    if a.also and a.also & b.also:
        return 920, SHORT
    # The same word, if the letters of one of them are read in another way.
    if abs(len(fa) - len(fb)) <= 2 and (fb in a.readings or (best > 650 and fa in b.readings)):
        return 940, OTHER_READING
    return max((best, why), _pieces(fa, fb))


def _as_typed(a: Word, b: Word, folded: int) -> tuple[int, str]:
    """Compare the letters as they were typed or scanned. `folded`: what comparing the folds gave."""
    if a.seen == b.seen:
        return 915, SCAN
    raw = folded if a.text == a.fold and b.text == b.fold else _edits(a.text, b.text)
    if not a.alpha or not b.alpha:
        return max((raw, TYPING), (_edits(a.seen, b.seen) - 30, SCAN))
    return raw, TYPING


def _edits(a: str, b: str) -> int:
    if not a or not b:
        return 0
    longest = max(len(a), len(b))
    limit = 1 + (longest > 4) + (longest > 9)
    if abs(len(a) - len(b)) > limit:
        return 0
    errors = OSA.distance(a, b, score_cutoff=limit)
    if errors > limit:
        return 0
    likeness = 1000 - 1000 * errors // longest
    return likeness - 40 if a[0] != b[0] else likeness


@lru_cache(maxsize=1 << 17)
def _between(folded: str) -> list[str]:
    return _CONSONANTS.split(folded)


def _vowels(fa: str, fb: str) -> int:
    """Return what differing vowels cost between two folds with the same consonants."""
    cost = 0
    for one, two in zip(_between(fa), _between(fb), strict=False):
        if one == two:
            continue
        if not one or not two:
            cost += 60
            continue
        pairs = [_VOWEL_COST["".join(sorted(x + y))] if x != y else 10 for x in one for y in two]
        cost += sum(pairs) // len(pairs)
    return cost


def _pieces(fa: str, fb: str) -> tuple[int, str]:
    short, long = (fa, fb) if len(fa) < len(fb) else (fb, fa)
    if len(long) == len(short) + 2 > 5 and long[:2] in _ARTICLES and long[2:] == short:
        return 930, GLUED
    if len(short) >= 3 and long.startswith(short):
        if short is fb and 10 * len(short) < 7 * len(long):
            return 0, NONE  # it is the asked name that a field cuts
        return 560 + 380 * len(short) // len(long), CUT
    if len(short) >= 4 and long.endswith(short):
        return 500 + 300 * len(short) // len(long), GLUED
    return 0, NONE


def _heard(a: Word, b: Word) -> tuple[int, str]:
    """Compare where one side writes no short vowels, or both."""
    best = _heard_as(a.fold, b.fold)
    if best[0] < 900:
        ways = [(x, b.fold) for x in others(a.text) if x.startswith(HEARD)]
        ways += [(a.fold, y) for y in others(b.text) if y.startswith(HEARD)]
        for x, y in ways:
            much, why = _heard_as(x, y)
            if much - 15 > best[0]:
                best = (much - 15, why)
    return best


def _heard_as(fa: str, fb: str) -> tuple[int, str]:
    if fa == fb:
        return 985, SPELLING
    ka, kb = skeleton(fa), skeleton(fb)
    if fa.startswith(HEARD) and fb.startswith(HEARD):
        likeness = max(_edits(fa[1:], fb[1:]), 900 if ka == kb and len(ka) > 2 else 0)
        return (likeness, SOUND if ka == kb else TYPING) if likeness >= LEAST else (0, NONE)
    written, spelled = (fa[1:], fb) if fa.startswith(HEARD) else (fb[1:], fa)
    if written.startswith("'"):
        written = written[1:]
        spelled = spelled[1:] if spelled[:1] in "aeiou" else spelled
    if ka == kb and len(ka) > 1:
        loud = spelled.replace("o", "u").replace("e", "i")
        missing = len(written) - LCSseq.similarity(written, loud)
        silent = max(0, sum(c in "iu" for c in loud) - sum(c in "iu" for c in written) - 1)
        return max((960 if len(ka) > 2 else 930) - 45 * missing - 15 * silent, 700), SOUND
    longest = max(len(ka), len(kb))
    if longest >= 4 and OSA.distance(ka, kb, score_cutoff=1) == 1:
        return 880 - 600 // longest, SOUND
    return 0, NONE


def _han(word: str) -> bool:
    return "\u3400" <= word[0] <= "\u9fff"


def initial(short: str, word: str) -> bool:
    """Return whether a single letter can stand for a word."""
    return short[0] == word[0] or fold(word).lstrip(HEARD)[:1] == fold(short)[:1]


def classes(word: str) -> str | None:
    """Return the sound class of a word of Mandarin syllables, in whatever romanisation."""
    found = han.syllables(word)
    return "".join(han.heard(s) for s in found) if found else None
