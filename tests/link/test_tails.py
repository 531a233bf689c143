"""Tails and epoch notes as the machine hears and says them."""

from dataclasses import replace

import pytest
from tests.link.playbook import THEIRS, WHO, Playbook, greeting, head, heads, kinds, receipt, sent
from tests.support import makers
from tests.support.outcomes import fault_of

from detente.core.moment import Span
from detente.link import frames, pieces, session, tail_frames
from detente.link.moves_epochs import (
    Behind,
    Confirmed,
    Emergency,
    Ended,
    Freeze,
    MustRecover,
    Noted,
    Reopen,
    ServeTail,
    Settle,
    TailServed,
    TailTaken,
    TakeTail,
)
from detente.link.reconcile import Verdict
from detente.link.session import (
    HALTED,
    LIVE,
    RECOVER,
    Close,
    Effects,
    PathDown,
    Session,
    Show,
    StatusChanged,
)
from detente.link.status import Roots
from detente.link.tails import ROOT_CHANGED

LOST = Verdict(recover="this side lost records")
RECORD = (b"one", b"two")


def recovering(out: int = 0, into: int = 0) -> Playbook:
    """A side that asks for both tails over connection 1."""
    book = Playbook(heads(out, 0, into))
    book.meet(verdict=LOST)
    return book


def asked(effects: Effects, conn: int = 1) -> list[tuple[int, int]]:
    """Which tails are asked for: log and place."""
    rows = [each for each in sent(effects, conn) if each.type == frames.TAIL_REQ]
    return [tail_frames.read_place(each.payload) for each in rows]


def piece(log: int, first: int, end: int, rows: tuple[bytes, ...] = RECORD) -> bytes:
    size = first + len(rows)
    return tail_frames.answer(log, first, rows, head(size), receipt(size), end)


def taken(
    book: Playbook, log: int, size: int, end: int, into: int = 0, out: int = 0, *, gave: bool = True
) -> Effects:
    return book.step(TailTaken(1, log, size, end, heads(out, 0, into), gave))


def test_a_side_that_recovers_stops_durably_then_asks_for_both_tails() -> None:
    book = Playbook(heads(2, 0, 3))
    effects = book.meet(verdict=LOST)
    at = [type(each) for each in effects].index(Freeze)
    assert effects[at + 1] == Show(RECOVER, "this side lost records")
    assert asked(effects[:at]) == [], "nothing is asked before it is durable"
    assert asked(effects) == [(0, 2), (1, 3)]
    assert book.session.state == RECOVER


def test_a_piece_without_head_and_receipt_is_an_end_alone() -> None:
    data = tail_frames.answer(0, 0, (), None, None, 7)
    [end] = frames.Reader().feed(data)
    assert (end.type, tail_frames.read_place(end.payload)) == (frames.TAIL_END, (0, 7))


def test_what_the_books_are_asked_stands_until_the_link_halts() -> None:
    book = Playbook()
    book.meet()
    wanted = (Settle(1), Freeze(1, "why"), ServeTail(1, WHO.link_id, 0, 0), Emergency(1))
    assert all(book.session.wants(each) for each in (*wanted, Reopen(1)))
    book.halt()
    assert [book.session.wants(each) for each in wanted] == [False, False, False, True]


def test_a_piece_is_stored_whole_and_the_next_is_asked_for() -> None:
    book = recovering()
    [take] = book.hear(piece(0, 0, 5))
    assert take == TakeTail(1, 0, 0, [*RECORD], head(2), receipt(2), 5)
    assert asked(taken(book, 0, 2, 5, out=2)) == [(0, 2)]
    assert book.session.heads.out_size == 2
    [take] = book.hear(piece(0, 2, 5, (b"a", b"b", b"c")))
    assert isinstance(take, TakeTail)
    assert taken(book, 0, 5, 5, out=5) == [], "the other log is still missing"
    book.hear(piece(1, 0, 0, ()))
    assert book.step(TailTaken(1, 1, 0, 0, book.session.heads, gave=True)) == [Settle(1)]


def test_what_is_stated_and_not_served_halts_the_link() -> None:
    book = Playbook()
    book.open()
    book.hear(greeting(replace(THEIRS, heads=heads(3, 0, 0))))
    book.step(session.Judged(1, LOST))
    book.hear(piece(1, 0, 0, ()))
    taken(book, 1, 0, 0)
    assert (book.session.state, book.session.why[:12]) == (HALTED, "E_ROOT: they")


def test_a_tail_that_does_not_grow_halts_the_link() -> None:
    book = recovering()
    book.hear(piece(0, 0, 4, ()))
    taken(book, 0, 0, 4, gave=False)
    assert book.session.why.startswith("E_ROOT: they hold 4 records of our log")


def test_a_piece_that_a_courier_file_brought_first_is_no_tail_kept_back() -> None:
    book = recovering()
    book.hear(piece(0, 0, 4))
    assert asked(taken(book, 0, 2, 4, out=2)) == [(0, 2)], "the rest is asked for"


def test_records_of_a_tail_come_in_order_and_are_not_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = recovering()
    assert closes(book.hear(piece(0, 1, 9))) == ["E_SEQ_GAP"]
    monkeypatch.setattr(pieces, "PIECE_COUNT", 1)
    assert closes(recovering().hear(piece(0, 0, 9))) == ["E_BUSY"]
    monkeypatch.setattr(pieces, "PIECE_BYTES", 5)
    monkeypatch.setattr(pieces, "PIECE_COUNT", 9)
    assert closes(recovering().hear(piece(0, 0, 9))) == ["E_BUSY"]


def closes(effects: Effects) -> list[str]:
    return [each.code for each in effects if isinstance(each, Close)]


def test_a_tail_that_nobody_asked_for_is_nothing() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(piece(0, 0, 5)) == []
    assert book.hear(piece(3, 0, 5)) == []
    assert taken(book, 2, 5, 5) == []
    assert taken(book, 0, 0, 0) == []


def test_another_message_on_the_channel_of_a_tail_is_what_it_is() -> None:
    book = recovering()
    ping = frames.encode(frames.PING, bytes(8), chan=tail_frames.CHAN)
    assert kinds(book.hear(ping)) == [frames.PONG]
    book = Playbook()
    book.meet()
    assert kinds(book.hear(ping)) == [frames.PONG]


def test_who_is_asked_for_a_tail_stops_and_asks_too() -> None:
    book = Playbook(heads(1, 0, 1))
    book.meet()
    effects = book.hear(tail_frames.ask(1, 0))
    assert isinstance(effects[0], Freeze)
    assert effects[-1] == ServeTail(1, WHO.link_id, 1, 0)
    assert asked(effects) == [(0, 1), (1, 1)]
    again = book.hear(tail_frames.ask(0, 0))
    assert again == [ServeTail(1, WHO.link_id, 0, 0)]


def test_the_logs_before_an_emergency_are_served_without_a_stop() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(tail_frames.ask(2, 0)) == [ServeTail(1, WHO.link_id, 2, 0)]
    assert book.session.state == LIVE


def test_a_halted_link_serves_no_tail_and_recovers_by_no_note() -> None:
    book = Playbook(halted="E_FORK: two histories")
    book.open()
    book.hear(greeting())
    assert book.hear(tail_frames.ask(0, 0)) == []
    assert book.step(MustRecover(1, "why")) == []
    assert not book.session.wants(Settle(1))


def test_a_served_piece_ends_with_the_size_of_the_whole_log() -> None:
    book = Playbook()
    book.meet()
    effects = book.step(TailServed(1, 1, 0, RECORD, head(2), receipt(2), 9))
    found = sent(effects)
    assert [each.type for each in found] == [
        frames.RECORD, frames.RECORD, frames.CHECKPOINT, frames.COSIGN, frames.TAIL_END,
    ]  # fmt: skip
    assert {each.chan for each in found} == {tail_frames.CHAN + 1}
    assert tail_frames.read_place(found[-1].payload) == (1, 9)


def test_a_place_has_one_form() -> None:
    read = tail_frames.read_place
    assert fault_of(read, bytes(8)) == "E_FRAME"
    assert fault_of(read, bytes([4]) + bytes(8)) == "E_FRAME"
    assert fault_of(read, bytes([0]) + (2**48 + 1).to_bytes(8, "big")) == "E_FRAME"
    assert read(bytes([3]) + (2**48).to_bytes(8, "big")) == (3, 2**48)


def test_a_lost_connection_is_replaced_in_asking() -> None:
    book = recovering()
    book.open(2, "secondary")
    book.hear(greeting(replace(THEIRS, path="secondary")), conn=2)
    assert asked(book.step(session.Judged(2, LOST)), 2) == [], "it is asked over the first"
    book.step(PathDown(1, "cut"))
    assert asked(book.wait(Span(1_000)), 2) == [(0, 0), (1, 0)]
    assert book.wait(Span(1_000)) == []
    assert book.step(TailTaken(1, 0, 0, 0, heads(), gave=True)) == [], "what the first brought"


def test_a_note_goes_out_and_the_end_of_an_epoch_closes_every_connection() -> None:
    book = Playbook()
    book.meet()
    book.step(session.PathBegun(2, "secondary", dialled=True))
    assert kinds(book.step(Noted(1, b"a note"))) == [frames.EPOCH]
    effects = book.step(Ended(1, b"a note"))
    assert kinds(effects) == [frames.EPOCH, frames.BYE]
    assert kinds(effects, 2) == []
    assert closes(effects) == ["bye", "bye"]
    assert effects[-1] == Reopen(1)


def test_a_side_that_is_behind_asks_on_the_strange_connection() -> None:
    book = Playbook()
    book.open()
    book.hear(greeting(replace(THEIRS, link_id="a" * 16)))
    assert asked(book.step(Behind(1))) == [(0, 0), (1, 0)]
    book.hear(piece(0, 0, 2))
    taken(book, 0, 2, 2, out=2)
    assert book.step(TailTaken(1, 1, 0, 0, heads(2), gave=True)) == [Settle(1)]
    served = book.hear(tail_frames.ask(1, 0))
    assert served == [ServeTail(1, "a" * 16, 1, 0)]


# Emergency.


def test_a_halted_link_wants_an_emergency_while_a_path_lives() -> None:
    book = Playbook()
    book.meet()
    assert book.wait(Span(1_000)) == []
    book.halt()
    assert book.wait(Span(1_000)) == [Emergency(1)]
    book.step(PathDown(1, "cut"))
    assert book.wait(Span(1_000)) == []


def test_a_card_fork_wants_none() -> None:
    book = Playbook(halted="E_CARD_FORK: two cards")
    book.open()
    book.hear(greeting())
    assert book.wait(Span(1_000)) == []


def test_a_recovery_wants_one_after_ten_seconds() -> None:
    book = recovering()
    assert Emergency(1) not in book.wait(Span(9_999))
    assert Emergency(1) in book.wait(Span(1))


def disputed(settle: bytes = b"", before: tuple[int, int] | None = (2, 3)) -> Playbook:
    book = Playbook()
    book.session = Session(WHO, heads(), None, before=before, settle=settle)
    book.meet()
    return book


def test_what_is_missing_before_an_emergency_is_asked_for_while_urgent_records_go() -> None:
    book = disputed()
    assert asked(book.wait(Span(1_000))) == [(2, 2), (3, 3)]
    assert asked(book.wait(Span(1_000))) == [], "once"
    book.hear(piece(2, 2, 4))
    assert book.step(TailTaken(1, 2, 4, 4, heads(), gave=True)) == []
    book.hear(piece(3, 3, 3, ()))
    assert book.step(TailTaken(1, 3, 3, 3, heads(), gave=True)) == []
    assert book.session.state == LIVE
    effects = book.wait(Span(1_000))
    assert isinstance(effects[0], Freeze)
    assert asked(effects) == [(0, 0), (1, 0), (2, 4), (3, 3)], "then all four are closed"


def test_two_persons_who_confirmed_the_same_stop_the_emergency() -> None:
    book = disputed(before=None)
    told = book.step(Confirmed(b"h" * 32))
    assert frames.read_hash(sent(told)[0].payload, "settle") == b"h" * 32
    other = frames.status(attended=(), read_only=False, settle=b"x" * 32)
    assert [type(each) for each in book.hear(other)] == [Show]
    same = frames.status(attended=(), read_only=False, settle=b"h" * 32)
    assert Freeze in map(type, book.hear(same))
    assert book.session.state == RECOVER


@pytest.mark.parametrize(
    ("ours", "theirs", "agreed"),
    [
        (Roots(b"h" * 32, b""), (b"", b"h" * 32), True),
        (Roots(b"", b"h" * 32), (b"h" * 32, b""), True),
        (Roots(b"h" * 32, b""), (b"h" * 32, b""), False),
        (Roots(b"h" * 32, b""), (b"", b"x" * 32), False),
        (Roots(), (b"h" * 32, b"h" * 32), False),
    ],
)
def test_both_sides_that_state_the_same_root_card_stop(
    ours: Roots, theirs: tuple[bytes, bytes], agreed: bool
) -> None:
    book = Playbook()
    book.session = Session(WHO, heads(), None, roots=ours)
    told = [each for each in sent(book.meet()) if each.type == frames.STATUS]
    assert frames.read_hash(told[0].payload, "next_root") == ours.coming
    assert frames.read_hash(told[0].payload, "root_compared") == ours.compared
    effects = book.hear(
        frames.status(attended=(), read_only=False, next_root=theirs[0], root_compared=theirs[1])
    )
    assert (Freeze in map(type, effects)) is agreed
    assert (book.session.state == RECOVER) is agreed
    assert (book.session.root_agreed == b"h" * 32) is agreed
    assert book.session.peer_compared == theirs[1]


def test_who_is_asked_for_tails_after_both_stated_a_root_card_says_why() -> None:
    book = Playbook()
    book.session = Session(WHO, heads(), None, roots=Roots(b"h" * 32, b""))
    book.meet()
    stated = frames.status(attended=(), read_only=False, root_compared=b"h" * 32)
    book.hear(stated + tail_frames.ask(0, 0))
    assert (book.session.state, book.session.why) == (RECOVER, ROOT_CHANGED)


def test_a_confirmation_of_an_earlier_run_is_told_again() -> None:
    book = Playbook()
    book.session = Session(WHO, heads(), None, settle=b"h" * 32)
    told = [each for each in sent(book.meet()) if each.type == frames.STATUS]
    assert frames.read_hash(told[0].payload, "settle") == b"h" * 32
    book.step(StatusChanged((), read_only=True))
    assert book.now == makers.NOW
