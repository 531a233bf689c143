"""The page of health: how alarms outside fare."""

import re
from pathlib import Path

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import Net
from tests.support.screens import Screen

from detente.app.console.pages import doctor
from detente.app.doctor import ask
from detente.app.doctor.facts import Facts
from detente.core.moment import Moment
from detente.office.alarms import Bell

AT = Moment.parse("2026-11-22T10:00:00.000Z")
LATER = Moment.parse("2026-11-22T10:05:00.000Z")


@pytest.mark.parametrize(
    ("language", "head", "never"),
    [("en", "Last failure", "never"), ("ru", "удалось", "не было")],
)
def test_it_shows_how_command_and_web_address_fare(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: str, head: str, never: str
) -> None:
    monkeypatch.setattr(ask, "of_folder", lambda _settings: Facts(now=AT))
    monkeypatch.setattr(doctor, "_may_ask", lambda _site: False)
    side = Net(AURELIA, BOREALIS).sides[0]
    screen = Screen(side, doctor.ROUTES, folder=tmp_path, language=language)
    assert head not in screen.get("doctor").data.decode(), "nothing rings outside"
    side.office.alarms.bells = lambda: [
        Bell("command", AT, None, failing=False, why="", waiting=0, tries=0, tries_max=3),
        Bell("webhook", AT, LATER, failing=True, why="it answers 503", waiting=2, tries=4, tries_max=5),
    ]  # fmt: skip
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", screen.get("doctor").data.decode()))
    assert head in text
    assert never in text
    assert "2026-11-22 10:05" in text or "10:05:00" in text
    assert "it answers 503" in text
    assert "2 4/5" in text
    assert "alarm_webhook" in text, "a finding of its own"
