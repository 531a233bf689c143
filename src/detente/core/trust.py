"""A party's cards one after another: which of its keys count for a log of which size.

What a key signed stays signed when a newer card brings another key; only a revocation ends it, and
that stands at a size of a log, not at a time. Normative: spec/party.md 2.4.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from itertools import accumulate

from detente.core import limits
from detente.core.errors import TheirFault
from detente.core.party import Card, DeskKeys, Person, read_card

_DASH = "— ".encode()  # begins each signature line of a note


@dataclass(frozen=True)
class Chain:
    """One party's cards, serials ascending by one; the first need not be serial 1.

    A card may begin under other root keys if its `prev` names the card before it: who compared the
    newest fingerprint knows all cards by it. Who takes a card from a stranger uses `join`, which
    never passes to other root keys.

    Raises TheirFault when made: E_CARD_FORK for two different cards of one serial or a `prev` that
    contradicts the card before it, E_SIG for other root keys whose card does not follow, E_CANON
    for cards of two parties, out of order, or with one missing between them.
    """

    cards: tuple[Card, ...]

    def __post_init__(self) -> None:
        assert self.cards, "a chain has a card"
        for old, new in zip(self.cards, self.cards[1:], strict=False):
            _check_next(old, new)

    @property
    def name(self) -> str:
        """The party's name."""
        return self.cards[0].name

    @property
    def newest(self) -> Card:
        """The card in force now."""
        return self.cards[-1]

    @property
    def data(self) -> bytes:
        """The chain file: the notes one after another, as `read_chain` reads them."""
        return b"".join(card.note for card in self.cards)

    def holds(self, data: bytes) -> bool:
        """Say whether a chain file is this one or a part of it, byte for byte."""
        places = {0, *accumulate(len(card.note) for card in self.cards)}
        at = self.data.find(data)
        return bool(data) and {at, at + len(data)} <= places

    def card(self, serial: int) -> Card | None:
        """Return the card of this serial; None if the chain does not hold it."""
        at = serial - self.cards[0].serial
        return self.cards[at] if 0 <= at < len(self.cards) else None

    @property
    def turns(self) -> tuple[Card, ...]:
        """The cards that begin under other root keys than the card before them."""
        pairs = zip(self.cards, self.cards[1:], strict=False)
        return tuple(new for old, new in pairs if not same_root(old, new))

    @property
    def roots(self) -> tuple[Card, ...]:
        """The first card under each of the party's root keys, oldest first."""
        return (self.cards[0], *self.turns)

    def upto(self, serial: int) -> "Chain":
        """Return the cards up to this serial, which is not below the first."""
        return Chain(tuple(card for card in self.cards if card.serial <= serial))

    def join(self, more: "Chain") -> "Chain":
        """Return this chain with the cards of `more` that it lacks, older or newer.

        Raises TheirFault: E_CARD_FORK if the two hold different cards of one serial or a `prev`
        contradicts, E_SIG for other root keys than those of this chain's newest card (cards before
        the first one here may have others), E_CANON if a card between the two is missing.
        """
        found = {card.serial: card for card in self.cards}
        for card in more.cards:
            _check_party(self.newest, card)
            known = found.get(card.serial)
            if known is not None and known.hash == card.hash:
                continue
            if card.serial >= self.cards[0].serial and not same_root(self.newest, card):
                raise _other_root(self.newest, card)
            if known is not None:
                raise _fork(known, card)
            found[card.serial] = card
        return Chain(tuple(found[serial] for serial in sorted(found)))

    def revoked_keys(self) -> frozenset[bytes]:
        """Return the hashes of all keys that any card revokes, for whatever sizes."""
        return frozenset(mark.key for card in self.cards for mark in card.revoked)

    @property
    def is_void(self) -> bool:
        """Say whether the newest card takes back every key that it names for the node."""
        new, marks = self.newest, self.revoked_keys()
        publics = (new.log, new.cosign, new.mldsa44)
        return marks.issuperset({*(sha256(each).digest() for each in publics), *new.pins})

    @property
    def changed_desks(self) -> frozenset[str]:
        """The desks that had more than one sealing key."""
        known = {(name, desk.hpke) for card in self.cards for name, desk in card.desks.items()}
        names = [name for name, _ in known]
        return frozenset(name for name in names if names.count(name) > 1)

    def log_keys(self, link_id: str, size: int) -> tuple[bytes, ...]:
        """Return the keys that may sign the party's own log at `size` (line 1), newest first."""
        return self._standing((card.log for card in self._newest_first()), link_id, size)

    def cosign_keys(self, link_id: str, size: int) -> tuple[bytes, ...]:
        """Return the keys that may give receipts at `size` (line 3), newest first."""
        return self._standing((card.cosign for card in self._newest_first()), link_id, size)

    def mldsa44_keys(self, link_id: str, size: int) -> tuple[bytes, ...]:
        """Return the keys that may sign lines 2 and 4 at `size`, newest first."""
        return self._standing((card.mldsa44 for card in self._newest_first()), link_id, size)

    def people(self, desk: str, signer: str, link_id: str, size: int) -> tuple[Person, ...]:
        """Return whom a desk ever knew under one id, newest first: one for each key.

        A key not revoked at or below `size` counts, with every role that any card gave it.
        """
        known = {each.ed25519: each for each in self.everybody(desk, signer)}
        return tuple(known[key] for key in self._standing(known, link_id, size))

    def everybody(self, desk: str, signer: str) -> tuple[Person, ...]:
        """Return whom a desk ever knew under one id, revoked or not, newest first."""
        roles: dict[bytes, frozenset[str]] = {}
        for card in self._newest_first():
            person = card.desks[desk].signers.get(signer) if desk in card.desks else None
            if person is not None:
                roles[person.ed25519] = roles.get(person.ed25519, frozenset()) | person.roles
        return tuple(Person(signer, key, found) for key, found in roles.items())

    def has_desk(self, name: str) -> bool:
        """Say whether any card names this desk."""
        return any(name in card.desks for card in self.cards)

    def desk(self, name: str, link_id: str, size: int) -> DeskKeys:
        """Return a desk with the signers of all cards, to check an old record.

        size counts the records of the log up to and with this one. Where one id had several keys
        the newest that is not revoked stands; `people` knows them all. The sealing key is the
        newest. Raises TheirFault("E_DESK") if no card names the desk.
        """
        if any(card.revoked for card in self.cards):
            return self._desk(name, link_id, size)
        if name not in self._desks:  # nothing is revoked: it is the same at every place
            self._desks[name] = self._desk(name, link_id, size)
        return self._desks[name]

    @cached_property
    def _desks(self) -> dict[str, DeskKeys]:
        return {}  # asked for with each record; names of desks on the cards alone

    def _desk(self, name: str, link_id: str, size: int) -> DeskKeys:
        found = [card.desks[name] for card in self._newest_first() if name in card.desks]
        if not found:
            raise TheirFault(
                "E_DESK", f"{self.name} has no desk {name[:40]!r}", "ask the party for its cards"
            )
        signers = {}
        for signer in {one: None for desk in found for one in desk.signers}:
            people = self.people(name, signer, link_id, size)
            if people:
                signers[signer] = people[0]
        return replace(found[0], signers=signers)

    def tls_pins(self, back: int = 0) -> tuple[bytes, ...]:
        """Return the pins (SHA-256 of SPKI) that count now, the newest card's first.

        back: how many cards before the newest still count; the caller knows how long ago the
        newest was receipted. A pin revoked for any log is void at once.
        """
        revoked = self.revoked_keys()
        recent = self._newest_first()[: back + 1]
        pins = dict.fromkeys(pin for card in recent for pin in card.pins)
        return tuple(pin for pin in pins if pin not in revoked)

    def _newest_first(self) -> tuple[Card, ...]:
        return self.cards[::-1]

    def _standing(self, keys: Iterable[bytes], link_id: str, size: int) -> tuple[bytes, ...]:
        # The role on a mark does not matter: a key that was lost is lost in every use. A mark that
        # does not name this log voids the key from its beginning; a "void" card kept in a safe was
        # signed before anybody could know sizes.
        marks: dict[bytes, int] = {}
        for card in self.cards:
            for mark in card.revoked:
                at = mark.sizes.get(link_id, 0)
                marks[mark.key] = min(at, marks.get(mark.key, at))
        return tuple(
            key
            for key in dict.fromkeys(keys)
            if size <= marks.get(sha256(key).digest(), limits.MAX_TREE)
        )


def _fork(one: Card, other: Card) -> TheirFault:
    return TheirFault(
        "E_CARD_FORK",
        f"{one.name} signed two cards that exclude each other, serials {one.serial} and {other.serial}",
        "keep both cards; tell both operators",
    )


def _check_party(old: Card, new: Card) -> None:
    if new.name != old.name:
        raise TheirFault(
            "E_CANON", f"cards of {old.name} and {new.name} in one file", "give each its own file"
        )


def same_root(one: Card, other: Card) -> bool:
    """Say whether two cards of a party are under the same root keys."""
    return (one.root_ed25519, one.root_mldsa65) == (other.root_ed25519, other.root_mldsa65)


def _other_root(old: Card, new: Card) -> TheirFault:
    return TheirFault(
        "E_SIG",
        f"card {new.serial} of {new.name} is under other root keys than card {old.serial}",
        "compare fingerprints with the party again",
    )


def _check_next(old: Card, new: Card) -> None:
    _check_party(old, new)
    if not same_root(old, new):
        if (new.serial, new.prev) != (old.serial + 1, old.hash):
            raise _other_root(old, new)
        return
    if new.serial == old.serial and new.hash != old.hash:
        raise _fork(old, new)
    if new.serial <= old.serial:
        raise TheirFault(
            "E_CANON",
            f"card {new.serial} of {new.name} follows card {old.serial}",
            "ask for the chain file, oldest card first",
        )
    if new.serial > old.serial + 1:
        raise TheirFault(
            "E_CANON",
            f"between cards {old.serial} and {new.serial} of {new.name} one is missing",
            "ask for the chain file",
        )
    if new.prev != old.hash:
        raise _fork(old, new)


def read_chain(data: bytes) -> Chain:
    """Read a file of one or more cards of one party, oldest first.

    A card begins where a line with `{` first follows a signature line. Raises TheirFault as
    `read_card` and `Chain`, and E_SIZE above MAX_CHAIN bytes.
    """
    if len(data) > limits.MAX_CHAIN:
        raise TheirFault(
            "E_SIZE",
            f"cards of {len(data)} bytes where {limits.MAX_CHAIN} are allowed",
            "send less",
        )
    return Chain(tuple(read_card(note) for note in _split(data)))


def _split(data: bytes) -> list[bytes]:
    notes, start, at = [], 0, data.find(b"\n{")
    while at >= 0:
        line = data.rfind(b"\n", start, at) + 1
        if line and data.startswith(_DASH, line):
            notes.append(data[start : at + 1])
            start = at + 1
        at = data.find(b"\n{", at + 1)
    return [*notes, data[start:]]
