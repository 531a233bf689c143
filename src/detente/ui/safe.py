"""Text of strangers as it stands on a page: escaped, fenced, and with nothing in it unseen.

A character that shows nothing, or that turns its neighbours round, is drawn as a small box with its
number. It is never dropped: what people read is what was signed.
"""

import unicodedata
from html import escape as escape_text
from typing import Final

TITLE_CHARS: Final = 160  # of a title in a list or a FLASH; the record shows all of it
MARKS_IN_A_ROW: Final = 3  # accents on one letter; more than this paint over other lines
_LINES: Final = "\n\t"
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
# Letters and marks by their class, and yet nothing to see.
_BLANK: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
_SELECTORS: Final = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
_JOINERS: Final = "\u200c\u200d"
# Scripts whose spelling needs the joiners between two of their letters.
_JOINED: Final = ("ARABIC", "BENGALI", "DEVANAGARI", "GUJARATI", "KANNADA", "MALAYALAM", "MONGOLIAN",
                  "ORIYA", "SINHALA", "SYRIAC", "TAMIL", "TELUGU")  # fmt: skip


class Html(str):
    """Text that is HTML already. Only this floor makes it, of escaped parts."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return itself: templates leave it as it is."""
        return self


def escape(text: str) -> Html:
    """Return a text with the five signs of HTML written out; Html stays as it is."""
    return text if isinstance(text, Html) else Html(escape_text(text))


def foreign(text: str, *, lines: bool = False) -> Html:
    """Return a stranger's text in a fence of its own direction. lines: line feeds may stand in it.

    Surrogates, which no UTF-8 can carry, are drawn like the rest.
    """
    return Html(f'<bdi dir="auto">{_drawn(text, _LINES if lines else "")}</bdi>')


def title(text: str, chars_max: int = TITLE_CHARS) -> Html:
    """Return the one line of a title, cut at chars_max with a sign that it was cut."""
    if len(text) <= chars_max:
        return foreign(text)
    cut = _drawn(text[:chars_max], "")
    return Html(f'<bdi dir="auto">{cut}<span class="cut">\u2026</span></bdi>')


def plain_title(text: str, chars_max: int = TITLE_CHARS) -> str:
    """Return a title for a place that takes no HTML: a window's name, a button's spoken name."""
    shown = _bare(text[:chars_max], "")
    return f"{shown}\u2026" if len(text) > chars_max else shown


def plain(text: str) -> str:
    """Return a text inside a sentence of ours, what is unseen in it as [U+202E]; HTML stays as it is."""
    return text if hasattr(text, "__html__") else _bare(text, _LINES)


def ltr(text: str) -> Html:
    """Return an id, a time or digits of ours, from left to right in every language."""
    return Html(f'<bdi dir="ltr">{escape_text(_bare(text, _LINES))}</bdi>')


def is_plain(text: str) -> bool:
    """Return whether nothing in a text had to be drawn."""
    return not any(_is_unseen(text, at, _LINES) for at in range(len(text)))


def _bare(text: str, lines: str) -> str:
    return "".join(
        f"[{_number(char)}]" if _is_unseen(text, at, lines) else char
        for at, char in enumerate(text)
    )


def _drawn(text: str, lines: str) -> str:
    if text.isascii() and text.isprintable():
        return escape_text(text)  # most of what there is; nothing in it is unseen
    parts: list[str] = []
    marks = 0
    for at, char in enumerate(text):
        marks = marks + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        if marks > MARKS_IN_A_ROW or _is_unseen(text, at, lines):
            parts.append(f'<span class="unseen">{_number(char)}</span>')
        else:
            parts.append(escape_text(char))
    return "".join(parts)


def _number(char: str) -> str:
    return f"U+{ord(char):04X}"


def _is_unseen(text: str, at: int, lines: str) -> bool:
    char = text[at]
    if char.isascii():
        return not char.isprintable() and char not in lines
    if char in _JOINERS:
        return not _joins(text, at)
    if unicodedata.category(char) in _UNSEEN or char in _BLANK:
        return True
    return any(ord(char) in some for some in _SELECTORS)


def _joins(text: str, at: int) -> bool:
    """Return whether a joiner stands where spelling needs it: after a letter of such a script."""
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return len(around) == 2 and all(  # noqa: PLR2004  one on each side
        unicodedata.name(char, "").partition(" ")[0] in _JOINED for char in around
    )
