"""A change of a list or of customers ends where a full screening ends."""

import gzip
import json
import os
import random
from datetime import date
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.screening.people import LIST

from detente.app.bulk import rescreening, runs, state
from detente.app.bulk.rescreening import Lists, lists_of
from detente.core.errors import OurFault
from detente.screening import bulk, ceiling, rescreen
from detente.screening.build import build
from detente.screening.crowd import Crowd
from detente.screening.customers import Customer
from detente.screening.engine import Question, ask, ask_of
from detente.screening.index import Index
from detente.screening.listed import Alias, Listed, Paper
from detente.screening.rebuild import rebuild
from detente.work.local import Here, Processes

WORDS = (
    "Ivan", "Iwan", "Ali", "Maria", "Hassan", "Petrov", "Petrova", "Haddad", "Rahmani", "Husayn",
    "Kuznetsov", "Кузнецов", "Сергей", "محمد", "Zhang", "Weiming", "Vektor", "OCEAN", "LEGEND",
)  # fmt: skip
THRESHOLD = 0.72


def lists(listed: list[Listed]) -> Lists:
    mark = str(hash(tuple(listed)))
    return lists_of((listed, {"list": mark}), ["list"])


def customers(file: Path, names: list[tuple[str, str, str]]) -> str:
    rows = [
        {"id": f"c{i}", "name": name, "schema": kind, "births": [birth] if birth else []}
        for i, (name, kind, birth) in enumerate(names)
    ]
    file.write_text("\n".join(json.dumps(r, ensure_ascii=False) for r in rows))
    return str(file)


def alerts(told: rescreening.Told) -> list[tuple[str, str, float]]:
    rows = told.after.rows()
    return sorted(
        (rows[p.customer].id, p.entity, p.score) for p in told.after.pairs if p.score >= THRESHOLD
    )


NAMES = some.lists(some.sampled_from(WORDS), min_size=2, max_size=3).map(" ".join)
PEOPLE = some.lists(
    some.tuples(NAMES, some.just("Person"), some.sampled_from(["", "1961-12-08", "1970"])),
    min_size=1, max_size=12,
)  # fmt: skip
DATES = some.one_of(
    some.dates(date(1900, 1, 1), date(2020, 1, 1)).map(str),
    some.sampled_from(
        ["1961", "1961-12", "1916-12-08", "1962", "8/12/1961", "1950-1960", "1900-2000", "1380", "0000"]
    ),
)  # fmt: skip
CHANGES = some.lists(
    some.tuples(some.integers(0, len(LIST) + 5), NAMES, some.booleans()), max_size=6
)


def changed(changes: list[tuple[int, str, bool]]) -> list[Listed]:
    found = {e.id: e for e in LIST}
    for number, name, stays in changes:
        key = LIST[number].id if number < len(LIST) else f"n{number}"
        if stays:
            found[key] = Listed(key, "Person", (name,), (), ("1961",), ())
        else:
            found.pop(key, None)
    return list(found.values())


@settings(max_examples=40, deadline=None)
@given(PEOPLE, CHANGES)
def test_a_change_of_the_list_ends_where_a_full_screening_ends(
    tmp_path_factory: pytest.TempPathFactory,
    people: list[tuple[str, str, str]],
    changes: list[tuple[int, str, bool]],
) -> None:
    tmp = tmp_path_factory.mktemp("run")
    file, after = customers(tmp / "c", people), changed(changes)
    set_as = bulk.Settings(THRESHOLD)
    rescreening.first(tmp / "one", file, lists(list(LIST)), set_as, Here())
    told = rescreening.after_lists(tmp / "one", lists(after), Here(), accept=True, refresh=True)
    whole = rescreening.first(tmp / "two", file, lists(after), set_as, Here())
    assert alerts(told) == alerts(whole)


@settings(max_examples=25, deadline=None)
@given(PEOPLE, PEOPLE)
def test_a_change_of_the_customers_ends_where_a_full_screening_ends(
    tmp_path_factory: pytest.TempPathFactory,
    before: list[tuple[str, str, str]],
    after: list[tuple[str, str, str]],
) -> None:
    tmp = tmp_path_factory.mktemp("run")
    set_as = bulk.Settings(THRESHOLD)
    one, two = customers(tmp / "1", before), customers(tmp / "2", after)
    rescreening.first(tmp / "one", one, lists(list(LIST)), set_as, Here())
    told = rescreening.after_customers(tmp / "one", two, set_as, Here())
    whole = rescreening.first(tmp / "two", two, lists(list(LIST)), set_as, Here())
    assert alerts(told) == alerts(whole)


@given(NAMES, some.sampled_from(["Person", "Organization"]))
def test_a_pair_has_the_score_that_asking_everybody_gives_it(name: str, kind: str) -> None:
    over = Index(build(LIST, {}))
    places = {e.id: i for i, e in enumerate(LIST)}
    question = Question(name, kind, ("1961-12-08",), (), ("A0123456",))
    for hit in ask(over, question, 100):
        assert ask_of(over, question, [places[hit.entity]]) == [hit]


@settings(max_examples=60, deadline=None)
@given(CHANGES, CHANGES, some.randoms(use_true_random=False))
def test_an_index_of_a_changed_list_is_that_of_the_list_built_whole(
    one: list[tuple[int, str, bool]], two: list[tuple[int, str, bool]], rng: random.Random
) -> None:
    before, after = changed(one), changed(two)
    rng.shuffle(after)
    old, new = ({e.id: e for e in es} for es in (before, after))
    other = [i for i in old.keys() | new.keys() if old.get(i) != new.get(i)]
    assert rebuild(build(before, {"a": "1"}), after, other, {"a": "2"}) == build(after, {"a": "2"})


def test_an_index_is_built_whole_where_a_list_has_acronyms_of_its_own_or_was_empty() -> None:
    own = [Listed("o1", "Organization", ("World Example Board",), (Alias("WEB", "acronym"),))]
    for before, after in (([], list(LIST)), (own, [*own, *LIST]), (list(LIST), own), (own, [])):
        touched = [e.id for e in (*before, *after) if e not in before or e not in after]
        assert rebuild(build(before, {}), after, touched, {}) == build(after, {})


def test_a_word_of_a_name_that_is_an_acronym_alone_after_a_change_is_found_as_one() -> None:
    board = Listed("o1", "Organization", ("World Example Board",))
    name = Listed("o2", "Organization", ("Web Trading",))
    for before, after in (([board, name], [board]), ([board], [board, name]), ([name], [board])):
        touched = [e.id for e in (board, name) if (e in before) != (e in after)]
        assert rebuild(build(before, {}), after, touched, {}) == build(after, {})


def test_a_damaged_index_of_the_list_before_is_built_anew(tmp_path: Path) -> None:
    file = customers(tmp_path / "c", [("Muhammad Husayn AL-RAHMANI", "Person", "")])
    without = [e for e in LIST if e.id != "p1"]
    told = rescreening.first(tmp_path / "s", file, lists(without), bulk.Settings(THRESHOLD), Here())
    (told.after.folder / state.LISTED).write_bytes(b"")
    told = rescreening.after_lists(tmp_path / "s", lists(list(LIST)), Here())
    assert [p.entity for p in told.change.opened] == ["p1"]
    whole = build(list(LIST), lists(list(LIST)).hashes)
    assert (told.after.folder / state.LISTED).read_bytes() == whole


@settings(max_examples=60, deadline=None)
@given(
    NAMES, some.sampled_from(LIST), some.lists(DATES, max_size=2), some.lists(DATES, max_size=2),
    some.sampled_from([(), ("sy",), ("de",), ("sy", "de")]),
)  # fmt: skip
def test_nobody_exceeds_what_dates_and_countries_leave(
    name: str, one: Listed, born: list[str], listed_born: list[str], places: tuple[str, ...]
) -> None:
    one = msgspec.structs.replace(one, births=tuple(listed_born), countries=("sy",))
    over = Index(build([one], {}))
    for asked in (name, *one.names):
        customer = Customer("c", (asked,), one.schema, tuple(born), places)
        most = ceiling.of_pair(over, customer, 0)
        assert all(p.score <= most + 1e-6 for p in rescreen.score(over, 0, customer, [0]))
        crowd = Crowd(build([rescreen.listed_as(customer, 0)], {}))
        years = ceiling.years(over.births(0))
        if over.births(0) and not crowd.may_be_born(np.array([0]), years)[0]:
            assert most <= ceiling.of_differing_births()


@given(
    some.lists(NAMES, min_size=1, max_size=2), some.sampled_from(["Person", "Organization", None])
)
def test_whom_a_file_alerts_a_rescreening_alerts_with_no_lower_score(
    names: list[str], kind: str | None
) -> None:
    over, customer = Index(build(LIST, {})), Customer("c", tuple(names), kind)
    file = {f.entity: f.score for f in bulk.found(over, customer) if f.score >= THRESHOLD}
    whole = {p.entity: p.score for p in rescreen.whole(over, 0, customer, THRESHOLD)}
    assert all(whole.get(entity, 0) >= score for entity, score in file.items())


def test_who_is_gone_from_the_list_or_the_customers_is_no_alert_any_more(tmp_path: Path) -> None:
    file = customers(tmp_path / "c", [("Muhammad Husayn AL-RAHMANI", "Person", "")])
    set_as, without = bulk.Settings(THRESHOLD), [e for e in LIST if e.id != "p1"]
    opened = rescreening.first(tmp_path / "s", file, lists(list(LIST)), set_as, Here())
    assert [p.entity for p in opened.change.opened] == ["p1"]
    closed = rescreening.after_lists(tmp_path / "s", lists(without), Here())
    assert [p.entity for p in closed.change.closed] == ["p1"]
    assert closed.after.alerts == 0
    again = rescreening.after_lists(tmp_path / "s", lists(list(LIST)), Here())
    assert [p.entity for p in again.change.opened] == ["p1"]
    gone = rescreening.after_customers(
        tmp_path / "s", customers(tmp_path / "c", [("Zoe Quux", "Person", "")]), set_as, Here()
    )
    assert [json.loads(r)["customer"] for r in rescreening.lines(gone)] == ["c0"]
    assert [p.entity for p in gone.change.closed] == ["p1"]


def test_a_paper_finds_a_customer_of_whatever_name(tmp_path: Path) -> None:
    file = tmp_path / "c"
    file.write_text('{"id":"1","name":"Zoe Quux","papers":["A-012 3456"]}')
    set_as, without = bulk.Settings(THRESHOLD), [e for e in LIST if e.id != "p1"]
    rescreening.first(tmp_path / "s", str(file), lists(without), set_as, Here())
    told = rescreening.after_lists(tmp_path / "s", lists(list(LIST)), Here())
    assert [(p.entity, p.score) for p in told.change.opened] == [("p1", 1.0)]
    assert LIST[0].ids == (Paper("A 0123456", "passport"),)


def test_a_list_that_shrank_or_is_empty_waits_for_a_person(tmp_path: Path) -> None:
    file = customers(tmp_path / "c", [("Muhammad Husayn AL-RAHMANI", "Person", "")])
    rescreening.first(tmp_path / "s", file, lists(list(LIST)), bulk.Settings(THRESHOLD), Here())
    for less in ([], list(LIST[: len(LIST) // 2])):
        with pytest.raises(OurFault) as fault:
            rescreening.after_lists(tmp_path / "s", lists(less), Here())
        assert fault.value.code == "rescreen.held"
    told = rescreening.after_lists(tmp_path / "s", lists([]), Here(), accept=True)
    assert told.after.alerts == 0


def test_a_folder_that_is_damaged_or_of_another_engine_is_refused(tmp_path: Path) -> None:
    file = customers(tmp_path / "c", [("Ivan Petrov", "Person", "")])
    told = rescreening.first(tmp_path / "s", file, lists(list(LIST)), bulk.Settings(), Here())
    head = told.after.folder / state.HEAD
    whole = head.read_bytes()
    for damage in (b"{", whole.replace(b'"engine":"', b'"engine":"old ')):
        head.write_bytes(damage)
        with pytest.raises(OurFault) as fault:
            state.current(tmp_path / "s")
        assert fault.value.code == "rescreen.state"
    head.write_bytes(whole)
    assert state.current(tmp_path / "s") is not None
    with pytest.raises(OurFault) as fault:
        rescreening.after_lists(tmp_path / "empty", lists(list(LIST)), Here())
    assert fault.value.code == "rescreen.state"
    with runs.held(tmp_path / "s"), pytest.raises(OurFault) as fault:
        rescreening.after_lists(tmp_path / "s", lists(list(LIST)), Here())
    assert fault.value.code == "bulk.busy"


def test_two_workers_find_what_one_finds(tmp_path: Path) -> None:
    rng = random.Random(3)
    people = [(" ".join(rng.sample(WORDS, 2)), "Person", "") for _ in range(60)]
    file, set_as = customers(tmp_path / "c", people), bulk.Settings(0.5)
    part = list(LIST[20:])
    found = []
    for folder, work in (("1", Here()), ("2", Processes(2))):
        rescreening.first(tmp_path / folder, file, lists(part), set_as, work)
        told = rescreening.after_lists(tmp_path / folder, lists(list(LIST)), work, accept=True)
        found.append((told.after.folder / state.PAIRS).read_bytes())
    assert found[0] == found[1]


def test_only_pairs_near_the_threshold_are_scored_again() -> None:
    pairs = [
        rescreen.Pair(1, "a", 0.9, ""), rescreen.Pair(2, "a", 0.72 + 0.9 * rescreen.BAND, ""),
        rescreen.Pair(3, "b", 0.7, ""), rescreen.Pair(4, "gone", 0.7, ""),
    ]  # fmt: skip
    plan = rescreen.plan(pairs, ["b", "gone"], {"a": 0, "b": 1}, 0.72)
    assert plan.kept == pairs[:1]
    assert plan.pieces == [rescreen.Piece((1,)), rescreen.Piece((), ((2, (0,)),))]
    assert rescreen.plan(pairs, [], {"a": 0}, 0.72, refresh=True).kept == []


SHARED = os.environ.get("DETENTE_SHARED")


@pytest.mark.skipif(not SHARED, reason="DETENTE_SHARED names no folder of real lists")
def test_real_changes_of_the_list_miss_no_alert_of_a_full_screening() -> None:
    """Customers are the listed names, changed: every one of them should be an alert."""
    data = Path(str(SHARED)) / "data/screening"
    with gzip.open(data / "sdn_deltas.jsonl.gz") as rows:
        deltas = [json.loads(r) for r in rows]
    with gzip.open(data / "list_bench.jsonl.gz") as rows:
        listed = [msgspec.json.decode(r, type=Listed) for r in rows]
    places = {e.id: i for i, e in enumerate(listed)}
    over, rng = Index(build(listed, {})), random.Random(7)
    people = []
    for delta in rng.sample(deltas[1:-1], 40):
        for row in delta["added"][:5]:
            place = places.get(f"ofac-{row[0]}")
            if place is not None:
                name = list(listed[place].names[0])
                name.pop(rng.randrange(1, len(name)))
                people.append(Customer(str(place), ("".join(name),), listed[place].schema))
    crowd = Crowd(build([rescreen.listed_as(c, i) for i, c in enumerate(people)], {}))
    turned = rescreen.Turned(crowd, over, THRESHOLD)
    missed = total = 0
    for number, customer in enumerate(people):
        for one in bulk.found(over, customer):
            if one.score >= THRESHOLD:
                total += 1
                missed += number not in turned.candidates(places[one.entity])
    assert total > 50
    assert missed == 0
