"""Our log on its way: records after they are durable, again after a loss, until receipted.

Normative: spec/link.md 4.1.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.link import frames
from detente.link.carried import Carried, weight
from detente.link.frames import Message
from detente.link.moves import Effects, Logged, Receipted, Resend, Resent, TakeReceipt
from detente.link.part import Hears, Part, Reads
from detente.link.state import HALTED, LIVE, State

URGENT: Final = 3  # IMMEDIATE and FLASH go over all paths
FAILOVER_S: Final = 10  # seconds of the slowest path that may be logged and not receipted


class Sending(Part):
    """What is logged here goes out; what the peer receipted is under way no more."""

    def __init__(self, link: State) -> None:
        super().__init__(link)
        self._newest: Cosignature | None = None  # of the receipts of one read
        self._stopped_at: int | None = None  # where the newest answer to Resend ended short
        self._urgent: list[tuple[int, int]] = []  # size and rank of urgent batches under way

    def hears(self) -> Hears:
        """Hear what is durable of our log and of its receipts."""
        return {Logged: self._logged, Resent: self._resent, Receipted: self._receipted}

    def reads(self) -> Reads:
        """Read COSIGN."""
        return {frames.COSIGN: self._take_cosign}

    def room(self, *, urgent: bool = False) -> tuple[int, int]:
        """Return how many records and bytes may be logged now: none unless reconciled.

        What is urgent need not wait for the log window, and alone goes to a peer that cannot store.
        Source: spec/link.md 4.1.
        """
        link = self.link
        if link.phase != LIVE or link.rests or (link.peer_stopped and not urgent):
            return 0, 0
        count = link.limit("inflight_count", limits.MAX_INFLIGHT_COUNT)
        size = link.limit("inflight_bytes", limits.MAX_INFLIGHT_BYTES)
        if not urgent:
            size = min(size, self._window())
        return (
            count - (link.heads.out_size - link.heads.receipted),
            size - sum(link.flight.values()),
        )

    def _window(self) -> int:
        # A FLASH is STORED after what was logged before it: no more than the line carries soon.
        if self.link.live is None:
            return 0
        best = self.link.conns[self.link.live].queue.pace
        rates = (conn.queue.pace.rate for conn in self.link.conns.values() if conn.good)
        slowest = min(rates, default=best.rate)
        return max(1, min(max(best.span_bytes, best.window), slowest * FAILOVER_S))

    def _logged(self, given: Logged) -> Effects:
        link = self.link
        size = given.checkpoint.size
        link.heads = replace(link.heads, out=given.checkpoint)
        link.flight[size] = sum(map(weight, given.envelopes))
        if given.rank >= URGENT:
            self._urgent = [each for each in self._urgent if each[0] > link.heads.receipted]
            self._urgent.append((size, given.rank))
        if link.live is None or link.phase != LIVE:
            return []
        data = _batch(given.first, given.envelopes, given.checkpoint, given.rank)
        if given.rank >= URGENT:
            return link.send_all_good(data)  # it arrives over whichever is faster; twice is once
        link.conns[link.live].carried = size
        return link.send(link.live, data)

    def _resent(self, given: Resent) -> Effects:
        link = self.link
        conn, size = link.conns.get(given.conn), given.checkpoint.size
        if conn is None or link.phase == HALTED:
            return []
        if size > link.heads.receipted:
            link.flight = {size: sum(map(weight, given.envelopes))}
        conn.carried = size
        self._stopped_at = None
        if size < link.heads.out_size:
            # More than the peer may hold: the rest follows the receipt, and nothing goes before it.
            self._stopped_at = size
            link.flight[link.heads.out_size] = limits.MAX_INFLIGHT_BYTES
        ranks = [rank for end, rank in self._urgent if end > link.heads.receipted]
        rank = max(ranks, default=1)  # what stands before a FLASH must come before it
        data = _batch(given.first, given.envelopes, given.checkpoint, rank, given.marks)
        return link.send(given.conn, data)

    def read_begins(self) -> None:
        """Begin anew: one receipt of a read counts, the largest."""
        self._newest = None

    def _take_cosign(self, _number: int, message: Message) -> Effects:
        if not self.link.moves_logs:
            return []
        found = frames.read_cosign(message.payload)
        if found.size > self.link.heads.out_size:
            raise TheirFault(
                "E_HELLO", f"a receipt for {found.size} records of fewer", "reconcile again"
            )
        if self._newest is None or found.size > self._newest.size:
            self._newest = found
        return []

    def read_ends(self, number: int, *, whole: bool) -> Effects:  # noqa: ARG002  it counts either way
        """Have the newest receipt checked and kept."""
        receipt = self._newest
        if receipt and receipt.size > self.link.heads.receipted:
            return [TakeReceipt(number, receipt)]
        return []

    def _receipted(self, given: Receipted) -> Effects:
        if given.receipt.size > self.link.heads.receipted:
            keep_receipt(self.link, given.receipt)
        stopped, live = self._stopped_at, self.link.live
        if stopped is None or live is None or given.receipt.size < stopped:
            return []
        self._stopped_at = None
        return [Resend(live, stopped)]


def keep_receipt(link: State, receipt: Cosignature) -> None:
    """Take note of a receipt that holds and is durable."""
    link.heads = replace(link.heads, out_receipt=receipt)
    # What it covers is under way no more, or the window would stay shut.
    link.flight = {end: n for end, n in link.flight.items() if end > receipt.size}


def _batch(
    first: int,
    envelopes: Sequence[Carried],
    head: Checkpoint,
    rank: int,
    marks: Sequence[Checkpoint] = (),
) -> bytes:
    between = {mark.size: frames.checkpoint(mark, rank) for mark in marks}
    rows = [
        frames.record(first + i, envelope, rank) + between.get(first + i + 1, b"")
        for i, envelope in enumerate(envelopes)
    ]
    rows.append(frames.checkpoint(head, rank))
    return b"".join(rows)
