"""Windows, urgent records and what people see of a link."""

from dataclasses import replace

import pytest
from tests.node.test_node import codes, flash, numbered, submit
from tests.support.nodes import Table

from detente.core import limits
from detente.link import frames, session
from detente.node.node import Node


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def linked(table: Table) -> Table:
    table.connect()
    return table


# Several windows, FLASH and what people see.


def test_more_than_60_flash_a_minute_are_taken_and_carried_as_immediate(linked: Table) -> None:
    written = [flash(linked, n) for n in range(1, limits.FLASH_RATE + 2)]
    answers = [submit(linked, each)[0] for each in written]
    assert [answer.slowed for answer in answers] == [False] * limits.FLASH_RATE + [True]
    assert codes(answers) == [""] * len(written)
    effects = linked.a.node.take_effects()
    ranks = [each.data[5] & 7 for _, each in effects if isinstance(each, session.Send)]
    assert ranks == [4] * limits.FLASH_RATE + [3]
    again = submit(linked, flash(linked, limits.FLASH_RATE + 1))
    assert [(answer.code, answer.slowed) for answer in again] == [("", False)]


def test_a_flash_goes_past_a_log_window_that_is_shut(table: Table) -> None:
    slow = table
    slow.a.node = Node(
        slow.a.seat, [replace(slow.a.terms, rates={"primary": 1_200})], slow.a.store, slow.now
    )
    slow.connect()
    submit(slow, *numbered(slow, 1, 2, 3))
    size, waiting = slow.a.out.size, slow.a.out.waiting
    assert waiting > 0
    submit(slow, flash(slow, 9))
    assert (slow.a.out.size, slow.a.out.waiting) == (size + 1, waiting)


def test_what_waited_before_a_start_is_urgent_until_it_is_seen(table: Table) -> None:
    submit(table, *numbered(table, 1, 2), flash(table, 3))
    table.a.restart()
    table.connect()
    assert table.b.into.size == table.a.out.size == 4


def test_a_link_without_a_path_shows_what_the_roof_found(table: Table) -> None:
    assert (table.a.out.state, table.a.out.why) == ("DOWN", "no path yet")
    table.a.node.tell_down(table.a.link_id, "KEY_MISMATCH", "someone else answers")
    assert (table.a.out.state, table.a.out.why) == ("KEY_MISMATCH", "someone else answers")
    table.connect()
    assert table.a.out.state == session.LIVE


def test_what_they_refuse_again_and_again_is_shown_and_not_logged(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    machine = linked.a.node._links[linked.a.link_id].session
    for _ in range(3):
        machine._refusals.note(frames.Complaint(106, "C", "E_BUSY: no"))
    assert linked.a.out.why == "their node refuses record 1: E_BUSY"
    submit(linked, *numbered(linked, 2))
    assert linked.a.out.waiting == 1


def test_a_link_is_woken_when_it_wants_to(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    linked.pump()
    for side in (linked.a, linked.b):
        side.node.wake(linked.now)
        at = side.node.due()
        assert at is None or at > linked.now
