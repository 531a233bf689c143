"""An attachment as whoever carries it sees it: numbered pieces of ciphertext and their hashes.

Nothing here opens a chunk: that is core/attachment's. A *manifest* is the row of the hashes of all
chunks; its RFC 6962 tree head is the attachment's name, `aid`. Normative: spec/record.md 7.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from detente.core import limits, tree
from detente.core.errors import TheirFault

TAG: Final = 16  # bytes that encryption adds to a chunk
SEALED_CHUNK: Final = limits.CHUNK + TAG
PART: Final = 2_048  # hashes in one part of a manifest
PART_BYTES: Final = PART * tree.HASH_SIZE
CHUNKS_MAX: Final = limits.MAX_ATT_SIZE // limits.CHUNK


def chunks_of(size: int) -> int:
    """Return how many chunks a file of `size` bytes has; an empty one has one, empty."""
    return max(1, -(-size // limits.CHUNK))


def sealed_size(size: int) -> int:
    """Return the bytes of all encrypted chunks of a file of `size` bytes."""
    return size + TAG * chunks_of(size)


def plain_size(sealed: int, chunks: int) -> int:
    """Return how long the file is whose encrypted chunks are `sealed` bytes in `chunks` pieces.

    Raises TheirFault("E_ATT"): no file of at most MAX_ATT_SIZE has these two numbers.
    """
    size = sealed - TAG * chunks
    if not 0 <= size <= limits.MAX_ATT_SIZE or chunks_of(size) != chunks:
        raise TheirFault(
            "E_ATT",
            f"{sealed} bytes in {chunks} chunks are no attachment",
            "cut it as spec/record.md 7 says",
        )
    return size


def span(index: int, sealed: int) -> tuple[int, int]:
    """Return where chunk `index` begins among all encrypted bytes, and how long it is."""
    start = index * SEALED_CHUNK
    return start, min(SEALED_CHUNK, sealed - start)


def parts_of(chunks: int) -> int:
    """Return how many parts the manifest of so many chunks has."""
    return -(-chunks // PART)


def part_size(part: int, chunks: int) -> int:
    """Return the bytes of one part of a manifest; all but the last are 65,536."""
    return min(PART, chunks - part * PART) * tree.HASH_SIZE


def hash_of(sealed_chunk: bytes) -> bytes:
    """Return what a manifest says of a chunk: its hash as a leaf, H(0x00, ciphertext)."""
    grown = sha256(b"\x00")  # as tree.leaf_hash, without a copy of the chunk
    grown.update(sealed_chunk)
    return grown.digest()


def aid_of(hashes: Iterable[bytes]) -> bytes:
    """Return the name of the attachment with this manifest."""
    grown = tree.Range()
    for value in hashes:
        grown.append(value)
    return grown.root()


def split(manifest: bytes) -> list[bytes]:
    """Return the hashes of a manifest that stands in one row of bytes."""
    return [manifest[i : i + tree.HASH_SIZE] for i in range(0, len(manifest), tree.HASH_SIZE)]


def check(manifest: bytes, aid: bytes) -> None:
    """Raise TheirFault("E_STAGE") unless these hashes have this tree head."""
    if aid_of(split(manifest)) != aid:
        raise TheirFault(
            "E_STAGE", "a manifest that does not lead to its attachment", "send the parts again"
        )


def check_chunk(sealed_chunk: bytes, known: bytes) -> None:
    """Raise TheirFault("E_STAGE") unless a chunk is the one its manifest names."""
    if hash_of(sealed_chunk) != known:
        raise TheirFault("E_STAGE", "a chunk that its manifest does not name", "send it again")
