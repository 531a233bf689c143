"""The vectors of procedures, the spans of clocks, and pictures made from declarations."""

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import procedure_pages

from detente.app import catalogue
from detente.app.desks import DESKS
from detente.core import canon
from detente.core.moment import Moment, Span
from detente.core.talk import Said
from detente.office.procedure import (
    Clock,
    Duty,
    Guard,
    Move,
    Procedure,
    Rung,
    State,
    Up,
    Who,
    every,
)
from detente.office.procedures import Course, Entry, Ignored, Reading, Tick, courses, readings
from detente.ui.picture import Picture

FILE = Path(__file__).parents[2] / "spec" / "vectors" / "procedures" / "vectors.json"
GIVEN: dict[str, Any] = json.loads(FILE.read_text())
CERT = next(desk for desk in DESKS if desk.name == "cert")


def entry(told: dict[str, Any]) -> Entry:
    mid, reply = canon.from_base64(told["mid"]), told["reply_to"]
    said = Said(
        mid, told["kind"], told["from"], tuple(told["to"]), told["s"], told["n"],
        canon.from_base64(reply) if reply else None,
    )  # fmt: skip
    return Entry(said, Moment(0), facts=told["body"])


def mid_of(mid: bytes) -> str:
    return canon.to_base64(mid)


def shown(one: Ignored) -> dict[str, Any]:
    by = [mid_of(mid) for mid in one.by]
    return {"mid": mid_of(one.mid), "why": one.why, "by": by}


def told(course: Course) -> dict[str, Any]:
    ignored = [shown(one) for one in sorted(course.ignored, key=lambda one: mid_of(one.mid))]
    return {
        "procedure": course.procedure.name,
        "opened": mid_of(course.mid),
        "state": course.state,
        "counted": [mid_of(step.entry.mid) for step in course.steps],
        "ignored": ignored,
    }


@pytest.mark.parametrize("case", GIVEN["cases"], ids=lambda case: case["name"])
@pytest.mark.parametrize("way", [1, -1])
def test_the_courses_of_a_case_are_those_of_the_vector(case: dict[str, Any], way: int) -> None:
    made = [entry(each) for each in case["records"]][::way]
    desk, other = (GIVEN["desk"], GIVEN["other"])[::way]
    found = [told(each) for each in courses(made, CERT.procedures, desk, other)]
    assert found == case["courses"]


# A procedure with a format, on its own.

HOUR = Span.of(hours=1)
CLOCK = Clock(
    name="reply",
    within=every(HOUR),
    by_value=("format", {"urgent": Span.of(minutes=5)}),
    until="until",
    ladder=(Rung(HOUR, Up.SUPERVISOR), Rung(Span.of(hours=2), Up.CHANNEL)),
)
NOTICE = Procedure(
    name="x.notice",
    opens=("x.notice",),
    states=(
        State("open", (Duty(who=Who.OTHER, kinds=("x.reply",), clock=CLOCK),)),
        State("closed", is_end=True),
    ),
    moves=(
        Move(kind="x.reply", who=Who.EITHER, begin=("open",), end="closed",
             guard=Guard("final", ("true",))),
    ),
)  # fmt: skip
A, B = "x@aurelia.gov", "x@borealis.gov"
OPENED = Entry(Said(b"o" * 32, "x.notice", A, (B,), "a", 1, None), Moment(1_000), facts={})


def ticking(opened: Entry) -> Reading:
    (course,) = courses([opened], (NOTICE,), A, B)
    (found,) = readings(course)
    return found


@pytest.mark.parametrize(
    ("opened", "due"),
    [
        (OPENED, Moment(1_000) + HOUR),
        (OPENED._replace(facts={"format": "urgent"}), Moment(1_000) + Span.of(minutes=5)),
        (OPENED._replace(facts={"format": "plain"}), Moment(1_000) + HOUR),
        (OPENED._replace(facts=None), Moment(1_000) + HOUR),
        (OPENED._replace(deadline=Moment(9)), Moment(9)),
        (OPENED._replace(deadline=Moment(9), until={"until": Moment(4)}), Moment(4)),
    ],
)
def test_a_span_comes_from_what_was_asked_the_format_or_the_precedence(
    opened: Entry, due: Moment
) -> None:
    assert ticking(opened).due == due


def test_a_clock_that_takes_no_wish_runs_its_own_time() -> None:
    deaf = replace(CLOCK, asked=False)
    duty = replace(NOTICE.states[0].owes[0], clock=deaf)
    procedure = replace(NOTICE, states=(State("open", (duty,)), NOTICE.states[1]))
    (course,) = courses([OPENED._replace(deadline=Moment(9))], (procedure,), A, B)
    (found,) = readings(course)
    assert (found.due, found.asked) == (Moment(1_000) + HOUR, None)


def test_a_clock_goes_up_its_ladder_and_stops_when_a_record_moves_the_course() -> None:
    found = ticking(OPENED)
    due = found.due
    assert [found.tick(at) for at in (Moment(1_000), due, due + Span(1))] == [
        Tick.RUNNING, Tick.DUE, Tick.OVERDUE,
    ]  # fmt: skip
    assert [found.up(due + each) for each in (HOUR, Span(HOUR.ms + 1), Span.of(hours=3))] == [
        None, Up.SUPERVISOR, Up.CHANNEL,
    ]  # fmt: skip
    reply = Entry(
        Said(b"r" * 32, "x.reply", A, (B,), "a", 2, OPENED.mid), Moment(5_000),
        facts={"final": "true"},
    )  # fmt: skip
    (course,) = courses([reply, OPENED], (NOTICE,), A, B)
    (stopped,) = readings(course)
    assert (stopped.stopped_by, stopped.stopped_at) == (reply.mid, Moment(5_000))
    assert (stopped.tick(due + HOUR), stopped.up(due + HOUR)) == (Tick.STOPPED, None)
    unsure = reply._replace(facts={"final": "false"})
    (course,) = courses([unsure, OPENED], (NOTICE,), A, B)
    assert [one.why for one in course.ignored] == ["guard"]
    assert course.is_known
    assert not courses([reply._replace(facts=None), OPENED], (NOTICE,), A, B)[0].is_known


# A clock that runs from a moment in the opening record, and a course that may begin further on.

KNOWN = replace(
    NOTICE,
    opens=("x.known", "x.notice"),
    begins={"x.notice": "open"},
    states=(
        State("known", (Duty(who=Who.OPENER, kinds=("x.notice",), clock=replace(CLOCK, since="at")),)),
        *NOTICE.states,
    ),
    moves=(Move(kind="x.notice", who=Who.OPENER, begin=("known",), end="open"), *NOTICE.moves),
)  # fmt: skip
FIRST = OPENED._replace(said=OPENED.said._replace(kind="x.known"), until={"at": Moment(400)})


def _notice(from_: str, reply_to: bytes | None) -> Entry:
    to = B if from_ == A else A
    return Entry(
        Said(b"n" * 32, "x.notice", from_, (to,), "a", 2, reply_to), Moment(9_000), facts={}
    )


@pytest.mark.parametrize(
    ("until", "due"),
    [({"at": Moment(400)}, Moment(400)), ({}, Moment(1_000)), (None, Moment(1_000))],
)
def test_a_clock_runs_from_the_moment_that_the_opening_record_names(
    until: dict[str, Moment] | None, due: Moment
) -> None:
    (course,) = courses([FIRST._replace(until=until)], (KNOWN,), A, B)
    (found,) = readings(course)
    assert (found.since, found.due) == (due, due + HOUR)


@pytest.mark.parametrize(("over", "late"), [(0, False), (1, True)])
def test_what_came_after_its_time_is_late(over: int, late: bool) -> None:
    notice = _notice(A, FIRST.mid)._replace(kept_at=Moment(400 + over) + HOUR)
    (course,) = courses([FIRST, notice], (KNOWN,), A, B)
    first, second = readings(course)
    assert (first.is_late, second.is_late) == (late, False)


def test_a_clock_from_a_moment_that_the_next_state_owes_too_is_read_once() -> None:
    first, second, *_ = KNOWN.states
    further = replace(
        KNOWN, states=(replace(first, owes=(*first.owes, *second.owes)), *KNOWN.states[1:])
    )
    (course,) = courses([FIRST, _notice(A, FIRST.mid)], (further,), A, B)
    assert len(readings(course)) == 3, "one from the keeping of a record is another each time"
    since = tuple(replace(each, clock=replace(each.clock, since="at")) for each in second.owes)
    states = (replace(first, owes=(*first.owes, *since)), replace(second, owes=since))
    further = replace(KNOWN, states=(*states, *KNOWN.states[2:]))
    (course,) = courses([FIRST, _notice(A, FIRST.mid)], (further,), A, B)
    found = readings(course)
    assert [each.stopped_by is None for each in found] == [False, True]


def test_a_record_begins_a_course_where_its_kind_says_or_goes_on_with_one() -> None:
    alone, goes_on = _notice(A, None), _notice(A, FIRST.mid)
    (course,) = courses([alone], (KNOWN,), A, B)
    assert (course.mid, course.state) == (alone.mid, "open")
    (course,) = courses([goes_on, FIRST], (KNOWN,), A, B)
    assert [step.end for step in course.steps] == ["known", "open"]
    (course,) = courses([goes_on], (KNOWN,), A, B)
    assert course.state == "open", "what it replies to is not held"


def test_the_other_side_begins_its_own_and_a_second_of_ours_begins_nothing() -> None:
    theirs = _notice(B, FIRST.mid)
    one, other = courses([FIRST, theirs], (KNOWN,), A, B)
    assert ((one.state, one.opener), (other.state, other.opener)) == (("known", A), ("open", B))
    goes_on = _notice(A, FIRST.mid)
    again = goes_on._replace(said=goes_on.said._replace(mid=b"z" * 32, n=3))
    (course,) = courses([FIRST, goes_on, again], (KNOWN,), A, B)
    assert [(one.mid, one.why) for one in course.ignored] == [(again.mid, "state")]


# Pages and pictures.


@pytest.mark.parametrize("desk", DESKS, ids=lambda desk: desk.name)
def test_the_pages_of_docs_are_those_of_the_declarations(desk: Any) -> None:  # noqa: ANN401
    for name, text in procedure_pages.pages(desk).items():
        written = (procedure_pages.DOCS / name).read_text(encoding="utf-8")
        assert written == text, "PYTHONPATH=src:. python -m tests.support.procedure_pages"


def test_docs_have_no_page_of_what_nobody_declares() -> None:
    declared = {name for desk in DESKS for name in procedure_pages.pages(desk)}
    docs = procedure_pages.DOCS
    folders = [docs / each for each in procedure_pages.FOLDERS.values()]
    held = {path.relative_to(docs).as_posix() for each in folders for path in each.iterdir()}
    assert held == declared


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "procedure", [each for desk in DESKS for each in desk.procedures], ids=lambda each: each.name
)
def test_a_picture_shows_every_state_and_move_without_a_style(
    procedure: Procedure, language: str
) -> None:
    picture = Picture(procedure, catalogue.load(), language)
    text = picture.svg(now_at=procedure.first(procedure.opens[0]))
    root = ET.fromstring(text)
    spread = list(root.iter())
    space = "{http://www.w3.org/2000/svg}"
    assert [each.tag for each in root][:2] == [f"{space}title", f"{space}desc"]
    assert root.attrib["aria-labelledby"].split() == [each.attrib["id"] for each in list(root)[:2]]
    assert not any("style" in each.attrib or each.tag == f"{space}style" for each in spread)
    assert not any(name.startswith("on") for each in spread for name in each.attrib)
    classes = [each.attrib.get("class", "").split() for each in spread]
    assert sum("state" in each for each in classes) == len(procedure.states)
    assert sum("move" in each for each in classes) == len(procedure.moves)
    assert sum("now" in each for each in classes) == 1
    assert sum("from" in each for each in classes) == sum(len(m.begin) for m in procedure.moves)
    shown = "".join(root.itertext())
    assert all(picture.state(state.name) in shown for state in procedure.states)


def test_a_picture_of_a_strangers_words_stays_a_picture() -> None:
    words = catalogue.load(more={
        "en": {"x": '[procedure]\nnotice = "a <b> & \\"c\\""\n[state]\nopen = "<script>"\nclosed = "x"\n[clock]\nreply = "r"\n'},
        "ru": {"x": '[procedure]\nnotice = "n"\n[state]\nopen = "o"\nclosed = "x"\n[clock]\nreply = "r"\n'},
    })  # fmt: skip
    picture = Picture(NOTICE, words, "en")
    assert "<script>" not in picture.svg()
    ET.fromstring(picture.svg())
    minutes = replace(CLOCK, within=every(Span.of(minutes=90)))
    duty = replace(NOTICE.states[0].owes[0], clock=minutes)
    half = replace(NOTICE, states=(State("open", (duty,)), NOTICE.states[1]))
    assert "| 90 min |" in Picture(half, words, "en").page("x.svg")
