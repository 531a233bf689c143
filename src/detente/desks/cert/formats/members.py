"""Members of other formats' JSON, read strictly and taken apart without surprises."""

from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats import strict
from detente.desks.cert.formats.jcs import Json

Object = dict[str, Json]
SIZE_MAX: Final = limits.MAX_MISP  # bytes of one file


def read(data: bytes) -> Json:
    """Return the value that stands in a file; nobody changes it.

    Raises OurFault("exchange.json") as strict.parse finds it, "exchange.size": above SIZE_MAX or too
    deep.
    """
    if len(data) > SIZE_MAX:
        what = f"{len(data)} bytes where {SIZE_MAX} are allowed"
        raise OurFault("exchange.size", what, "split the file")
    try:
        return strict.parse(data.removeprefix(b"\xef\xbb\xbf")).value
    except strict.Found as found:
        flaw = found.flaw
        code = "exchange.size" if flaw.code == "stix.depth" else "exchange.json"
        raise OurFault(code, flaw.what, flaw.remedy) from None


def text(one: Json, name: str, default: str = "") -> str:
    """Return a member as text: numbers are written out, anything else is the default."""
    value = one.get(name) if isinstance(one, dict) else None
    if isinstance(value, str):
        return value
    return str(value) if type(value) in (int, float) else default


def objects(one: Json, name: str) -> list[Object]:
    """Return the objects of a member: of a list, or the one object that stands there alone."""
    value = one.get(name) if isinstance(one, dict) else None
    if isinstance(value, dict):
        return [value] if value else []
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def flag(one: Json, name: str) -> bool:
    """Return a member as yes or no: MISP writes true, 1 and "1"."""
    value = one.get(name) if isinstance(one, dict) else None
    return value in (True, 1, "1") or (isinstance(value, str) and value.lower() == "true")


def texts(one: Json, name: str) -> tuple[str, ...]:
    """Return the texts of a list."""
    value = one.get(name) if isinstance(one, dict) else None
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
