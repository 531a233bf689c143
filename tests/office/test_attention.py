"""What waits for somebody: stored over there and not opened, kept here and not read."""

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net

from detente.core.moment import Span
from detente.office import attention
from detente.office.attention import Waits


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def test_nothing_waits_at_the_beginning(net: Net) -> None:
    found = net.sides[0].office.status.attention(net.now)
    assert (found.undelivered, found.unread, found.whole) == (Waits(), Waits(), True)


def test_a_record_is_undelivered_until_their_office_opens_it(net: Net) -> None:
    a, b = net.sides
    first = net.now
    a.send("one", b)
    assert a.office.status.attention(net.now).undelivered == Waits(), "it is not stored yet"
    net.pump()
    net.now += Span(1_000)
    a.send("two", b)
    net.pump()
    while a.office.advance(net.now):  # theirs is away meanwhile
        pass
    found = a.office.status.attention(net.now)
    assert found.undelivered == Waits(2, first)
    net.settle()
    assert a.office.status.attention(net.now).undelivered == Waits()


def test_a_record_is_unread_until_a_person_reads_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b)
    net.settle()
    assert b.office.status.attention(net.now).unread.count == 1
    assert a.office.status.attention(net.now).unread == Waits()
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert b.office.status.attention(net.now).unread == Waits()


def test_a_record_that_waits_for_the_line_is_no_matter_of_their_office(net: Net) -> None:
    a, b = net.sides
    net.set_line(a, b, up=False)
    a.send("one", b)
    net.turn()
    assert a.office.status.attention(net.now).undelivered == Waits()


def test_a_large_office_is_looked_at_in_part(net: Net, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attention, "SCAN_MAX", 2)
    monkeypatch.setattr(attention, "_PAGE", 1)
    a, b = net.sides
    for number in range(3):
        a.send(f"number {number}", b)
    net.settle()
    found = b.office.status.attention(net.now)
    assert not found.whole
    assert found.unread.count <= 2
