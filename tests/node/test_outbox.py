from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from tests.support import makers, nodes
from tests.support.makers import Party, Written
from tests.support.outcomes import fault_of, value_or_code

from detente.core import envelope, record
from detente.core.envelope import Parts, Seal
from detente.core.errors import TheirFault
from detente.core.record import Attachment
from detente.node import outbox, roster
from detente.node.outbox import Accepted
from detente.node.seat import LinkTerms, Seat

A, B, C = (makers.make_party(name) for name in (makers.AURELIA, makers.BOREALIS, makers.CORDIA))
SEAT = nodes.seat_of(A)
TERMS = {peer.name: nodes.terms_of(A, peer) for peer in (B, C)}
BOTH = {record.AUTHOR: "s-01", record.RELEASER: "s-02"}


def write(
    *to: Party, by: Party = A, signed_by: Mapping[int, str] | None = None, **header: object
) -> Written:
    made = replace(makers.PLAIN_HEADER, **header)  # type: ignore[arg-type]
    return makers.write_record(by, to or (B,), b"hello", made, signed_by)


def judge(
    data: bytes | Written, seat: Seat = SEAT, terms: dict[str, LinkTerms] | None = None
) -> Accepted:
    whole = data if isinstance(data, bytes) else data.envelope
    return outbox.judge(seat, TERMS if terms is None else terms, whole)


def code_of(data: bytes | Written, seat: Seat = SEAT, **more: dict[str, LinkTerms]) -> str:
    return fault_of(lambda: judge(data, seat, **more))


def with_parts(written: Written, **parts: bytes) -> bytes:
    return envelope.encode(written.parts._replace(**parts))


def with_seals(written: Written, *seals: Seal) -> bytes:
    return with_parts(written, seals=envelope.write_seals(seals))


# What is accepted.


def test_a_record_to_one_peer_goes_over_its_link_as_it_is() -> None:
    written = write(B)
    accepted = judge(written)
    assert accepted.mid == written.mid
    assert accepted.rank == 1
    assert accepted.envelope == written.envelope
    assert accepted.links == ((TERMS[B.name].link_id, written.envelope),)


@pytest.mark.parametrize(("rank", "prec"), list(enumerate(record.PRECEDENCES, 1)))
def test_a_precedence_is_a_rank_on_the_wire(rank: int, prec: str) -> None:
    assert judge(write(B, prec=prec, signed_by=BOTH)).rank == rank
    assert outbox.rank_of(prec) == rank


def test_a_record_to_our_own_desk_goes_over_no_link() -> None:
    written = write(A)
    assert judge(written).links == ()


def test_each_peer_gets_the_seals_of_its_own_desks_and_the_authors_copy() -> None:
    written = write(B, C)
    seals = envelope.read_seals(written.parts.seals)
    assert [seal.address for seal in seals] == [B.address(), C.address(), A.address()]
    links = dict(judge(written).links)
    assert links.keys() == {TERMS[B.name].link_id, TERMS[C.name].link_id}
    for place, peer in enumerate((B, C)):
        parts = envelope.split(links[TERMS[peer.name].link_id])
        assert envelope.read_seals(parts.seals) == (seals[place], seals[2])
        assert parts._replace(seals=b"") == written.parts._replace(seals=b"")


def test_a_desk_of_ours_among_the_addressees_keeps_its_seal_as_the_authors_copy() -> None:
    written = write(A, B)
    [(_, sent)] = judge(written).links
    addresses = [seal.address for seal in envelope.read_seals(envelope.split(sent).seals)]
    assert addresses == [B.address(), A.address(), A.address()]


def test_a_number_is_of_author_matter_series_and_counter() -> None:
    keys = {
        judge(write(**differing)).number_key
        for differing in ({}, {"matter": "1" * 32}, {"s": "00000000"}, {"n": 2})
    }
    assert len(keys) == 4
    assert judge(write(prec="PRIORITY")).number_key == judge(write()).number_key


def test_what_stands_under_a_number_is_the_record_and_its_seals() -> None:
    written = write()
    due = written.mid + sha256(written.parts.seals).digest()[:8]
    assert judge(written).number_value == due


def test_the_nodes_own_opening_is_accepted_from_the_node() -> None:
    opening = roster.link_open(SEAT, TERMS[B.name], makers.NOW)
    assert judge(opening).links == ((TERMS[B.name].link_id, opening),)


# Desks.


def test_a_record_of_another_party_is_not_ours_to_send() -> None:
    assert code_of(write(A, by=B)) == "E_DESK"


def test_a_record_of_a_desk_that_is_not_on_our_card_is_refused() -> None:
    desks = {"node": SEAT.card.desks["node"]}
    assert code_of(write(), replace(SEAT, card=replace(SEAT.card, desks=desks))) == "E_DESK"


@pytest.mark.parametrize("to", [A, B], ids=["ours", "theirs"])
def test_a_record_to_a_desk_that_is_not_there_is_refused(to: Party) -> None:
    written = write(to, to=("hotline@x",))
    theirs, ours = envelope.read_seals(written.parts.seals)
    seal = replace(theirs, address=to.address("hotline"))
    with pytest.raises(TheirFault, match="has no desk hotline"):
        judge(with_seals(written, seal, ours))


def test_a_seal_for_who_is_not_addressed_is_refused() -> None:
    written = write(B)
    theirs, ours = envelope.read_seals(written.parts.seals)
    stranger = replace(theirs, address=C.address())
    assert code_of(with_seals(written, theirs, ours, stranger)) == "E_DESK"


def test_an_addressee_without_a_seal_is_refused_and_an_author_without_a_copy_is_not() -> None:
    written = write(B)
    theirs, ours = envelope.read_seals(written.parts.seals)
    assert code_of(with_seals(written, ours)) == "E_DESK"
    assert judge(with_seals(written, theirs)).mid == written.mid


def test_a_seal_to_an_old_key_is_refused() -> None:
    written = write(B)
    theirs, ours = envelope.read_seals(written.parts.seals)
    assert code_of(with_seals(written, replace(theirs, key_id=bytes(8)), ours)) == "E_DESK"


def test_seals_without_form_are_refused() -> None:
    assert code_of(with_parts(write(), seals=b"\x01")) == "E_DESK"


# Signatures.


def test_a_false_signature_is_refused() -> None:
    written = write()
    forged = record.write_signatures([record.Signature(record.AUTHOR, "s-01", bytes(64))])
    assert code_of(with_parts(written, sigs=forged)) == "E_SIG"


@pytest.mark.parametrize(
    ("header", "verified"),
    [
        ({"prec": "ROUTINE"}, False),
        ({"prec": "PRIORITY"}, False),
        ({"prec": "IMMEDIATE"}, True),
        ({"prec": "FLASH"}, True),
        ({"kind": "treaty.act"}, True),
    ],
)
def test_who_trusts_its_office_verifies_what_is_urgent_or_signed_by_two(
    header: dict[str, Any], verified: bool
) -> None:
    seat = replace(SEAT, check_at_submit=False, second_person=frozenset({"treaty.act"}))
    written = write(signed_by=BOTH, **header)
    forged = record.write_signatures(
        [record.Signature(role, who, bytes(64)) for role, who in BOTH.items()]
    )
    data = with_parts(written, sigs=forged)
    assert (value_or_code(judge, data, seat) == "E_SIG") == verified
    assert judge(written, seat).mid == written.mid


def test_an_unknown_signer_is_refused() -> None:
    written = write()
    other = record.write_signatures([record.Signature(record.AUTHOR, "s-99", bytes(64))])
    assert code_of(with_parts(written, sigs=other)) == "E_SIG"


def test_only_the_node_signs_for_its_desk() -> None:
    opening = roster.link_open(SEAT, TERMS[B.name], makers.NOW)
    assert code_of(opening, replace(SEAT, signer_id="n-02")) == "E_SIG"


def test_a_flash_needs_two_people_or_says_why_not() -> None:
    assert code_of(write(prec="FLASH")) == "E_RELEASE"
    assert judge(write(prec="FLASH", ext={"unreleased": "nobody here"})).rank == 4
    assert judge(write(prec="FLASH", signed_by=BOTH)).rank == 4


def test_a_kind_of_two_people_needs_two_people() -> None:
    seat = replace(SEAT, second_person=frozenset({"cert.bundle"}))
    assert code_of(write(), seat) == "E_RELEASE"
    assert judge(write(signed_by=BOTH), seat).rank == 1


# Size, attachments, markings, links.


@pytest.mark.parametrize("change", [-1, 1])
def test_a_body_is_as_long_as_its_header_says(change: int) -> None:
    written = write()
    body = written.parts.body[:change] if change < 0 else written.parts.body + bytes(change)
    data = with_parts(written, body=body)
    assert code_of(data, replace(SEAT, check_at_submit=False)) == "E_SIZE"


def test_attachments_are_not_carried_in_this_version() -> None:
    assert code_of(write(att=(Attachment(bytes(32), 1, 1),))) == "E_ATT"


def test_a_marking_that_the_parties_did_not_agree_on_is_refused() -> None:
    terms = {B.name: replace(TERMS[B.name], markings=frozenset({"CLEAR", "GREEN"}))}
    assert code_of(write(tlp="AMBER"), terms=terms) == "E_MARKING"
    assert judge(write(tlp="GREEN"), terms=terms).rank == 1


def test_who_was_never_met_cannot_be_written_to() -> None:
    assert code_of(write(B), terms={}) == "link.none"
    assert code_of(write(B, C), terms={B.name: TERMS[B.name]}) == "link.none"


def test_what_is_no_envelope_or_header_is_refused() -> None:
    assert code_of(b"") == "E_FRAME"
    assert code_of(envelope.encode(Parts(b"{}", b"", b"", b""))) == "E_VERSION"
    assert code_of(with_parts(write(), sigs=b"")) == "E_SIG"
