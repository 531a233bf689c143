"""What was found on an object: an error refuses it, a warning travels with it."""

from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

from detente.desks.cert.formats.jcs import Json

Object = dict[str, Json]
ERROR: Final = "error"
WARNING: Final = "warning"


class Note(NamedTuple):
    """One finding. path: as in objects[17].created."""

    severity: Literal["error", "warning"]
    path: str
    what: str

    def __str__(self) -> str:
        """Write the path, then what stands there."""
        return f"{self.path}: {self.what}"


Notes = Iterator[Note]


def error(path: str, what: str) -> Note:
    """Return what refuses an object."""
    return Note(ERROR, path, what)


def warning(path: str, what: str) -> Note:
    """Return what travels with an object."""
    return Note(WARNING, path, what)


def texts(value: Json) -> list[str]:
    """Return the texts of a list; none of what is no list."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def parts(value: Json) -> list[Object]:
    """Return the objects of a list; none of what is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
