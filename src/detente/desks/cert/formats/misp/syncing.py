"""Events as they come from a server and go to one, again and again: what is new, and what may go.

Each side is master of what it made. An item keeps its uuid and its time; where it says something else
under the same time, because the event around it changed, it is a version of the event's time.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from detente.core.errors import OurFault
from detente.desks.cert.formats import ids, marking, members
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import feed, making, reading, spreading, writing
from detente.desks.cert.formats.misp.making import KEPT, Around

SOURCE: Final = "detente:"  # what the source of a sighting begins with that we handed in
_OF_ITEMS: Final = ("relationship", "sighting")


class Taken(NamedTuple):
    """Objects that an event became. places: the object of each item's uuid, and of the event's."""

    objects: list[Object]
    places: dict[str, str]


class Going(NamedTuple):
    """Events that say what objects say. kept: ids of those that may not go, and why.

    made: the object of each item, by the item's uuid. seen: sightings, each of an item's uuid.
    level: the strictest colour of all that goes; its distribution is for whoever hands it in to say.
    """

    events: list[Object]
    level: str
    kept: dict[str, str]
    made: dict[str, str]
    seen: list[tuple[str, Object]]


def read(data: bytes, now: str) -> Taken:
    """Return what an answer's one event becomes, marked no laxer than its distribution.

    What is about that server alone, and tags that it shows to nobody else, is left there. Raises OurFault:
    exchange.json, exchange.size, exchange.misp.
    """
    found = list(reading.events_of(members.read(data)))
    if len(found) != 1:
        raise OurFault("exchange.misp", "it is not one MISP event", "tell whoever runs that server")
    event = feed.public(_without_local(found[0]))
    made = reading.read(json.dumps({"Event": event}, ensure_ascii=False).encode(), now)
    objects = spreading.confine(made.objects, event)
    return Taken(objects, _places(objects))


def _without_local(one: Object) -> Object:
    made: Object = {}
    for name, value in one.items():
        if name == "Tag":
            made[name] = [
                each for each in members.objects(one, name) if not members.flag(each, "local")
            ]
        elif name == "Sighting":
            made[name] = [
                each
                for each in members.objects(one, name)
                if not members.text(each, "source").startswith(SOURCE)
            ]
        elif name in ("Attribute", "Object"):
            made[name] = [_without_local(each) for each in members.objects(one, name)]
        else:
            made[name] = value
    return made


def _places(objects: Sequence[Object]) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in objects:
        kept = one.get(KEPT)
        if not isinstance(kept, dict):
            continue
        for each in (kept, *members.objects(kept, "Attribute")):
            if "uuid" in each:
                found.setdefault(members.text(each, "uuid").lower(), str(one["id"]))
    return found


def sightings(data: bytes, places: Mapping[str, str], now: str) -> list[Object]:
    """Return what others saw of the items of an event that we handed in. places: our objects by uuid."""
    found: list[Object] = []
    for event in reading.events_of(members.read(data)):
        around, _, definitions, _ = reading.around_of(event, now)
        items = [*members.objects(event, "Attribute")]
        for one in members.objects(event, "Object"):
            items += members.objects(one, "Attribute")
        for item in items:
            of = places.get(members.text(item, "uuid").lower())
            if of:
                made = making.sightings(
                    _without_local(item), of, Around(around.author, around.at, around.refs)
                )
                found += [*definitions, *made.objects] if made.objects else []
    return list({str(one["id"]): one for one in found}.values())


def is_shared(one: Object) -> bool:
    """Return whether an object is made by each event anew: who wrote it, what it is about in general."""
    kind = str(one["type"])
    return kind == "identity" or ("modified" in one and KEPT not in one and kind not in _OF_ITEMS)


def fit(one: Object, held: Object, event_at: int) -> Object | None:
    """Return an object as a version after the one that is held, None if it says nothing new.

    event_at: seconds, the time of its event: that of what changed with it and bears no later one.
    """
    if {**one, "modified": ""} == {**held, "modified": ""}:
        return None
    before = str(held.get("modified", ""))
    if str(one.get("modified", "")) > before:
        return one
    later = ids.time_of(event_at, "")
    if later <= before:  # within the second of the last one
        later = ids.time_of(ids.seconds_of(before) + 1, before)
    return {**one, "modified": later}


def refs_of(objects: Sequence[Object]) -> set[str]:
    """Return ids that objects name and need beside them: markings, authors, what was observed."""
    found: set[str] = set()
    for one in objects:
        found |= {*members.texts(one, "object_marking_refs")}
        found |= {members.text(one, "created_by_ref")}
        if one["type"] == "observed-data":
            found |= {*members.texts(one, "object_refs")}
    return found - {""} - {str(one["id"]) for one in objects}


def event_of(objects: Sequence[Object], about: str) -> Object:
    """Return the one event that these objects are."""
    events = writing.write(objects, about).events
    return events[0]


def outgoing(objects: Sequence[Object], beside: Sequence[Object], about: str, upto: str) -> Going:
    """Return the events in which objects go to a server. beside: what they name; it goes with them.

    upto: the strictest colour that goes. What is red, stricter than that, or marked by what nobody here
    can read stays.
    """
    book = marking.Book.of([*objects, *beside])
    kept: dict[str, str] = {}
    going: list[Object] = []
    for one in objects:
        why = _why_not(book.object(one), upto)
        if why and one["type"] != marking.TYPE:
            kept[str(one["id"])] = why
        else:
            going.append(one)
    seen = [one for one in going if one["type"] == "sighting"]
    rest = [one for one in going if one["type"] != "sighting"]
    if not any(one["type"] not in (marking.TYPE, "identity") for one in rest):
        rest = []
    needed = refs_of(rest)
    more = [one for one in beside if one["id"] in needed]
    made: dict[str, str] = {}
    written = writing.write([*rest, *more], about).events if rest else ()
    events = [feed.public(event) for event in written]
    level = marking.strictest(rest) or spreading.UNMARKED
    for one in going:
        made[str(one["id"]).partition("--")[2]] = str(one["id"])
    pairs = [(_item_of(one), one) for one in seen]
    return Going(events, level, kept, made, [(uuid, one) for uuid, one in pairs if uuid])


def _item_of(sighting: Object) -> str:
    return members.text(sighting, "sighting_of_ref").partition("--")[2]


def _why_not(marks: marking.Marks, upto: str) -> str:
    if marks.unknown:
        return "a marking that nobody here can read"
    level = marks.tlp or spreading.UNMARKED
    if marking.LEVELS.index(level) > marking.LEVELS.index(upto):
        return f"TLP:{level}"
    return ""


def spread(event: Object, level: str, own: str, *, grouped: bool) -> Object:
    """Return an event that says how far it may go. level: of all of it, own: of what goes now.

    grouped: whether there is a sharing group for what is amber. Items say it too: they may be stricter than
    their event, and join others that stand there.
    """
    made: Object = {**event, "distribution": spreading.reach(level, grouped=grouped)}
    each = spreading.INHERIT if level == own else spreading.reach(own, grouped=grouped)
    for name in ("Attribute", "Object"):
        made[name] = [_bounded(one, each) for one in members.objects(event, name)]
    return made


def _bounded(item: Object, distribution: str) -> Object:
    made: Object = {**item, "distribution": distribution}
    if "Attribute" in item:
        inner = members.objects(item, "Attribute")
        made["Attribute"] = [_bounded(each, spreading.INHERIT) for each in inner]
    return made
