"""The certificate that a node shows on a line: self-signed, and judged by its pin alone."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

# Nobody judges these dates (protocol 5.1); the second is RFC 5280 4.1.2.5's "no well-defined end".
_FROM: Final = datetime(2000, 1, 1, tzinfo=UTC)
_UNTIL: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
_SERIAL_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class TlsIdentity:
    """What TLS needs of us. `pin` is the SHA-256 of the public key's SPKI, as cards carry it."""

    certificate: bytes  # DER
    key: Ed25519PrivateKey = field(repr=False)
    pin: bytes


def tls_identity(seed: bytes) -> TlsIdentity:
    """Return the one certificate of an Ed25519 seed: always the same bytes, so nothing is kept."""
    key = Ed25519PrivateKey.from_private_bytes(seed)
    public = key.public_key()
    pin = hashlib.sha256(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).digest()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "detente")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public)
        # Unlike for each key and the same at each start; a serial must be positive.
        .serial_number(int.from_bytes(pin[:_SERIAL_BYTES]) >> 1 | 1)
        .not_valid_before(_FROM)
        .not_valid_after(_UNTIL)
        .sign(key, None)
    )
    return TlsIdentity(made.public_bytes(Encoding.DER), key, pin)
