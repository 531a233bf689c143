"""What an office answers by itself: DELIVERED, and refusals.

An answer is a state, not an event: it is due exactly if none of ours says as much, in the logs or
the outbox. So nothing is answered twice, whatever breaks in between. Source: spec/kinds/sys.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import limits, names, record
from detente.core.moment import Moment, Span
from detente.office import house, kinds
from detente.office.fields import Values
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.reading import Refusal, Taken
from detente.office.register import Register

READ_COUNT: Final = 256  # records of one turn
READ_BYTES: Final = limits.KIB**2
DELIVERED_EVERY: Final = Span(1_000)  # cumulative, so one a second says it all
URGENT_RANK: Final = record.PRECEDENCES.index("IMMEDIATE")


@dataclass(slots=True)
class Reading:
    """How far this office read one peer's log, and what it owes for it.

    settled: below it nothing is owed. tell: our desk, and the desks to tell. refused: to be answered.
    """

    upto: int = 0
    settled: int = 0
    rank: int = 0
    tell: dict[str, set[str]] = field(default_factory=dict)
    refused: list[int] = field(default_factory=list)


class Answers:
    """What one office owes to its peers' logs."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register, self._post = register, post
        self._readings: dict[str, Reading] = {}
        self._told_at = Moment(0)

    def open(self, tx: ShelfTx) -> None:
        """Begin to keep account of logs that are new."""
        for origin in self._register.theirs():
            if origin not in self._readings:
                self._readings[origin] = self._open_reading(tx, origin)

    def forget(self) -> None:
        """Keep account of nothing: the tables are folded again."""
        self._readings.clear()

    def _open_reading(self, tx: ShelfTx, origin: str) -> Reading:
        rows = tx.rows(house.DELIVERIES)
        found = Reading()
        for desk in self._register.keys.openers:
            row = rows.get(house.delivery_key(self._register.address(desk), origin))
            if row:
                found.settled = max(found.settled, Values(row).whole("upto"))
        note = tx.note(f"settled {origin}")
        found.settled = max(found.settled, int(note) if note else 0)
        return found

    def find_unanswered(self) -> None:
        """Read again what was read before a crash and not answered, up to where we stand."""
        register = self._register
        register.see_levels()
        with register.shelf.begin() as tx:
            places = {origin: tx.place(origin) for origin in register.levels}
            rejects = tx.rows(house.REJECTS)
            for origin in register.theirs():
                found = self._readings[origin] = self._open_reading(tx, origin)
                found.upto = places[origin]
                for row in tx.rows(house.REFUSED).find({"origin": origin}, None, READ_COUNT):
                    if rejects.get(Values(row).data("mid")) is None:
                        found.refused.append(Values(row).whole("seq"))
        for origin in register.theirs():
            found = self._readings[origin]
            at = found.settled
            while at < found.upto:
                rows = register.hatch.since(register.only(origin, at), READ_COUNT, READ_BYTES)
                if not rows:
                    break
                for each in rows:
                    taken = register.take(each)
                    if isinstance(taken, Taken) and each.seq < found.upto:
                        self._note(found, taken)
                at = rows[-1].seq + 1

    def note(self, origin: str, upto: int, opened: Sequence[Taken], refused: Sequence[int]) -> None:
        """Take note of what was read of a peer's log, below `upto`."""
        found = self._readings[origin]
        found.upto = upto
        found.refused += refused
        for taken in opened:
            self._note(found, taken)

    @staticmethod
    def _note(state: Reading, taken: Taken) -> None:
        # Receipts of offices are not receipted by offices: that would never end.
        if taken.header.kind.startswith("sys."):
            return
        state.tell.setdefault(taken.desk, set()).add(taken.header.from_)
        state.rank = max(state.rank, record.PRECEDENCES.index(taken.header.prec))

    def due(self) -> Moment | None:
        """Return when `answer` has something to say; None for never."""
        if any(state.tell for state in self._readings.values()):
            return self._told_at + DELIVERED_EVERY
        return None

    def answer(self, now: Moment) -> None:
        """Say what is due now."""
        for origin, state in self._readings.items():
            for seq in state.refused:
                self._reject(origin, seq, now)
            state.refused.clear()
        urgent = any(state.rank >= URGENT_RANK for state in self._readings.values())
        if now - self._told_at < DELIVERED_EVERY and self._told_at <= now and not urgent:
            return
        for origin, state in self._readings.items():
            if state.tell:
                self._tell_delivered(origin, state, now)
                self._told_at = now
            elif state.settled < state.upto:
                with self._register.shelf.begin() as tx:
                    tx.set_note(f"settled {origin}", str(state.upto).encode())
                state.settled = state.upto

    def _tell_delivered(self, origin: str, state: Reading, now: Moment) -> None:
        with self._register.shelf.begin() as tx:
            rows = tx.rows(house.REFUSED).find({"origin": origin}, None, kinds.NOT_OPENED_MAX)
        missing = tuple(sorted(Values(row).whole("seq") for row in rows))
        body = Values({"origin": origin, "upto": state.upto, "not": missing})
        letters = []
        for desk, told in state.tell.items():
            to = tuple(sorted(told))[: limits.MAX_TO]
            letter = self._post.house_letter(kinds.DELIVERED, desk, to, body, now)
            letters.append(replace(letter, prec=record.PRECEDENCES[state.rank]))
        written = [self._post.write(each, self._post.unattended(each.desk)) for each in letters]
        self._post.hand_in(written, now)
        state.settled, state.rank = state.upto, 0
        state.tell.clear()

    def _reject(self, origin: str, seq: int, now: Moment) -> None:
        register = self._register
        kept = register.hatch.since(register.only(origin, seq), 1, 1)
        refusal = register.take(kept[0])
        if not isinstance(refusal, Refusal) or refusal.header is None:
            return  # nobody is known to answer to; people see it in the list of refused records
        header, fault = refusal.header, refusal.fault
        desks = [
            names.desk_of(each)
            for each in header.to
            if names.party_of(each) == register.book.card.name
        ]
        known = [desk for desk in desks if desk in register.keys.openers]
        if not known or not self._knows(header.from_) or header.kind.startswith("sys."):
            return
        body = Values(
            {
                "of": refusal.mid,
                "code": fault.code,
                "what": fault.what[:500],
                "remedy": fault.remedy[:500],
            }
        )
        letter = self._post.house_letter(kinds.REJECT, known[0], (header.from_,), body, now)
        letter = replace(
            letter, matter=header.matter, tlp=header.tlp, prec=header.prec, reply_to=refusal.mid
        )
        self._post.hand_in([self._post.write(letter, self._post.unattended(known[0]))], now)

    def _knows(self, address: str) -> bool:
        desk, party = names.split(address)
        card = self._register.book.peers.get(party)
        return card is not None and desk in card.desks
