"""MISP events as one bundle of STIX 2.1, and what became of each item.

Read are answers of its API (events, attributes, objects), events of feeds, and plain events. Source:
MISP core format; https://www.misp-standard.org/rfc/misp-standard-core.html.
"""

import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detente.core import limits
from detente.core.errors import OurFault
from detente.desks.cert.formats import ids, members
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import galaxies, making
from detente.desks.cert.formats.misp.making import KEPT, Around, Told

OBJECTS_MAX: Final = limits.MAX_MISP_OBJECTS  # made of one file
REST: Final = "rest.stix.json"  # an attachment that holds what MISP has no twin for
_EVENT: Final = frozenset({"info", "Attribute", "Object", "Tag", "Galaxy", "threat_level_id"})
_COMPUTED: Final = ("RelatedEvent", "Feed")  # by the server, of other events
_INNER: Final = ("Attribute", "Object", *_COMPUTED)
_FIRST: Final = "2011-01-01T00:00:00.000Z"  # of what bears no time


@dataclass(frozen=True)
class Read:
    """A bundle, as text, and a line for each item that it was made of."""

    bundle: str
    objects: tuple[Object, ...]
    told: tuple[Told, ...]


def looks_like(value: Json) -> bool:
    """Return whether a value is what MISP writes: by what stands in it, not by its name."""
    if isinstance(value, list):
        return bool(value) and all(looks_like(each) for each in value)
    if not isinstance(value, dict) or value.get("type") == "bundle":
        return False
    if "response" in value or "Event" in value:
        return True
    if value.keys() & {"Attribute", "Object"}:
        return True
    return bool(value.keys() & {"Tag", "threat_level_id", "analysis"}) and "info" in value


def read(data: bytes, now: str = _FIRST) -> Read:
    """Return the events of a file as one bundle. now: the time of what bears none, as STIX writes it.

    Raises OurFault: exchange.json, exchange.size, exchange.misp if there is no event in it.
    """
    value = members.read(data)
    found = list(events_of(value))
    if not found:
        raise OurFault("exchange.misp", "no MISP event stands in it", "export it as MISP JSON")
    taken = _Taken()
    restored = [_restored(event, taken) for event in found]
    for event, inside in zip(found, restored, strict=True):
        _event(event, inside, taken, now)
    objects = tuple(taken.by_id.values())
    if len(objects) > OBJECTS_MAX:
        what = f"{len(objects)} objects where {OBJECTS_MAX} are allowed"
        raise OurFault("exchange.size", what, "export fewer events at once")
    name = ids.uuid("bundle", *(f"{one['id']} {one.get('modified', '')}" for one in objects))
    whole: Object = {"type": "bundle", "id": f"bundle--{name}", "objects": [*objects]}
    return Read(json.dumps(whole, ensure_ascii=False, indent=1), objects, tuple(taken.told))


def events_of(value: Json) -> Iterator[Object]:
    """Yield the events of an answer; loose attributes and objects as one event without a name."""
    if isinstance(value, list):
        for each in value:
            yield from events_of(each)
    elif isinstance(value, dict):
        if "response" in value:
            inner = value["response"]
            objects = [one["Object"] for one in inner if isinstance(one, dict) and "Object" in one] \
                if isinstance(inner, list) else []  # fmt: skip
            if objects:
                yield {"Object": objects}
            else:
                yield from events_of(inner)
        elif "Event" in value:
            yield from members.objects(value, "Event")
        elif value.keys() & _EVENT:
            yield value


class _Taken:
    """Objects by id, the first that came; what differs under one id and time is told."""

    def __init__(self) -> None:
        self.by_id: dict[str, Object] = {}
        self.told: list[Told] = []
        self.as_they_are: set[str] = set()  # ids of objects that stood in an attachment
        self.held: dict[str, str] = {}  # items whose objects stand in an attachment as they are

    def put(self, *objects: Object) -> None:
        for one in objects:
            before = self.by_id.setdefault(str(one["id"]), one)
            if before is not one and before != one:
                newer = str(one.get("modified", "")) > str(before.get("modified", ""))
                if newer:
                    self.by_id[str(one["id"])] = one
                elif one.get("modified") == before.get("modified"):
                    why = "another content under the same id and time; the first stays"
                    self.told.append(Told(str(one["type"]), str(one["id"]), "left", why))


def around_of(event: Object, now: str) -> tuple[Around, Object, list[Object], list[str]]:
    """Return what an event says of all in it; its author, markings' definitions and other tags."""
    modified = ids.time_of(event.get("timestamp"), ids.time_of_day(event.get("date")) or now)
    created = min(ids.time_of_day(event.get("date")) or modified, modified)
    orgs = members.objects(event, "Orgc") or members.objects(event, "Org")
    author = making.identity(orgs[0] if orgs else {}, (created, modified))
    refs, definitions, tags = making.marks_of(event)
    return Around(str(author["id"]), (created, modified), tuple(refs)), author, definitions, tags


def _restored(event: Object, taken: _Taken) -> list[str]:
    """Take the objects that stand in attachments as they are; return their ids."""
    inside: list[str] = []
    for item in members.objects(event, "Attribute"):
        if _is_rest(item):
            _restore(item, taken, inside)
    return inside


def _event(event: Object, inside: list[str], taken: _Taken, now: str) -> None:
    around, author, definitions, tags = around_of(event, now)
    taken.put(*definitions)
    places: dict[str, str] = {}
    if author["id"] not in taken.as_they_are:
        taken.put(author)
    for item in members.objects(event, "Attribute"):
        if not _is_held(item, taken):
            _attribute(item, around, taken, inside, places)
    objects = [each for each in members.objects(event, "Object") if not _is_held(each, taken)]
    sources: list[str] = []
    for item in objects:
        made = making.object_(item, around)
        sources.append(made.id)
        _take(made, taken, inside)
        places[members.text(item, "uuid")] = made.id
        for one in members.objects(item, "Attribute"):
            places.setdefault(members.text(one, "uuid"), made.id)
            _sightings(one, made.id, around, taken, inside)
    for item, source in zip(objects, sources, strict=True):
        _references(item, source, around, taken, inside, places)
    clusters = _galaxies(event, around, taken)
    head = _container(event, around, tags, [*dict.fromkeys((*inside, *clusters))])
    if head["id"] not in taken.as_they_are:  # else it stood in an attachment as it is
        taken.put(head)
    _tell_rest(event, taken)


def _attribute(
    item: Object, around: Around, taken: _Taken, inside: list[str], places: dict[str, str]
) -> None:
    made = making.attribute(item, around)
    _take(made, taken, inside)
    places[members.text(item, "uuid")] = made.id
    _sightings(item, made.id, around, taken, inside)
    for _ in members.objects(item, "ShadowAttribute"):
        taken.told.append(Told("proposal", made.id, "beside", "STIX has no proposals"))


def _take(made: making.Made, taken: _Taken, inside: list[str]) -> None:
    taken.told += made.told
    taken.put(*made.definitions, *made.objects)
    inside += [str(one["id"]) for one in made.objects if one["type"] != "identity"]


def _sightings(item: Object, of: str, around: Around, taken: _Taken, inside: list[str]) -> None:
    made = making.sightings(item, of, around)
    _take(made, taken, inside)


def _references(
    item: Object,
    source: str,
    around: Around,
    taken: _Taken,
    inside: list[str],
    places: dict[str, str],
) -> None:
    for one in members.objects(item, "ObjectReference"):
        target = places.get(members.text(one, "referenced_uuid"))
        if target is None:
            why = f"{members.text(one, 'referenced_uuid')} is not in the event"
            taken.told.append(Told("reference", source, "beside", why))
            continue
        made = making.relationship(one, source, target, around)
        taken.put(made)
        inside.append(str(made["id"]))
        taken.told.append(Told("reference", str(made["id"]), "whole"))


def _galaxies(event: Object, around: Around, taken: _Taken) -> list[str]:
    holders = [event, *members.objects(event, "Attribute")]
    holders += [
        one
        for each in members.objects(event, "Object")
        for one in members.objects(each, "Attribute")
    ]
    found: list[str] = []
    for holder in holders:
        for galaxy in members.objects(holder, "Galaxy"):
            for cluster in members.objects(galaxy, "GalaxyCluster"):
                sort = members.text(galaxy, "type")
                made = galaxies.cluster_of(cluster, sort, around.author, around.at)
                if made is None:
                    taken.told.append(Told(f"cluster of {sort}", "", "kept", "it has no name"))
                    continue
                if around.refs:
                    made["object_marking_refs"] = list(around.refs)
                taken.put(made)
                found.append(str(made["id"]))
                how = "beside" if made["type"] != galaxies.CUSTOM else "kept"
                taken.told.append(Told(f"cluster of {sort}", str(made["id"]), how))
    return found


def _container(event: Object, around: Around, tags: list[str], inside: list[str]) -> Object:
    published = members.flag(event, "published")
    kind = "report" if published else "grouping"
    name = members.text(event, "info").strip() or "MISP event"
    said = (name, *inside)
    made: Object = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{ids.kept(event.get('uuid'), 'event', *said)}",
        "created_by_ref": around.author,
        "created": around.at[0],
        "modified": around.at[1],
        "name": name,
    }
    if published:
        made["published"] = ids.time_of(event.get("publish_timestamp"), around.at[1])
        made["report_types"] = ["threat-report"]
    else:
        made["context"] = "suspicious-activity"
    made["object_refs"] = [*(inside or [around.author])]
    if tags:
        made["labels"] = [*tags]
    if around.refs:
        made["object_marking_refs"] = list(around.refs)
    kept: Object = {name: value for name, value in event.items() if name not in _INNER}
    made[KEPT] = kept or {"info": name}  # loose items have no event
    return made


def _tell_rest(event: Object, taken: _Taken) -> None:
    for name in _COMPUTED:
        if members.objects(event, name):
            count = len(members.objects(event, name))
            taken.told.append(Told(f"{name} ({count})", "", "left", "computed by the server"))
    for _ in members.objects(event, "ShadowAttribute"):
        taken.told.append(Told("proposal", "", "beside", "STIX has no proposals"))
    if members.objects(event, "SharingGroup") or members.text(event, "distribution") in ("0", "4"):
        why = "who may have it is said by a distribution of that server: mark it before it goes on"
        taken.told.append(Told("distribution", "", "beside", why))
    taken.told.append(Told("event", "", "whole"))


def _is_held(item: Object, taken: _Taken) -> bool:
    """Return whether an item is as we made it of an object that stands in an attachment."""
    return taken.held.get(members.text(item, "uuid")) == making.digest(item)


def _is_rest(item: Object) -> bool:
    return members.text(item, "type") == "attachment" and members.text(item, "value") == REST


def _restore(item: Object, taken: _Taken, inside: list[str]) -> None:
    try:
        value = members.read(b64decode(members.text(item, "data"), validate=True))
    except (OurFault, ValueError):
        return  # it only bears the name: an attribute like any other
    objects = members.objects(value, "objects")
    if not objects or any("id" not in one or "type" not in one for one in objects):
        return
    taken.put(*objects)
    taken.as_they_are |= {str(one["id"]) for one in objects}
    taken.held[members.text(item, "uuid")] = making.digest(item)
    held = value.get(making.ITEMS) if isinstance(value, dict) else None
    if isinstance(held, dict):
        taken.held |= {uuid: str(said) for uuid, said in held.items()}
    inside += [str(one["id"]) for one in objects if one["type"] != "marking-definition"]
    taken.told.append(Told(f"attachment {REST}", f"{len(objects)} objects", "whole"))
