"""The epochs of one link as the store keeps them: notes, marks, and which logs are open.

A link's name is its first link id. A mark set to nothing is no mark. Normative: spec/link.md 5.
"""

from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import canon, epoch, limits, party
from detente.core.checkpoint import origin_of
from detente.core.epoch import Close, Epoch
from detente.node.ledger import Ledger
from detente.node.ports import Tx
from detente.node.seat import LinkTerms, Seat

HALTED: Final = "halted"  # why the link is halted
FROZEN: Final = "frozen"  # why nothing may be appended until the next epoch
RESTORED: Final = "restored"  # this side was restored: what it signed before does not end it
URGENT: Final = "urgent"  # the emergency that this side signed and the peer has not
PROPOSAL: Final = "proposal"  # the note that this side signed and the peer has not
CONFIRMED: Final = "confirmed"  # where a person here says that the disputed logs end
CONFLICT: Final = "conflict"  # the hash of the newest evidence
DISPUTED: Final = "disputed"  # why there is an emergency
UNTOLD: Final = (
    "untold"  # the epoch in which the peer may still be: we made the note after it whole
)


@dataclass(slots=True)
class Stand:
    """Where the peer stands by its newest file: the epoch stated, and the tails that it asks for.

    link_id: "" if nothing is known. asked: from which place on, by log as the peer names it.
    """

    link_id: str = ""
    asked: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class Pair:
    """The two logs of one epoch."""

    link_id: str
    out: Ledger
    inn: Ledger

    def ends(self) -> list[Close]:
        """Return both as they stand."""
        return [Close(log.origin, log.size, log.root) for log in (self.out, self.inn)]


@dataclass(slots=True)
class History:
    """Notes of a link from the first on; the logs of epochs before the one at work.

    closed: read only and provable. disputed: open since an emergency.
    """

    name: str
    notes: list[Epoch] = field(default_factory=list)
    link_ids: list[str] = field(default_factory=list)
    closed: list[Pair] = field(default_factory=list)
    disputed: Pair | None = None

    @property
    def link_id(self) -> str:
        """The link id of the epoch at work."""
        return self.link_ids[-1]

    @property
    def number(self) -> int:
        """The number of the epoch at work; 0 is the one of the first meeting."""
        return len(self.notes)

    def after(self, link_id: str) -> Epoch | None:
        """Return the note that followed an older epoch; None for the newest and for strangers."""
        if link_id not in self.link_ids[:-1]:
            return None
        return self.notes[self.link_ids.index(link_id)]

    def pair(self, link_id: str) -> Pair | None:
        """Return the logs of an epoch before the one at work."""
        rows = [*self.closed, *([self.disputed] if self.disputed else [])]
        return next((each for each in rows if each.link_id == link_id), None)

    def before(self, link_id: str) -> Pair | None:
        """Return the logs that an emergency had left open beside those of an epoch."""
        if link_id not in self.link_ids:
            return None
        place = self.link_ids.index(link_id)
        rows = [*self.closed, *([self.disputed] if self.disputed else [])]
        for each in rows:
            closing = (epoch.closing(note, each.out.origin) for note in self.notes[:place])
            if self.link_ids.index(each.link_id) < place and not any(closing):
                return each
        return None


def mark(tx: Tx, kind: str, name: str) -> bytes:
    """Return a mark of a link; nothing if it is not set."""
    return tx.note(f"{kind}:{name}") or b""


def set_mark(tx: Tx, kind: str, name: str, value: bytes) -> None:
    """Set a mark of a link, or take it away with nothing."""
    if value or mark(tx, kind, name):
        tx.set_note(f"{kind}:{name}", value)


def mark_restored(tx: Tx, name: str, why: str) -> None:
    """Remember that this side was restored: nothing is appended before a new epoch."""
    set_mark(tx, RESTORED, name, b"1")
    set_mark(tx, FROZEN, name, why.encode())
    # What was signed before the backup does not say that nothing was written after it.
    set_mark(tx, PROPOSAL, name, b"")
    set_mark(tx, URGENT, name, b"")


def keep_note(tx: Tx, name: str, note: Epoch) -> None:
    """Keep a note with both parties' lines for ever."""
    tx.set_note(f"epoch:{name}:{note.number}", note.note)


def load(tx: Tx, seat: Seat, terms: LinkTerms) -> tuple[History, LinkTerms]:
    """Return a link's history and the terms of the epoch at work; `terms` are the first ones."""
    name = terms.link_id
    found = History(name, link_ids=[name])
    while (data := tx.note(f"epoch:{name}:{found.number + 1}")) is not None:
        note = epoch.read(data)
        found.notes.append(note)
        found.link_ids.append(party.link_id_of(terms.made_with(seat.chain), note.nonce))
    for link_id in found.link_ids[:-1]:
        pair = Pair(
            link_id,
            Ledger(origin_of(seat.party, link_id), tx),
            Ledger(origin_of(terms.peer.name, link_id), tx),
        )
        if any(epoch.closing(note, pair.out.origin) for note in found.notes):
            found.closed.append(pair)
        else:
            found.disputed = pair
    return found, terms_of(terms, found)


def terms_of(terms: LinkTerms, history: History) -> LinkTerms:
    """Return the terms of the epoch at work."""
    if not history.notes:
        return terms
    note = history.notes[-1]
    return replace(terms, link_id=history.link_id, nonce=note.nonce, epoch=note)


def terms_after(seat: Seat, terms: LinkTerms, note: Epoch) -> LinkTerms:
    """Return the terms of the epoch that a note opens."""
    link_id = party.link_id_of(terms.made_with(seat.chain), note.nonce)
    return replace(terms, link_id=link_id, nonce=note.nonce, epoch=note)


def write_ends(ends: list[Close]) -> bytes:
    """Return closing heads as the store keeps them, and as their hash is told the peer."""
    return canon.encode(
        [
            {"origin": each.origin, "size": each.size, "root": canon.to_base64(each.root)}
            for each in sorted(ends)
        ]
    )


def read_ends(data: bytes) -> list[Close]:
    """Return what `write_ends` wrote; our own bytes."""
    found = []
    rows = canon.decode(data, limits.MAX_EPOCH_NOTE)
    for row in rows if isinstance(rows, list) else ():
        assert isinstance(row, dict), "our own object"
        origin, size, root = row["origin"], row["size"], row["root"]
        assert isinstance(origin, str), "our own text"
        assert isinstance(size, int), "our own number"
        assert isinstance(root, str), "our own root"
        found.append(Close(origin, size, canon.from_base64(root)))
    return found
