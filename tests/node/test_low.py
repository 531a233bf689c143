"""A disk below its reserve: what is urgent goes out and comes in, all else waits; and comes after."""

import pytest
from tests.support.nodes import FLASH, Side, Table, envelope

from detente.core import limits
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.store.blobs import MemoryBlobs


@pytest.fixture
def table() -> Table:
    made = Table()
    made.connect()
    return made


def lower(side: Side, *, low: bool = True) -> None:
    blobs = side.store.blobs
    assert isinstance(blobs, MemoryBlobs)
    if not blobs.names():
        blobs.write("junk", 0, bytes(1_000))
    blobs.size = 1_049 if low else 2**40


def submit(
    side: Side, table: Table, number: int, prec: str = "ROUTINE", kind: str = "cert.bundle"
) -> None:
    signed = FLASH if prec == "FLASH" else None
    row = envelope(side.party, [side.peer], number, signed_by=signed, prec=prec, kind=kind)
    (answer,) = side.node.submit([row], table.now)
    assert answer.code == ""


def test_the_sender_takes_what_is_urgent_and_sees_the_disk_at_once(table: Table) -> None:
    lower(table.a)
    for prec in ("ROUTINE", "IMMEDIATE"):
        with pytest.raises(OurFault, match=r"store\.full"):
            submit(table.a, table, 1, prec)
    submit(table.a, table, 2, "FLASH")
    submit(table.a, table, 3, kind="hotline.test")
    table.pump()
    assert (table.a.out.size, table.b.into.size, table.a.out.receipted) == (3, 3, 3)
    assert table.b.out.state == "PEER_READ_ONLY"
    lower(table.a, low=False)
    submit(table.a, table, 4)
    table.pump()
    assert (table.b.into.size, table.b.out.state) == (4, "LIVE")


def test_of_a_batch_with_something_that_can_wait_nothing_is_taken(table: Table) -> None:
    lower(table.a)
    rows = [
        envelope(table.us, [table.them], 1, signed_by=FLASH, prec="FLASH"),
        envelope(table.us, [table.them], 2),
    ]
    with pytest.raises(OurFault, match=r"store\.full"):
        table.a.node.submit(rows, table.now)
    assert table.a.out.size == 1


def test_to_a_peer_without_room_only_what_is_urgent_is_logged(table: Table) -> None:
    lower(table.b)
    table.b.node.tick(table.now)
    table.pump()
    submit(table.a, table, 1)
    submit(table.a, table, 2, "FLASH")
    table.pump()
    assert (table.a.out.size, table.a.out.waiting) == (2, 1)
    assert (table.b.into.size, table.a.out.receipted) == (2, 2)
    lower(table.b, low=False)
    table.b.node.tick(table.now)
    table.pump()
    assert (table.a.out.waiting, table.b.into.size) == (0, 3)


def test_what_stands_before_a_flash_is_taken_in_with_it(table: Table) -> None:
    submit(table.a, table, 1)
    lower(table.b)  # it did not say so yet
    table.pump()
    assert table.b.into.size == 1
    submit(table.a, table, 2, "FLASH")
    table.pump()
    assert (table.b.into.size, table.a.out.receipted) == (3, 3)


def test_a_peer_fills_no_disk_by_calling_all_it_says_flash(table: Table) -> None:
    lower(table.b)
    for number in range(1, limits.FLASH_RATE + 1):
        submit(table.a, table, number, "FLASH")
        table.pump()
    assert table.b.into.size == 1 + limits.FLASH_RATE
    # As a peer that counts nothing: its node carries one more as FLASH within the minute.
    table.a.node._links[table.a.link_id].flash._at.clear()
    submit(table.a, table, 99, "FLASH")
    table.pump()
    assert table.b.into.size == 1 + limits.FLASH_RATE
    table.wait(Span(60_001))
    table.pump()
    submit(table.a, table, 100, "FLASH")
    table.pump()
    assert table.b.into.size == 3 + limits.FLASH_RATE
