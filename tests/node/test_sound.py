"""A disk that changes an entry makes no peer a liar: entries are made anew, or the node stops."""

from pathlib import Path

import pytest
from tests.node.test_turning import back_up, levels, restore, send
from tests.support import makers, nodes
from tests.support.nodes import Side, Table
from tests.support.outcomes import fault_of

from detente.core import checkpoint, envelope
from detente.core.errors import OurFault
from detente.link import frames, session
from detente.node import sound
from detente.node.ledger import TILE, Ledger
from detente.node.ports import Row


def row(side: Side, origin: str, seq: int) -> Row:
    with side.store.begin() as tx:
        return tx.rows(origin, seq, 1, 0)[0]


def rewrite(side: Side, origin: str, changed: Row) -> None:
    with side.store.begin() as tx:
        tx.rewrite(origin, changed)


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


def rot_entries(side: Side, origin: str, *seqs: int) -> list[Row]:
    """Flip a bit of these entries; return the rows as they were."""
    found = [row(side, origin, seq) for seq in seqs]
    for each in found:
        rewrite(side, origin, each._replace(entry=flipped(each.entry)))
    return found


def mend(side: Side, origin: str, *seqs: int) -> int:
    with side.store.begin() as tx:
        return sound.mend(tx, origin, seqs)


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Two sides on disks, five records in the log of the first."""
    made = Table(tmp_path)
    made.connect()
    for number in range(1, 5):
        send(made, made.a, number)
    back_up(made.b, tmp_path)
    return made


def test_nothing_is_written_where_nothing_changed(table: Table) -> None:
    assert mend(table.a, table.a.out.origin) == 0


def test_entries_are_made_anew_from_their_envelopes(table: Table) -> None:
    origin = table.a.out.origin
    before = rot_entries(table.a, origin, 1, 3)
    assert mend(table.a, origin) == 2
    assert [row(table.a, origin, seq) for seq in (1, 3)] == before
    with table.a.store.begin() as tx:
        assert Ledger(origin, tx).is_sound(tx)


def test_entries_under_a_whole_tile_are_made_anew_by_the_tile(table: Table) -> None:
    origin = table.a.out.origin
    for first in range(10, 10 + TILE, 64):
        send(table, table.a, *range(first, first + 64))
    before = rot_entries(table.a, origin, 5, TILE + 1)
    assert mend(table.a, origin, 9, 99_999) == 2
    assert [row(table.a, origin, seq) for seq in (5, TILE + 1)] == before


def test_no_root_rests_on_the_entries_of_a_whole_tile(table: Table) -> None:
    origin = table.a.out.origin
    for first in range(10, 10 + TILE, 64):
        send(table, table.a, *range(first, first + 64))
    with table.a.store.begin() as tx:
        before = [Ledger(origin, tx).root_at(tx, size) for size in (6, TILE, TILE + 2)]
    rot_entries(table.a, origin, 5)
    assert mend(table.a, origin) == 0
    with table.a.store.begin() as tx:
        after = [Ledger(origin, tx).root_at(tx, size) for size in (6, TILE, TILE + 2)]
    assert after == before


@pytest.mark.parametrize("other", [b"DTR1 rot", b"", b"DTP1 rot"])
def test_an_envelope_that_changed_stays_for_the_peer_to_give_back(
    table: Table, other: bytes
) -> None:
    origin = table.a.out.origin
    changed = row(table.a, origin, 2)._replace(envelope=other)
    rewrite(table.a, origin, changed)
    [before] = rot_entries(table.a, origin, 3)
    assert mend(table.a, origin) == 1
    assert [row(table.a, origin, seq) for seq in (2, 3)] == [changed, before]


def test_a_record_of_which_nothing_is_left_stops_the_node(table: Table) -> None:
    origin = table.a.out.origin
    [before] = rot_entries(table.a, origin, 2)
    rewrite(table.a, origin, before._replace(entry=bytes(144), envelope=b"rot"))
    assert fault_of(mend, table.a, origin) == "store.damaged"


def test_more_than_can_be_tried_stops_the_node(table: Table) -> None:
    origin = table.a.out.origin
    send(table, table.a, *range(10, 20))
    rot_entries(table.a, origin, *range(9))
    assert fault_of(mend, table.a, origin) == "store.damaged"


# What a peer said is weighed against what was logged, not against what the disk made of it.


def halted(side: Side) -> bool:
    return "HALTED" in {side.out.state, side.into.state}


def inject(table: Table, side: Side, data: bytes) -> list[session.Effect]:
    side.node.step(side.link_id, session.Bytes(1, data), table.now)
    return [effect for _, effect in side.node.take_effects()]


def test_an_older_head_is_no_fork_because_our_entry_changed(table: Table) -> None:
    origin = table.a.out.origin
    with table.b.store.begin() as tx:
        rows = tx.rows(origin, 0, 5, 10**6)
    roots = makers.roots_of([envelope.leaf_of(each.envelope) for each in rows])
    [before] = rot_entries(table.b, origin, 1)
    head = checkpoint.sign(table.us.log, origin, 3, roots[3])
    assert inject(table, table.b, frames.checkpoint(head)) == []
    assert not halted(table.b)
    assert row(table.b, origin, 1) == before
    other = checkpoint.sign(table.us.log, origin, 3, b"f" * 32)
    inject(table, table.b, frames.checkpoint(other))
    assert halted(table.b)


def test_a_record_that_came_again_is_no_conflict_because_our_entry_changed(table: Table) -> None:
    origin = table.a.out.origin
    [before] = rot_entries(table.b, origin, 2)
    inject(table, table.b, frames.record(2, before.envelope, 1))
    assert not halted(table.b)
    assert row(table.b, origin, 2) == before


def test_nobody_is_accused_for_a_record_of_which_nothing_is_left(table: Table) -> None:
    origin = table.a.out.origin
    [before] = rot_entries(table.b, origin, 2)
    rewrite(table.b, origin, before._replace(entry=bytes(144), envelope=b"rot"))
    with pytest.raises(OurFault) as caught:
        inject(table, table.b, frames.record(2, before.envelope, 1))
    assert caught.value.code == "store.damaged"
    assert not halted(table.b)


def test_a_start_makes_entries_anew_before_a_tile_is_made_of_them(table: Table) -> None:
    origin = table.a.out.origin
    [before] = rot_entries(table.a, origin, 2)
    table.cut()
    table.a.restart()
    assert row(table.a, origin, 2) == before
    table.connect(2)
    send(table, table.a, 30)
    assert table.b.into.size == 6


@pytest.mark.parametrize("size", [3, 300])
def test_what_the_disk_changed_is_never_signed(table: Table, size: int) -> None:
    origin = table.a.out.origin
    if size > TILE:
        for first in range(10, 10 + TILE + 64, 64):
            send(table, table.a, *range(first, first + 64))
    link = table.a.node._links[table.a.link_id]
    with table.a.store.begin() as tx:
        before = link.head_at(tx, size)
    rot_entries(table.a, origin, size - 1, 1)
    with table.a.store.begin() as tx:
        assert link.head_at(tx, size) == before


def test_what_goes_again_is_what_was_signed_though_an_entry_changed(table: Table) -> None:
    origin = table.a.out.origin
    table.cut()
    table.b.store.close()
    table.a.node.submit([nodes.envelope(table.us, [table.them], 5)], table.now)
    rot_entries(table.a, origin, 4)
    link = table.a.node._links[table.a.link_id]
    found = link.do(session.Resend(1, 3), table.now)
    assert isinstance(found, session.Resent)
    assert found.checkpoint == link.out.checkpoint


# Tails and the end of an epoch.


def test_of_a_text_that_the_disk_changed_a_tail_carries_the_entry(
    table: Table, tmp_path: Path
) -> None:
    origin = table.a.out.origin
    send(table, table.a, 5, 6)
    whole = row(table.a, origin, 6)
    rewrite(table.a, origin, whole._replace(envelope=flipped(whole.envelope)))
    rot_entries(table.a, origin, 5)
    table.cut()
    restore(table, table.b, tmp_path)
    table.meet()
    assert (table.a.out.state, table.b.out.state) == ("LIVE", "LIVE")
    [closed] = [each for each in levels(table.b, "CLOSED") if each.origin == origin]
    assert closed.size == 7
    assert row(table.b, origin, 5).envelope == row(table.a, origin, 5).envelope
    assert row(table.b, origin, 6).envelope == b""


def test_an_entry_that_changed_before_the_epoch_ends_is_made_anew(
    table: Table, tmp_path: Path
) -> None:
    origin = table.a.out.origin
    send(table, table.a, 5)
    table.cut()
    restore(table, table.b, tmp_path)
    [before] = rot_entries(table.a, origin, 1)
    table.meet()
    assert (table.a.out.state, table.b.out.state) == ("LIVE", "LIVE")
    assert row(table.a, origin, 1) == before
    with table.a.store.begin() as tx:
        ours = Ledger(origin, tx).root
    with table.b.store.begin() as tx:
        assert Ledger(origin, tx).root == ours
