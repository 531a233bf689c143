"""What a scanner said of a file, as it is kept beside the records and read for every face."""

from dataclasses import dataclass
from typing import Final

from detente.office.fields import Field, Mid, Text, Values, When, Whole
from detente.office.ports import Shelf
from detente.office.tables import Table

CLEAN: Final = "clean"
FOUND: Final = "found"
UNSURE: Final = "unsure"  # the scanner could not tell
NONE: Final = "none"  # nobody asked it
SAID_MAX: Final = 200  # characters of a scanner's own words
SCANS: Final = Table(
    name="office_scans",
    key="key",
    columns=(
        Field("key", Text(96)),  # the record's mid and the file's number
        Field("mid", Mid()),
        Field("number", Whole()),
        Field("word", Text(8)),
        Field("said", Text(SAID_MAX), required=False),
        Field("at", When()),
        Field("tries", Whole()),
    ),
    find_by=(("mid",),),
)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a scanner said of a file. word: CLEAN, FOUND, UNSURE or NONE; said: in its own words."""

    word: str = NONE
    said: str = ""
    tries: int = 0


def key_of(mid: bytes, number: int) -> str:
    """Return the key of what was said of a file."""
    return f"{mid.hex()} {number}"


def find(shelf: Shelf, mid: bytes, number: int) -> Scan:
    """Return what was said of a file."""
    with shelf.begin() as tx:
        row = tx.rows(SCANS).get(key_of(mid, number))
    if row is None:
        return Scan()
    found = Values(row)
    return Scan(found.text("word"), found.text("said"), found.whole("tries"))
