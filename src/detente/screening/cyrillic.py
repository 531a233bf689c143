"""Cyrillic letters in Latin ones. One common way; the fold makes the other ways equal to it."""

from typing import Final

_RUSSIAN: Final = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch  y  e yu ya".split(" "),
        strict=True,
    )
)
# Ukrainian, Belarusian, Serbian, Macedonian, Kazakh, Kyrgyz, Tajik, Tatar, Uzbek, Mongolian.
_OTHERS: Final = dict(
    zip(
        "іїєґўђјљњћџќѓѕәғқңөұүһӣӯҳҷҝҡҫҙӊӈӑӗ",
        "i i e g u dj y lj nj c dz k g dz a g k n o u u h i u h j g k s z n n a e".split(" "),
        strict=True,
    )
)
_TABLE: Final = str.maketrans(_RUSSIAN | _OTHERS)


def latin(word: str) -> str:
    """Return a Cyrillic word in Latin letters."""
    return word.translate(_TABLE)
