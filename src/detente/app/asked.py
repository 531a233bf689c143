"""HTTP/1.1 as a client of our own sockets speaks it: a request, an answer of known length.

For the command line, which pays for each start: the library's client brings mail and TLS along.
"""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from detente.core import limits

_READ: Final = 64 * limits.KIB
_HEAD_MAX: Final = 64 * limits.KIB  # bytes of an answer's head


class NoAnswer(Exception):
    """What came was no whole answer."""


@dataclass(frozen=True)
class Answer:
    """One answer. headers: by names in small letters."""

    status: int
    headers: Mapping[str, str]
    data: bytes


class UnixLine:
    """One connection to a Unix socket, opened when first asked and again after it was closed."""

    def __init__(self, path: Path, seconds: float | None = None) -> None:
        """seconds: that each step of an answer may take, None without end."""
        self._path, self._seconds = path, seconds
        self._sock: socket.socket | None = None

    def ask(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """Return the answer to one request.

        Raises OSError as sockets do, ConnectionResetError where it closed without a word, NoAnswer
        for what is no answer. After any of them call `close`.
        """
        sock = self._sock or self._connect()
        rows = {"Host": "localhost", **headers}
        if body is not None or method != "GET":
            rows["Content-Length"] = str(len(body or b""))
        head = "".join(f"{name}: {text}\r\n" for name, text in rows.items())
        sock.sendall(f"{method} {target} HTTP/1.1\r\n{head}\r\n".encode("latin-1") + (body or b""))
        answer = _answer(sock)
        if answer.headers.get("connection", "").lower() == "close":
            self.close()
        return answer

    def _connect(self) -> socket.socket:
        self._sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._sock.settimeout(self._seconds)
        self._sock.connect(str(self._path))
        return self._sock

    def close(self) -> None:
        """Close the connection; the next question opens another."""
        if self._sock is not None:
            self._sock.close()
            self._sock = None


def _answer(sock: socket.socket) -> Answer:
    held = bytearray()
    while (end := held.find(b"\r\n\r\n")) < 0:
        if len(held) > _HEAD_MAX:
            raise NoAnswer
        if not _reads(sock, held):
            raise NoAnswer if held else ConnectionResetError
    first, *rows = held[:end].decode("latin-1").split("\r\n")
    version, _, rest = first.partition(" ")
    pairs = (row.partition(":") for row in rows)
    headers = {name.strip().lower(): text.strip() for name, _, text in pairs}
    status, length = rest[:3], headers.get("content-length", "0")
    if not (version.startswith("HTTP/1.") and status.isdecimal() and length.isdecimal()):
        raise NoAnswer
    data = held[end + 4 :]
    while len(data) < int(length):
        if not _reads(sock, data):
            raise NoAnswer
    return Answer(int(status), headers, bytes(data))


def _reads(sock: socket.socket, held: bytearray) -> bool:
    found = sock.recv(_READ)
    held += found
    return bool(found)
