"""Documents and numbers: one form, so that two ways to write a number are one."""

import re
from typing import Final

from detente.screening.listed import Paper

LEAST: Final = 5  # letters and figures; shorter ones name nobody
_NOT_NUMBERS: Final = frozenset(
    (
        "target type",
        "gender",
        "sex",
        "effective date",
        "listing date",
        "nationality",
        "secondary sanctions risk",
    )
)
_KEPT: Final = re.compile(r"[^A-Z0-9]")
_LOOKS: Final = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")


def plain(value: str) -> str:
    """Return a number without what differs between writers: spaces, signs, case, IMO before it."""
    text = _KEPT.sub("", value.upper().translate(_LOOKS))
    return text.removeprefix("IMO")


def names_somebody(paper: Paper) -> bool:
    """Return whether a paper of a list is a number of one holder, and long enough to say so."""
    kind = paper.type.lower()
    text = plain(paper.value)
    if any(word in kind for word in _NOT_NUMBERS) or "date" in kind:
        return False
    return len(text) >= LEAST and any(c.isdigit() for c in text)
