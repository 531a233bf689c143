"""The inside of a body: salt, length, text, and zeros up to a size that says little.

Normative: spec/record.md 3.1 and 3.3. Open bodies (spec/record.md 6) are this inside in clear.
"""

from hashlib import sha256
from typing import Final

from detente.core import limits
from detente.core.errors import TheirFault

SALT_SIZE: Final = 32
_HEAD = SALT_SIZE + 4
_LEAST = 256
OPEN_CK: Final = bytes(32)  # `ck` of an open body: there is no content key to commit to
OPEN_KINDS: Final = frozenset(
    {
        "sys.link_open",
        "sys.home_open",
        "sys.purge",
        "sys.card",
        "sys.revoke_agree",
        "sys.delivered",
        "sys.read",
        "sys.attached",
        "sys.test",
    }
)
NODE_KINDS: Final = frozenset(
    {"sys.link_open", "sys.home_open", "sys.purge", "sys.card", "sys.revoke_agree"}
)


def padded_size(length: int) -> int:
    """Return the Padmé size of `length` bytes, at least 256 (Nikitin et al. 2019, section 4)."""
    length = max(_LEAST, length)
    exponent = length.bit_length() - 1
    step = 1 << exponent - exponent.bit_length()
    return -(-length // step) * step


def commitment(salt: bytes, plaintext: bytes) -> bytes:
    """Return what the header says of the text: H(salt, plaintext)."""
    return sha256(salt + plaintext).digest()


def pack(salt: bytes, plaintext: bytes) -> bytes:
    """Return the inside of a body. Raises TheirFault("E_SIZE") above 262,144 bytes of text."""
    if len(plaintext) > limits.MAX_BODY:
        raise TheirFault(
            "E_SIZE",
            f"a text of {len(plaintext)} bytes where {limits.MAX_BODY} are allowed",
            "send less, or send it in parts",
        )
    whole = salt + len(plaintext).to_bytes(4, "big") + plaintext
    return whole + bytes(padded_size(len(whole)) - len(whole))


def unpack(inner: bytes, size: int, commit: bytes) -> tuple[bytes, bytes]:
    """Return salt and text of an inside that is what the header said.

    size is the header's, in bytes; commit its 32 bytes. Raises TheirFault("E_COMMIT"): the padding
    is not zero, the length or the commitment differs (spec/record.md 3.3, in that order).
    """
    salt, length = inner[:SALT_SIZE], int.from_bytes(inner[SALT_SIZE:_HEAD], "big")
    text, rest = inner[_HEAD : _HEAD + length], inner[_HEAD + length :]
    if (
        len(inner) != padded_size(_HEAD + length)
        or rest.count(0) != len(rest)
        or length != size
        or commitment(salt, text) != commit
    ):
        raise TheirFault(
            "E_COMMIT", "the body is not what its header says", "ask the author to send it again"
        )
    return salt, text
