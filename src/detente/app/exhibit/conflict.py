"""The exhibit of a conflict: two signed statements that exclude each other (spec/log.md 11)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Final

from detente.app.exhibit import record
from detente.app.exhibit.record import Exhibit
from detente.app.face import say
from detente.app.verify import conflict as verify_conflict
from detente.core import checkpoint, conflict, epoch
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.conflict import Conflict, Proven
from detente.core.errors import OurFault, TheirFault
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain

_WORDS: Final = {
    conflict.FORKED: "forked",
    conflict.TOOK_BACK: "took_back",
    conflict.RECEIPT: "receipt_against",
}


def is_one(data: bytes) -> bool:
    """Say whether a file begins as a conflict."""
    return data.startswith(conflict.MAGIC)


def make(name: str, data: bytes, chains: Mapping[str, Chain]) -> Exhibit:
    """Return the exhibit of a conflict under the cards of both parties.

    Raises OurFault: proof.cards without both cards, proof.shape for a file of another form,
    proof.invalid for one that shows nothing to a third party: then there is no page to make.
    """
    try:
        given = conflict.read(data)
        owner, _ = checkpoint.split_origin(given.origin)
        if owner not in chains:
            raise OurFault(
                "proof.cards", f"the file is of a log of {owner}", "give the cards of both parties"
            )
        found = conflict.judge(given, chains)
    except TheirFault as fault:
        raise OurFault("proof.shape", fault.what, fault.remedy) from fault
    if not found.kind:
        raise OurFault(
            "proof.invalid", verify_conflict.NOTHING, "ask the side that saw it for its file"
        )
    word = _WORDS[found.kind]
    return Exhibit(
        title=say("exhibit.title_conflict"),
        about=found.origin,
        marking="",
        marks=(),
        mark_names=(),
        verdict=say(f"exhibit.{word}", who=found.who or "", origin=found.origin,
                    first=f"{found.sizes[0]:,}", second=f"{found.sizes[1]:,}"),
        whole=tuple(_statements(given, found, chains)),
        proved=(say(f"exhibit.{word}_proved", who=found.who or ""),),
        not_proved=tuple(say(f"exhibit.{each}") for each in _not_proved(found.kind)),
        entries=(),
        receipts=(),
        parties=tuple(record.party(each) for _, each in sorted(chains.items())),
        how=tuple(
            say(f"exhibit.how_{step}", file=name) for step in ("cards_given", "digits", "verify")
        ),
        name=name,
        sha256=sha256(data).hexdigest(),
    )  # fmt: skip


def _not_proved(kind: str) -> tuple[str, ...]:
    said = ("not_which", "not_why")
    return said if kind == conflict.FORKED else (*said, "not_clock")


def _statements(given: Conflict, found: Proven, chains: Mapping[str, Chain]) -> Iterator[str]:
    owner, _ = checkpoint.split_origin(given.origin)
    # Only what was found signed; the rest of the file is its maker's word.
    if found.kind == conflict.TOOK_BACK:
        if found.who == owner:
            yield _stated(owner, given.held)
        else:
            yield _receipted(given.held_receipt)
        end = epoch.closing(epoch.read(given.note), given.origin)
        size = f"{end.size:,}" if end else "0"
        yield say("exhibit.stated_end", who=found.who or "", size=size)
        return
    yield _stated(owner, given.held)
    if found.kind == conflict.RECEIPT:
        yield _receipted(given.stated_receipt)
        return
    without_leg = conflict.judge(replace(given, leg=None), chains)
    yield _stated(owner, given.stated if without_leg.kind else given.leg)


def _stated(who: str, head: Checkpoint | PqSignature | None) -> str:
    assert head is not None, "it was compared"
    return say("exhibit.stated", who=who, size=f"{head.size:,}", root=head.root.hex())


def _receipted(given: Cosignature | None) -> str:
    assert given is not None, "it was compared"
    at = record.time_shown(given.time * 1000)
    return say("exhibit.stated_receipt", size=f"{given.size:,}", root=given.root.hex(), at=at)
