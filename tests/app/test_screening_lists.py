"""A party's own lists through its API: loaded, held, decided by two people, asked and replayed."""

import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.screening.people import LIST
from tests.support.offices import PERSON
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER, pairs
from tests.support.processes import until

from detente.app import cells
from detente.app.api.routes import Api
from detente.app.http import Request
from detente.app.screening import jobs, room, who
from detente.app.screening.room import Screens, room_of
from detente.app.screening.waiting import HeldLists
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.people import House, Person
from detente.office.trail import Query
from detente.screening.listed import Listed
from detente.store.screening.shelf import INDEXES_KEPT, ListShelf

NOBODY = Person("guest", None, "", {})
AUDITOR = Person("auditor", "1010", "", {}, house=frozenset({House.AUDITOR}))
WHOLE = [msgspec.json.encode(each) for each in LIST]


class Asker:
    """Asks an office with lists of its own; slow work is done at once."""

    def __init__(self, folder: Path) -> None:
        self.net, self.person = pairs(), PERSON
        self.office = self.net.sides[0].office
        self.shelf = ListShelf(folder)
        self.screens = Screens(self.shelf, aside=False)
        self.office.screens = self.screens
        self.api = Api(
            lambda: self.office, lambda _: self.person, lambda: self.net.now, self.net.settle
        )

    def ask(
        self, person: Person, method: str, path: str, body: object = None, **query: object
    ) -> Any:  # noqa: ANN401
        return json.loads(self._answer(person, method, path, body, **query))

    def fetch(self, person: Person, path: str, **query: object) -> bytes:
        return self._answer(person, "GET", path, None, **query)

    def _answer(
        self, person: Person, method: str, path: str, body: object, **query: object
    ) -> bytes:
        self.person = person
        raw = isinstance(body, bytes)
        data = (
            body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        )
        headers = {"content-type": "application/octet-stream" if raw else "application/json"}
        texts = tuple(
            (k, str(v))
            for k, each in query.items()
            for v in (each if isinstance(each, list) else [each])
        )
        request = Request(
            1000, method, ("api", "v1", "screening", *path.split("/")), dict(texts), data,
            headers if data else {}, texts,
        )  # fmt: skip
        return self.api.handle(request).body[0]

    def is_read(self, version: str) -> bool:
        self.screens.turn()
        return bool(self.ask(PERSON, "GET", f"version/{version}")["state"] != "reading")

    def load(self, data: bytes, person: Person = PERSON, **more: object) -> Any:  # noqa: ANN401
        sha = hashlib.sha256(data).hexdigest()
        self.ask(person, "PUT", f"file/{sha}", data, offset=0)
        body = {"list": "own", "reader": "own.json", "received": sha, **more}
        return self.ask(person, "POST", "version", body)


@pytest.fixture
def asker(tmp_path: Path) -> Asker:
    return Asker(tmp_path)


def test_a_list_is_loaded_asked_and_the_decision_replayed(asker: Asker) -> None:
    assert fault_of(asker.ask, PERSON, "POST", "name", {"name": "Ivan"}) == "list.none"
    version = asker.load(b"\n".join(WHOLE), source="a sample")
    assert (version["state"], version["count"], version["by"]) == (
        "in_force",
        len(LIST),
        "operator",
    )
    asked = {"name": "Сергей Кузнецов", "schema": "Person", "births": ["1970"]}
    found = asker.ask(PERSON, "POST", "name", asked)
    hit = found["decision"]["hits"][0]
    assert hit["entity"] == "own/p2"
    assert found["told"]["en"][0][0].endswith("“Sergei Viktorovich KUZNETSOV”.")
    assert found["told"]["ru"][0] != found["told"]["en"][0]
    assert found["decision"]["lists"] == {"own": version["entries"]}
    stamp = found["stamp"]
    assert asker.ask(PERSON, "POST", f"decision/{stamp}/replay")["same"]
    shown = asker.ask(PERSON, "GET", f"decision/{stamp}")
    assert shown["decision"] == found["decision"]
    (line,) = asker.ask(PERSON, "GET", "decision")
    assert (line["stamp"], line["name"]) == (stamp, "Сергей Кузнецов")
    assert fault_of(asker.ask, PERSON, "GET", f"decision/{'0' * 64}") == "decision.unknown"


def test_a_decision_is_replayed_on_its_own_versions_after_the_list_changed(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    old = asker.ask(PERSON, "POST", "name", {"name": "Сергей Кузнецов"})
    newer = asker.load(b"\n".join(WHOLE[:-1]))
    assert (newer["state"], newer["removed"]) == ("in_force", 1)
    new = asker.ask(PERSON, "POST", "name", {"name": "Сергей Кузнецов"})
    assert new["decision"]["lists"] != old["decision"]["lists"]
    for each in asker.shelf.index.names():
        asker.shelf.index.remove(each)
    fresh = room.Screens(asker.shelf, aside=False)
    asker.office.screens = fresh
    assert asker.ask(PERSON, "POST", f"decision/{old['stamp']}/replay")["same"]
    assert asker.ask(PERSON, "POST", f"decision/{new['stamp']}/replay")["same"]


def test_a_replay_that_differs_says_where(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    found = asker.ask(PERSON, "POST", "name", {"name": "Сергей Кузнецов"})
    body = found["decision"]
    body["hits"][0]["score"] = 0.5
    data = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    stamp = asker.shelf.decisions.keep(data)
    answer = asker.ask(PERSON, "POST", f"decision/{stamp}/replay")
    assert (answer["same"], answer["differs"]) == (False, ["hits.0.score"])


def test_a_list_that_shrinks_is_held_until_a_second_person_decides_and_the_trail_knows(
    asker: Asker,
) -> None:
    many = [
        json.dumps({"id": f"m{n}", "schema": "Person", "names": [f"Example Number{n}"]}).encode()
        for n in range(12)
    ]
    asker.load(b"\n".join(many))
    held = asker.load(b"\n".join(many[:6]))
    assert (held["state"], held["removed"]) == ("held", 6)
    assert [each["why"] for each in held["waits"]] == ["shrunk"]
    waiting = HeldLists(asker.office, asker.screens)
    (item,) = waiting.items(RELEASER, asker.net.now + Span.of(hours=2))
    assert (item.what, item.from_, item.overdue) == ("list", "own.2", True)
    assert waiting.items(NOBODY, asker.net.now) == []
    assert asker.ask(PERSON, "GET", "version")[0]["state"] == "in_force"
    rows = asker.ask(PERSON, "GET", "version/own.2/difference")
    assert {(row["what"]) for row in rows} == {"removed"}
    for step in ("apply", "refuse"):
        path = f"version/own.2/{step}"
        assert fault_of(asker.ask, PERSON, "POST", path, {"why": "x"}) in (
            "office.same_person", "office.forbidden",
        )  # fmt: skip
    assert (
        fault_of(asker.ask, NOBODY, "POST", "version/own.2/apply", {"why": "x"})
        == "office.forbidden"
    )
    done = asker.ask(RELEASER, "POST", "version/own.2/apply", {"why": "the source confirms it"})
    assert (done["state"], done["why"]) == ("in_force", "the source confirms it")
    asker.ask(PERSON, "POST", "name", {"name": "Ivan"})
    entries = asker.office.trail.find(AUDITOR, Query(), asker.net.now)
    told = {row.text("what") for row in entries.rows if "what" in row}
    assert {
        "screening/load/own.1",
        "screening/load/own.2",
        "screening/apply/own.2",
        "name/asked",
    } <= told


def test_what_holds_a_version(asker: Asker) -> None:
    whole = b"\n".join(WHOLE)
    wrong = asker.load(whole, promised="0" * 64)
    assert [each["why"] for each in wrong["waits"]] == ["checksum"]
    asker.load(whole + b"\n", dated="2026-02-01")
    for data, more, why in (
        (whole, {"dated": "2026-01-01"}, "older"),
        (b" \n", {}, "empty"),
        (b"\n".join([*WHOLE, b"{"]), {}, "skipped"),
        (b"\n".join([*WHOLE, WHOLE[0].replace(b"Person", b"Vessel")]), {}, "doubled"),
        (b"\x1f\x8b" + whole, {}, "cut"),
    ):
        held = asker.load(data, PERSON, **more)
        assert held["state"] == "held", why
        assert why in [each["why"] for each in held["waits"]]
    odd = asker.ask(PERSON, "GET", "version/own.5/odd")
    assert [(each["line"], each["lost"]) for each in odd] == [(len(WHOLE) + 1, True)]
    found = fault_of(asker.ask, RELEASER, "POST", "version/own.4/apply", {"why": "sure"})
    assert found == "list.empty"
    refused = asker.ask(RELEASER, "POST", "version/own.4/refuse", {"why": "a fault of the feed"})
    assert refused["state"] == "refused"


def test_files_that_are_not_those_announced_are_not_read(asker: Asker) -> None:
    asker.ask(PERSON, "PUT", f"file/{'0' * 64}", b"swapped while it was read", offset=0)
    body = {"list": "own", "reader": "own.json", "received": "0" * 64}
    assert fault_of(asker.ask, PERSON, "POST", "version", body) == "list.unreadable"
    body["reader"] = "none"
    assert fault_of(asker.ask, PERSON, "POST", "version", body) == "list.reader"
    assert asker.ask(PERSON, "GET", "version") == []
    assert fault_of(asker.ask, NOBODY, "GET", "version") == "office.forbidden"
    beyond = fault_of(
        lambda: asker.ask(PERSON, "PUT", f"file/{'0' * 64}", b"x", offset=room.FILE_MAX)
    )
    assert beyond == "list.unreadable"


def test_a_mapping_that_cannot_be_is_refused_before_anything_is_read(asker: Asker) -> None:
    table = b"no,full\n7,Zoltan Brightwater\n"
    for mapping in (
        ["id=no"],
        ["id=no", "name=full", "born=x"],
        ["id=no", "name=full", "merge=no"],
    ):
        code = fault_of(partial(asker.load, table, reader="mapped.csv", mapping=mapping))
        assert code == "list.reader", mapping
    assert fault_of(partial(asker.load, b"\n".join(WHOLE), mapping=["id=no"])) == "list.reader"
    assert asker.ask(PERSON, "GET", "version") == []
    found = asker.load(table, reader="mapped.csv", mapping=["id=no", "name=full"])
    assert (found["state"], found["count"]) == ("in_force", 1)


def test_while_an_index_is_built_beside_who_asks_is_told(tmp_path: Path) -> None:
    asker = Asker(tmp_path)
    asker.screens = Screens(asker.shelf)
    asker.office.screens = asker.screens
    version = asker.load(b"\n".join(WHOLE))
    assert version["state"] == "reading"
    assert fault_of(asker.load, b"\n".join(WHOLE[:-1])) == "list.busy"
    until(lambda: asker.is_read("own.1"), "it is read")
    assert asker.ask(PERSON, "GET", "version/own.1")["waits"] == []
    assert fault_of(asker.ask, PERSON, "POST", "name", {"name": "Ivan"}) == "list.building"
    until(lambda: asker.screens.turn() is None, "all is done")
    asker.ask(PERSON, "POST", "name", {"name": "Ivan"})
    asker.load(b"\n".join(WHOLE[:-1]))
    until(lambda: asker.is_read("own.2"), "it is read")
    assert asker.ask(PERSON, "POST", "name", {"name": "Ivan"})["waits"]
    asker.screens.close()
    again = Screens(asker.shelf)
    asker.office.screens = again
    until(lambda: again.turn() is None, "all is done")
    assert not asker.ask(PERSON, "POST", "name", {"name": "Ivan"})["waits"]


def test_a_damaged_index_is_built_again(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    for name in asker.shelf.index.names():
        (asker.shelf.index.path / name).write_bytes(b"DETIDX01 and nothing else")
    asker.office.screens = Screens(asker.shelf, aside=False)
    assert asker.ask(PERSON, "POST", "name", {"name": "Сергей Кузнецов"})["decision"]["hits"]


def test_tables_for_spreadsheets_hold_no_formula() -> None:
    rows = [("=1+1", "+7 900", "-x", "@SUM(A1)", " =x", "\u200b=x", "plain", "\t=x")]
    told = cells.csv_of(rows).decode()
    assert told == "'=1+1,'+7 900,'-x,'@SUM(A1),' =x,'\u200b=x,plain,'\t=x\r\n"


def test_an_office_finds_its_lists_in_its_folder(tmp_path: Path) -> None:
    assert room_of(tmp_path).turn() is None
    assert (tmp_path / "office" / "screening" / "index").is_dir()
    assert jobs.key_of({}) == jobs.key_of({})


def test_where_a_desk_of_designations_is_its_people_alone_work_with_lists(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = Person("else", None, "s-01", {"notices": PERSON.roles["cert"]})
    assert who.permit(asker.office, elsewhere, Role.READ) == "notices"
    monkeypatch.setattr(who, "DESK", "cert")
    assert who.desk_of(asker.office) == "cert"
    assert fault_of(who.permit, asker.office, elsewhere, Role.READ) == "office.forbidden"
    assert who.permit(asker.office, PERSON, Role.READ) == "cert"


def test_a_process_beside_that_is_ended_is_begun_again(tmp_path: Path) -> None:
    asker = Asker(tmp_path)
    asker.office.screens = Screens(asker.shelf)
    asker.load(b"\n".join(WHOLE))
    asker.office.screens.turn()
    asker.office.screens.close()
    asker.office.screens = again = Screens(asker.shelf)
    until(lambda: again.turn() is None, "all is done")
    assert asker.ask(PERSON, "GET", "version/own.1")["state"] == "in_force"
    assert asker.ask(PERSON, "POST", "name", {"name": "Ivan"})["stamp"]


def test_a_process_beside_that_dies_leaves_the_list_in_force_and_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker = Asker(tmp_path)
    asker.load(b"\n".join(WHOLE))
    asker.office.screens = screens = Screens(asker.shelf)
    monkeypatch.setattr("detente.app.screening.process.sys.executable", "/bin/false")
    asker.load(b"\n".join(WHOLE[:-1]))
    until(lambda: screens.turn() is None, "all is done")
    rows = {row["id"]: row for row in asker.ask(PERSON, "GET", "version")}
    assert (rows["own.1"]["state"], rows["own.2"]["state"]) == ("in_force", "failed")
    assert "ended with 1" in rows["own.2"]["waits"][0]["what"]


def test_what_does_not_count_is_told_with_the_decision(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    body = {
        "name": "Сергей Кузнецов",
        "schema": "person",
        "births": ["foo"],
        "countries": ["Russia"],
    }
    found = asker.ask(PERSON, "POST", "name", body)
    assert found["unread"] == [{"what": "birth", "text": "foo"}]
    plain = asker.ask(
        PERSON, "POST", "name", {"name": body["name"], "countries": ["ru"], "schema": "Person"}
    )
    assert found["decision"]["hits"][0]["score"] == plain["decision"]["hits"][0]["score"]
    shown = asker.ask(PERSON, "GET", f"decision/{found['stamp']}")
    assert (shown["unread"], shown["undecided"]) == (found["unread"], "")
    assert (
        fault_of(asker.ask, PERSON, "POST", "name", {**body, "schema": "Peron"})
        == "screening.query"
    )
    nameless = asker.ask(PERSON, "POST", "name", {"name": "---"})
    again = asker.ask(PERSON, "GET", f"decision/{nameless['stamp']}")
    assert again["undecided"] == nameless["undecided"] == "no_words"


def test_many_lists_are_in_force_at_once_and_each_can_be_asked_alone(asker: Asker) -> None:
    many = INDEXES_KEPT + 4
    for n in range(many):
        one = Listed(str(n), "Person", (f"Sergei KUZNETSOV {chr(97 + n) * 4}",))
        asker.load(msgspec.json.encode(one), list=f"l{n}")
    assert asker.screens.turn() is None, "nothing is built twice"
    for n in range(many):
        found = asker.ask(PERSON, "POST", "name", {"name": "Sergei Kuznetsov", "scope": f"l{n}"})
        assert [hit["entity"] for hit in found["decision"]["hits"]] == [f"l{n}/{n}"]
    told = asker.ask(PERSON, "GET", "yente/search/default", q="Sergei Kuznetsov", limit=50)
    assert sorted(each["id"] for each in told["results"]) == sorted(
        f"l{n}:{n}" for n in range(many)
    )
    assert asker.screens.turn() is None
    for n in range(many):
        one = Listed(str(n), "Person", (f"Sergei KUZNETSOV {chr(97 + n) * 5}",))
        asker.load(msgspec.json.encode(one), list=f"l{n}")
    assert len(asker.shelf.index.names()) <= many + 1 + INDEXES_KEPT, "of older ones few are kept"
