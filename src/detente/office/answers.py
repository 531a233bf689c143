"""What an office answers by itself: DELIVERED, and refusals.

An answer is a state, not an event: it is due exactly if none of ours says as much, in the logs or
the outbox. So nothing is answered twice, whatever breaks in between. Source: spec/kinds/sys.md.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import limits, names, record
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.node.ports import Answer
from detente.office import house, kinds
from detente.office.fields import Values
from detente.office.matters import Matters
from detente.office.patience import Patience
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.reader import TableReader, every
from detente.office.reading import Again, Refusal, Taken
from detente.office.register import Register

READ_COUNT: Final = (
    64  # records of one turn: whoever asks meanwhile waits for it, a tenth of a second
)
READ_BYTES: Final = limits.KIB**2
DELIVERED_EVERY: Final = Span(1_000)  # cumulative, so one a second says it all
URGENT_RANK: Final = record.PRECEDENCES.index("IMMEDIATE")


@dataclass(slots=True)
class Reading:
    """How far this office read one peer's log, and what it may owe for it.

    settled: below it nothing is owed. tell: the newest record by our desk that opened it, the desk
    that wrote it and its rank. refused: not opened, perhaps to be answered.
    """

    upto: int = 0
    settled: int = 0
    tell: dict[tuple[str, str, int], int] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)
    telling: Patience = field(default_factory=Patience)
    rejecting: Patience = field(default_factory=Patience)


class Answers:
    """What one office owes to its peers' logs.

    may_answer: all that stood in our own logs was read, so that what we said is known. muted: the
    node took nothing in when we last tried, and why.
    """

    def __init__(self, register: Register, post: Post, matters: Matters) -> None:
        self._register, self._post, self._matters = register, post, matters
        self._readings: dict[str, Reading] = {}
        self._told_at = Moment(0)
        self.held_desks: set[str] = set()  # closed, or not all that was kept for them is open yet
        self.may_answer = False
        self.muted: OurFault | None = None

    def open(self, tx: ShelfTx) -> None:
        """Begin to keep account of logs that are new."""
        for origin in self._register.theirs():
            if origin not in self._readings:
                self._readings[origin] = self._open_reading(tx, origin)

    def forget(self) -> None:
        """Keep account of nothing: the tables are folded again."""
        self._readings.clear()
        self.may_answer = False

    def _open_reading(self, tx: ShelfTx, origin: str) -> Reading:
        # DELIVERED of all desks for one size go out together, so the furthest counts.
        note = tx.note(f"settled {origin}")
        told = [self._told(tx, origin, desk) for desk in self._register.keys.desks]
        return Reading(tx.place(origin), max([int(note) if note else 0, *told]))

    def _opened(self, tx: ShelfTx, origin: str, seq: int, desk: str) -> bool:
        who = house.delivery_key(self._register.address(desk), origin)
        row = Values(tx.rows(house.DELIVERIES).get(who) or {})
        missing = row.get("not", ())
        return row.whole("upto") > seq and isinstance(missing, tuple) and seq not in missing

    def _told(self, tx: ShelfTx, origin: str, desk: str) -> int:
        who = house.delivery_key(self._register.address(desk), origin)
        row = tx.rows(house.DELIVERIES).get(who)
        return Values(row).whole("upto") if row else 0

    def find_unanswered(self) -> None:
        """Read again what was read before a crash and not answered, up to where we stand."""
        register = self._register
        register.see_levels()
        self._matters.find_asked()
        with register.shelf.begin() as tx:
            self._readings = {each: self._open_reading(tx, each) for each in register.theirs()}
            for origin, found in self._readings.items():
                rows = every(TableReader(tx.rows), house.REFUSED, {"origin": origin})
                found.refused = [row.whole("seq") for row in rows]
        for origin, found in self._readings.items():
            at = found.settled
            while at < found.upto:
                kept = register.since(origin, at, READ_COUNT, READ_BYTES)
                if not kept:
                    break
                with register.shelf.begin() as tx:
                    seen = [(each.seq, register.review(tx, each)) for each in kept]
                for seq, taken in seen:
                    if isinstance(taken, Taken | Again) and seq < found.upto:
                        self._note(found, seq, taken)
                at = kept[-1].seq + 1

    def note(
        self,
        origin: str,
        upto: int,
        opened: Sequence[tuple[int, Taken | Again]],
        refused: Sequence[int],
    ) -> None:
        """Take note of what was read of a peer's log, below `upto`, by place."""
        found = self._readings[origin]
        found.upto = upto
        found.refused += refused
        for seq, taken in opened:
            self._note(found, seq, taken)
            if taken.header.kind == kinds.DIGEST.name:
                self._matters.note(taken.mid)

    def hold(self, desk: str) -> None:
        """Say nothing for a desk that is closed or just opened: `upto` would be too much."""
        self.held_desks.add(desk)
        for state in self._readings.values():
            state.tell = {key: seq for key, seq in state.tell.items() if key[0] != desk}

    def note_opened(self, origin: str, seq: int, taken: Taken) -> None:
        """Take note of a record that was kept sealed until now, if its desk did not say so before."""
        with self._register.shelf.begin() as tx:
            is_told = seq < self._told(tx, origin, taken.desk)
        if not is_told:
            self._note(self._readings[origin], seq, taken)

    def let_go(self, desk: str) -> None:
        """Answer for a desk again: all that was kept for it is open."""
        self.held_desks.discard(desk)
        with self._register.shelf.begin() as tx:
            for origin, state in self._readings.items():
                rows = every(TableReader(tx.rows), house.REFUSED, {"origin": origin})
                state.refused = [row.whole("seq") for row in rows]

    def _note(self, state: Reading, seq: int, taken: Taken | Again) -> None:
        # Receipts of offices are not receipted by offices: that would never end.
        if taken.header.kind.startswith("sys.") or self._register.keys.is_closed(taken.desk):
            return
        rank = record.PRECEDENCES.index(taken.header.prec)
        key = (taken.desk, taken.header.from_, rank)
        state.tell[key] = max(state.tell.get(key, 0), seq)

    def due(self) -> Moment | None:
        """Return when `answer` may have something to say; None for never."""
        soon, asked = self._told_at + DELIVERED_EVERY, self._matters.due()
        found = [] if asked is None else [asked]
        for state in self._readings.values():
            if self._sayable(state):
                found.append(state.telling.until() if state.telling.fault else soon)
            if state.refused and state.rejecting.fault:
                found.append(state.rejecting.until())
        is_waiting = self.muted or self._post.outbox.late
        return soon if is_waiting else min(found, default=None)

    def held(self) -> list[tuple[str, Fault]]:
        """Return what our node refuses of what we owe, by the log that it answers."""
        waiting = [
            (origin, patience.fault)
            for origin, state in self._readings.items()
            for patience in (state.telling, state.rejecting)
        ]
        waiting.append(("", self._matters.patience.fault))
        return [(origin, fault) for origin, fault in waiting if fault is not None]

    def resume(self, now: Moment) -> None:
        """Hand in again what the outbox holds. Raises OurFault("hatch.closed")."""
        self.muted = None
        self._try(self._post.outbox.resume, now)

    def send_again(self, now: Moment) -> None:
        """Send again what was refused for an old key. Raises OurFault("hatch.closed")."""
        self._try(self._post.outbox.answer_refusals, now)

    def answer(self, now: Moment) -> None:
        """Say what is due now. Raises OurFault("hatch.closed")."""
        is_early = now - self._told_at < DELIVERED_EVERY and self._told_at <= now
        if self.muted or self._post.outbox.late:
            if is_early:
                return
            self.resume(now)
        for say in (
            lambda at: self._deliver(at, is_early=is_early), self._reject_all, self._matters.answer,
        ):  # fmt: skip
            # A node without room takes what is urgent.
            if self.may_answer and (self.muted is None or self.muted.code == "store.full"):
                self._try(say, now)

    def _try(self, say: Callable[[Moment], None], now: Moment) -> None:
        # A node that takes nothing in, or a desk without a key, is no reason to read nothing.
        try:
            say(now)
        except OurFault as fault:
            if fault.code == "hatch.closed":
                raise
            self.muted, self._told_at = fault, now

    def _deliver(self, now: Moment, *, is_early: bool) -> None:
        owing = {}
        for origin, state in self._readings.items():
            if state.tell:
                self._forget_told(origin, state)
            if self._sayable(state):
                if state.telling.is_over(now):
                    owing[origin] = state
            elif not state.tell and state.upto - state.settled >= READ_COUNT:
                # Nothing was owed for so many: a restart need not look at them again.
                with self._register.shelf.begin() as tx:
                    tx.set_note(f"settled {origin}", str(state.upto).encode())
                state.settled = state.upto
        if is_early and not any(
            key[2] >= URGENT_RANK for each in owing.values() for key in self._sayable(each)
        ):
            return
        urgent_first = sorted(
            owing.items(), key=lambda each: -max(key[2] for key in self._sayable(each[1]))
        )
        for origin, state in urgent_first:
            self._tell_delivered(origin, state, now)
            self._told_at = now

    def _sayable(self, state: Reading) -> list[tuple[str, str, int]]:
        return [key for key in state.tell if key[0] not in self.held_desks]

    def _forget_told(self, origin: str, state: Reading) -> None:
        with self._register.shelf.begin() as tx:
            told = {desk: self._told(tx, origin, desk) for desk, _, _ in state.tell}
        state.tell = {key: seq for key, seq in state.tell.items() if seq >= told[key[0]]}

    def _tell_delivered(self, origin: str, state: Reading, now: Moment) -> None:
        with self._register.shelf.begin() as tx:
            find = tx.rows(house.REFUSED).find
            rows = [Values(row) for row in find({"origin": origin}, None, kinds.NOT_OPENED_MAX)]
        letters, sayable = [], self._sayable(state)
        for desk in sorted({key[0] for key in sayable}):
            address = self._register.address(desk)
            # Whose header cannot be read may be addressed to any desk.
            missing = [
                row.whole("seq") for row in rows if address in row.texts("to") or "to" not in row
            ]
            body = Values({"origin": origin, "upto": state.upto, "not": tuple(sorted(missing))})
            told = [key for key in sayable if key[0] == desk]
            to = tuple(sorted({sender for _, sender, _ in told}))[: limits.MAX_TO]
            letter = self._post.house_letter(kinds.DELIVERED, desk, to, body, now)
            rank = max(rank for _, _, rank in told)
            letters.append(replace(letter, prec=record.PRECEDENCES[rank]))
        written = [self._post.write(each, self._post.unattended(each.desk)) for each in letters]
        answers = self._post.hand_in(written, now)
        refused = {
            letter.desk: answer
            for letter, answer in zip(letters, answers, strict=True)
            if answer.code
        }
        due = refused.keys() | self.held_desks
        state.tell = {key: seq for key, seq in state.tell.items() if key[0] in due}
        if refused:  # it was not said, so it is still due
            state.telling.hold(next(iter(refused.values())), now)
            return
        state.telling = Patience()
        state.settled = state.upto

    def _reject_all(self, now: Moment) -> None:
        for origin, state in self._readings.items():
            if state.refused and state.rejecting.is_over(now):
                self._reject_some(origin, state, now)

    def _reject_some(self, origin: str, state: Reading, now: Moment) -> None:
        due, last = list(state.refused), None
        for seq in reversed(due):
            answer = self._reject(origin, seq, now)
            if answer is None or not answer.code:
                state.refused.remove(seq)
            else:
                last = answer
        if last is None:
            state.rejecting = Patience()
        else:
            state.rejecting.hold(last, now)

    def _reject(self, origin: str, seq: int, now: Moment) -> Answer | None:
        register = self._register
        with register.shelf.begin() as tx:
            row = tx.rows(house.REFUSED).get(house.refused_key(origin, seq))
            assert row is not None, "it was kept when it was refused"
            mid, rejects = Values(row).data("mid"), tx.rows(house.REJECTS)
            ours = [*map(register.address, register.keys.desks)]
            if any(rejects.get(house.said_key(mid, each)) for each in ours):
                return None
            # Opened once, and its key purged since: nothing is owed for it now.
            if any(self._opened(tx, origin, seq, desk) for desk in register.keys.desks):
                return None
        try:
            kept = register.kept_at(origin, seq)
        except OurFault as odd:
            if odd.code != "hatch.row":
                raise
            return Answer(b"", odd.code, odd.what, odd.remedy)
        with register.shelf.begin() as tx:
            refusal = register.review(tx, kept)
        if not isinstance(refusal, Refusal) or refusal.header is None:
            return (
                None  # nobody is known to answer to; people see it in the list of refused records
            )
        header, fault = refusal.header, refusal.fault
        # Only the party that wrote the log is answered: else a peer could have us write to another.
        if names.party_of(header.from_) != register.levels[origin].owner:
            return None
        if not self._knows(header.from_) or header.kind.startswith("sys."):
            return None
        openers = sorted(register.keys.desks)
        named = [desk for desk in openers if register.address(desk) in header.to]
        if not openers:
            return None
        desk = (named or openers)[0]
        what, remedy = house.plain(fault.what), house.plain(fault.remedy)
        body = Values({"of": refusal.mid, "code": fault.code, "what": what, "remedy": remedy})
        letter = self._post.house_letter(kinds.REJECT, desk, (header.from_,), body, now)
        letter = replace(
            letter,
            matter=header.matter,
            tlp=header.tlp,
            caveats=header.caveats,
            prec=header.prec,
            reply_to=refusal.mid,
        )
        return self._post.hand_in([self._post.write(letter, self._post.unattended(desk))], now)[0]

    def _knows(self, address: str) -> bool:
        desk, party = names.split(address)
        card = self._register.book.peers.get(party)
        return card is not None and desk in card.desks
