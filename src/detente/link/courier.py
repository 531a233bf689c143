"""A courier file: what would go over a path, sealed into a file for one node.

Content is frames that begin with HELLO. Whoever reads a file reads it twice: once to the end, so
that nothing of an altered file is taken in, then again into the link's machine.
Normative: spec/courier.md.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core import keys, limits, wrap
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import OurFault, TheirFault
from detente.link import frames, hello, tail_frames
from detente.link.hello import Hello

MAGIC: Final = b"DTB1"
FILE: Final = -1  # what a file is called where connections have numbers from 1 up
PATH: Final = "courier"  # what HELLO in a file calls its path
URGENT: Final = 3  # rank of IMMEDIATE; FLASH is 4
_LENGTH_SIZE: Final = 2
_HEAD_SIZE: Final = len(MAGIC) + _LENGTH_SIZE + keys.SEALED_KEY
_CLOSED: Final = limits.CHUNK + wrap.TAG_SIZE
_RECORD_HEAD: Final = 9  # number and mode before an envelope
MARK_SIZE: Final = frames.encoded_size(104)  # of a checkpoint's frame
_AGAIN: Final = "ask for the file again"


def content(
    greeting: Hello,
    receipt: Cosignature | None,
    records: Iterable[tuple[int, int, bytes]],
    head: Checkpoint | None,
    more: Iterable[bytes] = (),
    marks: Iterable[Checkpoint] = (),
) -> Iterator[bytes]:
    """Return what a file holds, in order.

    HELLO; receipt: the newest for the peer's log; records: (seq, rank, envelope) of our own log,
    without a gap; head: its newest checkpoint; more: further frames; marks: checkpoints on the way,
    where cards took over.
    """
    between = {mark.size: mark for mark in marks}
    yield frames.encode(frames.HELLO, hello.write(greeting))
    if receipt is not None:
        yield frames.cosign(receipt)
    rank = 0
    for seq, each, envelope in records:
        rank = max(rank, each)
        yield frames.record(seq, envelope, each)
        if seq + 1 in between:
            yield frames.checkpoint(between[seq + 1], rank)
    if head is not None:
        yield frames.checkpoint(head, rank)
    yield from more


def halted_content(
    greeting: Hello, fault: TheirFault, more: Iterable[bytes] = ()
) -> Iterator[bytes]:
    """Return what a file of a halted link holds: HELLO, why no record may travel, and what ends it."""
    yield frames.encode(frames.HELLO, hello.write(greeting))
    yield frames.error(fault)
    yield from more


def write(key: bytes, sealed: bytes, held: Iterable[bytes]) -> Iterator[bytes]:
    """Return a file piece by piece. sealed is its key (32 bytes) as the receiving node opens it."""
    yield MAGIC + len(sealed).to_bytes(_LENGTH_SIZE, "big") + sealed
    rest, number = bytearray(), 0
    for piece in held:
        rest += piece
        while len(rest) > limits.CHUNK:
            yield wrap.close_chunk(key, number, bytes(rest[: limits.CHUNK]), last=False)
            del rest[: limits.CHUNK]
            number += 1
    yield wrap.close_chunk(key, number, bytes(rest), last=True)


def size_of(held: int) -> int:
    """Return the length of a file whose content has this many bytes."""
    chunks = max(1, -(-held // limits.CHUNK))
    return _HEAD_SIZE + held + chunks * wrap.TAG_SIZE


def room_in(size: int) -> int:
    """Return how many bytes of content a file of at most `size` bytes can hold."""
    whole, rest = divmod(max(0, size - _HEAD_SIZE), _CLOSED)
    return whole * limits.CHUNK + max(0, rest - wrap.TAG_SIZE)


def record_size(size: int) -> int:
    """Return how many bytes of content a record takes whose envelope has `size`."""
    return frames.encoded_size(_RECORD_HEAD + size)


def digits(digest: bytes) -> str:
    """Return four groups of five digits of a file's SHA-256, to be read over a telephone."""
    groups = (int.from_bytes(digest[i : i + 5], "big") % 100_000 for i in range(0, 20, 5))
    return " ".join(f"{group:05d}" for group in groups)


def mark_of(sealed: bytes) -> bytes:
    """Return 16 bytes that tell a file from all others: its sealed key never comes twice."""
    return sha256(sealed).digest()[:16]


class FileReader:
    """Opens a file piece by piece; what it returns was not altered and stands in its place.

    find_key gets the sealed key and returns the key. Raises OurFault: carry.shape, carry.altered,
    carry.cut, carry.size, and what find_key raises.
    """

    def __init__(self, find_key: Callable[[bytes], bytes]) -> None:
        self._find_key = find_key
        self._rest = bytearray()
        self._key: bytes | None = None
        self._number = 0
        self._hash = sha256()
        self.size = 0  # bytes of the file so far

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file so far."""
        return self._hash.digest()

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes of the file; return what they open."""
        self.size += len(data)
        if self.size > limits.MAX_COURIER:
            raise OurFault(
                "carry.size", "a file above MAX_COURIER (8 GiB)", "ask for smaller files"
            )
        self._hash.update(data)
        self._rest += data
        if self._key is None and not self._open_head():
            return b""
        found = bytearray()
        while len(self._rest) > _CLOSED:
            found += self._open(bytes(self._rest[:_CLOSED]))
            del self._rest[:_CLOSED]
        return bytes(found)

    def _open_head(self) -> bool:
        rest = self._rest
        magic = bytes(rest[: len(MAGIC)])
        if magic != MAGIC[: len(magic)]:
            raise OurFault("carry.shape", "this is no courier file", "give the file that came")
        at = len(MAGIC) + _LENGTH_SIZE
        if len(rest) < at:
            return False
        if int.from_bytes(rest[len(MAGIC) : at], "big") != keys.SEALED_KEY:
            raise OurFault("carry.shape", "a courier file of no form known here", _AGAIN)
        if len(rest) < _HEAD_SIZE:
            return False
        self._key = self._find_key(bytes(rest[at:_HEAD_SIZE]))
        del rest[:_HEAD_SIZE]
        return True

    def _open(self, chunk: bytes) -> bytes:
        assert self._key is not None, "the head was read"
        try:
            found = wrap.open_chunk(self._key, self._number, chunk, last=False)
        except TheirFault:
            if self._opens(chunk, last=True):
                raise OurFault("carry.altered", "bytes follow the file's end", _AGAIN) from None
            raise self._altered() from None
        self._number += 1
        return found

    def _opens(self, chunk: bytes, *, last: bool) -> bool:
        assert self._key is not None, "the head was read"
        try:
            wrap.open_chunk(self._key, self._number, chunk, last=last)
        except TheirFault:
            return False
        return True

    def _altered(self) -> OurFault:
        at = _HEAD_SIZE + self._number * _CLOSED
        return OurFault("carry.altered", f"altered within the 64 KiB after byte {at}", _AGAIN)

    def end(self) -> bytes:
        """Say that the file ends here; return what its last chunk opens."""
        chunk = bytes(self._rest)
        if self._key is None or not chunk:
            raise self._cut()
        try:
            return wrap.open_chunk(self._key, self._number, chunk, last=True)
        except TheirFault:
            if len(chunk) < _CLOSED or self._opens(chunk, last=False):
                raise self._cut() from None
            raise self._altered() from None

    def _cut(self) -> OurFault:
        return OurFault(
            "carry.cut",
            f"the file ends after {self.size} bytes, and its end is missing or altered",
            "copy it again whole; compare the sizes on both sides",
        )


@dataclass(frozen=True, slots=True)
class Summary:
    """What a whole file holds: records of its sender's log from `first` on, and how many."""

    greeting: Hello
    first: int
    records: int
    urgent: int
    receipt: int  # records of the receiver's log that it receipts
    attached: int = 0  # attachments of which it holds blocks, or says that they can be had


class Contents:
    """Looks through a file's content before any of it is taken in.

    signers: keys of the peer's node on its card. Raises OurFault("carry.sender") if none of them
    signed for this key; TheirFault: E_FRAME, E_HELLO, E_LIMIT and what hello.read raises.
    """

    def __init__(self, link_id: str, key: bytes, signers: Collection[bytes]) -> None:
        self._statement, self._signers = wrap.statement(link_id, key), signers
        self._frames = frames.Reader()
        self._greeting: Hello | None = None
        self._first = self._next = 0
        self._urgent = self._receipt = self._attached = 0

    def feed(self, data: bytes) -> None:
        """Look at the next bytes."""
        for message in self._frames.feed(data):
            if self._greeting is None:
                self._meet(message)
            elif message.chan >= tail_frames.CHAN:
                continue  # of tails the machine sees what is missing
            elif message.type == frames.RECORD:
                self._count(message)
            elif message.type == frames.OFFER:
                self._attached += 1
            elif message.type == frames.COSIGN:
                self._receipt = max(self._receipt, frames.read_cosign(message.payload).size)

    def _meet(self, message: frames.Message) -> None:
        if message.type != frames.HELLO:
            raise TheirFault("E_HELLO", "the file does not begin with HELLO", _AGAIN)
        greeting = hello.read(message.payload)
        if not any(
            keys.ed25519_holds(each, greeting.carried, self._statement) for each in self._signers
        ):
            raise OurFault(
                "carry.sender",
                "the file is not signed by their node as its card is known here",
                "ask the party for its newest card, and for the file again; tell security",
            )
        self._greeting = greeting

    def _count(self, message: frames.Message) -> None:
        seq, _ = frames.read_record(message.payload)
        if self._first == self._next:
            self._first = self._next = seq
        if seq != self._next:
            raise frames.misshapen(f"record {seq} of a file where {self._next} is due")
        self._next += 1
        self._urgent += message.rank >= URGENT

    def end(self) -> Summary:
        """Say that the content ends here. Raises OurFault("carry.shape") for unfinished frames."""
        if self._greeting is None or self._frames.unfinished:
            raise OurFault("carry.shape", "the content of the file is not whole", _AGAIN)
        return Summary(
            self._greeting, self._first, self._next - self._first, self._urgent, self._receipt,
            self._attached,
        )  # fmt: skip
