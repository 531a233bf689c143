"""Ids of observables: what the same thing should be called by everybody (STIX 2.1 section 2.9)."""

import re
from hashlib import sha1
from typing import Final

from detente.desks.cert.formats import declared, jcs
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.notes import Notes, Object, warning

SPACE: Final = bytes.fromhex("00abedb4aa42466c9c01fed23315a9b7")  # fixed in the standard
_HASHES: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")  # the first that is there counts
_BY_NAME: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def id_of(one: Object) -> str:
    """Return the id that follows from an observable's properties; "" if none does."""
    kind = str(one.get("type"))
    given: Object = {}
    for name in declared.ID_FROM.get(kind, ()):
        if name in one:
            given[name] = _hash(one[name]) if name == "hashes" else one[name]
    return f"{kind}--{_uuid(jcs.encode(given))}" if given else ""


def check(one: Object, path: str) -> Notes:
    """Warn of an id that others would not make of the same thing."""
    kind, due = str(one.get("type")), id_of(one)
    if kind not in declared.SCO or not due or not isinstance(one.get("id"), str):
        return
    identity = str(one["id"])
    if identity.lower() == due:
        return
    if _BY_NAME.fullmatch(identity[-36:].lower()):
        yield warning(f"{path}.id", f"does not follow from the object: {due} would")


def _uuid(name: bytes) -> str:
    """Return the UUID of a name in the space of observables (RFC 9562 section 5.5, version 5)."""
    made = bytearray(sha1(SPACE + name, usedforsecurity=False).digest()[:16])
    made[6] = made[6] & 0x0F | 0x50
    made[8] = made[8] & 0x3F | 0x80
    digits = made.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def _hash(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    name = next((name for name in _HASHES if name in value), None) or min(value, default=None)
    return {name: value[name]} if name else value
