"""The API's room of MISP feeds: a collection as the files that a MISP instance subscribes to.

Nothing is kept for it: each file is made of what stands in the collection when it is asked for.
WEAK: the manifest reads all of it in the office's thread, some 0.3 ms an object; so it has a limit.
"""

import json
from typing import Any, Final

from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.http import Reply
from detente.core.errors import OurFault
from detente.desks.cert.files import MISP
from detente.office.desk import Role
from detente.office.drafting import MARKINGS
from detente.office.fields import Field, OneOf, Text
from detente.office.offered import Collection
from detente.office.offering import Shown, Wanted

OBJECTS_MAX: Final = 5_000  # of a collection that is shown as a feed
PAGE: Final = 1_000
MANIFEST: Final = "manifest.json"
HASHES: Final = "hashes.csv"
CONTAINERS: Final = ("report", "grouping")
_LEVELS: Final = {each.lower().replace("+", "-"): each for each in MARKINGS[:-1]}
_TYPES: Final = {".json": "application/json", ".csv": "text/csv; charset=utf-8"}
Object = dict[str, Any]


class _Feed:
    """One collection as events, for one request. upto: the strictest colour in it."""

    def __init__(self, call: Call, collection: Collection, upto: str) -> None:
        self._room, self._person = call.office.offered, call.person
        self._collection, self._upto = collection, upto

    def event(self, uuid: str) -> Object | None:
        """Return one event; None if there is none, or nothing of it may be shown."""
        return self._made(uuid, self._groups().get(uuid, ()))

    def events(self) -> list[Object]:
        """Return all events."""
        found = (self._made(uuid, group) for uuid, group in self._groups().items())
        return [each for each in found if each is not None]

    def _groups(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of each event's objects: of a report, and of what else a record brought."""
        rows = self._rows()
        there = {row.id for row in rows}
        groups: dict[str, tuple[str, ...]] = {}
        for one in self._newest([row.id for row in rows if row.row["type"] in CONTAINERS]):
            named = tuple(str(each) for each in one.get("object_refs", ()) if each in there)
            groups[_uuid(str(one["id"]))] = (str(one["id"]), *named)
        claimed = {each for group in groups.values() for each in group}
        loose: dict[str, list[str]] = {}
        for row in rows:
            if row.id not in claimed:
                loose.setdefault(MISP.uuid("event", row.mid.hex()), []).append(row.id)
        return groups | {uuid: tuple(ids) for uuid, ids in loose.items()}

    def _made(self, uuid: str, ids: tuple[str, ...]) -> Object | None:
        objects = self._newest(ids)
        beside = self._newest(sorted(MISP.refs_of(objects)))
        day = max((str(one.get("modified", ""))[:10] for one in objects), default="")
        made = MISP.outgoing(objects, beside, f"{self._room.own} {day}".strip(), self._upto)
        return {**made.events[0], "uuid": uuid} if made.events else None

    def _rows(self) -> list[Shown]:
        found: list[Shown] = []
        after, more = -1, True
        while more:
            page = self._room.page(self._person, self._collection, Wanted(), after, PAGE)
            found += page.rows
            after, more = page.upto, page.more
            if len(found) > OBJECTS_MAX:
                what = f"{self._collection.alias} holds more than {OBJECTS_MAX} objects"
                raise OurFault(
                    "exchange.size", what, "read it by TAXII, or hand it in by a feed of kind misp"
                )
        return found

    def _newest(self, ids: "list[str] | tuple[str, ...]") -> list[Object]:
        if not ids:
            return []
        found: list[Object] = []
        for start in range(0, len(ids), PAGE):
            wanted = Wanted(ids=frozenset(ids[start : start + PAGE]))
            page = self._room.page(self._person, self._collection, wanted, -1, PAGE)
            found += [json.loads(text) for text in self._room.texts(page)]
        return found


def _file(call: Call) -> Reply:
    name = call.path.text("file")
    with call.office.trail.request(call.person, "misp/feed", call.now):
        collection = call.office.offered.collection(call.person, call.path.text("collection"))
        feed = _Feed(call, collection, _LEVELS[call.path.text("upto")])
        if name in (MANIFEST, HASHES):
            data = MISP.files_of(feed.events()).get(name)
        else:
            event = feed.event(name.removesuffix(".json").lower())
            data = None if event is None else MISP.files_of([event]).get(name.lower())
    if data is None:
        raise OurFault("http.no_page", f"no {name[:80]} in this feed", f"begin with its {MANIFEST}")
    kind = next(kind for ending, kind in _TYPES.items() if name.endswith(ending))
    return Reply(data=data, content_type=kind)


def _uuid(identity: str) -> str:
    return identity.partition("--")[2]


OPERATIONS: Final = (
    Operation(
        "GET", "misp/{collection}/{upto}/{file}", _file, about="app.api.misp_file", attends=False,
        path_fields=(
            Field("collection", Text(96), about="app.api_field.misp_collection"),
            Field("upto", OneOf(*_LEVELS), about="app.api_field.misp_upto"),
            Field("file", Text(60, form=r"manifest\.json|hashes\.csv|[0-9a-fA-F-]{36}\.json"),
                  about="app.api_field.misp_file"),
        ),
        answer=Answer({"type": "object"}), needs=Needs(role=Role.READ),
    ),
)  # fmt: skip
