"""What one link ships beside its log: what our peer is offered, and what it offers.

Normative: spec/link.md 11.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast, overload

from detente.core import envelope as envelopes
from detente.core import limits, record, tree
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.link.carried import Carried, Staged
from detente.link.courier import FILE
from detente.link.frames_stage import ATTACHMENT, BLOCK, ENVELOPE, Offer
from detente.link.moves import Input
from detente.link.moves_stage import (
    Keep,
    Kept,
    NoRoom,
    OfferAgain,
    Offering,
    Opened,
    OpenPlace,
    PeerHolds,
    PeerLacks,
    ReadBlocks,
    ReadOut,
    Withdrawing,
)
from detente.link.session import LIVE, Session
from detente.node import freight
from detente.node.outbox import Ready
from detente.node.ports import Queued, Store, Tx
from detente.node.ports_stage import Blob
from detente.node.stage import Stage

OFFERED_MAX: Final = 16  # of records, and as many attachments
TAKEN_MAX: Final = 4_096  # leaves remembered that the peer holds; more go whole if they go again
BULK: Final = 0
_NAMED: Final = b'"att":[{'  # in the bytes of a canonical header that names attachments


class Shipping:
    """One link's part in the stage."""

    def __init__(self, link_id: str, store: Store, stage: Stage, tx: Tx) -> None:
        self._link_id, self._store, self._stage = link_id, store, stage
        self._large: dict[bytes, int] = {}  # offered envelopes: their place in the queue
        self._offered: set[bytes] = set()
        self._taken: dict[bytes, None] = {}
        self._believes = True  # what the disk gives, until a peer says that it is not right
        self.is_due = True  # there may be something to offer
        self.freight = freight.load(tx, link_id)
        tx.reset_ready(link_id)

    def does(self) -> Mapping[type, Any]:
        """Return who does which effect."""
        return {
            OpenPlace: self._open,
            Keep: self._keep,
            ReadBlocks: self._read,
            PeerHolds: self._holds,
            PeerLacks: self._lacks,
            OfferAgain: self._again,
        }

    # What they offer.

    def _open(self, effect: OpenPlace, _now: Moment) -> Input:
        offer = effect.offer
        if effect.conn == FILE:
            self.freight.hear(offer.hash)
        place = self._stage.open(self._link_id, offer)
        if place is None:
            return NoRoom(offer.hash)
        missing = [] if place.blob.whole else self._stage.missing_parts(place)
        return Opened(offer.hash, missing, bytearray(place.held), place.blob.whole)

    def _keep(self, effect: Keep, _now: Moment) -> Input:
        # A late copy of what stands in the log by now has no place any more: that is no fault.
        if self._stage.is_low or not self._stage.has(effect.hash):
            return NoRoom(effect.hash)
        before = self._stage.count(effect.hash)
        whole = self._stage.keep(effect.hash, effect.index, effect.data)
        fresh = self._stage.count(effect.hash) > before
        return Kept(effect.hash, effect.index, whole, fresh)

    def whole(self, given: Sequence[Carried]) -> Sequence[bytes]:
        """Return records with their envelopes, those that are staged read one at a time.

        Raises TheirFault("E_STAGE") for one that is not staged here.
        """
        sizes: dict[bytes, int] = {}
        for each in given:
            if isinstance(each, Staged):
                sizes[each.leaf] = self._stage.envelope_size(each.leaf)
        return _Whole(given, sizes, self._stage) if sizes else cast(Sequence[bytes], given)

    def taken_in(self, given: Sequence[Carried]) -> None:
        """Forget staged envelopes that stand in the log now."""
        for each in given:
            if isinstance(each, Staged):
                self._stage.drop(each.leaf)

    # What we offer.

    def see(self, rows: Sequence[Ready], inline_max: int) -> None:
        """Take note of records that were queued."""
        self.is_due |= any(len(row.envelope) > inline_max for row in rows)

    def due(self, session: Session) -> list[Input]:
        """Return what the machine must hear: things to offer that it does not offer yet."""
        if not self.is_due or session.state != LIVE:
            return []
        self.is_due = False
        found: list[Input] = []
        with self._store.begin() as tx:
            rows = tx.large(self._link_id, session.inline_max, OFFERED_MAX)
            names = tx.offers(self._link_id, OFFERED_MAX)
        for row in rows:
            leaf = envelopes.leaf_of(row.envelope)
            if leaf not in self._large:
                size = len(row.envelope)
                self._large[leaf] = row.id
                found.append(Offering(Offer(leaf, ENVELOPE, size, -(-size // BLOCK)), row.rank))
        for name in names:
            blob = self._stage.find(name)
            if name not in self._offered and blob is not None and blob.whole:
                self._offered.add(name)
                found.append(Offering(Offer(name, ATTACHMENT, blob.size, blob.blocks), BULK))
        return found

    def _read(self, effect: ReadBlocks, _now: Moment) -> Input:
        number = self._large.get(effect.hash)
        if number is None:
            blocks = self._stage.read(
                effect.hash, effect.first, effect.count, trusted=self._believes
            )
            return ReadOut(effect.hash, blocks)
        with self._store.begin() as tx:
            envelope = tx.queued_envelope(number) or b""
        blocks = [
            (i, envelope[i * BLOCK : (i + 1) * BLOCK])
            for i in range(effect.first, effect.first + effect.count)
            if i * BLOCK < len(envelope)
        ]
        return ReadOut(effect.hash, blocks)

    def _holds(self, effect: PeerHolds, _now: Moment) -> Input | None:
        number = self._large.pop(effect.hash, None)
        self._offered.discard(effect.hash)
        self.is_due = True
        with self._store.begin() as tx:
            if number is None:
                tx.unoffer_blob(self._link_id, effect.hash)
                tx.set_note(self._had(effect.hash), b"1")
                return None
            tx.set_ready(number)
        while len(self._taken) >= TAKEN_MAX:
            del self._taken[next(iter(self._taken))]
        self._taken[effect.hash] = None
        return None

    def _lacks(self, effect: PeerLacks, _now: Moment) -> None:
        self._again(OfferAgain(effect.hash), _now)
        self.freight.lacks(effect)

    def _had(self, name: bytes) -> str:
        return f"had:{self._link_id}:{name.hex()}"

    def went(self, tx: Tx, blob: Blob) -> bool:
        """Say whether an attachment went over this link, one way or the other."""
        return blob.owner == self._link_id or bool(tx.note(self._had(blob.hash)))

    def _again(self, effect: OfferAgain, _now: Moment) -> None:
        # Only what went over this link, one way or the other: an aid alone opens nothing.
        blob = self._stage.find(effect.hash)
        if blob is None or not blob.whole or blob.what != ATTACHMENT:
            return
        with self._store.begin() as tx:
            if self.went(tx, blob):
                tx.offer_blob(self._link_id, effect.hash)
                self.is_due = True

    def logged(self, rows: Sequence[Queued]) -> list[Input]:
        """Return what need no longer be offered, now that these records stand in our log."""
        gone = {row.id for row in rows}
        leaves = [leaf for leaf, number in self._large.items() if number in gone]
        for leaf in leaves:
            del self._large[leaf]
        self.is_due |= bool(leaves)
        return [Withdrawing(leaf) for leaf in leaves]

    def again(self, entry: bytes, envelope: bytes) -> Carried:
        """Return a record of our log as it goes out again: short, if the peer holds it staged."""
        return Staged(entry) if tree.leaf_hash(entry) in self._taken else envelope

    def doubt(self) -> None:
        """Believe no more that the peer holds anything, nor our disk: it says that one is wrong."""
        self._taken.clear()
        self._believes = False
        with self._store.begin() as tx:
            tx.reset_ready(self._link_id)
        self.is_due = True


class _Whole(Sequence[bytes]):
    """Records of a batch, whole: at most one staged envelope is in memory at a time."""

    def __init__(self, given: Sequence[Carried], sizes: dict[bytes, int], stage: Stage) -> None:
        self._given, self._sizes, self._stage = given, sizes, stage

    def __len__(self) -> int:
        return len(self._given)

    @overload
    def __getitem__(self, at: int) -> bytes: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...
    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        if isinstance(at, slice):
            return _Whole(self._given[at], self._sizes, self._stage)
        given = self._given[at]
        if not isinstance(given, Staged):
            return given
        return self._stage.envelope(given.leaf, self._sizes[given.leaf])


def attachments(envelope: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Return (aid, mid) of each attachment that a record names; none if it cannot be read."""
    if envelope.find(_NAMED, 0, limits.MAX_HEADER + 16) < 0:
        return
    try:
        head = envelopes.split(envelope).header
        header = record.read_header(head)
    except TheirFault:
        return  # the office will say what is wrong with it
    for one in header.att:
        yield one.aid, record.mid_of(head)
