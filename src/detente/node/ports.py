"""What the node asks of the world, and the hatch through which its office sees it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.moment import Moment
from detente.node.card_ports import CardTx
from detente.node.leg_ports import LegTx
from detente.node.ports_stage import Blobs, BlobTx, StageHatch

HOME: Final = "home"  # state of a log that has no peer
CLOSED: Final = "CLOSED"  # of one that an epoch note ended
DISPUTED: Final = "DISPUTED"  # of one that an emergency left open, and of a link since then
PEER_READ_ONLY: Final = "PEER_READ_ONLY"  # LIVE, but the peer cannot store
COURIER: Final = "COURIER"  # of a link that lives on files, while no path is open
FLASH: Final = 4  # its rank
AWAITS_MAX: Final = 4_096  # records that an office names as waiting for their files


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
    """One record that waits to be logged for a link; staged: the peer holds its envelope."""

    id: int
    rank: int
    envelope: bytes
    staged: bool = False


class HeadsTx(Protocol):
    """Signed states of a log, and proofs against them."""

    def evidence(self, digest: bytes) -> bytes | None:
        """Return a proof that was kept, by its hash."""
        ...

    def checkpoint_upto(
        self, origin: str, above: int, upto: int
    ) -> tuple[Checkpoint, Cosignature | None] | None:
        """Return the largest signed state of a size above one and up to another."""
        ...


class CareTx(Protocol):
    """What looking after the logs needs of a transaction."""

    def rewrite(self, origin: str, row: Row) -> None:
        """Put a row in the place of the one with its number; when that was kept stays."""
        ...

    def whole(
        self, origin: str, start: int, end: int, before: Moment, count_max: int
    ) -> Sequence[int]:
        """Return numbers of records in [start, end) kept before a moment and still whole."""
        ...

    def oldest_queued(self) -> Mapping[str, Moment]:
        """Return since when the oldest record of each link waits."""
        ...


class Tx(CardTx, CareTx, LegTx, HeadsTx, BlobTx, Protocol):
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

    def queue(self, link_id: str, rank: int, kind: str, envelope: bytes, at: Moment) -> None:
        """Keep a record until it can be logged. Rank 4 is FLASH."""
        ...

    def queued(
        self,
        link_id: str,
        count_max: int,
        bytes_max: int,
        families: Sequence[str] | None = None,
        inline_max: int = limits.MAX_ENVELOPE,
    ) -> Sequence[Queued]:
        """Return what waits, highest rank first, then oldest; all of one rank.

        With families only FLASH and the kinds of these families: "hotline" is that of hotline.*.
        What is longer than inline_max only if it is FLASH, or the peer holds it already.
        """
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
    """Where a node keeps what must outlive it; in `blobs` what is too large for a row."""

    @property
    def blobs(self) -> Blobs:
        """The files beside the rows."""
        ...

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
    """One log: owner, sizes, and the state of its link. `peer` is empty for the home log.

    receipted and confirmed: the log below this size is STORED, and STORED-PQ. late: "", PQ_LATE,
    or UNCONFIRMED when only urgent records go for want of the second leg. attended, unattended:
    desks of the peer with somebody and with nobody at them, of those it shows, as it last said.
    """

    origin: str
    owner: str
    peer: str
    link_id: str
    size: int
    receipted: int
    confirmed: int
    late: str
    waiting: int
    state: str
    why: str
    since: Moment
    attended: tuple[str, ...] = ()
    unattended: tuple[str, ...] = ()


class PathSeen(NamedTuple):
    """One path to a peer by its name, and whether answers come over it."""

    party: str
    path: str
    is_open: bool


class Told(NamedTuple):
    """How far a peer has our cards. known_at: seconds since 1970 when it receipted the newest one."""

    party: str
    told: int
    known: int
    known_at: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one submitted envelope: its mid, or the fault that refused it.

    slowed: it was taken, and goes as IMMEDIATE because its link had its FLASH of this minute.
    """

    mid: bytes
    code: str = ""
    what: str = ""
    remedy: str = ""
    slowed: bool = False


@dataclass(frozen=True, slots=True)
class PeerCard:
    """A party as the office must know it: its name and its cards' bytes, the oldest first."""

    party: str
    note: bytes


class Hatch(StageHatch, Protocol):
    """All that an office sees of its node (spec/link.md 9)."""

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        """Hand in records; durable on return. Idempotent; there is no cancel."""
        ...

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> Sequence[Kept]:
        """Return records of this office's desks from these places on, log by log."""
        ...

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Say how far this office has read each log, durably: no text goes before it was read.

        awaits: mids of records whose files it has not looked through yet.
        """
        ...

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        ...

    def cards(self) -> Sequence[PeerCard]:
        """Return this party's own card first, then every peer's."""
        ...

    def told(self) -> Sequence[Told]:
        """Return how far each peer has our cards."""
        ...

    def paths(self) -> Sequence[PathSeen]:
        """Return every path to every peer, those that carry nothing too."""
        ...

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record. Raises OurFault("proof.not_yet")."""
        ...

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at a desk; lapses after 15 minutes."""
        ...

    def leave(self, desk: str, now: Moment) -> None:
        """Say that nobody is at a desk, though somebody was."""
        ...

    def head(self, origin: str) -> bytes:
        """Return the head of a home log as a signed note (spec/log.md 4). Raises "proof.unknown"."""
        ...
