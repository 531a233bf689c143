"""Sealing a file's chunks and opening them. Only office/files comes here: a node carries ciphertext.

A file key is drawn for one file and used for no other; the number of a chunk and whether it is the
last stand in its nonce, so none can be left out, moved or put at the end. Normative:
spec/record.md 7 (STREAM of Hoang, Reyhanitabar, Rogaway, Vizár 2015, with a counter of 64 bits).
"""

from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from detente.core import limits
from detente.core.errors import TheirFault

KEY_SIZE: Final = 32
CONTEXT: Final = b"detente/v1/att\n"


class FileKey:
    """One file's key at work."""

    def __init__(self, key: bytes) -> None:
        """Raise TheirFault("E_ATT") for a key that is not 32 bytes long."""
        if len(key) != KEY_SIZE:
            raise TheirFault("E_ATT", f"a file key of {len(key)} bytes", "send the file again")
        self._aead = ChaCha20Poly1305(key)

    def seal(self, index: int, chunk: bytes, *, last: bool) -> bytes:
        """Return a chunk of at most 65,536 bytes encrypted; only the last may be shorter."""
        assert len(chunk) == limits.CHUNK or (last and len(chunk) < limits.CHUNK), "cut in order"
        return self._aead.encrypt(_nonce(index, last=last), chunk, CONTEXT)

    def open(self, index: int, sealed: bytes, *, last: bool) -> bytes:
        """Return a chunk's plaintext.

        Raises TheirFault("E_ATT"): not sealed with this key, or not as this chunk of the file.
        """
        try:
            return self._aead.decrypt(_nonce(index, last=last), sealed, CONTEXT)
        except InvalidTag:
            raise TheirFault(
                "E_ATT", f"chunk {index} of a file does not open", "send the file again"
            ) from None


def _nonce(index: int, *, last: bool) -> bytes:
    return index.to_bytes(8, "big") + int(last).to_bytes(4, "big")
