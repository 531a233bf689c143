"""What carries the hatch: a Unix socket of this machine, or a line under TLS to another one.

On a socket of this machine whoever listens is there for as long as it is open, and files are lent.
On a line each wait has an end, and bytes go in the place of files.
"""

import select
import socket
from typing import Final, Protocol

from detente.core import limits
from detente.core.errors import Fault, OurFault
from detente.paths import lent as lent_files
from detente.paths.tcp import PathClosed
from detente.paths.tls import TlsConnection

READ: Final = 64 * limits.KIB


def closed(why: str) -> OurFault:
    """Return the fault of a hatch that cannot be used now."""
    return OurFault("hatch.closed", why, "see that the node runs; the office tries again by itself")


def slow() -> OurFault:
    """Return the fault of a question that the node did not answer yet."""
    return OurFault(
        "hatch.slow",
        "the node on the other machine is asked and has not answered yet",
        "wait: this page comes anew when it answers",
    )


def _broken(fault: Fault) -> OurFault:
    if isinstance(fault, PathClosed) and fault.reason == "key_refused":
        return OurFault(
            "hatch.refused",
            "the node does not let in the key of this office",
            "make its file and take it there: detente hatch offer -o FILE, detente hatch join FILE",
        )
    return closed(f"the hatch broke: {fault.what}")


class Line(Protocol):
    """One open hatch, as the office's side uses it. Everything raises OurFault("hatch.closed")."""

    def fileno(self) -> int:
        """Return the socket's number."""
        ...

    def send(self, data: bytes) -> None:
        """Send all of it."""
        ...

    def receive(self, *, wait: bool) -> tuple[bytes, list[int]]:
        """Return what came and the descriptors with it; nothing only if it need not wait."""
        ...

    def comes(self, ms: int) -> bool:
        """Wait so long at most; return whether something came, or the line ended."""
        ...

    def close(self) -> None:
        """Close it."""
        ...


class LocalLine:
    """A Unix socket."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._sock.fileno()

    def send(self, data: bytes) -> None:
        """Send all of it; see Line."""
        try:
            self._sock.sendall(data)
        except OSError as error:
            raise closed(f"the hatch broke: {error.strerror}") from None

    def receive(self, *, wait: bool) -> tuple[bytes, list[int]]:
        """Return what came; see Line."""
        try:
            found = lent_files.receive(self._sock, READ, 0 if wait else socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b"", []
        except OSError as error:
            raise closed(f"the hatch broke: {error.strerror}") from None
        if not found[0]:
            raise closed("the node closed the hatch")
        return found

    def comes(self, ms: int) -> bool:  # noqa: ARG002  the kernel says when its process ends
        """Return True: whoever listens on this machine is there."""
        return True

    def close(self) -> None:
        """Close the socket."""
        self._sock.close()


class TlsLine:
    """An established TLS connection. No wait is longer than HATCH_ACT."""

    def __init__(self, tls: TlsConnection) -> None:
        self._tls = tls
        # What came with the handshake's last bytes stands in the engine and wakes no loop.
        self._early = True

    def fileno(self) -> int:
        """Return the socket's number."""
        return self._tls.fileno()

    def send(self, data: bytes) -> None:
        """Send all of it; see Line."""
        self._tls.send(data)
        while self._tls.wants_write:
            self._wait(select.POLLOUT, "takes nothing")
            try:
                self._tls.writable()
            except Fault as fault:
                raise _broken(fault) from None

    def receive(self, *, wait: bool) -> tuple[bytes, list[int]]:
        """Return what came; see Line."""
        while True:
            if wait and not self._early:
                self._wait(select.POLLIN, "does not answer")
            self._early = False
            try:
                chunks = self._tls.readable()
            except Fault as fault:
                raise _broken(fault) from None
            if chunks and chunks[0]:
                return bytes(chunks[0]), []
            if not wait:
                return b"", []

    def comes(self, ms: int) -> bool:
        """Wait so long at most; see Line."""
        return self._early or self._polled(select.POLLIN, ms)

    def _wait(self, what: int, why: str) -> None:
        if not self._polled(what, limits.HATCH_ACT):
            seconds = limits.HATCH_ACT // 1000
            raise closed(f"the node {why} for {seconds} seconds")

    def _polled(self, what: int, ms: int) -> bool:
        asked = select.poll()
        asked.register(self._tls.fileno(), what)
        return bool(asked.poll(ms))

    def close(self) -> None:
        """Say goodbye and close."""
        self._tls.close("stopped")
