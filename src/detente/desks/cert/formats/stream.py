"""Bundles of any number of objects, read as they come: one object is in memory, never the whole.

Pieces of a file go in, objects come out, each as the bytes that came in and where they stood. Nothing
but brackets and quotes is looked at here; what an object is, and what stands around the list, is
examined by who asked (survey). Pure.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from detente.core import limits
from detente.desks.cert.formats.strict import Found

OBJECT_MAX: Final = limits.MAX_STREAM_OBJECT
OUTSIDE_MAX: Final = limits.MAX_STREAM_OUTSIDE
_BEFORE: Final = 64  # bytes kept before a bracket: the name of a list, and blanks
_LIST: Final = 2  # depth inside the list of objects
# A string that ends, a bracket, or a string whose end has not come yet.
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[{]|[\]}]|"', re.DOTALL)
_AS_FILE: Final = "take it out; send what it holds as a file of a record (--attach)"
_KEY: Final = re.compile(rb'"objects"[ \t\n\r]*:[ \t\n\r]*$')


class Cut(NamedTuple):
    """An object as it stood in a file: its bytes, and at which byte they began."""

    at: int
    data: bytes


def objects(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Walk the objects of a bundle or envelope, each as its bytes.

    Raises strict.Found: an object above OBJECT_MAX, brackets that do not close, no list of objects.
    """
    scan = Scan()
    for piece in pieces:
        yield from (one.data for one in scan.feed(piece))
    scan.end()


def bundle(objects: Sequence[bytes]) -> bytes:
    """Return a bundle of these objects. Its id follows from them: who makes it again makes the same."""
    digits = sha256(b"".join(sha256(one).digest() for one in objects)).hexdigest()
    name = f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
    head = f'{{"type":"bundle","id":"bundle--{name}","objects":['.encode()
    return head + b",".join(objects) + b"]}"


FRAME: Final = len(bundle([]))  # bytes of a bundle beside its objects and the commas between them


class Scan:
    """Where a reader stands between two pieces."""

    def __init__(self) -> None:
        self._rest = b""  # from here on nothing was given out
        self._at = 0  # in rest: up to here it was read
        self._start = -1  # in rest: where the object under way begins
        self._gap = -1  # in rest: where what stands between two objects begins
        self._depth = 0
        self._inside = self._seen = False  # inside the list of objects; it was there
        self._gone = 0  # bytes of the file before rest
        self._told = 0  # in rest: what stands around the list was taken up to here
        self._outside = bytearray()

    @property
    def outside(self) -> bytes:
        """What stands around the objects: the file with an empty list, once it ended."""
        return bytes(self._outside)

    def feed(self, piece: bytes) -> Iterator[Cut]:
        """Read on; give objects that ended."""
        self._rest += piece
        while True:
            found = _TOKEN.search(self._rest, self._at)
            if found is None or found[0] == b'"':
                self._at = len(self._rest) if found is None else found.start()
                break
            one = self._token(found)
            if one is not None:
                yield one
        self._forget()

    def _token(self, found: re.Match[bytes]) -> Cut | None:
        sign, begin, self._at = found[0], found.start(), found.end()
        if sign in (b"{", b"["):
            if self._depth == 1 and sign == b"[" and _KEY.search(self._rest, 0, begin):
                if self._seen:
                    raise Found("stix.json", "the list of objects stands twice", "keep one list")
                self._inside = self._seen = True
                self._tell(self._at)
            elif self._inside and self._depth == _LIST:
                self._check_gap(begin, is_object=sign == b"{")
                self._start = begin
            self._depth += 1
            if self._inside and self._depth == _LIST:
                self._gap = self._at
        elif sign in (b"}", b"]"):
            self._depth -= 1
            if self._depth < 0:
                raise Found("stix.json", "a bracket closes that was never opened", "send it whole")
            if self._inside and self._depth == _LIST:
                one = Cut(self._gone + self._start, self._rest[self._start : self._at])
                self._start, self._gap = -1, self._at
                return self._whole(one)
            if self._inside and self._depth < _LIST:
                self._check_gap(begin, is_object=True)
                self._inside, self._gap, self._told = False, -1, begin
        elif self._inside and self._depth == _LIST:
            self._check_gap(begin, is_object=False)
        return None

    def _check_gap(self, end: int, *, is_object: bool) -> None:
        if not is_object or self._rest[self._gap : end].strip(b" \t\n\r") not in (b"", b","):
            raise Found("stix.shape", "the list holds what is no object", "take it out")

    @staticmethod
    def _whole(one: Cut) -> Cut:
        if len(one.data) > OBJECT_MAX:
            what = f"an object of {len(one.data)} bytes at byte {one.at}, where {OBJECT_MAX} are allowed"
            raise Found("stix.size", what, _AS_FILE)
        return one

    def _tell(self, upto: int) -> None:
        """Keep what stands around the list, up to here."""
        if upto > self._told:
            self._outside += self._rest[self._told : upto]
            self._told = upto
        if len(self._outside) > OUTSIDE_MAX:
            what = f"more than {OUTSIDE_MAX} bytes stand around the list of objects"
            raise Found("stix.size", what, "put into objects what must be said")

    def _forget(self) -> None:
        # What stands before the object under way is needed no more, but the key of a list.
        keep = self._start if self._start >= 0 else max(0, self._at - _BEFORE)
        if self._start < 0 <= self._gap:
            keep = min(keep, self._gap)
        if not self._inside:
            self._tell(keep)
        self._gone += keep
        self._told = max(self._told - keep, 0)
        self._rest = self._rest[keep:]
        self._at -= keep
        self._start = max(self._start - keep, -1)
        self._gap = max(self._gap - keep, -1)
        if len(self._rest) > OBJECT_MAX + 2 * limits.CHUNK:
            what = f"an object or text of more than {OBJECT_MAX} bytes at byte {self._gone}"
            raise Found("stix.size", what, _AS_FILE)

    def end(self) -> None:
        """Say what is wrong with a file that ended."""
        if self._depth or self._start >= 0 or self._rest[self._at :].strip():
            raise Found("stix.json", "the file ends before its last bracket", "send it whole")
        if not self._seen:
            raise Found("stix.shape", "the file has no list of objects", "put objects in it")
        self._tell(len(self._rest))
