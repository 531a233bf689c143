"""A courier file on its way in: looked through to its end, then read again into the machine.

Normative: spec/courier.md 4.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.link.courier import Contents, FileReader, Summary
from detente.link.session import HALTED
from detente.node.books import Books
from detente.node.courier import Couriers


@dataclass(frozen=True, slots=True)
class Arrival:
    """What a file brought: records new and known, and where the link stands now.

    left: records of the file that were not taken in, because the link must stop, or because what
    was held was lost with a path; then the file is read again. attached_bytes: bytes of
    attachments that were new; attached_whole: attachments that are whole with them; no_room:
    attachments that this node has no room for now. epoch: "begun" if the file led to a new one,
    "older" if it was written in one that has ended here, so that nothing of it counts.
    """

    peer: str
    link_id: str
    new: int
    known: int
    left: int
    urgent: int
    receipted: int
    newly_receipted: int
    state: str
    why: str
    attached_bytes: int = 0
    attached_whole: int = 0
    no_room: int = 0
    epoch: str = ""


BEGUN: Final = "begun"
OLDER: Final = "older"


class Incoming:
    """One file on its way in: looked through to its end first, then taken in."""

    def __init__(self, couriers: Couriers) -> None:
        self._couriers = couriers
        self._link: Books | None = None
        self._sealed = self._key = self._digest = b""
        self._contents: Contents | None = None
        self._reader = FileReader(self._find_key)
        self._summary: Summary | None = None
        self._before = (0, 0)
        self._epoch = ""  # as the file began to be taken in
        self._sealed_for = ""  # the epoch that the file was sealed for
        self._began = False

    @property
    def size(self) -> int:
        """Bytes of the file in this pass so far."""
        return self._reader.size

    def _find_key(self, sealed: bytes) -> bytes:
        self._sealed = sealed
        self._link, self._key, link_id = self._couriers.find_key(sealed)
        self._sealed_for = link_id
        terms = self._link.terms
        signers = [
            each.ed25519
            for card in reversed(terms.chain.cards)
            for each in card.desks[names.NODE_DESK].signers.values()
        ]
        self._contents = Contents(link_id, self._key, signers)
        return self._key

    def _same_key(self, sealed: bytes) -> bytes:
        if sealed != self._sealed:
            raise _changed()
        return self._key

    def look(self, data: bytes) -> None:
        """Look at the next bytes; nothing is taken in. Raises OurFault: carry.*; TheirFault."""
        opened = self._reader.feed(data)
        if self._contents is not None:
            self._contents.feed(opened)

    def looked(self) -> Summary:
        """Say that the file ends here; return what it holds.

        Raises OurFault: carry.*, and "carry.gap" for a file that begins above what is stored here,
        unless it says itself that we had receipted what is missing: then the link judges that.
        """
        opened = self._reader.end()
        assert self._contents is not None, "a file that ends has a head"
        assert self._link is not None, "a file that ends has a head"
        self._contents.feed(opened)
        summary = self._contents.end()
        if summary.greeting.heads.receipted < summary.first:
            self._check_gap(summary, self._link)
        self._summary, self._digest = summary, self._reader.digest
        self._reader = FileReader(self._same_key)
        return summary

    @staticmethod
    def _check_gap(summary: Summary, link: Books) -> None:
        size = link.session.heads.in_size
        is_ours = summary.greeting.link_id == link.terms.link_id
        if not (summary.records and summary.first > size and is_ours) or link.frozen:
            return
        raise OurFault(
            "carry.gap",
            f"the file begins with record {summary.first}; records {size} to"
            f" {summary.first - 1} of {link.terms.peer.name} are missing here",
            "import the files sent before it; else send them a file of ours, and they one anew",
        )

    def take(self, data: bytes, now: Moment) -> None:
        """Take in the next bytes of the same file, from its beginning. Raises as `look`."""
        self._give(self._reader.feed(data), now)

    def _give(self, opened: bytes, now: Moment) -> None:
        link, summary = self._link, self._summary
        assert link is not None, "looked at before"
        assert summary is not None, "looked at before"
        if not self._began:
            heads = link.session.heads
            self._before = (heads.in_size, heads.receipted)
            self._epoch = link.terms.link_id
            self._couriers.begin(link, self._sealed_for, summary.greeting.echo, now)
            self._began = True
        self._couriers.give(link, opened, now)

    def taken(self, now: Moment) -> Arrival:
        """Say that the file ends here; return what it brought. Raises as `look`."""
        opened = self._reader.end()
        link, summary = self._link, self._summary
        assert link is not None, "looked at before"
        assert summary is not None, "looked at before"
        if self._reader.digest != self._digest:
            raise _changed()
        self._give(opened, now)
        self._couriers.end(link, now, whole=True)
        self._began = False
        if link.session.state != HALTED:
            self._check_gap(summary, link)
        heads = link.session.heads
        brought = link.session.files.brought
        turned = self._turned(summary)
        new = 0 if turned else heads.in_size - self._before[0]
        left = 0 if turned else max(0, summary.first + summary.records - heads.in_size)
        if link.session.state == HALTED:
            left = summary.records - new  # whatever stands at their places: they are not known
        return Arrival(
            peer=link.terms.peer.name,
            link_id=link.terms.link_id,
            new=new,
            known=max(0, summary.records - new - left),
            left=left,
            urgent=summary.urgent,
            receipted=heads.receipted,
            newly_receipted=0 if turned else heads.receipted - self._before[1],
            state=link.state,
            why=link.session.why,
            attached_bytes=brought.size,
            attached_whole=brought.whole,
            no_room=brought.outside,
            epoch=turned,
        )

    def _turned(self, summary: Summary) -> str:
        assert self._link is not None, "looked at before"
        if self._link.terms.link_id != self._epoch:
            return BEGUN
        return OLDER if summary.greeting.link_id in self._link.history.link_ids[:-1] else ""

    def drop(self, now: Moment) -> None:
        """Give the file up; what was taken in stays."""
        if self._began:
            assert self._link is not None, "a file that began is of a link"
            self._began = False
            self._couriers.end(self._link, now, whole=False)


def _changed() -> OurFault:
    return OurFault("carry.altered", "the file changed while it was read", "import it again")
