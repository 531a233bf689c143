"""What an office takes from its node: answers that fit what was asked, and no others.

A node that was taken over may hand in rows that are well formed and cannot be: a log under another
party's name, records out of order, a place beyond the end. They are passed over and shown to
people, and the rest goes on. Source: spec/link.md 9.2.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.node.odd import Odd, fault
from detente.node.ports import HOME, Answer, Hatch, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState

_STATE: Final = re.compile(r"[A-Z][A-Z_]{1,31}")
_LATE: Final = frozenset({"", "PQ_LATE", "UNCONFIRMED"})
_HOME_TAIL: Final = re.compile(r"home-[a-z2-7]{16}")
_LOG: Final = "/detente/"


class Heard:
    """A hatch whose answers are judged. `own` is our party, once its card is believed."""

    def __init__(self, hatch: Hatch, odd: Odd | None = None) -> None:
        self._hatch = hatch
        self.odd = Odd() if odd is None else odd
        self.own = ""
        self._sizes: dict[str, int] = {}

    def levels(self) -> list[Level]:
        """Return every log that can be, each once."""
        found: dict[str, Level] = {}
        for level in self._hatch.levels():
            why = _why_not(level, self.own)
            if not why and level.origin in found:
                why = "it is named twice"
            if why:
                self.odd.note(f"log {level.origin}", why)
            else:
                self.odd.forget(f"log {level.origin}")
                found[level.origin] = _cut(level)
        self._sizes = {each.origin: each.size for each in found.values()}
        return list(found.values())

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return records of logs from these places on, each log in order and up to its end.

        Of a log in which one cannot be, what stands before it.
        """
        at, found, stopped = dict(places), list[Kept](), set[str]()
        for kept in self._hatch.since(places, count_max, bytes_max):
            origin = kept.origin
            if origin in stopped:
                continue
            if kept.seq >= self._sizes.get(origin, 0):
                stopped.add(origin)  # it grew since its size was asked: that is news, and comes
            elif kept.seq < at.get(origin, 0):
                stopped.add(origin)
                self.odd.note(f"records of {origin}", f"number {kept.seq} is not what was asked")
            else:
                found.append(kept)
                at[origin] = kept.seq + 1
        return found

    def one(self, origin: str, place: int) -> Kept:
        """Return one record by its place. Raises OurFault("hatch.row") if the node has no such."""
        where = f"record {place} of {origin}"
        asked = dict.fromkeys(self._sizes, 2**53) | {origin: place}
        for kept in self._hatch.since(asked, 1, 1):
            if (kept.origin, kept.seq) == (origin, place):
                self.odd.forget(where)
                return kept
        self.odd.note(where, "it was here before and is not handed in")
        raise fault(f"{where} was here before, and the node does not hand it in")

    def cards(self) -> Sequence[PeerCard]:
        """Return this party's own card first, then every peer's."""
        return self._hatch.cards()

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> Sequence[Answer]:
        """Hand in records; see ports.Hatch."""
        return self._hatch.submit(envelopes, now)

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Say how far this office has read; see ports.Hatch."""
        self._hatch.have_read(places, awaits)

    def told(self) -> Sequence[Told]:
        """Return how far each peer has our cards."""
        return self._hatch.told()

    def paths(self) -> list[PathSeen]:
        """Return every path to every peer that can be one."""
        found = []
        for each in self._hatch.paths():
            if names.is_party(each.party) and each.path.isprintable():
                found.append(each)
            else:
                self.odd.note("paths", "it is no path to a party")
        return found

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one record; see ports.Hatch."""
        return self._hatch.prove(origin, seq)

    def head(self, origin: str) -> bytes:
        """Return the signed head of a home log; see ports.Hatch."""
        return self._hatch.head(origin)

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at a desk; see ports.Hatch."""
        self._hatch.attend(desk, now)

    def leave(self, desk: str, now: Moment) -> None:
        """Say that nobody is at a desk; see ports.Hatch."""
        self._hatch.leave(desk, now)

    # Files: what they hold is checked against the hash in their record.

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        """Begin an attachment; see ports_stage.StageHatch."""
        self._hatch.stage_begin(handle, size, chunks, now)

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        """Hand in the next chunks; see ports_stage.StageHatch."""
        self._hatch.stage_chunks(handle, chunks, now)

    def stage_end(self, handle: bytes, now: Moment) -> bytes:
        """Return the aid of what was handed in; see ports_stage.StageHatch."""
        return self._hatch.stage_end(handle, now)

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Iterable[bytes]:
        """Return chunks that are here; see ports_stage.StageHatch."""
        return self._hatch.blob_chunks(aid, first, count)

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        """Lend the file to who stands on this machine; see ports_stage.StageHatch."""
        return self._hatch.blob_lent(aid, first, count)

    def blob_states(self, aids: Sequence[bytes]) -> Sequence[BlobState]:
        """Return how far attachments are; see ports_stage.StageHatch."""
        return self._hatch.blob_states(aids)


def _cut(level: Level) -> Level:
    # A receipt for more than a log holds is one for what it holds.
    receipted, confirmed = min(level.receipted, level.size), min(level.confirmed, level.size)
    if (receipted, confirmed) == (level.receipted, level.confirmed):
        return level
    return replace(level, receipted=receipted, confirmed=confirmed)


def _why_not(level: Level, own: str) -> str:
    owner, found, tail = level.origin.partition(_LOG)
    if not found or not names.is_party(owner) or owner != level.owner:
        return f"it is no log of {level.owner}"
    if level.peer:
        if not names.is_party(level.peer) or not names.LINK_ID.fullmatch(tail):
            return "it is the log of no link"
        if tail != level.link_id or own == level.peer:
            return "it is the log of another link"
        if own and owner not in (own, level.peer):
            return "its owner is neither of the two parties of its link"
    elif not _HOME_TAIL.fullmatch(tail) or (own and owner != own):
        return "it is no home log of ours"
    if level.late not in _LATE or (level.state != HOME and not _STATE.fullmatch(level.state)):
        return "its state is none"
    if not all(map(names.DESK.fullmatch, (*level.attended, *level.unattended))):
        return "it names desks that cannot be"
    return ""
