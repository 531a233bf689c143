"""The books of one link: both its logs, its machine, and what the machine wants done to the logs.

Whatever an answer of this room says is durable before it is given. Normative: spec/link.md 4 and 5.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from detente.core import checkpoint as checkpoints
from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.party import Card
from detente.link import reconcile, session
from detente.link.carried import Carried, Staged, weight
from detente.link.moves import OnBooks
from detente.link.moves_epochs import (
    Emergency,
    Freeze,
    Older,
    Reopen,
    ServeTail,
    Settle,
    TakeNote,
    TakeTail,
)
from detente.link.moves_leg import AnswerLeg, KeepAges, SignLeg, TakeLeg
from detente.link.moves_rows import PutRow, ReadRow
from detente.link.reconcile import Verdict
from detente.link.session import Input, Session, Who
from detente.node import conflicts, history, inbox, roots, roster, rows
from detente.node.cards import open_cards
from detente.node.conflicts import Sight
from detente.node.flash_rate import FlashRate
from detente.node.history import Stand
from detente.node.ledger import Grown, Ledger
from detente.node.leg import LegBook
from detente.node.ports import (
    COURIER,
    DISPUTED,
    FLASH,
    PEER_READ_ONLY,
    PathSeen,
    Queued,
    Store,
    Tx,
)
from detente.node.rows import check_rows
from detente.node.seat import LinkTerms, Seat
from detente.node.shipping import Shipping
from detente.node.sound import make_sound, mend_entries
from detente.node.stage import Stage
from detente.node.turning import Turning
from detente.node.waiting import Waiting

_BY_ENTRIES: Final = frozenset({"E_FORK", "E_SEQ_CONFLICT", "E_COSIGN"})  # faults seen by ours
_URGENT: Final = 4  # rank of FLASH: on the wire it goes before all that is signed after it

Does = Mapping[type, Callable[[Any, Moment], Input | None]]


class Books(Turning, Waiting):
    """One link of a node, in its newest epoch; terms are those of the first, as both parties met.

    What waits for it, and how its epochs end, are parts with rooms of their own.
    """

    def __init__(
        self, seat: Seat, terms: LinkTerms, store: Store, stage: Stage, tx: Tx, now: Moment
    ) -> None:
        self._whole, self._store, self._stage = seat, store, stage
        self._first_terms = replace(terms, roots=terms.made_with(seat.chain))
        self.waiting = self.urgent = 0
        self.flash, self._flash_in = FlashRate(), FlashRate()
        self.down = session.DOWN, ""  # state and why, while there is no path
        self.dispatching = False
        self.held = False  # a card is being made: nothing moves until the node starts again
        self.status = session.StatusChanged((), read_only=False)  # what the peer is told of us
        self._begin(tx, now)

    def _begin(self, tx: Tx, now: Moment) -> None:
        """Take up the newest epoch, as the store has it."""
        seat = self._whole
        self.history, terms = history.load(tx, seat, self._first_terms)
        notes = self.history.notes
        own = roots.in_force(seat.chain, terms.made_with(seat.chain)[0], notes)
        self.seat = seat = seat.upto(own.newest.serial)
        self.out = Ledger(terms.out_origin(seat.party), tx)
        self.inn = Ledger(terms.in_origin, tx)
        make_sound(tx, [self.out, self.inn])  # tiles would be made of what the disk changed
        # Roots we signed and hold no receipt for, by size: most receipts are for one of these.
        self._signed: dict[int, bytes] = {}
        self._pending = None
        self.stand, self.sealed_for = Stand(), ""
        self.frozen = history.mark(tx, history.FROZEN, self.name).decode()
        self.disputed = history.mark(tx, history.DISPUTED, self.name).decode()
        self.shipping = Shipping(self.name, self._store, self._stage, tx)
        self.cards = open_cards(seat, terms, (self.out, self.inn), tx, now, notes)
        if self.cards.fork is not None:
            halt = conflicts.halt_of(self.cards.fork)
            conflicts.keep(tx, self.name, self.out, self.inn, halt, now)
        halted = history.mark(tx, history.HALTED, self.name).decode() or self.cards.void
        leg = LegBook(lambda: self.cards, self._store, (self.out, self.inn))
        said = history.mark(tx, history.CONFIRMED, self.name)
        self.confirmed = history.read_ends(said) if said else []
        before = self.history.disputed
        self.session = Session(
            self._who(), self._heads(), halted or None, leg.read(tx),
            before=(before.out.size, before.inn.size) if before and self.mends else None,
            settle=sha256(said).digest() if said else b"", roots=self._stated_roots(),
        )  # fmt: skip
        self.session.step(self.status, now)
        self.opening = ""  # how their opening of the link differs from ours, in words
        if self.inn.size:
            first = tx.rows(self.inn.origin, 0, 1, limits.MAX_ENVELOPE)[0].envelope
            self.opening = roster.compare_opening(seat, self.terms, first)
        self._does: Does = {
            Freeze: self._freeze,
            ServeTail: self._serve_tail,
            TakeTail: self._take_tail,
            Settle: self._settle,
            TakeNote: self._take_note,
            Older: self._older,
            Emergency: self._emergency,
            Reopen: self._reopen,
            session.Intake: self._take_in,
            session.TakeReceipt: self._take_receipt,
            session.Judge: self._judge,
            session.Resend: self._resend,
            session.Compare: self._compare,
            session.CompareHead: self._compare_head,
            session.CompareHeads: self._compare_heads,
            **self.shipping.does(),
            ReadRow: self._read_row,
            PutRow: self._put_row,
            SignLeg: leg.sign,
            AnswerLeg: leg.answer,
            TakeLeg: leg.take,
            KeepAges: leg.keep_ages,
        }

    def _reopen(self, _effect: Reopen, now: Moment) -> None:
        with self._store.begin() as tx:
            self._begin(tx, now)
            self.waiting = self.urgent = tx.queue_sizes().get(self.name, 0)

    def _who(self) -> Who:
        card, peer = self.seat.card, self.terms.peer
        return Who(
            party=self.seat.party,
            peer=peer.name,
            link_id=self.terms.link_id,
            card_serial=card.serial,
            card_hash=card.hash,
            incarnation=self.seat.incarnation,
            dials_first=self._proposes,
            peer_cards=self.cards.hashes(),
            paths=self._paths,
            rates=self.terms.rates,
        )

    @property
    def _paths(self) -> tuple[str, ...]:
        both = (*self.terms.peer.endpoints, *self.seat.card.endpoints)
        return tuple(dict.fromkeys(each.id for each in both))

    def paths_seen(self) -> list[PathSeen]:
        """Return every path to the peer, and whether answers come over it."""
        conns = self.session.paths()
        carries = {each.path for each in conns if each.is_met and not each.is_suspect}
        every = dict.fromkeys((*self._paths, *(each.path for each in conns if each.is_met)))
        return [PathSeen(self.terms.peer.name, path, path in carries) for path in every]

    @property
    def shown(self) -> tuple[str, str]:
        """What people see of the link: its state, or why it is no alarm; and the reason."""
        machine = self.session
        if machine.refusal and machine.state != session.HALTED:
            return machine.state, machine.refusal
        if machine.state == session.DOWN:
            if self.terms.by_file:
                return (DISPUTED, self.disputed) if self.disputed else (COURIER, machine.why)
            return self.down if self.down[1] else (machine.state, machine.why)
        if self.disputed and machine.state == session.LIVE:
            return DISPUTED, self.disputed
        if machine.state == session.LIVE and machine.peer_read_only:
            return PEER_READ_ONLY, machine.why
        return machine.state, machine.why

    @property
    def state(self) -> str:
        """How the link stands, as people are told."""
        return self.shown[0]

    @property
    def why(self) -> str:
        """Why it stands so, in words."""
        return self.opening or self.shown[1]

    # What the machine wants.

    def do(self, effect: OnBooks, now: Moment) -> Input | None:
        """Do one effect on the logs; return what the machine must hear of it.

        Raises OurFault: store.damaged where the peer would be accused of what our disk did.
        """
        answer = self._try(effect, now)
        if _accuses(answer) and self._mend(effect):
            answer = self._try(effect, now)
        return answer

    def _mend(self, effect: OnBooks) -> int:
        seqs = [seq for seq, _ in effect.records] if isinstance(effect, session.Compare) else ()
        with self._store.begin() as tx:
            return mend_entries(tx, self.open_logs(), seqs)

    def _try(self, effect: OnBooks, now: Moment) -> Input | None:
        try:
            return self._does[type(effect)](effect, now)
        except TheirFault as fault:
            conn = getattr(effect, "conn", 0)
            return session.Refused(conn, fault, conflicts.grounds_of(effect, fault))

    def takes_when_low(self, effect: session.Intake, now: Moment) -> bool:
        """Say whether this is taken in though the disk is below its reserve: FLASH, not too much."""
        return effect.rank == FLASH and self._flash_in.takes(now)

    def _take_in(self, effect: session.Intake, now: Moment) -> Input | None:
        if self.frozen or self.held:
            return None
        rows = self.shipping.whole(effect.envelopes)
        part = inbox.cut(replace(effect, envelopes=rows))
        if part is None:
            return None
        if part.first == 0:
            self.cards.opened(rows[0], ours=False)
        with self._store.begin() as tx:
            grown, receipt, cards = inbox.take(self.cards, self.inn, tx, part, now)
            if part.first == 0:
                self._take_lines(tx, rows[0])
        self.inn.settle(grown, part.checkpoint, receipt)
        news = None if cards is self.cards else cards.hashes()
        self.cards = cards
        if part.first == 0:
            self.opening = roster.compare_opening(self.seat, self.terms, rows[0])
        self.shipping.taken_in(effect.envelopes[: len(part.envelopes)])
        return session.TookIn(part.conn, part.checkpoint, receipt, part.rank, news)

    def _take_receipt(self, effect: session.TakeReceipt, _now: Moment) -> Input:
        receipt = effect.receipt
        with self._store.begin() as tx:
            root = self._signed.get(receipt.size) or self.out.root_at(tx, receipt.size)
            inbox.check_receipt(self.cards, receipt, root, self.out)
            self.out.keep_receipt(tx, receipt)
        self._settle_receipt(receipt)
        return session.Receipted(receipt)

    def _settle_receipt(self, receipt: Cosignature) -> None:
        self.out.receipt, self.cards.receipted = receipt, receipt.size
        self._signed = {size: root for size, root in self._signed.items() if size > receipt.size}

    def _judge(self, effect: session.Judge, _now: Moment) -> Input:
        with self._store.begin() as tx:
            sight = Sight(self.cards, self.out, self.inn, tx, effect.serial)
            verdict = reconcile.judge(effect.stated, effect.held, effect.baseline, sight)
            if self.frozen and not verdict.conflict:
                verdict = Verdict(recover=self.frozen)
            if verdict.receipt:
                self.out.keep_receipt(tx, verdict.receipt)
        if verdict.receipt:
            self._settle_receipt(verdict.receipt)
        return session.Judged(effect.conn, verdict)

    def _resend(self, effect: session.Resend, _now: Moment) -> Input | None:
        head = self.out.checkpoint
        if head is None or effect.start >= head.size:
            return None
        carried: list[Carried] = []
        size, most = 0, limits.MAX_INFLIGHT_BYTES
        with self._store.begin() as tx:
            make_sound(tx, [self.out])
            # Staged records are long here and short on the line; no more goes than may be held there.
            while (end := effect.start + len(carried)) < head.size and size < most:
                found = tx.rows(self.out.origin, end, head.size - end, most)
                assert found, "a head stands on its rows"
                check_rows(self.out.origin, found)  # other bytes than we signed would halt the link
                for row in found:
                    each = self.shipping.again(row.entry, row.envelope)
                    size += weight(each)
                    if carried and size > most:
                        break
                    carried.append(each)
            if end < head.size:
                head = self.head_at(tx, end)
        marks = self.cards.marks(effect.start, head.size)
        return session.Resent(effect.conn, effect.start, carried, head, marks)

    def _compare(self, effect: session.Compare, _now: Moment) -> Input:
        with self._store.begin() as tx:
            refused = inbox.compare(self.cards, self.inn, tx, effect)
        return refused or session.Compared(effect.conn)

    def _compare_head(self, effect: session.CompareHead, _now: Moment) -> Input | None:
        head = effect.checkpoint
        with self._store.begin() as tx:
            forked = inbox.conflicts(self.cards, self.inn, tx, head)
        if not forked:
            return None
        return session.Judged(
            effect.conn, Verdict(conflict=reconcile.Conflict(ours=False, stated=head))
        )

    def _compare_heads(self, effect: session.CompareHeads, _now: Moment) -> None:
        inbox.compare_heads(self.cards, self.inn.size, effect.known, effect.other)

    def _read_row(self, effect: ReadRow, _now: Moment) -> Input | None:
        return rows.read(self._store, self.out, self.inn, effect)

    def _put_row(self, effect: PutRow, now: Moment) -> None:
        rows.put(self._store, self.out, self.inn, effect, now)

    def keep_halt(self, effect: session.Halt, now: Moment) -> None:
        """Remember that the link is halted, with the evidence."""
        with self._store.begin() as tx:
            conflicts.keep(tx, self.name, self.out, self.inn, effect, now)

    # Our log.

    def head_at(self, tx: Tx, size: int) -> Checkpoint:
        """Sign our log as it was at a size. Raises OurFault: card.no_key, store.damaged."""
        make_sound(tx, [self.out])  # what the disk changed would be signed as a second history
        key = self.cards.signing(size).log
        return checkpoints.sign(key, self.out.origin, size, self.out.root_at(tx, size))

    def log(self, tx: Tx, rows: Sequence[Queued], now: Moment) -> tuple[session.Logged, Grown]:
        """Append records of one rank to our log and sign it, inside a transaction.

        Raises OurFault("card.no_key").
        """
        first = self.out.size
        if first == 0:
            self.cards.opened(rows[0].envelope, ours=True)
        grown = self.out.append(tx, [row.envelope for row in rows], now)
        key = self.cards.signing(grown.size).log
        head = checkpoints.sign(key, self.out.origin, grown.size, grown.root())
        self.out.sign_off(tx, grown, head, self.out.receipt)
        carried = [
            Staged(inbox.entry_of(row.envelope)) if row.staged else row.envelope for row in rows
        ]
        return session.Logged(first, carried, head, rows[0].rank), grown

    def tell_card(self, card: Card, now: Moment) -> tuple[session.Logged, Grown]:
        """Log the record of our next card, a batch of its own; durable on return.

        Its checkpoint is under the card before it, and what follows under this one.
        Raises OurFault("card.no_key").
        """
        size = self.out.size + 1
        record = roster.new_card(self.cards.signing(size), self.terms.peer.name, card, now)
        with self._store.begin() as tx:
            effect, grown = self.log(tx, [Queued(0, _URGENT, record)], now)
            anchor = self.cards.put_told(tx, card, effect.checkpoint, now)
        self.cards.told(anchor)
        return effect, grown

    def settle(self, logged: session.Logged, grown: Grown) -> None:
        """Take over what `log` wrote, now that it is durable."""
        self.out.settle(grown, logged.checkpoint, self.out.receipt)
        self._signed[logged.checkpoint.size] = logged.checkpoint.root


def _accuses(answer: Input | None) -> bool:
    if isinstance(answer, session.Judged):
        return answer.verdict.conflict is not None
    return isinstance(answer, session.Refused) and answer.fault.code in _BY_ENTRIES
