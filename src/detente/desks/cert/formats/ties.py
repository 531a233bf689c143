"""What ties properties of one STIX object together, by type (STIX 2.1 sections 3 to 7)."""

import re
from collections.abc import Callable
from typing import Final

from detente.desks.cert.formats import declared, marking, pattern, plain
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.notes import Notes, Object, error, parts, warning
from detente.desks.cert.formats.strict import shown
from detente.desks.cert.formats.vocabularies import COMMON_RELATIONSHIPS, RELATIONSHIPS

_TLP_CREATED: Final = ("2017-01-20T00:00:00", "")
# Underscores stand in names that are looked up for services; letters of any script are read.
_HOST: Final = re.compile(r"[^\s/:@.,;?#\[\]\\]{1,63}(?:\.[^\s/:@.,;?#\[\]\\]{1,63})*\.?")
_PAST: Final = ("created", "modified", "first_observed", "last_observed", "first_seen")


def check(one: Object, path: str, now: str) -> Notes:
    """Return what is wrong between properties of an object of a known type."""
    kind = str(one["type"])
    if _before(one, "modified", "created"):
        yield error(f"{path}.modified", f"{one['modified']} is before created {one['created']}")
    pair = declared.TIMES.get(kind)
    if pair is not None:
        yield from _order(one, path, *pair)
    names = declared.ANY_OF.get(kind)
    if names and not any(name in one for name in names):
        yield error(path, f"has none of {', '.join(names)}")
    if kind in declared.SCO and not one.keys() - declared.COMMON_SCO.keys():
        yield error(path, "says nothing but its id")
    for name in _PAST if now else ():
        value = one.get(name)
        # Most are far in the past: that shows in the texts, whatever else is wrong with them.
        if not isinstance(value, str) or value[:19] < now[:19]:
            continue
        if not plain.time(value) and _key(value) > _key(now):
            yield warning(f"{path}.{name}", f"{one[name]} is in the future")
    if kind in _BY_TYPE:
        yield from _BY_TYPE[kind](one, path)


def check_part(kind: str, value: Object, path: str) -> Notes:
    """Return what is wrong between properties of a part of an object."""
    if kind == "reference":
        if not value.keys() & {"description", "url", "external_id"}:
            yield error(path, "has none of description, url, external_id")
        name = str(value.get("external_id", ""))
        if value.get("source_name") == "cve" and not name.upper().startswith("CVE-"):
            yield warning(f"{path}.external_id", f"{shown(name)} is no CVE number")
    elif kind.endswith("-ext") and not value:
        yield error(path, "is empty")


def _indicator(one: Object, path: str) -> Notes:
    text = one.get("pattern")
    if one.get("pattern_type") == "stix" and isinstance(text, str):
        wrong = pattern.wrong(text)
        if wrong:
            yield error(f"{path}.pattern", wrong)


def _malware(one: Object, path: str) -> Notes:
    if one.get("is_family") is True and "name" not in one:
        yield error(f"{path}.name", "is not there, as a family must have")


def _location(one: Object, path: str) -> Notes:
    if ("latitude" in one) != ("longitude" in one):
        yield error(path, "has latitude or longitude, and not both")
    if "precision" in one and "latitude" not in one:
        yield error(f"{path}.precision", "stands without latitude and longitude")
    if not one.keys() & {"region", "country", "latitude"}:
        yield error(path, "has neither region nor country nor latitude and longitude")


def _observed(one: Object, path: str) -> Notes:
    if "objects" in one and "object_refs" in one:
        yield error(path, "has objects and object_refs")
    elif "objects" in one:
        yield warning(f"{path}.objects", "is deprecated; name observables in object_refs")


def _relationship(one: Object, path: str) -> Notes:
    kind = one.get("relationship_type")
    source, target = plain.type_of(one.get("source_ref")), plain.type_of(one.get("target_ref"))
    for name, found in (("source_ref", source), ("target_ref", target)):
        if found in (
            "relationship",
            "sighting",
            "marking-definition",
            "language-content",
            "bundle",
        ):
            yield error(f"{path}.{name}", f"a relationship does not go to a {found}")
    if not isinstance(kind, str) or kind in COMMON_RELATIONSHIPS or not source or not target:
        return
    if source not in declared.TYPES or target not in declared.TYPES:
        return
    allowed = RELATIONSHIPS.get(source, {}).get(kind, frozenset())
    if target not in allowed and not ("sco" in allowed and target in declared.SCO):
        what = f"{source} {kind} {target} is no relationship that STIX 2.1 names"
        yield warning(f"{path}.relationship_type", what)


def _artifact(one: Object, path: str) -> Notes:
    if "payload_bin" in one and "url" in one:
        yield error(path, "has payload_bin and url")
    if "url" in one and "hashes" not in one:
        yield error(f"{path}.hashes", "is not there, as a url needs")
    if "decryption_key" in one and "encryption_algorithm" not in one:
        yield error(f"{path}.decryption_key", "stands without encryption_algorithm")


def _mail(one: Object, path: str) -> Notes:
    many = one.get("is_multipart")
    if many is True and "body" in one:
        yield error(f"{path}.body", "stands in a message of several parts")
    if many is False and "body_multipart" in one:
        yield error(f"{path}.body_multipart", "stands in a message of one part")
    for place, each in enumerate(parts(one.get("body_multipart"))):
        if "body" in each and "body_raw_ref" in each:
            yield error(f"{path}.body_multipart[{place}]", "has body and body_raw_ref")


def _traffic(one: Object, path: str) -> Notes:
    if one.get("is_active") is True and "end" in one:
        yield error(f"{path}.end", "stands beside is_active true")


def _marking(one: Object, path: str) -> Notes:
    if "modified" in one:
        yield error(f"{path}.modified", "a marking is never changed")
    has = "definition_type" in one and "definition" in one
    if not has and "extensions" not in one:
        yield error(path, "has neither definition_type and definition, nor extensions")
    if ("definition_type" in one) != ("definition" in one):
        yield error(path, "has definition_type or definition, and not both")
    inner = one.get("definition")
    yield from _colour(one, inner, path)
    says = inner.get("statement") if isinstance(inner, dict) else ""
    if one.get("definition_type") == "statement" and not isinstance(says, str):
        yield error(f"{path}.definition.statement", "is not there")


def _colour(one: Object, inner: Json, path: str) -> Notes:
    # TLP 1.0 is fixed to the object (section 7.2.1.4); TLP 2.0 stands in an extension.
    fixed = marking.FIXED.get(str(one.get("id")))
    if one.get("definition_type") != "tlp":
        if fixed and "extensions" not in one:
            yield error(f"{path}.id", f"is that of TLP:{fixed}, and this is not it")
        return
    word = str(inner.get("tlp")) if isinstance(inner, dict) else ""
    level = {"white": "CLEAR"}.get(word, word.upper())
    if not fixed or fixed != level:
        yield error(f"{path}.id", f"TLP {word} has a fixed id, and this is not it")
    elif _key(one.get("created")) != _TLP_CREATED:
        yield error(f"{path}.created", "is not that of TLP as the standard fixes it")


def _domain(one: Object, path: str) -> Notes:
    value = one.get("value")
    if isinstance(value, str) and not _HOST.fullmatch(value):
        yield error(f"{path}.value", f"{shown(value)} is no domain's name")


def _language(one: Object, path: str) -> Notes:
    contents = one.get("contents")
    for name, each in contents.items() if isinstance(contents, dict) else ():
        if plain.PLAIN["lang"](name):
            yield error(f"{path}.contents", f"{shown(name)} is no language as RFC 5646 writes it")
        if not isinstance(each, dict):
            yield error(f"{path}.contents.{name[:80]}", "is no object")


def _definition(one: Object, path: str) -> Notes:
    kinds = one.get("extension_types")
    is_top = isinstance(kinds, list) and "toplevel-property-extension" in kinds
    if is_top and "extension_properties" not in one:
        yield warning(f"{path}.extension_properties", "is not there, as its type asks")


def _sets(one: Object, path: str) -> Notes:
    for place, each in enumerate(parts(one.get("values"))):
        if not each:
            yield error(f"{path}.values[{place}]", "is empty")


_BY_TYPE: Final[dict[str, Callable[[Object, str], Notes]]] = {
    "indicator": _indicator,
    "malware": _malware,
    "location": _location,
    "observed-data": _observed,
    "relationship": _relationship,
    "artifact": _artifact,
    "email-message": _mail,
    "network-traffic": _traffic,
    "marking-definition": _marking,
    "language-content": _language,
    "extension-definition": _definition,
    "windows-registry-key": _sets,
    "domain-name": _domain,
}


def _order(one: Object, path: str, first: str, second: str, sign: str) -> Notes:
    if _before(one, second, first) or (sign == ">" and _same(one, first, second)):
        due = "after" if sign == ">" else "at or after"
        yield error(f"{path}.{second}", f"{one[second]} is not {due} {first} {one[first]}")


def _before(one: Object, first: str, second: str) -> bool:
    if first not in one or second not in one or one[first] == one[second]:
        return False
    return _both(one, first, second) and _key(one[first]) < _key(one[second])


def _same(one: Object, first: str, second: str) -> bool:
    return _both(one, first, second) and _key(one[first]) == _key(one[second])


def _both(one: Object, first: str, second: str) -> bool:
    return not plain.time(one.get(first)) and not plain.time(one.get(second))


def _key(value: Json) -> tuple[str, str]:
    head, _, part = str(value).rstrip("Z").partition(".")
    return head, part.rstrip("0")
