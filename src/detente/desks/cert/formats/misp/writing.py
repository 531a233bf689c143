"""Objects of STIX 2.1 as MISP events, and what became of each.

An object that came from MISP, and that nobody changed, goes back as it came. What MISP has no twin for
goes with the event as an attachment, a STIX bundle by name rest.stix.json: nothing is lost silently.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.desks.cert.formats import (
    ids,
    marking,
    members,
    scos,
)
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import galaxies, items, making, reading
from detente.desks.cert.formats.misp.making import KEPT, Around, Told

CONTAINERS: Final = ("report", "grouping")
_SILENT: Final = ("identity", marking.TYPE)
_SAME: Final = frozenset({"created", "created_by_ref", "object_marking_refs", "modified"})


@dataclass(frozen=True)
class Written:
    """Events as MISP reads them, and a line for each object that they were made of."""

    events: tuple[Object, ...]
    told: tuple[Told, ...]

    @property
    def text(self) -> str:
        """The events as one file: as a feed has one, or as the API answers with several."""
        wrapped = [{"Event": one} for one in self.events]
        value = wrapped[0] if len(wrapped) == 1 else {"response": wrapped}
        return json.dumps(value, ensure_ascii=False, indent=1)


@dataclass
class _Event:
    """An event as it grows: attributes and objects by the id of the object that each came from."""

    head: Object
    refs: tuple[str, ...]
    items: dict[str, list[Object]] = field(default_factory=dict)
    objects: dict[str, Object] = field(default_factory=dict)
    clusters: set[str] = field(default_factory=set)  # tags of those that items name already
    rest: list[Object] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


def write(objects: Sequence[Object], about: str) -> Written:
    """Return the events that say what these objects say. about: the name of one that has none."""
    pool = {str(one["id"]): one for one in objects}
    heads = [one for one in objects if one.get("type") in CONTAINERS]
    left = {name for name, one in pool.items() if one.get("type") not in CONTAINERS}
    events: list[_Event] = []
    for head in heads:
        named = [ref for ref in members.texts(head, "object_refs") if ref in left]
        left -= set(named)
        named = [ref for ref in named if not _is_silent(pool[ref], objects)]
        events.append(_start(head, pool))
        if KEPT not in head:
            events[-1].rest.append(head)
        _fill(events[-1], [pool[ref] for ref in named], pool)
    loose = [pool[name] for name in pool if name in left and not _is_silent(pool[name], objects)]
    if loose or not events:
        event = events[-1] if events else _start(_nameless(objects, about), pool)
        _fill(event, loose, pool)
        events = events or [event]
    told = tuple(each for event in events for each in event.told)
    return Written(tuple(_finish(event, pool) for event in events), told)


def _is_silent(one: Object, objects: Sequence[Object]) -> bool:
    """Return whether tags and organisations of an event say all that a marking or an identity says."""
    if one["type"] == "identity":
        at = (str(one.get("created")), str(one.get("modified")))
        org: Object = {"name": one.get("name"), "uuid": str(one["id"]).partition("--")[2]}
        kept = (each for each in objects if KEPT in each or each.get("type") == "sighting")
        speaks = any(each.get("created_by_ref") == one["id"] for each in kept)
        return speaks and making.identity(org, at) == one
    if one["type"] != marking.TYPE:
        return False
    said = marking.define(one)
    return one["id"] in marking.FIXED or not (said.statements or said.unknown)


def _nameless(objects: Sequence[Object], about: str) -> Object:
    times = [str(one["modified"]) for one in objects if "modified" in one]
    modified = max(times, default="1970-01-01T00:00:01.000Z")
    strictest = marking.strictest(objects)
    made: Object = {
        "type": "grouping",
        "id": f"grouping--{ids.uuid('event', *(str(one['id']) for one in objects))}",
        "created": modified,
        "modified": modified,
        "name": about,
    }
    authors = {str(one["created_by_ref"]) for one in objects if "created_by_ref" in one}
    if len(authors) == 1:
        made["created_by_ref"] = authors.pop()
    if strictest:
        made["object_marking_refs"] = [marking.definition_of(strictest)["id"]]
    return made


def _start(head: Object, pool: dict[str, Object]) -> _Event:
    kept = head.get(KEPT)
    event: Object = dict(kept) if isinstance(kept, dict) else {}
    modified = str(head.get("modified", ""))
    before, _, _, tags = reading.around_of(event, modified)
    if not event:
        event |= {"threat_level_id": "4", "analysis": "0", "distribution": "0"}
        event["published"] = head.get("type") == "report"
        event["date"] = str(head.get("created", ""))[:10]
        event["uuid"] = str(head["id"]).partition("--")[2]
    _set(event, "info", members.text(head, "name"))
    if not kept or ids.seconds_of(before.at[1]) != ids.seconds_of(modified):
        event["timestamp"] = str(ids.seconds_of(modified))
    author = pool.get(members.text(head, "created_by_ref"))
    if author is not None and not kept:
        event["Orgc"] = _org(author)
    more = [each for each in members.texts(head, "labels") if each not in tags]
    refs = [ref for ref in members.texts(head, "object_marking_refs") if ref not in before.refs]
    items.tag(event, [*more, *_tags_of(refs, pool)])
    return _Event(event, members.texts(head, "object_marking_refs"))


def _fill(event: _Event, objects: Iterable[Object], pool: dict[str, Object]) -> None:
    listed = list(objects)
    seen = {ref for one in listed for ref in members.texts(one, "object_refs")}
    for one in (event.head, *(one.get(KEPT) for one in listed)):
        event.clusters |= set(_clusters(one))
    later = [one for one in listed if one["type"] in ("relationship", "sighting")]
    for one in listed:
        kind = str(one["type"])
        if one in later or str(one["id"]) in seen:
            continue
        if kind in _SILENT:
            event.rest.append(one)
            event.told.append(Told(kind, str(one["id"]), "kept", f"goes as {reading.REST}"))
            continue
        if _is_same(one) and _again(event, one, pool):
            continue
        _anew(event, one, kind, pool)
    for one in later:
        _link(event, one)


def _clusters(item: Json) -> Iterator[str]:
    for inner in members.objects(item, "Attribute"):
        yield from _clusters(inner)
    for galaxy in members.objects(item, "Galaxy"):
        for each in members.objects(galaxy, "GalaxyCluster"):
            name = members.text(each, "value").strip()
            made = (
                f'misp-galaxy:{members.text(each, "type") or members.text(galaxy, "type")}="{name}"'
            )
            yield members.text(each, "tag_name") or made


def _is_same(one: Object) -> bool:
    """Return whether an object still says what the MISP item that it keeps makes of it."""
    kept = one.get(KEPT)
    if not isinstance(kept, dict):
        return False
    at = (str(one.get("created")), str(one.get("modified")))
    around = Around(members.text(one, "created_by_ref"), at)
    make = making.object_ if "Attribute" in kept or "meta-category" in kept else making.attribute
    made = make(kept, around).objects[0]
    names = (made.keys() | one.keys()) - _SAME
    return all(made.get(name) == one.get(name) for name in names)


def _again(event: _Event, one: Object, pool: dict[str, Object]) -> bool:
    kept = one[KEPT]
    assert isinstance(kept, dict)
    item = dict(kept)
    modified = str(ids.seconds_of(one.get("modified")))
    if "timestamp" in item and members.text(item, "timestamp") != modified:
        item["timestamp"] = modified
    known = {*event.refs, *making.marks_of(item)[0]}
    is_object = "Attribute" in item or "meta-category" in item
    for each in members.objects(item, "Attribute") if is_object else ():
        known |= {*making.marks_of(each)[0]}
    _mark(event, item, one, pool, known)
    if is_object:
        event.objects[str(one["id"])] = item
    else:
        event.items[str(one["id"])] = [item]
    event.told.append(Told(str(one["type"]), str(one["id"]), "whole"))
    return True


def _anew(event: _Event, one: Object, kind: str, pool: dict[str, Object]) -> None:
    is_cluster = kind in (*galaxies.TYPES, galaxies.CUSTOM)
    said = {
        "indicator": items.of_indicator,
        "observed-data": items.of_observed,
        "vulnerability": items.of_vulnerability,
    }.get(kind)
    if said is not None:
        found, whole = said(one, pool)
    elif is_cluster:
        whole = _cluster(event, one)
        found = None
    else:
        pairs, whole = scos.take_apart(one) if "modified" not in one else ((), False)
        again = scos.build(pairs) if pairs else None
        whole = whole and again == [one]  # its id is made of what it says
        found = items.say(pairs, one, acts=False) if pairs else None
    if found is None and not is_cluster:
        whole = False
    for item in found or ():
        _mark(event, item, one, pool, set(event.refs))
        if "Attribute" in item:
            event.objects[str(one["id"])] = item
        else:
            event.items.setdefault(str(one["id"]), []).append(item)
    if not (whole and is_cluster):  # a galaxy holds all of it
        _rest_of(event, one, pool)
    made = "beside" if found and not whole else "whole" if whole else "kept"
    why = "" if whole else f"goes as {reading.REST}"
    event.told.append(Told(kind, str(one["id"]), made, why))


def _rest_of(event: _Event, one: Object, pool: dict[str, Object]) -> None:
    """Put an object into the attachment, with what it observed: there it stands to the letter."""
    event.rest.append(one)
    event.rest += [pool[ref] for ref in members.texts(one, "object_refs") if ref in pool]


def _cluster(event: _Event, one: Object) -> bool:
    tag = galaxies.tag_of(one)
    known = tag in event.clusters
    if tag and not known:
        items.tag(event.head, [tag])
    return known


def _link(event: _Event, one: Object) -> None:
    done = False
    if one["type"] == "sighting":
        items = event.items.get(members.text(one, "sighting_of_ref"), [])
        done = len(items) == 1 and _sight(items[0], one)
    else:
        source = event.objects.get(members.text(one, "source_ref"))
        target = event.objects.get(members.text(one, "target_ref")) or next(
            iter(event.items.get(members.text(one, "target_ref"), [])), None
        )
        done = source is not None and target is not None and _refer(source, target, one)
    if not done:
        event.rest.append(one)
    how = "whole" if done else "kept"
    why = "" if done else f"goes as {reading.REST}"
    event.told.append(Told(str(one["type"]), str(one["id"]), how, why))


_SIGHTED: Final = frozenset(
    {"type", "spec_version", "id", "created", "modified", "first_seen", "last_seen", "count",
     "sighting_of_ref", "object_marking_refs"}
)  # fmt: skip


def _sight(item: Object, one: Object) -> bool:
    uuid = str(one["id"]).partition("--")[2]
    listed = members.objects(item, "Sighting")
    if all(members.text(each, "uuid") != uuid for each in listed):
        if one.keys() - _SIGHTED or one.get("count", 1) != 1 or "created_by_ref" in one:
            return False
        seconds = str(ids.seconds_of(one.get("last_seen") or one.get("modified")))
        made: Object = {"uuid": uuid, "type": "0", "date_sighting": seconds, "source": ""}
        item["Sighting"] = [*listed, made]
    return True


def _refer(source: Object, target: Object, one: Object) -> bool:
    uuid = str(one["id"]).partition("--")[2]
    listed = members.objects(source, "ObjectReference")
    if all(members.text(each, "uuid") != uuid for each in listed):
        if any(
            members.text(each, "referenced_uuid") == target.get("uuid") and "uuid" not in each
            for each in listed
        ):
            return True  # it stood there without an id of its own
        made: Object = {
            "uuid": uuid,
            "object_uuid": members.text(source, "uuid"),
            "referenced_uuid": members.text(target, "uuid"),
            "relationship_type": members.text(one, "relationship_type"),
            "comment": members.text(one, "description"),
            "timestamp": str(ids.seconds_of(one.get("modified"))),
        }
        source["ObjectReference"] = [*listed, made]
    return True


def _mark(
    event: _Event, item: Object, one: Object, pool: dict[str, Object], known: set[str]
) -> None:
    """Tag an item with what marks its object beyond what it says itself; parts mark the whole."""
    book = marking.Book.of(pool.values())
    refs = [ref for ref in members.texts(one, "object_marking_refs") if ref not in known]
    tags = _tags_of(refs, pool)
    for part in book.parts(one):
        tags += _tags_said(part.marks)
    # Copies: the item may be the very one that was read.
    holders = [dict(each) for each in members.objects(item, "Attribute")] or [item]
    for holder in holders:
        items.tag(holder, tags)
    if "Attribute" in item:
        item["Attribute"] = [*holders]
    if book.object(one).statements:
        event.rest += [pool[ref] for ref in refs if ref in pool and pool[ref] not in event.rest]


def _tags_of(refs: Iterable[str], pool: dict[str, Object]) -> list[str]:
    book = marking.Book.of(pool.values())
    found: list[str] = []
    for ref in refs:
        if ref in marking.TLP_1 and marking.TLP_1[ref] == "CLEAR":
            found.append("tlp:white")
        else:
            found += _tags_said(book.defined.get(ref) or marking.Marks(tlp="RED"))
    return found


def _tags_said(marks: marking.Marks) -> list[str]:
    found = [f"tlp:{marks.tlp.lower()}"] if marks.tlp else []
    return [*found, *([f"PAP:{marks.pap}"] if marks.pap else [])]


def _org(one: Object) -> Object:
    return {"name": members.text(one, "name"), "uuid": str(one["id"]).partition("--")[2]}


def _set(event: Object, name: str, value: str) -> None:
    if value and members.text(event, name) != value:
        event[name] = value


def _finish(event: _Event, pool: dict[str, Object]) -> Object:
    attributes = [item for items in event.items.values() for item in items]
    if event.rest:
        attributes.append(_rest(event, pool))
    made = dict(event.head)
    if attributes:
        made["Attribute"] = [*attributes]
    if event.objects:
        made["Object"] = [*event.objects.values()]
    return made


def _rest(event: _Event, pool: dict[str, Object]) -> Object:
    listed = {str(one["id"]): one for one in event.rest}
    for one in event.rest:  # what it is marked with goes with it
        for ref in members.texts(one, "object_marking_refs"):
            if ref in pool and ref not in marking.FIXED:
                listed.setdefault(ref, pool[ref])
    name = ids.uuid("rest", *listed)
    made: Object = {
        str(item["uuid"]): making.digest(item)
        for ref in listed
        for item in (*event.items.get(ref, ()), *filter(None, [event.objects.get(ref)]))
    }
    whole: Object = {"type": "bundle", "id": f"bundle--{name}", "objects": [*listed.values()]}
    if made:
        whole[making.ITEMS] = made
    data = b64encode(json.dumps(whole, ensure_ascii=False).encode()).decode()
    times = [str(one["modified"]) for one in listed.values() if "modified" in one]
    item: Object = {
        "uuid": ids.uuid("rest", members.text(event.head, "uuid"), name),
        "type": "attachment",
        "category": "External analysis",
        "to_ids": False,
        "value": reading.REST,
        "comment": "objects of STIX 2.1 that MISP has no twin for",
        "timestamp": str(ids.seconds_of(max(times, default=""))),
        "data": data,
    }
    strictest = marking.strictest([*listed.values()])
    items.tag(item, [f"tlp:{strictest.lower()}"] if strictest else [])
    return item
