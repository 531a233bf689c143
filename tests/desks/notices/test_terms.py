"""Terms of service: proposed, agreed, and what they change of notices on both sides."""

from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.notices.watch import NOW, TO_A, TO_B, A, B, Floor, Side, say, values

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.notices import procedures
from detente.desks.notices.desk import DESK, wrong_values
from detente.desks.notices.formats import shipped
from detente.desks.notices.kinds import SPANS
from detente.desks.notices.terms import rules
from detente.desks.notices.terms.rules import Terms
from detente.office import courses, dressing, procedure
from detente.office.drafting import PRECEDENCES
from detente.office.fields import Value, Values
from detente.office.procedure import Up
from detente.office.reader import TableReader
from detente.office.stands import COURSES
from detente.office.tables import Row, Table

TEXT = values(text="Good wishes")


def speed(**named: str) -> tuple[Values, ...]:
    return tuple(Values({"prec": prec, "within": within}) for prec, within in named.items())


def after(hours: int) -> Moment:
    return NOW + Span.of(hours=hours)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def propose(floor: Floor, at: Moment = NOW, /, **named: str) -> bytes:
    return floor.do(floor.a, "propose", at, to=TO_B, speed=speed(**named))


def states(side: Side, at: Moment) -> list[object]:
    return [row["state"] for row in side.look("terms", at)]


def due_of(side: Side, mid: bytes) -> object:
    (row,) = side.rows(COURSES).find({"mid": mid}, None, 2)
    return row["due"]


def test_what_was_agreed_is_the_clock_of_both_sides_from_then_on(floor: Floor) -> None:
    before = floor.do(floor.a, "send", to=TO_B, format="N80", value=TEXT)
    mid = propose(floor, ROUTINE="12h", PRIORITY="1h")
    assert states(floor.b, NOW) == ["open"]
    still = floor.do(floor.a, "send", to=TO_B, format="N80", value=TEXT)
    floor.do(floor.b, "agree", after(1), mid=mid)
    sent = floor.do(floor.b, "send", after(2), to=TO_A, format="N80", value=TEXT)
    for side in (floor.a, floor.b):
        assert states(side, after(2)) == ["stands"]
        assert due_of(side, before) == due_of(side, still) == after(6)
        assert due_of(side, sent) == after(14)
        (row,) = side.look("terms", after(2))
        told = [row[name] for name in ("flash", "immediate", "priority", "routine")]
        assert told == ["10m", "30m", "1h", "12h"]
    floor.do(floor.a, "acknowledge", after(12), mid=sent, officer="A. Lind")
    (ours,) = (
        row
        for row in floor.a.look("figures", after(13), month="2026-11")
        if row["from"] == f"notices@{B}"
    )
    (theirs,) = (
        row
        for row in floor.b.look("figures", after(13), month="2026-11")
        if row["from"] == f"notices@{B}"
    )
    assert ours == theirs
    assert (ours["in_time"], ours["late"]) == (1, 0), "ten hours are late by what ships alone"


def test_a_format_with_a_span_of_its_own_keeps_it(floor: Floor) -> None:
    floor.do(floor.b, "agree", mid=propose(floor, ROUTINE="12h", PRIORITY="6h", IMMEDIATE="6h"))
    own = [each for each in shipped.shipped().values() if each.acknowledge]
    assert own
    for each in own:
        body: dict[str, Value] = {
            "format": each.code, "version": each.version, "digest": each.digest, "year": 2026,
            "number": 1, "language": "en", "value": (),
        }  # fmt: skip
        more: dict[str, Value] = {"answer": each.answer} if each.answer else {}
        told = [Values({**body, **more, "acknowledge": word}) for word in (each.acknowledge, "7d")]
        found = [str(wrong_values(one)) for one in told]
        assert ["acknowledge" in one for one in found] == [False, True]


def test_terms_that_are_declined_or_begin_later_change_nothing_yet(floor: Floor) -> None:
    no = propose(floor, ROUTINE="24h")
    floor.do(floor.b, "agree", mid=no, decline=True, text="Too slow")
    floor.do(floor.b, "agree", mid=floor.do(
        floor.a, "propose", to=TO_B, speed=speed(ROUTINE="12h"), since=after(10)
    ))  # fmt: skip
    assert sorted(map(str, states(floor.a, after(9)))) == ["declined", "later"]
    (draft,) = floor.a.drafts("send", after(9), to=TO_B, format="N80", value=TEXT)
    assert "acknowledge" not in draft.body
    (draft,) = floor.a.drafts("send", after(10), to=TO_B, format="N80", value=TEXT)
    assert draft.body["acknowledge"] == "12h"
    assert sorted(map(str, states(floor.b, after(10)))) == ["declined", "stands"]


def test_who_agreed_is_bound_before_it_sent_anything(floor: Floor) -> None:
    floor.do(floor.b, "agree", mid=propose(floor, ROUTINE="12h"))
    (draft,) = floor.b.drafts("send", after(1), to=TO_A, format="N80", value=TEXT)
    assert draft.body["acknowledge"] == "12h"


def test_newer_terms_replace_and_those_with_another_party_bind_it_alone(floor: Floor) -> None:
    floor.do(floor.b, "agree", mid=propose(floor, ROUTINE="12h"))
    newer = floor.do(floor.b, "propose", after(1), to=TO_A, speed=speed(ROUTINE="24h"))
    floor.do(floor.a, "agree", after(2), mid=newer)
    assert states(floor.a, after(3)) == states(floor.b, after(3)) == ["stands", "replaced"]
    (draft,) = floor.a.drafts("send", after(3), to=TO_B, format="N80", value=TEXT)
    assert draft.body["acknowledge"] == "24h"
    (draft,) = floor.a.drafts(
        "send", after(3), to=("notices@cordia.gov",), format="N80", value=TEXT
    )
    assert "acknowledge" not in draft.body
    assert len(floor.a.look("terms", after(3), party=B)) == 2
    assert not floor.a.look("terms", after(3), party="cordia.gov")


def test_nobody_answers_their_own_proposal_nor_one_twice(floor: Floor) -> None:
    mid = propose(floor, ROUTINE="12h")
    for side, known, word in (
        (floor.a, mid, "our own"), (floor.b, b"\0" * 32, "no proposal"),
    ):  # fmt: skip
        with pytest.raises(OurFault, match=word) as told:
            side.drafts("agree", NOW, mid=known)
        assert told.value.code == "notices.no_terms"
    floor.do(floor.b, "agree", mid=mid)
    with pytest.raises(OurFault, match="has its answer") as told:
        floor.b.drafts("agree", after(1), mid=mid)
    assert told.value.code == "notices.no_terms"


def test_a_word_of_somebody_else_and_a_second_word_agree_to_nothing(floor: Floor) -> None:
    mid = propose(floor, ROUTINE="12h")
    (yes,) = floor.b.drafts("agree", after(2), mid=mid)
    (no,) = floor.b.drafts("agree", after(1), mid=mid, decline=True)
    say(Side("cordia.gov"), yes, floor.a, at=after(2))
    assert states(floor.a, after(3)) == ["open"]
    say(floor.b, yes, floor.a, at=after(2))
    say(floor.b, no, floor.a, at=after(3))  # said first, came last
    assert states(floor.a, after(4)) == ["declined"]


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ((("ROUTINE", "1h"),), "PRIORITY 3h is slower than ROUTINE 1h"),
        ((("FLASH", "1h"),), "FLASH 1h is slower than IMMEDIATE 30m"),
        ((("ROUTINE", "12h"), ("ROUTINE", "24h")), "ROUTINE is named twice"),
    ],
)
def test_terms_that_contradict_themselves_are_refused_on_both_sides(
    floor: Floor, told: tuple[tuple[str, str], ...], word: str
) -> None:
    given = tuple(Values({"prec": prec, "within": within}) for prec, within in told)
    with pytest.raises(OurFault, match=word) as refused:
        floor.a.drafts("propose", NOW, to=TO_B, speed=given)
    assert refused.value.code == "notices.terms"
    check = next(each for each in DESK.checks if each.kind.name == "notices.terms")
    assert word in str(check.wrong(Values({"speed": given, "since": NOW})))
    assert check.wrong(Values({"speed": speed(ROUTINE="12h"), "since": NOW})) is None


_WORD = st.sampled_from(sorted(SPANS))
_MOMENT = st.integers(0, 5).map(after)
_TERMS = st.builds(
    Terms,
    mid=st.binary(min_size=1, max_size=2),
    from_=st.sampled_from((A, B, "cordia.gov")),
    to=st.sampled_from((A, B)),
    speed=st.dictionaries(st.sampled_from(PRECEDENCES), _WORD, max_size=4),
    since=_MOMENT,
    created=_MOMENT,
    answer=st.none() | st.tuples(st.booleans(), _MOMENT),
)


@given(st.lists(_TERMS, max_size=6, unique_by=lambda each: each.mid), _MOMENT)
def test_both_sides_find_the_same_terms_whatever_came_first(every: list[Terms], at: Moment) -> None:
    found = rules.standing(every, A, B, at)
    assert rules.standing(every[::-1], B, A, at) == found
    if found is not None:
        assert found.answer is not None
        assert found.answer[0]
        assert max(found.since, found.answer[1]) <= at


@given(st.dictionaries(st.sampled_from(PRECEDENCES), _WORD, max_size=4))
def test_a_good_speed_is_never_slower_for_the_more_urgent(told: dict[str, str]) -> None:
    spans = [SPANS[word] for word in rules.whole(told).values()]
    assert (rules.wrong(told.items()) is None) == (spans == sorted(spans, reverse=True))


# The ladder.

LADDER = "supervisor=20m,channel=2h"


def test_the_agreed_ladder_stands_in_each_notice_and_both_sides_climb_it(floor: Floor) -> None:
    mid = floor.do(floor.a, "propose", to=TO_B, ladder=LADDER)
    before = floor.do(floor.a, "send", to=TO_B, format="N80", value=TEXT)
    floor.do(floor.b, "agree", mid=mid)
    sent = floor.do(floor.b, "send", to=TO_A, format="N80", value=TEXT)
    for side in (floor.a, floor.b):
        (row,) = side.look("terms")
        assert (row["ladder"], row["routine"]) == (LADDER, "6h")
    late = after(6)
    assert climbed(floor, late, before) == climbed(floor, late, sent) == set()
    at = late + Span(1)
    assert floor.turn(at) == 2, (
        "by what ships the desk hears at once, of the notice that has no ladder"
    )
    assert climbed(floor, at, before) == {"desk"}
    assert climbed(floor, at, sent) == set()
    assert floor.turn(at + Span.of(minutes=20)) == 6
    assert climbed(floor, at, before) == {"desk", "supervisor", "channel"}
    assert climbed(floor, at, sent) == {"supervisor"}
    floor.turn(at + Span.of(hours=2))
    assert climbed(floor, at, sent) == {"supervisor", "channel"}


def climbed(floor: Floor, at: Moment, mid: bytes) -> set[object]:
    """Return the steps of a notice as both sides have them, each recorded by both."""
    steps = []
    for side in (floor.a, floor.b):
        said = [each for each in side.look("show", at, mid=mid) if each["how"] == "step"]
        found = {(each["text"], each["by"]) for each in said}
        steps.append(found)
        assert {text for text, by in found if str(by).endswith(A)} == {
            text for text, by in found if str(by).endswith(B)
        }
    assert steps[0] == steps[1]
    return {text for text, _ in steps[0]}


@pytest.mark.parametrize(
    "wrong",
    [
        "desk", "desk=0", "desk=0s", "deputy=5m", "desk=5m,desk=6m", "supervisor=5m,desk=6m",
        "desk=6m,supervisor=5m", "channel=1441m", "channel=25h", "desk=0m,", "",
    ],
)  # fmt: skip
def test_a_ladder_that_is_none_is_not_proposed_and_not_believed(floor: Floor, wrong: str) -> None:
    if wrong:
        with pytest.raises(OurFault) as caught:
            floor.a.drafts("propose", NOW, to=TO_B, ladder=wrong)
        assert caught.value.code == "notices.terms"
    assert procedure.rungs(wrong) == ()
    body: dict[str, Value] = {"digest": b"x" * 32, "ladder": wrong}
    assert wrong_values(Values(body)) == "ladder: this is none"


def test_terms_say_spans_or_a_ladder_or_both(floor: Floor) -> None:
    with pytest.raises(OurFault) as caught:
        floor.a.drafts("propose", NOW, to=TO_B)
    assert caught.value.code == "notices.terms"
    assert floor.a.drafts("propose", NOW, to=TO_B, ladder="channel=24h")
    longest = "desk=1440m,supervisor=1440m,channel=1440m"
    assert len(longest) == procedure.LADDER_MAX
    assert floor.a.drafts("propose", NOW, to=TO_B, ladder=longest)
    assert procedure.rungs("channel=1440m") == procedure.rungs("channel=24h") != ()


def test_the_list_of_what_waits_climbs_by_the_agreed_ladder_too(floor: Floor) -> None:
    floor.do(floor.b, "agree", mid=floor.do(floor.a, "propose", to=TO_B, ladder=LADDER))
    floor.do(floor.a, "send", to=TO_B, format="N80", value=TEXT)
    rows = [Values(each) for each in floor.b.rows(courses.WAITING).find({}, None, 9)]
    (row,) = [each for each in rows if each.get("procedure")]
    notice = next(each for each in procedures.ALL if each.name == row["procedure"])
    late = [after(6) + Span.of(minutes=each) for each in (10, 21, 121)]
    assert [dressing.waiting(row, notice, each).rung for each in late] == [
        None, Up.SUPERVISOR, Up.CHANNEL,
    ]  # fmt: skip


def test_what_is_not_due_is_not_looked_at(floor: Floor) -> None:
    for minutes in range(3):
        floor.do(floor.a, "send", NOW + Span.of(minutes=minutes), to=TO_B, format="N80", value=TEXT)
    looked: list[object] = []
    get = TableReader.get

    def noted(self: TableReader, table: Table, key: Value) -> Row | None:
        looked.append(key)
        return get(self, table, key)

    with mock.patch.object(TableReader, "get", noted):
        assert floor.b.chores(after(5)) == []
        assert looked == []
        assert len(floor.b.chores(after(6) + Span.of(minutes=1))) == 1
