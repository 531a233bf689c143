"""The little of OpenPGP that a provider's directory needs: a key's fingerprint, a signature's armour.

Nothing is signed or checked here: the program that holds the key does (docs/decisions/0061).
Source: RFC 9580, sections 4.2, 5.5.4 and 6.2.
"""

import binascii
import re
from hashlib import sha1, sha256
from typing import Final

from detente.core.errors import OurFault

KEY_MAX: Final = 1 << 20  # bytes of a public key's file
_ARMOUR: Final = re.compile(
    r"-----BEGIN PGP (PUBLIC KEY BLOCK|SIGNATURE)-----\r?\n((?:[^\r\n]+\r?\n)*?)\r?\n"
    r"([A-Za-z0-9+/=\r\n]+?)\r?\n(?:=[A-Za-z0-9+/]{4}\r?\n)?-----END PGP \1-----\s*"
)
_PUBLIC_KEY: Final = 6  # its packet
_OLD_LENGTHS: Final = {0: 1, 1: 2, 2: 4}
_ONE_OCTET, _TWO_OCTETS, _FIVE_OCTETS = 192, 224, 255
_VERSION_4, _VERSION_6 = 4, 6


def fingerprint(armoured: bytes) -> str:
    """Return the fingerprint of a public key in upper case; raises OurFault("csaf.signer")."""
    body = _first_packet(_bare(armoured, "PUBLIC KEY BLOCK"))
    if body[:1] == bytes([_VERSION_4]):
        # RFC 9580 5.5.4.2: version 4 is named by SHA-1, whatever one thinks of it.
        return sha1(b"\x99" + len(body).to_bytes(2) + body).hexdigest().upper()  # noqa: S324
    if body[:1] == bytes([_VERSION_6]):
        return sha256(b"\x9b" + len(body).to_bytes(4) + body).hexdigest().upper()
    raise _bad("the key is of a version that is not 4 or 6")


def check_signature(armoured: bytes) -> None:
    """Raise OurFault("csaf.signer") unless this is the armour of one signature."""
    _bare(armoured, "SIGNATURE")


def _bare(armoured: bytes, kind: str) -> bytes:
    found = None
    if len(armoured) <= KEY_MAX:
        found = _ARMOUR.fullmatch(armoured.decode("ascii", "replace").lstrip())
    if not found or found[1] != kind:
        raise _bad(f"there is no armoured {kind.lower()} of OpenPGP")
    try:
        return binascii.a2b_base64("".join(found[3].split()))
    except binascii.Error:
        raise _bad("the armour holds no Base64") from None


def _first_packet(data: bytes) -> bytes:
    if len(data) < _VERSION_6 or not data[0] & 0x80:
        raise _bad("it holds no packet")
    if data[0] & 0x40:
        tag, rest = data[0] & 0x3F, data[1:]
        if rest[0] < _ONE_OCTET:
            size, start = rest[0], 1
        elif rest[0] < _TWO_OCTETS:
            size, start = ((rest[0] - _ONE_OCTET) << 8) + rest[1] + _ONE_OCTET, 2
        elif rest[0] == _FIVE_OCTETS:
            size, start = int.from_bytes(rest[1:5]), 5
        else:
            raise _bad("its packet has no length")
    else:
        tag, rest = data[0] >> 2 & 0x0F, data[1:]
        start = _OLD_LENGTHS.get(data[0] & 3, 0)
        if not start:
            raise _bad("its packet has no length")
        size = int.from_bytes(rest[:start])
    body = rest[start : start + size]
    if tag != _PUBLIC_KEY or len(body) != size:
        raise _bad("its first packet is no public key")
    return body


def _bad(what: str) -> OurFault:
    return OurFault(
        "csaf.signer", f"the key or signature is not read: {what}",
        "export it as armoured text, as gpg --armor does",
    )  # fmt: skip
