"""The peer's log on its way in: held until a checkpoint reaches it, then taken in together.

Normative: spec/link.md 4.2.
"""

from dataclasses import replace

from detente.core import limits
from detente.core.checkpoint import Checkpoint
from detente.core.errors import TheirFault
from detente.link import frames
from detente.link.carried import Carried, Staged, weight
from detente.link.frames import Message
from detente.link.moves import (
    Compare,
    Compared,
    CompareHead,
    CompareHeads,
    Effects,
    Intake,
    TookIn,
)
from detente.link.part import Hears, Part, Reads
from detente.link.sending import URGENT
from detente.link.state import HALTED, State


class Receiving(Part):
    """Records and checkpoints of the peer."""

    def __init__(self, link: State) -> None:
        super().__init__(link)
        self._again: list[tuple[int, Carried]] = []  # records of one read that we have already
        self._below: list[Checkpoint] = []  # checkpoints after them, at or below our size

    def hears(self) -> Hears:
        """Hear what is durable of the peer's log, now or since before."""
        return {TookIn: self._took_in, Compared: self._compared}

    def reads(self) -> Reads:
        """Read RECORD and CHECKPOINT."""
        return {frames.RECORD: self._take_record, frames.CHECKPOINT: self._take_checkpoint}

    def read_begins(self) -> None:
        """Begin a list: records that came again are compared together."""
        self._again, self._below = [], []

    def _take_record(self, _number: int, message: Message) -> Effects:
        link = self.link
        if not link.moves_logs:
            return []
        seq, given = frames.read_record(message.payload)
        size = link.heads.in_size
        if seq < size:
            self._again.append((seq, given))
        elif seq >= size + limits.MAX_INFLIGHT_COUNT:
            raise TheirFault(
                "E_SEQ_GAP", f"record {seq} while {size} are stored", "send from where we are"
            )
        else:
            self._hold(seq, given)
        return []

    def _hold(self, seq: int, given: Carried) -> None:
        held = self.link.held
        known = held.records.get(seq)
        if known is not None:
            if isinstance(known, bytes) and isinstance(given, Staged):
                return  # another path brought it whole; the root says whether they are one
            if type(known) is type(given) and known != given:
                raise frames.misshapen(f"two records at {seq}")
        size = held.size + weight(given) - (weight(known) if known is not None else 0)
        if size > limits.MAX_INFLIGHT_BYTES + limits.MAX_MESSAGE:
            raise TheirFault("E_BUSY", "more than MAX_INFLIGHT is waiting", "wait for COSIGN")
        held.records[seq], held.size = given, size

    def _take_checkpoint(self, number: int, message: Message) -> Effects:
        link = self.link
        if not link.moves_logs:
            return []
        head = frames.read_checkpoint(message.payload)
        if head.size <= link.heads.in_size:
            if not self._again:
                return [CompareHead(number, head)]
            self._below.append(head)  # beside the records before it
            return []
        if head.size > link.heads.in_size + limits.MAX_INFLIGHT_COUNT:
            raise TheirFault("E_SEQ_GAP", f"a checkpoint at {head.size}", "send from where we are")
        waiting = link.held.heads
        known = waiting[head.size][0] if head.size in waiting else link.stated.get(head.size)
        if known is not None and known.root != head.root:
            return [CompareHeads(number, known, head)]  # the first stands until that is known
        if head.size in waiting and known != head:
            raise frames.misshapen(f"one checkpoint of size {head.size} under two signatures")
        if len(waiting) >= limits.MAX_WAITING_CHECKPOINTS:
            raise TheirFault("E_BUSY", "too many checkpoints wait", "wait for COSIGN")
        waiting[head.size] = (head, message.rank)
        return []

    def read_ends(self, number: int, *, whole: bool) -> Effects:
        """Compare what came again; take in what a checkpoint reaches, after a read without fault."""
        effects: Effects = []
        if self._again:
            effects.append(Compare(number, self._again, tuple(self._below)))
        effects += [CompareHead(number, head) for head in self._below]
        if whole:
            effects += self._intake(number)
        return effects

    def _intake(self, number: int) -> Effects:
        # A batch ends at the largest checkpoint that the records held reach.
        held = self.link.held
        first = self.link.heads.in_size
        if not held.heads or first not in held.records:
            return []
        end = first
        while end in held.records:
            end += 1
        reached = sorted(size for size in held.heads if size <= end)
        if not reached:
            return []
        head, rank = held.heads[reached[-1]]
        envelopes = [held.records[seq] for seq in range(first, head.size)]
        steps = tuple(held.heads[size][0] for size in reached[:-1])
        stated = tuple(each for size, each in self.link.stated.items() if size <= head.size)
        return [Intake(number, first, envelopes, head, rank, steps, stated)]

    def _took_in(self, given: TookIn) -> Effects:
        link, held = self.link, self.link.held
        size = given.checkpoint.size
        if size > link.heads.in_size:
            for seq in range(link.heads.in_size, size):
                held.size -= weight(held.records.pop(seq, b""))
            held.heads = {n: each for n, each in held.heads.items() if n > size}
            link.stated = {n: each for n, each in link.stated.items() if n > size}
            link.heads = replace(link.heads, in_=given.checkpoint, in_receipt=given.receipt)
        if given.cards is not None:
            link.who = replace(link.who, peer_cards=given.cards)
        if link.phase == HALTED:
            return []
        # A card among them may have ended the batch early: what it changes is known now.
        return [*self._tell(given), *self._intake(given.conn)]

    def _tell(self, given: TookIn) -> Effects:
        told = frames.cosign(given.receipt, given.rank)
        if given.rank >= URGENT:
            return self.link.send_all_good(told)
        return self.link.send(self._answers_to(given.conn), told)

    def _answers_to(self, number: int) -> int:
        # Back over the path that it came on, unless that one is silent or gone.
        conn = self.link.conns.get(number)
        is_fit = conn is not None and not conn.suspect
        return number if is_fit or self.link.live is None else self.link.live

    def _compared(self, given: Compared) -> Effects:
        receipt = self.link.heads.in_receipt
        if receipt is None:
            return []
        number = self._answers_to(given.conn)
        return self.link.send(number, frames.cosign(receipt))  # they may have missed it
