"""A change of root keys on one link: what waits, what is stated of it, and what an epoch takes up.

Normative: spec/link.md 5.8.
"""

from dataclasses import replace
from typing import Final

from detente.core import epoch
from detente.core.epoch import Epoch
from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.core.trust import Chain
from detente.link.status import NO_ROOTS, Roots
from detente.node import roots
from detente.node.cards import Cards, keep_chain
from detente.node.history import History
from detente.node.ports import Tx
from detente.node.roots import Coming
from detente.node.seat import LinkTerms, Seat

_NOT_COMPARED: Final = "an epoch under root keys that nobody compared here"
_COMPARE: Final = "bring the card, compare its digits: detente card import, party confirm"


class RootTurns:
    """The part of a link's books that knows which cards wait for an epoch of reason `root`."""

    seat: Seat
    cards: Cards
    history: History
    _whole: Seat  # with all our cards, also those that wait for this peer
    _pending: Epoch | None  # a note shown to us that waits for tails

    @property
    def waiting_roots(self) -> Coming:
        """Cards under new root keys, ours and the peer's, that wait for an epoch of this link."""
        return Coming(roots.after(self._whole.chain, self.seat.chain), self.cards.coming)

    def _stated_roots(self) -> Roots:
        if self.history.disputed is not None:
            return NO_ROOTS  # what is disputed is settled first
        ours, theirs = (b"" if each is None else each.hash for each in self.waiting_roots)
        return Roots(ours, theirs)

    def _check_root(self, note: Epoch) -> None:
        """Raise TheirFault("E_HELLO") for a change of root keys whose card does not wait here.

        Our folder may be older than the note: then a person brings the card.
        """
        if note.reason == epoch.ROOT and self.waiting_roots.named(note.evidence) is None:
            self._pending = None
            raise TheirFault("E_HELLO", _NOT_COMPARED, _COMPARE)

    def _beyond(self, tx: Tx, note: Epoch, now: Moment) -> tuple[Seat, LinkTerms]:
        """Return our seat and the peer's card that the epoch after a note begins with."""
        seat, terms, waiting = self.seat, self.cards.terms, self.waiting_roots
        found = waiting.named(note.evidence) if note.reason == epoch.ROOT else None
        if found is not None and found == waiting.ours:
            seat = self._whole.upto(found.serial)
        elif found is not None:
            keep_chain(tx, Chain((*terms.chain.cards, found)), now)
            terms = replace(terms, peer=found)
        return seat, terms
