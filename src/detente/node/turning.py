"""The end of an epoch: tails served and taken, notes proposed, weighed and adopted.

Everything here is one transaction a step, so that a crash between two steps finds the next one.
Normative: spec/link.md 5.3 to 5.5, spec/log.md 10.
"""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from detente.core import epoch
from detente.core.epoch import Close, Epoch
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.link import reconcile, session
from detente.link.courier import FILE
from detente.link.moves import Grounds, Refused
from detente.link.moves_epochs import (
    Behind,
    Confirmed,
    Emergency,
    Ended,
    Freeze,
    MustRecover,
    Noted,
    Older,
    ServeTail,
    Settle,
    TailServed,
    TailTaken,
    TakeNote,
    TakeTail,
)
from detente.link.session import Input, Session
from detente.node import history, sound, tail
from detente.node.adopting import Adopting
from detente.node.history import Stand, mark, set_mark
from detente.node.ledger import Ledger
from detente.node.ports import Tx

OWN_LOGS = (0, 2)  # as their owner names them in a tail
_STOPPED = (session.HALTED, session.RECOVER)


class Turning(Adopting):
    """What a link's books do at the end of an epoch. `Books` is made of this and of the rest."""

    session: Session
    disputed: str  # why the logs before this epoch are open; "" if they are not
    confirmed: list[Close]  # where a person here says that they end
    _pending: Epoch | None  # a note shown to us that waits for tails
    stand: Stand  # what the courier file under way says of its writer
    sealed_for: str  # the epoch that it was sealed for: its tails are of those logs

    # Freeze, tails.

    def _freeze(self, effect: Freeze, _now: Moment) -> None:
        with self._store.begin() as tx:
            if effect.why in (reconcile.WE_LOST_OURS, reconcile.WE_LOST_THEIRS):
                history.mark_restored(tx, self.name, effect.why)
            elif not mark(tx, history.FROZEN, self.name):
                set_mark(tx, history.FROZEN, self.name, effect.why.encode())
        self.frozen = self.frozen or effect.why

    def stop(self, why: str) -> None:
        """Append nothing until the next epoch, durably; nothing for no reason."""
        if why and not self.frozen:
            self._freeze(Freeze(FILE, why), Moment(0))

    def ledger_asked(self, link_id: str, log: int, *, by_us: bool) -> Ledger | None:
        """Return the log of an epoch that a tail is of, by its number as the asker names it."""
        pair = self.now if link_id == self.terms.link_id else self.history.pair(link_id)
        if log >= OWN_LOGS[1]:
            pair = self.history.before(link_id)
        if pair is None:
            return None
        return pair.out if (log in OWN_LOGS) == by_us else pair.inn

    def _serve_tail(self, effect: ServeTail, _now: Moment) -> Input | None:
        if effect.conn == FILE:  # its answer goes into our next file
            self.stand.asked[effect.log] = effect.start
            return None
        ledger = self.ledger_asked(effect.link_id, effect.log, by_us=False)
        if ledger is None:
            return None
        with self._store.begin() as tx:
            rows, head, receipt = tail.read(tx, ledger, effect.start)
            if not all(map(tail.is_kept, rows)):
                sound.mend_entries(tx, [ledger], [row.seq for row in rows])
                rows, head, receipt = tail.read(tx, ledger, effect.start)
        return TailServed(
            effect.conn, effect.log, effect.start, [tail.whole(row) for row in rows], head, receipt,
            ledger.size,
        )  # fmt: skip

    def _take_tail(self, effect: TakeTail, now: Moment) -> Input | None:
        ledger = self.ledger_asked(self.terms.link_id, effect.log, by_us=True)
        if ledger is None:
            return None
        gave, here = bool(effect.envelopes), ledger.size - effect.first
        if effect.by_file:
            if self.sealed_for != self.terms.link_id:
                return None  # of logs that ended here since they asked, or before
            cut = self._lacking(effect, ledger.size)
            if cut is None:
                return None
            effect = cut
        elif here > 0:  # a courier file brought some of it while it was under way
            effect = replace(effect, first=ledger.size, envelopes=effect.envelopes[here:])
        ours = effect.log in OWN_LOGS
        own, peer = self.seat.chain, self.terms.chain
        owner, receiver = (own, peer) if ours else (peer, own)
        keys = (
            tuple(card.log for card in owner.cards),
            tuple(card.cosign for card in receiver.cards),
        )
        with self._store.begin() as tx:
            if effect.envelopes:
                end = self._agreed_end(ledger.origin)
                grown, head, receipt = tail.take(tx, ledger, effect, keys, end, now)
                if effect.first == 0 and not ours:
                    self._take_lines(tx, effect.envelopes[0])
                if ours:
                    self.waiting -= tail.remember_own(
                        tx, self.name, peer.name, effect.envelopes, now
                    )
            elif tail.conflicts(tx, ledger, effect.head, keys[0]):
                grounds = Grounds(ours=ours, stated=effect.head)
                fault = TheirFault("E_FORK", "two signed histories of one log", "see docs")
                return Refused(effect.conn, fault, grounds)
        if effect.envelopes:
            ledger.settle(grown, head, receipt)
        return TailTaken(effect.conn, effect.log, ledger.size, effect.end, self._heads(), gave)

    def _lacking(self, effect: TakeTail, size: int) -> TakeTail | None:
        """Return what a file's piece brings beyond what is here; None if nothing may be taken."""
        here = size - effect.first
        both = self._pending is not None and self._is_complete(self._pending)
        if not (self.frozen or both) or not 0 <= here < len(effect.envelopes):
            return None
        if effect.head is None and not both:
            return None  # they hold no signed state within reach: nothing of it can be judged
        return replace(effect, first=size, envelopes=effect.envelopes[here:])

    def _agreed_end(self, origin: str) -> tuple[int, bytes] | None:
        end = epoch.closing(self._pending, origin) if self._pending else None
        both = self._pending is not None and self._is_complete(self._pending)
        return (end.size, end.root) if end and both else None

    # Notes.

    def _is_complete(self, note: Epoch) -> bool:
        return all(epoch.is_signed_by(note, each) for each in (self.seat.chain, self.terms.chain))

    @property
    def mends(self) -> bool:
        """Whether tails can mend the logs before an emergency; else only two persons end them."""
        return bool(self.disputed) and not self.disputed.startswith("E_")

    def _ends(self) -> list[Close]:
        ends = self.now.ends()
        if self.history.disputed is None:
            return list(self.confirmed) if self._ends_halt else ends
        return ends + (self.history.disputed.ends() if self.mends else self.confirmed)

    def _settle(self, effect: Settle, now: Moment) -> Input | None:
        if self._pending is not None:
            return self._weigh(effect.conn, self._pending, now)
        if not self.frozen or not self._proposes:
            return None
        with self._store.begin() as tx:
            return Noted(effect.conn, self._proposal(tx).note)

    def _proposal(self, tx: Tx) -> Epoch:
        known = mark(tx, history.PROPOSAL, self.name)
        note = epoch.read(known) if known else None
        root = self.session.root_agreed if not self.confirmed else b""
        if note is None or not self._stands(note, root):
            shown = mark(tx, history.CONFLICT, self.name) or None
            if root:
                note = self._propose(epoch.ROOT, root)
            else:
                halted = bool(self.confirmed)
                reason = epoch.HALT if halted else epoch.RESTORE
                note = self._propose(reason, shown if halted else None)
            set_mark(tx, history.PROPOSAL, self.name, note.note)
        return note

    def _stands(self, note: Epoch, root: bytes) -> bool:
        named = (note.evidence or b"") if note.reason == epoch.ROOT else b""
        same = not epoch.differs(note.close, self._ends())
        return note.life == self.life and same and named == root

    def to_show(self) -> bytes:
        """Return the note that a courier file shows: what this side proposes, or nothing.

        A halted link that lives on files has no emergency: it ends where two persons confirm.
        """
        if not self._proposes:
            return b""
        with self._store.begin() as tx:
            if self._ends_halt and any(self.session.peer_incarnation):
                return self._proposal(tx).note
            return mark(tx, history.PROPOSAL, self.name) if self.frozen else b""

    def untold(self) -> str:
        """Return the epoch that the peer may still be in, since only it made the next one whole."""
        with self._store.begin() as tx:
            return mark(tx, history.UNTOLD, self.name).decode()

    @property
    def _ends_halt(self) -> bool:
        """Whether a person here said where the logs of a halted link end."""
        is_halted = self.session.state == session.HALTED and self.history.disputed is None
        known = not self.session.why.startswith("E_CARD_FORK")  # else nobody knows with whom
        return is_halted and known and bool(self.confirmed)

    def take_up(self, now: Moment) -> Input | None:
        """Weigh a note that a file showed before a person here had confirmed."""
        if self._pending is None or not self._ends_halt:
            return None
        return self._weigh(FILE, self._pending, now)

    @property
    def life(self) -> bytes:
        """What both sides are now, since the newest loss of either; 32 bytes."""
        return self._life_with(self.session.peer_incarnation)

    def _life_with(self, peer: bytes) -> bytes:
        own = self.seat.incarnation
        return epoch.life_of(own, peer) if self._proposes else epoch.life_of(peer, own)

    @property
    def _proposes(self) -> bool:
        ours, theirs = self.terms.made_with(self.seat.chain)
        return ours < theirs

    def _propose(self, reason: str, evidence: bytes | None = None) -> Epoch:
        ends = [] if reason == epoch.EMERGENCY else self._ends()
        number = self.history.number + 1
        note = epoch.make(self.terms.link_id, number, ends, reason, evidence, self.life)
        return epoch.sign(note, self.seat.epoch_keys)

    def confirm(self, ends: Sequence[Close]) -> Input:
        """Keep where a person here says that the disputed logs end; the peer is told the hash.

        Raises OurFault: "epoch.none" if nothing is disputed, "epoch.differs" for a state that the
        logs held here never had.
        """
        pair = self.history.disputed
        if pair is None and self.session.state == session.HALTED:
            pair = self.now
        if pair is None or self.mends:
            raise OurFault(
                "epoch.none", "no log of this link is disputed", "see: detente link list"
            )
        held = {log.origin: log for log in (pair.out, pair.inn)}
        with self._store.begin() as tx:
            for end in ends:
                log = held.pop(end.origin, None)
                if log is None or end.size > log.size or log.root_at(tx, end.size) != end.root:
                    raise OurFault(
                        "epoch.differs",
                        f"{end.origin} never had this root at size {end.size} here",
                        "compare again; take the largest sizes at which both sides have one root",
                    )
            if held:
                raise OurFault("epoch.differs", "a log is missing", "confirm both logs")
            data = history.write_ends(list(ends))
            set_mark(tx, history.CONFIRMED, self.name, data)
        self.confirmed = list(ends)
        return Confirmed(sha256(data).digest())

    def _older(self, effect: Older, _now: Moment) -> Input | None:
        if effect.conn == FILE:
            self.stand.link_id = effect.link_id
        note = self.history.after(effect.link_id)
        return Noted(effect.conn, note.note) if note else None

    def _take_note(self, effect: TakeNote, now: Moment) -> Input | None:
        note = epoch.read(effect.data)
        if note.link_id in self.history.link_ids[:-1]:
            return None  # adopted before
        if (note.link_id, note.number) != (self.terms.link_id, self.history.number + 1):
            raise TheirFault("E_HELLO", "a note of another epoch", "reconcile again")
        if not epoch.is_signed_by(note, self.terms.chain):
            raise TheirFault(
                "E_SIG", "an epoch note without its maker's lines", "sign it with both"
            )
        return self._weigh(effect.conn, note, now)

    def _weigh(self, conn: int, note: Epoch, now: Moment) -> Input | None:
        self._pending = note
        if self._is_complete(note):
            return self._follow(conn, note, now)
        if self._proposes:
            self._pending = None
            raise TheirFault("E_HELLO", "the lower fingerprint proposes", "wait for our note")
        if note.life != self.life:
            # One side lost what it knew since: the same note once more would be a second leaf 0.
            self._pending = None
            if conn == FILE:
                return None  # an old file, or they know our loss only from our next one
            raise TheirFault("E_HELLO", "a note from before a loss of ours", "propose again")
        if note.reason == epoch.EMERGENCY:
            self._pending = None
            if self.disputed or self.session.state not in _STOPPED:
                raise TheirFault("E_HELLO", "no emergency here", "reconcile again")
            return self._agree(conn, note, now)
        self._check_root(note)
        if self.session.state == session.HALTED and not self._ends_halt:
            return None  # until a person here confirms the same
        if not self.frozen and not self._ends_halt:
            return MustRecover(conn, "their side proposes a new epoch")
        ends = self._ends()
        odd = epoch.differs(note.close, ends)
        if not odd:
            return self._agree(conn, note, now)
        if self._ends_halt:
            self._pending = None
            raise TheirFault(
                "E_HELLO", "their note ends the logs elsewhere than a person here confirmed",
                "compare both logs again by telephone",
            )  # fmt: skip
        return self._loss(conn, note, ends)  # or a tail is still on its way here

    def _loss(self, conn: int, note: Epoch, ends: Sequence[Close]) -> Input | None:
        # A closing head below what is held here would void what was sent and receipted.
        for end in ends:
            stated = epoch.closing(note, end.origin)
            size = stated.size if stated else 0
            if size < end.size:
                self._pending = None
                fault = TheirFault(
                    "E_FORK",
                    f"they would end {end.origin} at {size} of {end.size}",
                    "compare both logs; both operators were told",
                )
                ours = end.origin == self.out.origin
                return Refused(conn, fault, Grounds(ours=ours, note=note.note))
        return None

    def _follow(self, conn: int, note: Epoch, now: Moment) -> Input | None:
        """Adopt a note that both signed, once what it closes is held here."""
        self._check_root(note)
        with self._store.begin() as tx:
            ours = [mark(tx, kind, self.name) for kind in (history.PROPOSAL, history.URGENT)]
        proposed = [epoch.read(each) for each in ours if each]
        if conn == FILE and self._is_of_another_life(note, proposed):
            self._pending = None
            return None
        for end in self._ends():
            stated = epoch.closing(note, end.origin)
            if stated is not None and stated.size > end.size:
                return Behind(conn)
        fresh = any(each.text == note.text for each in proposed)
        with self._store.begin() as tx:
            self._adopt(tx, note, now, fresh=fresh or not mark(tx, history.RESTORED, self.name))
        return Ended(conn, note.note)

    def _is_of_another_life(self, note: Epoch, proposed: Sequence[Epoch]) -> bool:
        # They may have agreed to what we proposed meanwhile: then each side had a note of its own.
        wrote = self._life_with(self.session.file_incarnation)
        return any(each.text != note.text and each.life != wrote for each in proposed)

    def _agree(self, conn: int, note: Epoch, now: Moment) -> Input:
        whole = epoch.sign(note, self.seat.epoch_keys)
        with self._store.begin() as tx:
            set_mark(tx, history.UNTOLD, self.name, self.terms.link_id.encode())
            self._adopt(tx, whole, now, fresh=True)
        return Ended(conn, whole.note)

    def _emergency(self, effect: Emergency, _now: Moment) -> Input | None:
        if self.disputed or not self._proposes:
            return None
        with self._store.begin() as tx:
            note = mark(tx, history.URGENT, self.name)
            if not note or epoch.read(note).life != self.life:
                note = self._propose(epoch.EMERGENCY).note
                set_mark(tx, history.URGENT, self.name, note)
        return Noted(effect.conn, note)
