"""Chinese characters: simple forms, readings, and where a name parts."""

from typing import Final

from detente.screening.han_table import READINGS, SIMPLE_FORMS

_READING: Final = {
    char: line.split(" ")[0]
    for line in READINGS.strip().replace("\n", "|").split("|")
    for char in line.split(" ")[1]
}
_FORMS: Final = SIMPLE_FORMS.replace("\n", "")
_SIMPLE: Final = {ord(full): _FORMS[i + 1] for i, full in enumerate(_FORMS) if i % 2 == 0}
_TWO_CHARACTERS: Final = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 司徒 夏侯 端木 呼延 南宫 独孤".split()
)
SYLLABLES: Final = frozenset(_READING.values()) | {"lv", "nv", "lue", "nue"}
_LONGEST: Final = 6


def simple(text: str) -> str:
    """Return a text in simple characters."""
    return text.translate(_SIMPLE)


def reading(text: str) -> str:
    """Return the syllables of a text, joined; what has no reading is left out."""
    return "".join(_READING.get(c, "") for c in text)


def parts(word: str) -> list[str]:
    """Return a run of characters as surname and given name, if it has a name's length.

    A longer run (a company, an office) is parted into pairs of characters.
    """
    if len(word) <= 1:
        return [word]
    if len(word) <= 4:
        cut = 2 if word[:2] in _TWO_CHARACTERS and len(word) > 2 else 1
        return [word[:cut], word[cut:]]
    return [word[i : i + 2] for i in range(0, len(word), 2)]


def syllables(word: str) -> list[str] | None:
    """Return a Latin word as Mandarin syllables, longest first; None if it is none."""
    if not 2 <= len(word) <= 20:
        return None
    found: list[list[str] | None] = [[]] + [None] * len(word)
    for end in range(1, len(word) + 1):
        for start in range(max(0, end - _LONGEST), end):
            before = found[start]
            if before is None or word[start:end] not in SYLLABLES:
                continue
            held = found[end]
            if held is None or len(before) + 1 < len(held):
                found[end] = [*before, word[start:end]]
    return found[-1]


_WADE: Final = (
    ("hs", "x"), ("tz", "z"), ("ts", "z"), ("chih", "zhi"), ("shih", "shi"), ("jih", "ri"),
    ("tzu", "zi"), ("ssu", "si"), ("szu", "si"),
)  # fmt: skip
_CLASS: Final = (
    ("zh", "j"), ("ch", "j"), ("sh", "s"), ("hs", "s"), ("ts", "z"), ("tz", "z"), ("x", "s"),
    ("q", "j"), ("c", "z"), ("p", "b"), ("t", "d"), ("k", "g"), ("r", "j"),
)  # fmt: skip


def heard(word: str) -> str:
    """Return a class of syllables that sound alike in pinyin, Wade-Giles and by ear.

    `zhang`, `chang`: one class; so are `xu`, `hsu`; `guo`, `kuo`; `zhou`, `chou`.
    """
    for old, new in _WADE:
        word = word.replace(old, new)
    for old, new in _CLASS:
        if word.startswith(old):
            word = new + word[len(old) :]
            break
    return word.replace("ong", "ung").replace("ien", "ian").replace("ueh", "ue").replace("eh", "e")
