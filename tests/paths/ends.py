"""Two ends of one line, stepped by the test: no threads, no waiting."""

import hashlib
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509
from OpenSSL import SSL

from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.paths.tls import TlsConnection, TlsContext
from detente.vault.certificate import TlsIdentity, tls_identity

ROUNDS = 2_000
HELLO = b"application bytes that no stranger may see"


def identity(name: str) -> TlsIdentity:
    return tls_identity(hashlib.sha256(f"test tls {name}".encode()).digest())


def code(fault: Fault | None) -> str:
    assert fault is not None
    return fault.code


class Steps(Protocol):
    def step(self) -> None: ...


@dataclass
class End:
    """One of our connections and all that came out of it."""

    line: TlsConnection
    got: bytes = b""
    fault: Fault | None = None

    def step(self) -> None:
        if self.fault or self.line.closed:
            return
        try:
            if self.line.wants_write:
                self.line.writable()
            self.got += b"".join(self.line.readable())
        except Fault as fault:
            self.fault = fault
            self.line.close("fault")


@dataclass
class Stranger:
    """A TLS engine of another make on the far end of the line; it may do what we never do."""

    engine: SSL.Connection
    sock: socket.socket
    says: bytes = b""  # as soon as it believes that the handshake is done
    got: bytes = b""
    error: SSL.Error | None = None
    done: bool = False

    def step(self) -> None:
        with suppress(OSError):
            self.engine.bio_write(self.sock.recv(65_536) or b"\0")
        try:
            if not self.done:
                self.engine.do_handshake()
                self.done = True
                if self.says:
                    self.engine.send(self.says)
            else:
                self.got += self.engine.recv(16_384)
        except SSL.WantReadError:
            pass
        except SSL.Error as error:
            self.error = error
        try:
            while True:
                self.sock.send(self.engine.bio_read(65_536))
        except (SSL.Error, OSError):
            pass


@dataclass
class Line:
    """Makes ends. Everything is aurelia.gov's unless said."""

    pins: dict[bytes, str] = field(
        default_factory=lambda: {
            identity(name).pin: name for name in ("aurelia.gov", "borealis.gov", "cordia.gov")
        }
    )
    socks: list[socket.socket] = field(default_factory=list)
    contexts: dict[str, TlsContext] = field(default_factory=dict)

    def pair(self) -> tuple[socket.socket, socket.socket]:
        left, right = socket.socketpair()
        left.settimeout(0)
        right.settimeout(0)
        self.socks += [left, right]
        return left, right

    def close(self) -> None:
        for sock in self.socks:
            sock.close()

    def end(
        self,
        sock: socket.socket,
        name: str,
        *,
        dialled: bool,
        pins: Callable[[], Mapping[bytes, str]] | None = None,
        expect: str | None = None,
        classic_ok: frozenset[str] = frozenset(),
    ) -> End:
        me = identity(name)
        line = TlsConnection(
            self.contexts.setdefault(name, TlsContext(me.certificate, me.key)),
            sock,
            dialled=dialled,
            pins=pins or (lambda: self.pins),
            since=Moment(1_000),
            expect=expect,
            classic_ok=classic_ok,
        )
        return End(line)

    def both(self, left: socket.socket, right: socket.socket) -> tuple[End, End]:
        return (
            self.end(left, "aurelia.gov", dialled=True, expect="borealis.gov"),
            self.end(right, "borealis.gov", dialled=False),
        )

    def open(self) -> tuple[End, End]:
        a, b = self.both(*self.pair())
        until(lambda: a.line.established and b.line.established, a, b)
        return a, b

    def stranger(
        self,
        sock: socket.socket,
        *,
        dials: bool,
        name: str | None = "mallory",
        alpn: bytes | None = b"detente/1",
        version: int = SSL.TLS1_3_VERSION,
        says: bytes = b"",
        again: Stranger | None = None,
    ) -> Stranger:
        context = SSL.Context(SSL.TLS_METHOD)
        context.set_max_proto_version(version)
        context.set_verify(SSL.VERIFY_PEER, lambda *_: True)
        if name is not None:
            me = identity(name)
            context.use_certificate(x509.load_der_x509_certificate(me.certificate))
            context.use_privatekey(me.key)
        if alpn is not None:
            context.set_alpn_protos([alpn])
            context.set_alpn_select_callback(lambda _c, _o: alpn)
        if again is not None:
            context = again.engine.get_context()
        engine = SSL.Connection(context, None)
        if again is not None:
            session = again.engine.get_session()
            assert session is not None
            engine.set_session(session)
        if dials:
            engine.set_connect_state()
        else:
            engine.set_accept_state()
        return Stranger(engine, sock, says)


def until(done: Callable[[], bool], *ends: Steps) -> None:
    for _ in range(ROUNDS):
        if done():
            return
        for end in ends:
            end.step()
    raise AssertionError(f"not done after {ROUNDS} rounds: {ends}")
