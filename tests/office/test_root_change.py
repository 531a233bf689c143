"""An office through a change of root keys: what it believes, reads again, and forgets."""

from dataclasses import replace

import pytest
from tests.support import makers, rotations
from tests.support.offices import Net, Side
from tests.support.rotations import new_root, seat_after

from detente.core import trust
from detente.core.errors import OurFault
from detente.node.node import Node
from detente.node.ports import PeerCard
from detente.office import house
from detente.office.believing import believe
from detente.office.office import Office

A, B = makers.AURELIA, makers.BOREALIS


def change(one: Side, other: Side) -> None:
    """Give a party new root keys, compared at the other, and start both nodes anew."""
    old = one.party
    one.party = new_root(old)

    def start_owner() -> None:
        seat = replace(
            seat_after(old, one.party), entropy=one._entropy("node"), check_at_submit=False
        )
        one.node = Node(seat, one.terms, one.store, one.net.now)

    one.start_node = start_owner  # type: ignore[method-assign]
    other.terms = [
        rotations.with_cards(each, old.card, one.party.card) if each.peer.name == old.name else each
        for each in other.terms
    ]
    for side in (one, other):
        side.restart()


def test_records_go_on_and_old_ones_are_read_again() -> None:
    net = Net(A, B)
    a, b = net.sides
    first = a.send("before", b)
    net.settle()
    pins = {A: [a.party.card.fingerprint], B: [b.party.card.fingerprint]}
    change(a, b)
    pins[A].append(a.party.card.fingerprint)
    b.office = Office(b.desks, b.hatch, b.shelf, b.keys, b._entropy("office"), lambda: pins)
    b.office.resume(net.now)
    assert b.office.status.former_roots == {}, "the line is not there yet"
    net.settle()
    net.settle()
    second, third = a.send("after", b), b.send("back", a)
    net.settle()
    assert [a.level(first), a.level(second), b.level(third)] == ["DELIVERED"] * 3
    former = trust.read_chain(b.hatch.cards()[1].note).cards[0].fingerprint
    assert b.office.status.former_roots == {A: (former,)}, "seen without a new start"
    pins[A].remove(former)
    assert b.office.rebuild(net.now) > 0
    net.settle()
    assert {each.data("mid") for each in b.of_kind("cert.bundle", ours=False)} == {first, second}
    assert b.rows(house.REFUSED) == []
    assert not b.office.status.refused_cards()


def test_a_root_that_was_given_up_is_believed_no_more() -> None:
    one, other = makers.make_party(A), makers.make_party(B)
    new = new_root(other)
    pins = {A: [one.card.fingerprint], B: [new.card.fingerprint]}
    own = PeerCard(A, one.card.note)
    whole = PeerCard(B, other.card.note + new.card.note)
    assert believe([own, whole], pins).chains[B].newest == new.card
    back = believe([own, PeerCard(B, other.card.note)], pins)
    assert "other root keys" in back.refused[B]
    with pytest.raises(OurFault, match=r"card\.not_ours"):
        believe([PeerCard(B, other.card.note)], pins)
