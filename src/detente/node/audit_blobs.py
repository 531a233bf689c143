"""Attachments judged from their files alone: each block that is here against the hash it goes by.

Nothing here trusts what the node has in memory, and nothing writes. Normative: spec/record.md 7.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from detente.core import manifest, tree
from detente.core.errors import TheirFault
from detente.link.frames_stage import ATTACHMENT
from detente.node.ports_stage import Blob

BAD_MAX: Final = 1_000  # chunks named of one attachment


class Reader(Protocol):
    """A node's attachments, read only, each answer whole at its own moment."""

    def blob_names(self) -> Sequence[bytes]:
        """Return the names of all that is here in blocks."""
        ...

    def blob(self, name: bytes) -> Blob | None:
        """Return what is known of one; None if it is gone meanwhile."""
        ...

    def part(self, name: bytes, part: int) -> bytes | None:
        """Return one part of a manifest."""
        ...

    def block(self, name: bytes, at: int, size: int) -> bytes:
        """Return bytes of its file: fewer where it ends, none where there is no file."""
        ...


@dataclass(frozen=True, slots=True)
class BlobReport:
    """What a check found of one attachment: its chunks, how many are here, which are not right.

    manifest: whether its row of hashes is whole and leads to its name; else no chunk can be judged.
    """

    aid: bytes
    size: int
    chunks: int
    held: int
    manifest: bool
    bad: tuple[int, ...] = ()

    @property
    def well(self) -> bool:
        """Whether all that is here is right."""
        return self.manifest and not self.bad


def check(reader: Reader, tell: Callable[[int, int], None]) -> Iterator[BlobReport]:
    """Return what is right or wrong of each attachment. tell hears bytes done and bytes in all."""
    names = reader.blob_names()
    blobs = [blob for name in names if (blob := reader.blob(name)) and blob.what == ATTACHMENT]
    done, of = 0, sum(blob.size for blob in blobs)
    for blob in blobs:
        found = _judge(reader, blob)
        done += blob.size
        tell(done, of)
        if found.well or reader.blob(blob.hash) is not None:
            yield found


def _judge(reader: Reader, blob: Blob) -> BlobReport:
    held = [i for i in range(blob.blocks) if blob.held[i >> 3] >> (i & 7) & 1]
    hashes = _manifest(reader, blob)
    if hashes is None:
        # While it arrives, before its manifest is here, there is nothing to judge.
        return BlobReport(blob.hash, blob.size, blob.blocks, len(held), manifest=not held)
    bad: list[int] = []
    for index in held:
        at, size = manifest.span(index, blob.size)
        want = hashes[index * tree.HASH_SIZE : (index + 1) * tree.HASH_SIZE]
        if manifest.hash_of(reader.block(blob.hash, at, size)) != want and len(bad) < BAD_MAX:
            bad.append(index)
    return BlobReport(blob.hash, blob.size, blob.blocks, len(held), manifest=True, bad=tuple(bad))


def _manifest(reader: Reader, blob: Blob) -> bytes | None:
    parts = [reader.part(blob.hash, part) for part in range(manifest.parts_of(blob.blocks))]
    whole = b"".join(part or b"" for part in parts)
    if len(whole) != blob.blocks * tree.HASH_SIZE:
        return None
    try:
        manifest.check(whole, blob.hash)
    except TheirFault:
        return None
    return whole
