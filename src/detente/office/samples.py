"""Files that are samples of malware: who says so, and that nobody gets one as it is by a slip.

The sender says so by the file's name, which ends in `.sample`: no system opens such a name by its
type, and whoever reads an older version is safe too. A person here may say it of any file that came.
Source: docs/decisions/0075-samples.md.
"""

from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.enclosed import NAME_MAX, safe_name
from detente.office.fields import Field, Mid, Text, Values, When, Whole
from detente.office.ports import Shelf
from detente.office.tables import Table

ENDING: Final = ".sample"
SENDER: Final = "*"  # whoever sent it: no name of a person
SCANNER: Final = "!"  # the scanner of this party
MARKED: Final = Table(
    name="office_samples",
    key="key",
    columns=(
        Field("key", Text(96)),  # the record's mid and the file's number
        Field("mid", Mid()),
        Field("number", Whole()),
        Field("person", Text(64)),
        Field("at", When()),
    ),
    find_by=(("mid",),),
)


def named(name: str) -> str:
    """Return a file's name as that of a sample; one that is it already stays."""
    plain = safe_name(name)
    return plain if is_named(plain) else plain[: NAME_MAX - len(ENDING)] + ENDING


def is_named(name: str) -> bool:
    """Say whether its sender calls a file a sample."""
    return name.lower().endswith(ENDING)


def real_name(name: str) -> str:
    """Return what a sample is called inside its archive."""
    return safe_name(name[: -len(ENDING)]) if is_named(name) else name


class Samples:
    """What people of this office said of files that came."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def mark(self, mid: bytes, number: int, person: str, now: Moment) -> None:
        """Keep that a person calls a file a sample; whoever said it first stays."""
        with self._shelf.begin() as tx:
            rows = tx.rows(MARKED)
            key = f"{mid.hex()} {number}"
            if rows.get(key) is None:
                rows.put({"key": key, "mid": mid, "number": number, "person": person, "at": now})

    def who(self, mid: bytes, number: int) -> str:
        """Return who here called a file a sample; "" for nobody."""
        with self._shelf.begin() as tx:
            row = tx.rows(MARKED).get(f"{mid.hex()} {number}")
        return Values(row or {}).text("person")


def refused(name: str) -> OurFault:
    """Return the fault of asking for a sample as it is."""
    return OurFault(
        "file.sample", f"{name[:80]} is a sample of malware, and is not given out as it is",
        "save it as a locked archive",
    )  # fmt: skip
