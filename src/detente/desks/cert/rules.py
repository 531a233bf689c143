"""Decisions of the CERT desk. Pure: the same in a test, in a rehearsal and on the day."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from detente.core.moment import Moment
from detente.desks.cert.kinds import PERMISSIONS as _PAP
from detente.office.drafting import MARKINGS

State = Literal[
    "open", "overdue", "question", "held", "accepted", "declined", "answered",
    "partly_withdrawn", "withdrawn",
]  # fmt: skip
_LEAST_FIRST: Final[tuple[State, ...]] = (
    "open", "question", "held", "accepted", "declined", "answered",
)  # fmt: skip
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


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a bundle stands with one desk that it went to; due: when somebody owes a record."""

    state: str
    due: Moment | None = None


def state(count: int, withdrawn_count: int, stands: Iterable[Stand], now: Moment) -> State:
    """Return where a bundle of `count` objects stands.

    A withdrawal says more than an answer. Of several desks the one speaks that is least far.
    """
    if withdrawn_count == count:
        return "withdrawn"
    if withdrawn_count:
        return "partly_withdrawn"
    found = tuple(stands)
    if any(each.due is not None and now > each.due for each in found):
        return "overdue"
    states = {each.state for each in found}
    return next((each for each in _LEAST_FIRST if each in states), "open")


@dataclass(frozen=True, slots=True)
class Thing:
    """One object, as far as it decides whether it may go. tlp and pap: "" if nothing marks it."""

    type: str
    tlp: str = ""
    pap: str = ""
    is_unknown: bool = False  # a marking that nobody here can read
    sectors: tuple[str, ...] = ()  # that it says it is about


@dataclass(frozen=True, slots=True)
class Terms:
    """What an arrangement lets go; no types or sectors named means each."""

    upto: str
    pap: str = ""
    types: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()
    until: Moment | None = None


Why = Literal["", "unknown", "ended", "type", "tlp", "pap", "sector"]
_WITH_ALL: Final = ("marking-definition", "extension-definition")  # others cannot be read without


def why_not(thing: Thing, terms: Terms | None, now: Moment) -> Why:
    """Return why an object may not go to a party, "" if it may. terms: None where none were arranged.

    A marking that nobody can read is released to nobody, whatever was arranged.
    """
    if thing.is_unknown:
        return "unknown"
    if terms is None:
        return ""
    if terms.until is not None and now > terms.until:
        return "ended"
    if thing.type in _WITH_ALL:
        return ""
    if terms.types and thing.type not in terms.types:
        return "type"
    if thing.tlp and MARKINGS.index(thing.tlp) > MARKINGS.index(terms.upto):
        return "tlp"
    if thing.pap and terms.pap and _PAP.index(thing.pap) > _PAP.index(terms.pap):
        return "pap"
    if thing.sectors and terms.sectors and not set(thing.sectors) & set(terms.sectors):
        return "sector"
    return ""
