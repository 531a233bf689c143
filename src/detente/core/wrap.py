"""A file that one node seals for another: its key, and the chunks under that key.

Keys are wrapped under a context of their own, so a key that opens courier files opens no body
(core/body). Normative: spec/courier.md 2. HPKE base mode with the X-Wing KEM, as for seals.
"""

from struct import Struct
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from detente.core import keys
from detente.core.errors import TheirFault
from detente.core.keys import Opener

KEY_SIZE: Final = 32
TAG_SIZE: Final = 16
CONTEXT: Final = b"detente/v1/courier\n"
_CARRIED: Final = b"detente/v1/carried\n"
_MLKEM_PUBLIC: Final = 1_184
_SUITE: Final = hpke.Suite(
    hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
)
_NONCE = Struct(">QI")  # number of the chunk, and whether it is the last


def wrap(key: bytes, node_public: bytes, link_id: str) -> bytes:
    """Return the key of a file, 32 bytes, sealed to a node: 1,168 bytes.

    Raises TheirFault("E_DESK") if node_public (1,216 bytes) is no key.
    """
    try:
        public = hpke.MLKEM768X25519PublicKey(
            MLKEM768PublicKey.from_public_bytes(node_public[:_MLKEM_PUBLIC]),
            X25519PublicKey.from_public_bytes(node_public[_MLKEM_PUBLIC:]),
        )
        return _SUITE.encrypt(key, public, info=CONTEXT + link_id.encode())
    except ValueError:
        raise TheirFault(
            "E_DESK", "the node's key on the card is no key", "ask the party for a new card"
        ) from None


def unwrap(sealed: bytes, opener: Opener, link_id: str) -> bytes:
    """Return the key of a file that came over this link. Raises TheirFault("E_COMMIT")."""
    if len(sealed) == keys.SEALED_KEY:
        key = opener.open(sealed, CONTEXT + link_id.encode())
        if len(key) == KEY_SIZE:
            return key
    raise TheirFault("E_COMMIT", "what is sealed is no key of a file", "ask for it sealed anew")


def statement(link_id: str, key: bytes) -> bytes:
    """Return what the sending node signs: that it chose this key for a file of this link."""
    return _CARRIED + link_id.encode() + b"\n" + key


def close_chunk(key: bytes, number: int, data: bytes, *, last: bool) -> bytes:
    """Return one chunk of a file, 16 bytes longer than `data`. Numbers begin at 0."""
    return ChaCha20Poly1305(key).encrypt(_NONCE.pack(number, last), data, CONTEXT)


def open_chunk(key: bytes, number: int, data: bytes, *, last: bool) -> bytes:
    """Return what a chunk holds. Raises TheirFault("E_COMMIT"): altered, or not in this place."""
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE.pack(number, last), data, CONTEXT)
    except InvalidTag:
        raise TheirFault(
            "E_COMMIT", f"chunk {number} does not open", "ask for the file again"
        ) from None
