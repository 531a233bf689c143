"""Observables made of (path, value) pairs: one file of its name and hashes, a name and its address.

Ids are those that the standard makes of what an observable says, so that two who see the same file
write the same object. Source: OASIS STIX 2.1, sections 2.9 and 6.
"""

import re
from hashlib import sha1
from typing import Final

from detente.desks.cert.formats import ids, jcs
from detente.desks.cert.formats.comparing import Pair
from detente.desks.cert.formats.jcs import Json

Object = dict[str, Json]
_NAMESPACE: Final = bytes.fromhex("00abedb4aa42466c9c01fed23315a9b7")  # 2.9
_MEANING: Final = {  # properties that make an id, by type: section 6
    "autonomous-system": ("number",),
    "domain-name": ("value",),
    "email-addr": ("value",),
    "email-message": ("from_ref", "subject", "body"),
    "file": ("hashes", "name"),
    "ipv4-addr": ("value",),
    "ipv6-addr": ("value",),
    "mac-addr": ("value",),
    "mutex": ("name",),
    "network-traffic": ("src_ref", "dst_ref", "src_port", "dst_port", "protocols"),
    "software": ("name", "cpe"),
    "url": ("value",),
    "user-account": ("account_type", "user_id", "account_login"),
    "windows-registry-key": ("key", "values"),
    "x509-certificate": ("hashes", "serial_number"),
}
_FIRST_HASHES: Final = ("MD5", "SHA-1", "SHA-256", "SHA-512")
_PATH: Final = re.compile(r"([a-z0-9-]+):([a-z_]+)(\[\*\])?(?:\.(?:'([^']+)'|([A-Za-z0-9_-]+)))?")
_NUMBERS: Final = frozenset({"number", "size", "src_port", "dst_port", "pid"})
_ALONE: Final = frozenset({"ipv4-addr", "ipv6-addr", "domain-name", "url", "email-addr", "mac-addr",
                           "mutex", "autonomous-system"})  # fmt: skip
_ENDS: Final = ("ipv4-addr", "ipv6-addr", "domain-name")
_REQUIRED: Final = {"network-traffic": ("protocols",), "user-account": ()}


def build(pairs: tuple[Pair, ...]) -> list[Object] | None:
    """Return the observables that say these pairs; None if the pairs are more than they can say."""
    held: dict[str, Object] = {}
    alone: list[Object] = []
    for path, value in pairs:
        found = _PATH.fullmatch(path)
        if found is None:
            return None
        kind, name, many = found[1], found[2], found[3]
        inner = found[4] or found[5] or ""
        if kind in _ALONE:
            one: Object = {"type": kind, name: _value(name, value)}
            alone.append(one)
        elif not _put(held.setdefault(kind, {"type": kind}), alone, name, inner, value, many=many):
            return None
    _finish(held, alone)
    made = [_named(one) for one in (*alone, *held.values())]
    if any(name not in one for one in made for name in _REQUIRED.get(str(one["type"]), ())):
        return None
    return [*{str(one["id"]): one for one in made}.values()]


def _put(
    one: Object, alone: list[Object], name: str, inner: str, value: str, *, many: str | None
) -> bool:
    if name.endswith(("_ref", "_refs")) and inner == "value":
        other = _named({"type": _type_of(value), "value": value})
        alone.append(other)
        if many:
            refs = one.setdefault(name, [])
            assert isinstance(refs, list)
            refs.append(other["id"])
        else:
            one[name] = other["id"]
        return True
    if name == "values" and inner:  # of a registry key
        listed = one.setdefault(name, [])
        assert isinstance(listed, list)
        if not listed or not isinstance(listed[-1], dict) or inner in listed[-1]:
            listed.append({})
        last = listed[-1]
        assert isinstance(last, dict)
        last[inner] = value
        return True
    if many and not inner:
        listed = one.setdefault(name, [])
        assert isinstance(listed, list)
        listed.append(value.lower() if name == "protocols" else value)
        return True
    if name == "hashes" and inner:
        hashes = one.setdefault("hashes", {})
        assert isinstance(hashes, dict)
        return hashes.setdefault(inner, value) == value
    if inner or many:
        return False
    return one.setdefault(name, _value(name, value)) == _value(name, value)


def _type_of(value: str) -> str:
    if "@" in value:
        return "email-addr"
    if ":" in value:
        return "ipv6-addr"
    return "ipv4-addr" if re.fullmatch(r"[0-9./]+", value) else "domain-name"


def _value(name: str, value: str) -> Json:
    return int(value) if name in _NUMBERS and re.fullmatch(r"[0-9]{1,15}", value) else value


def _finish(held: dict[str, Object], alone: list[Object]) -> None:
    if "email-message" in held:
        held["email-message"]["is_multipart"] = False
    traffic = held.get("network-traffic")
    if traffic is not None:
        ends = [one for one in alone if one["type"] in _ENDS]
        if ends and "dst_ref" not in traffic and "src_ref" not in traffic:
            traffic["dst_ref"] = _named(ends[0])["id"]  # the address that stands beside a port
        if "protocols" not in traffic and {"src_ref", "dst_ref"} & traffic.keys():
            seen = {str(one["type"]) for one in alone}
            traffic["protocols"] = ["ipv6" if "ipv6-addr" in seen else "ipv4"]


def _named(one: Object) -> Object:
    kind = str(one["type"])
    meaning: Object = {name: one[name] for name in _MEANING.get(kind, ()) if name in one}
    hashes = meaning.get("hashes")
    if isinstance(hashes, dict):  # the first of the four that stands there
        first = next((name for name in _FIRST_HASHES if name in hashes), min(hashes))
        meaning["hashes"] = {first: hashes[first]}
    if not meaning:
        uuid = ids.uuid("observable", jcs.encode(one).decode())
    else:
        uuid = _uuid(jcs.encode(meaning))
    rest = {name: value for name, value in one.items() if name not in ("type", "id")}
    return {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid}", **rest}


def _uuid(meaning: bytes) -> str:
    made = bytearray(sha1(_NAMESPACE + meaning, usedforsecurity=False).digest()[:16])
    made[6], made[8] = made[6] & 0x0F | 0x50, made[8] & 0x3F | 0x80
    digits = made.hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def take_apart(one: Object) -> tuple[tuple[Pair, ...], bool]:
    """Return (path, value) pairs that say what an observable says, and whether they say all of it."""
    kind, whole = str(one.get("type")), True
    pairs: list[Pair] = []
    for name, value in one.items():
        if name in ("type", "id", "spec_version", "object_marking_refs", "defanged"):
            continue
        if name == "hashes" and isinstance(value, dict):
            pairs += [(f"{kind}:hashes.{_inner(each)}", str(said)) for each, said in value.items()]
        elif isinstance(value, (str, int)) and not isinstance(value, bool) and "_ref" not in name:
            pairs.append((f"{kind}:{name}", str(value)))
        elif not (name == "is_multipart" and value is False):
            whole = False
    return tuple(pairs), whole


def _inner(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_]+", name) else f"'{name}'"
