"""What the node asks of the world, and the hatch through which its office sees it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.moment import Moment

HOME: Final = "home"  # state of a log that has no peer


@dataclass(frozen=True, slots=True)
class Head:
    """A log as the store holds it: size, roots of its perfect subtrees, newest signatures."""

    size: int
    roots: bytes
    checkpoint: Checkpoint | None
    receipt: Cosignature | None


class Row(NamedTuple):
    """One record in a log: its number, its 144-byte entry, the envelope, when it was kept."""

    seq: int
    entry: bytes
    envelope: bytes
    kept_at: Moment


class Queued(NamedTuple):
    """One record that waits to be logged for a link."""

    id: int
    rank: int
    envelope: bytes


class Tx(Protocol):
    """One transaction: all of it or nothing. Logs are named by origin, links by link id."""

    def head(self, origin: str) -> Head:
        """Return the head of a log; of one never written, size 0."""
        ...

    def set_head(self, origin: str, head: Head) -> None:
        """Replace the head; its checkpoint and receipt are also kept under their sizes."""
        ...

    def append(self, origin: str, rows: Sequence[Row]) -> None:
        """Add rows at the end of a log."""
        ...

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> Sequence[Row]:
        """Return rows from `start` on; at least one if there is one."""
        ...

    def entries(self, origin: str, start: int, count: int) -> Sequence[bytes]:
        """Return entries from `start` on, without envelopes."""
        ...

    def put_tile(self, origin: str, level: int, index: int, root: bytes, hashes: bytes) -> None:
        """Keep the 256 hashes under one perfect subtree of height level + 8, and its root."""
        ...

    def tile_root(self, origin: str, level: int, index: int) -> bytes:
        """Return the root kept with a tile."""
        ...

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the 256 hashes of a tile."""
        ...

    def checkpoint_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the first receipted checkpoint of at least `size`."""
        ...

    def queue(self, link_id: str, rank: int, envelope: bytes, at: Moment) -> None:
        """Keep a record until it can be logged. Rank 4 is FLASH."""
        ...

    def queued(self, link_id: str, count_max: int, bytes_max: int) -> Sequence[Queued]:
        """Return what waits, highest rank first, then oldest; all of one rank."""
        ...

    def unqueue(self, ids: Sequence[int]) -> None:
        """Forget what was logged."""
        ...

    def queue_sizes(self) -> Mapping[str, int]:
        """Return how many records wait, by link."""
        ...

    def number(self, key: bytes) -> bytes | None:
        """Return what stands under a record's number, 16-byte key."""
        ...

    def put_numbers(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep what stands under numbers; each is new."""
        ...

    def note(self, name: str) -> bytes | None:
        """Return a fact of the node by name."""
        ...

    def set_note(self, name: str, value: bytes) -> None:
        """Keep a fact of the node."""
        ...

    def keep_evidence(self, digest: bytes, data: bytes, at: Moment) -> None:
        """Keep a proof that somebody broke the protocol; never removed."""
        ...


class Store(Protocol):
    """Where a node keeps what must outlive it."""

    def begin(self) -> AbstractContextManager[Tx]:
        """Open the one transaction. A clean exit is durable on return; an exception undoes it."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """A record as the office gets it: log and number, when this node kept it, the envelope."""

    origin: str
    seq: int
    kept_at: Moment
    envelope: bytes


@dataclass(frozen=True, slots=True)
class Level:
    """One log: owner, sizes, and the state of its link. `peer` is empty for the home log."""

    origin: str
    owner: str
    peer: str
    link_id: str
    size: int
    receipted: int
    waiting: int
    state: str
    why: str
    since: Moment


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one submitted envelope: its mid, or the fault that refused it."""

    mid: bytes
    code: str = ""
    what: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class PeerCard:
    """A party as the office must know it: its name and its newest card's bytes."""

    party: str
    note: bytes


class Hatch(Protocol):
    """All that an office sees of its node (spec/link.md 9)."""

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        """Hand in records; durable on return. Idempotent; there is no cancel."""
        ...

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> Sequence[Kept]:
        """Return records of this office's desks from these places on, log by log."""
        ...

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        ...

    def cards(self) -> Sequence[PeerCard]:
        """Return this party's own card first, then every peer's."""
        ...

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record. Raises OurFault("proof.not_yet")."""
        ...

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at a desk; lapses after 60 s."""
        ...
