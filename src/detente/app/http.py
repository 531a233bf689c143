"""HTTP/1.1 over Unix sockets: the admin's and the desk's. The kernel says who asks.

h11 speaks the protocol; here are sockets, limits, and faults as answers (RFC 9457).
"""

import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, unquote

import h11

from detente.app.loop import Loop
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault

BODY_MAX: Final = 4 * limits.KIB**2  # bytes of a request
CONNECTIONS_MAX: Final = 64
_READ: Final = 64 * limits.KIB
_STATUS: Final = {"office.forbidden": 403, "office.unknown_user": 403, "http.no_page": 404}


@dataclass(frozen=True, slots=True)
class Request:
    """One request: who (system user's number), what, and the body."""

    user: int
    method: str
    path: tuple[str, ...]
    query: dict[str, str]
    body: bytes

    def json(self) -> dict[str, Json]:
        """Return the body as a JSON object. Raises OurFault("form.json")."""
        try:
            found = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise OurFault("form.json", "the body is no JSON object", "send an object")
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a JSON document, or bytes of a file."""

    document: Json = None
    data: bytes | None = None


Handler = Callable[[Request], Reply]


def problem(fault: Fault) -> dict[str, Json]:
    """Return a fault as a problem document (RFC 9457) with code and remedy."""
    return {
        "type": f"detente:{fault.code}",
        "title": fault.what,
        "code": fault.code,
        "what": fault.what,
        "remedy": fault.remedy,
    }


class HttpServer:
    """Answers on one listening Unix socket."""

    def __init__(
        self,
        loop: Loop,
        listener: socket.socket,
        user_of: Callable[[socket.socket], int],
        users: frozenset[int],
        handler: Handler,
    ) -> None:
        """user_of tells the system user at the other end; users: who may ask at all."""
        self._loop, self._listener, self._user_of = loop, listener, user_of
        self._users, self._handler = users, handler
        self._open: set[_Connection] = set()
        loop.watch(listener, self._accept)

    def _accept(self) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:
            return
        user = self._user_of(sock)
        if user not in self._users or len(self._open) >= CONNECTIONS_MAX:
            sock.close()
            return
        sock.setblocking(False)  # noqa: FBT003  the socket's own call
        found = _Connection(self._loop, sock, user, self._handler, self._open)
        self._open.add(found)


class _Connection:
    def __init__(
        self,
        loop: Loop,
        sock: socket.socket,
        user: int,
        handler: Handler,
        others: "set[_Connection]",
    ) -> None:
        self._loop, self._sock, self._user = loop, sock, user
        self._handler, self._others = handler, others
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._out = bytearray()
        self._leaving = False
        loop.watch(sock, self._readable)

    def _readable(self) -> None:
        try:
            data = self._sock.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            self._close()
            return
        try:
            self._http.receive_data(data)
            while self._next():
                pass
        except h11.ProtocolError:  # theirs; or ours, for a request whose answer has no such form
            self._close()

    def _next(self) -> bool:
        event = self._http.next_event()
        if isinstance(event, h11.Request):
            self._head, self._body = event, bytearray()
        elif isinstance(event, h11.Data):
            self._body += event.data
            if len(self._body) > BODY_MAX:
                fault = OurFault("form.size", "more than 4 MiB in one request", "send less")
                self._reply(413, json.dumps(problem(fault)).encode(), "application/problem+json")
                self._close_after()
                return False
        elif isinstance(event, h11.EndOfMessage):
            self._serve()
            if self._http.our_state is not h11.DONE:
                self._close_after()
                return False
            self._http.start_next_cycle()
        elif isinstance(event, h11.ConnectionClosed):
            self._close_after()
            return False
        elif event is h11.PAUSED:  # they want to leave HTTP
            self._close()
            return False
        else:
            return event is not h11.NEED_DATA
        return True

    def _serve(self) -> None:
        assert self._head is not None
        try:
            found = self._handler(self._request(self._head))
        except Fault as fault:
            status = _STATUS.get(fault.code, 400)
            self._reply(status, json.dumps(problem(fault)).encode(), "application/problem+json")
            return
        if found.data is not None:
            self._reply(200, found.data, "application/octet-stream")
        else:
            self._reply(200, json.dumps(found.document).encode(), "application/json")

    def _request(self, head: h11.Request) -> Request:
        where, _, asked = head.target.decode("ascii", "replace").partition("?")
        path = tuple(unquote(each) for each in where.strip("/").split("/"))
        query = {name: rows[-1] for name, rows in parse_qs(asked).items()}
        return Request(self._user, head.method.decode("ascii"), path, query, bytes(self._body))

    def _reply(self, status: int, body: bytes, content_type: str) -> None:
        headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
        parts = (
            self._http.send(h11.Response(status_code=status, headers=headers)),
            self._http.send(h11.Data(data=body)),
            self._http.send(h11.EndOfMessage()),
        )
        self._out += b"".join(part for part in parts if part)
        self._writable()

    def _writable(self) -> None:
        try:
            sent = self._sock.send(self._out)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._close()
            return
        del self._out[:sent]
        if self._leaving and not self._out:
            self._say_end()
        read = self._ignore if self._leaving else self._readable
        self._loop.watch(self._sock, read, self._writable if self._out else None)

    def _say_end(self) -> None:
        # Not closed at once: whoever still sends would lose the answer that says to send less.
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            return  # they left first; the next read says so

    def _ignore(self) -> None:
        try:
            left = self._sock.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            left = b""
        if not left:
            self._close()

    def _close_after(self) -> None:
        # The answer goes out whole before the line closes.
        self._leaving = True
        self._writable()

    def _close(self) -> None:
        self._loop.forget(self._sock)
        self._sock.close()
        self._others.discard(self)
