"""Keys as the rest of the house sees them: public bytes to check with, and ports to sign and open.

Private keys never come here: a Signer or an Opener uses one and does not show it (vault/).
"""

from functools import lru_cache
from typing import Final, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import mldsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ED25519_PUBLIC: Final = 32
ED25519_SIGNATURE: Final = 64
MLDSA44_PUBLIC: Final = 1_312
MLDSA44_SIGNATURE: Final = 2_420
MLDSA65_PUBLIC: Final = 1_952
HPKE_PUBLIC: Final = 1_216  # ML-KEM-768 1,184, then X25519 32
SEALED_KEY: Final = 1_168  # HPKE encapsulation 1,120, then a content key of 32 with its tag


class Entropy(Protocol):
    """Where random bytes come from: the system at home, a seed in a world."""

    def draw(self, count: int) -> bytes:
        """Return `count` fresh bytes."""
        ...


class Signer(Protocol):
    """One Ed25519 key that signs and does not show itself."""

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the signature, 64 bytes."""
        ...


class ContextSigner(Protocol):
    """One ML-DSA key (FIPS 204) that signs under a context string."""

    @property
    def public(self) -> bytes:
        """The public key: 1,312 bytes of ML-DSA-44 or 1,952 of ML-DSA-65."""
        ...

    def sign(self, message: bytes, context: bytes) -> bytes:
        """Return the signature. Hedged: two signatures of one message differ."""
        ...


class Opener(Protocol):
    """One desk's HPKE key that opens what is sealed to it."""

    @property
    def public(self) -> bytes:
        """The public key, 1,216 bytes."""
        ...

    def open(self, sealed: bytes, info: bytes) -> bytes:
        """Return what was sealed. Raises TheirFault("E_COMMIT") if it does not open."""
        ...


@lru_cache(maxsize=1_024)
def _ed25519(public: bytes) -> Ed25519PublicKey | None:
    # Keeping key objects spares 5 us a signature.
    try:
        return Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        return None


def ed25519_holds(public: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the signature (64 bytes) is by this key (32 bytes) over this message."""
    key = _ed25519(public)
    if key is None:
        return False
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=256)
def _mldsa(public: bytes) -> mldsa.MLDSA44PublicKey | mldsa.MLDSA65PublicKey | None:
    try:
        if len(public) == MLDSA44_PUBLIC:
            return mldsa.MLDSA44PublicKey.from_public_bytes(public)
        return mldsa.MLDSA65PublicKey.from_public_bytes(public)
    except ValueError:
        return None


def mldsa_holds(public: bytes, signature: bytes, message: bytes, context: bytes) -> bool:
    """Say whether an ML-DSA-44 or ML-DSA-65 signature holds; the key's length says which."""
    key = _mldsa(public)
    if key is None:
        return False
    try:
        key.verify(signature, message, context)
    except (InvalidSignature, ValueError):
        return False
    return True
