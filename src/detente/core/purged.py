"""A record whose text went after its term: what still proves that it was said, and by whom.

Header and signatures stay as they were, seals and body as their hashes: the entry, and so every
proof, comes out the same. Normative: spec/log.md 9.
"""

from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import envelope as envelopes
from detente.core.errors import TheirFault

MAGIC: Final = b"DTP1"
_HASH: Final = 32


class Rest(NamedTuple):
    """What is left of an envelope: two parts as they are, two as hashes of 32 bytes."""

    header: bytes
    sigs: bytes
    seals_hash: bytes
    body_hash: bytes


def strip(envelope: bytes) -> bytes:
    """Return what stays of an envelope when its text goes. Raises TheirFault as envelope.split."""
    parts = envelopes.split(envelope)
    return b"".join(
        (
            MAGIC,
            len(parts.header).to_bytes(4, "big"),
            parts.header,
            len(parts.sigs).to_bytes(4, "big"),
            parts.sigs,
            sha256(parts.seals).digest(),
            sha256(parts.body).digest(),
        )
    )


def is_stripped(data: bytes) -> bool:
    """Say whether these bytes are kept in place of an envelope."""
    return data[:4] == MAGIC


def read(data: bytes) -> Rest:
    """Return the rest of a record. Raises TheirFault("E_FRAME") for bytes of another form."""
    found, at = [], 4
    for _ in range(2):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at + 4 : end])
        at = end
    if not is_stripped(data) or len(data) != at + 2 * _HASH:
        raise TheirFault(
            "E_FRAME", "these bytes are not what a purge leaves", "write it as spec/log.md 9 says"
        )
    return Rest(found[0], found[1], data[at : at + _HASH], data[at + _HASH :])


def rest_of(kept: bytes) -> Rest:
    """Return what proves a record, of an envelope or of what a purge left. Raises TheirFault."""
    if is_stripped(kept):
        return read(kept)
    parts = envelopes.split(kept)
    seals, body = sha256(parts.seals).digest(), sha256(parts.body).digest()
    return Rest(parts.header, parts.sigs, seals, body)


def entry_of(kept: bytes) -> bytes:
    """Return the entry of an envelope, or of what a purge left of it. Raises TheirFault."""
    rest = rest_of(kept)
    return envelopes.join_entry(
        sha256(rest.header).digest(), sha256(rest.sigs).digest(), rest.seals_hash, rest.body_hash
    )


def is_of(entry: bytes, kept: bytes) -> bool:
    """Say whether an entry is that of these bytes, whatever they are: a disk may lose a bit.

    No bytes at all fit every entry: of a record that its peer had purged nothing else came.
    """
    if not is_stripped(kept):
        return not kept or envelopes.is_of(entry, kept)
    try:
        return entry_of(kept) == entry
    except TheirFault:
        return False
