"""STIX 2.1 bundles: read strictly, kept to the byte, never written anew.

What is held to: JSON with unique names, the common properties of STIX 2.1 section 3.2, ids and
times in their form. Custom types and unknown properties pass. Source: OASIS STIX 2.1, 2021-06-10.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from math import isfinite
from typing import Final, NamedTuple, NoReturn

from detente.core.errors import OurFault
from detente.desks.cert.formats import jcs, marking
from detente.desks.cert.formats.jcs import Json

SIZE_MAX: Final = 16 * 1024**2  # bytes
DEPTH_MAX: Final = 48
COUNT_MAX: Final = 10_000  # objects of one bundle
INTEGER_DIGITS_MAX: Final = 310  # of a double

# Observables have no times of their own (section 6), markings were never changed (7.2.1).
OBSERVABLES: Final = frozenset(
    {
        "artifact",
        "autonomous-system",
        "directory",
        "domain-name",
        "email-addr",
        "email-message",
        "file",
        "ipv4-addr",
        "ipv6-addr",
        "mac-addr",
        "mutex",
        "network-traffic",
        "process",
        "software",
        "url",
        "user-account",
        "windows-registry-key",
        "x509-certificate",
    }
)
MARKING: Final = "marking-definition"
KNOWN: Final = frozenset(
    {
        "attack-pattern",
        "campaign",
        "course-of-action",
        "grouping",
        "identity",
        "incident",
        "indicator",
        "infrastructure",
        "intrusion-set",
        "location",
        "malware",
        "malware-analysis",
        "note",
        "observed-data",
        "opinion",
        "report",
        "threat-actor",
        "tool",
        "vulnerability",
        "relationship",
        "sighting",
        "language-content",
        "extension-definition",
    }
)

_TYPE = r"[a-z0-9](?:[a-z0-9-]{1,248}[a-z0-9])"
# RFC 4122 writes lower case and reads both; published bundles hold both.
_UUID = r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"
_ID = re.compile(rf"({_TYPE})--{_UUID}")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,12}))?Z")
# A text without an end is taken to the end: to try each of its quotes anew would cost a square.
_BRACKETS = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[\[{]|[\]}]', re.DOTALL)


class Ref(NamedTuple):
    """One version of one object: modified is "" for observables, `created` for markings."""

    id: str
    modified: str
    sha256: bytes


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read.

    text encodes to the very bytes. tlp is the strictest marking in it, "" if nothing is marked.
    """

    text: str
    objects: tuple[Ref, ...]
    tlp: str


class Flaw(NamedTuple):
    """What is wrong with a bundle, and the remedy. Whose fault it is, the caller knows."""

    code: str
    what: str
    remedy: str


class _Found(Exception):  # carries a Flaw out of the parser; never leaves this module
    def __init__(self, code: str, what: str, remedy: str) -> None:
        super().__init__(what)
        self.flaw = Flaw(code, what, remedy)


def read(data: bytes) -> Bundle:
    """Return the bundle that stands in a file of ours; raises OurFault("stix.*")."""
    bundle = examine(data)
    if isinstance(bundle, Flaw):
        raise OurFault(*bundle)
    return bundle


def examine(data: bytes) -> Bundle | Flaw:
    """Return the bundle that stands in `data`, or what is wrong with it. Never raises."""
    try:
        return _bundle(data)
    except _Found as found:
        return found.flaw


def _bundle(data: bytes) -> Bundle:
    if len(data) > SIZE_MAX:
        what = f"{len(data)} bytes where {SIZE_MAX} are allowed"
        raise _Found("stix.size", what, "split the bundle")
    value = _parse(data)
    if not isinstance(value, dict):
        raise _shape("the file", "is not an object", "give a STIX 2.1 bundle")
    if value.get("type") != "bundle":
        what = f"has type {_shown(value.get('type'))} where bundle is due"
        raise _shape("the file", what, "put the objects into a bundle")
    _check_id("the bundle", value, "bundle")
    if "spec_version" in value:
        raise _shape("the bundle", "has spec_version, as STIX 2.0 had", "convert it to STIX 2.1")
    objects = value.get("objects")
    if not isinstance(objects, list) or not objects:
        raise _shape("the bundle", "has no list of objects", "put at least one object in it")
    if len(objects) > COUNT_MAX:
        what = f"{len(objects)} objects where {COUNT_MAX} are allowed"
        raise _Found("stix.count", what, "split the bundle")
    refs = tuple(_ref(place, one) for place, one in enumerate(objects))
    _check_versions(refs)
    whole = [one for one in objects if isinstance(one, dict)]
    return Bundle(data.decode(), refs, marking.strictest(whole))


def _ref(place: int, one: Json) -> Ref:
    where = f"object {place}"
    if not isinstance(one, dict):
        raise _shape(where, "is not an object", "take it out")
    kind = one.get("type")
    if not isinstance(kind, str) or kind == "bundle":
        raise _shape(where, f"has type {_shown(kind)}", "give it the type of a STIX object")
    where = f"object {place} ({_shown(one.get('id'))})"
    _check_id(where, one, kind)
    # An observable may leave spec_version out; then 2.1 is meant. So may custom ones without times.
    plain = kind in OBSERVABLES or (kind not in KNOWN and not one.keys() & {"created", "modified"})
    if one.get("spec_version") != "2.1" and not (
        plain and kind != MARKING and "spec_version" not in one
    ):
        what = f"has spec_version {_shown(one.get('spec_version'))}"
        raise _shape(where, what, 'write "spec_version": "2.1", or convert it from STIX 2.0')
    if plain and kind != MARKING:
        return Ref(str(one["id"]), "", sha256(jcs.encode(one)).digest())
    created = _time(where, one, "created")
    if kind == MARKING and "modified" not in one:
        return Ref(str(one["id"]), str(one["created"]), sha256(jcs.encode(one)).digest())
    if _time(where, one, "modified") < created:
        what = f"was modified {one['modified']} before it was created {one['created']}"
        raise _shape(where, what, "correct one of the two times")
    return Ref(str(one["id"]), str(one["modified"]), sha256(jcs.encode(one)).digest())


def _check_versions(refs: tuple[Ref, ...]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for place, ref in enumerate(refs):
        first = seen.setdefault((ref.id, ref.modified), place)
        if first != place:
            same = "the same" if refs[first].sha256 == ref.sha256 else "another"
            what = f"is the version of object {first} again, with {same} content"
            raise _shape(f"object {place} ({ref.id})", what, "keep one, or give it a new modified")


def _check_id(where: str, one: dict[str, Json], kind: str) -> None:
    value = one.get("id")
    found = _ID.fullmatch(value) if isinstance(value, str) else None
    if not found or found[1] != kind:
        remedy = f"write it as {kind}--, then a UUID"
        raise _shape(where, f"has id {_shown(value)}", remedy)


def _time(where: str, one: dict[str, Json], name: str) -> tuple[str, str]:
    """Return a time in a form that sorts as time does."""
    value = one.get(name)
    if value is None:
        raise _shape(where, f"has no {name}", f"give it {name}")
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found:
        try:
            datetime.fromisoformat(found[1])
        except ValueError:
            pass
        else:
            return found[1], (found[2] or "").rstrip("0")
    raise _shape(where, f"has {name} {_shown(value)}", "write it as 2026-11-21T23:10:04.117Z")


def _parse(data: bytes) -> Json:
    if data.startswith(b"\xef\xbb\xbf"):
        raise _Found("stix.json", "a byte order mark stands first", "save it as UTF-8 without BOM")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        what = f"byte {error.start} is not UTF-8"
        raise _Found("stix.json", what, "save the file as UTF-8") from None
    _check_depth(data)
    try:
        value: Json = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        what = f"no JSON at line {error.lineno}, column {error.colno}: {error.msg}"
        raise _Found("stix.json", what, "correct the file") from None
    if rb"\ud" in data.lower():
        try:
            _WRITER.encode(value).encode()
        except UnicodeEncodeError:
            what = "an escape stands for half a character"
            raise _Found("stix.json", what, "write the whole character") from None
    return value


def _check_depth(data: bytes) -> None:
    # Before parsing: the parser itself would recurse. Few brackets cannot be deep.
    if data.count(b"{") + data.count(b"[") <= DEPTH_MAX:
        return
    depth = 0
    for found in _BRACKETS.finditer(data):
        sign = found[0][:1]
        if sign in b"[{":
            depth += 1
            if depth > DEPTH_MAX:
                what = f"deeper than {DEPTH_MAX} at byte {found.start()}"
                raise _Found("stix.depth", what, "flatten it")
        elif sign in b"]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for name, value in pairs:
        if name in found:
            # Two readers would each take another one: so do disputes begin.
            what = f"the name {_shown(name)} stands twice in one object"
            raise _Found("stix.json", what, "take one of them out")
        found[name] = value
    return found


def _no_number(text: str) -> NoReturn:
    raise _Found("stix.number", f"{text[:24]} is no number of JSON", "write a finite number")


def _integer(text: str) -> int:
    if len(text) > INTEGER_DIGITS_MAX:
        _no_number(text)
    value = int(text)
    try:
        float(value)
    except OverflowError:
        _no_number(text)
    return value


def _float(text: str) -> float:
    value = float(text)
    if not isfinite(value):
        _no_number(text)
    return value


_WRITER = json.JSONEncoder(ensure_ascii=False)
_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_no_number
)


def _shape(where: str, what: str, remedy: str) -> _Found:
    return _Found("stix.shape", f"{where} {what}", remedy)


def _shown(value: Json) -> str:
    return json.dumps(value)[:80] if isinstance(value, (str, int, float)) else "none"
