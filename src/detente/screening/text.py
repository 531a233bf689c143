"""One text, one form: what typing, encoding and evasion add to a name is taken off here.

Pure. The order matters: marks of direction and zero width go first, so that they cannot part a
word; compatibility forms next; letters that look like another script's go to the script of the
word's majority; then case.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

NAME_MAX: Final = 512  # characters of one name that are looked at

LATIN, CYRILLIC, ARABIC, HAN, OTHER = "Latn", "Cyrl", "Arab", "Hani", "Other"

_TATWEEL: Final = "\u0640"
_AGAIN: Final = 0x3005  # the sign before it once more, as in 佐々木
_TO_LATIN: Final = str.maketrans("асеорхуікмтвнѕјһԁԛԝ", "aceopxyikmtbhsjhdqw")
_TO_CYRILLIC: Final = str.maketrans("aceopxykmtbhs", "асеорхукмтвнѕ")
_GREEK: Final = str.maketrans("αεικορτυχνηβγδζθλμξπσςφψωΐϊ", "aeikoptyxnhbgdzqlmksssfpoii")
_MARKS: Final = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "ʻ": "'",
        "ʿ": "'",
        "ʾ": "'",
        "`": "'",
        "´": "'",
        "«": " ",
        "»": " ",
    }
)
_LATIN_LETTERS: Final = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ħ": "h",
     "ı": "i", "ə": "a", "ŋ": "ng", "ɓ": "b", "ɗ": "d", "ƙ": "k"}
)  # fmt: skip
# Stress on Cyrillic, vowels on Arabic: what NFKC has not made part of a letter.
_VOWEL_MARKS: Final = re.compile("[\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed]")
_WORDS: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)*")


@lru_cache(maxsize=1 << 15)
def script_of(text: str) -> str:
    """Return the script of most letters of a text; OTHER if it has none that we read."""
    if text.isascii():
        return LATIN
    found = {LATIN: 0, CYRILLIC: 0, ARABIC: 0, HAN: 0, OTHER: 0}
    for char in text:
        if char.isalpha():
            found[_script(ord(char))] += 1
    best = max(found, key=lambda s: found[s])
    return best if found[best] else OTHER


def _script(code: int) -> str:
    if code < 0x370 or 0x1E00 <= code < 0x1F00:
        return LATIN
    if 0x400 <= code < 0x530:
        return CYRILLIC
    if 0x600 <= code < 0x780 or 0xFB50 <= code < 0xFF00:
        return ARABIC
    if 0x3400 <= code < 0xA000 or 0xF900 <= code < 0xFB00 or code == _AGAIN:
        return HAN
    return OTHER


def is_unread(text: str) -> bool:
    """Return whether a word of a text is in a script that is compared letter by letter alone.

    Greek letters among others are read by their look; a word of them alone is Greek.
    """
    if text.isascii():
        return False
    for word in unicodedata.normalize("NFKC", text[:NAME_MAX]).split():
        others = [c for c in word if c.isalpha() and _script(ord(c)) == OTHER]
        greek = [c for c in others if "\u0370" <= c < "\u0400" or "\u1f00" <= c < "\u2000"]
        if len(greek) < len(others) or (greek and len(greek) == sum(map(str.isalpha, word))):
            return True
    return False


def clean(text: str) -> str:
    """Return a text in small letters without marks of direction, zero width and control.

    At most NAME_MAX characters of it are looked at.
    """
    text = text[:NAME_MAX]
    if text.isascii():
        return _without_controls(text).lower()
    text = "".join(c for c in text if unicodedata.category(c) != "Cf" and c != _TATWEEL)
    text = _VOWEL_MARKS.sub("", unicodedata.normalize("NFKC", text)).translate(_MARKS).lower()
    text = _without_controls(text).replace("i\u0307", "i")
    return " ".join(_one_script(word) for word in text.split())


def _without_controls(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _one_script(word: str) -> str:
    """Fold letters that only look like the word's own script; Greek is read by look too."""
    if word.isascii():
        return word
    has_latin = any("a" <= c <= "z" for c in word)
    cyrillic = sum("\u0400" <= c < "\u0530" for c in word)
    if has_latin and cyrillic:
        folded = word.translate(_TO_LATIN)
        if not any("\u0400" <= c < "\u0530" for c in folded):
            return folded
        folded = word.translate(_TO_CYRILLIC)
        return folded if not any("a" <= c <= "z" for c in folded) else word.translate(_TO_LATIN)
    return word.translate(_GREEK) if any("\u0370" <= c < "\u0400" for c in word) else word


def words_of(text: str) -> list[str]:
    """Return the words of a cleaned text; marks on Latin letters are taken off, others stay."""
    found = []
    for word in _WORDS.findall(text):
        plain = word.replace("'", "")
        if not plain.isascii() and script_of(plain) in (LATIN, ARABIC):
            flat = unicodedata.normalize("NFD", plain.translate(_LATIN_LETTERS))
            plain = "".join(c for c in flat if not unicodedata.combining(c))
        if plain:
            found.append(plain)
    return found
