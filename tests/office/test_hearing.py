"""A node that was taken over: what it hands in and cannot be is passed over, the rest goes on."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.makers import AURELIA, BOREALIS, CORDIA
from tests.support.offices import Net, Side
from tests.support.outcomes import fault_of

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Kept, Level, PathSeen, PeerCard
from detente.office import house

Change = Callable[[Any], Any]


class Lying:
    """A hatch whose answers a taken-over node changes."""

    def __init__(self, inner: Any, **changes: Change) -> None:  # noqa: ANN401
        self._inner, self.changes = inner, changes

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        found = getattr(self._inner, name)
        if name not in self.changes:
            return found
        return lambda *given: self.changes[name](found(*given))


@pytest.fixture
def three() -> Net:
    return Net(AURELIA, BOREALIS, CORDIA)


def lie(side: Side, **changes: Change) -> Lying:
    """Let the node of this side lie to its office from now on."""
    heard = side.office._register.hatch
    lying = Lying(heard._hatch, **changes)
    heard._hatch = lying
    return lying


def odd(side: Side) -> list[str]:
    assert all(each.code == "hatch.row" for each in side.office.status.odd().values())
    return sorted(side.office.status.odd())


def read(side: Side) -> None:
    for _ in range(20):
        if not side.office.advance(side.net.now):
            return
    raise AssertionError("it reads for ever")


def test_of_an_honest_node_nothing_is_odd(three: Net) -> None:
    a, b, c = three.sides
    mid = a.send("to both", b, c)
    three.settle()
    assert a.level(mid) == "DELIVERED"
    assert [odd(each) for each in three.sides] == [[], [], []]


def levels(change: Callable[[Level], Level], which: str) -> Change:
    return lambda found: [change(each) if which in each.origin else each for each in found]


@pytest.mark.parametrize(
    "change",
    [
        lambda level: replace(level, owner="cordia.gov"),
        lambda level: replace(level, owner="aurelia.gov"),
        lambda level: replace(level, peer="no party!"),
        lambda level: replace(level, peer=""),
        lambda level: replace(level, peer="x.gov"),
        lambda level: replace(level, link_id="a" * 16),
        lambda level: replace(level, state="<b>"),
        lambda level: replace(level, late="SOON"),
        lambda level: replace(level, attended=("<script>",)),
        lambda level: replace(level, unattended=("cert", "")),
        lambda level: replace(level, origin="cordia.gov" + level.origin[10:]),
    ],
)  # fmt: skip
def test_a_log_that_cannot_be_is_passed_over_and_another_is_read(
    three: Net, change: Callable[[Level], Level]
) -> None:
    a, b, c = three.sides
    lie(a, levels=levels(change, BOREALIS + "/"))
    bad, good = b.send("from b", a), c.send("from c", a)
    three.settle()
    assert c.level(good) == "DELIVERED"
    assert b.level(bad) == "STORED", "nothing of it is believed"
    assert len(odd(a)) == 1
    assert odd(a)[0].startswith("log ")


def test_receipts_for_more_than_a_log_holds_count_for_what_it_holds(three: Net) -> None:
    a = three.sides[0]
    more = levels(lambda level: replace(level, receipted=2**53, confirmed=level.size + 1), "/")
    lie(a, levels=more)
    assert all(each.receipted == each.confirmed == each.size for each in a.office.status.levels())


def test_a_log_named_twice_counts_once(three: Net) -> None:
    a, b, _ = three.sides
    lie(a, levels=lambda found: [*found, *[replace(each, size=2**53) for each in found]])
    mid = b.send("one", a)
    three.settle()
    assert b.level(mid) == "DELIVERED"
    assert odd(a)


def since(change: Callable[[Kept], Kept | None], which: str) -> Change:
    return lambda found: [
        got for each in found if (got := change(each) if which in each.origin else each)
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda _: None,
        lambda kept: replace(kept, seq=2**53 - 1),
        lambda kept: replace(kept, seq=kept.seq - 1),
        lambda kept: replace(kept, origin="nobody.gov/detente/" + "a" * 16),
    ],
)
def test_records_that_cannot_be_stop_their_log_and_no_other(
    three: Net, change: Callable[[Kept], Kept | None]
) -> None:
    a, b, c = three.sides
    lying = lie(a, since=since(change, BOREALIS + "/"))
    bad, good = b.send("from b", a), c.send("from c", a)
    three.settle()
    read(a)
    assert c.level(good) == "DELIVERED"
    assert b.level(bad) == "STORED"
    lying.changes.clear()
    read(a)
    three.settle()
    assert b.level(bad) == "DELIVERED", "what was withheld is read once it is handed in"


def test_rubbish_in_the_log_of_a_peer_is_refused_and_kept(three: Net) -> None:
    a, b, c = three.sides
    lie(a, since=since(lambda kept: replace(kept, envelope=b"rubbish"), BOREALIS + "/"))
    b.send("from b", a)
    good = c.send("from c", a)
    three.settle()
    assert c.level(good) == "DELIVERED"
    assert {row.text("code") for row in a.rows(house.REFUSED)} == {"E_FRAME"}


@pytest.mark.parametrize("rubbish", [b"rubbish", b"\0" * 64, b"sys.purge"])
def test_rubbish_in_our_own_logs_is_refused_and_the_rest_goes_on(
    three: Net, rubbish: bytes
) -> None:
    a, b, c = three.sides
    lie(a, since=since(lambda kept: replace(kept, envelope=rubbish), AURELIA + "/"))
    mid = a.send("from us", b)
    good = c.send("from c", a)
    three.settle()
    read(a)
    assert c.level(good) == "DELIVERED"
    assert b.of_kind("cert.bundle", ours=False)
    assert mid
    assert any("no record of ours" in each.what for each in a.office.status.odd().values())
    assert not a.office.refold_due


def test_another_record_in_the_place_of_one_is_not_shown_as_it(three: Net) -> None:
    a, b, _ = three.sides
    first, second = b.send("one", a), b.send("two", a)
    three.settle()
    register = a.office._register
    row, other = register.record(first), register.record(second)
    place = register.kept_at(other.text("origin"), other.whole("place"))
    lie(a, since=lambda _: [replace(place, seq=row.whole("place"))])
    assert fault_of(lambda: register.open(row)) == "hatch.row"
    lie(a, since=lambda _: [])
    assert fault_of(lambda: register.open(row)) == "hatch.row"
    assert odd(a)


@pytest.mark.parametrize("given", [lambda _: [], lambda _: [PeerCard("aurelia.gov", b"\xff\0")]])
def test_cards_that_cannot_be_are_not_believed(three: Net, given: Change) -> None:
    a = three.sides[0]
    lie(a, cards=given)
    assert fault_of(a.office.status.see_cards) == "card.not_ours"
    assert a.office._register.book.card.name == AURELIA


def mangled(draw: Callable[[Any], Any]) -> Change:
    """Change some rows of an answer into others of the right types."""
    number = st.integers(0, 2**53)

    def of(found: Sequence[Any]) -> list[Any]:
        rows = []
        for each in found:
            if draw(st.booleans()):
                rows.append(each)
            elif isinstance(each, Level):
                text = st.sampled_from([each.origin, each.owner, each.peer, "", "x", "home"])
                rows.append(
                    replace(
                        each,
                        origin=draw(text),
                        owner=draw(text),
                        peer=draw(text),
                        size=draw(number),
                        receipted=draw(number),
                        state=draw(text),
                        since=Moment(draw(number)) if draw(st.booleans()) else each.since,
                    )
                )
            else:
                cut = draw(st.integers(0, len(each.envelope)))
                rows.append(
                    replace(
                        each,
                        seq=draw(st.sampled_from([each.seq, 0, draw(number)])),
                        envelope=each.envelope[:cut] + draw(st.binary(max_size=9)),
                    )
                )
        return list(draw(st.permutations(rows)))

    return of


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_it_hands_in_the_office_stands(data: st.DataObject) -> None:
    net = Net(AURELIA, BOREALIS)
    a, b = net.sides
    for about in ("one", "two", "three"):
        b.send(about, a)
        a.send(about, b)
    lying = lie(a, levels=mangled(data.draw), since=mangled(data.draw))
    for _ in range(3):
        try:
            a.office.advance(net.now)
            a.office.status.levels()
            a.office.status.attention(net.now)
        except OurFault as fault:
            assert fault.code in ("hatch.row", "card.not_ours")  # noqa: PT017
    lying.changes.clear()
    last = b.send("last", a)
    net.settle()
    read(a)
    net.settle()
    assert b.level(last) in ("DELIVERED", "STORED")


def test_a_path_that_cannot_be_is_passed_over(three: Net) -> None:
    a = three.sides[0]
    good = PathSeen(BOREALIS, "primary", is_open=True)
    bad = [PathSeen("no party", "p", is_open=True), PathSeen(BOREALIS, "p\n", is_open=True)]
    lie(a, paths=lambda _: [good, *bad])
    assert a.office._register.hatch.paths() == [good]
    assert odd(a) == ["paths"]
