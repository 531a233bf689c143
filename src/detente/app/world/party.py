"""Parties of a world: their keys, cards and records, all from labels.

Ed25519 is real here, since it draws nothing; ML-DSA too, since nothing that happens depends on the
bytes of a signature, and so are the keys of courier files. Where else a library draws its own
randomness a stand-in of the same size takes its place: bodies and seals (HPKE) are bytes of
SHAKE-256. A node opens no body.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256, shake_256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from detente.core import canon, envelope, inner, keys, names, record
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.core.moment import Moment, Span
from detente.core.party import Card, link_id, link_nonce, sign_card
from detente.node.seat import LinkTerms

NAMES: Final = ("aurelia.gov", "borealis.gov", "cordia.gov")
START: Final = Moment.parse("2026-11-22T00:00:00.000Z")
_TAG: Final = 16  # of the cipher, after a sealed inside
_MLKEM_SEED: Final = 64
_SUITE: Final = hpke.Suite(
    hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
)
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


class LabelPqKey:
    """An ML-DSA key from a label (a keys.ContextSigner); what it signs differs in every run."""

    def __init__(self, label: str, *, root: bool = False) -> None:
        kind = MLDSA65PrivateKey if root else MLDSA44PrivateKey
        self._key: MLDSA44PrivateKey | MLDSA65PrivateKey = kind.from_seed_bytes(draw(label, 32))
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes, context: bytes) -> bytes:
        """Return the signature, 2,420 bytes, or 3,309 of a root."""
        return self._key.sign(message, context)


class LabelOpener:
    """The key of a node for courier files, from a label (a keys.Opener)."""

    def __init__(self, label: str) -> None:
        wide = draw(label, _MLKEM_SEED + 32)
        lattice = MLKEM768PrivateKey.from_seed_bytes(wide[:_MLKEM_SEED])
        curve = X25519PrivateKey.from_private_bytes(wide[_MLKEM_SEED:])
        self._key = hpke.MLKEM768X25519PrivateKey(lattice, curve)
        self.public = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed to this key. Raises TheirFault("E_COMMIT")."""
        try:
            return _SUITE.decrypt(sealed, self._key, info)
        except InvalidTag:
            raise TheirFault("E_COMMIT", "sealed to another key", "ask for it anew") from None


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
    log_pq: LabelPqKey
    signers: Mapping[str, LabelKey]
    opener: LabelOpener

    @property
    def name(self) -> str:
        """Its name."""
        return self.card.name

    @property
    def address(self) -> str:
        """Its one desk for people."""
        return f"cert@{self.card.name}"


def _root_pq(name: str) -> LabelPqKey:
    return LabelPqKey(f"{name} root pq", root=True)


@cache
def party(name: str) -> Party:
    """Return the party of this name: in every world with the same keys."""
    signers = {who: LabelKey(f"{name} {who}") for desk in _PEOPLE.values() for who in desk}
    log, cosign = LabelKey(f"{name} log"), LabelKey(f"{name} cosign")
    log_pq = LabelPqKey(f"{name} log pq")
    opener = LabelOpener(f"{name} node")
    members: dict[str, Json] = {
        "v": 1,
        "type": "detente-card",
        "name": name,
        "display": {"en": name},
        "serial": 1,
        "prev": None,
        "created": str(START),
        "expires": str(START + Span.of(days=730)),
        "root": {
            "ed25519": canon.to_base64(LabelKey(f"{name} root").public),
            "mldsa65": canon.to_base64(_root_pq(name).public),
        },
        "log": {
            "ed25519": canon.to_base64(log.public),
            "cosign_ed25519": canon.to_base64(cosign.public),
            "mldsa44": canon.to_base64(log_pq.public),
        },
        "node": {
            "spki_sha256": [canon.to_base64(draw(f"{name} pin", 32))],
            "hpke": canon.to_base64(opener.public),
            "endpoints": [],
        },
        "desks": [
            {
                "name": desk,
                "hpke": canon.to_base64(
                    opener.public
                    if desk == names.NODE_DESK
                    else draw(f"{name} {desk}", keys.HPKE_PUBLIC)
                ),
                "signers": [
                    {"id": who, "ed25519": canon.to_base64(signers[who].public), "roles": [role]}
                    for who, role in rows.items()
                ],
            }
            for desk, rows in _PEOPLE.items()
        ],
        "revoked": [],
    }
    card = sign_card(members, LabelKey(f"{name} root"), _root_pq(name))
    return Party(card, log, cosign, log_pq, signers, opener)


# So fast that no message leaves in parts: the network of a world loses and doubles whole ones.
RATES: Final = {"primary": 10**9, "second": 10**9}


@cache
def terms(ours: str, theirs: str) -> LinkTerms:
    """Return the confirmed link of two parties as the first sees it."""
    one, other = party(ours).card, party(theirs).card
    nonce = link_nonce(one, draw(f"{ours} {theirs}", 16), other, draw(f"{theirs} {ours}", 16))
    return LinkTerms(other, link_id(one, other, nonce), nonce, rates=RATES)


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
