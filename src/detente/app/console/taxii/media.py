"""Media types of TAXII 2.1, and what a request says of them. Source: TAXII 2.1, 1.6.8; RFC 9110, 12.5.1."""

import re
from typing import Final

TAXII: Final = "application/taxii+json;version=2.1"
_NAME: Final = "application/taxii+json"
_ANY: Final = ("*/*", "application/*")
_VERSION: Final = "2.1"
_NOTHING: Final = re.compile(r"0(?:\.0{0,3})?")


def is_accepted(header: str) -> bool:
    """Say whether an Accept header takes what we answer; one that is not given takes everything.

    A range without a version means the newest one. Clients in the field send blanks, lists, and stars.
    """
    if not header.strip():
        return True
    return any(_takes(each) for each in header.split(","))


def is_envelope(header: str) -> bool:
    """Say whether a Content-Type is ours."""
    name, told = _parse(header)
    return name == _NAME and told.get("version", _VERSION) == _VERSION


def _takes(one: str) -> bool:
    name, told = _parse(one)
    if _NOTHING.fullmatch(told.get("q", "1")):
        return False
    return name in _ANY or (name == _NAME and told.get("version", _VERSION) == _VERSION)


def _parse(one: str) -> tuple[str, dict[str, str]]:
    name, *rest = (each.strip() for each in one.split(";"))
    told = {}
    for each in rest:
        key, _, text = each.partition("=")
        told[key.strip().lower()] = text.strip().strip('"')
    return name.lower(), told
