"""Objects by a value that they hold: an address, a domain, a hash, a number of a vulnerability."""

from collections.abc import Iterator, Sequence
from typing import Final

from detente.desks.cert import index
from detente.desks.cert.formats import values
from detente.office.reader import Reader
from detente.office.tables import Row

FOUND_MAX: Final = 1_000
_CHUNK: Final = 200
_FEW: Final = 4  # most values are held by few: no more is read at first


def find_value(look: Reader, text: str, count: int, after: int = 0) -> Sequence[Row]:
    """Return rows of index.INDEX whose object holds what a person wrote, defanged or not.

    Those that hold the very value come first, the earliest first; then networks that hold an
    address, the narrowest first. after: only rows with a greater number.
    """
    found: dict[int, Row] = {}
    for form in values.asked(text):
        for raw in _numbers(look, form, after):
            if len(found) >= min(count, FOUND_MAX):
                return tuple(found.values())
            row = look.get(index.INDEX, raw)
            if row is not None and not row["clash"]:
                found.setdefault(raw, row)
    return tuple(found.values())


def _numbers(look: Reader, form: str, after: int) -> Iterator[int]:
    start, place, chunk = index.value_place(form, -1), index.value_place(form, after), _FEW
    while True:
        rows = look.find(index.VALUES, {}, place, chunk)
        for row in rows:
            place = str(row["place"])
            if not place.startswith(start):
                return
            yield int(place[len(start) :], 16)
        if len(rows) < chunk:
            return
        chunk = _CHUNK
