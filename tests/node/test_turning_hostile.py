"""A peer that uses our restore against us: it hides, lies, refuses. Honest sides stay safe."""

import pytest
from tests.node.test_turning_crash import WHY, Wreck, send
from tests.support import makers
from tests.support.nodes import Side, Table

from detente.core import conflict, epoch
from detente.core.checkpoint import is_signed
from detente.core.epoch import Close, LogKeys
from detente.core.trust import Chain
from detente.link import frames, session, tail_frames
from detente.link.moves_epochs import ServeTail, TailServed

CHAINS = {
    name: Chain((makers.make_party(name).card,)) for name in (makers.AURELIA, makers.BOREALIS)
}


def restored(hidden: int = 0) -> Wreck:
    """Side a restored to a backup with one record; the peer shows all but the newest `hidden`."""
    table = Wreck()
    table.connect()
    send(table, table.a, 1)
    backup = table.disks["a"].copy()
    copies = []
    for number in (2, 3, 4):
        copies.append(table.disks["b"].copy())
        send(table, table.a, number)
    table.cut()
    table.full = table.disks["b"]  # what the liar keeps
    table.disks["a"] = backup
    if hidden:
        table.disks["b"] = copies[-hidden].copy()
    table.start("a", WHY)
    table.start("b")
    return table


def shown(side: Side) -> conflict.Proven:
    """What the newest evidence of a side shows to a third party."""
    found = side.node.conflict(side.peer.name)
    return conflict.judge(conflict.read(found), CHAINS)


def test_a_peer_that_hides_the_newest_tail_gets_no_proof_of_a_fork() -> None:
    table = restored(hidden=2)
    full = table.full.heads[table.a.out.origin]
    table.go_on()
    note = epoch.read(table.disks["a"].notes[f"epoch:{table.a.link_id}:1"])
    origin = f"{table.us.name}/detente/{table.a.link_id}"
    ended = epoch.closing(note, origin)
    assert ended is not None
    assert (ended.size, full.size) == (3, 5)
    assert epoch.is_void(note, origin, full.size)
    assert all(epoch.is_signed(note, each.card) for each in (table.us, table.them))
    # Whatever this side signed in the old log since then is the beginning of what it signed before.
    heads = table.disks["a"].checkpoints[origin]
    before = table.full.checkpoints[origin]
    for size, (head, _) in heads.items():
        assert is_signed(head, origin, table.us.card.log)
        assert size in before
        assert before[size][0].root == head.root
    send(table, table.a, 6)
    assert max(table.disks["a"].checkpoints[origin]) == ended.size, "it goes on in the new log"


def open_a(table: Table) -> list[session.Effect]:
    """Connect side a to nobody: what it says is ours to answer."""
    begun = session.PathBegun(1, "primary", dialled=True)
    table.a.node.step(table.a.link_id, begun, table.now)
    table.a.node.step(table.a.link_id, session.PathUp(1, b"n" * 16), table.now)
    return [effect for _, effect in table.a.node.take_effects()]


def hear(table: Table, data: bytes) -> list[session.Effect]:
    table.a.node.step(table.a.link_id, session.Bytes(1, data), table.now)
    return [effect for _, effect in table.a.node.take_effects()]


def hello_of(table: Table) -> bytes:
    """What the peer's own node would say first."""
    node, link_id = table.b.node, table.b.link_id
    node.step(link_id, session.PathBegun(9, "primary", dialled=False), table.now)
    node.step(link_id, session.PathUp(9, b"m" * 16), table.now)
    return b"".join(e.data for _, e in node.take_effects() if isinstance(e, session.Send))


def test_a_peer_that_states_more_than_it_serves_halts_the_link() -> None:
    table = restored()
    open_a(table)
    hear(table, hello_of(table))
    hear(table, tail_frames.answer(0, 2, (), None, None, 2))
    assert table.a.out.why.startswith("E_ROOT: they hold 5 records of our log")


def test_a_peer_that_says_it_holds_more_and_gives_nothing_halts_the_link() -> None:
    table = restored()
    open_a(table)
    hear(table, hello_of(table))
    hear(table, tail_frames.answer(1, 1, (), None, None, 7))
    assert table.a.out.why.startswith("E_ROOT: they hold 7 records of their log")


def test_a_tail_of_another_branch_halts_the_link_and_stores_nothing() -> None:
    table, other = restored(), Wreck()
    other.connect()
    send(other, other.a, 7, 8, 9)
    books = other.b.node._links[other.b.link_id]
    served = books._serve_tail(ServeTail(1, books.terms.link_id, 0, 2), table.now)
    assert isinstance(served, TailServed)
    open_a(table)
    hear(table, hello_of(table))
    data = tail_frames.answer(0, 2, served.envelopes, served.head, served.receipt, served.end)
    hear(table, data)
    assert table.a.out.why.startswith("E_ROOT")
    assert table.a.out.size == 2


def keys_of(one: makers.Party) -> LogKeys:
    return LogKeys(one.name, one.log, one.log_pq)


def proposal(table: Table, **sizes: int) -> bytes:
    """A note of the peer that would end our log or its own below what we hold."""
    books = table.a.node._links[table.a.link_id]
    ends = []
    for which, end in zip(("ours", "theirs"), books.now.ends(), strict=True):
        ends.append(Close(end.origin, sizes.get(which, end.size), end.root))
    note = epoch.make(books.terms.link_id, 1, ends, epoch.RESTORE, None, books.life)
    return epoch.sign(note, keys_of(table.them)).note


@pytest.mark.parametrize("which", ["ours", "theirs"])
def test_a_closing_head_below_what_is_held_halts_the_link_with_evidence(which: str) -> None:
    table = Wreck()
    swap_fingerprints(table)
    table.connect()
    send(table, table.a, 1, 2)
    send(table, table.b, 1, 2)
    side = table.a
    bad = proposal(table, **{which: 1})
    side.node.step(side.link_id, session.Bytes(1, tail_frames.epoch(bad)), table.now)
    first = side.node.take_effects()
    assert frames.TAIL_REQ in kinds(first), "it stops first, and compares tails"
    for log, end in ((0, 3), (1, 3)):
        hear(table, tail_frames.answer(log, end, (), None, None, end))
    assert side.out.why.startswith("E_FORK: they would end")
    found = shown(side)
    assert (found.kind, found.who, found.sizes) == ("took_back", table.them.name, (3, 1))


def kinds(effects: list[tuple[str, session.Effect]]) -> list[int]:
    reader = frames.Reader()
    return [
        message.type
        for _, effect in effects
        if isinstance(effect, session.Send)
        for message in reader.feed(effect.data)
    ]


def swap_fingerprints(table: Wreck) -> None:
    """Let side a be the one that answers proposals: the parties change places if need be."""
    if table.us.card.fp60 < table.them.card.fp60:
        table.us, table.them = table.them, table.us
        table.a, table.b = table.b, table.a
        table.disks = {"a": table.disks["b"], "b": table.disks["a"]}


def test_a_note_of_another_link_or_epoch_closes_the_path() -> None:
    table = Wreck()
    table.connect()
    for link_id, number in (("a" * 16, 1), (table.a.link_id, 2)):
        note = epoch.make(link_id, number, [], epoch.EMERGENCY, None, bytes(32))
        data = tail_frames.epoch(epoch.sign(note, keys_of(table.them)).note)
        effects = hear(table, data)
        [closed] = [each for each in effects if isinstance(each, session.Close)]
        assert closed.code == "E_HELLO"
        table.cut()
        table.connect()


def test_a_note_without_its_makers_lines_closes_the_path() -> None:
    table = Wreck()
    table.connect()
    note = epoch.make(table.a.link_id, 1, [], epoch.EMERGENCY, None, bytes(32))
    data = tail_frames.epoch(epoch.sign(note, keys_of(table.us)).note)
    effects = hear(table, data)
    [closed] = [each for each in effects if isinstance(each, session.Close)]
    assert closed.code == "E_SIG"


def test_only_the_lower_fingerprint_proposes() -> None:
    table = Wreck()
    table.connect()
    low = table.us if table.us.card.fp60 < table.them.card.fp60 else table.them
    side = table.a if low is table.us else table.b
    books = side.node._links[side.link_id]
    high = table.them if low is table.us else table.us
    note = epoch.make(side.link_id, 1, books.now.ends(), epoch.RESTORE, None, books.life)
    data = tail_frames.epoch(epoch.sign(note, keys_of(high)).note)
    side.node.step(side.link_id, session.Bytes(1, data), table.now)
    closes = [e for _, e in side.node.take_effects() if isinstance(e, session.Close)]
    assert [each.code for each in closes] == ["E_HELLO"]


def test_a_note_from_before_a_loss_closes_the_path() -> None:
    # Signed once more, the same note would open the same logs a second time.
    table = Wreck()
    table.connect()
    low = table.us if table.us.card.fp60 < table.them.card.fp60 else table.them
    side = table.b if low is table.us else table.a
    books = side.node._links[side.link_id]
    note = epoch.make(side.link_id, 1, books.now.ends(), epoch.RESTORE, None, bytes(32))
    data = tail_frames.epoch(epoch.sign(note, keys_of(low)).note)
    side.node.step(side.link_id, session.Bytes(1, data), table.now)
    closes = [e for _, e in side.node.take_effects() if isinstance(e, session.Close)]
    assert [(each.code, "loss" in each.what) for each in closes] == [("E_HELLO", True)]
