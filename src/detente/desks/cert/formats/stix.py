"""STIX 2.1 bundles: read strictly, kept to the byte, never written anew.

What is held to: JSON with unique names, the common properties of STIX 2.1 section 3.2, ids and
times in their form. Custom types and unknown properties pass. Source: OASIS STIX 2.1, 2021-06-10.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats import jcs, marking
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.strict import Flaw, Found, Span, parse, shown

__all__ = [
    "Bundle",
    "Examined",
    "Flaw",
    "Ref",
    "edition_of",
    "examine",
    "examine_parsed",
    "instant_of",
    "read",
]

SIZE_MAX: Final = limits.MAX_STIX  # bytes; a record carries less: MAX_BUNDLE
COUNT_MAX: Final = limits.MAX_STIX_OBJECTS  # objects of one bundle

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


class Ref(NamedTuple):
    """One version of one object: modified is "" for observables, `created` for markings."""

    id: str
    modified: str
    sha256: bytes


@dataclass(frozen=True)
class Bundle:
    """A bundle that was read.

    text encodes to the very bytes. tlp is the strictest marking in it, "" if nothing is marked.
    whole: the objects as they were parsed, for who looks closer; nobody changes them. spans: where each
    stands in the text.
    """

    text: str
    objects: tuple[Ref, ...]
    tlp: str
    whole: tuple[dict[str, Json], ...] = field(default=(), compare=False, repr=False)
    spans: tuple[Span, ...] = field(default=(), compare=False, repr=False)


class Examined(bytes):
    """The bytes of a bundle with what was read of them: it ends with them, and is read no second time."""

    bundle: Bundle

    @classmethod
    def of(cls, data: bytes, bundle: Bundle) -> "Examined":
        """Return bytes that were examined."""
        found = cls(data)
        found.bundle = bundle
        return found


def read(data: bytes) -> Bundle:
    """Return the bundle that stands in a file of ours; raises OurFault("stix.*")."""
    bundle = data.bundle if isinstance(data, Examined) else examine(data)
    if isinstance(bundle, Flaw):
        raise OurFault(*bundle)
    return bundle


def examine(data: bytes) -> Bundle | Flaw:
    """Return the bundle that stands in `data`, or what is wrong with it. Never raises."""
    try:
        return _bundle(data)
    except Found as found:
        return found.flaw


def examine_parsed(
    data: bytes, text: str, objects: Sequence[Json], spans: tuple[Span, ...]
) -> Bundle | Flaw:
    """Return what `examine` would of a bundle whose objects were parsed before. Never raises.

    text: of the bytes. There is one object and more, read by `strict.parse`; spans: where each stands
    in the text.
    """
    try:
        _check_size(data)
        return _of(text, objects, spans)
    except Found as found:
        return found.flaw


def edition_of(one: dict[str, Json], sha256_: bytes) -> str:
    """Return what tells two versions of one id apart: the instant, in a form that sorts as time does.

    For an object without a time "#" and its hash. The object was examined before.
    """
    plain = one["type"] in OBSERVABLES or "created" not in one
    if plain:
        return f"#{sha256_.hex()}"
    name = "modified" if "modified" in one else "created"
    return instant_of(str(one[name]))


def instant_of(text: str) -> str:
    """Return a time in a form that is one for one instant, and sorts as time does; "" for none."""
    found = _TIME.fullmatch(text)
    return f"{found[1]}.{(found[2] or '').rstrip('0')}" if found else ""


def _bundle(data: bytes) -> Bundle:
    _check_size(data)
    parsed = parse(data)
    value = parsed.value
    head_of(value)
    assert isinstance(value, dict), "it has a head"
    objects = value.get("objects")
    if not isinstance(objects, list) or not objects:
        raise _shape("the bundle", "has no list of objects", "put at least one object in it")
    return _of(parsed.text, objects, parsed.spans)


def _check_size(data: bytes) -> None:
    if len(data) > SIZE_MAX:
        what = f"{len(data)} bytes where {SIZE_MAX} are allowed"
        raise Found("stix.size", what, "split the bundle")


def _of(text: str, objects: Sequence[Json], spans: tuple[Span, ...]) -> Bundle:
    if len(objects) > COUNT_MAX:
        what = f"{len(objects)} objects where {COUNT_MAX} are allowed"
        raise Found("stix.count", what, "split the bundle")
    refs = tuple(
        _ref(place, one, span) for place, (one, span) in enumerate(zip(objects, spans, strict=True))
    )
    _check_versions(refs)
    whole = tuple(one for one in objects if isinstance(one, dict))
    return Bundle(text, refs, marking.strictest(whole), whole, spans)


def head_of(value: Json) -> str:
    """Return the id of a bundle; what stands in its list is not looked at. Raises Found."""
    if not isinstance(value, dict):
        raise _shape("the file", "is not an object", "give a STIX 2.1 bundle")
    if value.get("type") != "bundle":
        what = f"has type {shown(value.get('type'))} where bundle is due"
        raise _shape("the file", what, "put the objects into a bundle")
    _check_id("the bundle", value, "bundle")
    if "spec_version" in value:
        raise _shape("the bundle", "has spec_version, as STIX 2.0 had", "convert it to STIX 2.1")
    return str(value["id"])


def objects_of(data: bytes, first: int) -> tuple[tuple[Ref, ...], tuple[dict[str, Json], ...]]:
    """Return the objects of a bundle that is a piece of a larger one, `first` in it. Raises Found."""
    parsed = parse(data)
    found = parsed.value.get("objects") if isinstance(parsed.value, dict) else None
    listed = found if isinstance(found, list) else []
    pairs = enumerate(zip(listed, parsed.spans, strict=True), first)
    refs = tuple(_ref(place, one, span) for place, (one, span) in pairs)
    return refs, tuple(one for one in listed if isinstance(one, dict))


def _ref(place: int, one: Json, span: Span) -> Ref:
    where = f"object {place}"
    if not isinstance(one, dict):
        raise _shape(where, "is not an object", "take it out")
    kind = one.get("type")
    if not isinstance(kind, str) or kind == "bundle":
        raise _shape(where, f"has type {shown(kind)}", "give it the type of a STIX object")
    where = f"object {place} ({shown(one.get('id'))})"
    _check_id(where, one, kind)
    # An observable may leave spec_version out; then 2.1 is meant. So may custom ones without times.
    plain = kind in OBSERVABLES or (kind not in KNOWN and not one.keys() & {"created", "modified"})
    if one.get("spec_version") != "2.1" and not (
        plain and kind != MARKING and "spec_version" not in one
    ):
        what = f"has spec_version {shown(one.get('spec_version'))}"
        raise _shape(where, what, 'write "spec_version": "2.1", or convert it from STIX 2.0')
    digest = sha256(jcs.encode_plain(one) if span.plain else jcs.encode(one)).digest()
    if plain and kind != MARKING:
        return Ref(str(one["id"]), "", digest)
    created = _time(where, one, "created")
    if kind == MARKING and "modified" not in one:
        return Ref(str(one["id"]), str(one["created"]), digest)
    if _time(where, one, "modified") < created:
        what = f"was modified {one['modified']} before it was created {one['created']}"
        raise _shape(where, what, "correct one of the two times")
    return Ref(str(one["id"]), str(one["modified"]), digest)


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
        raise _shape(where, f"has id {shown(value)}", remedy)


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
    raise _shape(where, f"has {name} {shown(value)}", "write it as 2026-11-21T23:10:04.117Z")


def _shape(where: str, what: str, remedy: str) -> Found:
    return Found("stix.shape", f"{where} {what}", remedy)
