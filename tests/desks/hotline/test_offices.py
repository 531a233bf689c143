"""The hotline through real offices: two people, call words of fresh secrets, tests, alerts, the page."""

from dataclasses import replace

import pytest
from tests.desks.hotline.offices import ALBA, BORIA, DRAFTER, PRINCIPAL, LineSide, line_net
from tests.support.offices import Net
from tests.support.screens import Screen

from detente.app.console.pages import ROUTES
from detente.core.moment import Moment, Span
from detente.desks.hotline import folds
from detente.office import items
from detente.office.chores import EVERY
from detente.ui import readiness

EVEN = Moment.parse("2026-11-22T10:00:00.000Z")
TO_BORIA = (f"hotline@{BORIA}",)
TEXT = "We see the outage too."


@pytest.fixture
def net() -> Net:
    return line_net(EVEN)


def ends(net: Net) -> tuple[LineSide, LineSide]:
    one, other = net.sides
    assert isinstance(one, LineSide)
    assert isinstance(other, LineSide)
    return one, other


def say(net: Net) -> bytes:
    alba, _ = ends(net)
    (mid,) = alba.do("say", to=TO_BORIA, language="en", text=TEXT)
    alba.office.drafts.release(PRINCIPAL, mid, net.now)
    net.settle()
    return mid


def test_a_message_leaves_when_a_second_person_releases_it_and_not_before(net: Net) -> None:
    alba, boria = ends(net)
    (mid,) = alba.do("say", to=TO_BORIA, language="en", text=TEXT)
    assert boria.see("list", count=9) == ()
    alba.office.drafts.release(PRINCIPAL, mid, net.now)
    net.settle()
    (row,) = boria.rows(folds.MESSAGES)
    assert (row.data("mid"), row.text("author"), row.text("releaser")) == (mid, "s-01", "s-02")
    assert row.text("tlp") == "RED"


def test_the_secret_of_call_words_is_fresh_and_both_offices_speak_alike(net: Net) -> None:
    alba, boria = ends(net)
    alba.do("pair", to=TO_BORIA)
    boria.do("pair", to=(f"hotline@{ALBA}",))
    seeds = [row.data("seed") for row in alba.rows(folds.SEEDS)]
    assert len(set(seeds)) == 2
    assert bytes(32) not in seeds
    words = {(row["party"], row["en"], row["ru"]) for row in alba.see("words", peer=BORIA)[:2]}
    assert words == {
        (row["party"], row["en"], row["ru"]) for row in boria.see("words", peer=ALBA)[:2]
    }
    alba.do("pair", to=TO_BORIA)
    assert {row["pair"] for row in alba.see("words", peer=BORIA)} == {
        row["pair"] for row in boria.see("words", peer=ALBA)
    }
    assert len({row.data("seed") for row in alba.rows(folds.SEEDS)}) == 3


def test_offices_test_the_line_by_themselves_and_ask_nobody_to_read_it(net: Net) -> None:
    alba, boria = ends(net)
    for _ in range(3):
        net.now = net.now + EVERY
        net.turn()
    for side, peer in ((alba, BORIA), (boria, ALBA)):
        (row,) = side.see("readiness", peer=peer, hours=1)
        assert (row["state"], row["party"]) == ("ready", ALBA)
        assert side.office.todo.page(DRAFTER, net.now).items == ()


def test_a_missed_test_stands_on_the_list_of_both_sides_and_rings_once() -> None:
    before = Moment(EVEN.ms - 30_000)
    net = line_net(before)
    alba, boria = ends(net)
    net.set_line(alba, boria, up=False)
    rings = []
    while net.now - EVEN <= Span.of(minutes=5):
        net.now = net.now + EVERY
        net.turn()
    for side, peer in ((alba, BORIA), (boria, ALBA)):
        found = side.office.todo.page(DRAFTER, net.now).items
        alerts = [each for each in found if each.what == items.ALERT]
        assert [(each.from_, each.desk) for each in alerts] == [(peer, "hotline")]
        assert alerts[0].since - EVEN < Span.of(minutes=5)
        rings += [ring for ring in side.office.alarms.rings if ring.desk == "hotline"]
    assert len(rings) == 2


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_page_of_a_line_shows_words_messages_tests_and_is_blank_when_left(
    net: Net, language: str
) -> None:
    alba, boria = ends(net)
    alba.do("pair", to=TO_BORIA)
    boria.do("pair", to=(f"hotline@{ALBA}",))
    mid = say(net)
    for _ in range(3):
        net.now = net.now + EVERY
        net.turn()
    screen = Screen(boria, ROUTES, person=replace(DRAFTER), language=language)
    shown = screen.get(f"hotline/{ALBA}").data.decode()
    ours, theirs, *_ = boria.see("words", peer=ALBA)
    for row in (ours, theirs):
        assert str(row["en"]) in shown
        assert str(row["ru"]) in shown
    assert 'data-blank="' in shown
    assert 'class="readiness"' in shown
    assert f"/hotline/{ALBA}/{mid.hex()}" in shown
    assert TEXT not in shown, "the list names messages; their text is on pages of their own"
    heard = screen.get(f"hotline/{ALBA}", words=str(theirs["ru"])).data.decode()
    assert 'class="notice"' in heard
    wrong = screen.get(f"hotline/{ALBA}", words=str(ours["ru"])).data.decode()
    assert 'class="notice need"' in wrong
    boria.do("translate", mid=mid, language="ru", text="Видим.", by="<Линд>")
    read = screen.get(f"hotline/{ALBA}/{mid.hex()}").data.decode()
    assert "Видим." in read
    assert "&lt;Линд&gt;" in read
    assert TEXT in read
    assert 'data-blank="' in read


def test_with_no_path_left_the_page_says_what_still_works_and_what_waits(net: Net) -> None:
    alba, boria = ends(net)
    net.set_line(alba, boria, up=False)
    say(net)
    screen = Screen(alba, ROUTES, person=replace(DRAFTER))
    shown = screen.get(f"hotline/{BORIA}").data.decode()
    assert f"detente carry export {BORIA}" in shown
    assert "Not delivered" in shown or "not receipted: " in shown


def test_the_picture_of_a_year_draws_each_run_of_hours_once_and_tells_it_in_words() -> None:
    days = [readiness.Day("2026-03-01", "+" * 24), readiness.Day("2026-03-02", "++!" + " " * 21)]
    drawn = str(readiness.svg(days, {"missed": "missed <b>"}, "Year", "ready: 26; missed: 1"))
    assert drawn.count('<rect class="ready"') == 2 + 1, "two runs and the legend"
    assert drawn.count('<rect class="missed"') == 1 + 1
    assert "missed &lt;b&gt;" in drawn
    assert "ready: 26; missed: 1" in drawn
    assert ">2026-03<" in drawn


class ClosedSide(LineSide):
    """A side whose second party has its hotline closed: its people hold the key, and none is there."""

    def start_office(self) -> None:
        if self.party.name == BORIA:
            openers = {"cert": self.party.openers["cert"]}
            self.keys = replace(self.keys, openers=openers, attended={"hotline": ()})
        super().start_office()


def test_a_desk_that_nobody_opened_tests_the_line_and_is_tested_all_the_same() -> None:
    net = line_net(EVEN, ClosedSide)
    alba, boria = ends(net)
    for _ in range(3):
        net.now = net.now + EVERY
        net.turn()
    (row,) = alba.see("readiness", peer=BORIA, hours=1)
    assert row["state"] == "sealed"
    assert boria.rows(folds.TESTS) == [], "nothing of its text is in a table"
    net.now = Moment(EVEN.ms + 3_600_000)
    for _ in range(3):
        net.now = net.now + EVERY
        net.turn()
    latest, _ = alba.see("readiness", peer=BORIA, hours=2)
    assert (latest["state"], latest["party"]) == ("ready", BORIA)
