"""Which epochs the links of a world had, read from the disks alone: who, in what order, to where."""

from collections.abc import Mapping
from itertools import count
from typing import Protocol

from detente.app.world.party import NAMES, owner_of, party, terms
from detente.core import epoch as epochs
from detente.core.checkpoint import origin_of
from detente.core.epoch import Epoch


class LawBroken(AssertionError):
    """The system did what it promises never to do."""


def must(holds: bool, law: str) -> None:  # noqa: FBT001  reads as a sentence
    """Raise LawBroken unless the law holds."""
    if not holds:
        raise LawBroken(law)


class Notes(Protocol):
    """A disk, of which the notes are read."""

    notes: dict[str, bytes]


class Epochs:
    """All epochs that any disk ever told of."""

    def __init__(self, disks: Mapping[str, Notes]) -> None:
        self._disks = disks
        # By link id: the two parties and the link's name, which is its first link id.
        self._links: dict[str, tuple[frozenset[str], str]] = {}
        self._read: dict[bytes, Epoch] = {}
        for one in NAMES:
            for other in NAMES:
                if one != other:
                    link_id = terms(one, other).link_id
                    self._links[link_id] = frozenset({one, other}), link_id

    def notes(self, holder: str, peer: str) -> list[Epoch]:
        """Return the notes that ended the epochs of one link, as one party holds them."""
        name, found = terms(holder, peer).link_id, []
        kept = self._disks[holder].notes
        for number in count(1):
            data = kept.get(f"epoch:{name}:{number}")
            if data is None:
                break
            if data not in self._read:
                self._read[data] = epochs.read(data)
            found.append(self._read[data])
            link_id = epochs.next_link_id(party(holder).card, party(peer).card, found[-1])
            self._links[link_id] = frozenset({holder, peer}), name
        return found

    def _find(self, origin: str) -> tuple[frozenset[str], str] | None:
        link_id = origin.rpartition("/")[2]
        if link_id not in self._links:
            for holder in self._disks:
                for peer in self._disks:
                    if peer != holder:
                        self.notes(holder, peer)
        return self._links.get(link_id)

    def pair(self, origin: str) -> tuple[str, str] | None:
        """Return owner and receiver of a log; None for a home log."""
        found = self._find(origin)
        if found is None:
            return None
        owner = owner_of(origin)
        return owner, next(each for each in found[0] if each != owner)

    def name(self, origin: str) -> str:
        """Return the name of a log's link; nothing for a home log."""
        found = self._find(origin)
        return found[1] if found else ""

    def end(self, holder: str, origin: str) -> int | None:
        """Return where a log ends by the notes that a party holds; None while it is open."""
        pair = self.pair(origin)
        if pair is None:
            return None
        peer = pair[0] if holder == pair[1] else pair[1]
        ends = [epochs.closing(note, origin) for note in self.notes(holder, peer)]
        return next((end.size for end in ends if end), None)

    def origins(self, holder: str, owner: str, receiver: str) -> list[str]:
        """Return the logs of one party for another, oldest first, as one of both knows them."""
        peer = receiver if holder == owner else owner
        cards = party(holder).card, party(peer).card
        rows = [epochs.next_link_id(*cards, note) for note in self.notes(holder, peer)]
        return [origin_of(owner, link_id) for link_id in (terms(owner, receiver).link_id, *rows)]

    def emergencies(self, holder: str, owner: str, receiver: str) -> frozenset[str]:
        """Return those of `origins` that an emergency opened, while the logs before were open."""
        _, *origins = self.origins(holder, owner, receiver)
        notes = self.notes(holder, receiver if holder == owner else owner)
        rows = zip(origins, notes, strict=True)
        return frozenset(origin for origin, note in rows if not note.close)
