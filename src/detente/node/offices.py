"""Several offices at one node, each with desks of its own. Source: spec/link.md 9.1.

An office sees the records that one of its desks wrote or is addressed by, and those of the node's
own desk; it hands in records of its desks alone. A text goes once every office has read it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from detente.core import names, purged, record
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment
from detente.node.ports import Answer, Hatch, Kept, Level, PathSeen, PeerCard, Told
from detente.node.ports_stage import BlobState

_NEVER: Final = Moment(0)
_TURNS_MAX: Final = 1_000  # reads of one answer; the next question goes on where it ended


class Readers:
    """How far each office has read, put together for the node."""

    def __init__(self, node: Hatch) -> None:
        self._node = node
        self._places: dict[str, Mapping[str, int]] = {}
        self._awaits: dict[str, Sequence[bytes]] = {}

    def know(self, offices: Collection[str]) -> None:
        """Hear which offices there are: one that has said nothing has read nothing."""
        self._places = {each: self._places.get(each, {}) for each in offices}
        self._awaits = {each: self._awaits.get(each, ()) for each in offices}

    def said(self, office: str, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Hear how far one office has read."""
        self._places[office], self._awaits[office] = places, awaits
        origins = {origin for each in self._places.values() for origin in each}
        least = {
            origin: min(each.get(origin, 0) for each in self._places.values()) for origin in origins
        }
        self._node.have_read(least, [mid for each in self._awaits.values() for mid in each])


class OfficeView:
    """The hatch of one office among several: what its desks may see and do."""

    def __init__(
        self, node: Hatch, party: str, desks: Collection[str], office: str, readers: Readers
    ) -> None:
        """`office` names it to the readers; `party` is ours."""
        self._node, self._party, self._desks = node, party, frozenset(desks)
        self._office, self._readers = office, readers
        self._gaps: dict[str, tuple[int, int]] = {}  # runs of each log that hold nothing for it

    def _sees(self, envelope: bytes) -> bool:
        if not envelope:
            return True  # nothing is known of it, and nothing of it is left
        try:
            header = record.read_header(purged.rest_of(envelope).header)
        except TheirFault:
            return True  # whoever reads it says that it is none
        addresses = (header.from_, *header.to)
        desks = {names.desk_of(each) for each in addresses if self._is_ours(each)}
        writer = names.desk_of(header.from_)
        return bool(desks & self._desks) or names.NODE_DESK in (writer, *desks)

    def _is_ours(self, address: str) -> bool:
        return names.party_of(address) == self._party

    def submit(self, envelopes: Sequence[bytes], now: Moment) -> list[Answer]:
        """Hand in records of its own desks; see ports.Hatch."""
        refused = {i: each for i, one in enumerate(envelopes) if (each := self._refusal(one))}
        taken = [each for i, each in enumerate(envelopes) if i not in refused]
        answers = iter(self._node.submit(taken, now) if taken else ())
        return [refused[i] if i in refused else next(answers) for i in range(len(envelopes))]

    def _refusal(self, envelope: bytes) -> Answer | None:
        try:
            header = record.read_header(purged.rest_of(envelope).header)
        except TheirFault:
            return None  # the node says what is wrong with it
        desk = names.desk_of(header.from_)
        if desk in self._desks:
            return None
        what = f"{header.from_} is no desk of this office"
        return Answer(b"", "E_DESK", what, "send from a desk of this office: detente hatch list")

    def since(self, places: Mapping[str, int], count_max: int, bytes_max: int) -> list[Kept]:
        """Return its records from these places on; see ports.Hatch.

        Where there are none, the last of a run of others' records, with an empty envelope.
        """
        at = {origin: self._past(origin, place) for origin, place in places.items()}
        for level in self._node.levels():
            at.setdefault(level.origin, self._past(level.origin, 0))
        for _ in range(_TURNS_MAX):
            rows = self._node.since(at, count_max, bytes_max)
            found = [each for each in rows if self._sees(each.envelope)]
            if found:
                return found
            if not rows:
                return self._ends(places, count_max)
            for each in rows:
                start = self._gaps.get(each.origin, (0, 0))
                begin = start[0] if start[1] == each.seq else each.seq
                self._gaps[each.origin] = begin, each.seq + 1
                at[each.origin] = each.seq + 1
        return self._ends(places, count_max)

    def _ends(self, places: Mapping[str, int], count_max: int) -> list[Kept]:
        # Where a run of others' records ends, an empty row stands for it: so that an office that
        # reads comes to the end of each log.
        found = []
        for origin, place in places.items():
            end = self._past(origin, place)
            if end > place:
                found.append(Kept(origin, end - 1, _NEVER, b""))
        return found[:count_max]

    def _past(self, origin: str, place: int) -> int:
        start, end = self._gaps.get(origin, (0, 0))
        return end if start <= place < end else place

    def have_read(self, places: Mapping[str, int], awaits: Sequence[bytes]) -> None:
        """Say how far this office has read; see ports.Hatch."""
        read = {origin: self._past(origin, place) for origin, place in places.items()}
        for origin, (start, end) in self._gaps.items():
            if start == 0:
                read.setdefault(origin, end)
        self._readers.said(self._office, read, awaits)

    def levels(self) -> Sequence[Level]:
        """Return every log with its sizes and state."""
        return self._node.levels()

    def cards(self) -> Sequence[PeerCard]:
        """Return this party's own card first, then every peer's."""
        return self._node.cards()

    def told(self) -> Sequence[Told]:
        """Return how far each peer has our cards."""
        return self._node.told()

    def paths(self) -> Sequence[PathSeen]:
        """Return every path to every peer."""
        return self._node.paths()

    def prove(self, origin: str, seq: int) -> bytes:
        """Return the proof file of one of its records; see ports.Hatch."""
        places = {each.origin: each.size for each in self._node.levels()} | {origin: seq}
        for each in self._node.since(places, 1, 1):
            if (each.origin, each.seq) == (origin, seq) and not self._sees(each.envelope):
                raise OurFault(
                    "proof.unknown", f"record {seq} in {origin} is of no desk of this office",
                    "ask the office of its desk",
                )  # fmt: skip
        return self._node.prove(origin, seq)

    def attend(self, desk: str, now: Moment) -> None:
        """Say that somebody is at one of its desks. Raises OurFault("office.no_desk")."""
        self._check_desk(desk)
        self._node.attend(desk, now)

    def head(self, origin: str) -> bytes:
        """Return the signed head of a home log; see ports.Hatch."""
        return self._node.head(origin)

    def leave(self, desk: str, now: Moment) -> None:
        """Say that nobody is at one of its desks. Raises OurFault("office.no_desk")."""
        self._check_desk(desk)
        self._node.leave(desk, now)

    def _check_desk(self, desk: str) -> None:
        if desk not in self._desks:
            raise OurFault(
                "office.no_desk",
                f"{desk[:40]!r} is no desk of this office",
                f"choose one of: {', '.join(sorted(self._desks))}",
            )

    # Files go by handles and names that only their desks know.

    def stage_begin(self, handle: bytes, size: int, chunks: int, now: Moment) -> None:
        """Begin an attachment; see ports_stage.StageHatch."""
        self._node.stage_begin(handle, size, chunks, now)

    def stage_chunks(self, handle: bytes, chunks: Sequence[bytes], now: Moment) -> None:
        """Hand in the next chunks; see ports_stage.StageHatch."""
        self._node.stage_chunks(handle, chunks, now)

    def stage_end(self, handle: bytes, now: Moment) -> bytes:
        """Return the aid of what was handed in; see ports_stage.StageHatch."""
        return self._node.stage_end(handle, now)

    def blob_chunks(self, aid: bytes, first: int, count: int) -> Iterable[bytes]:
        """Yield chunks that are here; see ports_stage.StageHatch."""
        return self._node.blob_chunks(aid, first, count)

    def blob_lent(self, aid: bytes, first: int, count: int) -> tuple[int, int] | None:
        """Lend the file to who stands on this machine; see ports_stage.StageHatch."""
        return self._node.blob_lent(aid, first, count)

    def blob_states(self, aids: Sequence[bytes]) -> Sequence[BlobState]:
        """Return how far attachments are; see ports_stage.StageHatch."""
        return self._node.blob_states(aids)
