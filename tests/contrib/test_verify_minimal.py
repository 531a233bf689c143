"""The second opinion: what it accepts, what it refuses, and by which step."""

import ast
import json
import re
import struct
import sys
from base64 import b64decode, b64encode
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

A, B = "aurelia.gov", "borealis.gov"
PAGE = Path(__file__).resolve().parents[2] / "contrib" / "verify_minimal.py"
LINK_ID = "qdeam2ananrqdf52"
SALT, TEXT = bytes(range(32)), b'{"text":"Please check 192.0.2.7."}'
Change = dict[str, Any]


@pytest.fixture(scope="session")
def cards(first: Path) -> list[bytes]:
    return [(first / f"{name}.card").read_bytes() for name in (A, B)]


@pytest.fixture(scope="session")
def proof(first: Path) -> bytes:
    return (first / "record1.tlog-proof").read_bytes()


@pytest.fixture(scope="session")
def plaintext(first: Path) -> bytes:
    told = json.loads((first / "vectors.json").read_bytes())
    return str(told["record"]["plaintext"]).encode()


@pytest.fixture(scope="session")
def link_cards(second: Path) -> list[bytes]:
    return [(second / f"{name}.card").read_bytes() for name in (A, B)]


@pytest.fixture(scope="session")
def parties(verifier: ModuleType, link_cards: list[bytes]) -> dict[str, Any]:
    return {party.name: party for party in map(verifier.read_party, link_cards)}


@pytest.fixture(scope="session")
def build(maker: ModuleType) -> Callable[..., bytes]:
    """Make a FAST proof of one record of aurelia; keyword arguments replace its parts."""

    def made(**changed: Any) -> bytes:  # noqa: ANN401
        header = maker.header_of(A, B, "test", SALT, TEXT) | changed.get("header", {})
        raw = maker.canonical({name: value for name, value in header.items() if value is not ...})
        raw = changed.get("raw", raw)
        body, mid = maker.inner_of(SALT, TEXT), maker.sha(raw)
        signers = changed.get("signers", [(1, "s-01")])
        sigs = maker.sign_record(A, mid, body, signers, changed.get("desk", "cert"))
        sigs = changed.get("sigs", sigs)
        entry = maker.entry_of(mid, sigs, b"\0", body)
        leaves = [maker.sha(b"\x00", bytes([n])) for n in range(6)]
        leaves[4] = maker.sha(b"\x00", entry)
        root = maker.root_of(leaves)
        text = maker.checkpoint(A, changed.get("link_id", LINK_ID), 6, root)
        lines = maker.lines_of(text, changed.get("receiver", B), changed.get("lines", "13"))
        extra = maker.extra_of(raw, sigs, b"\0", body, SALT) | changed.get("extra", {})
        path = maker.path_of(leaves, 4)
        made = maker.proof_of(extra, changed.get("index", 4), path, text, lines)
        assert isinstance(made, bytes)
        return made

    return made


def run(verifier: ModuleType, capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str]:  # fmt: skip
    code = verifier.main([str(one) for one in arguments])
    return code, capsys.readouterr().out


def without(proof: bytes, *numbers: int) -> bytes:
    """Drop signature lines of the first vector by number."""
    head, _gap, note = proof.partition(b"\n\n")
    text, _gap, lines = note.partition(b"\n\n")
    left = [line for n, line in enumerate(lines.splitlines(keepends=True), 1) if n not in numbers]
    return head + b"\n\n" + text + b"\n\n" + b"".join(left)


def step_of(verifier: ModuleType, data: bytes, cards: list[bytes], text: bytes | None = None) -> tuple[str | None, str | None]:  # fmt: skip
    answer = verifier.judge(data, cards, text)
    assert answer["valid"] == (answer["step"] is None)
    return answer["step"], answer["code"]


# ---- the page itself ------------------------------------------------------------------------------


def test_the_page_has_fewer_than_500_lines() -> None:
    assert len(PAGE.read_text(encoding="utf-8").splitlines()) < 500


def test_the_page_needs_only_the_standard_library_and_cryptography() -> None:
    tree = ast.walk(ast.parse(PAGE.read_text(encoding="utf-8")))
    names: set[str] = set()
    for node in tree:
        match node:
            case ast.Import():
                names |= {one.name for one in node.names}
            case ast.ImportFrom():
                names.add(node.module or "")
            case _:
                pass
    assert {name.split(".")[0] for name in names} - sys.stdlib_module_names == {"cryptography"}
    assert not names & {"socket", "urllib", "http", "time", "os", "subprocess", "importlib"}


# ---- the command ----------------------------------------------------------------------------------


def test_the_vector_is_full_with_and_without_its_text(
    verifier: ModuleType, first: Path, tmp_path: Path, plaintext: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    known = [
        first / "record1.tlog-proof",
        "--card",
        first / f"{A}.card",
        "--card",
        first / f"{B}.card",
    ]
    code, told = run(verifier, capsys, *known)
    assert code == 0
    assert "step 9: valid, FULL" in told
    assert "35409 36062 97288 86235 13539 95912 90323 46516 38069 26276 66038 24283" in told
    (tmp_path / "text").write_bytes(plaintext)
    code, told = run(verifier, capsys, *known, "--plaintext", tmp_path / "text", "--json")
    answer = json.loads(told)
    assert (code, answer["valid"], answer["strength"], answer["step"]) == (0, True, "FULL", None)
    [record] = answer["records"]
    assert record["mid"] == "99d5ac1ed9396f07d09ccd2c99ca420c2d6f92ca80a3829b2bf885bdd3d62f41"
    assert (record["author"], record["releaser"], record["text"]) == ("s-01", "s-02", True)
    assert (record["index"], record["size"]) == (0, 5)
    assert record["stored_at"] == "2026-11-22T23:59:59.000Z"
    assert "that a person read it" in answer["not_shown"]


def test_lines_1_and_3_alone_are_fast(
    verifier: ModuleType, first: Path, proof: bytes, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place = tmp_path / "fast.tlog-proof"
    place.write_bytes(without(proof, 2, 4))
    known = [place, "--card", first / f"{A}.card", "--card", first / f"{B}.card"]
    assert run(verifier, capsys, *known)[0] == 3
    assert run(verifier, capsys, *known, "--accept-fast")[0] == 0


def test_a_failure_exits_1_and_names_its_step(
    verifier: ModuleType, first: Path, proof: bytes, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    place = tmp_path / "bad.tlog-proof"
    place.write_bytes(proof.replace(b"\nindex 0\n", b"\nindex 1\n"))
    known = [place, "--card", first / f"{A}.card", "--card", first / f"{B}.card"]
    code, told = run(verifier, capsys, *known)
    assert code == 1
    assert "step 4: the path does not lead" in told


@pytest.mark.parametrize("missing", ["file", "card", "second card", "plaintext for evidence"])
def test_what_cannot_be_asked_or_read_exits_2(
    verifier: ModuleType, first: Path, second: Path, missing: str
) -> None:
    card, proof = str(first / f"{A}.card"), str(first / "record1.tlog-proof")
    two = ["--card", card, "--card", str(first / f"{B}.card")]
    asked = {
        "file": [str(first / "nothing"), *two],
        "card": [proof, "--card", card, "--card", str(first / "nothing")],
        "second card": [proof, "--card", card],
        "plaintext for evidence": [str(second / "two.evidence"), *two, "--plaintext", proof],
    }
    with pytest.raises(SystemExit) as left:
        verifier.main(asked[missing])
    assert left.value.code == 2


# ---- one record -----------------------------------------------------------------------------------


def test_no_bit_flipped_in_the_proof_leaves_it_full(
    verifier: ModuleType, cards: list[bytes], proof: bytes, plaintext: bytes
) -> None:
    parties = {party.name: party for party in map(verifier.read_party, cards)}
    fast: list[int] = []
    for at in range(len(proof)):
        changed = bytearray(proof)
        changed[at] ^= 1 << (at % 8)
        try:
            fast += [at] * (verifier.check_proof(bytes(changed), parties, plaintext, None)["strength"] == "FAST")  # fmt: skip
        except verifier.Invalid:
            continue
        assert fast[-1:] == [at], f"byte {at} changed and the proof is still FULL"
    # What is left FAST became a line of an unknown key: a name or key id of line 2 or 4.
    start = len(without(proof, 1, 2, 3, 4))
    sizes = [len(line) for line in proof[start:].splitlines(keepends=True)]
    names = [b"aurelia.gov/detente/x2ilzttxqmsebjgk", b"borealis.gov/detente"]
    spans = [(start + sizes[0], names[0]), (start + sum(sizes[:3]), names[1])]
    may = {at for begin, name in spans for at in range(begin + 4, begin + 4 + len(name) + 1 + 6)}
    assert fast
    assert set(fast) <= may


def test_any_bit_flipped_in_a_card_refuses_it(verifier: ModuleType, cards: list[bytes]) -> None:
    for at in range(0, len(cards[0]), 7):
        changed = bytearray(cards[0])
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(verifier.Invalid) as left:
            verifier.read_party(bytes(changed))
        assert left.value.step == 1


def test_the_card_of_each_party_is_needed(
    verifier: ModuleType, cards: list[bytes], link_cards: list[bytes], proof: bytes
) -> None:
    assert step_of(verifier, proof, [cards[1]]) == ("1", "E_SIG")
    assert step_of(verifier, proof, [cards[0]]) == ("6", "E_CP_SIG")
    assert step_of(verifier, proof, [cards[0], cards[0]]) == ("1", "E_CARD_FORK")
    assert step_of(verifier, proof, [link_cards[0], cards[1]]) == ("5", "E_CP_SIG")
    assert step_of(verifier, proof, [cards[0], link_cards[1]]) == ("6", "E_CP_SIG")


def test_a_plaintext_is_held_to_salt_size_and_commitment(
    verifier: ModuleType, cards: list[bytes], proof: bytes, plaintext: bytes,
    link_cards: list[bytes], build: Callable[..., bytes],
) -> None:  # fmt: skip
    assert step_of(verifier, proof, cards, plaintext) == (None, None)
    assert step_of(verifier, proof, cards, plaintext + b" ") == ("8", "E_SIZE")
    assert step_of(verifier, proof, cards, plaintext[:-1] + b" ") == ("8", "E_COMMIT")
    other = b64encode(bytes(32)).decode()
    assert step_of(verifier, build(extra={"salt": other}), link_cards, TEXT) == ("8", "E_COMMIT")
    head, gap, tail = build().partition(b"\n\n")
    lines = head.split(b"\n")
    extra = json.loads(b64decode(lines[1][6:]))
    del extra["salt"]
    packed = json.dumps(extra, sort_keys=True, separators=(",", ":")).encode()
    saltless = b"\n".join([lines[0], b"extra " + b64encode(packed), *lines[2:]]) + gap + tail
    assert step_of(verifier, saltless, link_cards) == (None, None)
    assert step_of(verifier, saltless, link_cards, TEXT) == ("8", "E_COMMIT")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, (None, None)),
        ({"lines": "31"}, (None, None)),
        ({"lines": "4321"}, (None, None)),
        ({"lines": "113"}, ("5", "E_CP_SIG")),
        ({"lines": "3"}, ("5", "E_CP_SIG")),
        ({"lines": "24"}, ("5", "E_CP_SIG")),
        ({"lines": "1"}, ("6", "E_CP_SIG")),
        ({"lines": "124"}, ("6", "E_CP_SIG")),
        ({"receiver": A}, ("6", "E_CP_SIG")),
        ({"index": 3}, ("4", "E_ROOT")),
        ({"index": 6}, ("4", "E_ROOT")),
        ({"link_id": "home-aaaabbbbccccdddd"}, ("0", "E_CANON")),
        ({"extra": {"other": ""}}, ("0", "E_CANON")),
        ({"extra": {"seals": b64encode(bytes(31)).decode()}}, ("3", "E_CANON")),
        ({"extra": {"seals": b64encode(bytes(32)).decode()}}, ("4", "E_ROOT")),
        ({"raw": b'{"v": 1}'}, ("2", "E_CANON")),
        ({"raw": b'{"v":1.0}'}, ("2", "E_CANON")),
        ({"raw": b'{"v":1,"v":1}'}, ("2", "E_CANON")),
        ({"header": {"x": 1}}, ("2", "E_HEADER")),
        ({"header": {"att": ...}}, ("2", "E_HEADER")),
        ({"header": {"v": True}}, ("2", "E_HEADER")),
        ({"header": {"kind": "cyber"}}, ("2", "E_HEADER")),
        ({"header": {"kind": "cyber." + "n" * 43}}, ("2", "E_HEADER")),
        ({"header": {"kind": "cyber." + "n" * 42}}, (None, None)),
        ({"header": {"to": [f"cert@{B}", f"cert@{B}"]}}, ("2", "E_HEADER")),
        ({"header": {"to": [f"cert@{B}", f"cert@{A}"]}}, ("2", "E_HEADER")),
        ({"header": {"to": [f"cert@{A}", f"cert@{B}"]}}, (None, None)),
        ({"header": {"to": ["cert@cordia.gov"]}}, ("6", "E_DESK")),
        ({"header": {"to": [f"press@{B}"]}}, ("6", "E_DESK")),
        ({"header": {"created": "2026-02-30T00:00:00.000Z"}}, ("2", "E_HEADER")),
        ({"header": {"size": 262_145}}, ("2", "E_HEADER")),
        ({"header": {"caveats": ["B", "A"]}}, ("2", "E_HEADER")),
        ({"header": {"ext": {"exercise": "e" * 64}}}, (None, None)),
        ({"header": {"ext": {"exercise": "e" * 65}}}, ("2", "E_EXT")),
        ({"header": {"ext": {"unreleased": "u" * 201}}}, ("2", "E_EXT")),
        ({"header": {"ext": {"x_mine": [1]}}}, (None, None)),
        ({"header": {"ext": {"nonpaper": 1}}}, ("2", "E_EXT")),
        ({"header": {"from": f"cert@{B}"}}, ("7", "E_SIG")),
        ({"header": {"from": f"press@{A}"}}, ("7", "E_SIG")),
        ({"header": {"from": f"node@{A}"}, "signers": [(1, "n-01")], "desk": "node"}, ("7", "E_SIG")),
        (
            {"header": {"from": f"node@{A}", "kind": "sys.card", "to": [f"node@{B}"]},
             "signers": [(1, "n-01")], "desk": "node"},
            (None, None),
        ),
        ({"signers": [(1, "s-02")]}, ("7", "E_SIG")),
        ({"signers": [(1, "s-01"), (2, "m-01")]}, ("7", "E_SIG")),
        ({"signers": [(2, "s-02")]}, ("7", "E_SIG")),
        ({"signers": [(1, "s-01"), (1, "m-01")]}, ("7", "E_SIG")),
        ({"signers": [(1, "s-01"), (1, "s-01")]}, ("7", "E_SIG")),
        ({"signers": [(1, "s-01"), (3, "s-02")]}, ("7", "E_SIG")),
        ({"sigs": b"\x00"}, ("7", "E_SIG")),
        ({"sigs": b""}, ("7", "E_SIG")),
        ({"sigs": b"\x01\x00\x05\x01\x01\x01s"}, ("7", "E_SIG")),
        ({"header": {"kind": "sys.read"}}, (None, None)),
        ({"header": {"kind": "sys.read"}, "signers": [(1, "m-01")]}, ("7", "E_SIG")),
        ({"header": {"kind": "ack.action"}, "signers": [(1, "m-01")]}, ("7", "E_SIG")),
        ({"header": {"prec": "FLASH"}}, ("7", "E_RELEASE")),
        ({"header": {"prec": "FLASH"}, "signers": [(1, "s-01"), (2, "s-02")]}, (None, None)),
        ({"header": {"prec": "FLASH", "kind": "ack.action"}}, (None, None)),
        ({"header": {"prec": "FLASH", "ext": {"unreleased": "night, alone"}}}, (None, None)),
    ],
)  # fmt: skip
def test_each_rule_of_a_record_fails_by_its_own_step(
    verifier: ModuleType, link_cards: list[bytes], build: Callable[..., bytes],
    change: Change, expected: tuple[str | None, str | None],
) -> None:  # fmt: skip
    assert step_of(verifier, build(**change), link_cards) == expected


@pytest.mark.parametrize(("number", "step"), [(1, "5"), (2, "5"), (3, "6"), (4, "6")])
def test_a_known_key_with_a_bad_signature_is_refused_not_skipped(
    verifier: ModuleType, cards: list[bytes], proof: bytes, number: int, step: str
) -> None:
    lines = proof.split(b"\n")
    at = len(lines) - 6 + number
    lines[at] = lines[at][:-9] + (b"A" if lines[at][-9:-8] != b"A" else b"B") + lines[at][-8:]
    assert step_of(verifier, b"\n".join(lines), cards) == (step, "E_CP_SIG")


def test_an_unknown_line_is_printed_and_never_counted(
    verifier: ModuleType, cards: list[bytes], proof: bytes
) -> None:
    other = "— witness.example AAAAAAAAAAA=\n".encode()
    answer = verifier.judge(without(proof, 4) + other, cards)
    assert (answer["valid"], answer["strength"]) == (True, "FAST")
    assert answer["records"][0]["unknown_lines"] == ["witness.example 00000000"]
    told = verifier.tell(answer)
    assert "  line of an unknown key, not counted: 'witness.example 00000000'" in told


def test_sixteen_signature_lines_are_read_and_seventeen_refused(
    verifier: ModuleType, cards: list[bytes], proof: bytes
) -> None:
    more = [f"— w{n}.example AAAAAAAAAAA=\n".encode() for n in range(13)]
    assert step_of(verifier, proof + b"".join(more[:12]), cards) == (None, None)
    assert step_of(verifier, proof + b"".join(more), cards) == ("0", "E_LIMIT")


def test_a_proof_at_the_limit_is_read_and_one_byte_more_refused(
    verifier: ModuleType, cards: list[bytes], proof: bytes
) -> None:
    room = 131_072 - len(proof) - len("— w AA==\n".encode())
    size = room - room % 4
    name = "w" * (1 + room % 4)
    at_limit = proof + f"— {name} {'A' * (size + 2)}==\n".encode()
    assert len(at_limit) == 131_072
    assert step_of(verifier, at_limit, cards) == (None, None)
    above = proof + f"— {name}w {'A' * (size + 2)}==\n".encode()
    assert step_of(verifier, above, cards) == ("0", "E_LIMIT")


def test_a_header_at_the_limit_is_read_and_one_byte_more_refused(
    verifier: ModuleType, maker: ModuleType, link_cards: list[bytes], build: Callable[..., bytes]
) -> None:
    bare = maker.header_of(A, B, "test", SALT, TEXT) | {"ext": {"x_pad": ""}}
    room = 8_192 - len(maker.canonical(bare))
    for size, expected in ((room, (None, None)), (room + 1, ("2", "E_SIZE"))):
        made = build(header={"ext": {"x_pad": "p" * size}})
        assert step_of(verifier, made, link_cards) == expected


def test_a_path_of_63_hashes_is_read_as_a_path_and_64_are_a_limit(
    verifier: ModuleType, link_cards: list[bytes], build: Callable[..., bytes]
) -> None:
    head, gap, note = build().partition(b"\n\n")
    one = b"\n" + b64encode(bytes(32))
    path = head.count(b"\n") - 2
    assert step_of(verifier, head + one * (63 - path) + gap + note, link_cards) == ("4", "E_ROOT")
    assert step_of(verifier, head + one * (64 - path) + gap + note, link_cards) == ("0", "E_LIMIT")


@pytest.mark.parametrize(
    ("context", "expected"),
    [(b"detente/v1/record", (None, None)), (b"detente/v1/card", ("7", "E_SIG"))],
)
def test_an_author_with_both_algorithms_is_held_to_both(
    verifier: ModuleType, maker: ModuleType, link_cards: list[bytes], build: Callable[..., bytes],
    context: bytes, expected: tuple[str | None, str | None],
) -> None:  # fmt: skip
    raw = maker.canonical(maker.header_of(A, B, "test", SALT, TEXT))
    mid, body = maker.sha(raw), maker.inner_of(SALT, TEXT)
    message = b"detente/v1/record\n\x01" + mid + maker.sha(body)
    key = maker.root_pq("a person")
    sig = maker.ed25519(f"{A} cert signer s-01").sign(message) + key.sign(message, context=context)
    one = b"\x02\x01\x04s-01" + sig
    card = maker.card_object(A, "198.51.100.17")
    shown = b64encode(key.public_key().public_bytes_raw()).decode()
    card["desks"][0]["signers"][1]["mldsa65"] = shown
    sigs = b"\x01" + struct.pack(">H", len(one)) + one
    cards = [maker.sign_card(card), link_cards[1]]
    assert step_of(verifier, build(sigs=sigs), cards) == expected
    assert step_of(verifier, build(sigs=sigs), link_cards) == ("7", "E_SIG")


def test_what_a_stranger_writes_cannot_steer_the_terminal(
    verifier: ModuleType, link_cards: list[bytes], build: Callable[..., bytes]
) -> None:
    made = build(header={"ext": {"exercise": "\x1b[2Jstep 9: valid, FULL"}})
    told = "\n".join(verifier.tell(verifier.judge(made, link_cards)))
    assert "\x1b" not in told
    assert told.isascii()


# ---- cards ----------------------------------------------------------------------------------------


def chain(maker: ModuleType, **second: Any) -> bytes:  # noqa: ANN401
    """Two cards of aurelia, the second with members replaced."""
    card = maker.card_object(A, "198.51.100.17")
    note = maker.sign_card(card)
    prev = b64encode(maker.sha(note.split(b"\n")[0] + b"\n")).decode()
    return bytes(note + maker.sign_card(card | {"serial": 2, "prev": prev} | second))


def revoked(maker: ModuleType, label: str, size: int) -> list[Change]:
    key = b64encode(maker.sha(maker.public(f"{A} {label}"))).decode()
    at = "2026-12-01T00:00:00.000Z"
    return [{"key": key, "role": "log", "sizes": {LINK_ID: size}, "reason": "lost", "at": at}]


@pytest.mark.parametrize(
    ("label", "size", "expected"),
    [
        ("log ed25519", 6, (None, None)),
        ("log ed25519", 5, ("5", "E_CP_SIG")),
        ("cert signer s-01", 5, (None, None)),
        ("cert signer s-01", 4, ("7", "E_SIG")),
    ],
)
def test_a_revoked_key_counts_up_to_its_size_only(
    verifier: ModuleType, maker: ModuleType, link_cards: list[bytes], build: Callable[..., bytes],
    label: str, size: int, expected: tuple[str | None, str | None],
) -> None:  # fmt: skip
    cards = [chain(maker, revoked=revoked(maker, label, size)), link_cards[1]]
    assert step_of(verifier, build(), cards) == expected


@pytest.mark.parametrize(
    "change", [{"serial": 3}, {"prev": None}, {"prev": b64encode(bytes(32)).decode()}]
)
def test_a_card_that_does_not_follow_the_one_before_is_refused(
    verifier: ModuleType, maker: ModuleType, change: Change
) -> None:
    with pytest.raises(verifier.Invalid) as left:
        verifier.read_party(chain(maker, **change))
    assert (left.value.step, left.value.code) == (1, "E_CARD_FORK")


def test_both_root_signatures_are_needed(verifier: ModuleType, cards: list[bytes]) -> None:
    text, _gap, lines = cards[0].partition(b"\n\n")
    for one in lines.splitlines(keepends=True):
        with pytest.raises(verifier.Invalid) as left:
            verifier.read_party(text + b"\n\n" + one)
        assert (left.value.step, left.value.code) == (1, "E_SIG")


def test_a_card_at_the_limit_is_read_and_one_byte_more_refused(
    verifier: ModuleType, maker: ModuleType
) -> None:
    card = maker.card_object(A, "198.51.100.17")
    room = 65_536 - len(maker.sign_card(card | {"later": ""}))
    assert verifier.read_party(maker.sign_card(card | {"later": "p" * room})).name == A
    with pytest.raises(verifier.Invalid) as left:
        verifier.read_party(maker.sign_card(card | {"later": "p" * (room + 1)}))
    assert left.value.code == "E_SIZE"


# ---- evidence files -------------------------------------------------------------------------------


def open_zip(data: bytes) -> dict[str, bytes]:
    """Read a stored ZIP by its local headers."""
    members, at = {}, 0
    while data[at : at + 4] == b"PK\x03\x04":
        size, name_size = struct.unpack_from("<IH", data, at + 22)
        name = data[at + 30 : at + 30 + name_size].decode()
        members[name] = data[at + 30 + name_size :][:size]
        at += 30 + name_size + size
    return members


@pytest.fixture(scope="session")
def evidence(second: Path) -> bytes:
    return (second / "two.evidence").read_bytes()


def refusal(verifier: ModuleType, data: bytes, parties: dict[str, Any]) -> tuple[int, str]:
    with pytest.raises(verifier.Invalid) as left:
        verifier.check_evidence(data, parties)
    return left.value.step, left.value.code


def test_evidence_of_both_directions_is_read(
    verifier: ModuleType, second: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known = [
        second / "two.evidence",
        "--card",
        second / f"{A}.card",
        "--card",
        second / f"{B}.card",
    ]
    code, told = run(verifier, capsys, *known, "--json")
    answer = json.loads(told)
    assert (code, answer["strength"]) == (3, "FAST")
    assert [(r["kind"], r["from"], r["text"]) for r in answer["records"]] == [
        ("sys.delivered", f"cert@{B}", False),
        ("cyber.notice", f"cert@{A}", True),
    ]
    assert run(verifier, capsys, *known, "--accept-fast")[0] == 0


def test_no_byte_of_evidence_can_change(
    verifier: ModuleType, parties: dict[str, Any], evidence: bytes
) -> None:
    assert len(verifier.check_evidence(evidence, parties)) == 2
    for at in range(len(evidence)):
        changed = bytearray(evidence)
        changed[at] ^= 1 << (at % 8)
        with pytest.raises(verifier.Invalid):
            verifier.check_evidence(bytes(changed), parties)
    for cut in (1, 22, 100):
        assert refusal(verifier, evidence[:-cut], parties) == (0, "E_CANON")
    assert refusal(verifier, evidence + b"\0", parties) == (0, "E_CANON")


def repack(maker: ModuleType, members: dict[str, bytes], **manifest: Any) -> bytes:  # noqa: ANN401
    """Evidence anew from changed members, its manifest made to agree but for `manifest`."""
    held = {name: data for name, data in members.items() if name != "manifest.json"}
    told = json.loads(members["manifest.json"])
    files = [{"name": n, "sha256": maker.sha(held[n]).hex()} for n in sorted(held)]
    told |= {"files": files} | manifest
    return bytes(maker.zip_of([("manifest.json", maker.canonical(told)), *sorted(held.items())]))


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        ({"matter": "0" * 32}, (0, "E_HEADER")),
        ({"about": "a" * 201}, (0, "E_CANON")),
        ({"v": 2}, (0, "E_CANON")),
        ({"more": 1}, (0, "E_CANON")),
        ({"files": []}, (0, "E_CANON")),
        ({"logs": [{"origin": f"{A}/detente/{LINK_ID}", "size": 3}]}, (0, "E_CANON")),
    ],
)
def test_a_manifest_that_says_other_than_the_file_is_refused(
    verifier: ModuleType, maker: ModuleType, parties: dict[str, Any], evidence: bytes,
    manifest: Change, expected: tuple[int, str],
) -> None:  # fmt: skip
    made = repack(maker, open_zip(evidence), **manifest)
    assert refusal(verifier, made, parties) == expected


def test_a_manifest_may_be_of_no_matter_and_of_200_characters(
    verifier: ModuleType, maker: ModuleType, parties: dict[str, Any], evidence: bytes
) -> None:
    made = repack(maker, open_zip(evidence), matter=None, about="ä" * 200)
    assert len(verifier.check_evidence(made, parties)) == 2


def test_members_are_held_to_names_texts_and_cards(
    verifier: ModuleType, maker: ModuleType, parties: dict[str, Any], evidence: bytes,
    cards: list[bytes],
) -> None:  # fmt: skip
    members = open_zip(evidence)
    assert repack(maker, members) == evidence
    plain = next(name for name in members if name.endswith(".plain"))
    proof = plain.replace(".plain", ".tlog-proof")
    other = next(n for n in members if n.endswith(".tlog-proof") and n != proof)
    swapped = members | {proof: members[other], other: members[proof]}
    lone = {name: data for name, data in members.items() if name != proof}
    cases = {
        (0, "E_CANON"): [
            members | {"records/notes.txt": b"x"},
            members | {plain.replace("records/", "records/../"): b"x"},
            lone,
        ],
        (1, "E_CARD_FORK"): [members | {f"cards/{A}.card": cards[0]}],
        (8, "E_COMMIT"): [
            members | {plain: members[plain][:31]},
            members | {plain: bytes(32) + members[plain][32:]},
            members | {plain: members[plain][:-1] + b"x"},
        ],
        (8, "E_SIZE"): [members | {plain: members[plain] + b"x"}],
        (2, "E_CANON"): [{n: d for n, d in swapped.items() if n != plain}],
        (6, "E_CP_SIG"): [{n: d for n, d in members.items() if n != f"cards/{A}.card"}],
        (1, "E_SIG"): [{n: d for n, d in members.items() if n != f"cards/{B}.card"}],
    }
    for expected, several in cases.items():
        for changed in several:
            assert refusal(verifier, repack(maker, changed), parties) == expected


def test_a_failing_record_is_named_before_its_step(
    verifier: ModuleType, maker: ModuleType, link_cards: list[bytes], evidence: bytes
) -> None:
    members = open_zip(evidence)
    plain = next(name for name in members if name.endswith(".plain"))
    made = repack(maker, members | {plain: members[plain] + b"x"})
    answer = verifier.judge(made, link_cards, many=True)
    assert verifier.tell(answer)[-1].startswith(f"record {plain[8:72]}: step 8: ")
    assert (answer["step"], answer["record"]) == ("8", plain[8:72])
    broken = verifier.tell(verifier.judge(evidence[:-1], link_cards, many=True))[-1]
    assert broken.startswith("step 0: the file's structure: ")


def test_members_out_of_order_or_packed_are_refused(
    verifier: ModuleType, maker: ModuleType, parties: dict[str, Any], evidence: bytes
) -> None:
    pairs = list(open_zip(evidence).items())
    assert maker.zip_of(pairs) == evidence
    assert refusal(verifier, maker.zip_of([pairs[1], pairs[0], *pairs[2:]]), parties)[0] == 0
    assert refusal(verifier, maker.zip_of([*pairs[:-2], pairs[-1], pairs[-2]]), parties)[0] == 0
    assert refusal(verifier, maker.zip_of(pairs[:1]), parties)[0] == 0
    assert refusal(verifier, b"PK\x05\x06" + bytes(18), parties) == (0, "E_CANON")


@pytest.mark.parametrize(("name", "size"), [("MAX_FILE", 35_048), ("MAX_RECORDS", 2)])
def test_evidence_at_a_limit_is_read_and_above_it_refused(
    verifier: ModuleType, parties: dict[str, Any], evidence: bytes,
    monkeypatch: pytest.MonkeyPatch, name: str, size: int,
) -> None:  # fmt: skip
    monkeypatch.setattr(verifier, name, size)
    assert len(verifier.check_evidence(evidence, parties)) == 2
    monkeypatch.setattr(verifier, name, size - 1)
    assert refusal(verifier, evidence, parties) == (0, "E_LIMIT")


# ---- the second vectors ---------------------------------------------------------------------------


def test_the_second_vectors_are_what_their_maker_makes(
    maker: ModuleType, second: Path, tmp_path: Path
) -> None:
    made = tmp_path / "second"
    made.mkdir()
    for name in (f"{A}.card", f"{B}.card", "flash.seals", "courier.sealed", "one.epoch"):
        (made / name).write_bytes((second / name).read_bytes())
    maker.make(made)
    # The files of cards are made by another: make_cards.py.
    held = {place.name: (second / place.name).read_bytes() for place in made.iterdir()}
    assert {place.name: place.read_bytes() for place in made.iterdir()} == held


def test_the_link_vector_follows_from_the_invites(second: Path) -> None:
    link = json.loads((second / "vectors.json").read_bytes())["link"]
    assert link["link_id"] == LINK_ID
    assert re.fullmatch("[0-9a-f]{32}", link["nonce"])


def test_the_seals_of_the_flash_open_to_its_content_key(maker: ModuleType, second: Path) -> None:
    told = json.loads((second / "vectors.json").read_bytes())["flash"]
    block = (second / "flash.seals").read_bytes()
    at = 1
    for address in (f"cert@{B}", f"cert@{A}"):
        start = at + 2 + len(address) + 8 + 2
        assert block[at + 2 :].startswith(address.encode())
        private, _public = maker.desk_key(f"{address[5:]} desk cert")
        info = b"detente/v1/seal\n" + bytes.fromhex(told["mid"])
        key = maker.SUITE.decrypt(block[start : start + 1168], private, info=info)
        assert key.hex() == told["content_key"]
        at = start + 1168
    assert at == len(block)


# A change of root keys.


def test_a_chain_over_two_roots_is_read_and_the_newest_digits_are_shown(
    verifier: ModuleType, second: Path
) -> None:
    data = (second.parent / "root" / f"{A}.cards").read_bytes()
    party = verifier.read_party(data)
    one, two = party.cards
    assert one["root"] != two["root"]
    assert party.fingerprint() == verifier.read_party(data[data.index(b"\n{") + 1 :]).fingerprint()
    swapped = data[data.index(b"\n{") + 1 :] + data[: data.index(b"\n{") + 1]
    with pytest.raises(verifier.Invalid, match="do not follow"):
        verifier.read_party(swapped)


def test_evidence_made_before_the_newest_card_is_checked_under_the_chain(
    verifier: ModuleType, second: Path, parties: dict[str, Any]
) -> None:
    file = (second / "two.evidence").read_bytes()
    longer = verifier.read_party((second.parent / "root" / f"{A}.cards").read_bytes())
    assert len(verifier.check_evidence(file, {**parties, A: longer})) == 2
    newest = longer.data[longer.data.index(b"\n{") + 1 :]
    with pytest.raises(verifier.Invalid, match="a card inside"):
        verifier.check_evidence(file, {**parties, A: verifier.read_party(newest)})
