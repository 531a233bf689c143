"""The API beside its operations: finding them, media types, pages of lists, statuses, the document."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
import pytest
from tests.support.offices import BUNDLE, PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.app import catalogue, problems
from detente.app.api import openapi, rooms, table
from detente.app.api.operations import Caller, admit, cursor_of, read_cursor
from detente.app.api.routes import Api
from detente.app.desks import DESKS
from detente.app.http import Reply, Request, refusal
from detente.core import canon
from detente.core.errors import CODES, WIRE, Fault, OurFault, TheirFault
from detente.office.desk import Role
from detente.office.fields import mid_text
from detente.office.people import House, Person

DOCS: Final = Path(__file__).parents[2] / "docs"
OPERATIONS: Final = rooms.every(DESKS)
A, B = "aurelia.gov", "borealis.gov"


@pytest.fixture
def net() -> Net:
    return Net(A, B)


class Front:
    """An office asked as a socket asks it: faults come back as answers."""

    def __init__(self, side: Side) -> None:
        self.caller: Person | Caller = replace(PERSON, house=frozenset({House.ADMINISTRATOR}))
        self._api = Api(
            lambda: side.office, lambda _: self.caller, lambda: side.net.now, lambda: None
        )

    def ask(self, method: str, target: str, body: object = None, **headers: str) -> Reply:
        path, _, query = target.partition("?")
        asked = tuple(
            (each.partition("=")[0], each.partition("=")[2]) for each in query.split("&") if each
        )
        data = body if isinstance(body, bytes) else b"" if body is None else canon.encode(body)  # type: ignore[arg-type]
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        parts = ("api", "v1", *path.split("/"))
        request = Request(1000, method, parts, dict(asked), data, named, asked)
        try:
            return self._api.handle(request)
        except Fault as fault:
            return refusal(fault)

    def refused(
        self, method: str, target: str, body: object = None, **headers: str
    ) -> tuple[int, str]:
        reply = self.ask(method, target, body, **headers)
        return reply.status, json.loads(reply.body[0])["code"]

    def follow(self, target: str) -> Iterator[list[Any]]:
        while target:
            reply = self.ask("GET", target)
            assert reply.status == 200, reply.body
            yield reply.document  # type: ignore[misc]
            link = dict(reply.headers).get("Link", "")
            assert not link or link.endswith('>; rel="next"')
            target = link.partition(">")[0].removeprefix("</api/v1/")


@pytest.fixture
def front(net: Net) -> Front:
    return Front(net.sides[0])


# Statuses.


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_has_a_status_and_is_told_as_a_problem(code: str) -> None:
    make = TheirFault if code in WIRE else OurFault
    reply = refusal(make(code, "what", "remedy", "name"))
    told = json.loads(reply.body[0])
    assert reply.body[1] == "application/problem+json"
    assert reply.status == told["status"] == problems.status_of(code)
    assert 400 <= reply.status < 600
    assert (told["code"], told["type"], told["field"]) == (code, f"detente:{code}", "name")
    assert ("Retry-After" in dict(reply.headers)) is (reply.status in (429, 503))
    assert jsonschema_rs.is_valid(DOCUMENT["components"]["schemas"]["Problem"], told)
    assert f"Refused{reply.status}" in DOCUMENT["components"]["responses"] or not code.startswith(
        (
            "form.",
            "office.",
            "http.",
            "api.",
            "stage.",
            "store.",
            "hatch.",
            "cert.",
            "hotline.",
            "stix.",
            "proof.",
        )
    )


def test_the_table_names_codes_and_areas_that_there_are() -> None:
    assert set(problems.STATUS) <= CODES
    assert set(problems.AREAS) == {code.partition(".")[0] for code in CODES - WIRE.keys()}


# Finding an operation.


def test_no_path_is_404_and_another_method_405_with_what_is_allowed(front: Front) -> None:
    assert front.refused("GET", "nothing") == (404, "http.no_page")
    assert front.refused("GET", "cert/nothing") == (404, "http.no_page")
    assert front.refused("DELETE", "record") == (405, "http.method")
    assert dict(front.ask("DELETE", "record").headers)["Allow"] == "GET, HEAD, OPTIONS"
    assert dict(front.ask("GET", "cert/send").headers)["Allow"] == "POST, OPTIONS"
    options = front.ask("OPTIONS", "matter/x/digest")
    assert (options.status, dict(options.headers)["Allow"]) == (204, "GET, HEAD, POST, OPTIONS")


def test_head_asks_what_get_asks(front: Front) -> None:
    head, get = front.ask("HEAD", "log"), front.ask("GET", "log")
    assert (head.status, head.headers, head.body) == (get.status, get.headers, get.body)


def test_a_member_that_is_not_declared_is_refused(front: Front) -> None:
    assert front.refused("GET", "log?odd=1") == (400, "form.unknown")
    assert front.refused("GET", "cert/list?count=5&count=6") == (400, "form.count")
    assert front.refused("GET", "cert/list?count=0") == (422, "form.number")
    assert front.refused("POST", "rebuild", {"odd": 1}) == (400, "form.unknown")
    assert front.refused("GET", f"record/{'a' * 51}b") == (422, "form.mid")
    assert front.refused("GET", "record/aaaaaa") == (404, "office.no_record")


def test_only_an_administrator_folds_anew(front: Front) -> None:
    front.caller = replace(PERSON, house=frozenset({House.AUDITOR}))
    assert front.refused("POST", "rebuild", {}) == (403, "office.forbidden")
    assert front.ask("GET", "doctor").status == 200


def test_media_types_are_negotiated(front: Front) -> None:
    assert front.refused("GET", "log", accept="text/html") == (406, "http.accept")
    assert front.refused("GET", "log", accept="application/json;q=0") == (406, "http.accept")
    for accept in ("*/*", "application/*", "text/html, application/json;q=0.1"):
        assert front.ask("GET", "log", accept=accept).status == 200
    form = {"content_type": "application/x-www-form-urlencoded"}
    assert front.refused("POST", "rebuild", b"a=b", **form) == (415, "http.media")
    assert (
        front.ask("POST", "rebuild", {}, content_type="application/json; charset=utf-8").status
        == 200
    )


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"\xff", b'{"a":1,"a":2}', b'{"a":NaN}', b"[" * 9_999]
)
def test_a_body_that_is_no_object_is_refused(front: Front, body: bytes) -> None:
    assert front.refused("POST", "rebuild", body) == (400, "form.json")


def test_an_answer_that_is_known_is_not_sent_again(front: Front, net: Net) -> None:
    first = front.ask("GET", "log")
    tag = dict(first.headers)["ETag"]
    again = front.ask("GET", "log", if_none_match=f'"other", W/{tag}')
    assert (again.status, dict(again.headers)["ETag"]) == (304, tag)
    net.sides[0].send("news", net.sides[1])
    net.settle()
    assert front.ask("GET", "log", if_none_match=tag).status == 200


# Who may.


def test_a_token_does_what_its_scopes_name_and_no_more(front: Front) -> None:
    front.caller = Caller(PERSON, frozenset({"record:read"}))
    assert front.ask("GET", "record").status == 200
    assert front.refused("GET", "log") == (403, "api.scope")
    assert front.refused("POST", "cert/send", {}) == (403, "api.scope")


def test_an_administrator_reads_no_desk(front: Front, net: Net) -> None:
    a, b = net.sides
    mid = mid_text(a.send("secret", b))
    net.settle()
    front.caller = replace(PERSON, roles={}, house=frozenset({House.ADMINISTRATOR}))
    assert front.ask("GET", "record").document == []
    for method, target in (
        ("GET", f"record/{mid}"), ("POST", f"record/{mid}/read"), ("GET", f"record/{mid}/files"),
        ("GET", "cert/list"), ("POST", "cert/send"), ("GET", f"record/{mid}/file/0"),
    ):  # fmt: skip
        assert front.refused(method, target) == (403, "office.forbidden"), target


def test_a_role_of_the_house_is_asked_for_by_its_word() -> None:
    operation = replace(
        OPERATIONS[0], needs=replace(OPERATIONS[0].needs, house=(House.AUDITOR,), role=None)
    )
    assert fault_of(admit, operation, Caller(PERSON)) == "office.forbidden"
    auditor = replace(PERSON, house=frozenset({House.AUDITOR}))
    admit(operation, Caller(auditor))
    assert openapi.permission(operation.needs) == "auditor"


# Pages of a list.


def test_no_record_is_lost_or_doubled_while_others_are_written(front: Front, net: Net) -> None:
    a, b = net.sides
    before = {mid_text(a.send(f"before {number}", b)) for number in range(7)}
    net.settle()
    listed: list[str] = []
    for number, page in enumerate(front.follow("record?count=2")):
        assert len(page) <= 2
        listed += [row["mid"] for row in page]
        a.send(f"meanwhile {number}", b)
        net.settle()
        assert number < 60
    assert len(listed) == len(set(listed))
    assert before <= set(listed)


def test_each_list_has_pages_that_are_the_whole_together(front: Front, net: Net) -> None:
    a, b = net.sides
    for number in range(3):
        a.send(f"{number}", b)
    net.settle()
    for target in ("record", "log", "refused"):
        whole = front.ask("GET", target).document
        pages = list(front.follow(f"{target}?count=1"))
        assert [row for page in pages for row in page] == whole
        assert all(len(page) <= 1 for page in pages)
    assert all(each.pages for each in OPERATIONS if each.answer.schema.get("type") == "array")


def test_a_list_of_a_desk_names_its_next_page_too(front: Front, net: Net) -> None:
    a, b = net.sides
    sent = [mid_text(a.send(f"{number}", b)) for number in range(5)]
    net.settle()
    found: list[str] = []
    target = "cert/list?count=2"
    while target:
        reply = front.ask("GET", target)
        rows: Any = reply.document
        found += [row["mid"] for row in rows["rows"]]
        target = dict(reply.headers).get("Link", "").partition(">")[0].removeprefix("</api/v1/")
    assert sorted(found) == sorted(sent)


def test_a_cursor_is_of_its_list_alone(front: Front, net: Net) -> None:
    for number in range(3):
        net.sides[0].send(f"{number}", net.sides[1])
    net.settle()
    link = dict(front.ask("GET", "record?count=1").headers)["Link"]
    cursor = link.partition("cursor=")[2].partition("&")[0].partition(">")[0]
    assert front.refused("GET", f"log?cursor={cursor}") == (422, "api.cursor")
    assert front.refused("GET", f"record?cursor={cursor}A") == (422, "api.cursor")
    assert front.refused("GET", "record?cursor=%") == (400, "form.text")
    assert read_cursor("x", cursor_of("x", "an é key")) == "an é key"


# A wish under a name.


def test_a_wish_by_header_is_a_wish_by_member(front: Front, net: Net) -> None:
    b = net.sides[1]
    body: dict[str, Any] = {
        "file": canon.to_base64((BUNDLE % "x").encode()), "to": [b.address], "about": "x",
    }  # fmt: skip
    first: Any = front.ask("POST", "cert/send", body, idempotency_key="w-1").document
    again: Any = front.ask("POST", "cert/send", {**body, "request": "w-1"}).document
    assert again["records"][0]["mid"] == first["records"][0]["mid"]
    other = {**body, "about": "y"}
    assert front.refused("POST", "cert/send", other, idempotency_key="w-1") == (
        422,
        "office.reused",
    )
    both = {**body, "request": "w-2"}
    assert front.refused("POST", "cert/send", both, idempotency_key="w-1") == (422, "office.reused")
    for bad in ("", "a b", "é", "x" * 65):
        assert front.refused("POST", "cert/send", body, idempotency_key=bad) == (400, "form.text")
    assert front.refused("POST", "cert/send", {**body, "request": 1}) == (400, "form.text")


# The document.

DOCUMENT: Final[Any] = json.loads(openapi.text(OPERATIONS, catalogue.load()))


def test_the_document_in_the_docs_is_the_one_that_is_served(front: Front) -> None:
    """To write it anew: python -m detente.app.api openapi > docs/openapi.json."""
    made = openapi.text(OPERATIONS, catalogue.load())
    assert (DOCS / "openapi.json").read_bytes() == made
    reply = front.ask("GET", "openapi.json")
    assert reply.body == (made, "application/json")


def test_every_schema_of_the_document_is_one() -> None:
    for row in DOCUMENT["paths"].values():
        for operation in row.values():
            for each in operation["parameters"]:
                jsonschema_rs.meta.validate(each["schema"])
            body = operation.get("requestBody", {"content": {}})["content"]
            answer = operation["responses"]["200"]["content"]
            for media in (*body.values(), *answer.values()):
                jsonschema_rs.meta.validate(media.get("schema", {}))
    for each in DOCUMENT["components"]["schemas"].values():
        jsonschema_rs.meta.validate(each)


def strings(shape: Any, where: str) -> Iterator[tuple[str, Mapping[str, Any]]]:  # noqa: ANN401
    """Walk the texts of a schema."""
    if isinstance(shape, dict):
        if shape.get("type") == "string":
            yield where, shape
        for name, each in shape.items():
            yield from strings(each, f"{where}/{name}")
    elif isinstance(shape, list):
        for each in shape:
            yield from strings(each, where)


def test_every_text_and_list_that_may_be_sent_has_a_bound() -> None:
    free: list[str] = []
    for path, row in DOCUMENT["paths"].items():
        for operation in row.values():
            sent = [each["schema"] for each in operation["parameters"]]
            content = operation.get("requestBody", {"content": {}})["content"]
            sent += [content["application/json"]["schema"]] if "application/json" in content else []
            free += [
                where
                for where, shape in strings(sent, path)
                if not {"maxLength", "enum"} & shape.keys()
                and "maxLength" not in str(shape.get("allOf"))
            ]
    assert free == []


def test_every_operation_has_words_in_both_languages_and_a_name_of_its_own() -> None:
    words = catalogue.load()
    for each in OPERATIONS:
        for language in ("en", "ru"):
            assert words.get(each.about, language)
            for field in (*each.path_fields, *each.query, *each.body):
                assert words.get(field.about or f"{each.desk}.field.{field.name}", language)
    names = [each.name for each in OPERATIONS]
    assert len(names) == len(set(names))
    assert {each.needs.role for each in OPERATIONS} >= {Role.READ, Role.AUTHOR, Role.ANSWER}


def test_the_page_of_the_manual_has_every_operation_as_it_is_declared() -> None:
    """To write it anew: python -m detente.app.api table en."""
    page = (DOCS / "api.md").read_text(encoding="utf-8")
    shown = page.partition("<!-- operations -->\n")[2].partition("\n<!-- end -->")[0]
    assert shown.splitlines() == table.lines(OPERATIONS, catalogue.load(), "en")
    statuses = {int(each) for each in re.findall(r"\b([45][0-9]{2})\b", page)}
    answered = {int(each[7:]) for each in DOCUMENT["components"]["responses"]}
    assert answered <= statuses
