"""What an office knows of the second leg: STORED-PQ, and what it hands out as FULL."""

from collections.abc import Mapping

import pytest
from tests.support.makers import AURELIA, BOREALIS, CORDIA
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of

from detente.core import evidence, limits, receipt
from detente.core.moment import Span
from detente.core.trust import Chain
from detente.link.postquantum import LATE, LATE_AFTER


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def chains(net: Net) -> Mapping[str, Chain]:
    return {side.party.name: Chain((side.party.card,)) for side in net.sides}


def stand(side: Side, mid: bytes) -> tuple[str, bool]:
    standing = side.office.records.find(mid)[1]
    return standing.level, standing.confirmed


def strength(net: Net, side: Side, mid: bytes) -> str:
    return receipt.check(side.office.records.proof(PERSON, mid), chains(net)).strength


def test_a_record_is_stored_then_stored_pq_and_delivered_says_nothing_of_that(net: Net) -> None:
    a, b = net.sides
    mid = a.send("by both legs", b)
    a.office.advance(net.now)
    net.pump()
    assert stand(a, mid) == ("STORED", False)
    assert strength(net, a, mid) == "FAST"
    net.confirm()
    assert stand(a, mid) == ("STORED-PQ", True)
    assert strength(net, a, mid) == "FULL"
    net.settle()
    assert stand(a, mid) == ("DELIVERED", True)
    second = a.send("by one leg", b)
    net.settle()
    assert stand(a, second) == ("DELIVERED", False)


def test_a_record_of_theirs_is_confirmed_once_we_signed_for_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("from them", b)
    net.settle()
    assert stand(b, mid) == ("KEPT", False)
    net.confirm()
    assert stand(b, mid) == ("KEPT", True)
    assert strength(net, b, mid) == "FULL"


def test_a_record_to_two_parties_is_confirmed_when_both_confirmed_it() -> None:
    net = Net(AURELIA, BOREALIS, CORDIA)
    a, b, c = net.sides
    net.confirm()
    net.set_line(a, c, up=False)
    mid = a.send("to both", b, c)
    net.settle()
    net.confirm()
    assert stand(a, mid)[1] is False
    net.set_line(a, c, up=True)
    net.settle()
    net.confirm()
    assert stand(a, mid)[1] is True


def test_who_asks_for_full_is_told_to_wait_while_it_is_on_its_way(net: Net) -> None:
    a, b = net.sides
    mid = a.send("asked for", b)
    net.settle()
    matter = a.office.records.find(mid)[0].text("matter")

    def whole() -> str:
        data = a.office.cases.evidence(PERSON, matter, "", with_text=True, full=True)
        return evidence.check(data, chains(net)).strength

    assert fault_of(lambda: a.office.records.proof(PERSON, mid, full=True)) == "proof.not_full"
    assert fault_of(whole) == "proof.not_full"
    data = a.office.cases.evidence(PERSON, matter, "", with_text=True)
    assert evidence.check(data, chains(net)).strength == "FAST"
    net.confirm()
    assert (
        receipt.check(a.office.records.proof(PERSON, mid, full=True), chains(net)).strength
        == "FULL"
    )
    assert whole() == "FULL"


@pytest.mark.parametrize("why", ["down", "late"])
def test_who_asks_for_full_gets_fast_when_it_is_not_on_its_way(net: Net, why: str) -> None:
    a, b = net.sides
    mid = a.send("alone", b)
    net.settle()
    if why == "down":
        net.set_line(a, b, up=False)
        net.pump()
    else:
        for _ in range(LATE_AFTER + 2):
            net.now += Span(limits.PQ_EVERY_MS)
            a.node.tick(net.now)
        assert any(level.late == LATE for level in a.node.levels())
    found = receipt.check(a.office.records.proof(PERSON, mid, full=True), chains(net))
    assert found.strength == "FAST"
