"""Signed notes: a text, an empty line, and a line for each signature (C2SP signed-note).

One statement, one context: what a key signs here begins with a text no other use begins with.
Normative: spec/log.md 3.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from detente.core import canon, limits
from detente.core.errors import TheirFault

ED25519: Final = b"\x01"
COSIGN_ED25519: Final = b"\x04"
COSIGN_MLDSA44: Final = b"\x06"
CARD_MLDSA65: Final = b"\xffdetente.mldsa65/v1"
EPOCH_MLDSA44: Final = b"\xffdetente.mldsa44/v1"

_KEY_ID_SIZE = 4
_LINE = re.compile("— ([^\\s+]{1,128}) ([A-Za-z0-9+/=]{8,8192})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")


@dataclass(frozen=True, slots=True)
class Line:
    """One signature line: who signs, with which key, and the signature's bytes."""

    name: str
    key_id: bytes
    signature: bytes  # with the 8 bytes of time before it in lines of type 0x04 and 0x06


@dataclass(frozen=True, slots=True)
class Note:
    """A text that ends in a newline, and its lines."""

    text: bytes
    lines: tuple[Line, ...]

    def find(self, name: str, key_id: bytes) -> Line | None:
        """Return the one line of that name and key."""
        for line in self.lines:
            if line.name == name and line.key_id == key_id:
                return line
        return None


def key_id(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the 4 bytes that name a key on a line (C2SP signed-note, "key ID")."""
    return sha256(name.encode() + b"\n" + kind + public).digest()[:_KEY_ID_SIZE]


def write_line(line: Line) -> str:
    """Return the line with its newline."""
    return f"— {line.name} {canon.to_base64(line.key_id + line.signature)}\n"


def write(text: bytes, lines: Iterable[Line]) -> bytes:
    """Return the note's bytes; the order of lines is kept."""
    assert text.endswith(b"\n"), "a note's text ends in a newline"
    return text + b"\n" + "".join(write_line(line) for line in lines).encode()


def _refuse(what: str) -> TheirFault:
    return TheirFault("E_CANON", f"signed note: {what}", "ask for the file again")


def read(data: bytes, size_max: int) -> Note:
    """Read a note with at least one line.

    Raises TheirFault("E_SIZE") above size_max bytes, TheirFault("E_CANON") for any other bytes
    than `write` makes, for more than 16 lines, and for two lines of one name and key.
    """
    if len(data) > size_max:
        raise TheirFault("E_SIZE", f"{len(data)} bytes where {size_max} are allowed", "send less")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise _refuse("not UTF-8") from None
    if _CONTROL.search(whole):
        raise _refuse("a control character")
    text, gap, tail = whole.rpartition("\n\n")
    if not gap or not tail.endswith("\n"):
        raise _refuse("no empty line, or the last line is cut")
    rows = tail[:-1].split("\n")
    if len(rows) > limits.MAX_NOTE_LINES:
        raise _refuse(f"more than {limits.MAX_NOTE_LINES} signature lines")
    lines = tuple(_read_line(row) for row in rows)
    if len({(line.name, line.key_id) for line in lines}) != len(lines):
        raise _refuse("two lines of one key")
    return Note((text + "\n").encode(), lines)


def _read_line(row: str) -> Line:
    parts = _LINE.fullmatch(row)
    if not parts:
        raise _refuse("a line that is no signature")
    blob = canon.from_base64(parts[2])
    if len(blob) <= _KEY_ID_SIZE:
        raise _refuse("a signature without bytes")
    return Line(parts[1], blob[:_KEY_ID_SIZE], blob[_KEY_ID_SIZE:])
