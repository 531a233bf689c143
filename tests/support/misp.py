"""A small MISP instance in memory: the part of its API that synchronisation speaks, as MISP answers it.

Written from its OpenAPI document and from what its controllers answer (MISP 2.5): forms of errors,
rules of uuid and timestamp, silent drops. tests/app/test_misp_server.py drives it with PyMISP.
"""

import json
import threading
import time
import uuid as uuids
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

Json = dict[str, Any]
KEY: Final = "k" * 40
ORG: Final = {"id": "1", "name": "CIRCL", "uuid": "55f6ea5e-2c60-40e5-964f-47a8950d210f"}
GROUP: Final = {"id": "7", "name": "Banks", "uuid": "0b2b3c4d-1111-4222-8333-444455556666"}
NO_KEY: Final = (
    "Authentication failed. Please make sure you pass the API key of an API enabled user along in"
    " the Authorization header."
)
TYPES: Final = frozenset(
    {"ip-dst", "ip-src", "domain", "hostname", "url", "md5", "sha1", "sha256", "filename", "comment",
     "text", "attachment", "vulnerability", "email", "stix2-pattern", "yara", "domain|ip", "mutex"}
)  # fmt: skip
Answer = tuple[int, Any]


class Refused(Exception):
    """A CakePHP exception: its status and message."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


class Misp:
    """One instance. clock: its seconds; sync: whether the key's role may synchronise."""

    def __init__(self) -> None:
        self.events: dict[str, Json] = {}
        self.asked: list[tuple[str, str, Any]] = []
        self.keys: list[str] = []
        self.clock, self.sync, self.groups = 1_772_400_000, True, [GROUP]
        self.limited = False
        self.instead: Callable[[BaseHTTPRequestHandler, str], bool] = lambda *_: False
        self.url = ""
        self._number = 0

    # What a person there does.

    def make(self, info: str, *items: Json, tags: tuple[str, ...] = (), **more: Any) -> Json:  # noqa: ANN401
        """Put an event, published."""
        event = {"info": info, "Attribute": [*items], "published": True, "distribution": "3",
                 "timestamp": str(self.clock), "Tag": [{"name": each} for each in tags], **more}  # fmt: skip
        return self._add(event)

    def touch(self, uuid: str, item: str = "", **more: Any) -> None:  # noqa: ANN401
        """Change an event or an item of one, now."""
        self.clock += 60
        event = self.events[uuid]
        event["timestamp"] = str(self.clock)
        one = event if not item else next(e for e in event["Attribute"] if e["uuid"] == item)
        one |= {**more, "timestamp": str(self.clock)}

    def see(self, item: str, **more: Any) -> Json:  # noqa: ANN401
        """Somebody there sees an attribute."""
        event, one = self._attribute(item)
        seen = {"id": self._next(), "uuid": str(uuids.uuid4()), "type": "0", "source": "",
                "date_sighting": str(self.clock), "attribute_id": one["id"], "event_id": event["id"],
                "Organisation": ORG, **more}  # fmt: skip
        one.setdefault("Sighting", []).append(seen)
        event["sighting_timestamp"] = str(self.clock)
        return seen

    def attribute(self, item: str) -> Json:
        """Return an attribute."""
        return self._attribute(item)[1]

    # What its API does.

    def answer(self, method: str, path: str, body: Any) -> Answer:  # noqa: ANN401
        """Return status and document of one request. Raises Refused."""
        parts = [each for each in path.split("?", maxsplit=1)[0].strip("/").split("/") if each]
        parts[-1] = parts[-1].removesuffix(".json")
        named = dict(each.split(":", 1) for each in parts if ":" in each)
        match [each for each in parts if ":" not in each]:
            case ["servers", "getVersion"]:
                return 200, {"version": "2.5.34", "pymisp_recommended_version": "2.5.34",
                             "perm_sync": self.sync, "perm_sighting": True, "perm_galaxy_editor": False,
                             "request_encoding": ["gzip"], "filter_sightings": True}  # fmt: skip
            case ["servers", "getPyMISPVersion"]:
                return 200, {"version": "2.5.34"}
            case ["users", "view", "me"]:
                return 200, {"User": {"id": "2", "email": "sync@ours.example", "org_id": "1"},
                             "Role": {"id": "5", "name": "Sync user", "perm_sync": self.sync},
                             "UserSetting": []}  # fmt: skip
            case ["events"] | ["events", "index"]:
                return 200, self._index(body or {})
            case ["events", "restSearch"]:
                return 200, {"response": [{"Event": each} for each in self._search(body or {})]}
            case ["events", "view", name]:
                event = self._event(name)
                return 200, {"Event": self._shown(event, (body or {}).get("deleted"), named)}
            case ["events", "add"]:
                return self._try_add(method, body)
            case ["events", "edit", name]:
                return self._edit(self._event(name), body)
            case ["events", "delete", name]:
                event = self._event(name)
                del self.events[event["uuid"]]
                return 200, _saved("Event deleted.", f"/events/delete/{name}")
            case ["attributes", "delete", name]:
                event, one = self._attribute(name)
                self.touch(event["uuid"], one["uuid"], deleted=True)
                return 200, {"message": "Attribute deleted."}
            case ["sightings", "add", *rest]:
                return self._sight(rest[0] if rest else str(body.get("uuid", "")), body)
            case ["sharing_groups", "view", name]:
                for each in self.groups:
                    if name in (each["id"], each["uuid"]):
                        return 200, {"SharingGroup": {**each, "active": True}}
                raise Refused(404, "Invalid sharing group.")
        raise Refused(404, f"Action {parts[-1]}Controller could not be found.")

    def _index(self, asked: Json) -> list[Json]:
        rows = sorted(self.events.values(), key=lambda each: int(each["id"]))
        rows = self._since(rows, asked)
        if "limit" in asked:
            start = (int(asked.get("page", 1)) - 1) * int(asked["limit"])
            rows = rows[start : start + int(asked["limit"])]
        names: tuple[str, ...] = ("id", "timestamp", "sighting_timestamp", "published", "uuid")
        if not asked.get("minimal"):
            names += ("info", "date", "analysis", "threat_level_id", "distribution", "Orgc")
        return [{**{n: each[n] for n in names}, "orgc_uuid": each["Orgc"]["uuid"]} for each in rows]

    def _search(self, asked: Json) -> list[Json]:
        rows = self._since([*self.events.values()], asked)
        if "uuid" in asked:
            rows = [each for each in rows if each["uuid"] == asked["uuid"]]
        if asked.get("published") is not None:
            rows = [each for each in rows if each["published"] == bool(asked["published"])]
        if "limit" in asked:
            start = (int(asked.get("page", 1)) - 1) * int(asked["limit"])
            rows = rows[start : start + int(asked["limit"])]
        return [self._shown(each, asked.get("deleted"), {}) for each in rows]

    def _since(self, rows: list[Json], asked: Json) -> list[Json]:
        told = str(asked.get("timestamp") or 0)
        if "-" in told:
            told = str(int(time.mktime(time.strptime(told, "%Y-%m-%d"))))
        return [each for each in rows if int(each["timestamp"]) >= int(told)]

    def _shown(self, event: Json, deleted: Any, named: Json) -> Json:  # noqa: ANN401
        wants = deleted in (1, True, "1", [0, 1], ["0", "1"])
        made = {**event, "Org": ORG, "RelatedEvent": [], "ShadowAttribute": [], "Galaxy": []}
        made["Attribute"] = [
            {k: v for k, v in each.items() if k != "data" or named.get("includeAttachments") != "0"}
            for each in event["Attribute"] if wants or not each.get("deleted")
        ]  # fmt: skip
        made["Object"] = [each for each in event["Object"] if wants or not each.get("deleted")]
        copy: Json = json.loads(json.dumps(made))
        return copy

    def _try_add(self, method: str, body: Any) -> Answer:  # noqa: ANN401
        if method != "POST" or not body:
            raise Refused(405, "No valid event data received.")
        event = body.get("Event", body)
        if str(event.get("uuid", "")).lower() in self.events:
            known = self.events[event["uuid"].lower()]
            what = "Event already exists, if you would like to edit it, use the url in the location header."
            raise Refused(404, what, Location=f"{self.url}events/{known['id']}")
        if not str(event.get("info", "")).strip():
            return 403, _unsaved(
                "Could not add Event", "/events/add", {"info": ["Info cannot be empty."]}
            )
        if str(event.get("distribution")) == "4" and not self._grouped(event):
            raise Refused(405, "Invalid Sharing Group or not authorised.")
        return 200, {"Event": self._shown(self._add(event), None, {})}

    def _grouped(self, event: Json) -> bool:
        return any(str(event.get("sharing_group_id")) == each["id"] for each in self.groups)

    def _add(self, event: Json) -> Json:
        made = {"id": self._next(), "date": "2026-03-01", "analysis": "0", "threat_level_id": "4",
                "distribution": "0", "sighting_timestamp": "0", "published": False, "Orgc": ORG, "Tag": [],
                "sharing_group_id": "0", "timestamp": str(self.clock), "event_creator_email": "eve@there.example",
                "uuid": str(uuids.uuid4()), **event}  # fmt: skip
        made["uuid"] = made["uuid"].lower()
        if not self.sync:
            made["Orgc"] = ORG
        made["locked"] = made["Orgc"]["uuid"] != ORG["uuid"]
        items, objects = made.pop("Attribute", []), made.pop("Object", [])
        made |= {"Attribute": [], "Object": []}
        self.events[made["uuid"]] = made
        made["Attribute"] = [each for each in (self._item(made, e) for e in items) if each]
        made["Object"] = [self._object(made, each) for each in objects]
        made["published"] = made["published"] in (True, 1, "1")
        return made

    def _object(self, event: Json, told: Json) -> Json:
        inner = [each for each in (self._item(event, e) for e in told.get("Attribute", [])) if each]
        return {"id": self._next(), "deleted": False, "timestamp": str(self.clock), **told,
                "event_id": event["id"], "Attribute": inner}  # fmt: skip

    def _item(self, event: Json, told: Json) -> Json | None:
        """Return an attribute as it is kept; None for what is dropped with a line in the log alone."""
        known = {each["uuid"] for one in self.events.values() for each in one["Attribute"]}
        made = {"id": self._next(), "uuid": str(uuids.uuid4()), "category": "Other", "comment": "",
                "to_ids": False, "deleted": False, "distribution": "5", "timestamp": str(self.clock),
                "sharing_group_id": "0", "disable_correlation": False, **told}  # fmt: skip
        if (
            made["uuid"] in known
            or made["type"] not in TYPES
            or not str(made.get("value", "")).strip()
        ):
            return None
        return made | {"event_id": event["id"], "object_id": "0"}

    def _edit(self, event: Json, body: Any) -> Answer:  # noqa: ANN401
        told = (body or {}).get("Event", body or {})
        place = f"/events/edit/{event['id']}"
        if "timestamp" in told and int(told["timestamp"]) <= int(event["timestamp"]):
            what = "Event could not be saved: Event in the request not newer than the local copy."
            return 403, _unsaved("Could not edit Event", place, what)
        if not (event["Orgc"]["uuid"] == ORG["uuid"] or (self.sync and event["locked"])):
            what = "Event could not be saved: The user used to edit the event is not authorised to do so."
            return 403, _unsaved("Could not edit Event", place, what)
        for name in (
            "info",
            "date",
            "analysis",
            "threat_level_id",
            "distribution",
            "sharing_group_id",
        ):
            event[name] = told.get(name, event[name])
        event["published"] = told.get("published") in (True, 1, "1")
        event["timestamp"] = str(told.get("timestamp") or self.clock)
        for each in told.get("Attribute", []):
            self._edit_item(event, each)
        known = {each["uuid"] for each in event["Object"]}
        event["Object"] += [
            self._object(event, e) for e in told.get("Object", []) if e["uuid"] not in known
        ]
        names = {each["name"] for each in event["Tag"]}
        event["Tag"] += [each for each in told.get("Tag", []) if each["name"] not in names]
        return 200, {"Event": self._shown(event, None, {})}

    def _edit_item(self, event: Json, told: Json) -> None:
        for one in event["Attribute"]:
            if one["uuid"] == told.get("uuid"):
                if int(told.get("timestamp") or self.clock) > int(one["timestamp"]):
                    one |= {
                        k: v for k, v in told.items() if k not in ("id", "event_id", "Sighting")
                    }
                return
        made = self._item(event, told)
        event["Attribute"] += [made] if made else []

    def _sight(self, name: str, body: Json) -> Answer:
        try:
            self._attribute(name)
        except Refused:
            return 200, {"message": "Could not add the Sighting. Reason: No valid attributes found that match the criteria."}  # fmt: skip
        seen = self.see(name, source=body.get("source", ""), type=str(body.get("type", "0")))
        seen["date_sighting"] = str(body.get("timestamp") or self.clock)
        return 200, {"Sighting": {k: v for k, v in seen.items() if k != "Organisation"}}

    def _event(self, name: str) -> Json:
        for each in self.events.values():
            if name.lower() in (each["uuid"], each["id"]):
                return each
        raise Refused(404, "Invalid event")

    def _attribute(self, name: str) -> tuple[Json, Json]:
        for event in self.events.values():
            inner = [e for one in event["Object"] for e in one["Attribute"]]
            for each in (*event["Attribute"], *inner):
                if name in (each["uuid"], each["id"]):
                    return event, each
        raise Refused(404, "Invalid attribute")

    def _next(self) -> str:
        self._number += 1
        return str(self._number)


def _saved(what: str, url: str) -> Json:
    return {"saved": True, "success": True, "name": what, "message": what, "url": url}


def _unsaved(what: str, url: str, errors: object) -> Json:
    return {"saved": False, "name": what, "message": what, "url": url, "errors": errors}


@contextmanager
def serving(misp: Misp) -> Iterator[str]:
    """Serve an instance on a port of this machine; give its address."""

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            try:
                self._answer()
            except OSError:
                return

        do_GET = do_POST = do_HEAD = do_DELETE = _do  # noqa: N815  http.server's names

        def _answer(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                body = json.loads(data) if data else None
            except ValueError:
                self._say(
                    405,
                    {
                        "name": "Invalid JSON input.",
                        "message": "Invalid JSON input.",
                        "url": self.path,
                    },
                )
                return
            misp.asked.append((self.command, self.path, body))
            misp.keys.append(self.headers.get("Authorization", ""))
            if misp.instead(self, self.path):
                return
            if self.headers.get("Authorization") != KEY:
                self._say(403, {"name": NO_KEY, "message": NO_KEY, "url": self.path})
            elif misp.limited:
                told = "Rate limit exceeded."
                self._say(
                    429, {"name": told, "message": told, "url": self.path}, X_Rate_Limit_Reset="900"
                )
            else:
                try:
                    self._say(*misp.answer(self.command, self.path, body))
                except Refused as no:
                    said = {"name": no.message, "message": no.message, "url": self.path}
                    self._say(no.status, said, **no.headers)

        def _say(self, status: int, document: object, **headers: str) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, text in headers.items():
                self.send_header(name.replace("_", "-"), text)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    misp.url = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield misp.url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
