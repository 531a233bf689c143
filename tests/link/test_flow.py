"""Records, checkpoints and receipts as they pass through the machine of one link."""

from dataclasses import replace

import pytest
from tests.link.playbook import (
    MOST,
    THEIRS,
    Playbook,
    envelopes,
    greeting,
    head,
    heads,
    kinds,
    receipt,
    sent,
)

from detente.core import limits
from detente.core.checkpoint import Checkpoint
from detente.core.errors import TheirFault
from detente.link import frames, session
from detente.link.hello import Heads
from detente.link.reconcile import Verdict
from detente.link.session import (
    DOWN,
    HALTED,
    LIVE,
    Close,
    Compare,
    Compared,
    CompareHead,
    CompareHeads,
    Intake,
    Judge,
    Judged,
    Logged,
    PathDown,
    Receipted,
    Resent,
    Send,
    Show,
    TakeReceipt,
    TookIn,
)


def records(first: int, *rows: bytes, rank: int = 1) -> bytes:
    return b"".join(frames.record(first + i, row, rank) for i, row in enumerate(rows))


def codes(effects: session.Effects) -> list[str]:
    return [each.code for each in effects if isinstance(each, Close)]


# In.


def test_records_are_taken_in_when_their_checkpoint_is_there() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(records(0, b"a", b"b")) == []
    assert book.hear(frames.checkpoint(head(2), 3)) == [Intake(1, 0, [b"a", b"b"], head(2), 3)]


def test_a_receipt_leaves_only_after_what_it_says_is_durable() -> None:
    book = Playbook(heads(into=4))
    book.meet()
    effects = book.hear(records(4, b"a"), frames.checkpoint(head(5)))
    assert effects == [Intake(1, 4, [b"a"], head(5), 0)]
    [cosign] = book.step(TookIn(1, head(5), receipt(5), 4))
    assert [frames.read_cosign(each.payload) for each in sent([cosign])] == [receipt(5)]
    assert sent([cosign])[0].rank == 4
    assert book.session.heads.in_size == 5
    assert book.session.heads.in_receipt == receipt(5)


def test_records_may_come_in_any_order_and_wait_for_those_before_them() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(records(1, b"b"), frames.checkpoint(head(2))) == []
    assert book.hear(records(0, b"a")) == [Intake(1, 0, [b"a", b"b"], head(2), 0)]


def test_a_batch_ends_at_the_largest_checkpoint_that_the_records_reach() -> None:
    book = Playbook()
    book.meet()
    book.hear(records(0, b"a", b"b", b"c"))
    [intake] = book.hear(*(frames.checkpoint(head(size)) for size in (1, 2, 5)))
    assert intake == Intake(1, 0, [b"a", b"b"], head(2), 0, (head(1),))
    book.step(TookIn(1, head(2), receipt(2), 0))
    # The checkpoint at 5 and the record at 2 still wait.
    assert book.hear(records(3, b"d", b"e")) == [Intake(1, 2, [b"c", b"d", b"e"], head(5), 0)]


def test_a_checkpoint_is_not_reached_by_records_that_begin_later() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(frames.checkpoint(head(1)), records(1, b"b", b"c")) == []


def test_a_checkpoint_waits_for_all_its_records() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(records(0, b"a"), frames.checkpoint(head(2))) == []


def test_a_receipt_for_a_connection_that_is_gone_goes_with_the_next_hello() -> None:
    book = Playbook()
    book.meet()
    book.hear(records(0, b"a"), frames.checkpoint(head(1)))
    book.step(PathDown(1, "cut"))
    assert book.step(TookIn(1, head(1), receipt(1), 1)) == []
    assert book.session.heads.in_receipt == receipt(1)


def test_what_was_held_is_forgotten_with_the_last_path() -> None:
    book = Playbook()
    book.meet(1)
    book.hear(records(0, b"a"))
    book.step(PathDown(1, "cut"))
    book.meet(2)
    assert book.hear(frames.checkpoint(head(1)), conn=2) == []
    # The peer sends again from where we are; it is taken in as if nothing had come before.
    assert book.hear(records(0, b"b"), conn=2) == [Intake(2, 0, [b"b"], head(1), 0)]


def test_what_was_held_on_one_of_two_paths_serves_the_other() -> None:
    book = Playbook()
    book.meet(1)
    book.meet(2, "secondary")
    book.hear(records(0, b"a"), conn=2)
    book.step(PathDown(2, "cut"))
    assert book.hear(frames.checkpoint(head(1))) == [Intake(1, 0, [b"a"], head(1), 0)]


def test_two_records_at_one_place_close_the_path() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(records(0, b"a"), records(0, b"a")) == []
    assert codes(book.hear(records(0, b"other"), frames.checkpoint(head(1)))) == ["E_FRAME"]


def test_one_root_under_two_signatures_closes_the_path() -> None:
    book = Playbook()
    book.meet()
    assert book.hear(frames.checkpoint(head(2)), frames.checkpoint(head(2), 4)) == []
    other = replace(head(2), signature=b"z" * 64)
    assert codes(book.hear(frames.checkpoint(other))) == ["E_FRAME"]


def test_a_record_that_comes_again_is_answered_with_the_receipt_once_it_is_compared() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    assert book.hear(records(1, b"b", b"c")) == [Compare(1, [(1, b"b"), (2, b"c")])]
    [cosign] = book.step(Compared(1))
    assert frames.read_cosign(sent([cosign])[0].payload) == receipt(3)
    book.step(PathDown(1, "cut"))
    assert book.step(Compared(1)) == []


def test_without_a_receipt_given_there_is_none_to_send_again() -> None:
    book = Playbook(Heads(None, None, head(1), None))
    book.meet()
    assert book.hear(records(0, b"a")) == [Compare(1, [(0, b"a")])]
    assert book.step(Compared(1)) == []


def test_what_came_before_a_fault_in_the_same_read_is_still_compared() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    compare, told, close, show = book.hear(
        frames.checkpoint(head(2, b"x")), frames.encode(frames.PING, b"x")
    )
    assert compare == CompareHead(1, head(2, b"x"))
    assert kinds([told]) == [frames.ERROR]
    assert isinstance(close, Close)
    assert show == Show(DOWN, "a payload of the wrong length")


def test_two_roots_for_one_size_above_ours_are_compared_and_the_first_stands() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    assert book.hear(frames.checkpoint(head(5))) == []
    other = head(5, b"x")
    assert book.hear(frames.checkpoint(other)) == [CompareHeads(1, head(5), other)]
    [intake] = book.hear(records(3, b"a", b"b"))
    assert isinstance(intake, Intake)
    assert intake.checkpoint == head(5)


def stating(size: int, mark: bytes = b"r", path: str = "primary") -> bytes:
    """HELLO of a peer whose own log is so long."""
    own = Heads(head(size, mark), None, None, None)
    return greeting(replace(THEIRS, path=path, heads=own))


def test_what_a_hello_stated_is_compared_with_what_comes() -> None:
    book = Playbook(heads(into=3))
    book.open()
    [judge] = book.hear(stating(5))
    assert isinstance(judge, Judge)
    book.step(Judged(1, Verdict()))
    # At its own size, below what is taken in, and once only.
    other = head(5, b"x")
    assert book.hear(frames.checkpoint(other)) == [CompareHeads(1, head(5), other)]
    [intake] = book.hear(records(3, b"a", b"b", b"c"), frames.checkpoint(head(6)))
    assert isinstance(intake, Intake)
    assert intake.stated == (head(5),)
    book.step(TookIn(1, head(6), receipt(6), 1))
    [intake] = book.hear(records(6, b"d"), frames.checkpoint(head(7)))
    assert isinstance(intake, Intake)
    assert intake.stated == ()


def test_two_hellos_with_two_roots_for_one_size_are_compared() -> None:
    book = Playbook(heads(into=3))
    book.open()
    book.hear(stating(5))
    book.step(Judged(1, Verdict()))
    book.open(2, "secondary")
    compare, judge = book.hear(stating(5, b"x", "secondary"), conn=2)
    assert compare == CompareHeads(2, head(5), head(5, b"x"))
    assert isinstance(judge, Judge)


def test_a_hello_is_compared_with_a_checkpoint_that_waits() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    assert book.hear(frames.checkpoint(head(5))) == []
    book.open(2, "secondary")
    compare, _ = book.hear(stating(5, b"x", "secondary"), conn=2)
    assert compare == CompareHeads(2, head(5), head(5, b"x"))


def test_no_more_states_of_hellos_are_kept_than_there_may_be_connections() -> None:
    book = Playbook()
    most = limits.MAX_CONNS
    for conn in range(1, most + 2):
        book.open(conn, f"path {conn}")
        book.hear(stating(conn, path=f"path {conn}"), conn=conn)
        book.step(Judged(conn, Verdict()))
        book.step(PathDown(conn, "cut"))
    book.meet(100)
    rows = records(0, *(b"a",) * (most + 2))
    [intake] = book.hear(rows, frames.checkpoint(head(most + 2)), conn=100)
    assert isinstance(intake, Intake)
    assert [each.size for each in intake.stated] == list(range(1, most + 1))


def test_records_that_come_again_are_compared_beside_the_checkpoints_behind_them() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    other, ours = head(2, b"x"), head(3)
    told = frames.checkpoint(ours) + records(1, b"b") + frames.checkpoint(other)
    assert book.hear(told) == [
        CompareHead(1, ours), Compare(1, [(1, b"b")], (other,)), CompareHead(1, other),
    ]  # fmt: skip
    assert book.hear(records(2, b"c")) == [Compare(1, [(2, b"c")])]


@pytest.mark.parametrize("size", [0, 1, 3])
def test_a_checkpoint_at_or_below_our_size_is_compared(size: int) -> None:
    book = Playbook(heads(into=3))
    book.meet()
    given = Checkpoint(size, b"x" * 32, bytes(64))
    assert book.hear(frames.checkpoint(given)) == [CompareHead(1, given)]


def test_a_batch_taken_in_twice_is_answered_twice_and_counted_once() -> None:
    book = Playbook(heads(into=3))
    book.meet()
    [cosign] = book.step(TookIn(1, head(3), receipt(3), 1))
    assert kinds([cosign]) == [frames.COSIGN]
    assert book.session.heads == heads(into=3)


# Limits of what waits.


def test_a_record_may_be_4096_ahead_and_no_more() -> None:
    book = Playbook(heads(into=10))
    book.meet()
    assert book.hear(records(10 + MOST - 1, b"a")) == []
    assert codes(book.hear(records(10 + MOST, b"a"))) == ["E_SEQ_GAP"]


def test_a_checkpoint_may_be_4096_ahead_and_no_more() -> None:
    book = Playbook(heads(into=10))
    book.meet()
    assert book.hear(frames.checkpoint(head(10 + MOST))) == []
    assert codes(book.hear(frames.checkpoint(head(10 + MOST + 1)))) == ["E_SEQ_GAP"]


def test_4096_checkpoints_may_wait_and_no_more() -> None:
    assert limits.MAX_WAITING_CHECKPOINTS == MOST
    book = Playbook()
    book.meet()
    assert book.hear(*(frames.checkpoint(head(size)) for size in range(1, MOST + 1))) == []
    assert codes(book.hear(frames.checkpoint(head(MOST)))) == ["E_BUSY"]


def test_held_records_may_be_8_mib_and_one_message_and_no_more() -> None:
    book = Playbook()
    book.meet()
    most = limits.MAX_INFLIGHT_BYTES + limits.MAX_MESSAGE
    chunk = bytes(most // 32)
    for i in range(32):
        assert book.hear(records(1 + i, chunk)) == []
    assert codes(book.hear(records(40, b"x"))) == ["E_BUSY"]


def test_a_record_refused_for_want_of_room_does_not_count_as_held() -> None:
    book = Playbook()
    book.meet(1)
    book.meet(2, "secondary")
    most = limits.MAX_INFLIGHT_BYTES + limits.MAX_MESSAGE
    chunk = bytes(most // 32)
    for i in range(31):
        assert book.hear(records(1 + i, chunk)) == []
    assert codes(book.hear(records(40, chunk + b"x"), conn=2)) == ["E_BUSY"]
    assert book.hear(records(41, chunk)) == []


def test_what_is_forgotten_with_the_last_path_does_not_count_as_held() -> None:
    book = Playbook()
    most = limits.MAX_INFLIGHT_BYTES + limits.MAX_MESSAGE
    chunk = bytes(most // 32)
    for conn in (1, 2):
        book.meet(conn)
        for i in range(32):
            assert book.hear(records(1 + i, chunk), conn=conn) == []
        book.step(PathDown(conn, "cut"))


def test_the_same_record_held_twice_counts_once() -> None:
    book = Playbook()
    book.meet()
    big = bytes(limits.MAX_MESSAGE - 9)
    for _ in range(30):
        assert book.hear(records(1, big)) == []


def test_what_was_taken_in_no_longer_counts_as_held() -> None:
    book = Playbook()
    book.meet()
    big = bytes(limits.MAX_MESSAGE - 9)
    for seq in range(30):
        [intake] = book.hear(records(seq, big), frames.checkpoint(head(seq + 1)))
        assert isinstance(intake, Intake)
        book.step(TookIn(1, head(seq + 1), receipt(seq + 1), 1))


# Out.


def test_what_is_logged_goes_out_in_order_then_its_checkpoint() -> None:
    book = Playbook(heads(3, 3))
    book.meet()
    [out] = book.step(Logged(3, [b"a", b"b"], head(5), 4))
    found = sent([out])
    assert [each.rank for each in found] == [4, 4, 4]
    assert [frames.read_record(each.payload) for each in found[:2]] == [(3, b"a"), (4, b"b")]
    assert frames.read_checkpoint(found[2].payload) == head(5)
    assert book.session.heads.out_size == 5


def test_what_is_logged_without_a_path_waits_for_the_next_reconciliation() -> None:
    book = Playbook()
    assert book.step(Logged(0, [b"a"], head(1), 1)) == []
    assert book.session.heads.out_size == 1


def test_what_was_to_be_sent_again_on_a_lost_connection_is_not() -> None:
    book = Playbook(heads(2))
    book.meet()
    book.step(PathDown(1, "cut"))
    assert book.step(Resent(1, 0, [b"a", b"b"], head(2))) == []


def test_the_newest_receipt_of_one_read_is_taken() -> None:
    book = Playbook(heads(9, 2))
    book.meet()
    effects = book.hear(*(frames.cosign(receipt(size)) for size in (4, 7, 5)))
    assert effects == [TakeReceipt(1, receipt(7))]
    assert book.step(Receipted(receipt(7))) == []
    assert book.session.heads.receipted == 7


def test_a_receipt_we_have_is_not_taken_again() -> None:
    book = Playbook(heads(9, 7))
    book.meet()
    assert book.hear(frames.cosign(receipt(7)), frames.cosign(receipt(3))) == []
    assert book.step(Receipted(receipt(5))) == []
    assert book.session.heads.receipted == 7


def test_a_receipt_for_more_than_we_wrote_closes_the_path() -> None:
    book = Playbook(heads(9, 7))
    book.meet()
    assert book.hear(frames.cosign(receipt(9))) == [TakeReceipt(1, receipt(9))]
    assert codes(book.hear(frames.cosign(receipt(10)))) == ["E_HELLO"]


# The window.


def test_nothing_may_be_logged_before_both_sides_are_reconciled() -> None:
    book = Playbook()
    assert book.session.room() == (0, 0)
    book.open()
    assert book.session.room() == (0, 0)
    book.step(PathDown(1, "cut"))
    book.meet(2)
    assert book.session.room() == (MOST, limits.MAX_INFLIGHT_BYTES)


def test_the_window_closes_by_what_is_logged_and_opens_by_receipts() -> None:
    book = Playbook(heads(100, 90))
    book.meet()
    assert book.session.room()[0] == MOST - 10
    book.step(Logged(100, envelopes(3, 1_000), head(103), 1))
    book.step(Logged(103, envelopes(2, 1_000), head(105), 1))
    assert book.session.room() == (MOST - 15, limits.MAX_INFLIGHT_BYTES - 5_000)
    book.step(Receipted(receipt(103)))
    assert book.session.room() == (MOST - 2, limits.MAX_INFLIGHT_BYTES - 2_000)
    book.step(Receipted(receipt(105)))
    assert book.session.room() == (MOST, limits.MAX_INFLIGHT_BYTES)


def test_what_is_sent_again_counts_in_the_window() -> None:
    book = Playbook(heads(2))
    book.meet()
    book.step(Resent(1, 0, envelopes(2, 700), head(2)))
    assert book.session.room() == (MOST - 2, limits.MAX_INFLIGHT_BYTES - 1_400)


def test_what_was_receipted_while_it_was_read_again_counts_no_more() -> None:
    book = Playbook(heads(2))
    book.meet()
    book.step(Receipted(receipt(2)))
    [again] = book.step(Resent(1, 0, envelopes(2, 700), head(2)))
    assert kinds([again]) == [frames.RECORD, frames.RECORD, frames.CHECKPOINT]
    assert book.session.room() == (MOST, limits.MAX_INFLIGHT_BYTES)


def test_a_link_that_lost_its_path_has_no_room() -> None:
    book = Playbook()
    book.meet()
    assert book.session.state == LIVE
    book.step(PathDown(1, "cut"))
    assert book.session.room() == (0, 0)


def test_a_fault_of_class_h_in_what_is_durable_halts() -> None:
    book = Playbook()
    book.meet()
    effects = book.step(session.Refused(1, TheirFault("E_ROOT", "no such root", "compare")))
    assert isinstance(effects[0], session.Halt)
    assert [type(each) for each in effects[1:]] == [Send, session.Show]


def test_what_follows_a_card_is_taken_in_once_the_card_is() -> None:
    book = Playbook()
    book.meet()
    book.hear(records(0, b"a", b"b", b"c"), frames.checkpoint(head(2)), frames.checkpoint(head(3)))
    hashes = {1: bytes(32), 2: b"h" * 32}
    [_, intake] = book.step(TookIn(1, head(2), receipt(2), 1, hashes))
    assert intake == Intake(1, 2, [b"c"], head(3), 0)
    # From now on a HELLO with another card 2 is a fork, and one with a newer card none.
    newer, other = (replace(THEIRS, card_serial=n, card_hash=b"o" * 32) for n in (3, 2))
    book.open(conn=2, path="secondary")
    assert codes(book.hear(greeting(replace(newer, path="secondary")), conn=2)) == []
    book.open(conn=3, path="third")
    book.hear(greeting(replace(other, path="third")), conn=3)
    assert (book.session.state, book.session.why[:11]) == (HALTED, "E_CARD_FORK")


def test_a_card_that_comes_in_while_the_link_halts_is_known_all_the_same() -> None:
    book = Playbook()
    book.meet()
    book.hear(records(0, b"a"), frames.checkpoint(head(1)))
    book.halt()
    assert book.step(TookIn(1, head(1), receipt(1), 1, {2: b"h" * 32})) == []


def test_checkpoints_where_cards_took_over_go_again_with_their_records() -> None:
    book = Playbook(heads(3))
    book.meet()
    again = book.step(Resent(1, 0, [b"a", b"b", b"c"], head(3), (head(2),)))
    messages = sent(again)
    assert [message.type for message in messages] == [
        frames.RECORD, frames.RECORD, frames.CHECKPOINT, frames.RECORD, frames.CHECKPOINT,
    ]  # fmt: skip
    assert frames.read_checkpoint(messages[2].payload) == head(2)
