"""Feeds of a MISP instance in the file of feeds; and its TLS."""

import datetime as dt
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.support.outcomes import fault_of

from detente.app.feeds import plan
from detente.app.feeds.misp.wire import MispWire
from detente.app.feeds.plan import Feed

GOOD: Final = (
    '[[feed]]\nname = "a"\nkind = "misp"\nurl = "https://misp.example"\nperson = "anna"\n'
    'secret_file = "key"\n'
)
GROUP: Final = "0b2b3c4d-1111-4222-8333-444455556666"


def read(folder: Path, text: str) -> tuple[Feed, ...]:
    (folder / "key").write_text("hush\n")
    file = folder / "feeds.toml"
    file.write_text(text)
    return plan.read(file)


def test_a_feed_of_misp_is_read_whole_and_does_not_show_its_key(tmp_path: Path) -> None:
    more = (
        f'way = "push"\ngroup = "{GROUP}"\nupto = "AMBER"\npublish = "yes"\nsince = "2024-01-01"\n'
    )
    plain, full = read(tmp_path, GOOD + GOOD.replace('"a"', '"b"') + more)
    assert (plain.kind, plain.secret, plain.upto, plain.publish, plain.into) == (
        "misp", "hush", "GREEN", False, "local",
    )  # fmt: skip
    assert (full.group, full.upto, full.publish, full.since) == (GROUP, "AMBER", True, "2024-01-01")
    assert "hush" not in repr(plain)


@pytest.mark.parametrize(
    "more",
    [
        'collection = "x"\n', 'upto = "RED"\n', 'upto = "amber"\n', 'publish = "1"\n', 'since = "yesterday"\n',
        'group = "Banks"\n', 'group = "7"\n',
    ],
)  # fmt: skip
def test_what_is_wrong_in_it_is_named(tmp_path: Path, more: str) -> None:
    assert fault_of(read, tmp_path, GOOD + more) == "config.bad"


@pytest.mark.parametrize(
    ("old", "new"),
    [('kind = "misp"', 'kind = "ftp"'), ('secret_file = "key"\n', ""), ('kind = "misp"\n', "")],
)
def test_a_kind_has_what_it_needs(tmp_path: Path, old: str, new: str) -> None:
    assert fault_of(read, tmp_path, GOOD.replace(old, new)) == "config.bad"


def test_what_is_for_misp_is_none_of_taxii(tmp_path: Path) -> None:
    taxii = GOOD.replace('kind = "misp"', 'collection = "c"')
    assert read(tmp_path, taxii)[0].kind == "taxii"
    assert fault_of(read, tmp_path, taxii + 'upto = "AMBER"\n') == "config.bad"


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """A server with a certificate that nobody vouches for; the file of it, and the keys it was shown."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    day = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(day)
        .not_valid_after(day.replace(year=2120))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, shown = serialization.Encoding.PEM, list[str]()
    (tmp_path / "own.pem").write_bytes(made.public_bytes(pem))
    form = serialization.PrivateFormat.PKCS8
    (tmp_path / "own.key").write_bytes(key.private_bytes(pem, form, serialization.NoEncryption()))

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shown.append(self.headers["Authorization"])
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(b"[]")

        def log_message(self, *_: object) -> None:
            return

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "own.pem", tmp_path / "own.key")
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"https://localhost:{server.server_port}/", tmp_path / "own.pem", shown
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_server_that_nobody_vouches_for_never_sees_the_key(
    secure: tuple[str, Path, list[str]],
) -> None:
    url, certificate, shown = secure
    told: dict[str, Any] = {
        "name": "a",
        "way": "pull",
        "url": url,
        "collection": "",
        "person": "p",
        "kind": "misp",
    }
    assert fault_of(MispWire(Feed(**told, secret="hush")).ask, "GET", "events/index") == "feed.away"
    assert shown == []
    trusting = Feed(**told, secret="hush", trust=str(certificate))
    assert MispWire(trusting).ask("GET", "events/index").document == []
    assert shown == ["hush"]
