from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers
from tests.support import makers, outcomes

from detente.core import canon, limits, party, signed
from detente.core.canon import Json

AURELIA, BOREALIS = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
CARD, NAME = AURELIA.card, AURELIA.name
Value = dict[str, Any]


def code_of(change: Callable[[Value], object]) -> str:
    """The code of a card under both root keys that was changed before signing."""
    value: Value = makers.card_value(NAME)
    change(value)
    return outcomes.fault_of(makers.sign_card, NAME, value)


def card_with(change: Callable[[Value], object]) -> party.Card:
    value: Value = makers.card_value(NAME)
    change(value)
    return makers.sign_card(NAME, value)


def signer(number: int) -> Json:
    key = makers.LabelSigner(f"signer {number}").public
    return {"id": f"s-{number}", "ed25519": makers.text(key), "roles": ["read"]}


def test_a_card_says_what_was_signed() -> None:
    assert party.read_card(CARD.note) == CARD
    assert (CARD.name, CARD.serial, CARD.prev) == (NAME, 1, None)
    assert (CARD.log, CARD.cosign) == (AURELIA.log.public, AURELIA.cosign.public)
    assert (CARD.root_ed25519, CARD.mldsa44) == (AURELIA.root.public, AURELIA.log_pq.public)
    assert CARD.pins == (sha256(makers.seed(f"{NAME} spki")).digest(),)
    assert CARD.endpoints == (party.Endpoint("primary", "tcp://198.51.100.7:7440"),)
    assert CARD.display == {"en": "Aurelia"}
    assert CARD.hash == sha256(CARD.text).digest()


def test_a_desk_has_its_key_and_its_people() -> None:
    desk = CARD.desks["cert"]
    assert desk.hpke == AURELIA.openers["cert"].public
    assert desk.key_id == sha256(desk.hpke).digest()[:8]
    assert {one.id: one.roles for one in desk.signers.values()} == {
        "m-01": {"author"},
        "s-01": {"author", "read", "answer"},
        "s-02": {"release"},
    }
    assert CARD.node_hpke == CARD.desks["node"].hpke


def test_the_fingerprint_is_that_of_the_vectors() -> None:
    assert CARD.fingerprint == (
        "35409 36062 97288 86235 13539 95912 90323 46516 38069 26276 66038 24283"
    )


def test_a_new_card_of_the_same_root_has_the_same_fingerprint() -> None:
    prev = makers.text(CARD.hash)
    second = card_with(lambda v: v.update(serial=2, prev=prev, desks=[]))
    assert (second.serial, second.prev) == (2, CARD.hash)
    assert second.fingerprint == CARD.fingerprint
    assert second.hash != CARD.hash


def test_unknown_members_are_kept_and_ignored() -> None:
    card = card_with(lambda v: v.update(later={"x": 1}, suite=1))
    assert b'"later":{"x":1}' in card.text
    assert card.desks == CARD.desks


def test_what_is_revoked_says_from_which_size_on() -> None:
    entry = {"key": makers.text(bytes(32)), "role": "log", "sizes": {"a": 7}, "reason": "x"}
    card = card_with(lambda v: v.update(revoked=[entry]))
    assert card.revoked == (party.Revoked(bytes(32), "log", {"a": 7}),)


@pytest.mark.parametrize("version", [0, 2, True, None, "1"])
def test_newer_cards_and_suites_are_refused(version: Json) -> None:
    assert code_of(lambda v: v.update(v=version)) == "E_VERSION"
    assert code_of(lambda v: v.update(suite=version)) == "E_VERSION"


@pytest.mark.parametrize(
    "name",
    ["v", "type", "name", "display", "serial", "prev", "created", "expires", "root", "log", "node",
     "desks", "revoked"],
)  # fmt: skip
def test_every_member_is_due(name: str) -> None:
    code = code_of(lambda v: v.pop(name))
    assert code == ("E_VERSION" if name == "v" else "E_CANON")


CHANGES: list[Callable[[Value], object]] = [
    lambda v: v.update(type="card"),
    lambda v: v.update(type=""),
    lambda v: v.update(type="x" * 257),
    lambda v: v.update(name="Aurelia.gov"),
    lambda v: v.update(display=[]),
    lambda v: v.update(serial=0),
    lambda v: v.update(serial=0, prev=makers.text(bytes(32))),
    lambda v: v.update(serial=2),
    lambda v: v.update(serial=True),
    lambda v: v.update(serial=-1),
    lambda v: v.update(prev=makers.text(bytes(32))),
    lambda v: v.update(prev=""),
    lambda v: v.update(root=[]),
    lambda v: v["root"].update(ed25519=makers.text(bytes(31))),
    lambda v: v["root"].pop("mldsa65"),
    lambda v: v["log"].update(mldsa44=makers.text(bytes(1_311))),
    lambda v: v["node"].update(hpke=""),
    lambda v: v["node"].update(spki_sha256=[]),
    lambda v: v["node"].update(spki_sha256=[1]),
    lambda v: v["node"].update(spki_sha256=["AA=="]),
    lambda v: v["node"].update(endpoints=[1]),
    lambda v: v["node"]["endpoints"][0].update(id="\u001b[2J"),
    lambda v: v["node"]["endpoints"][0].update(addr="x" * 257),
    lambda v: v.update(desks={}),
    lambda v: v.update(desks=v["desks"] * 2),
    lambda v: v["desks"][0].update(name="Cert"),
    lambda v: v["desks"][0].update(signers=None),
    lambda v: v["desks"][0]["signers"].append(v["desks"][0]["signers"][0]),
    lambda v: v["desks"][0]["signers"][0].update(id="s 1"),
    lambda v: v["desks"][0]["signers"][0].update(id="s" * 65),
    lambda v: v["desks"][0]["signers"][0].update(roles=[]),
    lambda v: v["desks"][0]["signers"][0].update(roles=["king"]),
    lambda v: v["desks"][0]["signers"][0].update(roles=[1]),
    lambda v: v.update(revoked=[1]),
    lambda v: v.update(revoked=[{"key": makers.text(bytes(32)), "role": "log", "sizes": []}]),
    lambda v: v.update(
        revoked=[{"key": makers.text(bytes(32)), "role": "log", "sizes": {"a": -1}}]
    ),
]


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_a_card_of_another_form_is_refused(number: int) -> None:
    assert code_of(CHANGES[number]) == "E_CANON"


def test_times_on_a_card_are_times() -> None:
    assert code_of(lambda v: v.update(expires="never")) == "E_HEADER"


def endpoint(number: int) -> Json:
    return {"id": f"e{number}", "addr": "tcp://198.51.100.7:7440"}


def desk(number: int) -> Json:
    return {"name": f"d{number}", "hpke": makers.text(bytes(1_216)), "signers": []}


LIMITS: list[tuple[int, Callable[[Value, int], object]]] = [
    (limits.MAX_PINS, lambda v, n: v["node"].update(spki_sha256=[makers.text(bytes(32))] * n)),
    (limits.MAX_ENDPOINTS, lambda v, n: v["node"].update(endpoints=[endpoint(i) for i in range(n)])),
    (32, lambda v, n: v["desks"][0].update(name="d" * n)),
    (64, lambda v, n: v["desks"][0]["signers"][0].update(id="s" * n)),
]  # fmt: skip


@pytest.mark.parametrize("number", range(4))
def test_limits_of_a_card_are_taken_at_their_value_and_refused_above(number: int) -> None:
    most, change = LIMITS[number]
    assert card_with(lambda v: change(v, most)).name == NAME
    assert code_of(lambda v: change(v, most + 1)) == "E_CANON"


@pytest.mark.parametrize(
    ("most", "change"),
    [
        (limits.MAX_DESKS, lambda v, n: v.update(desks=[desk(i) for i in range(n)])),
        (
            limits.MAX_SIGNERS,
            lambda v, n: v["desks"][0].update(signers=[signer(i) for i in range(n)]),
        ),
    ],
)
def test_desks_and_signers_have_limits_that_a_card_of_64_kib_cannot_reach(
    most: int, change: Callable[[Value, int], object]
) -> None:
    # So the members are read apart from the file: what is over the count is refused as such.
    value: Value = makers.card_value(NAME)
    change(value, most)
    reader = party._Reader(value, "card")
    rows = reader.rows("desks", limits.MAX_DESKS)
    assert len([party._read_desk(each, "desk") for each in rows]) in (most, 2)
    assert code_of(lambda v: change(v, most)) == "E_SIZE"
    change(value, most + 1)
    assert (
        outcomes.fault_of(
            lambda: [
                party._read_desk(each, "desk")
                for each in party._Reader(value, "card").rows("desks", limits.MAX_DESKS)
            ]
        )
        == "E_CANON"
    )


def test_a_card_has_at_most_64_kib() -> None:
    fill = limits.MAX_CARD - len(card_with(lambda v: v.update(x="")).note)
    assert len(card_with(lambda v: v.update(x="a" * fill)).note) == limits.MAX_CARD
    assert code_of(lambda v: v.update(x="a" * (fill + 1))) == "E_SIZE"


@pytest.mark.parametrize("line", [0, 1])
def test_both_root_signatures_must_be_there_and_hold(line: int) -> None:
    note = signed.read(CARD.note, limits.MAX_CARD)
    missing = signed.write(note.text, [note.lines[1 - line]])
    assert outcomes.fault_of(party.read_card, missing) == "E_SIG"
    lines = list(note.lines)
    broken = bytes([lines[line].signature[0] ^ 1]) + lines[line].signature[1:]
    lines[line] = signed.Line(lines[line].name, lines[line].key_id, broken)
    assert outcomes.fault_of(party.read_card, signed.write(note.text, lines)) == "E_SIG"


def test_another_root_signs_no_card() -> None:
    value = makers.card_value(NAME)
    code = outcomes.fault_of(party.sign_card, value, BOREALIS.root, BOREALIS.root_pq)
    assert code == "E_SIG"


@given(at=integers(0, 20_000), bit=integers(0, 7))
def test_one_bit_of_a_card_decides(at: int, bit: int) -> None:
    data = bytearray(CARD.note)
    data[at % len(data)] ^= 1 << bit
    code = outcomes.value_or_code(party.read_card, bytes(data))
    assert code in ("E_CANON", "E_SIG", "E_VERSION", "E_HEADER")


@given(data=binary(max_size=100))
def test_any_bytes_are_no_card_and_no_invitation(data: bytes) -> None:
    assert outcomes.value_or_code(party.read_card, data) == "E_CANON"
    assert outcomes.value_or_code(party.read_invite, data) == "E_CANON"
    assert outcomes.value_or_code(party.read_invite, data + b"\n\n" + data) == "E_CANON"


@pytest.mark.parametrize("text", [b"x\n", b"[]}\n", b"{ }\n", b"{}\n"])
def test_a_note_about_something_else_is_no_card(text: bytes) -> None:
    line = signed.Line("aurelia.gov/detente/card", bytes(4), b"signature")
    assert outcomes.fault_of(party.read_card, signed.write(text, [line])) == "E_CANON"


# The first meeting.


@given(nonce=binary(min_size=16, max_size=16))
def test_an_invitation_reads_back(nonce: bytes) -> None:
    invite = party.Invite(BOREALIS.name, nonce, CARD)
    assert party.read_invite(party.write_invite(invite)) == invite


@pytest.mark.parametrize(
    "changes",
    [{"v": 2}, {"v": True}, {"type": "invite"}, {"peer": "Borealis"}, {"peer": 1}, {"nonce": "AA=="}],
)  # fmt: skip
def test_an_invitation_of_another_form_is_refused(changes: dict[str, Json]) -> None:
    line, _, note = party.write_invite(AURELIA.invite(BOREALIS)).partition(b"\n\n")
    value = {**canon.decode_object(line, 1_024), **changes}
    data = canon.encode(value) + b"\n\n" + note
    assert outcomes.fault_of(party.read_invite, data) == "E_CANON"


def test_an_invitation_has_at_most_68_kib() -> None:
    fill = limits.MAX_CARD - len(card_with(lambda v: v.update(x="")).note)
    card = card_with(lambda v: v.update(x="a" * fill))
    invite = party.Invite(BOREALIS.name, bytes(16), card)
    assert party.read_invite(party.write_invite(invite)) == invite
    at_most = bytes(limits.MAX_INVITE)
    assert outcomes.fault_of(party.read_invite, at_most) == "E_CANON"
    assert outcomes.fault_of(party.read_invite, at_most + b"\0") == "E_SIZE"


def test_both_sides_come_to_one_link() -> None:
    ours, theirs = bytes(range(16)), bytes(range(16, 32))
    nonce = party.link_nonce(CARD, ours, BOREALIS.card, theirs)
    assert nonce == party.link_nonce(BOREALIS.card, theirs, CARD, ours)
    first, second = (ours, theirs) if CARD.fp60 < BOREALIS.card.fp60 else (theirs, ours)
    assert nonce == sha256(b"detente/v1/nonce\n" + first + second).digest()[:16]
    link = party.link_id(CARD, BOREALIS.card, nonce)
    assert link == party.link_id(BOREALIS.card, CARD, nonce)
    assert len(link) == 16
    assert link != party.link_id(CARD, BOREALIS.card, bytes(16))


def test_nonces_that_change_places_give_another_link() -> None:
    one, other = bytes(range(16)), bytes(range(16, 32))
    nonce = party.link_nonce(CARD, one, BOREALIS.card, other)
    assert nonce != party.link_nonce(CARD, other, BOREALIS.card, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [(("root", "ed25519"), ("log", "ed25519")),
     (("root", "ed25519"), ("log", "cosign_ed25519")),
     (("log", "ed25519"), ("log", "cosign_ed25519"))],
)  # fmt: skip
def test_a_card_on_which_two_of_root_log_and_cosign_are_one_key_is_refused(
    one: tuple[str, str], other: tuple[str, str]
) -> None:
    value: Value = makers.card_value(NAME)
    value[other[0]][other[1]] = value[one[0]][one[1]]
    assert outcomes.fault_of(makers.sign_card, NAME, value) == "E_CANON"


UNLINKED: dict[str, Callable[[Value], object]] = {
    "no desk node": lambda v: v.update(desks=v["desks"][:1]),
    "another key than the node's": lambda v: v["desks"][1].update(hpke=v["desks"][0]["hpke"]),
    "nobody": lambda v: v["desks"][1].update(signers=[]),
    "a second signer": lambda v: v["desks"][1]["signers"].append(signer(7)),
    "a person": lambda v: v["desks"][1]["signers"][0].update(id="s-01"),
    "another role": lambda v: v["desks"][1]["signers"][0].update(roles=["read"]),
    "two roles": lambda v: v["desks"][1]["signers"][0].update(roles=["author", "read"]),
}


@pytest.mark.parametrize("name", UNLINKED)
def test_a_card_whose_desk_node_is_not_the_nodes_serves_no_link(name: str) -> None:
    assert outcomes.fault_of(party.check_for_link, card_with(UNLINKED[name])) == "E_CANON"


def test_a_card_with_its_desk_node_serves_a_link() -> None:
    party.check_for_link(CARD)
