"""One connection: what uvicorn leaves open is closed here, a time for heads and bodies and a size."""

import asyncio
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from detente.app.console import limits
from detente.app.console.gate import Gate


class Line(HttpToolsProtocol):
    """A connection that nobody can hold open by saying little, or fill by saying much."""

    def __init__(self, gate: Gate, **more: Any) -> None:  # noqa: ANN401  as uvicorn has it
        super().__init__(**more)
        self._gate = gate
        self._counted = ""  # the address that it was let in by
        self._deadline: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._in_head = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give a new connection its time for a head."""
        super().connection_made(transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:  # who is gone without a word, or takes nothing, is let go
            # asyncio does so only for sockets that name their protocol. Else the body of an answer
            # waits until its head is acknowledged: 40 ms.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, limits.GONE_SECONDS * 1000)
        address = str((transport.get_extra_info("peername") or ("",))[0])
        if not self._gate.come(address):
            self._refuse(b"429 Too Many Requests\r\nRetry-After: 2")
            return
        self._counted = address
        self._within(limits.HEAD_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._within(0)
        if self._counted:
            self._gate.go(self._counted)
            self._counted = ""
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a head until it is whole."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_bytes > limits.HEAD_MAX:
            self._refuse()

    def on_message_begin(self) -> None:
        """Begin a head: its time runs from its first byte."""
        super().on_message_begin()
        self.scope["detente.abort"] = self.transport.abort  # type: ignore[typeddict-unknown-key]
        self._in_head = True
        self._within(limits.HEAD_SECONDS)

    def on_headers_complete(self) -> None:
        """End the head; the body has a time of its own."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > limits.HEAD_MAX:
            self._refuse()
            return
        self._in_head, self._head_bytes = False, 0
        self._within(limits.BODY_SECONDS)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """End the request: what follows is ours to do."""
        self._within(0)
        super().on_message_complete()

    def _within(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(seconds, self._too_slow) if seconds else None

    def _too_slow(self) -> None:
        if not self.transport.is_closing():
            self.transport.abort()

    def _refuse(self, why: bytes = b"431 Request Header Fields Too Large") -> None:
        if self.transport.is_closing():
            return
        told = b"\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        self.transport.write(b"HTTP/1.1 " + why + told)
        self.transport.close()
