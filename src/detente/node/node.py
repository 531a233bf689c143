"""A party's node: takes records from its office, moves them over links, and keeps every log.

Synchronous and without a loop: the roof hands it one input at a time and does the effects it
leaves. Whatever it says to anyone is durable before it is said.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.core import limits
from detente.core.epoch import Close
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.link import session
from detente.link.moves import OnBooks
from detente.link.moves_rows import OWN, THEIRS, AskRows
from detente.link.moves_stage import AskFor
from detente.link.session import Effect, Input
from detente.node import card_view, history, roster
from detente.node.attached import Attached, low_disk
from detente.node.attendance import Attendance
from detente.node.books import Books
from detente.node.card_view import Sizes
from detente.node.care import Care
from detente.node.courier import Couriers
from detente.node.disputes import Disputes
from detente.node.holdings import Holdings
from detente.node.home import Home
from detente.node.leaving import Leaving
from detente.node.ledger import Grown, Ledger
from detente.node.ports import Answer, Kept, Level, PeerCard, Store
from detente.node.seat import LinkTerms, Seat
from detente.node.shown import Shown
from detente.node.submitting import Submitting
from detente.node.waiting import Room

SUBMIT_MAX: Final = limits.MAX_BATCH_COUNT  # envelopes handed in at once
_ON_PATHS: Final = (session.Send, session.Close, session.Show)


class Node(Attached, Disputes, Shown):
    """The logs of one party and the links they travel on. Is a Hatch to its office."""

    def __init__(self, seat: Seat, links: Sequence[LinkTerms], store: Store, now: Moment) -> None:
        super().__init__(store)
        self._seat = seat
        self._leaving = Leaving()
        self._attended = Attendance(seat)
        self.moves = 0  # grows with whatever may change a level
        self.read_only: OurFault | None = None
        self.low: OurFault | None = None  # the disk is nearly full: nothing new is taken in
        with store.begin() as tx:
            if seat.restored:
                for each in links:
                    history.mark_restored(tx, each.link_id, seat.restored)
            home = Home(seat, tx, now)
            self._links = {
                each.link_id: Books(seat, each, store, self.stage, tx, now) for each in links
            }
            for link_id, count in tx.queue_sizes().items():
                if link_id in self._links:
                    # Whether they are urgent shows when they are taken.
                    self._links[link_id].waiting = self._links[link_id].urgent = count
        self.holdings = Holdings(seat, store, home, self._links)
        self._submitting = Submitting(seat, store, home, self._links, self.stage)
        self.care = Care(
            seat, store, self.holdings.of_links, self._held_there, self.submit, self.stage.drop
        )
        self.courier = Couriers(seat, self._links, store, self.stage, self.step, self._dispatch)
        self._tell_status(now)
        for link in self._links.values():
            if link.out.size == 0 and not link.waiting and not link.frozen:
                opening = self.submit([roster.link_open(seat, link.terms, now)], now)[0]
                if opening.code:
                    raise OurFault("card.bad", opening.what, opening.remedy)

    # The roof's side.

    def take_effects(self) -> list[tuple[str, Effect]]:
        """Return what must be done to paths now, in order, by link id; each is returned once."""
        return self._leaving.take()

    def step(self, link_id: str, given: Input, now: Moment) -> None:
        """Take one input of a link; leaves effects."""
        link = self._links[link_id]
        self._run(link, given, now)
        self.moves += not (isinstance(given, session.Bytes) and link.session.read_only_blocks)
        if link.shipping.is_due and not self.read_only:
            self._ship(link, link.shipping.due(link.session), now)
        if (link.waiting or link.due_card) and not link.dispatching:
            self._dispatch(link, link.session.room, now)

    def _ship(self, link: Books, inputs: Sequence[Input], now: Moment) -> None:
        for given in inputs:
            self._run(link, given, now)

    def _run(self, link: Books, given: Input, now: Moment) -> None:
        # An answer of the logs is heard before the next effect: it may have ended that one.
        machine = link.session
        effects = self._leaving.number(machine.step(given, now))
        try:
            for number, effect in effects:
                # What the machine of an epoch wanted of its logs ends with the epoch.
                ended = machine is not link.session and not isinstance(effect, _ON_PATHS)
                if ended or not machine.wants(effect):
                    continue
                if isinstance(effect, _ON_PATHS):
                    self._leave(link, number, effect)
                else:
                    answer = self._do(link, effect, now)
                    if answer is not None:
                        self._run(link, answer, now)
        except OurFault:
            # Nothing more is said, but the machine knows these connections no longer.
            for number, effect in effects:
                if isinstance(effect, session.Close):
                    self._leaving.add(number, link.name, effect)
            raise

    def ask_rows(self, origin: str, seqs: Sequence[int], now: Moment) -> bool:
        """Ask the peer for records that a disk lost here; say whether there is a peer to ask."""
        for link in self._links.values():
            logs = {link.out.origin: OWN, link.inn.origin: THEIRS}
            if origin in logs and link.session.state == session.LIVE:
                self.step(link.name, AskRows([(logs[origin], seq) for seq in seqs]), now)
                return True
        return False

    def mend(self, aid: bytes, bad: Sequence[int], *, manifest: bool, now: Moment) -> bool:
        """Ask peers for chunks of an attachment that a disk lost here, or for its row of hashes.

        Say whether any was lost: what is right after all stays.
        """
        links = self._lost(aid, bad, manifest=manifest)
        for link_id in links or ():
            self.step(link_id, AskFor(aid), now)
        return links is not None

    def tell_down(self, link_id: str, state: str, why: str) -> None:
        """Hear from the roof what is shown of a link while it has no path."""
        books = self._links[link_id]
        self.moves += books.down != (state, why)
        books.down = state, why

    def tick(self, now: Moment) -> None:
        """Let time pass on every link, and attendance lapse."""
        if self._attended.lapse(now):
            self._tell_status(now)
        if not self.read_only:
            self._tick_stage(now)
            self._see_disk(now)
        for link_id in self._links:
            self.step(link_id, session.Tick(), now)

    def _see_disk(self, now: Moment) -> None:
        is_low = self.stage.see_disk()
        if is_low != (self.low is not None):
            self.low = low_disk() if is_low else None
            self._tell_status(now)

    def due(self) -> Moment | None:
        """Return when a link wants to be woken, if before the next tick."""
        wishes = (link.session.due() for link in self._links.values())
        return min((at for at in wishes if at is not None), default=None)

    def wake(self, now: Moment) -> None:
        """Let the links go on whose wish has come."""
        for link_id, link in self._links.items():
            at = link.session.due()
            if at is not None and at <= now:
                self.step(link_id, session.Tick(), now)

    def stop_storing(self, fault: OurFault, now: Moment) -> None:
        """Take nothing in any more, because the disk failed; say so to people and peers."""
        self.read_only = self.courier.read_only = fault
        self._tell_status(now)

    def _tell_status(self, now: Moment) -> None:
        stopped = self.read_only or self.low
        shown = sorted(self._seat.shows & self._seat.card.desks.keys())
        status = session.StatusChanged(
            attended=tuple(each for each in shown if each in self._attended),
            unattended=tuple(each for each in shown if each not in self._attended),
            read_only=stopped is not None,
        )
        for link_id, link in self._links.items():
            link.status = status  # its next epoch says the same
            self.step(link_id, status, now)

    # Cards.

    def hold(self) -> dict[str, Sizes]:
        """Move no log until the node is made anew; return where a card that is made now takes over."""
        for link in self._links.values():
            link.held = True
        return card_view.sizes(self._links)

    # Effects on the logs.

    def _leave(self, link: Books, number: int, effect: Effect) -> None:
        if isinstance(effect, session.Close) and "E_STAGE" in effect.what:
            link.shipping.doubt()
        self._leaving.add(number, link.name, effect)

    def _do(self, link: Books, effect: session.Halt | OnBooks, now: Moment) -> Input | None:
        if self.read_only:
            # The store answers nothing any more; records without a verdict would be a fault.
            if not isinstance(effect, session.Judge):
                return None
            fault = TheirFault("E_DISK", "this node cannot store", "its operator mends the disk")
            return session.Refused(effect.conn, fault, session.NO_GROUNDS)
        if isinstance(effect, session.Halt):
            link.keep_halt(effect, now)
            return None
        if isinstance(effect, session.Intake):
            self._see_disk(now)
            if self.low and not link.takes_when_low(effect, now):
                return None  # what is stored is still answered
        return link.do(effect, now)

    def _held_there(self, ledger: Ledger) -> int:
        return self.holdings.held_there(ledger, needs_pq=self.care.needs_pq)

    # Out.

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        """Take records of our office; each answer says what became of one. Durable on return.

        The same envelope twice is once. While a link recovers its records wait. Below the disk's
        reserve only FLASH and the hotline are taken. Raises OurFault: store faults; then nothing
        was taken.
        """
        if self.read_only:
            raise self.read_only
        self._see_disk(now)
        assert len(envelopes) <= SUBMIT_MAX, "the hatch hands in one batch"
        answers, moving = self._submitting.take(envelopes, self.terms(), self.low, now)
        self.moves += 1
        for link, (effect, grown) in moving.logged:
            self._logged(link, effect, grown, now)
        for link in moving.links:
            if link.shipping.is_due:
                self._ship(link, link.shipping.due(link.session), now)
            if link.waiting:
                self._dispatch(link, link.session.room, now)
        return answers

    def _logged(self, link: Books, effect: session.Logged, grown: Grown, now: Moment) -> None:
        link.settle(effect, grown)
        self.step(link.name, effect, now)

    def _dispatch(self, link: Books, room: Room, now: Moment) -> None:
        """Log what waits, highest precedence first, as far as the window allows."""
        link.dispatching = True
        try:
            while (link.waiting or link.due_card) and not self.read_only:
                if not link.may_log(room):
                    break
                card = link.due_card
                if card is not None:
                    self._logged(link, *link.tell_card(card, now), now)
                    continue
                with self._store.begin() as tx:
                    rows = link.next(tx, room)
                    if not rows:
                        break
                    effect, grown = link.log(tx, rows, now)
                link.took(len(rows), rows[0].rank)
                self._ship(link, link.shipping.logged(rows), now)
                self._logged(link, effect, grown, now)
        finally:
            link.dispatching = False

    # The office's side: with `submit`, the hatch.

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records from these places on, log by log; places not named begin at 0.

        At most count_max records and about bytes_max bytes. Raises OurFault("store.damaged") for a
        row that is not what its entry says: then the disk lost a bit.
        """
        return self.holdings.since(places, count_max, bytes_max)

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Hear how far our office has read each log; what it has not read is not purged."""
        self.care.have_read(places, awaits)

    def levels(self) -> list[Level]:
        """Return every log with its sizes and the state of its link; home first."""
        return self.holdings.levels()

    def at_work(self) -> list[tuple[str, Level, Level]]:
        """Return each link's name and both logs of its newest epoch, ours first."""
        levels = {each.origin: each for each in self.levels()}
        return [
            (name, levels[link.out.origin], levels[link.inn.origin])
            for name, link in self._links.items()
        ]

    def cards(self) -> list[PeerCard]:
        """Return our own cards, then those of all confirmed peers, each party's as one chain."""
        own = PeerCard(self._seat.party, self._seat.chain.data)
        peers = (link.terms.chain for link in self._links.values())
        return [own, *(PeerCard(chain.name, chain.data) for chain in peers)]

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record: who said it, and that the other side holds it.

        Raises OurFault: "proof.unknown" for a record not held, "proof.not_yet" before its receipt.
        """
        return self.holdings.prove(origin, seq)

    def confirm(self, party: str, ends: Sequence[Close], now: Moment) -> None:
        """Keep where a person here says that the disputed logs end. Raises as Turning.confirm."""
        link = self.link_with(party)
        self.step(link.name, link.confirm(ends), now)
        given = link.take_up(now)
        if given is not None:
            self.step(link.name, given, now)

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at a desk of ours, for ATTENDANCE. Raises OurFault("office.no_desk")."""
        if self._attended.attend(desk, now):
            self._tell_status(now)

    def head(self, origin: str) -> bytes:
        """Return the signed head of a home log; see ports.Hatch."""
        return self.holdings.head(origin)

    def leave(self, desk: str, now: Moment) -> None:
        """Say that nobody is at a desk of ours. Raises as attend."""
        if self._attended.leave(desk):
            self._tell_status(now)
