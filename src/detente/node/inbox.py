"""What comes in: the peer's records into the peer's log, and the peer's receipts for ours.

Normative: spec/link.md 4.2 and 4.3.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault, Unconfirmed
from detente.core.moment import Moment
from detente.link.carried import Carried, Staged
from detente.link.moves import Against, Compare, Grounds, Refused
from detente.link.session import Intake
from detente.node import succession
from detente.node.cards import Cards
from detente.node.ledger import Grown, Ledger
from detente.node.ports import Tx
from detente.node.shipping import attachments


class TwoHistories(TheirFault):
    """A log's owner signed two states that exclude each other; grounds hold both."""

    def __init__(self, grounds: Grounds) -> None:
        assert grounds.stated is not None, "one of two"
        super().__init__(
            "E_FORK",
            f"two signed histories of one log (theirs, size {grounds.stated.size})",
            "compare both logs; both operators were told",
        )
        self.grounds = grounds


def take(
    cards: Cards, ledger: Ledger, tx: Tx, given: Intake, now: Moment
) -> tuple[Grown, Cosignature, Cards]:
    """Put the peer's records into its log and write the receipt, inside the transaction.

    None of them only stands for its envelope. Headers are bytes here; whether a record is any good
    is the office's to say. Only a card is read, for it says who signs what follows: the cards are
    returned as they are after it.
    Raises TheirFault: E_CP_SIG, E_ROOT, E_FORK (TwoHistories), E_CARD_FORK (nothing may be kept), E_PIN, E_FRAME, E_LIMIT.
    """
    head, rows = given.checkpoint, cast(Sequence[bytes], given.envelopes)
    cards.check_head(head)
    said = {each.size: each for each in (*given.steps, *given.stated)}
    grown = ledger.append(tx, rows, now, said)
    if grown.size != head.size or grown.root() != head.root:
        raise TheirFault(
            "E_ROOT",
            f"the records do not give the root they signed for size {head.size}",
            "compare both logs; both operators were told",
        )
    for each in (*given.steps, *given.stated):
        if grown.roots[each.size] != each.root and cards.is_theirs(each, ledger.size):
            raise _forked(ledger, tx, grown.roots[each.size], (head, each))
    key = cards.cosigning().cosign
    receipt = checkpoints.cosign(key, ledger.origin, head.size, head.root, now)
    ledger.sign_off(tx, grown, head, receipt)
    for envelope in rows:
        for aid, mid in attachments(envelope):
            tx.name_blob(aid, mid)
    return grown, receipt, cards.read(tx, rows[-1], head, ledger.receipted, now)


def cut(given: Intake) -> Intake | None:
    """Return what of an intake is to be taken in now: up to and with the next card's record.

    Its envelopes are whole. None while that record's own checkpoint is under way.
    """
    heads = {head.size: head for head in (*given.steps, given.checkpoint)}
    rows = cast(Sequence[bytes], given.envelopes)
    end = succession.cut(rows, given.first, sorted(heads))
    if end is None or end == given.checkpoint.size:
        return given if end else None
    steps, stated = (
        tuple(each for each in said if each.size <= end) for said in (given.steps, given.stated)
    )
    rows = rows[: end - given.first]
    return replace(given, envelopes=rows, checkpoint=heads[end], steps=steps, stated=stated)


def entry_of(given: Carried) -> bytes:
    """Return the entry of a record. Raises TheirFault: E_FRAME, E_LIMIT."""
    return given.entry if isinstance(given, Staged) else envelopes.entry_of(envelopes.split(given))


def compare(cards: Cards, ledger: Ledger, tx: Tx, given: Compare) -> Refused | None:
    """Return the fault (E_SEQ_CONFLICT) unless records that came again are those stored.

    It halts the link only if the log's owner signed another history above such a record, in a head
    that followed it in the same read: that is proof. Else nothing is proved, and the path closes.
    Raises TheirFault: E_FRAME, E_LIMIT.
    """
    rows = [(seq, entry_of(one)) for seq, one in given.records]
    odd = [each for each in rows if each[1] != tx.entries(ledger.origin, each[0], 1)[0]]
    if not odd:
        return None
    signed = [head for head in given.heads if conflicts(cards, ledger, tx, head)]
    for seq, entry in odd:
        for head in signed:
            if head.size > seq:
                fault = TheirFault(*_another(seq))
                return Refused(given.conn, fault, Grounds(stated=head, entries=entry))
    return Refused(given.conn, Unconfirmed(*_another(odd[0][0])))


def _another(seq: int) -> tuple[str, str, str]:
    return "E_SEQ_CONFLICT", f"another record than the one stored at {seq}", "compare both logs"


def conflicts(cards: Cards, ledger: Ledger, tx: Tx, head: Checkpoint) -> bool:
    """Say whether the owner signed another history than the one stored below this size."""
    return ledger.root_at(tx, head.size) != head.root and cards.is_theirs(head, ledger.size)


def compare_heads(cards: Cards, held: int, known: Checkpoint, other: Checkpoint) -> None:
    """Raise for two roots of one size above ours: TwoHistories, or E_FRAME if one is not signed.

    held: how much of the peer's log is here.
    """
    if cards.is_theirs(known, held) and cards.is_theirs(other, held):
        raise TwoHistories(Grounds(stated=other, against=Against(known)))
    raise TheirFault("E_FRAME", f"two checkpoints of size {other.size}", "send what you signed")


def _forked(
    ledger: Ledger, tx: Tx, prefix: bytes, heads: tuple[Checkpoint, Checkpoint]
) -> TwoHistories:
    head, other = heads
    against = Against(head)
    if other.size < head.size:
        path = ledger.prove_beginning(tx, other.size, head.size)
        against = Against(head, prefix, path)
    return TwoHistories(Grounds(stated=other, against=against))


def check_receipt(cards: Cards, receipt: Cosignature, root: bytes, ledger: Ledger) -> None:
    """Raise TheirFault("E_COSIGN") unless the peer receipted the root that we signed."""
    if not cards.is_their_receipt(receipt):
        checkpoints.check_cosignature(receipt, ledger.origin, cards.terms.peer.cosign)
    if receipt.root != root:
        raise TheirFault(
            "E_COSIGN",
            f"a receipt for a state of {ledger.origin} that we never signed (size {receipt.size})",
            "compare both logs; both operators were told",
        )
