"""What a name says that was typed on the other keyboard: Russian letters on Latin keys, and back."""

from typing import Final

_RUSSIAN: Final = "йцукенгшщзхъфывапролджэячсмитьбюё"
_LATIN: Final = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`"
_TO_RUSSIAN: Final = str.maketrans(_LATIN, _RUSSIAN)
_TO_LATIN: Final = str.maketrans(_RUSSIAN, _LATIN)


def other_keyboard(text: str) -> str:
    """Return a cleaned text as the other keyboard would have written it."""
    if text.isascii():
        return text.translate(_TO_RUSSIAN)
    return text.translate(_TO_LATIN)
