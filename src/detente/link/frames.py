"""Frames: how messages of a link become bytes and come back. Normative: spec/link.md 2."""

from dataclasses import dataclass
from struct import Struct
from typing import Any, Final, NamedTuple

from detente.core import canon, limits, names
from detente.core.canon import Json
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.postquantum import PqSignature
from detente.link.carried import ENTRY_TAG, HASHES, Carried, Staged

HELLO: Final = 0x01
RECORD: Final = 0x10
CHECKPOINT: Final = 0x11
COSIGN: Final = 0x12
PQSIG: Final = 0x13
PQCOSIGN: Final = 0x14
OFFER: Final = 0x20
WANT: Final = 0x21
CHUNK: Final = 0x22
CREDIT: Final = 0x24
PING: Final = 0x30
PONG: Final = 0x31
STATUS: Final = 0x32
TAIL_REQ: Final = 0x40
TAIL_END: Final = 0x41
EPOCH: Final = 0x43
ROW_REQ: Final = 0x44
ROW: Final = 0x45
ERROR: Final = 0x7E
BYE: Final = 0x7F
# A side that does not know one of these passes over it; any other unknown type is E_FRAME.
_PASSED_OVER: Final = frozenset({RECORD, OFFER, WANT, CHUNK, ROW_REQ, ROW})
_KNOWN: Final = _PASSED_OVER | {
    HELLO, CHECKPOINT, COSIGN, PQSIG, PQCOSIGN, CREDIT, PING, PONG, STATUS, TAIL_REQ, TAIL_END,
    EPOCH, ERROR, BYE,
}  # fmt: skip
DIRECT: Final = frozenset({HELLO, CREDIT, PING, PONG, STATUS, ERROR, BYE})  # waits in no queue
# What answers or is small asks for no CREDIT: two idle sides would credit each other for ever.
UNCREDITED: Final = DIRECT | {COSIGN}

CONTROL: Final = 0x80
MORE: Final = 0x40
PRECEDENCE_BITS: Final = 0x07
HEAD: Final = 8  # bytes of a frame before its payload
FRAGMENT: Final = 16 * limits.KIB
INLINE: Final = 0  # mode of a RECORD that carries its envelope
STAGED: Final = 1  # mode of one whose envelope the receiver holds already
ERROR_TEXT_MAX: Final = 512
STATUS_MAX: Final = 8 * limits.KIB

_HEAD = Struct(">IBBH")
_SEQ_MODE = Struct(">QB")
_CHECKPOINT = Struct(">Q32s64s")
_COSIGN = Struct(">Q32sQ64s")
_PQ = Struct(">Q32sQ2420s")
_U64 = Struct(">Q")
_PONG = Struct(">QQ")
_ERROR = Struct(">HB")


class Message(NamedTuple):
    """One whole message: its type, rank of precedence (0 bulk to 4 FLASH), bytes, and channel."""

    type: int
    rank: int
    payload: bytes
    chan: int = 0


def encode(kind: int, payload: bytes, rank: int = 0, chan: int | None = None) -> bytes:
    """Return a message as one frame, or as fragments of 16 KiB. A rank has a channel of its own."""
    flags = (0 if kind in _PASSED_OVER else CONTROL) | rank
    chan = rank if chan is None else chan
    if len(payload) <= FRAGMENT:
        return _HEAD.pack(len(payload) + 4, kind, flags, chan) + payload
    rows: list[bytes | memoryview] = []
    view = memoryview(payload)
    for at in range(0, len(payload), FRAGMENT):
        part = view[at : at + FRAGMENT]
        more = MORE if at + FRAGMENT < len(payload) else 0
        rows += (_HEAD.pack(len(part) + 4, kind, flags | more, chan), part)
    return b"".join(rows)


def encoded_size(size: int) -> int:
    """Return how many bytes a message takes whose payload has `size`."""
    return size + HEAD * max(1, -(-size // FRAGMENT))


def record(seq: int, given: Carried, rank: int) -> bytes:
    """Return RECORD: number in the sender's log, and the envelope or its entry's hashes."""
    if isinstance(given, Staged):
        payload = _SEQ_MODE.pack(seq, STAGED) + given.entry[len(ENTRY_TAG) :]
        return encode(RECORD, payload, rank)
    return encode(RECORD, _SEQ_MODE.pack(seq, INLINE) + given, rank)


def read_record(payload: bytes) -> tuple[int, Carried]:
    """Return number and envelope, or what stands for it.

    Raises TheirFault("E_FRAME") for a mode not in this version, or hashes of another length.
    """
    if len(payload) <= _SEQ_MODE.size:
        raise misshapen("a RECORD without a record")
    seq, mode = _SEQ_MODE.unpack_from(payload)
    if mode == INLINE:
        return seq, payload[_SEQ_MODE.size :]
    if mode != STAGED or len(payload) != _SEQ_MODE.size + HASHES:
        raise misshapen("a RECORD of another mode")
    return seq, Staged(ENTRY_TAG + payload[_SEQ_MODE.size :])


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


def credit(total: int) -> bytes:
    """Return CREDIT: bytes of frames that this side took in on the connection."""
    return encode(CREDIT, _U64.pack(total))


def read_credit(payload: bytes) -> int:
    """Return the bytes that the peer took in. Raises TheirFault("E_FRAME")."""
    total: int = _unpack(_U64, payload)[0]
    return total


def pqsig(given: PqSignature) -> bytes:
    """Return PQSIG: line 2 of the sender's log, below every record."""
    return encode(PQSIG, _PQ.pack(given.size, given.root, given.time, given.signature))


def pqcosign(given: PqSignature) -> bytes:
    """Return PQCOSIGN: line 4 of the other's log, below every record."""
    return encode(PQCOSIGN, _PQ.pack(given.size, given.root, given.time, given.signature))


def read_pq(payload: bytes) -> PqSignature:
    """Return what a PQSIG or PQCOSIGN says, unchecked. Raises TheirFault("E_FRAME")."""
    return PqSignature(*_unpack(_PQ, payload))


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
    text = f"{fault.code}: {fault.what}".encode()[:ERROR_TEXT_MAX]
    return encode(ERROR, _ERROR.pack(fault.number, ord(fault.wire_class)) + text)


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


def status(
    *, attended: tuple[str, ...], read_only: bool, unattended: tuple[str, ...] = (),
    settle: bytes = b"", next_root: bytes = b"", root_compared: bytes = b"",
) -> bytes:  # fmt: skip
    """Return STATUS: desks with somebody at them, desks with nobody, and "cannot store".

    A desk in neither is not shown. settle: the hash of the closing heads that a person here
    confirmed. next_root: of the own card under new root keys that waits; root_compared: of the
    other side's that a person here compared.
    """
    value: dict[str, Json] = {"attended": list(attended), "read_only": read_only}
    if unattended:
        value["unattended"] = list(unattended)
    said = {"settle": settle, "next_root": next_root, "root_compared": root_compared}
    value |= {name: canon.to_base64(each) for name, each in said.items() if each}
    return encode(STATUS, canon.encode(value))


class Status(NamedTuple):
    """What the peer says of itself: its desks with somebody and with nobody, and "cannot store"."""

    attended: tuple[str, ...]
    unattended: tuple[str, ...]
    read_only: bool


def read_status(payload: bytes) -> Status:
    """Return what a STATUS says. Raises TheirFault: E_CANON, E_SIZE, E_FRAME.

    A desk named in both lists counts as attended.
    """
    value = canon.decode_object(payload, STATUS_MAX)
    read_only = value.get("read_only", False)
    if not isinstance(read_only, bool):
        raise misshapen("a STATUS of another form")
    attended = _desks(value.get("attended", []))
    empty = tuple(each for each in _desks(value.get("unattended", [])) if each not in attended)
    return Status(attended, empty, read_only)


def _desks(found: Json) -> tuple[str, ...]:
    if not isinstance(found, list):
        raise misshapen("a STATUS of another form")
    return tuple(each for each in found if isinstance(each, str) and names.DESK.fullmatch(each))


def read_hash(payload: bytes, name: str) -> bytes:
    """Return a hash of STATUS by its member: settle, next_root, root_compared; b"" if missing.

    Raises TheirFault.
    """
    found = canon.decode_object(payload, STATUS_MAX).get(name)
    return canon.from_base64(found, 32) if isinstance(found, str) else b""


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


class _Unfinished:
    __slots__ = ("data", "kind")

    def __init__(self, kind: int) -> None:
        self.kind, self.data = kind, bytearray()


class Reader:
    """Bytes of one connection into whole messages; bounded in size and number of channels.

    taken: bytes of frames so far. asks: some of them since `asks` was last set false want CREDIT.
    """

    def __init__(self) -> None:
        self.taken = 0
        self.asks = False
        self._rest = b""
        self._parts: dict[int, _Unfinished] = {}

    @property
    def unfinished(self) -> bool:
        """Whether what was fed ends within a message."""
        return bool(self._rest or self._parts)

    def feed(self, data: bytes | memoryview) -> list[Message]:
        """Return each message that is whole now; `data` may change once this returns.

        Raises TheirFault: E_FRAME for a frame that has no form, E_LIMIT for a frame above 16 KiB,
        a message above 384 KiB or more than 64 channels in use.
        """
        found: list[Message] = []
        view = memoryview(data)
        while self._rest and view:  # first the head of the frame that was cut, then the rest of it
            lacks = self._lacks()
            cut, view = self._rest + bytes(view[:lacks]), view[lacks:]
            self._read(memoryview(cut), found)
        if view:
            self._read(view, found)
        return found

    def _lacks(self) -> int:
        have = len(self._rest)
        if have < _HEAD.size:
            return _HEAD.size - have
        return 4 + int(_HEAD.unpack_from(self._rest)[0]) - have

    def _read(self, view: memoryview, found: list[Message]) -> None:
        at, end = 0, len(view)
        while end - at >= _HEAD.size:
            size, kind, flags, chan = _HEAD.unpack_from(view, at)
            if not 4 <= size <= limits.MAX_FRAME:  # noqa: PLR2004  type, flags and channel
                if size < 4:  # noqa: PLR2004
                    raise misshapen("a frame shorter than its head")
                raise TheirFault("E_LIMIT", f"MAX_FRAME: a frame of {size} bytes", "send fragments")
            stop = at + 4 + size
            if stop > end:
                break
            message = self._take(kind, flags, chan, view[at + _HEAD.size : stop])
            at = stop
            if kind not in UNCREDITED:
                self.asks = True
            if message is not None:
                found.append(message)
        self.taken += at
        self._rest = bytes(view[at:])

    def _take(self, kind: int, flags: int, chan: int, part: memoryview) -> Message | None:
        if kind not in _KNOWN:
            if flags & CONTROL:
                raise misshapen(f"an unknown control frame of type {kind:#04x}")
            return None
        waiting = self._parts.get(chan)
        if waiting is None and not flags & MORE:
            return Message(kind, flags & PRECEDENCE_BITS, bytes(part), chan)
        if waiting is None:
            if len(self._parts) >= limits.MAX_CHANS:
                raise TheirFault("E_LIMIT", "MAX_CHANS: too many channels", "finish one first")
            waiting = self._parts[chan] = _Unfinished(kind)
        if waiting.kind != kind:
            raise misshapen("two messages on one channel at once")
        if len(waiting.data) + len(part) > limits.MAX_MESSAGE:
            raise TheirFault("E_LIMIT", "MAX_MESSAGE: a message above 384 KiB", "send less")
        waiting.data += part
        if flags & MORE:
            return None
        del self._parts[chan]
        return Message(kind, flags & PRECEDENCE_BITS, bytes(waiting.data), chan)
