"""By what a word is found: hashes of its trigrams, its consonants, its readings. 32 bits each."""

from functools import lru_cache
from zlib import crc32

from detente.screening import lexicon
from detente.screening.fold import HEARD, fold, latin_of, others, skeleton
from detente.screening.resemble import classes
from detente.screening.typing_errors import scanned

EXACT, BONES, NEAR, GRAM = 12, 6, 4, 1  # how much each kind of feature counts


def mark(text: str) -> int:
    """Return the number of a feature."""
    return crc32(text.encode())


@lru_cache(maxsize=1 << 16)
def of_listed(word: str) -> tuple[int, ...]:
    """Return the features under which a listed word stands in the index."""
    return tuple(_features(word, fold(word)))


def of_asked(word: str) -> dict[int, int]:
    """Return {feature: weight} of a word that is looked for."""
    folded = fold(word)
    found = _features(word, folded)
    for other in others(latin_of(word)):
        found.setdefault(mark("=" + other), EXACT)
        bones = skeleton(other)
        if len(bones) > 2:
            found.setdefault(mark("#" + bones), BONES - 2)
    return found


def _features(word: str, folded: str) -> dict[int, int]:
    bones = skeleton(folded)
    found = {mark("=" + folded): EXACT, mark("#" + bones): BONES}
    if folded.startswith(HEARD):
        for other in others(word):
            found.setdefault(mark("#" + skeleton(other)), BONES)
    if len(bones) >= 4:
        for i in range(1, len(bones)):
            found.setdefault(mark("-" + bones[:i] + bones[i + 1 :]), NEAR - 1)
        found.setdefault(mark("-" + bones), NEAR - 1)
        if folded.startswith(HEARD):
            return found
    elif folded.startswith(HEARD):
        return found
    if 3 <= len(folded) <= 6:
        found |= dict.fromkeys(_without_one(folded), NEAR)
    # One letter less can change the whole fold: `shiyam` and `shiya`, `meteor` and `meeor`.
    if 4 <= len(word) <= 7 and word != folded and word.isascii():
        found |= dict.fromkeys(_without_one(word), NEAR)
    framed = f"^{folded}$"
    for i in range(len(framed) - 2):
        found.setdefault(mark(framed[i : i + 3]), GRAM)
    if word.isascii():
        found.setdefault(mark("o" + scanned(word)), EXACT)
        for group in lexicon.ALSO.get(word, ()):
            found.setdefault(mark(f"n{group}"), EXACT)
    return found


def _without_one(letters: str) -> list[int]:
    """Return the numbers of some letters, as they are and with each left out."""
    ways = [letters] + [letters[:i] + letters[i + 1 :] for i in range(len(letters))]
    return [mark("." + way) for way in ways]


def heard_as(word: str) -> int | None:
    """Return the feature of a word's Mandarin sound class, or None."""
    found = classes(word)
    return mark("h" + found) if found else None
