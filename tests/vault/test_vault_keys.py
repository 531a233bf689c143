import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey, MLDSA65PublicKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
from hypothesis import given
from hypothesis.strategies import binary

from detente.core.errors import TheirFault
from detente.vault.keys import Ed25519Signer, KeySeed, MlDsaSigner, XWingOpener, key_of, new_seed

SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


@pytest.fixture
def outside() -> Path:
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    place = Path(os.environ.get("DETENTE_SHARED", beside)) / "data" / "log"
    if not place.is_dir():
        pytest.skip("the outside data are not here: set DETENTE_SHARED")
    return place


def seed_of(label: str) -> bytes:
    return hashlib.sha256(f"detente test vector {label}".encode()).digest()


def signer(seed: KeySeed) -> Ed25519Signer:
    key = key_of(seed)
    assert isinstance(key, Ed25519Signer)
    return key


def lattice_signer(seed: KeySeed) -> MlDsaSigner:
    key = key_of(seed)
    assert isinstance(key, MlDsaSigner)
    return key


def opener(seed: bytes) -> XWingOpener:
    key = key_of(KeySeed("xwing", seed))
    assert isinstance(key, XWingOpener)
    return key


def seal_to(public: bytes, text: bytes, info: bytes) -> bytes:
    key = hpke.MLKEM768X25519PublicKey(
        MLKEM768PublicKey.from_public_bytes(public[:1_184]),
        X25519PublicKey.from_public_bytes(public[1_184:]),
    )
    return SUITE.encrypt(text, key, info=info)


@pytest.mark.parametrize("party", ["aurelia.gov", "borealis.gov"])
def test_public_keys_are_those_of_the_vectors(outside: Path, party: str) -> None:
    told = json.loads((outside / "detente" / "vectors.json").read_text())["parties"][party]
    desk = opener(seed_of(f"{party} desk cert"))
    assert bytes.fromhex(told["desk_cert_seed"]) == seed_of(f"{party} desk cert")
    assert hashlib.sha256(desk.public).hexdigest() == told["desk_cert_pub_sha256"]
    log = signer(KeySeed("ed25519", seed_of(f"{party} log ed25519")))
    assert log.public.hex() == told["log_ed25519_pub"]
    for kind, label, name in (
        ("mldsa44", "log mldsa44", "log_mldsa44_pub_sha256"),
        ("mldsa65", "root mldsa65", "root_mldsa65_pub_sha256"),
    ):
        key = key_of(KeySeed(kind, seed_of(f"{party} {label}")))  # type: ignore[arg-type]  # listed
        assert hashlib.sha256(key.public).hexdigest() == told[name]


def test_the_seal_of_the_vectors_opens_with_the_desk_key(outside: Path) -> None:
    record = json.loads((outside / "detente" / "vectors.json").read_text())["record"]
    sealed = (outside / "detente" / "seal1.bin").read_bytes()
    info = b"detente/v1/seal\n" + bytes.fromhex(record["mid"])
    opened = opener(seed_of("borealis.gov desk cert")).open(sealed, info)
    assert opened.hex() == record["content_key"]


def test_keys_and_openings_are_those_of_the_hpke_vectors(outside: Path) -> None:
    sets: list[dict[str, Any]] = json.loads(
        (outside / "hpke" / "hpke-pq-test-vectors.json").read_text()
    )
    (ours,) = [
        one for one in sets if (one["kem_id"], one["kdf_id"], one["aead_id"]) == (0x647A, 1, 3)
    ]
    desk = opener(bytes.fromhex(ours["skRm"]))
    assert desk.public.hex() == ours["pkRm"]
    first = ours["encryptions"][0]
    sealed, info = bytes.fromhex(ours["enc"] + first["ct"]), bytes.fromhex(ours["info"])
    # The vectors bind an aad, for which the library has a call for its own tests alone.
    opened = openssl.hpke._decrypt_with_aad(
        SUITE, sealed, desk._key, info, bytes.fromhex(first["aad"])
    )
    assert opened.hex() == first["pt"]


@given(seed=binary(min_size=32, max_size=32), text=binary(max_size=300), info=binary(max_size=80))
def test_what_is_sealed_to_a_key_opens_with_it_under_its_words_alone(
    seed: bytes, text: bytes, info: bytes
) -> None:
    desk = opener(seed)
    sealed = seal_to(desk.public, text, info)
    assert len(sealed) == len(text) + 1_136
    assert desk.open(sealed, info) == text
    with pytest.raises(TheirFault, match="E_COMMIT"):
        desk.open(sealed, info + b".")


@pytest.mark.parametrize("length", [0, 1, 1_119, 1_120, 1_135, 1_136, 1_168, 5_000])
def test_what_is_no_seal_is_refused_at_every_length(length: int) -> None:
    with pytest.raises(TheirFault, match="E_COMMIT"):
        opener(bytes(32)).open(bytes(length), b"")


@pytest.mark.parametrize("at", [0, 500, 1_100, 1_119, 1_120, 1_150, 1_167])
def test_a_seal_with_one_bit_turned_does_not_open(at: int) -> None:
    desk = opener(bytes(32))
    sealed = seal_to(desk.public, bytes(32), b"words")
    with pytest.raises(TheirFault, match="E_COMMIT"):
        desk.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], b"words")


@given(seed=binary(min_size=32, max_size=32), message=binary(max_size=300))
def test_an_ed25519_signature_is_over_its_message_and_no_other(seed: bytes, message: bytes) -> None:
    key = signer(KeySeed("ed25519", seed))
    public = Ed25519PublicKey.from_public_bytes(key.public)
    public.verify(key.sign(message), message)
    with pytest.raises(InvalidSignature):
        public.verify(key.sign(message), message + b".")


def test_lattice_signatures_hold_under_their_context_alone() -> None:
    small = lattice_signer(KeySeed("mldsa44", bytes(32)))
    large = lattice_signer(KeySeed("mldsa65", bytes(32)))
    assert (len(small.public), len(large.public)) == (1_312, 1_952)
    first, second = small.sign(b"m", b"epoch"), large.sign(b"m")
    assert (len(first), len(second)) == (2_420, 3_309)
    MLDSA44PublicKey.from_public_bytes(small.public).verify(first, b"m", b"epoch")
    MLDSA65PublicKey.from_public_bytes(large.public).verify(second, b"m")
    with pytest.raises(InvalidSignature):
        MLDSA44PublicKey.from_public_bytes(small.public).verify(first, b"m", b"card")
    with pytest.raises(InvalidSignature):
        MLDSA65PublicKey.from_public_bytes(large.public).verify(second, b"m", b"card")


def test_a_new_seed_is_what_entropy_gave() -> None:
    class Given:
        def draw(self, count: int) -> bytes:
            return bytes(range(count))

    assert new_seed("xwing", Given()) == KeySeed("xwing", bytes(range(32)))


@pytest.mark.parametrize("length", [31, 33])
def test_a_seed_has_32_bytes(length: int) -> None:
    with pytest.raises(AssertionError):
        KeySeed("ed25519", bytes(length))
