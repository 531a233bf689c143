"""TAXII over an office of a test: who may what, what is told, what stays held. Without a socket."""

import base64
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from tests.support.household import HERE, NAME, PEOPLE, Household
from tests.support.offices import OBJECT, PERSON, Side
from tests.support.pairs import pairs

from detente.app.console.ask import Answer, Ask
from detente.app.console.taxii import envelope
from detente.app.console.taxii.media import TAXII
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.cert import index, spells
from detente.desks.cert.formats import strict
from detente.office import offered
from detente.office.fields import Values
from detente.office.kind import Kind
from detente.office.reader import TableReader as Reader
from detente.office.reader import every
from detente.office.trail import Query
from detente.office.waiting import Policy

MADE: Final = "2024-01-01T00:00:00.000Z"
LATER: Final = "2024-02-01T00:00:00.000Z"
RED: Final = "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1"
STRICT: Final = "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003"
Json = dict[str, Any]


def indicator(number: int, modified: str = MADE, **more: object) -> Json:
    return {
        "type": "indicator", "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}", "created": MADE,
        "modified": modified, "name": "é 一", "pattern": "[url:value = 'a']",
        "pattern_type": "stix", "valid_from": MADE, **more,
    }  # fmt: skip


class Program:
    """A program with a token of a person."""

    def __init__(self, house: Household, name: str, *scopes: str) -> None:
        self.house, self.name = house, name
        person = PEOPLE[name]
        self.token = house.sign_in.tokens.make(
            person, "siem", scopes or ("cert:read", "cert:author"), Span.of(days=1), house.net.now
        )

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        told: Mapping[str, str] = {},
        /,
        **query: str,
    ) -> Answer:
        found = self.house.keeper.answer(self.made(method, path, body, told, **query))
        return found.answer  # type: ignore[union-attr]

    def made(
        self, method: str, path: str, body: bytes, told: Mapping[str, str], /, **query: str
    ) -> Ask:
        asked = {
            name.replace("__", "[") + "]" * ("__" in name): (text,) for name, text in query.items()
        }
        headers = {
            "host": f"{NAME}:8443", "accept": TAXII, "authorization": f"Bearer {self.token}",
            "content-type": TAXII, **told,
        }  # fmt: skip
        segments = tuple(each for each in path.split("/") if each)
        return Ask(
            method, ("taxii2", *segments), query=asked, body=body, address=HERE[0], headers=headers
        )

    def get(self, path: str, **query: str) -> Json:
        answer = self.ask("GET", path, **query)
        assert answer.status == 200, answer.data
        assert answer.content_type == TAXII
        found: Json = json.loads(answer.data)
        return found

    def objects(self, alias: str, **query: str) -> list[Json]:
        found: list[Json] = self.get(f"cert/collections/{alias}/objects", **query).get(
            "objects", []
        )
        return found

    def add(self, alias: str, *objects: Json) -> Json:
        data = json.dumps({"objects": objects}, ensure_ascii=False).encode()
        answer = self.ask("POST", f"cert/collections/{alias}/objects", data)
        assert answer.status == 202, answer.data
        found: Json = json.loads(answer.data)
        return found

    def delete(self, alias: str, identity: str, **query: str) -> int:
        return self.ask("DELETE", f"cert/collections/{alias}/objects/{identity}", **query).status


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


@pytest.fixture
def siem(house: Household) -> Program:
    return Program(house, "supervisor")


def peer(house: Household) -> str:
    return f"from-{house.other.party.name}"


def counts(told: Json) -> list[int]:
    return [told[f"{each}_count"] for each in ("total", "success", "failure", "pending")]


# Who asks.


def test_a_token_is_a_bearers_or_the_password_of_its_person(
    house: Household, siem: Program
) -> None:
    for name, status in (("supervisor", 200), ("drafter", 401), ("", 401)):
        shown = base64.b64encode(f"{name}:{siem.token}".encode()).decode()
        answer = siem.ask("GET", "", b"", {"authorization": f"Basic {shown}"})
        assert answer.status == status, name


@pytest.mark.parametrize(
    "shown", ["", "Basic", "Basic !!!!", "Bearer", "Bearer x", "Basic " + "A" * 9000, "Digest x=y"]
)
def test_nobody_is_told_how_to_say_who_they_are(siem: Program, shown: str) -> None:
    answer = siem.ask("GET", "cert", b"", {"authorization": shown})
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith('Basic realm="detente"')
    told = json.loads(answer.data)
    assert (told["http_status"], told["error_code"]) == ("401", "console.sign_in")
    assert answer.content_type == TAXII


def test_a_session_of_a_browser_opens_nothing(house: Household) -> None:
    assert house.get("supervisor", "taxii2/").status == 401


def test_a_token_that_was_revoked_ends_at_once(house: Household, siem: Program) -> None:
    siem.get("")
    (row,) = house.sign_in.tokens.of("supervisor", house.net.now)
    assert house.sign_in.tokens.revoke("supervisor", row.key.partition(" ")[2][:12])
    assert siem.ask("GET", "").status == 401


def test_scopes_say_what_may_be_read_and_handed_in(house: Household) -> None:
    reads = Program(house, "supervisor", "cert:read")
    writes = Program(house, "supervisor", "cert:author")
    neither = Program(house, "supervisor", "cert:answer")
    rights = {
        each["alias"]: (each["can_read"], each["can_write"])
        for each in reads.get("cert/collections")["collections"]
    }
    other = house.other.party.name
    assert rights == {
        "all": (True, False), "local": (True, False), f"from-{other}": (True, False),
        f"to-{other}": (True, False),
    }  # fmt: skip
    assert reads.ask("POST", "cert/collections/local/objects", b"{}").status == 403
    assert reads.ask("DELETE", "cert/collections/local/objects/x").status == 403
    assert writes.add("local", indicator(1))["status"] == "complete"
    assert writes.ask("GET", "cert/collections/local/objects").status == 403
    assert neither.get("cert/collections") == {}
    assert neither.ask("GET", "cert/collections/local/objects").status == 403


def test_every_collection_says_the_same_by_id_and_by_alias(siem: Program) -> None:
    for each in siem.get("cert/collections")["collections"]:
        assert siem.get(f"cert/collections/{each['id']}") == each
        assert siem.get(f"cert/collections/{each['alias']}") == each


# What there is.


def test_discovery_leads_to_the_root_and_the_root_to_collections(siem: Program) -> None:
    told = siem.get("")
    assert told["default"] == f"https://{NAME}:8443/taxii2/cert/"
    assert told["api_roots"] == [told["default"]]
    assert siem.get("cert")["versions"] == [TAXII]
    assert siem.get("cert")["max_content_length"] == 8 * 2**20


@pytest.mark.parametrize(
    "path", ["none", "cert/none", "cert/collections/none", "cert/collections/local/none",
             "cert/status/none", "cert/collections/local/objects/none",
             "cert/collections/local/objects/none/versions", "cert/collections/local/objects/x/y/z"],
)  # fmt: skip
def test_what_is_not_there_is_404_as_an_error_message(siem: Program, path: str) -> None:
    answer = siem.ask("GET", path)
    assert (answer.status, json.loads(answer.data)["http_status"]) == (404, "404")


def test_other_methods_are_405_and_options_tells_which(siem: Program) -> None:
    answer = siem.ask("PUT", "cert/collections/local/objects")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, POST, HEAD, OPTIONS")
    answer = siem.ask("OPTIONS", "cert/collections/local")
    assert (answer.status, answer.headers["Allow"]) == (204, "GET, HEAD, OPTIONS")


def test_a_head_says_what_a_get_does(siem: Program) -> None:
    siem.add("local", indicator(1))
    head, got = (siem.ask(each, "cert/collections/local/objects") for each in ("HEAD", "GET"))
    assert head.headers == got.headers


def test_an_answer_that_nobody_takes_is_406_and_nothing_is_stored(siem: Program) -> None:
    data = json.dumps({"objects": [indicator(1)]}).encode()
    told = {"accept": "application/xml"}
    assert siem.ask("POST", "cert/collections/local/objects", data, told).status == 406
    assert siem.objects("local") == []


# Handing in.


def test_what_is_handed_in_reads_back_to_the_letter(siem: Program) -> None:
    text = (
        '{ "type" : "indicator","spec_version":"2.1","x_n": 75.50 ,"revoked": false,'
        f'"id":"{OBJECT}","created":"{MADE}","modified":"{MADE}","pattern":"[a:b = \'\\u00e9\']",'
        f'"pattern_type":"stix","valid_from":"{MADE}"}}'
    )
    body = f'{{"more":false, "objects" : [\n {text} ] }}'.encode()
    assert siem.ask("POST", "cert/collections/local/objects", body).status == 202
    answer = siem.ask("GET", "cert/collections/local/objects")
    assert answer.data == f'{{"objects": [{text}]}}'.encode()


def test_to_a_peer_it_goes_as_one_record_and_its_deletion_withdraws_it_there(
    house: Household, siem: Program
) -> None:
    to, own = f"to-{house.other.party.name}", house.side.party.name
    assert counts(siem.add(to, indicator(1), indicator(2))) == [2, 2, 0, 0]
    house.net.settle()
    (bundle,) = house.other.office.look(PERSON, "cert/list", Values({}), house.net.now)[1]
    assert (bundle["from"], bundle["count"], bundle["tlp"]) == (house.side.address, 2, "AMBER")
    assert siem.delete(to, indicator(1)["id"]) == 200
    assert [each["id"] for each in siem.objects(to)] == [indicator(2)["id"]]
    house.net.settle()
    shown = house.other.office.look(
        PERSON, "cert/objects", Values({"mid": bundle["mid"]}), house.net.now
    )
    assert [row["state"] for row in shown[1]] == ["withdrawn", "stands"]
    # And a program over there reads it as taken back, in its own terms.
    found = rows_of(house.other, f"from-{own}")
    assert [(row.flag("gone"), "taken" in row) for row in found] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert [row.whole("shown") for row in found] == [
        0, spells.ALONE, spells.ALONE - spells.FIRST - spells.ALL_FIRST,
    ]  # fmt: skip


def test_deleting_takes_back_every_record_that_says_it_there(
    house: Household, siem: Program
) -> None:
    to = f"to-{house.other.party.name}"
    for _ in range(2):
        house.side.send("a wave", house.other, tlp="AMBER", prec="ROUTINE")
    (one,) = siem.objects(to)
    assert siem.delete(to, one["id"]) == 200
    assert siem.objects(to) == []
    house.net.settle()
    found = rows_of(house.other, f"from-{house.side.party.name}")
    assert [(row.flag("gone"), "taken" in row) for row in found] == [(True, False), (False, True)]


def rows_of(side: Side, alias: str) -> list[Values]:
    lane = side.office.offered.lane_of(alias)
    with side.shelf.begin() as tx:
        return list(every(Reader(tx.rows), index.INDEX, {"lane": lane} if lane else {}))


def test_what_a_peer_takes_back_is_shown_as_revoked(house: Household, siem: Program) -> None:
    mid = house.other.send("a wave", house.side, tlp="AMBER", prec="ROUTINE")
    house.net.settle()
    (one,) = siem.objects(peer(house))
    before = siem.ask("GET", f"cert/collections/{peer(house)}/objects").headers
    house.other.act("cert/withdraw", mid=mid, all=True, reason="false")
    house.net.settle()
    (two,) = siem.objects(peer(house), added_after=before["X-TAXII-Date-Added-Last"])
    assert two == {**one, "revoked": True, "modified": two["modified"]}
    assert two["modified"] > one["modified"]
    assert siem.objects("all") == [two]
    assert siem.objects(peer(house), match__version="all") == [two]


def test_a_bundle_said_twice_stands_until_both_are_taken_back(
    house: Household, siem: Program
) -> None:
    mids = [house.other.send("a wave", house.side, prec="ROUTINE") for _ in range(2)]
    house.net.settle()
    (one,) = siem.objects(peer(house))
    house.other.act("cert/withdraw", mid=mids[0], all=True, reason="corrected")
    house.net.settle()
    assert siem.objects(peer(house)) == [one]
    house.other.act("cert/withdraw", mid=mids[1], all=True, reason="corrected")
    house.net.settle()
    assert [each.get("revoked") for each in siem.objects(peer(house))] == [True]


def test_a_refold_moves_no_object_and_doubles_none(house: Household, siem: Program) -> None:
    siem.add("local", indicator(1), indicator(2), indicator(1, LATER))
    mid = house.other.send("a wave", house.side, prec="ROUTINE")
    house.net.settle()
    house.other.act("cert/withdraw", mid=mid, all=True, reason="false")
    house.net.settle()
    siem.delete("local", indicator(2)["id"])
    siem.objects("all")
    before = [rows_of(house.side, each) for each in ("all", "local", peer(house))]
    house.side.office.rebuild(house.net.now)
    assert [rows_of(house.side, each) for each in ("all", "local", peer(house))] == before


def test_to_everyone_it_is_one_record_and_nothing_is_read_there(
    house: Household, siem: Program
) -> None:
    assert counts(siem.add("to-all", indicator(1))) == [1, 1, 0, 0]
    assert siem.ask("GET", "cert/collections/to-all/objects").status == 403
    assert siem.objects(f"to-{house.other.party.name}") == [indicator(1)]
    assert counts(siem.add("to-all", indicator(1))) == [1, 1, 0, 0]
    assert len(rows_of(house.side, "all")) == 1
    strict = indicator(2, object_marking_refs=[STRICT])
    assert counts(siem.add("to-all", strict)) == [1, 0, 1, 0]
    assert counts(siem.add(f"to-{house.other.party.name}", strict)) == [1, 1, 0, 0]


def test_red_goes_and_comes_by_no_program(house: Household, siem: Program) -> None:
    told = siem.add("local", indicator(1), indicator(2, object_marking_refs=[RED]), indicator(3))
    assert counts(told) == [3, 2, 1, 0]
    assert "TLP:RED" in told["failures"][0]["message"]
    house.other.send("red", house.side, tlp="RED")
    house.net.settle()
    assert siem.objects(peer(house)) == []


def test_what_contradicts_a_red_object_is_refused_alone(house: Household, siem: Program) -> None:
    house.other.send("red", house.side, tlp="RED")
    house.net.settle()
    rival = {**indicator(1), "id": OBJECT, "created": "2026-01-01T00:00:00.000Z",
             "modified": "2026-01-01T00:00:00.000Z"}  # fmt: skip
    told = siem.add("local", indicator(1), rival, indicator(2), indicator(3))
    assert counts(told) == [4, 3, 1, 0]
    assert told["failures"][0]["id"] == OBJECT
    assert siem.objects("local") == [indicator(1), indicator(2), indicator(3)]


def test_the_same_again_is_held_once_and_another_content_is_refused(siem: Program) -> None:
    siem.add("local", indicator(1))
    assert counts(siem.add("local", indicator(1))) == [1, 1, 0, 0]
    told = siem.add(
        "local", indicator(1, name="forged"), indicator(2), indicator(2), indicator(2, name="x")
    )
    assert counts(told) == [4, 2, 2, 0]
    assert [each["id"] for each in told["failures"]] == [indicator(1)["id"], indicator(2)["id"]]
    assert siem.objects("local") == [indicator(1), indicator(2)]


def test_what_is_handed_in_is_parsed_once_and_written_once(
    siem: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, made = strict._Reader.read, Kind._encode
    parsed: list[str] = []
    written: list[str] = []

    def counted(reader: strict._Reader) -> strict.Parsed:
        parsed.append(reader._text)
        return read(reader)

    def encoded(kind: Kind, values: Values) -> bytes:
        written.append(kind.name)
        return made(kind, values)

    monkeypatch.setattr(strict._Reader, "read", counted)
    monkeypatch.setattr(Kind, "_encode", encoded)
    siem.add("local", indicator(1), indicator(2, name="\u00e9 \U0001f600"), indicator(3))
    assert siem.objects("local")[1]["name"] == "\u00e9 \U0001f600"
    assert [text for text in parsed if '"bundle"' in text] == []
    assert len(parsed) == 1
    assert written.count("cert.bundle") == 1


def test_what_was_withdrawn_comes_again_as_a_later_version_alone(siem: Program) -> None:
    siem.add("local", indicator(1), indicator(1, LATER))
    assert siem.delete("local", indicator(1)["id"], match__version=LATER) == 200
    assert siem.objects("local") == []  # what is older does not come back as if it were the last
    assert siem.objects("local", match__version="all") == [indicator(1)]
    told = siem.add("local", indicator(1, LATER))
    assert counts(told) == [1, 0, 1, 0]
    last = indicator(1, "2024-03-01T00:00:00.000Z")
    assert counts(siem.add("local", last)) == [1, 1, 0, 0]
    assert siem.objects("local") == [last]
    assert siem.delete("local", indicator(1)["id"]) == 200
    assert siem.delete("local", indicator(1)["id"]) == 404


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "1", '{"objects": {}}', '{"objects": [1]', '{"objects": [] } x',
             '{"objects": [], "objects": []}', '{"objects": [{"a": 1, "a": 2}]}',
             '{"objects": [{"a": NaN}]}', '{"objects": [{"a": 1e999}]}',
             '{"objects": [{"a": "\\ud800"}]}', '{"objects": ' + "[" * 100_000,
             "\ufeff{}", '{"objects": "\\u0000"}'],
)  # fmt: skip
def test_what_is_no_envelope_is_400_and_nothing_is_stored(siem: Program, body: str) -> None:
    answer = siem.ask("POST", "cert/collections/local/objects", body.encode())
    assert (answer.status, json.loads(answer.data)["error_code"]) == (400, "taxii.envelope")
    assert siem.objects("local") == []


def test_bytes_that_are_no_text_are_400(siem: Program) -> None:
    assert (
        siem.ask("POST", "cert/collections/local/objects", b'{"objects": ["\xff"]}').status == 400
    )


def test_an_envelope_without_objects_counts_none(siem: Program) -> None:
    assert counts(siem.add("local")) == [0, 0, 0, 0]


def test_a_bad_object_among_good_ones_is_named_and_the_good_ones_are_held(siem: Program) -> None:
    bad = {"type": "indicator"}
    told = siem.add("local", indicator(1), bad, indicator(2), indicator(3, id="indicator--x"))
    assert counts(told) == [4, 2, 2, 0]
    assert [each["id"] for each in told["failures"]] == ["object 1", "indicator--x"]
    assert all(each["message"].startswith("stix.shape") for each in told["failures"])
    assert siem.objects("local") == [indicator(1), indicator(2)]


def test_more_objects_than_one_record_holds_go_as_several(siem: Program, house: Household) -> None:
    many = [indicator(number, name="x" * 2_000) for number in range(150)]
    assert counts(siem.add("local", *many)) == [150, 150, 0, 0]
    assert siem.objects("local") == many
    assert len({row.data("mid") for row in rows_of(house.side, "local")}) == 2


def test_an_object_larger_than_a_body_is_under_way_as_a_file(
    siem: Program, house: Household
) -> None:
    large = indicator(1, description="x" * 300_000)
    told = siem.add("local", large)
    assert (told["status"], counts(told)) == ("pending", [1, 0, 0, 1])
    house.net.settle()
    while house.side.office.inspect(house.net.now):
        house.net.turn()
    again = siem.get(f"cert/status/{told['id']}")
    assert (again["status"], counts(again)) == ("complete", [1, 1, 0, 0])
    assert siem.objects("local") == [large]


def test_a_status_is_its_persons_alone_and_ends_after_a_week(
    house: Household, siem: Program
) -> None:
    told = siem.add("local", indicator(1))
    assert siem.get(f"cert/status/{told['id']}") == told
    other = Program(house, "drafter")
    assert other.ask("GET", f"cert/status/{told['id']}").status == 404
    house.net.now += Span.of(days=7)
    again = Program(house, "supervisor")
    assert again.ask("GET", f"cert/status/{told['id']}").status == 404


def test_where_two_people_must_agree_it_waits_and_says_so(tmp_path: Path) -> None:
    house = Household(tmp_path, pairs(Policy(second_person=frozenset({"cert"}))))
    siem = Program(house, "supervisor")
    told = siem.add(f"to-{house.other.party.name}", indicator(1))
    assert (told["status"], counts(told)) == ("pending", [1, 0, 0, 1])
    assert siem.objects("all") == []
    assert siem.get(f"cert/status/{told['id']}")["status"] == "pending"


# Reading.


def test_pages_end_and_a_cursor_can_be_asked_again_with_another_limit(siem: Program) -> None:
    every_one = [indicator(number) for number in range(25)]
    siem.add("local", *every_one)
    place = "cert/collections/local/objects"
    first = siem.get(place, limit="10")
    assert (first["more"], first["objects"]) == (True, every_one[:10])
    one, two = (siem.get(place, limit="10", next=first["next"]) for _ in range(2))
    assert one == two
    assert siem.get(place, limit="3", next=first["next"])["objects"] == every_one[10:13]
    last = siem.get(place, limit="15", next=first["next"])
    assert last == {"objects": every_one[10:]}


@pytest.mark.parametrize(
    "query",
    [
        {"match[type]": "malware"},
        {"added_after": "2024-01-01T00:00:00Z"},
        {"match[version]": "all"},
    ],
)
def test_a_cursor_is_of_one_question_alone(siem: Program, query: Mapping[str, str]) -> None:
    siem.add("local", indicator(1), indicator(2))
    cursor = siem.get("cert/collections/local/objects", limit="1")["next"]
    for place in ("local/objects", "all/objects", "local/manifest"):
        more = query if place == "local/objects" else {}
        answer = siem.ask("GET", f"cert/collections/{place}", limit="1", next=cursor, **more)
        assert (answer.status, json.loads(answer.data)["error_code"]) == (400, "taxii.query")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, [2, 1]), ({"match[version]": "first"}, [1, 2]), ({"match[version]": "all"}, [1, 2, 1]),
        ({"match[version]": "first,last"}, [1, 2, 1]), ({"match[version]": "2024-02-01T00:00:00Z"}, [1]),
        ({"match[type]": "indicator"}, [2, 1]), ({"match[type]": "malware,tool"}, []),
        ({"match[spec_version]": "2.0"}, []), ({"match[spec_version]": "2.0,2.1"}, [2, 1]),
        ({"match[id]": "indicator--00000000-0000-4000-8000-000000000001,x"}, [1]),
        ({"added_after": "2199-01-01T00:00:00Z"}, []),
    ],
)  # fmt: skip
def test_filters(siem: Program, query: Mapping[str, str], found: Sequence[int]) -> None:
    siem.add("local", indicator(1), indicator(2), indicator(1, LATER))
    for place in ("objects", "manifest"):
        told = siem.get(f"cert/collections/local/{place}", **query)
        assert [int(each["id"][-3:]) for each in told.get("objects", [])] == found


def test_a_manifest_says_when_each_was_added_and_the_headers_say_the_same(siem: Program) -> None:
    siem.add("local", indicator(1), indicator(2))
    rows = siem.get("cert/collections/local/manifest")["objects"]
    headers = siem.ask("GET", "cert/collections/local/objects").headers
    assert [headers[f"X-TAXII-Date-Added-{each}"] for each in ("First", "Last")] == [
        each["date_added"] for each in rows
    ]
    assert siem.objects("local", added_after=rows[0]["date_added"]) == [indicator(2)]
    assert rows[0]["media_type"] == "application/stix+json;version=2.1"


def test_versions_of_an_object_in_the_order_of_their_adding(siem: Program) -> None:
    siem.add("local", indicator(1, LATER), indicator(1))
    place = f"cert/collections/local/objects/{indicator(1)['id']}"
    assert siem.get(f"{place}/versions") == {"versions": [LATER, MADE]}
    assert siem.get(place)["objects"] == [indicator(1, LATER)]


@pytest.mark.parametrize(
    "name", ["added_after", "limit", "next", "match[version]", "match[nothing]"]
)
@pytest.mark.parametrize(
    "text",
    ["'", "%", "\x00", "\u202e", "9" * 400 + "x", "{}", "../../", "٣", "2024-13-45T99:00:00Z"],
)
def test_hostile_values_of_a_query_are_400(siem: Program, name: str, text: str) -> None:
    if (name, text) == ("match[version]", "2024-13-45T99:00:00Z"):
        return  # a time that nothing has
    answer = siem.ask("GET", "cert/collections/local/objects", **{name: text})
    assert (answer.status, json.loads(answer.data)["error_code"]) == (400, "taxii.query")


def test_who_asks_is_kept_once_a_minute_with_what_went_out(house: Household, siem: Program) -> None:
    siem.add("local", indicator(1), indicator(2))
    room = house.side.office.offered
    for _ in range(3):
        siem.objects("local")
    (row,) = room.who_asked("local")
    assert (row["person"], row["label"], row["count"]) == ("supervisor", "siem", 2)
    house.net.now += Span.of(minutes=1)
    siem.objects("local")
    (row,) = room.who_asked("local")
    assert (row["count"], row["at"]) == (8, house.net.now)


def readers(house: Household, identity: str) -> list[tuple[object, object]]:
    asked = Values({"id": identity})
    rows = house.side.office.look(PERSON, "cert/readers", asked, house.net.now)[1]
    assert {row["person"] for row in rows} <= {"supervisor"}
    return [(row["read"], row["back"]) for row in rows]


def test_an_object_says_which_readers_have_it_and_its_revocation(
    house: Household, siem: Program
) -> None:
    mid = house.other.send("a wave", house.side, tlp="AMBER", prec="ROUTINE")
    house.net.settle()
    assert readers(house, OBJECT) == []
    where = f"cert/collections/{peer(house)}/objects"
    assert siem.ask("GET", where, added_after="2099-01-01T00:00:00Z").status == 200
    assert readers(house, OBJECT) == [], "nothing went out"
    last = siem.ask("GET", where).headers["X-TAXII-Date-Added-Last"]
    assert readers(house, OBJECT) == [("fetched", None)]
    house.other.act("cert/withdraw", mid=mid, all=True, reason="false")
    house.net.settle()
    house.side.office.offered.collections(PEOPLE["supervisor"])
    assert readers(house, OBJECT) == [("fetched", "not_yet")]
    assert len(siem.objects(peer(house), added_after=last)) == 1
    assert readers(house, OBJECT) == [("fetched", "fetched")]


@pytest.mark.parametrize(
    "query",
    [{"match__type": "indicator"}, {"match__id": OBJECT}, {"match__version": "first"}],
)  # fmt: skip
def test_a_reader_with_a_filter_is_not_said_to_have_passed_all(
    house: Household, siem: Program, query: Mapping[str, str]
) -> None:
    house.other.send("a wave", house.side, tlp="AMBER", prec="ROUTINE")
    house.net.settle()
    assert len(siem.objects(peer(house), **query)) == 1
    assert siem.ask("HEAD", f"cert/collections/{peer(house)}/objects").status == 200
    assert siem.get(f"cert/collections/{peer(house)}/objects/{OBJECT}")["objects"]
    assert readers(house, OBJECT) == []


def test_a_reader_who_begins_later_has_not_what_came_before(
    house: Household, siem: Program
) -> None:
    siem.add("local", indicator(1))
    answer = siem.ask("GET", "cert/collections/local/manifest")
    after = answer.headers["X-TAXII-Date-Added-Last"]
    siem.add("local", indicator(2), indicator(3))
    assert len(siem.objects("local", added_after=after, limit="1")) == 1
    states = {n: readers(house, indicator(n)["id"]) for n in (1, 2, 3)}
    assert states == {1: [("not_yet", None)], 2: [("fetched", None)], 3: [("not_yet", None)]}
    assert len(siem.objects("local")) == 3
    assert all(readers(house, indicator(n)["id"]) == [("fetched", None)] for n in (1, 2, 3))


@pytest.mark.parametrize(
    ("had", "page", "whole"),
    [
        (None, (5, 9), (5, 9)),
        ((-1, 9), (9, 12), (-1, 12)),
        ((-1, 9), (3, 7), (-1, 9)),
        ((-1, 9), (10, 12), (10, 12)),
        ((10, 12), (-1, 9), (10, 12)),
        ((10, 12), (-1, 10), (-1, 12)),
    ],
)
def test_stretches_that_meet_are_one_and_of_two_apart_the_later_stands(
    had: tuple[int, int] | None, page: tuple[int, int], whole: tuple[int, int]
) -> None:
    assert offered.joined(had, page) == whole


def test_every_look_is_in_the_trail_before_it_goes_out(house: Household, siem: Program) -> None:
    siem.add("local", indicator(1))
    siem.objects("local")
    found = house.side.office.trail.find(
        PEOPLE["auditor"], Query(person="supervisor"), house.net.now
    )
    assert "taxii/objects/local" in {row.get("what") for row in found.rows}


def test_an_envelope_holds_so_many_objects_and_no_more() -> None:
    texts = ["{}"] * envelope.OBJECTS_MAX
    assert envelope.objects_of(b"", lambda _data: texts) == texts
    with pytest.raises(OurFault) as refused:
        envelope.objects_of(b"", lambda _data: [*texts, "{}"])
    assert refused.value.code == "taxii.many"
