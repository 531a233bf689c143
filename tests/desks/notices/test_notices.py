"""Notices from writing to closing, as both sides of a watch floor see them."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.desks.notices.test_formats import GOOD
from tests.desks.notices.watch import NONE, NOW, OUTAGE, TO_A, TO_B, A, B, Floor, say, values

from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.desks.notices import folds, kinds, pages
from detente.desks.notices.desk import DESK
from detente.desks.notices.formats.shipped import by_digest
from detente.office.desk import Opened
from detente.office.drafting import Draft
from detente.office.fields import Value, Values
from detente.office.reader import TableReader
from detente.office.stands import COURSES
from detente.office.tables import Row
from detente.store.shelf import SqliteShelf

EARLIER = Moment.parse("2026-11-22T09:59:00.000Z")
MINUTE, HOUR = Span.of(minutes=1), Span.of(hours=1)


@pytest.fixture
def floor() -> Floor:
    return Floor()


def outage(floor: Floor, at: Moment = NOW, late: Span = NONE, **more: Value) -> bytes:
    given: dict[str, Value] = {"to": TO_B, "format": "N6", "value": OUTAGE, **more}
    return floor.do(floor.a, "send", at, late, **given)


def states(floor: Floor, now: Moment = NOW) -> list[object]:
    return [side.look("list", now)[0]["state"] for side in (floor.a, floor.b)]


def shown(rows: tuple[Row, ...], part: str) -> list[tuple[object, object]]:
    return [
        (row.get("how") or row.get("label"), row["text"]) for row in rows if row["part"] == part
    ]


def test_the_receiver_reads_the_same_record_in_its_own_language(floor: Floor) -> None:
    mid = outage(floor)
    english, russian = (side.look("show", mid=mid, language=each)
                        for side, each in ((floor.a, "en"), (floor.b, "ru")))  # fmt: skip
    assert ("Sector", "Energy") in shown(english, "value")
    assert ("Отрасль", "Энергетика") in shown(russian, "value")
    assert ("Пострадавшие потребители", "120000 человек") in shown(russian, "value")
    assert ("Примечания", "Two lines tripped.") in shown(russian, "value"), "prose stays as written"
    assert russian[0]["label"] == "Отказ критической инфраструктуры"


def test_a_translation_stands_beside_the_original_signed_and_marked(floor: Floor) -> None:
    mid = outage(floor)
    for official, text in ((True, "Отключились две линии."), (False, "Две линии выбило.")):
        floor.do(
            floor.b, "translate", mid=mid, name="remarks", language="ru", text=text,
            official=official, translator="И. Орлова",
        )  # fmt: skip
    rows = floor.a.look("show", mid=mid, language="ru")
    assert ("Примечания", "Two lines tripped.") in shown(rows, "value")
    told = [(row["how"], row["text"], row["by"]) for row in rows if row["part"] == "translation"]
    assert told == [
        ("official", "Отключились две линии.", "И. Орлова"),
        ("courtesy", "Две линии выбило.", "И. Орлова"),
    ]
    with pytest.raises(OurFault, match="no prose"):
        floor.b.drafts("translate", NOW, mid=mid, name="sector", language="ru", text="x",
                       official=False, translator="y")  # fmt: skip


def test_numbers_run_for_each_side_by_itself_and_equal_ones_are_told_apart(floor: Floor) -> None:
    outage(floor)
    outage(floor, NOW + MINUTE)
    floor.do(floor.b, "send", NOW + MINUTE, to=TO_A, format="N80", value=values(text="Good day"))
    numbers = {row["number"] for row in floor.a.look("list")}
    assert numbers == {"aurelia.gov 2026-001", "aurelia.gov 2026-002", "borealis.gov 2026-001"}
    assert floor.a.look("doubts") == floor.b.look("doubts") == ()


def test_a_missing_number_and_a_number_given_twice_are_said(floor: Floor) -> None:
    (draft,) = floor.a.drafts("send", NOW, to=TO_B, format="N80", value=values(text="x"))
    for number in (1, 3, 3):
        body = draft.body.with_(number=number)
        say(floor.a, Draft(kind=draft.kind, to=draft.to, body=body, created=NOW), floor.b)
    doubts = [(row["doubt"], row["first"], row["last"]) for row in floor.b.look("doubts")]
    assert doubts == [("gap", 2, 2), ("twice", 3, 3)]


def test_the_last_number_of_a_year_is_the_last(floor: Floor) -> None:
    (draft,) = floor.a.drafts("send", NOW, to=TO_B, format="N80", value=values(text="x"))
    body = draft.body.with_(number=999_999)
    say(floor.a, Draft(kind=draft.kind, to=draft.to, body=body, created=NOW), floor.a)
    with pytest.raises(OurFault) as refused:
        outage(floor)
    assert refused.value.code == "notices.number"


def test_a_notice_goes_from_sent_to_read_and_after_a_correction_is_read_again(floor: Floor) -> None:
    mid = outage(floor)
    assert states(floor) == ["sent", "sent"]
    floor.do(floor.b, "acknowledge", mid=mid, officer="A. Lind")
    assert states(floor) == ["acknowledged", "acknowledged"]
    floor.do(floor.a, "correct", mid=mid, value=values(cause="technical"))
    assert states(floor) == ["corrected", "corrected"]
    rows = floor.b.look("show", mid=mid, language="ru")
    assert ("Причина, как известно сейчас", "Техническая неисправность") in shown(rows, "value")
    assert ("Причина, как известно сейчас", "Неизвестна") in shown(rows, "before")
    floor.do(floor.b, "acknowledge", mid=mid, officer="A. Lind")
    floor.do(floor.a, "cancel", mid=mid, reason="over")
    assert states(floor) == ["cancelled", "cancelled"]
    floor.do(floor.b, "acknowledge", mid=mid, officer="A. Lind")
    assert states(floor) == ["closed", "closed"]


def test_corrections_that_contradict_each_other_are_shown_so(floor: Floor) -> None:
    mid = outage(floor)
    drafts = [
        floor.a.drafts("correct", NOW + Span(n), mid=mid, value=values(cause=cause))[0]
        for n, cause in enumerate(("nature", "hostile"))
    ]
    for each in drafts:  # two officers, neither of whom knew of the other's
        say(floor.a, each, floor.a, floor.b)
    for side in (floor.a, floor.b):
        rows = side.look("show", mid=mid)
        assert ("Cause as known now", "Hostile act suspected") in shown(rows, "value")
        assert ("contradiction", None) in shown(rows, "doubt")


def test_an_inquiry_is_owed_an_answer_after_it_was_read(floor: Floor) -> None:
    mid = floor.do(
        floor.b, "send", to=TO_A, format="N2",
        value=values(what="Scans of our grid", seen="2026-11-22T09:00Z", basis="own", question="Yours?"),
    )  # fmt: skip
    floor.do(floor.a, "acknowledge", mid=mid, officer="P. Berg")
    (row,) = floor.b.look("list")
    assert (row["state"], row["owes"]) == ("asked", "them")
    assert row["due"] == NOW + Span.of(hours=48)
    floor.do(floor.a, "answer", NOW + HOUR, mid=mid, value=values(position="not_ours"))
    assert {each["state"] for each in floor.b.look("list") if each["format"] == "N2"} == {
        "answered"
    }
    assert ("reply", "aurelia.gov 2026-001") in shown(floor.b.look("show", mid=mid), "said")


@pytest.mark.parametrize(
    ("prec", "minutes"), [("FLASH", 10), ("IMMEDIATE", 30), ("PRIORITY", 180), ("ROUTINE", 360)]
)
def test_precedence_gives_the_speed_of_service(floor: Floor, prec: str, minutes: int) -> None:
    outage(floor, prec=prec)
    (row,) = floor.b.look("list")
    assert row["due"] == NOW + Span.of(minutes=minutes)
    assert floor.b.look("list", NOW + Span.of(minutes=minutes) + Span(1))[0]["state"] == "overdue"


def test_the_format_says_the_precedence_where_nobody_does(floor: Floor) -> None:
    outage(floor)
    assert floor.b.look("list")[0]["prec"] == "IMMEDIATE"


def test_each_step_of_the_ladder_is_recorded_once_by_both_sides(floor: Floor) -> None:
    mid = outage(floor, prec="FLASH")
    assert floor.turn(NOW + Span.of(minutes=10)) == 0
    late = NOW + Span.of(minutes=10) + Span(1)
    assert floor.turn(late) == 2
    assert floor.turn(late) == 0, "once"
    assert floor.turn(late + Span.of(minutes=5)) == 2
    assert floor.turn(late + Span.of(minutes=15)) == 2
    for side in (floor.a, floor.b):
        steps = [text for how, text in shown(side.look("show", mid=mid), "said") if how == "step"]
        assert sorted(map(str, steps)) == ["channel"] * 2 + ["desk"] * 2 + ["supervisor"] * 2
    floor.do(floor.b, "acknowledge", late + HOUR, mid=mid, officer="A. Lind")
    assert floor.turn(late + HOUR + HOUR) == 0


def test_what_one_officer_or_the_office_says_of_a_flash_is_no_flash_that_two_must_sign(
    floor: Floor,
) -> None:
    mid = outage(floor, prec="FLASH")
    drafts = [
        *floor.b.drafts("acknowledge", NOW, mid=mid, officer="A. Lind"),
        *floor.b.drafts("translate", NOW, mid=mid, name="remarks", language="ru", text="x",
                        official=False, translator="y"),
        *floor.b.chores(NOW + HOUR),
    ]  # fmt: skip
    assert [each.prec for each in drafts] == ["IMMEDIATE"] * 5
    (correction,) = floor.a.drafts("correct", NOW, mid=mid, value=values(cause="technical"))
    assert correction.prec == "FLASH", "it is to be seen at once, and two people answer for it"


def test_a_notice_long_on_its_way_says_so_with_both_clocks(floor: Floor) -> None:
    mid = outage(floor, late=Span.of(minutes=7))
    (row,) = floor.b.look("list", NOW + Span.of(minutes=7))
    assert row["delay"] == 420
    assert floor.a.look("list")[0]["delay"] is None
    path = [each for each in floor.b.look("show", mid=mid) if each["part"] == "path"]
    assert [(each["how"], each["text"], each["at"]) for each in path] == [("late", "420 s", NOW)]


def test_a_clock_that_is_hours_wrong_is_said_and_moves_no_deadline() -> None:
    floor = Floor(ahead=Span(-3 * 3_600_000))
    mid = outage(floor, prec="FLASH")
    (path,) = [each for each in floor.b.look("show", mid=mid) if each["part"] == "path"]
    assert (path["how"], path["text"]) == ("early", "10800 s")
    assert floor.b.look("list", NOW)[0]["state"] == "sent", "it runs from its keeping here"
    floor.do(floor.b, "acknowledge", NOW + Span.of(minutes=9), mid=mid, officer="A. Lind")
    months = [side.look("figures", month="2026-11") for side in (floor.a, floor.b)]
    assert months[0] == months[1]
    assert months[0][0]["in_time"] == 1


def test_the_check_of_the_line_is_answered_with_the_words_and_the_difference_of_clocks() -> None:
    floor = Floor(ahead=Span.of(seconds=90))
    mid = floor.do(floor.a, "check", to=TO_B, echo="blue river")
    floor.do(floor.b, "answer", mid=mid)
    (reply,) = [row for row in floor.a.look("list") if row["format"] == "N91"]
    said = shown(floor.a.look("show", mid=reply["mid"]), "value")
    assert said == [("Words given back", "blue river"),
                    ("Their clock against ours, as we see it", "-90 s")]  # fmt: skip


def test_both_sides_figures_of_a_month_are_equal_and_drills_are_counted_apart(floor: Floor) -> None:
    read = outage(floor, prec="FLASH")
    floor.do(floor.b, "acknowledge", NOW + Span.of(minutes=4), mid=read, officer="A. Lind")
    late = outage(floor, NOW + HOUR, late=Span.of(minutes=3), prec="FLASH")
    floor.do(floor.b, "acknowledge", NOW + HOUR + HOUR, mid=late, officer="A. Lind")
    outage(floor, NOW + HOUR)
    outage(floor, NOW + HOUR, exercise="EX 1")
    ours, theirs = (side.look("figures", month="2026-11") for side in (floor.a, floor.b))
    assert ours == theirs
    told = [
        tuple(row[n] for n in ("drill", "sent", "in_time", "late", "unanswered")) for row in ours
    ]
    assert told == [(False, 3, 1, 1, 1), (True, 1, 0, 0, 1)]


def test_the_log_of_a_day_has_all_that_was_said_in_order(floor: Floor) -> None:
    mid = outage(floor)
    floor.do(floor.b, "acknowledge", NOW + MINUTE, mid=mid, officer="A. Lind")
    (note,) = floor.a.drafts("note", NOW, entry="handover", text="One outage is open")
    assert note.to == (), "it stays here"
    say(floor.a, note, floor.a, at=NOW + HOUR)
    rows = floor.a.look("log", day="2026-11-22")
    assert [row["what"] for row in rows] == ["notice", "receipt", "entry"]
    assert [row["what"] for row in floor.b.look("log", day="2026-11-22")] == ["notice", "receipt"]
    assert floor.a.look("log", day="2026-11-23") == ()


def kept(mid: int, prec: str, at: Moment) -> Opened:
    """One of many notices, as the office of Borealis keeps it."""
    body = Values(
        {
            "format": "N80", "version": 1, "digest": bytes(32), "year": 2026, "number": mid,
            "language": "en", "value": values(text="x"),
        }
    )  # fmt: skip
    return Opened(
        mid=mid.to_bytes(32), kind="notices.notice", from_=f"notices@{A}", to=TO_B,
        matter="0" * 32, s="00000000", n=mid, reply_to=None, prec=prec, tlp="GREEN", created=at,
        kept_at=at, deadline=None, ours=False, origin="", place=0, author="s-01", releaser=None,
        ext={}, body=body,
    )  # fmt: skip


def test_ten_thousand_in_a_minute_are_one_line_with_a_count_and_flash_stands_first() -> None:
    shelf = SqliteShelf(Path("memory"), on_disk=False)
    with shelf.begin() as tx:
        rows, newest = tx.rows(folds.NOTICES), tx.rows(folds.NEWEST)
        flood = [kept(number, "ROUTINE", NOW) for number in range(1, 10_001)]
        others = [kept(20_000, "FLASH", EARLIER), kept(20_001, "ROUTINE", NOW + HOUR)]
        for each in (*flood, *others):
            folds.fold_notice(rows, each)
            folds.fold_newest(newest, each)
        found = pages.read_list(TableReader(tx.rows), Values({"count": 50}), NOW + HOUR)
    shelf.close()
    told = [(int.from_bytes(Values(row).data("mid")), row["count"]) for row in found]
    assert told[0] == (20_000, 1)
    assert told[1] == (20_001, 1)
    assert [count for _, count in told[2:]] == [10_000]


def test_a_notice_in_a_version_that_is_not_held_is_kept_and_shown_as_it_came(floor: Floor) -> None:
    (draft,) = floor.a.drafts("send", NOW, to=TO_B, format="N6", value=OUTAGE)
    body = draft.body.with_(version=2, digest=bytes(32))
    mid = say(floor.a, Draft(kind=draft.kind, to=draft.to, body=body, created=NOW), floor.b)
    rows = floor.b.look("show", mid=mid, language="ru")
    assert ("unknown_format", "N6 2") in shown(rows, "doubt")
    assert ("sector", "energy") in shown(rows, "value")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (values(sector="energy"), "began is missing"),
        (
            values(sector="energy", began="2026-11-22T09:40Z", cause="unknown", place="95 0"),
            "latitude",
        ),
        (
            values(sector="energy", began="2026-11-22T09:40Z", cause="unknown", colour="red"),
            "no field",
        ),
    ],
)
def test_a_notice_that_is_not_as_its_format_says_is_refused_on_both_sides(
    floor: Floor, given: tuple[Values, ...], why: str
) -> None:
    with pytest.raises(OurFault, match=why) as ours:
        floor.a.drafts("send", NOW, to=TO_B, format="N6", value=given)
    assert ours.value.code == "notices.value"
    (draft,) = floor.a.drafts("send", NOW, to=TO_B, format="N6", value=OUTAGE)
    plaintext = kinds.NOTICE.write(draft.body.with_(value=given))
    with pytest.raises(TheirFault, match=why) as theirs:
        DESK.read("notices.notice", plaintext)
    assert theirs.value.code == "E_CANON"


def test_a_format_of_a_party_serves_once_both_sides_have_its_file(floor: Floor) -> None:
    ferry = values(leaves="2026-11-23T06:00Z", cars="80")
    with pytest.raises(OurFault, match="no format 'P1'"):
        floor.a.drafts("send", NOW, to=TO_B, format="P1", value=ferry)
    floor.do(floor.a, "adopt", file=GOOD.encode(), to=TO_B)
    mid = floor.do(floor.b, "send", to=TO_A, format="P1", value=ferry)
    assert ("Отправление", "2026-11-23T06:00Z") in shown(
        floor.a.look("show", mid=mid, language="ru"), "value"
    )
    with pytest.raises(OurFault, match="never told"):
        floor.a.drafts("send", NOW, to=("notices@cordia.gov",), format="P1", value=ferry)


def test_the_node_says_before_sending_that_the_other_side_holds_another_version(
    floor: Floor,
) -> None:
    (held,) = floor.b.drafts("tell", NOW, to=TO_A)
    changed = tuple(
        each.with_(digest=bytes(32)) if each["format"] == "N6" else each
        for each in held.body.parts("formats")
    )
    body = held.body.with_(formats=changed)
    say(floor.b, Draft(kind=held.kind, to=held.to, body=body, created=NOW), floor.a)
    with pytest.raises(OurFault, match="another version of N6") as refused:
        outage(floor)
    assert refused.value.code == "notices.format_differs"
    (row,) = [row for row in floor.a.look("formats") if row["differs"]]
    assert (row["format"], row["differs"]) == ("N6", f"notices@{B}")
    floor.do(floor.a, "send", to=TO_B, format="N80", value=values(text="N6 differs"))


def test_a_desk_with_an_older_program_is_written_to_in_the_version_that_it_holds(
    floor: Floor,
) -> None:
    (held,) = floor.b.drafts("tell", NOW, to=TO_A)
    former = next(e for e in by_digest().values() if (e.code, e.version) == ("N6", 1))
    changed = tuple(
        each.with_(version=1, digest=former.digest) if each["format"] == "N6" else each
        for each in held.body.parts("formats")
    )
    body = held.body.with_(formats=changed)
    assert floor.a.look("show", mid=outage(floor))[0]["version"] == 2
    say(floor.b, Draft(kind=held.kind, to=held.to, body=body, created=NOW), floor.a)
    (row,) = [row for row in floor.a.look("formats") if row["differs"]]
    assert row["format"] == "N6", "it is said all the same"
    (frame, *rows) = floor.a.look("show", mid=outage(floor, NOW + MINUTE))
    assert (frame["version"], frame["held"]) == (1, "same")
    assert ("Sector", "Energy") in shown(tuple(rows), "value")


def test_a_format_shows_what_to_know_of_a_field(floor: Floor) -> None:
    rows = {row["name"]: row["help"] for row in floor.a.look("format", format="N6", language="ru")}
    assert "мегаваттах" in str(rows["power"])
    assert {row["help"] for row in floor.a.look("format", format="N80")} == {None}


def test_only_the_other_side_acknowledges_and_only_the_author_corrects(floor: Floor) -> None:
    mid = outage(floor)
    with pytest.raises(OurFault) as ours:
        floor.a.drafts("acknowledge", NOW, mid=mid, officer="x")
    with pytest.raises(OurFault) as theirs:
        floor.b.drafts("cancel", NOW, mid=mid, reason="over")
    with pytest.raises(OurFault) as unknown:
        floor.b.drafts("acknowledge", NOW, mid=bytes(32), officer="x")
    codes = [each.value.code for each in (ours, theirs, unknown)]
    assert codes == ["notices.ours", "notices.not_ours", "notices.unknown"]


def test_a_receipt_with_another_mark_moves_no_notice(floor: Floor) -> None:
    for real, mark in ((True, "NORTHERN LAMP"), (False, "OTHER LAMP")):
        mid = outage(floor) if real else outage(floor, exercise="NORTHERN LAMP")
        (draft,) = floor.b.drafts("acknowledge", NOW, mid=mid, officer="A. Lind")
        wrong = replace(draft, ext={"exercise": mark})
        say(floor.b, wrong, floor.a, floor.b)
        for side in (floor.a, floor.b):
            (row,) = side.rows(COURSES).find({"mid": mid}, None, 2)
            assert row["state"] == "sent"
        say(floor.b, draft, floor.a, floor.b)
        for side in (floor.a, floor.b):
            (row,) = side.rows(COURSES).find({"mid": mid}, None, 2)
            assert row["state"] == "acknowledged"
