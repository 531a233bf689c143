"""A stopped link carries what is urgent: the emergency epoch, and how it is settled."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.node.test_turning_crash import WHY, Wreck, send
from tests.support import makers, nodes
from tests.support.nodes import FLASH, Side, Table
from tests.support.outcomes import fault_of

from detente.core import checkpoint, conflict, epoch
from detente.core.moment import Span
from detente.core.trust import Chain
from detente.link import frames, session
from detente.node.ports import Level

CHAINS = {
    name: Chain((makers.make_party(name).card,)) for name in (makers.AURELIA, makers.BOREALIS)
}


def forked() -> Wreck:
    """Side b hears a second history of the log of side a, signed by its key: both halt."""
    table = Wreck()
    table.connect()
    send(table, table.a, 1, 2)
    send(table, table.b, 1)
    other = checkpoint.sign(table.us.log, table.a.out.origin, 2, b"x" * 32)
    data = frames.checkpoint(other)
    table.b.node.step(table.b.link_id, session.Bytes(1, data), table.now)
    table.pump()
    assert (table.a.out.state, table.b.out.state) == ("HALTED", "HALTED")
    return table


def disputed() -> Wreck:
    """The same after a tick: the emergency epoch is open."""
    table = forked()
    table.wait(Span(1_000))
    table.pump()
    table.meet()
    table.wait(Span(1_000))
    table.pump()
    return table


def hand_in(table: Table, side: Side, number: int, **header: object) -> None:
    peer = table.them if side is table.a else table.us
    signed = FLASH if header.get("prec") == "FLASH" else None
    row = nodes.envelope(side.party, [peer], number, signed_by=signed, **header)  # type: ignore[arg-type]
    assert [each.code for each in side.node.submit([row], table.now)] == [""]
    table.pump()


def states(table: Table) -> list[str]:
    return [side.out.state for side in (table.a, table.b)]


def of_state(side: Side, state: str) -> Sequence[Level]:
    return [each for each in side.node.levels() if each.state == state and each.peer]


def test_a_halted_link_opens_an_epoch_for_what_is_urgent() -> None:
    table = disputed()
    for side in (table.a, table.b):
        assert (side.out.state, side.out.size) == ("DISPUTED", 1)
        assert side.out.why.startswith("E_FORK")
    hand_in(table, table.a, 3)
    hand_in(table, table.a, 4, prec="FLASH")
    hand_in(table, table.b, 5, kind="hotline.call")
    hand_in(table, table.b, 6, kind="hotlines.call")
    assert (table.a.out.receipted, table.a.out.waiting) == (2, 1)
    assert (table.b.out.receipted, table.b.out.waiting) == (2, 1)


def test_what_was_told_goes_on_after_a_restart() -> None:
    table = disputed()
    hand_in(table, table.a, 3)
    hand_in(table, table.a, 4, prec="FLASH")
    table.cut(table.count)
    table.start("a")
    table.start("b")
    table.count += 1
    table.connect(table.count)
    assert states(table) == ["DISPUTED", "DISPUTED"]
    hand_in(table, table.a, 5, prec="FLASH")
    assert (table.a.out.receipted, table.a.out.waiting) == (3, 1)


def test_the_conflict_is_kept_and_shows_who_signed_two_histories() -> None:
    table = disputed()
    found = conflict.judge(conflict.read(table.b.node.conflict(table.us.name)), CHAINS)
    assert (found.kind, found.who, found.sizes) == ("forked", table.us.name, (3, 2))


def test_one_persons_word_settles_nothing_and_the_urgent_goes_on() -> None:
    table = disputed()
    ends = table.a.node.ends(table.them.name, ())
    table.a.node.confirm(table.them.name, ends, table.now)
    table.pump()
    assert states(table) == ["DISPUTED", "DISPUTED"]
    hand_in(table, table.a, 4, prec="FLASH")
    assert table.a.out.receipted == 2


def settle(table: Wreck, sizes: Sequence[int] = ()) -> None:
    """A person on each side confirms the same heads, ours first at each side."""
    for side, peer, own in ((table.a, table.them, sizes), (table.b, table.us, sizes[::-1])):
        side.node.confirm(peer.name, side.node.ends(peer.name, own), table.now)
    table.pump()
    table.meet()


def test_two_persons_who_confirm_the_same_heads_settle_all_four_logs() -> None:
    table = disputed()
    hand_in(table, table.a, 3)
    hand_in(table, table.b, 4, prec="FLASH")
    settle(table)
    assert states(table) == ["LIVE", "LIVE"]
    for side in (table.a, table.b):
        assert len(of_state(side, "CLOSED")) == 4
        assert all(each.receipted == each.size for each in of_state(side, "CLOSED"))
    note = epoch.read(table.disks["a"].notes[f"epoch:{table.a.link_id}:2"])
    assert (len(note.close), note.reason) == (4, "halt")
    assert table.b.into.size == 2, "the opening, and what waited"


def test_what_the_persons_gave_up_is_sent_again() -> None:
    table = disputed()
    settle(table, (2, 2))  # our log ends at 2: record 2 is not covered
    assert states(table) == ["LIVE", "LIVE"]
    closed = [each for each in of_state(table.b, "CLOSED") if table.a.link_id in each.origin]
    assert [(each.owner, each.size) for each in closed] == [
        (table.them.name, 2), (table.us.name, 2),
    ]  # fmt: skip
    assert table.b.into.size == 2, "the opening, and record 2 again"


def test_persons_who_confirm_different_heads_settle_nothing() -> None:
    table = disputed()
    for side, peer, own in ((table.a, table.them, (2, 2)), (table.b, table.us, (2, 3))):
        side.node.confirm(peer.name, side.node.ends(peer.name, own), table.now)
    table.pump()
    assert states(table) == ["DISPUTED", "DISPUTED"]


def test_a_head_that_was_never_here_is_not_confirmed() -> None:
    table = disputed()
    node, peer = table.a.node, table.them.name
    ends = node.ends(peer, ())
    wrong = [replace(ends[0], root=bytes(32)), ends[1]]
    assert fault_of(node.confirm, peer, wrong, table.now) == "epoch.differs"
    above = [replace(ends[0], size=9), ends[1]]
    assert fault_of(node.confirm, peer, above, table.now) == "epoch.differs"
    strange = [replace(ends[0], origin="x"), ends[1]]
    assert fault_of(node.confirm, peer, strange, table.now) == "epoch.differs"
    assert fault_of(node.confirm, peer, ends[:1], table.now) == "epoch.differs"
    assert fault_of(node.ends, peer, (9, 0)) == "epoch.differs"
    assert fault_of(node.ends, "cordia.gov", ()) == "link.none"


def test_where_nothing_is_disputed_nothing_is_confirmed() -> None:
    table = Wreck()
    table.connect()
    ends = table.a.node.ends(table.them.name, ())
    assert fault_of(table.a.node.confirm, table.them.name, ends, table.now) == "epoch.none"
    assert fault_of(table.a.node.conflict, table.them.name) == "proof.unknown"


def test_a_confirmation_before_any_path_is_kept() -> None:
    table = forked()
    table.cut()
    settled = []
    for side, peer in ((table.a, table.them), (table.b, table.us)):
        side.node.confirm(peer.name, side.node.ends(peer.name, ()), table.now)
        settled.append(side.node.ends(peer.name, ()))
    for _ in range(8):
        table.count += 1
        table.connect(table.count)
        table.wait(Span(1_000))
        table.pump()
    assert states(table) == ["LIVE", "LIVE"]
    assert len(of_state(table.a, "CLOSED")) == 4


def set_back(name: str) -> Wreck:
    """One side has an older disk; both wait for tails that do not come through."""
    table = Wreck()
    table.connect()
    send(table, table.a, 1)
    backup = table.disks[name].copy()
    send(table, table.a, 2, 3)
    send(table, table.b, 1)
    table.cut()
    table.disks[name] = backup
    table.start(name, WHY)
    slow(table, name)
    return table


@pytest.mark.parametrize("name", ["a", "b"])
def test_a_recovery_that_takes_long_opens_an_emergency_and_goes_on(name: str) -> None:
    table = set_back(name)
    assert states(table) == ["RECOVER", "RECOVER"]
    table.wait(Span(9_999))
    quiet(table)
    assert states(table) == ["RECOVER", "RECOVER"]
    table.wait(Span(1))
    table.pump()
    table.count += 1
    slow(table, name)
    assert states(table) == ["DISPUTED", "DISPUTED"]
    hand_in(table, table.a, 4, prec="FLASH")
    assert table.a.out.receipted == 2
    for _ in range(3):
        table.wait(Span(1_000))
        table.pump()
    table.meet()
    assert states(table) == ["LIVE", "LIVE"]
    assert len(of_state(table.a, "CLOSED")) == 4
    send(table, table.a, 5)
    assert table.b.into.size == 2


@pytest.mark.parametrize("name", ["a", "b"])
def test_who_falls_back_into_an_emergency_that_the_other_settled_gets_all_four_tails(
    name: str,
) -> None:
    table = set_back(name)
    table.wait(Span(10_000))
    table.pump()
    table.count += 1
    slow(table, name)
    assert states(table) == ["DISPUTED", "DISPUTED"]
    backup = table.disks[name].copy()  # without what was lost first, and in the emergency
    for _ in range(3):
        table.wait(Span(1_000))
        table.pump()
    table.meet()
    assert states(table) == ["LIVE", "LIVE"]
    table.cut()
    table.disks[name] = backup
    table.start(name, WHY)
    for _ in range(3):
        table.connect(table.count + 1)
        table.count += 1
        table.wait(Span(1_000))
        table.pump()
    assert states(table) == ["LIVE", "LIVE"]
    assert [len(of_state(side, "CLOSED")) for side in (table.a, table.b)] == [6, 6]
    send(table, table.a, 6)
    assert table.b.into.receipted == table.a.out.size


def quiet(table: Wreck) -> None:
    """What is said now is lost."""
    table.a.node.take_effects()
    table.b.node.take_effects()


def slow(table: Wreck, name: str) -> None:
    """Connect; what the restored side asks of tails does not come through."""
    table.count += 1
    for side, dialled in ((table.a, True), (table.b, False)):
        begun = session.PathBegun(table.count, "primary", dialled)
        side.node.step(side.link_id, begun, table.now)
    for side, nonce in ((table.a, b"a" * 16), (table.b, b"b" * 16)):
        side.node.step(side.link_id, session.PathUp(table.count, nonce), table.now)
    moved = True
    while moved:
        moved = False
        for side, other in ((table.a, table.b), (table.b, table.a)):
            for link_id, effect in side.node.take_effects():
                if not isinstance(effect, session.Send):
                    continue
                moved = True
                for message in frames.Reader().feed(effect.data):
                    if message.type in (frames.TAIL_END, frames.EPOCH):
                        continue
                    rank = None if message.chan == message.rank else message.chan
                    data = frames.encode(message.type, message.payload, message.rank, rank)
                    other.node.step(link_id, session.Bytes(effect.conn, data), table.now)
    assert name
