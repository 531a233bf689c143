"""The part of a link that carries what is too large for the log: frames and the machine."""

from dataclasses import replace
from random import Random

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, randoms
from tests.link.playbook import THEIRS, Playbook, greeting, head, kinds, sent
from tests.support.outcomes import fault_of, value_or_code

from detente.core import limits, manifest
from detente.core.errors import TheirFault
from detente.core.moment import Span
from detente.link import frames, frames_stage, session, staged, staging
from detente.link.carried import ENTRY_TAG, Staged
from detente.link.frames_stage import ATTACHMENT, BLOCK, ENVELOPE, PART_0, Chunk, Offer, Want
from detente.link.moves_stage import (
    Keep,
    Kept,
    NoRoom,
    OfferAgain,
    Offering,
    Opened,
    OpenPlace,
    PeerHolds,
    ReadBlocks,
    ReadOut,
    Withdrawing,
)
from detente.link.reconcile import Verdict
from detente.link.session import Close, Effects, Intake, PathDown

FILE = b"f" * 32
CHUNK = bytes(manifest.SEALED_CHUNK)
LONG = Span(staged.SLOW.ms + 1)


def file_of(chunks: int, name: bytes = FILE) -> Offer:
    return Offer(name, ATTACHMENT, manifest.sealed_size(chunks * limits.CHUNK), chunks)


def envelope_of(size: int, name: bytes = b"e" * 32) -> Offer:
    return Offer(name, ENVELOPE, size, -(-size // BLOCK))


def opened(offer: Offer, *parts: int, held: int = 0) -> Opened:
    bits = bytearray(held.to_bytes(-(-offer.blocks // 8), "little"))
    return Opened(offer.hash, parts, bits, whole=False)


def wants(effects: Effects, conn: int = 1) -> list[tuple[int, int]]:
    rows = [each for each in sent(effects, conn) if each.type == frames.WANT]
    return [frames_stage.read_want(each.payload)[1:] for each in rows]


def live() -> Playbook:
    book = Playbook()
    book.meet()
    return book


def codes(effects: Effects) -> list[str]:
    return [each.code for each in effects if isinstance(each, Close)]


# Frames.


def one(data: bytes) -> frames.Message:
    [message] = frames.Reader().feed(data)
    return message


@given(
    name=binary(min_size=32, max_size=32),
    number=integers(0, 2**32 - 1),
    data=binary(min_size=1, max_size=400),
)
def test_what_is_written_is_read(name: bytes, number: int, data: bytes) -> None:
    want = Want(name, number, 2**32 - 1 - number)
    assert frames_stage.read_want(one(frames_stage.want(want, 2)).payload) == want
    chunk = Chunk(name, number, data * 150)
    assert frames_stage.read_chunk(one(frames_stage.chunk(chunk, 0)).payload) == chunk


@pytest.mark.parametrize(
    "offer",
    [
        envelope_of(1),
        envelope_of(BLOCK),
        envelope_of(BLOCK + 1),
        envelope_of(limits.MAX_ENVELOPE),
        file_of(1),
        Offer(FILE, ATTACHMENT, 16, 1),
        file_of(manifest.CHUNKS_MAX),
    ],
)
def test_an_offer_at_its_limits_is_read(offer: Offer) -> None:
    message = one(frames_stage.offer(offer, 3))
    assert frames_stage.read_offer(message.payload) == offer
    assert message.rank == 3


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        (envelope_of(limits.MAX_ENVELOPE + 1), "E_LIMIT"),
        (Offer(FILE, ENVELOPE, 0, 0), "E_FRAME"),
        (Offer(FILE, ENVELOPE, BLOCK, 2), "E_FRAME"),
        (Offer(FILE, ATTACHMENT, 16, 2), "E_FRAME"),
        (file_of(manifest.CHUNKS_MAX + 1), "E_LIMIT"),
        (Offer(FILE, 2, 16, 1), "E_FRAME"),
    ],
)
def test_an_offer_of_what_there_is_not_is_refused(offer: Offer, code: str) -> None:
    payload = frames_stage._OFFER.pack(*offer)
    assert fault_of(frames_stage.read_offer, payload) == code


@given(data=binary(max_size=120))
def test_any_bytes_are_read_or_are_their_fault(data: bytes) -> None:
    for read in (frames_stage.read_offer, frames_stage.read_want, frames_stage.read_chunk):
        found = value_or_code(read, data)
        assert found in ("E_FRAME", "E_LIMIT") or isinstance(found, tuple)


def test_a_chunk_longer_than_any_is_refused() -> None:
    most = bytes(36) + CHUNK
    assert frames_stage.read_chunk(most).data == CHUNK
    assert fault_of(frames_stage.read_chunk, most + b"x") == "E_FRAME"
    assert fault_of(frames_stage.read_chunk, bytes(36)) == "E_FRAME"


# What they offer.


def test_an_attachment_is_asked_for_by_its_manifest_and_then_by_windows() -> None:
    book, offer = live(), file_of(3_000)
    assert book.hear(frames_stage.offer(offer, 0)) == [OpenPlace(1, offer)]
    assert wants(book.step(opened(offer, 0, 1))) == [(PART_0 - 1, 2)]
    part = bytes(manifest.PART_BYTES)
    [keep] = book.hear(frames_stage.chunk(Chunk(FILE, PART_0, part), 0))
    assert keep == Keep(1, FILE, PART_0, part)
    assert book.step(Kept(FILE, PART_0, whole=False)) == []  # the other is on its way
    assert wants(book.step(Kept(FILE, PART_0 - 1, whole=False))) == [(0, staged.WINDOW)]
    assert half_comes(book, 0, staged.WINDOW, Span(staged.QUICK.ms + 1)) == [(32, 16)]


def half_comes(book: Playbook, first: int, window: int, took: Span) -> list[tuple[int, int]]:
    """Let half of a window come in so long; return what is asked for then."""
    last = first + window // 2 - 1
    for number in range(first, last):
        assert wants(book.step(Kept(FILE, number, whole=False))) == []
    book.now = book.now + took
    return wants(book.step(Kept(FILE, last, whole=False)))


def test_the_window_is_wider_on_a_quick_line_and_narrow_again_on_a_slow_one() -> None:
    book, offer = live(), file_of(2_000)
    book.hear(frames_stage.offer(offer, 0))
    assert wants(book.step(opened(offer))) == [(0, 32)]
    # A clock that was set back says nothing.
    assert half_comes(book, 0, 32, Span(-1)) == [(32, 16)]
    assert half_comes(book, 16, 32, staged.QUICK) == [(48, 48)]
    assert half_comes(book, 32, 64, Span(0)) == [(96, 96)]
    assert half_comes(book, 64, 128, Span(0)) == [(192, 64)]  # never wider
    assert half_comes(book, 128, 128, staged.SLOW) == [(256, 64)]
    # Now 128 are asked for: the half of 64 of them is due only when 32 are left.
    assert half_comes(book, 192, 128, LONG) == []
    assert half_comes(book, 256, 64, staged.SLOW) == [(320, 32)]
    assert half_comes(book, 288, 64, LONG) == []
    assert half_comes(book, 320, 32, LONG) == [(352, 16)]


def test_what_is_here_from_before_is_not_asked_for() -> None:
    book, offer = live(), file_of(6)
    book.hear(frames_stage.offer(offer, 0))
    assert wants(book.step(opened(offer, held=0b010110))) == [(0, 1), (3, 1), (5, 1)]


def test_what_is_whole_already_is_said_so() -> None:
    book, offer = live(), file_of(6)
    book.hear(frames_stage.offer(offer, 0))
    assert wants(book.step(Opened(FILE, (), bytearray(1), whole=True))) == [(0, 0)]
    assert book.step(Opened(FILE, (), bytearray(1), whole=True)) == []  # nobody asked


def test_the_last_block_is_answered_by_have_it_and_the_next_attachment_follows() -> None:
    book, first, second = live(), file_of(1), file_of(2, b"g" * 32)
    book.hear(frames_stage.offer(first, 0), frames_stage.offer(second, 0))
    assert wants(book.step(opened(first))) == [(0, 1)]
    assert wants(book.step(opened(second))) == []  # one after the other
    effects = book.step(Kept(FILE, 0, whole=True))
    assert wants(effects) == [(0, 0), (0, 2)]
    assert book.step(Kept(FILE, 0, whole=True)) == []
    assert book.hear(frames_stage.chunk(Chunk(FILE, 0, CHUNK), 0)) == []


def test_an_envelope_is_asked_for_whole_at_its_precedence() -> None:
    book, offer = live(), envelope_of(limits.MAX_ENVELOPE)
    book.hear(frames_stage.offer(offer, 3))
    effects = book.step(opened(offer))
    assert wants(effects) == [(0, 90)]
    assert [each.rank for each in sent(effects)] == [3]
    last = Chunk(offer.hash, 89, bytes(BLOCK))
    assert book.hear(frames_stage.chunk(last, 3)) == [Keep(1, *last)]


def test_chunks_without_a_manifest_or_known_already_are_left() -> None:
    book, offer = live(), file_of(9)
    book.hear(frames_stage.offer(offer, 0))
    book.step(opened(offer, 0, held=0b1))
    assert book.hear(frames_stage.chunk(Chunk(FILE, 3, CHUNK), 0)) == []
    book.step(Kept(FILE, PART_0, whole=False))
    assert book.hear(frames_stage.chunk(Chunk(FILE, 0, CHUNK), 0)) == []
    assert len(book.hear(frames_stage.chunk(Chunk(FILE, 8, CHUNK), 0))) == 1  # in any order
    assert book.hear(frames_stage.chunk(Chunk(FILE, PART_0, bytes(9 * 32)), 0)) == []


@pytest.mark.parametrize("chunk", [Chunk(FILE, 9, CHUNK), Chunk(FILE, 3, CHUNK[1:])])
def test_a_chunk_that_there_is_not_closes_the_path(chunk: Chunk) -> None:
    book, offer = live(), file_of(9)
    book.hear(frames_stage.offer(offer, 0))
    book.step(opened(offer))
    assert codes(book.hear(frames_stage.chunk(chunk, 0))) == ["E_FRAME"]


def test_more_open_offers_than_the_limit_are_busy() -> None:
    book = live()
    offers = [file_of(1, n.to_bytes(32, "big")) for n in range(limits.MAX_OFFERS + 1)]
    for offer in offers[:-1]:
        assert book.hear(frames_stage.offer(offer, 0)) == [OpenPlace(1, offer)]
    assert book.hear(frames_stage.offer(offers[0], 0)) == [OpenPlace(1, offers[0])]  # the same
    assert codes(book.hear(frames_stage.offer(offers[-1], 0))) == ["E_BUSY"]


def test_what_finds_no_room_is_looked_at_again_each_minute() -> None:
    book, offer, other = live(), file_of(2), file_of(1, b"g" * 32)
    book.hear(frames_stage.offer(offer, 0), frames_stage.offer(other, 0))
    assert book.step(NoRoom(FILE)) == []
    assert book.step(NoRoom(b"z" * 32)) == []
    assert wants(book.step(opened(other))) == [(0, 1)]
    assert [each for each in book.wait(Span(4_000)) if isinstance(each, OpenPlace)] == []
    book.now = book.now + Span(60_000)
    assert book.hear(frames.pong(1, 1)) == []
    effects = book.step(session.Tick())
    assert [each for each in effects if isinstance(each, OpenPlace)] == [OpenPlace(1, offer)]
    assert wants(effects) == [(0, 1)]  # a minute is long enough to ask for the other again
    assert wants(book.step(NoRoom(other.hash))) == []  # what was begun may lose its room too
    assert wants(book.step(opened(offer))) == [(0, 2)]


def test_what_never_comes_is_asked_for_again_after_others() -> None:
    book, first, second = live(), file_of(2), file_of(3, b"g" * 32)
    book.hear(frames_stage.offer(first, 0), frames_stage.offer(second, 0))
    book.step(opened(first))
    book.step(opened(second))
    book.now = book.now + staging.STALLED
    book.hear(frames.pong(1, 1))
    assert wants(book.step(session.Tick())) == [(0, 3)]
    book.now = book.now + staging.STALLED
    book.hear(frames.pong(1, 1))
    assert wants(book.step(session.Tick())) == [(0, 2)]


def test_an_offer_that_nobody_answers_is_made_again() -> None:
    # The answer may have gone over a connection that only the other side still believed in.
    book, offer = live(), file_of(2)
    book.step(Offering(offer, 0))
    book.now = book.now + staging.STALLED
    book.hear(frames.pong(1, 1))
    assert sent(book.step(session.Tick())) == frames.Reader().feed(frames_stage.offer(offer, 0))
    book.now = book.now + Span(-staging.STALLED.ms * 1_000)  # a clock that is set back
    book.step(session.Tick())
    book.now = book.now + staging.STALLED
    book.hear(frames.pong(1, 1))
    assert sent(book.step(session.Tick())) == frames.Reader().feed(frames_stage.offer(offer, 0))


def test_a_lost_connection_begins_anew_with_what_is_offered() -> None:
    book, offer = live(), file_of(2)
    book.hear(frames_stage.offer(offer, 0))
    book.step(PathDown(1, "cut"))
    assert book.step(opened(offer)) == []
    book.meet(2)
    assert book.hear(frames_stage.chunk(Chunk(FILE, 0, CHUNK), 0), conn=2) == []
    assert book.hear(frames_stage.offer(offer, 0), conn=2) == [OpenPlace(2, offer)]


def test_a_halted_link_stages_nothing() -> None:
    book = live()
    book.halt()
    assert book.hear(frames_stage.offer(file_of(1), 0)) == []
    assert book.step(Offering(file_of(1), 0)) == []


def test_what_does_not_match_closes_the_path() -> None:
    book = live()
    fault = TheirFault("E_STAGE", "a chunk that its manifest does not name", "send it again")
    assert codes(book.step(session.Refused(1, fault))) == ["E_STAGE"]


# What we offer.


def test_what_we_offer_is_offered_once_a_connection_and_read_as_it_is_asked_for() -> None:
    book, offer = Playbook(), file_of(40)
    assert book.step(Offering(offer, 0)) == []  # there is no line yet
    assert book.step(Offering(offer, 0)) == []
    assert kinds(book.meet()).count(frames.OFFER) == 1
    [read] = book.hear(frames_stage.want(Want(FILE, 0, 20), 0))
    assert read == ReadBlocks(FILE, 0, staging.READ_MAX)
    blocks = [(n, CHUNK) for n in range(staging.READ_MAX)]
    effects = book.step(ReadOut(FILE, blocks))
    assert kinds(effects) == [frames.CHUNK] * staging.READ_MAX
    for first in (4, 8, 12, 16):  # no more is read before the line was heard
        assert effects[-1] != ReadBlocks(FILE, first, 4)
        [read] = book.hear(frames.credit(first))
        assert read == ReadBlocks(FILE, first, 4)
        effects = book.step(ReadOut(FILE, [(n, CHUNK) for n in range(first, first + 4)]))
        assert kinds(effects) == [frames.CHUNK] * 4
    assert book.step(ReadOut(FILE, blocks)) == []  # not asked for
    book.hear(frames_stage.want(Want(FILE, 20, 20), 0))
    assert book.session.progress(FILE) == 20
    assert book.hear(frames_stage.want(Want(FILE, 0, 0), 0)) == [PeerHolds(FILE)]
    assert book.session.progress(FILE) == 0
    assert book.hear(frames_stage.want(Want(FILE, 0, 0), 0)) == []
    assert book.step(ReadOut(FILE, blocks)) == []


def test_no_block_is_read_while_the_line_takes_none() -> None:
    book = live()
    book.step(Offering(file_of(40), 0))
    book.step(session.PathFull(1))
    assert book.hear(frames_stage.want(Want(FILE, 0, 8), 0)) == [ReadBlocks(FILE, 0, 4)]
    blocks = [(n, CHUNK[:60_000]) for n in range(5)]
    assert book.step(ReadOut(FILE, blocks[:4])) == [ReadBlocks(FILE, 4, 1)]  # less than AHEAD waits
    assert book.step(ReadOut(FILE, blocks[4:])) == []
    assert book.hear(frames_stage.want(Want(FILE, 8, 8), 0)) == []
    assert book.step(session.Tick()) == []
    effects = book.step(session.PathFree(1))
    assert kinds(effects) == [frames.CHUNK] * 5
    assert effects[-1] == ReadBlocks(FILE, 5, 3)


def test_on_a_slow_line_no_more_is_read_than_its_window() -> None:
    # A record that is logged waits behind blocks of its own class, and a FLASH waits for it.
    book, offer = live(), envelope_of(40 * BLOCK)
    book.session._link.conns[1].queue.pace.rate = 40_000  # a window of 12,000 bytes
    book.step(Offering(offer, 1))
    book.step(session.PathFull(1))
    [read] = book.hear(frames_stage.want(Want(offer.hash, 0, 40), 1))
    assert read == ReadBlocks(offer.hash, 0, 2)
    effects = book.step(ReadOut(offer.hash, [(n, bytes(BLOCK)) for n in range(2)]))
    assert effects == [ReadBlocks(offer.hash, 2, 1)]
    assert book.step(ReadOut(offer.hash, [(2, bytes(BLOCK))])) == []
    effects = book.step(session.PathFree(1))
    assert effects[-1] == ReadBlocks(offer.hash, 3, 1)  # what left is not answered yet


def test_blocks_that_cannot_be_read_end_their_run() -> None:
    book = live()
    book.step(Offering(file_of(9), 0))
    book.hear(frames_stage.want(Want(FILE, 0, 4), 0))
    assert book.hear(frames_stage.want(Want(FILE, 6, 2), 0)) == []  # one read at a time
    assert book.step(ReadOut(FILE, [])) == [ReadBlocks(FILE, 6, 2)]


def test_who_asks_for_everything_gets_it_by_and_by() -> None:
    book = live()
    book.step(Offering(file_of(60_000), 0))
    effects = book.hear(frames_stage.want(Want(FILE, 0, 60_000), 0))
    count = 0
    while effects and isinstance(effects[-1], ReadBlocks):
        read = effects[-1]
        count += read.count
        rows = [(n, b"x") for n in range(read.first, read.first + read.count)]
        effects = book.step(ReadOut(FILE, rows))
    assert count == staging.SERVED_MAX
    assert book.step(session.Tick()) == [ReadBlocks(FILE, count, staging.READ_MAX)]


def test_manifest_parts_are_asked_for_by_their_numbers() -> None:
    book = live()
    book.step(Offering(file_of(3_000), 0))
    found = book.hear(frames_stage.want(Want(FILE, PART_0 - 1, 2), 0))
    assert found == [ReadBlocks(FILE, PART_0 - 1, 2)]
    assert book.session.progress(FILE) == 0


@pytest.mark.parametrize("want", [(0, 10), (8, 2), (PART_0 - 1, 2), (PART_0, 2), (9, 1)])
def test_a_want_for_what_there_is_not_closes_the_path(want: tuple[int, int]) -> None:
    book = live()
    book.step(Offering(file_of(9), 0))
    assert codes(book.hear(frames_stage.want(Want(FILE, *want), 0))) == ["E_FRAME"]


def test_too_many_wants_at_once_are_busy() -> None:
    book = live()
    book.step(Offering(file_of(900), 0))
    ask = frames_stage.want(Want(FILE, 0, 1), 0)
    book.hear(*[ask] * staging.RANGES_MAX)
    assert codes(book.hear(ask)) == ["E_BUSY"]


def test_what_is_withdrawn_is_offered_no_more() -> None:
    book = live()
    book.step(Offering(file_of(9), 0))
    assert book.step(Withdrawing(FILE)) == []
    assert book.step(Withdrawing(FILE)) == []
    # Who asks all the same lost it: the node decides whether it is offered again.
    assert book.hear(frames_stage.want(Want(FILE, 0, 1), 0)) == [OfferAgain(FILE)]
    assert book.hear(frames_stage.want(Want(FILE, 0, 0), 0)) == []


# Records by their hashes.


def test_a_record_may_come_short_and_whole_over_two_paths() -> None:
    short = Staged(ENTRY_TAG + bytes(128))
    for first, second in ((short, b"envelope"), (b"envelope", short)):
        book = live()
        book.hear(frames.record(0, first, 1), frames.record(0, second, 1))
        [intake] = book.hear(frames.checkpoint(head(1)))
        assert isinstance(intake, Intake)
        assert list(intake.envelopes) == [b"envelope"]
    book = live()
    other = Staged(ENTRY_TAG + b"x" * 128)
    assert codes(book.hear(frames.record(0, short, 1), frames.record(0, other, 1))) == ["E_FRAME"]


@given(order=randoms(use_true_random=False), chunks=integers(1, 60), cuts=integers(0, 3))
def test_blocks_in_any_order_and_after_any_cut_end_in_have_it(
    order: Random, chunks: int, cuts: int
) -> None:
    book, offer = live(), file_of(chunks)
    conn, held, done = 1, 0, False
    for turn in range(cuts + 1):
        book.hear(frames_stage.offer(offer, 0), conn=conn)
        effects = book.step(opened(offer, held=held))
        asked = [n for first, count in wants(effects, conn) for n in range(first, first + count)]
        while asked and not done:
            assert len(asked) <= staged.WINDOW_MOST
            number = asked.pop(order.randrange(len(asked)))
            assert not held >> number & 1, "nothing is asked for twice"
            held |= 1 << number
            done = held == (1 << chunks) - 1
            effects = book.step(Kept(FILE, number, whole=done))
            asked += [
                n for first, count in wants(effects, conn) for n in range(first, first + count)
            ]
            if turn < cuts and order.random() < 0.1:
                break
        if done:
            break
        book.step(PathDown(conn, "cut"))
        conn += 1
        book.meet(conn)
    assert done


def test_who_changes_the_connection_later_than_the_peer_asks_for_what_it_was_offered() -> None:
    book, offer = live(), file_of(3)
    book.meet(2, "secondary")
    book.hear(frames_stage.offer(offer, 0), conn=1)
    conn = 2 if book.session._link.live == 2 else 1
    assert wants(book.step(opened(offer)), conn) == [(0, 3)]
    book.step(PathDown(conn, "cut"))
    other = 3 - conn
    assert wants(book.hear(frames.pong(1, 1), conn=other), other) == [(0, 3)]


# What a peer takes staged.


def taking(staged: int) -> Playbook:
    book = Playbook()
    book.open()
    book.hear(greeting(replace(THEIRS, limits={"staged_bytes": staged})))
    book.step(session.Judged(1, Verdict()))
    return book


def later(book: Playbook) -> list[bytes]:
    book.now = book.now + staging.STALLED
    book.hear(frames.pong(1, 1))
    return offers(book.step(session.Tick()))


def offers(effects: Effects) -> list[bytes]:
    rows = [each for each in sent(effects) if each.type == frames.OFFER]
    return [frames_stage.read_offer(each.payload).hash for each in rows]


@pytest.mark.parametrize(("spare", "fits"), [(0, True), (-1, False)])
def test_no_more_is_offered_than_the_peers_hello_takes(spare: int, fits: bool) -> None:
    first, second = file_of(1, b"1" * 32), file_of(2, b"2" * 32)
    book = taking(first.size + second.size + spare)
    assert offers(book.step(Offering(first, 0))) == [first.hash]
    assert offers(book.step(Offering(second, 0))) == ([second.hash] if fits else [])
    assert set(later(book)) == ({first.hash, second.hash} if fits else {first.hash})
    book.step(Withdrawing(first.hash))
    assert later(book) == [second.hash]


def test_what_is_urgent_takes_the_room_first_and_what_never_fits_holds_up_nothing() -> None:
    large, slow, fast = file_of(9, b"1" * 32), file_of(1, b"2" * 32), envelope_of(5_000)
    book = taking(slow.size)
    assert offers(book.step(Offering(large, 0))) == []
    assert offers(book.step(Offering(slow, 0))) == [slow.hash]
    assert offers(book.step(Offering(fast, 3))) == [fast.hash]
    assert later(book) == [fast.hash]
