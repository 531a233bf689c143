"""Call words: what two desks say on any telephone to know each other by.

Both derive them from a secret that only the two desks hold, the party that speaks, and the minute.
Normative: spec/kinds/hotline.md 6. What they prove and what not: docs/decisions/0080.
"""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.hotline.formats import words_en, words_ru

COUNT: Final = 3  # words: 30 bits
MINUTE: Final = Span.of(minutes=1)
NEAR: Final = (0, -1, 1)  # minutes that are taken for this one, this one first
LISTS: Final = {"en": words_en.WORDS, "ru": words_ru.WORDS}
_BITS: Final = 10  # of one word; a list has 2**10
_SECRET: Final = b"detente/v1/call-secret\n"
_WORDS: Final = b"detente/v1/call-words\n"
_MARK: Final = b"detente/v1/call-mark\n"


@dataclass(frozen=True, slots=True)
class Half:
    """What one desk gave to the secret: its party, the record that gave it, and 32 bytes."""

    party: str
    mid: bytes
    seed: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """The two halves of one secret."""

    one: Half
    other: Half

    @property
    def _ordered(self) -> tuple[Half, Half]:
        assert self.one.party != self.other.party, "a half of each"
        halves = sorted((self.one, self.other), key=lambda half: half.party)
        return halves[0], halves[1]

    @property
    def secret(self) -> bytes:
        """The 32 bytes from which words are derived: equal at both desks."""
        told = b"".join(_line(half.party) + half.mid + half.seed for half in self._ordered)
        return sha256(_SECRET + told).digest()

    @property
    def mark(self) -> str:
        """Four hexadecimal digits by which people tell one pair from another; no secret."""
        return sha256(_MARK + b"".join(half.mid for half in self._ordered)).hexdigest()[:4]


def _line(party: str) -> bytes:
    return party.encode() + b"\n"


def minute_of(now: Moment) -> int:
    """Return the minute since 1970 in which a moment lies."""
    return now.ms // MINUTE.ms


def start_of(minute: int) -> Moment:
    """Return when a minute begins."""
    return Moment(minute * MINUTE.ms)


def places(secret: bytes, speaker: str, minute: int) -> tuple[int, ...]:
    """Return the places of a minute's words in either list, for the party that speaks them.

    secret: 32 bytes. The upper 30 bits of HMAC-SHA-256, ten a word.
    """
    message = _WORDS + _line(speaker) + minute.to_bytes(8, "big")
    found = int.from_bytes(hmac.digest(secret, message, "sha256")[:4], "big") >> 2
    mask = (1 << _BITS) - 1
    return tuple(found >> (_BITS * left) & mask for left in range(COUNT - 1, -1, -1))


def words(secret: bytes, speaker: str, minute: int, language: str) -> str:
    """Return the words of a minute in a language of LISTS, with a blank between."""
    return " ".join(LISTS[language][place] for place in places(secret, speaker, minute))


def read(heard: str) -> tuple[int, ...] | None:
    """Return the places of words that somebody heard, of one list; None if they are none.

    Large letters, yo for ye, commas and hyphens between are no matter.
    """
    said = heard.lower().replace("\u0451", "\u0435").replace(",", " ").replace("-", " ").split()
    if len(said) != COUNT:
        return None
    for known in LISTS.values():
        if all(word in known for word in said):
            return tuple(known.index(word) for word in said)
    return None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What words that were heard are. said: match, before, after, ours, no or unknown.

    before, after: right in the minute before or after ours: clocks differ, or a line is slow. ours:
    they are our own, told back to us. pair: the mark of the pair that they are of, "" for none.
    """

    said: str
    pair: str = ""

    @property
    def is_good(self) -> bool:
        """Whether who said them is, as far as words tell, the other desk."""
        return self.said in ("match", "before", "after")


def judge(heard: str, pairs: Sequence[Pair], own: str, peer: str, minute: int) -> Verdict:
    """Return what words are that somebody said who claims to be the peer.

    pairs: the newest first; the first that fits counts.
    """
    found = read(heard)
    if found is None:
        return Verdict("unknown")
    for pair in pairs:
        for step, said in zip(NEAR, ("match", "before", "after"), strict=True):
            if places(pair.secret, peer, minute + step) == found:
                return Verdict(said, pair.mark)
    for pair in pairs:
        if any(places(pair.secret, own, minute + step) == found for step in NEAR):
            return Verdict("ours", pair.mark)
    return Verdict("no")
