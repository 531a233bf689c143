"""STIX 2.1 objects held against the standard: what is wrong, where, and whether it refuses.

An error is what the standard says must not be; a warning what it says should not, or what a reader
should know. What may stand where is data (declared); what ties properties together is `ties`.
Source: OASIS STIX 2.1, 2021-06-10.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from detente.core import limits
from detente.desks.cert.formats import declared, observable, plain, strict, ties
from detente.desks.cert.formats.declared import Properties, Property
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.notes import Note, Notes, Object, error, parts, warning
from detente.desks.cert.formats.strict import shown
from detente.desks.cert.formats.vocabularies import VOCABULARIES

NOTES_MAX: Final = limits.MAX_NOTES  # told of one object
_NAME: Final = re.compile(r"[a-z0-9_]{1,250}")
_KEY: Final = re.compile(r"[A-Za-z0-9_-]{1,250}")
_SELECTOR: Final = re.compile(r"[a-z0-9_]{1,250}(?:\.(?:\[[0-9]{1,9}\]|[A-Za-z0-9_-]{1,250}))*")
_MARKUP: Final = re.compile(
    r"<(?:script|iframe|img|object|embed|style|a|svg|form)\b|javascript:", re.IGNORECASE
)
_GROUPS: Final = {
    "sdo": frozenset(declared.SDO),
    "sco": frozenset(declared.SCO),
    "sro": frozenset(declared.SRO),
}
_EXTENSION_TYPES: Final = frozenset(
    {"new-sdo", "new-sco", "new-sro", "property-extension", "toplevel-property-extension"}
)


def check(one: Object, path: str, now: str = "") -> list[Note]:
    """Return what was found on an object, at most NOTES_MAX.

    path: how its place is named, as in objects[17]. now: the present, written as STIX does; "" asks
    for nothing about the future.
    """
    found = _all(one, path, now)
    return list(islice(found, NOTES_MAX))


def notes(data: bytes, now: str = "") -> Iterator[Note]:
    """Walk what was found on every object of a bundle, each under objects[place].

    The bundle was examined before.
    """
    value = strict.parse(data).value
    listed = value.get("objects") if isinstance(value, dict) else None
    yield from of_objects(parts(listed), now)


def of_objects(objects: Iterable[Object], now: str = "") -> Iterator[Note]:
    """Walk what was found on objects of a bundle that are parsed already, as `notes` does."""
    for place, one in enumerate(objects):
        yield from check(one, f"objects[{place}]", now)


def _all(one: Object, path: str, now: str) -> Notes:
    kind = str(one.get("type"))
    table = declared.TYPES.get(kind)
    if table is None:
        yield from _custom(one, path)
    else:
        yield from _members(one, path, table, is_open=_is_extended(one))
        yield from ties.check(one, path, now)
        yield from observable.check(one, path)
    named = plain.type_of(one.get("id"))
    if named and named != kind:
        yield error(f"{path}.id", f"names a {named}, and the type is {shown(kind)}")
    for place, each in enumerate(_list(one.get("granular_markings"))):
        yield from _granular(one, each, f"{path}.granular_markings[{place}]")


def _custom(one: Object, path: str) -> Notes:
    # A type of somebody's own: what all objects share is checked, all else is theirs.
    common = declared.COMMON if "created" in one else declared.COMMON_SCO
    known = {name: given for name, given in common.items() if name in one}
    yield from _members(one, path, known, is_open=True)
    if not _is_extended(one):
        yield warning(f"{path}.type", f"{shown(one.get('type'))} is no type of STIX 2.1")


def _members(one: Object, path: str, table: Properties, *, is_open: bool) -> Notes:
    for name, given in table.items():
        if given.required and name not in one:
            yield error(f"{path}.{name}", "is not there")
    for name, value in one.items():
        known = table.get(name)
        if known is not None:
            yield from _property(one, value, f"{path}.{name}", known)
            continue
        where = f"{path}.{name if _NAME.fullmatch(name) else shown(name)}"
        if not _NAME.fullmatch(name):
            yield error(where, "a name has small letters, digits and underscores, at most 250")
        elif not is_open and not name.startswith("x_"):
            yield warning(where, "is no property of this type; names of one's own begin with x_")
        if value is None or value in ([], {}):
            yield error(where, "is empty; leave it out")


def _property(one: Object, value: Json, path: str, given: Property) -> Notes:
    if not given.many:
        yield from _value(one, value, path, given)
        return
    if not isinstance(value, list):
        yield error(path, "is no list")
        return
    if not value:
        yield error(path, "is an empty list; leave it out")
    for place, each in enumerate(value):
        yield from _value(one, each, f"{path}[{place}]", given)


def _value(one: Object, value: Json, path: str, given: Property) -> Notes:
    kind = given.kind
    simple = plain.PLAIN.get(kind)
    if simple is not None:
        wrong = simple(value)
        if wrong:
            yield error(path, wrong)
        elif kind == "text" and isinstance(value, str) and _MARKUP.search(value):
            yield warning(path, "holds markup; it is shown as text")
    elif kind in ("int", "num"):
        wrong = (plain.whole if kind == "int" else plain.number)(value, given.given)
        if wrong:
            yield error(path, wrong)
    elif kind == "ref":
        yield from _ref(value, path, given.given)
    elif kind in ("one", "some"):
        yield from _word(value, path, given)
    elif kind == "hashes":
        yield from _hashes(value, path)
    elif kind == "dict":
        yield from _dict(value, path)
    elif kind == "extensions":
        yield from _extensions(str(one.get("type")), value, path)
    elif kind == "selector":
        if not isinstance(value, str) or not _SELECTOR.fullmatch(value):
            yield error(path, f"{shown(value)} is no selector")
    elif not isinstance(value, dict):
        yield error(path, "is no object")
    else:
        yield from _part(value, path, kind)


def _part(value: Object, path: str, kind: str) -> Notes:
    yield from _members(value, path, declared.PARTS[kind], is_open=False)
    yield from ties.check_part(kind, value, path)


def _ref(value: Json, path: str, given: tuple[str, ...]) -> Notes:
    kind = plain.type_of(value)
    if not kind:
        yield error(path, f"{shown(value)} is no id")
        return
    allowed = {name for each in given for name in _GROUPS.get(each, (each,))}
    if allowed and kind in declared.TYPES and kind not in allowed:
        yield error(path, f"{shown(value)} is a {kind}, where {' or '.join(given)} is due")


def _word(value: Json, path: str, given: Property) -> Notes:
    if not isinstance(value, str):
        yield error(path, f"{shown(value)} is no text")
    elif given.kind == "one" and value not in given.given:
        yield error(path, f"{shown(value)} is none of {', '.join(given.given)}")
    elif given.kind == "some" and value.replace(" ", "_") not in VOCABULARIES[given.given[0]]:
        yield warning(path, f"{shown(value)} is not in the vocabulary {given.given[0]}")


def _hashes(value: Json, path: str) -> Notes:
    if not isinstance(value, dict) or not value:
        yield error(path, "is no dictionary with a hash in it")
        return
    for name, each in value.items():
        where = f"{path}.{name[:80]}"
        digits = plain.DIGITS.get(name)
        if not isinstance(each, str):
            yield error(where, "is no text")
        elif digits and not re.fullmatch(rf"[0-9a-fA-F]{{{digits}}}", each):
            yield error(where, f"{shown(each)} is no {name} hash: {digits} hexadecimal digits")
        elif name not in plain.NAMED_HASHES:
            yield warning(where, f"{shown(name)} is not in the vocabulary hash-algorithm")


def _dict(value: Json, path: str) -> Notes:
    if not isinstance(value, dict) or not value:
        yield error(path, "is no dictionary with something in it")
        return
    for name in value:
        if not _KEY.fullmatch(name):
            what = f"the key {shown(name)} has more than letters, digits, hyphens and underscores"
            yield error(path, what)


def _extensions(kind: str, value: Json, path: str) -> Notes:
    if not isinstance(value, dict) or not value:
        yield error(path, "is no dictionary with an extension in it")
        return
    for name, each in value.items():
        where = f"{path}.{name[:80]}"
        if not isinstance(each, dict):
            yield error(where, "is no object")
        elif name in declared.EXTENSIONS:
            if declared.EXTENSIONS[name] != kind:
                yield error(where, f"is an extension of {declared.EXTENSIONS[name]}")
            yield from _part(each, where, name)
        elif plain.type_of(name) == "extension-definition":
            if str(each.get("extension_type")) not in _EXTENSION_TYPES:
                what = f"{shown(each.get('extension_type'))} is no extension_type"
                yield error(f"{where}.extension_type", what)
        else:
            yield warning(where, "is no extension of STIX 2.1, and no extension-definition's id")


def _granular(one: Object, value: Json, path: str) -> Notes:
    if not isinstance(value, dict):
        return
    if ("lang" in value) == ("marking_ref" in value):
        yield error(path, "has lang and marking_ref, or neither")
    selectors = value.get("selectors")
    for place, each in enumerate(_list(selectors)):
        where = f"{path}.selectors[{place}]"
        if isinstance(each, str) and _SELECTOR.fullmatch(each) and not _stands(one, each):
            yield error(where, f"{shown(each)} is nothing in this object")


def _stands(one: Object, selector: str) -> bool:
    value: Json = one
    for step in selector.split("."):
        if step.startswith("["):
            place = int(step[1:-1])
            if not isinstance(value, list) or place >= len(value):
                return False
            value = value[place]
        elif isinstance(value, dict) and step in value:
            value = value[step]
        else:
            return False
    return True


def _is_extended(one: Object) -> bool:
    """Say whether an extension gives this object names of its own at the top, or its type."""
    extensions = one.get("extensions")
    if not isinstance(extensions, dict):
        return False
    kinds = {
        str(each.get("extension_type")) for each in extensions.values() if isinstance(each, dict)
    }
    return bool(kinds & {"toplevel-property-extension", "new-sdo", "new-sco", "new-sro"})


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []
