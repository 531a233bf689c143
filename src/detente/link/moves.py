"""What a link's machine hears and what it wants done. Normative: spec/link.md 4 to 7."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.core.postquantum import PqSignature
from detente.link.carried import Carried
from detente.link.hello import Heads
from detente.link.moves_epochs import EpochInput, OnEpochs
from detente.link.moves_file import FileBegun, FileEnded, FileWanted
from detente.link.moves_leg import (
    AnswerLeg,
    KeepAges,
    LegAnswered,
    LegSigned,
    LegTaken,
    SignLeg,
    TakeLeg,
)
from detente.link.moves_rows import OnRows, RowInput
from detente.link.moves_stage import EffectOfStage, InputOfStage
from detente.link.reconcile import Verdict


@dataclass(frozen=True, slots=True)
class Against:
    """The owner's other statement, where that is not the head stored here.

    prefix is the root of its records at the size stated, and path the proof that it goes on from
    there; both missing where the two sizes are equal.
    """

    head: Checkpoint
    prefix: bytes | None = None
    path: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a halt rests on: of which log, what was stated, and the entries it was said to cover."""

    ours: bool = False
    stated: Checkpoint | None = None
    against: Against | None = None  # what it excludes; None: what is held here of the log
    receipt: Cosignature | None = None
    entries: bytes = b""
    cards: tuple[bytes, ...] = ()  # two of one party that exclude each other
    note: bytes = b""  # an epoch note that closes a log below what its signer had signed
    leg: PqSignature | None = None


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
class PathFull:
    """The socket of a connection takes no more now."""

    conn: int


@dataclass(frozen=True, slots=True)
class PathFree:
    """The socket took all that was given, after PathFull."""

    conn: int


@dataclass(frozen=True, slots=True)
class Bytes:
    """What one read of a connection gave, or of a courier file: bytes that may change after the step."""

    conn: int
    data: bytes | memoryview


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passes; about once a second."""


@dataclass(frozen=True, slots=True)
class Logged:
    """These records stand durably in our log from `first` on, up to the signed checkpoint."""

    first: int
    envelopes: Sequence[Carried]
    checkpoint: Checkpoint
    rank: int


@dataclass(frozen=True, slots=True)
class Resent:
    """Records of our log that the peer lacks, for one connection."""

    conn: int
    first: int
    envelopes: Sequence[Carried]
    checkpoint: Checkpoint
    marks: Sequence[Checkpoint] = ()  # where a card took over on the way: signed under older keys


@dataclass(frozen=True, slots=True)
class TookIn:
    """The peer's records below the checkpoint are durable here, and so is this receipt.

    cards: hashes of what is held of the peer's cards now, if a new one was among the records.
    """

    conn: int
    checkpoint: Checkpoint
    receipt: Cosignature
    rank: int
    cards: Mapping[int, bytes] | None = None


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
    """Our status for the peer changed: desks with somebody and with nobody, and "cannot store"."""

    attended: tuple[str, ...]
    read_only: bool
    unattended: tuple[str, ...] = ()


Input = (
    PathBegun | PathUp | PathDown | PathFull | PathFree | Bytes | Tick | Logged | Resent | TookIn
    | Receipted | Judged | Compared | Refused | StatusChanged | LegSigned | LegAnswered | LegTaken
    | FileBegun | FileEnded | FileWanted | EpochInput | RowInput | InputOfStage
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
    serial: int = 0  # of the card that the peer says it has


@dataclass(frozen=True, slots=True)
class Intake:
    """Store these records of the peer's log, which begin at our size and end at the checkpoint.

    steps: the checkpoints below it that wait too, rising. The books may take in up to one of them:
    a card among the records changes whose key signs what follows. stated: what HELLOs said of the
    log between our size and the checkpoint's. Steps and these must be of the same history.
    """

    conn: int
    first: int
    envelopes: Sequence[Carried]
    checkpoint: Checkpoint
    rank: int
    steps: tuple[Checkpoint, ...] = ()
    stated: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare records that came again with those stored at the same places.

    heads: that followed them in the same read, at or below our size. One of them may confirm that
    the owner signed another record.
    """

    conn: int
    records: Sequence[tuple[int, Carried]]
    heads: tuple[Checkpoint, ...] = ()


@dataclass(frozen=True, slots=True)
class CompareHead:
    """Compare a checkpoint at or below our size with the log as stored."""

    conn: int
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class CompareHeads:
    """See whether the owner signed both of two roots for one size above ours."""

    conn: int
    known: Checkpoint
    other: Checkpoint


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


# What the books of the link must do; a fault in doing it is their fault who sent it over `conn`.
OnBooks = (
    Judge | Intake | Compare | CompareHead | CompareHeads | TakeReceipt | Resend
    | SignLeg | AnswerLeg | TakeLeg | KeepAges | OnEpochs | OnRows | EffectOfStage
)  # fmt: skip
Effect = Send | Close | Halt | Show | OnBooks
Effects = list[Effect]
