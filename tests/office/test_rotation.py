"""Offices whose desks and people change their keys while records are under way."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from tests.support import makers, rotations
from tests.support.offices import PERSON, Net, Side
from tests.support.outcomes import fault_of
from tests.support.rotations import rotate, seat_after

from detente.core import evidence, trust
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.node.node import Node
from detente.node.ports import PeerCard
from detente.office import house
from detente.office.believing import believe
from detente.office.desk import Role
from detente.office.office import Office
from detente.office.people import Person
from detente.office.writing import KeysAtWork

A, B = makers.AURELIA, makers.BOREALIS


def change(
    side: Side,
    *,
    keep_openers: bool = True,
    revoked: Sequence[str] = (),
    what: Sequence[str] = ("cert", "s-01", "log", "tls", "n-01"),
) -> None:
    """Give a party new keys and the next card, and start both its halves anew."""
    old = side.party
    marks = []
    if revoked:
        sizes = {link: each.own for link, each in side.node.hold().items()}
        marks = [rotations.mark(old.signers[each].public, "signer", sizes) for each in revoked]
    new = rotate(old, what, marks)
    history = [*getattr(side, "history", [old]), new]
    side.history = history  # type: ignore[attr-defined]
    side.party = new

    def start_node() -> None:
        seat = replace(seat_after(*history), entropy=side._entropy("node"), check_at_submit=False)
        side.node = Node(seat, side.terms, side.store, side.net.now)

    side.start_node = start_node  # type: ignore[method-assign]
    openers = [each.openers["cert"] for each in history] if keep_openers else [new.openers["cert"]]
    signers = {name: [each.signers[name] for each in history] for name in ("m-01", "s-01")}
    side.keys = KeysAtWork.of({"cert": openers}, signers)
    side.restart()


def test_what_was_said_before_and_after_new_keys_is_opened_and_read() -> None:
    net = Net(A, B)
    a, b = net.sides
    first = a.send("before", b)
    net.settle()
    change(b)
    change(a)
    net.settle()
    second, third = a.send("after", b), b.send("back", a)
    net.settle()
    assert [a.level(first), a.level(second), b.level(third)] == ["DELIVERED"] * 3
    assert b.office.rebuild(net.now) > 0
    net.settle()
    assert {each.data("mid") for each in b.of_kind("cert.bundle", ours=False)} == {first, second}
    assert b.rows(house.REFUSED) == []


def test_a_record_that_waited_under_an_old_seal_is_opened_with_the_old_key() -> None:
    net = Net(A, B)
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("under way", b, prec="IMMEDIATE")
    change(b)
    net.set_line(a, b, up=True)
    net.settle()
    assert a.level(mid) == "DELIVERED"


def test_a_record_sealed_to_a_key_that_is_gone_is_sealed_anew_and_counts_once() -> None:
    net = Net(A, B)
    a, b = net.sides
    net.set_line(a, b, up=False)
    mid = a.send("under way", b, prec="IMMEDIATE")
    change(b, keep_openers=False)
    net.set_line(a, b, up=True)
    net.settle()
    assert a.level(mid) == "DELIVERED"
    assert [each.data("mid") for each in b.of_kind("cert.bundle", ours=False)] == [mid]
    # The same record stands twice in the log, and is proved from its second place.
    assert len(b.rows(house.REFUSED)) == 1
    before = a.node.levels()[1].size
    a.restart()
    net.settle()
    assert a.node.levels()[1].size == before
    tables = a.tables()
    a.office.rebuild(net.now)
    net.settle()
    assert a.tables() == tables


def test_a_record_whose_key_was_taken_away_says_so_to_who_would_read_it() -> None:
    net = Net(A, B)
    a, b = net.sides
    mid = a.send("before", b)
    net.settle()
    change(b, keep_openers=False)
    net.settle()
    assert fault_of(b.office.records.read, PERSON, mid, net.now) == "office.no_key"
    row, _ = b.office.records.find(mid)
    with pytest.raises(OurFault, match=r"office.no_key"):
        b.office.cases.evidence(PERSON, row.text("matter"), "", with_text=True)
    assert b.office.cases.evidence(PERSON, row.text("matter"), "", with_text=False)


def test_files_of_a_record_whose_key_was_taken_away_are_expected_no_more() -> None:
    net = Net(A, B)
    a, b = net.sides
    handle = a.office.files.begin("report.pdf", 5, net.now)
    a.office.files.add(handle, b"bytes", net.now)
    a.send("with a file", b, attach=(handle,))
    net.turn()
    change(b, keep_openers=False)
    net.turn()
    assert b.office.next_inspection() is not None
    net.now += Span(600)
    assert not b.office.inspect(net.now)
    assert b.office.next_inspection() is None


def test_what_an_office_made_before_it_knew_the_new_key_is_sealed_anew_at_its_own_node() -> None:
    net = Net(A, B)
    a, b = net.sides
    cards = a.hatch.cards()
    change(b)
    net.settle()
    # The office still works with the old card when it hands in.
    a.office._register.book.chains = {each.party: trust.read_chain(each.note) for each in cards}
    a.office._register.book.peers = {B: trust.read_chain(cards[1].note).newest}
    mid = a.send("sealed for the old key", b)
    net.settle()
    assert a.level(mid) == "DELIVERED"


def test_a_signer_revoked_above_a_size_is_refused_there_and_not_below() -> None:
    net = Net(A, B)
    a, b = net.sides
    good = a.send("before", b)
    net.settle()
    change(a, revoked=["s-01"])
    net.settle()
    # Somebody still has the old key and writes with it; a node that checks nothing sends it.
    card = replace(
        a.party.card,
        desks={
            **a.party.card.desks,
            "cert": replace(
                a.party.card.desks["cert"],
                signers={
                    **a.party.card.desks["cert"].signers,
                    "s-01": a.history[0].card.desks["cert"].signers["s-01"],  # type: ignore[attr-defined]
                },
            ),
        },
    )
    a.office._register.book.card = card
    bad = a.send("after", b)
    net.settle()
    assert a.level(good) == "DELIVERED"
    assert a.level(bad) == "REJECTED"
    rejected = a.office.records.standing(bad).rejected
    assert rejected is not None
    assert rejected[0] == "E_KEY_REVOKED"


def test_evidence_carries_whole_chains_and_holds_across_new_keys() -> None:
    net = Net(A, B)
    a, b = net.sides
    mid = a.send("before", b)
    net.settle()
    change(a)
    change(b)
    net.settle()
    person = Person("operator", "0", "s-01", {"cert": frozenset(Role)})
    row, _ = a.office.records.find(mid)
    data = a.office.cases.evidence(person, row.text("matter"), "both", with_text=True)
    chains = {each.party: trust.read_chain(each.note) for each in a.hatch.cards()}
    assert [len(each.cards) for each in chains.values()] == [2, 2]
    shown = evidence.check(data, chains)
    assert [each.mid for each in shown.records] == [mid]


# What an office believes.

PARTIES = [makers.make_party(name) for name in (A, B, makers.CORDIA)]
GIVEN = [PeerCard(each.name, each.card.note) for each in PARTIES]
PINS = {each.name: [each.card.fingerprint] for each in PARTIES}


def test_cards_under_compared_roots_are_believed() -> None:
    found = believe(GIVEN, PINS)
    assert (found.own.name, sorted(found.chains), found.refused) == (A, sorted(PINS), {})


def test_where_nothing_is_judged_all_are_believed() -> None:
    assert sorted(believe(GIVEN, None).chains) == sorted(PINS)


@pytest.mark.parametrize(
    ("pins", "why"),
    [
        ({A: PINS[A]}, "nobody compared"),
        ({A: PINS[A], B: PINS[A]}, "other root keys"),
    ],
)
def test_another_partys_card_is_refused_with_its_reason(
    pins: dict[str, list[str]], why: str
) -> None:
    found = believe(GIVEN[:2], pins)
    assert list(found.chains) == [A]
    assert why in found.refused[B]


def test_a_card_under_another_name_and_bytes_that_are_none_are_refused() -> None:
    swapped = [GIVEN[0], PeerCard(B, GIVEN[2].note), PeerCard("x.gov", b"x")]
    found = believe(swapped, PINS)
    assert list(found.chains) == [A]
    assert "cards of cordia.gov" in found.refused[B]
    assert "cannot be read" in found.refused["x.gov"]


def test_an_office_does_not_work_for_a_node_with_another_root_of_its_own() -> None:
    with pytest.raises(OurFault, match=r"card.not_ours"):
        believe(GIVEN, {**PINS, A: PINS[B]})


def test_an_office_writes_to_nobody_whom_nobody_compared() -> None:
    net = Net(A, B)
    a, b = net.sides
    pins = {A: [a.party.card.fingerprint]}
    office = Office(a.desks, a.hatch, a.shelf, a.keys, a._entropy("office"), lambda: pins)
    a.office = office
    office.resume(net.now)
    with pytest.raises(OurFault, match=r"office.no_party"):
        a.send("to a stranger", b)
    assert list(office.status.refused_cards()) == [B]
    pins[B] = [b.party.card.fingerprint]
    office.status.see_cards()
    a.send("to a friend", b)
    assert not office.status.refused_cards()
