"""Which cards of a party count on a link when its root keys change.

The root keys under which the link was made count until an epoch note of reason `root` names the
card that begins under others. Normative: spec/party.md 2.6, spec/link.md 5.8.
"""

from collections.abc import Sequence
from typing import NamedTuple

from detente.core import epoch
from detente.core.epoch import Epoch
from detente.core.party import Card
from detente.core.trust import Chain


class Coming(NamedTuple):
    """The cards under new root keys that wait for an epoch: ours, and one compared of the peer's."""

    ours: Card | None = None
    theirs: Card | None = None

    def named(self, digest: bytes | None) -> Card | None:
        """Return the card of this hash, if it waits."""
        return next((each for each in self if each is not None and each.hash == digest), None)


def in_force(chain: Chain, first: bytes, notes: Sequence[Epoch]) -> Chain:
    """Return the cards of a chain that count on a link.

    chain: all cards of a party that people compared. first: the fp60 that the link was made with.
    notes: of the epochs of the link.
    """
    taken = {note.evidence for note in notes if note.reason == epoch.ROOT}
    began = next((card.serial for card in chain.cards if card.fp60 == first), 0)
    for card in chain.turns:
        if card.serial > began and card.hash not in taken:
            return chain.upto(card.serial - 1)
    return chain


def after(whole: Chain, part: Chain) -> Card | None:
    """Return the card that follows the part that counts."""
    return whole.card(part.newest.serial + 1)
