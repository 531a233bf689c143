import json
from pathlib import Path

from hypothesis import given
from hypothesis.strategies import binary
from tests.support import makers

from detente.core import keys


def test_a_signature_holds_for_its_key_and_message_only() -> None:
    one, other = makers.LabelSigner("one"), makers.LabelSigner("other")
    signature = one.sign(b"text")
    assert keys.ed25519_holds(one.public, signature, b"text")
    assert not keys.ed25519_holds(one.public, signature, b"test")
    assert not keys.ed25519_holds(other.public, signature, b"text")


def test_an_mldsa_signature_holds_under_its_context_only() -> None:
    aurelia = makers.make_party(makers.AURELIA)
    for key in (aurelia.log_pq, aurelia.root_pq):
        signature = key.sign(b"text", b"here")
        assert keys.mldsa_holds(key.public, signature, b"text", b"here")
        assert not keys.mldsa_holds(key.public, signature, b"text", b"there")
        assert not keys.mldsa_holds(key.public, signature, b"test", b"here")
        assert not keys.mldsa_holds(key.public, signature, b"text", bytes(256))


@given(public=binary(max_size=40), signature=binary(max_size=80), message=binary())
def test_any_bytes_are_no_ed25519_signature(
    public: bytes, signature: bytes, message: bytes
) -> None:
    assert not keys.ed25519_holds(public, signature, message)


@given(public=binary(max_size=40), signature=binary(max_size=80), message=binary())
def test_any_bytes_are_no_mldsa_signature(public: bytes, signature: bytes, message: bytes) -> None:
    assert not keys.mldsa_holds(public, signature, message, b"")
    aurelia = makers.make_party(makers.AURELIA)
    assert not keys.mldsa_holds(aurelia.log_pq.public, signature, message, b"")


# Outside vectors: github C2SP/wycheproof, folder testvectors_v1.
def test_ed25519_agrees_with_wycheproof(shared: Path) -> None:
    groups = json.loads((shared / "data/log/wycheproof/ed25519_test.json").read_text())
    cases = [(group, case) for group in groups["testGroups"] for case in group["tests"]]
    wrong = [
        case["tcId"]
        for group, case in cases
        if keys.ed25519_holds(
            bytes.fromhex(group["publicKey"]["pk"]),
            bytes.fromhex(case["sig"]),
            bytes.fromhex(case["msg"]),
        )
        != (case["result"] == "valid")
    ]
    assert (len(cases), wrong) == (151, [])


def mldsa_disagreements(file: Path) -> tuple[int, list[int]]:
    groups = json.loads(file.read_text())
    cases = [(group, case) for group in groups["testGroups"] for case in group["tests"]]
    wrong = [
        case["tcId"]
        for group, case in cases
        if keys.mldsa_holds(
            bytes.fromhex(group["publicKey"]),
            bytes.fromhex(case["sig"]),
            bytes.fromhex(case["msg"]),
            bytes.fromhex(case.get("ctx", "")),
        )
        != (case["result"] == "valid")
    ]
    return len(cases), wrong


def test_mldsa44_agrees_with_wycheproof(shared: Path) -> None:
    file = shared / "data/log/wycheproof/mldsa_44_verify_test.json"
    assert mldsa_disagreements(file) == (180, [])


def test_mldsa65_agrees_with_wycheproof(shared: Path) -> None:
    file = shared / "data/log/wycheproof/mldsa_65_verify_test.json"
    assert mldsa_disagreements(file) == (210, [])
