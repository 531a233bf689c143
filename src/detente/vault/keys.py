"""Keys in use: what signs and what opens, made from seeds of 32 bytes. Source: spec/record.md 1.1.

Nothing here gives a seed or a private key back, and nothing here shows one when printed.
WEAK: Python cannot wipe memory, so a seed stays in the process until its memory is used anew. Who
reads this process's memory has its keys; therefore desk keys are never in the node's process.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA65PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from detente.core.errors import TheirFault

Kind = Literal["ed25519", "mldsa44", "mldsa65", "xwing"]

SEED_BYTES: Final = 32
KINDS: Final[tuple[Kind, ...]] = ("ed25519", "mldsa44", "mldsa65", "xwing")

_MLKEM_SEED_BYTES: Final = 64
_EXPANDED_BYTES: Final = 96
_SUITE: Final = hpke.Suite(
    hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305
)


class Entropy(Protocol):
    """Where random bytes come from. A world's is seeded, a node's is the kernel."""

    def draw(self, count: int) -> bytes:
        """Return `count` unpredictable bytes."""
        ...


@dataclass(frozen=True, slots=True)
class KeySeed:
    """The 32 bytes that a private key is made from. Printing it shows the kind alone."""

    kind: Kind
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        """Hold the callers to the kinds and the length."""
        """Hold the callers to the kinds and the length."""
        assert self.kind in KINDS, "a kind of key that this version makes"
        assert len(self.seed) == SEED_BYTES, "every kind of key has a seed of 32 bytes"


class Ed25519Signer:
    """Signs with one Ed25519 key. `public` is the raw key, 32 bytes."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of signature over `message`."""
        return self._key.sign(message)

    def __repr__(self) -> str:
        """Show the public half."""
        return _shown("Ed25519Signer", self.public)


class MlDsaSigner:
    """Signs with one ML-DSA key. `public` is the raw key: 1,312 bytes (44) or 1,952 (65)."""

    __slots__ = ("_key", "public")

    def __init__(self, key: MLDSA44PrivateKey | MLDSA65PrivateKey) -> None:
        self._key = key
        self.public = key.public_key().public_bytes_raw()

    def sign(self, message: bytes, context: bytes = b"") -> bytes:
        """Return the signature over `message` (2,420 or 3,309 bytes); two of them differ.

        context is at most 255 bytes and parts one use of the key from another.
        """
        return self._key.sign(message, context)

    def __repr__(self) -> str:
        """Show the public half."""
        return _shown("MlDsaSigner", self.public)


class XWingOpener:
    """Opens what was sealed to one desk or node. `public` is 1,216 bytes: ML-KEM, then X25519."""

    __slots__ = ("_key", "public")

    def __init__(self, seed: bytes) -> None:
        wide = hashlib.shake_256(seed).digest(_EXPANDED_BYTES)
        lattice = MLKEM768PrivateKey.from_seed_bytes(wide[:_MLKEM_SEED_BYTES])
        curve = X25519PrivateKey.from_private_bytes(wide[_MLKEM_SEED_BYTES:])
        self._key = hpke.MLKEM768X25519PrivateKey(lattice, curve)
        self.public = (
            lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()
        )

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed to this key under `info`: 1,136 bytes less than `sealed`.

        Raises TheirFault("E_COMMIT"): sealed to another key, under other words, or altered.
        """
        try:
            return _SUITE.decrypt(sealed, self._key, info)
        except InvalidTag:
            raise TheirFault(
                "E_COMMIT", "the seal does not open with this key", "ask for it sealed anew"
            ) from None

    def __repr__(self) -> str:
        """Show the public half."""
        return _shown("XWingOpener", self.public)


Key = Ed25519Signer | MlDsaSigner | XWingOpener

_MAKERS: Final[Mapping[Kind, Callable[[bytes], Key]]] = {
    "ed25519": Ed25519Signer,
    "mldsa44": lambda seed: MlDsaSigner(MLDSA44PrivateKey.from_seed_bytes(seed)),
    "mldsa65": lambda seed: MlDsaSigner(MLDSA65PrivateKey.from_seed_bytes(seed)),
    "xwing": XWingOpener,
}


def new_seed(kind: Kind, entropy: Entropy) -> KeySeed:
    """Return the seed of a key that never was."""
    return KeySeed(kind, entropy.draw(SEED_BYTES))


def key_of(seed: KeySeed) -> Key:
    """Return the key made from a seed. The same seed gives the same key."""
    return _MAKERS[seed.kind](seed.seed)


def _shown(name: str, public: bytes) -> str:
    return f"<{name} {hashlib.sha256(public).hexdigest()[:16]}>"
