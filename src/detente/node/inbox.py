"""What comes in: the peer's records into the peer's log, and the peer's receipts for ours.

Normative: spec/link.md 4.2 and 4.3.
"""

from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.link.session import Intake
from detente.node.ledger import Grown, Ledger
from detente.node.ports import Tx
from detente.node.seat import LinkTerms, Seat


def take(
    seat: Seat, terms: LinkTerms, ledger: Ledger, tx: Tx, given: Intake, now: Moment
) -> tuple[Grown, Cosignature]:
    """Put the peer's records into its log and write the receipt, inside the transaction.

    Headers are bytes here; whether a record is any good is the office's to say.
    Raises TheirFault: E_CP_SIG, E_ROOT (nothing may be kept), E_FRAME, E_LIMIT.
    """
    head = given.checkpoint
    checkpoints.check(head, ledger.origin, terms.peer.log)
    grown = ledger.append(tx, given.envelopes, now)
    if grown.size != head.size or grown.root() != head.root:
        raise TheirFault(
            "E_ROOT",
            f"the records do not give the root they signed for size {head.size}",
            "compare both logs; both operators were told",
        )
    receipt = checkpoints.cosign(seat.cosign, ledger.origin, head.size, head.root, now)
    ledger.sign_off(tx, grown, head, receipt)
    return grown, receipt


def compare(ledger: Ledger, tx: Tx, records: list[tuple[int, bytes]]) -> None:
    """Raise TheirFault("E_SEQ_CONFLICT") unless records that came again are those stored."""
    for seq, envelope in records:
        stored = tx.entries(ledger.origin, seq, 1)[0]
        if envelopes.entry_of(envelopes.split(envelope)) != stored:
            raise TheirFault(
                "E_SEQ_CONFLICT",
                f"another record than the one stored at {seq}",
                "compare both logs",
            )


def conflicts(ledger: Ledger, tx: Tx, head: Checkpoint, owner_key: bytes) -> bool:
    """Say whether the owner signed another history than the one stored below this size."""
    return ledger.root_at(tx, head.size) != head.root and checkpoints.is_signed(
        head, ledger.origin, owner_key
    )


def check_receipt(receipt: Cosignature, root: bytes, ledger: Ledger, receiver_key: bytes) -> None:
    """Raise TheirFault("E_COSIGN") unless the peer receipted the root that we signed."""
    checkpoints.check_cosignature(receipt, ledger.origin, receiver_key)
    if receipt.root != root:
        raise TheirFault(
            "E_COSIGN",
            f"a receipt for a state of {ledger.origin} that we never signed (size {receipt.size})",
            "compare both logs; both operators were told",
        )
