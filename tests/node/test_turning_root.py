"""A change of root keys on a link: what each side states, the epoch that both sign, and after it."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.node.test_turning import back_up, restore, sides
from tests.node.test_turning_crash import Wreck, send
from tests.node.test_turning_emergency import disputed, settle
from tests.support import makers, nodes, rotations
from tests.support.makers import Party
from tests.support.nodes import Side, Table

from detente.core import draft, epoch, party, receipt, trust
from detente.core.errors import TheirFault
from detente.core.party import Card
from detente.core.trust import Chain
from detente.link import session
from detente.node import roots
from detente.node.books import Books
from detente.node.card_view import RootWait

A, B = makers.make_party(makers.AURELIA), makers.make_party(makers.BOREALIS)
A2, B2 = rotations.new_root(A), rotations.new_root(B)
A3 = rotations.rotate(A2, ["log", "cosign", "tls"])


def own(side: Side, *parties: Party) -> None:
    """Give a side its cards, as `card root` leaves them."""
    made = rotations.seat_after(*parties)
    side.seat = replace(made, restored=side.seat.restored, incarnation=side.seat.incarnation)


def compared(side: Side, *cards: Card) -> None:
    """Give a side the peer's cards, as a person compared them."""
    side.terms = rotations.with_cards(side.terms, *cards)


def again(table: Table, *sides: Side) -> None:
    """Start sides anew with what they were given, and connect."""
    table.cut(table.count)
    for side in sides:
        side.restart()
    table.meet()


def met() -> Table:
    table = Table()
    table.count = 1
    table.connect(1)
    send(table, table.a, 1, 2)
    send(table, table.b, 1)
    return table


def serials(table: Table) -> list[list[tuple[str, int]]]:
    """The newest card of each party that each side goes by on the link."""
    return [
        [(link.seat.party, link.seat.card.serial), (link.terms.peer.name, link.terms.peer.serial)]
        for side in (table.a, table.b)
        for link in side.node._links.values()
    ]


def of_a(table: Table) -> list[int]:
    """The serial of A's card that counts at A, and at B."""
    (ours, _), (_, theirs) = serials(table)
    return [ours[1], theirs[1]]


def reasons(side: Side) -> list[tuple[str, bytes | None]]:
    [link] = side.node._links.values()
    return [(note.reason, note.evidence) for note in link.history.notes]


@pytest.mark.parametrize("lower", [True, False], ids=["owner proposes", "peer proposes"])
def test_the_epoch_follows_when_the_owner_made_and_the_peer_compared(lower: bool) -> None:
    table = met()
    first, other, new = (A, B, A2) if (A.card.fp60 < B.card.fp60) == lower else (B, A, B2)
    side, peer = (table.a, table.b) if first is A else (table.b, table.a)
    own(side, first, new)
    again(table, side)
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert table.a.out.link_id == table.a.link_id, "nobody compared: the line goes on as it was"
    send(table, table.a, 3)
    assert table.b.into.size == 4
    compared(peer, first.card, new.card)
    again(table, peer)
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    assert reasons(table.a) == reasons(table.b) == [(epoch.ROOT, new.card.hash)]
    for each in (table.a, table.b):
        [link] = each.node._links.values()
        assert link.history.notes[0].close, "the old logs end where both said"
        assert not link.opening, "both openings name the card under the new root"
        closed = [row for row in each.node.levels() if row.state == "CLOSED" and row.peer]
        assert sorted(row.size for row in closed) == [2, 4]
        assert all(row.receipted == row.size for row in closed)
    send(table, table.a, 5)
    send(table, table.b, 6)
    assert (table.a.out.receipted, table.b.out.receipted) == (2, 2)
    assert trust.read_chain(
        next(row.note for row in peer.node.cards() if row.party == first.name)
    ).cards == (first.card, new.card)
    assert other.card.serial == 1
    assert [(each.known, each.known_at) for each in side.node.told()] == [(2, table.now.seconds)]


def test_old_and_new_proofs_hold_under_one_chain() -> None:
    table = met()
    old = table.a.out.origin
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    send(table, table.a, 5)
    table.confirm()
    cards = {A.name: Chain((A.card, A2.card)), B.name: Chain((B.card,))}
    for side in (table.a, table.b):
        for origin, seq in ((old, 1), (old, 2), (table.a.out.origin, 1)):
            shown = receipt.check(side.node.prove(origin, seq), cards)
            assert (shown.owner, shown.receiver, shown.strength) == (A.name, B.name, receipt.FULL)


@pytest.mark.parametrize("falls", ["a", "b"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("owner", ["a", "b"])
def test_a_crash_at_any_commit_finds_the_next_one(
    owner: str, at: int, when: str, falls: str
) -> None:
    table = Wreck()
    table.connect()
    send(table, table.a, 1, 2)
    send(table, table.b, 1)
    table.cut()
    side, peer, one, new = (table.a, table.b, A, A2) if owner == "a" else (table.b, table.a, B, B2)
    own(side, one, new)
    compared(peer, one.card, new.card)
    for name in ("a", "b"):
        table.start(name)
    table.fuse = (falls, at, when)
    table.go_on()
    table.fuse = None
    for _ in range(3):
        if reasons(side):
            break
        table.cut(table.count)
        table.go_on()
    assert reasons(table.a) == reasons(table.b) == [(epoch.ROOT, new.card.hash)]
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    send(table, table.a, 5)
    send(table, table.b, 6)
    assert (table.a.out.receipted, table.b.out.receipted) == (2, 2)
    assert [disk.waiting for disk in table.disks.values()] == [{table.a.link_id: []}] * 2


def test_both_parties_may_change_at_once_and_two_epochs_follow() -> None:
    table = met()
    own(table.a, A, A2)
    own(table.b, B, B2)
    compared(table.a, B.card, B2.card)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    again(table)
    assert {each for _, each in reasons(table.a)} == {A2.card.hash, B2.card.hash}
    assert reasons(table.a) == reasons(table.b)
    send(table, table.a, 5)
    send(table, table.b, 6)
    assert (table.a.out.receipted, table.b.out.receipted) == (2, 2)


def test_a_restart_in_the_wait_and_after_changes_nothing() -> None:
    table = met()
    own(table.a, A, A2)
    again(table, table.a, table.b)
    assert of_a(table) == [1, 1]
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    assert of_a(table) == [2, 2]
    link_id = table.a.out.link_id
    again(table, table.a, table.b)
    assert of_a(table) == [2, 2]
    assert table.a.out.link_id == table.b.out.link_id == link_id


@pytest.mark.parametrize("which", ["a", "b", "ab"])
def test_a_restore_in_the_wait_keeps_it(tmp_path: Path, which: str) -> None:
    table = Table(tmp_path)
    table.count = 1
    table.connect(1)
    send(table, table.a, 1, 2)
    for side in (table.a, table.b):
        back_up(side, tmp_path)
    send(table, table.a, 3)
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    table.cut(1)
    for side in sides(table, which):
        restore(table, side, tmp_path)
    for side in sides(table, {"a": "b", "b": "a"}.get(which, "")):
        side.restart()
    table.meet()
    again(table)
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert of_a(table) == [2, 2]
    assert reasons(table.a) == reasons(table.b)
    assert reasons(table.a)[-1] == (epoch.ROOT, A2.card.hash)
    send(table, table.b, 6)
    assert table.b.out.receipted == table.a.into.size


def test_cards_made_meanwhile_follow_under_the_new_root() -> None:
    table = met()
    own(table.a, A, A2, A3)
    again(table, table.a)
    send(table, table.a, 3)
    assert of_a(table) == [1, 1], "a peer that did not compare is told nothing under the new root"
    compared(table.b, A.card, A2.card)
    again(table, table.b)
    send(table, table.b, 6)
    assert of_a(table) == [3, 3], "told in the log, as every card"
    assert table.b.node.card_problems() == {}


def test_a_second_change_follows_the_first() -> None:
    third = rotations.new_root(A2, 3)
    table = met()
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    own(table.a, A, A2, third)
    compared(table.b, A.card, A2.card, third.card)
    again(table, table.a, table.b)
    assert [each for _, each in reasons(table.b)] == [A2.card.hash, third.card.hash]
    send(table, table.a, 5)
    assert (of_a(table), table.a.out.receipted) == ([3, 3], 2)


def test_a_lost_disk_comes_back_to_the_new_root(tmp_path: object) -> None:
    table = met()
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    send(table, table.a, 5)
    for side in (table.b, table.a):
        table.cut(table.count)
        side.store = type(side.store)(nodes.MEMORY)
        side.seat = replace(
            side.seat, restored="lost", incarnation=side.party.name.encode()[:16].ljust(16)
        )
        side.node = type(side.node)(side.seat, [side.terms], side.store, makers.NOW)
        side.seat = replace(side.seat, restored="")
        table.meet(12)
        assert table.a.out.state == table.b.out.state == "LIVE"
        assert of_a(table) == [2, 2]
        assert reasons(table.a)[0] == (epoch.ROOT, A2.card.hash)


@pytest.mark.parametrize("which", ["a", "b"])
def test_a_folder_older_than_the_epoch_is_told_what_is_missing(which: str) -> None:
    table = met()
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    side = table.a if which == "a" else table.b
    side.store = type(side.store)(nodes.MEMORY)
    side.seat = nodes.seat_of(side.party)
    side.terms = nodes.terms_of(side.party, side.peer)
    side.seat = replace(side.seat, restored="lost", incarnation=b"k" * 16)
    table.cut(table.count)
    side.shown.clear()
    side.restart()
    table.meet()
    assert side.out.state != "LIVE"
    said = [each.what for each in side.shown if isinstance(each, session.Close)]
    assert any("nobody compared" in each for each in said), said
    # A person brings it: then the note counts.
    side.seat = replace(side.seat, restored="")
    if which == "a":
        own(side, A, A2)
    else:
        compared(side, A.card, A2.card)
    again(table, side)
    table.meet(12)
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert of_a(table) == [2, 2]


def test_a_peer_that_compared_another_card_states_another_and_the_line_goes_on() -> None:
    other = rotations.new_root(A, 9)
    table = met()
    own(table.a, A, A2)
    compared(table.b, A.card, other.card)
    again(table, table.a, table.b)
    send(table, table.a, 3)
    assert (reasons(table.a), table.a.out.receipted, of_a(table)) == ([], 4, [1, 1])


def lower(table: Table) -> tuple[Side, Side]:
    both = (table.a, table.b)
    return both if A.card.fp60 < B.card.fp60 else both[::-1]


def books(side: Side) -> Books:
    return next(iter(side.node._links.values()))


def proposal(link: Books) -> epoch.Epoch:
    with link._store.begin() as tx:
        return link._proposal(tx)


def test_a_proposal_for_a_card_that_nobody_compared_is_refused() -> None:
    table = met()
    low, high = lower(table)
    note = books(low)._propose(epoch.ROOT, b"x" * 32)
    with pytest.raises(TheirFault, match=r"E_HELLO.*nobody compared"):
        books(high)._weigh(1, note, table.now)
    assert table.a.out.state == "LIVE"


def test_a_proposal_made_before_the_change_was_agreed_is_made_anew() -> None:
    table = met()
    low, _ = lower(table)
    # Frozen and proposed for another reason, before the peer heard of it.
    link = books(low)
    link.frozen = "a test"
    first = proposal(link)
    assert first.reason == epoch.RESTORE
    status = link.session._status
    status._roots = type(status._roots)(A2.card.hash, b"")
    status._peer_roots = type(status._roots)(b"", A2.card.hash)
    second = proposal(link)
    assert (second.reason, second.evidence) == (epoch.ROOT, A2.card.hash)
    again_ = proposal(link)
    assert again_.note == second.note, "the same bytes again"


def test_a_card_under_the_old_root_is_not_taken_once_the_new_one_was_compared() -> None:
    table = met()
    thief = rotations.rotate(A, ["tls"])
    own(table.a, A, thief)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    table.pump()
    assert "root keys that they changed" in table.b.node.card_problems()[A.name]
    assert of_a(table)[1] == 1


def test_a_card_under_the_old_root_is_not_taken_after_the_change() -> None:
    table = met()
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    again(table, table.a, table.b)
    thief = rotations.resigned(
        A, {**rotations.members(A2.card), "root": rotations.members(A.card)["root"]}
    )
    own(table.a, A, A2, replace(A2, card=thief))
    # Its own node would hold it back; a liar's tells it.
    table.cut(table.count)
    table.a.restart()
    link = books(table.a)
    link.seat = link._whole
    link.cards.ours = replace(link.cards.ours, chain=link.seat.chain)
    link.cards.seat = link.seat
    table.meet()
    table.pump()
    assert "other root keys" in table.b.node.card_problems()[A.name]
    assert of_a(table)[1] == 2


def test_what_was_told_under_the_old_root_excludes_the_compared_card_and_halts() -> None:
    """Somebody else used the old root before the new one was compared: people must speak."""
    table = met()
    thief = rotations.rotate(A, ["tls"])
    own(table.a, A, thief)
    again(table, table.a)
    assert of_a(table) == [2, 2]
    compared(table.b, A.card, A2.card)
    again(table, table.b)
    assert "E_CARD_FORK" in table.b.out.why


def test_what_is_disputed_is_settled_first() -> None:
    table = disputed()
    own(table.a, A, A2)
    compared(table.b, A.card, A2.card)
    table.cut(table.count)
    for name in ("a", "b"):
        table.start(name)
    for _ in range(3):
        table.count += 1
        table.connect(table.count)
    for side in (table.a, table.b):
        assert books(side).waiting_roots != (None, None)
        assert [reason for reason, _ in reasons(side)] == [epoch.EMERGENCY], "nothing is stated"
    settle(table, (2, 2))
    table.cut(table.count)
    table.go_on()
    table.cut(table.count)
    table.go_on()
    for side in (table.a, table.b):
        assert [reason for reason, _ in reasons(side)] == [epoch.EMERGENCY, epoch.HALT, epoch.ROOT]
    assert of_a(table) == [2, 2]


# The rooms themselves.


def chain(*cards: Card) -> Chain:
    return Chain(cards)


def test_in_force_is_what_the_link_was_made_with_and_what_epochs_took_up() -> None:
    whole = chain(A.card, A2.card, A3.card)
    note = epoch.make("a" * 16, 1, [epoch.Close("x/detente/" + "a" * 16, 0, bytes(32))], epoch.ROOT,
                      A2.card.hash, bytes(32))  # fmt: skip
    other = epoch.make("a" * 16, 1, note.close, epoch.RESTORE, A2.card.hash, bytes(32))
    assert roots.in_force(whole, A.card.fp60, []).cards == (A.card,)
    assert roots.in_force(whole, A.card.fp60, [other]).cards == (A.card,)
    assert roots.in_force(whole, A.card.fp60, [note]) == whole
    assert roots.in_force(whole, A2.card.fp60, []) == whole
    assert roots.in_force(chain(A2.card, A3.card), A.card.fp60, []) == chain(A2.card, A3.card)
    assert roots.after(whole, chain(A.card)) == A2.card
    assert roots.after(whole, whole) is None


def test_a_seat_goes_back_to_a_card() -> None:
    seat = rotations.seat_after(A, A2, A3)
    back = seat.upto(2)
    assert (back.card, back.chain, len(back.past)) == (A2.card, chain(A.card, A2.card), 1)
    assert back.log.public == A2.card.log != seat.log.public
    assert seat.upto(3) is seat
    gone = replace(seat, past=())
    assert gone.upto(1).card == A.card, "the card is said, though its keys are gone"


def test_a_void_card_of_the_old_root_means_nothing_after_the_change() -> None:
    void = party.sign_card(draft.void(A.card, makers.NOW, makers.NOW), A.root, A.root_pq)
    with pytest.raises(TheirFault, match="E_SIG"):
        chain(A.card, A2.card).join(chain(void))
    with pytest.raises(TheirFault, match="E_SIG"):
        chain(A2.card).join(chain(A.card, void))


def test_a_node_says_which_change_waits_for_what() -> None:
    table = met()
    own(table.a, A, A2)
    again(table, table.a)
    assert table.a.node.root_waits() == [RootWait(B.name, 2, ours=True, compared=False)]
    assert [(each.told, each.known) for each in table.a.node.told()] == [(2, 1)], "keys are needed"
    assert table.b.node.root_waits() == []
    table.cut(table.count)
    compared(table.b, A.card, A2.card)
    table.b.restart()
    assert table.b.node.root_waits() == [RootWait(A.name, 2, ours=False, compared=True)]
    table.meet()
    assert table.a.node.root_waits() == table.b.node.root_waits() == []
