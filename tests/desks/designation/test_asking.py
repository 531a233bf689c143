"""Exemptions and their clocks, a person's request for review, and questions of who is meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.desks.designation.table import NOW, PERSON, TO_A, Talk, after, names
from tests.desks.designation.test_designation import code_of

from detente.core.moment import Moment, Span
from detente.desks.designation import rules
from detente.desks.designation.desk import DESK
from detente.desks.designation.kinds import RESTS
from detente.office.fields import Value, Values
from detente.office.tables import Row

FRIDAY = Moment.parse("2026-11-20T10:00:00.000Z")
RENT: dict[str, Value] = {
    "expense": "basic", "amount": "900.00", "currency": "EUR", "payee": "Landlord Ltd",
    "purpose": "Rent, March", "ends": after(60),
}  # fmt: skip


@pytest.fixture
def talk() -> Talk:
    return Talk()


def adopted(talk: Talk) -> bytes:
    mid = talk.propose()
    talk.do(talk.b, "adopt", mid=mid)
    return mid


def line(talk: Talk, mid: bytes, what: str, at: Moment = NOW) -> Row:
    """What both sides show of what was said; they show the same but whose turn it is."""
    (ours,) = (row for row in talk.b.parts(mid, "said", at) if row["what"] == what)
    (theirs,) = (row for row in talk.a.parts(mid, "said", at) if row["what"] == what)
    assert {**ours, "owes": None} == {**theirs, "owes": None}
    return ours


@pytest.mark.parametrize(
    ("objection", "rest", "until"),
    [
        ("48h", None, "2026-11-22T10:00:00.000Z"),
        ("3d", "sat_sun", "2026-11-25T10:00:00.000Z"),
        ("3d", "fri_sat", "2026-11-24T10:00:00.000Z"),
        ("3d", "none", "2026-11-23T10:00:00.000Z"),
        (None, None, "2026-11-25T10:00:00.000Z"),
    ],
)
def test_silence_within_the_declared_time_lets_basic_expenses_be_paid(
    talk: Talk, objection: str | None, rest: str | None, until: str
) -> None:
    mid, end = adopted(talk), Moment.parse(until)
    given = {"objection": objection, "rest": rest}
    talk.do(talk.b, "exempt", mid=mid, **RENT, **{k: v for k, v in given.items() if v})
    for at, may in ((end, False), (end + Span(1), True)):
        told = line(talk, mid, "exemption", at)
        assert (told["due"], told["may_pay"], told["state"]) == (end, may, "notified")


def test_an_objection_ends_it_and_a_later_grant_opens_it_again(talk: Talk) -> None:
    mid = adopted(talk)
    rent = talk.do(talk.b, "exempt", mid=mid, **RENT)
    talk.do(talk.a, "decide", after(1), mid=rent, outcome="denied", text="Not his landlord.")
    told = line(talk, mid, "exemption", after(30))
    assert (told["state"], told["may_pay"]) == ("denied", False)
    talk.do(talk.a, "decide", after(31), mid=rent, outcome="granted", text="It is.")
    assert line(talk, mid, "exemption", after(31))["may_pay"] is True


def test_extraordinary_expenses_wait_for_a_grant_however_long(talk: Talk) -> None:
    mid = adopted(talk)
    told = talk.do(talk.b, "exempt", mid=mid, **{**RENT, "expense": "extraordinary"})
    assert line(talk, mid, "exemption", after(99))["may_pay"] is False
    talk.do(talk.a, "decide", after(99), mid=told, outcome="granted", text="Once.")
    assert line(talk, mid, "exemption", after(99))["may_pay"] is True


def test_who_designated_may_ask_who_applies_it_to_let_funds_out(talk: Talk) -> None:
    mid = adopted(talk)
    asked = talk.do(talk.a, "exempt", mid=mid, **{**RENT, "expense": "extraordinary"})
    talk.do(talk.b, "decide", mid=asked, outcome="granted", text="Done.")
    assert line(talk, mid, "exemption")["may_pay"] is True


def test_nothing_is_exempt_from_what_nobody_applies(talk: Talk) -> None:
    mid = talk.propose()
    assert code_of(talk.b.drafts, "exempt", NOW, mid=mid, **RENT) == "designation.state"
    talk.do(talk.b, "adopt", mid=mid)
    early = {**RENT, "ends": after(-1)}
    assert code_of(talk.b.drafts, "exempt", NOW, mid=mid, **early) == "designation.body"
    rent = talk.do(talk.b, "exempt", mid=mid, **RENT)
    told: dict[str, Value] = {"mid": rent, "outcome": "granted", "text": "x"}
    assert code_of(talk.b.drafts, "decide", NOW, **told) == "designation.ours"
    assert code_of(talk.a.drafts, "decide", NOW, **{**told, "mid": mid}) == "designation.unknown"


def test_an_exemption_that_was_notified_long_ago_is_said_to_be(talk: Talk) -> None:
    mid = adopted(talk)
    (draft,) = talk.b.drafts("exempt", NOW, mid=mid, **RENT)
    talk.say(talk.b, draft, at=after(5))
    assert [row["what"] for row in talk.a.parts(mid, "doubt")] == ["old_notice"]
    assert line(talk, mid, "exemption", after(6))["may_pay"] is False, "it was here for a day"
    assert line(talk, mid, "exemption", after(10, 1))["may_pay"] is True


BASIC = Values({
    **RENT, "of": b"1" * 32, "begins": NOW, "notified": NOW, "objection": "48h", "rest": "sat_sun",
    "until": after(2),
})  # fmt: skip


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"until": after(1)}, "until: not 48h after"),
        ({"objection": "3d"}, "until: not 3d after"),
        ({"until": None}, "name all three"),
        ({"expense": "extraordinary"}, "silence approves no"),
        ({"ends": after(-1)}, "ends"),
        ({"notified": Moment(253_402_300_799_999)}, "until: not 48h after"),
    ],
)
def test_a_clock_that_is_not_the_declared_one_is_refused(
    change: dict[str, Value], word: str
) -> None:
    check = next(each for each in DESK.checks if each.kind.name == "designation.exemption")
    assert check.wrong(BASIC) is None
    assert word in str(check.wrong(Values({**BASIC, **change})))


@given(st.integers(0, 4_000_000_000_000).map(Moment), st.sampled_from(sorted(RESTS)))
def test_three_working_days_end_on_one_at_the_same_hour(at: Moment, rest: str) -> None:
    until = rules.working_days(at, 3, RESTS[rest])
    days, hours = divmod((until - at).ms, Span.of(days=1).ms)
    assert hours == 0
    assert 3 <= days <= 3 + 2 * bool(RESTS[rest])


def test_a_persons_request_is_passed_on_and_decided_by_who_designated(talk: Talk) -> None:
    mid = adopted(talk)
    assert code_of(
        talk.a.drafts, "redress", NOW, mid=mid, ref="R", by="person", grounds="changed", text="x"
    ) == "designation.ours"  # fmt: skip
    asked = talk.do(
        talk.b, "redress", mid=mid, ref="R-8", by="counsel", grounds="mistaken",
        text="Born in another year.", within=Span.of(days=20),
    )  # fmt: skip
    told = line(talk, mid, "redress")
    assert (told["state"], told["due"], told["owes"]) == ("passed", after(20), "them")
    assert talk.states(mid) == {"adopted"}, "a request lifts nothing"
    talk.do(talk.a, "decide", after(3), mid=asked, outcome="granted", text="It was not he.")
    assert line(talk, mid, "redress")["state"] == "granted"
    assert line(talk, mid, "decision")["text"] == "It was not he."
    assert code_of(
        talk.a.drafts, "decide", NOW, mid=asked, outcome="denied", text="x"
    ) == "designation.state"  # fmt: skip
    assert talk.states(mid) == {"adopted"}, "nor does its grant: a delisting does"


def test_who_is_meant_is_asked_and_answered(talk: Talk) -> None:
    mid = talk.propose()
    asked = talk.do(talk.b, "ask", of=mid, ref="B-4", **{**PERSON, "name": names("I. Exempel")})
    assert line(talk, mid, "question")["state"] == "asked"
    talk.do(talk.a, "answer", mid=asked, same="unsure", text="Send his passport.")
    assert line(talk, mid, "question")["state"] == "unsure"
    (answer,) = talk.a.drafts("answer", after(1), mid=asked, same="different", text="Another.")
    assert answer.kind.name == "designation.answer"
    talk.say(talk.a, answer)
    assert line(talk, mid, "question")["state"] == "answered"
    assert code_of(
        talk.a.drafts, "answer", NOW, mid=asked, same="same", text="x"
    ) == "designation.state"  # fmt: skip


def test_a_question_says_whom_it_asks_and_about_which_designation(talk: Talk) -> None:
    assert code_of(talk.b.drafts, "ask", NOW, ref="B-4", **PERSON) == "designation.body"
    given: dict[str, Value] = {**PERSON, "ref": "B-4", "number": "AUR-99"}
    assert code_of(talk.b.drafts, "ask", NOW, **given) == "designation.body"
    (draft,) = talk.b.drafts("ask", NOW, **given, to=TO_A)
    assert (draft.to, draft.tlp) == (TO_A, "RED")
    (mid,) = [talk.say(talk.b, draft)]
    for side, owes in ((talk.a, "us"), (talk.b, "them")):
        (row,) = side.look("requests")
        assert (row["mid"], row["number"], row["owes"]) == (mid, "AUR-99", owes)


def test_requests_are_listed_by_their_deadline_and_with_their_designation(talk: Talk) -> None:
    mid = adopted(talk)
    rent = talk.do(talk.b, "exempt", mid=mid, **RENT)
    asked = talk.do(
        talk.b, "redress", mid=mid, ref="R-8", by="person", grounds="changed", text="Please.",
        within=Span.of(days=2),
    )  # fmt: skip
    rows = talk.a.look("requests")
    assert [(row["mid"], row["number"]) for row in rows] == [(asked, "AUR-17"), (rent, "AUR-17")]
    talk.do(talk.a, "decide", mid=asked, outcome="denied", text="No.")
    assert [row["mid"] for row in talk.a.look("requests")] == [rent, asked]
