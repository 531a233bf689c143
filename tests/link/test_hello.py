from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import SearchStrategy, binary, builds, integers, lists, none, text
from tests.support.outcomes import fault_of, value_or_code

from detente.core import canon, limits
from detente.core.canon import Json
from detente.core.checkpoint import MAX_TIME, Checkpoint, Cosignature
from detente.core.errors import CODES
from detente.link import hello
from detente.link.hello import Heads, Hello

SIZES = integers(1, limits.MAX_TREE)


def exactly(size: int) -> SearchStrategy[bytes]:
    return binary(min_size=size, max_size=size)


CHECKPOINTS = none() | builds(Checkpoint, size=SIZES, root=exactly(32), signature=exactly(64))
RECEIPTS = builds(
    Cosignature, size=SIZES, root=exactly(32), time=integers(0, MAX_TIME), signature=exactly(64)
)
HEADS = builds(
    Heads, out=CHECKPOINTS, out_receipt=none() | RECEIPTS, in_=CHECKPOINTS, in_receipt=none()
)
PLAIN = Hello(
    party="aurelia.gov",
    link_id="x2ilzttxqmsebjgk",
    card_serial=1,
    card_hash=bytes(32),
    incarnation=bytes(16),
    nonce=b"n" * 16,
    echo=None,
    path="primary",
    heads=Heads(
        out=Checkpoint(3, b"r" * 32, b"s" * 64),
        out_receipt=Cosignature(2, b"q" * 32, 9, b"t" * 64),
        in_=Checkpoint(5, b"R" * 32, b"S" * 64),
        in_receipt=Cosignature(5, b"R" * 32, 10, b"T" * 64),
    ),
    clock_ms=1_795_305_599_123,
)
NOTHING = replace(PLAIN, heads=Heads(None, None, None, None))


def value_of(given: Hello = PLAIN) -> dict[str, Any]:
    value: dict[str, Any] = canon.decode_object(hello.write(given), 8_192)
    return value


def code_of(value: Json) -> str:
    return fault_of(hello.read, canon.encode(value))


@given(
    heads=HEADS,
    echo=none() | exactly(16),
    clock=integers(0, limits.MAX_INTEGER),
    serial=integers(0, limits.MAX_INTEGER),
    features=lists(text("abc", max_size=8), max_size=4).map(tuple),
)
def test_every_hello_reads_back(
    heads: Heads, echo: bytes | None, clock: int, serial: int, features: tuple[str, ...]
) -> None:
    made = replace(
        PLAIN, heads=heads, echo=echo, clock_ms=clock, card_serial=serial, features=features
    )
    assert hello.read(hello.write(made)) == made


def test_a_receipt_given_goes_with_the_size_of_the_log_it_is_for() -> None:
    assert hello.read(hello.write(PLAIN)) == PLAIN
    assert (PLAIN.heads.out_size, PLAIN.heads.receipted, PLAIN.heads.in_size) == (3, 2, 5)


def test_logs_without_records_are_of_size_0() -> None:
    assert hello.read(hello.write(NOTHING)) == NOTHING
    heads = NOTHING.heads
    assert (heads.out_size, heads.receipted, heads.in_size) == (0, 0, 0)
    assert value_of(NOTHING)["in"]["line3"] is None


def test_members_of_later_versions_are_ignored() -> None:
    value = value_of() | {"later": [1], "features": ["a", 7]}
    value["out"]["later"] = {}
    read = hello.read(canon.encode(value))
    assert read == replace(PLAIN, features=("a",))
    assert hello.read(canon.encode(value | {"features": "a"})) == PLAIN


NEEDED = sorted(set(value_of()) - {"limits"})


@pytest.mark.parametrize("name", NEEDED)
def test_every_member_is_needed(name: str) -> None:
    value = value_of()
    del value[name]
    assert code_of(value) == "E_HELLO"


@pytest.mark.parametrize("log", ["out", "in"])
@pytest.mark.parametrize("name", ["size", "root", "line1"])
def test_every_member_of_a_log_is_needed(log: str, name: str) -> None:
    value = value_of()
    del value[log][name]
    assert code_of(value) == "E_HELLO"


@pytest.mark.parametrize("name", ["size", "root", "line3"])
def test_every_member_of_the_receipt_had_is_needed(name: str) -> None:
    value = value_of()
    del value["out"]["got"][name]
    assert code_of(value) == "E_HELLO"


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ({"party": 7}, "E_HELLO"),
        ({"party": "x" * 257}, "E_HELLO"),
        ({"link_id": "X2ILZTTXQMSEBJGK"}, "E_HELLO"),
        ({"link_id": "x2ilzttxqmsebjg"}, "E_HELLO"),
        ({"card_serial": -1}, "E_HELLO"),
        ({"card_serial": True}, "E_HELLO"),
        ({"card_hash": "AAAA"}, "E_CANON"),
        ({"incarnation": None}, "E_HELLO"),
        ({"nonce": "!"}, "E_CANON"),
        ({"nonce": "x" * 257}, "E_HELLO"),
        ({"echo": 1}, "E_HELLO"),
        ({"echo": ""}, "E_CANON"),
        ({"path": "p" * 33}, "E_HELLO"),
        ({"path": None}, "E_HELLO"),
        ({"clock": "2026"}, "E_HELLO"),
        ({"clock": -1}, "E_HELLO"),
        ({"out": None}, "E_HELLO"),
        ({"out": []}, "E_HELLO"),
        ({"in": "x"}, "E_HELLO"),
        ({"versions": 1}, "E_HELLO"),
        ({"versions": [1] * (limits.MAX_CHANS + 1)}, "E_HELLO"),
        ({"versions": []}, "E_VERSION"),
        ({"versions": [True]}, "E_VERSION"),
        ({"versions": ["1", 2, 3]}, "E_VERSION"),
    ],
)
def test_a_misshapen_member_is_refused(member: dict[str, Json], code: str) -> None:
    assert code_of(value_of() | member) == code


@pytest.mark.parametrize(
    ("log", "member", "code"),
    [
        ("out", {"size": limits.MAX_TREE + 1}, "E_HELLO"),
        ("out", {"size": -1}, "E_HELLO"),
        ("out", {"line1": None}, "E_HELLO"),
        ("in", {"line1": "AAAA"}, "E_CANON"),
        ("in", {"root": "AAAA"}, "E_CANON"),
        ("in", {"line3": "AAAA"}, "E_CANON"),
        ("in", {"line3": 7}, "E_HELLO"),
        ("out", {"got": None}, "E_HELLO"),
    ],
)
def test_a_misshapen_log_is_refused(log: str, member: dict[str, Json], code: str) -> None:
    value = value_of()
    value[log] |= member
    assert code_of(value) == code


def test_names_may_be_256_characters_and_paths_32() -> None:
    value = value_of() | {"party": "x" * 256, "path": "p" * 32}
    assert hello.read(canon.encode(value)).path == "p" * 32


def test_a_log_may_reach_the_largest_size() -> None:
    value = value_of()
    value["out"]["size"] = limits.MAX_TREE
    assert hello.read(canon.encode(value)).heads.out_size == limits.MAX_TREE


def test_a_receipt_from_beyond_all_years_is_refused() -> None:
    value = value_of()
    for time, code in ((MAX_TIME, PLAIN.heads.in_size), (MAX_TIME + 1, "E_HELLO")):
        value["in"]["line3"] = canon.to_base64(time.to_bytes(8, "big") + bytes(64))
        read = value_or_code(hello.read, canon.encode(value))
        assert (read.heads.in_size if isinstance(read, Hello) else read) == code


def test_versions_reach_over_64_entries_and_one_in_common_is_enough() -> None:
    value = value_of() | {"versions": [1, *range(2, limits.MAX_CHANS + 1)]}
    assert hello.read(canon.encode(value)).versions[0] == 1


def test_a_hello_has_at_most_8_kib() -> None:
    value = value_of() | {"filler": ""}
    room = 8_192 - len(canon.encode(value))
    assert hello.read(canon.encode(value | {"filler": "x" * room})) == PLAIN
    assert code_of(value | {"filler": "x" * (room + 1)}) == "E_SIZE"


@given(data=binary(max_size=60))
def test_any_bytes_are_a_hello_or_a_fault_of_theirs(data: bytes) -> None:
    assert value_or_code(hello.read, data) in CODES
