"""What is too large for the log's own way: offered, asked for in blocks, sent as there is room.

Whoever lacks blocks asks, a window at a time; so neither side holds more than a window, and what is
cut goes on where it stopped. Nothing of this has a place in the order of records.
Normative: spec/link.md 11.
"""

from itertools import takewhile
from typing import Final

from detente.core import limits, manifest
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.link import frames, frames_stage
from detente.link.frames import Message
from detente.link.frames_stage import ATTACHMENT, BLOCK, PART_0, Chunk, Offer, Want
from detente.link.freight import Freight
from detente.link.moves import Effects
from detente.link.moves_stage import (
    AskFor,
    Keep,
    Kept,
    NoRoom,
    OfferAgain,
    Offering,
    Opened,
    OpenPlace,
    PeerHolds,
    ReadBlocks,
    ReadOut,
    Withdrawing,
)
from detente.link.part import Hears, Part, Reads
from detente.link.staged import WINDOW, In, Out
from detente.link.state import LIVE, State

READ_MAX: Final = 4  # blocks read from the disk at once
# Bytes given to a line that it did not answer, or that wait for it: with as many, or the line's
# window, no block is read. A record that is logged meanwhile waits behind these blocks, and a FLASH
# that is logged next is STORED with that record.
AHEAD: Final = 256 * limits.KIB
SERVED: Final = 96  # blocks sent for one WANT, and again at each tick: a peer may ask for all
SERVED_MAX: Final = 384
RANGES_MAX: Final = 64  # runs of blocks that one peer may have asked for at once
# What was said may be lost with a connection that one side still believes in: after so long without
# a move it is said again, later on lines on which a move takes longer.
STALLED: Final = Span(5_000)
STALLED_TIMES: Final = 4  # as long as the line needs for all that was asked for
ROOM_AGAIN: Final = Span(60_000)


class Staging(Part):
    """Both directions of one link beside its logs."""

    def __init__(self, link: State, freight: Freight) -> None:
        super().__init__(link)
        self._freight = freight  # of courier files, which ask for nothing
        self._out: dict[bytes, Out] = {}
        self._in: dict[bytes, In] = {}
        self._opening: dict[bytes, tuple[Offer, int]] = {}  # what the node is asked about
        self._parked: dict[bytes, tuple[Offer, int, Moment]] = {}
        self._conn: int | None = None
        self._budget = SERVED_MAX
        self._ahead = 0  # bytes of blocks given to the line since it was heard last

    def hears(self) -> Hears:
        """Hear of what to offer, and what the disk says."""
        return {
            Offering: self._offering,
            Withdrawing: self._withdrawing,
            Opened: self._opened,
            NoRoom: self._no_room,
            Kept: self._kept,
            ReadOut: self._read_out,
            AskFor: self._ask_for,
        }

    def reads(self) -> Reads:
        """Read OFFER, WANT and CHUNK."""
        return {
            frames.OFFER: self._take_offer,
            frames.WANT: self._take_want,
            frames.CHUNK: self._take_chunk,
        }

    def progress(self, name: bytes) -> int:
        """Return how many blocks of something that we offer the peer asked past."""
        found = self._out.get(name)
        return 0 if found is None else found.progress

    # Connections come and go.

    def _follow(self) -> Effects:
        link = self.link
        live = link.live if link.phase == LIVE else None
        if live == self._conn:
            return []
        self._conn = live
        for each in self._out.values():
            each.ranges.clear()
            each.reading = False
        if live is None:
            self._in.clear()  # it is offered again, and the disk knows what is here
            self._parked.clear()
            self._opening.clear()
            return []
        # The peer may have gone over to this connection before us: then it offers nothing anew.
        for found in self._in.values():
            found.asked.clear()
            found.next, found.is_old = 0, True
        offers = [effect for each in self._out.values() for effect in self._offer(each)]
        return offers + self._pull()

    def read_ends(self, number: int, *, whole: bool) -> Effects:  # noqa: ARG002  whatever was read
        """Offer all again on a new connection, and read on if the line took what waited."""
        return self._follow() + self.serve()

    def serve(self) -> Effects:
        """Read what was asked for, as far as the line takes it: it was heard, or takes more."""
        self._ahead = 0
        return [effect for each in self._out.values() for effect in self._serve(each)]

    def tick(self) -> Effects:
        """Offer on a new connection, ask again what never came, serve on."""
        effects, now = self._follow(), self.link.now
        self._ahead = 0
        self._budget = min(SERVED_MAX, self._budget + SERVED)
        for each in self._out.values():
            effects += self._serve(each)
            each.moved_at = min(each.moved_at, now)  # a clock that was set back delays nothing
            idle = not (each.ranges or each.reading)
            if idle and now - each.moved_at >= self._patience(each.offer):
                effects += self._offer(each)
        for name, (offer, rank, at) in list(self._parked.items()):
            if now - at >= ROOM_AGAIN and self._conn is not None:
                del self._parked[name]
                effects += self._open(self._conn, offer, rank)
        for name, found in list(self._in.items()):
            found.moved_at = min(found.moved_at, now)
            if found.asked and now - found.moved_at >= self._patience(found.offer):
                found.asked.clear()
                found.next, found.moved_at = 0, now
                self._in[name] = self._in.pop(name)  # others first
        return effects + self._pull()

    def _patience(self, offer: Offer) -> Span:
        conn = self.link.conns.get(self._conn or 0)
        if conn is None:
            return STALLED
        block = limits.CHUNK if offer.what == ATTACHMENT else BLOCK
        size = min(offer.blocks, WINDOW if offer.what == ATTACHMENT else offer.blocks) * block
        return max(STALLED, Span(int(size * STALLED_TIMES * 1_000 / conn.queue.pace.rate)))

    def _send(self, data: bytes) -> Effects:
        return [] if self._conn is None else self.link.send(self._conn, data)

    # What we offer.

    def _offering(self, given: Offering) -> Effects:
        effects = self._follow()
        if given.offer.hash in self._out:
            return effects
        found = self._out[given.offer.hash] = Out(given.offer, given.rank)
        return effects + self._offer(found)

    def _withdrawing(self, given: Withdrawing) -> Effects:
        self._out.pop(given.hash, None)
        return []

    def _ask_for(self, given: AskFor) -> Effects:
        # What they offer in answer says which blocks there are; so one stands for all.
        return self._follow() + self._send(frames_stage.want(Want(given.hash, 0, 1), 0))

    def _offer(self, given: Out) -> Effects:
        given.moved_at = self.link.now
        if not self._finds_room(given):
            return []  # asked again with what stalls: what went before may be there by then
        return self._send(frames_stage.offer(given.offer, given.rank))

    def _finds_room(self, given: Out) -> bool:
        # The peer may take less staged than others do; what is urgent takes that room first.
        room = self.link.limit("staged_bytes", limits.MAX_STAGED)
        first = sorted(self._out.values(), key=lambda each: -each.rank)
        for each in takewhile(lambda each: each is not given, first):
            room -= each.offer.size if each.offer.size <= room else 0
        return given.offer.size <= room

    def _take_want(self, number: int, message: Message) -> Effects:
        if number in self.link.files:
            return self._freight.take_want(number, message)
        want = frames_stage.read_want(message.payload)
        found = self._out.get(want.hash)
        if found is None:
            return [OfferAgain(want.hash)] if want.blocks and self.link.moves_logs else []
        found.moved_at = self.link.now
        if want.blocks == 0:
            del self._out[want.hash]
            return [PeerHolds(want.hash)]
        stop, offer = want.first + want.blocks, found.offer
        least_part = PART_0 + 1 - frames_stage.parts_of(offer)
        if stop > offer.blocks and not least_part <= want.first < stop <= PART_0 + 1:
            raise frames.misshapen("a WANT for blocks that there are none of")
        if len(found.ranges) >= RANGES_MAX:
            raise TheirFault("E_BUSY", f"more than {RANGES_MAX} WANTs wait", "wait for CHUNKs")
        if want.first < offer.blocks:
            found.progress = max(found.progress, want.first)
        found.ranges.append(range(want.first, stop))
        self._budget = min(SERVED_MAX, self._budget + min(want.blocks, SERVED))
        return self._serve(found)

    def _serve(self, found: Out) -> Effects:
        room = self._room()
        if not found.ranges or found.reading or not self._budget or room <= 0:
            return []
        wanted = found.ranges[0]
        found.reading = True
        block = limits.CHUNK if found.offer.what == ATTACHMENT else BLOCK
        count = min(READ_MAX, len(wanted), self._budget, max(1, room // block))
        return [ReadBlocks(found.offer.hash, wanted.start, count)]

    def _room(self) -> int:
        conn = self.link.conns.get(self._conn or 0)
        if conn is None:
            return 0
        return min(AHEAD, conn.queue.pace.window) - max(self._ahead, conn.queue.waiting)

    def _read_out(self, given: ReadOut) -> Effects:
        found = self._out.get(given.hash)
        if found is None or not found.reading:
            return []
        found.reading, found.moved_at = False, self.link.now
        self._budget -= len(given.blocks)
        effects: Effects = []
        for index, data in given.blocks:
            self._ahead += len(data)
            effects += self._send(frames_stage.chunk(Chunk(given.hash, index, data), found.rank))
        wanted = found.ranges.popleft()
        rest = wanted[len(given.blocks) :] if given.blocks else range(0)
        if rest:
            found.ranges.appendleft(rest)
        return effects + self._serve(found)

    # What they offer.

    def _take_offer(self, number: int, message: Message) -> Effects:
        if number in self.link.files:
            return self._freight.take_offer(number, message)
        offer = frames_stage.read_offer(message.payload)
        if not self.link.moves_logs:
            return []
        effects = self._follow()
        known = {*self._in, *self._opening, *self._parked}
        if offer.hash not in known and len(known) >= limits.MAX_OFFERS:
            raise TheirFault("E_BUSY", "MAX_OFFERS are open", "wait until some are taken")
        self._in.pop(offer.hash, None)
        self._parked.pop(offer.hash, None)
        return effects + self._open(number, offer, message.rank)

    def _open(self, number: int, offer: Offer, rank: int) -> Effects:
        self._opening[offer.hash] = (offer, rank)
        return [OpenPlace(number, offer)]

    def _opened(self, given: Opened) -> Effects:
        asked = self._opening.pop(given.hash, None)
        if asked is None:
            self._freight.opened(given)
            return []
        offer, rank = asked
        if given.whole:
            return self._send(frames_stage.want(Want(offer.hash, 0, 0), rank))
        self._in[offer.hash] = In(offer, rank, set(given.parts), given.held, self.link.now)
        return self._pull()

    def _no_room(self, given: NoRoom) -> Effects:
        asked, found = self._opening.pop(given.hash, None), self._in.pop(given.hash, None)
        if found is not None:
            asked = found.offer, found.rank
        if asked is not None:
            self._parked[given.hash] = (*asked, self.link.now)
        else:
            self._freight.no_room(given.hash)
        return self._pull()

    def _take_chunk(self, number: int, message: Message) -> Effects:
        if number in self.link.files:
            return self._freight.take_chunk(number, message)
        chunk = frames_stage.read_chunk(message.payload)
        found = self._in.get(chunk.hash)
        if found is None:
            return []
        part = PART_0 - chunk.number
        if part < frames_stage.parts_of(found.offer):
            known, due = part not in found.parts, manifest.part_size(part, found.offer.blocks)
        elif chunk.number < found.offer.blocks:
            # Without the manifest a chunk cannot be told from any other.
            known = bool(found.parts) or found.holds(chunk.number)
            due = _size_of(found.offer, chunk.number)
        else:
            raise frames.misshapen("a CHUNK of a number that there is none of")
        if len(chunk.data) != due:
            raise frames.misshapen("a CHUNK of the wrong length")
        found.moved_at = self.link.now
        return [] if known else [Keep(number, *chunk)]

    def _kept(self, given: Kept) -> Effects:
        self._freight.kept(given)
        found = self._in.get(given.hash)
        if found is None:
            return []
        if given.index < found.offer.blocks:
            found.held[given.index >> 3] |= 1 << (given.index & 7)
        else:
            found.parts.discard(PART_0 - given.index)
        found.asked.discard(given.index)
        if not given.whole:
            # Most blocks end here: enough of the others is on its way.
            return [] if len(found.asked) > found.window // 2 else self._pull()
        del self._in[given.hash]
        told = self._send(frames_stage.want(Want(given.hash, 0, 0), found.rank))
        return told + self._pull()

    def _pull(self) -> Effects:
        # Every envelope, and the first of the attachments: one after the other they are whole sooner.
        effects: Effects = []
        pulled = False
        for found in sorted(self._in.values(), key=lambda each: each.is_old):
            if found.offer.what != ATTACHMENT:
                effects += self._ask(found, limits.MAX_ENVELOPE // BLOCK)
            elif not pulled:
                pulled = True
                effects += self._ask(found, found.window)
        return effects

    def _ask(self, found: In, window: int) -> Effects:
        if found.parts:
            if found.asked:
                return []
            first, last = PART_0 - max(found.parts), PART_0 - min(found.parts)
            found.asked.update(range(first, last + 1))
            want = Want(found.offer.hash, first, last - first + 1)
            return self._send(frames_stage.want(want, found.rank))
        effects: Effects = []
        if not found.asked:
            found.asked_at = self.link.now
        elif found.offer.what == ATTACHMENT and len(found.asked) <= window // 2:
            window = found.widen(self.link.now)
        while len(found.asked) <= window // 2:
            wanted = found.run(window - len(found.asked))
            if not wanted:
                break
            found.asked.update(wanted)
            want = Want(found.offer.hash, wanted.start, len(wanted))
            effects += self._send(frames_stage.want(want, found.rank))
        return effects


def _size_of(offer: Offer, index: int) -> int:
    if offer.what == ATTACHMENT:
        return manifest.span(index, offer.size)[1]
    return min(BLOCK, offer.size - index * BLOCK)
