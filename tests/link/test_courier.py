"""Courier files as bytes: what is written is read, and nothing else is."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists, sampled_from
from tests.link import playbook
from tests.support import makers
from tests.support.outcomes import fault_of

from detente.core import checkpoint, limits, party, wrap
from detente.core.errors import Fault, OurFault, TheirFault
from detente.link import courier, frames, hello
from detente.link.courier import Contents, FileReader, Summary

KEY = sha256(b"a key of a file").digest()
SEALED = bytes(1_168)
LINK = playbook.LINK_ID
SENDER, STRANGER = makers.LabelSigner("borealis node"), makers.LabelSigner("a stranger")
GREETING = replace(playbook.THEIRS, carried=SENDER.sign(wrap.statement(LINK, KEY)))
HEAD_SIZE = 1_174
CLOSED = limits.CHUNK + 16
EDGES = [0, 1, limits.CHUNK - 1, limits.CHUNK, limits.CHUNK + 1, 2 * limits.CHUNK]


def file_of(held: bytes) -> bytes:
    return b"".join(courier.write(KEY, SEALED, [held]))


def known(_sealed: bytes) -> bytes:
    return KEY


def reader() -> FileReader:
    return FileReader(known)


def opened(file: bytes, find_key: Callable[[bytes], bytes] = known) -> bytes:
    found = FileReader(find_key)
    parts = [found.feed(file[at : at + 50_000]) for at in range(0, len(file), 50_000)]
    return b"".join([*parts, found.end()])


def cut_up(data: bytes, places: Sequence[int]) -> Iterator[bytes]:
    marks = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return (data[a:b] for a, b in pairwise(marks))


@given(size=sampled_from(EDGES), writes=lists(integers(0, 10**6)), reads=lists(integers(0, 10**6)))
def test_a_file_is_the_same_however_it_is_cut(
    size: int, writes: list[int], reads: list[int]
) -> None:
    held = bytes(i % 251 for i in range(size))
    file = b"".join(courier.write(KEY, SEALED, cut_up(held, writes)))
    assert file == file_of(held)
    found = reader()
    parts = [found.feed(part) for part in cut_up(file, reads)]
    assert b"".join([*parts, found.end()]) == held
    assert (found.size, found.digest) == (len(file), sha256(file).digest())


@pytest.mark.parametrize("size", EDGES)
def test_a_file_cut_anywhere_is_refused(size: int) -> None:
    file = file_of(bytes(size))
    marks = {0, 3, 5, 6, HEAD_SIZE - 1, HEAD_SIZE, HEAD_SIZE + 1, len(file) - 1}
    marks |= {HEAD_SIZE + CLOSED * n + more for n in (1, 2) for more in (-1, 0, 1)}
    for end in sorted(each for each in marks if each < len(file)):
        with pytest.raises(OurFault, match=f"carry.cut: the file ends after {end} bytes"):
            opened(file[:end])


@pytest.mark.parametrize("size", EDGES)
def test_bytes_after_the_end_are_refused(size: int) -> None:
    assert fault_of(opened, file_of(bytes(size)) + b"\0") in ("carry.altered", "carry.cut")


def test_bytes_after_a_whole_last_chunk_are_named() -> None:
    with pytest.raises(OurFault, match="bytes follow the file's end"):
        opened(file_of(bytes(limits.CHUNK)) + b"\0")


@given(at=integers(min_value=0), bit=integers(0, 7), size=sampled_from([10, limits.CHUNK + 10]))
def test_no_bit_of_a_file_may_differ(at: int, bit: int, size: int) -> None:
    file = bytearray(file_of(bytes(size)))
    at %= len(file)
    file[at] ^= 1 << bit

    def find_key(sealed: bytes) -> bytes:
        if sealed != SEALED:
            raise OurFault("carry.other", "it does not open", "")
        return KEY

    code = fault_of(opened, bytes(file), find_key)
    if at < HEAD_SIZE:
        assert code == ("carry.shape" if at < 6 else "carry.other")
    else:
        assert code in ("carry.altered", "carry.cut")


def test_a_whole_last_chunk_that_was_altered_is_not_called_short() -> None:
    file = bytearray(file_of(bytes(limits.CHUNK)))
    file[-1] ^= 1
    assert fault_of(opened, bytes(file)) == "carry.altered"


def test_two_chunks_that_changed_places_are_refused() -> None:
    file = file_of(bytes(3 * limits.CHUNK))
    first, second = (file[HEAD_SIZE + CLOSED * n :][:CLOSED] for n in (0, 1))
    swapped = file[:HEAD_SIZE] + second + first + file[HEAD_SIZE + 2 * CLOSED :]
    assert fault_of(opened, swapped) == "carry.altered"


@given(data=binary(max_size=64))
def test_what_is_no_courier_file_is_refused(data: bytes) -> None:
    assert fault_of(opened, data) in ("carry.shape", "carry.cut")


def test_a_file_ends_at_its_limit() -> None:
    found = reader()
    found.size = limits.MAX_COURIER - 1
    assert found.feed(b"D") == b""
    assert fault_of(found.feed, b"T") == "carry.size"


def test_a_file_has_digits_and_a_mark_of_its_own() -> None:
    assert courier.digits(bytes(32)) == "00000 00000 00000 00000"
    assert courier.digits(bytes([0, 0, 1, 134, 161] * 6)) == " ".join(["00001"] * 4)
    assert courier.mark_of(SEALED) == sha256(SEALED).digest()[:16]


# Content.


def looked(held: bytes, signers: Sequence[bytes] = (STRANGER.public, SENDER.public)) -> Summary:
    contents = Contents(LINK, KEY, signers)
    for at in range(0, len(held), 1_000):
        contents.feed(held[at : at + 1_000])
    return contents.end()


def held_of(first: int = 3, ranks: Sequence[int] = (1, 4, 3, 2)) -> bytes:
    records = [(first + i, rank, b"envelope") for i, rank in enumerate(ranks)]
    return b"".join(
        courier.content(
            GREETING, playbook.receipt(7), records, playbook.head(first + len(records)),
            [frames.ping(1)],
        )
    )  # fmt: skip


def test_content_is_what_a_path_would_carry() -> None:
    messages = frames.Reader().feed(held_of())
    assert [(each.type, each.rank) for each in messages] == [
        (frames.HELLO, 0), (frames.COSIGN, 0), (frames.RECORD, 1), (frames.RECORD, 4),
        (frames.RECORD, 3), (frames.RECORD, 2), (frames.CHECKPOINT, 4), (frames.PING, 0),
    ]  # fmt: skip


def test_content_is_summed_up() -> None:
    assert looked(held_of()) == Summary(GREETING, 3, 4, 2, 7)


def test_a_file_may_hold_nothing_but_its_greeting() -> None:
    held = b"".join(courier.content(GREETING, None, [], None))
    assert looked(held) == Summary(GREETING, 0, 0, 0, 0)


def test_a_halted_link_sends_only_why() -> None:
    fault = TheirFault("E_FORK", "two histories", "compare")
    messages = frames.Reader().feed(b"".join(courier.halted_content(GREETING, fault)))
    assert [each.type for each in messages] == [frames.HELLO, frames.ERROR]


def test_content_must_be_signed_by_their_node() -> None:
    assert fault_of(looked, held_of(), [STRANGER.public]) == "carry.sender"
    unsigned = b"".join(courier.content(replace(GREETING, carried=b""), None, [], None))
    assert fault_of(looked, unsigned) == "carry.sender"


def test_a_signature_counts_for_its_own_file_alone() -> None:
    contents = Contents(LINK, bytes(32), [SENDER.public])
    assert fault_of(contents.feed, held_of()) == "carry.sender"


def test_content_begins_with_hello() -> None:
    assert fault_of(looked, frames.ping(1)) == "E_HELLO"


@pytest.mark.parametrize("second", [3, 5, 0])
def test_records_stand_without_a_gap(second: int) -> None:
    records = [(3, 1, b"one"), (second, 1, b"two")]
    held = b"".join(courier.content(GREETING, None, records, None))
    assert fault_of(looked, held) == "E_FRAME"


def test_unfinished_content_is_no_content() -> None:
    assert fault_of(looked, held_of()[:-1]) == "carry.shape"
    assert fault_of(looked, b"") == "carry.shape"


@given(held=binary(max_size=200))
def test_any_content_ends_in_a_code(held: bytes) -> None:
    with pytest.raises(Fault):
        looked(held)


# The vector.

SECOND = Path(__file__).resolve().parents[2] / "spec/vectors/second"
VECTOR: dict[str, Any] = json.loads((SECOND / "vectors.json").read_text())["courier"]
VECTOR_LINK = json.loads((SECOND / "vectors.json").read_text())["link"]["link_id"]


def test_the_vector_opens_and_holds_what_it_says() -> None:
    file = (SECOND / "one.courier").read_bytes()
    node = makers.LabelOpener("second borealis.gov desk node")
    key = wrap.unwrap(file[6:HEAD_SIZE], node, VECTOR_LINK)
    assert key.hex() == VECTOR["key"]
    found = FileReader(lambda _: key)
    held = found.feed(file) + found.end()
    assert sha256(held).hexdigest() == VECTOR["content_sha256"]
    assert (found.size, courier.digits(found.digest)) == (VECTOR["size"], VECTOR["digits"])
    card = party.read_card((SECOND / "aurelia.gov.card").read_bytes())
    signers = [each.ed25519 for each in card.desks["node"].signers.values()]
    contents = Contents(VECTOR_LINK, key, signers)
    contents.feed(held)
    summary = contents.end()
    assert (summary.first, summary.records, summary.urgent, summary.receipt) == (0, 1, 1, 1)
    assert hello.write(summary.greeting).decode() == VECTOR["hello"]
    origin = checkpoint.origin_of("aurelia.gov", VECTOR_LINK)
    head = summary.greeting.heads.out
    assert head is not None
    checkpoint.check(head, origin, card.log)


def test_the_vector_is_written_again_byte_for_byte() -> None:
    file = (SECOND / "one.courier").read_bytes()
    greeting = hello.read(VECTOR["hello"].encode())
    heads = greeting.heads
    envelope = (SECOND / "flash.envelope").read_bytes()
    held = courier.content(greeting, heads.in_receipt, [(0, 4, envelope)], heads.out)
    key = bytes.fromhex(VECTOR["key"])
    assert b"".join(courier.write(key, file[6:HEAD_SIZE], held)) == file
    assert courier.size_of(len(file) - HEAD_SIZE - 16) == len(file)
