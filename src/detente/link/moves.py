"""What a link's machine hears and what it wants done. Normative: spec/link.md 4 to 7."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.link.hello import Heads
from detente.link.reconcile import Verdict


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a halt rests on: of which log, what was stated, and the entries it was said to cover."""

    ours: bool = False
    stated: Checkpoint | None = None
    receipt: Cosignature | None = None
    entries: bytes = b""


NO_GROUNDS: Final = Grounds()


# What comes in.


@dataclass(frozen=True, slots=True)
class PathBegun:
    """A connection exists.

    path is its name if this side dialled it, else HELLO says it. baseline is what was durable here
    when its handshake began, if that was before this input.
    """

    conn: int
    path: str
    dialled: bool
    baseline: Heads | None = None


@dataclass(frozen=True, slots=True)
class PathUp:
    """The handshake is done and the peer's key is pinned; nonce is 16 fresh bytes."""

    conn: int
    nonce: bytes


@dataclass(frozen=True, slots=True)
class PathDown:
    """The connection is gone."""

    conn: int
    why: str


@dataclass(frozen=True, slots=True)
class Bytes:
    """What one read of a connection gave."""

    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes; about once a second."""


@dataclass(frozen=True, slots=True)
class Logged:
    """These envelopes stand durably in our log from `first` on, up to the signed checkpoint."""

    first: int
    envelopes: Sequence[bytes]
    checkpoint: Checkpoint
    rank: int


@dataclass(frozen=True, slots=True)
class Resent:
    """Envelopes of our log that the peer lacks, for one connection."""

    conn: int
    first: int
    envelopes: Sequence[bytes]
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class TookIn:
    """The peer's records below the checkpoint are durable here, and so is this receipt."""

    conn: int
    checkpoint: Checkpoint
    receipt: Cosignature
    rank: int


@dataclass(frozen=True, slots=True)
class Receipted:
    """The peer's receipt holds and is durable here."""

    receipt: Cosignature


@dataclass(frozen=True, slots=True)
class Judged:
    """What the peer's HELLO means."""

    conn: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Refused:
    """What came over a connection broke the spec; class C closes it, class H halts the link.

    grounds: the peer's statements behind a fault of class H, for the evidence.
    """

    conn: int
    fault: TheirFault
    grounds: Grounds = NO_GROUNDS


@dataclass(frozen=True, slots=True)
class Compared:
    """Records that came again are those stored."""

    conn: int


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """Our status for the peer changed: which desks are attended, and whether we can store."""

    attended: tuple[str, ...]
    read_only: bool


Input = (
    PathBegun | PathUp | PathDown | Bytes | Tick | Logged | Resent | TookIn | Receipted | Judged
    | Compared | Refused | StatusChanged
)  # fmt: skip

# What must be done.


@dataclass(frozen=True, slots=True)
class Send:
    """Give these bytes to the connection."""

    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection; a fault says why it must be dialled again."""

    conn: int
    code: str
    what: str


@dataclass(frozen=True, slots=True)
class Judge:
    """Judge the peer's heads against ours and against the baseline of this connection."""

    conn: int
    stated: Heads
    held: Heads
    baseline: Heads


@dataclass(frozen=True, slots=True)
class Intake:
    """Store these records of the peer's log, which begin at our size and end at the checkpoint."""

    conn: int
    first: int
    envelopes: Sequence[bytes]
    checkpoint: Checkpoint
    rank: int


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare records that came again with those stored at the same places."""

    conn: int
    records: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class CompareHead:
    """Compare a checkpoint at or below our size with the log as stored."""

    conn: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class TakeReceipt:
    """Check and keep the peer's receipt."""

    conn: int
    receipt: Cosignature


@dataclass(frozen=True, slots=True)
class Resend:
    """Read our log from `start` to its end, for this connection."""

    conn: int
    start: int


@dataclass(frozen=True, slots=True)
class Halt:
    """Remember that the link is halted, with the evidence; nothing is appended any more."""

    code: str
    what: str
    grounds: Grounds


@dataclass(frozen=True, slots=True)
class Show:
    """The link's state, or what the peer said, changed."""

    state: str
    why: str


Effect = (
    Send | Close | Judge | Intake | Compare | CompareHead | TakeReceipt | Resend | Halt | Show
)  # fmt: skip
Effects = list[Effect]
