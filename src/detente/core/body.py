"""Sealing a body to desks and opening it. Only office/writing and office/reading come here.

Normative: spec/record.md 3 (body) and 5 (seals). HPKE base mode (RFC 9180) with the X-Wing KEM
0x647a (draft-ietf-hpke-pq). The library draws the encapsulation's randomness itself.
"""

from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from detente.core import inner, keys
from detente.core.errors import TheirFault
from detente.core.keys import Entropy, Opener

KEY_SIZE: Final = 32
_MLKEM_PUBLIC: Final = 1_184
_SUITE: Final = hpke.Suite(
    hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
)
_NONCE: Final = bytes(12)  # each content key is used once
SEAL_CONTEXT: Final = b"detente/v1/seal\n"


@dataclass(frozen=True, slots=True)
class Content:
    """A text with what seals it. commit and ck go into the header, the key into the seals."""

    inside: bytes
    size: int
    commit: bytes
    key: bytes

    @property
    def ck(self) -> bytes:
        """The commitment to the content key: one body cannot open to two texts."""
        return commit_to_key(self.key)


def commit_to_key(key: bytes) -> bytes:
    """Return the hash that stands as `ck` in a header (spec/record.md 2)."""
    return sha256(b"detente/v1/ck\n" + key).digest()


def prepare(plaintext: bytes, entropy: Entropy) -> Content:
    """Return the text with a fresh salt and content key. Raises TheirFault("E_SIZE")."""
    salt = entropy.draw(inner.SALT_SIZE)
    commit = inner.commitment(salt, plaintext)
    return Content(inner.pack(salt, plaintext), len(plaintext), commit, entropy.draw(KEY_SIZE))


def close(content: Content, mid: bytes) -> bytes:
    """Return the body: the inside under the content key, bound to the header by `mid`."""
    return ChaCha20Poly1305(content.key).encrypt(_NONCE, content.inside, mid)


def seal_key(key: bytes, desk_public: bytes, mid: bytes) -> bytes:
    """Return the content key for one desk: 1,168 bytes that only its opener opens.

    Raises TheirFault("E_DESK") if desk_public (1,216 bytes) is no key.
    """
    try:
        public = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(desk_public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(desk_public[_MLKEM_PUBLIC:]),
        )
        return _SUITE.encrypt(key, public, info=SEAL_CONTEXT + mid)
    except ValueError:
        raise TheirFault(
            "E_DESK", "the desk's key on the card is no key", "ask the party for a new card"
        ) from None


def open_key(sealed: bytes, opener: Opener, mid: bytes, ck: bytes) -> bytes:
    """Return the content key of a record, to seal it anew. Raises TheirFault("E_COMMIT")."""
    key = opener.open(sealed, SEAL_CONTEXT + mid) if len(sealed) == keys.SEALED_KEY else b""
    if len(key) != KEY_SIZE or commit_to_key(key) != ck:
        raise TheirFault("E_COMMIT", "the seal does not open", "ask the author to send it again")
    return key


def open_body(
    body: bytes, sealed: bytes, opener: Opener, mid: bytes, said: tuple[bytes, int, bytes]
) -> tuple[bytes, bytes]:
    """Return salt and text of a body.

    said is what the header says: ck, size in bytes, commit. Checked in the order of
    spec/record.md 3: ck, encryption, padding, length, commit. Raises TheirFault("E_COMMIT").
    """
    ck, size, commit = said
    key = open_key(sealed, opener, mid, ck)
    try:
        inside = ChaCha20Poly1305(key).decrypt(_NONCE, body, mid)
    except InvalidTag:
        raise TheirFault(
            "E_COMMIT", "the body does not open", "ask the author to send it again"
        ) from None
    return inner.unpack(inside, size, commit)
