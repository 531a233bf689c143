"""A MISP feed: files that any MISP instance can subscribe to, over HTTP or from a folder.

manifest.json names the events, UUID.json holds each, hashes.csv lets a server look values up. Source:
MISP core format, "Manifest"; the layout that MISP's own feed generator writes.
"""

import json
from collections.abc import Iterator, Sequence
from hashlib import md5
from typing import Final

from detente.desks.cert.formats import ids, members
from detente.desks.cert.formats.members import Object

MANIFEST: Final = "manifest.json"
HASHES: Final = "hashes.csv"
# Members of one server's database, and what a subscriber has no right to know.
_LEFT: Final = frozenset(
    {"id", "org_id", "orgc_id", "event_id", "object_id", "attribute_id", "tag_id", "galaxy_id",
     "sharing_group_id", "SharingGroup", "event_creator_email", "locked", "proposal_email_lock",
     "attribute_count", "RelatedEvent", "ShadowAttribute", "Org", "numerical_value", "local"}
)  # fmt: skip
_MANIFEST: Final = ("info", "date", "analysis", "threat_level_id")


def files_of(events: Sequence[Object]) -> dict[str, bytes]:
    """Return the files of a feed by name; of two events with one uuid the later stands.

    An event without a uuid, or with one that is none, gets that of what it says: it names a file.
    """
    nobody: Object = {"name": "unknown", "uuid": ids.uuid("identity", "unknown")}
    by_uuid: dict[str, Object] = {}
    for one in events:
        uuid = ids.kept(one.get("uuid"), "event", members.text(one, "info"), _text(one).decode())
        by_uuid[uuid] = {"Orgc": nobody, **public(one), "uuid": uuid}
    manifest: Object = {uuid: _line(one) for uuid, one in by_uuid.items()}
    hashes = [
        f"{digest},{uuid}\n"
        for uuid, one in by_uuid.items()
        for digest in dict.fromkeys(_hashes(one))
    ]
    files = {f"{uuid}.json": _text({"Event": one}) for uuid, one in by_uuid.items()}
    return {MANIFEST: _text(manifest), HASHES: "".join(hashes).encode(), **files}


def _line(event: Object) -> Object:
    line: Object = {name: members.text(event, name) for name in _MANIFEST}
    line["timestamp"] = int(members.text(event, "timestamp", "0") or 0)
    orgs = members.objects(event, "Orgc")
    line["Orgc"] = {name: members.text(orgs[0], name) for name in ("name", "uuid")}
    line["Tag"] = [
        {"name": members.text(one, "name"), "colour": members.text(one, "colour", "#808080")}
        for one in members.objects(event, "Tag")
    ]
    return line


def public(one: Object) -> Object:
    """Return an event or a part of one without what is about one server, or for nobody else's eyes."""
    made: Object = {}
    for name, value in one.items():
        if name in _LEFT:
            continue
        if isinstance(value, dict):
            made[name] = public(value)
        elif isinstance(value, list):
            made[name] = [public(each) if isinstance(each, dict) else each for each in value]
        else:
            made[name] = value
    return made


def _hashes(event: Object) -> Iterator[str]:
    for item in _attributes(event):
        value = members.text(item, "value")
        parts = value.split("|") if "|" in members.text(item, "type") else [value]
        for part in parts:
            yield md5(part.encode(), usedforsecurity=False).hexdigest()


def _attributes(event: Object) -> Iterator[Object]:
    yield from members.objects(event, "Attribute")
    for one in members.objects(event, "Object"):
        yield from members.objects(one, "Attribute")


def _text(value: Object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()
