"""What waits for people, over the API and as lines of the command line."""

from typing import Any

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side

from detente.app.api.routes import Api
from detente.app.face import Out
from detente.app.http import Request
from detente.app.verbs import attention
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.crowds import FOLD_AT
from detente.office.fields import mid_text

HOUR = Span(3_600_000)


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def ask(side: Side, method: str, *path: str, **query: str) -> Any:  # noqa: ANN401  a test knows which
    api = Api(lambda: side.office, lambda _: PERSON, lambda: side.net.now, lambda: None)
    body = b"" if method == "GET" else b"{}"
    return api.handle(Request(1000, method, ("api", "v1", *path), query, body)).document


def test_the_list_comes_as_rows_and_goes_on_page_by_page(net: Net) -> None:
    a, b = net.sides
    mids = [a.send(f"no {n}", b, within=Span(HOUR.ms * (n + 1))) for n in range(3)]
    net.settle()
    rows = ask(b, "GET", "attention", "list")
    assert [row["mid"] for row in rows] == [mid_text(mid) for mid in mids]
    assert (rows[0]["what"], rows[0]["words"], rows[0]["places"], rows[0]["state"]) == (
        "owed", "ui.todo.owed", {"who": a.address}, "open",
    )  # fmt: skip
    api = Api(lambda: b.office, lambda _: PERSON, lambda: net.now, lambda: None)
    first = api.handle(
        Request(1000, "GET", ("api", "v1", "attention", "list"), {"count": "2"}, b"")
    )
    assert isinstance(first.document, list)
    assert len(first.document) == 2
    rest = ask(b, "GET", "attention", "list", count="2", cursor=first.next)
    assert rest == rows[2:]
    assert ask(b, "GET", "attention", "list", desk="notices") == []


def test_many_alike_are_one_row_that_opens(net: Net) -> None:
    a, b = net.sides
    for number in range(FOLD_AT + 1):
        a.send(f"no {number}", b, within=HOUR)
    net.settle()
    net.now += Span(2 * HOUR.ms)
    (row,) = ask(b, "GET", "attention", "list")
    assert (row["count"], row["late"], row["mid"]) == (FOLD_AT + 1, FOLD_AT + 1, None)
    text = attention.line(row)
    assert "21 alike" in text
    assert "21 overdue" in text
    assert text.endswith(f"--crowd '{row['crowd']}'")
    assert len(ask(b, "GET", "attention", "list", crowd=row["crowd"])) == FOLD_AT + 1


def test_a_matter_is_shown_taken_and_left(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    written = mid_text(mid)
    taken = ask(b, "POST", "record", written, "take")
    assert taken["holder"] == PERSON.name
    found = ask(b, "GET", "matter", written, "courses")
    assert (found["matter"], found["holder"]) == (taken["matter"], PERSON.name)
    (course,) = found["courses"]
    assert (course["state"], course["opener"], course["there"]) == ("open", a.address, None)
    (clock,) = course["clocks"]
    assert (clock["owes"], clock["tick"], clock["due"]) == (
        b.address, "running", str(b.office.records.find(mid)[0].moment("deadline")),
    )  # fmt: skip
    lines = attention.course_lines(course)
    assert lines[1] == f"  waits for an answer  {b.address}  {a.address}"
    assert "in time" in lines[-1]
    assert ask(b, "POST", "record", written, "leave")["holder"] == ""


def test_what_did_not_count_and_what_differs_is_told_in_words(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    a.act("cert/withdraw", mid=mid, all=True, reason="false")
    net.settle()
    late = b.act("cert/answer", mid=mid, verdict="question")
    net.settle()
    (course, _gone) = ask(b, "GET", "matter", mid_text(mid), "courses")["courses"]
    course["ignored"] = [
        {"mid": mid_text(late), "kind": "cert.answer", "why": "state", "by": [mid_text(mid)]},
        {"mid": mid_text(late), "kind": "cert.answer", "why": "who", "by": []},
    ]
    course["there"] = {"state": "open", "by": [mid_text(late)]}
    lines = attention.course_lines(course)
    assert any("did not count: cert.answer" in each and "gone on" in each for each in lines)
    assert any(each.endswith("the other side's to say") for each in lines)
    assert "over there it stands otherwise: waits for an answer" in lines[-1]
    course["there"] = {"state": "", "by": []}
    assert "otherwise: -;" in attention.course_lines(course)[-1]


def test_an_alarm_is_seen_by_a_verb_and_told_to_nobody(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    size = len(b.in_log(a))
    assert ask(b, "POST", "record", mid_text(mid), "seen") == {"mid": mid_text(mid)}
    net.settle()
    assert len(b.in_log(a)) == size
    with pytest.raises(OurFault, match=r"office\.no_record|form\.mid"):
        ask(b, "POST", "record", "aaaaaaaa", "seen")


def test_the_list_in_lines_says_what_came_and_went(
    net: Net, capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = net.sides
    first = a.send("one", b, within=HOUR)
    net.settle()
    before = ask(b, "GET", "attention", "list")
    a.send("two", b)
    b.act("cert/answer", mid=first, verdict="useful")
    net.now += HOUR
    net.now += Span(30 * HOUR.ms)
    net.settle()
    now = ask(b, "GET", "attention", "list")
    out = Out(as_json=False, quiet=False)
    assert attention.told(before, before, out) == before
    assert capsys.readouterr().out == ""
    assert attention.told(before, now, out) == now
    said = capsys.readouterr().out.splitlines()
    assert [each[0] for each in said] == ["+", "+", "-"]
    assert "“two”" in said[0] + said[1]
    row = {**before[0], "overdue": True, "rung": "supervisor", "holder": "olga", "alarm": True}
    text = attention.line(row)
    assert "OVERDUE since" in text
    assert "the desk's supervisor" in text
    assert "olga has it" in text
    assert "waits for an answer" in text
    line = {
        **row, "what": "line", "words": "ui.todo.line", "places": {"who": "x", "state": "HALTED"},
        "state": "HALTED", "procedure": "", "title": "", "id": "", "rung": None, "holder": "",
    }  # fmt: skip
    assert "HALTED" not in attention.line(line)
    attention.ring([row], set())
    assert capsys.readouterr().err == "", "no bell where nobody listens"
