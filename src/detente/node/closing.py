"""The end of a log that an epoch note closes: cut, and signed by both for exactly that head.

Normative: spec/link.md 5.5, spec/log.md 10.
"""

from contextlib import suppress

from detente.core import checkpoint as checkpoints
from detente.core import postquantum
from detente.core.checkpoint import TIME_SIZE, Checkpoint, Cosignature
from detente.core.epoch import Close
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.core.postquantum import Confirmed, PqSignature
from detente.node.history import Pair
from detente.node.ledger import Ledger
from detente.node.ports import Tx
from detente.node.roster import Lines
from detente.node.seat import Seat

_ALL_BYTES = 2**40


def left_out(tx: Tx, log: Ledger, end: Close) -> list[bytes]:
    """Return the records of our log above its closing head: they go again."""
    if end.size >= log.size:
        return []
    return [row.envelope for row in tx.rows(log.origin, end.size, log.size, _ALL_BYTES)]


def end_both(
    tx: Tx, seats: tuple[Seat, Seat], logs: Pair, ends: tuple[Close, Close], now: Moment
) -> Lines:
    """End both logs of an epoch, ours first; return our lines over their closing heads.

    seats: whose keys sign our log there, and give receipts now.
    """
    ours = end_own(tx, seats[0], logs.out, ends[0], now)
    return {**ours, **end_theirs(tx, seats[1], logs.inn, ends[1], now)}


def end_own(tx: Tx, seat: Seat, log: Ledger, end: Close, now: Moment) -> Lines:
    """End our log; return lines 1 and 2 over its closing head, none for an empty log."""
    if end.size == 0:
        log.cut(tx, 0, None, None)
        return {}
    head = checkpoints.sign(seat.log, log.origin, end.size, end.root)
    log.cut(tx, end.size, head, log.receipt if log.receipted <= end.size else None)
    modern = postquantum.sign(seat.log_pq, log.origin, log.origin, (end.size, end.root), now)
    return {log.origin: (head.signature, _timed(modern))}


def end_theirs(tx: Tx, seat: Seat, log: Ledger, end: Close, now: Moment) -> Lines:
    """End the peer's log; return lines 3 and 4 over its closing head, none for an empty log."""
    if end.size == 0:
        log.cut(tx, 0, None, None)
        return {}
    receipt = checkpoints.cosign(seat.cosign, log.origin, end.size, end.root, now)
    head = log.checkpoint
    if head is None or head.size > end.size:
        found = tx.checkpoint_upto(log.origin, 0, end.size)
        head = found[0] if found else None
    log.cut(tx, end.size, head, receipt)
    name = checkpoints.cosigner_of(seat.party)
    modern = postquantum.sign(seat.log_pq, name, log.origin, (end.size, end.root), now)
    return {log.origin: (_timed(receipt), _timed(modern))}


def _timed(given: Cosignature | PqSignature) -> bytes:
    return given.time.to_bytes(TIME_SIZE, "big") + given.signature


def take_lines(tx: Tx, seat: Seat, peer: Card, log: Ledger, lines: tuple[bytes, bytes]) -> None:
    """Keep the peer's two lines over the end of a closed log, if they hold, beside our own two."""
    size, root, origin = log.size, log.root, log.origin
    own = origin == checkpoints.origin_of(seat.party, origin.rpartition("/")[2])
    modern = PqSignature(size, root, *_split(lines[1]))
    if own:
        receipt = Cosignature(size, root, *_split(lines[0]))
        head = checkpoints.sign(seat.log, origin, size, root)
    else:
        head = Checkpoint(size, root, lines[0])
        if log.receipt is None:
            return  # an empty log needs no lines
        receipt = log.receipt
    key = peer.cosign if own else seat.card.cosign
    owner = seat.card.log if own else peer.log
    if not checkpoints.is_signed(head, origin, owner):
        return
    if receipt.size != size or not checkpoints.is_cosigned(receipt, origin, key):
        return
    log.keep_lines(tx, head, receipt)
    at = Moment(receipt.time * 1000)
    with suppress(TheirFault):
        if own:
            postquantum.check_receiver(modern, origin, peer.name, peer.mldsa44)
            ours = postquantum.sign(seat.log_pq, origin, origin, (size, root), at)
            tx.put_leg(origin, Confirmed(head, receipt, ours, modern))
        else:
            postquantum.check_owner(modern, origin, peer.mldsa44)
            name = checkpoints.cosigner_of(seat.party)
            ours = postquantum.sign(seat.log_pq, name, origin, (size, root), at)
            tx.put_leg(origin, Confirmed(head, receipt, modern, ours))


def _split(line: bytes) -> tuple[int, bytes]:
    return int.from_bytes(line[:TIME_SIZE], "big"), line[TIME_SIZE:]
