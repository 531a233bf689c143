"""The hourly tests: who sends, what is answered, what is missed, and the picture of a year."""

from dataclasses import replace

import pytest
from tests.desks.hotline.line import AURELIA, BOREALIS, End, line

from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.desks.hotline import kinds, rules
from detente.desks.hotline.desk import DESK
from detente.desks.hotline.formats import corpus
from detente.office.fields import Values
from detente.office.reader import TableReader

EVEN = Moment.parse("2026-03-01T10:00:00.000Z")
ODD = EVEN + rules.HOUR
MINUTE = Span.of(minutes=1)
FIVE = Span.of(minutes=5)


@pytest.fixture
def ends() -> tuple[End, End]:
    return line()


def hour(ends: tuple[End, End], slot: Moment) -> None:
    """Let an hour's first minutes pass on both sides."""
    for minute in range(6):
        for end in (*ends, *ends):
            end.turn(slot + Span.of(minutes=minute))


def states(end: End, now: Moment, hours: int = 2) -> list[object]:
    return [row["state"] for row in end.look("readiness", now, peer=end.peer, hours=hours)]


def test_sides_send_by_turns_and_each_test_is_answered(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    assert aurelia.turn(EVEN) == ["hotline.test"]
    assert aurelia.turn(EVEN + MINUTE) == [], "one test an hour"
    assert borealis.turn(EVEN + MINUTE) == ["hotline.tested"]
    assert borealis.turn(EVEN + MINUTE) == []
    assert borealis.turn(ODD) == ["hotline.test"]
    assert aurelia.turn(ODD) == ["hotline.tested"]
    for end in ends:
        assert states(end, ODD + FIVE) == ["ready", "ready"]
        assert end.turn(ODD + FIVE) == []
        assert end.alerts(ODD + FIVE) == []
    senders = [row["party"] for row in aurelia.look("readiness", ODD, peer=BOREALIS, hours=2)]
    assert senders == [BOREALIS, AURELIA]


def test_who_sends_changes_with_every_hour_and_both_sides_know_it() -> None:
    for back in range(48):
        slot = Moment(EVEN.ms + back * rules.HOUR.ms)
        assert rules.sends(AURELIA, BOREALIS, slot) != rules.sends(BOREALIS, AURELIA, slot)
        assert rules.sends(AURELIA, BOREALIS, slot) == (back % 2 == 0)
        assert rules.matter_of(AURELIA, BOREALIS, slot) == rules.matter_of(BOREALIS, AURELIA, slot)


@pytest.mark.parametrize("slot", [EVEN, ODD])
def test_with_the_line_down_both_sides_have_an_alert_within_five_minutes(
    ends: tuple[End, End], slot: Moment
) -> None:
    for end in ends:
        end.is_up = False
    hour(ends, slot)
    for end in ends:
        (alert,) = end.alerts(slot + FIVE)
        assert alert.party == end.peer
        assert alert.since - slot <= FIVE
        assert states(end, slot + FIVE, 1) == ["missed"]
    assert rules.WINDOW < FIVE


def test_a_missed_test_is_entered_once_and_its_alert_ends_with_the_next_good_one(
    ends: tuple[End, End],
) -> None:
    aurelia, _ = ends
    aurelia.is_up = False
    hour(ends, EVEN)
    kept = [head.kind for _, head in aurelia.known.values()]
    assert kept.count("hotline.missed") == 1
    aurelia.is_up = True
    for end in ends:
        assert len(end.alerts(ODD)) == 1
    hour(ends, ODD)
    for end in ends:
        assert end.alerts(ODD + FIVE) == []
        assert states(end, ODD + FIVE) == ["ready", "missed"]


def test_an_office_that_began_in_the_middle_of_an_hour_misses_nothing(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    late = EVEN + Span.of(minutes=20)
    for end in ends:
        end.since = late
        assert end.turn(late) == []
        assert states(end, late, 1) == ["none"]
    assert borealis.turn(ODD) == ["hotline.test"]
    assert aurelia.turn(ODD) == ["hotline.tested"]


def test_a_closed_desk_answers_that_nobody_opened_it_and_the_line_is_tested_all_the_same(
    ends: tuple[End, End],
) -> None:
    aurelia, borealis = ends
    borealis.is_open = False
    hour(ends, EVEN)
    assert states(aurelia, EVEN + FIVE, 1) == ["sealed"]
    assert borealis.alerts(EVEN + FIVE) == []
    assert borealis.turn(ODD) == ["hotline.test"]
    aurelia.turn(ODD)
    assert states(aurelia, ODD + FIVE, 1) == ["ready"]


def test_another_text_than_the_hours_own_is_told(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    (chore,) = DESK.chores_closed
    (draft,) = chore(TableReader(aurelia.rows), aurelia.scene, EVEN)
    body = draft.body.with_(text="The fleet sails at dawn.")
    aurelia.say(replace(draft, body=body), EVEN)
    borealis.turn(EVEN)
    assert states(aurelia, EVEN + FIVE, 1) == states(borealis, EVEN + FIVE, 1) == ["changed"]


def test_a_test_tells_the_paths_that_its_sender_saw(ends: tuple[End, End]) -> None:
    aurelia, borealis = ends
    aurelia.paths = (("primary", True), ("standby", False))
    aurelia.turn(EVEN)
    (row,) = borealis.look("readiness", EVEN, peer=AURELIA, hours=1)
    assert (row["open"], row["paths"], row["shut"]) == (1, 2, "standby")


def test_a_year_is_a_row_a_month_and_a_sign_a_day_by_its_worst_hour(
    ends: tuple[End, End],
) -> None:
    aurelia, _ = ends
    hour(ends, EVEN)
    hour(ends, ODD)
    day = EVEN + Span.of(days=1)
    aurelia.is_up = False
    hour(ends, day)
    rows = aurelia.look("year", day + FIVE, peer=BOREALIS)
    assert rows[-1]["month"] == "2026-03"
    assert rows[-1]["days"] == "+!"
    assert (rows[-1]["ready"], rows[-1]["missed"]) == (2, 1)
    assert len(str(rows[-2]["days"])) == 28


def test_every_passage_is_short_free_of_digits_and_by_authors_long_dead() -> None:
    assert len({each.text for each in corpus.PASSAGES}) == len(corpus.PASSAGES)
    assert {each.language for each in corpus.PASSAGES} == {"en", "ru"}
    for each in corpus.PASSAGES:
        assert each.died <= 1932, each.author
        assert each.year <= 1908, each.source
        assert 20 <= len(each.text) <= 250, each.source
        assert not any(letter.isdigit() for letter in each.text), each.source
        assert not corpus_words(each.text) & _LOADED, each.source


_LOADED = {"war", "attack", "fire", "army", "война", "огонь", "атака", "войско"}


def corpus_words(text: str) -> set[str]:
    return {word.strip(".,;:!?—…").lower() for word in text.split()}


def test_all_passages_have_their_turn_and_no_hour_of_the_day_keeps_one() -> None:
    slots = [Moment(EVEN.ms + n * rules.HOUR.ms) for n in range(24 * 40)]
    numbers = [corpus.number_of(slot) for slot in slots]
    assert set(numbers) == set(range(len(corpus.PASSAGES)))
    assert len(set(numbers[::24])) > 1
    first = corpus.PASSAGES[numbers[0]].text
    assert corpus.is_whole(EVEN, numbers[0], first)
    assert not corpus.is_whole(ODD, numbers[0], first)
    assert not corpus.is_whole(EVEN, numbers[0], first + " ")
    assert not corpus.is_whole(EVEN, 9_999, first)


def test_a_test_of_no_full_hour_is_refused() -> None:

    body = Values({"of": bytes(32), "result": "whole"})
    good = kinds.TESTED.write(body.with_(slot=EVEN))
    assert DESK.read("hotline.tested", good)
    bad = kinds.TESTED.write(body.with_(slot=EVEN + MINUTE))
    with pytest.raises(TheirFault, match="full hour"):
        DESK.read("hotline.tested", bad)
