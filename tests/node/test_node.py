"""One node, and two that talk: what became of what an office handed in."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import makers, nodes
from tests.support.nodes import FLASH, Side, Table
from tests.support.outcomes import fault_of

from detente.core import canon, checkpoint, envelope, limits, receipt, record
from detente.core.canon import Json
from detente.core.checkpoint import Checkpoint
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.core.trust import Chain
from detente.link import frames, session
from detente.node import outbox
from detente.node.attendance import ATTENDANCE
from detente.node.node import SUBMIT_MAX, Node
from detente.node.ports import HOME, Answer, Tx
from detente.store.blobs import MemoryBlobs
from detente.store.logs import SqliteLogs

FULL = OurFault("store.full", "no room", "make room")


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def linked(table: Table) -> Table:
    table.connect()
    return table


def submit(table: Table, *envelopes: bytes) -> Sequence[Answer]:
    return table.a.node.submit(envelopes, table.now)


def numbered(table: Table, *numbers: int, prec: str = "ROUTINE") -> list[bytes]:
    return [nodes.envelope(table.us, [table.them], n, prec=prec) for n in numbers]


def flash(table: Table, number: int) -> bytes:
    return nodes.envelope(table.us, [table.them], number, signed_by=FLASH, prec="FLASH")


def codes(answers: Sequence[Answer]) -> list[str]:
    return [answer.code for answer in answers]


def kept(side: Side, origin: str) -> list[bytes]:
    """The envelopes of one log after its opening, in order."""
    rows = side.node.since({}, 10_000, 10**8)
    return [row.envelope for row in rows if row.origin == origin and row.seq > 0]


def messages(effects: Sequence[session.Effect]) -> list[int]:
    """The types of the messages that leave."""
    reader = frames.Reader()
    return [
        message.type
        for effect in effects
        if isinstance(effect, session.Send)
        for message in reader.feed(effect.data)
    ]


def inject(side: Side, data: bytes, table: Table) -> list[session.Effect]:
    """Let a side hear bytes that its peer's node would not send."""
    side.node.step(side.link_id, session.Bytes(1, data), table.now)
    return [effect for _, effect in side.node.take_effects()]


# The first hour.


def test_a_new_node_keeps_a_home_log_and_has_an_opening_ready_for_each_link(table: Table) -> None:
    home, out, into = table.a.node.levels()
    assert (home.state, home.owner, home.peer, home.size, home.receipted) == (
        HOME, "aurelia.gov", "", 1, 1,
    )  # fmt: skip
    assert (out.owner, out.peer, out.size, out.waiting) == ("aurelia.gov", "borealis.gov", 0, 1)
    assert (into.owner, into.peer, into.size, into.waiting) == (
        "borealis.gov", "borealis.gov", 0, 0,
    )  # fmt: skip
    assert out.link_id == into.link_id == table.a.link_id
    assert (out.state, out.why) == ("DOWN", "no path yet")


def test_two_nodes_that_meet_open_the_link_and_receipt_it(linked: Table) -> None:
    for side in (linked.a, linked.b):
        assert [level.state for level in side.node.levels()] == [HOME, "LIVE", "LIVE"]
        assert [level.why for level in side.node.levels()] == ["", "connected", "connected"]
        assert (side.out.size, side.out.receipted, side.out.waiting) == (1, 1, 0)
        assert (side.into.size, side.into.receipted) == (1, 1)
    assert linked.a.out.since == linked.now


def test_the_cards_of_a_node_are_its_own_then_its_peers(table: Table) -> None:
    own, peer = table.a.node.cards()
    assert (own.party, own.note) == ("aurelia.gov", table.us.card.note)
    assert (peer.party, peer.note) == ("borealis.gov", table.them.card.note)


def test_each_effect_is_given_once(table: Table) -> None:
    table.a.node.step(table.a.link_id, session.PathBegun(1, "primary", True), table.now)
    table.a.node.step(table.a.link_id, session.PathUp(1, bytes(16)), table.now)
    assert [link_id for link_id, _ in table.a.node.take_effects()] == [table.a.link_id] * 2
    assert table.a.node.take_effects() == []


# Submitting.


def test_a_record_handed_in_is_stored_at_the_peer_and_receipted(linked: Table) -> None:
    [written] = numbered(linked, 1)
    mid = record.mid_of(envelope.split(written).header)
    assert submit(linked, written) == [Answer(mid)]
    assert (linked.a.out.size, linked.a.out.receipted) == (2, 1)
    linked.pump()
    assert linked.a.out.receipted == 2
    assert kept(linked.b, linked.b.into.origin) == [written]
    assert kept(linked.a, linked.a.out.origin) == [written]


def test_the_same_record_twice_is_once(linked: Table) -> None:
    [written] = numbered(linked, 1)
    answers = [*submit(linked, written, written), *submit(linked, written)]
    assert len(set(answers)) == 1
    linked.pump()
    assert kept(linked.b, linked.b.into.origin) == [written]


def test_a_number_is_used_once_for_ever(tmp_path: Path) -> None:
    table = Table(tmp_path)
    first, second = (nodes.envelope(table.us, [table.them], 1, text) for text in (b"yes", b"no"))
    third = nodes.envelope(table.us, [table.them], 1, b"perhaps")
    assert codes(submit(table, first, second)) == ["", "E_EQUIVOCATION"]
    assert codes(submit(table, third)) == ["E_EQUIVOCATION"]
    table.a.restart()
    assert codes(submit(table, second, first)) == ["E_EQUIVOCATION", ""]
    table.connect()
    assert kept(table.b, table.b.into.origin) == [first]


def test_a_bad_record_does_not_hold_up_those_beside_it(linked: Table) -> None:
    good, other = numbered(linked, 1, 2)
    bad = nodes.envelope(linked.us, [makers.make_party(makers.CORDIA)], 3)
    answers = submit(linked, good, b"x", bad, other)
    assert codes(answers) == ["", "E_FRAME", "link.none", ""]
    assert answers[2].remedy
    assert codes(submit(linked, b"y")) == ["E_FRAME"]
    linked.pump()
    assert kept(linked.b, linked.b.into.origin) == [good, other]


def test_a_record_to_our_own_desk_stays_at_home(linked: Table) -> None:
    written = nodes.envelope(linked.us, [linked.us], 1)
    assert codes(submit(linked, written)) == [""]
    home, out, _ = linked.a.node.levels()
    assert (home.size, home.receipted, out.size) == (2, 2, 1)
    assert kept(linked.a, home.origin) == [written]


def test_a_batch_may_hold_256_records_and_no_more(table: Table) -> None:
    [written] = numbered(table, 1)
    assert len(submit(table, *[written] * SUBMIT_MAX)) == SUBMIT_MAX
    with pytest.raises(AssertionError):
        submit(table, *[written] * (SUBMIT_MAX + 1))


def test_what_was_handed_in_without_a_path_survives_a_restart_and_goes_out_later(
    tmp_path: Path,
) -> None:
    table = Table(tmp_path)
    written = numbered(table, 1, 2, 3)
    submit(table, *written)
    assert (table.a.out.size, table.a.out.waiting) == (0, 4)
    table.a.restart()
    assert table.a.out.waiting == 4
    table.connect()
    assert table.a.out.waiting == 0
    assert kept(table.b, table.b.into.origin) == written


def test_a_flash_overtakes_what_waits(linked: Table) -> None:
    linked.cut()
    slow = numbered(linked, 1, 2)
    submit(linked, *slow)
    fast = flash(linked, 3)
    submit(linked, fast)
    linked.connect(2)
    assert kept(linked.b, linked.b.into.origin) == [fast, *slow]


def test_a_batch_of_two_ranks_is_logged_highest_first(linked: Table) -> None:
    [slow] = numbered(linked, 1)
    [soon] = numbered(linked, 2, prec="PRIORITY")
    submit(linked, slow, soon)
    linked.pump()
    assert kept(linked.b, linked.b.into.origin) == [soon, slow]


def test_what_does_not_fit_the_window_waits_and_flash_goes_first(
    linked: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_INFLIGHT_COUNT", 4)
    slow = numbered(linked, 1, 2, 3, 4, 5, 6)
    submit(linked, *slow)
    assert (linked.a.out.size, linked.a.out.waiting) == (5, 2)
    fast = flash(linked, 7)
    submit(linked, fast)
    assert linked.a.out.waiting == 3
    linked.pump()
    assert linked.a.out.waiting == 0
    assert kept(linked.b, linked.b.into.origin) == [*slow[:4], fast, *slow[4:]]


def test_the_window_is_also_one_of_bytes(linked: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    written = numbered(linked, 1, 2, 3)
    monkeypatch.setattr(limits, "MAX_INFLIGHT_BYTES", len(written[0]))
    submit(linked, *written)
    assert (linked.a.out.size, linked.a.out.waiting) == (2, 2)
    linked.pump()
    assert (linked.a.out.receipted, linked.a.out.waiting) == (4, 0)


@pytest.mark.parametrize("scant", [False, True])
def test_with_scant_room_and_much_under_way_only_what_is_urgent_is_logged(
    linked: Table, monkeypatch: pytest.MonkeyPatch, scant: bool
) -> None:
    written = numbered(linked, 1, 2, 3)
    size = len(written[0])
    monkeypatch.setattr(limits, "MAX_INFLIGHT_BYTES", 2 * size - 1)
    monkeypatch.setattr(outbox, "MANY", 1)
    monkeypatch.setattr(outbox, "SCANT", size if scant else size - 1)
    submit(linked, written[0], written[1])  # one is logged; room for all but a byte of another
    submit(linked, written[2])
    assert (linked.a.out.size, linked.a.out.waiting) == ((2, 2) if scant else (3, 1))
    linked.pump()
    assert (linked.a.out.receipted, linked.a.out.waiting) == (4, 0)


def test_what_waits_goes_out_in_small_batches(
    linked: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "BATCH_COUNT", 2)
    linked.cut()
    written = numbered(linked, 1, 2, 3)
    submit(linked, *written)
    linked.connect(2)
    sizes = [
        frames.read_checkpoint(message.payload).size
        for effect in linked.a.shown
        if isinstance(effect, session.Send)
        for message in frames.Reader().feed(effect.data)
        if message.type == frames.CHECKPOINT
    ]
    assert sizes == [1, 3, 4]


# Lost connections and starts.


def test_what_was_lost_on_the_way_is_sent_again(linked: Table) -> None:
    written = numbered(linked, 1, 2)
    submit(linked, *written)
    linked.cut()
    assert (linked.a.out.size, linked.b.into.size) == (3, 1)
    linked.connect(2)
    assert linked.a.out.receipted == 3
    assert kept(linked.b, linked.b.into.origin) == written


def test_a_receipt_that_was_lost_comes_with_the_next_hello(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    linked.carry(linked.a, linked.b)
    linked.cut()
    assert (linked.a.out.receipted, linked.b.into.receipted) == (1, 2)
    linked.connect(2)
    assert linked.a.out.receipted == 2


def test_a_node_that_starts_again_goes_on_where_it_was(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    submit(table, *numbered(table, 1))
    table.pump()
    before = table.a.node.levels()
    table.cut()
    table.a.restart()
    table.b.restart()
    after = table.a.node.levels()
    assert [(each.origin, each.size, each.receipted) for each in after] == [
        (each.origin, each.size, each.receipted) for each in before
    ]
    table.connect(2)
    submit(table, *numbered(table, 2))
    table.pump()
    assert (table.a.out.size, table.a.out.receipted) == (3, 3)


def test_a_record_that_comes_again_is_answered_with_the_receipt(linked: Table) -> None:
    [written] = numbered(linked, 1)
    submit(linked, written)
    linked.pump()
    [cosign] = inject(linked.b, frames.record(1, written, 1), linked)
    assert isinstance(cosign, session.Send)
    [message] = frames.Reader().feed(cosign.data)
    assert frames.read_cosign(message.payload).size == 2
    assert linked.b.into.size == 2


def test_a_path_lost_while_nothing_is_under_way_sends_nothing_again(linked: Table) -> None:
    linked.connect(2, "secondary")
    linked.a.node.step(linked.a.link_id, session.PathDown(2, "cut"), linked.now)
    assert linked.a.node.take_effects() == []
    assert linked.a.out.state == "LIVE"


def test_what_waits_for_a_link_that_is_no_longer_there_is_left_alone(tmp_path: Path) -> None:
    table = Table(tmp_path)
    submit(table, *numbered(table, 1))
    store = SqliteLogs(tmp_path / "a")
    node = Node(table.a.seat, [], store, table.now)
    assert [level.origin for level in node.levels()] == [table.a.node.levels()[0].origin]
    with store.begin() as tx:
        assert tx.queue_sizes() == {table.a.link_id: 2}


# Halting.


def halted(side: Side) -> str:
    """The code that halted the link, the same for both of its logs."""
    assert {side.out.state, side.into.state} == {"HALTED"}
    return side.out.why.partition(":")[0]


def origin_of_a(table: Table) -> str:
    return table.a.out.origin


def test_another_signed_history_halts_both_sides_for_good(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    other = checkpoint.sign(table.us.log, origin_of_a(table), 1, b"f" * 32)
    table.b.node.step(table.b.link_id, session.Bytes(1, frames.checkpoint(other)), table.now)
    table.pump()
    assert halted(table.b) == halted(table.a) == "E_FORK"
    for side in (table.a, table.b):
        with side.store.begin() as tx:
            assert tx.note(f"halted:{side.link_id}") is not None
        side.restart()
        assert halted(side) == "E_FORK"
    submit(table, *numbered(table, 1))
    table.connect(2)
    assert (table.a.out.size, table.a.out.waiting) == (1, 1)
    assert table.b.into.size == 1


def evidence_of(side: Side) -> dict[str, Json]:
    """What the node kept of the one conflict it saw."""
    [(data,)] = side.store._db.execute("select data from evidence").fetchall()
    return canon.decode_object(data, 10**6)


def stated(head: Checkpoint) -> Json:
    return {
        "size": head.size, "root": makers.text(head.root), "line1": makers.text(head.signature)
    }  # fmt: skip


def entries_of(*written: bytes) -> Json:
    return makers.text(b"".join(envelope.entry_of(envelope.split(each)) for each in written))


def test_a_fork_keeps_both_statements(linked: Table) -> None:
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, b"f" * 32)
    inject(linked.b, frames.checkpoint(other), linked)
    held = linked.b.node._links[linked.b.link_id].inn.checkpoint
    assert held is not None
    kept = evidence_of(linked.b)
    assert (kept["code"], kept["origin"]) == ("E_FORK", origin_of_a(linked))
    assert (kept["held"], kept["stated"]) == (stated(held), stated(other))
    assert (kept["stated_receipt"], kept["entries"]) == (None, "")


def test_two_histories_in_one_read_halt_the_link_and_both_statements_are_kept(
    linked: Table,
) -> None:
    one, other = (
        checkpoint.sign(linked.us.log, origin_of_a(linked), 2, c * 32) for c in (b"1", b"2")
    )
    inject(linked.b, frames.checkpoint(one) + frames.checkpoint(other), linked)
    assert halted(linked.b) == "E_FORK"
    kept = evidence_of(linked.b)
    assert (kept["held"], kept["stated"]) == (stated(one), stated(other))


def test_another_state_that_a_batch_passes_halts_the_link(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    [(_, first)] = linked.a.node.take_effects()
    submit(linked, *numbered(linked, 2))
    [(_, second)] = linked.a.node.take_effects()
    assert isinstance(first, session.Send)
    assert isinstance(second, session.Send)
    *_, head = frames.Reader().feed(first.data)
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 2, b"f" * 32)
    rows = first.data[: -len(frames.checkpoint(frames.read_checkpoint(head.payload)))]
    effects = inject(linked.b, frames.checkpoint(other) + rows + second.data, linked)
    assert halted(linked.b) == "E_FORK"
    assert messages(effects) == [frames.ERROR]
    assert (linked.b.into.size, linked.b.into.receipted) == (1, 1)
    assert evidence_of(linked.b)["stated"] == stated(other)


def test_two_roots_for_one_size_close_the_path_if_one_is_not_signed(linked: Table) -> None:
    one = checkpoint.sign(linked.us.log, origin_of_a(linked), 2, b"1" * 32)
    other = replace(one, root=b"2" * 32)
    effects = inject(linked.b, frames.checkpoint(one) + frames.checkpoint(other), linked)
    assert [each.code for each in effects if isinstance(each, session.Close)] == ["E_FRAME"]


def test_the_last_that_is_shown_of_a_halted_link_is_that_it_is_halted(linked: Table) -> None:
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, b"f" * 32)
    status = frames.status(attended=(), read_only=False)
    effects = inject(linked.b, frames.checkpoint(other) + status, linked)
    shown = [each.state for each in effects if isinstance(each, session.Show)]
    assert shown == ["HALTED"]


def test_after_a_fork_nothing_of_the_same_read_is_taken_in(linked: Table) -> None:
    [written] = numbered(linked, 1)
    submit(linked, written)
    [(_, sent)] = linked.a.node.take_effects()
    assert isinstance(sent, session.Send)
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, b"f" * 32)
    effects = inject(linked.b, frames.checkpoint(other) + sent.data, linked)
    assert (linked.b.into.size, linked.b.into.receipted) == (1, 1)
    assert messages(effects) == [frames.ERROR]
    assert isinstance(effects[-1], session.Show)
    assert effects[-1].state == "HALTED"


def test_a_checkpoint_we_know_is_nothing_new(linked: Table) -> None:
    held = linked.b.node._links[linked.b.link_id].inn.checkpoint
    assert held is not None
    assert inject(linked.b, frames.checkpoint(held), linked) == []


def test_a_fork_is_seen_though_the_same_read_closes_the_path(linked: Table) -> None:
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, b"f" * 32)
    inject(linked.b, frames.checkpoint(other) + frames.encode(frames.PING, b"x"), linked)
    assert halted(linked.b) == "E_FORK"
    assert evidence_of(linked.b)["stated"] == stated(other)


def test_a_receipt_is_kept_though_the_same_read_closes_the_path(linked: Table) -> None:
    for number, end in ((1, frames.bye()), (2, frames.encode(frames.PING, b"x"))):
        submit(linked, *numbered(linked, number))
        linked.carry(linked.a, linked.b)
        data = b"".join(
            effect.data for _, effect in linked.b.node.take_effects()
            if isinstance(effect, session.Send)
        )  # fmt: skip
        linked.a.node.step(linked.a.link_id, session.Bytes(number, data + end), linked.now)
        assert (linked.a.out.state, linked.a.out.receipted) == ("DOWN", number + 1)
        linked.cut(number)
        linked.connect(number + 1)


def test_an_older_history_that_nobody_signed_is_dropped(linked: Table) -> None:
    other = Checkpoint(1, b"f" * 32, bytes(64))
    assert inject(linked.b, frames.checkpoint(other), linked) == []
    assert linked.b.into.state == "LIVE"


def test_new_records_under_a_checkpoint_that_nobody_signed_halt(linked: Table) -> None:
    [written] = numbered(linked, 1)
    false = Checkpoint(2, b"f" * 32, bytes(64))
    inject(linked.b, frames.record(1, written, 1) + frames.checkpoint(false), linked)
    assert halted(linked.b) == "E_CP_SIG"
    kept = evidence_of(linked.b)
    assert (kept["stated"], kept["entries"]) == (stated(false), entries_of(written))


def test_a_root_that_the_records_do_not_give_halts_and_stores_nothing(linked: Table) -> None:
    [written] = numbered(linked, 1)
    false = checkpoint.sign(linked.us.log, origin_of_a(linked), 2, b"f" * 32)
    inject(linked.b, frames.record(1, written, 1) + frames.checkpoint(false), linked)
    assert halted(linked.b) == "E_ROOT"
    assert linked.b.into.size == 1
    assert kept(linked.b, linked.b.into.origin) == []
    proof = evidence_of(linked.b)
    assert (proof["code"], proof["origin"]) == ("E_ROOT", origin_of_a(linked))
    assert (proof["stated"], proof["entries"]) == (stated(false), entries_of(written))


def test_a_record_without_form_under_a_signed_checkpoint_closes_the_path(linked: Table) -> None:
    head = checkpoint.sign(linked.us.log, origin_of_a(linked), 2, b"f" * 32)
    effects = inject(linked.b, frames.record(1, b"x", 1) + frames.checkpoint(head), linked)
    assert [each.code for each in effects if isinstance(each, session.Close)] == ["E_FRAME"]
    assert (linked.b.into.size, linked.b.into.state) == (1, "DOWN")


def test_a_record_without_form_under_a_checkpoint_that_nobody_signed_halts(linked: Table) -> None:
    false = Checkpoint(2, b"f" * 32, bytes(64))
    inject(linked.b, frames.record(1, b"x", 1) + frames.checkpoint(false), linked)
    assert halted(linked.b) == "E_CP_SIG"
    proof = evidence_of(linked.b)
    assert (proof["stated"], proof["entries"]) == (stated(false), "")


def test_another_record_at_a_stored_place_closes_the_path_while_nothing_signed_says_so(
    linked: Table,
) -> None:
    [written] = numbered(linked, 1)
    effects = inject(linked.b, frames.record(0, written, 1), linked)
    assert [each.code for each in effects if isinstance(each, session.Close)] == ["E_SEQ_CONFLICT"]
    (told,) = [each.data for each in effects if isinstance(each, session.Send)]
    said = frames.read_error(frames.Reader().feed(told)[0].payload)
    assert (said.number, said.letter) == (303, "C")
    assert linked.b.into.state == "DOWN"
    assert linked.b.into.size == 1


def test_another_record_at_a_stored_place_under_a_signed_head_halts(linked: Table) -> None:
    [written] = numbered(linked, 1)
    root = makers.roots_of([envelope.leaf_of(written)])[1]
    other = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, root)
    effects = inject(linked.b, frames.record(0, written, 1) + frames.checkpoint(other), linked)
    assert halted(linked.b) == "E_SEQ_CONFLICT"
    assert messages(effects) == [frames.ERROR]
    proof = evidence_of(linked.b)
    assert (proof["stated"], proof["entries"]) == (stated(other), entries_of(written))


def test_a_receipt_for_what_we_never_signed_halts(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    linked.a.node.take_effects()
    false = checkpoint.cosign(linked.them.cosign, origin_of_a(linked), 2, b"f" * 32, linked.now)
    inject(linked.a, frames.cosign(false), linked)
    assert halted(linked.a) == "E_COSIGN"
    assert linked.a.out.receipted == 1
    proof = evidence_of(linked.a)
    assert proof["origin"] == origin_of_a(linked)
    assert proof["stated_receipt"] == {
        "size": 2, "root": makers.text(b"f" * 32), "time": linked.now.seconds,
        "signature": makers.text(false.signature),
    }  # fmt: skip


def test_a_receipt_inside_a_batch_is_compared_with_the_root_at_its_size(linked: Table) -> None:
    written = numbered(linked, 1, 2)
    submit(linked, *written)
    root = makers.roots_of(
        [
            envelope.leaf_of(row.envelope)
            for row in linked.a.node.since({}, 99, 10**6)
            if row.origin == origin_of_a(linked)
        ]
    )[2]
    good = checkpoint.cosign(linked.them.cosign, origin_of_a(linked), 2, root, linked.now)
    inject(linked.a, frames.cosign(good), linked)
    assert (linked.a.out.size, linked.a.out.receipted) == (3, 2)


def test_a_fork_of_our_own_log_is_told_as_ours(tmp_path: Path) -> None:
    # The store of aurelia.gov is of another day: same keys, other records.
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    table, other = Table(tmp_path / "one"), Table(tmp_path / "two")
    table.connect()
    submit(table, *numbered(table, 1))
    table.pump()
    other.connect()
    submit(other, *numbered(other, 2))
    other.pump()
    table.cut()
    table.a = other.a
    table.a.restart()
    table.connect(2)
    assert halted(table.a) == halted(table.b) == "E_FORK"
    halts = [each for each in table.a.shown if isinstance(each, session.Show)]
    assert any("E_FORK" in each.why for each in halts)


def test_a_halted_link_leaves_the_others_alone() -> None:
    us = makers.make_party(makers.AURELIA)
    peers = [makers.make_party(name) for name in (makers.BOREALIS, makers.CORDIA)]
    terms = [nodes.terms_of(us, peer) for peer in peers]
    node = Node(nodes.seat_of(us), terms, SqliteLogs(nodes.MEMORY), makers.NOW)
    node.step(
        terms[0].link_id,
        session.Refused(1, TheirFault("E_ROOT", "no such root", "compare")),
        makers.NOW,
    )
    assert [level.state for level in node.levels()] == ["home", "HALTED", "HALTED", "DOWN", "DOWN"]
    both = nodes.envelope(us, peers)
    assert codes(node.submit([both], makers.NOW)) == [""]
    assert [level.waiting for level in node.levels()] == [0, 2, 0, 2, 0]


# Restored, read only.


def test_a_restored_node_opens_no_link() -> None:
    us, them = (makers.make_party(name) for name in (makers.AURELIA, makers.BOREALIS))
    seat = replace(nodes.seat_of(us), restored="from a backup")
    node = Node(seat, [nodes.terms_of(us, them)], SqliteLogs(nodes.MEMORY), makers.NOW)
    assert node.levels()[1].waiting == 0


def test_a_frozen_node_stores_nothing_even_if_its_machine_asks(linked: Table) -> None:
    [written] = numbered(linked, 1)
    root = makers.roots_of([envelope.leaf_of(written)])[1]
    head = checkpoint.sign(linked.us.log, origin_of_a(linked), 1, root)
    link = linked.b.node._links[linked.b.link_id]
    link.frozen = "restored"
    intake = session.Intake(1, 0, [written], head, 1)
    assert linked.b.node._do(link, intake, linked.now) is None
    assert linked.b.node.levels()[2].receipted == 1


def test_a_restored_node_still_sees_a_fork(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    table, other = Table(tmp_path / "one"), Table(tmp_path / "two")
    for each in (table, other):
        each.connect()
    table.cut()
    other.cut()
    submit(table, *numbered(table, 1))
    submit(other, *numbered(other, 2))
    table.connect(2)
    other.connect(2)
    table.cut(2)
    table.a = other.a
    table.a.restart(restored="from a backup")
    table.connect(3)
    assert halted(table.a) == "E_FORK"


def test_a_node_whose_disk_failed_takes_nothing_and_tells_its_peer(linked: Table) -> None:
    linked.b.node.stop_storing(FULL, linked.now)
    linked.pump()
    assert linked.a.out.state == linked.a.into.state == "PEER_READ_ONLY"
    assert fault_of(linked.b.node.submit, [], linked.now) == "store.full"
    submit(linked, *numbered(linked, 1))
    linked.pump()
    assert (linked.a.out.size, linked.a.out.waiting, linked.b.into.size) == (1, 1, 1)


class Stopped:
    """A store that answers nothing any more."""

    blobs = MemoryBlobs()

    def begin(self) -> AbstractContextManager[Tx]:
        raise FULL


def stop_storing(side: Side) -> None:
    side.node._store = side.node._submitting._store = Stopped()
    side.node._links[side.link_id]._store = Stopped()


def test_a_node_whose_disk_failed_still_hears_its_peer(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    stop_storing(linked.a)
    linked.a.node.stop_storing(FULL, linked.now)
    linked.pump()
    assert (linked.b.into.receipted, linked.a.out.receipted) == (2, 1)
    assert linked.a.out.state == "LIVE"


def test_a_path_closed_in_the_read_in_which_the_disk_fails_is_closed(linked: Table) -> None:
    stop_storing(linked.a)
    head = linked.a.node.heads()[linked.a.link_id].in_
    assert head is not None
    data = frames.checkpoint(head) + frames.bye()
    assert fault_of(inject, linked.a, data, linked) == "store.full"
    closed = [each for _, each in linked.a.node.take_effects() if isinstance(each, session.Close)]
    assert [each.conn for each in closed] == [1]


def test_a_node_whose_disk_failed_refuses_a_new_connection(table: Table) -> None:
    stop_storing(table.b)
    table.b.node.stop_storing(FULL, table.now)
    table.connect()
    closed = [each.code for each in table.b.shown if isinstance(each, session.Close)]
    assert closed == ["E_DISK"]
    assert table.b.out.state == table.a.out.state == "DOWN"


def test_a_node_whose_disk_failed_logs_nothing_that_waits(table: Table) -> None:
    table.a.node.stop_storing(FULL, table.now)
    table.connect()
    assert (table.a.out.size, table.a.out.waiting) == (0, 1)


# The opening.


def test_the_opening_is_the_first_record_even_before_a_flash(table: Table) -> None:
    fast = flash(table, 1)
    submit(table, fast)
    table.connect()
    assert (table.a.out.why, table.b.into.why) == ("connected", "connected")
    assert kept(table.b, table.b.into.origin) == [fast]


def test_a_node_that_cannot_open_a_link_does_not_start(table: Table) -> None:
    desks = {name: desk for name, desk in table.them.card.desks.items() if name != "node"}
    terms = replace(table.a.terms, peer=replace(table.them.card, desks=desks))
    store = SqliteLogs(nodes.MEMORY)
    assert fault_of(Node, table.a.seat, [terms], store, table.now) == "card.bad"


def test_a_link_that_both_sides_opened_otherwise_says_so(table: Table) -> None:
    side = table.b
    side.terms = replace(side.terms, nonce=bytes(16))
    side.restart()
    table.connect()
    assert side.out.why == "the two sides opened the link with different nonce"
    side.restart()
    assert side.into.why == "the two sides opened the link with different nonce"


# Reading.


def test_what_is_durable_and_whether_a_path_is_up_is_told_by_link(linked: Table) -> None:
    node, link_id = linked.a.node, linked.a.link_id
    [held] = node.heads().values()
    assert list(node.heads()) == [link_id]
    assert (held.out_size, held.receipted, held.in_size) == (1, 1, 1)
    assert [each.is_met for each in node.conns(link_id)] == [True]
    assert node.paths() == [(linked.b.party.name, "primary", True)]
    linked.cut()
    assert node.conns(link_id) == []
    assert node.paths() == [(linked.b.party.name, "primary", False)], (
        "a path that is cut is told as well"
    )


def test_records_are_read_on_from_where_one_was(linked: Table) -> None:
    written = numbered(linked, 1, 2, 3)
    submit(linked, *written)
    node, origin = linked.a.node, linked.a.out.origin
    everything = node.since({}, 100, 10**6)
    assert [(row.origin, row.seq) for row in everything] == [
        (level.origin, seq) for level in node.levels() for seq in range(level.size)
    ]
    assert everything[0].kept_at == makers.NOW
    places = {level.origin: level.size for level in node.levels()}
    assert node.since(places, 100, 10**6) == []
    rest = node.since(places | {origin: 2}, 100, 10**6)
    assert [(row.seq, row.envelope) for row in rest] == [(2, written[1]), (3, written[2])]
    assert node.since({origin: 99}, 0, 10**6) == []


def test_a_page_ends_by_count_or_by_bytes(linked: Table) -> None:
    submit(linked, *numbered(linked, 1, 2, 3))
    node = linked.a.node
    everything = node.since({}, 100, 10**6)
    assert len(everything) == 6
    for count in range(7):
        assert node.since({}, count, 10**6) == everything[:count]
    for count in range(1, 7):
        room = sum(len(row.envelope) for row in everything[:count])
        assert node.since({}, 100, room) == everything[:count]
    assert node.since({}, 100, 1) == everything[:1]
    assert node.since({}, 100, 0) == []


def test_a_row_that_lost_a_bit_is_not_handed_out(linked: Table) -> None:
    linked.a.store._db.execute("update entry set entry = zeroblob(144) where place % 8 = 0")
    assert fault_of(linked.a.node.since, {}, 100, 10**6) == "store.damaged"


def test_an_envelope_that_lost_a_bit_is_not_sent_again(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    linked.cut()
    place = "update entry set envelope = zeroblob(length(envelope)) where place % 8 = 1"
    linked.a.store._db.execute(place)
    assert fault_of(linked.connect, 2) == "store.damaged"
    assert frames.RECORD not in messages([each for _, each in linked.a.node.take_effects()])


@pytest.mark.parametrize("damage", ["zeroblob(20)", "zeroblob(length(envelope))"])
def test_an_envelope_that_lost_a_bit_is_not_handed_out(linked: Table, damage: str) -> None:
    linked.a.store._db.execute(f"update entry set envelope = {damage}")
    assert fault_of(linked.a.node.since, {}, 100, 10**6) == "store.damaged"


def test_a_record_is_proved_once_it_is_receipted(linked: Table) -> None:
    [written] = numbered(linked, 1)
    submit(linked, written)
    node, origin = linked.a.node, linked.a.out.origin
    assert fault_of(node.prove, origin, 1) == "proof.not_yet"
    linked.pump()
    chains = {each.name: Chain((each.card,)) for each in (linked.us, linked.them)}
    shown = receipt.check(node.prove(origin, 1), chains)
    assert (shown.index, shown.receiver) == (1, "borealis.gov")
    assert shown.mid == record.mid_of(envelope.split(written).header)
    assert node.prove(origin, 1) == linked.b.node.prove(origin, 1)
    assert node.prove(linked.a.into.origin, 0) == linked.b.node.prove(linked.a.into.origin, 0)


@pytest.mark.parametrize("seq", [-1, 1, 2**48])
def test_what_is_not_held_is_not_proved(linked: Table, seq: int) -> None:
    for level in linked.a.node.levels():
        assert fault_of(linked.a.node.prove, level.origin, seq) == "proof.unknown"


def test_home_and_unknown_logs_have_no_proofs(linked: Table) -> None:
    home = linked.a.node.levels()[0]
    assert fault_of(linked.a.node.prove, home.origin, 0) == "proof.unknown"
    assert fault_of(linked.a.node.prove, "cordia.gov/detente/x", 0) == "proof.unknown"


def test_the_root_of_the_past_is_shown_of_every_log_that_is_held(linked: Table) -> None:
    submit(linked, *numbered(linked, 1))
    linked.pump()
    head, root_at = linked.b.node.heads()[linked.b.link_id].in_, linked.b.node.holdings.root_at
    assert head is not None
    origin = linked.a.out.origin
    assert root_at(origin, head.size) == head.root
    assert root_at(origin, 1) == linked.a.node.holdings.root_at(origin, 1)
    assert fault_of(root_at, origin, head.size + 1) == "proof.unknown"
    assert fault_of(root_at, "cordia.gov/detente/x", 0) == "proof.unknown"


# Attendance.


def desks_seen(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    table.pump()
    (_, out, _), *_ = table.b.node.at_work()
    return out.attended, out.unattended


def test_who_sits_at_a_desk_is_told_until_it_lapses(linked: Table) -> None:
    assert desks_seen(linked) == ((), ("cert",))
    linked.a.node.attend("cert", linked.now)
    assert desks_seen(linked) == (("cert",), ())
    linked.now = linked.now + Span(ATTENDANCE.ms - 1)
    linked.a.node.attend("cert", linked.now)
    linked.now = linked.now + Span(ATTENDANCE.ms - 1)
    linked.a.node.tick(linked.now)
    assert desks_seen(linked) == (("cert",), ())
    linked.now = linked.now + Span(1)
    linked.a.node.tick(linked.now)
    assert desks_seen(linked) == ((), ("cert",))


def test_of_a_desk_that_is_not_shown_nothing_is_told() -> None:
    table = Table()
    table.a.node = Node(
        replace(table.a.seat, shows=frozenset({"hotline"})),
        [table.a.terms],
        table.a.store,
        table.now,
    )
    table.connect()
    table.a.node.attend("cert", table.now)
    assert desks_seen(table) == ((), ())


def test_of_a_line_that_is_down_nobody_knows_who_sits_there(linked: Table) -> None:
    assert desks_seen(linked) == ((), ("cert",))
    linked.cut()
    assert desks_seen(linked) == ((), ())


def test_saying_again_that_one_is_there_is_not_told_again(linked: Table) -> None:
    linked.a.node.attend("cert", linked.now)
    linked.a.node.take_effects()
    linked.a.node.attend("cert", linked.now)
    assert linked.a.node.take_effects() == []


def test_time_passes_on_every_link(linked: Table) -> None:
    linked.wait(session.PING_AFTER)
    [effect] = [effect for _, effect in linked.a.node.take_effects()]
    assert isinstance(effect, session.Send)
    assert frames.Reader().feed(effect.data)[0].type == frames.PING
    assert Moment(0) < linked.now


def test_nobody_attends_a_desk_that_is_not_on_our_card() -> None:
    table = Table()
    with pytest.raises(OurFault) as caught:
        table.a.node.attend("weather", table.now)
    assert caught.value.code == "office.no_desk"
