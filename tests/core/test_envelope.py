from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis.strategies import binary, builds, from_regex, integers, lists
from tests.support import makers, outcomes

from detente.core import envelope, limits
from detente.core.envelope import Parts, Seal

PARTS = builds(
    Parts,
    header=binary(max_size=60),
    sigs=binary(max_size=60),
    seals=binary(max_size=60),
    body=binary(max_size=60),
)
SEALS = lists(
    builds(
        Seal,
        address=from_regex(r"[ -~]{0,255}", fullmatch=True),
        key_id=binary(min_size=8, max_size=8),
        sealed=binary(max_size=100),
    ),
    max_size=limits.MAX_SEALS,
)


def seal(address: str = "cert@borealis.gov") -> Seal:
    return Seal(address, bytes(8), b"sealed")


@given(parts=PARTS)
def test_an_envelope_splits_into_what_was_joined(parts: Parts) -> None:
    assert envelope.split(envelope.encode(parts)) == parts


@given(data=binary(max_size=100), magic=binary(max_size=4))
def test_any_bytes_end_in_e_frame(data: bytes, magic: bytes) -> None:
    assert outcomes.value_or_code(envelope.split, magic + data) == "E_FRAME"


@given(data=binary(max_size=60))
def test_after_the_right_beginning_one_form_only_is_read(data: bytes) -> None:
    whole = envelope.MAGIC + data
    found = outcomes.value_or_code(envelope.split, whole)
    assert found == "E_FRAME" or envelope.encode(Parts(*found)) == whole


@given(parts=PARTS, cut=integers(1, 400))
def test_a_cut_envelope_is_refused(parts: Parts, cut: int) -> None:
    whole = envelope.encode(parts)
    assert outcomes.fault_of(envelope.split, whole[: -min(cut, len(whole))]) == "E_FRAME"
    assert outcomes.fault_of(envelope.split, whole + b"\0") == "E_FRAME"


def test_an_envelope_has_at_most_360_kib() -> None:
    room = limits.MAX_ENVELOPE - 4 - 4 * 4
    most = envelope.encode(Parts(b"", b"", b"", bytes(room)))
    assert len(envelope.split(most).body) == room
    over = Parts(b"", b"", b"", bytes(room + 1))
    assert outcomes.fault_of(envelope.encode, over) == "E_LIMIT"
    assert outcomes.fault_of(envelope.split, most + b"\0") == "E_LIMIT"


def test_a_header_has_at_most_8192_bytes() -> None:
    most = Parts(bytes(limits.MAX_HEADER), b"", b"", b"")
    assert envelope.split(envelope.encode(most)) == most
    over = envelope.encode(Parts(bytes(limits.MAX_HEADER + 1), b"", b"", b""))
    assert outcomes.fault_of(envelope.split, over) == "E_LIMIT"


@given(parts=PARTS)
def test_an_entry_is_four_hashes_behind_its_context(parts: Parts) -> None:
    entry = envelope.entry_of(parts)
    assert len(entry) == envelope.ENTRY_SIZE
    assert entry == b"detente/v1/leaf\n" + b"".join(sha256(each).digest() for each in parts)
    assert envelope.entry_mid(entry) == sha256(parts.header).digest()
    assert envelope.entry_body_hash(entry) == sha256(parts.body).digest()
    assert entry == envelope.join_entry(*(sha256(each).digest() for each in parts))
    due = sha256(b"\0" + entry).digest()
    assert envelope.leaf_of(envelope.encode(parts)) == due


@given(seals=SEALS)
def test_seals_read_back(seals: list[Seal]) -> None:
    assert envelope.read_seals(envelope.write_seals(seals)) == tuple(seals)


@given(block=binary(max_size=60), count=integers(0, limits.MAX_SEALS))
def test_any_seals_are_read_to_the_byte_or_end_in_e_desk(block: bytes, count: int) -> None:
    whole = bytes([count]) + block
    found = outcomes.value_or_code(envelope.read_seals, whole)
    assert found == "E_DESK" or envelope.write_seals(tuple(found)) == whole  # type: ignore[arg-type]


@given(at=integers(0, 40))
def test_a_cut_seals_block_is_refused(at: int) -> None:
    whole = envelope.write_seals([seal()])
    assert outcomes.fault_of(envelope.read_seals, whole[: at % len(whole)]) == "E_DESK"
    assert outcomes.fault_of(envelope.read_seals, whole + b"\0") == "E_DESK"


def test_a_seal_of_another_type_is_refused() -> None:
    whole = envelope.write_seals([seal()])
    assert outcomes.fault_of(envelope.read_seals, b"\1\2" + whole[2:]) == "E_DESK"


def test_an_address_that_is_not_ascii_is_refused() -> None:
    whole = envelope.write_seals([seal()]).replace(b"cert@", b"cert\xff")
    assert outcomes.fault_of(envelope.read_seals, whole) == "E_DESK"


def test_a_record_has_at_most_17_seals() -> None:
    most = [seal()] * limits.MAX_SEALS
    block = envelope.write_seals(most)
    assert len(envelope.read_seals(block)) == 17
    with pytest.raises(AssertionError):
        envelope.write_seals([*most, seal()])
    assert outcomes.fault_of(envelope.read_seals, bytes([18]) + block[1:]) == "E_LIMIT"


def test_a_record_of_the_largest_text_and_most_seals_fits_an_envelope() -> None:
    author = makers.make_party(makers.AURELIA)
    written = makers.write_record(
        author, [makers.make_party(makers.BOREALIS)], bytes(limits.MAX_BODY)
    )
    room = limits.MAX_ENVELOPE - len(written.envelope) - limits.MAX_HEADER
    assert room > 15 * (len(written.parts.seals) // 2)
    assert envelope.split(written.envelope) == written.parts
