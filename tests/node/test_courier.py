"""Files between two nodes: what they bring is what a wire brings, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis.strategies import integers
from tests.support import makers
from tests.support.nodes import Side, Table, envelope
from tests.support.outcomes import fault_of

from detente.core import limits, receipt
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import OurFault
from detente.core.record import read_header
from detente.core.trust import Chain
from detente.link import courier, frames, session
from detente.link.courier import Summary
from detente.node.arriving import Arrival, Incoming
from detente.node.cargo import Manifest

Both = tuple[Side, Side]


def by_file(table: Table) -> Table:
    """A table whose link lives on files."""
    for side in (table.a, table.b):
        side.terms = replace(side.terms, by_file=True)
        side.restart()
    return table


@pytest.fixture
def table() -> Table:
    return by_file(Table())


def written(side: Side, table: Table) -> tuple[Manifest, bytes]:
    found = side.node.courier.write(side.peer.name, table.now)
    file = b"".join(found.pieces)
    assert len(file) == found.manifest.size
    return found.manifest, file


def file_of(side: Side, table: Table) -> bytes:
    return written(side, table)[1]


def looked(side: Side, file: bytes) -> tuple[Incoming, Summary]:
    job = Incoming(side.node.courier)
    for part in (file[:700], *(file[at : at + 40_000] for at in range(700, len(file), 40_000))):
        job.look(part)
    return job, job.looked()


def read(side: Side, file: bytes, table: Table) -> Arrival:
    job, _ = looked(side, file)
    for at in range(0, len(file), 40_000):
        job.take(file[at : at + 40_000], table.now)
    return job.taken(table.now)


@cache
def sealed(author: str, addressee: str, number: int, prec: str) -> bytes:
    """One record; the same bytes at each call, though seals are random."""
    parties = makers.make_party(author), makers.make_party(addressee)
    return envelope(parties[0], [parties[1]], number, prec=prec)


def send(table: Table, side: Side, number: int, prec: str = "ROUTINE") -> bytes:
    one = sealed(side.party.name, side.peer.name, number, prec)
    [answer] = side.node.submit([one], table.now)
    assert not answer.code, answer
    return one


def exchange(table: Table) -> None:
    """One round: a file there, and its answer back."""
    read(table.b, file_of(table.a, table), table)
    read(table.a, file_of(table.b, table), table)


def roots(side: Side) -> list[tuple[int, bytes]]:
    heads = side.node.heads()[side.link_id]
    return [(each.size, each.root) for each in (heads.out, heads.in_) if each]


def settle(table: Table) -> None:
    """Rounds of files until both hold both logs with receipts."""
    for _ in range(4):
        exchange(table)


# The way of a record.


def test_records_go_both_ways_by_files_alone_and_are_receipted(table: Table) -> None:
    one, two = send(table, table.a, 1), send(table, table.b, 1)
    assert (table.a.out.size, table.a.out.waiting) == (0, 2)  # the opening of the link waits too
    there = read(table.b, file_of(table.a, table), table)
    assert (there.new, there.known, there.peer) == (2, 0, makers.AURELIA)
    back = read(table.a, file_of(table.b, table), table)
    assert (back.new, back.receipted, back.newly_receipted) == (2, 2, 2)
    read(table.b, file_of(table.a, table), table)
    assert table.a.out.receipted == table.b.out.receipted == 2
    kept = [each.envelope for each in table.b.node.since({}, 100, 10**6)]
    assert one in kept
    assert two in kept
    assert roots(table.a) == roots(table.b)[::-1]


def test_a_receipt_that_came_by_file_makes_a_proof(table: Table) -> None:
    send(table, table.a, 1)
    settle(table)
    proof = table.a.node.prove(table.a.out.origin, 1)
    chains = {each.name: Chain((each.card,)) for each in (table.us, table.them)}
    shown = receipt.check(proof, chains)
    assert (shown.header.n, shown.receiver) == (1, makers.BOREALIS)
    assert shown.strength == receipt.FULL


def test_what_a_file_holds_is_told(table: Table) -> None:
    send(table, table.a, 1)
    send(table, table.a, 2, prec="IMMEDIATE")
    manifest, file = written(table.a, table)
    assert manifest == Manifest(
        makers.AURELIA, makers.BOREALIS, table.a.link_id, len(file), 0, 3, 1,
        (table.them.address(),), 0, 0, "",
    )  # fmt: skip
    summary = looked(table.b, file)[1]
    assert (summary.first, summary.records, summary.urgent) == (0, 3, 1)
    assert table.a.node.courier.last(table.a.link_id) == (table.now, None)
    read(table.b, file, table)
    assert table.b.node.courier.last(table.b.link_id) == (None, table.now)


def test_urgent_records_are_logged_first(table: Table) -> None:
    send(table, table.a, 1)
    send(table, table.a, 2, prec="IMMEDIATE")
    file_of(table.a, table)
    rows = table.a.node.since({table.a.out.origin: 1}, 10, 10**6)
    parts = [each for each in rows if each.origin == table.a.out.origin]
    headers = [read_header(nodes_header(each.envelope)) for each in parts]
    assert [header.n for header in headers] == [2, 1]


def nodes_header(data: bytes) -> bytes:
    size = int.from_bytes(data[4:8], "big")
    return data[8 : 8 + size]


def test_a_file_read_twice_changes_nothing(table: Table) -> None:
    send(table, table.a, 1)
    file = file_of(table.a, table)
    read(table.b, file, table)
    before = table.b.node.levels()
    again = read(table.b, file, table)
    assert (again.new, again.known, again.newly_receipted) == (0, 2, 0)
    assert table.b.node.levels() == before


def test_an_older_file_after_a_newer_changes_nothing(table: Table) -> None:
    older = file_of(table.a, table)
    settle(table)
    send(table, table.a, 1)
    newer = file_of(table.a, table)
    read(table.b, newer, table)
    before = table.b.node.levels()
    assert read(table.b, older, table).state == "COURIER"
    assert table.b.node.levels() == before
    # The answer still echoes the newer one: what A lost since would show.
    greeting = looked(table.a, file_of(table.b, table))[1].greeting
    assert greeting.echo == looked(table.b, newer)[1].greeting.nonce


def test_a_file_whose_forerunner_is_missing_is_refused_by_number(table: Table) -> None:
    exchange(table)
    send(table, table.a, 1)
    lost = file_of(table.a, table)
    # B receipted record 0 and then lost it: only so can a file begin too high.
    fresh = Side(table.them, table.us)
    assert read(fresh, lost, table).state == "RECOVER"
    assert fresh.into.size == 0
    # A file that gives no such reason is refused by number.
    greeting = looked(table.b, lost)[1].greeting
    heads = replace(greeting.heads, out_receipt=None)
    odd = craft(table, frames.record(1, b"an envelope", 1), heads=heads)
    fresh = Side(table.them, table.us)
    with pytest.raises(OurFault, match=r"carry.gap.*begins with record 1; records 0 to 0"):
        looked(fresh, odd)
    bad = replace(checked(greeting.heads.out_receipt), signature=bytes(64))
    heads = replace(greeting.heads, out_receipt=bad, in_=None, in_receipt=None)
    odd = craft(table, frames.record(1, b"an envelope", 1), heads=heads)
    assert fault_of(read, fresh, odd, table) == "carry.gap"
    assert fresh.into.size == 0


def checked(given: Cosignature | None) -> Cosignature:
    assert given is not None
    return given


def test_a_lost_file_is_made_good_by_the_next(table: Table) -> None:
    send(table, table.a, 1)
    file_of(table.a, table)
    send(table, table.a, 2)
    assert read(table.b, file_of(table.a, table), table).new == 3


def test_a_file_read_in_part_is_read_again(table: Table) -> None:
    for number in range(1, 60):
        send(table, table.a, number, prec="PRIORITY" if number % 2 else "ROUTINE")
    file = file_of(table.a, table)
    job, _ = looked(table.b, file)
    job.take(file[:-1], table.now)
    table.b.restart()
    assert table.b.into.size == 0
    assert read(table.b, file, table).new == 60
    job, _ = looked(table.b, file)
    job.take(file[:-1], table.now)
    job.drop(table.now)
    job.drop(table.now)
    assert table.b.node.courier.last(table.b.link_id)[1] == table.now
    assert read(table.b, file, table).known == 60


def test_a_file_dropped_before_it_began_is_nothing(table: Table) -> None:
    job = Incoming(table.b.node.courier)
    job.drop(table.now)
    assert job.size == 0


# What is refused.


def test_our_own_file_is_told_as_ours(table: Table) -> None:
    file = file_of(table.a, table)
    with pytest.raises(OurFault, match=r"carry\.ours: we wrote this file ourselves, for borealis"):
        looked(table.a, file)


def test_a_file_for_another_party_does_not_open(table: Table) -> None:
    cordia = makers.make_party(makers.CORDIA)
    stranger = Side(cordia, table.us)
    assert fault_of(looked, stranger, file_of(table.a, table)) == "carry.other"


def test_a_file_of_another_link_does_not_open(table: Table) -> None:
    nonce = bytes(16)
    other = Side(table.them, table.us)
    other.terms = replace(other.terms, link_id="a" * 16, nonce=nonce)
    other.restart()
    assert fault_of(looked, other, file_of(table.a, table)) == "carry.other"


def test_a_file_that_their_node_did_not_sign_is_refused(table: Table) -> None:
    table.a.restart(signer=makers.LabelSigner("a stranger"))
    assert fault_of(looked, table.b, file_of(table.a, table)) == "carry.sender"


def test_a_node_without_its_key_says_so(table: Table) -> None:
    file = file_of(table.a, table)
    table.b.restart(opener=None)
    assert fault_of(looked, table.b, file) == "vault.no_key"


@given(at=integers(min_value=0), bit=integers(0, 7))
def test_no_bit_of_a_file_may_differ(at: int, bit: int) -> None:
    pair = by_file(Table())
    send(pair, pair.a, 1)
    file = bytearray(file_of(pair.a, pair))
    file[at % len(file)] ^= 1 << bit
    before = pair.b.node.levels()
    assert fault_of(looked, pair.b, bytes(file)).startswith("carry.")
    assert pair.b.node.levels() == before


def test_the_second_reading_must_be_of_the_same_file(table: Table) -> None:
    file, other = file_of(table.a, table), file_of(table.a, table)
    job, _ = looked(table.b, file)
    assert fault_of(job.take, other, table.now) == "carry.altered"
    send(table, table.a, 1)
    big = file_of(table.a, table)
    job, _ = looked(table.b, big)
    job.take(big[:-1], table.now)
    assert fault_of(job.taken, table.now) == "carry.cut"


def test_the_same_key_with_another_content_is_another_file(table: Table) -> None:
    file = file_of(table.a, table)
    key = table.b.node.courier.find_key(file[6:1_174])[1]
    job, summary = looked(table.b, file)
    held = b"".join(courier.content(summary.greeting, None, [], None))
    job.take(b"".join(courier.write(key, file[6:1_174], [held])), table.now)
    assert fault_of(job.taken, table.now) == "carry.altered"


def test_a_party_without_a_link_has_no_files(table: Table) -> None:
    assert fault_of(table.a.node.courier.write, makers.CORDIA, table.now) == "link.none"


def test_a_node_that_cannot_store_neither_writes_nor_reads(table: Table) -> None:
    file = file_of(table.a, table)
    for side in (table.a, table.b):
        fault = OurFault("store.full", "the disk is full", "make room")
        side.node.stop_storing(fault, table.now)
    assert fault_of(table.a.node.courier.write, makers.BOREALIS, table.now) == "store.full"
    assert fault_of(read, table.b, file, table) == "store.full"


def craft(table: Table, *more: bytes, **greeting: object) -> bytes:
    """A file of A with frames of our choice."""
    file = file_of(table.a, table)
    sealed = file[6:1_174]
    link, key, _ = table.b.node.courier.find_key(sealed)
    assert link.terms.peer.name == makers.AURELIA
    stated = replace(looked(table.b, file)[1].greeting, **greeting)  # type: ignore[arg-type]
    return b"".join(courier.write(key, sealed, courier.content(stated, None, [], None, more)))


def test_a_forged_head_in_a_file_halts_as_on_a_wire(table: Table) -> None:
    odd = [frames.record(at, b"no envelope", 1) for at in range(2)]  # one more than HELLO states
    head = frames.checkpoint(session_head(2))
    arrival = read(table.b, craft(table, *odd, head), table)
    assert (arrival.state, arrival.new, arrival.known, arrival.left) == ("HALTED", 0, 0, 2)
    assert arrival.why.startswith("E_CP_SIG")


def session_head(size: int) -> Checkpoint:
    """A head that nobody signed."""
    return Checkpoint(size, bytes(32), bytes(64))


def test_a_file_that_says_goodbye_ends_there(table: Table) -> None:
    file = craft(table, frames.bye(), frames.ping(1))
    assert fault_of(read, table.b, file, table) == "E_FRAME"
    assert table.b.into.state == "COURIER"


def test_another_partys_greeting_is_refused(table: Table) -> None:
    assert fault_of(read, table.b, craft(table, party=makers.CORDIA), table) == "E_HELLO"


# Restored, halted.


def test_a_halt_travels_by_file(table: Table) -> None:
    exchange(table)
    head = frames.checkpoint(session_head(2))
    read(table.b, craft(table, frames.record(1, b"no envelope", 1), head), table)
    manifest, file = written(table.b, table)
    assert manifest.held_back.startswith("E_CP_SIG")
    assert manifest.records == 0
    arrival = read(table.a, file, table)
    assert arrival.state == "HALTED"
    assert arrival.why.startswith("E_CP_SIG: their side says: ")


def test_a_restored_side_is_found_out_by_its_file(table: Table, tmp_path: Path) -> None:
    send(table, table.a, 1)
    settle(table)
    asking = file_of(table.a, table)
    fresh = Side(table.them, table.us)
    fresh.terms = replace(fresh.terms, by_file=True)
    fresh.restart()
    # B lost its disk. It reads A's file, which shows receipts of its own; it takes nothing in.
    there = read(fresh, asking, table)
    assert there.state == "RECOVER"
    manifest, file = written(fresh, table)
    assert manifest.records == 0
    assert "restored" in manifest.held_back
    # Its answer echoes A's nonce: A sees that B holds less than it had receipted.
    back = read(table.a, file, table)
    assert back.state == "RECOVER"
    # Not even a start of the node lets it append again.
    table.a.restart()
    send(table, table.a, 2)
    manifest, _ = written(table.a, table)
    assert (manifest.records, manifest.waiting) == (0, 1)
    assert "lost records" in manifest.held_back


def test_without_an_echo_nothing_is_said_of_what_they_lost(table: Table) -> None:
    settle(table)
    fresh = Side(table.them, table.us)
    file = b"".join(fresh.node.courier.write(makers.AURELIA, table.now).pieces)
    assert read(table.a, file, table).state == "COURIER"


def test_a_restored_node_appends_nothing_to_a_file(table: Table) -> None:
    send(table, table.a, 1)
    table.a.restart(restored="this side was restored from a backup")
    manifest, _ = written(table.a, table)
    assert (manifest.records, manifest.waiting) == (0, 2)
    assert "restored" in manifest.held_back


def test_a_loss_that_a_file_showed_stands_until_the_next_epoch(table: Table) -> None:
    table.connect()
    table.cut()
    asking = file_of(table.a, table)
    older = file_of(table.b, table)
    fresh = by_file(Table()).b
    read(fresh, asking, table)
    read(table.a, file_of(fresh, table), table)
    assert "lost records" in written(table.a, table)[0].held_back
    # An older file is no word against it, before a restart and after.
    for _ in range(2):
        send(table, table.b, 1)
        arrival = read(table.a, older, table)
        assert (arrival.state, arrival.new) == ("RECOVER", 0)
        table.a.restart()
    table.connect(2)
    table.cut(2)
    table.connect(3)
    assert table.a.out.state == "LIVE"
    assert table.a.out.link_id == table.b.out.link_id != table.a.link_id
    assert not written(table.a, table)[0].held_back
    table.cut(3)
    table.a.restart()
    assert table.a.out.state == "COURIER"


def test_a_loss_is_remembered_over_a_wire_that_came_and_went(table: Table) -> None:
    settle(table)
    read(table.a, file_of_one_who_lost_all(table), table)
    begun = session.PathBegun(7, "primary", dialled=True)
    for each in (begun, session.PathUp(7, bytes(16)), session.PathDown(7, "cut")):
        table.a.node.step(table.a.link_id, each, table.now)
    assert table.a.out.state == "COURIER"
    assert read(table.a, file_of(table.b, table), table).state == "RECOVER"


def file_of_one_who_lost_all(table: Table) -> bytes:
    """What B writes after it lost its disk and read a file of A."""
    asking = file_of(table.a, table)
    fresh = by_file(Table()).b
    read(fresh, asking, table)
    return file_of(fresh, table)


def test_what_a_stopped_link_did_not_take_in_is_told(table: Table) -> None:
    settle(table)
    read(table.a, file_of_one_who_lost_all(table), table)
    send(table, table.b, 1)
    arrival = read(table.a, file_of(table.b, table), table)
    assert (arrival.new, arrival.known, arrival.left) == (0, 0, 1)


# The window, and what is remembered.


def test_a_link_that_is_not_agreed_for_files_is_compared_over_a_wire_first() -> None:
    table = Table()
    send(table, table.a, 1)
    manifest, _ = written(table.a, table)
    assert (manifest.records, manifest.waiting) == (0, 2)
    assert "compared" in manifest.held_back
    table.connect()
    table.cut()
    send(table, table.a, 2)
    manifest, file = written(table.a, table)
    assert (manifest.records, manifest.waiting, manifest.held_back) == (1, 0, "")
    assert read(table.b, file, table).new == 1
    assert table.b.into.state == "DOWN"


def test_no_more_is_logged_by_file_than_the_window_lets(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_INFLIGHT_COUNT", 3)
    for number in range(1, 6):
        send(table, table.a, number)
    manifest, file = written(table.a, table)
    assert (manifest.records, manifest.waiting) == (3, 3)
    assert written(table.a, table)[0].records == 3
    read(table.b, file, table)
    read(table.a, file_of(table.b, table), table)
    assert written(table.a, table)[0].waiting == 0


def test_bytes_count_in_the_window_over_a_restart(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = sealed(makers.AURELIA, makers.BOREALIS, 1, "ROUTINE")
    monkeypatch.setattr(limits, "MAX_INFLIGHT_BYTES", 2 * len(one))
    for number in range(1, 6):
        send(table, table.a, number)
    first = written(table.a, table)[0]
    table.a.restart()
    assert written(table.a, table)[0].waiting == first.waiting > 0


def test_a_file_ends_at_a_head_of_its_own_if_more_is_under_way(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(1, 6):
        send(table, table.a, number)
    file_of(table.a, table)
    monkeypatch.setattr(limits, "MAX_INFLIGHT_COUNT", 4)
    manifest, file = written(table.a, table)
    assert manifest.records == 4
    assert read(table.b, file, table).new == 4
    settle(table)
    assert table.b.into.size == table.a.out.receipted == 6


def test_as_many_nonces_are_remembered_as_the_limit_says(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_COURIER_NONCES", 2)
    files = [file_of(table.a, table) for _ in range(3)]
    codes = [fault_of(looked, table.a, file) for file in files]
    assert codes == ["carry.other", "carry.ours", "carry.ours"]


def test_what_was_remembered_stands_after_a_restart(table: Table) -> None:
    exchange(table)
    file = file_of(table.a, table)
    nonce = table.a.node._links[table.a.link_id].session.files.echo
    last = table.a.node.courier.last(table.a.link_id)
    table.a.restart()
    assert table.a.node._links[table.a.link_id].session.files.echo == nonce
    assert table.a.node.courier.last(table.a.link_id) == last
    assert fault_of(looked, table.a, file) == "carry.ours"


# Beside a wire.


def test_a_file_beside_a_live_wire_disturbs_nothing() -> None:
    table = Table()
    table.connect()
    old = file_of(table.a, table)
    send(table, table.a, 1)
    table.pump()
    table.wait(session.HELLO_TIMEOUT)
    assert read(table.b, old, table).state == "LIVE"
    assert read(table.b, file_of(table.a, table), table).known == 0
    send(table, table.b, 1)
    table.pump()
    assert table.a.into.size == table.b.out.receipted == 2
    assert table.b.node.conns(table.b.link_id)


def test_what_only_a_file_brought_is_not_asked_for_by_a_wire(table: Table) -> None:
    send(table, table.a, 1)
    read(table.b, file_of(table.a, table), table)
    table.connect()
    assert table.a.out.receipted == table.b.into.size == 2


def test_time_passes_over_a_file_without_a_question(table: Table) -> None:
    file = file_of(table.a, table)
    job, _ = looked(table.b, file)
    job.take(file, table.now)
    for _ in range(10):
        table.wait(session.PING_AFTER)
    assert job.taken(table.now).new == 1
    assert not [each for each in table.b.shown if isinstance(each, session.Send)]


def test_a_wire_that_is_lost_while_a_file_is_read_leaves_the_file(table: Table) -> None:
    table.connect()
    table.cut()
    send(table, table.a, 1)
    file = file_of(table.a, table)
    table.connect(2)
    job, _ = looked(table.b, file)
    job.take(file, table.now)
    table.cut(2)
    assert job.taken(table.now).state == "COURIER"
    assert table.b.into.size == 2


def test_records_of_a_file_are_held_while_a_wire_is_lost(table: Table) -> None:
    for number in range(1, 60):
        send(table, table.a, number)
    file = file_of(table.a, table)
    assert len(file) > 2 * limits.CHUNK
    table.connect()
    table.cut()
    fresh = by_file(Table()).b
    job, _ = looked(fresh, file)
    fresh.node.step(fresh.link_id, session.PathBegun(3, "primary", dialled=False), table.now)
    fresh.node.step(fresh.link_id, session.PathUp(3, bytes(16)), table.now)
    job.take(file[: limits.CHUNK * 3 // 2], table.now)
    fresh.node.step(fresh.link_id, session.PathDown(3, "cut"), table.now)
    job.take(file[limits.CHUNK * 3 // 2 :], table.now)
    arrival = job.taken(table.now)
    assert (arrival.new, arrival.left) == (60, 0)


# The same records, however they travel.


def words(seed: int) -> Iterator[tuple[str, int]]:
    """Who sends, in one order for one seed."""
    draw = Random(seed)
    for number in range(1, 9):
        yield draw.choice("ab"), number


def over_wire(seed: int) -> Table:
    table = by_file(Table())
    table.connect()
    for who, number in words(seed):
        send(table, table.a if who == "a" else table.b, number)
        table.pump()
    return table


def over_files(seed: int) -> Table:
    table = by_file(Table())
    for who, number in words(seed):
        send(table, table.a if who == "a" else table.b, number)
        exchange(table)
    settle(table)
    return table


def mixed(seed: int) -> Table:
    """Files lost, doubled, in any order, beside a wire that comes and goes."""
    table, draw = by_file(Table()), Random(seed)
    piles: dict[str, list[bytes]] = {"a": [], "b": []}
    sides: dict[str, Both] = {"a": (table.a, table.b), "b": (table.b, table.a)}
    conn = 0
    for who, number in words(seed):
        send(table, sides[who][0], number)
        for _ in range(draw.randrange(5)):
            whose = draw.choice("ab")
            writer, reader = sides[whose]
            match draw.randrange(4):
                case 0:
                    piles[whose].append(file_of(writer, table))
                case 1 if piles[whose]:
                    file = draw.choice(piles[whose])
                    read(reader, file, table)
                case 2 if not conn:
                    conn = number
                    table.connect(conn)
                case 3 if conn:
                    table.cut(conn)
                    conn = 0
                case _:
                    table.pump()
        if draw.randrange(4) == 0:
            sides[draw.choice("ab")][0].restart() if not conn else None
    if conn:
        table.cut(conn)
    settle(table)
    return table


@given(seed=integers(0, 10**6))
@settings(max_examples=20)
def test_the_same_records_give_the_same_roots_however_they_travel(seed: int) -> None:
    ways = [over_wire(seed), over_files(seed), mixed(seed)]
    for table in ways:
        assert roots(table.a) == roots(table.b)[::-1]
        assert table.a.out.receipted == table.a.out.size
        assert table.b.out.receipted == table.b.out.size
    assert roots(ways[0].a) == roots(ways[1].a) == roots(ways[2].a)
