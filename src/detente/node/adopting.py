"""The turn of an epoch: what its note closes ends, and what follows it begins.

One transaction, so that a crash finds all of it or nothing. Normative: spec/link.md 5.5.
"""

from collections.abc import Sequence

from detente.core import epoch
from detente.core.epoch import Epoch
from detente.core.moment import Moment
from detente.link.hello import Heads
from detente.node import closing, history, outbox, roster, sound, tail
from detente.node.history import Pair, mark, set_mark
from detente.node.ledger import Ledger
from detente.node.ports import Store, Tx
from detente.node.root_turns import RootTurns
from detente.node.seat import LinkTerms


class Adopting(RootTurns):
    """The logs of a link in its newest epoch, and how another takes their place."""

    out: Ledger
    inn: Ledger
    waiting: int
    frozen: str  # why nothing may be appended until the next epoch
    _store: Store

    @property
    def terms(self) -> LinkTerms:
        """What was agreed, with the peer's cards and the epoch as they are now."""
        return self.cards.terms

    @property
    def name(self) -> str:
        """The link's name: its first link id."""
        return self.history.name

    @property
    def now(self) -> Pair:
        """The logs of the epoch at work."""
        return Pair(self.terms.link_id, self.out, self.inn)

    def _open(self) -> list[Pair]:
        before = self.history.disputed
        return [self.now, before] if before else [self.now]

    # The turn.

    def open_logs(self) -> list[Ledger]:
        """Return the logs that no note closed, the epoch at work first."""
        return [log for pair in self._open() for log in (pair.out, pair.inn)]

    def _adopt(self, tx: Tx, note: Epoch, now: Moment, *, fresh: bool) -> None:
        """End the epoch at work; fresh: nothing can stand in the new logs yet."""
        sound.make_sound(tx, self.open_logs())  # the roots of what is closed are made of entries
        name, why = self.name, mark(tx, history.HALTED, self.name) or self.frozen.encode()
        history.keep_note(tx, name, note)
        lines: dict[str, tuple[bytes, bytes]] = {}
        lost: list[bytes] = []
        for pair in self._open():
            ends = [epoch.closing(note, log.origin) for log in (pair.out, pair.inn)]
            if ends[0] and ends[1]:
                lost += closing.left_out(tx, pair.out, ends[0])
                signs, receipts = self.cards.signing(ends[0].size), self.cards.cosigning()
                lines |= closing.end_both(tx, (signs, receipts), pair, (ends[0], ends[1]), now)
        for pair in self._untold(note):
            out, inn = pair.ends()
            signs, receipts = self.cards.signing(out.size), self.cards.cosigning()
            lines |= closing.end_both(tx, (signs, receipts), pair, (out, inn), now)
        before = self.history.disputed
        if not note.close:
            set_mark(tx, history.DISPUTED, name, why)
        elif before is None or epoch.closing(note, before.out.origin):
            set_mark(tx, history.DISPUTED, name, b"")
            set_mark(tx, history.CONFIRMED, name, b"")
        for kind in (history.HALTED, history.PROPOSAL, history.URGENT):
            set_mark(tx, kind, name, b"")
        if not fresh:
            self._queue_again(tx, lost, now)  # an older backup may hold what this note left out
            return
        set_mark(tx, history.FROZEN, name, b"")
        set_mark(tx, history.RESTORED, name, b"")
        waiting = tail.drain(tx, name)
        seat, terms = self._beyond(tx, note, now)
        terms = history.terms_after(self.seat, terms, note)
        opening = roster.link_open(seat, terms, now, lines)
        tx.queue(name, *outbox.ready_of(opening), now)
        self._queue_again(tx, (*lost, *(row.envelope for row in waiting)), now)

    def _queue_again(self, tx: Tx, envelopes: Sequence[bytes], now: Moment) -> None:
        for envelope in envelopes:
            ready = outbox.ready_of(envelope)
            if ready.kind != roster.LINK_OPEN:
                tx.queue(self.name, *ready, now)

    def _untold(self, note: Epoch) -> list[Pair]:
        """Return closed logs whose ends we signed in openings that no log holds any more."""
        before = self.history
        ends = {each.link_id: epoch.closing(note, each.out.origin) for each in self._open()}
        lost = [link_id for link_id, end in ends.items() if end is not None and not end.size]
        found: list[Pair] = []
        while lost:
            opened = before.link_ids.index(lost.pop())
            for pair in before.closed:
                if opened and epoch.closing(before.notes[opened - 1], pair.out.origin):
                    found.append(pair)
                    lost += [] if pair.out.size else [pair.link_id]
        return found

    def _take_lines(self, tx: Tx, opening: bytes) -> None:
        """Keep the peer's signatures over closing heads, from leaf 0 of a log of its."""
        logs = [log for pair in self.history.closed for log in (pair.out, pair.inn)]
        lines = roster.closing_lines(self.terms, opening)
        for log in logs:
            if log.origin in lines:
                for card in self.terms.chain.cards[::-1]:
                    signs = self.cards.signing(log.size)
                    closing.take_lines(tx, signs, card, log, lines[log.origin])

    def _heads(self) -> Heads:
        out, inn = self.out, self.inn
        return Heads(out.checkpoint, out.receipt, inn.checkpoint, inn.receipt)
