"""Small secrets of other rooms, sealed under a key that never leaves the vault."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from detente.core.errors import OurFault

_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class SmallBox:
    """Seals and opens; each label is a use of its own, so that nothing can be moved to another."""

    __slots__ = ("_aead",)

    def __init__(self, seed: bytes) -> None:
        derived = HKDF(SHA256(), _KEY_BYTES, salt=None, info=b"detente/v1/box").derive(seed)
        self._aead = ChaCha20Poly1305(derived)

    def seal(self, label: str, data: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, data, label.encode())

    def open(self, label: str, sealed: bytes) -> bytes:
        """Return what was sealed under this label. Raises OurFault("vault.damaged")."""
        try:
            return self._aead.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], label.encode())
        except InvalidTag:
            raise OurFault(
                "vault.damaged",
                "a secret of the office's store does not open with its key in the vault",
                "restore vault and store from one backup, or make enter links for people",
            ) from None

    def __repr__(self) -> str:
        """Show nothing."""
        return "<SmallBox>"
