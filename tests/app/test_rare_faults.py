"""Faults that a person meets rarely, each produced where it arises."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.proofs import card, card_value, later, sign_card
from tests.support.offices import BUNDLE, PERSON, Net
from tests.support.outcomes import fault_of

from detente.app import client
from detente.app.api.routes import Api
from detente.app.handed import joined
from detente.app.http import Request
from detente.app.meeting import Meeting
from detente.app.node.admin import ROUTES, AdminRoom
from detente.app.operating import keys
from detente.core import limits, party
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.core.party import Invite
from detente.core.trust import Chain
from detente.node.ports import Told
from detente.office import people
from detente.office.office import Office
from detente.office.waiting import Policy

A, B = "aurelia.gov", "borealis.gov"
NOW = Moment.parse("2026-11-22T00:00:00.000Z")


def members(name: str) -> dict[str, Json]:
    """A card that may make a link: its desk `node` has the node's signer."""
    made = card_value(name)
    desks = made["desks"]
    assert isinstance(desks, list)
    for desk in desks:
        assert isinstance(desk, dict)
        if desk["name"] == "node":
            signers = desk["signers"]
            assert isinstance(signers, list)
            node = dict(signers[0])  # type: ignore[arg-type]  # an object
            desk["signers"] = [{**node, "id": "n-01", "roles": ["author"]}]
    return made


@pytest.fixture
def meeting(tmp_path: Path) -> Meeting:
    (tmp_path / "party").mkdir()
    made = Meeting(tmp_path)
    made.keep_card(sign_card(members(A)))
    return made


def invitation(root: str = "", nonce: int = 1) -> bytes:
    value = members(B)
    if root:
        value["root"] = card_value(B, root=root)["root"]
    return party.write_invite(Invite(A, bytes([nonce]) * 16, sign_card(value, root)))


def test_a_party_does_not_invite_itself(meeting: Meeting) -> None:
    assert fault_of(meeting.invite, A) == "party.self"


def test_who_has_given_no_card_cannot_be_confirmed(meeting: Meeting) -> None:
    meeting.invite(B)
    assert fault_of(meeting.confirm, B, "0" * 60, NOW) == "party.no_card"


def test_other_root_keys_under_a_known_name_are_an_alarm(meeting: Meeting) -> None:
    meeting.add(invitation())
    assert fault_of(meeting.add, invitation(root=" other")) == "party.changed"


def test_a_confirmed_link_is_not_made_anew_by_a_second_invitation(meeting: Meeting) -> None:
    peer = meeting.add(invitation())
    assert peer.card is not None
    meeting.confirm(B, peer.card.fingerprint, NOW)
    assert fault_of(meeting.add, invitation(nonce=2)) == "party.changed"


def test_a_request_to_no_page_of_the_node_says_so() -> None:
    room = AdminRoom(None, ROUTES)  # type: ignore[arg-type]  # no route is reached
    asked = Request(0, "GET", ("v1", "nothing"), {}, b"")
    assert fault_of(room.handle, asked) == "http.no_page"


@pytest.mark.parametrize("body", [b"[1]", b"{", b"\xff", b"[" * 100_000])
def test_a_request_whose_body_is_no_object_says_so(body: bytes) -> None:
    assert fault_of(Request(0, "POST", (), {}, body).json) == "form.json"
    assert Request(0, "POST", (), {}, b"").json() == {}


def test_a_gap_between_cards_is_told_with_the_numbers_that_are_missing() -> None:
    first = card(B)
    second = later(first)
    fourth = later(later(second))
    with pytest.raises(OurFault, match=r"card.missing: of borealis.gov the cards 2 to 3") as told:
        joined(Chain((first,)), Chain((fourth,)))
    assert "--chain" in told.value.remedy
    assert joined(Chain((first,)), Chain((second,))).newest == second


def told(known: int, known_at: int | None) -> list[dict[str, Any]]:
    newest: dict[str, int | None] = {"party": 0, "told": 2, "known": 2, "known_at": 0}
    return [newest, {"party": 1, "told": 2, "known": known, "known_at": known_at}]


@pytest.mark.parametrize(
    ("known", "known_at", "code"),
    [
        (1, 0, "vault.in_use"),  # one peer has no receipt for the newest card
        (2, None, "vault.in_use"),
        (2, 1, "vault.in_use"),
        (2, 0, ""),
    ],
)
def test_a_key_that_a_peer_may_still_seal_to_is_not_taken_away(
    known: int, known_at: int | None, code: str
) -> None:
    now = Moment(keys.KEEP.ms)  # 30 days after second 0
    rows = [Told(**row) for row in told(known, known_at)]
    if code:
        assert fault_of(keys.check_known, rows, keys.KEEP, now) == code
    else:
        keys.check_known(rows, keys.KEEP, now)


@pytest.fixture
def net() -> Net:
    return Net(A, B)


def test_flash_above_its_rate_is_taken_and_its_author_is_told(net: Net) -> None:
    a, b = net.sides
    a.office = Office(
        a.desks, a.hatch, a.shelf, a.keys, a._entropy("office"), policy=Policy(unreleased=True)
    )
    a.office.resume(net.now)
    api = Api(lambda: a.office, lambda _: PERSON, lambda: net.now, lambda: None)
    body = {
        "file": base64.b64encode((BUNDLE % "now").encode()).decode(),
        "to": [b.address],
        "about": "now",
        "tlp": "GREEN",
        "prec": "FLASH",
        "unreleased": "the line may fall",
    }
    asked = Request(1000, "POST", ("api", "v1", "cert", "send"), {}, json.dumps(body).encode())
    answers: list[Any] = [api.handle(asked).document for _ in range(limits.FLASH_RATE + 1)]
    assert [each["notes"] for each in answers[:-1]] == [[]] * limits.FLASH_RATE
    (note,) = answers[-1]["notes"]
    assert (note["code"], note["records"]) == ("E_RATE", [answers[-1]["records"][0]["mid"]])
    assert note["remedy"]
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == limits.FLASH_RATE + 1, "it was taken"


def test_an_answer_of_another_version_says_so() -> None:
    def ask() -> None:
        raise client.fault_of({"code": "later.code"})

    asked: Callable[..., object] = ask
    assert fault_of(asked) == "api.broken"


def test_a_system_user_who_is_no_person_is_told_so() -> None:
    assert fault_of(people.find, (), "0") == "office.unknown_user"
