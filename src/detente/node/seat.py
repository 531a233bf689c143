"""What a node is: its party's card, the keys it may use, and what it may rely on."""

from dataclasses import dataclass, field

from detente.core import names
from detente.core.checkpoint import origin_of
from detente.core.keys import Entropy, Signer
from detente.core.party import Card
from detente.core.record import MARKINGS


@dataclass(frozen=True, slots=True)
class Seat:
    """Bundle of what every room of a node needs.

    incarnation is 16 bytes, new with each data directory. restored: the data came from a backup,
    so nothing may be appended (spec/link.md 5). check_at_submit: verify every signature of our own
    office; two-person kinds, FLASH and IMMEDIATE are verified always.
    """

    card: Card
    log: Signer
    cosign: Signer
    signer: Signer
    signer_id: str
    entropy: Entropy
    incarnation: bytes
    restored: bool = False
    check_at_submit: bool = True
    second_person: frozenset[str] = frozenset()

    @property
    def party(self) -> str:
        """The party's name."""
        return self.card.name

    @property
    def desk(self) -> str:
        """The address of the node's own desk."""
        return f"{names.NODE_DESK}@{self.card.name}"


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """One confirmed link: the peer's card, the link id, and what the parties agreed."""

    peer: Card
    link_id: str
    nonce: bytes
    markings: frozenset[str] = field(default=frozenset(MARKINGS))

    def out_origin(self, party: str) -> str:
        """Return the name of the log that `party` writes on this link."""
        return origin_of(party, self.link_id)

    @property
    def in_origin(self) -> str:
        """The name of the log that the peer writes."""
        return origin_of(self.peer.name, self.link_id)
