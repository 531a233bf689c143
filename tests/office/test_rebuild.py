"""Tables can be dropped and refolded to equal rows, and nothing is answered again."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.makers import AURELIA, BOREALIS, CORDIA
from tests.support.offices import OBJECT, PERSON, Net, Side

from detente.core.errors import Fault, OurFault
from detente.core.moment import Span
from detente.node.ports import Level
from detente.office import house
from detente.office.fields import Values
from detente.office.tables import Row
from detente.store.memory import MemoryShelf

ACTS = ("send", "send both", "read", "answer", "withdraw", "acknowledge", "bad")
ROUGH = ("line", "restart", "office", "wait", "rebuild", "crash", "crash")
MOVES = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(ACTS * 2 + ROUGH), st.integers(0, 1_000)),
    min_size=1,
    max_size=14,
)


def pick(side: Side, kind: str, draw: int, *, ours: bool) -> bytes | None:
    found = sorted(row.data("mid") for row in side.of_kind(kind, ours=ours))
    return found[draw % len(found)] if found else None


def move(net: Net, who: int, what: str, draw: int) -> None:
    side, other = net.sides[who], net.sides[(who + 1 + draw % 2) % 3]
    moves: dict[str, Callable[[], object]] = {
        "send": lambda: side.send(f"bundle {draw}", other, prec=("ROUTINE", "PRIORITY")[draw % 2]),
        "send both": lambda: side.send(
            "to both", *(each for each in net.sides if each is not side)
        ),
        "bad": lambda: side.hatch.submit([side.unreadable(other).envelope], net.now),
        "line": lambda: net.set_line(side, other, up=not net.line(side, other).up),
        "restart": side.restart,
        "office": side.start_office,
        "crash": lambda: setattr(side.fuse, "blow_at", side.fuse.steps + 1 + draw % 60),
        "wait": lambda: setattr(net, "now", net.now + Span(draw)),
        "rebuild": lambda: side.office.rebuild(net.now),
    }
    theirs = pick(side, "cert.bundle", draw, ours=False)
    mine = pick(side, "cert.bundle", draw, ours=True)
    withdrawal = pick(side, "cert.withdraw", draw, ours=False)
    if theirs:
        moves["read"] = lambda: side.office.records.read(PERSON, theirs, net.now)
        moves["answer"] = lambda: side.act("cert/answer", mid=theirs, verdict="useful")
    if mine:
        refs = (Values({"id": OBJECT}),)
        moves["withdraw"] = lambda: side.act_all(  # one record to each who has it
            "cert/withdraw", mid=mine, object=refs, reason="false", all=False
        )
    if withdrawal:
        moves["acknowledge"] = lambda: side.act("cert/acknowledge", mid=withdrawal)
    try:
        net.survive(moves.get(what, lambda: None))
    except Fault:
        assert what in ACTS  # a desk may say no; nothing else may
    if draw % 3:
        net.survive(net.turn)


@given(moves=MOVES)
def test_any_history_refolds_to_equal_rows_and_makes_no_new_record(
    moves: list[tuple[int, str, int]],
) -> None:
    net = Net(AURELIA, BOREALIS, CORDIA)
    for who, what, draw in moves:
        move(net, who, what, draw)
    for is_up in (False, True):  # first as the lines are, then with all of them up
        for link in net.links:
            link.up |= is_up
        net.survive(net.settle)
        for side in net.sides:
            side.fuse.blow_at = -1
        net.settle()
        before = [side.tables() for side in net.sides]
        handed_in = [len(side.hatch.submitted) for side in net.sides]
        for side in net.sides:
            outbox = len(side.outbox())
            side.office.rebuild(net.now)
            assert len(side.hatch.submitted) == handed_in[net.sides.index(side)] + outbox
        assert [side.tables() for side in net.sides] == before
    for side in net.sides:
        assert side.outbox() == []
        said = side.said_delivered()
        assert len(said) == len(set(said))
        assert {side.level(row.data("mid")) for row in side.of_kind("cert.bundle", ours=True)} <= {
            "DELIVERED",
            "READ",
        }


def test_a_lost_store_is_folded_again_from_the_node_and_nothing_is_said_twice() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    mid = a.send("before the fire", b)
    a.hatch.submit([a.unreadable(b).envelope], net.now)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    before, sizes = said(b), [level.size for level in b.node.levels() if level.peer]
    b.shelf.inner = MemoryShelf()
    b.start_office()
    b.office.advance(net.now)
    b.office.records.read(PERSON, mid, net.now)
    net.settle()
    assert said(b) == before  # that a person looked again is an entry; nothing else is new
    assert [level.size for level in b.node.levels() if level.peer] == sizes


def said(side: Side) -> dict[str, list[Row]]:
    """All tables, but for who saw what."""
    tables = side.tables()
    for name in ("house_trail", "house_trail_mids"):
        del tables[name]
    looked = [row["mid"] for row in tables["house_records"] if row["kind"] == "office.read"]
    for name in ("house_records", "house_places"):
        tables[name] = [row for row in tables[name] if row["mid"] not in looked]
    return tables


def test_what_waits_in_the_queue_is_in_the_tables_after_a_rebuild() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    net.set_line(a, b, up=False)
    mids = {a.send(f"waiting {number}", b) for number in range(3)}
    net.turn()
    before = a.tables()
    a.office.rebuild(net.now)
    assert a.tables() == before
    assert {row.data("mid") for row in a.of_kind("cert.bundle", ours=True)} == mids
    assert {a.level(mid) for mid in mids} == {"SUBMITTED"}


def test_a_rebuild_that_is_cut_goes_on_at_the_next_start() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    mid = a.send("cut", b)
    net.settle()
    before, sizes = b.tables(), [level.size for level in b.node.levels()]
    since = b.hatch.since
    b.hatch.since = _closed  # type: ignore[method-assign,assignment]
    with pytest.raises(OurFault, match=r"hatch\.closed"):
        b.office.rebuild(net.now)
    assert b.rows(house.RECORDS) == []
    b.hatch.since = since  # type: ignore[method-assign]
    b.start_office()
    net.settle()
    assert b.tables() == before
    assert [level.size for level in b.node.levels()] == sizes
    assert a.level(mid) == "DELIVERED"


def _closed(*_: object) -> object:
    raise OurFault("hatch.closed", "the node is gone", "wait")


def test_records_that_come_in_between_two_questions_are_each_taken_from_their_own_log() -> None:
    # levels() was answered, then more came into every log, then since() is asked.
    net = Net(AURELIA, BOREALIS, CORDIA)
    a, b, c = net.sides
    plain = b.hatch.levels
    left = [f"late {number}" for number in range(6)]

    def levels() -> object:
        found = plain()
        if left:
            about = left.pop()
            a.send(about, b)
            c.send(about, b)
            net.pump()
        return found

    b.hatch.levels = levels  # type: ignore[method-assign,assignment]
    a.send("first", b)
    net.pump()
    for _ in range(20):
        b.office.advance(net.now)
        net.pump()
    net.settle()
    assert len(b.of_kind("cert.bundle", ours=False)) == 13
    before = b.tables()
    b.office.rebuild(net.now)
    assert b.tables() == before


def test_no_level_is_asked_of_a_log_that_is_gone() -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    mid = a.send("then the link ended", b)
    net.settle()
    plain = a.hatch.levels
    a.hatch.levels = lambda: _home(plain())  # type: ignore[method-assign]
    assert a.level(mid) == "SUBMITTED"


def _home(levels: object) -> list[Level]:
    assert isinstance(levels, list)
    return [level for level in levels if not level.peer]
