"""Ids and times of objects that we make of other formats: the same input gives the same ones.

A UUID is kept where the other format has one; else it is made of what the thing says (RFC 9562,
5.5), so that who imports a file twice holds one object, not two.
"""

import re
from datetime import UTC, datetime
from hashlib import sha1
from typing import Final

# Of the name "detente" under the namespace of DNS; every id made here stands under it.
NAMESPACE: Final = bytes.fromhex("6ba7b8109dad11d180b400c04fd430c8")
_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
_SECONDS_MAX: Final = 253_402_300_799  # the last second of the year 9999


def is_uuid(text: object) -> bool:
    """Return whether a text has the form of a UUID."""
    return isinstance(text, str) and _UUID.fullmatch(text) is not None


def uuid(*said: str) -> str:
    """Return the UUID, version 5, of what a thing says; parts are told apart."""
    name = "\x1f".join(("detente", *said)).encode("utf-8", "surrogatepass")
    made = bytearray(sha1(NAMESPACE + name, usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    digits = made.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def kept(given: object, *said: str) -> str:
    """Return a UUID that was given, in small letters; else that of what the thing says."""
    return str(given).lower() if is_uuid(given) else uuid(*said)


def time_of(seconds: object, default: str) -> str:
    """Return seconds since 1970, a number or its digits, as STIX writes a time."""
    text = str(seconds)
    if not re.fullmatch(r"[0-9]{1,12}", text) or not 0 < int(text) <= _SECONDS_MAX:
        return default
    return f"{datetime.fromtimestamp(int(text), UTC):%Y-%m-%dT%H:%M:%S}.000Z"


def time_of_day(day: object) -> str:
    """Return the first moment of a day written 2016-08-29; "" if it is none."""
    try:
        found = datetime.strptime(str(day), "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        return ""
    return f"{found:%Y-%m-%d}T00:00:00.000Z" if found.year > 1 else ""


def seconds_of(time: object) -> int:
    """Return a time as STIX writes it in seconds since 1970; 0 if it is none."""
    try:
        found = datetime.fromisoformat(str(time))
    except ValueError:
        return 0
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return max(0, int(aware.timestamp()))
