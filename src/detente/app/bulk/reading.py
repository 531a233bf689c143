"""A file of customers, read line by line, plain or gzip, however long a line is."""

import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final, Protocol

from detente.core.errors import OurFault
from detente.screening.customers import LINE_MAX, TOO_LARGE, Row

GZIP: Final = b"\x1f\x8b"
WIDE: Final = (b"\xff\xfe", b"\xfe\xff")
_PIECE: Final = 1 << 20


class Source:
    """A file of customers. Its hash is taken of the bytes that were read, not before or after."""

    def __init__(self, path: str, most: int | None = None) -> None:
        """most: bytes that are read of it, unpacked; one more and it is unreadable."""
        self.path = path
        self.sha256 = ""
        self.lines = 0
        self._most = most

    def rows(self) -> Iterator[Row]:
        """Give every line with its number; of one over LINE_MAX only that it is there.

        At the end `sha256` and `lines` are those of what was read.
        Raises OurFault customers.unreadable: no such file, damaged gzip, UTF-16.
        """
        try:
            with Path(self.path).open("rb") as raw:
                yield from self._rows(raw)
        except (OSError, EOFError) as found:
            raise _unreadable(f"{self.path}: {found}") from None

    def measure(self) -> None:
        """Read the file once, for its hash and the number of its lines."""
        for _ in self.rows():
            pass

    def _rows(self, raw: IO[bytes]) -> Iterator[Row]:
        start = raw.read(2)
        raw.seek(0)
        if start in WIDE:
            raise _unreadable(f"{self.path} is UTF-16, not UTF-8")
        hashed = _Hashed(raw)
        if start != GZIP:
            yield from self._of(hashed, hashed)
            return
        with gzip.GzipFile(fileobj=hashed) as unpacked:  # type: ignore[call-overload]
            yield from self._of(unpacked, hashed)

    def _of(self, file: "_Lines", hashed: "_Hashed") -> Iterator[Row]:
        number = size = 0
        while data := file.readline(LINE_MAX + 1):
            number += 1
            size += len(data)
            why = ""
            if len(data) > LINE_MAX and not data.endswith(b"\n"):
                why, data = TOO_LARGE, b""
                while (more := file.readline(_PIECE)) and not more.endswith(b"\n"):
                    size += len(more)
                    self._see(size)
            self._see(size)
            yield Row(number, data.rstrip(b"\r\n"), why)
        self.sha256, self.lines = hashed.hash.hexdigest(), number

    def _see(self, size: int) -> None:
        if self._most is not None and size > self._most:
            raise OurFault(
                "customers.unreadable", f"{self.path} has over {self._most:,} bytes, unpacked",
                "part the file",
            )  # fmt: skip


class _Lines(Protocol):
    def readline(self, size: int = -1, /) -> bytes: ...


class _Hashed:
    """A file that is hashed as it is read."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._raw.read(size)
        self.hash.update(data)
        return data

    def readline(self, size: int = -1) -> bytes:
        data = self._raw.readline(size)
        self.hash.update(data)
        return data


def _unreadable(what: str) -> OurFault:
    return OurFault("customers.unreadable", what, "give a file of JSON lines or CSV, in UTF-8")
