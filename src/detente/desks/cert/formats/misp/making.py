"""One item of a MISP event as objects of STIX 2.1.

Every object keeps beside it, under x_misp, the item as MISP wrote it: what STIX has no word for is
not lost, and an object that nobody changed goes back as it came.
"""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from detente.desks.cert.formats import (
    checking,
    ids,
    jcs,
    marking,
    members,
    notes,
    observed,
    scos,
)
from detente.desks.cert.formats.comparing import Pair
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import attribute_types, locked, templates
from detente.desks.cert.formats.misp.templates import Held

KEPT: Final = "x_misp"
ITEMS: Final = "x_misp_items"  # of an attached bundle: items that were made of its objects
ATTRIBUTE: Final = "x-misp-attribute"
OBJECT: Final = "x-misp-object"
# Members that say where an item stands in one server's database, and not what it says.
_PLACES: Final = frozenset({"id", "event_id", "object_id", "org_id", "orgc_id", "sharing_group_id"})
_SAID: Final = frozenset(
    {"uuid", "type", "category", "value", "comment", "timestamp", "to_ids", "deleted", "Tag",
     "object_relation", "name", "Attribute", "Sighting", "first_seen", "last_seen", "distribution",
     "disable_correlation", "meta-category", "description", "template_uuid", "template_version",
     "ObjectReference"}
)  # fmt: skip
_RELATION: Final = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Told:
    """What became of one item. how: whole, beside (part of it is kept in x_misp alone), kept, left."""

    item: str
    became: str
    how: str
    why: str = ""


@dataclass(frozen=True)
class Around:
    """What an event says of all that is in it. refs: its markings. at: when it was made, changed."""

    author: str
    at: tuple[str, str]
    refs: tuple[str, ...] = ()


@dataclass
class Made:
    """Objects made of an item, the one that stands for it first, with the markings that they name."""

    objects: list[Object] = field(default_factory=list)
    definitions: list[Object] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The id of the object that stands for the item."""
        return str(self.objects[0]["id"])


def digest(item: Object) -> str:
    """Return what tells whether somebody changed an item since we made it, in 32 digits."""
    said: Object = {
        "type": members.text(item, "type") or members.text(item, "name"),
        "value": members.text(item, "value"),
        "comment": members.text(item, "comment"),
        "to_ids": members.flag(item, "to_ids"),
        "deleted": members.flag(item, "deleted"),
        "tags": [*sorted(members.text(each, "name") for each in members.objects(item, "Tag"))],
        "inner": [*sorted(digest(each) for each in members.objects(item, "Attribute"))],
    }
    return sha256(jcs.encode(said)).hexdigest()[:32]


def marks_of(item: Object) -> tuple[list[str], list[Object], list[str]]:
    """Return the markings that an item's tags ask for, their definitions, and its other tags."""
    refs, definitions, others = list[str](), list[Object](), list[str]()
    for tag in members.objects(item, "Tag"):
        name = members.text(tag, "name")
        said = marking.of_tag(name)
        if said is None:
            others.append(name)
            continue
        plain = said.tlp and not said.unknown and not said.pap
        white = name.strip().lower() == "tlp:white"
        made = marking.definition_of(said.tlp, white=white) if plain else _statement(name)
        if made["id"] not in refs:
            refs.append(str(made["id"]))
            definitions.append(made)
    return refs, definitions, [name for name in dict.fromkeys(others) if name]


def _statement(name: str) -> Object:
    # The level is read from the text; an unknown one stays unknown on the other side too.
    return {
        "type": marking.TYPE,
        "spec_version": "2.1",
        "id": f"{marking.TYPE}--{ids.uuid('marking', name.strip())}",
        "created": "2022-10-01T00:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": name.strip()},
    }


def identity(org: Object, at: tuple[str, str]) -> Object:
    """Return the identity of an organisation; of one without uuid by its name."""
    name = members.text(org, "name").strip() or "unknown"
    return {
        "type": "identity",
        "spec_version": "2.1",
        "id": f"identity--{ids.kept(org.get('uuid'), 'identity', name)}",
        "created": at[0],
        "modified": at[1],
        "name": name,
        "identity_class": "organization" if name != "unknown" else "unknown",
    }


def attribute(item: Object, around: Around) -> Made:
    """Return what an attribute becomes: an indicator, what was observed, or a custom object."""
    item, left = locked.without_open(item)
    type_, value = members.text(item, "type"), members.text(item, "value")
    uuid = ids.kept(item.get("uuid"), "attribute", type_, value, members.text(item, "timestamp"))
    common, definitions, at = _common(item, around)
    made = Made(definitions=definitions)
    acts = members.flag(item, "to_ids")
    pairs = attribute_types.pairs_of(type_, value)
    if type_ in attribute_types.RULES and value.strip():
        rule = attribute_types.RULES[type_]
        made.objects = [_indicator(uuid, value, rule, type_, common, item, at)]
    elif type_ == attribute_types.CVE and value.strip():
        made.objects = [_vulnerability(uuid, value.strip(), common, item, at)]
    elif pairs and acts:
        pattern = observed.pattern_of(pairs)
        made.objects = [_indicator(uuid, pattern, "stix", value, common, item, at)]
    elif pairs and (seen := scos.build(pairs)) is not None:
        made.objects = [_observed(uuid, seen, common, item, at), *seen]
    else:
        made.objects = [_loose(uuid, item, common, at)]
    flaw = _flaw(made.objects)
    if flaw:
        made.objects = [_loose(uuid, item, common, at)]
    why = flaw or (locked.LEFT if left else "")
    made.told.append(_told(item, f"attribute {type_}", made.objects[0], why))
    return made


def object_(item: Object, around: Around) -> Made:
    """Return what an object becomes, its attributes together."""
    item, left = locked.without_open(item)
    name = members.text(item, "name")
    uuid = ids.kept(item.get("uuid"), "object", name, members.text(item, "timestamp"))
    inner = members.objects(item, "Attribute")
    common, definitions, at = _common(item, around)
    made = Made(definitions=definitions)
    for one in inner:
        refs, more, tags = marks_of(one)
        made.definitions += more
        _add(common, "object_marking_refs", refs)
        _add(common, "labels", tags)
    held = tuple(
        Held(members.text(one, "object_relation"), members.text(one, "type"),
             members.text(one, "value"))
        for one in inner
        if not members.flag(one, "deleted")
    )  # fmt: skip
    pairs, beside = templates.pairs_of(name, held)
    sharp = {members.text(one, "object_relation") for one in inner if members.flag(one, "to_ids")}
    sharp_pairs, _ = templates.pairs_of(name, tuple(one for one in held if one.relation in sharp))
    label = next((value for _, value in sharp_pairs or pairs), name)
    if name == templates.VULNERABILITY and any(one.relation == "id" for one in held):
        made.objects = [_vulnerability_object(uuid, held, common, item, at)]
        beside = tuple(one.relation for one in held if one.relation not in _VULNERABLE)
    elif sharp_pairs:
        pattern = observed.pattern_of(_unique(sharp_pairs))
        made.objects = [_indicator(uuid, pattern, "stix", label, common, item, at)]
    elif pairs and (seen := scos.build(_unique(pairs))) is not None:
        made.objects = [_observed(uuid, seen, common, item, at), *seen]
    else:
        made.objects = [_loose_object(uuid, item, common, at)]
    flaw = _flaw(made.objects)
    if flaw:
        made.objects, beside = [_loose_object(uuid, item, common, at)], (flaw,)
    why = ", ".join(dict.fromkeys((*beside, *((locked.LEFT,) if left else ()))))
    made.told.append(_told(item, f"object {name}", made.objects[0], why))
    return made


def sightings(item: Object, of: str, around: Around) -> Made:
    """Return the sightings of an attribute that say it was seen; others stay beside it."""
    made = Made()
    for one in members.objects(item, "Sighting"):
        sort = members.text(one, "type", "0")
        at = ids.time_of(one.get("date_sighting"), around.at[1])
        if sort != "0":
            word = "false positive" if sort == "1" else "expiration"
            made.told.append(Told(f"sighting ({word})", "", "kept", "STIX sightings say yes only"))
            continue
        uuid = ids.kept(one.get("uuid"), "sighting", of, at)
        org = members.objects(one, "Organisation")
        seen: Object = {
            "type": "sighting",
            "spec_version": "2.1",
            "id": f"sighting--{uuid}",
            "created": at,
            "modified": at,
            "first_seen": at,
            "last_seen": at,
            "count": 1,
            "sighting_of_ref": of,
        }
        if around.refs:
            seen["object_marking_refs"] = list(around.refs)
        made.objects.append(seen)
        if org:
            who = identity(org[0], around.at)
            seen["created_by_ref"] = who["id"]
            seen["where_sighted_refs"] = [who["id"]]
            made.objects.append(who)
        made.told.append(Told("sighting", str(seen["id"]), "whole"))
    return made


def relationship(one: Object, source: str, target: str, around: Around) -> Object:
    """Return what a reference of an object to another becomes."""
    word = _RELATION.sub("-", members.text(one, "relationship_type").lower()).strip("-")
    uuid = ids.kept(one.get("uuid"), "relationship", source, word, target)
    at = ids.time_of(one.get("timestamp"), around.at[1])
    made: Object = {
        "type": "relationship",
        "spec_version": "2.1",
        "id": f"relationship--{uuid}",
        "created_by_ref": around.author,
        "created": min(around.at[0], at),
        "modified": at,
        "relationship_type": word or "related-to",
        "source_ref": source,
        "target_ref": target,
    }
    if members.text(one, "comment").strip():
        made["description"] = members.text(one, "comment")
    if around.refs:
        made["object_marking_refs"] = list(around.refs)
    return made


def _flaw(made: list[Object]) -> str:
    """Return what the standard says against these objects, such as a hash that is none; or ""."""
    told = (each for one in made for each in checking.check(one, str(one["type"])))
    return next((str(each) for each in told if each.severity == notes.ERROR), "")


def _loose(uuid: str, item: Object, common: Object, at: tuple[str, str]) -> Object:
    named: Object = {
        f"x_misp_{name}": members.text(item, name)
        for name in ("type", "value", "category")
        if members.text(item, name)
    }
    return _object(ATTRIBUTE, uuid, common, at) | named | _kept(item)


def _loose_object(uuid: str, item: Object, common: Object, at: tuple[str, str]) -> Object:
    named: Object = {
        f"x_misp_{name.replace('-', '_')}": members.text(item, name)
        for name in ("name", "meta-category")
        if members.text(item, name)
    }
    return _object(OBJECT, uuid, common, at) | named | _kept(item)


def _kept(item: Object) -> Object:
    return {KEPT: item} if item else {}


def _common(item: Object, around: Around) -> tuple[Object, list[Object], tuple[str, str]]:
    refs, definitions, tags = marks_of(item)
    modified = ids.time_of(item.get("timestamp"), around.at[1])
    labels = [f'misp:type="{members.text(item, "type") or members.text(item, "name")}"']
    category = members.text(item, "category") or members.text(item, "meta-category")
    if category:
        labels.append(f'misp:category="{category}"')
    common: Object = {"created_by_ref": around.author, "labels": [*labels, *tags]}
    _add(common, "object_marking_refs", [*around.refs, *refs])
    if members.flag(item, "deleted"):
        common["revoked"] = True
    if members.text(item, "comment").strip():
        common["description"] = members.text(item, "comment")
    return common, definitions, (min(around.at[0], modified), modified)


def _add(common: Object, name: str, more: list[str]) -> None:
    before = members.texts(common, name)
    if before or more:
        common[name] = [*dict.fromkeys((*before, *more))]


def _object(kind: str, uuid: str, common: Object, at: tuple[str, str]) -> Object:
    head: Object = {"type": kind, "spec_version": "2.1", "id": f"{kind}--{uuid}"}
    return head | {"created": at[0], "modified": at[1]} | common


def _indicator(
    uuid: str, pattern: str, language: str, name: str, common: Object, item: Object,
    at: tuple[str, str],
) -> Object:  # fmt: skip
    since = _time(item, "first_seen") or at[1]
    made: Object = {"pattern": pattern, "pattern_type": language, "valid_from": since}
    if language == "stix":
        made["pattern_version"] = "2.1"
    made["name"] = name[:256]
    until = _time(item, "last_seen")
    if until > since:
        made["valid_until"] = until
    return _object("indicator", uuid, common, at) | made | {KEPT: item}


def _observed(
    uuid: str, seen: list[Object], common: Object, item: Object, at: tuple[str, str]
) -> Object:
    first = _time(item, "first_seen") or at[1]
    made: Object = {
        "first_observed": first,
        "last_observed": max(first, _time(item, "last_seen")),
        "number_observed": 1,
        "object_refs": [one["id"] for one in seen],
    }
    said = {name: value for name, value in common.items() if name != "description"}
    if "description" in common:
        made["x_misp_comment"] = common["description"]  # observed-data has no description
    return _object("observed-data", uuid, said, at) | made | {KEPT: item}


def _vulnerability(
    uuid: str, name: str, common: Object, item: Object, at: tuple[str, str]
) -> Object:
    made: Object = {"name": name}
    if observed.sort_of(name) == "cve":
        made["external_references"] = [{"source_name": "cve", "external_id": name.upper()}]
    return _object("vulnerability", uuid, common, at) | made | {KEPT: item}


_VULNERABLE: Final = ("id", "summary", "description", "references")


def _vulnerability_object(
    uuid: str, held: tuple[Held, ...], common: Object, item: Object, at: tuple[str, str]
) -> Object:
    name = next(one.value for one in held if one.relation == "id")
    made = _vulnerability(uuid, name, common, item, at)
    words = [one.value for one in held if one.relation in ("summary", "description")]
    if words:
        made["description"] = "\n".join(words)
    links: list[Json] = [
        {"source_name": "misp", "url": one.value} for one in held if one.relation == "references"
    ]
    if links:
        before = made.get("external_references")
        made["external_references"] = [*(before if isinstance(before, list) else ()), *links]
    return made


def _time(item: Object, name: str) -> str:
    seconds = ids.seconds_of(item.get(name))
    return ids.time_of(seconds, "")


def _unique(pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
    return tuple(dict.fromkeys(pairs))


def _told(item: Object, said: str, one: Object, beside: str = "") -> Told:
    kind = str(one["type"])
    more = [
        name for name in item if name not in _SAID | _PLACES and item[name] not in ("", [], None)
    ]
    if item.get("type") == locked.TYPE and "data" in more:
        more.remove("data")  # a locked sample: it goes on with the object, and out again as it came
    if kind in (ATTRIBUTE, OBJECT):
        flawed = f"it is none: {beside}" if ":" in beside else "STIX has no word for it"
        return Told(said, str(one["id"]), "kept", flawed)
    why = ", ".join((*((beside,) if beside else ()), *more))
    return Told(said, str(one["id"]), "beside" if why else "whole", why)
