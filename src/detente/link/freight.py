"""What a courier file brings beside records: attachments in blocks, and what their receiver lacks.

A file answers nothing, so nothing is asked for here: each block is kept if it is right, and the next
file of our own says what is here. Normative: spec/courier.md 3.2.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import limits, manifest
from detente.core.errors import TheirFault
from detente.link import frames, frames_stage
from detente.link.frames import Message
from detente.link.frames_stage import ATTACHMENT, PART_0, Offer
from detente.link.moves import Effects
from detente.link.moves_stage import Keep, Kept, Opened, OpenPlace, PeerHolds, PeerLacks
from detente.link.state import State

RUNS_MAX: Final = 64  # runs of blocks that one file may say to be missing of one attachment


@dataclass(slots=True)
class Brought:
    """What a file brought so far: blocks that were new, their bytes, attachments whole with them.

    outside: attachments for which there was no room.
    """

    blocks: int = 0
    size: int = 0
    whole: int = 0
    outside: int = 0


class Freight:
    """Blocks of one file under way into the machine."""

    def __init__(self, link: State) -> None:
        self._link = link
        self._offers: dict[bytes, Offer] = {}
        self._runs: dict[bytes, int] = {}
        self._whole: set[bytes] = set()
        self._outside: set[bytes] = set()
        self._due: dict[tuple[bytes, int], int] = {}  # blocks with the node, and their bytes
        self.brought = Brought()

    def begin(self) -> None:
        """Note that another file begins."""
        self._offers.clear()
        self._runs.clear()
        self._whole.clear()
        self._outside.clear()
        self._due.clear()
        self.brought = Brought()

    # What is read.

    def take_offer(self, number: int, message: Message) -> Effects:
        """Take an OFFER of a file. Raises TheirFault: E_FRAME, E_LIMIT, E_BUSY."""
        offer = frames_stage.read_offer(message.payload)
        if not self._link.moves_logs or offer.what != ATTACHMENT:
            return []  # a record goes by file with its envelope
        if offer.hash not in self._offers and len(self._offers) >= limits.MAX_OFFERS:
            raise TheirFault("E_BUSY", "more than MAX_OFFERS in one file", "write several files")
        self._offers[offer.hash] = offer
        return [OpenPlace(number, offer)]

    def take_chunk(self, number: int, message: Message) -> Effects:
        """Take a CHUNK of a file. Raises TheirFault("E_FRAME") for one that belongs nowhere."""
        chunk = frames_stage.read_chunk(message.payload)
        offer = self._offers.get(chunk.hash)
        if offer is None or not self._link.moves_logs:
            return []
        part = PART_0 - chunk.number
        if part < frames_stage.parts_of(offer):
            due = manifest.part_size(part, offer.blocks)
        elif chunk.number < offer.blocks:
            due = manifest.span(chunk.number, offer.size)[1]
            self._due[chunk.hash, chunk.number] = due
        else:
            raise frames.misshapen("a CHUNK of a number that there is none of")
        if len(chunk.data) != due:
            raise frames.misshapen("a CHUNK of the wrong length")
        return [Keep(number, *chunk)]

    def take_want(self, _number: int, message: Message) -> Effects:
        """Take a WANT of a file: what the peer holds, or lacks. Raises TheirFault("E_BUSY")."""
        want = frames_stage.read_want(message.payload)
        if not self._link.moves_logs:
            return []
        if want.blocks == 0:
            return [PeerHolds(want.hash)]
        runs = self._runs[want.hash] = self._runs.get(want.hash, 0) + 1
        if runs > RUNS_MAX:
            raise TheirFault("E_BUSY", f"more than {RUNS_MAX} runs are missing", "name fewer")
        return [PeerLacks(want.hash, want.first, want.blocks, begins=runs == 1)]

    # What the node says.

    def opened(self, given: Opened) -> None:
        """Hear that what a file offers has a place; count only what comes whole from now on."""
        if given.whole:
            self._whole.add(given.hash)

    def no_room(self, name: bytes) -> None:
        """Hear that it has none."""
        if name in self._offers and name not in self._outside:
            self._outside.add(name)
            self.brought.outside += 1

    def kept(self, given: Kept) -> None:
        """Hear that a block is here."""
        size = self._due.pop((given.hash, given.index), None)
        if size is None:
            return
        if given.fresh:
            self.brought.blocks += 1
            self.brought.size += size
        if given.whole and given.hash not in self._whole:
            self._whole.add(given.hash)
            self.brought.whole += 1
