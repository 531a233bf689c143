"""Repair takes only the right bytes; a purge takes texts and leaves every proof."""

from dataclasses import replace

import pytest
from tests.support import makers
from tests.support.nodes import Table, envelope
from tests.support.outcomes import fault_of

from detente.core import canon, inner, purged, receipt, record
from detente.core import envelope as envelopes
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node import care
from detente.node.care import KEEP_AT_LEAST, Order, Purged
from detente.node.ledger import TILE
from detente.node.ports import Row

LATER = makers.NOW + Span(KEEP_AT_LEAST.ms + 60_000)
BEFORE = makers.NOW + Span(1)
ORDER = Order(BEFORE, "1000")


@pytest.fixture
def table() -> Table:
    found = Table()
    found.connect()
    for number in (1, 2, 3):
        found.a.node.submit([envelope(found.us, [found.them], number)], found.now)
        found.pump()
    found.b.node.submit([envelope(found.them, [found.us], 1)], found.now)
    found.pump()
    return found


def row(table: Table, seq: int, origin: str | None = None) -> Row:
    with table.a.store.begin() as tx:
        return tx.rows(origin or table.a.out.origin, seq, 1, 0)[0]


def rewrite(table: Table, changed: Row) -> None:
    with table.a.store.begin() as tx:
        tx.rewrite(table.a.out.origin, changed)


# Repair.


def test_a_lost_envelope_is_put_back_and_others_are_not_taken(table: Table) -> None:
    origin, whole = table.a.out.origin, row(table, 2)
    rewrite(table, whole._replace(envelope=b"DTR1 rot"))
    for wrong in (b"junk", row(table, 1).envelope):
        assert fault_of(table.a.node.care.repair, origin, 2, wrong, table.now) == "check.not_it"
    assert row(table, 2).envelope == b"DTR1 rot"
    table.a.node.care.repair(origin, 2, whole.envelope, LATER)
    assert row(table, 2) == whole


def test_a_lost_entry_is_put_back_too(table: Table) -> None:
    whole = row(table, 2)
    rewrite(table, whole._replace(entry=bytes(144)))
    table.a.node.care.repair(table.a.out.origin, 2, whole.envelope, LATER)
    assert row(table, 2) == whole


def test_of_two_lost_entries_each_is_put_back_though_no_root_comes_out_right(table: Table) -> None:
    before = [row(table, seq) for seq in (1, 2)]
    for each in before:
        rewrite(table, each._replace(entry=bytes(144)))
    table.a.node.care.repair(table.a.out.origin, 2, before[1].envelope, LATER)
    assert [row(table, seq) for seq in (1, 2)] == before


def test_what_nothing_is_left_of_keeps_others_from_being_put_back(table: Table) -> None:
    rewrite(table, row(table, 1)._replace(entry=bytes(144), envelope=b"rot"))
    whole = row(table, 2)
    rewrite(table, whole._replace(entry=bytes(144)))
    origin = table.a.out.origin
    found = fault_of(table.a.node.care.repair, origin, 2, whole.envelope, table.now)
    assert found == "check.not_it"


@pytest.mark.parametrize("seq", [-1, 4, 99])
def test_a_place_outside_the_log_is_not_repaired(table: Table, seq: int) -> None:
    origin, whole = table.a.out.origin, row(table, 2).envelope
    assert fault_of(table.a.node.care.repair, origin, seq, whole, table.now) == "check.not_it"


def test_a_record_under_a_whole_tile_is_repaired_by_its_leaf_there(table: Table) -> None:
    for number in range(10, 10 + TILE):
        table.a.node.submit([envelope(table.us, [table.them], number)], table.now)
        table.pump()
    assert table.a.out.size > TILE
    for seq in (5, TILE + 1):
        whole = row(table, seq)
        rewrite(table, whole._replace(entry=bytes(144), envelope=b"rot"))
        other = row(table, seq - 1).envelope
        origin = table.a.out.origin
        assert fault_of(table.a.node.care.repair, origin, seq, other, table.now) == "check.not_it"
        table.a.node.care.repair(origin, seq, whole.envelope, table.now)
        assert row(table, seq) == whole


# Purge.


def purge(table: Table, order: Order = ORDER) -> Purged:
    table.a.office_reads()
    table.a.node.care.order(order, LATER)
    while table.a.node.care.step(LATER):
        pass
    return table.a.node.care.done


def plan(table: Table, order: Order) -> Purged:
    return purge(table, replace(order, dry=True))


def stripped(table: Table, origin: str) -> list[int]:
    with table.a.store.begin() as tx:
        return [
            each.seq for each in tx.rows(origin, 0, 999, 10**8) if purged.is_stripped(each.envelope)
        ]


def test_texts_go_from_both_logs_and_openings_stay(table: Table) -> None:
    planned = plan(table, ORDER)
    assert home(table) == []
    assert stripped(table, table.a.out.origin) == []
    assert purge(table) == planned
    assert planned.records == 4
    assert planned.size > 4_000
    assert stripped(table, table.a.out.origin) == [1, 2, 3]
    assert stripped(table, table.a.into.origin) == [1]
    assert purge(table) == Purged()


def test_a_proof_of_a_purged_record_holds(table: Table) -> None:
    origin = table.a.out.origin
    before = [table.a.node.prove(origin, seq) for seq in (1, 2, 3)]
    purge(table)
    assert [table.a.node.prove(origin, seq) for seq in (1, 2, 3)] == before
    assert receipt.read(before[0]).index == 1


def test_a_record_of_which_nothing_but_its_entry_came_has_no_proof(table: Table) -> None:
    rewrite(table, row(table, 2)._replace(envelope=b""))
    assert fault_of(table.a.node.prove, table.a.out.origin, 2) == "proof.unknown"


def test_the_node_goes_on_and_starts_again_on_purged_logs(table: Table) -> None:
    purge(table)
    kept = table.a.node.since({}, 99, 10**8)
    assert sum(purged.is_stripped(each.envelope) for each in kept) == 4
    table.a.restart()
    table.connect(2)
    table.a.node.submit([envelope(table.us, [table.them], 9)], table.now)
    table.pump()
    assert (table.a.out.size, table.a.out.receipted) == (5, 5)


def test_what_the_other_side_does_not_hold_stays(table: Table) -> None:
    table.cut()
    table.a.node.submit([envelope(table.us, [table.them], 4)], table.now)
    assert table.a.out.waiting == 1
    assert purge(table).records == 4


def test_what_is_younger_than_the_date_stays(table: Table) -> None:
    assert purge(table, Order(table.now, "1000")).records == 0


def test_a_matter_a_desk_or_a_kind_may_be_chosen(table: Table) -> None:
    matter, kind = makers.PLAIN_HEADER.matter, makers.PLAIN_HEADER.kind
    assert plan(table, Order(BEFORE, "", matter=matter)).records == 4
    assert plan(table, Order(BEFORE, "", matter="f" * 32)).records == 0
    assert plan(table, Order(BEFORE, "", desk="cert")).records == 4
    assert plan(table, Order(BEFORE, "", desk="node")).records == 0
    assert plan(table, Order(BEFORE, "", kind=kind)).records == 4
    assert plan(table, Order(BEFORE, "", kind="cert.other")).records == 0
    strange = Order(BEFORE, "", desk="kitchen")
    assert fault_of(table.a.node.care.order, strange, LATER) == "form.choice"


def test_no_text_younger_than_thirty_days_goes(table: Table) -> None:
    at_the_edge = BEFORE + KEEP_AT_LEAST
    for now in (Moment(at_the_edge.ms - 1), makers.NOW):
        assert fault_of(table.a.node.care.order, ORDER, now) == "purge.too_new"
    table.a.node.care.order(ORDER, at_the_edge)


def purging(table: Table) -> bool:
    return table.a.node.care.purging


def home(table: Table) -> list[dict[str, canon.Json]]:
    with table.a.store.begin() as tx:
        rows = tx.rows(table.a.node.levels()[0].origin, 0, 99, 10**8)
    found = []
    for each in rows:
        parts = envelopes.split(each.envelope)
        header = record.read_header(parts.header)
        if header.kind == "sys.purge":
            text = inner.unpack(parts.body, header.size, header.commit)[1]
            found.append(canon.decode_object(text, 9_999))
    return found


def test_a_purge_stands_in_the_home_log_before_and_after(table: Table) -> None:
    table.a.node.care.order(Order(BEFORE, "1000", desk="cert"), LATER)
    said = {
        "v": 1,
        "before": str(BEFORE),
        "who": "1000",
        "matter": None,
        "desk": "cert",
        "kind": None,
    }
    assert home(table) == [{**said, "records": 0, "bytes": 0, "ended": False}]
    assert stripped(table, table.a.out.origin) == []
    while table.a.node.care.step(LATER):
        pass
    done = table.a.node.care.done
    ended = {**said, "records": done.records, "bytes": done.size, "ended": True}
    assert home(table)[1:] == [ended]
    assert not table.a.node.care.step(LATER)


def test_one_purge_at_a_time_and_a_crash_does_not_end_it(table: Table) -> None:
    order = Order(BEFORE, "1000", makers.PLAIN_HEADER.matter, "cert")
    table.a.node.care.order(order, LATER)
    assert purging(table)
    assert fault_of(table.a.node.care.order, order, LATER) == "purge.running"
    table.a.office_reads()
    assert table.a.node.care.step(LATER)
    table.a.restart()
    assert purging(table)
    table.a.office_reads()
    while table.a.node.care.step(LATER):
        pass
    assert not purging(table)
    assert stripped(table, table.a.out.origin) == [1, 2, 3]
    table.a.restart()
    assert not purging(table)


def test_a_row_that_lost_a_bit_is_not_purged(table: Table) -> None:
    whole = row(table, 2)
    rewrite(table, whole._replace(envelope=whole.envelope[:-1] + b"\0"))
    assert purge(table).records == 3


def test_a_record_whose_header_cannot_be_read_goes_by_date_alone(table: Table) -> None:
    parts = envelopes.split(row(table, 2).envelope)
    odd = envelopes.encode(parts._replace(header=b"{}"))
    rewrite(table, Row(2, purged.entry_of(odd), odd, table.now))
    assert plan(table, ORDER).records == 4
    for order in (Order(BEFORE, "", desk="cert"), Order(BEFORE, "", makers.PLAIN_HEADER.matter)):
        assert plan(table, order).records == 3


def test_a_step_takes_a_bounded_number_of_rows(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(care, "STEP_ROWS", 2)
    table.a.office_reads()
    table.a.node.care.order(ORDER, LATER)
    steps = 0
    while table.a.node.care.step(LATER):
        steps += 1
    assert steps == 3  # 4 + 2 rows looked at, two at a time
    assert stripped(table, table.a.out.origin) == [1, 2, 3]


def test_a_rule_that_finds_nothing_leaves_no_trace_and_one_that_does_is_written_first(
    table: Table,
) -> None:
    rule = Order(BEFORE, f"{care.RULE}cert=60", kind="cert.other")
    assert purge(table, rule) == Purged()
    assert home(table) == []
    assert purge(table, replace(rule, kind="")).records == 4
    assert [each["ended"] for each in home(table)] == [False, True]
    assert home(table)[0]["who"] == "rule cert=60"


def test_a_restored_node_waits_with_its_purge(table: Table) -> None:
    table.a.node.care.order(ORDER, LATER)
    table.a.restart(restored="this side was restored from a backup")
    assert not table.a.node.care.step(LATER)
    assert purging(table)
    assert stripped(table, table.a.out.origin) == []


# Rows from the peer.


def test_a_row_that_a_disk_lost_comes_back_from_the_peer(table: Table) -> None:
    for level in table.a.node.levels()[1:]:
        whole = row(table, 1, level.origin)
        with table.a.store.begin() as tx:
            tx.rewrite(level.origin, whole._replace(envelope=b"DTR1 rot"))
        assert table.a.node.ask_rows(level.origin, [1], table.now)
        assert table.a.node.rows_waiting() == 1
        table.pump()
        assert table.a.node.rows_waiting() == 0
        assert row(table, 1, level.origin) == whole
    assert table.a.out.state == table.b.out.state == "LIVE"


def test_nobody_is_asked_for_the_home_log_or_over_a_line_that_is_down(table: Table) -> None:
    home_origin = table.a.node.levels()[0].origin
    assert not table.a.node.ask_rows(home_origin, [0], table.now)
    table.cut()
    assert not table.a.node.ask_rows(table.a.out.origin, [1], table.now)


@pytest.mark.parametrize("envelope_there", [b"", b"DTP1 less", b"DTR1 rot"])
def test_what_the_peer_has_not_whole_does_not_come(table: Table, envelope_there: bytes) -> None:
    origin = table.a.out.origin
    rewrite(table, row(table, 1)._replace(envelope=b"rot"))
    with table.b.store.begin() as tx:
        theirs = tx.rows(origin, 1, 1, 0)[0]
        tx.rewrite(origin, theirs._replace(envelope=envelope_there))
    table.a.node.ask_rows(origin, [1, 99], table.now)
    table.pump()
    assert row(table, 1).envelope == b"rot"
    assert table.a.node.rows_waiting() == 2


def test_a_row_that_is_missing_there_as_well_does_not_come(table: Table) -> None:
    origin = table.a.out.origin
    table.b.store._db.execute("delete from entry where place & 0xffffffff in (1, 2, 3)")
    table.a.node.ask_rows(origin, [1], table.now)
    table.pump()
    assert table.a.node.rows_waiting() == 1


def test_other_bytes_from_the_peer_change_nothing(table: Table) -> None:
    origin, whole = table.a.out.origin, row(table, 1)
    other = envelope(table.us, [table.them], 50)
    with table.b.store.begin() as tx:
        theirs = tx.rows(origin, 1, 1, 0)[0]
        tx.rewrite(origin, theirs._replace(entry=purged.entry_of(other), envelope=other))
    table.a.node.ask_rows(origin, [1], table.now)
    table.pump()
    assert row(table, 1) == whole
    assert table.a.node.rows_waiting() == 0


def test_a_disk_that_fails_at_a_repair_is_said(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OurFault("store.full", "the disk is full", "make room, then restart the node")

    monkeypatch.setattr(care, "repair", full)
    table.a.node.ask_rows(table.a.out.origin, [1], table.now)
    with pytest.raises(OurFault, match=r"store\.full"):
        table.pump()


def test_the_doctor_is_told_of_clocks_queues_and_restoring(table: Table) -> None:
    assert table.a.node.clocks() == {table.a.link_id: 0}
    assert table.a.node.oldest_waiting() == {}
    assert not table.a.node.restored
    table.cut()
    table.a.node.submit([envelope(table.us, [table.them], 9)], table.now)
    assert table.a.node.oldest_waiting() == {table.a.link_id: table.now}
    table.a.restart()
    assert table.a.node.clocks() == {}


def test_a_restored_node_says_so(table: Table) -> None:
    table.a.restart(restored="this side was restored from a backup")
    assert table.a.node.restored


def test_only_texts_under_four_lines_go_if_that_is_asked(table: Table) -> None:
    table.a.node.care.needs_pq = True
    table.cut()
    assert plan(table, ORDER).records == 0
    table.connect(2)
    for _ in range(4):
        table.wait(Span(1_000))
        table.pump()
    assert table.a.out.confirmed == table.a.out.size
    assert plan(table, ORDER).records == 4


# What the office has not read.


def test_no_text_goes_before_the_office_has_read_it(table: Table) -> None:
    node = table.a.node
    node.care.order(ORDER, LATER)
    assert node.care.unread == sum(level.receipted for level in node.levels() if level.peer)
    while node.care.step(LATER):
        pass
    assert node.care.done == Purged()
    # It read two records of its own log, and nothing of theirs.
    node.have_read({table.a.out.origin: 2}, ())
    node.care.order(ORDER, LATER)
    while node.care.step(LATER):
        pass
    assert stripped(table, table.a.out.origin) == [1]
    assert stripped(table, table.a.into.origin) == []
    table.a.restart()
    table.a.node.care.order(ORDER, LATER)
    assert not table.a.node.care.step(LATER), "after a start nothing is known of the office"
    assert purge(table).records == 3


def test_a_record_whose_files_the_office_awaits_stays(table: Table) -> None:
    entry = row(table, 2).entry
    places = {each.origin: each.size for each in table.a.node.levels()}
    table.a.node.have_read(places, [envelopes.entry_mid(entry)])
    table.a.node.care.order(ORDER, LATER)
    while table.a.node.care.step(LATER):
        pass
    assert stripped(table, table.a.out.origin) == [1, 3]
