"""One party's cards along its log of one link: which key signs at which size, and the next card.

A card travels as a record of its own. Its checkpoint, at size k+1, is still under the key of the
card before it; above it the new key alone counts. Normative: spec/party.md 2.4, spec/link.md 4.4.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import canon, envelope, inner, limits, names, party, record, signing, trust
from detente.core.envelope import Parts
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.core.party import Card
from detente.core.record import Header
from detente.core.signing import Signed
from detente.core.trust import Chain
from detente.node.card_ports import Anchor

KIND: Final = "sys.card"
PIN_GRACE: Final = Span.of(hours=24)  # for which a card's TLS keys outlive the next card's record


class CardFork(TheirFault):
    """Two cards that exclude each other, both as bytes."""

    def __init__(self, fault: TheirFault, cards: tuple[bytes, bytes]) -> None:
        super().__init__(fault.code, fault.what, fault.remedy)
        self.cards = cards


def is_card(envelope_bytes: bytes) -> bool:
    """Say whether an envelope may be a card's record; cheap, for every record that comes in."""
    return envelope.may_be(KIND, envelope_bytes)


@dataclass(frozen=True, slots=True)
class Line:
    """A party's chain along one log. base: the serial that the log was opened under."""

    chain: Chain
    link_id: str
    base: int
    anchors: tuple[Anchor, ...] = ()

    @property
    def told(self) -> int:
        """The serial of the newest card whose record stands in the log."""
        return self.anchors[-1].serial if self.anchors else self.base

    def known(self, receipted: int) -> int:
        """Return the serial that the receiver of a log holds who receipted so much of it."""
        return self.at(receipted + 1)

    def at(self, size: int) -> int:
        """Return the serial of the card that is in force at a size."""
        known = [each.serial for each in self.anchors if each.head.size < size]
        return known[-1] if known else self.base

    @property
    def _is_plain(self) -> bool:
        # As it is for most parties, most years.
        return len(self.chain.cards) == 1 and not self.anchors and not self.chain.newest.revoked

    def log_key(self, size: int) -> bytes | None:
        """Return the key that signs the log at `size` (line 1); None if all are revoked there.

        A key revoked below `size` gives way to the next card's, though its record is yet to come.
        """
        if self._is_plain:
            return self.chain.newest.log
        good = set(self.chain.log_keys(self.link_id, size))
        return next((card.log for card in self._from(size) if card.log in good), None)

    def mldsa44_key(self, size: int) -> bytes | None:
        """Return the key that signs the log at `size` (line 2), as `log_key`."""
        if self._is_plain:
            return self.chain.newest.mldsa44
        good = set(self.chain.mldsa44_keys(self.link_id, size))
        return next((card.mldsa44 for card in self._from(size) if card.mldsa44 in good), None)

    def _from(self, size: int) -> list[Card]:
        serial = self.at(size)
        return [card for card in self.chain.cards if card.serial >= serial]

    def pins(self, now: Moment) -> tuple[bytes, ...]:
        """Return the TLS pins that count now, the newest card's first."""
        taken = {each.serial: each.at for each in self.anchors}
        back = 0
        for card in self.chain.cards[:0:-1]:  # each but the oldest, newest first
            at = taken.get(card.serial)
            if card.serial <= self.base or (at is not None and now - at >= PIN_GRACE):
                break
            back += 1
        return self.chain.tls_pins(back)

    def grown(self, anchor: Anchor) -> "Line":
        """Return the line with one more card's record in the log."""
        return Line(self.chain, self.link_id, self.base, (*self.anchors, anchor))

    def joined(self, more: Chain) -> "Line":
        """Return the line with more cards. Raises as Chain.join; CardFork with both cards."""
        return Line(join(self.chain, more), self.link_id, self.base, self.anchors)


def join(held: Chain, more: Chain) -> Chain:
    """Return both chains as one. Raises as Chain.join, with both cards where they exclude."""
    try:
        return held.join(more)
    except TheirFault as fault:
        if fault.code != "E_CARD_FORK":
            raise
        raise CardFork(fault, _excluding(held, more)) from None


def _excluding(held: Chain, more: Chain) -> tuple[bytes, bytes]:
    # Else a `prev` contradicts.
    return other_of(held, more) or (held.newest.note, more.cards[0].note)


def other_of(held: Chain, more: Chain) -> tuple[bytes, bytes] | None:
    """Return two different cards of one serial as bytes, if two chains hold such."""
    for card in more.cards:
        known = held.card(card.serial)
        if known is not None and known.hash != card.hash:
            return known.note, card.note
    return None


class News(NamedTuple):
    """What a record in a peer's log brought: its card if it could be read, and why it is not taken.

    line has the card in its chain unless `problem` says why not.
    """

    line: Line
    card: Card | None
    problem: str


def take(line: Line, envelope_bytes: bytes, to: str, receipted: int) -> News:
    """Return the line with the card that a record carries, or why that card is not taken.

    to is our node's address; receipted is how much of the log we gave receipts for before. A card
    that cannot be taken blocks nothing: its record is kept like any bad record.
    Raises CardFork for a card that excludes one held.
    """
    card: Card | None = None
    try:
        card = read(line, envelope_bytes, to)
        if card is None:
            return News(line, None, "")
        party.check_for_link(card)
        grown = line.joined(Chain((card,)))
        _check_marks(line, grown, card, receipted)
    except CardFork:
        raise
    except TheirFault as fault:
        return News(line, card, f"a card in their log was not taken: {fault.what}")
    return News(grown, card, "")


def read(line: Line, envelope_bytes: bytes, to: str) -> Card | None:
    """Return the card in a record; None if the record is of another kind.

    Raises TheirFault for a record that is not signed by the party's node or not to ours, and as
    party.read_card.
    """
    parts = envelope.split(envelope_bytes)
    header = record.read_header(parts.header)
    if header.kind != KIND:
        return None
    if header.from_ != f"{names.NODE_DESK}@{line.chain.name}" or header.to != (to,):
        raise TheirFault("E_SIG", f"a card from {header.from_}", "send it from node to node")
    text = inner.unpack(parts.body, header.size, header.commit)[1]
    body = canon.decode_object(text, limits.MAX_BODY)
    note = body.get("card")
    if body.keys() != {"v", "card"} or body["v"] != 1 or not isinstance(note, str):
        raise TheirFault("E_CANON", "the body of a card's record", "see spec/kinds/sys.md")
    card = party.read_card(canon.from_base64(note))
    if card.serial <= line.chain.newest.serial + 1:  # else its signer may stand on a card we lack
        _check_signer(line, header, parts)
    return card


def _check_signer(line: Line, header: Header, parts: Parts) -> None:
    signatures = record.read_signatures(parts.sigs)
    mid, body_hash = record.mid_of(parts.header), sha256(parts.body).digest()
    said = Signed(mid, body_hash, line.link_id, 1)
    desk = signing.desk_that_signed(line.chain, names.NODE_DESK, signatures, said)
    record.check_rules(header, signatures, desk, frozenset())
    record.check_signatures(signatures, mid, body_hash, desk)


def body_of(card: Card) -> bytes:
    """Return the text of a card's record."""
    return canon.encode({"v": 1, "card": canon.to_base64(card.note)})


def _check_marks(before: Line, line: Line, card: Card, receipted: int) -> None:
    # Who gave a receipt must not lose what it proves because the other side takes a key back.
    if line.chain.is_void:
        return
    known = {
        mark.key: mark.sizes.get(line.link_id, 0)
        for each in before.chain.cards
        for mark in each.revoked
    }
    last = _last_uses(before, receipted)
    for mark in card.revoked:
        at = mark.sizes.get(line.link_id, 0)
        if at < min(last.get(mark.key, 0), known.get(mark.key, limits.MAX_TREE)):
            raise TheirFault(
                "E_KEY_REVOKED",
                f"card {card.serial} takes a key back from size {at} on, "
                f"and there are receipts under it up to {last[mark.key]}",
                "ask the party for a card that takes it back from there on",
            )


def _last_uses(line: Line, receipted: int) -> dict[bytes, int]:
    """Return up to which size the receiver receipted what each key signed, by the key's hash."""
    last: dict[bytes, int] = {}
    for card in line.chain.cards:
        for desk in card.desks.values():
            for person in desk.signers.values():
                last[sha256(person.ed25519).digest()] = receipted
    for size in (*(each.head.size for each in line.anchors), receipted):
        for key in (line.log_key(size), line.mldsa44_key(size)):
            if key is not None:
                last[sha256(key).digest()] = size
    return last


def cut(envelopes: Sequence[bytes], first: int, steps: Sequence[int]) -> int | None:
    """Return the size to take in up to, of the sizes `steps` that checkpoints reach, rising.

    A card's record ends what is taken in at once: what follows is signed under it. None: the
    checkpoint of a card's record is still under way.
    """
    due = next((first + i + 1 for i, each in enumerate(envelopes) if is_card(each)), None)
    if due is None or due >= steps[-1]:
        return steps[-1]
    return max((size for size in steps if size <= due), default=None)


def opened_under(chain: Chain, stated: Sequence[bytes]) -> int:
    """Return the serial of the card that an opening names; the newest if it names none of these."""
    for card in chain.cards:
        if card.hash in stated:
            return card.serial
    return chain.newest.serial


def read_chain(notes: Sequence[bytes]) -> Chain | None:
    """Return the chain of kept cards; None for none."""
    return trust.Chain(tuple(map(party.read_card, notes))) if notes else None
