"""What is searched for: words as people write them, and what a record is found by. Pure."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core import limits, names
from detente.core.moment import Moment
from detente.office.values import Values

_WORD: Final = re.compile(r"[^\W_]+")
# The same for ASCII: letters as small ones, digits as they are, all else as a gap.
_PLAIN: Final = "".join(chr(at).lower() if chr(at).isalnum() else " " for at in range(128))


@dataclass(frozen=True, slots=True)
class Findable:
    """A record as it is found: at is when it was first kept here; words as `words_of` gives them."""

    mid: bytes
    at: Moment
    desk: str
    kind: str
    matter: str
    prec: str
    tlp: str
    parties: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is asked for. desks: those that the person may read; nothing else is looked at.

    words: beginnings of words, all of which stand in it. since counts, until does not. "" and None:
    whatever it is. after: the last one of the page before.
    """

    desks: tuple[str, ...]
    words: tuple[str, ...] = ()
    kind: str = ""
    matter: str = ""
    prec: str = ""
    tlp: str = ""
    party: str = ""
    since: Moment | None = None
    until: Moment | None = None
    after: tuple[Moment, bytes] | None = None


def split(text: str) -> tuple[str, ...]:
    """Return the words of a text as they are compared: letters and digits, in small letters."""
    if text.isascii():  # nearly all that machines send; six times as fast
        return tuple(text.translate(_PLAIN).split())
    return tuple(_WORD.findall(text.casefold()))


def words_of(texts: Iterable[str]) -> str:
    """Return what stands in an index of these texts: at most MAX_FOUND_WORDS characters."""
    found = " ".join(" ".join(split(text)) for text in texts)
    return found[: limits.MAX_FOUND_WORDS]


def fits(found: Findable, sought: Sought) -> bool:
    """Say whether a record is what is sought, but for its place in the order."""
    have = f" {found.words}"
    return (
        found.desk in sought.desks
        and all(f" {word}" in have for word in sought.words)
        and sought.kind in ("", found.kind)
        and sought.matter in ("", found.matter)
        and sought.prec in ("", found.prec)
        and sought.tlp in ("", found.tlp)
        and (not sought.party or sought.party in found.parties)
        and (sought.since is None or found.at >= sought.since)
        and (sought.until is None or found.at < sought.until)
    )


def order(found: Findable) -> tuple[int, bytes]:
    """Return what results are sorted by, falling: the newest first."""
    return found.at.ms, found.mid


def findable(row: Values, texts: Sequence[str]) -> Findable:
    """Return a record as it is found, from its row in house_records and the texts that are sought."""
    parties = (row.text("from"), *row.texts("to"))
    return Findable(
        mid=row.data("mid"),
        at=row.moment("kept_at"),
        desk=row.text("desk"),
        kind=row.text("kind"),
        matter=row.text("matter"),
        prec=row.text("prec"),
        tlp=row.text("tlp"),
        parties=tuple(dict.fromkeys(map(names.party_of, parties))),
        words=words_of(texts),
    )
