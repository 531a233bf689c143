import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis.strategies import binary, integers
from tests.support import makers, outcomes

from detente.core import body, inner, keys, limits
from detente.core.errors import TheirFault

MID, OTHER = bytes(range(32)), bytes(32)
DESK = makers.make_party(makers.BOREALIS).openers["cert"]
STRANGER = makers.make_party(makers.CORDIA).openers["cert"]


class Given:
    """An opener that returns what it was told, whatever is sealed."""

    public = b""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def open(self, _sealed: bytes, _info: bytes) -> bytes:
        return self._key


def prepared(plaintext: bytes) -> body.Content:
    return body.prepare(plaintext, makers.LabelEntropy())


def said(content: body.Content) -> tuple[bytes, int, bytes]:
    return content.ck, content.size, content.commit


SEALED = body.seal_key(prepared(b"text").key, DESK.public, MID)


@given(plaintext=binary(max_size=500))
def test_a_desk_opens_what_was_sealed_to_it(plaintext: bytes) -> None:
    content = prepared(plaintext)
    sealed = body.seal_key(content.key, DESK.public, MID)
    assert len(sealed) == keys.SEALED_KEY
    opened = body.open_body(body.close(content, MID), sealed, DESK, MID, said(content))
    assert opened == (content.inside[:32], plaintext)


@given(closed=binary(max_size=300), sealed=binary(max_size=100))
def test_any_bytes_end_in_e_commit(closed: bytes, sealed: bytes) -> None:
    content = prepared(b"text")
    for seal in (sealed, SEALED, SEALED[:-1] + sealed[:1]):
        code = outcomes.fault_of(body.open_body, closed, seal, DESK, MID, said(content))
        assert code == "E_COMMIT"


@given(at=integers(0, 10_000))
def test_one_bit_of_body_or_seal_decides(at: int) -> None:
    content = prepared(b"text")
    closed, sealed = bytearray(body.close(content, MID)), bytearray(SEALED)
    target = (closed, sealed)[at % 2]
    target[at % len(target)] ^= 1 << at % 8
    code = outcomes.fault_of(body.open_body, bytes(closed), bytes(sealed), DESK, MID, said(content))
    assert code == "E_COMMIT"


def test_another_desk_opens_nothing() -> None:
    content = prepared(b"text")
    closed = body.close(content, MID)
    assert (
        outcomes.fault_of(body.open_body, closed, SEALED, STRANGER, MID, said(content))
        == "E_COMMIT"
    )


def test_a_body_and_a_seal_belong_to_their_header() -> None:
    content = prepared(b"text")
    elsewhere = body.close(content, OTHER)
    assert (
        outcomes.fault_of(body.open_body, elsewhere, SEALED, DESK, MID, said(content)) == "E_COMMIT"
    )
    here = body.close(content, MID)
    assert outcomes.fault_of(body.open_body, here, SEALED, DESK, OTHER, said(content)) == "E_COMMIT"


def test_one_body_cannot_open_to_two_texts() -> None:
    # A second key that opens the same body is no use: the header commits to the first.
    content = prepared(b"text")
    other = body.Content(content.inside, content.size, content.commit, bytes(32))
    closed = body.close(other, MID)
    code = outcomes.fault_of(body.open_body, closed, SEALED, Given(bytes(32)), MID, said(content))
    assert code == "E_COMMIT"


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_content_key_has_32_bytes(size: int) -> None:
    content, key = prepared(b"text"), bytes(size)
    wrong = (body.commit_to_key(key), content.size, content.commit)
    closed = body.close(content, MID)
    assert outcomes.fault_of(body.open_body, closed, SEALED, Given(key), MID, wrong) == "E_COMMIT"


def test_what_the_header_says_of_the_text_must_hold() -> None:
    content = prepared(b"text")
    closed = body.close(content, MID)
    for wrong in (
        (OTHER, content.size, content.commit),
        (content.ck, content.size + 1, content.commit),
        (content.ck, content.size, OTHER),
    ):
        assert outcomes.fault_of(body.open_body, closed, SEALED, DESK, MID, wrong) == "E_COMMIT"


def test_a_text_has_at_most_262144_bytes() -> None:
    content = prepared(bytes(limits.MAX_BODY))
    assert content.size == limits.MAX_BODY
    assert len(body.close(content, MID)) == inner.padded_size(limits.MAX_BODY + 36) + 16
    assert outcomes.fault_of(prepared, bytes(limits.MAX_BODY + 1)) == "E_SIZE"


@given(public=binary(max_size=40))
def test_what_is_no_key_is_not_sealed_to(public: bytes) -> None:
    for wrong in (public, DESK.public[:-1], DESK.public + b"\0", bytes(1_184) + bytes(32)):
        assert outcomes.fault_of(body.seal_key, bytes(32), wrong, MID) == "E_DESK"


# Outside vectors.
def test_chacha20_poly1305_agrees_with_wycheproof(shared: Path) -> None:
    file = shared / "data/log/wycheproof/chacha20_poly1305_test.json"
    groups = json.loads(file.read_text())["testGroups"]
    cases = [case for group in groups if group["ivSize"] == 96 for case in group["tests"]]
    wrong = [case["tcId"] for case in cases if opens(case) != (case["result"] == "valid")]
    assert (len(cases), wrong) == (316, [])


def opens(case: dict[str, str]) -> bool:
    key, nonce, aad, text, closed, tag = (
        bytes.fromhex(case[name]) for name in ("key", "iv", "aad", "msg", "ct", "tag")
    )
    try:
        return ChaCha20Poly1305(key).decrypt(nonce, closed + tag, aad) == text
    except InvalidTag:
        return False


def opens_first(case: dict[str, Any], suite: hpke.Suite, key: Any) -> bool:  # noqa: ANN401
    # The vectors bind aad, which the public call does not offer. Only the first message of a
    # context can be opened by a call that opens one.
    first = case["encryptions"][0]
    closed = bytes.fromhex(case["enc"] + first["ct"])
    info, aad = bytes.fromhex(case["info"]), bytes.fromhex(first["aad"])
    text: bytes = openssl.hpke._decrypt_with_aad(suite, closed, key, info, aad)
    return text == bytes.fromhex(first["pt"])


def test_our_suite_opens_the_outside_vectors(shared: Path) -> None:
    # draft-ietf-hpke-pq, KEM 0x647a; of the two sets the second has another KDF than ours.
    sets = json.loads((shared / "data/log/hpke/hpke-pq-test-vectors.json").read_text())
    ours = [one for one in sets if one["kem_id"] == 0x647A]
    kdfs = {1: hpke.KDF.HKDF_SHA256, 17: hpke.KDF.SHAKE256}
    assert [one["kdf_id"] for one in ours] == [1, 17]
    for one in ours:
        suite = hpke.Suite(
            hpke.KEM.MLKEM768_X25519, kdfs[one["kdf_id"]], hpke.AEAD.CHACHA20_POLY1305
        )
        key, public = makers.opening_key(bytes.fromhex(one["skRm"]))
        assert public.hex() == one["pkRm"]
        assert opens_first(one, suite, key)


def test_the_library_opens_the_vectors_of_rfc_9180(shared: Path) -> None:
    file = shared / "data/log/hpke/rfc9180-base-x25519-hkdfsha256-chacha.json"
    (one,) = json.loads(file.read_text())
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)
    key = X25519PrivateKey.from_private_bytes(bytes.fromhex(one["skRm"]))
    assert opens_first(one, suite, key)


def test_a_seal_that_does_not_open_is_the_senders_fault() -> None:
    with pytest.raises(TheirFault, match="E_COMMIT"):
        DESK.open(SEALED, b"another context")
