"""One file in a ZIP archive that needs a password: AES-256 as WinZip writes it, AE-2.

The password of samples is known to everybody: it keeps a file from being opened by a slip, by a
preview or by a scanner on the way, and is no secret. Source: PKWARE APPNOTE 6.3.10, sections 4.3 to
4.5; WinZip, AES Encryption Information, AE-2.
"""

import hashlib
import hmac
from struct import pack
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from detente.core import limits

PASSWORD: Final = b"infected"
SALT_SIZE: Final = 16
SIZE_MAX: Final = limits.MAX_SAMPLE  # bytes of a file; it is made in memory
_ITERATIONS: Final = 1_000
_KEY: Final = 32
_CHECK: Final = 2
_MAC: Final = 10
_PIECE: Final = 65_536
_BLOCK: Final = 16
_FLAGS: Final = 0x0801  # encrypted; names in UTF-8
_AES: Final = 99
_VERSION: Final = 51
_DATE: Final = 0x0021  # 1980-01-01: when it was packed says nothing


def pack_sample(name: str, data: bytes, salt: bytes) -> bytes:
    """Return an archive with one file, stored and encrypted. salt: 16 random bytes."""
    assert len(salt) == SALT_SIZE
    assert len(data) <= SIZE_MAX
    keys = hashlib.pbkdf2_hmac("sha1", PASSWORD, salt, _ITERATIONS, 2 * _KEY + _CHECK)
    sealed = _sealed(keys[:_KEY], data)
    mac = hmac.new(keys[_KEY : 2 * _KEY], sealed, hashlib.sha1).digest()[:_MAC]
    body = salt + keys[2 * _KEY :] + sealed + mac
    told = name.encode()
    extra = pack("<HHH2sBH", 0x9901, 7, 2, b"AE", 3, 0)
    about = pack(
        "<HHHHHIIIHH", _VERSION, _FLAGS, _AES, 0, _DATE, 0, len(body), len(data), len(told),
        len(extra),
    )  # fmt: skip
    local = b"PK\x03\x04" + about + told + extra + body
    tail = pack("<HHHII", 0, 0, 0, 0, 0)
    central = b"PK\x01\x02" + pack("<H", _VERSION) + about + tail + told + extra
    end = b"PK\x05\x06" + pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)
    return local + central + end


def _sealed(key: bytes, data: bytes) -> bytes:
    # Counter mode with the counter's least byte first, from 1: no library's own mode counts so.
    stream = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305  of counters alone
    parts = []
    for at in range(0, len(data), _PIECE):
        piece = data[at : at + _PIECE]
        first, blocks = at // _BLOCK + 1, -(-len(piece) // _BLOCK)
        counters = b"".join(n.to_bytes(_BLOCK, "little") for n in range(first, first + blocks))
        pad = stream.update(counters)[: len(piece)]
        mixed = int.from_bytes(piece, "big") ^ int.from_bytes(pad, "big")
        parts.append(mixed.to_bytes(len(piece), "big"))
    return b"".join(parts)
