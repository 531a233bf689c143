"""Single rows that a disk lost, asked of the peer that holds the same log. Normative: spec/link.md 10.

Nothing stops for it: neither log grows or shrinks, and what comes is taken only if its leaf is the
one that both signed.
"""

from struct import Struct

from detente.core import limits
from detente.link import frames
from detente.link.frames import Message
from detente.link.moves import Effects
from detente.link.moves_rows import THEIRS, AskRows, PutRow, ReadRow, RowRead
from detente.link.part import Hears, Part, Reads
from detente.link.state import LIVE, State

_PLACE = Struct(">BQ")
Place = tuple[int, int]


def _frame(kind: int, log: int, seq: int, envelope: bytes = b"") -> bytes:
    return frames.encode(kind, _PLACE.pack(log, seq) + envelope)


def _read(payload: bytes) -> tuple[int, int, bytes]:
    if len(payload) < _PLACE.size or payload[0] > THEIRS:
        raise frames.misshapen("a ROW_REQ or ROW of another form")
    log, seq = _PLACE.unpack_from(payload)
    if seq >= limits.MAX_TREE:
        raise frames.misshapen("a place beyond every log")
    return log, seq, payload[_PLACE.size :]


class Rows(Part):
    """Asks for rows, gives rows, and takes none that it did not ask for."""

    def __init__(self, link: State) -> None:
        super().__init__(link)
        self._asked: set[Place] = set()
        self._conn = 0  # over which they were asked

    @property
    def waiting(self) -> int:
        """How many rows were asked for and did not come."""
        return len(self._asked) if self._conn in self.link.conns else 0

    def hears(self) -> Hears:
        """Hear what is missing here, and what was read for the peer."""
        return {AskRows: self._ask, RowRead: self._give}

    def reads(self) -> Reads:
        """Read ROW_REQ and ROW."""
        return {frames.ROW_REQ: self._take_request, frames.ROW: self._take_row}

    def _ask(self, given: AskRows) -> Effects:
        link = self.link
        if link.phase != LIVE or link.live is None:
            return []
        if self._conn != link.live:
            self._asked.clear()
            self._conn = link.live
        effects: Effects = []
        for place in given.rows[: limits.MAX_ROWS_ASKED - len(self._asked)]:
            self._asked.add(place)
            effects += link.send(self._conn, _frame(frames.ROW_REQ, *place))
        return effects

    def _take_request(self, number: int, message: Message) -> Effects:
        log, seq, rest = _read(message.payload)
        if rest:
            raise frames.misshapen("a ROW_REQ of another form")
        return [ReadRow(number, log, seq)] if self.link.phase == LIVE else []

    def _give(self, given: RowRead) -> Effects:
        row = _frame(frames.ROW, given.log, given.seq, given.envelope)
        return self.link.send(given.conn, row)

    def _take_row(self, number: int, message: Message) -> Effects:
        log, seq, envelope = _read(message.payload)
        if (log, seq) not in self._asked or number != self._conn:
            return []
        self._asked.discard((log, seq))
        return [PutRow(number, log, seq, envelope)]
