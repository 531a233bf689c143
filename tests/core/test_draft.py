"""The next card of a party, member by member."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import makers, rotations
from tests.support.outcomes import fault_of

from detente.core import draft, party, trust
from detente.core.draft import Draft
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.trust import Chain

US = makers.make_party(makers.AURELIA)
LATER = Moment.parse("2028-01-01T00:00:00.000Z")


def fresh() -> Draft:
    return Draft(US.card, makers.NOW, LATER)


def signed(made: Draft) -> Card:
    return party.sign_card(made.members, US.root, US.root_pq)


def test_a_draft_changes_what_it_is_told_and_nothing_else() -> None:
    made = fresh()
    made.log_key("log", b"l" * 32)
    made.log_key("cosign", b"c" * 32)
    made.log_key("mldsa44", b"p" * 1_312)
    made.pins([b"t" * 32])
    made.endpoints([("path-1", "tcp://198.51.100.9:7440")])
    made.display("ru", "Аурелия")
    made.desk_key("node", b"n" * 1_216)
    made.desk_key("cert", US.card.desks["cert"].hpke)
    made.signer_key("cert", "s-01", b"s" * 32)
    made.add_signer("cert", "s-03", b"3" * 32, ["read", "author"])
    made.drop_signer("cert", "s-02")
    made.revoke(b"k" * 32, "log", {"a" * 16: 7}, "stolen", makers.NOW)
    card = signed(made)
    assert (card.serial, card.prev, card.expires) == (2, US.card.hash, LATER)
    assert (card.log, card.cosign, card.mldsa44) == (b"l" * 32, b"c" * 32, b"p" * 1_312)
    assert (card.pins, card.node_hpke) == ((b"t" * 32,), b"n" * 1_216)
    assert card.desks["node"].hpke == card.node_hpke
    assert card.endpoints[0].addr == "tcp://198.51.100.9:7440"
    assert card.display == {"en": "Aurelia", "ru": "Аурелия"}
    people = card.desks["cert"].signers
    assert sorted(people) == ["m-01", "s-01", "s-03"]
    assert people["s-01"].ed25519 == b"s" * 32
    assert people["s-03"].roles == {"read", "author"}
    assert card.revoked[0].sizes == {"a" * 16: 7}
    assert card.desks["cert"].hpke == US.card.desks["cert"].hpke
    Chain((US.card, card))


def test_new_root_keys_make_another_fingerprint() -> None:
    made = fresh()
    other = makers.make_party(makers.BOREALIS)
    made.root(other.root.public, other.root_pq.public)
    card = party.sign_card(made.members, other.root, other.root_pq)
    assert card.fingerprint != US.card.fingerprint
    assert fault_of(Chain((US.card,)).join, Chain((card,))) == "E_SIG"


def test_parts_that_are_not_there_or_there_already_are_named() -> None:
    made = fresh()
    assert fault_of(made.desk_key, "press", b"") == "card.no_part"
    assert fault_of(made.signer_key, "cert", "s-99", b"") == "card.no_part"
    assert fault_of(made.drop_signer, "press", "s-01") == "card.no_part"
    assert fault_of(made.add_signer, "cert", "s-01", b"", []) == "card.no_part"


def test_a_new_desk_has_a_key_of_its_own_and_the_signers_of_the_others() -> None:
    made, key = fresh(), bytes(1_216)
    made.add_desk("press", key)
    card = party.sign_card(made.members, US.root, US.root_pq)
    assert card.desks["press"].hpke == key
    assert card.desks["press"].signers.keys() == card.desks["cert"].signers.keys()
    assert not card.desks["press"].signers.keys() & card.desks["node"].signers.keys()
    assert fault_of(made.add_desk, "press", key) == "card.no_part"


def test_members_of_later_versions_are_carried_over() -> None:
    first = party.sign_card({**makers.card_value(US.name), "later": [1]}, US.root, US.root_pq)
    assert Draft(first, makers.NOW, LATER).members["later"] == [1]


def test_a_void_card_takes_back_every_key_for_every_link() -> None:
    card = party.sign_card(draft.void(US.card, makers.NOW, LATER), US.root, US.root_pq)
    chain = Chain((US.card, card))
    assert chain.is_void
    assert not Chain((US.card,)).is_void
    assert chain.log_keys("a" * 16, 1) == chain.cosign_keys("a" * 16, 1) == ()
    assert chain.mldsa44_keys("a" * 16, 1) == chain.tls_pins() == ()
    assert chain.people("cert", "s-01", "a" * 16, 1) == ()


# Joining chains.


def cards(count: int) -> list[Card]:
    made = [US]
    for _ in range(count - 1):
        made.append(rotations.rotate(made[-1], ["log"]))
    return [each.card for each in made]


FIVE = cards(5)


@given(
    st.tuples(st.integers(0, 4), st.integers(0, 4)), st.tuples(st.integers(0, 4), st.integers(0, 4))
)
def test_two_parts_of_one_chain_join_to_their_union_unless_a_card_is_missing(
    one: tuple[int, int], other: tuple[int, int]
) -> None:
    (a, b), (c, d) = sorted(one), sorted(other)
    held, more = Chain(tuple(FIVE[a : b + 1])), Chain(tuple(FIVE[c : d + 1]))
    union = sorted({*range(a, b + 1), *range(c, d + 1)})
    if union == list(range(union[0], union[-1] + 1)):
        assert held.join(more).cards == more.join(held).cards == tuple(FIVE[i] for i in union)
        assert [held.join(more).card(i + 1) for i in union] == [FIVE[i] for i in union]
        assert held.join(more).card(9) is None
    else:
        assert fault_of(held.join, more) == "E_CANON"


@pytest.mark.parametrize("over", [{"display": {"en": "Other"}}, {"prev": makers.text(b"p" * 32)}])
def test_another_card_of_a_held_serial_or_with_another_past_is_a_fork(over: dict[str, Any]) -> None:
    other = rotations.rotate(US, ["log"], **over).card
    held = Chain(tuple(FIVE[:2])) if "display" in over else Chain((US.card,))
    assert fault_of(held.join, Chain((other,))) == "E_CARD_FORK"


def test_cards_of_another_party_or_root_do_not_join() -> None:
    them = makers.make_party(makers.BOREALIS)
    held = Chain((US.card,))
    assert fault_of(held.join, Chain((them.card,))) == "E_CANON"
    value = rotations.members(US.card)
    value["root"] = makers.card_value(them.name)["root"]
    moved = party.sign_card(value, them.root, them.root_pq)
    assert fault_of(held.join, Chain((moved,))) == "E_SIG"


def test_a_desk_whose_key_changed_is_named() -> None:
    two = rotations.rotate(US, ["cert"]).card
    assert Chain((US.card, two)).changed_desks == {"cert"}
    assert Chain(tuple(FIVE)).changed_desks == set()


def test_a_chain_file_comes_back_from_its_join() -> None:
    chain = Chain((FIVE[0],)).join(Chain(tuple(FIVE[1:])))
    assert trust.read_chain(chain.data) == chain
    assert sha256(chain.cards[3].text).digest() == chain.cards[4].prev
    with pytest.raises(TheirFault, match="E_CANON"):
        Chain((FIVE[0],)).join(Chain((FIVE[2],)))
