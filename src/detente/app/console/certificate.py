"""The console's own certificate: ECDSA P-256, self-signed, in the office's folder.

Never the link's: browsers refuse Ed25519, and what a peer pins is no business of a browser. Where
it stands and why its key is not in the vault: ADR 0034.
"""

import ipaddress
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from detente.app import system
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span

LIFE: Final = Span.of(days=365)
RENEW: Final = Span.of(days=30)  # before its end
_EARLY: Final = timedelta(hours=1)  # a browser's clock may be behind


@dataclass(frozen=True, slots=True)
class Files:
    """Where certificate (with its chain) and key stand, both PEM."""

    certificate: Path
    key: Path


def own(folder: Path, name: str, now: Moment) -> tuple[Files, bool]:
    """Return the console's own files, made or renewed where due; and whether they were.

    Raises OurFault("file.unwritable").
    """
    files = Files(folder / "certificate.pem", folder / "key.pem")
    if not is_due(files, name, now):
        return files, False
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    # A certificate without its key is made anew at the next start.
    files.certificate.unlink(missing_ok=True)
    system.write_private(files.key, pem)
    system.write_private(files.certificate, make(key, name, now))
    return files, True


def given(certificate: Path, key: Path) -> Files:
    """Return files that settings name. Raises OurFault("config.bad") for a key that others may read."""
    try:
        is_open = key.stat().st_mode & 0o077
    except OSError as error:
        raise OurFault(
            "config.bad", f"{key}: {error.strerror}", "give a file in console.key"
        ) from None
    if is_open:
        raise OurFault(
            "config.bad", f"others on this machine may use {key}", f"run `chmod go= {key}`"
        )
    return Files(certificate, key)


def make(key: ec.EllipticCurvePrivateKey, name: str, now: Moment) -> bytes:
    """Return a certificate for a name or an address, good for LIFE, as PEM."""
    begins = _date(now)
    about = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    made = (
        x509.CertificateBuilder()
        .subject_name(about)
        .issuer_name(about)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - _EARLY)
        .not_valid_after(begins + timedelta(milliseconds=LIFE.ms))
        .add_extension(x509.SubjectAlternativeName([_name(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .sign(key, hashes.SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def is_due(files: Files, name: str, now: Moment) -> bool:
    """Say whether a new certificate is due: none, for another name, of another key, or ending."""
    try:
        found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        key = load_pem_private_key(files.key.read_bytes(), None)
        names = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, TypeError, x509.ExtensionNotFound):
        return True
    ends = found.not_valid_after_utc - timedelta(milliseconds=RENEW.ms)
    return (
        list(names) != [_name(name)] or key.public_key() != found.public_key() or _date(now) >= ends
    )


def fingerprint(files: Files) -> str:
    """Return the certificate's SHA-256 as browsers show it: pairs of digits with colons."""
    found = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    return found.fingerprint(hashes.SHA256()).hex(":").upper()


def context(files: Files) -> ssl.SSLContext:
    """Return what TLS 1.2 and 1.3 need. Raises OurFault("config.bad") for files that do not fit."""
    found = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    found.minimum_version = ssl.TLSVersion.TLSv1_2
    found.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    found.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    load(found, files)
    return found


def load(context: ssl.SSLContext, files: Files) -> None:
    """Let new connections see other files. Raises OurFault("config.bad")."""
    try:
        # An empty passphrase: else OpenSSL would ask on a terminal.
        context.load_cert_chain(files.certificate, files.key, password="")
    except (OSError, ValueError) as error:
        raise OurFault(
            "config.bad",
            f"{files.certificate} and {files.key} do not serve: {error}",
            "give PEM files that fit, the key without a passphrase: docs/operate/console.md",
        ) from None


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _date(now: Moment) -> datetime:
    return datetime.fromtimestamp(now.ms / 1000, UTC)
