"""What is told beside a name counts as it is meant, or it is told that it does not count."""

import json

import pytest
from tests.screening.people import LIST, index
from tests.support.outcomes import fault_of

from detente.screening.asked import asked, unread
from detente.screening.build import build
from detente.screening.decision import decide
from detente.screening.engine import Question, ask
from detente.screening.index import Index
from detente.screening.listed import AIRCRAFT, ORGANIZATION, PERSON, Listed, schema_of
from detente.screening.lists.readers import read
from detente.screening.match import Matcher

NAME = "Sergei Viktorovich Kuznetzov"


def score(over: Index, **facts: tuple[str, ...]) -> float:
    return ask(over, asked(NAME, "Person", **facts))[0].score


@pytest.mark.parametrize(
    "place", ["ru", "RU", "Russia", "Russian Federation", "Россия", " russia "]
)
def test_a_country_counts_however_it_is_written(place: str) -> None:
    over = index()
    assert score(over, countries=(place,)) == score(over, countries=("ru",)) > score(over)


def test_what_nobody_can_read_neither_confirms_nor_contradicts_and_is_told() -> None:
    over, question = index(), asked(NAME, "Person", ("31.02.1970", "1970"), ("Atlantis", "ru"))
    assert unread(question) == (("birth", "31.02.1970"), ("country", "Atlantis"))
    assert ask(over, question)[0].score == score(over, births=("1970",), countries=("ru",))
    assert score(over, births=("foo",), countries=("Atlantis",)) == score(over)
    assert decide(over, question).countries == ("Atlantis", "ru"), "kept as it was asked"


@pytest.mark.parametrize(
    ("schema", "meant"),
    [("Person", PERSON), ("person", PERSON), (" PERSON ", PERSON), ("Company", ORGANIZATION),
     ("organization", ORGANIZATION), ("Airplane", AIRCRAFT), ("thing", "Thing"), ("Peron", None)],
)  # fmt: skip
def test_kinds_are_known_however_they_are_written(schema: str, meant: str | None) -> None:
    assert schema_of(schema) == meant


def test_a_kind_that_is_not_known_is_refused_and_halves_no_score() -> None:
    assert asked(NAME, "person").schema == PERSON
    assert asked(NAME, "").schema is asked(NAME).schema is None
    assert fault_of(asked, NAME, "Peron") == "screening.query"


def test_a_list_tells_countries_and_kinds_as_it_likes() -> None:
    rows = [
        {"id": "a", "schema": "person", "names": ["Li Na"], "countries": ["China", "Atlantis"]},
        {"id": "b", "schema": "Person", "names": ["Urs Frei"], "countries": ["CH"]},
    ]
    found = read("own.json", "\n".join(map(json.dumps, rows)).encode(), "x")
    assert [(one.schema, one.countries) for one in found.listed] == [
        (PERSON, ("cn",)), (PERSON, ("ch",)),
    ]  # fmt: skip
    assert [(each.entry, each.why, each.lost) for each in found.odd] == [
        ("a", "no country: 'Atlantis'", False)
    ]
    raw = Listed("a", "person", ("Li Na",), countries=("China", "Россия", "Atlantis"))
    over = Index(build([raw], {}))
    assert over.countries(0) == {"cn", "ru"}
    assert ask(over, Question("Li Na", ORGANIZATION))[0].score < 0.8


def test_the_protocol_refuses_a_kind_and_tells_what_does_not_count() -> None:
    lines = [
        json.dumps({"id": one.id, "schema": one.schema, "names": one.names}).encode()
        for one in LIST
    ]
    matcher = Matcher(lambda _path: (b"", lines))
    assert matcher.answer(b'{"op":"load","list":"x"}')
    line = {"op": "query", "id": "1", "name": NAME, "schema": "Peron"}
    wrong = matcher.answer(json.dumps(line).encode())
    assert wrong is not None
    assert (wrong["id"], "no kind 'Peron'" in wrong["error"]) == ("1", True)
    told = matcher.answer(json.dumps({**line, "schema": "person", "births": ["foo"]}).encode())
    assert told is not None
    assert told["unread"] == (("birth", "foo"),)
    assert told["hits"]
