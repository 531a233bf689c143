"""Where two readings of one event differ: ours as MISP would have it, and what stands there."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from detente.desks.cert.formats import marking, members
from detente.desks.cert.formats.defang import defang
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.misp import reading, spreading

HERE: Final = "here"
THERE: Final = "there"
DIFFERS: Final = "differs"
_OF_EVENT: Final = ("info", "date", "threat_level_id", "analysis")
_OF_ITEM: Final = (
    "type", "category", "value", "comment", "object_relation", "name", "first_seen", "last_seen",
)  # fmt: skip
_FLAGS: Final = ("to_ids", "deleted")
SHOWN_MAX: Final = 200  # characters


class Apart(NamedTuple):
    """One thing that is not alike. item: its uuid, "" for the event. fields: which ones differ."""

    item: str
    what: str
    state: str
    fields: tuple[str, ...] = ()
    shown: str = ""


def compare(ours: Object | None, theirs: Object | None) -> list[Apart]:
    """Return where an event differs, the event first, then its items by their uuids."""
    if ours is None or theirs is None:
        one, state = (theirs, THERE) if ours is None else (ours, HERE)
        return [] if one is None else [Apart("", "event", state, (), _shown(one))]
    found: list[Apart] = []
    fields = tuple(each for each in _OF_EVENT if _said(ours, each) != _said(theirs, each))
    fields += _tags(ours, theirs)
    if fields:
        found.append(Apart("", "event", DIFFERS, fields, _shown(theirs)))
    here, there = dict(_items(ours)), dict(_items(theirs))
    for uuid in sorted(here.keys() | there.keys()):
        found += _item(uuid, here.get(uuid), there.get(uuid))
    return found


def _item(uuid: str, ours: Object | None, theirs: Object | None) -> Iterator[Apart]:
    one = theirs or ours or {}
    what = "object" if "Attribute" in one or "meta-category" in one else "attribute"
    if ours is None or theirs is None:
        if not members.flag(one, "deleted"):  # what is deleted at one and not known to the other
            yield Apart(uuid, what, THERE if ours is None else HERE, (), _shown(one))
        return
    fields = tuple(each for each in _OF_ITEM if _said(ours, each) != _said(theirs, each))
    fields += tuple(
        each for each in _FLAGS if members.flag(ours, each) != members.flag(theirs, each)
    )
    fields += _tags(ours, theirs)
    if fields:
        yield Apart(uuid, what, DIFFERS, fields, _shown(theirs))


def _items(event: Object) -> Iterator[tuple[str, Object]]:
    for item in members.objects(event, "Attribute"):
        if members.text(item, "value") != reading.REST:
            yield members.text(item, "uuid"), item
    for item in members.objects(event, "Object"):
        yield members.text(item, "uuid"), item
        for inner in members.objects(item, "Attribute"):
            yield members.text(inner, "uuid"), inner


def _said(one: Object, name: str) -> str:
    return members.text(one, name).strip()


def _tags(ours: Object, theirs: Object) -> tuple[str, ...]:
    """Tags that never leave a server, and the colour that its distribution made us add, are no difference."""
    added = f"tlp:{spreading.bound(theirs).lower()}"
    here = {_tag(each) for each in members.objects(ours, "Tag")} - {added}
    there = {
        _tag(each) for each in members.objects(theirs, "Tag") if not members.flag(each, "local")
    }
    return ("tags",) if here != there - {added} else ()


def _tag(one: Object) -> str:
    name = members.text(one, "name").strip()
    return name.lower() if marking.of_tag(name) is not None else name


def _shown(one: Object) -> str:
    text = members.text(one, "value") or members.text(one, "info") or members.text(one, "name")
    return defang(text)[:SHOWN_MAX]
