"""Two nodes, one of which changes its cards in the middle of traffic."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import makers, nodes, rotations
from tests.support.makers import Party
from tests.support.nodes import Side, Table
from tests.support.outcomes import fault_of
from tests.support.rotations import ALL, rotate, seat_after

from detente.core import (
    canon,
    checkpoint,
    draft,
    envelope,
    party,
    postquantum,
    receipt,
    record,
    trust,
)
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.core.trust import Chain
from detente.link import session
from detente.node import roster, succession
from detente.node.ports import Queued
from detente.node.seat import Seat
from detente.node.succession import Line

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)


def say(table: Table, number: int, signed_by: Party | None = None) -> bytes:
    """Hand in a record at A; return its mid."""
    [answer] = table.a.node.submit([nodes.envelope(signed_by or A, [B], number)], table.now)
    assert answer.code == ""
    return answer.mid


def change(table: Table, *parties: Party) -> None:
    """Start A anew with the cards of these."""
    table.a.restart(**{name: getattr(seat_after(*parties), name) for name in Seat.__slots__})


def states(table: Table) -> tuple[str, str]:
    return table.a.out.state, table.b.out.state


def chains(table: Table) -> dict[str, Chain]:
    return {
        one.party: trust.read_chain(one.note)
        for side in (table.a, table.b)
        for one in side.node.cards()[1:]
    }


def proved(table: Table, side: Side, origin: str, seq: int) -> receipt.Shown:
    return receipt.check(side.node.prove(origin, seq), chains(table))


@pytest.fixture
def table(tmp_path: Path) -> Table:
    made = Table(tmp_path)
    made.connect()
    return made


def changed_while_cut(table: Table) -> Party:
    """A has its next card while there is no line."""
    table.cut()
    two = rotate(A)
    change(table, A, two)
    return two


@pytest.mark.parametrize("what", [ALL, ["log"], ["cosign"], ["tls"], ["n-01"], []])
def test_a_new_card_goes_in_band_and_all_before_and_after_it_is_proved(
    table: Table, what: Sequence[str]
) -> None:
    say(table, 1)
    table.pump()
    table.cut()
    two = rotate(A, what)
    change(table, A, two)
    say(table, 2, two)
    table.connect()
    assert states(table) == ("LIVE", "LIVE")
    say(table, 3, two)
    table.pump()
    # The opening, a record, the card, two records.
    assert (table.a.out.size, table.a.out.receipted, table.b.into.size) == (5, 5, 5)
    assert chains(table)[A.name].newest == two.card
    for seq in range(5):
        for side in (table.a, table.b):
            if seq not in (0, 2):
                assert proved(table, side, table.a.out.origin, seq).owner == A.name
    [answer] = table.b.node.submit([nodes.envelope(B, [two], 1)], table.now)
    table.pump()
    assert answer.code == ""
    assert (table.b.out.receipted, table.a.into.size) == (2, 2)
    assert proved(table, table.b, table.b.out.origin, 1).receiver == A.name


def test_the_cards_checkpoint_is_under_the_old_key_and_all_above_under_the_new(
    table: Table,
) -> None:
    say(table, 1)
    table.pump()
    two = changed_while_cut(table)
    table.connect()
    say(table, 2, two)
    table.pump()
    origin = table.a.out.origin
    with table.a.store.begin() as tx:
        [anchor] = tx.anchors(origin)
        above = tx.checkpoint_at(origin, 4)
    assert (anchor.serial, anchor.hash, anchor.head.size) == (2, two.card.hash, 3)
    assert above is not None
    assert checkpoint.is_signed(anchor.head, origin, A.card.log)
    assert checkpoint.is_signed(above[0], origin, two.card.log)


def test_three_cards_that_waited_for_a_line_come_one_after_another(table: Table) -> None:
    table.cut()
    two = rotate(A)
    three = rotate(two)
    four = rotate(three, ["log"])
    change(table, A, two, three, four)
    for number in range(1, 4):
        say(table, number, four)
    table.connect()
    assert states(table) == ("LIVE", "LIVE")
    assert chains(table)[A.name].newest.serial == 4
    assert (table.a.out.receipted, table.b.into.size) == (7, 7)


def test_what_was_lost_on_the_way_with_the_card_goes_again_with_its_checkpoint(
    table: Table,
) -> None:
    say(table, 1)
    table.pump()
    two = changed_while_cut(table)
    # A reconciles and logs the card and two records; nothing of it arrives.
    for side, dialled in ((table.a, True), (table.b, False)):
        side.node.step(side.link_id, session.PathBegun(1, "primary", dialled), table.now)
    for side in (table.a, table.b):
        side.node.step(side.link_id, session.PathUp(1, b"n" * 16), table.now)
    table.carry(table.b, table.a)
    say(table, 2, two)
    say(table, 3, two)
    assert table.a.out.size == 5
    table.cut()
    assert table.b.into.size == 2
    # Now A states a size under a key that B cannot know yet.
    table.connect(2)
    assert states(table) == ("LIVE", "LIVE")
    assert (table.a.out.receipted, table.b.into.size) == (5, 5)


def test_both_sides_may_change_all_keys_at_once(table: Table) -> None:
    say(table, 1)
    table.pump()
    table.cut()
    two, other = rotate(A), rotate(B)
    change(table, A, two)
    table.b.restart(**{name: getattr(seat_after(B, other), name) for name in Seat.__slots__})
    table.connect()
    assert states(table) == ("LIVE", "LIVE")
    table.a.node.submit([nodes.envelope(two, [other], 2)], table.now)
    table.b.node.submit([nodes.envelope(other, [two], 1)], table.now)
    table.pump()
    assert (table.a.out.receipted, table.a.out.size) == (4, 4)
    assert (table.b.out.receipted, table.b.out.size) == (3, 3)
    assert {name: chain.newest.serial for name, chain in chains(table).items()} == {
        A.name: 2,
        B.name: 2,
    }


def test_a_restart_at_both_sides_knows_the_cards_and_goes_on(table: Table) -> None:
    two = changed_while_cut(table)
    table.connect()
    table.cut()
    change(table, A, two)
    table.b.restart()
    table.connect()
    say(table, 1, two)
    table.pump()
    assert states(table) == ("LIVE", "LIVE")
    assert (table.a.out.receipted, table.b.into.size) == (3, 3)


def test_an_expired_card_is_shown_and_closes_nothing(table: Table) -> None:
    table.cut()
    two = rotate(A, ["log"], expires="2020-01-01T00:00:00.000Z")
    change(table, A, two)
    table.connect()
    say(table, 1, two)
    table.pump()
    assert states(table) == ("LIVE", "LIVE")
    assert table.b.into.size == 3


def test_a_card_before_the_opening_was_logged_follows_it(tmp_path: Path) -> None:
    table = Table(tmp_path)
    two = rotate(A)
    change(table, A, two)
    table.connect()
    assert states(table) == ("LIVE", "LIVE")
    assert table.a.node.levels()[2].why == "connected"
    assert table.b.node.levels()[2].why == "connected"
    assert (table.a.out.size, table.b.into.size) == (2, 2)
    assert chains(table)[A.name].newest.serial == 2


# Faults.


def logged_directly(table: Table, *rows: tuple[bytes, Party]) -> None:
    """Have A log rows as batches of their own, each head under the log key of a party."""
    books = next(iter(table.a.node._links.values()))
    for row, keys in rows:
        seat = nodes.seat_of(keys)
        books.cards.seat, books.cards.ours = (
            seat,
            succession.Line(Chain((keys.card,)), table.a.link_id, keys.card.serial),
        )
        with table.a.store.begin() as tx:
            effect, grown = books.log(tx, [Queued(0, 4, row)], table.now)
        books.settle(effect, grown)
        table.a.node.step(table.a.link_id, effect, table.now)
        table.pump()


def carrying(signer: Party, card: Party) -> bytes:
    return roster.new_card(nodes.seat_of(signer), B.name, card.card, makers.NOW)


def test_two_cards_of_one_serial_halt_both_and_both_cards_are_kept(table: Table) -> None:
    two, other = rotate(A, ["log"]), rotate(A, ["tls"])
    logged_directly(table, (carrying(A, two), A), (carrying(A, other), two))
    assert states(table) == ("HALTED", "HALTED")
    assert "E_CARD_FORK" in table.b.out.why
    kept = evidence_of(table)
    assert kept["code"] == "E_CARD_FORK"
    assert kept["cards"] == [makers.text(two.card.note), makers.text(other.card.note)]
    assert table.b.into.size == 2  # the record of the second is not stored


def evidence_of(table: Table) -> dict[str, object]:
    [(data,)] = table.b.store._db.execute("select data from evidence").fetchall()
    return dict(canon.decode_object(data, 10**6))


def test_a_prev_that_contradicts_halts(table: Table) -> None:
    two = rotate(A, ["log"], prev=makers.text(b"p" * 32))
    logged_directly(table, (carrying(A, two), A))
    assert table.b.out.state == "HALTED"
    assert "E_CARD_FORK" in table.b.out.why


def test_a_missing_card_is_no_fork_and_the_chain_by_hand_mends_it(table: Table) -> None:
    two = rotate(A)
    three = rotate(two)
    logged_directly(table, (carrying(two, three), A))
    assert table.b.out.state == "LIVE"
    assert table.b.into.size == 2  # stored all the same
    logged_directly(table, (nodes.envelope(three, [B], 1), three))
    assert table.b.out.state != "HALTED"
    assert table.b.into.size == 2
    table.b.terms = rotations.with_cards(table.b.terms, A.card, two.card, three.card)
    table.cut()
    table.b.restart()
    table.connect(2)
    assert states(table) == ("LIVE", "LIVE"), (table.a.out.why, table.b.out.why)
    assert table.b.into.size == 3


def test_a_log_key_that_no_card_brought_is_a_bad_checkpoint(table: Table) -> None:
    logged_directly(table, (nodes.envelope(A, [B], 1), rotate(A)))
    assert table.b.out.state == "HALTED"
    assert "E_CP_SIG" in table.b.out.why


def test_the_old_log_key_above_its_cards_record_is_a_bad_checkpoint(table: Table) -> None:
    two = rotate(A)
    logged_directly(table, (carrying(A, two), A), (nodes.envelope(A, [B], 1), A))
    assert table.b.out.state == "HALTED"
    assert "E_CP_SIG" in table.b.out.why


def test_a_card_that_takes_back_what_was_receipted_is_not_taken(table: Table) -> None:
    say(table, 1)
    table.pump()
    spite = rotate(
        A, ["s-01"], [rotations.mark(A.signers["s-01"].public, "signer", {table.a.link_id: 1})]
    )
    logged_directly(table, (carrying(A, spite), A))
    assert states(table) == ("LIVE", "LIVE")
    assert chains(table)[A.name].newest.serial == 1
    good = rotate(
        A, ["s-01"], [rotations.mark(A.signers["s-01"].public, "signer", {table.a.link_id: 2})]
    )
    assert good.card.serial == 2


def test_a_key_revoked_at_the_cards_own_record_signs_nothing_above_it(table: Table) -> None:
    say(table, 1)
    table.pump()
    table.cut()
    size = table.a.out.size + 1
    lost = [
        rotations.mark(A.card.log, "log", {table.a.link_id: size}),
        rotations.mark(A.signers["s-01"].public, "signer", {table.a.link_id: size}),
    ]
    two = rotate(A, ALL, lost)
    change(table, A, two)
    table.connect()
    say(table, 2, two)
    table.pump()
    assert states(table) == ("LIVE", "LIVE")
    assert (table.a.out.receipted, table.b.into.size) == (4, 4)
    for seq in (1, 3):
        assert proved(table, table.b, table.a.out.origin, seq).owner == A.name


def test_a_lost_log_key_is_replaced_by_a_card_that_both_were_given_by_hand(table: Table) -> None:
    say(table, 1)
    table.pump()
    table.cut()
    lost = [rotations.mark(A.card.log, "log", {table.a.link_id: table.a.out.size})]
    two = rotate(A, ALL, lost)
    seat = replace(seat_after(A, two), past=())
    table.a.restart(**{name: getattr(seat, name) for name in Seat.__slots__})
    table.b.terms = rotations.with_cards(table.b.terms, A.card, two.card)
    table.b.restart()
    table.connect()
    say(table, 2, two)
    table.pump()
    assert states(table) == ("LIVE", "LIVE")
    assert (table.a.out.receipted, table.b.into.size) == (4, 4)
    assert proved(table, table.b, table.a.out.origin, 1).owner == A.name


def test_two_cards_in_files_that_exclude_each_other_halt_at_the_start(table: Table) -> None:
    two, other = rotate(A, ["log"]), rotate(A, ["tls"])
    table.b.terms = rotations.with_cards(table.b.terms, A.card, two.card)
    table.b.restart()
    table.b.terms = rotations.with_cards(nodes.terms_of(B, A), A.card, other.card)
    table.b.restart()
    assert table.b.out.state == "HALTED"
    assert "E_CARD_FORK" in table.b.out.why


def test_a_void_card_stops_the_link_with_clear_words(table: Table) -> None:
    table.cut()
    void = rotate(
        A,
        [],
        [rotations.mark(key, "log", {}) for key in (A.card.log, A.card.cosign, A.card.mldsa44)],
    )
    pins = [{**rotations.mark(b"", "tls", {}), "key": makers.text(pin)} for pin in A.card.pins]
    whole = rotate(A, [], [*rotations.members(void.card)["revoked"], *pins])
    table.b.terms = rotations.with_cards(table.b.terms, A.card, whole.card)
    table.b.restart()
    assert table.b.out.state == "HALTED"
    assert "declared all its keys void" in table.b.out.why


def test_old_pins_count_for_a_day_after_the_cards_record(table: Table) -> None:
    two = rotate(A)
    books = next(iter(table.b.node._links.values()))
    assert books.cards.theirs.pins(table.now) == A.card.pins
    table.cut()
    change(table, A, two)
    table.connect()
    line = next(iter(table.b.node._links.values())).cards.theirs
    assert line.pins(table.now) == (*two.card.pins, *A.card.pins)
    assert line.pins(table.now + Span.of(hours=24)) == two.card.pins
    # A card that came by hand alone ends nothing: its party may not know yet that we have it.
    handed = succession.Line(Chain((A.card, two.card)), table.a.link_id, 1)
    assert handed.pins(table.now + Span.of(hours=48)) == (*two.card.pins, *A.card.pins)


def test_both_legs_go_on_across_new_keys_and_every_proof_is_full(table: Table) -> None:
    say(table, 1)
    table.pump()
    table.wait(Span(1_000))
    table.pump()
    table.cut()
    two, other = rotate(A), rotate(B)
    change(table, A, two)
    table.b.restart(**{name: getattr(seat_after(B, other), name) for name in Seat.__slots__})
    table.connect()
    table.a.node.submit([nodes.envelope(two, [other], 2)], table.now)
    table.pump()
    for _ in range(3):
        table.wait(Span(1_000))
        table.pump()
    assert states(table) == ("LIVE", "LIVE")
    for seq in (1, 3):
        for side in (table.a, table.b):
            assert proved(table, side, table.a.out.origin, seq).strength == "FULL"


# What a stranger may put into a card's record.


def line_of(*cards: Party) -> Line:
    return Line(Chain(tuple(each.card for each in cards)), "a" * 16, 1)


def test_a_header_that_only_speaks_of_cards_is_none() -> None:
    said = nodes.envelope(A, [B], 1, ext={"x_a": {"kind": "sys.card"}})
    assert envelope.may_be("sys.card", said)
    assert succession.take(line_of(A), said, "node@borealis.gov", 0) == (line_of(A), None, "")


def test_a_card_for_another_node_is_kept_as_a_record_and_not_taken(table: Table) -> None:
    two = rotate(A, ["tls"])
    astray = roster.new_card(nodes.seat_of(A), makers.CORDIA, two.card, makers.NOW)
    logged_directly(table, (astray, A), (nodes.envelope(A, [B], 1), A))
    assert states(table) == ("LIVE", "LIVE")
    assert table.b.into.size == 3
    assert "not taken" in table.b.node.card_problems()[A.name]
    assert chains(table)[A.name].newest == A.card


@pytest.mark.parametrize(
    "body",
    [
        {"v": 1},
        {"v": 2, "card": ""},
        {"v": 1, "card": 7},
        {"v": 1, "card": "!"},
        {"v": 1, "card": "e30="},
    ],
)
def test_a_body_that_holds_no_card_is_not_taken(body: dict[str, canon.Json]) -> None:
    made = roster._own_text(
        nodes.seat_of(A), "sys.card", "node@borealis.gov", canon.encode(body), makers.NOW, "FLASH"
    )
    news = succession.take(line_of(A), made, "node@borealis.gov", 0)
    assert (news.line, news.card) == (line_of(A), None)
    assert "not taken" in news.problem


def test_a_card_that_no_link_can_use_is_not_taken() -> None:
    value = rotations.members(A.card)
    value["desks"] = [desk for desk in value["desks"] if desk["name"] != "node"]
    bad = replace(A, card=rotations.resigned(A, value))
    news = succession.take(line_of(A), carrying(A, bad), "node@borealis.gov", 0)
    assert "no desk node" in news.problem


def test_a_card_signed_by_nobody_we_know_is_not_taken() -> None:
    two = rotate(A)
    news = succession.take(line_of(A), carrying(two, two), "node@borealis.gov", 0)
    assert (news.card, news.line) == (None, line_of(A))


def test_a_void_card_in_band_is_taken_whatever_it_takes_back(table: Table) -> None:
    say(table, 1)
    table.pump()
    void = party.sign_card(draft.void(A.card, makers.NOW, makers.NOW), A.root, A.root_pq)
    logged_directly(table, (carrying(A, replace(A, card=void)), A))
    assert chains(table)[A.name].is_void
    assert table.b.node.pins(table.now) == {}
    table.b.restart()
    assert "declared all its keys void" in table.b.out.why


def test_a_mark_that_was_there_before_is_no_new_taking_back() -> None:
    lost = [rotations.mark(A.card.log, "log", {"a" * 16: 2})]
    two = rotate(A, ["tls"], lost)
    three = rotate(two, ["log"])
    line = line_of(A, two)
    assert line.log_key(2) == A.card.log
    assert line.log_key(5) is None  # revoked, and nothing in its place
    news = succession.take(line, carrying(A, three), "node@borealis.gov", 5)
    assert news.problem == ""
    assert news.line.log_key(5) == three.card.log


def test_second_legs_wait_as_first_legs_do_while_a_card_is_missing(table: Table) -> None:
    two = rotate(A)
    three = rotate(two)
    logged_directly(table, (carrying(two, three), A))
    books = next(iter(table.b.node._links.values()))
    given = postquantum.sign(
        three.log_pq, table.a.out.origin, table.a.out.origin, (3, b"r" * 32), table.now
    )
    assert fault_of(books.cards.check_owner_leg, given) == "E_PIN"
    assert "missing" in table.b.node.card_problems()[A.name]


def test_another_card_by_hand_than_the_one_that_waits_in_the_log_is_a_fork(table: Table) -> None:
    two = rotate(A)
    three, other = rotate(two), rotate(two, ["tls"])
    logged_directly(table, (carrying(two, three), A))
    table.b.terms = rotations.with_cards(table.b.terms, A.card, two.card, other.card)
    table.b.restart()
    assert "E_CARD_FORK" in table.b.out.why


def test_a_fork_that_was_handed_in_halts_and_stays(table: Table) -> None:
    two, other = rotate(A, ["log"]), rotate(A, ["tls"])
    table.b.terms = replace(table.b.terms, forked=(two.card.note, other.card.note))
    table.b.restart()
    assert "E_CARD_FORK" in table.b.out.why
    table.b.terms = nodes.terms_of(B, A)
    table.b.restart()
    assert table.b.out.state == "HALTED"


def test_cards_in_a_folder_that_do_not_join_those_in_the_log_stop_the_start(table: Table) -> None:
    two = rotate(A)
    three = rotate(two)
    table.b.terms = rotations.with_cards(table.b.terms, three.card)
    with pytest.raises(OurFault, match=r"card.bad"):
        table.b.restart()


def test_a_log_key_that_is_gone_is_said_before_anything_is_signed(table: Table) -> None:
    table.cut()
    two = rotate(A)
    seat = replace(seat_after(A, two), past=())
    table.a.restart(**{name: getattr(seat, name) for name in Seat.__slots__})
    with pytest.raises(OurFault, match=r"card.no_key"):
        table.connect()


def test_a_proof_passes_over_checkpoints_whose_key_was_taken_back(table: Table) -> None:
    for number in (1, 2):
        say(table, number)
        table.pump()
        table.wait(Span(1_000))
        table.pump()
    origin = table.a.out.origin
    lost = [rotations.mark(A.card.log, "log", {table.a.link_id: 1})]
    two = rotate(A, ALL, lost)
    seat = replace(seat_after(A, two), past=())
    table.cut()
    table.a.restart(**{name: getattr(seat, name) for name in Seat.__slots__})
    table.b.terms = rotations.with_cards(table.b.terms, A.card, two.card)
    table.b.restart()
    with pytest.raises(OurFault, match=r"proof.not_yet"):
        table.b.node.prove(origin, 1)
    table.connect()
    say(table, 3, two)
    table.pump()
    assert states(table) == ("LIVE", "LIVE"), (table.a.out.why, table.b.out.why, table.a.out)
    assert proved(table, table.b, origin, 1).size > 3
    for _ in range(6):
        table.wait(Span(1_000))
        table.pump()
    assert proved(table, table.b, origin, 1).strength == "FULL"


# What the roof asks.


def test_the_roof_learns_pins_sizes_and_how_far_each_peer_has_our_cards(table: Table) -> None:
    node = table.a.node
    assert node.pins(table.now) == dict.fromkeys(B.card.pins, B.name)
    assert node.shown_cards(table.a.link_id) == (1,)
    assert [(each.told, each.known, each.known_at) for each in node.told()] == [
        (1, 1, table.now.seconds)
    ]
    assert node.card_problems() == {}
    two = changed_while_cut(table)
    node = table.a.node
    assert node.shown_cards(table.a.link_id) == (1, 2)
    assert node.hold()[table.a.link_id] == (3, 1)
    table.connect()
    say(table, 1, two)
    assert table.a.out.size == 1  # held: nothing moves until it starts anew
    change(table, A, two)
    table.connect()
    assert [(each.told, each.known) for each in table.a.node.told()] == [(2, 2)]
    assert table.a.node.told()[0].known_at == table.now.seconds


def test_a_held_node_takes_nothing_in(table: Table) -> None:
    table.b.node.hold()
    say(table, 1)
    table.pump()
    assert table.b.into.size == 1


def test_a_peer_that_speaks_of_a_card_nobody_brought_is_a_problem_to_see(tmp_path: Path) -> None:
    table = Table(tmp_path)
    two = rotate(A, ["tls"])
    table.a.restart(card=two.card)
    table.connect()
    assert "they say they have card 2" in table.b.node.card_problems()[A.name]


@pytest.mark.parametrize("rows", [None, [7], [{"hash": 7}], [{"hash": "!"}]])
def test_an_opening_that_names_no_card_of_the_party_counts_as_the_newest(rows: canon.Json) -> None:
    two = rotate(A)
    made = roster._own_record(
        nodes.seat_of(A), "sys.link_open", "node@x.gov", {"cards": rows}, makers.NOW
    )
    assert roster.opened_under(Chain((A.card, two.card)), made) == 2
    assert roster.opened_under(Chain((A.card,)), b"x") == 1
    assert record.read_header(envelope.split(made).header).kind == "sys.link_open"
