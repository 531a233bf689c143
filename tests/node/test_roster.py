from dataclasses import replace

import pytest
from tests.support import makers, nodes
from tests.support.makers import LabelEntropy

from detente.core import canon, envelope, inner, record
from detente.core.canon import Json
from detente.node import roster

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
OURS, THEIRS = nodes.seat_of(A), nodes.seat_of(B)
A_TO_B, B_TO_A = nodes.terms_of(A, B), nodes.terms_of(B, A)


def text_of(data: bytes) -> Json:
    parts = envelope.split(data)
    header = record.read_header(parts.header)
    return canon.decode(inner.unpack(parts.body, header.size, header.commit)[1], 65_536)


def compare(data: bytes) -> str:
    """What `borealis.gov` says of the opening of a log of `aurelia.gov`."""
    return roster.compare_opening(THEIRS, B_TO_A, data)


@pytest.mark.parametrize("kind", [roster.LINK_OPEN, roster.HOME_OPEN])
def test_a_nodes_own_record_follows_every_rule_for_records(kind: str) -> None:
    made = {
        roster.LINK_OPEN: roster.link_open(OURS, A_TO_B, makers.NOW),
        roster.HOME_OPEN: roster.home_open(OURS, None, makers.NOW),
    }[kind]
    parts = envelope.split(made)
    header = record.read_header(parts.header)
    assert (header.kind, header.from_) == (kind, "node@aurelia.gov")
    assert header.is_open
    signatures = record.read_signatures(parts.sigs)
    desk = A.card.desks["node"]
    assert record.check_rules(header, signatures, desk, ()).author == "n-01"
    entry = envelope.entry_of(parts)
    record.check_signatures(
        signatures, envelope.entry_mid(entry), envelope.entry_body_hash(entry), desk
    )
    assert envelope.read_seals(parts.seals) == ()


def test_an_opening_names_link_nonce_and_both_cards() -> None:
    assert text_of(roster.link_open(OURS, A_TO_B, makers.NOW)) == {
        "v": 1,
        "link_id": A_TO_B.link_id,
        "nonce": makers.text(A_TO_B.nonce),
        "cards": [
            {"party": "aurelia.gov", "hash": makers.text(A.card.hash)},
            {"party": "borealis.gov", "hash": makers.text(B.card.hash)},
        ],
        "epoch": None,
    }


def test_both_sides_write_the_same_opening() -> None:
    ours = roster.link_open(OURS, A_TO_B, makers.NOW)
    theirs = roster.link_open(THEIRS, B_TO_A, makers.NOW)
    assert text_of(ours) == text_of(theirs)
    assert compare(ours) == ""


def test_a_home_log_says_which_one_it_follows() -> None:
    assert text_of(roster.home_open(OURS, None, makers.NOW)) == {"v": 1, "old": None}
    old: Json = {"size": 7}
    assert text_of(roster.home_open(OURS, old, makers.NOW)) == {"v": 1, "old": old}


def test_a_home_log_has_a_fresh_name() -> None:
    seat = replace(OURS, entropy=LabelEntropy("home"))
    first, second = roster.new_home_origin(seat), roster.new_home_origin(seat)
    assert first != second
    assert first.startswith("aurelia.gov/detente/home-")


def test_an_opening_with_another_nonce_or_card_is_told() -> None:
    other = replace(A_TO_B, nonce=bytes(16), peer=makers.make_party(makers.CORDIA).card)
    made = roster.link_open(OURS, other, makers.NOW)
    # Addressed to cordia.gov, which is not looked at: the log says whose it is.
    assert compare(made) == "the two sides opened the link with different nonce, cards"


def test_a_log_that_begins_with_another_record_is_told() -> None:
    home = roster.home_open(OURS, None, makers.NOW)
    assert compare(home) == "their log begins with sys.home_open, not with sys.link_open"
    assert compare(nodes.envelope(A, [B])).startswith("their log begins with cert.bundle")


def test_an_opening_by_another_node_is_told() -> None:
    theirs = roster.link_open(THEIRS, B_TO_A, makers.NOW)
    assert compare(theirs).startswith("their log begins with")


def test_an_opening_that_cannot_be_read_is_told() -> None:
    parts = envelope.split(roster.link_open(OURS, A_TO_B, makers.NOW))
    for wrong in (
        b"x",
        envelope.encode(parts._replace(body=parts.body + b"x")),
        envelope.encode(parts._replace(header=b"{}")),
    ):
        assert compare(wrong).startswith("the opening of their log cannot be read: ")
