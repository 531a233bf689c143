"""What two HELLOs mean together: go on, catch up, recover, or halt. Normative: spec/link.md 5."""

from dataclasses import dataclass
from typing import Final, Protocol

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import TheirFault
from detente.link.hello import Heads


class Books(Protocol):
    """What judging needs of both logs. `ours` says which: the own log or the peer's."""

    def root_at(self, size: int, *, ours: bool) -> bytes:
        """Return the root of what is held here, at a size that is held."""
        ...

    def owner_signed(self, head: Checkpoint, *, ours: bool) -> bool:
        """Say whether the log's owner signed this state."""
        ...

    def receiver_signed(self, receipt: Cosignature, *, ours: bool) -> bool:
        """Say whether the log's receiver gave this receipt."""
        ...


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two states of one log that cannot both be; the second is signed by its owner."""

    ours: bool
    stated: Checkpoint


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do: resend from a place, take a receipt, or stop and say why.

    recover: a person must know that one side lost records; nothing is appended or receipted.
    conflict: the log's owner signed two histories; the link halts.
    """

    resend_from: int = 0
    receipt: Cosignature | None = None
    recover: str | None = None
    conflict: Conflict | None = None


WE_LOST_OURS: Final = "this side lost records of its own log: restored from a backup?"
WE_LOST_THEIRS: Final = "this side lost records it had receipted: restored from a backup?"
THEY_LOST_THEIRS: Final = "their side lost records of its own log: restored from a backup?"
THEY_LOST_OURS: Final = "their side lost records it had receipted: restored from a backup?"


def judge(stated: Heads, held: Heads, baseline: Heads, books: Books) -> Verdict:
    """Return what to do after the peer stated `stated` while this side holds `held`.

    baseline is what this side held when the connection's handshake began: an older HELLO proves
    nothing but its prefix. Raises TheirFault("E_HELLO") for a state that nobody signed.
    Source: spec/link.md 5.
    """
    return _judge_theirs(stated, held, baseline, books) or _judge_ours(
        stated, held, baseline, books
    )


def _unsigned(what: str) -> TheirFault:
    return TheirFault("E_HELLO", what, "compare cards and links on both sides")


def _check_prefix(
    head: Checkpoint | None, held_size: int, books: Books, *, ours: bool
) -> Verdict | None:
    # The shorter log must be the beginning of the longer one.
    if head is None or head.size > held_size or books.root_at(head.size, ours=ours) == head.root:
        return None
    if not books.owner_signed(head, ours=ours):
        raise _unsigned("a state of a log that its owner never signed")
    return Verdict(conflict=Conflict(ours, head))


def _judge_theirs(stated: Heads, held: Heads, baseline: Heads, books: Books) -> Verdict | None:
    conflict = _check_prefix(stated.out, held.in_size, books, ours=False)
    if conflict:
        return conflict
    if stated.out and not books.owner_signed(stated.out, ours=False):
        raise _unsigned("the peer's own log is not signed by its key")
    if stated.out_size < baseline.in_size:
        return Verdict(recover=THEY_LOST_THEIRS)
    receipt = stated.out_receipt
    if receipt and receipt.size > held.in_size and books.receiver_signed(receipt, ours=False):
        return Verdict(recover=WE_LOST_THEIRS)
    return None


def _judge_ours(stated: Heads, held: Heads, baseline: Heads, books: Books) -> Verdict:
    conflict = _check_prefix(stated.in_, held.out_size, books, ours=True)
    if conflict:
        return conflict
    if stated.in_ and stated.in_size > held.out_size:
        if not books.owner_signed(stated.in_, ours=True):
            raise _unsigned("the peer states more of our log than we wrote, without our signature")
        return Verdict(recover=WE_LOST_OURS)
    if stated.in_size < baseline.receipted:
        return Verdict(recover=THEY_LOST_OURS)
    receipt = stated.in_receipt
    if receipt and (
        receipt.size <= held.receipted
        or receipt.size > held.out_size
        or not books.receiver_signed(receipt, ours=True)
        or books.root_at(receipt.size, ours=True) != receipt.root
    ):
        receipt = None
    return Verdict(resend_from=stated.in_size, receipt=receipt)
