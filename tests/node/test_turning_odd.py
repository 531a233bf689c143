"""What no honest peer does, and what seldom happens, at the end of an epoch."""

from dataclasses import replace

import pytest
from tests.node.test_turning_crash import WHY, Wreck, send
from tests.support.outcomes import fault_of

from detente.core import canon, checkpoint, epoch, purged
from detente.core.epoch import Close, LogKeys
from detente.core.errors import TheirFault
from detente.core.moment import Span
from detente.link import frames, pieces, session, tail_frames
from detente.link.moves import Refused
from detente.link.moves_epochs import (
    Emergency,
    Freeze,
    Noted,
    ServeTail,
    TailServed,
    TailTaken,
    TakeNote,
    TakeTail,
)
from detente.link.reconcile import WE_LOST_OURS
from detente.node import closing, history, roster, tail
from detente.node.books import Books
from detente.store.memory_logs import Disk


@pytest.fixture
def table() -> Wreck:
    made = Wreck()
    made.connect()
    send(made, made.a, 1, 2, 3)
    send(made, made.b, 1)
    return made


def books_of(table: Wreck, name: str = "a") -> Books:
    side = table.side(name)
    return side.node._links[side.link_id]


def served(table: Wreck, log: int, start: int, name: str = "b") -> TakeTail:
    """What a side gives of a log, as the asker takes it."""
    books = books_of(table, name)
    made = books._serve_tail(ServeTail(1, books.terms.link_id, log, start), table.now)
    assert isinstance(made, TailServed)
    return TakeTail(1, log, made.first, made.envelopes, made.head, made.receipt, made.end)


def test_a_log_of_no_epoch_that_is_known_is_neither_served_nor_taken(table: Wreck) -> None:
    books = books_of(table)
    assert books._serve_tail(ServeTail(1, "a" * 16, 0, 0), table.now) is None
    assert books._serve_tail(ServeTail(1, books.terms.link_id, 2, 0), table.now) is None
    assert books._take_tail(TakeTail(1, 2, 0, (), None, None, 0), table.now) is None


def test_a_tail_is_taken_in_at_its_place_with_its_head_and_receipt(table: Wreck) -> None:
    backup = Wreck()
    take = served(table, 0, 0)
    books = books_of(backup)
    found = books.do(take, table.now)
    assert isinstance(found, TailTaken)
    assert (found.size, found.end, books.out.receipted) == (4, 4, 4)
    assert books.do(take, table.now) == found, "what is here already is passed over"
    refused = books.do(replace(take, first=5), table.now)
    assert isinstance(refused, Refused)
    assert refused.fault.code == "E_SEQ_GAP"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"head": None}, "E_SEQ_GAP"),
        ({"head": checkpoint.Checkpoint(4, bytes(32), bytes(64))}, "E_CP_SIG"),
    ],
)
def test_a_piece_without_a_head_that_holds_is_not_stored(
    table: Wreck, wrong: dict[str, object], code: str
) -> None:
    books = books_of(Wreck())
    found = books.do(replace(served(table, 0, 0), **wrong), table.now)  # type: ignore[arg-type]
    assert isinstance(found, Refused)
    assert (found.fault.code, books.out.size) == (code, 0)


def test_a_receipt_that_does_not_hold_is_not_kept(table: Wreck) -> None:
    books = books_of(Wreck())
    take = served(table, 0, 0)
    assert take.receipt is not None
    books.do(replace(take, receipt=replace(take.receipt, signature=bytes(64))), table.now)
    assert (books.out.size, books.out.receipted) == (4, 0)


def test_a_piece_that_ends_where_both_agreed_needs_no_head(table: Wreck) -> None:
    books = books_of(Wreck())
    take = served(table, 0, 0)
    end = books_of(table).now.ends()[0]
    note = epoch.make(books.terms.link_id, 1, [end], epoch.RESTORE, None, books.life)
    for each in (table.us, table.them):
        note = epoch.sign(note, LogKeys(each.name, each.log, each.log_pq))
    books._pending = note
    wrong = checkpoint.Checkpoint(4, end.root, bytes(64))
    found = books.do(replace(take, head=wrong), table.now)
    assert isinstance(found, TailTaken)
    assert (books.out.size, books.out.checkpoint) == (4, None)


def test_an_empty_tail_with_another_history_shows_a_fork(table: Wreck) -> None:
    other = checkpoint.sign(table.them.log, table.b.out.origin, 1, b"x" * 32)
    found = books_of(table).do(TakeTail(1, 1, 2, (), other, None, 1), table.now)
    assert isinstance(found, Refused)
    assert (found.fault.code, found.grounds.stated) == ("E_FORK", other)


def test_a_piece_ends_at_a_signed_state_if_need_be_beyond_the_window(
    table: Wreck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detente.core.limits.MAX_INFLIGHT_COUNT", 1)
    ledger, store = books_of(table).out, books_of(table)._store
    kept = table.disks["a"].checkpoints[ledger.origin]
    table.disks["a"].legs.clear()
    for size in [each for each in kept if each != 4]:
        del kept[size]
    with store.begin() as tx:
        assert len(tail.read(tx, ledger, 0).rows) == 4
        assert len(tail.read(tx, ledger, 3).rows) == 1
        monkeypatch.setattr(pieces, "WINDOWS", 1)
        assert tail.read(tx, ledger, 0).head is None, "so far it does not look"
        assert tail.read(tx, ledger, 4).rows == ()


def test_a_loss_that_a_running_node_sees_is_marked_as_a_restore(table: Wreck) -> None:
    books = books_of(table)
    books._freeze(Freeze(1, WE_LOST_OURS), table.now)
    notes = table.disks["a"].notes
    assert notes[f"restored:{books.name}"] == b"1"
    assert notes[f"frozen:{books.name}"] == WE_LOST_OURS.encode()
    books._freeze(Freeze(1, "another reason"), table.now)
    assert books.frozen == WE_LOST_OURS


def test_an_emergency_where_nothing_stopped_is_refused(table: Wreck) -> None:
    low = table.us if table.us.card.fp60 < table.them.card.fp60 else table.them
    name = "b" if low is table.us else "a"
    note = epoch.make(table.a.link_id, 1, [], epoch.EMERGENCY, None, books_of(table, name).life)
    note = epoch.sign(note, LogKeys(low.name, low.log, low.log_pq))
    found = books_of(table, name).do(TakeNote(1, note.note), table.now)
    assert isinstance(found, Refused)
    assert (found.fault.code, found.fault.what) == ("E_HELLO", "no emergency here")


def test_an_emergency_is_proposed_in_the_same_bytes_each_time(table: Wreck) -> None:
    name = "a" if table.us.card.fp60 < table.them.card.fp60 else "b"
    books = books_of(table, name)
    first, again = (books.do(Emergency(1), table.now) for _ in range(2))
    assert isinstance(first, Noted)
    assert first == again


def test_a_note_that_was_adopted_before_is_nothing_new(table: Wreck) -> None:
    backup = table.disks["a"].copy()
    send(table, table.a, 4)
    table.cut()
    table.disks["a"] = backup
    table.start("a", WHY)
    table.go_on()
    books = books_of(table)
    note = table.disks["a"].notes[f"epoch:{books.name}:1"]
    assert books.do(TakeNote(1, note), table.now) is None


def test_a_second_restore_within_an_emergency_leaves_what_people_must_settle(
    table: Wreck,
) -> None:
    books = books_of(table)
    other = checkpoint.sign(table.us.log, table.a.out.origin, 2, b"x" * 32)
    found = session.CompareHead(1, other)
    books_b = books_of(table, "b")
    table.b.node._run(books_b, books_b.do(found, table.now), table.now)  # type: ignore[arg-type]
    table.pump()
    for _ in range(3):
        table.wait(Span(1_000))
        table.pump()
        table.count += 1
        table.connect(table.count)
    assert table.a.out.state == "DISPUTED"
    backup = table.disks["a"].copy()
    table.cut(table.count)
    table.disks["a"] = backup
    table.start("a", WHY)
    for _ in range(5):
        table.count += 1
        table.connect(table.count)
    assert (table.a.out.state, table.b.out.state) == ("DISPUTED", "DISPUTED")
    assert books.name == table.a.link_id
    assert table.a.node.levels()[1].link_id == table.a.node.epoch_of(table.a.link_id)
    assert table.a.link_id in table.a.node.epochs()
    ends = table.a.node.ends(table.them.name, ())
    assert [end.origin.rpartition("/")[2] for end in ends] == [table.a.link_id] * 2


# Lines over closing heads.


def test_lines_that_do_not_hold_are_not_kept(table: Wreck) -> None:
    books = books_of(table)
    seat, peer = books.seat, books.terms.peer
    with books._store.begin() as tx:
        before = books.out.receipt, books.inn.checkpoint
        closing.take_lines(tx, seat, peer, books.out, (bytes(72), bytes(2_428)))
        closing.take_lines(tx, seat, peer, books.inn, (bytes(64), bytes(2_428)))
        books.inn.receipt = None
        closing.take_lines(tx, seat, peer, books.inn, (bytes(64), bytes(2_428)))
        assert (books.out.receipt, books.inn.checkpoint) == before


def test_a_second_leg_that_does_not_hold_leaves_the_first(table: Wreck) -> None:
    books, theirs = books_of(table), books_of(table, "b")
    end = books.now.ends()[0]
    with theirs._store.begin() as tx:
        lines = closing.end_theirs(tx, theirs.seat, theirs.inn, end, table.now)
    with books._store.begin() as tx:
        line = lines[end.origin][0]
        closing.take_lines(tx, books.seat, books.terms.peer, books.out, (line, bytes(2_428)))
        assert tx.newest_leg(end.origin) is None or tx.newest_leg(end.origin).size < end.size  # type: ignore[union-attr]
    assert books.out.receipted == end.size


def test_an_empty_log_ends_without_lines() -> None:
    table = Wreck()
    books = books_of(table)
    with books._store.begin() as tx:
        for log, end in ((books.out, closing.end_own), (books.inn, closing.end_theirs)):
            empty = Close(log.origin, 0, log.root)
            assert end(tx, books.seat, log, empty, table.now) == {}


def test_lines_of_another_form_are_no_lines(table: Wreck) -> None:
    terms = books_of(table).terms
    for rows in (1, [1], [{"origin": "x"}], [{"origin": "x", "line": "?", "pq": "?"}]):
        note = {"note": "AA==", "lines": rows}
        opened = opening_with(table, note)
        assert roster.closing_lines(terms, opened) == {}
        assert "epoch" in roster.compare_opening(books_of(table, "b").seat, terms, opened)
    assert roster.closing_lines(terms, b"no envelope") == {}


def opening_with(table: Wreck, note: object) -> bytes:
    """Leaf 0 of the peer with this member `epoch`."""
    theirs = books_of(table, "b")
    value = roster._opening(theirs.terms, theirs.seat.card, {})
    value["epoch"] = note  # type: ignore[assignment]
    to = f"node@{table.us.name}"
    return roster._own_record(theirs.seat, roster.LINK_OPEN, to, value, table.now, "FLASH")


def test_confirmed_heads_come_back_as_they_were_kept() -> None:
    ends = [Close("a.gov/detente/b", 1, b"r" * 32), Close("b.gov/detente/b", 0, b"s" * 32)]
    assert history.read_ends(history.write_ends(ends[::-1])) == ends
    assert history.read_ends(canon.encode({})) == []


def test_a_note_of_no_form_is_refused(table: Wreck) -> None:
    found = books_of(table).do(TakeNote(1, b"?"), table.now)
    assert isinstance(found, Refused)
    assert isinstance(found.fault, TheirFault)
    assert fault_of(epoch.read, b"?") == found.fault.code


def test_a_text_that_was_purged_comes_back_as_its_entry_alone(table: Wreck) -> None:
    origin = books_of(table).out.origin
    rows = table.disks["b"].rows[origin]
    rows[2] = rows[2]._replace(envelope=purged.strip(rows[2].envelope))
    entry = rows[2].entry
    table.cut()
    table.disks["a"] = Disk()
    table.start("a", WHY)
    table.go_on()
    found = table.disks["a"].rows[origin]
    assert (found[2].entry, found[2].envelope) == (entry, b"")
    assert found[1].envelope == rows[1].envelope
    assert [each.size for each in table.a.node.levels() if each.state == "CLOSED" and each.peer] == [
        4, 2,
    ]  # fmt: skip
    frame = tail_frames.answer(0, 0, (entry,), None, None, 1)
    [record, _end] = frames.Reader().feed(frame)
    assert tail_frames.read_record(record.payload) == (0, entry)
    assert fault_of(tail_frames.read_record, record.payload[:-1]) == "E_FRAME"
