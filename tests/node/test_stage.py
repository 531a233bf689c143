"""What is kept in blocks: checked when it comes, durable before it is said to be here."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import integers
from tests.node.test_shipping import HANDLE, chunks_of, hand_in
from tests.support import makers
from tests.support.nodes import Table, envelope

from detente.core import envelope as envelopes
from detente.core import limits, manifest
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Span
from detente.link.carried import Staged
from detente.link.frames_stage import ATTACHMENT, BLOCK, ENVELOPE, PART_0, Offer
from detente.node import shipping, stage, uploads
from detente.node.stage import Stage
from detente.paths import lent as lent_files
from detente.store.blobs import FileBlobs, MemoryBlobs
from detente.store.logs import SqliteLogs
from detente.store.memory_logs import Disk, MemoryLogs

LINK = "link"
NOW = makers.NOW
LETTER = envelope(
    makers.make_party(makers.AURELIA), [makers.make_party(makers.BOREALIS)], 1, b"x" * 20_000
)
LEAF = envelopes.leaf_of(LETTER)


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def staged(disk: Disk) -> Stage:
    return Stage(MemoryLogs(disk))


def offer_of(chunks: list[bytes]) -> Offer:
    aid = manifest.aid_of([manifest.hash_of(each) for each in chunks])
    return Offer(aid, ATTACHMENT, sum(map(len, chunks)), len(chunks))


def row_of(chunks: list[bytes]) -> bytes:
    return b"".join(manifest.hash_of(each) for each in chunks)


def open_with_manifest(staged: Stage, chunks: list[bytes]) -> Offer:
    offer = offer_of(chunks)
    place = staged.open(LINK, offer)
    assert place is not None
    assert staged.missing_parts(place) == [0]
    assert not staged.keep(offer.hash, PART_0, row_of(chunks))
    assert staged.missing_parts(place) == []
    return offer


def keep_letter(staged: Stage, data: bytes = LETTER) -> bool:
    offer = Offer(LEAF, ENVELOPE, len(data), -(-len(data) // BLOCK))
    staged.open(LINK, offer)
    whole = False
    for number in reversed(range(offer.blocks)):
        block = data[number * BLOCK : (number + 1) * BLOCK]
        whole = staged.keep(LEAF, number, block)
    return whole


@given(place=integers(0, 66_000), bit=integers(0, 7))
def test_a_flipped_bit_of_a_chunk_is_refused_and_not_kept(place: int, bit: int) -> None:
    staged, chunks = Stage(MemoryLogs(Disk())), chunks_of(70_000)
    offer = open_with_manifest(staged, chunks)
    chunk = bytearray(chunks[1])
    chunk[place % len(chunk)] ^= 1 << bit
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.keep(offer.hash, 1, bytes(chunk))
    assert staged.count(offer.hash) == 0
    assert not staged.keep(offer.hash, 1, chunks[1])
    assert staged.keep(offer.hash, 0, chunks[0])
    assert staged.keep(offer.hash, 0, chunks[0])  # once more changes nothing
    assert staged.wholes == 1


def test_a_wrong_manifest_is_refused_and_asked_for_again(staged: Stage) -> None:
    chunks = chunks_of(70_000)
    offer = offer_of(chunks)
    place = staged.open(LINK, offer)
    assert place is not None
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.keep(offer.hash, PART_0, row_of(chunks[::-1]))
    assert staged.missing_parts(place) == [0]
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.keep(offer.hash, 0, chunks[0])  # a chunk before its manifest


def test_a_manifest_of_many_parts_is_judged_when_all_are_there(staged: Stage) -> None:
    row = b"".join(manifest.hash_of(n.to_bytes(4, "big")) for n in range(manifest.PART + 1))
    aid = manifest.aid_of(manifest.split(row))
    place = staged.open(LINK, Offer(aid, ATTACHMENT, manifest.sealed_size(2_049 * 65_536), 2_049))
    assert place is not None
    assert not staged.keep(aid, PART_0 - 1, row[manifest.PART_BYTES :])
    assert staged.missing_parts(place) == [0]
    assert not staged.keep(aid, PART_0, row[: manifest.PART_BYTES])
    assert staged.missing_parts(place) == []
    assert staged.read(aid, PART_0 - 1, 2) == [
        (PART_0 - 1, row[manifest.PART_BYTES :]),
        (PART_0, row[: manifest.PART_BYTES]),
    ]


def test_an_envelope_comes_in_any_order_and_is_judged_as_a_whole(staged: Stage) -> None:
    assert keep_letter(staged)
    assert staged.envelope(LEAF, staged.envelope_size(LEAF)) == LETTER


@pytest.mark.parametrize("data", [LETTER[:-1] + b"?", b"?" * len(LETTER)])
def test_an_envelope_that_is_not_what_was_offered_is_dropped(staged: Stage, data: bytes) -> None:
    with pytest.raises(TheirFault, match="E_STAGE"):
        keep_letter(staged, data)
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.envelope_size(LEAF)
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.keep(LEAF, 0, LETTER[:BLOCK])
    assert keep_letter(staged)


def test_an_attachment_is_no_envelope(staged: Stage) -> None:
    chunks = chunks_of(5)
    offer = open_with_manifest(staged, chunks)
    staged.keep(offer.hash, 0, chunks[0])
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.envelope_size(offer.hash)


def test_other_numbers_for_one_hash_begin_anew_unless_it_is_whole(staged: Stage) -> None:
    chunks = chunks_of(70_000)
    offer = open_with_manifest(staged, chunks)
    lie = offer._replace(size=offer.size - 1)
    place = staged.open(LINK, lie)
    assert place is not None
    assert staged.missing_parts(place) == [0]
    open_with_manifest(staged, chunks)
    for number, chunk in enumerate(chunks):
        staged.keep(offer.hash, number, chunk)
    with pytest.raises(TheirFault, match="E_STAGE"):
        staged.open(LINK, lie)
    again = staged.open(LINK, offer)
    assert again is not None
    assert again.blob.whole


def test_what_was_noted_outlives_the_process_and_the_rest_does_not(disk: Disk) -> None:
    staged, chunks = Stage(MemoryLogs(disk)), chunks_of(300 * limits.CHUNK)
    offer = open_with_manifest(staged, chunks)
    for number in range(260):
        staged.keep(offer.hash, number, chunks[number])
    noted = -(-stage.NOTE_BYTES // manifest.SEALED_CHUNK)
    assert Stage(MemoryLogs(disk)).count(offer.hash) == noted
    staged.tick(NOW)
    assert Stage(MemoryLogs(disk)).count(offer.hash) == noted
    staged.tick(NOW + stage.NOTE_AFTER)
    assert Stage(MemoryLogs(disk)).count(offer.hash) == 260


def test_places_that_are_not_open_are_opened_again(staged: Stage) -> None:
    chunks = chunks_of(70_000)
    offer = open_with_manifest(staged, chunks)
    staged.keep(offer.hash, 0, chunks[0])
    for n in range(stage.LENT):
        staged.open(LINK, Offer(n.to_bytes(32, "big"), ATTACHMENT, 17, 1))
    assert offer.hash not in staged._open
    assert staged.count(offer.hash) == 1
    assert staged.keep(offer.hash, 1, chunks[1])


def test_a_chunk_that_the_disk_spoiled_is_not_handed_out(disk: Disk) -> None:
    staged, chunks = Stage(MemoryLogs(disk)), chunks_of(200_000)
    offer = open_with_manifest(staged, chunks)
    for number, chunk in enumerate(chunks):
        staged.keep(offer.hash, number, chunk)
    disk.stage.files[offer.hash.hex()][manifest.SEALED_CHUNK + 5] ^= 1
    assert staged.read(offer.hash, 0, 4) == [(0, chunks[0])]
    assert staged.read(offer.hash, 3, 4) == [(3, chunks[3])]
    assert staged.read(b"?" * 32, 0, 4) == []
    assert staged.find(b"?" * 32) is None
    assert staged.count(b"?" * 32) == 0


def test_files_that_no_row_speaks_of_are_removed_at_the_start(disk: Disk) -> None:
    disk.stage.files["up-00"] = bytearray(b"left by a crash")
    staged = Stage(MemoryLogs(disk))
    assert disk.stage.files == {}
    assert keep_letter(staged)
    Stage(MemoryLogs(disk))
    assert list(disk.stage.files) == [LEAF.hex()]


@pytest.mark.parametrize(("more", "has_room"), [(0, True), (1, False)])
def test_one_thing_takes_at_most_a_quarter_of_what_is_free(more: int, has_room: bool) -> None:
    disk = Disk()
    logs = MemoryLogs(disk)
    logs.blobs.size = 4_000
    assert Stage(logs).has_room(1_000 + more) == has_room


@pytest.mark.parametrize(
    ("size", "reserve"),
    [(1_000, 50), (2**36, 2 * 2**30)],  # a twentieth, at most 2 GiB
)
def test_the_reserve_stays_free(size: int, reserve: int) -> None:
    logs = MemoryLogs(Disk())
    logs.blobs.size = size
    assert Stage(logs).reserve() == (size, reserve)


# Uploads.


def test_more_uploads_than_the_limit_are_busy_until_some_are_idle() -> None:
    node = Table().a.node
    for n in range(uploads.UPLOADS_MAX):
        node.stage_begin(n.to_bytes(16, "big"), 17, 1, NOW)
    with pytest.raises(OurFault, match=r"stage\.busy"):
        node.stage_begin(HANDLE, 17, 1, NOW)
    node.stage_chunks(bytes(16), [b"x" * 17], NOW + Span(1_000))
    node.tick(NOW + uploads.IDLE)
    with pytest.raises(OurFault, match=r"stage\.lost"):
        node.stage_chunks((1).to_bytes(16, "big"), [b"x" * 17], NOW)
    assert len(node.stage_end(bytes(16), NOW)) == 32


def test_an_upload_without_room_is_refused() -> None:
    side = Table().a
    blobs = side.store.blobs
    assert isinstance(blobs, MemoryBlobs)
    blobs.size = 100
    with pytest.raises(OurFault, match=r"store\.full"):
        side.node.stage_begin(HANDLE, 26, 1, NOW)
    side.node.stage_begin(HANDLE, 25, 1, NOW)


@pytest.mark.parametrize("size", [limits.MAX_ATT_SIZE, limits.MAX_ATT_SIZE + 1])
def test_four_gib_may_be_handed_in_and_not_a_byte_more(size: int) -> None:
    node = Table().a.node
    numbers = manifest.sealed_size(size), manifest.chunks_of(size)
    if size <= limits.MAX_ATT_SIZE:
        node.stage_begin(HANDLE, *numbers, NOW)
    else:
        with pytest.raises(TheirFault, match="E_ATT"):
            node.stage_begin(HANDLE, *numbers, NOW)


@pytest.mark.parametrize("rows", [[b"x" * 16], [b"x" * 18], [b"x" * 17, b"x" * 17]])
def test_chunks_of_another_length_are_refused(rows: list[bytes]) -> None:
    node = Table().a.node
    node.stage_begin(HANDLE, 17, 1, NOW)
    with pytest.raises(TheirFault, match="E_ATT"):
        node.stage_chunks(HANDLE, rows, NOW)


def test_the_last_byte_of_four_gib_stands_where_it_belongs(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path / "staged")
    chunks, size = manifest.CHUNKS_MAX, manifest.sealed_size(limits.MAX_ATT_SIZE)
    start, length = manifest.span(chunks - 1, size)
    blobs.write("a", start, b"x" * length)  # sparse: 4 GiB that take 64 KiB
    assert (tmp_path / "staged" / "a").stat().st_size == size == limits.MAX_STAGED
    assert blobs.read("a", start, length) == b"x" * length


def test_a_file_is_lent_for_reading_as_far_as_it_is_here(tmp_path: Path) -> None:
    logs = SqliteLogs(tmp_path / "node.sqlite", FileBlobs(tmp_path / "staged"))
    staged, chunks = Stage(logs), chunks_of(5 * limits.CHUNK - 1)
    offer = open_with_manifest(staged, chunks)
    assert staged.lend(offer.hash, 0, 9) is None
    for number in (0, 1, 2, 4):
        staged.keep(offer.hash, number, chunks[number])
    for first, count, lent in ((0, 9, 3), (1, 1, 1), (4, 1, 1), (4, 9, 1)):
        found = staged.lend(offer.hash, first, count)
        assert found is not None
        assert found[0] == lent
        assert list(lent_files.chunks(found[1], first, lent)) == chunks[first : first + lent]
    assert staged.lend(offer.hash, 3, 1) is None
    assert staged.lend(offer.hash, 5, 1) is None
    assert staged.lend(b"?" * 32, 0, 1) is None
    keep_letter(staged)
    assert staged.lend(LEAF, 0, 1) is None
    found = staged.lend(offer.hash, 0, 1)
    assert found is not None
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.pwrite(found[1], b"x", 0)
    os.close(found[1])
    assert FileBlobs(tmp_path / "staged").lend("nothing") is None


def test_without_files_nothing_is_lent() -> None:
    node = Table().a.node
    att = hand_in(node, limits.CHUNK)
    assert node.blob_lent(att.aid, 0, 1) is None


# Shipping.


def test_a_record_that_is_not_staged_is_their_fault(tmp_path: Path) -> None:
    logs = SqliteLogs(tmp_path / "node.sqlite")
    staged = Stage(logs)
    with logs.begin() as tx:
        ship = shipping.Shipping(LINK, logs, staged, tx)
    entry = envelopes.entry_of(envelopes.split(LETTER))
    with pytest.raises(TheirFault, match="E_STAGE"):
        ship.whole([b"inline", Staged(entry)])
    assert keep_letter(staged)
    rows = ship.whole([b"inline", Staged(entry)])
    assert list(rows) == [b"inline", LETTER]
    assert list(rows[1:]) == [LETTER]
    assert len(rows) == 2


def test_attachments_of_a_header_that_cannot_be_read_are_none() -> None:
    broken = LETTER.replace(b'"att":[]', b'"att":[{')
    assert list(shipping.attachments(broken)) == []
    assert list(shipping.attachments(LETTER)) == []


def test_an_attachment_is_read_by_the_office_at_most_so_many_chunks_at_once() -> None:
    node = Table().a.node
    att = hand_in(node, 70 * limits.CHUNK)
    assert len(node.blob_chunks(att.aid, 0, 70)) == 64
    assert node.blob_chunks(att.aid, 69, 9) == chunks_of(70 * limits.CHUNK)[69:]
    assert node.blob_states([b"?" * 32]) == []
