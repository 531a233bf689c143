"""A party's node: takes records from its office, moves them over links, and keeps every log.

Synchronous and without a loop: the roof hands it one input at a time and does the effects it
leaves. Whatever it says to anyone is durable before it is said.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from detente.core import checkpoint as checkpoints
from detente.core import envelope as envelopes
from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.link import reconcile, session
from detente.link.hello import Heads
from detente.link.reconcile import Verdict
from detente.link.session import Effect, Input, Session, Who
from detente.node import evidence, inbox, outbox, roster
from detente.node.ledger import Grown, Ledger
from detente.node.outbox import Accepted
from detente.node.ports import HOME, Answer, Kept, Level, PeerCard, Row, Store, Tx
from detente.node.seat import LinkTerms, Seat

ATTENDANCE: Final = Span(60_000)
_NEED_THE_STORE: Final = (
    session.Intake, session.TakeReceipt, session.Judge, session.Resend, session.Compare,
    session.CompareHead, session.Halt,
)  # fmt: skip
SUBMIT_MAX: Final = limits.MAX_BATCH_COUNT  # envelopes handed in at once
_HOME_NOTE: Final = "home_origin"


@dataclass(slots=True)
class _Link:
    terms: LinkTerms
    out: Ledger
    inn: Ledger
    session: Session
    waiting: int = 0
    # Roots we signed and hold no receipt for, by size: most receipts are for one of these.
    signed: dict[int, bytes] = field(default_factory=dict)
    opening: str = ""
    dispatching: bool = False


class _Books:
    """Both logs of a link as judging needs them."""

    def __init__(self, seat: Seat, link: _Link, tx: Tx) -> None:
        self._seat, self._link, self._tx = seat, link, tx

    def _ledger(self, *, ours: bool) -> Ledger:
        return self._link.out if ours else self._link.inn

    def root_at(self, size: int, *, ours: bool) -> bytes:
        return self._ledger(ours=ours).root_at(self._tx, size)

    def owner_signed(self, head: Checkpoint, *, ours: bool) -> bool:
        key = self._seat.card.log if ours else self._link.terms.peer.log
        return checkpoints.is_signed(head, self._ledger(ours=ours).origin, key)

    def receiver_signed(self, receipt: Cosignature, *, ours: bool) -> bool:
        key = self._link.terms.peer.cosign if ours else self._seat.card.cosign
        return checkpoints.is_cosigned(receipt, self._ledger(ours=ours).origin, key)


class Node:
    """The logs of one party and the links they travel on. Is a Hatch to its office."""

    def __init__(self, seat: Seat, links: Sequence[LinkTerms], store: Store, now: Moment) -> None:
        self._seat, self._store = seat, store
        self._effects: list[tuple[str, Effect]] = []
        self._attended: dict[str, Moment] = {}
        self.read_only: OurFault | None = None
        with store.begin() as tx:
            self._home = self._open_home(tx, now)
            self._links = {each.link_id: self._open_link(tx, each) for each in links}
            for link_id, count in tx.queue_sizes().items():
                if link_id in self._links:
                    self._links[link_id].waiting = count
        self._terms = {each.peer.name: each for each in links}
        for link in self._links.values():
            if link.out.size == 0 and not link.waiting and not seat.restored:
                opening = self.submit([roster.link_open(seat, link.terms, now)], now)[0]
                if opening.code:
                    raise OurFault("card.bad", opening.what, opening.remedy)

    # Opening.

    def _open_home(self, tx: Tx, now: Moment) -> Ledger:
        origin = tx.note(_HOME_NOTE)
        if origin is None:
            origin = roster.new_home_origin(self._seat).encode()
            tx.set_note(_HOME_NOTE, origin)
        home = Ledger(origin.decode(), tx)
        if home.size == 0:
            grown = home.append(tx, [roster.home_open(self._seat, None, now)], now)
            head = checkpoints.sign(self._seat.log, home.origin, grown.size, grown.root())
            home.sign_off(tx, grown, head, None)
            home.settle(grown, head, None)
        return home

    def _open_link(self, tx: Tx, terms: LinkTerms) -> _Link:
        seat = self._seat
        out, inn = Ledger(terms.out_origin(seat.party), tx), Ledger(terms.in_origin, tx)
        halted = tx.note(f"halted:{terms.link_id}")
        who = Who(
            party=seat.party,
            peer=terms.peer.name,
            link_id=terms.link_id,
            card_serial=seat.card.serial,
            card_hash=seat.card.hash,
            incarnation=seat.incarnation,
            dials_first=seat.card.fp60 < terms.peer.fp60,
            peer_serial=terms.peer.serial,
            peer_card_hash=terms.peer.hash,
        )
        heads = Heads(out.checkpoint, out.receipt, inn.checkpoint, inn.receipt)
        link = _Link(terms, out, inn, Session(who, heads, halted.decode() if halted else None))
        if inn.size:
            first = tx.rows(inn.origin, 0, 1, limits.MAX_ENVELOPE)[0].envelope
            link.opening = roster.compare_opening(seat, terms, first)
        return link

    # The roof's side.

    def take_effects(self) -> list[tuple[str, Effect]]:
        """Return what must be done to paths now, in order, by link id; each is returned once."""
        found, self._effects = self._effects, []
        return found

    def step(self, link_id: str, given: Input, now: Moment) -> None:
        """Take one input of a link; leaves effects."""
        link = self._links[link_id]
        self._run(link, given, now)
        if link.waiting and not link.dispatching:
            self._dispatch(link, now)

    def _run(self, link: _Link, given: Input, now: Moment) -> None:
        # An answer of the logs is heard before the next effect: it may have ended that one.
        effects = iter(link.session.step(given, now))
        try:
            for effect in effects:
                if link.session.wants(effect):
                    answer = self._do(link, effect, now)
                    if answer is not None:
                        self._run(link, answer, now)
        except OurFault:
            # Nothing more is said, but the machine knows these connections no longer.
            rest = [effect for effect in effects if isinstance(effect, session.Close)]
            self._effects += [(link.terms.link_id, effect) for effect in rest]
            raise

    def heads(self) -> dict[str, Heads]:
        """Return what is durable here of both logs of each link, by link id."""
        return {link_id: link.session.heads for link_id, link in self._links.items()}

    def is_live(self, link_id: str) -> bool:
        """Say whether a path of this link is up and its heads were compared."""
        return self._links[link_id].session.has_path

    def tick(self, now: Moment) -> None:
        """Let time pass on every link, and attendance lapse."""
        lapsed = [desk for desk, until in self._attended.items() if until <= now]
        for desk in lapsed:
            del self._attended[desk]
        if lapsed:
            self._tell_status(now)
        for link_id in self._links:
            self.step(link_id, session.Tick(), now)

    def stop_storing(self, fault: OurFault, now: Moment) -> None:
        """Take nothing in any more, because the disk failed; say so to people and peers."""
        self.read_only = fault
        self._tell_status(now)

    def _tell_status(self, now: Moment) -> None:
        status = session.StatusChanged(tuple(sorted(self._attended)), self.read_only is not None)
        for link_id in self._links:
            self.step(link_id, status, now)

    # Effects on the logs.

    def _do(self, link: _Link, effect: Effect, now: Moment) -> Input | None:
        if isinstance(effect, session.Send | session.Close | session.Show):
            self._effects.append((link.terms.link_id, effect))
            return None
        if self.read_only:
            # The store answers nothing any more; records without a verdict would be a fault.
            if not isinstance(effect, session.Judge):
                return None
            fault = TheirFault("E_DISK", "this node cannot store", "its operator mends the disk")
            return session.Refused(effect.conn, fault, session.NO_GROUNDS)
        if isinstance(effect, session.Halt):
            self._keep_halt(link, effect, now)
            return None
        try:
            match effect:
                case session.Intake():
                    return self._take_in(link, effect, now)
                case session.TakeReceipt():
                    return self._take_receipt(link, effect)
                case session.Judge():
                    return self._judge(link, effect)
                case session.Resend():
                    return self._resend(link, effect)
                case session.Compare():
                    with self._store.begin() as tx:
                        inbox.compare(link.inn, tx, list(effect.records))
                    return session.Compared(effect.conn)
                case _:
                    return self._compare_head(link, effect)
        except TheirFault as fault:
            return session.Refused(effect.conn, fault, _grounds_of(effect, fault))

    def _take_in(self, link: _Link, effect: session.Intake, now: Moment) -> Input | None:
        if self._seat.restored:
            return None
        with self._store.begin() as tx:
            grown, receipt = inbox.take(self._seat, link.terms, link.inn, tx, effect, now)
        link.inn.settle(grown, effect.checkpoint, receipt)
        if effect.first == 0:
            link.opening = roster.compare_opening(self._seat, link.terms, effect.envelopes[0])
        return session.TookIn(effect.conn, effect.checkpoint, receipt, effect.rank)

    def _take_receipt(self, link: _Link, effect: session.TakeReceipt) -> Input:
        receipt = effect.receipt
        with self._store.begin() as tx:
            root = link.signed.get(receipt.size) or link.out.root_at(tx, receipt.size)
            inbox.check_receipt(receipt, root, link.out, link.terms.peer.cosign)
            link.out.keep_receipt(tx, receipt)
        self._settle_receipt(link, receipt)
        return session.Receipted(receipt)

    def _settle_receipt(self, link: _Link, receipt: Cosignature) -> None:
        link.out.receipt = receipt
        link.signed = {size: root for size, root in link.signed.items() if size > receipt.size}

    def _judge(self, link: _Link, effect: session.Judge) -> Input:
        with self._store.begin() as tx:
            books = _Books(self._seat, link, tx)
            verdict = reconcile.judge(effect.stated, effect.held, effect.baseline, books)
            if self._seat.restored and not verdict.conflict:
                verdict = Verdict(recover="this side was restored from a backup")
            if verdict.receipt:
                link.out.keep_receipt(tx, verdict.receipt)
        if verdict.receipt:
            self._settle_receipt(link, verdict.receipt)
        return session.Judged(effect.conn, verdict)

    def _resend(self, link: _Link, effect: session.Resend) -> Input | None:
        head = link.out.checkpoint
        if head is None or effect.start >= head.size:
            return None
        count = head.size - effect.start
        with self._store.begin() as tx:
            rows = tx.rows(link.out.origin, effect.start, count, limits.MAX_INFLIGHT_BYTES * 2)
        _check_rows(link.out.origin, rows)  # other bytes than we signed would halt the link
        return session.Resent(effect.conn, effect.start, [row.envelope for row in rows], head)

    def _compare_head(self, link: _Link, effect: session.CompareHead) -> Input | None:
        head = effect.checkpoint
        with self._store.begin() as tx:
            forked = inbox.conflicts(link.inn, tx, head, link.terms.peer.log)
        if not forked:
            return None
        return session.Judged(
            effect.conn, Verdict(conflict=reconcile.Conflict(ours=False, stated=head))
        )

    def _keep_halt(self, link: _Link, effect: session.Halt, now: Moment) -> None:
        ledger = link.out if effect.grounds.ours else link.inn
        data = evidence.conflict(effect.code, effect.what, ledger, effect.grounds)
        with self._store.begin() as tx:
            tx.set_note(f"halted:{link.terms.link_id}", f"{effect.code}: {effect.what}".encode())
            tx.keep_evidence(sha256(data).digest(), data, now)

    # Out.

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        """Take records of our office; each answer says what became of one. Durable on return.

        The same envelope twice is once. Raises OurFault: store faults, and "node.restored" while
        nothing may be appended; then nothing was taken.
        """
        if self.read_only:
            raise self.read_only
        if self._seat.restored:
            raise OurFault(
                "node.restored",
                "this node was restored from a backup and may append nothing",
                "keep it stopped, and use the disk it was copied from; this version cannot recover",
            )
        assert len(envelopes) <= SUBMIT_MAX, "the hatch hands in one batch"
        answers, accepted = [], []
        for envelope in envelopes:
            try:
                one = outbox.judge(self._seat, self._terms, envelope)
            except Fault as fault:
                # What was taken once stays taken, though a card or an agreement changed since.
                mid = self._taken_before(envelope)
                answers.append(Answer(mid) if mid else _refused(fault))
            else:
                accepted.append(one)
                answers.append(Answer(one.mid))
        if accepted:
            refused = self._keep(accepted, now)
            answers = [refused.get(answer.mid, answer) for answer in answers]
        return answers

    def _taken_before(self, envelope: bytes) -> bytes | None:
        try:
            key, mid = outbox.number_of(envelope)
        except TheirFault:
            return None
        with self._store.begin() as tx:
            known = tx.number(key)
        return mid if known is not None and known[:32] == mid else None

    def _keep(self, accepted: Sequence[Accepted], now: Moment) -> dict[bytes, Answer]:
        refused: dict[bytes, Answer] = {}
        grown: list[tuple[_Link, Sequence[bytes], int]] = []
        with self._store.begin() as tx:
            fresh = self._number(tx, accepted, refused)
            home = [one.envelope for one in fresh if not one.links]
            if home:
                at_home = self._home.append(tx, home, now)
                origin, root = self._home.origin, at_home.root()
                home_head = checkpoints.sign(self._seat.log, origin, at_home.size, root)
                self._home.sign_off(tx, at_home, home_head, None)
            for link_id, rows in _by_link(fresh).items():
                link = self._links[link_id]
                if self._fits(link, rows):
                    grown.append((link, [row for _, row in rows], rows[0][0]))
                else:
                    for rank, row in rows:
                        tx.queue(link_id, rank, row, now)
                    link.waiting += len(rows)
            logged = [(link, self._log(link, tx, rows, rank, now)) for link, rows, rank in grown]
        if home:
            self._home.settle(at_home, home_head, None)
        for link, effect in logged:
            self._logged(link, effect, now)
        for link_id in _by_link(fresh):
            if self._links[link_id].waiting:
                self._dispatch(self._links[link_id], now)
        return refused

    def _number(
        self, tx: Tx, accepted: Sequence[Accepted], refused: dict[bytes, Answer]
    ) -> list[Accepted]:
        # A number is used once for ever; the same record again is no second use.
        fresh: dict[bytes, Accepted] = {}
        for one in accepted:
            known = tx.number(one.number_key)
            if known is None and one.number_key in fresh:
                known = fresh[one.number_key].number_value
            if known is None:
                fresh[one.number_key] = one
            elif known[:32] != one.mid:
                refused[one.mid] = Answer(
                    one.mid,
                    "E_EQUIVOCATION",
                    "another record already has this number",
                    "start a new series",
                )
        tx.put_numbers([(one.number_key, one.number_value) for one in fresh.values()])
        return list(fresh.values())

    def _fits(self, link: _Link, rows: Sequence[tuple[int, bytes]]) -> bool:
        # Straight into the log, past the queue: one commit less on the way of most records.
        count, size = link.session.room()
        return (
            not link.waiting
            and len(rows) <= min(count, limits.MAX_BATCH_COUNT)
            and sum(len(row) for _, row in rows) <= min(size, limits.MAX_BATCH_BYTES)
            and len({rank for rank, _ in rows}) == 1
        )

    def _log(
        self, link: _Link, tx: Tx, rows: Sequence[bytes], rank: int, now: Moment
    ) -> tuple[session.Logged, Grown]:
        first = link.out.size
        grown = link.out.append(tx, rows, now)
        head = checkpoints.sign(self._seat.log, link.out.origin, grown.size, grown.root())
        link.out.sign_off(tx, grown, head, link.out.receipt)
        return session.Logged(first, rows, head, rank), grown

    def _logged(self, link: _Link, logged: tuple[session.Logged, Grown], now: Moment) -> None:
        effect, grown = logged
        link.out.settle(grown, effect.checkpoint, link.out.receipt)
        link.signed[effect.checkpoint.size] = effect.checkpoint.root
        self.step(link.terms.link_id, effect, now)

    def _dispatch(self, link: _Link, now: Moment) -> None:
        """Log what waits, highest precedence first, as far as the window allows."""
        link.dispatching = True
        try:
            while link.waiting and not self.read_only:
                count, size = link.session.room()
                if count <= 0 or size <= 0:
                    break
                with self._store.begin() as tx:
                    count, size = min(count, outbox.BATCH_COUNT), min(size, limits.MAX_BATCH_BYTES)
                    rows = tx.queued(link.terms.link_id, count, size)
                    tx.unqueue([row.id for row in rows])
                    envelopes = [row.envelope for row in rows]
                    logged = self._log(link, tx, envelopes, rows[0].rank, now)
                link.waiting -= len(rows)
                self._logged(link, logged, now)
        finally:
            link.dispatching = False

    # The office's side: with `submit`, the hatch.

    def _ledgers(self) -> list[tuple[Ledger, _Link | None]]:
        found: list[tuple[Ledger, _Link | None]] = [(self._home, None)]
        for link in self._links.values():
            found += [(link.out, link), (link.inn, link)]
        return found

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records from these places on, log by log; places not named begin at 0.

        At most count_max records and about bytes_max bytes. Raises OurFault("store.damaged") for a
        row that is not what its entry says: then the disk lost a bit.
        """
        found: list[Kept] = []
        for ledger, _ in self._ledgers():
            start = places.get(ledger.origin, 0)
            if start >= ledger.size or count_max <= 0 or bytes_max <= 0:
                continue
            with self._store.begin() as tx:
                rows = tx.rows(ledger.origin, start, count_max, bytes_max)
            _check_rows(ledger.origin, rows)
            for row in rows:
                found.append(Kept(ledger.origin, row.seq, row.kept_at, row.envelope))
                bytes_max -= len(row.envelope)
            count_max -= len(rows)
        return found

    def levels(self) -> list[Level]:
        """Return every log with its sizes and the state of its link; home first."""
        found = []
        for ledger, link in self._ledgers():
            ours = link is None or ledger is link.out
            found.append(
                Level(
                    origin=ledger.origin,
                    owner=self._seat.party if ours or link is None else link.terms.peer.name,
                    peer="" if link is None else link.terms.peer.name,
                    link_id="" if link is None else link.terms.link_id,
                    size=ledger.size,
                    receipted=ledger.size if link is None else ledger.receipted,
                    waiting=link.waiting if link is not None and ours else 0,
                    state=HOME if link is None else _state_of(link),
                    why="" if link is None else link.opening or link.session.why,
                    since=Moment(0) if link is None else link.session.since,
                )
            )
        return found

    def cards(self) -> list[PeerCard]:
        """Return our own card, then those of all confirmed peers."""
        own = PeerCard(self._seat.party, self._seat.card.note)
        peers = (link.terms.peer for link in self._links.values())
        return [own, *(PeerCard(card.name, card.note) for card in peers)]

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record: who said it, and that the other side holds it.

        Raises OurFault: "proof.unknown" for a record not held, "proof.not_yet" before its receipt.
        """
        for ledger, link in self._ledgers():
            if ledger.origin == origin and link is not None and 0 <= seq < ledger.size:
                ours = ledger is link.out
                owner, receiver = self._seat.card, link.terms.peer
                if not ours:
                    owner, receiver = receiver, owner
                with self._store.begin() as tx:
                    return evidence.export(tx, ledger, seq, owner, receiver)
        raise OurFault("proof.unknown", f"no record {seq} in {origin}", "see: detente log list")

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at a desk of ours; lapses after 60 s.

        Raises OurFault("office.no_desk") for a desk that is not on our card.
        """
        if desk not in self._seat.card.desks:
            raise OurFault(
                "office.no_desk",
                f"{desk[:40]!r} is no desk of {self._seat.party}",
                f"choose one of: {', '.join(sorted(self._seat.card.desks))}",
            )
        fresh = desk not in self._attended
        self._attended[desk] = now + ATTENDANCE
        if fresh:
            self._tell_status(now)


def _check_rows(origin: str, rows: Sequence[Row]) -> None:
    for row in rows:
        if not envelopes.is_of(row.entry, row.envelope):
            raise OurFault(
                "store.damaged",
                f"record {row.seq} of {origin} is not what was stored",
                "stop the node and check the disk",
            )


def _refused(fault: Fault) -> Answer:
    return Answer(b"", fault.code, fault.what, fault.remedy)


def _by_link(accepted: Sequence[Accepted]) -> dict[str, list[tuple[int, bytes]]]:
    found: dict[str, list[tuple[int, bytes]]] = {}
    for one in accepted:
        for link_id, envelope in one.links:
            found.setdefault(link_id, []).append((one.rank, envelope))
    return found


def _state_of(link: _Link) -> str:
    if link.session.state == session.LIVE and link.session.peer_read_only:
        return "PEER_READ_ONLY"
    return link.session.state


def _grounds_of(effect: Effect, fault: TheirFault) -> session.Grounds:
    if fault.wire_class != "H":
        return session.NO_GROUNDS
    match effect:
        case session.Intake():
            try:
                parts = [envelopes.entry_of(envelopes.split(each)) for each in effect.envelopes]
            except TheirFault:
                parts = []  # what has no form has no entry
            return session.Grounds(stated=effect.checkpoint, entries=b"".join(parts))
        case session.TakeReceipt():
            return session.Grounds(ours=True, receipt=effect.receipt)
        case _:
            return session.NO_GROUNDS
