"""Tails: the end of a log that one side lost and the other still holds, piece by piece.

While a tail is asked for, nothing is appended or receipted. Normative: spec/link.md 5.3.
"""

from typing import Final

from detente.core.errors import TheirFault
from detente.link import frames, tail_frames
from detente.link.frames import Message
from detente.link.hello import Heads
from detente.link.moves import NO_GROUNDS, Effects
from detente.link.moves_epochs import (
    Behind,
    Freeze,
    MustRecover,
    ServeTail,
    Settle,
    TailServed,
    TailTaken,
)
from detente.link.part import Hears, Part, Reads
from detente.link.pieces import Coming, Filed
from detente.link.state import HALTED, RECOVER, State
from detente.link.status import Status

OWN: Final = 0
THEIRS: Final = 1
_PAIR: Final = (OWN, THEIRS)
BEFORE: Final = (2, 3)  # the same of the logs before an emergency
ROOT_CHANGED: Final = "new root keys were compared: both sides begin the next epoch"
THEY_RECOVER: Final = "their side was restored: the tails are compared"


class Tails(Part):
    """Asks for what is missing here, and serves what is missing there."""

    def __init__(self, link: State, status: Status) -> None:
        super().__init__(link)
        self._status = status
        self._conn: int | None = None  # over which we ask
        self._asked: dict[int, Coming] = {}
        self._filed = Filed()
        self._left: set[int] = set()  # logs of which something may be missing
        self.mended = False  # nothing is missing of the logs before an emergency
        self._stated: dict[int, Heads] = {}  # what a connection's HELLO said

    def hears(self) -> Hears:
        """Hear what was read for the peer, and what was stored of what it sent."""
        return {
            TailServed: self._served,
            TailTaken: self._taken,
            MustRecover: lambda given: self.begin(given.conn, given.why),
            Behind: lambda given: self._ask_all(given.conn),
        }

    def reads(self) -> Reads:
        """Read TAIL_REQ and TAIL_END."""
        return {frames.TAIL_REQ: self._take_request, frames.TAIL_END: self._take_end}

    def hear_stated(self, number: int, heads: Heads) -> None:
        """Keep what a HELLO said: what was stated must be served."""
        self._stated = {n: each for n, each in self._stated.items() if n in self.link.conns}
        self._stated[number] = heads

    def tick(self) -> Effects:
        """Ask over another connection if the one that we asked over is gone."""
        conns = self.link.conns
        if self.link.phase != RECOVER or self._conn in conns:
            return []
        number = next((number for number, conn in conns.items() if conn.met), None)
        return [] if number is None else self._ask_all(number)

    def begin(self, number: int, why: str) -> Effects:
        """Stop both logs, durably, and ask for what is missing here."""
        link = self.link
        if link.phase == HALTED:
            return []
        link.held.clear()
        effects: Effects = []
        if link.phase != RECOVER:
            effects = [Freeze(number, why), *link.move(RECOVER, why)]
        if number not in link.conns:  # a file showed it: our next one asks, or a path by its tick
            return [*effects, *self._status.tell_all()]
        return [*effects, *self._status.tell(number), *self._ask_all(number)]

    def _ask_all(self, number: int) -> Effects:
        if number not in self.link.conns:
            return []
        if self._conn in self.link.conns and self._left:
            return []
        return self._ask_for(number, _PAIR if self.link.before is None else (*_PAIR, *BEFORE))

    def mend(self, number: int, logs: tuple[int, ...]) -> Effects:
        """Ask for what is missing of these logs, while this epoch goes on."""
        return [] if self._conn in self.link.conns and self._left else self._ask_for(number, logs)

    def _ask_for(self, number: int, logs: tuple[int, ...]) -> Effects:
        self._conn, self._left = number, set(logs)
        self._asked.clear()
        return [effect for log in logs for effect in self._ask(log)]

    def _ask(self, log: int) -> Effects:
        assert self._conn is not None, "a connection was chosen"
        first = self._size(log)
        self._asked[log] = Coming(first)
        return self.link.send_past(self._conn, tail_frames.ask(log, first))

    def _size(self, log: int) -> int:
        link = self.link
        if log in _PAIR:
            return link.heads.out_size if log == OWN else link.heads.in_size
        assert link.before is not None, "there was an emergency"
        return link.before[log - BEFORE[0]]

    def _grew_before(self, log: int, size: int) -> None:
        out, incoming = self.link.before or (0, 0)
        self.link.before = (size, incoming) if log == BEFORE[0] else (out, size)

    def collects(self, number: int, message: Message) -> bool:
        """Take a message that belongs to a tail we asked for; say whether it does.

        Raises TheirFault: E_SEQ_GAP for a record out of its order, E_BUSY for a piece too long.
        """
        if message.chan < tail_frames.CHAN or message.type in (frames.TAIL_REQ, frames.TAIL_END):
            return False
        if number in self.link.files:
            return self._filed.collects(message)
        asked = self._asked.get(message.chan - tail_frames.CHAN)
        if asked is None or number != self._conn:
            return message.type in (frames.RECORD, frames.CHECKPOINT, frames.COSIGN)
        return asked.collect(message)

    def _take_end(self, number: int, message: Message) -> Effects:
        if number in self.link.files:
            return self._filed.end(number, message)
        log, end = tail_frames.read_place(message.payload)
        asked = self._asked.pop(log, None)
        if asked is None or number != self._conn:
            return []
        return [asked.taken(number, log, end)]

    def _taken(self, given: TailTaken) -> Effects:
        link = self.link
        if given.log not in _PAIR and link.before is None:
            return []
        if given.log in _PAIR:
            link.heads = given.heads
            link.flight.clear()
        else:
            self._grew_before(given.log, given.size)
        if given.conn != self._conn or given.conn not in link.conns:
            return []
        if given.size < given.end:
            if not given.gave:
                return self._kept_back(given.log, given.end)
            return self._ask(given.log)
        stated = self._stated.get(given.conn) if given.log in _PAIR else None
        least = 0
        if stated is not None:
            least = stated.in_size if given.log == OWN else stated.out_size
        if given.size < least:
            return self._kept_back(given.log, least)
        self._left.discard(given.log)
        if self._left:
            return []
        self.mended = link.before is not None
        return [Settle(given.conn)] if link.phase == RECOVER or self._is_foreign() else []

    def _is_foreign(self) -> bool:
        conn = self.link.conns.get(self._conn or 0)
        return conn is not None and bool(conn.foreign)

    def _kept_back(self, log: int, end: int) -> Effects:
        whose = "our" if log in (OWN, BEFORE[0]) else "their"
        fault = TheirFault(
            "E_ROOT",
            f"they hold {end} records of {whose} log and keep the last of them back",
            "compare both logs; both operators were told",
        )
        return self.link.halt(fault, NO_GROUNDS)

    # For the peer.

    def _take_request(self, number: int, message: Message) -> Effects:
        log, start = tail_frames.read_place(message.payload)
        link = self.link
        conn = link.conn(number)
        if link.phase == HALTED or conn is None:
            return []
        if number in link.files and log in _PAIR:
            self._filed.stopped = True
        if conn.foreign:
            return [ServeTail(number, conn.foreign, log, start)]
        stopped = link.phase == RECOVER or log in BEFORE
        why = ROOT_CHANGED if self._status.root_agreed else THEY_RECOVER
        effects = [] if stopped else self.begin(number, why)
        return [*effects, ServeTail(number, link.who.link_id, log, start)]

    def file_begins(self) -> None:
        """Note that a courier file begins."""
        self._filed = Filed()

    def file_ends(self, number: int) -> Effects:
        """Propose or weigh, if nothing is missing here of what a whole file states.

        A note is proposed to a side only that has stopped both logs: what it stated stands.
        """
        link, conn = self.link, self.link.files.get(number)
        stated = self._stated.pop(number, None)
        if conn is None or (not conn.met and not conn.foreign):
            return []
        if conn.foreign:
            return [Settle(number)]
        mine = link.heads
        if link.phase != RECOVER or not self._filed.stopped or stated is None:
            return []
        whole = stated.in_size <= mine.out_size and stated.out_size <= mine.in_size
        return [Settle(number)] if whole else []

    def _served(self, given: TailServed) -> Effects:
        data = tail_frames.answer(
            given.log, given.first, given.envelopes, given.head, given.receipt, given.end
        )
        return self.link.send_past(given.conn, data)
