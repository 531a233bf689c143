"""The hatch: length-prefixed msgpack, a request and its answer. Source: spec/link.md 9.

Whoever connects was judged before: by system user on a socket, by key on a line. Both sides bound what they read. A push
without a request says only "there is news"; what it is, is asked for.
"""

import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from struct import Struct
from typing import Any, Final

import msgspec

from detente.core import limits
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.odd import Odd
from detente.node.ports import Answer, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState
from detente.paths import hatch_rows
from detente.paths import lent as lent_files
from detente.paths.hatch_line import Line, LocalLine, closed, slow

FRAME_MAX: Final = 16 * limits.KIB**2  # bytes of one request or answer
SUBMIT_BYTES: Final = 4 * limits.KIB**2  # envelopes of one request, unless one alone is larger
CHUNKS_MAX: Final = 64  # of an attachment, in one request or answer: 4 MiB
NEWS: Final = 0  # number of a push; requests count from 1

_SIZE: Final = Struct(">I")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_DECODE: Final = msgspec.msgpack.Decoder().decode


def frame(value: object) -> bytes:
    """Return a value as one frame."""
    data = _ENCODE(value)
    return _SIZE.pack(len(data)) + data


NEWS_FRAME: Final = frame([NEWS])
_ANSWERS: Final = ((3, ["ok"]), (5, ["fault"]))  # how long each is


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
            except (msgspec.DecodeError, ValueError, TypeError, RecursionError):
                raise closed("what came through the hatch is no message") from None
            at += size
        del self._rest[:at]
        return found


def _number_of(value: object) -> int:
    # A node that was taken over may send anything: its office goes on.
    news = value == [NEWS]
    if news or (isinstance(value, list) and (len(value), value[1:2]) in _ANSWERS):
        number = value[0] if isinstance(value, list) else None
        if isinstance(number, int):
            return number
    raise closed("what came through the hatch is no answer")


# What changes nothing at the node, so that its levels are as they were.
_LOOKS: Final = frozenset(
    {"since", "levels", "cards", "told", "prove", "head", "beat", "blob_states"}
)
# What is asked once more if no answer comes.
_SLOW: Final = _LOOKS - {"beat"} | {"have_read", "attend", "leave", "blob_chunks"}


class HatchClient:
    """A Hatch at the office's side of a socket. Each call waits for its answer."""

    def __init__(self, line: socket.socket | Line) -> None:
        self._line = LocalLine(line) if isinstance(line, socket.socket) else line
        self._reader = FrameReader()
        self._due: dict[int, str] = {}  # what was asked and not answered, by number
        self.odd = Odd()  # what was passed over of what the node handed in
        self._answers: dict[int, Sequence[Any]] = {}
        self._late: set[int] = set()  # numbers whose answers nobody waits for any more
        self._lent: list[int] = []  # descriptors of answers, the oldest first
        self._number = NEWS
        self._beat = NEWS  # the beat that the node has not answered yet
        self.heard = 0  # how often anything came
        self._looking = False
        self._levels: list[Level] | None = None  # as of this look
        # At first everything is news. Only who reads all of it may say that it is none: who asks
        # for the levels alone would make the reader sleep over what has come.
        self.news = True

    def fileno(self) -> int:
        """Return the socket's number: readable when there is news."""
        return self._line.fileno()

    def take_news(self) -> None:
        """Read a push if one is there; sets `news`. Raises OurFault("hatch.closed").

        Never waits: a loop that heard of it may have asked the node something since, and the
        answer brought it along.
        """
        self._receive(wait=False)

    def beat(self) -> None:
        """Ask the node for a word and wait for none: `heard` grows. Raises OurFault("hatch.closed")."""
        if self._beat == NEWS:
            self._beat = self._start("beat")

    def _receive(self, *, wait: bool) -> None:
        data, lent = self._line.receive(wait=wait)
        self._lent += lent
        if len(self._lent) > lent_files.LENT_MAX:
            raise closed("the node lends files that nobody asked for")
        if not data:
            return
        self.heard += 1
        for value in self._reader.feed(data):
            number = _number_of(value)
            if number == NEWS:
                self.news, self._levels = True, None
                continue
            if number not in self._due:
                raise closed("the node answers what nobody asked")
            name = self._due.pop(number)
            if number == self._beat:
                self._beat = NEWS
            else:
                if value[1] == "fault":
                    hatch_rows.check_fault(name, value[2:])
                if number in self._late:
                    self._late.remove(number)
                else:
                    self._answers[number] = value

    def _start(self, name: str, *given: object) -> int:
        if name not in _LOOKS:
            self._levels = None
        self._number += 1
        self._due[self._number] = name
        self._line.send(frame([self._number, name, *given]))
        return self._number

    def _finish(self, name: str, number: int) -> Any:  # noqa: ANN401  the caller knows the form
        while number not in self._answers:
            if not self._line.comes(limits.HATCH_LOOK if name in _SLOW else limits.HATCH_ACT):
                self._give_up(name, number)
            self._receive(wait=True)
        found = self._answers.pop(number)
        if found[1] == "ok":
            return found[2]
        _, _, code, what, remedy = found
        raise (TheirFault if code.startswith("E_") else OurFault)(code, what, remedy)

    def _give_up(self, name: str, number: int) -> None:
        # Of what changes nothing the answer may come when it will. Of anything else nobody knows
        # what became of it: the line is given up, and it is handed in again over the next.
        if name not in _SLOW:
            seconds = limits.HATCH_ACT // 1000
            raise closed(f"the node does not answer for {seconds} seconds")
        self._late.add(number)
        raise slow()

    def _ask(self, name: str, *given: object) -> Any:  # noqa: ANN401  as above
        if self._late:
            self._receive(wait=False)
        if self._late:  # it is silent: nobody waits a second time
            raise slow() if name in _SLOW else closed("the node does not answer")
        return self._finish(name, self._start(name, *given))

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> list[Answer]:  # noqa: ARG002  its clock
        """Hand in records, in as few requests as their bytes allow; see ports.Hatch."""
        found: list[Answer] = []
        batch: list[bytes] = []
        size = 0
        for each in (*envelopes, None):
            if batch and (each is None or size + len(each) > SUBMIT_BYTES):
                found += hatch_rows.answers(self._ask("submit", batch), len(batch))
                batch, size = [], 0
            if each is not None:
                batch.append(each)
                size += len(each)
        return found

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records from these places on; see ports.Hatch."""
        rows = self._ask("since", dict(places), count_max, bytes_max)
        return hatch_rows.kept(rows, self.odd, count_max)

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Say how far this office has read; see ports.Hatch."""
        self._ask("have_read", dict(places), list(awaits))

    def levels(self) -> list[Level]:
        """Return every log with its sizes and state."""
        if self._levels is not None:
            return list(self._levels)
        found = hatch_rows.levels(self._ask("levels"), self.odd)
        self._levels = found if self._looking else None
        return list(found)

    @contextmanager
    def one_look(self) -> Iterator[None]:
        """Ask for the levels once within this, and again after whatever may change them.

        Many parts of a page look at them; each look is a wait for another process.
        """
        self._looking, self._levels = True, None
        try:
            yield
        finally:
            self._looking, self._levels = False, None

    def cards(self) -> list[PeerCard]:
        """Return this party's own card first, then every peer's."""
        return hatch_rows.cards(self._ask("cards"), self.odd)

    def told(self) -> list[Told]:
        """Return how far each peer has our cards."""
        return hatch_rows.told(self._ask("told"), self.odd)

    def paths(self) -> list[PathSeen]:
        """Return every path to every peer."""
        return hatch_rows.paths(self._ask("paths"), self.odd)

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record; see ports.Hatch."""
        return hatch_rows.data(self._ask("prove", origin, seq), "a proof")

    def head(self, origin: str) -> bytes:
        """Return the signed head of a home log; see ports.Hatch."""
        return hatch_rows.data(self._ask("head", origin), "a head")

    def attend(self, desk: str, now: Moment) -> None:  # noqa: ARG002  its clock
        """Say that somebody is at a desk."""
        self._ask("attend", desk)

    def leave(self, desk: str, now: Moment) -> None:  # noqa: ARG002  its clock
        """Say that nobody is at a desk."""
        self._ask("leave", desk)

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:  # noqa: ARG002
        """Begin an attachment; see ports_stage.StageHatch."""
        self._ask("stage_begin", handle, size, chunks)

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:  # noqa: ARG002
        """Hand in the next chunks, at most CHUNKS_MAX; see ports_stage.StageHatch."""
        self._ask("stage_chunks", handle, list(chunks))

    def stage_end(self, handle: bytes, now: Moment) -> bytes:  # noqa: ARG002  its clock
        """Return the aid of what was handed in; see ports_stage.StageHatch."""
        return hatch_rows.data(self._ask("stage_end", handle), "the name of a file")

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Iterator[bytes]:
        """Yield chunks that are here, from `first` on; see ports_stage.StageHatch."""
        found = hatch_rows.chunks(self._ask("blob_chunks", aid, first, count), count)
        if not isinstance(found, int):
            yield from found
        elif self._lent:
            yield from lent_files.chunks(self._lent.pop(0), first, found)
        else:
            raise closed("the node's file did not come through the hatch")

    def blob_lent(self, aid: bytes, first: int, count: int) -> None:
        """Return None: what is lent here is read by `blob_chunks`."""

    def blob_states(self, aids: Sequence[bytes]) -> list[BlobState]:
        """Return how far attachments are; see ports_stage.StageHatch."""
        return hatch_rows.blobs(self._ask("blob_states", list(aids)), self.odd, aids)

    def close(self) -> None:
        """Close the line."""
        self._line.close()
        lent_files.close(self._lent)
        self._lent = []
