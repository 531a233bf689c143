"""Pieces of a log for a side that lost them, and their way in. Normative: spec/link.md 5.3."""

from collections.abc import Sequence
from typing import NamedTuple

from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core import limits, purged
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.link import pieces
from detente.link.moves_epochs import TakeTail
from detente.node import outbox
from detente.node.ledger import Grown, Ledger
from detente.node.ports import Queued, Row, Tx

Keys = tuple[Sequence[bytes], Sequence[bytes]]  # of a log's owner, and of its receiver


class Piece(NamedTuple):
    """Rows of a log from a place on, the signed head that they end at, and its receipt."""

    rows: Sequence[Row]
    head: Checkpoint | None
    receipt: Cosignature | None


def read(tx: Tx, ledger: Ledger, start: int) -> Piece:
    """Return a piece from `start` on that ends at a signed head, or at the end of the log."""
    if start >= ledger.size:
        return Piece((), ledger.checkpoint, _of(ledger.receipt, ledger.checkpoint))
    found, windows, end = None, 1, start
    # States that the second leg covers are forgotten, so the next may lie behind the first window.
    while found is None and end < ledger.size and windows <= pieces.WINDOWS:
        count = min(windows * limits.MAX_INFLIGHT_COUNT, ledger.size - start)
        rows = tx.rows(ledger.origin, start, count, windows * limits.MAX_INFLIGHT_BYTES)
        end = start + len(rows)
        found = tx.checkpoint_upto(ledger.origin, start, end)
        windows *= 2
    if found is None:
        return Piece(rows, None, None)
    return Piece(rows[: found[0].size - start], *found)


def whole(row: Row) -> bytes:
    """Return what a tail brings of a row: its envelope, or its entry if the text is gone.

    A text that our disk changed is gone as well: the log stands on the entry alone.
    """
    gone = not row.envelope or purged.is_stripped(row.envelope)
    return row.entry if gone or not is_kept(row) else row.envelope


def is_kept(row: Row) -> bool:
    """Say whether a row's envelope is that of its entry."""
    return purged.is_of(row.entry, row.envelope)


def _of(receipt: Cosignature | None, head: Checkpoint | None) -> Cosignature | None:
    return receipt if receipt and head and receipt.size == head.size else None


def take(
    tx: Tx, ledger: Ledger, given: TakeTail, keys: Keys, end: tuple[int, bytes] | None,
    now: Moment,
) -> tuple[Grown, Checkpoint | None, Cosignature | None]:  # fmt: skip
    """Put a piece into a log, inside the transaction.

    keys: of the log's owner, and of its receiver. end: size and root where both parties said that
    this log ends, or None: at that place no head of the owner is needed.
    Raises TheirFault: E_ROOT, E_CP_SIG, E_SEQ_GAP, E_FRAME, E_LIMIT; then nothing may be kept.
    """
    if given.first != ledger.size:
        raise TheirFault("E_SEQ_GAP", "a tail from another place than asked", "send it again")
    grown = ledger.append_kept(tx, given.envelopes, now)
    head, receipt = given.head, given.receipt
    if end is not None and (grown.size, grown.root()) == end:
        if head is not None and not _signed(head, ledger.origin, keys[0]):
            head = None
    elif head is None:
        raise TheirFault("E_SEQ_GAP", "a piece of a tail without its head", "send it with its head")
    if head is not None:
        if not _signed(head, ledger.origin, keys[0]):
            checkpoints.check(head, ledger.origin, keys[0][-1])
        if (head.size, head.root) != (grown.size, grown.root()):
            raise TheirFault(
                "E_ROOT",
                f"the tail does not give the root they signed for size {head.size}",
                "compare both logs; both operators were told",
            )
    good = (
        receipt is not None
        and (receipt.size, receipt.root) == (grown.size, grown.root())
        and any(checkpoints.is_cosigned(receipt, ledger.origin, key) for key in keys[1])
    )
    kept = receipt if good else ledger.receipt
    ledger.sign_off(tx, grown, head or ledger.checkpoint, kept)
    return grown, head or ledger.checkpoint, kept


def _signed(head: Checkpoint, origin: str, owners: Sequence[bytes]) -> bool:
    return any(checkpoints.is_signed(head, origin, key) for key in owners)


def conflicts(tx: Tx, ledger: Ledger, head: Checkpoint | None, owners: Sequence[bytes]) -> bool:
    """Say whether the owner signed another history than ours, at or below our size."""
    return (
        head is not None
        and head.size <= ledger.size
        and ledger.root_at(tx, head.size) != head.root
        and _signed(head, ledger.origin, owners)
    )


def remember_own(tx: Tx, link: str, peer: str, rows: Sequence[bytes], now: Moment) -> int:
    """Take note of records of ours that came back: their numbers are used, they wait no more.

    Return how many left the queue. Of a record for several parties each has a copy with its own
    seals, so what came back from one is not yet on its way to the others.
    """
    mids = set()
    for envelope in rows:
        if envelopes.is_entry(envelope):
            mids.add(envelopes.entry_mid(envelope))  # its number went with its header
            continue
        key, mid = outbox.number_of(envelope)
        mids.add(mid)
        known = tx.number(key)
        if known is None:
            seals = envelopes.entry_seals_hash(envelopes.entry_of(envelopes.split(envelope)))
            tx.put_numbers([(key, mid + seals[:8])])
        _remember_place(tx, peer, key, envelope, came_back=known is None)
    waiting = drain(tx, link)
    left = [row for row in waiting if outbox.number_of(row.envelope)[1] not in mids]
    for row in left:
        tx.queue(link, *outbox.ready_of(row.envelope), now)
    return len(waiting) - len(left)


def _remember_place(tx: Tx, peer: str, key: bytes, envelope: bytes, *, came_back: bool) -> None:
    parties = outbox.parties_of(envelope)
    places = {party: outbox.place_key(key, party) for party in parties}
    several = len(parties) > 1 and (came_back or any(map(tx.number, places.values())))
    if several and tx.number(places[peer]) is None:
        tx.put_numbers([(places[peer], outbox.number_of(envelope)[1])])


def drain(tx: Tx, link: str) -> list[Queued]:
    """Take all that waits for a link out of the queue, and return it in its order."""
    found: list[Queued] = []
    while rows := tx.queued(link, limits.MAX_INFLIGHT_COUNT, limits.MAX_INFLIGHT_BYTES):
        tx.unqueue([row.id for row in rows])
        found += rows
    return found
