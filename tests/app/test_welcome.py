"""Who starts a party whose console nobody can enter is told how the first one comes in."""

from typing import Any

import pytest

from detente.app import welcome

URL = "https://desk.aurelia.test:8443"


def row(name: str, *house: str, enters: bool = False, active: bool = True) -> dict[str, Any]:
    return {"name": name, "house": [*house], "can_enter": enters, "active": active}


def said(*people: dict[str, Any], terminal: bool) -> tuple[list[str], list[str]]:
    asked: list[str] = []

    def link_of(name: str) -> str:
        asked.append(name)
        return "a-secret"

    return welcome.lines(URL, "/srv/aurelia", people, link_of, terminal=terminal), asked


def test_on_a_terminal_the_first_administrator_gets_a_link() -> None:
    lines, asked = said(row("anna"), row("operator", "administrator"), terminal=True)
    assert asked == ["operator"]
    assert lines[-1].strip() == f"{URL}/enter/a-secret"
    assert "operator" in lines[0]


def test_a_log_gets_the_command_and_no_link_is_made() -> None:
    lines, asked = said(row("operator", "administrator"), terminal=False)
    assert asked == []
    assert "detente person enter-link operator --at /srv/aurelia" in lines[0]


@pytest.mark.parametrize(
    "people",
    [
        (row("operator", "administrator", enters=True), row("anna", "administrator")),
        (row("anna"), row("old", "administrator", active=False)),
        (),
    ],
)
def test_otherwise_nothing_is_said(people: tuple[dict[str, Any], ...]) -> None:
    assert said(*people, terminal=True) == ([], [])
