import socket
import ssl
from contextlib import suppress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis.strategies import binary
from OpenSSL import SSL
from tests.paths.ends import HELLO, Line, code, identity, until

from detente.paths.tls import MAX_HANDSHAKE


def test_a_caller_whose_key_is_in_no_card_is_refused_before_its_first_byte(line: Line) -> None:
    left, right = line.pair()
    caller = line.stranger(left, dials=True, says=HELLO)
    us = line.end(right, "borealis.gov", dialled=False)
    until(lambda: us.fault is not None and caller.error is not None, caller, us)
    assert code(us.fault) == "E_PIN"
    assert identity("mallory").pin.hex() in str(us.fault)
    assert caller.done  # it believed itself in, and had spoken
    assert (us.got, caller.got, us.line.established) == (b"", b"", False)


def test_whoever_answers_with_a_key_in_no_card_gets_not_a_byte(line: Line) -> None:
    left, right = line.pair()
    us = line.end(left, "aurelia.gov", dialled=True, expect="borealis.gov")
    answerer = line.stranger(right, dials=False, says=HELLO)
    until(lambda: us.fault is not None and answerer.error is not None, us, answerer)
    assert code(us.fault) == "E_PIN"
    assert "borealis.gov was expected" in str(us.fault)
    assert (us.got, answerer.got, us.line.established) == (b"", b"", False)


def test_a_caller_without_a_certificate_is_refused(line: Line) -> None:
    left, right = line.pair()
    caller = line.stranger(left, dials=True, name=None, says=HELLO)
    us = line.end(right, "borealis.gov", dialled=False)
    until(lambda: us.fault is not None, caller, us)
    assert code(us.fault) == "E_PIN"
    assert us.got == b""


@pytest.mark.parametrize(
    ("dials", "alpn", "fault"),
    [
        (True, None, "E_VERSION"),
        (True, b"detente/2", "E_VERSION"),
        (False, None, "E_VERSION"),
        (False, b"detente/2", "E_FRAME"),  # chosen though never offered: no TLS would do that
    ],
)
def test_a_known_key_that_speaks_another_protocol_is_refused(
    line: Line, dials: bool, alpn: bytes | None, fault: str
) -> None:
    left, right = line.pair()
    other = line.stranger(left, dials=dials, name="aurelia.gov", alpn=alpn, says=HELLO)
    us = line.end(right, "borealis.gov", dialled=not dials)
    until(lambda: us.fault is not None, other, us)
    assert code(us.fault) == fault
    assert (us.got, other.got, us.line.established) == (b"", b"", False)


def test_tls_1_2_is_refused(line: Line) -> None:
    left, right = line.pair()
    caller = line.stranger(left, dials=True, name="aurelia.gov", version=SSL.TLS1_2_VERSION)
    us = line.end(right, "borealis.gov", dialled=False)
    until(lambda: us.fault is not None, caller, us)
    assert code(us.fault) == "E_VERSION"


@pytest.mark.parametrize("revoked", [True, False])
def test_a_ticket_spares_nobody_the_showing_of_its_key(line: Line, revoked: bool) -> None:
    asked = []

    def pins() -> dict[bytes, str]:
        asked.append(1)
        return line.pins

    left, right = line.pair()
    first = line.stranger(left, dials=True, name="aurelia.gov", says=b"one")
    us = line.end(right, "borealis.gov", dialled=False, pins=pins)
    until(lambda: us.got == b"one", first, us)
    us.line.send(b"the tickets came before this")
    until(lambda: bool(first.got), first, us)
    asked_first = len(asked)
    if revoked:
        del line.pins[identity("aurelia.gov").pin]
    left, right = line.pair()
    again = line.stranger(left, dials=True, says=b"two", again=first)
    us = line.end(right, "borealis.gov", dialled=False, pins=pins)
    until(lambda: us.fault is not None or bool(us.got), again, us)
    if revoked:
        assert code(us.fault) == "E_PIN"
        assert us.got == b""
    else:  # a resumed one would ask once, after the handshake
        assert us.got == b"two"
        assert len(asked) == 2 * asked_first > 2


class Classic:
    """The interpreter's own TLS, which may be older than ours and know no ML-KEM."""

    def __init__(self, sock: socket.socket, folder: Path, curve: str | None) -> None:
        me, pem = identity("aurelia.gov"), folder / "aurelia.pem"
        pem.write_bytes(
            me.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + x509.load_der_x509_certificate(me.certificate).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(pem)
        context.set_alpn_protocols(["detente/1"])
        if curve:
            context.set_ecdh_curve(curve)
        self.sock, self.done = sock, False
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.engine = context.wrap_bio(self.incoming, self.outgoing)

    def step(self) -> None:
        with suppress(OSError):
            self.incoming.write(self.sock.recv(65_536))
        try:
            if not self.done:
                self.engine.do_handshake()
                self.done = True
                self.engine.write(HELLO)
        except ssl.SSLWantReadError:
            pass
        if self.outgoing.pending:
            self.sock.send(self.outgoing.read())


def test_a_known_key_with_a_classic_group_is_refused(line: Line, tmp_path: Path) -> None:
    left, right = line.pair()
    caller = Classic(left, tmp_path, "prime256v1")
    us = line.end(
        right, "borealis.gov", dialled=False, classic_ok=frozenset({"aurelia.gov"})
    )  # X25519 is the one classic group that an agreement can allow
    until(lambda: us.fault is not None, caller, us)
    assert code(us.fault) == "E_PIN"
    assert "key exchange" in str(us.fault)
    assert (us.got, us.line.established) == (b"", False)


needs_old_tls = pytest.mark.skipif(
    ssl.OPENSSL_VERSION_INFO >= (3, 5), reason="this interpreter's own TLS offers ML-KEM"
)


@needs_old_tls
def test_x25519_alone_is_refused_unless_the_agreement_with_that_party_allows_it(
    line: Line, tmp_path: Path
) -> None:
    left, right = line.pair()
    caller = Classic(left, tmp_path, None)
    us = line.end(right, "borealis.gov", dialled=False, classic_ok=frozenset({"cordia.gov"}))
    until(lambda: us.fault is not None, caller, us)
    assert code(us.fault) == "E_PIN"
    assert us.got == b""


@needs_old_tls
def test_x25519_alone_is_taken_where_the_agreement_allows_it(line: Line, tmp_path: Path) -> None:
    left, right = line.pair()
    caller = Classic(left, tmp_path, None)
    us = line.end(right, "borealis.gov", dialled=False, classic_ok=frozenset({"aurelia.gov"}))
    until(lambda: us.got == HELLO, caller, us)
    assert (us.line.group or "").lower() == "x25519"


@given(data=binary(min_size=1, max_size=600))
def test_garbage_instead_of_a_handshake_ends_in_a_fault_and_no_byte_comes_through(
    data: bytes,
) -> None:
    line = Line()
    left, right = line.pair()
    us = line.end(right, "borealis.gov", dialled=False)
    left.send(data)
    left.shutdown(socket.SHUT_WR)
    until(lambda: us.fault is not None, us)
    assert code(us.fault) in ("E_FRAME", "E_VERSION", "path.closed")
    assert (us.got, us.line.established) == (b"", False)
    line.close()


def test_a_request_of_the_web_is_named_as_no_tls(line: Line) -> None:
    left, right = line.pair()
    us = line.end(right, "borealis.gov", dialled=False)
    left.send(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    until(lambda: us.fault is not None, us)
    assert code(us.fault) == "E_FRAME"


@pytest.mark.parametrize(("count", "refused"), [(MAX_HANDSHAKE - 1, False), (MAX_HANDSHAKE, True)])
def test_a_handshake_that_is_not_done_within_the_limit_ends(
    line: Line, count: int, refused: bool
) -> None:
    left, right = line.pair()
    us = line.end(right, "borealis.gov", dialled=False)
    hello = b"\x01\x00\xff\xff\x03\x03" + bytes(20_000)  # a ClientHello that claims 65,535 bytes
    records = b"".join(
        b"\x16\x03\x01" + len(part).to_bytes(2) + part
        for part in (hello[at : at + 4_000] for at in range(0, 20_000, 4_000))
    )
    left.send(records[:count])
    for _ in range(20):
        us.step()
    assert (us.fault is not None) == refused
    if refused:
        assert code(us.fault) == "E_LIMIT"


def test_a_stranger_of_these_tests_with_a_known_key_comes_in(line: Line) -> None:
    left, right = line.pair()
    caller = line.stranger(left, dials=True, name="aurelia.gov", says=HELLO)
    us = line.end(right, "borealis.gov", dialled=False)
    until(lambda: us.got == HELLO, caller, us)
    assert us.line.peer == "aurelia.gov"
