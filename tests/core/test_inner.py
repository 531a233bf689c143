import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers

from detente.core import inner, limits
from detente.core.errors import TheirFault

SALT = bytes(range(32))


def fault_of(inside: bytes, size: int, commit: bytes) -> str:
    with pytest.raises(TheirFault) as caught:
        inner.unpack(inside, size, commit)
    return caught.value.code


@given(salt=binary(min_size=32, max_size=32), plaintext=binary(max_size=2_000))
def test_what_was_packed_is_unpacked(salt: bytes, plaintext: bytes) -> None:
    inside = inner.pack(salt, plaintext)
    commit = inner.commitment(salt, plaintext)
    assert inner.unpack(inside, len(plaintext), commit) == (salt, plaintext)


@given(data=binary(max_size=600), size=integers(0, 600))
def test_any_bytes_end_in_e_commit(data: bytes, size: int) -> None:
    assert fault_of(data, size, bytes(32)) == "E_COMMIT"


@given(length=integers(0, 2**20))
def test_padding_costs_at_most_an_eighth_and_never_shrinks(length: int) -> None:
    padded = inner.padded_size(length)
    assert max(256, length) <= padded <= max(256, length * 9 // 8)
    assert padded <= inner.padded_size(length + 1)
    assert inner.padded_size(padded) == padded


@pytest.mark.parametrize(
    ("length", "padded"),
    [(1, 256), (255, 256), (256, 256), (257, 272), (1000, 1024), (1023, 1024), (2036, 2048),
     (9999, 10240), (65537, 67584), (262144, 262144)],
)  # fmt: skip
def test_padded_sizes_are_those_of_the_specification(length: int, padded: int) -> None:
    assert inner.padded_size(length) == padded


def test_a_text_has_at_most_262144_bytes() -> None:
    most = bytes(limits.MAX_BODY)
    inside = inner.pack(SALT, most)
    assert inner.unpack(inside, len(most), inner.commitment(SALT, most)) == (SALT, most)
    with pytest.raises(TheirFault) as caught:
        inner.pack(SALT, most + b"\0")
    assert caught.value.code == "E_SIZE"


def test_padding_that_is_not_zero_is_refused() -> None:
    inside = inner.pack(SALT, b"text")
    assert fault_of(inside[:-1] + b"\1", 4, inner.commitment(SALT, b"text")) == "E_COMMIT"


@pytest.mark.parametrize("more", [1, 16, 256])
def test_more_padding_than_due_is_refused(more: int) -> None:
    inside = inner.pack(SALT, b"text") + bytes(more)
    assert fault_of(inside, 4, inner.commitment(SALT, b"text")) == "E_COMMIT"


def test_the_header_says_the_length() -> None:
    inside = inner.pack(SALT, b"text")
    assert fault_of(inside, 5, inner.commitment(SALT, b"text")) == "E_COMMIT"


def test_another_text_than_committed_to_is_refused() -> None:
    inside = inner.pack(SALT, b"text")
    assert fault_of(inside, 4, inner.commitment(SALT, b"test")) == "E_COMMIT"
