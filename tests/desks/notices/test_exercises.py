"""Exercises as both sides of a watch floor play them, and what is kept apart from them."""

import random

import pytest
from tests.desks.notices.watch import NOW, OUTAGE, TO_A, TO_B, Floor, Side, say, values

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.notices.desk import DESK
from detente.desks.notices.exercises import folds, pages, play, shipped
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.tables import Row

MINUTE = Span.of(minutes=1)
NAME = "GREY TIDE"


def after(minutes: int) -> Moment:
    return NOW + Span(minutes * MINUTE.ms)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def begin(floor: Floor, scenario: str = "grid_at_sea") -> bytes:
    mid = floor.do(floor.a, "exercise", to=TO_B, scenario=scenario)
    floor.do(floor.b, "join", mid=mid, language="ru")
    return mid


def run(floor: Floor, minutes: int, since: int = 0) -> None:
    """Let both desks look once a minute."""
    for minute in range(since, minutes + 1):
        floor.turn(after(minute))


def sent(side: Side, mid: bytes, inject: str) -> Values:
    """The notice that plays an inject."""
    found = play.at(side.reader, mid)
    wanted = found.scenario.inject(inject)
    assert wanted
    row = found.notice(side.reader, wanted)
    assert row, f"{inject} was not sent"
    return row


def standings(side: Side, mid: bytes, minutes: int) -> dict[object, object]:
    return {row["name"]: row["standing"] for row in side.look("timeline", after(minutes), mid=mid)}


def part(rows: tuple[Row, ...], name: str) -> list[Row]:
    return [row for row in rows if row["part"] == name]


def test_nothing_is_sent_until_the_other_side_has_joined(floor: Floor) -> None:
    mid = floor.do(floor.a, "exercise", to=TO_B, scenario="grid_at_sea")
    assert floor.turn(after(20)) == 0
    assert [side.look("exercises")[0]["standing"] for side in (floor.a, floor.b)] == [
        "proposed"
    ] * 2
    with pytest.raises(OurFault, match="not joined") as refused:
        floor.a.drafts("inject", NOW, mid=mid)
    assert refused.value.code == "notices.not_joined"
    floor.do(floor.b, "join", after(20), mid=mid)
    assert floor.turn(after(20)) == 1, "the time runs from the joining"
    assert standings(floor.a, mid, 20)["announced"] == "sent"
    assert standings(floor.a, mid, 20)["outage"] == "waits"


def test_it_begins_when_it_was_to_begin(floor: Floor) -> None:
    mid = floor.do(floor.a, "exercise", to=TO_B, scenario="grid_at_sea", begins=after(60))
    floor.do(floor.b, "join", mid=mid)
    assert floor.b.look("exercises", after(59))[0]["standing"] == "agreed"
    assert floor.turn(after(59)) == 0
    assert floor.turn(after(60)) == 1


def test_each_side_plays_its_role_at_its_time_in_its_language_and_once(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 24)
    assert sent(floor.a, mid, "announced")["from"] == floor.b.address
    outage = sent(floor.b, mid, "outage")
    assert (outage["prec"], outage["created"]) == ("FLASH", after(10))
    texts = {each.text("name"): each.text("text") for each in outage.parts("value")}
    assert texts["began"] == "2026-11-22T10:04Z", "four minutes after the beginning"
    assert texts["remarks"].startswith("Two lines tripped"), "aurelia plays in English"
    told = sent(floor.a, mid, "announced")
    assert told["language"] == "ru"
    assert any("радиолокаторы" in each.text("text") for each in told.parts("value"))
    assert floor.a.look("doubts") == floor.b.look("doubts") == (), "no number is given twice"
    assert len(floor.a.look("list", after(24))) == 3


def test_a_near_duplicate_is_another_notice_with_most_of_the_same_words(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 20)
    first, second = (sent(floor.b, mid, each) for each in ("outage", "second"))
    one, other = (
        {v.text("name"): v.text("text") for v in row.parts("value")} for row in (first, second)
    )
    assert (one["people"], other["people"]) == ("120000", "12000")
    assert one.keys() == other.keys()
    assert first["matter"] != second["matter"]


def test_every_record_of_an_exercise_carries_its_mark(floor: Floor) -> None:
    told: list[Draft] = []

    def do(by: Side, verb: str, at: Moment, **given: object) -> bytes:
        drafts = by.drafts(verb, at, **given)  # type: ignore[arg-type]  # as the floor's own
        told.extend(drafts)
        return next(say(by, each, floor.a, floor.b, at=at) for each in drafts)

    mid = do(floor.a, "exercise", NOW, to=TO_B, scenario="grid_at_sea", unreleased="nobody here")
    do(floor.b, "join", NOW, mid=mid)
    for minute in range(60):
        for side in (floor.a, floor.b):
            for each in side.chores(after(minute)):
                told.append(each)
                say(side, each, floor.a, floor.b, at=after(minute))
    notice, question = (sent(floor.b, mid, each).data("mid") for each in ("outage", "asked"))
    do(floor.b, "acknowledge", after(60), mid=notice, officer="A. Lind", unreleased="nobody here")
    do(floor.b, "answer", after(60), mid=question, value=values(position="not_ours"))
    do(floor.a, "correct", after(61), mid=notice, value=values(cause="human"))
    do(floor.b, "translate", after(61), mid=notice, name="remarks", language="ru", text="Две линии",
       translator="И. Орлова")  # fmt: skip
    do(floor.a, "cancel", after(62), mid=notice, reason="over")
    do(floor.b, "reading", after(62), mid=mid, reader="x", choice=choices(accused="nobody"))
    do(floor.a, "end", after(63), mid=mid)
    assert {each.kind.name for each in told} >= {"notices.step", "notices.receipt", "notices.reply"}
    assert {(each.ext or {}).get("exercise") for each in told} == {NAME}
    assert "unreleased" in (told[0].ext or {}), "and what else a header says"
    for side in (floor.a, floor.b):
        assert {row["exercise"] for row in side.look("log", day="2026-11-22")} == {NAME}
        assert {row.get("exercise") for row in side.look("list", after(63))} == {NAME}
        (mark,) = [row for row in side.look("show", mid=notice) if row["part"] == "exercise"]
        assert mark["text"] == NAME


def choices(**named: str) -> tuple[Values, ...]:
    return tuple(Values({"question": name, "choice": code}) for name, code in named.items())


def test_a_drills_word_settles_nothing_real_and_a_real_one_nothing_of_a_drill(floor: Floor) -> None:
    real = floor.do(floor.a, "send", to=TO_B, format="N6", value=OUTAGE)
    with pytest.raises(OurFault, match="of no exercise") as refused:
        floor.b.drafts("acknowledge", NOW, mid=real, officer="x", exercise=NAME)
    assert refused.value.code == "notices.mark"
    (draft,) = floor.b.drafts("acknowledge", NOW, mid=real, officer="A. Lind")
    posing = Draft(
        kind=draft.kind, to=draft.to, body=draft.body, created=NOW, ext={"exercise": NAME}
    )
    say(floor.b, posing, floor.a, floor.b)
    (row,) = floor.a.look("figures", month="2026-11")
    assert (row["sent"], row["unanswered"], row["drill"]) == (1, 1, False)
    rows = floor.a.look("show", mid=real)
    assert [(r["how"], r["text"]) for r in rows if r["part"] == "doubt"] == [("mark", "receipt")]
    assert not [r for r in rows if r["part"] == "said"]


def test_real_figures_leave_an_exercise_out(floor: Floor) -> None:
    begin(floor)
    run(floor, 30)
    floor.do(floor.a, "send", after(30), to=TO_B, format="N6", value=OUTAGE)
    for side in (floor.a, floor.b):
        rows = side.look("figures", month="2026-11")
        assert [(row["drill"], row["sent"]) for row in rows if row["from"] == floor.a.address] == [
            (False, 1), (True, 3)
        ]  # fmt: skip


def test_the_check_of_the_line_in_an_exercise_tells_no_formats(floor: Floor) -> None:
    kinds = [each.kind.name for each in floor.a.drafts("check", NOW, to=TO_B, exercise=NAME)]
    assert kinds == ["notices.query"]


def played(floor: Floor) -> bytes:
    """A whole exercise: what was read late, misread, and answered."""
    mid = begin(floor)
    run(floor, 26)
    floor.do(
        floor.b, "acknowledge", after(12), mid=sent(floor.b, mid, "outage").data("mid"), officer="L"
    )
    floor.do(
        floor.b, "acknowledge", after(90), mid=sent(floor.b, mid, "second").data("mid"), officer="L"
    )
    asked = sent(floor.b, mid, "asked").data("mid")
    floor.do(floor.b, "acknowledge", after(41), mid=asked, officer="L")
    floor.do(floor.b, "answer", after(57), mid=asked, value=values(position="not_ours"))
    floor.do(
        floor.a,
        "acknowledge",
        after(9),
        mid=sent(floor.a, mid, "announced").data("mid"),
        officer="B",
    )
    floor.do(floor.b, "reading", after(40), mid=mid, reader="L",
             choice=choices(accused="borealis", how_many="two"))  # fmt: skip
    floor.do(floor.b, "reading", after(41), mid=mid, reader="L", choice=choices(accused="nobody"))
    floor.do(floor.b, "reading", after(41), mid=mid, reader="M", choice=choices(accused="nobody"))
    floor.do(floor.a, "reading", after(42), mid=mid, reader="B", choice=choices(accused="nobody"))
    return mid


def test_both_sides_grade_alike_and_say_what_was_misread(floor: Floor) -> None:
    mid = played(floor)
    assert floor.a.look("grade", after(100), mid=mid) == (), "while it runs it has no grade"
    floor.do(floor.a, "end", after(100), mid=mid)
    grades = [side.look("grade", after(101), mid=mid) for side in (floor.a, floor.b)]
    assert grades[0] == grades[1]
    notices = {row["name"]: row for row in part(grades[0], "notice")}
    assert {name: (row["result"], row["read_s"]) for name, row in notices.items()} == {
        "announced": ("in_time", 9 * 60),
        "outage": ("in_time", 2 * 60),
        "second": ("too_late", 52 * 60),  # but for a silence and a cut
        "asked": ("in_time", 6 * 60),
        "explained": ("unsent", None),
    }
    assert (notices["asked"]["reply"], notices["asked"]["reply_s"]) == ("in_time", 12 * 60)
    sums = {row["from"]: row for row in part(grades[0], "side")}
    read = sums[floor.b.address]
    assert [read[name] for name in ("count", "in_time", "late", "unanswered", "read_s")] == [
        3, 2, 1, 0, 360,
    ]  # fmt: skip
    assert [read[name] for name in ("owed", "answered", "chosen", "wrong")] == [1, 1, 3, 1]
    questions = {(row["name"], row["from"]): row for row in part(grades[0], "question")}
    misread = questions["accused", floor.b.address]
    assert (misread["result"], misread["chosen"], misread["wrong"]) == ("wrong", 2, 1)
    assert misread["chose"] == "Borealis: 1; Nobody: it says that it does not know: 1"
    assert questions["accused", floor.a.address]["result"] == "right"
    assert questions["cause", floor.a.address]["result"] == "unanswered"


def test_times_are_the_readers_own_and_a_silence_that_was_played_is_not_counted() -> None:
    floor = Floor(ahead=Span.of(hours=-3))  # borealis' clock is three hours behind
    mid = floor.do(floor.a, "exercise", to=TO_B, scenario="grid_at_sea")
    floor.do(floor.b, "join", mid=mid)
    run(floor, 12)
    notice = sent(floor.b, mid, "outage").data("mid")
    floor.do(floor.b, "acknowledge", after(18), mid=notice, officer="L")
    floor.do(floor.a, "end", after(100), mid=mid)
    for side in (floor.a, floor.b):
        (row,) = [r for r in side.look("grade", after(300), mid=mid) if r.get("name") == "outage"]
        assert (row["result"], row["read_s"]) == ("in_time", 8 * 60)


def test_whoever_answers_without_acknowledging_has_read(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 26)
    asked = sent(floor.b, mid, "asked").data("mid")
    floor.do(floor.b, "answer", after(57), mid=asked, value=values(position="not_ours"))
    floor.do(floor.b, "end", after(60), mid=mid)
    (row,) = [r for r in floor.a.look("grade", after(61), mid=mid) if r.get("name") == "asked"]
    assert (row["result"], row["reply"], row["reply_s"]) == ("in_time", "in_time", 12 * 60)


def test_what_a_side_could_not_say_is_not_counted_against_it(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 26)
    found = play.at(floor.a.reader, mid)

    def held(role: str, begin: int, end: int) -> Span:
        return play.held_between(found, role, after(begin), after(end))

    assert held("fleet", 29, 60) == Span.of(minutes=20)
    assert held("fleet", 35, 50) == Span.of(minutes=10)
    assert held("coast", 29, 60) == Span.of(minutes=10), "the cut, and no silence of the others"
    assert held("fleet", 40, 45) == held("fleet", 0, 30) == Span(0)


def refused(side: Side, verb: str, minute: int, **given: object) -> bool:
    """Say whether an act is held back."""
    try:
        side.drafts(verb, after(minute), **given)  # type: ignore[arg-type]  # as given
    except OurFault as fault:
        return fault.code == "notices.held"
    return False


def test_in_a_silence_nothing_of_the_exercise_leaves_that_side_and_all_that_is_real_does(
    floor: Floor,
) -> None:
    mid = begin(floor)
    run(floor, 26)
    notice = sent(floor.b, mid, "outage").data("mid")
    real = floor.do(floor.a, "send", after(26), to=TO_B, format="N6", value=OUTAGE)
    told = {"mid": notice, "officer": "L"}
    assert [refused(floor.b, "acknowledge", each, **told) for each in (29, 30, 39, 40)] == [
        False, True, True, False,
    ]  # fmt: skip
    prose = {"name": "remarks", "language": "ru", "text": "x", "official": False, "translator": "y"}
    assert refused(floor.b, "translate", 35, mid=notice, **prose)
    assert refused(floor.b, "send", 35, to=TO_A, format="N6", value=OUTAGE, exercise=NAME)
    assert not refused(floor.b, "acknowledge", 35, mid=real, officer="L"), "real"
    assert not refused(floor.b, "send", 35, to=TO_A, format="N6", value=OUTAGE), "real"
    assert not refused(floor.b, "send", 35, to=TO_A, format="N6", value=OUTAGE, exercise="OTHER")
    assert not refused(floor.a, "correct", 35, mid=notice, value=values(cause="technical"))
    assert not refused(floor.b, "end", 35, mid=mid), "who must stop it can"
    for side, hold in ((floor.a, None), (floor.b, "silence")):
        assert side.look("exercises", after(35))[0]["hold"] == hold
    floor.do(floor.b, "end", after(36), mid=mid)
    assert not refused(floor.b, "acknowledge", 37, **told), "nothing is held once it is over"


def test_in_a_cut_nothing_of_it_leaves_either_side_and_what_was_due_follows(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 44)
    outage = sent(floor.b, mid, "outage").data("mid")
    assert refused(floor.a, "correct", 45, mid=outage, value=values(cause="technical"))
    assert refused(floor.b, "acknowledge", 45, mid=outage, officer="L")
    assert refused(floor.a, "inject", 50, mid=mid, name="explained")
    assert not refused(floor.a, "inject", 55, mid=mid, name="explained")
    assert floor.b.chores(after(50)) == [], "no step of the ladder either"
    for side in (floor.a, floor.b):
        row = side.look("exercises", after(50))[0]
        assert (row["hold"], row["until"]) == ("cut", after(55))
    floor.do(floor.a, "end", after(60), mid=mid)
    holds = part(floor.b.look("grade", after(61), mid=mid), "hold")
    assert [(row["name"], row["result"], row["read_s"]) for row in holds] == [
        ("quiet", "silence", 600), ("cable", "cut", 600),
    ]  # fmt: skip


def test_what_falls_due_in_a_hold_leaves_at_its_end(floor: Floor) -> None:
    text = shipped.file("grid_at_sea").decode().replace('at = "90m"', 'at = "46m"')
    mid = floor.do(floor.a, "exercise", to=TO_B, file=text.encode())
    floor.do(floor.b, "join", mid=mid)
    run(floor, 46)
    assert standings(floor.a, mid, 46)["explained"] == "held_back"
    assert len(floor.a.look("list", after(54))) == 4
    run(floor, 56)
    assert sent(floor.b, mid, "explained")["created"] == after(55)


def test_it_ends_at_once_for_both_sides_or_when_its_time_is_over(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 5)
    floor.do(floor.b, "end", after(6), mid=mid, text="Something real")
    assert floor.turn(after(15)) == 0
    assert standings(floor.a, mid, 15)["outage"] == "past"
    for verb, given in (
        ("inject", {}),
        ("end", {}),
        ("reading", {"reader": "x", "choice": choices(accused="nobody")}),
    ):
        with pytest.raises(OurFault) as refused:
            floor.a.drafts(verb, after(7), mid=mid, **given)  # type: ignore[arg-type]  # as given
        assert refused.value.code == "notices.exercise_over"
    other = begin(floor, "silent_satellite")
    assert floor.a.look("exercises", NOW + Span.of(hours=2))[0]["mid"] in (mid, other)
    states = {
        row["mid"]: row["standing"] for row in floor.a.look("exercises", NOW + Span.of(hours=2))
    }
    assert states[other] == "ended"


def test_questions_are_asked_once_what_they_are_about_was_sent(floor: Floor) -> None:
    mid = begin(floor)
    run(floor, 12)
    rows = floor.b.look("questions", after(12), mid=mid, language="ru")
    assert [row["question"] for row in rows] == ["accused"]
    assert "Никого" in str(rows[0]["codes"])
    floor.do(floor.b, "reading", after(13), mid=mid, reader="L", choice=choices(accused="third"))
    assert floor.b.look("questions", after(13), mid=mid)[0]["readers"] == "L"
    assert floor.a.look("questions", after(13), mid=mid)[0]["readers"] is None


def test_a_controller_sends_the_next_or_a_named_inject_by_hand(floor: Floor) -> None:
    mid = begin(floor)
    floor.do(floor.a, "inject", after(1), mid=mid, name="asked")
    floor.do(floor.a, "inject", after(2), mid=mid)
    assert standings(floor.a, mid, 3) == {
        "announced": "due", "outage": "sent", "second": "waits", "asked": "sent", "quiet": "waits",
        "cable": "waits", "press": "waits", "explained": "waits",
    }  # fmt: skip
    with pytest.raises(OurFault) as refused:
        floor.a.drafts("inject", after(3), mid=mid, name="asked")
    assert refused.value.code == "notices.no_inject"
    with pytest.raises(OurFault):
        floor.a.drafts("inject", after(3), mid=mid, name="announced")  # theirs


def test_instructions_say_when_they_hold(floor: Floor) -> None:
    mid = begin(floor)
    assert [standings(floor.a, mid, minute)["cable"] for minute in (44, 45, 54, 55)] == [
        "waits", "now", "now", "past",
    ]  # fmt: skip
    assert standings(floor.a, mid, 56)["press"] == "now"


@pytest.mark.parametrize(
    ("verb", "given", "code"),
    [
        ("exercise", {"to": TO_B}, "notices.which_scenario"),
        (
            "exercise",
            {"to": TO_B, "scenario": "grid_at_sea", "file": b"x"},
            "notices.which_scenario",
        ),
        ("exercise", {"to": TO_B, "scenario": "grid_at_sea", "role": "pirate"}, "notices.role"),
        ("exercise", {"to": TO_B, "file": b"x"}, "notices.scenario"),
        ("join", {"mid": bytes(32)}, "notices.no_exercise"),
    ],
)
def test_what_makes_no_exercise_is_refused(
    floor: Floor, verb: str, given: dict[str, object], code: str
) -> None:
    with pytest.raises(OurFault) as refused:
        floor.a.drafts(verb, NOW, **given)  # type: ignore[arg-type]  # as given
    assert refused.value.code == code


def test_who_proposed_does_not_join_and_nobody_joins_twice(floor: Floor) -> None:
    mid = begin(floor)
    for side in (floor.a, floor.b):
        with pytest.raises(OurFault) as refused:
            side.drafts("join", NOW, mid=mid)
        assert refused.value.code == "notices.joined"


@pytest.mark.parametrize("wrong", [{"accused": "everybody"}, {"weather": "fine"}])
def test_a_choice_that_is_none_is_refused(floor: Floor, wrong: dict[str, str]) -> None:
    mid = begin(floor)
    with pytest.raises(OurFault) as refused:
        floor.a.drafts("reading", NOW, mid=mid, reader="x", choice=choices(**wrong))
    assert refused.value.code == "notices.choice"


def test_an_exercise_without_its_mark_or_with_another_is_none(floor: Floor) -> None:
    (draft,) = floor.a.drafts("exercise", NOW, to=TO_B, scenario="grid_at_sea")
    for ext in (None, {"exercise": "REAL THING"}):
        mid = say(floor.a, Draft(kind=draft.kind, to=draft.to, body=draft.body, created=NOW, ext=ext),
                  floor.a, floor.b)  # fmt: skip
        assert floor.b.look("exercises") == ()
        with pytest.raises(OurFault) as refused:
            floor.b.drafts("join", NOW, mid=mid)
        assert refused.value.code == "notices.scenario"
    assert floor.turn(after(20)) == 0


def test_a_strangers_word_or_an_unmarked_one_moves_no_exercise(floor: Floor) -> None:
    mid = floor.do(floor.a, "exercise", to=TO_B, scenario="grid_at_sea")
    (draft,) = floor.b.drafts("join", NOW, mid=mid)
    say(Side("cordia.gov"), draft, floor.a, floor.b)
    say(
        floor.b, Draft(kind=draft.kind, to=draft.to, body=draft.body, created=NOW), floor.a, floor.b
    )
    assert floor.a.look("exercises")[0]["standing"] == "proposed"


def test_another_notice_in_an_injects_matter_does_not_play_it(floor: Floor) -> None:
    mid = begin(floor)
    (draft,) = floor.b.drafts("send", NOW, to=TO_A, format="N80", value=values(text="x"))
    matter = play.matter_of(mid, "outage")
    posing = Draft(kind=draft.kind, to=draft.to, body=draft.body, created=NOW, matter=matter)
    say(floor.b, posing, floor.a, floor.b)
    assert standings(floor.a, mid, 10)["outage"] == "due"


def test_the_grade_is_the_same_in_whatever_order_records_came(floor: Floor) -> None:
    mid = played(floor)
    floor.do(floor.a, "end", after(100), mid=mid)
    whole = floor.b.look("grade", after(101), mid=mid)
    rows = {table.name: list(floor.b.rows(table).find({}, None, 1_000)) for table in DESK.tables}
    draw = random.Random(7)
    other = Side(floor.b.name)
    for table in DESK.tables:
        kept = rows[table.name]
        draw.shuffle(kept)
        for row in kept:
            other.rows(table).put(row)
    assert other.look("grade", after(101), mid=mid) == whole


def test_all_that_ships_is_played_to_its_end_by_both_sides(floor: Floor) -> None:
    mids = {name: begin(floor, name) for name in shipped.NAMES}
    run(floor, 100)
    for name, mid in mids.items():
        left = [row["name"] for row in floor.a.look("timeline", after(100), mid=mid)
                if row["does"] == "notice" and row["standing"] != "sent"]  # fmt: skip
        assert left == [], name
    assert floor.a.look("doubts") == floor.b.look("doubts") == ()
    assert {
        row["scenario"] for row in pages.read_scenarios(floor.a.reader, Values({}), NOW)
    } == set(mids)
    assert floor.a.rows(folds.BEGUN).count({}, 10) == len(mids)
