"""Single rows over the link: asked, given, and none taken that was not asked for."""

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers
from tests.link.playbook import Playbook, heads, kinds, sent

from detente.core import limits
from detente.link import frames, rows, session
from detente.link.moves_rows import OWN, THEIRS, AskRows, PutRow, ReadRow, RowRead


def live() -> Playbook:
    book = Playbook(heads(out=4, receipted=4, into=4))
    book.meet()
    assert book.session.state == session.LIVE
    return book


@given(integers(0, 1), integers(0, limits.MAX_TREE - 1), binary(max_size=40_000))
def test_a_row_is_read_as_it_was_written(log: int, seq: int, envelope: bytes) -> None:
    [message] = frames.Reader().feed(rows._frame(frames.ROW, log, seq, envelope))
    assert rows._read(message.payload) == (log, seq, envelope)


def test_what_is_missing_is_asked_for_and_put_back_when_it_comes() -> None:
    book = live()
    effects = book.step(AskRows([(OWN, 2), (THEIRS, 3)]))
    assert kinds(effects) == [frames.ROW_REQ, frames.ROW_REQ]
    assert [rows._read(each.payload) for each in sent(effects)] == [(OWN, 2, b""), (THEIRS, 3, b"")]
    assert book.session.rows_waiting == 2
    assert book.hear(rows._frame(frames.ROW, OWN, 2, b"row")) == [PutRow(1, OWN, 2, b"row")]
    assert book.session.rows_waiting == 1
    assert book.hear(rows._frame(frames.ROW, OWN, 2, b"row")) == []


def test_what_was_not_asked_for_is_not_taken() -> None:
    book = live()
    assert book.hear(rows._frame(frames.ROW, OWN, 2, b"row")) == []
    book.meet(2, "secondary")
    asked = book.step(AskRows([(OWN, 2)]))
    other = 1 if sent(asked, 2) else 2
    assert book.hear(rows._frame(frames.ROW, OWN, 2, b"row"), conn=other) == []


def test_the_peers_wish_is_read_and_answered() -> None:
    book = live()
    assert book.hear(rows._frame(frames.ROW_REQ, THEIRS, 1)) == [ReadRow(1, THEIRS, 1)]
    effects = book.step(RowRead(1, THEIRS, 1, b"row"))
    assert [rows._read(each.payload) for each in sent(effects)] == [(THEIRS, 1, b"row")]
    assert book.step(RowRead(9, THEIRS, 1, b"row")) == []


def test_at_most_so_many_are_asked_for_at_once() -> None:
    book = live()
    wish = [(OWN, seq) for seq in range(limits.MAX_ROWS_ASKED + 1)]
    assert len(sent(book.step(AskRows(wish)))) == limits.MAX_ROWS_ASKED
    assert book.step(AskRows([(THEIRS, 1)])) == []
    assert book.session.rows_waiting == limits.MAX_ROWS_ASKED


def test_nothing_is_asked_or_given_unless_the_link_is_live() -> None:
    book = Playbook(heads(out=4, receipted=4))
    assert book.step(AskRows([(OWN, 2)])) == []
    book = live()
    book.halt()
    assert book.step(AskRows([(OWN, 2)])) == []
    assert book.hear(rows._frame(frames.ROW_REQ, OWN, 2)) == []


def test_a_lost_connection_ends_the_wish_and_a_new_one_begins_anew() -> None:
    book = live()
    book.step(AskRows([(OWN, 2)]))
    book.step(session.PathDown(1, "cut"))
    assert book.session.rows_waiting == 0
    book.meet(2)
    assert len(sent(book.step(AskRows([(OWN, 3)])), 2)) == 1
    assert book.session.rows_waiting == 1


@pytest.mark.parametrize(
    "payload",
    [b"", bytes(8), b"\x02" + bytes(8), b"\0" + b"\xff" * 8, bytes(9) + b"more"],
)
def test_a_wish_of_another_form_closes_the_connection(payload: bytes) -> None:
    book = live()
    effects = book.hear(frames.encode(frames.ROW_REQ, payload))
    assert any(isinstance(each, session.Close) and each.code == "E_FRAME" for each in effects), (
        effects
    )


def test_a_side_that_does_not_know_these_frames_passes_over_them() -> None:
    data = rows._frame(frames.ROW_REQ, OWN, 2)
    assert not data[5] & frames.CONTROL
