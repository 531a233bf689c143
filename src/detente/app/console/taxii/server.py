"""The TAXII 2.1 server: one answer to each request, in the office's own thread.

Source: OASIS TAXII 2.1 of 2021-06-10; section numbers stand beside each resource.
"""

import json
import secrets
from collections.abc import Callable, Mapping
from typing import Final

from detente.app import faces
from detente.app.console import limits
from detente.app.console.ask import Answer, Ask
from detente.app.console.site import Site
from detente.app.console.taxii import adding, envelope, media, query, status
from detente.app.console.taxii.faulty import ROOT
from detente.app.console.taxii.media import TAXII
from detente.app.console.taxii.query import Query
from detente.app.http import BODY_MAX
from detente.app.problems import NotAllowed
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import offered
from detente.office.offered import Collection, Offered
from detente.office.offering import ALL, EVERYONE, FROM, LOCAL, Page, Shown, Wanted
from detente.office.sessions import Session

FIRST: Final = "X-TAXII-Date-Added-First"
LAST: Final = "X-TAXII-Date-Added-Last"
READS: Final = ("GET", "HEAD")
_ID_MAX: Final = 300  # characters


def answer(site: Site, ask: Ask) -> Answer:
    """Answer one request. Raises OurFault: http.*, console.*, taxii.*, office.*."""
    if ask.method != "OPTIONS" and not media.is_accepted(ask.headers.get("accept", "")):
        raise OurFault("http.accept", f"this server answers {TAXII}", f"accept {TAXII}")
    office, now = site.office, site.now()
    with office.trail.request(ask.person, "taxii", now):
        return _Request(site, ask, office.offered, now).answer()


class _Request:
    """One request of a person's program."""

    def __init__(self, site: Site, ask: Ask, room: Offered, now: Moment) -> None:
        self.site, self.ask, self.room, self.now = site, ask, room, now
        self.person = ask.person

    def answer(self) -> Answer:
        """Find what stands at the path, and what may be done there."""
        path = self.ask.path[1:]
        if not path:
            return self._only({"GET": self._discovery})
        if path[0] != self.room.desk.name:
            raise _nothing(self.ask)
        match path[1:]:
            case ():
                return self._only({"GET": self._api_root})
            case ("collections",):
                return self._only({"GET": self._collections})
            case ("status", name):
                return self._only({"GET": lambda: self._status(name)})
            case ("collections", name, *rest):
                return self._collection(self.room.collection(self.person, name), tuple(rest))
        raise _nothing(self.ask)

    def _collection(self, one: Collection, rest: tuple[str, ...]) -> Answer:
        match rest:
            case ():
                return self._only({"GET": lambda: _document(self._shown(one))})
            case ("manifest",):
                return self._only({"GET": lambda: self._manifest(one)})
            case ("objects",):
                return self._only(
                    {"GET": lambda: self._objects(one), "POST": lambda: self._add(one)}
                )
            case ("objects", name):
                return self._only(
                    {
                        "GET": lambda: self._object(one, name),
                        "DELETE": lambda: self._delete(one, name),
                    }
                )
            case ("objects", name, "versions"):
                return self._only({"GET": lambda: self._versions(one, name)})
        raise _nothing(self.ask)

    def _only(self, methods: Mapping[str, Callable[[], Answer]]) -> Answer:
        allow = (*sorted(methods), *(("HEAD",) if "GET" in methods else ()), "OPTIONS")
        if self.ask.method == "OPTIONS":
            return Answer(204, headers={"Allow": ", ".join(allow)})
        method = "GET" if self.ask.method == "HEAD" else self.ask.method
        if method not in methods:
            raise NotAllowed(self.ask.method, self.ask.here[:200], allow)
        return methods[method]()

    # Resources. Discovery 4.1, API root 4.2, status 4.3, collections 5.1 and 5.2.

    def _discovery(self) -> Answer:
        scheme = "https" if self.site.settings.text("console.tls") != "off" else "http"
        root = f"{scheme}://{self.ask.headers['host']}/{ROOT}/{self.room.desk.name}/"
        title = self._word("server", party=self.room.own)
        return _document({"title": title, "default": root, "api_roots": [root]})

    def _api_root(self) -> Answer:
        return _document(
            {
                "title": self._word("root", party=self.room.own),
                "versions": [TAXII],
                "max_content_length": min(BODY_MAX, limits.API_BODY_MAX),
            }
        )

    def _collections(self) -> Answer:
        every: list[Json] = [self._shown(each) for each in self.room.collections(self.person)]
        return _document({"collections": every} if every else {})

    def _shown(self, one: Collection) -> dict[str, Json]:
        key = "from" if one.alias.startswith(FROM) else "to"
        key = {ALL: "all", LOCAL: "local", EVERYONE: "everyone"}.get(one.alias, key)
        return {
            "id": one.id,
            "title": self._word(key, party=one.party),
            "description": self._word(f"{key}_about", party=one.party),
            "alias": one.alias,
            "can_read": one.may_read,
            "can_write": one.may_write,
            "media_types": [self.room.offering.media],
        }

    def _word(self, key: str, **named: str) -> str:
        return faces.words().get(f"console.taxii.{key}", self.ask.language, **named)

    def _status(self, name: str) -> Answer:
        row = self.room.status(self.person, name.lower(), self.now)
        if row is None:
            raise OurFault(
                "http.no_page", "no request of yours has this status id", "hand it in again"
            )
        told = json.loads(row.text("text"))
        waiting = told.get("pendings", [])
        if waiting:
            told = status.settled(
                told, [self._is_held(row.text("collection"), each) for each in waiting]
            )
        return _document(told)

    def _is_held(self, alias: str, one: dict[str, str]) -> bool:
        at = self.room.offering.instant(one["version"])
        (known,) = self.room.known([self.room.lane_of(alias)], [one["id"]])[one["id"]]
        return any(row.instant == at and not row.gone for row in known)

    # What stands in a collection. Manifest 5.3, objects 5.4 and 5.6, versions 5.8.

    def _manifest(self, one: Collection) -> Answer:
        asked, page = self._page(one)
        rows = [json.dumps(_record(row, self.room.offering.media)).encode() for row in page.rows]
        return self._listed(asked, page, "objects", rows)

    def _objects(self, one: Collection) -> Answer:
        asked, page = self._page(one)
        return self._told(one, asked, page, "")

    def _object(self, one: Collection, name: str) -> Answer:
        self._exists(one, name)
        asked, page = self._page(one, name)
        return self._told(one, asked, page, name)

    def _told(self, one: Collection, asked: Query, page: Page, name: str) -> Answer:
        texts = self.room.texts(page)
        upto = page.rows[-1].added if page.rows else 0
        label = self.ask.session.agent if isinstance(self.ask.session, Session) else ""
        self.room.asked(self.person, label, one, upto, len(texts), self.now)
        is_narrow = name or asked.ids or asked.types or asked.nothing or self.ask.method == "HEAD"
        if not is_narrow and asked.versions & {"last", "all"}:
            self.room.walked(self.person, label, one, asked.after, page, self.now)
        return self._listed(asked, page, "objects", texts)

    def _versions(self, one: Collection, name: str) -> Answer:
        self._exists(one, name)
        asked, page = self._page(one, name, version="all")
        return self._listed(
            asked, page, "versions", [json.dumps(row.version).encode() for row in page.rows]
        )

    def _exists(self, one: Collection, name: str) -> None:
        if len(name) > _ID_MAX or not self.room.versions(self.person, one, name):
            raise OurFault(
                "http.no_page", f"no object {name[:80]!r} in {one.alias}", "see its manifest"
            )

    def _page(self, one: Collection, name: str = "", version: str = "last") -> tuple[Query, Page]:
        where = "/".join(self.ask.path)
        asked = query.read(self.ask.query, where, self.room.offering.instant, version)
        wanted = Wanted(asked.ids, asked.types, asked.versions)
        if name:
            wanted = Wanted(frozenset({name}), frozenset(), asked.versions)
        page = self.room.page(
            self.person, one, wanted, asked.after, 1 if asked.nothing else asked.limit
        )
        return asked, Page((), 0, more=False) if asked.nothing else page

    def _listed(self, asked: Query, page: Page, name: str, rows: list[bytes]) -> Answer:
        parts = []
        if page.more:
            parts.append(f'"more": true, "next": "{query.cursor(asked.mark, page.upto)}"'.encode())
        if rows:
            parts.append(b'"%b": [%b]' % (name.encode(), b",".join(rows)))
        headers = {}
        if page.rows:
            headers = {
                FIRST: query.shown(page.rows[0].added),
                LAST: query.shown(page.rows[-1].added),
            }
        return Answer(200, b"{%b}" % b", ".join(parts), TAXII, headers)

    # What is handed in and taken back: 5.5 and 5.7.

    def _add(self, one: Collection) -> Answer:
        self._may_write(one)
        if not media.is_envelope(self.ask.headers.get("content-type", "")):
            raise OurFault("http.media", "the body is no TAXII 2.1 envelope", f"send {TAXII}")
        texts = envelope.objects_of(self.ask.body, self.room.offering.split)
        name = offered.uuid_of(secrets.token_bytes(16))
        found = status.Status(name, query.shown(self.now.ms * 1_000))
        adding.add(self.site.office, self.person, one, texts, found, self.now)
        told = found.document()
        self.room.keep_status(self.person, one.alias, name, json.dumps(told), self.now)
        return _document(told, 202)

    def _delete(self, one: Collection, name: str) -> Answer:
        self._may_write(one)
        asked = query.read(self.ask.query, "", self.room.offering.instant, "all")
        wanted = Wanted(frozenset({name[:_ID_MAX]}), versions=asked.versions)
        rows = self.room.of(one, wanted)
        if not rows:
            raise OurFault(
                "http.no_page", f"no object {name[:80]!r} in {one.alias}", "see its manifest"
            )
        by_record: dict[bytes, list[tuple[str, str]]] = {}
        for row in rows:
            for mid in self.room.sayings(row):
                by_record.setdefault(mid, []).append((name, row.version))
        for mid, versions in by_record.items():
            wish = self.room.offering.take_back(mid, versions)
            self.site.office.act(self.person, wish.act, wish.values, self.now)
        return Answer(200, b"", TAXII)

    def _may_write(self, one: Collection) -> None:
        if not one.may_write:
            raise OurFault(
                "office.forbidden", f"{self.person.name} hands nothing in at {one.alias}",
                "use a collection that can be written: see `can_write`",
            )  # fmt: skip


def _document(value: dict[str, Json], code: int = 200) -> Answer:
    return Answer(code, json.dumps(value).encode(), TAXII)


def _record(row: Shown, media_type: str) -> dict[str, Json]:
    return {
        "id": row.id, "date_added": query.shown(row.added), "version": row.version,
        "media_type": media_type,
    }  # fmt: skip


def _nothing(ask: Ask) -> OurFault:
    return OurFault("http.no_page", f"there is nothing at {ask.here[:200]}", f"begin at /{ROOT}/")
