"""A restored node, on either side or both: tails, a note that both sign, and the next epoch."""

import shutil
from pathlib import Path

import pytest
from tests.support import makers, nodes
from tests.support.nodes import Side, Table

from detente.core import receipt
from detente.core.trust import Chain
from detente.link.moves_epochs import TailTaken, TakeTail
from detente.node import ports, tail

WHY = "this side was restored from a backup"
CARDS = {name: Chain((makers.make_party(name).card,)) for name in (makers.AURELIA, makers.BOREALIS)}


def send(table: Table, side: Side, *numbers: int) -> None:
    """Hand in records of the side's desk, and carry what follows."""
    peer = table.them if side is table.a else table.us
    rows = [nodes.envelope(side.party, [peer], number) for number in numbers]
    answers = side.node.submit(rows, table.now)
    assert [each.code for each in answers] == [""] * len(rows)
    table.pump()


def back_up(side: Side, folder: Path) -> None:
    """Copy the side's store, as a backup of its machine does."""
    side.store.fold_wal()
    shutil.copy(side.file, folder / f"{side.file.name}.backup")


def restore(table: Table, side: Side, folder: Path) -> None:
    """Put the copy back and start the node on it."""
    side.store.close()
    for end in ("", "-wal", "-shm"):
        side.file.with_name(side.file.name + end).unlink(missing_ok=True)
    shutil.copy(folder / f"{side.file.name}.backup", side.file)
    side.restart(restored=WHY)
    side.restart(restored="", incarnation=b"k" * 16)  # the mark is durable, not the flag


def sides(table: Table, which: str) -> list[Side]:
    return [{"a": table.a, "b": table.b}[each] for each in which]


def levels(side: Side, state: str) -> list[ports.Level]:
    return [each for each in side.node.levels() if each.state == state and each.peer]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Two sides on disks, with two records each way that stand in the backups of both."""
    made = Table(tmp_path)
    made.connect()
    send(made, made.a, 1, 2)
    send(made, made.b, 1)
    for side in (made.a, made.b):
        back_up(side, tmp_path)
    return made


@pytest.mark.parametrize("which", ["a", "b", "ab"])
def test_what_was_lost_comes_back_and_both_go_on_in_a_new_epoch(
    table: Table, tmp_path: Path, which: str
) -> None:
    send(table, table.a, 3, 4)
    send(table, table.b, 2)
    before = [(each.origin, each.size) for each in table.a.node.levels() if each.peer]
    table.cut()
    for side in sides(table, which):
        restore(table, side, tmp_path)
    if which == "ab":  # what both lost nobody can give back
        before = [
            (origin, size - lost) for (origin, size), lost in zip(before, (2, 1), strict=True)
        ]
    table.meet()
    assert (table.a.out.state, table.b.out.state) == ("LIVE", "LIVE")
    for side in (table.a, table.b):
        closed = levels(side, "CLOSED")
        assert sorted((each.origin, each.size) for each in closed) == sorted(before)
        assert all(each.receipted == each.size for each in closed), "lines for the closing heads"
        assert (side.out.size, side.out.receipted, side.into.size) == (1, 1, 1)
        assert not side.out.why.startswith("the two sides")
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    send(table, table.a, 5)
    send(table, table.b, 6)
    assert [(side.out.receipted, side.into.size) for side in (table.a, table.b)] == [(2, 2)] * 2


@pytest.mark.parametrize("which", ["a", "b", "ab"])
def test_every_record_of_the_old_logs_is_proved_by_both(
    table: Table, tmp_path: Path, which: str
) -> None:
    send(table, table.a, 3)
    table.cut()
    for side in sides(table, which):
        restore(table, side, tmp_path)
    table.meet()
    for side in (table.a, table.b):
        for level in levels(side, "CLOSED"):
            for seq in range(level.size):
                shown = receipt.check(side.node.prove(level.origin, seq), CARDS)
                assert (shown.origin, shown.index) == (level.origin, seq)
                assert shown.strength == receipt.FULL, "the closing heads have all four lines"


def test_nothing_is_lost_that_waited_and_nothing_is_sent_twice(
    table: Table, tmp_path: Path
) -> None:
    table.cut()
    send(table, table.a, 3)  # waits for a path
    back_up(table.a, tmp_path)
    table.meet()
    assert table.b.into.size == 4
    table.cut(101)
    restore(table, table.a, tmp_path)
    assert table.a.out.waiting == 1
    send(table, table.a, 4)
    table.meet()
    assert (table.a.out.waiting, table.b.into.size) == (0, 2), "the opening, and record 4"


def test_a_record_number_used_after_the_backup_stays_used(table: Table, tmp_path: Path) -> None:
    send(table, table.a, 3)
    table.cut()
    restore(table, table.a, tmp_path)
    table.meet()
    again = nodes.envelope(table.us, [table.them], 3)
    other = nodes.envelope(table.us, [table.them], 3, text=b"another text")
    answers = table.a.node.submit([again, other], table.now)
    assert [each.code for each in answers] == ["", "E_EQUIVOCATION"]
    table.pump()
    assert table.b.into.size == 1, "the opening alone"


def test_a_restored_node_begins_another_home_log(table: Table, tmp_path: Path) -> None:
    old = table.a.node.levels()[0]
    table.cut()
    restore(table, table.a, tmp_path)
    home, *rest = table.a.node.levels()
    assert home.origin != old.origin
    assert (home.size, home.state) == (1, "home")
    assert [each.state for each in rest if each.origin == old.origin] == ["CLOSED"]


def test_a_second_restore_goes_through_both_epochs(table: Table, tmp_path: Path) -> None:
    send(table, table.a, 3)
    table.cut()
    restore(table, table.a, tmp_path)
    table.meet()
    send(table, table.a, 4)
    first = table.a.out.link_id
    table.cut(table.count)
    restore(table, table.a, tmp_path)  # the same old backup: it knows nothing of the epoch
    table.meet()
    assert (table.a.out.state, table.b.out.state) == ("LIVE", "LIVE")
    assert len(levels(table.a, "CLOSED")) == len(levels(table.b, "CLOSED")) == 4
    assert [each.size for each in levels(table.a, "CLOSED") if each.link_id == first] == [2, 1]
    for side in (table.a, table.b):
        assert all(each.receipted == each.size for each in levels(side, "CLOSED"))
    send(table, table.a, 5)
    assert table.b.into.size == 2


def test_the_history_is_found_again_after_a_restart(table: Table, tmp_path: Path) -> None:
    send(table, table.a, 3)
    table.cut()
    restore(table, table.b, tmp_path)
    table.meet()
    said = [[(e.origin, e.size, e.receipted) for e in s.node.levels()] for s in (table.a, table.b)]
    for side in (table.a, table.b):
        side.restart()
    found = [[(e.origin, e.size, e.receipted) for e in s.node.levels()] for s in (table.a, table.b)]
    assert found == said


def test_a_node_that_lost_its_disk_takes_its_own_log_from_its_peer(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    send(table, table.a, 1, 2)
    send(table, table.b, 1)
    table.cut()
    table.a.store.close()
    for each in tmp_path.glob("a*"):
        each.unlink()
    table.a.restart(restored=WHY)
    assert [each.size for each in table.a.node.levels()] == [1, 0, 0]
    table.meet()
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert [each.size for each in levels(table.a, "CLOSED")] == [3, 2]


def piece(table: Table, first: int, *, by_file: bool = False) -> TakeTail:
    """What B answers when A asks for its log from a place on."""
    books = table.b.node._links[table.b.link_id]
    with table.b.store.begin() as tx:
        rows, head, given = tail.read(tx, books.out, first)
    envelopes = tuple(tail.whole(row) for row in rows)
    return TakeTail(1, 1, first, envelopes, head, given, books.out.size, by_file=by_file)


@pytest.mark.parametrize("first", [0, 1])
def test_what_a_courier_file_brought_before_the_answer_came_is_passed_over(
    table: Table, first: int
) -> None:
    books = table.a.node._links[table.a.link_id]
    held = books.inn.size
    found = books.do(piece(table, first), table.now)
    assert found == TailTaken(1, 1, held, held, books._heads(), gave=True)
    assert (books.inn.size, books.session.state) == (held, "LIVE")


def test_a_files_tail_of_another_epoch_than_ours_is_not_taken(table: Table, tmp_path: Path) -> None:
    send(table, table.b, 2)
    restore(table, table.a, tmp_path)
    books = table.a.node._links[table.a.link_id]
    books.stop(WHY)
    given, held = piece(table, books.inn.size, by_file=True), books.inn.size
    books.sealed_for = "a" * 16
    assert books.do(given, table.now) is None
    assert books.inn.size == held
    books.sealed_for = books.terms.link_id
    found = books.do(given, table.now)
    assert isinstance(found, TailTaken)
    assert books.inn.size == given.end > held
