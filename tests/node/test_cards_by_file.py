"""Cards in band where no line is: keys change by courier files, and files under old keys still open."""

import pytest
from tests.node.test_courier import by_file, exchange, file_of, read, settle
from tests.support import makers, nodes
from tests.support.makers import Party
from tests.support.nodes import Side, Table
from tests.support.rotations import rotate, seat_after

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)


@pytest.fixture
def table() -> Table:
    made = by_file(Table())
    exchange(made)
    return made


def change(side: Side, *parties: Party) -> None:
    """Start a side with the keys of the last of these."""
    side.party, side.seat = parties[-1], seat_after(*parties)
    side.restart()


def say(table: Table, side: Side, author: Party, number: int, to: Party | None = None) -> None:
    to = to or (B if side is table.a else A)
    row = nodes.envelope(author, [to], number)
    assert not side.node.submit([row], table.now)[0].code


def newest(side: Side) -> int:
    """The serial of the peer's card as this side knows it."""
    [link] = side.node._links.values()
    return link.terms.chain.newest.serial


def test_all_keys_change_by_files_alone(table: Table) -> None:
    under_way = file_of(table.b, table)  # sealed for A's old key
    two = rotate(A)
    change(table.a, A, two)
    read(table.a, under_way, table)
    say(table, table.a, two, 1)
    read(table.b, file_of(table.a, table), table)
    assert newest(table.b) == 2
    say(table, table.b, B, 1, two)
    settle(table)
    assert table.a.out.receipted == table.b.into.size == table.a.out.size == 3
    assert table.b.out.receipted == table.a.into.size == table.b.out.size == 2


def test_both_change_at_once_and_again(table: Table) -> None:
    two, other = rotate(A), rotate(B)
    three = rotate(two)
    change(table.a, A, two, three)
    change(table.b, B, other)
    say(table, table.a, three, 1)
    say(table, table.b, other, 1)
    settle(table)
    assert (newest(table.a), newest(table.b)) == (2, 3)
    for side, peer in ((table.a, table.b), (table.b, table.a)):
        assert side.out.receipted == side.out.size == peer.into.size
        assert side.out.state == "COURIER", side.out.why
