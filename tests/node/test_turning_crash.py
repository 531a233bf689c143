"""A crash before and after every commit of a recovery, on either side: the next start goes on."""

from dataclasses import replace

import pytest
from tests.support import makers, nodes
from tests.support.nodes import Side, Table

from detente.core import receipt
from detente.core.trust import Chain
from detente.link import session
from detente.node.node import Node
from detente.store.memory_logs import Disk, MemoryLogs

WHY = "this side was restored from a backup"
CARDS = {name: Chain((makers.make_party(name).card,)) for name in (makers.AURELIA, makers.BOREALIS)}
COMMITS = 12  # more than any side makes in a recovery


class Fell(BaseException):
    """The process of a side ended."""


class Wreck(Table):
    """A table whose sides keep disks in memory and fall at a commit that is said."""

    def __init__(self) -> None:
        super().__init__()
        self.disks = {"a": Disk(), "b": Disk()}
        self.fuse: tuple[str, int, str] | None = None  # side, how many commits yet, before or after
        self.fallen = 0
        self.full = Disk()  # what a liar keeps
        for name in self.disks:
            self.start(name)

    def side(self, name: str) -> Side:
        return self.a if name == "a" else self.b

    def start(self, name: str, restored: str = "") -> None:
        side = self.side(name)
        store = MemoryLogs(
            self.disks[name],
            lambda _: self.burn(name, "before"),
            lambda _: self.burn(name, "after"),
        )
        side.seat = replace(side.seat, restored=restored)
        side.node = Node(side.seat, [side.terms], store, self.now)

    def burn(self, name: str, when: str) -> None:
        if self.fuse is None or self.fuse[0] != name or self.fuse[2] != when:
            return
        self.fuse = (name, self.fuse[1] - 1, when)
        if self.fuse[1] < 0:
            self.fuse = None
            self.fallen += 1
            raise Fell(name)

    def try_to(self, name: str, restored: str) -> None:
        """Start a side that was restored; a fall before it is marked finds it so again."""
        try:
            self.start(name, restored)
        except Fell:
            self.start(name, restored)

    def go_on(self) -> None:
        """Connect until both are live; who falls is started again."""
        for _ in range(12):
            self.count += 1
            try:
                self.connect(self.count)
            except Fell as fall:
                name = str(fall)
                other = self.side("b" if name == "a" else "a")
                other.node.take_effects()
                down = session.PathDown(self.count, "the other side fell")
                other.node.step(other.link_id, down, self.now)
                other.node.take_effects()
                self.start(name)
                continue
            if self.a.out.state == self.b.out.state == "LIVE":
                return
        raise AssertionError(f"{self.a.out.state} {self.a.out.why}, {self.b.out.state}")


def send(table: Table, side: Side, *numbers: int) -> None:
    peer = table.them if side is table.a else table.us
    rows = [nodes.envelope(side.party, [peer], number) for number in numbers]
    assert [each.code for each in side.node.submit(rows, table.now)] == [""] * len(rows)
    table.pump()


@pytest.mark.parametrize("at", range(COMMITS))
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("falls", ["a", "b"])
@pytest.mark.parametrize("restored", ["a", "b", "ab"])
def test_a_crash_at_any_commit_of_a_recovery_loses_nothing(
    restored: str, falls: str, when: str, at: int
) -> None:
    table = Wreck()
    table.connect()
    send(table, table.a, 1, 2)
    send(table, table.b, 1)
    backups = {name: disk.copy() for name, disk in table.disks.items()}
    send(table, table.a, 3)
    send(table, table.b, 2)
    table.cut()
    table.fuse = (falls, at, when)
    for name in restored:
        table.disks[name] = backups[name].copy()
        table.try_to(name, WHY)
    table.go_on()
    table.fuse = None
    assert table.a.out.link_id == table.b.out.link_id
    assert table.a.out.link_id != table.a.link_id, "no side goes on in the old logs"
    levels = [
        [(each.origin, each.size) for each in side.node.levels() if each.peer]
        for side in (table.a, table.b)
    ]
    assert sorted(levels[0]) == sorted(levels[1])
    closed = [each for each in table.a.node.levels() if each.state == "CLOSED" and each.peer]
    assert [each.size for each in closed] == ([3, 2] if restored == "ab" else [4, 3])
    for side in (table.a, table.b):
        for level in side.node.levels():
            if level.state == "CLOSED" and level.peer:
                assert level.receipted == level.size
                shown = receipt.check(side.node.prove(level.origin, level.size - 1), CARDS)
                assert shown.origin == level.origin
    send(table, table.a, 5)
    send(table, table.b, 6)
    assert (table.a.out.receipted, table.b.out.receipted) == (2, 2)
    assert [disk.waiting for disk in table.disks.values()] == [{table.a.link_id: []}] * 2


def test_the_crashes_reach_every_commit() -> None:
    """The range above is long enough: at its end nobody falls."""
    for falls in ("a", "b"):
        table = Wreck()
        table.connect()
        backup = table.disks["a"].copy()
        send(table, table.a, 3)
        table.cut()
        table.fuse = (falls, COMMITS, "before")
        table.disks["a"] = backup
        table.try_to("a", WHY)
        table.go_on()
        assert table.fallen == 0


@pytest.mark.parametrize("which", ["a", "b"])
def test_a_snapshot_that_rolls_back_both_ids_is_seen_by_an_honest_peer(which: str) -> None:
    table = Wreck()
    table.connect()
    send(table, table.a, 1)
    send(table, table.b, 1)
    backup = table.disks[which].copy()
    send(table, table.a, 2)
    send(table, table.b, 2)
    table.cut()
    table.disks[which] = backup
    table.start(which)  # the incarnation file was rolled back too
    table.go_on()
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    closed = [each.size for each in table.a.node.levels() if each.state == "CLOSED" and each.peer]
    assert closed == [3, 3]
    send(table, table.side(which), 5)
    assert table.side(which).out.receipted == 2
