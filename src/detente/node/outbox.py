"""What goes out: judging a record that our office hands in, and filling the log from the queue.

Normative: spec/link.md 4.1 and 9.
"""

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import envelope as envelopes
from detente.core import inner, limits, manifest, names, record, signing
from detente.core.envelope import Parts, Seal
from detente.core.errors import OurFault, TheirFault
from detente.core.party import Card
from detente.core.record import Attachment, Header
from detente.core.signing import Signed
from detente.node.ports import FLASH, Tx
from detente.node.seat import LinkTerms, Seat

_RANKS: Final = {prec: rank for rank, prec in enumerate(record.PRECEDENCES, 1)}
EMERGENCY: Final = ("hotline", "ack", "sys")  # families of kinds that go beside FLASH, disputed
_URGENT: Final = _RANKS["IMMEDIATE"]
BATCH_COUNT: Final = 128  # of ROUTINE: so that FLASH waits for one small batch
# With less room, and so many under way, nothing below IMMEDIATE is logged: a batch of one record
# costs two commits and two signatures as one of a hundred does.
SCANT: Final = 64 * limits.KIB
MANY: Final = 256
URGENT: Final = ("hotline",)  # families of kinds that go beside FLASH while no others may
_TAG_SIZE: Final = 16


class Ready(NamedTuple):
    """One record for one link: rank and kind of its header, and the envelope."""

    rank: int
    kind: str
    envelope: bytes

    @property
    def is_urgent(self) -> bool:
        """Whether it goes while only FLASH and the hotline may."""
        return is_urgent(self.rank, self.kind)

    @property
    def goes_disputed(self) -> bool:
        """Whether it goes while earlier logs are disputed."""
        return self.rank == FLASH or self.kind.partition(".")[0] in EMERGENCY


def ready_of(envelope: bytes) -> Ready:
    """Return a record of ours that was accepted before, to wait once more."""
    header = record.read_header(envelopes.split(envelope).header)
    return Ready(rank_of(header.prec), header.kind, envelope)


@dataclass(frozen=True, slots=True)
class Accepted:
    """A record that may be logged: identity, number, rank, and its envelope for each link.

    links is empty for a record to our own desks.
    """

    mid: bytes
    number_key: bytes
    number_value: bytes
    rank: int
    kind: str
    links: tuple[tuple[str, bytes], ...]
    envelope: bytes
    att: tuple[Attachment, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether it goes while only FLASH and the hotline may."""
        return is_urgent(self.rank, self.kind)


def is_urgent(rank: int, kind: str) -> bool:
    """Say whether a record goes while only FLASH and the hotline may."""
    return rank == FLASH or kind.partition(".")[0] in URGENT


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
        said = Signed(mid, envelopes.entry_body_hash(entry), "", 1)
        signed_by = signing.desk_that_signed(seat.chain, desk_name, signatures, said)
        record.check_signatures(signatures, mid, said.body_hash, signed_by)
    _check_body(header, parts)
    return Accepted(
        mid=mid,
        number_key=_number_key(header),
        number_value=mid + envelopes.entry_seals_hash(entry)[:8],
        rank=rank,
        kind=header.kind,
        links=_links(seat, terms, header, parts, envelope),
        envelope=envelope,
        att=header.att,
    )


def number_of(envelope: bytes) -> tuple[bytes, bytes]:
    """Return the key of a record's number and its mid, unjudged. Raises TheirFault."""
    parts = envelopes.split(envelope)
    return _number_key(record.read_header(parts.header)), record.mid_of(parts.header)


def place_key(number_key: bytes, party: str) -> bytes:
    """Return under which number it stands that a record which came back is in a log for a party."""
    return sha256(number_key + party.encode()).digest()[:16]


def not_sent(tx: Tx, one: Accepted, terms: dict[str, LinkTerms]) -> list[Accepted]:
    """Return what of a record known by its number is on no way yet; remember that it is now.

    After a restore it may have come back from one party, and wait for no other.
    """
    parties = {each.link_id: party for party, each in terms.items()}
    keys = {link_id: place_key(one.number_key, parties[link_id]) for link_id, _ in one.links}
    missing = [link_id for link_id, key in keys.items() if tx.number(key) is None]
    if not missing or len(missing) == len(keys):
        return []
    tx.put_numbers([(keys[link_id], one.mid) for link_id in missing])
    return [replace(one, links=tuple(row for row in one.links if row[0] in missing))]


def parties_of(envelope: bytes) -> frozenset[str]:
    """Return the parties that a record is for, unjudged. Raises TheirFault."""
    header = record.read_header(envelopes.split(envelope).header)
    return frozenset(names.split(address)[1] for address in header.to)


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
    if header.att and header.is_open:
        raise TheirFault("E_ATT", "an open body has no keys for attachments", "send it in another")
    if len({one.aid for one in header.att}) != len(header.att):
        raise TheirFault("E_ATT", "one attachment stands twice", "name it once")
    for one in header.att:
        manifest.plain_size(one.size, one.chunks)


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
