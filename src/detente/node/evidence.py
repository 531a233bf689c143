"""What a node keeps when somebody broke the protocol: both signed statements, for a third party."""

from detente.core import canon, receipt
from detente.core.canon import Json
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.envelope import split
from detente.core.errors import OurFault
from detente.core.party import Card
from detente.link.session import Grounds
from detente.node.ledger import Ledger
from detente.node.ports import Tx


def _head(head: Checkpoint | None) -> Json:
    if head is None:
        return None
    return {
        "size": head.size,
        "root": canon.to_base64(head.root),
        "line1": canon.to_base64(head.signature),
    }


def _receipt(given: Cosignature | None) -> Json:
    if given is None:
        return None
    return {
        "size": given.size,
        "root": canon.to_base64(given.root),
        "time": given.time,
        "signature": canon.to_base64(given.signature),
    }


def conflict(code: str, what: str, ledger: Ledger, grounds: Grounds) -> bytes:
    """Return the conflict as canonical JSON: what we hold of a log, and what was stated."""
    return canon.encode(
        {
            "v": 1,
            "type": "detente-conflict",
            "code": code,
            "what": what,
            "origin": ledger.origin,
            "held": _head(ledger.checkpoint),
            "held_receipt": _receipt(ledger.receipt),
            "stated": _head(grounds.stated),
            "stated_receipt": _receipt(grounds.receipt),
            "entries": canon.to_base64(grounds.entries),
        }
    )


def export(tx: Tx, ledger: Ledger, seq: int, owner: Card, receiver: Card) -> bytes:
    """Return the proof file of record `seq`: the first receipted checkpoint that covers it.

    Raises OurFault("proof.not_yet") while the other side has not receipted it.
    """
    found = tx.checkpoint_at(ledger.origin, seq + 1)
    if found is None:
        raise OurFault(
            "proof.not_yet",
            "the other side has not receipted this record",
            "wait until it is STORED",
        )
    head, cosignature = found
    envelope = tx.rows(ledger.origin, seq, 1, 0)[0].envelope
    state = receipt.Head(
        ledger.origin, head, owner.log, receiver.name, cosignature, receiver.cosign
    )
    path = ledger.prove(tx, seq, head.size)
    return receipt.make(receipt.Kept.of(split(envelope)), seq, tuple(path), state)
