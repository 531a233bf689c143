"""Cards on one link: what we know of the peer's, and what the peer was told of ours.

Normative: spec/party.md 2.4, spec/link.md 4.4.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import checkpoint as checkpoints
from detente.core import limits, postquantum
from detente.core.checkpoint import Checkpoint, Cosignature, cosigner_of
from detente.core.epoch import Epoch
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain
from detente.node import roots, roster, succession
from detente.node.card_ports import Anchor, KeptCard
from detente.node.ledger import Ledger
from detente.node.ports import Tx
from detente.node.seat import LinkTerms, Seat
from detente.node.succession import CardFork, Line

VOID: Final = "E_KEY_REVOKED: {party} has declared all its keys void (card {serial})"


@dataclass(slots=True)
class Cards:
    """The cards of both sides, along both logs. `problem`: why a card of theirs was not taken."""

    seat: Seat
    terms: LinkTerms
    ours: Line
    theirs: Line
    receipted: int = 0  # of our log, by the peer
    problem: str = ""
    fork: CardFork | None = None
    coming: Card | None = None  # the peer's under new root keys, compared; an epoch is to follow

    # Ours.

    def signing(self, size: int) -> Seat:
        """Return the seat whose keys sign our log at a size: as the peer was told last.

        Raises OurFault("card.no_key").
        """
        return self.seat.with_log_key(self.ours.log_key(size), self.ours.at(size))

    def cosigning(self) -> Seat:
        """Return the seat whose keys give receipts: of the newest card that the peer surely has."""
        return self.seat.under(self.ours.known(self.receipted))

    def opened(self, envelope: bytes, *, ours: bool) -> None:
        """Take note of the opening of a log, entry 0: it names the card that the log begins with."""
        if ours:
            self.ours = replace(self.ours, base=roster.opened_under(self.ours.chain, envelope))
        else:
            self.theirs = replace(
                self.theirs, base=roster.opened_under(self.theirs.chain, envelope)
            )

    def due(self, logged: int) -> Card | None:
        """Return the card that the peer is to be told of next; None while nothing is logged."""
        return self.ours.chain.card(self.ours.told + 1) if logged else None

    def own_keys(self, size: int) -> tuple[bytes, ...]:
        """Return all keys that may have signed our log at a size, whatever we remember."""
        return self.ours.chain.log_keys(self.terms.link_id, size)

    def put_told(self, tx: Tx, card: Card, head: Checkpoint, now: Moment) -> Anchor:
        """Keep, in the transaction that logs its record, that the peer is told of a card."""
        anchor = Anchor(card.serial, card.hash, head, now)
        tx.put_anchor(self.terms.out_origin(self.seat.party), anchor)
        return anchor

    def told(self, anchor: Anchor) -> None:
        """Take over what `put_told` wrote, now that it is durable."""
        self.ours = self.ours.grown(anchor)

    def marks(self, start: int, end: int) -> list[Checkpoint]:
        """Return our checkpoints between two sizes that older keys signed, where cards took over."""
        return [each.head for each in self.ours.anchors if start < each.head.size < end]

    # Theirs.

    def check_head(self, head: Checkpoint, line: Line | None = None) -> None:
        """Raise unless the peer's log is signed by the key in force at the head's size.

        Raises TheirFault: E_CP_SIG, or E_PIN while a card that they sent could not be taken: then
        it is for a person to bring the card, and nothing is wrong with the log.
        """
        line = line or self.theirs
        origin, key = self.terms.in_origin, line.log_key(head.size)
        if key is not None and checkpoints.is_signed(head, origin, key):
            return
        if self.problem:
            raise self._mend()
        checkpoints.check(head, origin, key or b"")

    def check_owner_leg(self, given: PqSignature) -> None:
        """Raise as `check_head` unless line 2 is by the key in force at its size."""
        key = self.theirs.mldsa44_key(given.size)
        if key is None and self.problem:
            raise self._mend()
        postquantum.check_owner(given, self.terms.in_origin, key or b"")

    def check_receiver_leg(self, given: PqSignature) -> None:
        """Raise TheirFault("E_COSIGN") unless line 4 of our log is by a key of the peer's."""
        origin = self.terms.out_origin(self.seat.party)
        name = cosigner_of(self.terms.peer.name)
        keys = self.theirs.chain.mldsa44_keys(self.terms.link_id, given.size)
        if not any(postquantum.holds(given, name, origin, key) for key in keys):
            peer = self.terms.peer
            postquantum.check_receiver(given, origin, peer.name, peer.mldsa44)

    def _mend(self) -> TheirFault:
        remedy = f"ask for their chain file: detente card import {self.terms.peer.name}.cards"
        return TheirFault("E_PIN", self.problem, remedy)

    def is_theirs(self, head: Checkpoint, held: int) -> bool:
        """Say whether the peer signed a state of its log; above `held`, with whatever key it has."""
        keys: Sequence[bytes | None] = [self.theirs.log_key(head.size)]
        if head.size > held:
            keys = self.theirs.chain.log_keys(self.terms.link_id, head.size)
        origin = self.terms.in_origin
        return any(key is not None and checkpoints.is_signed(head, origin, key) for key in keys)

    def is_our_receipt(self, receipt: Cosignature) -> bool:
        """Say whether we gave this receipt for the peer's log."""
        keys = self.ours.chain.cosign_keys(self.terms.link_id, receipt.size)
        return any(checkpoints.is_cosigned(receipt, self.terms.in_origin, key) for key in keys)

    def is_their_receipt(self, receipt: Cosignature) -> bool:
        """Say whether the peer gave this receipt for our log."""
        keys = self.theirs.chain.cosign_keys(self.terms.link_id, receipt.size)
        origin = self.terms.out_origin(self.seat.party)
        return any(checkpoints.is_cosigned(receipt, origin, key) for key in keys)

    def read(self, tx: Tx, envelope: bytes, head: Checkpoint, held: int, now: Moment) -> "Cards":
        """Return the cards after the record at the end of what is taken in, inside its transaction.

        held: how much of the log we gave receipts for before. Raises CardFork.
        """
        if not succession.is_card(envelope):
            return self
        line, card, problem = succession.take(self.theirs, envelope, self.seat.desk, held)
        tx.set_note(_problem(self.terms.link_id), problem.encode())
        if card is None:
            return replace(self, problem=problem)
        if self.coming is not None and card.serial >= self.coming.serial:
            problem = f"card {card.serial} in their log is under root keys that they changed"
            tx.set_note(_problem(self.terms.link_id), problem.encode())
            return replace(self, problem=problem)
        # It took over there, though we may not have it yet: that is for a person to bring.
        anchor = Anchor(card.serial, card.hash, head, now)
        tx.put_anchor(self.terms.in_origin, anchor)
        keep_chain(tx, line.chain, now)
        terms = replace(self.terms, peer=line.chain.newest, cards=line.chain)
        return replace(self, terms=terms, theirs=line.grown(anchor), problem=problem)

    @property
    def void(self) -> str:
        """Why the link ends, if the peer took back all its keys; else empty."""
        newest = self.theirs.chain.newest
        if not self.theirs.chain.is_void:
            return ""
        return VOID.format(party=newest.name, serial=newest.serial)

    def hashes(self) -> Mapping[int, bytes]:
        """Return the hashes of the peer's cards by serial."""
        return {card.serial: card.hash for card in self.theirs.chain.cards}


def open_cards(
    seat: Seat,
    terms: LinkTerms,
    logs: tuple[Ledger, Ledger],
    tx: Tx,
    now: Moment,
    notes: Sequence[Epoch] = (),
) -> Cards:
    """Return what is known of both sides' cards on a link, with what was handed in by files.

    logs: ours and the peer's. Cards handed in join those kept, inside the transaction. Two that
    exclude each other are in `fork`: then the link is to halt. notes: of the link's epochs; what
    waits for one is in `coming`. Raises OurFault("card.bad") for cards that do not join.
    """
    whole, fork = _joined(terms, kept_chain(tx, terms.peer.name))
    chain = roots.in_force(whole, terms.made_with(seat.chain)[1], notes)
    keep_chain(tx, chain, now)
    ours = _line(seat.chain, logs[0], terms.link_id, tx)
    receipted = logs[0].receipted
    theirs = _line(chain, logs[1], terms.link_id, tx)
    for anchor in theirs.anchors:
        card = chain.card(anchor.serial)
        if card is not None and card.hash != anchor.hash and fork is None:
            fork = CardFork(_forked(terms), (card.note, anchor.hash))
    problem = (tx.note(_problem(terms.link_id)) or b"").decode()
    if all(each.serial <= chain.newest.serial for each in theirs.anchors):
        problem = ""  # a person brought what was missing
    terms = replace(terms, peer=chain.newest, cards=chain)
    coming = roots.after(whole, chain)
    return Cards(seat, terms, ours, theirs, receipted, problem, fork, coming)


def _joined(terms: LinkTerms, held: Chain | None) -> tuple[Chain, CardFork | None]:
    if terms.forked:
        return held or terms.chain, CardFork(_forked(terms), terms.forked)
    if held is None:
        return terms.chain, None
    # What stands in the folder under new root keys people compared; what is kept, an epoch took up.
    base, more = sorted((held, terms.chain), key=lambda each: len(each.turns), reverse=True)
    try:
        return succession.join(base, more), None
    except CardFork as fork:
        return held, fork
    except TheirFault as fault:
        other = succession.other_of(held, terms.chain)
        if other is not None:
            return held, CardFork(_forked(terms), other)
        raise OurFault(
            "card.bad",
            f"the cards of {terms.peer.name} in our folder do not go with those in its log: {fault.what}",
            "import the party's whole chain: detente party card import FILE",
        ) from None


def _forked(terms: LinkTerms) -> TheirFault:
    return TheirFault(
        "E_CARD_FORK",
        f"{terms.peer.name} signed two cards that exclude each other",
        "compare cards by telephone; both operators were told",
    )


def _line(chain: Chain, log: Ledger, link_id: str, tx: Tx) -> Line:
    base, note = chain.newest.serial, f"card_base:{log.origin}"
    known = tx.note(note)
    if known is not None:  # the text of an opening may be purged one day
        base = int(known)
    elif log.size:
        first = tx.rows(log.origin, 0, 1, limits.MAX_ENVELOPE)[0].envelope
        base = roster.opened_under(chain, first)
        tx.set_note(note, str(base).encode())
    return Line(chain, link_id, base, tuple(tx.anchors(log.origin)))


def keep_chain(tx: Tx, chain: Chain, now: Moment) -> None:
    """Keep every card of a chain that is not kept yet."""
    for card in chain.cards:
        tx.keep_card(chain.name, card.serial, KeptCard(card.note, now))


def kept_chain(tx: Tx, party: str) -> Chain | None:
    """Return the chain kept of a party; None for none."""
    return succession.read_chain([each.note for each in tx.kept_cards(party)])


def _problem(link_id: str) -> str:
    return f"card_problem:{link_id}"
