"""Decisions of the CERT desk. Pure: the same in a test, in a rehearsal and on the day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from detente.core.moment import Moment
from detente.office.desk import MARKINGS

State = Literal["open", "overdue", "answered", "partly_withdrawn", "withdrawn"]
Version = tuple[str, str]  # id and modified; "" where an object has no modified


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """What a party took back of a bundle: all of it, or versions; modified "" means each version."""

    party: str
    all: bool
    versions: frozenset[Version]


def is_strict_enough(tlp: str, marked: str) -> bool:
    """Return whether a record's marking is at least as strict as that of what it carries."""
    return not marked or MARKINGS.index(tlp) >= MARKINGS.index(marked)


def withdrawn(
    party: str, versions: Iterable[Version], withdrawals: Iterable[Withdrawal]
) -> frozenset[Version]:
    """Return which versions of a bundle by `party` were taken back.

    Only the party that said it can take it back: a stranger's withdrawal changes nothing here.
    """
    own = [one for one in withdrawals if one.party == party]
    named = {version for one in own for version in one.versions}
    whole = any(one.all for one in own)
    return frozenset(
        version for version in versions if whole or version in named or (version[0], "") in named
    )


def state(
    count: int, withdrawn_count: int, *, answered: bool, deadline: Moment | None, now: Moment
) -> State:
    """Return where a bundle of `count` objects stands. A withdrawal says more than an answer."""
    if withdrawn_count == count:
        return "withdrawn"
    if withdrawn_count:
        return "partly_withdrawn"
    if answered:
        return "answered"
    return "overdue" if deadline is not None and now > deadline else "open"


def answerers(to: Iterable[str]) -> tuple[str, ...]:
    """Return the parties whose answer counts: those whom the bundle was sent to."""
    return tuple(sorted({address.partition("@")[2] for address in to}))
