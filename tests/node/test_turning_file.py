"""A link that no line joins survives a restore and a halt: notes and tails go by courier files."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from tests.node.test_courier import file_of, looked, read, written
from tests.node.test_freight import is_offered
from tests.node.test_shipping import hand_in, letter, submit
from tests.node.test_turning import CARDS, WHY, back_up, levels, restore, sides
from tests.node.test_turning_crash import Fell, Wreck
from tests.node.test_turning_emergency import disputed
from tests.support import makers, nodes
from tests.support.nodes import Side, Table
from tests.support.outcomes import fault_of

from detente.core import canon, checkpoint, limits, receipt
from detente.core.epoch import Close
from detente.link import courier, frames
from detente.node.arriving import Arrival

JOURNEYS = 4  # there and back, that a turn may take


def by_file(table: Table) -> None:
    for side in (table.a, table.b):
        side.terms = replace(side.terms, by_file=True)
        side.restart()


def send(table: Table, side: Side, *numbers: int) -> None:
    peer = table.them if side is table.a else table.us
    rows = [nodes.envelope(side.party, [peer], number) for number in numbers]
    assert [each.code for each in side.node.submit(rows, table.now)] == [""] * len(rows)


def exchange(table: Table, times: int = 1) -> list[Arrival]:
    """Journeys: a file of A to B, and its answer back."""
    found = []
    for _ in range(times):
        found.append(read(table.b, file_of(table.a, table), table))
        found.append(read(table.a, file_of(table.b, table), table))
    return found


@pytest.fixture
def table(tmp_path: Path) -> Table:
    """Two sides on disks without a line, with records each way that stand in both backups."""
    made = Table(tmp_path)
    by_file(made)
    send(made, made.a, 1, 2)
    send(made, made.b, 1)
    exchange(made, 3)
    for side in (made.a, made.b):
        back_up(side, tmp_path)
    return made


def flows(table: Table, number: int = 50) -> None:
    """Records go both ways and are receipted, in one epoch."""
    send(table, table.a, number)
    send(table, table.b, number + 1)
    exchange(table, 3)
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    for side, other in ((table.a, table.b), (table.b, table.a)):
        assert side.out.state == "COURIER", side.out.why
        assert (side.out.waiting, side.out.size) == (0, other.into.size)
        assert side.out.receipted == side.out.size


@pytest.mark.parametrize("which", ["a", "b", "ab"])
def test_what_was_lost_comes_back_by_files_and_both_go_on(
    table: Table, tmp_path: Path, which: str
) -> None:
    send(table, table.a, 3, 4)
    send(table, table.b, 2)
    exchange(table, 3)
    before = [(each.origin, each.size) for each in table.a.node.levels() if each.peer]
    for side in sides(table, which):
        restore(table, side, tmp_path)
        assert (side.out.state, "restored" in side.out.why) == ("RECOVER", True)
    if which == "ab":  # what both lost nobody can give back
        before = [
            (origin, size - lost) for (origin, size), lost in zip(before, (2, 1), strict=True)
        ]
    exchange(table, JOURNEYS)
    flows(table)
    for side in (table.a, table.b):
        closed = levels(side, "CLOSED")
        assert sorted((each.origin, each.size) for each in closed) == sorted(before)
        for level in closed:
            for seq in range(level.size):
                shown = receipt.check(side.node.prove(level.origin, seq), CARDS)
                assert shown.strength == receipt.FULL, "the closing heads have all four lines"


def test_a_restore_takes_no_more_journeys_than_it_must(table: Table, tmp_path: Path) -> None:
    send(table, table.b, 2)
    exchange(table, 3)
    for side in (table.a, table.b):
        restore(table, side, tmp_path) if side is table.a else None
    told = [each.state for each in exchange(table, 2)]
    assert told == ["RECOVER", "COURIER", "COURIER", "COURIER"]
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id


def test_a_node_that_lost_its_disk_gets_both_logs_back_by_file(
    table: Table, tmp_path: Path
) -> None:
    sizes = [(each.origin, each.size) for each in table.b.node.levels() if each.peer]
    fresh = Side(table.us, table.them)
    fresh.terms = replace(fresh.terms, by_file=True)
    fresh.restart(restored="the node lost its disk")
    fresh.restart(restored="", incarnation=b"n" * 16)
    table.a = fresh
    exchange(table, JOURNEYS)
    closed = levels(fresh, "CLOSED")
    assert sorted((each.origin, each.size) for each in closed) == sorted(sizes)
    flows(table)


def test_files_that_are_lost_on_the_way_only_cost_time(table: Table, tmp_path: Path) -> None:
    send(table, table.a, 3)
    exchange(table, 3)
    restore(table, table.a, tmp_path)
    draw = Random(3)
    for _ in range(40):
        writer, reader = draw.choice([(table.a, table.b), (table.b, table.a)])
        file = file_of(writer, table)
        if draw.random() < 0.6:
            continue  # lost
        try:
            read(reader, file, table)
        except Exception as fault:
            raise AssertionError(f"a file that came was refused: {fault}") from fault
    exchange(table, JOURNEYS)
    flows(table)


def test_files_come_late_twice_and_out_of_order(table: Table, tmp_path: Path) -> None:
    send(table, table.b, 3)
    exchange(table, 3)
    restore(table, table.b, tmp_path)
    draw, piles = Random(5), {"a": [file_of(table.a, table)], "b": [file_of(table.b, table)]}
    for _ in range(60):
        name = draw.choice("ab")
        writer, reader = (table.a, table.b) if name == "a" else (table.b, table.a)
        if draw.random() < 0.5:
            piles[name].append(file_of(writer, table))
        else:
            read(reader, draw.choice(piles[name][-4:]), table)
    exchange(table, JOURNEYS)
    flows(table)


@pytest.mark.parametrize("at", range(8))
@pytest.mark.parametrize("falls", ["a", "b"])
@pytest.mark.parametrize("restored", ["a", "b"])
def test_a_crash_at_any_commit_loses_nothing(restored: str, falls: str, at: int) -> None:
    table = Wreck()
    for side in (table.a, table.b):
        side.terms = replace(side.terms, by_file=True)
    for name in table.disks:
        table.start(name)
    for number in (1, 2):
        send(table, table.a, number)
        send(table, table.b, number)
        exchange(table, 2)
        if number == 1:
            backups = {name: disk.copy() for name, disk in table.disks.items()}
    table.fuse = (falls, at, "after")
    for name in restored:
        table.disks[name] = backups[name].copy()
        table.try_to(name, WHY)
    for _ in range(JOURNEYS + 2):
        try:
            exchange(table)
        except Fell as fall:
            table.start(str(fall))
    table.fuse = None
    flows(table)


def test_an_answer_of_the_epoch_before_brings_nothing_and_is_told(
    table: Table, tmp_path: Path
) -> None:
    old = file_of(table.b, table)
    restore(table, table.a, tmp_path)
    exchange(table, JOURNEYS)
    levels_before = table.a.node.levels()
    arrival = read(table.a, old, table)
    assert (arrival.new, arrival.left, arrival.epoch) == (0, 0, "older")
    assert table.a.node.levels() == levels_before
    flows(table)


def test_a_peer_restored_to_an_older_epoch_is_brought_to_ours(table: Table, tmp_path: Path) -> None:
    restore(table, table.a, tmp_path)
    exchange(table, JOURNEYS)
    flows(table)
    back_up(table.a, tmp_path)
    restore(table, table.b, tmp_path)  # its backup is of the first epoch
    assert table.b.out.link_id == table.b.link_id
    assert fault_of(read, table.b, file_of(table.a, table), table) == "carry.other"
    read(table.a, file_of(table.b, table), table)
    exchange(table, 2 * JOURNEYS)
    flows(table, 70)


def test_what_waited_and_what_was_attached_goes_on_in_the_new_epoch(
    table: Table, tmp_path: Path
) -> None:
    restore(table, table.b, tmp_path)
    att = hand_in(table.a.node, 200_000)
    assert submit(table, letter(table, 9, att)) == [""]
    exchange(table, JOURNEYS)
    flows(table)
    assert not is_offered(table.a, att)
    [state] = table.b.node.blob_states([att.aid])
    assert state.whole


def test_a_line_settles_what_files_began(table: Table, tmp_path: Path) -> None:
    restore(table, table.a, tmp_path)
    read(table.b, file_of(table.a, table), table)
    assert table.b.out.state == "RECOVER"
    table.b.restart()
    assert table.b.out.state == "RECOVER", "the stop is durable"
    table.meet()
    assert table.a.out.state == table.b.out.state == "LIVE"
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id


def test_files_settle_what_a_line_began(table: Table, tmp_path: Path) -> None:
    restore(table, table.a, tmp_path)
    table.connect(7)
    table.cut(7)
    exchange(table, JOURNEYS)
    flows(table)


# A halt.


def forge_head(table: Table) -> bytes:
    """A file of A with a head of its log that its key did not sign."""
    file = file_of(table.a, table)
    sealed = file[6:1_174]
    _, key, _ = table.b.node.courier.find_key(sealed)
    stated = looked(table.b, file)[1].greeting
    end = stated.heads.out_size + 1  # at a size that its HELLO states, it is no more than E_FRAME
    odd = [frames.record(at, b"no envelope", 1) for at in range(table.b.into.size, end)]
    odd.append(frames.checkpoint(checkpoint.Checkpoint(end, bytes(32), bytes(64))))
    return b"".join(courier.write(key, sealed, courier.content(stated, None, [], None, odd)))


@pytest.fixture
def halted(table: Table) -> Table:
    send(table, table.a, 3)
    read(table.b, forge_head(table), table)
    read(table.a, file_of(table.b, table), table)
    assert table.a.out.state == table.b.out.state == "HALTED"
    return table


def ends_of(side: Side) -> list[Close]:
    return side.node.ends(side.peer.name, ())


def agreed(table: Table) -> list[Close]:
    """The largest sizes that both hold."""
    ours, theirs = ends_of(table.a), ends_of(table.b)[::-1]
    sizes = [min(one.size, two.size) for one, two in zip(ours, theirs, strict=True)]
    found = table.a.node.ends(table.b.party.name, sizes)
    assert found == table.b.node.ends(table.a.party.name, sizes[::-1])[::-1]
    return found


def confirm(table: Table, side: Side, ends: list[Close]) -> None:
    side.node.confirm(side.peer.name, ends, table.now)


@pytest.mark.parametrize("first", ["a", "b"])
def test_a_halt_ends_where_two_persons_confirm(halted: Table, first: str) -> None:
    ends = agreed(halted)
    order = sides(halted, first) + sides(halted, "b" if first == "a" else "a")
    confirm(halted, order[0], ends)
    exchange(halted)
    assert halted.a.out.state == halted.b.out.state == "HALTED", "one person is not enough"
    for side in order:
        side.restart()
    confirm(halted, order[1], ends)
    exchange(halted, 3)
    flows(halted)
    for side in (halted.a, halted.b):
        closed = levels(side, "CLOSED")
        assert sorted((each.origin, each.size) for each in closed) == sorted(
            (end.origin, end.size) for end in ends
        )


def test_a_note_that_came_before_the_person_confirmed_is_taken_up_then(halted: Table) -> None:
    ends = agreed(halted)
    for side, other in ((halted.a, halted.b), (halted.b, halted.a)):
        confirm(halted, side, ends)
        read(other, file_of(side, halted), halted)
        if "HALTED" not in (side.out.state, other.out.state):
            break
    exchange(halted, 2)
    flows(halted)


def test_two_persons_who_say_different_ends_are_told(halted: Table) -> None:
    ends = agreed(halted)
    fewer = halted.b.node.ends(makers.AURELIA, [0, 0])
    confirm(halted, halted.a, ends)
    confirm(halted, halted.b, fewer)
    lower = halted.a if halted.a.node._links[halted.a.link_id]._proposes else halted.b
    other = halted.b if lower is halted.a else halted.a
    assert fault_of(read, other, file_of(lower, halted), halted) == "E_HELLO"
    assert halted.a.out.state == halted.b.out.state == "HALTED"
    confirm(halted, halted.b, ends)
    exchange(halted, 3)
    flows(halted)


def test_a_fork_of_cards_is_ended_by_no_file(halted: Table) -> None:
    for side in (halted.a, halted.b):
        link = side.node._links[side.link_id]
        link.session._link.why = "E_CARD_FORK: two cards"
        confirm(halted, side, agreed(halted))
    exchange(halted, 2)
    assert halted.a.out.state == halted.b.out.state == "HALTED"


def test_the_manifest_says_why_nothing_goes(table: Table, tmp_path: Path) -> None:
    restore(table, table.a, tmp_path)
    send(table, table.a, 9)
    manifest, _ = written(table.a, table)
    assert (manifest.records, manifest.waiting, manifest.attached) == (0, 1, 0)
    assert "restored" in manifest.held_back


# After an emergency that a line opened, and that outlived the line.


def without_line(table: Wreck) -> Wreck:
    table.cut(table.count)
    for side in (table.a, table.b):
        side.terms = replace(side.terms, by_file=True)
    for name in table.disks:
        table.start(name)
    return table


def test_disputed_logs_are_closed_by_files_where_two_persons_confirm() -> None:
    table = without_line(disputed())
    assert table.a.out.state == table.b.out.state == "DISPUTED", "no line is no end of it"
    for side, peer in ((table.a, table.them), (table.b, table.us)):
        side.node.confirm(peer.name, side.node.ends(peer.name, ()), table.now)
    exchange(table, JOURNEYS)
    flows(table)
    for side in (table.a, table.b):
        assert len(levels(side, "CLOSED")) == 4


def test_one_person_closes_nothing_of_a_dispute_by_files() -> None:
    table = without_line(disputed())
    ends = table.a.node.ends(table.them.name, ())
    table.a.node.confirm(table.them.name, ends, table.now)
    exchange(table, 2)
    assert table.a.out.state == table.b.out.state == "DISPUTED"


def test_tails_come_in_as_many_pieces_as_they_need(
    table: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(table, table.a, *range(3, 9))
    exchange(table)
    send(table, table.a, *range(9, 15))
    exchange(table, 2)
    size = table.b.into.size
    restore(table, table.a, tmp_path)
    monkeypatch.setattr(limits, "MAX_INFLIGHT_COUNT", 1)
    read(table.b, file_of(table.a, table), table)
    answer = file_of(table.b, table)
    monkeypatch.undo()
    read(table.a, answer, table)
    [ours, _] = levels(table.a, "CLOSED")
    assert ours.size == size


def test_a_tail_without_a_signed_state_in_reach_is_not_carried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = Wreck()
    for side in (table.a, table.b):
        side.terms = replace(side.terms, by_file=True)
    for name in table.disks:
        table.start(name)
    backup = table.disks["a"].copy()
    send(table, table.a, 1, 2)
    exchange(table, 2)
    kept = table.disks["b"].checkpoints[table.b.into.origin]
    for at in list(kept):
        del kept[at]
    table.disks["b"].legs.clear()
    table.disks["a"] = backup
    table.try_to("a", WHY)
    read(table.b, file_of(table.a, table), table)
    monkeypatch.setattr("detente.node.tail.pieces.WINDOWS", 1)
    monkeypatch.setattr(limits, "MAX_INFLIGHT_COUNT", 1)
    file = file_of(table.b, table)
    monkeypatch.undo()
    assert len(file) < 8_000
    arrival = read(table.a, file, table)
    assert (arrival.state, table.a.out.size) == ("RECOVER", 0)
    # Nor is a last piece taken that no signed state ends.
    assert read(table.a, file_of(table.b, table), table).state == "RECOVER"
    assert table.a.out.size == 0


def test_a_stop_that_an_older_version_kept_still_stands(table: Table) -> None:
    with table.a.store.begin() as tx:
        name = f"courier:{table.a.link_id}"
        old = canon.decode_object(tx.note(name) or b"", 10**7)
        for member in ("incarnation", "stand", "asked"):
            del old[member]
        tx.set_note(name, canon.encode({**old, "recover": "their side lost records"}))
    table.a.restart()
    assert (table.a.out.state, table.a.out.why) == ("RECOVER", "their side lost records")
    exchange(table, JOURNEYS)
    flows(table)


def test_a_note_from_before_a_loss_that_comes_by_file_is_passed_over(
    table: Table, tmp_path: Path
) -> None:
    lower = table.a if table.a.node._links[table.a.link_id]._proposes else table.b
    other = table.b if lower is table.a else table.a
    restore(table, other, tmp_path)
    read(lower, file_of(other, table), table)
    note = file_of(lower, table)  # it shows a note for the life before the next loss
    back_up(other, tmp_path)
    other.restart(restored=WHY)
    other.restart(restored="", incarnation=b"z" * 16)
    assert read(other, note, table).epoch == ""
    assert other.out.state == "RECOVER"
    exchange(table, JOURNEYS)
    flows(table)


def test_an_old_file_does_not_split_what_was_proposed_anew(table: Table, tmp_path: Path) -> None:
    lower = table.a if table.a.node._links[table.a.link_id]._proposes else table.b
    other = table.b if lower is table.a else table.a
    restore(table, other, tmp_path)
    for _ in range(JOURNEYS):
        read(lower, file_of(other, table), table)
        if read(other, file_of(lower, table), table).epoch:
            break
    old = file_of(other, table)  # it shows the note that both signed, and is late
    assert (lower.out.state, other.out.link_id != other.link_id) == ("RECOVER", True)
    restore(table, other, tmp_path)
    other.restart(restored=WHY)
    other.restart(restored="", incarnation=b"z" * 16)
    assert other.out.link_id == other.link_id, "its backup knows nothing of that note"
    for _ in range(JOURNEYS):
        read(lower, file_of(other, table), table)
        if read(other, file_of(lower, table), table).epoch:
            break
    assert other.out.link_id != other.link_id, "it agreed to another note"
    assert read(lower, old, table).epoch == ""
    assert lower.out.state == "RECOVER"
    exchange(table, JOURNEYS)
    flows(table)


def test_a_stopped_link_hears_no_word_of_attachments(table: Table, tmp_path: Path) -> None:
    att = hand_in(table.a.node, 100)
    assert submit(table, letter(table, 9, att)) == [""]
    read(table.b, file_of(table.a, table), table)
    answer = file_of(table.b, table)
    restore(table, table.a, tmp_path)
    read(table.a, answer, table)
    with table.a.store.begin() as tx:
        assert tx.offers(table.a.link_id, 9) == []
    assert written(table.a, table)[0].attached == 0
