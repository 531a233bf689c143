"""What is left of a record whose text went: the same entry, and nothing to read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.outcomes import fault_of

from detente.core import envelope, purged
from detente.core.envelope import Parts

part = st.binary(max_size=300)


@given(part, part, part, part)
def test_what_is_left_gives_the_same_entry(
    header: bytes, sigs: bytes, seals: bytes, body: bytes
) -> None:
    parts = Parts(header, sigs, seals, body)
    whole = envelope.encode(parts)
    rest = purged.strip(whole)
    assert purged.is_stripped(rest)
    assert not purged.is_stripped(whole)
    assert purged.read(rest)[:2] == (header, sigs)
    assert purged.rest_of(rest) == purged.rest_of(whole) == purged.read(rest)
    entry = envelope.entry_of(parts)
    assert purged.entry_of(rest) == purged.entry_of(whole) == entry
    assert purged.is_of(entry, rest)
    assert purged.is_of(entry, whole)


def rest() -> bytes:
    return purged.strip(envelope.encode(Parts(b"header", b"sigs", b"seals", b"the text")))


def test_the_text_is_not_in_what_is_left() -> None:
    assert b"the text" not in rest()
    assert b"seals" not in rest()


@pytest.mark.parametrize(
    "data",
    [b"", b"DTP1", rest()[:-1], rest() + b"\0", b"DTR1" + rest()[4:], b"DTP1" + b"\xff" * 90],
)
def test_other_bytes_are_refused(data: bytes) -> None:
    assert fault_of(purged.read, data) == "E_FRAME"
    assert fault_of(purged.entry_of, data) == "E_FRAME"


def test_one_changed_bit_is_of_no_entry() -> None:
    whole = rest()
    entry = purged.entry_of(whole)
    for at in range(len(whole)):
        changed = bytes([*whole[:at], whole[at] ^ 1, *whole[at + 1 :]])
        assert not purged.is_of(entry, changed)


def test_no_bytes_at_all_fit_every_entry() -> None:
    assert purged.is_of(bytes(144), b"")
    assert not purged.is_of(bytes(144), b"DTR1")
