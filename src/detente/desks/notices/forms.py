"""Formats as the roof may know them: to make forms of their fields and to read values back."""

from detente.desks.notices import kinds
from detente.desks.notices.formats import shipped
from detente.desks.notices.formats.declared import (
    LANGUAGES,
    MANY_MAX,
    Format,
    Slot,
    unit_word,
    word,
)
from detente.desks.notices.formats.reading import read

__all__ = [
    "LANGUAGES",
    "MANY_MAX",
    "PAGED",
    "Format",
    "Slot",
    "coded",
    "known",
    "read",
    "unit_word",
    "word",
]

PAGED = frozenset(
    kind.name for kind in kinds.FORMAL
)  # kinds whose records have a page of their own


def coded(code: str) -> Format | None:
    """Return the format of this code that comes with the program."""
    return shipped.shipped().get(code)


def known(digest: object) -> Format | None:
    """Return the format with this digest that comes with the program."""
    return shipped.by_digest().get(digest) if isinstance(digest, bytes) else None
