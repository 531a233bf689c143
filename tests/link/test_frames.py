import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis.strategies import binary, builds, integers, lists, sampled_from
from tests.support.outcomes import fault_of, value_or_code

from detente.core import canon, checkpoint, limits, party, postquantum
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import CODES, WIRE, TheirFault
from detente.core.postquantum import PqSignature
from detente.link import frames
from detente.link.carried import Staged
from detente.link.frames import Complaint, Message, Reader

FOLDER = Path(__file__).resolve().parents[2] / "spec/vectors"
FIRST = FOLDER / "first/vectors.json"
VECTORS: dict[str, Any] = json.loads(FIRST.read_text())
FRAME: dict[str, str] = VECTORS["frame"]
ROOT = bytes.fromhex(VECTORS["tree"]["roots"]["5"])
KINDS = sampled_from([frames.HELLO, frames.RECORD, frames.PING, frames.STATUS, frames.ERROR])


def head(size: int, kind: int, flags: int, chan: int) -> bytes:
    return size.to_bytes(4, "big") + bytes([kind, flags]) + chan.to_bytes(2, "big")


def part(payload: bytes, kind: int = frames.STATUS, chan: int = 0, *, more: bool = False) -> bytes:
    flags = frames.CONTROL | (frames.MORE if more else 0)
    return head(len(payload) + 4, kind, flags, chan) + payload


def signature_of(line: str) -> bytes:
    return canon.from_base64(line.rpartition(" ")[2].strip())[4:]


def one(data: bytes) -> Message:
    [message] = Reader().feed(data)
    return message


# The vectors of the specification.


def test_ping_is_the_vector() -> None:
    assert frames.ping(0x0102030405060708).hex() == FRAME["PING_ctl"]
    assert frames.read_ping(one(bytes.fromhex(FRAME["PING_ctl"])).payload) == 0x0102030405060708


def test_checkpoint_is_the_vector() -> None:
    given = Checkpoint(5, ROOT, signature_of(VECTORS["checkpoint"]["ed25519_line"]))
    assert frames.checkpoint(given).hex() == FRAME["CHECKPOINT_ctl"]
    assert frames.read_checkpoint(one(bytes.fromhex(FRAME["CHECKPOINT_ctl"])).payload) == given


def test_cosign_is_the_vector() -> None:
    line = signature_of(VECTORS["checkpoint"]["cosign_ed25519_line"])
    given = Cosignature(5, ROOT, int.from_bytes(line[:8], "big"), line[8:])
    assert given.time == VECTORS["checkpoint"]["time"]
    assert frames.cosign(given).hex() == FRAME["COSIGN_ctl"]
    assert frames.read_cosign(one(bytes.fromhex(FRAME["COSIGN_ctl"])).payload) == given


@pytest.mark.parametrize(
    ("file", "kind", "write"),
    [
        ("pqsig.frame", frames.PQSIG, frames.pqsig),
        ("pqcosign.frame", frames.PQCOSIGN, frames.pqcosign),
    ],
)
def test_the_frames_of_the_second_leg_are_the_vectors(
    file: str, kind: int, write: Callable[[PqSignature], bytes]
) -> None:
    data = (FOLDER / "leg" / file).read_bytes()
    message = one(data)
    given = frames.read_pq(message.payload)
    assert (message.type, message.rank) == (kind, 0)
    assert (given.size, given.root, given.time) == (5, ROOT, VECTORS["checkpoint"]["time"])
    assert write(given) == data
    origin = VECTORS["link"]["origin_a_to_b"]
    who = "aurelia.gov" if kind == frames.PQSIG else "borealis.gov"
    card = party.read_card((FOLDER / "first" / f"{who}.card").read_bytes())
    name = origin if kind == frames.PQSIG else checkpoint.cosigner_of(who)
    assert postquantum.holds(given, name, origin, card.mldsa44)


def test_the_error_of_the_vectors_reads_as_a_fork() -> None:
    message = one(bytes.fromhex(FRAME["ERROR_E_FORK_ctl"]))
    assert message.type == frames.ERROR
    assert frames.read_error(message.payload) == Complaint(302, "H", "root differs at size 5")


def test_a_record_of_mode_1_carries_the_hashes_of_its_entry() -> None:
    message = one(bytes.fromhex(FRAME["RECORD_seq0_mode1_priority_chan3"]))
    assert (message.type, message.rank) == (frames.RECORD, 2)
    seq, given = frames.read_record(message.payload)
    assert seq == 0
    assert isinstance(given, Staged)
    assert given.leaf == bytes.fromhex(FRAME["OFFER_envelope_priority_chan3"])[8:40]
    assert one(frames.record(0, given, 2)).payload == message.payload


@pytest.mark.parametrize("cut", [-1, 1])
def test_a_record_of_mode_1_has_exactly_its_hashes(cut: int) -> None:
    message = one(bytes.fromhex(FRAME["RECORD_seq0_mode1_priority_chan3"]))
    payload = message.payload[:cut] if cut < 0 else message.payload + b"x"
    assert fault_of(frames.read_record, payload) == "E_FRAME"


def test_a_record_of_another_mode_is_refused() -> None:
    assert fault_of(frames.read_record, bytes(8) + b"\x02" + bytes(128)) == "E_FRAME"


# Each message reads back.


@given(seq=integers(0, 2**64 - 1), envelope=binary(min_size=1, max_size=99), rank=integers(0, 4))
def test_a_record_reads_back(seq: int, envelope: bytes, rank: int) -> None:
    message = one(frames.record(seq, envelope, rank))
    assert (message.type, message.rank) == (frames.RECORD, rank)
    assert frames.read_record(message.payload) == (seq, envelope)


def test_a_record_needs_an_envelope() -> None:
    assert fault_of(frames.read_record, bytes(9)) == "E_FRAME"
    assert frames.read_record(bytes(10)) == (0, b"\0")


def test_only_a_record_lacks_the_control_bit() -> None:
    cosignature = Cosignature(1, bytes(32), 0, bytes(64))
    assert frames.record(0, b"x", 1)[5] & frames.CONTROL == 0
    leg = PqSignature(1, bytes(32), 0, bytes(2_420))
    for made in (
        frames.ping(1), frames.pong(1, 1), frames.bye(), frames.cosign(cosignature, 4),
        frames.pqsig(leg), frames.pqcosign(leg),
    ):  # fmt: skip
        assert made[5] & frames.CONTROL


def test_a_pong_reads_back_and_knows_no_time_before_1970() -> None:
    assert frames.read_pong(one(frames.pong(7, 123)).payload) == (7, 123)
    assert frames.read_pong(one(frames.pong(7, -1)).payload) == (7, 0)


def test_a_bye_says_orderly() -> None:
    assert frames.read_error(one(frames.bye()).payload) == Complaint(0, "C", "")


@pytest.mark.parametrize("code", sorted(WIRE))
def test_an_error_carries_number_class_and_words(code: str) -> None:
    said = frames.read_error(one(frames.error(TheirFault(code, "so it is", "mend it"))).payload)
    assert said == Complaint(*WIRE[code], f"{code}: so it is")


def test_the_words_of_an_error_end_at_512_bytes() -> None:
    made = one(frames.error(TheirFault("E_FORK", "x" * 600, "mend it"))).payload
    assert len(made) == 3 + frames.ERROR_TEXT_MAX
    assert frames.read_error(made).letter == "H"
    assert fault_of(frames.read_error, made + b"x") == "E_FRAME"


def test_an_error_of_three_bytes_says_nothing_and_a_shorter_one_is_none() -> None:
    assert frames.read_error(b"\0\0C") == Complaint(0, "C", "")
    assert fault_of(frames.read_error, b"\0\0") == "E_FRAME"


def test_words_that_would_move_a_cursor_are_shown_as_question_marks() -> None:
    assert frames.read_error(b"\0\0Cbad\x1b[2J\n\xff").text == "bad?[2J?\ufffd"


def test_a_status_reads_back() -> None:
    made = one(
        frames.status(attended=("cert", "hotline"), unattended=("crisis",), read_only=True)
    ).payload
    assert frames.read_status(made) == (("cert", "hotline"), ("crisis",), True)


def test_a_status_without_empty_desks_is_as_it_was() -> None:
    made = one(frames.status(attended=("cert",), read_only=False)).payload
    assert made == b'{"attended":["cert"],"read_only":false}'


def test_a_desk_in_both_lists_of_a_status_is_attended() -> None:
    told = b'{"attended":["cert"],"unattended":["cert","hotline",7]}'
    assert frames.read_status(told) == (("cert",), ("hotline",), False)


def test_members_of_a_later_status_are_ignored_and_absent_ones_are_none() -> None:
    assert frames.read_status(b'{"disk":"ok"}') == ((), (), False)
    assert frames.read_status(b'{"attended":["cert",7,"No Desk"],"read_only":false}') == (
        ("cert",),
        (),
        False,
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b'{"attended":"cert"}', "E_FRAME"),
        (b'{"unattended":"cert"}', "E_FRAME"),
        (b'{"read_only":1}', "E_FRAME"),
        (b"[]", "E_CANON"),
        (b"{ }", "E_CANON"),
        (b'"' + b"x" * frames.STATUS_MAX + b'"', "E_SIZE"),
    ],
)
def test_another_status_is_refused(wrong: bytes, code: str) -> None:
    assert fault_of(frames.read_status, wrong) == code


@pytest.mark.parametrize(
    ("read", "size"),
    [
        (frames.read_checkpoint, 104),
        (frames.read_cosign, 112),
        (frames.read_pq, 2_468),
        (frames.read_ping, 8),
        (frames.read_pong, 16),
    ],
)
def test_a_payload_has_one_length(read: Callable[[bytes], object], size: int) -> None:
    read(bytes(size))
    assert fault_of(read, bytes(size - 1)) == "E_FRAME"
    assert fault_of(read, bytes(size + 1)) == "E_FRAME"


# Frames and fragments.


@pytest.mark.parametrize(
    ("size", "count"),
    [(0, 1), (frames.FRAGMENT, 1), (frames.FRAGMENT + 1, 2), (2 * frames.FRAGMENT, 2)],
)
def test_a_message_above_16_kib_goes_in_fragments(size: int, count: int) -> None:
    payload = bytes(i % 251 for i in range(size))
    made = frames.encode(frames.RECORD, payload, 3)
    assert len(made) == size + 8 * count
    assert one(made) == Message(frames.RECORD, 3, payload, 3)


def test_a_message_may_be_384_kib_and_no_more() -> None:
    most = bytes(limits.MAX_MESSAGE)
    assert one(frames.encode(frames.RECORD, most, 1)).payload == most
    reader = Reader()
    assert fault_of(reader.feed, frames.encode(frames.RECORD, most + b"x", 1)) == "E_LIMIT"


def test_a_frame_may_hold_16_kib_and_no_more() -> None:
    assert len(one(part(bytes(limits.MAX_FRAME - 4))).payload) == limits.MAX_FRAME - 4
    # At the length field, before the bytes are there.
    over = head(limits.MAX_FRAME + 1, frames.STATUS, frames.CONTROL, 0)
    assert fault_of(Reader().feed, over) == "E_LIMIT"


def test_a_frame_is_at_least_its_head() -> None:
    assert one(head(4, frames.STATUS, frames.CONTROL, 0)).payload == b""
    assert fault_of(Reader().feed, head(3, frames.STATUS, frames.CONTROL, 0)) == "E_FRAME"


def test_64_channels_may_be_in_use_and_no_more() -> None:
    reader = Reader()
    for chan in range(limits.MAX_CHANS):
        assert reader.feed(part(b"a", chan=chan, more=True)) == []
    assert fault_of(reader.feed, part(b"a", chan=limits.MAX_CHANS, more=True)) == "E_LIMIT"


def test_a_channel_is_free_again_after_its_message() -> None:
    reader = Reader()
    for chan in range(limits.MAX_CHANS):
        reader.feed(part(b"a", chan=chan, more=True))
    assert reader.feed(part(b"b", chan=0)) == [Message(frames.STATUS, 0, b"ab")]
    assert reader.feed(part(b"c", chan=0, more=True)) == []


def test_messages_of_two_channels_may_alternate() -> None:
    reader = Reader()
    first = part(b"a", chan=1, more=True) + part(b"x", chan=2, more=True)
    last = part(b"b", chan=1) + part(b"y", chan=2)
    assert [message.payload for message in reader.feed(first + last)] == [b"ab", b"xy"]


def test_a_channel_carries_one_message_at_a_time() -> None:
    reader = Reader()
    reader.feed(part(b"a", more=True))
    assert fault_of(reader.feed, frames.ping(1)) == "E_FRAME"


@pytest.mark.parametrize("kind", [0x00, 0x02, 0x15, 0x50, 0x7D, 0xFF])
def test_an_unknown_type_is_ignored_unless_it_is_control(kind: int) -> None:
    known = part(b"x")
    assert Reader().feed(head(5, kind, 0x07, 9) + b"z" + known)[0].payload == b"x"
    assert Reader().feed(head(5, kind, frames.MORE, 9) + b"z") == []
    assert fault_of(Reader().feed, head(5, kind, frames.CONTROL, 9) + b"z") == "E_FRAME"


PARTS = lists(
    builds(
        frames.encode,
        KINDS,
        binary(max_size=40) | integers(0, 3 * frames.FRAGMENT).map(bytes),
        integers(0, 4),
    ),
    max_size=6,
)


@given(made=PARTS, cuts=lists(integers(0, 10**6), max_size=12))
def test_any_split_of_the_bytes_gives_the_same_messages(made: list[bytes], cuts: list[int]) -> None:
    data = b"".join(made)
    places = sorted({cut % (len(data) + 1) for cut in cuts} | {0, len(data)})
    reader, found = Reader(), []
    for start, end in pairwise(places):
        found += reader.feed(data[start:end])
    assert found == [one(each) for each in made]


@given(data=binary(max_size=200))
@example(b"")
@example(head(4, frames.BYE, frames.CONTROL, 0))
def test_any_bytes_end_in_messages_or_in_a_fault_of_theirs(data: bytes) -> None:
    found = value_or_code(Reader().feed, data)
    assert isinstance(found, list) or found in {"E_FRAME", "E_LIMIT"}


@given(data=binary(max_size=130))
@example(b'{"attended":[["cert"]]}')
def test_any_payload_is_read_or_is_a_fault_of_theirs(data: bytes) -> None:
    readers: tuple[Callable[[bytes], object], ...] = (
        frames.read_record,
        frames.read_checkpoint,
        frames.read_cosign,
        frames.read_pq,
        frames.read_ping,
        frames.read_pong,
        frames.read_error,
        frames.read_status,
    )
    for read in readers:
        found = value_or_code(read, data)
        assert not isinstance(found, str) or found in CODES
