"""Two systems over the same customers: every alert of either is told once, with its reason."""

import json
import math
from collections.abc import Mapping

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.screening.people import LIST

from detente.core.errors import OurFault
from detente.screening import bulk, incumbent, shadow
from detente.screening.build import build
from detente.screening.bulk import Head, Settings
from detente.screening.comparison import Comparison
from detente.screening.customers import LINE_MAX, Row
from detente.screening.customers import Reader as CustomerReader
from detente.screening.incumbent import TEXT_MAX, Alert, Reader, Unread
from detente.screening.index import Index
from detente.screening.shadow import Compared, Sample, band, judge, wilson
from detente.screening.version import ENGINE

INDEX = Index(build(LIST, {"made": "0" * 64}))
HEAD = Head(bulk.RESULTS, ENGINE, {"made": "0" * 64}, "c", Settings(0.6))


def rows(*customers: Mapping[str, object]) -> list[Row]:
    return [Row(n + 1, json.dumps(c).encode()) for n, c in enumerate(customers)]


def compared(found: list[Row], alerts: list[Alert], size: int = 50) -> Comparison:
    of: dict[str, list[Alert]] = {}
    for each in alerts:
        of.setdefault(each.customer, []).append(each)
    made = Comparison(LIST, HEAD, of, "seed", size)
    for row in found:
        made.take(bulk.decide(INDEX, row, CustomerReader({}), HEAD.settings.threshold))
    made.end(iter(found))
    return made


SAME = {"id": "a", "name": LIST[0].names[0], "schema": "Person"}
FEW = {"id": "b", "name": "Mohamed Rahmani", "births": ["1990"], "schema": "Person"}
NONE = {"id": "c", "name": "Zzyzx Qwertyuiop"}
NO_WORDS = {"id": "d", "name": "..."}


@pytest.mark.parametrize(
    ("alert", "kind", "why"),
    [
        (Alert(1, "a", LIST[0].id), "both", ""),
        (Alert(1, "a", name=LIST[0].names[0].upper()), "both", ""),
        (Alert(1, "a"), "both", ""),
        (Alert(1, "b", LIST[0].id), "theirs", "below"),
        (Alert(1, "c", LIST[0].id), "theirs", "far"),
        (Alert(1, "c", "nobody"), "theirs", "not_listed"),
        (Alert(1, "c", name="Nobody at all"), "theirs", "not_listed"),
        (Alert(1, "c"), "theirs", "unknown"),
        (Alert(1, "d", LIST[0].id), "theirs", "undecided"),
        (Alert(1, "x", LIST[0].id), "theirs", "no_customer"),
    ],
)
def test_each_alert_of_theirs_has_its_class_and_reason(alert: Alert, kind: str, why: str) -> None:
    made = compared(rows(SAME, FEW, NONE, NO_WORDS), [alert])
    [pair] = [p for p in made.pairs if p.their_line]
    assert (pair.kind, pair.why, pair.customer) == (kind, why, alert.customer)
    if why == "below":
        assert pair.score is not None
        assert pair.score < 0.6
        assert pair.told is not None


def test_an_alert_for_somebody_else_is_one_of_theirs_and_one_of_ours() -> None:
    other = next(e for e in LIST if e.schema == "Person" and e.id != LIST[0].id)
    made = compared(rows(SAME), [Alert(7, "a", other.id, score=0.9)])
    assert made.customers.both == 1
    theirs = next(p for p in made.pairs if p.kind == "theirs")
    ours = next(p for p in made.pairs if p.kind == "ours" and p.entity == LIST[0].id)
    assert (theirs.entity, theirs.also, theirs.their_score) == (other.id, True, 0.9)
    assert ours.also


def test_what_ours_should_have_found_is_told_as_missed() -> None:
    made = Comparison(LIST, HEAD, {"a": [Alert(1, "a", LIST[0].id)]}, "seed", 5)
    made.take(bulk.Line(1, bulk.CLEAR, "a"))  # as if the search had not come to it
    made.end(iter(rows(SAME)))
    assert [(p.kind, p.why) for p in made.pairs] == [("theirs", "missed")]


def test_a_customer_that_cannot_be_read_any_more_is_told() -> None:
    made = Comparison(LIST, HEAD, {"b": [Alert(1, "b", LIST[0].id)]}, "seed", 5)
    made.take(bulk.Line(1, bulk.CLEAR, "b"))
    with pytest.raises(OurFault) as found:
        made.end([Row(1, b"nothing")])
    assert found.value.code == "customers.changed"


def test_customers_are_counted_once_each() -> None:
    found = rows(SAME, FEW, NONE, NO_WORDS, {**SAME, "id": "e"})
    made = compared(found, [Alert(1, "a", LIST[0].id), Alert(2, "b", LIST[0].id)])
    assert msgspec.to_builtins(made.customers) == {
        "both": 1, "theirs": 1, "ours": 1, "none": 1, "undecided": 1,
    }  # fmt: skip


def test_below_the_line_stand_customers_of_none_with_their_best_hit() -> None:
    people = [{**FEW, "id": f"b{n}"} for n in range(9)]
    best = bulk.decide(INDEX, rows(FEW)[0], CustomerReader({}), 0.6).best
    kind = band(best, 0.6)
    assert kind, best
    made = compared(rows(*people), [Alert(1, "b0", "x")], 3)
    assert made.counts[kind] == 8, "one of them is an alert of theirs"
    drawn = [p for p in made.drawn() if p.kind == kind]
    assert len(drawn) == 3
    assert all(p.score == best and p.told is not None for p in drawn)
    again = compared(rows(*people), [Alert(1, "b0", "x")], 3)
    assert again.drawn() == made.drawn()


@given(
    st.lists(st.sampled_from([SAME, FEW, NONE, NO_WORDS]), max_size=5),
    st.lists(
        st.tuples(
            st.sampled_from(["0", "1", "2", "9"]), st.sampled_from([*(e.id for e in LIST[:3]), "?"])
        ),
        unique=True, max_size=6,
    ),
)  # fmt: skip
def test_every_alert_of_both_sides_ends_in_exactly_one_class(
    people: list[Mapping[str, object]], told: list[tuple[str, str]]
) -> None:
    found = rows(*({**p, "id": str(n)} for n, p in enumerate(people)))
    alerts = [Alert(n + 1, c, e) for n, (c, e) in enumerate(told)]
    made = compared(found, alerts)
    assert sorted(p.their_line for p in made.pairs if p.their_line) == [a.line for a in alerts]
    lines = [bulk.decide(INDEX, row, CustomerReader({}), 0.6) for row in found]
    ours = [(line.id, m.told.entity) for line in lines for m in line.hits]
    assert sorted((p.customer, p.entity) for p in made.pairs if p.kind != "theirs") == sorted(ours)
    assert sum(msgspec.to_builtins(made.customers).values()) == len(people)
    assert all(p.why in shadow.REASONS for p in made.pairs if p.kind == "theirs")


# The sample, the shares.


@given(st.permutations([str(n) for n in range(30)]), st.integers(0, 12))
def test_a_sample_hangs_on_the_seed_alone(order: list[str], size: int) -> None:
    one, two, other = Sample[str]("s", size), Sample[str]("s", size), Sample[str]("t", size)
    for each in order:
        one.offer("k", each, each)
        one.offer("k", each, each)
        other.offer("k", each, each)
    for each in sorted(order):
        two.offer("k", each, each)
    assert one.drawn("k") == two.drawn("k")
    assert len(one.drawn("k")) == size
    assert (one.counts, two.counts) == ({"k": 60}, {"k": 30})
    assert size < 5 or one.drawn("k") != other.drawn("k")


@pytest.mark.parametrize(
    ("best", "kind"),
    [
        (0.72, ""), (0.7199, "below_05"), (0.671, "below_05"), (0.669, "below_10"),
        (0.6201, "below_10"), (0.619, "below_20"), (0.521, "below_20"), (0.519, ""), (0.0, ""),
    ],
)  # fmt: skip
def test_a_band_says_by_how_much_the_line_is_missed(best: float, kind: str) -> None:
    assert band(best, 0.72) == kind


@pytest.mark.parametrize(
    ("same", "judged", "low", "high"),
    # The first three as tables of the Wilson interval give them.
    [(5, 10, 0.2366, 0.7634), (1, 10, 0.0179, 0.4042), (0, 10, 0, 0.2775), (10, 10, 0.7225, 1)],
)
def test_a_share_has_its_interval(same: int, judged: int, low: float, high: float) -> None:
    found = wilson(same, judged)
    assert found.share == same / judged
    assert math.isclose(found.low, low, abs_tol=1e-4)
    assert math.isclose(found.high, high, abs_tol=1e-4)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share(told: tuple[int, int]) -> None:
    found = wilson(*told)
    assert 0 <= found.low <= found.share <= found.high <= 1


def test_what_was_judged_is_reckoned_up_to_the_whole_class() -> None:
    drawn = [Compared("theirs", str(n), "e") for n in range(6)]
    words = {p.key: w for p, w in zip(drawn, ["same", "same", "other", "unsure"], strict=False)}
    found = judge({"theirs": 600}, drawn, {**words, ("?", "e"): "same"})
    one = found["theirs"]
    assert (one.pairs, one.judged, one.same, one.unsure) == (600, 3, 2, 1)
    assert one.share is not None
    assert one.estimate == (400, math.floor(600 * one.share.low), math.ceil(600 * one.share.high))
    assert (found["ours"].share, found["ours"].estimate) == (None, None)


# Their lines.


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b'{"customer":"1","entity":"e","score":"0.5"}', Alert(3, "1", "e", score=0.5)),
        (b'{"customer":17,"name":" A  B "}', Alert(3, "17", name="A  B")),
        (b'{"customer":"1","score":null}', Alert(3, "1")),
        (b'{"customer":"' + b"x" * TEXT_MAX + b'"}', Alert(3, "x" * TEXT_MAX)),
        (b'{"customer":"' + b"x" * (TEXT_MAX + 1) + b'"}', Unread(3, incumbent.LONG)),
        (b'{"customer":"1","score":"high"}', Unread(3, incumbent.SCORE)),
        (b'{"customer":"1","score":"nan"}', Unread(3, incumbent.SCORE)),
        (b'{"customer":"1","score":[]}', Unread(3, incumbent.SCORE)),
        (b'{"customer":["1"]}', Unread(3, "form")),
        (b'{"customer":1.5}', Unread(3, "form")),
        (b'{"customer":true}', Unread(3, "form")),
        (b"[]", Unread(3, "form")),
        (b"[" * 3_000, Unread(3, "form")),
        (b"nothing", Unread(3, "form")),
        (b'{"customer":"\xff"}', Unread(3, "encoding")),
        (b"{}", Unread(3, "no_id")),
        (b" " * (LINE_MAX + 1), Unread(3, "too_large")),
    ],
)
def test_a_line_of_theirs_is_an_alert_or_has_a_reason(data: bytes, found: Alert | Unread) -> None:
    assert Reader({}).read(Row(3, data)) == found


def test_a_row_of_theirs_has_their_columns() -> None:
    reader = Reader({"customer": "Kunde", "score": "Punkte"}, ("Kunde", "Punkte", "name"), ";")
    assert reader.read(Row(2, b'7;90;"A;B"')) == Alert(2, "7", name="A;B", score=90.0)
    assert reader.read(Row(2, b"7;90;A;B")) == Unread(2, "form")
    assert reader.read(Row(2, b'7;"90')) == Unread(2, "form")
    assert reader.read(Row(2, b"", "quote")) == Unread(2, "quote")
