"""Making records: number, seal, sign. One of two rooms that may seal a body.

Normative: spec/record.md 2 to 5.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from detente.core import body, envelope, inner, names, record
from detente.core.canon import Json
from detente.core.envelope import Parts, Seal
from detente.core.errors import OurFault, TheirFault
from detente.core.keys import Entropy, Opener, Signer
from detente.core.moment import Moment
from detente.core.party import Card, DeskKeys, key_id_of
from detente.core.record import Attachment, Header, Signature
from detente.core.trust import Chain
from detente.office.closed import desk_closed
from detente.office.fields import Values

SERIES_KEPT = 4_096  # matters with a series in memory; an older one simply starts a new series


@dataclass(frozen=True, slots=True)
class KeysAtWork:
    """Keys whose owners are at work: openers by desk, signers by id, the newest of each.

    older: keys that a newer card replaced: what was sealed to them is still opened, and who has not
    heard of the newer one is still signed for. attended: desks whose keys their people alone open, the
    newest last; none while such a desk is closed. house: what opens our own home records beside the
    desk's key, so that they are read while the desk is closed.
    """

    openers: Mapping[str, Opener]
    signers: Mapping[str, Signer]
    older_openers: tuple[Opener, ...] = ()
    older_signers: tuple[Signer, ...] = ()
    attended: dict[str, tuple[Opener, ...]] = field(default_factory=dict)
    house: Opener | None = None

    def serves(self, desk: str) -> bool:
        """Say whether this office is the one that opens a desk, closed now or not."""
        return desk in self.openers or desk in self.attended

    @property
    def desks(self) -> list[str]:
        """Every desk that this office opens, closed now or not."""
        return [*self.openers, *(each for each in self.attended if each not in self.openers)]

    def is_closed(self, desk: str) -> bool:
        """Say whether a desk waits for one of its people to open it."""
        return self.attended.get(desk) == ()

    def newest(self, desk: str) -> Opener | None:
        """Return the newest opener of a desk; None while it is closed."""
        return next(reversed(self.attended.get(desk, ())), self.openers.get(desk))

    def check_open(self, desk: str) -> None:
        """Raise OurFault("office.desk_closed") for a desk that waits for its people."""
        if self.is_closed(desk):
            raise desk_closed(desk)

    @classmethod
    def of(
        cls, openers: Mapping[str, Sequence[Opener]], signers: Mapping[str, Sequence[Signer]]
    ) -> "KeysAtWork":
        """Return them from all keys of each desk and id, the oldest first."""
        return cls(
            {desk: found[-1] for desk, found in openers.items()},
            {name: found[-1] for name, found in signers.items()},
            tuple(each for found in openers.values() for each in found[:-1]),
            tuple(each for found in signers.values() for each in found[:-1]),
        )

    def opener(self, key_id: bytes) -> Opener | None:
        """Return what opens a seal to this key (8 bytes), whatever desk it was of."""
        own = [each for found in self.attended.values() for each in found]
        house = [self.house] if self.house else []
        for each in (*self.openers.values(), *self.older_openers, *own, *house):
            if key_id_of(each.public) == key_id:
                return each
        return None

    def signer(self, name: str, public: bytes | None) -> Signer | None:
        """Return the key of an id that the card names; None if it is not at work."""
        if public is None:
            return self.signers.get(name)
        found = (*self.signers.values(), *self.older_signers)
        return next((each for each in found if each.public == public), None)


@dataclass(frozen=True, slots=True)
class Letter:
    """A record about to be made. text is the plaintext of its body, 262,144 bytes at most.

    body is the same as values, where they are at hand.
    """

    kind: str
    desk: str
    to: tuple[str, ...]
    text: bytes
    created: Moment
    matter: str
    prec: str
    tlp: str
    body: Values | None = None
    is_open: bool = False
    reply_to: bytes | None = None
    deadline: Moment | None = None
    ext: Mapping[str, Json] | None = None
    caveats: tuple[str, ...] = ()
    att: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A finished record: identity, author, header, text, and the envelope that the node takes.

    releaser: the second person, if one signed.
    """

    mid: bytes
    author: str
    header: Header
    text: bytes
    body: Values | None
    envelope: bytes
    releaser: str | None = None


@dataclass(slots=True)
class Book:
    """What writing needs to know: our card, the cards of confirmed peers, and running numbers."""

    card: Card
    peers: Mapping[str, Card]
    entropy: Entropy
    chains: Mapping[str, Chain] = field(default_factory=dict)  # ours and theirs, by party
    _series: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)

    def chain(self, party: str) -> Chain | None:
        """Return a party's cards, ours too; None for a party that we have not met."""
        return self.chains.get(party)

    def desk(self, address: str) -> DeskKeys:
        """Return a desk's newest keys. Raises OurFault: office.no_party, office.no_desk."""
        desk, party = names.split(address)
        card = self.card if party == self.card.name else self.peers.get(party)
        if card is None:
            raise OurFault(
                "office.no_party",
                f"no confirmed link with {party}",
                f"see how far the meeting is: detente party list; then: detente party confirm {party}",
            )
        if desk not in card.desks:
            raise OurFault(
                "office.no_desk",
                f"{party} has no desk {desk} on its card",
                f"choose one of: {', '.join(sorted(card.desks))}",
            )
        return card.desks[desk]

    def number(self, desk: str, matter: str) -> tuple[str, int]:
        """Return series and number for the next record of a desk in a matter.

        A series is random and new at each start, so no crash or restore can use a number twice.
        """
        known = self._series.get((desk, matter))
        if known is None:
            while len(self._series) >= SERIES_KEPT:
                del self._series[next(iter(self._series))]
            known = (self.entropy.draw(4).hex(), 0)
        series, last = known
        self._series[desk, matter] = (series, last + 1)
        return series, last + 1


def write(letter: Letter, author: str, book: Book, keys: KeysAtWork) -> Written:
    """Return the record, sealed to each desk addressed and to our own, and signed.

    author is the signer's id on our card. Raises OurFault: office.no_party, office.no_desk,
    office.no_key; TheirFault("E_SIZE") for too long a text.
    """
    own_desk = book.card.desks.get(letter.desk)
    person = own_desk.signers.get(author) if own_desk else None
    signer = keys.signer(author, person.ed25519 if person else None)
    if signer is None:
        raise OurFault("office.no_key", f"the key of {author} is not open", "open the vault")
    own = f"{letter.desk}@{book.card.name}"
    series, number = book.number(letter.desk, letter.matter)
    content = body.prepare(letter.text, book.entropy)
    header = Header(
        kind=letter.kind,
        from_=own,
        to=tuple(sorted(set(letter.to))),
        prec=letter.prec,
        tlp=letter.tlp,
        matter=letter.matter,
        s=series,
        n=number,
        created=letter.created,
        commit=content.commit,
        ck=inner.OPEN_CK if letter.is_open else content.ck,
        size=content.size,
        reply_to=letter.reply_to,
        deadline=letter.deadline,
        ext=letter.ext,
        caveats=letter.caveats,
        att=letter.att,
    )
    head = record.write_header(header)
    mid = record.mid_of(head)
    sealed_body = content.inside if letter.is_open else body.close(content, mid)
    seals = [] if letter.is_open else _seals(content.key, header, own, mid, book)
    if seals and keys.house is not None and _is_home(header):
        sealed = body.seal_key(content.key, keys.house.public, mid)
        seals.append(Seal(own, key_id_of(keys.house.public), sealed))
    message = record.statement(record.AUTHOR, mid, sha256(sealed_body).digest())
    sigs = record.write_signatures([Signature(record.AUTHOR, author, signer.sign(message))])
    parts = Parts(head, sigs, envelope.write_seals(seals), sealed_body)
    return Written(mid, author, header, letter.text, letter.body, envelope.encode(parts))


def release(envelope_bytes: bytes, releaser: str, book: Book, keys: KeysAtWork) -> bytes:
    """Return a record of ours that its author signed, signed by a second person too.

    Header and body stay as they are, so it is the same record. releaser is an id of its desk on
    our card. Raises OurFault("office.no_key").
    """
    parts = envelope.split(envelope_bytes)
    header, mid = record.read_header(parts.header), record.mid_of(parts.header)
    desk = book.card.desks.get(names.desk_of(header.from_))
    person = desk.signers.get(releaser) if desk else None
    signer = keys.signer(releaser, person.ed25519) if person else None
    if signer is None:
        raise OurFault(
            "office.no_key",
            f"the key of {releaser} is not open, or not of this desk",
            "open the vault; or have somebody else release it",
        )
    message = record.statement(record.RELEASER, mid, sha256(parts.body).digest())
    second = Signature(record.RELEASER, releaser, signer.sign(message))
    sigs = record.write_signatures([*record.read_signatures(parts.sigs), second])
    return envelope.encode(parts._replace(sigs=sigs))


def reseal(envelope_bytes: bytes, book: Book, keys: KeysAtWork) -> bytes | None:
    """Return a record of ours sealed to the newest keys of its desks; None if it is already.

    Header, signatures and body stay as they are, so it is the same record. Raises
    TheirFault("E_COMMIT") if none of our keys opens it any more; OurFault as `write`.
    """
    parts = envelope.split(envelope_bytes)
    header, mid = record.read_header(parts.header), record.mid_of(parts.header)
    seals = envelope.read_seals(parts.seals)
    house = key_id_of(keys.house.public) if keys.house else b""
    fixed = [each for each in seals if each.key_id == house]
    seals = tuple(each for each in seals if each.key_id != house)
    if header.is_open or all(seal.key_id == book.desk(seal.address).key_id for seal in seals):
        return None
    for seal in seals:
        opener = keys.opener(seal.key_id)
        if opener is not None:
            key = body.open_key(seal.sealed, opener, mid, header.ck)
            fresh = [*(_anew(seal, key, mid, book) for seal in seals), *fixed]
            found = parts._replace(seals=envelope.write_seals(fresh))
            return envelope.encode(found)
    raise TheirFault("E_COMMIT", "no key of ours opens this record", "send its text anew")


def _is_home(header: Header) -> bool:
    return header.kind.startswith("office.") and header.to == (header.from_,)


def _anew(seal: Seal, key: bytes, mid: bytes, book: Book) -> Seal:
    desk = book.desk(seal.address)
    if seal.key_id == desk.key_id:
        return seal
    return Seal(seal.address, desk.key_id, body.seal_key(key, desk.hpke, mid))


def _seals(key: bytes, header: Header, own: str, mid: bytes, book: Book) -> list[Seal]:
    found = []
    for address in dict.fromkeys((*header.to, own)):
        desk = book.desk(address)
        found.append(Seal(address, desk.key_id, body.seal_key(key, desk.hpke, mid)))
    return found
