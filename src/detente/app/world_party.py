"""Parties of a world: their keys, cards and records, all from labels.

Ed25519 is real here, since it draws nothing. Where a library draws its own randomness a stand-in
of the same size takes its place: bodies and seals (HPKE) and post-quantum keys are bytes of
SHAKE-256, and cards bear no root signatures. A node opens no body and reads no card's signature.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, shake_256
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from detente.core import canon, envelope, inner, keys, names, record
from detente.core.moment import Moment
from detente.core.party import Card, DeskKeys, Person, link_id, link_nonce
from detente.node.seat import LinkTerms

NAMES: Final = ("aurelia.gov", "borealis.gov", "cordia.gov")
START: Final = Moment.parse("2026-11-22T00:00:00.000Z")
_TAG: Final = 16  # of the cipher, after a sealed inside
_PEOPLE: Final = {"cert": {"s-01": "author", "s-02": "release"}, "node": {"n-01": "author"}}


def draw(label: str, count: int) -> bytes:
    """Return bytes that look random and are the same in every run."""
    return shake_256(b"detente world " + label.encode()).digest(count)


class LabelKey:
    """An Ed25519 key from a label (a keys.Signer)."""

    def __init__(self, label: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(draw(label, 32))
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        return self._key.sign(message)


class LabelEntropy:
    """Bytes from a label, others at each draw (a keys.Entropy)."""

    def __init__(self, label: str) -> None:
        self._label, self._drawn = label, 0

    def draw(self, count: int) -> bytes:
        """Return the next bytes."""
        self._drawn += 1
        return draw(f"{self._label} {self._drawn}", count)


@dataclass(frozen=True, slots=True)
class Party:
    """A party with its private keys in hand."""

    card: Card
    log: LabelKey
    cosign: LabelKey
    signers: Mapping[str, LabelKey]

    @property
    def name(self) -> str:
        """Its name."""
        return self.card.name

    @property
    def address(self) -> str:
        """Its one desk for people."""
        return f"cert@{self.card.name}"


@cache
def party(name: str) -> Party:
    """Return the party of this name: in every world with the same keys."""
    signers = {who: LabelKey(f"{name} {who}") for desk in _PEOPLE.values() for who in desk}
    log, cosign = LabelKey(f"{name} log"), LabelKey(f"{name} cosign")
    desks = {
        desk: DeskKeys(
            desk,
            draw(f"{name} {desk}", keys.HPKE_PUBLIC),
            {
                who: Person(who, signers[who].public, frozenset({role}))
                for who, role in rows.items()
            },
        )
        for desk, rows in _PEOPLE.items()
    }
    text = canon.encode({"name": name, "type": "detente-card", "v": 1}) + b"\n"
    card = Card(
        note=text,
        text=text,
        name=name,
        display={"en": name},
        serial=1,
        prev=None,
        created=Moment(0),
        expires=Moment(2**40),
        root_ed25519=LabelKey(f"{name} root").public,
        root_mldsa65=draw(f"{name} root", keys.MLDSA65_PUBLIC),
        log=log.public,
        cosign=cosign.public,
        mldsa44=draw(f"{name} log", keys.MLDSA44_PUBLIC),
        pins=(draw(f"{name} pin", 32),),
        node_hpke=desks["node"].hpke,
        endpoints=(),
        desks=desks,
        revoked=(),
    )
    return Party(card, log, cosign, signers)


@cache
def terms(ours: str, theirs: str) -> LinkTerms:
    """Return the confirmed link of two parties as the first sees it."""
    one, other = party(ours).card, party(theirs).card
    nonce = link_nonce(one, draw(f"{ours} {theirs}", 16), other, draw(f"{theirs} {ours}", 16))
    return LinkTerms(other, link_id(one, other, nonce), nonce)


@dataclass(slots=True)
class Paper:
    """A record that an office has written, and what it knows of its way."""

    envelope: bytes
    mid: bytes
    number: int
    rank: int
    peers: tuple[str, ...]
    due_ms: int
    is_answered: bool = False
    again: bool = False  # offer it once more: the node fell, and it is not seen in a log


def write(
    author: Party, peers: Sequence[str], label: str, number: int, rank: int, size: int
) -> Paper:
    """Return a signed record of `size` bytes of text; FLASH (rank 4) is signed by two people."""
    header = record.write_header(
        record.Header(
            kind="cert.bundle",
            from_=author.address,
            to=tuple(sorted(party(peer).address for peer in peers)),
            prec=record.PRECEDENCES[rank - 1],
            tlp="GREEN",
            matter=draw(f"{author.name} matter", 16).hex(),
            s="00000001",
            n=number,
            created=START,
            commit=draw(f"{label} commit", 32),
            ck=draw(f"{label} ck", 32),
            size=size,
        )
    )
    mid = record.mid_of(header)
    body = draw(label, inner.padded_size(inner.SALT_SIZE + 4 + size) + _TAG)
    stated = sha256(body).digest()
    roles = {record.AUTHOR: "s-01"} | (
        {record.RELEASER: "s-02"} if rank == len(record.PRECEDENCES) else {}
    )
    signatures = [
        record.Signature(role, who, author.signers[who].sign(record.statement(role, mid, stated)))
        for role, who in roles.items()
    ]
    seals = [
        envelope.Seal(
            one.address, one.card.desks["cert"].key_id, draw(f"{label} {one.name}", keys.SEALED_KEY)
        )
        for one in (*(party(peer) for peer in sorted(peers)), author)
    ]
    parts = envelope.Parts(
        header, record.write_signatures(signatures), envelope.write_seals(seals), body
    )
    return Paper(envelope.encode(parts), mid, number, rank, tuple(peers), 0)


def owner_of(origin: str) -> str:
    """Return the party that writes this log."""
    owner = origin.partition("/")[0]
    assert names.is_party(owner), "an origin begins with its owner"
    return owner
