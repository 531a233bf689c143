"""Frames of what travels beside the log: OFFER, WANT, CHUNK. Normative: spec/link.md 2.2 and 10."""

from struct import Struct
from typing import Final, NamedTuple

from detente.core import limits, manifest
from detente.core.errors import TheirFault
from detente.link import frames

ENVELOPE: Final = 0  # what an OFFER speaks of
ATTACHMENT: Final = 1
BLOCK: Final = 4_096  # bytes of an envelope that go together
PART_0: Final = 0xFFFF_FFFF  # number of a manifest's first part; the next stands one below

_OFFER: Final = Struct(">32sBQI")
_WANT: Final = Struct(">32sII")
_CHUNK: Final = Struct(">32sI")
OFFER_SIZE: Final = frames.encoded_size(_OFFER.size)


class Offer(NamedTuple):
    """What can be had: its hash, what it is, its bytes, and in how many blocks."""

    hash: bytes
    what: int
    size: int
    blocks: int


class Want(NamedTuple):
    """What is asked for: `blocks` of them from number `first` on; 0 says "I have all of it"."""

    hash: bytes
    first: int
    blocks: int


class Chunk(NamedTuple):
    """One block, or one part of a manifest, by its number."""

    hash: bytes
    number: int
    data: bytes


def parts_of(given: Offer) -> int:
    """Return how many manifest parts go before the blocks: none for an envelope."""
    return manifest.parts_of(given.blocks) if given.what == ATTACHMENT else 0


def offer(given: Offer, rank: int) -> bytes:
    """Return OFFER."""
    return frames.encode(frames.OFFER, _OFFER.pack(*given), rank)


def read_offer(payload: bytes) -> Offer:
    """Return what is offered.

    Raises TheirFault: E_LIMIT for more than an envelope or an attachment may be, E_FRAME for a
    number of blocks that is not that of its size, or something of a sort not known.
    """
    if len(payload) != _OFFER.size:
        raise frames.misshapen("a payload of the wrong length")
    found = Offer(*_OFFER.unpack(payload))
    if found.what == ENVELOPE:
        if found.size > limits.MAX_ENVELOPE:
            raise _too_large("MAX_ENVELOPE", found.size)
        if not found.size or found.blocks != -(-found.size // BLOCK):
            raise frames.misshapen("an OFFER whose blocks do not fit its size")
    elif found.what == ATTACHMENT:
        if found.blocks > manifest.CHUNKS_MAX:
            raise _too_large("MAX_ATT_SIZE", found.size)
        try:
            manifest.plain_size(found.size, found.blocks)
        except TheirFault as fault:
            raise frames.misshapen(fault.what) from None
    else:
        raise frames.misshapen(f"an OFFER of sort {found.what}")
    return found


def _too_large(name: str, size: int) -> TheirFault:
    return TheirFault("E_LIMIT", f"{name}: {size} bytes are offered", "send less")


def want(given: Want, rank: int) -> bytes:
    """Return WANT."""
    return frames.encode(frames.WANT, _WANT.pack(*given), rank)


def read_want(payload: bytes) -> Want:
    """Return what is asked for. Raises TheirFault("E_FRAME")."""
    if len(payload) != _WANT.size:
        raise frames.misshapen("a payload of the wrong length")
    return Want(*_WANT.unpack(payload))


def chunk(given: Chunk, rank: int) -> bytes:
    """Return CHUNK, in fragments."""
    return frames.encode(frames.CHUNK, _CHUNK.pack(*given[:2]) + given.data, rank)


def chunk_size(size: int) -> int:
    """Return how many bytes a CHUNK of `size` bytes takes."""
    return frames.encoded_size(_CHUNK.size + size)


def read_chunk(payload: bytes) -> Chunk:
    """Return one block, unchecked. Raises TheirFault("E_FRAME")."""
    if not _CHUNK.size < len(payload) <= _CHUNK.size + manifest.SEALED_CHUNK:
        raise frames.misshapen("a CHUNK of the wrong length")
    name, number = _CHUNK.unpack_from(payload)
    return Chunk(name, number, payload[_CHUNK.size :])
