"""What a node keeps when somebody broke the protocol: both signed statements, for a third party."""

from dataclasses import replace
from typing import Final

from detente.core import checkpoint as checkpoints
from detente.core import conflict as conflicts
from detente.core import limits, postquantum, purged, receipt, signed
from detente.core.checkpoint import Checkpoint, Cosignature, cosigner_of
from detente.core.conflict import Conflict
from detente.core.errors import OurFault
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain
from detente.link.session import Grounds
from detente.node.ledger import Ledger
from detente.node.ports import Tx

_ENTRY: Final = 144  # bytes; what does not fit into the file proves nothing either


def conflict(tx: Tx, code: str, what: str, ledger: Ledger, grounds: Grounds) -> bytes:
    """Return the conflict as a file: what we hold of a log, and what was stated against it."""
    size = grounds.stated.size if grounds.stated else 0
    size = size or (grounds.receipt.size if grounds.receipt else 0)
    size = size or (grounds.leg.size if grounds.leg else 0)
    prefix: bytes | None = None
    path: tuple[bytes, ...] = ()
    held, against = ledger.checkpoint, grounds.against
    if against is not None:
        held, prefix, path = against.head, against.prefix, against.path
    elif 0 < size <= ledger.size:
        prefix, path = ledger.root_at(tx, size), ledger.prove_beginning(tx, size)
    entries = grounds.entries[: limits.MAX_CONFLICT // 2 // _ENTRY * _ENTRY]
    return conflicts.write(
        Conflict(
            code=code,
            what=what,
            origin=ledger.origin,
            held=held,
            held_receipt=ledger.receipt,
            stated=grounds.stated,
            stated_receipt=grounds.receipt,
            prefix=prefix,
            path=path,
            note=grounds.note,
            leg=grounds.leg,
            entries=entries,
            cards=grounds.cards,
        )
    )


def export(tx: Tx, ledger: Ledger, seq: int, owner: Chain, receiver: Chain) -> bytes:
    """Return the proof file of record `seq`, FULL if both legs cover it, else FAST.

    Of the checkpoints of that strength it is the first that covers the record. One whose keys were
    revoked below its size is passed over: a later one covers it too.
    Raises OurFault: "proof.not_yet" while the other side has not receipted it, "proof.unknown" for
    one of which no header came.
    """
    state = _full(tx, ledger.origin, seq + 1, owner, receiver)
    state = state or _fast(tx, ledger.origin, seq + 1, owner, receiver)
    if state is None:
        raise OurFault(
            "proof.not_yet",
            "the other side has not receipted this record",
            "wait until it is STORED",
        )
    kept = tx.rows(ledger.origin, seq, 1, 0)[0].envelope
    if not kept:
        raise OurFault(
            "proof.unknown",
            f"of record {seq} only its entry is held: the other side had purged it",
            "use a proof file made before",
        )
    path = ledger.prove(tx, seq, state.checkpoint.size)
    return receipt.make(receipt.Kept(*purged.rest_of(kept)), seq, tuple(path), state)


def _full(tx: Tx, origin: str, size: int, owner: Chain, receiver: Chain) -> receipt.Head | None:
    link_id = checkpoints.split_origin(origin)[1]
    while (leg := tx.leg_from(origin, size)) is not None and leg.receiver is not None:
        found = _state(origin, leg.checkpoint, leg.receipt, owner, receiver)
        name, size = cosigner_of(receiver.name), leg.size
        lines = [
            _pq_line(leg.owner, origin, origin, owner.mldsa44_keys(link_id, size)),
            _pq_line(leg.receiver, name, origin, receiver.mldsa44_keys(link_id, size)),
        ]
        if found is not None and all(lines):
            return replace(found, line_2=lines[0], line_4=lines[1])
        size += 1
    return None


def _pq_line(
    given: PqSignature, name: str, origin: str, keys: tuple[bytes, ...]
) -> signed.Line | None:
    good = (key for key in keys if postquantum.holds(given, name, origin, key))
    return next((postquantum.line(given, name, key) for key in good), None)


def _fast(tx: Tx, origin: str, size: int, owner: Chain, receiver: Chain) -> receipt.Head | None:
    while (found := tx.checkpoint_at(origin, size)) is not None:
        state = _state(origin, *found, owner, receiver)
        if state is not None:
            return state
        size = found[0].size + 1
    return None


def _state(
    origin: str, head: Checkpoint, given: Cosignature, owner: Chain, receiver: Chain
) -> receipt.Head | None:
    """Return the state under lines 1 and 3; None if a key of them was revoked below its size."""
    link_id = checkpoints.split_origin(origin)[1]
    log = [
        key
        for key in owner.log_keys(link_id, head.size)
        if checkpoints.is_signed(head, origin, key)
    ]
    cosign = [
        key
        for key in receiver.cosign_keys(link_id, head.size)
        if checkpoints.is_cosigned(given, origin, key)
    ]
    if not log or not cosign:
        return None
    return receipt.Head(origin, head, log[0], receiver.name, given, cosign[0])
