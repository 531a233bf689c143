"""Chinese and Korean names in Cyrillic letters, as Palladius and Kontsevich have them written.

Чжан Вэймин is Zhang Weiming, Ким Ён Чхоль is Kim Yong Chol: letter by letter neither is. What
is not made of such syllables alone is no such name. Sources: the Palladius table for pinyin; the
Kontsevich system, in Latin letters by McCune and Reischauer without their signs.
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from typing import Final

from detente.screening.han import SYLLABLES

SYLLABLES_MAX: Final = 4  # of one name: a surname of one or two, a given name of one or two
NASALS: Final = 2  # ends in n that are tried each way
_LONGEST: Final = 6  # letters of a syllable

# Palladius: initials, and what each may be in pinyin.
_INITIALS: Final = {
    "б": "b", "п": "p", "м": "m", "ф": "f", "д": "d", "т": "t", "н": "n", "л": "l", "г": "g",
    "к": "k", "х": "h", "чж": "zh", "ч": "ch", "ш": "sh", "ж": "r", "цз": "z j", "ц": "c q", "с": "s x",
}  # fmt: skip
_PLAIN: Final = dict(
    pair.split(":")
    for pair in "а:a ай:ai ань:an ан:ang ао:ao э:e эй:ei энь:en эн:eng о:uo оу:ou ун:ong у:u уа:ua уай:uai"
    " уань:uan уан:uang уй:ui уэй:ui унь:un ы:i и:i".split()
)
_SOFT: Final = dict(
    pair.split(":")
    for pair in "и:i я:ia янь:ian ян:iang яо:iao е:ie инь:in ин:ing юн:iong ю:iu юй:u юань:uan юэ:ue юнь:un"
    .split()
)  # fmt: skip
_ALONE: Final = dict(
    pair.split(":")
    for pair in "а:a ай:ai ань:an ан:ang ао:ao э:e энь:en эр:er оу:ou ва:wa вай:wai вань:wan ван:wang вэй:wei"
    " вэнь:wen вэн:weng во:wo у:wu я:ya янь:yan ян:yang яо:yao е:ye и:yi инь:yin ин:ying юн:yong ю:you юй:yu"
    " юань:yuan юэ:yue юнь:yun бо:bo по:po мо:mo фо:fo люй:lu нюй:nu".split()
)
_SOFT_INITIALS: Final = frozenset("b p m d t n l j q x".split())

# Kontsevich: initials, vowels and finals.
_FIRST: Final = {
    "кх": "k", "кк": "k", "тх": "t", "тт": "t", "пх": "p", "пп": "p", "чх": "ch", "чч": "ch", "дж": "j",
    "чж": "j", "сс": "s", "к": "k", "г": "g", "н": "n", "д": "d", "т": "t", "р": "r", "л": "r", "м": "m",
    "п": "p", "б": "b", "с": "s", "ч": "ch", "х": "h", "": "",
}  # fmt: skip
_VOWEL: Final = {
    "ый": "ui", "йе": "ye", "ва": "wa", "вэ": "wae", "ве": "oe", "во": "wo", "ви": "wi", "а": "a",
    "я": "ya", "о": "o", "ё": "yo", "у": "u", "ю": "yu", "ы": "u", "и": "i", "э": "ae", "е": "o",
}  # fmt: skip
_LAST: Final = {"ль": "l", "к": "k", "н": "n", "м": "m", "п": "p", "т": "t", "": ""}
_KOREAN: Final = re.compile(
    f"({'|'.join(_FIRST)})({'|'.join(_VOWEL)})((?:ль|[кнмпт])?)(?![аяоёуюыиэеьй])"
)


def readings(words: Sequence[str]) -> list[tuple[tuple[str, ...], str]]:
    """Return ([words in Latin letters], "palladius" or "kontsevich") of a name in small letters."""
    found: list[tuple[tuple[str, ...], str]] = []
    chinese = [_chinese(w) for w in words]
    if all(chinese) and 1 < sum(map(len, chinese)) <= SYLLABLES_MAX:
        found.append((tuple("".join(each) for each in chinese), "palladius"))
    korean = [_korean(w) for w in words]
    if all(korean) and 1 < sum(map(len, korean)) <= SYLLABLES_MAX:
        found += [(each, "kontsevich") for each in _nasal(korean)]
    return found


def _nasal(korean: list[list[str]]) -> list[tuple[str, ...]]:
    """Return words of syllables whose last n may be ng, for Cyrillic has one letter for both.

    Each of two is tried both ways; of more, all the one way and all the other.
    """
    places = [
        (w, s) for w, word in enumerate(korean) for s, text in enumerate(word) if text[-1] == "n"
    ]
    ways = (
        product("gn", repeat=len(places))
        if len(places) <= NASALS
        else ("g" * len(places), "n" * len(places))
    )
    found = []
    for way in ways:
        ends = {place: "ng" for place, end in zip(places, way, strict=True) if end == "g"}
        found.append(tuple(
            "".join(text[:-1] + ends.get((w, s), text[-1]) for s, text in enumerate(word))
            for w, word in enumerate(korean)
        ))  # fmt: skip
    return found


@cache
def _palladius() -> dict[str, str]:
    """Return {syllable: pinyin}: what the parts make, if it is a syllable."""
    return dict(_made()) | _ALONE


def _made() -> Iterator[tuple[str, str]]:
    for initial, ways in _INITIALS.items():
        for way in ways.split():
            soft = way in _SOFT_INITIALS
            finals = (_SOFT if way in "jqx" else _PLAIN | _SOFT) if soft else _PLAIN
            for final, latin in finals.items():
                if way + latin in SYLLABLES:
                    yield initial + final, way + latin


def _chinese(word: str) -> list[str]:
    """Return the fewest syllables of pinyin that a word is made of, none if it is not."""
    table, pieces = _palladius(), word.split("ъ")
    found: list[str] = []
    for piece in pieces:
        best: list[list[str] | None] = [[]] + [None] * len(piece)
        for end in range(1, len(piece) + 1):
            for begin in range(max(0, end - _LONGEST), end):
                held, syllable = best[begin], table.get(piece[begin:end])
                there = best[end]
                if held is not None and syllable and (there is None or len(held) + 1 < len(there)):
                    best[end] = [*held, syllable]
        found += best[-1] or []
        if not best[-1]:
            return []
    return found


def _korean(word: str) -> list[str]:
    found, at = [], 0
    while at < len(word):
        part = _KOREAN.match(word, at)
        if part is None or not part[0]:
            return []
        found.append(_FIRST[part[1]] + _VOWEL[part[2]] + _LAST[part[3]])
        at = part.end()
    return found
