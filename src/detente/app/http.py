"""HTTP/1.1 over Unix sockets: the admin's and the desk's. The kernel says who asks.

h11 speaks the protocol; here are sockets, limits, and faults as answers (RFC 9457).
"""

import json
import socket
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, unquote

import h11

from detente.app.loop import Loop
from detente.app.problems import MEDIA, headers_of, problem, status_of
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault

BODY_MAX: Final = 8 * limits.KIB**2  # bytes of a request
CONNECTIONS_MAX: Final = 64
_READ: Final = 64 * limits.KIB
QUERY_MAX: Final = 256  # members of a query
_NO_BODY: Final = (204, 304)


@dataclass(frozen=True, slots=True)
class Request:
    """One request: who (system user's number), what, and the body.

    query: each member's last text; asked: all of them as they came. headers: by names in small
    letters. who: set by a listener that knows more of the caller than the kernel.
    """

    user: int
    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[tuple[str, str], ...] = ()
    who: object = None

    @property
    def texts(self) -> dict[str, tuple[str, ...]]:
        """Every text of each member of the query."""
        found: dict[str, tuple[str, ...]] = {}
        for name, text in self.asked or self.query.items():
            found[name] = (*found.get(name, ()), text)
        return found

    def json(self) -> dict[str, Json]:
        """Return the body as a JSON object. Raises OurFault("form.json")."""
        try:
            found = json.loads(
                self.body or b"{}", object_pairs_hook=_once, parse_constant=_no_number
            )
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise OurFault("form.json", "the body is no JSON object", "send an object")
        return found


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError
    return found


def _no_number(_name: str) -> Json:
    raise ValueError  # NaN and Infinity are none of JSON


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a JSON document, or bytes of a file.

    next: the cursor of a list's next page, "" at its end; next_by: the member it stands in.
    headers: beside those of the body.
    """

    document: Json = None
    data: bytes | None = None
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    next: str = ""
    next_by: str = "cursor"

    @property
    def body(self) -> tuple[bytes, str]:
        """The bytes that go, and their media type."""
        if self.data is not None:
            return self.data, self.content_type
        return json.dumps(self.document).encode(), "application/json"


Handler = Callable[[Request], Reply]


def refusal(fault: Fault) -> Reply:
    """Return a fault as an answer: a problem document with its status."""
    data = json.dumps(problem(fault)).encode()
    return Reply(
        data=data, content_type=MEDIA, status=status_of(fault.code), headers=headers_of(fault)
    )


class HttpServer:
    """Answers on one listening Unix socket."""

    def __init__(
        self,
        loop: Loop,
        listener: socket.socket,
        user_of: Callable[[socket.socket], int],
        users: AbstractSet[int],
        handler: Handler,
    ) -> None:
        """user_of tells the system user at the other end; users: who may ask at all, now."""
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
                fault = OurFault("form.size", "more than 8 MiB in one request", "send less")
                self._reply(refusal(fault))
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
            found = refusal(fault)
        self._reply(found)

    def _request(self, head: h11.Request) -> Request:
        where, _, asked = head.target.decode("ascii", "replace").partition("?")
        path = tuple(unquote(each) for each in where.strip("/").split("/"))
        try:
            texts = tuple(parse_qsl(asked, keep_blank_values=True, max_num_fields=QUERY_MAX))
        except ValueError:
            raise OurFault(
                "form.count", f"more than {QUERY_MAX} members in a query", "ask for less"
            ) from None
        headers = {name.decode("latin-1"): text.decode("latin-1") for name, text in head.headers}
        return Request(
            self._user, head.method.decode("ascii"), path, dict(texts), bytes(self._body),
            headers, texts,
        )  # fmt: skip

    def _reply(self, found: Reply) -> None:
        body, content_type = found.body
        headers = [*found.headers, ("Content-Length", str(len(body)))]
        if found.status in _NO_BODY:
            body, headers = b"", list(found.headers)
        else:
            headers.append(("Content-Type", content_type))
        if self._head is not None and self._head.method == b"HEAD":
            body = b""
        parts = [self._http.send(h11.Response(status_code=found.status, headers=headers))]
        if body:
            parts.append(self._http.send(h11.Data(data=body)))
        parts.append(self._http.send(h11.EndOfMessage()))
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
