# ruff: noqa: RUF001  its words are Russian too
"""One declaration: a second desk stands in this file alone, and all its faces come from it.

A desk of notes: one kind, one table, one act, one look, and its words. Nothing of the program knows
it; its verb, its operation with schema, its permission, its entry in the home log and its words do.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

import click
import jsonschema_rs
import pytest
from click.testing import CliRunner
from tests.support import makers
from tests.support.makers import Party
from tests.support.offices import Net, Side

from detente.app import catalogue
from detente.app.api import openapi, rooms
from detente.app.api.routes import Api
from detente.app.http import Reply, Request, refusal
from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.office import house
from detente.office.desk import Act, Desk, Fold, Look, Opened, Role
from detente.office.drafting import PREC, TLP, Draft
from detente.office.fields import (
    Desks,
    Field,
    Flag,
    LongText,
    Mid,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.kind import Kind
from detente.office.people import Person
from detente.office.ports import Shelf
from detente.office.reader import Reader
from detente.office.tables import Row, Rows, Table
from detente.office.writing import KeysAtWork
from detente.ui import schema, verb

# The whole desk.

SUBJECT: Final = Field("subject", Text(80))
TEXT: Final = Field("text", LongText(2_000), required=False)
URGENT: Final = Field("urgent", Flag(), default=False)
PAGES: Final = Field("pages", Whole(1, 99), default=1)
NOTE: Final = Kind("notes.note", 1, (SUBJECT, TEXT, URGENT, PAGES), source="a test")
TABLE: Final = Table(
    "notes_notes", "mid",
    (Field("mid", Mid()), Field("from", Text(96)), Field("kept_at", When()), SUBJECT, TEXT, PAGES),
)  # fmt: skip


def fold(rows: Rows, record: Opened) -> None:
    own: dict[str, Value] = {"mid": record.mid, "from": record.from_, "kept_at": record.kept_at}
    rows.put({**own, **record.body.without("urgent")})


def build(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    body = values.without("to", "tlp", "prec")
    return (
        Draft(kind=NOTE, to=values.texts("to"), body=body, created=now, tlp=values.text("tlp")),
    )


def read(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    return tuple(look.find(TABLE, {}, None, values.whole("count")))


WRITE: Final = Act(
    "notes/write", (Field("to", Desks(desk="notes")), SUBJECT, TEXT, URGENT, PAGES, TLP, PREC),
    build, Role.AUTHOR, NOTE.source, example="--to borealis.gov --subject Lunch",
)  # fmt: skip
LIST: Final = Look(
    "notes/list", (Field("count", Whole(1, 50), default=10),), read, TABLE.columns,
    example="--count 5",
)  # fmt: skip
DESK: Final = Desk("notes", (NOTE,), (Fold(TABLE, (NOTE,), fold),), (WRITE,), (LIST,))
WORDS: Final = {
    "en": """desk = "Notes"
[act]
write = "Write a note"
[look]
list = "All notes"
[field]
to = "To whom"
subject = "About what"
text = "In words"
urgent = "Whether it cannot wait"
pages = "How many pages"
count = "How many"
""",
    "ru": """desk = "Заметки"
[act]
write = "Написать заметку"
[look]
list = "Все заметки"
[field]
to = "Кому"
subject = "О чём"
text = "Словами"
urgent = "Терпит ли"
pages = "Сколько страниц"
count = "Сколько"
""",
}

# Two offices that have it.

AUTHOR: Final = Person("operator", "1000", "s-11", {"notes": frozenset(Role)})
READER: Final = Person("reader", "1001", "", {"notes": frozenset({Role.READ})})
STRANGER: Final = Person("stranger", "1002", "", {"cert": frozenset(Role)})
PERSONS: Final = {int(each.user or 0): each for each in (AUTHOR, READER, STRANGER)}
PEOPLE: Final = {"m-11": ("author",), "s-11": ("author", "read", "answer")}


class NoteSide(Side):
    def __init__(self, net: Net, party: Party, shelf: Shelf) -> None:
        own = makers.make_party.__wrapped__(party.name)
        super().__init__(net, own, shelf)
        self.desks = (DESK,)
        signers = {each: own.signers[each] for each in PEOPLE}
        self.keys = KeysAtWork(openers={"notes": own.openers["notes"]}, signers=signers)
        self.api = Api(
            lambda: self.office, self._who, lambda: self.net.now, self.net.settle, (DESK,)
        )

    def _who(self, request: Request) -> Person:
        return PERSONS[request.user]

    def ask(self, method: str, path: str, body: object = None, user: int = 1000) -> Reply:
        data = b"" if body is None else json.dumps(body).encode()
        request = Request(user, method, ("api", "v1", *path.split("/")), {}, data)
        try:
            return self.api.handle(request)
        except Fault as fault:
            return refusal(fault)


@pytest.fixture
def net(monkeypatch: pytest.MonkeyPatch) -> Net:
    monkeypatch.setattr(makers, "DESKS", {**makers.DESKS, "notes": PEOPLE})
    return Net("aurelia.gov", "borealis.gov", kind=NoteSide)


@pytest.fixture
def sides(net: Net) -> tuple[NoteSide, NoteSide]:
    a, b = net.sides
    assert isinstance(a, NoteSide)
    assert isinstance(b, NoteSide)
    return a, b


def words() -> Any:  # noqa: ANN401
    return catalogue.load((DESK,), {name: {"notes": text} for name, text in WORDS.items()})


def document() -> dict[str, Any]:
    return json.loads(openapi.text(rooms.every((DESK,)), words()))  # type: ignore[no-any-return]


BODY: Final[dict[str, Any]] = {
    "to": ["borealis.gov"], "subject": "Lunch", "text": "at noon\nor later", "pages": 2,
    "urgent": True,
}  # fmt: skip


def test_a_note_goes_from_one_office_to_the_other_by_the_api_alone(
    sides: tuple[NoteSide, NoteSide],
) -> None:
    a, b = sides
    sent: Any = a.ask("POST", "notes/write", BODY).document
    a.net.settle()
    mid = sent["records"][0]["mid"]
    found: Any = b.ask("GET", "notes/list").document
    (row,) = found["rows"]
    assert (row["mid"], row["from"], row["subject"]) == (mid, "notes@aurelia.gov", "Lunch")
    assert (row["text"], row["pages"]) == ("at noon\nor later", 2)
    reading: Any = b.ask("POST", f"record/{mid}/read").document
    assert json.loads(reading["text"])["urgent"] is True
    a.net.settle()
    standing: Any = a.ask("GET", f"record/{mid}").document
    assert standing["level"] == "READ"


def test_the_act_is_in_the_home_log_before_it_took_effect(sides: tuple[NoteSide, NoteSide]) -> None:
    a, _ = sides
    sent: Any = a.ask("POST", "notes/write", BODY).document
    a.net.settle()
    (entry,) = [row for row in a.rows(house.ACTS) if row.text("act") == "notes/write"]
    assert (entry.text("person"), entry.text("user")) == ("operator", "1000")
    assert entry["mids"] == tuple(row.data("mid") for row in a.of_kind("notes.note", ours=True))
    assert len(sent["records"]) == 1


def test_its_permission_is_the_role_that_the_declaration_names(
    sides: tuple[NoteSide, NoteSide],
) -> None:
    a, _ = sides
    assert a.ask("POST", "notes/write", BODY, user=1001).status == 403
    assert a.ask("GET", "notes/list", user=1001).status == 200
    assert a.ask("GET", "notes/list", user=1002).status == 403
    shown = document()["paths"]["/api/v1/notes/write"]["post"]
    assert shown["description"].endswith("author at notes")
    assert shown["x-scope"] == "notes:write"
    assert a.of_kind("notes.note", ours=True) == []


def test_its_operations_stand_in_the_document_with_schemas(
    sides: tuple[NoteSide, NoteSide],
) -> None:
    a, _ = sides
    paths = document()["paths"]
    body = paths["/api/v1/notes/write"]["post"]["requestBody"]["content"]["application/json"]
    assert jsonschema_rs.is_valid(body["schema"], BODY)
    bad = {"subject": ""}, {"subject": "x" * 81}, {"pages": 100}, {"urgent": 1}, {"odd": 1}
    for each in bad:
        assert not jsonschema_rs.is_valid(body["schema"], {**BODY, **each})
        refused = a.ask("POST", "notes/write", {**BODY, **each})
        assert refused.status in {400, 422}
        assert json.loads(refused.body[0])["field"] == next(iter(each))
    query = {each["name"] for each in paths["/api/v1/notes/list"]["get"]["parameters"]}
    assert query == {"count"}
    assert body["schema"]["properties"]["subject"]["description"] == "About what"


@pytest.mark.parametrize(("language", "said"), [("en", "Write a note"), ("ru", "Написать заметку")])
def test_its_words_are_found_in_both_languages(language: str, said: str) -> None:
    assert words().get(verb.about_of(WRITE), language) == said
    for each in (*WRITE.fields, *LIST.fields):
        assert words().get(each.about or f"notes.field.{each.name}", language)


def test_its_verb_reads_what_the_form_and_the_api_read() -> None:
    done: list[Mapping[str, object]] = []
    group = verb.group(
        DESK, words(), "en", lambda _each, written: done.append(written), lambda _each: []
    )
    line = ["write", "--to", "borealis.gov", "--subject", "Lunch", "--text", "at noon\nor later"]
    outcome = CliRunner().invoke(group, [*line, "--pages", "2", "--urgent"])
    assert outcome.exit_code == 0, outcome.output
    typed = verb.read(WRITE, done[0], str.encode)
    assert typed == schema.read(WRITE.fields, BODY)
    form = {name: (str(each),) for name, each in BODY.items() if name not in ("to", "urgent")}
    form |= {"to": ("borealis.gov",), "urgent": ("yes",)}
    assert typed == schema.read_texts(WRITE.fields, form)
    told = CliRunner().invoke(group, ["write", "--help"])
    assert "Write a note" in told.output
    assert "--to borealis.gov --subject Lunch" in told.output
    assert isinstance(group, click.Group)


def test_what_a_form_needs_is_in_the_declaration() -> None:
    for field in WRITE.fields:
        shown = schema.of(field)
        assert field.type.hint
        assert shown
        if field.default is not None:
            assert "default" in shown
    assert [each.name for each in WRITE.fields if schema.is_required(each)] == ["to", "subject"]
