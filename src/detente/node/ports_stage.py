"""What the node asks of the world for what is too large for a row: files, and rows about them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from detente.core.moment import Moment


class Blobs(Protocol):
    """Files named by hash. Nothing is durable before `sync`. All raise OurFault("store.*")."""

    def write(self, name: str, at: int, data: bytes) -> None:
        """Write bytes at a place of a file, which is made if it is new."""
        ...

    def read(self, name: str, at: int, size: int) -> bytes:
        """Return bytes of a file: fewer where it ends, none where there is no file."""
        ...

    def lend(self, name: str) -> int | None:
        """Return a new descriptor to read a file by, the caller's to close; None if there is none."""
        ...

    def sync(self, name: str) -> None:
        """Make what was written to a file durable, and that it is there."""
        ...

    def rename(self, old: str, new: str) -> None:
        """Give a file another name; durable on return."""
        ...

    def remove(self, name: str) -> None:
        """Forget a file; none is no fault."""
        ...

    def names(self) -> Sequence[str]:
        """Return the names of all files."""
        ...

    def free(self) -> tuple[int, int]:
        """Return the bytes free on the disk, and how many it has."""
        ...


@dataclass(frozen=True, slots=True)
class Blob:
    """Something in blocks: what it is (frames: 0 envelope, 1 attachment), and how much is here.

    held: one bit for each block, the lowest first, set if it is durable here. owner: the link it
    comes over; empty for our own office's.
    """

    hash: bytes
    what: int
    size: int
    blocks: int
    held: bytes
    whole: bool
    owner: str
    at: Moment


class Large(NamedTuple):
    """A record that waits to be logged and is too long to go at once."""

    id: int
    rank: int
    envelope: bytes


class BlobTx(Protocol):
    """The part of a transaction that speaks of blobs. Names of blobs are hashes of 32 bytes."""

    def blob(self, name: bytes) -> Blob | None:
        """Return what is known of a blob."""
        ...

    def put_blob(self, given: Blob) -> None:
        """Keep what is known of a blob, in place of what was."""
        ...

    def drop_blob(self, name: bytes) -> None:
        """Forget a blob, its manifest, and who is offered it; whoever names it still does."""
        ...

    def blob_names(self) -> Sequence[bytes]:
        """Return the names of all blobs."""
        ...

    def loose_blobs(self, before: Moment) -> Sequence[bytes]:
        """Return blobs last touched before a moment that no record names and nobody is offered."""
        ...

    def staged_bytes(self, owner: str) -> int:
        """Return the bytes of an owner's blobs that are not whole, or that no record names."""
        ...

    def put_part(self, name: bytes, part: int, hashes: bytes) -> None:
        """Keep one part of an attachment's manifest."""
        ...

    def part(self, name: bytes, part: int) -> bytes | None:
        """Return one part of a manifest."""
        ...

    def parts(self, name: bytes) -> Sequence[int]:
        """Return which parts of a manifest are here, rising."""
        ...

    def drop_parts(self, name: bytes) -> None:
        """Forget a manifest."""
        ...

    def name_blob(self, name: bytes, mid: bytes) -> None:
        """Note that a record names an attachment, whether that is here or not."""
        ...

    def unname_blobs(self, mid: bytes) -> Sequence[bytes]:
        """Forget what a record names; return what no other record names now."""
        ...

    def offer_blob(self, link_id: str, name: bytes) -> None:
        """Note that the peer of a link shall have a blob."""
        ...

    def unoffer_blob(self, link_id: str, name: bytes) -> None:
        """Note that it has it."""
        ...

    def offers(self, link_id: str, count_max: int) -> Sequence[bytes]:
        """Return what the peer of a link shall have and has not, the oldest first."""
        ...

    def offered(self, name: bytes) -> Sequence[str]:
        """Return the links whose peers shall have a blob and have it not."""
        ...

    def large(self, link_id: str, inline_max: int, count_max: int) -> Sequence[Large]:
        """Return queued records below FLASH, longer than inline_max, that are not ready."""
        ...

    def queued_envelope(self, number: int) -> bytes | None:
        """Return a queued record by its number in the queue."""
        ...

    def set_ready(self, number: int) -> None:
        """Note that the peer holds the envelope of a queued record: it may be logged."""
        ...

    def reset_ready(self, link_id: str) -> None:
        """Note that nothing is known of what the peer holds."""
        ...


@dataclass(frozen=True, slots=True)
class BlobState:
    """How much of an attachment is here, and how much a peer that is offered it has asked past."""

    aid: bytes
    size: int
    chunks: int
    held: int
    whole: bool
    sent: int | None


class StageHatch(Protocol):
    """The part of the hatch through which attachments go (spec/link.md 9). Chunks are encrypted."""

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        """Begin an attachment of these numbers (record.md 7) under a random handle of 16 bytes.

        Raises OurFault: store.full, stage.busy; TheirFault("E_ATT") for numbers of no attachment.
        """
        ...

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        """Hand in the next chunks, in order. Raises OurFault("stage.lost"), TheirFault("E_ATT")."""
        ...

    def stage_end(self, handle: bytes, now: Moment) -> bytes:
        """Return the aid of what was handed in, durable now. Raises as `stage_chunks`."""
        ...

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Iterable[bytes]:
        """Return chunks that are here, from `first` on; none where one is missing.

        To be gone through at once, and once.
        """
        ...

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        """Return of how many chunks `blob_chunks` would be, and a descriptor to read them by.

        They stand one after another in the file; whoever asked closes it. None if there are none
        here, or no file of them.
        """
        ...

    def blob_states(self, aids: Sequence[bytes]) -> Sequence[BlobState]:
        """Return how far attachments are; those never heard of are left out."""
        ...
