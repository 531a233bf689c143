"""Meeting a party in the console: digits are judged, and the right ones never shown."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.offices import PERSON
from tests.support.pairs import pairs
from tests.support.screens import Screen

from detente.app.console.ask import Upload
from detente.app.console.pages import peers
from detente.app.meeting import Meeting
from detente.office.people import House

ADMIN = replace(PERSON, house=frozenset({House.ADMINISTRATOR}))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two parties, each of which invited the other; neither confirmed."""
    top = tmp_path_factory.mktemp("parties")
    return processes.make(top, "aurelia.gov"), processes.make(top, "borealis.gov")


def screen(folder: Path, language: str = "en") -> Screen:
    return Screen(pairs().sides[0], peers.ROUTES, folder=folder, person=ADMIN, language=language)


def test_judged_names_groups_and_stops_at_the_third_that_differs() -> None:
    due = ["11111", "22222", "33333", "44444"]
    assert peers.judged(["11111", "0", "", "44444"], due) == ["agree", "differs", "", "agree"]
    assert peers.judged(["11111", "0", "0", "0"], due) == ["differs"] * 4
    assert peers.judged(["", "", "", ""], due) == [""] * 4


def test_two_parties_meet(folders: tuple[Path, Path]) -> None:
    ours, theirs = folders
    one = screen(ours)
    made = one.post("peers/invite", {"name": "Borealis.gov "})
    assert "aurelia.gov-to-borealis.gov.invite" in made.headers["Content-Disposition"]
    assert "invited" in one.get("peers").data.decode()
    assert "not here yet" in one.get("peers/borealis.gov").data.decode()
    reply = Meeting(theirs).invite("aurelia.gov")
    pasted = reply.decode().replace("\n", "\r\n").rstrip()
    assert one.post("peers/add", {"pasted": pasted}).headers["Location"] == "/peers/borealis.gov"
    due = Meeting(theirs).card().fingerprint.split()

    shown = one.get("peers/borealis.gov").data.decode()
    assert not [group for group in due if group in shown]
    assert all(group in shown for group in Meeting(ours).card().fingerprint.split())

    wrong = {f"g{at}": group for at, group in enumerate(due, 1)} | {"g5": "00000"}
    answer = one.post("peers/borealis.gov/confirm", wrong)
    text = answer.data.decode()
    assert answer.status == 422
    assert "Group 5 differs" in text
    assert "11 of 12 groups agree" in text
    assert due[4] not in text
    assert Meeting(ours).find("borealis.gov").confirmed_at is None

    stranger = one.post("peers/borealis.gov/confirm", {f"g{at}": "00000" for at in range(1, 13)})
    assert "This is not their key" in stranger.data.decode()
    assert "Check" not in stranger.data.decode().partition("<main")[2]

    right = {f"g{at}": f" {group} " for at, group in enumerate(due, 1)}
    assert one.post("peers/borealis.gov/confirm", right).status == 303
    assert Meeting(ours).find("borealis.gov").confirmed_at is not None
    assert "The digits were compared" in one.get("peers/borealis.gov").data.decode()


def test_what_is_no_invitation_is_told(folders: tuple[Path, Path]) -> None:
    one = screen(folders[0], "ru")
    for form, files, code in (
        ({}, (), "form.missing"),
        ({"pasted": "hello"}, (), "E_CANON"),
        ({}, (Upload("file", "x", b"y" * 300_000),), "form.size"),
    ):
        answer = one.post("peers/add", form, *files)
        assert answer.status == 422
        assert code in answer.data.decode()
    assert "form.party" in one.post("peers/invite", {"name": "../x"}).data.decode()
    assert one.code("peers/nobody.gov") == "party.unknown"


def test_our_own_card_is_a_file_and_a_picture(folders: tuple[Path, Path]) -> None:
    one = screen(folders[0])
    assert one.get("peers/card").data == Meeting(folders[0]).card().note
    drawn = peers.picture(["aurelia.gov", "1" * 60])
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    assert "http" not in drawn
    assert 'class="segno"' in one.get("peers").data.decode()


def test_where_the_node_is_elsewhere_the_page_says_what_to_do_there(tmp_path: Path) -> None:
    (tmp_path / "office").mkdir()
    text = screen(tmp_path).get("peers").data.decode()
    assert "detente party confirm PARTY" in text
    assert "run.elsewhere" in text


def test_meeting_parties_is_for_administrators() -> None:
    assert {route.needs for route in peers.ROUTES} == {"administrator"}
