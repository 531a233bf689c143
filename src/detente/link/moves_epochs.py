"""What a link's machine hears and wants of tails and epochs. Normative: spec/link.md 5.3 to 5.5.

A log in a tail is named as the asker sees it: 0 its own, 1 the answerer's; 2 and 3 the same of the
logs before an emergency.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.link.hello import Heads


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a log over a connection, which ends at a signed head and its receipt."""

    conn: int
    log: int
    first: int
    envelopes: Sequence[bytes]
    head: Checkpoint | None
    receipt: Cosignature | None
    end: int


# What comes in.


@dataclass(frozen=True, slots=True)
class TailServed(Piece):
    """A piece for the peer; `end` is all that we hold of that log."""


@dataclass(frozen=True, slots=True)
class TailTaken:
    """A piece is durable here: we hold `size` of that log, they hold `end`; heads are ours now.

    gave: they sent records, though a courier file may have brought them here meanwhile.
    """

    conn: int
    log: int
    size: int
    end: int
    heads: Heads
    gave: bool


@dataclass(frozen=True, slots=True)
class MustRecover:
    """Nothing may be appended any more; ask for the tails over this connection."""

    conn: int
    why: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A note that both signed closes logs of which we lack the tail: ask for it here."""

    conn: int


@dataclass(frozen=True, slots=True)
class Noted:
    """A note for the peer: it follows the epoch that they stated, or is what we propose."""

    conn: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """The epoch is over and that is durable; the peer has the note too, or gets it here."""

    conn: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Confirmed:
    """A person here confirmed the heads of both old logs; `digest` is the hash of them."""

    digest: bytes


# What must be done.


@dataclass(frozen=True, slots=True)
class Freeze:
    """Remember that nothing is appended or receipted in these logs; before anything is asked."""

    conn: int
    why: str


@dataclass(frozen=True, slots=True)
class ServeTail:
    """Read a piece of a log for the peer; link_id is the epoch that it stated."""

    conn: int
    link_id: str
    log: int
    start: int


@dataclass(frozen=True, slots=True)
class TakeTail(Piece):
    """Check and store a piece of a tail; they hold `end` of that log.

    by_file: it was written for whoever needs it; what is here already is passed over.
    """

    by_file: bool = False


@dataclass(frozen=True, slots=True)
class Settle:
    """Nothing is missing here of any log: propose the next epoch, or weigh what was proposed."""

    conn: int


@dataclass(frozen=True, slots=True)
class TakeNote:
    """Weigh an epoch note, with one party's lines or both's."""

    conn: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Older:
    """The peer stated another link id: if it is an older epoch, the note after it is due."""

    conn: int
    link_id: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """The link is stopped while a path lives: open an epoch for urgent traffic."""

    conn: int


@dataclass(frozen=True, slots=True)
class Reopen:
    """Go over to the logs and the machine of the next epoch."""

    conn: int


OnEpochs = (
    Freeze | ServeTail | TakeTail | Settle | TakeNote | Older | Emergency | Reopen
)  # fmt: skip
EpochInput = TailServed | TailTaken | MustRecover | Behind | Noted | Ended | Confirmed
