"""What a node is: its party's card, the keys it may use, and what it may rely on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from detente.core import names
from detente.core.checkpoint import origin_of
from detente.core.epoch import Epoch, LogKeys
from detente.core.errors import OurFault
from detente.core.keys import ContextSigner, Entropy, Opener, Signer
from detente.core.party import Card
from detente.core.record import MARKINGS
from detente.core.trust import Chain


@dataclass(frozen=True, slots=True)
class Seat:
    """Bundle of what every room of a node needs.

    incarnation is 16 bytes, new with each data directory and after each restore. restored: why every
    link needs a new epoch, if this start found data that came from a backup (spec/link.md 5.6).
    check_at_submit: verify every signature of our own office; two-person kinds, FLASH and IMMEDIATE
    are verified always. opener: opens courier files, and nothing that a desk could
    (spec/courier.md 2). past: the seats under earlier cards whose keys are still here, oldest
    first: a peer that was not told of the newest card yet knows only those. own: the chain of our
    cards, if there is more than this one. shows: names of desks; peers are told whether somebody is
    at them.
    """

    card: Card
    log: Signer
    cosign: Signer
    log_pq: ContextSigner  # ML-DSA-44, for lines 2 and 4
    signer: Signer
    signer_id: str
    entropy: Entropy
    incarnation: bytes
    restored: str = ""
    check_at_submit: bool = True
    second_person: frozenset[str] = frozenset()
    opener: Opener | None = None
    past: tuple["Seat", ...] = ()
    own: Chain | None = None
    shows: frozenset[str] = frozenset()

    @property
    def chain(self) -> Chain:
        """The party's own cards."""
        return self.own or Chain((self.card,))

    def under(self, serial: int) -> "Seat":
        """Return the seat under the card of this serial; this one if its keys are gone."""
        return next((seat for seat in self.past if seat.card.serial == serial), self)

    def upto(self, serial: int) -> "Seat":
        """Return the seat as it was under the card of this serial, for who knows no newer one."""
        if serial >= self.card.serial:
            return self
        chain = self.chain.upto(serial)
        past = tuple(each for each in self.past if each.card.serial < serial)
        return replace(self.under(serial), card=chain.newest, past=past, own=chain)

    def with_log_key(self, public: bytes | None, serial: int) -> "Seat":
        """Return the seat that signs logs with this key, under the card of this serial if it can.

        Raises OurFault("card.no_key") if the key is not in the vault any more.
        """
        for seat in (self.under(serial), self, *self.past):
            if seat.log.public == public:
                return seat
        raise OurFault(
            "card.no_key",
            "a peer knows a log key of ours that is not in the vault any more",
            "restore the node's vault from its backup; or see docs/operate/key-compromise.md",
        )

    @property
    def party(self) -> str:
        """The party's name."""
        return self.card.name

    @property
    def epoch_keys(self) -> LogKeys:
        """What signs epoch notes."""
        return LogKeys(self.party, self.log, self.log_pq)

    @property
    def desk(self) -> str:
        """The address of the node's own desk."""
        return f"{names.NODE_DESK}@{self.card.name}"


@dataclass(frozen=True, slots=True)
class LinkTerms:
    """One confirmed link: the peer's newest card, the link id, and what the parties agreed.

    cards: all of the peer's cards that are known here, if there are more; those under new root keys
    only once people compared them. roots: the fp60 that the link was made with, ours and the peer's;
    None stands for those of the oldest cards. forked: the bytes of two
    that exclude each other, when such were handed in. epoch is the note that this link id came
    from; the first has none. rates are those of its paths that were configured, in bytes a second
    by path.
    """

    peer: Card
    link_id: str
    nonce: bytes
    markings: frozenset[str] = field(default=frozenset(MARKINGS))
    cards: Chain | None = None
    forked: tuple[bytes, bytes] | None = None
    rates: Mapping[str, int] = field(default_factory=dict)
    epoch: Epoch | None = None
    by_file: bool = False  # agreed: this link lives on courier files
    roots: tuple[bytes, bytes] | None = None

    @property
    def chain(self) -> Chain:
        """The peer's cards."""
        return self.cards or Chain((self.peer,))

    def made_with(self, own: Chain) -> tuple[bytes, bytes]:
        """Return the fp60 that the link was made with, ours and the peer's."""
        return self.roots or (own.cards[0].fp60, self.chain.cards[0].fp60)

    def out_origin(self, party: str) -> str:
        """Return the name of the log that `party` writes on this link."""
        return origin_of(party, self.link_id)

    @property
    def in_origin(self) -> str:
        """The name of the log that the peer writes."""
        return origin_of(self.peer.name, self.link_id)
