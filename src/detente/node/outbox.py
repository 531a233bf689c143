"""What goes out: judging a record that our office hands in, and filling the log from the queue.

Normative: spec/link.md 4.1 and 9.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core import envelope as envelopes
from detente.core import inner, names, record
from detente.core.envelope import Parts, Seal
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card
from detente.core.record import Header
from detente.node.seat import LinkTerms, Seat

_RANKS: Final = {prec: rank for rank, prec in enumerate(record.PRECEDENCES, 1)}
_URGENT: Final = _RANKS["IMMEDIATE"]
BATCH_COUNT: Final = 64  # of ROUTINE: so that FLASH waits for one small batch
_TAG_SIZE: Final = 16


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record that may be logged: identity, number, rank, and its envelope for each link.

    links is empty for a record to our own desks.
    """

    mid: bytes
    number_key: bytes
    number_value: bytes
    rank: int
    links: tuple[tuple[str, bytes], ...]
    envelope: bytes


def rank_of(prec: str) -> int:
    """Return the rank of a precedence on the wire: 1 ROUTINE to 4 FLASH."""
    return _RANKS[prec]


def judge(seat: Seat, terms: dict[str, LinkTerms], envelope: bytes) -> Accepted:
    """Return how this record goes out; `terms` are the confirmed links by party.

    Raises TheirFault with the class R codes of spec/faults.md, and OurFault("link.none") for an
    addressee without a confirmed link. Content is not judged: it is sealed.
    """
    parts = envelopes.split(envelope)
    header = record.read_header(parts.header)
    desk_name, party = names.split(header.from_)
    desk = seat.card.desks.get(desk_name)
    if party != seat.party or desk is None:
        raise TheirFault("E_DESK", f"{header.from_} is no desk of our card", "issue a new card")
    signatures = record.read_signatures(parts.sigs)
    record.check_rules(header, signatures, desk, seat.second_person)
    if desk_name == names.NODE_DESK and signatures[0].id != seat.signer_id:
        raise TheirFault("E_SIG", "only the node signs for its desk", "send from another desk")
    entry = envelopes.entry_of(parts)
    mid = envelopes.entry_mid(entry)
    rank = rank_of(header.prec)
    urgent = rank >= _URGENT or record.needs_release(header, seat.second_person)
    if seat.check_at_submit or urgent:
        record.check_signatures(signatures, mid, envelopes.entry_body_hash(entry), desk)
    _check_body(header, parts)
    return Accepted(
        mid=mid,
        number_key=_number_key(header),
        number_value=mid + envelopes.entry_seals_hash(entry)[:8],
        rank=rank,
        links=_links(seat, terms, header, parts, envelope),
        envelope=envelope,
    )


def number_of(envelope: bytes) -> tuple[bytes, bytes]:
    """Return the key of a record's number and its mid, unjudged. Raises TheirFault."""
    parts = envelopes.split(envelope)
    return _number_key(record.read_header(parts.header)), record.mid_of(parts.header)


def _number_key(header: Header) -> bytes:
    number = f"{header.from_}\n{header.matter}\n{header.s}\n{header.n}"
    return sha256(number.encode()).digest()[:16]


def _check_body(header: Header, parts: Parts) -> None:
    # The length is all that a node can know of a body; a wrong one would be refused over there.
    due = inner.padded_size(inner.SALT_SIZE + 4 + header.size)
    if len(parts.body) != due + (0 if header.is_open else _TAG_SIZE):
        raise TheirFault(
            "E_SIZE", "the body is not as long as its header says", "seal the record again"
        )
    if header.att:
        raise TheirFault(
            "E_ATT", "attachments are not carried in this version", "send less, in one record"
        )


def _links(
    seat: Seat, terms: dict[str, LinkTerms], header: Header, parts: Parts, envelope: bytes
) -> tuple[tuple[str, bytes], ...]:
    seals = envelopes.read_seals(parts.seals)
    for seal in seals:
        if seal.address not in header.to and seal.address != header.from_:
            raise TheirFault("E_DESK", f"a seal for {seal.address}", "seal for addressees only")
    foreign: dict[str, list[str]] = {}
    for address in header.to:
        desk, party = names.split(address)
        card = seat.card
        if party != seat.party:
            card = _peer_card(terms, party, header)
            foreign.setdefault(party, []).append(address)
        _check_desk(card, desk, None if header.is_open else _find(seals, address))
    return tuple(
        (terms[party].link_id, _for_desks(theirs, header.from_, parts, seals, envelope))
        for party, theirs in foreign.items()
    )


def _find(seals: tuple[Seal, ...], address: str) -> Seal:
    for seal in seals:
        if seal.address == address:
            return seal
    raise TheirFault("E_DESK", f"no seal for {address}", "seal for every desk addressed")


def _peer_card(terms: dict[str, LinkTerms], party: str, header: Header) -> Card:
    link = terms.get(party)
    if link is None:
        raise OurFault(
            "link.none",
            f"no confirmed link with {party}",
            f"meet them first: detente party invite {party}",
        )
    if header.tlp not in link.markings:
        raise TheirFault(
            "E_MARKING", f"{party} may not receive {header.tlp}", "choose another marking"
        )
    return link.peer


def _check_desk(card: Card, desk: str, seal: Seal | None) -> None:
    known = card.desks.get(desk)
    if known is None:
        raise TheirFault("E_DESK", f"{card.name} has no desk {desk}", "see: detente party show")
    if seal is not None and seal.key_id != known.key_id:
        raise TheirFault(
            "E_DESK", f"{desk}@{card.name} has another key now", "seal the record again"
        )


def _for_desks(
    theirs: list[str], author: str, parts: Parts, seals: tuple[Seal, ...], envelope: bytes
) -> bytes:
    # Their seals in the order of `to`, then our own as the copy a restored node can read.
    chosen = [seal for address in (*theirs, author) for seal in seals if seal.address == address]
    if tuple(chosen) == seals:
        return envelope
    return envelopes.encode(parts._replace(seals=envelopes.write_seals(chosen)))
