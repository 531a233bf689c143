"""Attachments in courier files: whole, in several files, cut, lost, again, beside a wire."""

import json
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from random import Random

import pytest
from tests.node.test_courier import by_file, exchange, file_of, looked, read, written
from tests.node.test_shipping import chunks_of, disk, hand_in, letter, submit, whole
from tests.support import makers
from tests.support.nodes import Side, Table
from tests.support.outcomes import fault_of

from detente.core import limits
from detente.core.attachment import FileKey
from detente.core.record import Attachment
from detente.link import courier, frames, frames_stage
from detente.link.frames_stage import ATTACHMENT, PART_0, Chunk, Offer, Want
from detente.node import freight
from detente.node.cargo import Manifest

VECTORS = Path(__file__).resolve().parents[2] / "spec/vectors/stage/vectors.json"
MIB = limits.KIB**2
LARGE = 40 * limits.CHUNK + 5  # more than two sticks of 1 MiB


@pytest.fixture
def table() -> Table:
    made = by_file(Table())
    exchange(made)
    return made


def send(table: Table, size: int, number: int = 1) -> Attachment:
    att = hand_in(table.a.node, size, number.to_bytes(16, "big"))
    assert submit(table, letter(table, number, att)) == [""]
    return att


def stick(side: Side, table: Table, most: int = MIB) -> tuple[Manifest, bytes]:
    found = side.node.courier.write(side.peer.name, table.now, most)
    file = b"".join(found.pieces)
    assert len(file) == found.manifest.size <= most
    return found.manifest, file


def here(side: Side, att: Attachment) -> int:
    [state] = side.node.blob_states([att.aid])
    return state.held


def is_offered(side: Side, att: Attachment) -> bool:
    with side.store.begin() as tx:
        return att.aid in tx.offers(side.link_id, 100)


@pytest.mark.parametrize(
    "size", [0, 1, limits.CHUNK - 1, limits.CHUNK, limits.CHUNK + 1, 70 * limits.CHUNK + 5]
)
def test_an_attachment_goes_with_its_record_and_its_receipt_comes_by_file(
    table: Table, size: int
) -> None:
    att = send(table, size)
    manifest, file = written(table.a, table)
    assert (manifest.attached, manifest.attached_bytes) == (1, att.size)
    assert (manifest.attached_later, manifest.later) == (0, 0)
    there = read(table.b, file, table)
    assert (there.new, there.attached_bytes, there.attached_whole) == (1, att.size, 1)
    assert whole(table.b, att)
    found = [
        chunk for i in range(0, att.chunks, 5) for chunk in table.b.node.blob_chunks(att.aid, i, 5)
    ]
    assert found == chunks_of(size)
    assert is_offered(table.a, att)
    read(table.a, file_of(table.b, table), table)
    assert not is_offered(table.a, att)
    assert written(table.a, table)[0].attached == 0


def test_a_file_read_again_brings_no_block_twice(table: Table) -> None:
    att = send(table, LARGE)
    file = file_of(table.a, table)
    read(table.b, file, table)
    again = read(table.b, file, table)
    assert (again.attached_bytes, again.attached_whole, again.known) == (0, 0, 1)
    assert whole(table.b, att)


def test_what_is_too_large_for_a_stick_goes_in_several(table: Table) -> None:
    att = send(table, LARGE)
    files: list[bytes] = []
    while sum(len(file) for file in files) < att.size:
        manifest, file = stick(table.a, table)
        assert manifest.records == 1
        assert manifest.attached_bytes + manifest.attached_later == att.size
        files.append(file)
    assert len(files) == 3
    Random(1).shuffle(files)
    for file in files:
        arrival = read(table.b, file, table)
    assert arrival.attached_whole == 1
    assert whole(table.b, att)


def test_after_the_last_stick_the_first_is_written_again(table: Table) -> None:
    att = send(table, LARGE)
    lost = stick(table.a, table)[1]
    files = [stick(table.a, table)[1] for _ in range(3)]
    for file in files:
        read(table.b, file, table)
    assert looked(table.b, lost)[1].records == 1  # it never came
    assert whole(table.b, att)


def test_their_answer_names_what_is_missing_and_only_that_goes(table: Table) -> None:
    att = send(table, LARGE)
    files = [stick(table.a, table)[1] for _ in range(3)]
    read(table.b, files[0], table)
    read(table.b, files[2], table)  # the second was lost
    missing = att.chunks - here(table.b, att)
    assert 0 < missing < att.chunks
    read(table.a, file_of(table.b, table), table)
    table.a.restart()
    manifest, file = written(table.a, table)
    assert manifest.attached_bytes == missing * (limits.CHUNK + 16)
    assert read(table.b, file, table).attached_whole == 1
    read(table.a, file_of(table.b, table), table)
    assert not is_offered(table.a, att)


def test_an_older_answer_only_makes_more_go(table: Table) -> None:
    att = send(table, LARGE)
    read(table.b, stick(table.a, table)[1], table)
    older = file_of(table.b, table)
    read(table.b, stick(table.a, table)[1], table)
    newer = file_of(table.b, table)
    read(table.a, newer, table)
    read(table.a, older, table)
    read(table.b, file_of(table.a, table), table)
    assert whole(table.b, att)


def test_more_runs_than_are_named_are_asked_for_to_the_end() -> None:
    held = bytes([0b01010101]) * 16
    runs = freight._missing(held, 128)
    assert len(runs) == freight.RUNS_NAMED
    assert runs[0] == (1, 2)
    assert runs[-1] == (31, 128)
    assert freight._missing(bytes([0xFF, 0x0F]), 12) == []
    assert freight._missing(bytes(2), 12) == [(0, 12)]


def test_of_two_attachments_the_one_that_waited_goes_first(table: Table) -> None:
    large, small = send(table, LARGE), send(table, 100, 2)
    for _ in range(3):
        read(table.b, stick(table.a, table)[1], table)
    assert whole(table.b, large)
    assert whole(table.b, small)


def test_what_is_lost_in_the_middle_of_an_import_goes_on_there(table: Table) -> None:
    att = send(table, LARGE)
    file = file_of(table.a, table)
    job, _ = looked(table.b, file)
    for at in range(0, len(file) // 2, 40_000):
        job.take(file[at : at + 40_000], table.now)
    half = here(table.b, att)
    assert 10 < half < att.chunks
    job.drop(table.now)  # the command was stopped
    table.b.restart()
    assert here(table.b, att) == half
    arrival = read(table.b, file, table)
    assert arrival.attached_bytes == att.size - half * (limits.CHUNK + 16)
    assert (arrival.new, arrival.known, arrival.attached_whole) == (0, 1, 1)


def test_a_crash_in_an_import_costs_only_time(table: Table) -> None:
    att = send(table, LARGE)
    file = file_of(table.a, table)
    job, _ = looked(table.b, file)
    job.take(file[: len(file) // 2], table.now)
    table.b.restart()
    assert read(table.b, file, table).attached_whole == 1
    assert whole(table.b, att)


def test_what_files_brought_in_part_a_wire_goes_on_with(table: Table) -> None:
    att = send(table, LARGE)
    read(table.b, stick(table.a, table)[1], table)
    half = here(table.b, att)
    table.connect()
    assert whole(table.b, att)
    chunks = [
        message
        for effect in table.a.shown
        if hasattr(effect, "data")
        for message in frames.Reader().feed(effect.data)
        if message.type == frames.CHUNK
        and frames_stage.read_chunk(message.payload).number < att.chunks
    ]
    assert len(chunks) == att.chunks - half
    assert not is_offered(table.a, att)
    # The peer's word by file, that it holds it, comes late and changes nothing.
    table.cut()
    read(table.a, file_of(table.b, table), table)


def test_a_node_without_room_says_so_and_takes_it_later(table: Table) -> None:
    att = send(table, LARGE)
    file = file_of(table.a, table)
    disk(table.b).size = 2 * MIB
    arrival = read(table.b, file, table)
    assert (arrival.new, arrival.no_room, arrival.attached_bytes) == (1, 1, 0)
    disk(table.b).size = 2**40
    assert read(table.b, file, table).attached_whole == 1
    assert whole(table.b, att)


def test_an_attachment_that_our_disk_lost_is_left_out_of_the_next_file(table: Table) -> None:
    att = send(table, LARGE)
    kept = send(table, 100, 2)
    disk(table.a)._files[att.aid.hex()][70_000] ^= 1
    assert fault_of(file_of, table.a, table) == "carry.blob"
    manifest, file = written(table.a, table)
    assert (manifest.records, manifest.attached) == (2, 1)
    read(table.b, file, table)
    assert whole(table.b, kept)
    table.a.restart()
    assert written(table.a, table)[0].attached == 1
    assert here(table.a, att) == att.chunks - 1


def test_a_manifest_that_our_disk_lost_is_told_too(table: Table) -> None:
    att = send(table, LARGE)
    with table.a.store.begin() as tx:
        tx.drop_parts(att.aid)
    assert fault_of(file_of, table.a, table) == "carry.blob"


@pytest.mark.parametrize("most", [limits.COURIER_LEAST - 1, limits.MAX_COURIER + 1])
def test_a_stick_has_a_least_and_a_most(table: Table, most: int) -> None:
    assert fault_of(table.a.node.courier.write, makers.BOREALIS, table.now, most) == "carry.least"


def test_records_beyond_the_stick_wait_for_the_next_file(table: Table) -> None:
    for number in range(1, 9):
        assert submit(table, letter(table, number, text=b"x" * 200_000)) == [""]
    manifest, file = stick(table.a, table)
    assert 1 <= manifest.records < 8
    assert manifest.records + manifest.later == 8
    assert read(table.b, file, table).new == manifest.records
    read(table.a, file_of(table.b, table), table)
    manifest, file = stick(table.a, table)
    assert read(table.b, file, table).new == manifest.records > 0


def test_nothing_is_taken_in_or_given_while_the_link_is_stopped(table: Table) -> None:
    att = send(table, 100)
    file = file_of(table.a, table)
    table.a.restart(restored="this side was restored from a backup")
    assert written(table.a, table)[0].attached == 0
    table.b.restart(restored="this side was restored from a backup")
    assert read(table.b, file, table).attached_bytes == 0
    assert table.b.node.blob_states([att.aid]) == []


def test_a_whole_attachment_is_said_to_be_here_after_it_was_purged(table: Table) -> None:
    att = send(table, 100)
    read(table.b, file_of(table.a, table), table)
    file_of(table.b, table)  # never arrives
    table.b.node.stage.drop(att.aid)
    read(table.a, file_of(table.b, table), table)
    assert not is_offered(table.a, att)


def test_only_the_newest_offers_are_answered(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_OFFERS", 2)
    atts = [send(table, n, n) for n in (1, 2, 3)]
    for _ in range(3):
        exchange(table)
    assert not any(is_offered(table.a, att) for att in atts)


# What a peer may write.


def craft(table: Table, *more: bytes) -> bytes:
    """A file of A with frames of our choice after its records."""
    file = file_of(table.a, table)
    sealed = file[6:1_174]
    _, key, _ = table.b.node.courier.find_key(sealed)
    stated = looked(table.b, file)[1].greeting
    return b"".join(courier.write(key, sealed, courier.content(stated, None, [], None, more)))


NAME = b"n" * 32
OFFER = frames_stage.offer(Offer(NAME, ATTACHMENT, 116, 1), 0)


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (frames_stage.chunk(Chunk(NAME, 1, b"x" * 116), 0), "E_FRAME"),
        (frames_stage.chunk(Chunk(NAME, 0, b"x" * 115), 0), "E_FRAME"),
        (frames_stage.chunk(Chunk(NAME, PART_0, b"x" * 31), 0), "E_FRAME"),
        (frames_stage.chunk(Chunk(NAME, PART_0 - 1, b"x" * 32), 0), "E_FRAME"),
        (frames_stage.chunk(Chunk(NAME, 0, b"x" * 116), 0), "E_STAGE"),  # before its manifest
        (frames_stage.chunk(Chunk(NAME, PART_0, b"x" * 32), 0), "E_STAGE"),  # leads elsewhere
        (frames_stage.want(Want(NAME, 0, 1), 0) * 65, "E_BUSY"),
    ],
)
def test_what_is_odd_in_a_file_ends_it_with_a_code(table: Table, frame: bytes, code: str) -> None:
    assert fault_of(read, table.b, craft(table, OFFER, frame), table) == code
    assert table.b.into.state == "COURIER"


def test_more_offers_than_the_limit_end_the_file(table: Table) -> None:
    offers = [
        frames_stage.offer(Offer(bytes([n]) * 32, ATTACHMENT, 116, 1), 0)
        for n in range(limits.MAX_OFFERS + 1)
    ]
    assert read(table.b, craft(table, *offers[:-1]), table).state == "COURIER"
    assert fault_of(read, table.b, craft(table, *offers), table) == "E_BUSY"


def test_what_belongs_to_no_offer_is_passed_over(table: Table) -> None:
    stray = frames_stage.chunk(Chunk(NAME, 0, b"x" * 116), 0)
    envelope = frames_stage.offer(Offer(NAME, frames_stage.ENVELOPE, 4_096, 1), 0)
    want = frames_stage.want(Want(NAME, 3, 4), 0)
    assert read(table.b, craft(table, stray, envelope, want), table).attached_bytes == 0
    assert written(table.b, table)[0].attached == 0


def test_a_lie_about_what_is_missing_costs_the_liar_alone(table: Table) -> None:
    """Runs beyond the end, doubled, and none at all."""
    att = hand_in(table.b.node, LARGE)
    record = replace(makers.PLAIN_HEADER, n=1, att=(att,))
    made = makers.write_record(table.them, [table.us], b"hello", record).envelope
    assert not table.b.node.submit([made], table.now)[0].code
    wants = [frames_stage.want(Want(att.aid, first, 10**6), 0) for first in (39, 39, 10**6)]
    read(table.b, craft(table, *wants), table)
    manifest, _ = written(table.b, table)
    assert manifest.attached == 1
    read(table.b, craft(table, frames_stage.want(Want(att.aid, 10**6, 1), 0)), table)
    manifest, _ = written(table.b, table)
    assert (manifest.attached, manifest.attached_bytes) == (1, 0)  # the offer alone


def test_content_is_never_longer_than_the_room_that_is_reckoned() -> None:
    for size in (0, 1_000, 1_174, 1_190, 1_191, 66_726, 66_742, 66_743, 10**6):
        room = courier.room_in(size)
        if room:
            assert courier.size_of(room) <= size < courier.size_of(room + 17)


def test_an_attachment_stands_in_a_file_as_the_vectors_say(table: Table) -> None:
    vectors = json.loads(VECTORS.read_text())
    key, data = FileKey(bytes.fromhex(vectors["file_key"])), bytes(i % 251 for i in range(150_000))
    cuts = [data[at : at + limits.CHUNK] for at in range(0, len(data), limits.CHUNK)]
    rows = [key.seal(i, cut, last=i == 2) for i, cut in enumerate(cuts)]
    table.a.node.stage_begin(b"v" * 16, vectors["att"]["size"], 3, table.now)
    table.a.node.stage_chunks(b"v" * 16, rows, table.now)
    aid = table.a.node.stage_end(b"v" * 16, table.now)
    offer = Offer(aid, ATTACHMENT, vectors["att"]["size"], 3)
    for name, runs in (("whole", ((0, 3),)), ("last", ((2, 3),))):
        plan = freight.Plan((freight.Part(offer, runs),))
        content = b"".join(plan.content(table.a.node.stage))
        assert (len(content), plan.size) == (vectors["courier"][f"{name}_len"],) * 2
        assert sha256(content).hexdigest() == vectors["courier"][f"{name}_sha256"]
    read(table.b, craft(table, content), table)
    link = table.b.node._links[table.b.link_id]
    [answer] = link.shipping.freight.answers(table.b.node.stage)
    assert answer.hex() == vectors["courier"]["answer"]
