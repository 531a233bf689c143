"""TAIL_REQ, TAIL_END and what lies between them on one channel; EPOCH. Normative: spec/link.md 2.2."""

from collections.abc import Sequence
from struct import Struct
from typing import Final

from detente.core import envelope, limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.link import frames

CHAN: Final = 32  # the channel of log 0; logs 1 to 3 have those above it
LOGS: Final = 4
ENTRY: Final = 1  # mode of a RECORD that carries 128 bytes of its entry alone
_LOG_SIZE = Struct(">BQ")
_SEQ_MODE = Struct(">QB")
_HEAD = Struct(">Q32s64s")
_RECEIPT = Struct(">Q32sQ64s")


def ask(log: int, start: int) -> bytes:
    """Return TAIL_REQ: which log, and from which record on."""
    return frames.encode(frames.TAIL_REQ, _LOG_SIZE.pack(log, start), chan=CHAN + log)


def answer(
    log: int, first: int, rows: Sequence[bytes], head: Checkpoint | None,
    receipt: Cosignature | None, end: int,
) -> bytes:  # fmt: skip
    """Return a piece of a tail: records from `first` on, the head they end at, TAIL_END."""
    chan = CHAN + log
    out = [
        frames.encode(frames.RECORD, _record(first + i, row), 1, chan) for i, row in enumerate(rows)
    ]
    if head is not None:
        data = _HEAD.pack(head.size, head.root, head.signature)
        out.append(frames.encode(frames.CHECKPOINT, data, 1, chan))
    if receipt is not None:
        data = _RECEIPT.pack(receipt.size, receipt.root, receipt.time, receipt.signature)
        out.append(frames.encode(frames.COSIGN, data, 1, chan))
    out.append(frames.encode(frames.TAIL_END, _LOG_SIZE.pack(log, end), chan=chan))
    return b"".join(out)


def _record(seq: int, row: bytes) -> bytes:
    if envelope.is_entry(row):  # its text is gone
        return _SEQ_MODE.pack(seq, ENTRY) + envelope.hashes_of(row)
    return _SEQ_MODE.pack(seq, frames.INLINE) + row


def read_record(payload: bytes) -> tuple[int, bytes]:
    """Return number and envelope, or the entry of a text that is gone. Raises E_FRAME."""
    if len(payload) <= _SEQ_MODE.size or payload[_SEQ_MODE.size - 1] > ENTRY:
        raise frames.misshapen("a RECORD of another mode")
    (seq, mode), row = _SEQ_MODE.unpack_from(payload), payload[_SEQ_MODE.size :]
    return seq, envelope.entry_from(row) if mode == ENTRY else row


def read_place(payload: bytes) -> tuple[int, int]:
    """Return log and place of a TAIL_REQ or TAIL_END. Raises TheirFault("E_FRAME")."""
    if len(payload) != _LOG_SIZE.size or payload[0] >= LOGS:
        raise frames.misshapen("a TAIL_REQ or TAIL_END of another form")
    log, place = _LOG_SIZE.unpack(payload)
    if place > limits.MAX_TREE:
        raise frames.misshapen("a place beyond every log")
    return log, place


def epoch(note: bytes) -> bytes:
    """Return EPOCH."""
    return frames.encode(frames.EPOCH, note)
