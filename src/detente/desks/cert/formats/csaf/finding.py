"""What a test of CSAF 2.0 found."""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How heavy a finding is: an advisory with an error is no valid CSAF."""

    ERROR = "error"  # schema and mandatory tests (6.1)
    WARNING = "warning"  # optional tests (6.2)
    NOTE = "note"  # informative tests (6.3)


class Finding(NamedTuple):
    """One finding. test: its number in the standard, `schema` for the shape.

    path: where, as a JSON pointer. what: what is wrong there. remedy: what to do.
    """

    test: str
    path: str
    what: str
    remedy: str

    @property
    def level(self) -> Level:
        """How heavy it is."""
        if self.test.startswith("6.2"):
            return Level.WARNING
        return Level.NOTE if self.test.startswith("6.3") else Level.ERROR
