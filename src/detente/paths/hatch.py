"""The hatch over a socket: length-prefixed msgpack, a request and its answer. Source: spec/link.md 9.

Whoever connects was judged by the socket (system user). Both sides bound what they read. A push
without a request says only "there is news"; what it is, is asked for.
"""

import socket
from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from typing import Annotated, Any, Final

import msgspec

from detente.core import limits
from detente.core.errors import CODES, Fault, OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.ports import Answer, Hatch, Kept, Level, PeerCard

FRAME_MAX: Final = 16 * limits.KIB**2  # bytes of one request or answer
SUBMIT_BYTES: Final = 4 * limits.KIB**2  # envelopes of one request, unless one alone is larger
READ: Final = 256 * limits.KIB
NEWS: Final = 0  # number of a push; requests count from 1

_SIZE: Final = Struct(">I")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder().decode


def frame(value: object) -> bytes:
    """Return a value as one frame."""
    data = _ENCODE(value)
    return _SIZE.pack(len(data)) + data


NEWS_FRAME: Final = frame([NEWS])


class FrameReader:
    """Bytes of a socket into values."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[Any]:
        """Return the values that are whole now. Raises OurFault("hatch.closed") for bad bytes."""
        self._rest += data
        found, at = [], 0
        while len(self._rest) - at >= _SIZE.size:
            size = _SIZE.unpack_from(self._rest, at)[0]
            if size > FRAME_MAX:
                raise closed("a frame above 16 MiB came through the hatch")
            if len(self._rest) - at - _SIZE.size < size:
                break
            at += _SIZE.size
            try:
                found.append(_DECODE(self._rest[at : at + size]))
            except msgspec.DecodeError:
                raise closed("what came through the hatch is no message") from None
            at += size
        del self._rest[:at]
        return found


def closed(why: str) -> OurFault:
    """Return the fault of a hatch that cannot be used now."""
    return OurFault("hatch.closed", why, "see that the node runs; the office tries again by itself")


def answer(hatch: Hatch, request: Sequence[Any], now: Moment) -> bytes:
    """Return the frame that answers one request at the node's side.

    A Fault travels as [number, "fault", code, what, remedy]. Raises OurFault("hatch.closed") for a
    request of no known form: the connection is of no use then.
    """
    try:
        number, name, *told = request
        form, serve = _SERVE[name]
        given = msgspec.convert(told, form)
    except (TypeError, ValueError, KeyError):  # msgspec's own is a ValueError
        raise closed("a request of no known form came through the hatch") from None
    try:
        return frame([number, "ok", serve(hatch, given, now)])
    except Fault as fault:
        return frame([number, "fault", fault.code, fault.what, fault.remedy])


def _submit(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    found = hatch.submit(given[0], now)
    return [[each.mid, each.code, each.what, each.remedy] for each in found]


def _since(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    rows = hatch.since(
        given[0], min(given[1], limits.MAX_INFLIGHT_COUNT), min(given[2], FRAME_MAX // 4)
    )
    return [[each.origin, each.seq, each.kept_at.ms, each.envelope] for each in rows]


def _levels(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [
        [
            each.origin, each.owner, each.peer, each.link_id, each.size, each.receipted,
            each.waiting, each.state, each.why, each.since.ms,
        ]
        for each in hatch.levels()
    ]  # fmt: skip


def _cards(hatch: Hatch, _given: Sequence[Any], _now: Moment) -> object:
    return [[each.party, each.note] for each in hatch.cards()]


def _prove(hatch: Hatch, given: Sequence[Any], _now: Moment) -> object:
    return hatch.prove(given[0], given[1])


def _attend(hatch: Hatch, given: Sequence[Any], now: Moment) -> object:
    hatch.attend(given[0], now)
    return None


_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]  # one more than a log can be long
_Envelopes = Annotated[list[bytes], msgspec.Meta(max_length=limits.MAX_BATCH_COUNT)]
# By the request's name: the form of what is given, and who answers.
_SERVE: Final[Mapping[str, tuple[Any, Callable[[Hatch, Sequence[Any], Moment], object]]]] = {
    "submit": (tuple[_Envelopes], _submit),
    "since": (tuple[dict[str, _Count], _Count, _Count], _since),
    "levels": (tuple[()], _levels),
    "cards": (tuple[()], _cards),
    "prove": (tuple[str, _Count], _prove),
    "attend": (tuple[str], _attend),
}


class HatchClient:
    """A Hatch at the office's side of a socket. Each call waits for its answer."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._reader = FrameReader()
        self._answers: dict[int, Sequence[Any]] = {}
        self._number = NEWS
        self.news = True  # at first everything is news

    def fileno(self) -> int:
        """Return the socket's number: readable when there is news."""
        return self._sock.fileno()

    def take_news(self) -> None:
        """Read a push, if one is there; sets `news`. Raises OurFault("hatch.closed").

        Never waits: a question asked since the loop saw the push may have read it.
        """
        self._receive(socket.MSG_DONTWAIT)

    def _receive(self, flags: int = 0) -> None:
        try:
            data = self._sock.recv(READ, flags)
        except BlockingIOError:
            return
        except OSError as error:
            raise closed(f"the hatch broke: {error.strerror}") from None
        if not data:
            raise closed("the node closed the hatch")
        for value in self._reader.feed(data):
            if value[0] == NEWS:
                self.news = True
            else:
                self._answers[value[0]] = value

    def _start(self, name: str, *given: object) -> int:
        self._number += 1
        try:
            self._sock.sendall(frame([self._number, name, *given]))
        except OSError as error:
            raise closed(f"the hatch broke: {error.strerror}") from None
        return self._number

    def _finish(self, number: int) -> Any:  # noqa: ANN401  the caller knows the form
        while number not in self._answers:
            self._receive()
        found = self._answers.pop(number)
        if found[1] == "ok":
            return found[2]
        _, _, code, what, remedy = found
        assert code in CODES, "both halves are of one version"
        raise (TheirFault if code.startswith("E_") else OurFault)(code, what, remedy)

    def _ask(self, name: str, *given: object) -> Any:  # noqa: ANN401  as above
        return self._finish(self._start(name, *given))

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> list[Answer]:  # noqa: ARG002  its clock
        """Hand in records, in as few requests as their bytes allow; see ports.Hatch."""
        found: list[Answer] = []
        batch: list[bytes] = []
        size = 0
        for each in (*envelopes, None):
            if batch and (each is None or size + len(each) > SUBMIT_BYTES):
                found += [Answer(*row) for row in self._ask("submit", batch)]
                batch, size = [], 0
            if each is not None:
                batch.append(each)
                size += len(each)
        return found

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records from these places on; see ports.Hatch."""
        rows = self._ask("since", dict(places), count_max, bytes_max)
        return [Kept(origin, seq, Moment(at), envelope) for origin, seq, at, envelope in rows]

    def levels(self) -> list[Level]:
        """Return every log with its sizes and state; clears `news`."""
        self.news = False
        rows: list[list[Any]] = self._ask("levels")
        return [Level(*[*row[:-1], Moment(row[-1])]) for row in rows]

    def cards(self) -> list[PeerCard]:
        """Return this party's own card first, then every peer's."""
        return [PeerCard(party, note) for party, note in self._ask("cards")]

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record; see ports.Hatch."""
        found: bytes = self._ask("prove", origin, seq)
        return found

    def attend(self, desk: str, now: Moment) -> None:  # noqa: ARG002  its clock
        """Say that somebody is at a desk."""
        self._ask("attend", desk)

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()
