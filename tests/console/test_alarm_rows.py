"""Alarms on the attention page: each row, and the field for its note, under an id of its own."""

import re
from dataclasses import replace
from html import unescape
from urllib.parse import parse_qsl, unquote_plus

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net
from tests.support.screens import Screen

from detente.app.console.pages import attention
from detente.core.moment import Span
from detente.office import items
from detente.office.crowds import FOLD_AT


def test_many_alike_are_one_line_with_a_count_and_a_way_in() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    for number in range(FOLD_AT + 31):
        a.send(f"no {number}", b, within=Span(60_000))
    net.settle()
    net.now += Span(120_000)
    screen = Screen(b, attention.ROUTES)
    html = screen.get("attention").data.decode()
    assert len(re.findall(r"<tr data-row", html)) == 1
    assert '<b class="alike">51 alike, 51 overdue</b>' in html
    assert "51 with a deadline" in html
    (way,) = re.findall(r'href="/attention\?crowd=([^"]+)"', html)
    inside = screen.get("attention", crowd=unquote_plus(way)).data.decode()
    assert len(re.findall(r"<tr data-row", inside)) == attention.ROWS
    (older,) = re.findall(r'href="/attention\?([^"]+)" rel="next"', inside)
    asked = dict(parse_qsl(unescape(older)))
    rest = screen.get("attention", **asked).data.decode()
    assert len(re.findall(r"<tr data-row", rest)) == FOLD_AT + 31 - attention.ROWS


def test_two_lines_that_are_down_have_ids_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Net(AURELIA, BOREALIS)
    side = net.sides[1]
    levels = [each for each in side.hatch.levels() if each.peer]
    down = [replace(each, state="PATH_DOWN", since=net.now) for each in levels]
    monkeypatch.setattr(side.hatch, "levels", lambda: down)
    page = side.office.todo.page(PERSON, net.now)
    (one,) = [each for each in page.items if each.what == items.LINE]
    two = replace(page, items=(one, replace(one, key=f"{one.key}.2", from_="cassia.gov")))
    monkeypatch.setattr(side.office.todo, "page", lambda *_told, **_more: two)
    html = Screen(side, attention.ROUTES).get("attention").data.decode()
    notes = re.findall(r'<input id="(note-[^"]+)"', html)
    rows = re.findall(r'<tr data-row id="([^"]+)"', html)
    assert len(set(notes)) == len(set(rows)) == 2
    assert re.findall(r'<label for="(note-[^"]+)"', html) == notes
