"""Who may do what, walked: every page and every operation of the API, by each place and house role.

The table says it; a page or an operation that is not in it fails. What an answer to who does not
read holds is looked at: no text of a record, no title, no draft.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest
from tests.support.household import PEOPLE, Household
from tests.support.pairs import wish

from detente.app.api import rooms
from detente.app.api.operations import Operation
from detente.app.console.pages import ROUTES
from detente.app.console.routes import ANY, ANYONE, Route
from detente.app.desks import DESKS
from detente.office.desk import Act
from detente.office.fields import mid_text
from detente.office.people import House

DESK: Final = ("supervisor", "drafter", "releaser", "reader")
HOUSE: Final = ("administrator", "auditor", "overseer", "guest")
ALL: Final = (*DESK, *HOUSE)
WORKERS: Final = (*DESK, "administrator", "auditor")  # not who only oversees, or has no place
WRITES: Final = ("supervisor", "drafter")
ANSWERS: Final = ("supervisor", "drafter", "releaser")
SECRET: Final = "a-secret-title"
OPERATIONS: Final = rooms.every(DESKS)

# Who opens a page; everybody else hears 403. Pages of the door are for anyone and not here.
PAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "": ALL,  # leads on
    "help": ALL,
    "help/{code}": ALL,
    "object/{id}": DESK,
    "overseer": ("overseer",),
    "feeds": DESK,
    "screening": DESK,  # where no desk of designations is, whoever reads at some desk
    "screening/lists": DESK,
    "screening/version/{version}": DESK,
    "screening/decision/{stamp}": DESK,
    "screening/files": DESK,
    "screening/run/{run}": DESK,
    "screening/run/{run}/results": DESK,
    "screening/run/{run}/table": DESK,
    # Nobody of this house has a place at the desk of the direct line,
    "hotline": (),
    "hotline/{party}": (),
    "hotline/{party}/{mid}": (),
    "notice/{mid}": (),  # nor at that of notices, nor of designations
    "exercise/{mid}": (),
    "paper/notice/{mid}": (),
    "designation/{mid}": (),
    "paper/session/{party}/{day}": (),
    "paper/log/{day}": (),
    "paper/exercise/{mid}": (),
    "large/{file}": WRITES,
    "arrangements": DESK,
    "incident/{mid}": DESK,
    "collections": DESK,
    "procedure/{name}": ALL,
    "search": WORKERS,
    "watch": WORKERS,  # those of one's own desks
    "audit": ("auditor",),
    "audit/verify": ("auditor",),
    "audit/export": ("auditor",),
    "audit/file": ("auditor",),
    "doctor": ("administrator",),
    "peers": ("administrator",),
    "peers/card": ("administrator",),
    "peers/{party}": ("administrator",),
    "attention": WORKERS,  # a list of one's own desks: empty for who has none
    "write": WORKERS,
    "write/{desk}/{act}": WRITES,
    "desks": WORKERS,
    "desk/{desk}/{look}": DESK,
    "drafts": WORKERS,
    "drafts/{mid}": DESK,
    "links": WORKERS,  # lines and counts
    "links/{party}": WORKERS,
    "live": ALL,
    "matter/{matter}": DESK,
    "matter/{matter}/evidence": DESK,
    "me": ALL,
    "people": ("administrator",),
    "people/{name}": ("administrator",),
    "record/{mid}": DESK,
    "record/{mid}/proof": DESK,
    "record/{mid}/text/{field}": DESK,
    "record/{mid}/file/{number}": DESK,
    "desk-keys": WORKERS,  # who can open a desk, of those where they have a place
    "unlock": ALL,
    "again": ALL,
}
# The same for forms: who is let through to the act itself.
FORMS: Final[Mapping[str, tuple[str, ...]]] = {
    "attention/clear": (*DESK, "administrator"),
    "record/{mid}/acknowledge": DESK,
    "record/{mid}/take": DESK,
    "record/{mid}/leave": DESK,
    "record/{mid}/read": DESK,
    "record/{mid}/reply": ANSWERS,
    "record/{mid}/retry": WRITES,
    "large/{file}/send": WRITES,
    "large/{file}/drop": WRITES,
    "record/{mid}/drop": WRITES,
    "write/{desk}/{act}": WRITES,
    "write/{desk}/{act}/keep": WRITES,
    "write/{desk}/{act}/send": WRITES,
    "matter/{matter}/compare": DESK,
    "watch/{desk}/take": DESK,
    "watch/{desk}/hand": DESK,
    "watch/{desk}/leave": DESK,
    "desk-keys/{desk}/let-in": DESK,
    "desk-keys/{desk}/let-out": DESK,
    "desk-keys/{desk}/entrust": ("supervisor",),
    "desk-keys/{desk}/hand-back": ("supervisor",),
    "feeds/{step}": WRITES,
    "screening/name": DESK,
    "screening/decision/{stamp}/replay": DESK,
    "screening/lists": WRITES,
    "screening/files": WRITES,
    "screening/run/{run}/cancel": WRITES,
    "screening/run/{run}/remove": WRITES,
    "screening/version/{version}/{step}": ("supervisor", "releaser"),
    "record/{mid}/file/{number}/locked": DESK,
    "record/{mid}/file/{number}/sample": DESK,
    "peers/invite": ("administrator",),
    "peers/add": ("administrator",),
    "peers/{party}/confirm": ("administrator",),
    "people": ("administrator",),
    "people/{name}": ("administrator",),
    "people/{name}/suspend": ("administrator",),
    "people/{name}/resume": ("administrator",),
    "people/{name}/link": ("administrator",),
    "people/{name}/sign-out": ("administrator",),
    # A draft's page says no itself, with 403 or 409.
    "drafts/{mid}/release": ("supervisor", "releaser"),
    "drafts/{mid}/alone": (),
    "drafts/{mid}/refuse": ("supervisor", "releaser"),
    "drafts/{mid}/withdraw": (),
}
# One's own: everybody signed in, and nobody else's.
OWN: Final = (
    "me/language", "me/end", "me/end-all", "me/codes", "me/options", "me/passkey",
    "me/passkey/drop", "me/token", "me/token/revoke", "sign-out", "again", "again/passkey",
    "texts/{draft}/drop", "me/password", "me/theme",
    "desk-keys/open", "desk-keys/close",
)  # fmt: skip

# The API. Lists answer everybody with what they may read; who reads nowhere gets an empty one.
API: Final[Mapping[str, tuple[str, ...]]] = {
    "GET record": ALL,
    "GET record/{mid}": DESK,
    "POST record/{mid}/read": DESK,
    "GET record/{mid}/proof": DESK,
    "POST record/{mid}/answer": ANSWERS,
    "POST record/{mid}/retry": WRITES,
    "POST record/{mid}/drop": WRITES,
    "GET refused": ALL,
    "POST file": DESK,
    "POST file/{file}": DESK,
    "GET record/{mid}/files": DESK,
    "GET record/{mid}/file/{number}": DESK,
    "POST record/{mid}/file/{number}/sample": DESK,
    "GET matter/{matter}/evidence": DESK,
    **dict.fromkeys(  # papers of desks at which nobody of this house has a place
        (
            f"GET paper/{each}"
            for each in ("notice/{mid}", "session/{party}/{day}", "log/{day}", "exercise/{mid}")
        ),
        (),
    ),
    "POST matter/{matter}/digest": DESK,
    "GET matter/{matter}/digest": DESK,
    "GET matter/{matter}/courses": DESK,
    "GET attention": ALL,  # counts
    "POST attention/clear": DESK,
    "GET attention/list": ALL,
    "GET log": ALL,  # sizes and places
    "GET doctor": ALL,  # codes and counts
    "POST rebuild": ("administrator",),
    "GET person": ("administrator", "auditor"),
    "POST person": ("administrator",),
    "GET person/{person}/history": ("administrator", "auditor"),
    "POST person/{person}/role": ("administrator",),
    "POST person/{person}/suspend": ("administrator",),
    "POST person/{person}/resume": ("administrator",),
    "POST person/{person}/enter-link": ("administrator",),
    "POST person/{person}/sign-out": ("administrator",),
    "GET person/{person}/token": (),  # one's own alone; it is asked of another
    "POST person/{person}/token": (),
    "POST person/{person}/token/{token}/revoke": (),
    "GET desk": ALL,
    "POST desk/{desk}/entrust": ("supervisor",),
    "POST desk/{desk}/hand-back": ("supervisor",),
    "POST desk/{desk}/open": (),  # for system users
    "POST desk/{desk}/close": DESK,
    "POST desk/{desk}/let-in": DESK,
    "POST desk/{desk}/let-out": DESK,
    "POST record/{mid}/seen": DESK,
    "POST record/{mid}/take": DESK,
    "POST record/{mid}/leave": DESK,
    "GET draft": DESK,
    "GET draft/{mid}": DESK,
    "POST draft/{mid}/release": ("supervisor", "releaser"),
    "POST draft/{mid}/refuse": ("supervisor", "releaser"),
    "POST draft/{mid}/withdraw": ("supervisor",),
    "GET watch": ALL,
    "GET collection": ALL,
    "GET feed": DESK,
    **dict.fromkeys(
        (
            f"GET screening/{each}"
            for each in (
                "version",
                "version/{version}",
                "version/{version}/difference",
                "version/{version}/odd",
                "decision",
                "decision/{stamp}",
                "run",
                "run/{run}",
                "run/{run}/results",
                "run/{run}/table",
                "yente/search/{dataset}",
                "yente/healthz",
                "yente/readyz",
                "yente/algorithms",
                "yente/entities/{entity}",
                "yente/catalog",
            )
        ),
        DESK,
    ),
    "PUT screening/file/{hash}": WRITES,
    "POST screening/version": WRITES,
    "POST screening/version/{version}/apply": ("supervisor", "releaser"),
    "POST screening/version/{version}/refuse": ("supervisor", "releaser"),
    "POST screening/name": DESK,
    "POST screening/run": WRITES,
    "POST screening/run/{run}/cancel": WRITES,
    "POST screening/run/{run}/remove": WRITES,
    "POST screening/decision/{stamp}/replay": DESK,
    "POST screening/yente/match/{dataset}": DESK,
    **dict.fromkeys(
        (f"POST feed/{{name}}/{step}" for step in ("pause", "resume", "run", "seen")), WRITES
    ),
    "POST watch/{desk}/take": DESK,
    "POST watch/{desk}/hand": DESK,
    "POST watch/{desk}/leave": DESK,
    "GET audit": ("auditor",),
    "GET audit/heads": ("auditor",),
    "POST audit/verify": ("auditor",),
    "GET audit/file": ("auditor",),
    "GET search": DESK,
    "POST cert/send": WRITES,
    "POST cert/answer": ANSWERS,
    "POST cert/withdraw": WRITES,
    "POST cert/acknowledge": ANSWERS,
    "GET cert/list": DESK,
    "GET cert/show": DESK,
    "GET cert/objects": DESK,
    "GET cert/export": DESK,
    **dict.fromkeys(
        (f"POST cert/{act}" for act in ("advise", "import", "share", "arrange", "warn")), WRITES
    ),
    **dict.fromkeys(
        (
            f"GET cert/{look}"
            for look in (
                "advisories",
                "advisory",
                "advisory_export",
                "check",
                "arrangements",
                "warnings",
                "feed",
                "find",
                "object",
                "near",
                "copies",
                "readers",
                "sightings",
                "values",
                "timeline",
                "raw",
                "notes",
            )
        ),
        DESK,
    ),
    **dict.fromkeys(
        (
            f"POST cert/{act}"
            for act in ("incident", "close", "alert", "report", "request", "contacts", "ping")
        ),
        WRITES,
    ),
    **dict.fromkeys(
        (
            f"POST cert/{act}"
            for act in ("triage", "update", "attribute", "resolve", "reply", "pong")
        ),
        ANSWERS,
    ),
    **dict.fromkeys(
        (
            f"POST cert/{act}"
            for act in (
                "constituent_add",
                "constituent_change",
                "constituent_end",
                "constituents_import",
                "constituent_token",
                "tell",
                "leave_untold",
                "told_word",
                "vulnerability_open",
                "vulnerability_date",
                "vulnerability_agree",
                "vulnerability_update",
                "vulnerability_knows",
                "vulnerability_break",
                "vulnerability_release",
                "correct",
                "automatic",
                "send/large",
                "send/large/{file}",
                "import/large",
                "import/large/{file}",
            )
        ),
        WRITES,
    ),
    **dict.fromkeys(
        (
            f"GET cert/{look}"
            for look in (
                "constituents",
                "constituent",
                "constituents_export",
                "overlaps",
                "whose",
                "owners",
                "advisory_owners",
                "found",
                "to_tell",
                "tellings",
                "telling_export",
                "post",
                "own_feed",
                "vulnerabilities",
                "vulnerability",
                "vulnerability_known",
                "vulnerability_dates",
            )
        ),
        DESK,
    ),
    # Nobody of this house has a place at the other desks: whatever they are here, they are shut to them.
    **dict.fromkeys(
        (
            f"{'POST' if isinstance(each, Act) else 'GET'} {each.name}"
            for desk in DESKS
            if desk.name != "cert"
            for each in desk.verbs
        ),
        (),
    ),
    **dict.fromkeys(
        (
            f"GET cert/{look}"
            for look in ("transfers", "transfer", "conflicts", "conflict_export", "handed")
        ),
        DESK,
    ),
    "POST feed/{name}/compare": WRITES,
    "GET feed/{name}/compare": DESK,
    "GET feed/{name}/differences": DESK,
    "GET misp/{collection}/{upto}/{file}": DESK,
    "POST cert/aware": WRITES,
    "POST cert/early": WRITES,
    "POST cert/confirm": WRITES,
    "POST cert/testing": WRITES,
    "GET cert/tests": DESK,
    "GET cert/incidents": DESK,
    "GET cert/case": DESK,
    "GET cert/directory": DESK,
    "GET openapi.json": ALL,
}


class Walked:
    """A house with one record of the peer's, one of ours and one that waits."""

    def __init__(self, folder: Path) -> None:
        self.house = house = Household(folder)
        us, peer = house.side, house.other
        mid = peer.send(SECRET, us)
        self.draft = wish(us, f"{SECRET}-draft", peer).waiting[0].hex()
        house.net.settle()
        row, _ = us.office.records.find(mid)
        self.mid = mid.hex()
        self.parts = {
            "{mid}": self.mid, "{matter}": row.text("matter"), "{party}": peer.party.name,
            "{desk}": "cert", "{look}": "list", "{act}": "send", "{name}": "nobody",
            "{person}": "another", "{field}": "bundle", "{number}": "0", "{file}": "0" * 32,
            "{token}": "0" * 12, "{code}": "store.full", "{step}": "pause", "{day}": "2026-11-22", "{collection}": "local", "{upto}": "GREEN",
            "{id}": "indicator--a932fcc6-e032-476c-826f-cb970a5a1ade", **house.listed(),
        }  # fmt: skip

    def wait_anew(self, request: str) -> None:
        """Let another record wait for its release."""
        us, peer = self.house.side, self.house.other
        self.draft = wish(us, f"{SECRET}-draft", peer, request=request).waiting[0].hex()

    def path(self, pattern: str, *, api: bool = False) -> str:
        """Return an address; the API names a record by its text."""
        if api:
            mid = self.draft if pattern.startswith("draft/") else self.mid
            pattern = pattern.replace("{mid}", mid_text(bytes.fromhex(mid)))
        pattern = pattern.replace("procedure/{name}", "procedure/cert.bundle")
        if pattern.startswith(("drafts/", "draft/")):
            pattern = pattern.replace("{mid}", self.draft)
        for name, text in self.parts.items():
            pattern = pattern.replace(name, text)
        assert "{" not in pattern, pattern
        return pattern


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Walked:
    return Walked(tmp_path_factory.mktemp("house"))


def named(operation: Operation) -> str:
    return f"{operation.method} {operation.path}"


def of_people(method: str) -> list[Route]:
    return [each for each in ROUTES if each.method == method and each.needs != ANYONE]


def test_the_tables_name_every_page_form_and_operation() -> None:
    assert {each.pattern for each in of_people("GET")} == set(PAGES)
    assert {each.pattern for each in of_people("POST")} == {*FORMS, *OWN}
    assert [each.pattern for each in ROUTES if each.method == ANY] == [
        "taxii2/{rest...}",
        "api/{rest...}",
    ]
    assert {named(each) for each in OPERATIONS} == set(API)
    assert set(ALL) == set(PEOPLE)


@pytest.mark.parametrize("route", of_people("GET"), ids=lambda each: each.pattern)
def test_a_page_is_for_whom_the_table_says(walked: Walked, route: Route) -> None:
    for name in ALL:
        path = walked.path(route.pattern)
        answer = walked.house.get(name, path.replace("nobody", name))
        if name not in PAGES[route.pattern]:
            assert answer.status in (403, 404), (name, answer.status)
            assert "Location" not in answer.headers
        else:
            # 500: this house stands in no folder, and has neither card nor node to ask.
            folder = route.pattern.startswith(("peers", "doctor"))
            lost = route.pattern.startswith("large/")  # 409: no such file is under way
            odd = (*((500,) if folder else ()), *((409,) if lost else ()))
            assert answer.status in (200, 303, 404, 422, *odd), (
                name,
                answer.status,
            )
        if name in HOUSE:
            assert SECRET.encode() not in answer.data
            # What was asked may be said again.
            assert walked.mid.encode() not in answer.data.replace(path.encode(), b"")


@pytest.mark.parametrize("route", of_people("POST"), ids=lambda each: each.pattern)
def test_a_form_acts_for_whom_the_table_says(walked: Walked, route: Route) -> None:
    if route.pattern in OWN:
        return
    before = walked.house.side.tables()
    for name in ALL:
        if name in FORMS[route.pattern]:
            continue
        answer = walked.house.post(name, walked.path(route.pattern))
        refused = (403, 422) if route.pattern.startswith("watch") else (403, 409)
        assert answer.status in refused, (name, answer.status)
        assert answer.status != 409 or name in DESK
        if name in HOUSE:
            assert SECRET.encode() not in answer.data
    assert _of_desks(walked.house.side.tables()) == _of_desks(before)


def _of_desks(tables: Mapping[str, object]) -> Mapping[str, object]:
    # The home log has an entry for each refusal, and only that.
    return {name: rows for name, rows in tables.items() if name.startswith("cert")}


@pytest.mark.parametrize("operation", OPERATIONS, ids=named)
def test_an_operation_is_for_whom_the_table_says(walked: Walked, operation: Operation) -> None:
    needs = API[named(operation)]
    if operation.method == "POST" and operation.room == "draft":
        walked.wait_anew(operation.path)
    for name in sorted(ALL, key=lambda each: each in needs):  # those who may come last: it acts
        path = walked.path(operation.path, api=True)
        body = b"" if operation.method == "GET" else _body(operation)
        answer = walked.house.api(name, operation.method, path, body)
        if name in needs:
            assert answer.status != 401, (name, answer.data)
            if operation.method == "GET":
                assert answer.status != 403, (name, answer.data)
        else:
            refused = (403, 404, 422) if operation.room == "watch" else (403, 404)
            assert answer.status in refused, (name, answer.status, answer.data)
        if name in HOUSE:
            assert SECRET.encode() not in answer.data, name
            assert walked.mid.encode() not in answer.data, name


BODIES: Final = {
    "POST person/{person}/token": b'{"label":"x","scopes":["cert:read"],"within":"1d"}',
    "POST watch/{desk}/hand": b'{"to":"reader","note":"all quiet"}',
    "POST file/{file}": b"bytes",
    "POST desk/{desk}/entrust": b'{"password":"rain on the harbour wall"}',
    "POST desk/{desk}/hand-back": b'{"password":"rain on the harbour wall"}',
    "POST desk/{desk}/open": b'{"password":"rain on the harbour wall"}',
    "POST desk/{desk}/let-in": b'{"person":"reader"}',
    "POST desk/{desk}/let-out": b'{"person":"reader"}',
    "POST draft/{mid}/refuse": b'{"why":"no"}',
}


def _body(operation: Operation) -> bytes:
    return BODIES.get(named(operation), b"{}")


def test_lists_are_empty_for_who_reads_at_no_desk(walked: Walked) -> None:
    for name in HOUSE:
        for path in ("record", "attention/list"):
            answer = walked.house.api(name, "GET", path)
            found = json.loads(answer.data)
            rows = found if isinstance(found, list) else found["items"]
            assert rows == [], (name, path)


def test_an_overseer_sees_counts_and_decides_nothing(walked: Walked) -> None:
    page = walked.house.get("overseer", "overseer").data.decode()
    assert "CERT" in page
    assert not re.search(r'<form[^>]*method="post"(?![^>]*action="/(sign-out|me))', page)
    acts = [named(each) for each in OPERATIONS if each.method != "GET"]
    assert not any("overseer" in API[each] for each in acts)
    assert PEOPLE["overseer"].is_in_house(House.OVERSEER)
