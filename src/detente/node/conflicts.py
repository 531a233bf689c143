"""Two histories of one log: what judging looks at, what proves it, and what is kept of it.

Normative: spec/link.md 5, spec/log.md 11.
"""

from hashlib import sha256

from detente.core import checkpoint as checkpoints
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.link import session
from detente.link.moves import OnBooks
from detente.link.moves_epochs import TakeTail
from detente.link.moves_leg import AnswerLeg, TakeLeg
from detente.node import evidence, history, inbox
from detente.node.cards import Cards
from detente.node.ledger import Ledger
from detente.node.ports import Tx
from detente.node.succession import CardFork
from detente.node.turning import OWN_LOGS


class Sight:
    """Both logs of a link as link.reconcile needs them.

    serial: the peer's newest card, as its HELLO says.
    """

    def __init__(self, cards: Cards, out: Ledger, inn: Ledger, tx: Tx, serial: int) -> None:
        self._cards, self._out, self._inn = cards, out, inn
        self._tx, self._serial = tx, serial

    def root_at(self, size: int, *, ours: bool) -> bytes:
        """Return the root of what is held here, at a size that is held."""
        return (self._out if ours else self._inn).root_at(self._tx, size)

    def owner_signed(self, head: Checkpoint, *, ours: bool) -> bool:
        """Say whether the log's owner signed this state."""
        cards, inn = self._cards, self._inn
        if ours:
            keys = cards.own_keys(head.size)
            return any(checkpoints.is_signed(head, self._out.origin, key) for key in keys)
        if head.size > inn.size and self._serial > cards.theirs.chain.newest.serial:
            return True  # under a card that is still to come: its checkpoint will be judged
        if head == inn.checkpoint:
            return True  # it held when it was taken in, whatever was revoked since
        return cards.is_theirs(head, inn.size)

    def receiver_signed(self, receipt: Cosignature, *, ours: bool) -> bool:
        """Say whether the log's receiver gave this receipt."""
        cards = self._cards
        return cards.is_their_receipt(receipt) if ours else cards.is_our_receipt(receipt)


def keep(tx: Tx, name: str, out: Ledger, inn: Ledger, halt: session.Halt, now: Moment) -> None:
    """Remember that the link of this name is halted, with the evidence."""
    ledger = out if halt.grounds.ours else inn
    data = evidence.conflict(tx, halt.code, halt.what, ledger, halt.grounds)
    history.set_mark(tx, history.HALTED, name, f"{halt.code}: {halt.what}".encode())
    digest = sha256(data).digest()
    tx.keep_evidence(digest, data, now)
    history.set_mark(tx, history.CONFLICT, name, digest)


def halt_of(fork: CardFork) -> session.Halt:
    """Return the halt of a peer that signed two cards of one serial."""
    return session.Halt(fork.code, fork.what, session.Grounds(cards=fork.cards))


def grounds_of(effect: OnBooks, fault: TheirFault) -> session.Grounds:
    """Return what proves a fault that halts the link; nothing for another fault."""
    if fault.wire_class != "H":
        return session.NO_GROUNDS
    if isinstance(fault, CardFork):
        return session.Grounds(cards=fault.cards)
    if isinstance(fault, inbox.TwoHistories):
        return fault.grounds
    match effect:
        case session.Intake():
            try:
                parts = [inbox.entry_of(each) for each in effect.envelopes]
            except TheirFault:
                parts = []  # what has no form has no entry
            return session.Grounds(stated=effect.checkpoint, entries=b"".join(parts))
        case session.TakeReceipt():
            return session.Grounds(ours=True, receipt=effect.receipt)
        case TakeTail():
            return session.Grounds(ours=effect.log in OWN_LOGS, stated=effect.head)
        case AnswerLeg() | TakeLeg():
            return session.Grounds(ours=isinstance(effect, TakeLeg), leg=effect.given)
        case _:
            return session.NO_GROUNDS
