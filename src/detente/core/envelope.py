"""A record as bytes: header, signatures, seals and body; and its leaf in a log.

Normative: spec/record.md 5 (seals, envelope), spec/log.md 1 (entry, leaf).
"""

import struct
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.errors import TheirFault
from detente.core.tree import leaf_hash

MAGIC: Final = b"DTR1"
ENTRY_SIZE: Final = 144
_LEAF_CONTEXT: Final = b"detente/v1/leaf\n"
_SEAL_TYPE: Final = 1
_SIZE = struct.Struct(">I")
KEY_ID_SIZE: Final = 8
_HEADER_AT: Final = 8  # after the magic and the header's length


class Parts(NamedTuple):
    """The four parts of an envelope, as bytes."""

    header: bytes
    sigs: bytes
    seals: bytes
    body: bytes


@dataclass(frozen=True, slots=True)
class Seal:
    """The content key for one desk: its address, which of its keys, and what only it opens."""

    address: str
    key_id: bytes
    sealed: bytes


def _misshapen(what: str) -> TheirFault:
    return TheirFault("E_FRAME", f"envelope: {what}", "write it as spec/record.md 5 says")


def may_be(kind: str, envelope: bytes) -> bool:
    """Say whether an envelope may hold a record of this kind; cheap, and never wrongly no."""
    # Canonical JSON has one way to write a member.
    end = _HEADER_AT + int.from_bytes(envelope[4:_HEADER_AT], "big")
    return envelope.find(f'"kind":"{kind}"'.encode(), _HEADER_AT, end) >= 0


def encode(parts: Parts) -> bytes:
    """Return the envelope. Raises TheirFault("E_LIMIT") above 360 KiB."""
    rows = [MAGIC]
    for part in parts:
        rows += (len(part).to_bytes(4, "big"), part)
    whole = b"".join(rows)
    _check_size(whole)
    return whole


def _check_size(envelope: bytes) -> None:
    if len(envelope) > limits.MAX_ENVELOPE:
        raise TheirFault(
            "E_LIMIT",
            f"MAX_ENVELOPE: {len(envelope)} bytes where {limits.MAX_ENVELOPE} are allowed",
            "send less, or send it in parts",
        )


def split(envelope: bytes) -> Parts:
    """Return the four parts, unread.

    Raises TheirFault: E_LIMIT for an envelope above 360 KiB or a header above 8,192 bytes, E_FRAME
    for bytes that are not exactly four parts.
    """
    _check_size(envelope)
    if envelope[:4] != MAGIC:
        raise _misshapen("it does not begin with DTR1")
    found, end = [], 4
    try:
        for _ in range(4):
            start = end + 4
            end = start + _SIZE.unpack_from(envelope, end)[0]
            found.append(envelope[start:end])
    except struct.error:
        raise _misshapen("a part is missing") from None
    if end != len(envelope):
        raise _misshapen("it does not end with its fourth part")
    if len(found[0]) > limits.MAX_HEADER:
        raise TheirFault(
            "E_LIMIT", f"MAX_HEADER: a header of {len(found[0])} bytes", "write a shorter one"
        )
    return Parts(*found)


def entry_of(parts: Parts) -> bytes:
    """Return the 144 bytes that stand for this record in a log; a node keeps them for ever."""
    header, sigs, seals, body = parts
    return join_entry(
        sha256(header).digest(),
        sha256(sigs).digest(),
        sha256(seals).digest(),
        sha256(body).digest(),
    )


def is_of(entry: bytes, envelope: bytes) -> bool:
    """Say whether an entry is that of these bytes, whatever they are: a disk may lose a bit."""
    try:
        return entry_of(split(envelope)) == entry
    except TheirFault:
        return False


def entry_mid(entry: bytes) -> bytes:
    """Return the record's identity out of its entry."""
    return entry[16:48]


def entry_seals_hash(entry: bytes) -> bytes:
    """Return H(seals) out of an entry."""
    return entry[80:112]


def entry_body_hash(entry: bytes) -> bytes:
    """Return H(body) out of an entry."""
    return entry[112:144]


def join_entry(mid: bytes, sigs_hash: bytes, seals_hash: bytes, body_hash: bytes) -> bytes:
    """Return the entry made of four hashes, as proof files carry them."""
    return _LEAF_CONTEXT + mid + sigs_hash + seals_hash + body_hash


def leaf_of(envelope: bytes) -> bytes:
    """Return the leaf hash of an envelope; raises as `split`."""
    return leaf_hash(entry_of(split(envelope)))


def write_seals(seals: Collection[Seal]) -> bytes:
    """Return the seals block (spec/record.md 5)."""
    assert len(seals) <= limits.MAX_SEALS, "a seal for each desk addressed, and our own"
    block = bytearray([len(seals)])
    for one in seals:
        address = one.address.encode()
        block += bytes([_SEAL_TYPE, len(address)]) + address + one.key_id
        block += len(one.sealed).to_bytes(2, "big") + one.sealed
    return bytes(block)


def _misshapen_seals() -> TheirFault:
    return TheirFault("E_DESK", "the seals block is misshapen", "seal it as spec/record.md 5 says")


def read_seals(block: bytes) -> tuple[Seal, ...]:
    """Return the seals of a block. Raises TheirFault: E_DESK for another form, E_LIMIT over 17."""
    if not block:
        raise _misshapen_seals()
    if block[0] > limits.MAX_SEALS:
        raise TheirFault("E_LIMIT", f"MAX_SEALS: {block[0]} seals", "address fewer desks")
    found, at = [], 1
    for _ in range(block[0]):
        if at + 2 > len(block) or block[at] != _SEAL_TYPE:
            raise _misshapen_seals()
        start = at + 2
        key_at = start + block[at + 1]
        size_at = key_at + KEY_ID_SIZE
        end = size_at + 2 + int.from_bytes(block[size_at : size_at + 2], "big")
        if end > len(block) or size_at + 2 > len(block):
            raise _misshapen_seals()
        try:
            address = block[start:key_at].decode("ascii")
        except UnicodeDecodeError:
            raise _misshapen_seals() from None
        found.append(Seal(address, block[key_at:size_at], block[size_at + 2 : end]))
        at = end
    if at != len(block):
        raise _misshapen_seals()
    return tuple(found)


def is_entry(data: bytes) -> bool:
    """Say whether bytes are an entry and no envelope."""
    return data[: len(_LEAF_CONTEXT)] == _LEAF_CONTEXT and len(data) == ENTRY_SIZE


def hashes_of(entry: bytes) -> bytes:
    """Return the 128 bytes of an entry that differ from record to record."""
    return entry[len(_LEAF_CONTEXT) :]


def entry_from(hashes: bytes) -> bytes:
    """Return the entry of these 128 bytes. Raises TheirFault("E_FRAME") for another length."""
    if len(hashes) != ENTRY_SIZE - len(_LEAF_CONTEXT):
        raise _misshapen("an entry of another length")
    return _LEAF_CONTEXT + hashes
