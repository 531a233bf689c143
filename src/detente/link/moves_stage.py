"""What the staging part of a link hears and wants done. Normative: spec/link.md 11."""

from collections.abc import Sequence
from dataclasses import dataclass

from detente.link.frames_stage import Offer

# What comes in.


@dataclass(frozen=True, slots=True)
class Offering:
    """The peer should come to hold this; rank is the precedence it travels with, 0 bulk."""

    offer: Offer
    rank: int


@dataclass(frozen=True, slots=True)
class Withdrawing:
    """The peer need no longer be offered this."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """What the peer offers has a place here.

    parts: numbers of manifest parts that are missing. held: one bit for each block, the lowest
    first, set if it is here already. whole: nothing is missing.
    """

    hash: bytes
    parts: Sequence[int]
    held: bytearray
    whole: bool


@dataclass(frozen=True, slots=True)
class NoRoom:
    """What the peer offers has no place here now."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class Kept:
    """One block or part that came is right and here; whole: with it everything is.

    fresh: it was not here before.
    """

    hash: bytes
    index: int
    whole: bool
    fresh: bool = True


@dataclass(frozen=True, slots=True)
class ReadOut:
    """Blocks or parts of what we offer, by number; fewer than asked for if some cannot be had."""

    hash: bytes
    blocks: Sequence[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class AskFor:
    """A disk here lost blocks of something that the peer had: ask that it be offered again."""

    hash: bytes


InputOfStage = Offering | Withdrawing | Opened | NoRoom | Kept | ReadOut | AskFor

# What must be done.


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """Find or make a place for what the peer offers; answer Opened or NoRoom."""

    conn: int
    offer: Offer


@dataclass(frozen=True, slots=True)
class Keep:
    """Check one block or part that came, and keep it; answer Kept."""

    conn: int
    hash: bytes
    index: int
    data: bytes


@dataclass(frozen=True, slots=True)
class ReadBlocks:
    """Read blocks or parts of what we offer; answer ReadOut."""

    hash: bytes
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class PeerHolds:
    """The peer holds all of what we offered."""

    hash: bytes


@dataclass(frozen=True, slots=True)
class PeerLacks:
    """A file says which blocks the peer lacks of what we offer; begins: the first run it names.

    What no run of the file names, the peer holds.
    """

    hash: bytes
    first: int
    blocks: int
    begins: bool


@dataclass(frozen=True, slots=True)
class OfferAgain:
    """The peer asks for something that is not offered to it: it lost what it had of it."""

    hash: bytes


EffectOfStage = OpenPlace | Keep | ReadBlocks | PeerHolds | PeerLacks | OfferAgain
