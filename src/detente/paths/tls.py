"""A path to a peer: TLS 1.3, both sides known by the pins of their cards. Source: spec/link.md 1.

No certificate authority, no names, no dates: a key is one that stands in a card, or the path ends
before a byte of the application goes either way. The key exchange must be post-quantum, for headers
travel under TLS alone.

The engine works on memory, and the sockets are ours: one read takes up to 256 KiB, one `send` makes
one TLS write and one socket write. Nothing here waits; a loop calls `readable` and `writable`.

WEAK: OpenSSL sends two tickets of 79 bytes after each handshake, and pyOpenSSL has no call to stop
it. None is ever taken: the session cache is off, and the pin is judged after every handshake anew.
"""

import hashlib
import socket
from collections import deque
from collections.abc import Callable, Container, Mapping
from itertools import islice
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL, crypto

from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.paths.tcp import PathClosed, closed_by

MAX_HANDSHAKE: Final = 16_384  # bytes that a stranger may send before we know who it is
READ_BYTES: Final = 262_144  # taken from the socket at a time

PEERS: Final = b"detente/1"  # names of what is spoken after the handshake
HATCH: Final = b"detente-hatch/1"
_GROUP: Final = "X25519MLKEM768"
_CLASSIC_GROUP: Final = "x25519"
_RECORD: Final = 16_384  # bytes of application data in a TLS record
_RECORD_EXTRA: Final = 22  # header, type and tag of one
_SLACK: Final = 128  # so that a read of all that is there comes back short
_PARTIAL_WRITE: Final = 1  # SSL_MODE_ENABLE_PARTIAL_WRITE, which pyOpenSSL sets
_GATHER: Final = 64  # buffers for one socket write
_DRAIN: Final = 4  # reads before closing; unread bytes would make the kernel reset the line

_STRANGER: Final = "compare keys with the peer by telephone; if theirs changed, import its new card"
_NOT_OURS: Final = "see that the peer runs Détente with protocol 1 at this address"
_ABOUT_KEYS: Final = (
    "unknown ca",
    "bad certificate",
    "certificate unknown",
    "certificate required",
)


class TlsContext:
    """What all paths of one node share: its certificate, the rules, and a buffer to read into."""

    def __init__(self, certificate: bytes, key: Ed25519PrivateKey, alpn: bytes = PEERS) -> None:
        """Take the certificate (DER), its private key, and what is spoken on these paths."""
        ssl = SSL.Context(SSL.TLS_METHOD)
        ssl.set_min_proto_version(SSL.TLS1_3_VERSION)
        ssl.set_options(SSL.OP_NO_TICKET)
        ssl.set_session_cache_mode(SSL.SESS_CACHE_OFF)
        ssl.clear_mode(_PARTIAL_WRITE)
        ssl.use_certificate(x509.load_der_x509_certificate(certificate))
        ssl.use_privatekey(key)
        ssl.set_alpn_protos([alpn])
        ssl.set_alpn_select_callback(
            lambda _, offered: alpn if alpn in offered else SSL.NO_OVERLAPPING_PROTOCOLS
        )
        ssl.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, _ask)
        self.ssl, self.alpn = ssl, alpn
        self.buffer = memoryview(bytearray(READ_BYTES))
        # Of one read, and of the record that the read before it cut.
        self.plain = memoryview(bytearray(READ_BYTES + 3 * _RECORD))


class TlsConnection:
    """One TCP connection to a peer, in either role.

    After a fault is raised, or stands in `fault`, call `close` and drop it. `send` never raises for
    what the line does: that comes out of the next `readable`.
    """

    def __init__(
        self,
        context: TlsContext,
        sock: socket.socket,
        *,
        dialled: bool,
        pins: Callable[[], Mapping[bytes, str]],
        since: Moment,
        expect: str | None = None,
        classic_ok: Container[str] = frozenset(),
    ) -> None:
        """Take over a connected or connecting socket.

        pins gives party names by SHA-256 of SPKI, asked when the peer shows its key. expect is the
        party that must answer, if known. classic_ok holds the parties whose agreement allows X25519.
        """
        sock.settimeout(0)
        self._sock, self._buffer, self._plain = sock, context.buffer, context.plain
        self._alpn = context.alpn
        self._pins, self._expect, self._classic_ok = pins, expect, classic_ok
        self._since = since
        self._engine = SSL.Connection(context.ssl, None)
        self._engine.set_app_data(self)
        if dialled:
            self._engine.set_connect_state()
        else:
            self._engine.set_accept_state()
        self._begins = dialled  # until first writable: connected, and ours to speak
        self._handshake_bytes = 0
        self._queue: deque[bytes] = deque()  # ciphertext that the socket did not take
        self._offset = 0  # bytes of the queue's first that it did
        self._broken = False  # the socket takes no more; reading it says why
        self._party: str | None = None
        self.established = False
        self.pin = b""
        self.peer: str | None = None  # these are known once established
        self.group: str | None = None
        self.pending_bytes = 0
        self.fault: Fault | None = None
        self.closed: str | None = None

    def fileno(self) -> int:
        """Return the socket's number, for a selector."""
        return self._sock.fileno()

    def age(self, now: Moment) -> Span:
        """Return how long this connection has been ours: whoever says no name in time is closed."""
        return now - self._since

    @property
    def is_connected(self) -> bool:
        """False until a dialled address has answered."""
        return not self._begins

    @property
    def wants_write(self) -> bool:
        """True while `writable` has something to do."""
        return self._begins or bool(self._queue)

    def readable(self) -> list[memoryview]:
        """Take what the socket holds, at most 256 KiB, and return the application's share of it.

        It stands in a buffer that all connections of the context share, until one of them is read.

        The handshake goes on here too. Raises TheirFault: E_PIN, E_VERSION, E_LIMIT, E_FRAME; and
        PathClosed. What came before a fault is returned first: the fault then stands in `fault`.
        """
        if self.fault:
            raise self.fault
        room = READ_BYTES if self.established else MAX_HANDSHAKE - self._handshake_bytes
        try:
            count = self._sock.recv_into(self._buffer, room)
        except BlockingIOError:
            return []
        except OSError as error:
            raise self._fail(closed_by(error)) from None
        if count == 0:
            raise self._fail(PathClosed("cut"))
        self._engine.bio_write(self._buffer[:count])
        if not self.established:
            self._handshake_bytes += count
            self._handshake()
            if not self.established:
                if self._handshake_bytes == MAX_HANDSHAKE:
                    raise self._fail(_too_long())
                return []
        return self._take()

    def writable(self) -> None:
        """Go on sending. Raises PathClosed if a dialled address did not answer."""
        if self._begins:
            self._begins = False
            code = self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise self._fail(closed_by(OSError(code, "")))
            self._handshake()
        if not self._queue:
            return
        first = memoryview(self._queue[0])[self._offset :]
        try:
            sent = self._sock.sendmsg([first, *islice(self._queue, 1, _GATHER)])
        except BlockingIOError:
            return
        except OSError:
            self._break()
            return
        self.pending_bytes -= sent
        self._offset += sent
        while self._queue and self._offset >= len(self._queue[0]):
            self._offset -= len(self._queue.popleft())

    def send(self, data: bytes) -> None:
        """Encrypt `data` and send what the socket takes at once; `writable` sends the rest."""
        assert self.established, "not a byte before the pin is known"
        if not data or self._broken or self.closed is not None:
            return
        self._engine.send(data)
        records = len(data) // _RECORD + 1
        self._put(self._ciphertext(len(data) + records * _RECORD_EXTRA + _SLACK))

    def close(self, reason: str) -> None:
        """Say goodbye as far as the socket takes it, and close. A second call does nothing."""
        if self.closed is not None:
            return
        self.closed = reason
        if self.established and not self._broken:
            try:
                self._engine.shutdown()
            except SSL.Error:  # an engine that failed says no goodbye
                self._broken = True
            self._flush()
            self.writable()
        try:
            self._sock.shutdown(socket.SHUT_WR)
            for _ in range(_DRAIN):
                if not self._sock.recv_into(self._buffer):
                    break
        except OSError:
            pass
        self._sock.close()
        self._engine.set_app_data(None)  # the circle that would keep both in memory

    def __repr__(self) -> str:
        """Show who is there and how far we are."""
        state = self.closed or ("established" if self.established else "handshake")
        return f"<TlsConnection {self.peer or self._expect or 'stranger'}: {state}>"

    def judge(self, certificate: crypto.X509) -> bool:
        """Return whether this certificate's key is the peer's; if not, `fault` says what is wrong."""
        try:
            spki = crypto.dump_publickey(crypto.FILETYPE_ASN1, certificate.get_pubkey())
        except crypto.Error:
            self.fault = TheirFault("E_PIN", "the certificate holds no key", _STRANGER)
            return False
        pin = self.pin = hashlib.sha256(spki).digest()
        party = self._pins().get(pin)
        if party is None:
            who = f" where {self._expect} was expected" if self._expect else ""
            self.fault = TheirFault(
                "E_PIN", f"key {pin.hex()} is in no card that we hold{who}", _STRANGER
            )
        elif self._expect is not None and party != self._expect:
            self.fault = TheirFault(
                "E_PIN",
                f"someone else answers at that address: {party}, not {self._expect}",
                f"check the address in {self._expect}'s card with them by telephone",
            )
        self._party = party  # claimed: that it holds the key too, the handshake's end will show
        return self.fault is None

    def _handshake(self) -> None:
        try:
            self._engine.do_handshake()
        except SSL.WantReadError:
            self._flush()
        except SSL.Error as error:
            self._flush()  # the alert, so that the other side knows as well
            raise self._fail(self.fault or _fault_of(error)) from None
        else:
            self._judge_handshake()
            self.established = True
            self._flush()

    def _judge_handshake(self) -> None:
        certificate = self._engine.get_peer_certificate()
        if certificate is None or not self.judge(certificate):
            raise self._fail(self.fault or TheirFault("E_PIN", "no key was shown", _STRANGER))
        if self._engine.get_alpn_proto_negotiated() != self._alpn:
            raise self._fail(
                TheirFault(
                    "E_VERSION", f"the other side speaks not {self._alpn.decode()}", _NOT_OURS
                )
            )
        group = self._engine.get_group_name() or "none"
        classic = group.lower() == _CLASSIC_GROUP and self._party in self._classic_ok
        if group != _GROUP and not classic:
            raise self._fail(
                TheirFault(
                    "E_PIN",
                    f"key exchange {group} where {_GROUP} is due",
                    "update the older side's OpenSSL, or agree on classic_ok with the peer",
                )
            )
        self.peer, self.group = self._party, group

    def _take(self) -> list[memoryview]:
        plain, count = self._plain, 0
        receive = self._engine.recv_into
        try:
            while True:
                count += receive(plain[count:], _RECORD)
        except SSL.WantReadError:
            if not count:  # the engine alone was spoken to, and may have answered
                self._flush()
                return []
            return [plain[:count]]
        except SSL.ZeroReturnError:
            self._fail(PathClosed("closed"))
        except SSL.Error as error:
            self._flush()
            self._fail(_fault_of(error))
        if not count and self.fault:
            raise self.fault
        return [plain[:count]]

    def _flush(self) -> None:
        if not self._broken:
            self._put(self._ciphertext(READ_BYTES))

    def _ciphertext(self, bound: int) -> bytes:
        # Reading an empty engine costs an exception; a read that comes back short need not ask again.
        parts: list[bytes] = []
        try:
            while not parts or len(parts[-1]) == bound:
                parts.append(self._engine.bio_read(bound))
        except SSL.WantReadError:
            pass
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _put(self, data: bytes) -> None:
        sent = 0
        if not self._queue and data:
            try:
                sent = self._sock.send(data)
            except BlockingIOError:
                pass
            except OSError:
                self._break()
                return
            self._offset = sent
        if sent < len(data):
            self._queue.append(data)
            self.pending_bytes += len(data) - sent

    def _break(self) -> None:
        self._broken = True
        self._queue.clear()
        self._offset = self.pending_bytes = 0

    def _fail(self, fault: Fault) -> Fault:
        self.fault = fault
        return fault


def _ask(
    connection: SSL.Connection, certificate: crypto.X509, _code: int, depth: int, _ok: int
) -> bool:
    # OpenSSL asks for each thing that it would object to, self-signed and dates; only the pin counts.
    asked = connection.get_app_data()
    assert isinstance(asked, TlsConnection)
    return depth == 0 and asked.judge(certificate)


def _fault_of(error: SSL.Error) -> OurFault | TheirFault:
    words = " ".join(str(part) for part in error.args).lower()
    if "alert" in words:
        about_keys = any(name in words for name in _ABOUT_KEYS)
        return PathClosed("key_refused" if about_keys else "closed")
    if "did not return a certificate" in words:
        return TheirFault("E_PIN", "no key was shown", _STRANGER)
    if "unsupported protocol" in words:
        return TheirFault("E_VERSION", "the other side offers no TLS 1.3", _NOT_OURS)
    if "no suitable" in words or "bad key share" in words:
        return TheirFault("E_PIN", f"the other side offers no {_GROUP}", _NOT_OURS)
    return TheirFault("E_FRAME", "what came is no TLS, or was altered on the way", _NOT_OURS)


def _too_long() -> TheirFault:
    return TheirFault(
        "E_LIMIT", f"a handshake of more than {MAX_HANDSHAKE} bytes (MAX_HANDSHAKE)", _NOT_OURS
    )
