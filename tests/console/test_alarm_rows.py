"""Alarms on the attention page: each row, and the field for its note, under an id of its own."""

import re
from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net
from tests.support.screens import Screen

from detente.app.console.pages import attention
from detente.office import items


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
