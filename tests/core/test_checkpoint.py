from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, from_regex, integers, text
from tests.support import makers, outcomes

from detente.core import checkpoint, keys, limits, signed
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.moment import Moment

AURELIA, BOREALIS = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
ORIGIN = makers.origin(AURELIA, BOREALIS)
ROOT = bytes(range(32))


@given(
    origin=from_regex(r"[a-z0-9./-]{1,99}", fullmatch=True),
    size=integers(0, limits.MAX_TREE),
    root=binary(min_size=32, max_size=32),
)
def test_a_checkpoint_text_reads_back(origin: str, size: int, root: bytes) -> None:
    written = checkpoint.text_of(origin, size, root)
    assert checkpoint.read_text(written) == (origin, size, root)


@given(data=binary(max_size=80) | text(max_size=80).map(str.encode))
def test_any_bytes_end_in_e_canon(data: bytes) -> None:
    assert outcomes.value_or_code(checkpoint.read_text, data) == "E_CANON"


@pytest.mark.parametrize(
    "size", ["", "-1", "+1", "01", "1 ", "٣", "1.0", "9" * 30, str(limits.MAX_TREE + 1)]
)
def test_a_size_is_a_plain_number_up_to_two_to_the_48(size: str) -> None:
    row = checkpoint.text_of(ORIGIN, 7, ROOT).decode().replace("\n7\n", f"\n{size}\n")
    assert outcomes.fault_of(checkpoint.read_text, row.encode()) == "E_CANON"


@pytest.mark.parametrize("more", ["extension\n", "\n", "x"])
def test_a_checkpoint_has_three_lines(more: str) -> None:
    row = checkpoint.text_of(ORIGIN, 7, ROOT) + more.encode()
    assert outcomes.fault_of(checkpoint.read_text, row) == "E_CANON"


def test_a_checkpoint_names_its_log() -> None:
    row = checkpoint.text_of("", 7, ROOT)
    assert outcomes.fault_of(checkpoint.read_text, row) == "E_CANON"


def test_an_origin_is_party_and_link() -> None:
    assert checkpoint.split_origin(ORIGIN) == (AURELIA.name, ORIGIN[-16:])
    assert checkpoint.origin_of(*checkpoint.split_origin(ORIGIN)) == ORIGIN


@pytest.mark.parametrize(
    "wrong",
    ["", "aurelia.gov", "aurelia.gov/detente", "aurelia.gov/detente/", "A/detente/" + "a" * 16,
     "aurelia.gov/detente/" + "a" * 15, "aurelia.gov/detente/" + "a" * 17,
     "aurelia.gov/detente/" + "1" * 16, "aurelia.gov/detente/home-" + "a" * 16],
)  # fmt: skip
def test_other_names_are_no_log_of_a_link(wrong: str) -> None:
    assert outcomes.fault_of(checkpoint.split_origin, wrong) == "E_CANON"


def test_the_owners_signature_holds_for_this_state_only() -> None:
    head = checkpoint.sign(AURELIA.log, ORIGIN, 7, ROOT)
    checkpoint.check(head, ORIGIN, AURELIA.card.log)
    assert checkpoint.is_signed(head, ORIGIN, AURELIA.card.log)
    for wrong in (
        Checkpoint(8, head.root, head.signature),
        Checkpoint(7, bytes(32), head.signature),
        Checkpoint(7, head.root, head.signature[:-1]),
        Checkpoint(7, head.root, bytes(64)),
    ):
        assert not checkpoint.is_signed(wrong, ORIGIN, AURELIA.card.log)
        assert outcomes.fault_of(checkpoint.check, wrong, ORIGIN, AURELIA.card.log) == "E_CP_SIG"
    assert outcomes.fault_of(checkpoint.check, head, ORIGIN, AURELIA.card.cosign) == "E_CP_SIG"
    assert outcomes.fault_of(checkpoint.check, head, ORIGIN[:-1], AURELIA.card.log) == "E_CP_SIG"


def test_a_receipt_holds_for_this_state_and_time_only() -> None:
    receipt = checkpoint.cosign(BOREALIS.cosign, ORIGIN, 7, ROOT, makers.NOW)
    key = BOREALIS.card.cosign
    assert receipt.time == makers.NOW.seconds
    checkpoint.check_cosignature(receipt, ORIGIN, key)
    assert checkpoint.is_cosigned(receipt, ORIGIN, key)
    for wrong in (
        Cosignature(8, ROOT, receipt.time, receipt.signature),
        Cosignature(7, bytes(32), receipt.time, receipt.signature),
        Cosignature(7, ROOT, receipt.time + 1, receipt.signature),
    ):
        assert not checkpoint.is_cosigned(wrong, ORIGIN, key)
        assert outcomes.fault_of(checkpoint.check_cosignature, wrong, ORIGIN, key) == "E_COSIGN"


def test_a_receipt_of_a_time_that_no_note_can_carry_does_not_hold() -> None:
    for seconds, due in ((2**63 - 1, True), (2**63, False)):
        late = checkpoint.cosign(BOREALIS.cosign, ORIGIN, 7, ROOT, Moment(seconds * 1_000))
        assert checkpoint.is_cosigned(late, ORIGIN, BOREALIS.card.cosign) is due


def test_a_checkpoint_is_no_receipt() -> None:
    head = checkpoint.sign(AURELIA.log, ORIGIN, 7, ROOT)
    as_receipt = Cosignature(7, ROOT, 0, head.signature)
    assert not checkpoint.is_cosigned(as_receipt, ORIGIN, AURELIA.card.log)


def test_a_clock_before_1970_gives_the_time_0() -> None:
    receipt = checkpoint.cosign(BOREALIS.cosign, ORIGIN, 7, ROOT, Moment(-5_000))
    assert receipt.time == 0
    checkpoint.check_cosignature(receipt, ORIGIN, BOREALIS.card.cosign)


def test_the_lines_of_a_note_carry_what_was_signed() -> None:
    head = checkpoint.sign(AURELIA.log, ORIGIN, 7, ROOT)
    receipt = checkpoint.cosign(BOREALIS.cosign, ORIGIN, 7, ROOT, makers.NOW)
    first = checkpoint.owner_line(head, ORIGIN, AURELIA.card.log)
    third = checkpoint.receipt_line(receipt, BOREALIS.name, BOREALIS.card.cosign)
    note = signed.read(signed.write(checkpoint.text_of(ORIGIN, 7, ROOT), [first, third]), 4_096)
    assert note.lines == (first, third)
    assert (first.name, first.signature) == (ORIGIN, head.signature)
    assert third.name == checkpoint.cosigner_of(BOREALIS.name) == "borealis.gov/detente"
    assert checkpoint.split_time(third) == (receipt.time, receipt.signature)


@pytest.mark.parametrize(("time", "holds"), [(0, True), (2**63 - 1, True), (2**63, False)])
def test_a_receipts_time_ends_with_its_63_bits(time: int, holds: bool) -> None:
    line = signed.Line("a", bytes(4), time.to_bytes(8, "big") + b"s")
    due = (time, b"s") if holds else "E_CANON"
    assert outcomes.value_or_code(checkpoint.split_time, line) == due


@pytest.mark.parametrize("size", [1, 7, 8])
def test_a_receipt_without_bytes_after_its_time_is_refused(size: int) -> None:
    line = signed.Line("a", bytes(4), bytes(size))
    assert outcomes.fault_of(checkpoint.split_time, line) == "E_CANON"


def test_the_second_leg_signs_name_time_log_size_and_root(vectors: dict[str, Any]) -> None:
    # Line 2 of the vector, its message given in hex.
    message = checkpoint.pq_message(
        vectors["link"]["origin_a_to_b"],
        int(vectors["checkpoint"]["time"]),
        vectors["link"]["origin_a_to_b"],
        5,
        bytes.fromhex(vectors["tree"]["roots"]["5"]),
    )
    assert message.hex() == vectors["checkpoint"]["mldsa44_message_log"]


def test_lines_of_the_second_leg_hold(first: Path, vectors: dict[str, Any]) -> None:
    rows = (first / "pqlines.txt").read_bytes()
    note = signed.read(vectors["checkpoint"]["text"].encode() + b"\n" + rows, 65_536)
    origin, size, root = checkpoint.read_text(note.text)
    for line, who, card in zip(
        note.lines, (origin, "borealis.gov/detente"), (AURELIA.card, BOREALIS.card), strict=True
    ):
        assert line.name == who
        assert line.key_id == signed.key_id(who, signed.COSIGN_MLDSA44, card.mldsa44)
        time, signature = checkpoint.split_time(line)
        message = checkpoint.pq_message(who, time, origin, size, root)
        assert keys.mldsa_holds(card.mldsa44, signature, message, b"")
        assert not keys.mldsa_holds(card.mldsa44, signature, message + b"\0", b"")
