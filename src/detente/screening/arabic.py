"""Arabic, Persian and Urdu letters: one spelling, and the consonants that a Latin spelling has too.

The script leaves short vowels out. What it does write is kept: consonants in the classes of
`fold`, and the long vowels, which a Latin spelling must show at their place.
"""

from typing import Final

_ONE: Final = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ے": "ي", "ئ": "ي", "ۍ": "ي",
     "ؤ": "و", "ۆ": "و", "ة": "ه", "ۀ": "ه", "ە": "ه", "ک": "ك", "ګ": "گ", "ہ": "ه", "ھ": "ه",
     "ء": None, "ٔ": None, "ټ": "ت", "ډ": "د", "ړ": "ر", "ڼ": "ن", "ښ": "ش", "ږ": "ژ", "ں": "ن"}
)  # fmt: skip
_SOUND: Final = {
    "ب": "b", "پ": "p", "ت": "t", "ث": "t", "ج": "j", "چ": "c", "ح": "h", "خ": "h", "د": "d",
    "ذ": "d", "ر": "r", "ز": "z", "ژ": "j", "س": "s", "ش": "s", "ص": "s", "ض": "d", "ط": "t",
    "ظ": "z", "ع": "", "غ": "g", "ف": "f", "ق": "k", "ك": "k", "گ": "g", "ل": "l", "م": "m",
    "ن": "n", "ه": "h", "و": "u", "ي": "i", "ا": "a", "ڤ": "v", "څ": "s", "ځ": "z",
}  # fmt: skip
_ARTICLE: Final = "ال"
_SERVANT: Final = "عبدال"
_TWO_WAYS: Final = (
    ("و", "ڤ"), ("ض", "ز"), ("ذ", "ز"), ("ظ", "د"), ("ق", "گ"), ("ج", "گ"), ("ث", "س"), ("غ", "ق"),
)  # fmt: skip


def one_spelling(word: str) -> str:
    """Return a word with one form for each letter that is written in several ways."""
    return word.translate(_ONE)


def without_article(word: str) -> str:
    """Return a word without its article, if what stays is still a word."""
    return word[2:] if word.startswith(_ARTICLE) and len(word) > 4 else word


def sounds(word: str) -> tuple[str, ...]:
    """Return the sounds of a word, the likeliest first, then those that some of its letters may have.

    A waw inside may be a consonant; dad, dhal and za are written d, z; qaf k, g; jim j, g.
    """
    found = {sound(word): None}
    for old, new in _TWO_WAYS:
        for place in range(old == "و", len(word)):
            if word[place] == old:
                found[sound(word[:place] + new + word[place + 1 :])] = None
    if word[-1] in "حه" and len(word) > 3:
        found[sound(word[:-1])] = None
    return tuple(found)[:6]


def sound(word: str) -> str:
    """Return the written sounds of a word: consonants, and a i u where a long vowel stands.

    A beginning without a consonant (or with y, which a Latin fold loses) is `'`.
    """
    word = word.replace("الدين", "دين") if len(word) > 6 else word
    if word.startswith(_SERVANT) and len(word) > len(_SERVANT) + 1:
        rest = _heard(word[len(_SERVANT) :])
        return "'bd" + ("la" if rest == "lh" else rest)
    if word[0] in "عاي" and len(word) > 1:
        return "'" + _heard(word[1:])
    return "v" + _heard(word[1:]) if word[0] == "و" and len(word) > 1 else _heard(word)


def _heard(word: str) -> str:
    if word.endswith("الله") and len(word) > 5:
        word = word[:-4] + "له"
    heard = "".join(_SOUND.get(c, "") for c in word)
    return heard[:-1] + "a" if word.endswith("ه") and len(heard) > 2 else heard
