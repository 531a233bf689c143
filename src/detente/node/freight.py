"""Attachments of one link in courier files: what goes into the next file, and what theirs brought.

Normative: spec/courier.md 3.2.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detente.core import canon, limits, manifest
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.link import frames_stage
from detente.link.frames_stage import ATTACHMENT, PART_0, Chunk, Offer, Want
from detente.link.moves_stage import PeerLacks
from detente.node.ports import Tx
from detente.node.stage import Stage

RUNS_NAMED: Final = 16  # runs of missing blocks that we name; the last goes on to the end
_SIZE_MAX: Final = limits.KIB**2
_BULK: Final = 0
_FULL_CHUNK: Final = frames_stage.chunk_size(manifest.SEALED_CHUNK)


@dataclass(slots=True)
class _Load:
    """One attachment that files of ours brought in part: where the next one goes on.

    rounds: how often all of it was written. lacks: the blocks that the peer lacks by its newest
    word, as (first, end); None: it said nothing yet.
    """

    next: int = 0
    rounds: int = 0
    lacks: list[tuple[int, int]] | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """What of one attachment goes into one file."""

    offer: Offer
    blocks: tuple[tuple[int, int], ...]  # runs of (first, end), in the order they are written

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        parts = (
            frames_stage.chunk_size(manifest.part_size(part, self.offer.blocks))
            for part in range(frames_stage.parts_of(self.offer))
        )
        chunks = sum(_chunks_size(self.offer, first, end) for first, end in self.blocks)
        return frames_stage.OFFER_SIZE + sum(parts) + chunks


def _chunks_size(offer: Offer, first: int, end: int) -> int:
    # All chunks but the last of the attachment are equally long.
    if first >= end:
        return 0
    last = frames_stage.chunk_size(manifest.span(end - 1, offer.size)[1])
    return (end - 1 - first) * _FULL_CHUNK + last


@dataclass(frozen=True, slots=True)
class Plan:
    """The attachments of one file, and the bytes of chunks that wait for another."""

    parts: tuple[Part, ...] = ()
    left: int = 0

    @property
    def size(self) -> int:
        """Bytes of its frames."""
        return sum(part.size for part in self.parts)

    @property
    def held(self) -> int:
        """Bytes of chunks in it."""
        return sum(_bytes(part.offer, *run) for part in self.parts for run in part.blocks)

    def content(self, stage: Stage) -> Iterator[bytes]:
        """Return its frames, read as they are asked for.

        Raises OurFault("carry.blob") for a chunk that the disk lost; then it is known as missing.
        """
        for part in self.parts:
            offer = part.offer
            yield frames_stage.offer(offer, _BULK)
            for number in range(frames_stage.parts_of(offer)):
                yield _read(stage, offer, PART_0 - number)
            for first, end in part.blocks:
                for number in range(first, end):
                    yield _read(stage, offer, number)


NOTHING: Final = Plan()


def _read(stage: Stage, offer: Offer, number: int) -> bytes:
    found = stage.read(offer.hash, number, 1)
    if not found:
        stage.lose(offer.hash, number)
        raise OurFault(
            "carry.blob",
            f"the attachment {offer.hash.hex()[:16]}… is damaged on this node's disk",
            "write the file again: it goes without it; then: detente check",
        )
    return frames_stage.chunk(Chunk(offer.hash, number, found[0][1]), _BULK)


@dataclass(slots=True)
class Freight:
    """What is remembered of the attachments of one link, for its files.

    heard: what files of the peer offered, newest last, and whether it was whole here.
    """

    name: str
    loads: dict[bytes, _Load] = field(default_factory=dict)
    heard: dict[bytes, bool] = field(default_factory=dict)

    # What theirs brought.

    def hear(self, name: bytes) -> None:
        """Remember that a file offered something: our next one says what of it is here."""
        self.heard[name] = self.heard.pop(name, False)
        while len(self.heard) > limits.MAX_OFFERS:
            del self.heard[next(iter(self.heard))]

    def lacks(self, given: PeerLacks) -> None:
        """Take note of a run of blocks that the peer lacks."""
        load = self.loads.setdefault(given.hash, _Load())
        if given.begins or load.lacks is None:
            load.next, load.lacks = 0, []
        load.lacks.append((given.first, given.first + given.blocks))

    def answers(self, stage: Stage) -> list[bytes]:
        """Return WANT frames: what is here of all that files offered, and which blocks are not."""
        found: list[bytes] = []
        for name, whole in self.heard.items():
            blob = stage.find(name)
            if whole or (blob is not None and blob.whole):
                self.heard[name] = True
                found.append(frames_stage.want(Want(name, 0, 0), _BULK))
            elif blob is not None:
                runs = _missing(blob.held, blob.blocks)
                found += (
                    frames_stage.want(Want(name, first, end - first), _BULK) for first, end in runs
                )
        return found

    # What ours brings.

    def plan(self, names: Sequence[bytes], stage: Stage, room: int) -> Plan:
        """Return what of the attachments that are due fits into so many bytes of content.

        names: what the peer shall have and has not, the oldest first.
        """
        due: list[tuple[Offer, _Load]] = []
        for name in names:
            blob = stage.find(name)
            if blob is not None and blob.whole and blob.what == ATTACHMENT:
                offer = Offer(name, ATTACHMENT, blob.size, blob.blocks)
                due.append((offer, self.loads.get(name, _Load())))
        self.loads = {offer.hash: load for offer, load in due}
        due.sort(key=lambda each: each[1].rounds)  # what waited longest goes first
        parts: list[Part] = []
        left = 0
        for offer, load in due:
            part = _fit(offer, load, room)
            if part is not None:
                parts.append(part)
                room -= part.size
            left += _left(offer, load, part)
            _move(offer, load, part)
        return Plan(tuple(parts), left)

    def keep(self, tx: Tx) -> None:
        """Write it into the store."""
        loads: list[Json] = [
            {
                "aid": canon.to_base64(name), "next": load.next, "rounds": load.rounds,
                "lacks": None if load.lacks is None else [[*run] for run in load.lacks],
            }
            for name, load in self.loads.items()
        ]  # fmt: skip
        heard: list[Json] = [[canon.to_base64(name), whole] for name, whole in self.heard.items()]
        if loads or heard or tx.note(_note(self.name)) is not None:
            tx.set_note(_note(self.name), canon.encode({"loads": loads, "heard": heard}))


def _note(name: str) -> str:
    return f"freight:{name}"


def load(tx: Tx, name: str) -> Freight:
    """Read it from the store; of a link that never saw an attachment in a file, an empty one."""
    data = tx.note(_note(name))
    found = Freight(name)
    if data is None:
        return found
    value: Any = canon.decode_object(data, _SIZE_MAX)  # as it was written
    for each in value["loads"]:
        lacks = each["lacks"]
        runs = None if lacks is None else [(first, end) for first, end in lacks]
        found.loads[canon.from_base64(each["aid"])] = _Load(each["next"], each["rounds"], runs)
    for name_, whole in value["heard"]:
        found.heard[canon.from_base64(name_)] = whole
    return found


def _runs(offer: Offer, load: _Load) -> list[tuple[int, int]]:
    # From where the last file stopped, then from the beginning.
    runs = [(0, offer.blocks)] if load.lacks is None else load.lacks
    runs = [(first, min(end, offer.blocks)) for first, end in runs]
    later = [(max(first, load.next), end) for first, end in runs if end > load.next]
    sooner = [(first, min(end, load.next)) for first, end in runs if first < load.next]
    return [run for run in (*later, *sooner) if run[0] < run[1]]


def _fit(offer: Offer, load: _Load, room: int) -> Part | None:
    room -= Part(offer, ()).size
    taken: list[tuple[int, int]] = []
    for first, end in _runs(offer, load):
        count = min(end - first, max(0, room) // _FULL_CHUNK)
        if 0 < end - first - count <= 1 and _chunks_size(offer, first, end) <= room:
            count = end - first  # the last chunk is shorter
        if count <= 0:
            break
        taken.append((first, first + count))
        room -= _chunks_size(offer, first, first + count)
        if count < end - first:
            break
    # Of an attachment whose blocks are all there the offer alone asks for the word that they are.
    return Part(offer, tuple(taken)) if taken or (room >= 0 and not _runs(offer, load)) else None


def _left(offer: Offer, load: _Load, part: Part | None) -> int:
    total = sum(_bytes(offer, first, end) for first, end in _runs(offer, load))
    return total - sum(_bytes(offer, *run) for run in (part.blocks if part else ()))


def _bytes(offer: Offer, first: int, end: int) -> int:
    start, size = manifest.span(end - 1, offer.size)
    return start + size - manifest.span(first, offer.size)[0]


def _move(offer: Offer, load: _Load, part: Part | None) -> None:
    if part is None or not part.blocks:
        return
    runs, last = _runs(offer, load), part.blocks[-1][1]
    whole = _left(offer, load, part) == 0
    passed_end = any(first < load.next for first, _ in part.blocks)
    at_end = last >= max(end for _, end in runs)
    load.next = 0 if whole or at_end else last
    load.rounds += whole or at_end or passed_end


def _missing(held: bytes, blocks: int) -> Sequence[tuple[int, int]]:
    """Return the first runs of blocks that are not here; the last stands for all after it."""
    runs: list[tuple[int, int]] = []
    first: int | None = None
    for index in range(blocks + 1):
        here = index == blocks or bool(held[index >> 3] >> (index & 7) & 1)
        if not here and first is None:
            first = index
        if here and first is not None:
            runs.append((first, index))
            first = None
            if len(runs) == RUNS_NAMED:
                runs[-1] = (runs[-1][0], blocks)
                break
    return runs
