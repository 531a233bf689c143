"""Plain values of STIX 2.1: what is wrong with one, in a few words; "" for a right one."""

import re
from base64 import b64decode
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_interface
from math import isfinite
from typing import Final

from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.strict import shown

_TIME: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]{1,12})?Z"
)
_ID: Final = re.compile(
    r"([a-z0-9][a-z0-9-]{1,248}[a-z0-9])--[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
)
_LANG: Final = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
_MAC: Final = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}")
_WORD: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s]+")
DIGITS: Final = {
    "MD5": 32, "SHA-1": 40, "SHA-224": 56, "SHA-256": 64, "SHA-384": 96, "SHA-512": 128,
    "SHA3-224": 56, "SHA3-256": 64, "SHA3-384": 96, "SHA3-512": 128,
}  # fmt: skip
NAMED_HASHES: Final = frozenset({*DIGITS, "SSDEEP", "TLSH"})


def type_of(value: Json) -> str:
    """Return the type that an id names; "" if it is no id."""
    found = _ID.fullmatch(value) if isinstance(value, str) else None
    return found[1] if found else ""


def time(value: Json) -> str:
    """Say what is wrong with a time (section 2.16)."""
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found:
        try:
            datetime.fromisoformat(found[1])
        except ValueError:
            pass
        else:
            return ""
    return f"{shown(value)} is no time as 2026-11-21T23:10:04.117Z"


def whole(value: Json, given: tuple[str, ...]) -> str:
    """Say what is wrong with a whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool):
        return f"{shown(value)} is no whole number"
    return _bounds(value, given)


def number(value: Json, given: tuple[str, ...]) -> str:
    """Say what is wrong with a number within bounds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value):
        return f"{shown(value)} is no number"
    return _bounds(value, given)


def _bounds(value: float, given: tuple[str, ...]) -> str:
    low = given[0] if given else None
    high = given[1] if len(given) > 1 else None
    if low is not None and value < float(low):
        return f"{shown(value)} is below {low}"
    return f"{shown(value)} is above {high}" if high is not None and value > float(high) else ""


def _boolean(value: Json) -> str:
    return "" if isinstance(value, bool) else f"{shown(value)} is neither true nor false"


def _text(value: Json) -> str:
    return "" if isinstance(value, str) else f"{shown(value)} is no text"


def _identity(value: Json) -> str:
    return "" if type_of(value) else f"{shown(value)} is no id"


def _hexadecimal(value: Json) -> str:
    right = isinstance(value, str) and re.fullmatch(r"(?:[0-9a-fA-F]{2})*", value)
    return "" if right else f"{shown(value)} is no even number of hexadecimal digits"


def _binary(value: Json) -> str:
    if isinstance(value, str):
        with suppress(ValueError):
            b64decode(value, validate=True)
            return ""
    return "is no base64"


def _form(form: re.Pattern[str], named: str) -> Callable[[Json], str]:
    def check(value: Json) -> str:
        right = isinstance(value, str) and form.fullmatch(value)
        return "" if right else f"{shown(value)} is no {named}"

    return check


def _address(version: int) -> Callable[[Json], str]:
    def check(value: Json) -> str:
        if isinstance(value, str):
            with suppress(ValueError):
                if ip_interface(value).version == version:
                    return ""
        return f"{shown(value)} is no IPv{version} address or network"

    return check


PLAIN: Final[dict[str, Callable[[Json], str]]] = {
    "text": _text,
    "time": time,
    "bool": _boolean,
    "id": _identity,
    "hex": _hexadecimal,
    "binary": _binary,
    "url": _form(_URL, "URL"),
    "lang": _form(_LANG, "language as RFC 5646 writes it"),
    "word": _form(_WORD, "name in small letters, digits and hyphens"),
    "mac": _form(_MAC, "MAC address as 00:00:5e:00:53:01"),
    "ipv4": _address(4),
    "ipv6": _address(6),
}
