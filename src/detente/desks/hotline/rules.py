"""Decisions of the hotline. Pure: the same on both sides, from the records that both hold."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core.moment import Moment, Span

HOUR: Final = Span.of(hours=1)
WINDOW: Final = Span.of(
    minutes=4
)  # after the full hour a test and its answer are there; an alert follows
PRESENT_FOR: Final = Span.of(hours=12)  # who entered and never left is not there for ever
_MATTER: Final = b"detente/v1/hotline-test\n"
_MATTER_CHARS: Final = 32
CITED_MAX: Final = (
    400  # characters that somebody has looked through for terms: they stand in an address
)
_WORD: Final = re.compile(r"\w+(?:['\u2019]\w+)*")
_SENTENCE: Final = re.compile(r"[.,;:!?\u2026]+(?=\s|$)|[()\[\]{}]|\s[-\u2013\u2014]+\s|\n\s*\n")
_UNSEEN: Final = {0xAD: None, 0x301: None}  # a soft hyphen; the stress mark of Russian books


def day_of(at: Moment) -> str:
    """Return the day of a moment, as 2026-11-22."""
    return str(at)[:10]


@dataclass(frozen=True, slots=True)
class Step:
    """That somebody entered the line or left it, by their side's clock."""

    party: str
    role: str
    name: str
    enters: bool
    at: Moment
    mid: bytes


@dataclass(frozen=True, slots=True)
class Stay:
    """That somebody was at the line. left: None if nobody said when."""

    party: str
    role: str
    name: str
    entered: Moment
    left: Moment | None


def stays(steps: Iterable[Step]) -> list[Stay]:
    """Return who was at the line from when to when, the first first.

    Who enters again while there stays; who does not leave counts for PRESENT_FOR, and then enters anew.
    """
    found: list[Stay] = []
    here: dict[tuple[str, str], Step] = {}
    for step in sorted(steps, key=lambda each: (each.at, each.mid)):
        who = step.party, step.name
        known = here.get(who)
        if known is not None and step.at - known.at >= PRESENT_FOR:
            found.append(_stay(here.pop(who), None))
            known = None
        if known is None and step.enters:
            here[who] = step
        elif known is not None and not step.enters:
            found.append(_stay(here.pop(who), step.at))
    found += [_stay(each, None) for each in here.values()]
    return sorted(found, key=lambda each: (each.entered, each.party, each.name))


def _stay(entered: Step, left: Moment | None) -> Stay:
    return Stay(entered.party, entered.role, entered.name, entered.at, left)


def touches(stay: Stay, begin: Moment, end: Moment) -> bool:
    """Say whether somebody was there at some moment of a span."""
    until = stay.left or stay.entered + PRESENT_FOR
    return stay.entered < end and until > begin


def slot_of(now: Moment) -> Moment:
    """Return the full hour in which a moment lies."""
    return Moment(now.ms - now.ms % HOUR.ms)


def sends(own: str, peer: str, slot: Moment) -> bool:
    """Say whether we send the test of an hour: on even hours the party whose name sorts first."""
    is_even = slot.ms // HOUR.ms % 2 == 0
    return (own < peer) == is_even


def matter_of(own: str, peer: str, slot: Moment) -> str:
    """Return the matter of an hour's test: both sides know it before anything came."""
    told = "\n".join((*sorted((own, peer)), str(slot)))
    return sha256(_MATTER + told.encode()).hexdigest()[:_MATTER_CHARS]


def is_late(slot: Moment, now: Moment) -> bool:
    """Say whether what belongs to an hour's test should be here."""
    return now - slot >= WINDOW


def other_end(author: str, to: Sequence[str], *, ours: bool) -> str:
    """Return the party at the other end of a message; "" if it went to several."""
    if not ours:
        return author
    others = {address.partition("@")[2] for address in to} - {author}
    return others.pop() if len(others) == 1 else ""


@dataclass(frozen=True, slots=True)
class Said:
    """What one party last said of a concept: its two wordings by language, and its stand."""

    wordings: frozenset[tuple[str, str]]
    stand: str


def standing(said: Mapping[str, Said]) -> str:
    """Return how a concept stands between two parties, from what each last said of it.

    agreed: both hold the same wordings, and neither disagrees. disagreed: one says so, or they hold
    different ones. proposed: only one spoke, and does not disagree.
    """
    stands = [each.stand for each in said.values()]
    if "disagree" in stands or len({each.wordings for each in said.values()}) > 1:
        return "disagreed"
    both = len(said) > 1 and "agree" in stands
    return "agreed" if both else "proposed"


def cited(text: str, terms: Mapping[str, Collection[str]]) -> list[str]:
    """Return the names of terms one of whose wordings stands in a text, in the order of `terms`.

    A wording is found as whole words, in either language, whatever their case and the blanks between
    them; a hyphen parts words, the end of a sentence is never inside a wording. Only the very forms
    that are listed are found: no inflection is undone, so "инцидента" is none of "инцидент".
    """
    listed = {name: {_words(each) for each in found} - {()} for name, found in terms.items()}
    lengths = {len(each) for found in listed.values() for each in found}
    there = {
        part[place : place + length]
        for part in map(_words, _SENTENCE.split(text))
        for length in lengths
        for place in range(len(part) - length + 1)
    }
    return [name for name, found in listed.items() if found & there]


def _words(text: str) -> tuple[str, ...]:
    plain = unicodedata.normalize("NFC", text.translate(_UNSEEN)).casefold()
    return tuple(_WORD.findall(plain.replace("\u0451", "\u0435")))


def readiness(
    *, test: bool, answer: str, missed: Collection[str], slot: Moment, now: Moment
) -> str:
    """Return how an hour stands: ready, sealed, changed, missed, waiting or none.

    answer: the result that was told back, "" while there is none. missed: sides that were entered as
    missed here. none: no test and nobody missed one: there was no line to test, or no program.
    """
    if missed:
        return "missed"
    if test and answer:
        return {"whole": "ready"}.get(answer, answer)
    if slot > now:
        return "none"
    if not is_late(slot, now):
        return "waiting"
    return "missed" if test else "none"
