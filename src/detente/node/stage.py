"""The stage: attachments and large envelopes in blocks, on their way in, and kept.

Bytes lie in files named by hash, rows say what of them is durable. A block is checked when it
comes, so what is here is right; what a crash takes is asked for again. Normative: spec/link.md 11.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import envelope as envelopes
from detente.core import limits, manifest, tree
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.link.frames_stage import ATTACHMENT, BLOCK, ENVELOPE, PART_0, Offer
from detente.node.ports import Store
from detente.node.ports_stage import Blob

NOTE_BYTES: Final = 16 * limits.KIB**2  # kept since what is held was noted durably
NOTE_AFTER: Final = Span(5_000)
SWEEP_EVERY: Final = Span(3_600_000)
TICK_MOST: Final = SWEEP_EVERY  # of age that passes between two ticks
LOOSE_AFTER: Final = Span(7 * 86_400_000)  # then what no record names is forgotten
RESERVE_SHARE: Final = 20  # of the disk: a twentieth of it, or RESERVE_BYTES if that is less
RESERVE_BYTES: Final = 2 * limits.KIB**3
FREE_SHARE: Final = 4  # one thing staged takes at most a quarter of what is free
UPLOAD: Final = "up-"  # how files of attachments that our office is handing in are named
LENT: Final = 64  # places kept open in memory


_NEVER: Final = Moment(0)
_AGE: Final = "stage_age"


@dataclass(slots=True)
class Place:
    """Something in blocks as it is filled: its row, the bits that are set, and what is not noted."""

    blob: Blob
    held: bytearray
    count: int
    fresh: int = 0
    noted_at: Moment = _NEVER
    part: int = -1
    hashes: bytes = b""

    def holds(self, index: int) -> bool:
        """Say whether a block is here."""
        return bool(self.held[index >> 3] >> (index & 7) & 1)

    @property
    def numbers(self) -> tuple[int, int, int]:
        """What it is, its bytes and its blocks."""
        return self.blob.what, self.blob.size, self.blob.blocks

    @property
    def parts(self) -> int:
        """How many parts its manifest has."""
        return manifest.parts_of(self.blob.blocks) if self.blob.what == ATTACHMENT else 0


class Stage:
    """All that one node holds in blocks."""

    def __init__(self, store: Store) -> None:
        self._store, self._blobs = store, store.blobs
        self._open: dict[bytes, Place] = {}
        self.is_low = False
        self.wholes = 0  # how often something became whole: the office hears of it
        with store.begin() as tx:
            known = {name.hex() for name in tx.blob_names()}
            self.age = Moment(int(tx.note(_AGE) or b"0"))
        self._swept_at = self.age
        self._ticked_at: Moment | None = None
        for name in self._blobs.names():
            if name not in known:  # left by a crash, or never finished
                self._blobs.remove(name)

    # Room.

    def reserve(self) -> tuple[int, int]:
        """Return the bytes free on the disk, and how many must stay so."""
        free, size = self._blobs.free()
        return free, min(size // RESERVE_SHARE, RESERVE_BYTES)

    def see_disk(self) -> bool:
        """Look whether the disk has less than its reserve: then nothing large is taken in."""
        free, reserve = self.reserve()
        self.is_low = free < reserve
        return self.is_low

    def has_room(self, size: int) -> bool:
        """Say whether something of so many bytes may be taken in at all."""
        free, reserve = self.reserve()
        return size <= free // FREE_SHARE and free - size >= reserve

    # In.

    def open(self, owner: str, offer: Offer) -> Place | None:
        """Return where blocks of this go; None if there is no room for it now.

        Raises TheirFault("E_STAGE") if it stands here whole with other numbers.
        """
        place = self._find(offer.hash)
        if place is not None and place.numbers != offer[1:]:
            if place.blob.whole:
                raise TheirFault(
                    "E_STAGE", "other numbers than what has this hash", "offer it anew"
                )
            self.drop(offer.hash)  # one of two lies, and a manifest will tell which
            place = None
        if place is not None:
            return place
        with self._store.begin() as tx:
            taken = tx.staged_bytes(owner)
            if taken + offer.size > limits.MAX_STAGED or not self.has_room(offer.size):
                return None
            held = bytearray(-(-offer.blocks // 8))
            blob = Blob(*offer, bytes(held), whole=False, owner=owner, at=self.age)
            tx.put_blob(blob)
        return self._lend(Place(blob, held, 0, noted_at=self.age))

    def _lend(self, place: Place) -> Place:
        while len(self._open) >= LENT:
            oldest = next(iter(self._open))
            self._note(self._open[oldest])
            del self._open[oldest]
        self._open[place.blob.hash] = place
        return place

    def _find(self, name: bytes) -> Place | None:
        place = self._open.get(name)
        if place is not None:
            return place
        with self._store.begin() as tx:
            blob = tx.blob(name)
        if blob is None:
            return None
        held = bytearray(blob.held)
        count = sum(each.bit_count() for each in held)
        return self._lend(Place(blob, held, count, noted_at=blob.at))

    def missing_parts(self, place: Place) -> list[int]:
        """Return which parts of the manifest are not here."""
        with self._store.begin() as tx:
            known = set(tx.parts(place.blob.hash))
        return [part for part in range(place.parts) if part not in known]

    def keep(self, name: bytes, number: int, data: bytes) -> bool:
        """Check one block or manifest part and keep it; return whether all of it is here now.

        Its length was judged. Raises TheirFault("E_STAGE"): it is not what was offered.
        """
        place = self._find(name)
        if place is None:
            raise TheirFault("E_STAGE", "a block of what is no longer staged", "offer it again")
        if place.blob.blocks <= number <= PART_0 - place.parts:
            raise TheirFault("E_STAGE", "a block that there is none of", "offer it again")
        if number > PART_0 - place.parts:
            self._keep_part(place, PART_0 - number, data)
            return place.blob.whole
        if not place.holds(number):
            if place.blob.what == ATTACHMENT:
                manifest.check_chunk(data, self._hash(place, number))
            self._blobs.write(name.hex(), self._start(place.blob, number), data)
            place.held[number >> 3] |= 1 << (number & 7)
            place.count += 1
            place.fresh += len(data)
            if place.count == place.blob.blocks:
                self._finish(place)
            elif place.fresh >= NOTE_BYTES:
                self._note(place)
        return place.blob.whole

    @staticmethod
    def _start(blob: Blob, number: int) -> int:
        return number * (manifest.SEALED_CHUNK if blob.what == ATTACHMENT else BLOCK)

    def _keep_part(self, place: Place, part: int, hashes: bytes) -> None:
        name = place.blob.hash
        with self._store.begin() as tx:
            if tx.part(name, part) == hashes:
                return
            tx.put_part(name, part, hashes)
            rows = [tx.part(name, each) or b"" for each in range(place.parts)]
            fault = _flaw(rows, name)
            if fault:
                tx.drop_parts(name)
        place.part = -1
        if fault:
            raise fault
        if all(rows) and place.count == place.blob.blocks and not place.blob.whole:
            self._finish(place)  # only the row of hashes was lost

    def _hash(self, place: Place, number: int) -> bytes:
        part, at = divmod(number, manifest.PART)
        if place.part != part:
            with self._store.begin() as tx:
                found = tx.part(place.blob.hash, part)
            if found is None:
                raise TheirFault("E_STAGE", "a chunk before its manifest", "send that first")
            place.part, place.hashes = part, found
        return place.hashes[at * tree.HASH_SIZE : (at + 1) * tree.HASH_SIZE]

    def _note(self, place: Place) -> None:
        # First the bytes, then the row that says they are here.
        if not place.fresh:
            return
        self._blobs.sync(place.blob.hash.hex())
        place.blob = replace(place.blob, held=bytes(place.held), at=self.age)
        with self._store.begin() as tx:
            tx.put_blob(place.blob)
        place.fresh, place.noted_at = 0, self.age

    def _finish(self, place: Place) -> None:
        if place.blob.what == ENVELOPE:
            try:
                envelope = self.envelope(place.blob.hash, place.blob.size)
                right = envelopes.leaf_of(envelope) == place.blob.hash
            except TheirFault:
                right = False
            if not right:
                self.drop(place.blob.hash)
                raise TheirFault("E_STAGE", "blocks that are not the record", "send them again")
        place.blob = replace(place.blob, whole=True)
        self._note(place)
        self.wholes += 1

    def envelope(self, leaf: bytes, size: int) -> bytes:
        """Return the bytes of an envelope that is here, without a look at the rows."""
        return self._blobs.read(leaf.hex(), 0, size)

    def envelope_size(self, leaf: bytes) -> int:
        """Return how long the envelope with this leaf hash is.

        Raises TheirFault("E_STAGE") if it is not here whole.
        """
        place = self._find(leaf)
        if place is None or not place.blob.whole or place.blob.what != ENVELOPE:
            raise TheirFault("E_STAGE", "a record that is not staged here", "send it whole")
        return place.blob.size

    def note_all(self) -> None:
        """Make durable what is held, and that it is."""
        for place in self._open.values():
            self._note(place)

    def lose(self, name: bytes, number: int) -> None:
        """Take note that the disk lost a block: it is missing now, and the whole is not whole."""
        place = self._find(name)
        if place is None or number >= place.blob.blocks or not place.holds(number):
            return
        self._note(place)
        place.held[number >> 3] &= ~(1 << (number & 7))
        place.count -= 1
        place.blob = replace(place.blob, whole=False, held=bytes(place.held))
        with self._store.begin() as tx:
            tx.put_blob(place.blob)

    def lose_manifest(self, name: bytes) -> None:
        """Take note that the disk lost the row of hashes: it is asked for again with what is missing."""
        place = self._find(name)
        if place is None:
            return
        self._note(place)
        place.blob, place.part = replace(place.blob, whole=False, held=bytes(place.held)), -1
        with self._store.begin() as tx:
            tx.drop_parts(name)
            tx.put_blob(place.blob)

    def tick(self, now: Moment) -> None:
        """Let time pass; note what is held durably, so that a crash costs little.

        Age is time in which this node ran: a clock that is set a year ahead ages nothing.
        """
        passed = now - self._ticked_at if self._ticked_at else Span(0)
        self._ticked_at = now
        self.age = self.age + Span(min(max(0, passed.ms), TICK_MOST.ms))
        for place in list(self._open.values()):
            if place.fresh and self.age - place.noted_at >= NOTE_AFTER:
                self._note(place)
        if self.age - self._swept_at >= SWEEP_EVERY:
            self._sweep()

    def _sweep(self) -> None:
        # What nobody named for a week, and no record names.
        self._swept_at = self.age
        self.note_all()
        with self._store.begin() as tx:
            tx.set_note(_AGE, str(self.age.ms).encode())
            loose = tx.loose_blobs(Moment(self.age.ms - LOOSE_AFTER.ms))
        for name in loose:
            self.drop(name)

    def drop(self, name: bytes) -> None:
        """Forget something: its row first, for a row must not speak of a file that is gone."""
        self._open.pop(name, None)
        with self._store.begin() as tx:
            tx.drop_blob(name)
        self._blobs.remove(name.hex())

    # Out.

    def find(self, name: bytes) -> Blob | None:
        """Return what is known of something, with what is not noted yet."""
        place = self._find(name)
        return None if place is None else replace(place.blob, held=bytes(place.held))

    def has(self, name: bytes) -> bool:
        """Say whether something has a place here."""
        return self._find(name) is not None

    def count(self, name: bytes) -> int:
        """Return how many blocks of something are here."""
        place = self._find(name)
        return 0 if place is None else place.count

    def read(
        self, name: bytes, first: int, count: int, *, trusted: bool = False
    ) -> list[tuple[int, bytes]]:
        """Return blocks or parts by number, as far as they are here and right.

        trusted: the disk is believed, since whoever gets them sees for himself, and says so.
        """
        place = self._find(name)
        found: list[tuple[int, bytes]] = []
        if place is None:
            return found
        for number in range(first, first + count):
            data = self._read_one(place, number, trusted=trusted)
            if not data:
                break
            found.append((number, data))
        return found

    def lend(self, name: bytes, first: int, count: int) -> tuple[int, int] | None:
        """Return how many blocks in a row are here from `first` on, and a descriptor to read them by.

        At most count. None if there are none here, or no file of them.
        """
        place = self._find(name)
        if place is None or place.blob.what != ATTACHMENT:
            return None
        end = first
        while end < min(first + count, place.blob.blocks) and place.holds(end):
            end += 1
        descriptor = self._blobs.lend(name.hex()) if end > first else None
        return None if descriptor is None else (end - first, descriptor)

    def _read_one(self, place: Place, number: int, *, trusted: bool) -> bytes | None:
        name, blob = place.blob.hash, place.blob
        if number > PART_0 - place.parts:
            with self._store.begin() as tx:
                return tx.part(name, PART_0 - number)
        if number >= blob.blocks or not place.holds(number):
            return None
        start, size = manifest.span(number, blob.size)
        data = self._blobs.read(name.hex(), start, size)
        # A bit that the disk lost must not go out under our name.
        if trusted or manifest.hash_of(data) == self._hash(place, number):
            return data
        return None


def _flaw(rows: Sequence[bytes], aid: bytes) -> TheirFault | None:
    if all(rows):
        try:
            manifest.check(b"".join(rows), aid)
        except TheirFault as fault:
            return fault
    return None


def no_room() -> OurFault:
    """Return the fault of an attachment for which this side has no room."""
    return OurFault(
        "store.full",
        "the disk has no room for this attachment and its reserve",
        "make room on the disk of the node, then send it again",
    )
