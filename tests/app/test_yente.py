"""What yente's clients ask and read, and since when an entry is on a list."""

from functools import partial
from typing import Any

import msgspec
from tests.app.test_screening_lists import WHOLE, Asker, asker
from tests.screening.people import LIST
from tests.support.offices import PERSON
from tests.support.outcomes import fault_of

from detente.app.screening.history import NEVER, Histories
from detente.screening.listed import Listed
from detente.screening.lists import prepare
from detente.screening.lists.book import Book, Version

__all__ = ["asker"]


def test_yentes_clients_are_answered(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    query = {"schema": "Person", "properties": {"name": ["Сергей Кузнецов"], "birthDate": ["1970"]}}
    found = asker.ask(
        PERSON, "POST", "yente/match/default", {"queries": {"q1": query}, "config": {}},
        algorithm="best", threshold="0.7", limit=5,
    )  # fmt: skip
    assert set(found) == {"responses", "matcher", "limit", "unused"}
    answer = found["responses"]["q1"]
    assert (answer["status"], answer["total"]["relation"]) == (200, "gte")
    assert answer["query"]["properties"] == query["properties"]
    best = answer["results"][0]
    assert (best["id"], best["schema"], best["datasets"]) == ("own:p2", "Person", ["own"])
    assert best["match"] == (best["score"] >= 0.7)
    assert best["properties"]["name"] == ["Sergei Viktorovich KUZNETSOV"]
    assert {"caption", "referents", "target", "first_seen", "features"} <= set(best)
    empty = asker.ask(
        PERSON, "POST", "yente/match/own", {"queries": {"q1": query}}, exclude_schema=["Person"]
    )
    assert empty["responses"]["q1"]["results"] == []
    parts = {"schema": "Person", "properties": {"firstName": "Sergei", "lastName": "Kuznetsov"}}
    asker.ask(PERSON, "POST", "yente/match/default", {"queries": {"q": parts}})
    search = asker.ask(PERSON, "GET", "yente/search/default", q="Kuznetsov", limit=2)
    assert {"results", "facets", "limit", "offset", "total"} <= set(search)
    assert search["results"][0]["id"]
    assert asker.ask(PERSON, "GET", "yente/healthz") == {"status": "ok"}
    names = [each["name"] for each in asker.ask(PERSON, "GET", "yente/catalog")["datasets"]]
    assert names == ["default", "own"]
    wrong: tuple[dict[str, Any], ...] = (
        {}, {"queries": {}}, {"queries": 1}, {"queries": {str(n): query for n in range(101)}},
        {"queries": {"q": {"schema": "Person", "properties": {}}}},
        {"queries": {"q": {**query, "properties": {"name": [f"A{n} Bee" for n in range(51)]}}}},
    )  # fmt: skip
    for body in wrong:
        told = fault_of(asker.ask, PERSON, "POST", "yente/match/default", body)
        assert told == "screening.query"
    for many in (100, 50):
        names = [f"A{n} Bee" for n in range(many % 100 or 1)]
        each = {**query, "properties": {"name": names}}
        body = {"queries": {str(n): each for n in range(many if many == 100 else 1)}}
        asker.ask(PERSON, "POST", "yente/match/default", body)
    nameless = {"schema": "Person", "properties": {"name": ["---"]}}
    told = asker.ask(PERSON, "POST", "yente/match/default", {"queries": {"q": nameless}})
    assert told["responses"]["q"]["undecided"] == [{"name": "---", "why": "no_words"}]
    whole = {"queries": {"q": query}}
    assert fault_of(asker.ask, PERSON, "POST", "yente/match/none", whole) == "list.unknown"


def found(asker: Asker, **query: object) -> list[str]:
    told = asker.ask(PERSON, "GET", "yente/search/default", **{"q": "Kuznetsov Sergei", **query})
    return [each["id"] for each in told["results"]]


def with_programs() -> bytes:
    rows = (msgspec.structs.replace(each, programs=("ALPHA", "BETA")) for each in LIST)
    return b"\n".join(map(msgspec.json.encode, rows))


def test_what_yentes_clients_leave_out_is_left_out(asker: Asker) -> None:
    asker.load(with_programs())
    every = found(asker)
    assert every[0] == "own:p2"
    shown: tuple[dict[str, Any], ...] = (
        {"schema": "Person"}, {"schema": "LegalEntity"}, {"schema": "Thing"}, {"datasets": ["own"]},
        {"include_dataset": ["own"]}, {"exclude_schema": ["Vessel"]}, {"target": "true"},
        {"filter": ["properties.name:Sergei Viktorovich KUZNETSOV"]}, {"fuzzy": "False"},
        {"changed_since": "2001-01-01"}, {"limit": 500}, {"exclude_dataset": ["other"]},
        {"include_dataset": ["default"]}, {"exclude_entity_ids": ["p2", "other:p2"]},
        {"countries": ["ru"]}, {"countries": ["zz", "RU"]}, {"topics": ["none", "ALPHA"]},
        {"countries": ["ru"], "topics": ["ALPHA", "BETA"], "filter_op": "AND"},
    )  # fmt: skip
    for query in shown:
        assert "own:p2" in found(asker, **query), query
    left_out: tuple[dict[str, Any], ...] = (
        {"schema": "Vessel"}, {"exclude_schema": ["Person"]}, {"target": "false"},
        {"exclude_entity_ids": ["own:p2"]}, {"filter": ["properties.birthDate:1066"]},
        {"countries": ["zz"]}, {"topics": ["none"]}, {"changed_since": "2999-01-01T00:00"},
        {"countries": ["ru"], "topics": ["ALPHA", "none"], "filter_op": "AND"},
    )  # fmt: skip
    for query in left_out:
        assert "own:p2" not in found(asker, **query), query
    assert found(asker, offset=1) == every[1:]
    assert found(asker, limit=1) == every[:1]
    for query in (
        {"schema": "Prson"}, {"sort": ["shoe_size"]}, {"facets": ["shoes"]}, {"filter": ["name"]},
        {"filter": ["shoes:9"]}, {"exclude_dataset": ["own"]}, {"exclude_dataset": ["default"]},
        {"datasets": ["own", "default"], "filter_op": "AND"},
    ):  # fmt: skip
        assert fault_of(partial(found, asker, **query)) == "screening.query", query
    for query in (
        {"include_dataset": ["other"]}, {"datasets": ["own", "other"]}, {"filter": ["datasets:x"]},
    ):  # fmt: skip
        assert fault_of(partial(found, asker, **query)) == "list.unknown", query


def test_what_is_found_is_ordered_and_counted_for_yentes_clients(asker: Asker) -> None:
    more = [
        Listed(f"k{n}", "Person", (f"Sergei {name}",))
        for n, name in enumerate(("KUZNETSOV", "KUZNETZOV"))
    ]
    asker.load(b"\n".join([*WHOLE, *map(msgspec.json.encode, more)]))
    up, down = (found(asker, sort=[f"entity_id:{way}"]) for way in ("asc", "desc"))
    assert len(up) > 1
    assert up == sorted(up)
    assert down == up[::-1]
    told = asker.ask(PERSON, "GET", "yente/search/default", q="Kuznetsov Sergei")
    assert set(told["facets"]) == {"countries", "topics", "datasets"}
    assert told["facets"]["datasets"] == {
        "label": "Data sources", "values": [{"name": "own", "label": "own", "count": len(up)}],
    }  # fmt: skip
    told = asker.ask(
        PERSON, "GET", "yente/search/default", q="Kuznetsov Sergei", facets=["schema"], limit=1
    )
    counted = {row["name"]: row["count"] for row in told["facets"]["schema"]["values"]}
    assert sum(counted.values()) == told["total"]["value"] == len(up)


def test_since_when_an_entry_is_listed_and_when_it_changed(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    first = asker.ask(PERSON, "GET", "yente/entities/own:p2", nested="True")
    assert first["last_change"] == first["first_seen"] == first["last_seen"]
    assert len(first["last_change"]) == len("2026-11-22T10:00:00")
    for none in ("own:p99", "p2", "other:p2", ":p2"):
        assert fault_of(asker.ask, PERSON, "GET", f"yente/entities/{none}") == "list.unknown"


def test_a_history_is_told_by_the_versions_that_were_in_force() -> None:
    def lines(*births: str) -> bytes:
        rows = [
            msgspec.json.encode(Listed(f"p{n}", "Person", (f"N{n}",), (), (b,)))
            for n, b in enumerate(births)
            if b
        ]
        return b"\n".join([msgspec.json.encode({"form": prepare.FORM}), *rows])

    files = {
        "e1": lines("1", "2", "", "4"),
        "e2": lines("1", "3", "5", ""),
        "e3": lines("1", "3", "5", "4"),
    }
    whole = {
        "t2": [("added", "p2"), ("changed", "p1"), ("removed", "p3")], "t3": [("added", "p3")],
    }  # fmt: skip
    told = {
        key: msgspec.json.encode(
            prepare.Told(tuple(prepare.Change(what, entry, "") for what, entry in rows), ())
        )
        for key, rows in whole.items()
    }
    common: dict[str, Any] = {"list": "own", "reader": "own", "received": {}, "size": 1, "by": "x"}
    book = Book((
        Version(id="own.1", at="2026-01-01T10:00:00.000Z", entries="e1", **common),
        Version(id="own.2", at="2026-02-01T10:00:00.000Z", entries="e2", told="t2", before="own.1",
                decided_at="2026-02-02T10:00:00.000Z", added=1, changed=1, removed=1, **common),
        Version(id="own.3", at="2026-03-01T10:00:00.000Z", entries="e3", told="t3", before="own.2", added=1, **common),
    ))  # fmt: skip
    one, two, three = "2026-01-01T10:00:00", "2026-02-02T10:00:00", "2026-03-01T10:00:00"
    wanted = {
        "p0": (one, three, one),
        "p1": (one, three, two),
        "p2": (two, three, two),
        "p3": (three, three, three),
    }
    for kept in (told, {}):  # what is told of a large difference is cut: the entries tell
        histories = Histories(kept.get, files.get)
        assert {each: tuple(histories.of(book, "own", "e3", each)) for each in wanted} == wanted
    assert histories.of(book, "own", "gone", "p0") == NEVER


def test_an_algorithm_of_yente_is_answered_by_ours_and_told(asker: Asker) -> None:
    asker.load(b"\n".join(WHOLE))
    query = {"schema": "Person", "properties": {"name": ["Сергей Кузнецов"]}}
    body = {"queries": {"q": query}, "weights": {"name": 1.0}}
    told = asker.ask(
        PERSON, "POST", "yente/match/default", body, algorithm="logic-v2", fuzzy="False"
    )
    assert told["unused"] == ["weights", "algorithm"]
    best = told["responses"]["q"]["results"][0]
    assert {why: one["score"] for why, one in best["explanations"].items()} == best["features"]
    plain = asker.ask(PERSON, "POST", "yente/match/default", {"queries": {"q": query}})
    assert plain["unused"] == []
    ask = partial(asker.ask, algorithm="x")
    wrong = fault_of(ask, PERSON, "POST", "yente/match/default", {"queries": {"q": query}})
    assert wrong == "screening.query"
    names = asker.ask(PERSON, "GET", "yente/algorithms")
    assert (names["best"], [each["name"] for each in names["algorithms"]]) == (
        "detente",
        ["detente"],
    )
    body = {"queries": {"q": {**query, "schema": "Prson"}}}
    assert fault_of(asker.ask, PERSON, "POST", "yente/match/default", body) == "screening.query"
