"""One piece of a tail on its way in, over a path or in a courier file. Normative: spec/link.md 5.4."""

from dataclasses import dataclass, field
from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.link import frames, tail_frames
from detente.link.frames import Message
from detente.link.moves import Effects
from detente.link.moves_epochs import TakeTail

WINDOWS: Final = 8  # how many MAX_INFLIGHT a piece may hold
PIECE_BYTES: Final = WINDOWS * limits.MAX_INFLIGHT_BYTES
PIECE_COUNT: Final = WINDOWS * limits.MAX_INFLIGHT_COUNT


@dataclass(slots=True)
class Coming:
    """Records of a log from `first` on, the head that they end at, and its receipt."""

    first: int
    rows: list[bytes] = field(default_factory=list)
    size: int = 0
    head: Checkpoint | None = None
    receipt: Cosignature | None = None

    def collect(self, message: Message) -> bool:
        """Take a message if it belongs to a piece; say whether it does.

        Raises TheirFault: E_SEQ_GAP for a record out of its order, E_BUSY for a piece too long.
        """
        if message.type == frames.RECORD:
            self._add(*tail_frames.read_record(message.payload))
        elif message.type == frames.CHECKPOINT:
            self.head = frames.read_checkpoint(message.payload)
        elif message.type == frames.COSIGN:
            self.receipt = frames.read_cosign(message.payload)
        else:
            return False
        return True

    def _add(self, seq: int, envelope: bytes) -> None:
        due = self.first + len(self.rows)
        if seq != due:
            raise TheirFault("E_SEQ_GAP", f"record {seq} of a tail, not {due}", "send it in order")
        self.size += len(envelope)
        if self.size > PIECE_BYTES or len(self.rows) >= PIECE_COUNT:
            raise TheirFault("E_BUSY", "a piece of a tail is too long", "end it at an earlier head")
        self.rows.append(envelope)

    def taken(self, number: int, log: int, end: int, *, by_file: bool = False) -> TakeTail:
        """Return what must be done with it; they hold `end` records of that log."""
        return TakeTail(
            number, log, self.first, self.rows, self.head, self.receipt, end, by_file=by_file
        )


class Filed:
    """The pieces of tails in one courier file, whatever was asked for. Normative: courier.md 6."""

    def __init__(self) -> None:
        self._open: dict[int, Coming] = {}
        self.stopped = False  # the file asks for a tail: whoever wrote it had stopped both logs

    def collects(self, message: Message) -> bool:
        """Take a message of a tail's channel; say whether it is one."""
        if message.type not in (frames.RECORD, frames.CHECKPOINT, frames.COSIGN):
            return False
        log = message.chan - tail_frames.CHAN
        piece = self._open.get(log)
        if piece is None:
            first = 0
            if message.type == frames.RECORD:
                first = tail_frames.read_record(message.payload)[0]
            piece = self._open[log] = Coming(first)
        return piece.collect(message)

    def end(self, number: int, message: Message) -> Effects:
        """Take TAIL_END. Raises TheirFault("E_FRAME")."""
        log, end = tail_frames.read_place(message.payload)
        piece = self._open.pop(log, None)
        if piece is None or not piece.rows:
            return []
        return [piece.taken(number, log, end, by_file=True)]
