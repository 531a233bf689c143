"""Whom yente's clients mean when several lists are in force: nobody is hidden, nobody mistaken."""

import json
from functools import partial
from typing import Any

import msgspec
import pytest
from tests.app.test_screening_lists import Asker, asker
from tests.support.offices import PERSON
from tests.support.outcomes import fault_of

from detente.app.api import yente
from detente.core.moment import Span
from detente.screening.listed import Alias, Listed

__all__ = ["asker"]

MEANT = Listed("1", "Person", ("Sergei Viktorovich KUZNETSOV",), births=("1970",))
OTHER = Listed("1", "Person", ("Maria LOPEZ",))
QUERY = {"schema": "Person", "properties": {"name": ["Sergei KUZNETSOVA"]}}


def lines(*listed: Listed) -> bytes:
    return b"\n".join(map(msgspec.json.encode, listed))


def crowd(many: int) -> bytes:
    """Return entries that are all nearer to what is asked than who is meant."""
    return lines(*(Listed(f"c{n}", "Person", ("Sergei KUZNETSOVA",)) for n in range(many)))


def of_many_names() -> bytes:
    words = [f"{a}{b}" for a in "abcdefgh" for b in "abcdefgh"]
    aliases = tuple(Alias(f"Sergei KUZNETSOVA {each}", "strong") for each in words)
    return lines(Listed("c1", "Person", ("Sergei KUZNETSOVA",), aliases))


def ftm(name: str, **properties: list[str]) -> bytes:
    whole = {"name": ["Sergei KUZNETSOVA"], **properties}
    return json.dumps({"id": name, "schema": "Person", "properties": whole}).encode()


def matched(asker: Asker, dataset: str = "default", **more: object) -> Any:  # noqa: ANN401
    body = {"queries": {"q": QUERY}}
    told = asker.ask(PERSON, "POST", f"yente/match/{dataset}", body, cutoff="0.1", **more)
    return told["responses"]["q"]


def searched(asker: Asker, **more: object) -> Any:  # noqa: ANN401
    return asker.ask(PERSON, "GET", "yente/search/default", q="Sergei KUZNETSOVA", **more)


@pytest.mark.parametrize(
    "narrowed",
    [{"include_dataset": ["own"]}, {"exclude_dataset": ["crowd"]}],
    ids=["included", "excluded"],
)
@pytest.mark.parametrize("load", [crowd(150), of_many_names()], ids=["entries", "aliases"])
def test_who_is_meant_is_found_however_many_are_alike_on_a_list_that_is_left_out(
    asker: Asker, load: bytes, narrowed: dict[str, Any]
) -> None:
    asker.load(load, list="crowd")
    asker.load(lines(MEANT))
    for told in (matched(asker, **narrowed), searched(asker, **narrowed)):
        assert [each["id"] for each in told["results"]] == ["own:1"]
        assert told["total"]["value"] == 1
        assert len(told["decisions"]) == 1
    told = searched(asker, datasets=["own"])
    assert [each["id"] for each in told["results"]] == ["own:1"]
    told = searched(asker, filter=["datasets:own"])
    assert [each["id"] for each in told["results"]] == ["own:1"]


def test_lists_that_are_left_are_asked_each_and_the_best_stand_first(asker: Asker) -> None:
    asker.load(lines(MEANT))
    asker.load(crowd(1), list="crowd")
    asker.load(lines(OTHER), list="third")
    for told in (
        matched(asker, exclude_dataset=["third"]), searched(asker, exclude_dataset=["third"]),
        searched(asker, datasets=["own", "crowd"]),
    ):  # fmt: skip
        assert [each["id"] for each in told["results"]] == ["crowd:c0", "own:1"]
        assert len(told["decisions"]) == 2
    stamps = {row["stamp"] for row in asker.ask(PERSON, "GET", "decision")}
    assert stamps >= set(told["decisions"])


def test_an_id_names_one_entity_though_two_lists_give_the_same(asker: Asker) -> None:
    asker.load(lines(MEANT))
    asker.load(lines(OTHER), list="another")
    assert asker.ask(PERSON, "GET", "yente/entities/own:1")["caption"] == MEANT.names[0]
    assert asker.ask(PERSON, "GET", "yente/entities/another:1")["caption"] == OTHER.names[0]
    assert fault_of(asker.ask, PERSON, "GET", "yente/entities/1") == "list.unknown"
    left = searched(asker, exclude_entity_ids=["another:1"])["results"]
    assert [each["id"] for each in left] == ["own:1"]
    assert searched(asker, exclude_entity_ids=["own:1"])["results"] == []


def test_an_id_of_followthemoney_stays_as_it_is(asker: Asker) -> None:
    asker.load(ftm("NK-1"), list="open", reader="ftm.json")
    asker.load(ftm("own:1", birthDate=["1980"]), list="sorted", reader="ftm.json")
    asker.load(lines(MEANT))
    ids = [each["id"] for each in searched(asker)["results"]]
    assert sorted(ids) == ["NK-1", "own:1", "sorted:own:1"]
    assert asker.ask(PERSON, "GET", "yente/entities/NK-1")["datasets"] == ["open"]
    assert asker.ask(PERSON, "GET", "yente/entities/own:1")["caption"] == MEANT.names[0]
    told = asker.ask(PERSON, "GET", "yente/entities/sorted:own:1")
    assert told["properties"]["birthDate"] == ["1980"]


def test_a_total_says_that_there_may_be_more(asker: Asker) -> None:
    asker.load(crowd(150))
    for told in (matched(asker), searched(asker)):
        assert 0 < told["total"]["value"] < 150
        assert told["total"]["relation"] == "gte"
    nobody = asker.ask(PERSON, "GET", "yente/search/default", q="Yoshinobu Takahashi")
    assert nobody["total"] == {"value": 0, "relation": "eq"}


def test_a_batch_asks_so_many_questions_and_no_more(
    asker: Asker, monkeypatch: pytest.MonkeyPatch
) -> None:
    asker.load(lines(MEANT))
    asker.load(lines(OTHER), list="another")
    asker.load(crowd(1), list="third")
    monkeypatch.setattr(yente, "QUESTIONS_MAX", 4)
    body = {"queries": {str(n): QUERY for n in range(2)}}
    ask = partial(asker.ask, PERSON, "POST", "yente/match/default", exclude_dataset=["third"])
    assert len(ask(body)["responses"]) == 2
    body = {"queries": {str(n): QUERY for n in range(3)}}
    assert fault_of(ask, body) == "screening.query"


def test_what_changed_since_is_told_by_the_versions_in_force(asker: Asker) -> None:
    asker.load(lines(MEANT, Listed("2", "Person", ("Sergei KUZNETSOVA",))))
    first = str(asker.net.now)[:19]
    asker.net.now += Span(3_600_000)
    asker.load(lines(MEANT, Listed("2", "Person", ("Sergei KUZNETSOVA",), births=("1966",))))
    assert [each["id"] for each in searched(asker)["results"]] == ["own:2", "own:1"]
    changed = searched(asker, changed_since=first)
    assert [each["id"] for each in changed["results"]] == ["own:2"]
    (row,) = changed["results"]
    assert row["first_seen"] == first < row["last_change"] == str(asker.net.now)[:19]


def test_who_has_nothing_to_be_ordered_by_stands_last(asker: Asker) -> None:
    born = {"a": ("1980",), "b": (), "c": ("1970",)}
    rows = [Listed(each, "Person", ("Sergei KUZNETSOVA",), births=born[each]) for each in born]
    asker.load(lines(*rows))
    for way, order in (("asc", "cab"), ("desc", "acb")):
        told = searched(asker, sort=[f"properties.birthDate:{way}"])
        assert "".join(each["id"][-1] for each in told["results"]) == order


def test_what_cannot_be_read_beside_a_name_is_told(asker: Asker) -> None:
    asker.load(lines(MEANT))
    facts = {"name": ["Sergei KUZNETSOV"], "birthDate": ["0000"], "country": ["Atlantis", "ru"]}
    body = {"queries": {"q": {"schema": "Person", "properties": facts}}}
    told = asker.ask(PERSON, "POST", "yente/match/default", body)["responses"]["q"]
    assert told["unread"] == [
        {"what": "birth", "text": "0000"}, {"what": "country", "text": "Atlantis"},
    ]  # fmt: skip
