"""Frames: how messages of a link become bytes and come back. Normative: spec/link.md 2."""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, NamedTuple

from detente.core import canon, limits, names
from detente.core.canon import Json
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import WIRE, TheirFault

HELLO: Final = 0x01
RECORD: Final = 0x10
CHECKPOINT: Final = 0x11
COSIGN: Final = 0x12
PING: Final = 0x30
PONG: Final = 0x31
STATUS: Final = 0x32
ERROR: Final = 0x7E
BYE: Final = 0x7F
_KNOWN: Final = frozenset({HELLO, RECORD, CHECKPOINT, COSIGN, PING, PONG, STATUS, ERROR, BYE})

CONTROL: Final = 0x80
MORE: Final = 0x40
_PRECEDENCE_BITS: Final = 0x07
FRAGMENT: Final = 16 * limits.KIB
INLINE: Final = 0  # mode of a RECORD that carries its envelope
ERROR_TEXT_MAX: Final = 512
STATUS_MAX: Final = 8 * limits.KIB

_HEAD = Struct(">IBBH")
_SEQ_MODE = Struct(">QB")
_CHECKPOINT = Struct(">Q32s64s")
_COSIGN = Struct(">Q32sQ64s")
_U64 = Struct(">Q")
_PONG = Struct(">QQ")
_ERROR = Struct(">HB")


class Message(NamedTuple):
    """One whole message: its type, the rank of its precedence (0 bulk to 4 FLASH), its bytes."""

    type: int
    rank: int
    payload: bytes


def encode(kind: int, payload: bytes, rank: int = 0) -> bytes:
    """Return a message as one frame, or as fragments of 16 KiB. A rank has a channel of its own."""
    flags = (0 if kind == RECORD else CONTROL) | rank
    if len(payload) <= FRAGMENT:
        return _HEAD.pack(len(payload) + 4, kind, flags, rank) + payload
    rows: list[bytes] = []
    for at in range(0, len(payload), FRAGMENT):
        part = payload[at : at + FRAGMENT]
        more = MORE if at + FRAGMENT < len(payload) else 0
        rows += (_HEAD.pack(len(part) + 4, kind, flags | more, rank), part)
    return b"".join(rows)


def record(seq: int, envelope: bytes, rank: int) -> bytes:
    """Return RECORD: number in the sender's log, and the envelope."""
    return encode(RECORD, _SEQ_MODE.pack(seq, INLINE) + envelope, rank)


def read_record(payload: bytes) -> tuple[int, bytes]:
    """Return number and envelope. Raises TheirFault("E_FRAME") for a mode not in this version."""
    if len(payload) <= _SEQ_MODE.size or payload[8] != INLINE:
        raise misshapen("a RECORD of another mode")
    return _U64.unpack_from(payload)[0], payload[_SEQ_MODE.size :]


def checkpoint(given: Checkpoint, rank: int = 0) -> bytes:
    """Return CHECKPOINT."""
    return encode(CHECKPOINT, _CHECKPOINT.pack(given.size, given.root, given.signature), rank)


def read_checkpoint(payload: bytes) -> Checkpoint:
    """Return the checkpoint, unchecked. Raises TheirFault("E_FRAME")."""
    return Checkpoint(*_unpack(_CHECKPOINT, payload))


def cosign(given: Cosignature, rank: int = 0) -> bytes:
    """Return COSIGN."""
    return encode(COSIGN, _COSIGN.pack(given.size, given.root, given.time, given.signature), rank)


def read_cosign(payload: bytes) -> Cosignature:
    """Return the cosignature, unchecked. Raises TheirFault("E_FRAME")."""
    return Cosignature(*_unpack(_COSIGN, payload))


def ping(echo: int) -> bytes:
    """Return PING."""
    return encode(PING, _U64.pack(echo))


def pong(echo: int, clock_ms: int) -> bytes:
    """Return PONG: the echo, and this side's clock in milliseconds since 1970."""
    return encode(PONG, _PONG.pack(echo, max(0, clock_ms)))


def read_ping(payload: bytes) -> int:
    """Return the echo of a PING. Raises TheirFault("E_FRAME")."""
    echo: int = _unpack(_U64, payload)[0]
    return echo


def read_pong(payload: bytes) -> tuple[int, int]:
    """Return echo and clock of a PONG. Raises TheirFault("E_FRAME")."""
    echo, clock = _unpack(_PONG, payload)
    return echo, clock


def error(fault: TheirFault) -> bytes:
    """Return ERROR: number, class letter, and what is wrong."""
    number, letter = WIRE[fault.code]
    text = f"{fault.code}: {fault.what}".encode()[:ERROR_TEXT_MAX]
    return encode(ERROR, _ERROR.pack(number, ord(letter)) + text)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the peer says is wrong: its code's number, class letter and words."""

    number: int
    letter: str
    text: str


def read_error(payload: bytes) -> Complaint:
    """Return what an ERROR or BYE says. Raises TheirFault("E_FRAME")."""
    if not _ERROR.size <= len(payload) <= _ERROR.size + ERROR_TEXT_MAX:
        raise misshapen("an ERROR of the wrong length")
    number, letter = _ERROR.unpack_from(payload)
    text = payload[_ERROR.size :].decode(errors="replace")
    return Complaint(number, chr(letter), "".join(c if c.isprintable() else "?" for c in text))


def status(*, attended: tuple[str, ...], read_only: bool) -> bytes:
    """Return STATUS: desks with somebody at them, and whether this node can store."""
    value: dict[str, Json] = {"attended": list(attended), "read_only": read_only}
    return encode(STATUS, canon.encode(value))


def read_status(payload: bytes) -> tuple[tuple[str, ...], bool]:
    """Return attended desks and "cannot store". Raises TheirFault: E_CANON, E_SIZE, E_FRAME."""
    value = canon.decode_object(payload, STATUS_MAX)
    attended, read_only = value.get("attended", []), value.get("read_only", False)
    if not isinstance(attended, list) or not isinstance(read_only, bool):
        raise misshapen("a STATUS of another form")
    desks = tuple(each for each in attended if isinstance(each, str) and names.DESK.fullmatch(each))
    return desks, read_only


def bye() -> bytes:
    """Return BYE: this path is closed on purpose."""
    return encode(BYE, _ERROR.pack(0, ord("C")))


def _unpack(form: Struct, payload: bytes) -> tuple[Any, ...]:
    if len(payload) != form.size:
        raise misshapen("a payload of the wrong length")
    return form.unpack(payload)


def misshapen(what: str) -> TheirFault:
    """Return E_FRAME with these words."""
    return TheirFault("E_FRAME", what, "upgrade or mend the other side; the path is dialled again")


class Reader:
    """Bytes of one connection into whole messages; bounded in size and number of channels."""

    def __init__(self) -> None:
        self._rest = b""
        self._parts: dict[int, bytearray] = {}

    def feed(self, data: bytes) -> list[Message]:
        """Return each message that is whole now.

        Raises TheirFault: E_FRAME for a frame that has no form, E_LIMIT for a frame above 16 KiB,
        a message above 384 KiB or more than 64 channels in use.
        """
        data = self._rest + data if self._rest else data
        found: list[Message] = []
        at, end = 0, len(data)
        while end - at >= _HEAD.size:
            size, kind, flags, chan = _HEAD.unpack_from(data, at)
            if not 4 <= size <= limits.MAX_FRAME:  # noqa: PLR2004  type, flags and channel
                if size < 4:  # noqa: PLR2004
                    raise misshapen("a frame shorter than its head")
                raise TheirFault("E_LIMIT", f"MAX_FRAME: a frame of {size} bytes", "send fragments")
            stop = at + 4 + size
            if stop > end:
                break
            message = self._take(kind, flags, chan, data[at + _HEAD.size : stop])
            at = stop
            if message is not None:
                found.append(message)
        self._rest = data[at:]
        return found

    def _take(self, kind: int, flags: int, chan: int, part: bytes) -> Message | None:
        if kind not in _KNOWN:
            if flags & CONTROL:
                raise misshapen(f"an unknown control frame of type {kind:#04x}")
            return None
        waiting = self._parts.get(chan)
        if waiting is None and not flags & MORE:
            return Message(kind, flags & _PRECEDENCE_BITS, part)
        if waiting is None:
            if len(self._parts) >= limits.MAX_CHANS:
                raise TheirFault("E_LIMIT", "MAX_CHANS: too many channels", "finish one first")
            waiting = self._parts[chan] = bytearray([kind])
        if waiting[0] != kind:
            raise misshapen("two messages on one channel at once")
        if len(waiting) - 1 + len(part) > limits.MAX_MESSAGE:
            raise TheirFault("E_LIMIT", "MAX_MESSAGE: a message above 384 KiB", "send less")
        waiting += part
        if flags & MORE:
            return None
        del self._parts[chan]
        return Message(kind, flags & _PRECEDENCE_BITS, bytes(waiting[1:]))
