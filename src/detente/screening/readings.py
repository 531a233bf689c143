"""In how many ways an asked name can be read: as it stands, joined, parted, on another keyboard."""

from dataclasses import dataclass
from typing import Final

from detente.screening import eastern
from detente.screening.fold import fold
from detente.screening.index import Index
from detente.screening.keyboard import other_keyboard
from detente.screening.parts import Parts, split
from detente.screening.text import ARABIC, CYRILLIC, clean, script_of

READINGS_MAX: Final = 5  # beside those of `eastern`
EASTERN: Final = 0.96  # what it costs to read a name as a Chinese or Korean one
KNOWN: Final = 930  # likeness from which a word is taken as understood


@dataclass(frozen=True, slots=True)
class Reading:
    """The words of one way to read a name, why it was tried, and what it costs."""

    words: tuple[str, ...]
    why: str
    by: float


def readings(index: Index, name: str, parts: Parts) -> list[Reading]:
    """Return the ways to read a name, the plain one first."""
    found = [Reading(parts.words, "as_written", 1.0)]
    unknown = [i for i, w in enumerate(parts.words) if len(w) > 1 and index.alike(w).best < KNOWN]
    found += _parted(index, parts.words, unknown)
    found += _joined(index, parts.words)
    if len(unknown) * 2 > len(parts.words) and len(parts.words) > 1:
        found += _other_keyboard(index, name)
    found = found[:READINGS_MAX]
    if parts.script == CYRILLIC:
        found += [Reading(words, why, EASTERN) for words, why in eastern.readings(parts.words)]
    return found


def _parted(index: Index, words: tuple[str, ...], unknown: list[int]) -> list[Reading]:
    out = []
    for i in unknown:
        word = words[i]
        if not 6 <= len(word) <= 40:
            continue
        pieces = part(index, word)
        if pieces:
            out.append(Reading((*words[:i], *pieces, *words[i + 1 :]), "parted", 0.96))
    return out[:2]


def part(index: Index, word: str) -> tuple[str, ...] | None:
    """Return a word as the fewest known words of three letters and more, or None."""
    if not word.isascii() and script_of(word) == ARABIC:
        return _parted_arabic(index, word)
    size = len(word)
    best: list[tuple[int, tuple[str, ...]] | None] = [(0, ())] + [None] * size
    for a in range(size - 2):
        before = best[a]
        if before is None:  # no known words lead here
            continue
        ends = [b for b in range(a + 3, min(size + 1, a + 20)) if not 0 < size - b < 3]
        for b, there in zip(ends, index.known([fold(word[a:b]) for b in ends]), strict=True):
            held = best[b]
            if there and (held is None or before[0] + 1 < held[0]):
                best[b] = (before[0] + 1, (*before[1], word[a:b]))
    end = best[-1]
    return end[1] if end and 2 <= end[0] <= 5 else None


def _parted_arabic(index: Index, word: str) -> tuple[str, ...] | None:
    """Two words of Arabic letters written as one; the longer first half that is known wins."""
    cuts = list(range(len(word) - 3, 2, -1))
    known = index.known([fold(p) for c in cuts for p in (word[:c], word[c:])])
    for k, cut in enumerate(cuts):
        if known[2 * k] and known[2 * k + 1]:
            return word[:cut], word[cut:]
    return None


def _other_keyboard(index: Index, name: str) -> list[Reading]:
    """Read on the other keyboard only if nearly every word is a known one there."""
    words = split(other_keyboard(clean(name)), person=True).words
    known = index.known([fold(w) for w in words])
    if len(words) > 1 and sum(known) * 3 >= 2 * len(words):
        return [Reading(words, "other_keyboard", 0.9)]
    return []


def _joined(index: Index, words: tuple[str, ...]) -> list[Reading]:
    if not 2 <= len(words) <= 9:
        return []
    places = [i for i in range(len(words) - 1) if min(len(words[i]), len(words[i + 1])) > 1]
    pairs = [words[i] + words[i + 1] for i in places]
    known = index.known([fold(p) for p in pairs]) if pairs else []
    return [
        Reading((*words[:i], pair, *words[i + 2 :]), "joined", 0.96)
        for i, pair, there in zip(places, pairs, known, strict=True)
        if there
    ][:2]
