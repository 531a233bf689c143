"""What a link's machine hears and wants of the second leg of receipts. Normative: spec/link.md 4.4."""

from dataclasses import dataclass
from typing import Final

from detente.core.moment import Span
from detente.core.postquantum import PqSignature

_NONE: Final = Span(0)


@dataclass(frozen=True, slots=True)
class Legs:
    """What is durable of the second leg of both logs.

    signed: our newest line 2 that has no line 4 yet. out: size of our log under four lines. given:
    the newest line 4 that we gave. The ages: how long, in LIVE time, the oldest record of our log
    and of the peer's was without the leg when that was last written down.
    """

    signed: PqSignature | None = None
    out: int = 0
    given: PqSignature | None = None
    out_age: Span = _NONE
    in_age: Span = _NONE


NO_LEGS: Final = Legs()


# What comes in.


@dataclass(frozen=True, slots=True)
class LegSigned:
    """Our line 2 is durable here."""

    given: PqSignature


@dataclass(frozen=True, slots=True)
class LegAnswered:
    """The peer's line 2 holds; it and our line 4 for the same size are durable here."""

    conn: int
    given: PqSignature


@dataclass(frozen=True, slots=True)
class LegTaken:
    """The peer's line 4 holds, and four lines of this size are durable here."""

    size: int


# What must be done.


@dataclass(frozen=True, slots=True)
class SignLeg:
    """Sign line 2 over our newest receipted state. It is to go over this connection."""

    conn: int


@dataclass(frozen=True, slots=True)
class AnswerLeg:
    """Check the peer's line 2 against its log as stored, and sign line 4 for the same size."""

    conn: int
    given: PqSignature


@dataclass(frozen=True, slots=True)
class TakeLeg:
    """Check and keep the peer's line 4 for the size of our line 2."""

    conn: int
    given: PqSignature


@dataclass(frozen=True, slots=True)
class KeepAges:
    """Write down for how long each log has been without the leg: a restart goes on from there."""

    out: Span
    into: Span
    conn: int = 0  # it is nobody's wish
