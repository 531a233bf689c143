"""A side of a later version: it says what we do not know, and nothing may end for it."""

import json
from struct import Struct
from typing import Final

from detente.app.world.net import messages
from detente.core import canon

_HEAD: Final = Struct(">I4s")  # length of what follows it; type, flags and channel
_BESIDE: Final = 4  # bytes of the head that the length counts
_HELLO: Final = 0x01
_CALM: Final = frozenset({0x24, 0x30, 0x31, 0x32})  # CREDIT, PING, PONG, STATUS
_NEW: Final = {"later": {"x": 1}, "versions": [1, 2, 9], "features": ["later"]}
# Bit 7 of the flags is clear: whoever does not know the type passes over it (spec/link.md 2.1).
_UNKNOWN: Final = bytes.fromhex("00000006 55 00 0000 6869")


def speak(data: bytes) -> bytes:
    """Return one send as a later version would say it."""
    said = b""
    for message in messages(data):
        kind = message[4]
        if kind == _HELLO:
            said += _UNKNOWN + _greeting(message) + _UNKNOWN
        else:
            said += message + (_UNKNOWN if kind in _CALM else b"")
    return said


def _greeting(message: bytes) -> bytes:
    payload = canon.encode(json.loads(message[_HEAD.size :]) | _NEW)
    return _HEAD.pack(_BESIDE + len(payload), message[4 : _HEAD.size]) + payload
