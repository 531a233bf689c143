"""Parties whose keys come from labels, and the records, checkpoints and receipts they make.

Seeds are those of spec/README.md 5, so keys here are the keys of the vectors.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from hashlib import sha256, shake_256
from typing import Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from detente.core import body, checkpoint, envelope, inner, party, record, tree
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.moment import Moment

AURELIA: Final = "aurelia.gov"
BOREALIS: Final = "borealis.gov"
CORDIA: Final = "cordia.gov"

NOW: Final = Moment.parse("2026-11-21T23:59:59.123Z")
MATTER: Final = sha256(b"a matter").hexdigest()[:32]
DESKS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "cert": {
        "m-01": ("author",),
        "s-01": ("author", "read", "answer"),
        "s-02": ("release",),
    },
    "node": {"n-01": ("author",)},
}

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def seed(label: str) -> bytes:
    """The 32 private bytes behind a label."""
    return sha256(b"detente test vector " + label.encode()).digest()


class LabelSigner:
    """An Ed25519 key from a label (a keys.Signer)."""

    def __init__(self, label: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed(label))
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


class LabelContextSigner:
    """An ML-DSA key from a label (a keys.ContextSigner)."""

    def __init__(
        self, label: str, kind: type[mldsa.MLDSA44PrivateKey] | type[mldsa.MLDSA65PrivateKey]
    ) -> None:
        self._key = kind.from_seed_bytes(seed(label))
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes, context: bytes) -> bytes:
        return self._key.sign(message, context)


def opening_key(private: bytes) -> tuple[hpke.MLKEM768X25519PrivateKey, bytes]:
    """A desk's key from its private seed of 32 bytes, and the public one (spec/record.md 5.1)."""
    wide = shake_256(private).digest(96)
    kem = MLKEM768PrivateKey.from_seed_bytes(wide[:64])
    curve = X25519PrivateKey.from_private_bytes(wide[64:])
    public = kem.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
    return hpke.MLKEM768X25519PrivateKey(kem, curve), public


class LabelOpener:
    """A desk's HPKE key from a label (a keys.Opener)."""

    def __init__(self, label: str) -> None:
        self._key, self.public = opening_key(seed(label))

    def open(self, sealed: bytes, info: bytes) -> bytes:
        try:
            return _SUITE.decrypt(sealed, self._key, info=info)
        except (InvalidTag, ValueError):
            raise TheirFault("E_COMMIT", "the seal does not open", "seal it again") from None


class LabelEntropy:
    """Bytes that look random and are the same at every run (a keys.Entropy)."""

    def __init__(self, label: str = "entropy") -> None:
        self._label, self._drawn = label.encode(), 0

    def draw(self, count: int) -> bytes:
        self._drawn += 1
        return shake_256(self._label + self._drawn.to_bytes(8, "big")).digest(count)


@dataclass(frozen=True, slots=True)
class Party:
    """A party with its private keys in hand."""

    name: str
    card: party.Card
    root: LabelSigner
    root_pq: LabelContextSigner
    log: LabelSigner
    cosign: LabelSigner
    log_pq: LabelContextSigner
    signers: Mapping[str, LabelSigner]
    openers: Mapping[str, LabelOpener]

    def address(self, desk: str = "cert") -> str:
        return f"{desk}@{self.name}"

    def invite(self, peer: "Party") -> party.Invite:
        return party.Invite(peer.name, seed(f"{self.name} invites {peer.name}")[:16], self.card)


@cache
def _pq(label: str, *, wide: bool) -> LabelContextSigner:
    return LabelContextSigner(label, mldsa.MLDSA65PrivateKey if wide else mldsa.MLDSA44PrivateKey)


@cache
def _opener(label: str) -> LabelOpener:
    return LabelOpener(label)


def text(data: bytes) -> str:
    """Base64, as JSON carries bytes."""
    return base64.b64encode(data).decode()


def card_value(name: str) -> dict[str, Json]:
    """The members of a party's first card."""
    return {
        "v": 1,
        "type": "detente-card",
        "name": name,
        "display": {"en": name.partition(".")[0].title()},
        "serial": 1,
        "prev": None,
        "created": "2026-11-01T00:00:00.000Z",
        "expires": "2027-11-01T00:00:00.000Z",
        "root": {
            "ed25519": text(LabelSigner(f"{name} root ed25519").public),
            "mldsa65": text(_pq(f"{name} root mldsa65", wide=True).public),
        },
        "log": {
            "ed25519": text(LabelSigner(f"{name} log ed25519").public),
            "cosign_ed25519": text(LabelSigner(f"{name} cosign ed25519").public),
            "mldsa44": text(_pq(f"{name} log mldsa44", wide=False).public),
        },
        "node": {
            "spki_sha256": [text(sha256(seed(f"{name} spki")).digest())],
            "hpke": text(_opener(f"{name} desk node").public),
            "endpoints": [{"id": "primary", "addr": "tcp://198.51.100.7:7440"}],
        },
        "desks": [
            {
                "name": desk,
                "hpke": text(_opener(f"{name} desk {desk}").public),
                "signers": [
                    {
                        "id": person,
                        "ed25519": text(LabelSigner(f"{name} signer {person}").public),
                        "roles": list(roles),
                    }
                    for person, roles in people.items()
                ],
            }
            for desk, people in DESKS.items()
        ],
        "revoked": [],
    }


def sign_card(name: str, value: dict[str, Json]) -> party.Card:
    """The card of these members under the root keys of `name`."""
    return party.sign_card(
        value, LabelSigner(f"{name} root ed25519"), _pq(f"{name} root mldsa65", wide=True)
    )


@cache
def make_party(name: str) -> Party:
    """A party with desks `cert` and `node`, and its first card."""
    ids = [person for people in DESKS.values() for person in people]
    return Party(
        name,
        sign_card(name, card_value(name)),
        LabelSigner(f"{name} root ed25519"),
        _pq(f"{name} root mldsa65", wide=True),
        LabelSigner(f"{name} log ed25519"),
        LabelSigner(f"{name} cosign ed25519"),
        _pq(f"{name} log mldsa44", wide=False),
        {person: LabelSigner(f"{name} signer {person}") for person in ids},
        {desk: _opener(f"{name} desk {desk}") for desk in DESKS},
    )


def origin(owner: Party, peer: Party) -> str:
    """The name of the log that `owner` writes to `peer`."""
    nonce = party.link_nonce(
        owner.card, owner.invite(peer).nonce, peer.card, peer.invite(owner).nonce
    )
    return checkpoint.origin_of(owner.name, party.link_id(owner.card, peer.card, nonce))


PLAIN_HEADER: Final = record.Header(
    kind="cert.bundle",
    from_=f"cert@{AURELIA}",
    to=(f"cert@{BOREALIS}",),
    prec="ROUTINE",
    tlp="AMBER",
    matter=MATTER,
    s="1f0a93c2",
    n=1,
    created=NOW,
    commit=bytes(32),
    ck=bytes(range(32)),
    size=0,
)


class Written(NamedTuple):
    """A finished record and what only its author knows of it."""

    header: record.Header
    mid: bytes
    parts: envelope.Parts
    content: body.Content
    salt: bytes

    @property
    def envelope(self) -> bytes:
        return envelope.encode(self.parts)

    @property
    def leaf(self) -> bytes:
        return tree.leaf_hash(envelope.entry_of(self.parts))


def write_record(
    author: Party,
    addressees: Sequence[Party],
    plaintext: bytes,
    header: record.Header = PLAIN_HEADER,
    signed_by: Mapping[int, str] | None = None,
) -> Written:
    """A record from the author's `cert` desk, sealed to the desks `cert` and signed by s-01.

    header gives all that the text and the parties do not; signed_by maps roles to ids.
    A kind of record.md 6 gets an open body.
    """
    entropy = LabelEntropy(f"{author.name} {header.s} {header.n}")
    content = body.prepare(plaintext, entropy)
    is_open = header.kind in inner.OPEN_KINDS
    whole = replace(
        header,
        from_=author.address(header.from_.partition("@")[0]),
        to=tuple(sorted(one.address(header.to[0].partition("@")[0]) for one in addressees)),
        commit=content.commit,
        ck=inner.OPEN_CK if is_open else content.ck,
        size=content.size,
    )
    head = record.write_header(whole)
    mid = record.mid_of(head)
    closed = content.inside if is_open else body.close(content, mid)
    stated = sha256(closed).digest()
    sigs = [
        record.Signature(role, who, author.signers[who].sign(record.statement(role, mid, stated)))
        for role, who in (signed_by or {record.AUTHOR: "s-01"}).items()
    ]
    seals = [
        envelope.Seal(
            one.address(),
            one.card.desks["cert"].key_id,
            body.seal_key(content.key, one.openers["cert"].public, mid),
        )
        for one in (*addressees, author)
        if not is_open
    ]
    parts = envelope.Parts(head, record.write_signatures(sigs), envelope.write_seals(seals), closed)
    return Written(whole, mid, parts, content, content.inside[: inner.SALT_SIZE])


def roots_of(leaves: Sequence[bytes]) -> list[bytes]:
    """The roots over the first 0, 1, 2 … of these leaf hashes."""
    grown = tree.Range()
    roots = [grown.root()]
    for leaf in leaves:
        grown.append(leaf)
        roots.append(grown.root())
    return roots


def reader_of(leaves: Sequence[bytes]) -> tree.SubtreeReader:
    """A reader of perfect subtrees over these leaf hashes, made without the code under test."""

    def read(level: int, index: int) -> bytes:
        row = list(leaves[index << level : (index + 1) << level])
        assert len(row) == 1 << level, "a perfect subtree of these leaves"
        while len(row) > 1:
            row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
        return row[0]

    return read
