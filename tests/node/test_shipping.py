"""Attachments and large records between two nodes: staged, cut, resumed, refused."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import makers
from tests.support.nodes import FLASH, Side, Table, envelope

from detente.core import limits, manifest
from detente.core.attachment import FileKey
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.core.record import Attachment
from detente.link import frames, frames_stage, session
from detente.link.state import State
from detente.node import audit_blobs, ledger, shipping, stage
from detente.node.arriving import Incoming
from detente.node.care import KEEP_AT_LEAST, Order
from detente.node.node import Node
from detente.node.ports_stage import Blob
from detente.store.blobs import FileBlobs, MemoryBlobs
from detente.store.logs import SqliteLogs

KEY = bytes(range(32))
HANDLE = b"h" * 16
LARGE = b"x" * 140_000  # more than goes inline


@pytest.fixture
def table() -> Table:
    made = Table()
    made.connect()
    return made


def chunks_of(size: int) -> list[bytes]:
    key, count = FileKey(KEY), manifest.chunks_of(size)
    data = bytes(range(256)) * (size // 256 + 1)
    return [
        key.seal(i, data[i * limits.CHUNK : min(size, (i + 1) * limits.CHUNK)], last=i == count - 1)
        for i in range(count)
    ]


def hand_in(node: Node, size: int, handle: bytes = HANDLE) -> Attachment:
    rows = chunks_of(size)
    node.stage_begin(handle, manifest.sealed_size(size), len(rows), makers.NOW)
    for row in rows:
        node.stage_chunks(handle, [row], makers.NOW)
    aid = node.stage_end(handle, makers.NOW)
    return Attachment(aid, manifest.sealed_size(size), len(rows))


def letter(table: Table, number: int, *att: Attachment, text: bytes = b"hello") -> bytes:
    return envelope(table.us, [table.them], number, text, att=att)


def disk(side: Side) -> MemoryBlobs:
    blobs = side.store.blobs
    assert isinstance(blobs, MemoryBlobs)
    return blobs


def submit(table: Table, *rows: bytes) -> list[str]:
    return [answer.code for answer in table.a.node.submit(rows, table.now)]


def whole(side: Side, att: Attachment) -> bool:
    [state] = side.node.blob_states([att.aid])
    return state.whole


def frames_of(side: Side) -> list[frames.Message]:
    reader = frames.Reader()
    return [
        message
        for effect in side.shown
        if isinstance(effect, session.Send)
        for message in reader.feed(effect.data)
    ]


@pytest.mark.parametrize(
    "size", [0, 1, limits.CHUNK - 1, limits.CHUNK, limits.CHUNK + 1, 70 * limits.CHUNK + 5]
)
def test_an_attachment_arrives_whole_after_its_record(table: Table, size: int) -> None:
    att = hand_in(table.a.node, size)
    assert submit(table, letter(table, 1, att)) == [""]
    table.pump()
    assert table.b.into.size == 2
    assert whole(table.b, att)
    found = [
        chunk for i in range(0, att.chunks, 5) for chunk in table.b.node.blob_chunks(att.aid, i, 5)
    ]
    assert found == chunks_of(size)
    assert table.b.node.wholes == 1


def test_bytes_leave_in_the_order_in_which_the_machine_made_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Table()
    for side in (table.a, table.b):  # a line on which the window shows
        side.terms = replace(side.terms, rates={"primary": 200_000})
        side.restart()
    table.connect()
    made: list[bytes] = []
    step = session.Session.step

    def noted(machine: session.Session, given: session.Input, now: Moment) -> session.Effects:
        effects = step(machine, given, now)
        if machine is table.a.node._links[table.a.link_id].session:
            made.extend(each.data for each in effects if isinstance(each, session.Send))
        return effects

    monkeypatch.setattr(session.Session, "step", noted)
    att = hand_in(table.a.node, 40 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    left: list[bytes] = []
    for _ in range(400):
        out = [e.data for _, e in table.a.node.take_effects() if isinstance(e, session.Send)]
        left += out
        for data in out:
            table.b.node.step(table.b.link_id, session.Bytes(1, data), table.now)
        # WANT and CREDIT in one read: what was read from the disk and what waited leave together.
        back = [e.data for _, e in table.b.node.take_effects() if isinstance(e, session.Send)]
        if back:
            given = session.Bytes(1, b"".join(back))
            table.a.node.step(table.a.link_id, given, table.now)
        table.now = table.now + Span(50)
        table.b.node.wake(table.now)
    assert whole(table.b, att)
    assert left == made


def test_a_chunk_that_our_disk_spoiled_closes_the_path_once(table: Table) -> None:
    # What goes out is believed until the peer, who looks at every chunk, says that it is not right.
    att = hand_in(table.a.node, 3 * limits.CHUNK)
    spoiled = disk(table.a)._files[att.aid.hex()]
    spoiled[manifest.SEALED_CHUNK + 7] ^= 1
    submit(table, letter(table, 1, att))
    table.pump()
    closed = [each for each in table.b.shown if isinstance(each, session.Close)]
    assert [each.code for each in closed] == ["E_STAGE"]
    table.a.shown.clear()
    table.b.shown.clear()
    table.connect(2)
    assert not any(isinstance(each, session.Close) for each in table.b.shown)
    sent = [each for each in frames_of(table.a) if each.type == frames.CHUNK]
    assert [frames_stage.read_chunk(each.payload).number for each in sent] == []
    spoiled[manifest.SEALED_CHUNK + 7] ^= 1
    table.cut(2)
    table.connect(3)
    assert whole(table.b, att)


def test_blocks_and_what_paces_them_move_no_level(table: Table) -> None:
    att = hand_in(table.a.node, 100 * limits.CHUNK)
    before = table.a.node.moves, table.b.node.moves
    submit(table, letter(table, 1, att))
    while table.b.node.stage.count(att.aid) < 10:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    assert table.a.node.moves > before[0]
    assert table.b.node.moves > before[1]
    moves = table.a.node.moves, table.b.node.moves
    levels = table.a.node.levels(), table.b.node.levels()
    table.pump()
    assert whole(table.b, att)
    assert (table.a.node.moves, table.b.node.moves) == moves
    assert (table.a.node.levels(), table.b.node.levels()) == levels
    table.a.node.tell_down(table.a.link_id, "DOWN", "why")
    assert table.a.node.moves == moves[0] + 1
    table.a.node.tell_down(table.a.link_id, "DOWN", "why")
    assert table.a.node.moves == moves[0] + 1


def test_sixty_four_attachments_of_one_record_all_arrive(table: Table) -> None:
    atts = [hand_in(table.a.node, n + 1, n.to_bytes(16, "big")) for n in range(limits.MAX_ATT)]
    assert submit(table, letter(table, 1, *atts)) == [""]
    table.pump()
    assert all(whole(table.b, att) for att in atts)
    with table.a.store.begin() as tx:
        assert tx.offers(table.a.link_id, 99) == []


def test_a_record_is_stored_before_its_attachment_is_there(table: Table) -> None:
    att = hand_in(table.a.node, 100 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    table.carry(table.a, table.b)
    table.carry(table.b, table.a)
    assert (table.b.into.size, table.a.out.receipted) == (2, 2)
    assert not whole(table.b, att)


@pytest.mark.parametrize("missing", ["all", "one chunk", "other size"])
def test_a_record_whose_attachment_is_not_here_is_refused(table: Table, missing: str) -> None:
    if missing == "all":
        att = Attachment(b"a" * 32, 17, 1)
    elif missing == "one chunk":
        table.a.node.stage_begin(HANDLE, manifest.sealed_size(limits.CHUNK + 1), 2, makers.NOW)
        table.a.node.stage_chunks(HANDLE, [chunks_of(limits.CHUNK + 1)[0]], makers.NOW)
        with pytest.raises(Exception, match="E_ATT"):
            table.a.node.stage_end(HANDLE, makers.NOW)
        att = Attachment(b"a" * 32, manifest.sealed_size(limits.CHUNK + 1), 2)
    else:
        att = replace(hand_in(table.a.node, 5), size=20)
    assert submit(table, letter(table, 1, att)) == ["E_ATT"]
    assert table.a.out.size == 1


def test_a_transfer_that_was_cut_goes_on_where_it_stopped(table: Table) -> None:
    att = hand_in(table.a.node, 300 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    while table.b.node.stage.count(att.aid) < 60:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    [state] = table.b.node.blob_states([att.aid])
    assert 0 < state.held < 300
    table.cut()
    table.b.shown.clear()
    table.a.shown.clear()
    table.connect(2)
    assert whole(table.b, att)
    sent = [each for each in frames_of(table.a) if each.type == frames.CHUNK]
    assert len(sent) == 300 - state.held


def test_both_nodes_may_start_again_in_the_middle(tmp_path: Path) -> None:
    table = Table(tmp_path)
    for side in (table.a, table.b):
        restart_on_files(side, tmp_path)
    table.connect()
    att = hand_in(table.a.node, 600 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    while table.b.node.stage.count(att.aid) < 300:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    for side in (table.a, table.b):
        restart_on_files(side, tmp_path)
    [state] = table.b.node.blob_states([att.aid])
    assert 250 < state.held <= 300  # what was noted durably, at most 16 MiB ago
    table.connect(2)
    assert whole(table.b, att)
    assert table.b.node.blob_chunks(att.aid, 599, 1) == chunks_of(600 * limits.CHUNK)[599:]


def restart_on_files(side: Side, folder: Path) -> None:
    side.store.close()
    side.store = SqliteLogs(side.file, FileBlobs(folder / f"staged {side.party.name}"))
    side.node = Node(side.seat, [side.terms], side.store, makers.NOW)


# Large records.


def test_a_large_record_is_staged_and_then_logged_by_its_hashes(table: Table) -> None:
    row = letter(table, 1, text=LARGE)
    table.a.shown.clear()
    assert submit(table, row) == [""]
    assert (table.a.out.size, table.a.out.waiting) == (1, 1)  # no place in the order yet
    table.pump()
    assert (table.a.out.size, table.a.out.receipted, table.a.out.waiting) == (2, 2, 0)
    [kept] = [each for each in table.b.node.since({}, 99, 2**24) if each.envelope == row]
    assert (kept.origin, kept.seq) == (table.b.into.origin, 1)
    [log] = [each for each in frames_of(table.a) if each.type == frames.RECORD]
    assert len(log.payload) == 9 + 128
    with table.b.store.begin() as tx:
        assert tx.blob_names() == []  # it stands in the log now


def test_a_flash_overtakes_a_large_record_and_goes_inline_itself(table: Table) -> None:
    large = letter(table, 1, text=LARGE)
    submit(table, large)
    flash = envelope(table.us, [table.them], 2, LARGE, FLASH, prec="FLASH")
    submit(table, flash)
    assert table.a.out.size == 2  # at once
    table.pump()
    rows = [each.envelope for each in table.b.node.since({}, 99, 2**24)]
    assert rows[-2:] == [flash, large]


def test_small_records_do_not_wait_for_a_large_one(table: Table) -> None:
    submit(table, letter(table, 1, text=LARGE))
    submit(table, letter(table, 2))
    table.carry(table.a, table.b)
    assert table.b.into.size == 2
    table.pump()
    assert table.b.into.size == 3


def test_many_large_records_all_arrive_in_the_order_they_were_handed_in(table: Table) -> None:
    rows = [letter(table, n, text=LARGE + b"%d" % n) for n in range(1, 41)]
    assert submit(table, *rows) == [""] * 40
    table.pump()
    assert table.a.out.receipted == 41
    found = [each.envelope for each in table.b.node.since({}, 99, 2**26)]
    assert found[-40:] == rows


def test_a_large_record_is_offered_again_after_a_cut_and_after_a_start(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    submit(table, letter(table, 1, text=LARGE))
    table.cut()
    table.a.restart()
    assert table.a.out.waiting == 1
    table.connect(2)
    assert (table.b.into.size, table.a.out.waiting) == (2, 0)


def test_a_peer_that_lost_what_it_said_it_holds_gets_the_record_whole(table: Table) -> None:
    submit(table, letter(table, 1, text=LARGE))
    while table.a.out.size < 2:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    for name in table.b.store.blobs.names():
        table.b.node.stage.drop(bytes.fromhex(name))
    table.pump()
    assert table.b.into.size == 1  # refused: not staged
    table.connect(2)
    assert table.b.into.size == 2


def test_a_record_logged_short_goes_short_again_after_a_cut(table: Table) -> None:
    submit(table, letter(table, 1, text=LARGE))
    while table.a.out.size < 2:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    table.cut()
    table.a.shown.clear()
    table.connect(2)
    assert table.b.into.size == 2
    [log] = [each for each in frames_of(table.a) if each.type == frames.RECORD]
    assert len(log.payload) == 9 + 128
    assert table.a.out.receipted == 2


# Room.


def test_what_has_no_room_waits_and_comes_when_there_is(table: Table) -> None:
    blobs = disk(table.b)
    att = hand_in(table.a.node, 50 * limits.CHUNK)
    blobs.size = 3 * att.size  # more than a quarter of what is free
    submit(table, letter(table, 1, att))
    table.pump()
    assert table.b.into.size == 2
    assert table.b.node.blob_states([att.aid]) == []
    blobs.size = 2**40
    table.wait(Span(61_000))
    table.connect(2)
    table.pump()
    assert whole(table.b, att)


def test_a_peer_stages_at_most_its_share(table: Table) -> None:
    node = table.b.node
    link = table.b.link_id
    size = limits.MAX_ATT_SIZE
    offer = frames_stage.Offer(
        b"a" * 32, frames_stage.ATTACHMENT, manifest.sealed_size(size), manifest.chunks_of(size)
    )
    disk(table.b).size = 2**50
    assert offer.size == limits.MAX_STAGED
    assert node.stage.open(link, offer) is not None
    one_more = frames_stage.Offer(b"b" * 32, frames_stage.ATTACHMENT, 16, 1)
    assert node.stage.open(link, one_more) is None
    assert node.stage.open("another link", one_more) is not None


def test_below_the_reserve_nothing_new_is_taken_and_what_is_stored_is_answered(
    table: Table,
) -> None:
    att = hand_in(table.a.node, 50 * limits.CHUNK)
    submit(table, letter(table, 1))
    table.carry(table.a, table.b)
    blobs = disk(table.b)
    blobs.write("junk", 0, bytes(1_000))
    blobs.size = 1_049  # less than a twentieth is free
    table.b.node.tick(makers.NOW)
    with pytest.raises(OurFault, match=r"store\.full"):
        table.b.node.submit([envelope(table.them, [table.us])], table.now)
    table.pump()
    assert table.a.out.receipted == 2
    assert table.a.out.state == "PEER_READ_ONLY"
    submit(table, letter(table, 2, att))
    table.pump()
    assert table.b.into.size == 2
    blobs.size = 2**40
    table.wait(Span(6_000))
    table.pump()
    assert table.a.out.state == "LIVE"
    assert table.b.into.size == 3
    table.cut()
    table.connect(2)
    assert whole(table.b, att)


def test_what_no_record_names_is_forgotten_after_a_week(table: Table) -> None:
    att, loose = hand_in(table.a.node, 5), hand_in(table.a.node, 6, b"g" * 16)
    submit(table, letter(table, 1, att))
    table.pump()
    table.wait(Span(stage.LOOSE_AFTER.ms * 99))  # a clock that jumps ages nothing
    assert len(table.a.store.blobs.names()) == 2
    for _ in range(stage.LOOSE_AFTER.ms // stage.TICK_MOST.ms + 1):
        table.wait(stage.TICK_MOST)
    assert [each.aid for each in table.a.node.blob_states([att.aid, loose.aid])] == [att.aid]
    assert table.a.store.blobs.names() == [att.aid.hex()]
    assert whole(table.b, att)


def test_what_a_purged_record_named_is_forgotten_with_it(table: Table) -> None:
    att = hand_in(table.a.node, 5)
    submit(table, letter(table, 1, att), letter(table, 2, att))
    table.pump()
    later = makers.NOW + Span(KEEP_AT_LEAST.ms + 60_000)
    for side in (table.a, table.b):
        assert side.store.blobs.names() == [att.aid.hex()]
        side.office_reads()
        side.node.care.order(Order(makers.NOW + Span(1), "1000"), later)
        while side.node.care.step(later):
            pass
        assert side.node.care.done.records == 2
        assert side.store.blobs.names() == []


def test_an_open_body_encloses_nothing_and_no_file_stands_twice(table: Table) -> None:
    att = hand_in(table.a.node, 5)
    assert submit(table, letter(table, 1, att, att)) == ["E_ATT"]
    read = envelope(table.us, [table.them], 2, b"{}", kind="sys.read", att=(att,))
    assert submit(table, read) == ["E_ATT"]


def test_a_batch_of_large_records_is_written_in_parts(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "FLUSH", 10_000)
    rows = [letter(table, n, text=LARGE) for n in range(1, 6)]
    submit(table, *rows)
    table.pump()
    assert [each.envelope for each in table.b.node.since({}, 99, 2**24)][-5:] == rows


def test_what_is_under_way_stops_when_the_disk_is_low_and_goes_on_later(table: Table) -> None:
    att = hand_in(table.a.node, 300 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    while table.b.node.stage.count(att.aid) < 40:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    blobs = disk(table.b)
    blobs.size = sum(len(blobs.read(name, 0, 2**30)) for name in blobs.names())
    table.b.node.tick(table.now)
    table.pump()
    assert not whole(table.b, att)
    blobs.size = 2**40
    table.wait(Span(1_000))
    table.cut()
    table.connect(2)
    assert whole(table.b, att)


def test_a_node_that_stores_no_more_does_not_look_at_its_stage(table: Table) -> None:
    hand_in(table.a.node, 5)
    fault = OurFault("store.failed", "the disk refused", "check the disk")
    table.a.node.stop_storing(fault, table.now)
    table.a.node.tick(table.now + Span(stage.LOOSE_AFTER.ms * 2))
    assert len(table.a.store.blobs.names()) == 1


def test_what_the_line_takes_inline_after_all_is_offered_no_more(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(State, "inline_max", limits.INLINE_LEAST)
    row = letter(table, 1, text=b"x" * 2_000)
    submit(table, row)
    assert table.a.out.waiting == 1
    monkeypatch.setattr(State, "inline_max", limits.INLINE_MAX)
    submit(table, letter(table, 2))
    assert (table.a.out.waiting, table.a.out.size) == (0, 3)
    table.pump()
    assert table.a.out.receipted == 3


@pytest.mark.parametrize(("size", "waits"), [(limits.INLINE_MAX, 0), (limits.INLINE_MAX + 1, 1)])
def test_an_envelope_at_the_limit_goes_inline_and_one_byte_more_is_staged(
    table: Table, size: int, waits: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = letter(table, 1, text=LARGE)
    monkeypatch.setattr(State, "inline_max", len(row) - (size - limits.INLINE_MAX))
    submit(table, row)
    assert table.a.out.waiting == waits


def test_of_what_the_peer_holds_only_so_much_is_remembered(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipping, "TAKEN_MAX", 1)
    submit(table, *[letter(table, n, text=LARGE) for n in range(1, 4)])
    table.pump()
    assert table.a.out.receipted == 4
    assert len(table.a.node._links[table.a.link_id].shipping._taken) == 1


def test_all_that_is_under_way_goes_again_however_large_it_is(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(table, *[letter(table, n, text=LARGE) for n in range(1, 6)])
    while table.a.out.size < 6:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    table.cut()
    monkeypatch.setattr(limits, "MAX_INFLIGHT_BYTES", 40_000)  # more stands in the log than this
    table.connect(2)
    assert (table.b.into.size, table.a.out.receipted) == (6, 6)


def purge(side: Side) -> int:
    later = makers.NOW + Span(KEEP_AT_LEAST.ms + 60_000)
    side.office_reads()
    side.node.care.order(Order(makers.NOW + Span(1), "1000"), later)
    while side.node.care.step(later):
        pass
    return side.node.care.done.records


def test_a_file_under_way_keeps_its_record_from_being_purged(table: Table) -> None:
    att = hand_in(table.a.node, 100 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    while not table.b.node.stage.count(att.aid) or table.a.out.receipted < 2:
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    table.cut()
    assert 0 < table.b.node.stage.count(att.aid) < att.chunks
    assert purge(table.a) == 0, "the peer is still owed it"
    assert purge(table.b) == 0, "it is here in part"
    table.connect(2)
    assert whole(table.b, att)
    assert (purge(table.a), purge(table.b)) == (1, 1)
    assert table.b.store.blobs.names() == []


# What a disk lost.


def report(side: Side, att: Attachment) -> audit_blobs.BlobReport:
    """What `detente check` finds of an attachment."""

    class Reader:
        def blob_names(self) -> list[bytes]:
            return [att.aid]

        def blob(self, name: bytes) -> Blob | None:
            with side.store.begin() as tx:
                return tx.blob(name)

        def part(self, name: bytes, part: int) -> bytes | None:
            with side.store.begin() as tx:
                return tx.part(name, part)

        def block(self, name: bytes, at: int, size: int) -> bytes:
            return side.store.blobs.read(name.hex(), at, size)

    told: list[tuple[int, int]] = []
    [found] = audit_blobs.check(Reader(), lambda done, of: told.append((done, of)))
    assert told == [(att.size, att.size)]
    return found


def mend(side: Side, found: audit_blobs.BlobReport, table: Table) -> bool:
    return side.node.mend(found.aid, found.bad, manifest=found.manifest, now=table.now)


@pytest.mark.parametrize("who", ["a", "b"])
def test_a_chunk_that_a_disk_lost_is_found_and_comes_back(table: Table, who: str) -> None:
    att = hand_in(table.a.node, 20 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    table.pump()
    side = table.a if who == "a" else table.b
    assert report(side, att).well
    for index in (3, 17):
        disk(side)._files[att.aid.hex()][index * manifest.SEALED_CHUNK + 9] ^= 1
    found = report(side, att)
    assert (found.well, found.bad, found.held) == (False, (3, 17), 20)
    assert mend(side, found, table)
    table.pump()
    assert report(side, att).well
    assert whole(side, att)
    assert not mend(side, found, table), "what is right stays"


def test_a_row_of_hashes_that_a_disk_lost_comes_back(table: Table) -> None:
    att = hand_in(table.a.node, 20 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    table.pump()
    with table.b.store.begin() as tx:
        tx.put_part(att.aid, 0, bytes(20 * 32))
    found = report(table.b, att)
    assert (found.manifest, found.bad) == (False, ())
    assert mend(table.b, found, table)
    table.pump()
    assert report(table.b, att).well
    assert whole(table.b, att)


def test_of_files_gone_every_chunk_comes_back_and_others_hear_nothing(table: Table) -> None:
    att = hand_in(table.a.node, 3 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    table.pump()
    del disk(table.b)._files[att.aid.hex()]
    found = report(table.b, att)
    assert found.bad == (0, 1, 2)
    # Without a line it waits, and is asked for when there is one.
    table.cut()
    assert mend(table.b, found, table)
    assert not whole(table.b, att)
    assert mend(table.b, found, table)
    table.connect(2)
    assert mend(table.b, found, table)
    table.pump()
    assert whole(table.b, att)
    assert not mend(table.b, replace(found, aid=b"?" * 32), table)
    assert not mend(table.b, replace(found, aid=b"?" * 32, manifest=False), table)


def test_an_attachment_that_went_elsewhere_is_not_given_to_who_asks(table: Table) -> None:
    att = hand_in(table.a.node, 5)
    link = table.a.node._links[table.a.link_id]
    want = frames_stage.want(frames_stage.Want(att.aid, 0, 1), 0)
    table.a.node.step(table.a.link_id, session.Bytes(1, want), table.now)
    with table.a.store.begin() as tx:
        assert tx.offers(link.name, 9) == []


def test_a_chunk_that_comes_back_by_courier(table: Table) -> None:
    att = hand_in(table.a.node, 20 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    table.pump()
    table.cut()
    disk(table.b)._files[att.aid.hex()][9] ^= 1
    assert mend(table.b, report(table.b, att), table)
    for writer, reader in ((table.b, table.a), (table.a, table.b)):
        job = Incoming(reader.node.courier)
        file = b"".join(writer.node.courier.write(reader.party.name, table.now).pieces)
        job.look(file)
        job.looked()
        job.take(file, table.now)
        found = job.taken(table.now)
    assert (found.attached_bytes, found.attached_whole) == (manifest.SEALED_CHUNK, 1)
    assert report(table.b, att).well


def test_what_arrives_is_judged_as_far_as_it_is_here(table: Table) -> None:
    att = hand_in(table.a.node, 100 * limits.CHUNK)
    submit(table, letter(table, 1, att))
    for _ in range(4):
        table.carry(table.a, table.b)
        table.carry(table.b, table.a)
    table.b.node.stage.note_all()
    found = report(table.b, att)
    assert found.well
    assert found.held < att.chunks
