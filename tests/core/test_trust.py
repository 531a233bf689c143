"""Chains of cards: order, forks, and which key counts at which size."""

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers
from tests.proofs import (
    LINK,
    A,
    B,
    Ed,
    card,
    card_value,
    first_vectors,
    key_mark,
    later,
    seed,
    sign_card,
)

from detente.core import limits, trust
from detente.core.errors import TheirFault
from detente.core.party import Card
from detente.core.trust import Chain


@cache
def second() -> Card:
    """New log keys and new people's keys; the old log key is void above 10, the old signer above 7."""
    marks = [
        key_mark(Ed(f"{A} log ed25519").public, "log", {LINK: 10}),
        key_mark(Ed(f"{A} signer s-02").public, "signer", {LINK: 7}),
    ]
    return later(
        card(A), keys=" 2", people_keys=" 2", revoked=marks, desks=("cert", "node", "press")
    )


def test_a_chain_file_of_several_cards_reads_as_their_chain_and_writes_the_same_bytes() -> None:
    data = card(A).note + second().note
    chain = trust.read_chain(data)
    assert chain.cards == (card(A), second())
    assert chain.data == data
    assert (chain.name, chain.newest) == (A, second())


def test_the_vector_cards_are_chains_of_one(request: pytest.FixtureRequest) -> None:
    data = (Path(first_vectors(request)) / "aurelia.gov.card").read_bytes()
    chain = trust.read_chain(data)
    assert (chain.name, len(chain.cards), chain.data) == (A, 1, data)


def test_a_brace_after_anything_but_a_signature_line_does_not_split() -> None:
    with pytest.raises(TheirFault, match="E_CANON"):
        trust.read_chain(b"{}\n{}\n\nx\n")
    with pytest.raises(TheirFault, match="E_CANON"):
        trust.read_chain(card(A).note + b"\n" + second().note)


def test_the_first_card_given_need_not_be_the_first_ever() -> None:
    assert trust.read_chain(second().note).newest.serial == 2


@pytest.mark.parametrize("data", [b"", b"\n", b"{", b"\n{\n{"])
def test_a_file_without_a_card_is_refused(data: bytes) -> None:
    with pytest.raises(TheirFault, match="E_CANON"):
        trust.read_chain(data)


@given(binary(max_size=300))
def test_no_bytes_of_a_stranger_make_a_chain_or_another_failure(data: bytes) -> None:
    with pytest.raises(TheirFault):
        trust.read_chain(data)


def test_a_chain_file_at_the_limit_is_read_and_one_above_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    data = card(A).note
    monkeypatch.setattr(limits, "MAX_CHAIN", len(data))
    assert trust.read_chain(data).data == data
    monkeypatch.setattr(limits, "MAX_CHAIN", len(data) - 1)
    with pytest.raises(TheirFault, match="E_SIZE"):
        trust.read_chain(data)


def test_two_cards_of_one_serial_are_a_fork() -> None:
    with pytest.raises(TheirFault, match="E_CARD_FORK"):
        Chain((second(), later(card(A), keys=" 3")))


def test_a_prev_that_contradicts_the_card_before_is_a_fork() -> None:
    with pytest.raises(TheirFault, match="E_CARD_FORK"):
        Chain((card(A), sign_card(card_value(A, 2, seed("another card")))))


def test_a_missing_card_between_two_is_no_fork_and_asks_for_the_chain_file() -> None:
    third = later(second())
    with pytest.raises(TheirFault, match=r"E_CANON.*ask for the chain file"):
        Chain((card(A), third))
    assert Chain((card(A), second(), third)).newest == third


@pytest.mark.parametrize("twice", [True, False])
def test_cards_out_of_order_or_twice_are_refused_without_alarm(twice: bool) -> None:
    with pytest.raises(TheirFault, match=r"E_CANON.*oldest card first"):
        Chain((second(), second() if twice else card(A)))


def test_cards_of_two_parties_are_no_chain() -> None:
    with pytest.raises(TheirFault, match=r"E_CANON.*cards of aurelia.gov and borealis.gov"):
        Chain((card(A), card(B)))


def other_root(before: Card, serial: int = 0, prev: bytes = b"") -> Card:
    value = card_value(A, serial or before.serial + 1, prev or before.hash, root=" 2")
    return sign_card(value, " 2")


def test_a_card_under_other_root_keys_follows_only_if_it_names_the_card_before() -> None:
    turned = other_root(card(A))
    chain = Chain((card(A), turned))
    assert trust.read_chain(chain.data) == chain
    assert (chain.turns, chain.roots) == ((turned,), (card(A), turned))
    assert Chain((card(A), second())).turns == ()
    for odd in (other_root(card(A), prev=seed("another")), other_root(card(A), serial=3)):
        with pytest.raises(TheirFault, match="E_SIG"):
            Chain((card(A), odd))


def test_no_chain_passes_to_other_root_keys_by_joining() -> None:
    turned = other_root(card(A))
    whole = Chain((card(A), turned))
    with pytest.raises(TheirFault, match="E_SIG"):
        Chain((card(A),)).join(whole)
    assert whole.join(Chain((card(A),))) == whole
    assert Chain((turned,)).join(Chain((card(A),))) == whole, "what it names itself"
    with pytest.raises(TheirFault, match="E_SIG"):
        whole.join(Chain((card(A), second())))
    with pytest.raises(TheirFault, match="E_SIG"):
        Chain((turned,)).join(Chain((second(),)))


def test_a_chain_goes_back_to_a_serial() -> None:
    whole = Chain((card(A), second(), later(second())))
    assert whole.upto(2) == Chain((card(A), second()))
    assert whole.upto(9) == whole


@given(integers(0, 20))
def test_a_revoked_log_key_counts_up_to_its_size_and_not_above(size: int) -> None:
    old, new = card(A).log, second().log
    keys = Chain((card(A), second())).log_keys(LINK, size)
    assert keys == ((new, old) if size <= 10 else (new,))


def test_a_mark_that_does_not_name_the_log_voids_the_key_from_its_beginning() -> None:
    chain = Chain((card(A), second()))
    assert chain.log_keys("aaaaaaaaaaaaaaaa", 1) == (second().log,)
    assert chain.log_keys("aaaaaaaaaaaaaaaa", 0) == (second().log, card(A).log)


def test_the_stricter_of_two_marks_on_one_key_counts() -> None:
    third = later(second(), revoked=[key_mark(card(A).log, "log", {LINK: 3})])
    fourth = later(third, revoked=[key_mark(card(A).log, "log", {LINK: 9})])
    chain = Chain((card(A), second(), third, fourth))
    assert card(A).log in chain.log_keys(LINK, 3)
    assert card(A).log not in chain.log_keys(LINK, 4)


def test_old_and_new_receipt_keys_both_count_until_revoked() -> None:
    chain = Chain((card(A), second()))
    assert chain.cosign_keys(LINK, 10**6) == (second().cosign, card(A).cosign)
    assert chain.mldsa44_keys(LINK, 10**6) == (second().mldsa44, card(A).mldsa44)


def test_a_key_that_stays_on_a_newer_card_is_named_once() -> None:
    assert Chain((card(A), later(card(A)))).log_keys(LINK, 1) == (card(A).log,)


def test_a_desk_knows_the_signers_of_every_card_and_seals_to_the_newest_key() -> None:
    chain = Chain((card(A), later(card(A), people={"s-03": ("author",)})))
    desk = chain.desk("cert", LINK, 1)
    assert sorted(desk.signers) == ["s-01", "s-02", "s-03"]
    assert desk.hpke == bytes([2]) * 1216


def test_an_id_with_two_keys_shows_the_newest_and_people_knows_both() -> None:
    chain = Chain((card(A), second()))
    old, new = Ed(f"{A} signer s-02").public, Ed(f"{A} signer s-02 2").public
    assert chain.desk("cert", LINK, 7).signers["s-02"].ed25519 == new
    assert [one.ed25519 for one in chain.people("cert", "s-02", LINK, 7)] == [new, old]
    assert [one.ed25519 for one in chain.people("cert", "s-02", LINK, 8)] == [new]


def test_a_signer_whose_every_key_is_revoked_is_off_the_desk() -> None:
    mark = key_mark(Ed(f"{A} signer s-02").public, "signer", {LINK: 7})
    chain = Chain((card(A), later(card(A), people={"s-01": ("author",)}, revoked=[mark])))
    assert sorted(chain.desk("cert", LINK, 7).signers) == ["s-01", "s-02"]
    assert sorted(chain.desk("cert", LINK, 8).signers) == ["s-01"]


def test_one_key_keeps_every_role_that_a_card_gave_it() -> None:
    chain = Chain((card(A), later(card(A), people={"s-01": ("release",)})))
    (person,) = chain.people("cert", "s-01", LINK, 1)
    assert person.roles == {"author", "read", "answer", "release"}


def test_a_desk_that_no_card_names_is_e_desk() -> None:
    chain = Chain((card(A), second()))
    assert chain.has_desk("press")
    assert not chain.has_desk("naval")
    assert chain.people("naval", "s-01", LINK, 1) == ()
    with pytest.raises(TheirFault, match="E_DESK"):
        chain.desk("naval", LINK, 1)


def test_pins_are_the_newest_cards_and_as_many_before_as_asked() -> None:
    chain = Chain((card(A), second()))
    assert chain.tls_pins() == (seed(f"{A} spki 2"),)
    assert chain.tls_pins(1) == (seed(f"{A} spki 2"), seed(f"{A} spki"))


def test_a_revoked_pin_is_void_at_once() -> None:
    mark = key_mark(b"", "tls", {LINK: 99})
    assert isinstance(mark, dict)
    mark["key"] = card_value(A)["node"]["spki_sha256"][0]  # type: ignore[index,call-overload]  # made above
    assert Chain((card(A), later(card(A), keys=" 2", revoked=[mark]))).tls_pins(1) == (
        seed(f"{A} spki 2"),
    )
