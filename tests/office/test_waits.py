"""What a record waits for: the line, a person over there, an answer; each told apart."""

from dataclasses import replace
from typing import Any

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.app.api.routes import Api
from detente.app.http import Request
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node.attendance import ATTENDANCE
from detente.node.ports import Answer
from detente.office import house, replies, unsent
from detente.office.desk import Opened
from detente.office.fields import Value, Values, mid_text
from detente.office.waits import GRACE, Wait
from detente.store.memory import MemoryShelf

DESK = "cert@borealis.gov"
HOUR = Span(3_600_000)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def states(side: Side, mid: bytes) -> list[tuple[str, str]]:
    waits, _ = side.office.records.owed([mid], side.net.now)[mid]
    return [(each.desk, each.state) for each in waits]


def answers(side: Side, mid: bytes) -> list[tuple[str, str, str]]:
    _, replies = side.office.records.owed([mid], side.net.now)[mid]
    return [(each.desk, each.answer, each.reason) for each in replies]


def reply(
    side: Side, mid: bytes, answer: str, reason: str = "", until: Moment | None = None
) -> bytes:
    outcome = side.office.records.answer(PERSON, mid, (answer, reason, until), side.net.now)
    side.net.settle()
    return outcome.mids[0]


def attend(side: Side) -> None:
    side.office.watch.attend(PERSON, side.net.now)
    side.net.settle()


def shown_as(side: Side, state: str, why: str) -> None:
    """Let the node say so of each link."""
    levels = side.hatch.levels
    side.hatch.levels = lambda: [  # type: ignore[method-assign]
        replace(each, state=state, why=why) if each.peer else each for each in levels()
    ]


@pytest.mark.parametrize(
    "state", ["PATH_DOWN", "NODE_DOWN", "KEY_MISMATCH", "PEER_READ_ONLY", "HALTED", "COURIER"]
)
def test_what_is_not_stored_waits_for_the_line_and_says_why(net: Net, state: str) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    assert states(a, mid) == [], "it is on its way"
    shown_as(a, state, "told by the node")
    (wait,), _ = a.office.records.owed([mid], net.now)[mid]
    assert (wait.desk, wait.state, wait.why) == (DESK, state, "told by the node")


def test_what_is_stored_and_not_opened_waits_for_an_office_after_a_while(net: Net) -> None:
    a, b = net.sides
    b.node.attend("cert", net.now)
    mid = a.send("one", b)
    net.pump()
    while a.office.advance(net.now):
        pass
    assert a.level(mid) == "STORED"
    assert states(a, mid) == [], "an office has time to open it"
    net.now = net.now + GRACE + Span(1)
    assert states(a, mid) == [(DESK, "UNATTENDED")]
    shown_as(a, "PATH_DOWN", "cut")
    assert states(a, mid) == [(DESK, "PATH_DOWN")], "what they say does not reach us"


def test_what_is_opened_and_nobody_is_there_waits_for_somebody_at_the_desk(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    assert a.level(mid) == "DELIVERED"
    assert states(a, mid) == [(DESK, "UNATTENDED")]
    attend(b)
    assert states(a, mid) == [(DESK, "UNREAD")]
    net.now += ATTENDANCE
    b.node.tick(net.now)
    net.pump()
    assert states(a, mid) == [(DESK, "UNATTENDED")]
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert states(a, mid) == [], "no answer was asked"


def test_of_a_desk_that_is_not_shown_it_is_only_unread(net: Net) -> None:
    a, b = net.sides
    b.node._seat = replace(b.node._seat, shows=frozenset())
    b.node._tell_status(net.now)
    mid = a.send("one", b)
    net.settle()
    assert states(a, mid) == [(DESK, "UNREAD")]


def test_what_is_read_and_not_answered_is_told_once_its_time_is_over(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert states(a, mid) == states(b, mid) == []
    net.now += HOUR
    assert states(a, mid) == [], "it has until then"
    net.now += Span(1)
    due = a.office.records.find(mid)[0].moment("deadline")
    for side in net.sides:
        assert side.office.records.owed([mid], net.now)[mid][0] == (
            Wait(DESK, "READ_UNANSWERED", due),
        )


@pytest.mark.parametrize("answer", ["ACTION", "DECLINED"])
def test_an_answer_of_either_kind_ends_the_waiting(net: Net, answer: str) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    reply(b, mid, answer, "not within our remit")
    net.now = net.now + HOUR + HOUR
    for side in net.sides:
        assert states(side, mid) == ([] if side is a else [(DESK, "UNREAD")])
        assert answers(side, mid) == [(DESK, answer, "not within our remit")]


def test_a_hold_answers_until_it_is_over_and_the_last_answer_rules(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    until = net.now + HOUR + HOUR
    reply(b, mid, "HOLD", until=until)
    net.now = net.now + HOUR + Span(1)
    assert states(a, mid) == []
    net.now = until + Span(1)
    assert a.office.records.owed([mid], net.now)[mid][0] == (Wait(DESK, "READ_UNANSWERED", until),)
    reply(b, mid, "DECLINED", "we looked")
    assert (states(a, mid), answers(a, mid)) == ([], [(DESK, "DECLINED", "we looked")])
    reply(b, mid, "ACTION")
    assert answers(a, mid) == [(DESK, "ACTION", "")]
    before = a.rows(house.RECORDS), a.office.records.owed([mid], net.now)
    a.office.rebuild(net.now)
    assert (a.rows(house.RECORDS), a.office.records.owed([mid], net.now)) == before


def test_a_record_that_answers_in_the_desks_own_words_is_an_answer(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    b.act("cert/answer", mid=mid, verdict="useful")
    net.settle()
    net.now = net.now + HOUR + Span(1)
    assert states(a, mid) == states(b, mid) == []


def test_only_who_was_asked_may_answer_and_only_in_a_known_way(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()

    def code(side: Side, of: bytes, answer: str, reason: str, until: Moment | None) -> str:
        with pytest.raises(OurFault) as caught:
            side.office.records.answer(PERSON, of, (answer, reason, until), net.now)
        return caught.value.code

    assert code(a, mid, "ACTION", "", None) == "office.no_answer"
    assert code(b, mid, "MAYBE", "", None) == "form.choice"
    assert code(b, mid, "HOLD", "", None) == "form.missing"
    assert code(b, mid, "DECLINED", "", None) == "form.missing"
    assert code(b, mid, "HOLD", "", net.now) == "form.time"
    assert code(b, mid, "ACTION", "x" * 501, None) == "form.length"
    made = reply(b, mid, "ACTION", "x" * 500)
    assert code(a, made, "ACTION", "", None) == "office.no_answer"
    assert states(b, made) == states(a, made) == []


def test_what_was_refused_waits_for_nobody_over_there(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    body: dict[str, Value] = {
        "of": mid,
        "code": "E_MARKING",
        "what": "too strict",
        "remedy": "mark it anew",
    }
    b.say_house("sys.reject", a, body)
    net.settle()
    assert (a.level(mid), states(a, mid)) == ("REJECTED", [])


def test_what_our_own_node_refused_waits_for_a_person_here(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    with a.shelf.inner.begin() as tx:
        unsent.put(tx, mid, Answer(mid, "E_SIZE", "too long", "cut it"), net.now)
    assert states(a, mid) == []


def test_without_a_link_nothing_is_said_of_one(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    a.hatch.levels = list  # type: ignore[method-assign]
    assert states(a, mid) == []


# Answers come in any order and more than once.


def said(
    n: int, at: int, *, s: str = "aaaa", mid: bytes = b"m", kind: str = "ack.action"
) -> Opened:
    return Opened(
        mid=mid * 32, kind=kind, from_=DESK, to=("cert@aurelia.gov",), matter="0" * 32, s=s, n=n,
        reply_to=b"o" * 32, prec="ROUTINE", tlp="CLEAR", created=Moment(at), kept_at=Moment(at),
        deadline=None, ours=False, origin="", place=0, author="s-01", releaser=None, ext={},
        body=Values({"of": b"o" * 32}),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        (said(1, 9), said(2, 5, mid=b"n"), 2),  # one series: the number, whatever a clock said
        (said(2, 5), said(1, 9, mid=b"n"), 2),
        (said(7, 5), said(1, 9, mid=b"n", s="bbbb"), 1),  # another series: what was kept last
        (said(1, 9), said(7, 5, mid=b"n", s="bbbb"), 1),
    ],
)
def test_of_answers_of_one_desk_the_last_rules_in_any_order(
    one: Opened, other: Opened, rules: int
) -> None:
    for order in ((one, other), (other, one)):
        shelf = MemoryShelf()
        with shelf.begin() as tx:
            for each in order:
                replies.FOLD.apply(tx.rows(replies.ANSWERS), each)
            (row,) = tx.rows(replies.ANSWERS).find({}, None, 9)
        assert row["n"] == rules


def test_an_answer_that_came_again_was_said_when_it_came_first() -> None:
    shelf = MemoryShelf()
    with shelf.begin() as tx:
        for at in (7, 5, 9):
            replies.FOLD.apply(tx.rows(replies.ANSWERS), said(1, at))
        (row,) = tx.rows(replies.ANSWERS).find({}, None, 9)
    assert row["at"] == Moment(5)


# The API says the same.


def ask(side: Side, method: str, *path: str, body: bytes = b"") -> Any:  # noqa: ANN401  a test knows which
    api = Api(lambda: side.office, lambda _: PERSON, lambda: side.net.now, lambda: None)
    return api.handle(Request(1000, method, ("api", "v1", *path), {}, body)).document


def test_the_api_shows_what_a_record_waits_for_and_takes_an_answer(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    written = mid_text(mid)
    (wait,) = ask(a, "GET", "record", written)["waits"]
    assert wait == {"desk": DESK, "state": "UNATTENDED", "why": "", "since": None}
    (listed,) = [each for each in ask(a, "GET", "record") if each["mid"] == written]
    assert (listed["waits"], listed["answers"]) == ([wait], [])

    ask(b, "POST", "record", written, "read")  # whoever reads is there
    net.settle()
    other = a.send("two", b)
    net.settle()
    assert [each["state"] for each in ask(a, "GET", "record", mid_text(other))["waits"]] == [
        "UNREAD"
    ]

    body = b'{"answer":"declined","reason":"not ours"}'
    made = ask(b, "POST", "record", written, "answer", body=body)
    net.settle()
    (answer,) = ask(a, "GET", "record", written)["answers"]
    assert (answer["answer"], answer["reason"], answer["mid"]) == (
        "DECLINED",
        "not ours",
        made["mid"],
    )
    found = ask(a, "GET", "attention")
    assert [(each["state"], each["count"]) for each in found["parties"]] == [
        ("DECLINED", 1),
        ("UNREAD", 1),
    ]
    held = ask(b, "POST", "record", written, "answer", body=b'{"answer":"hold","within":"1h"}')
    assert held["kind"] == "ack.hold"
    with pytest.raises(OurFault, match=r"form\.text"):
        ask(b, "POST", "record", written, "answer", body=b'{"answer":7}')


def test_a_timer_that_asks_the_office_is_nobody_at_the_desk(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    for path in ("doctor", "attention", "log", "refused"):
        ask(b, "GET", path)
    net.settle()
    assert states(a, mid) == [(DESK, "UNATTENDED")]
    ask(b, "GET", "cert", "list")
    net.settle()
    assert states(a, mid) == [(DESK, "UNREAD")]
