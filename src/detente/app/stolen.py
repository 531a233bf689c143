"""A house's file of stolen passwords: hashes in order, asked by halving. Nothing is loaded.

Form: a line `SHA1` or `SHA1:COUNT` for each, hexadecimal, in ascending order, as the downloader of
Pwned Passwords writes it. SHA-1 only names entries of that file; nothing is kept by it.
"""

import hashlib
import os
import re
import unicodedata
from dataclasses import dataclass
from typing import BinaryIO, Final

from detente.core.errors import OurFault

_LINE: Final = re.compile(rb"[0-9A-Fa-f]{40}(?::[0-9]{1,20})?\r?\n?")
_LINE_MAX: Final = 64  # bytes
_HASH: Final = 40  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Stolen:
    """The file. It is opened for each question: a newer one may take its place."""

    file: str

    def check(self) -> None:
        """Raise OurFault("config.bad") unless the file can be asked."""
        try:
            self("")
        except OurFault as fault:
            raise OurFault("config.bad", f"people.stolen: {fault.what}", fault.remedy) from None

    def __call__(self, password: str) -> bool:
        """Say whether a password is in the file, as typed or as it is kept (NFKC).

        Raises OurFault("file.unreadable").
        """
        forms = {password, unicodedata.normalize("NFKC", password)}
        try:
            with open(self.file, "rb", buffering=0) as handle:  # noqa: PTH123  unbuffered
                return any(_has(handle, _name(each)) for each in forms)
        except OSError as error:
            raise OurFault(
                "file.unreadable", f"{self.file}: {error.strerror}", "name another file"
            ) from None
        except ValueError:
            raise OurFault(
                "file.unreadable",
                f"{self.file} is no list of SHA-1 hashes in order",
                "write one SHA-1 a line, in ascending order",
            ) from None


def _name(text: str) -> bytes:
    raw = text.encode("utf-8", "surrogatepass")
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest().upper().encode()


def _has(handle: BinaryIO, wanted: bytes) -> bool:
    low, high = 0, os.fstat(handle.fileno()).st_size  # a line that begins in between is looked for
    while low < high:
        middle = (low + high) // 2
        begin, line = _line_after(handle, middle)
        if begin >= high:
            # No line begins in the upper half: the lower one ends where the middle is.
            high = middle
            continue
        found = line[:_HASH].upper()
        if found == wanted:
            return True
        if found < wanted:
            low = begin + len(line)
        else:
            high = middle
    return False


def _line_after(handle: BinaryIO, at: int) -> tuple[int, bytes]:
    """Return the first line that begins at a place or behind it, and where it begins."""
    handle.seek(max(at - 1, 0))
    data = handle.read(2 * _LINE_MAX)
    skip = 0
    if at:
        skip = data.find(b"\n") + 1
        if not skip and len(data) == 2 * _LINE_MAX:
            raise ValueError("a line without end")
        if not skip or skip == len(data):
            return at + len(data), b""  # behind the last line
    line = data[skip:].split(b"\n", 1)[0] + b"\n"
    if _LINE.fullmatch(line) is None:
        raise ValueError("no such line")
    return max(at - 1, 0) + skip, line
