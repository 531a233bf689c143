"""The second leg of two nodes that talk: what four lines make of a record."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import nodes
from tests.support.nodes import FLASH, Side, Table

from detente.core import canon, checkpoint, limits, postquantum, receipt
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.core.postquantum import PqSignature
from detente.core.trust import Chain
from detente.link import frames, session
from detente.link.postquantum import LATE, ON_TIME, STOP_AFTER, UNCONFIRMED
from detente.node import leg

LATE_IN = Span(10 * limits.PQ_EVERY_MS + 1)


@pytest.fixture
def table() -> Table:
    made = Table()
    made.connect()
    return made


def send(table: Table, *numbers: int, **header: Any) -> None:  # noqa: ANN401  of a header
    rows = [nodes.envelope(table.us, [table.them], number, **header) for number in numbers]
    assert not any(each.code for each in table.a.node.submit(rows, table.now))
    table.pump()


def sizes(side: Side) -> tuple[int, int, int]:
    """Of our log: its size, and how far the peer's receipts of both legs go."""
    return side.out.size, side.out.receipted, side.out.confirmed


def strength(side: Side, origin: str, seq: int) -> tuple[str, int]:
    """How strong the proof of a record is, and at which size of the log."""
    table_of = {each.name: Chain((each.card,)) for each in (side.party, side.peer)}
    shown = receipt.check(side.node.prove(origin, seq), table_of)
    return shown.strength, shown.size


def rows(side: Side, origin: str) -> list[int]:
    """The sizes of the checkpoints that are kept beside those of four lines."""
    with side.store.begin() as tx:
        base = tx._base(origin)  # type: ignore[attr-defined]
        found = tx._db.execute(  # type: ignore[attr-defined]
            "select place from checkpoint where place between ? and ? order by place",
            (base, base + 2**40),
        )
        return [place - base for (place,) in found]


def test_a_record_has_four_lines_at_both_sides_a_moment_after_its_receipt(table: Table) -> None:
    send(table, 1, 2)
    assert sizes(table.a) == (3, 3, 0)
    for side in (table.a, table.b):
        assert strength(side, table.a.out.origin, 2)[0] == "FAST"
    table.confirm()
    assert sizes(table.a) == (3, 3, 3)
    assert table.b.into.confirmed == 3
    for side in (table.a, table.b):
        assert [strength(side, table.a.out.origin, seq) for seq in range(3)] == [("FULL", 3)] * 3


def test_a_proof_takes_the_first_four_lines_that_cover_the_record_else_fast(table: Table) -> None:
    origin = table.a.out.origin
    table.confirm()
    send(table, 1)
    table.confirm()
    send(table, 2)
    for side in (table.a, table.b):
        assert [strength(side, origin, seq) for seq in range(3)] == [
            ("FULL", 1), ("FULL", 2), ("FAST", 3),
        ]  # fmt: skip
    assert table.b.into.confirmed == table.a.out.confirmed == 2


def test_checkpoints_that_four_lines_cover_are_forgotten_and_no_others(table: Table) -> None:
    origin = table.a.out.origin
    for number in range(1, 5):
        send(table, number)
    for side in (table.a, table.b):
        assert rows(side, origin) == [1, 2, 3, 4, 5]
    table.confirm()
    send(table, 5)
    for side in (table.a, table.b):
        assert rows(side, origin) == [6]
        assert side.node.levels()[1].size > 0


def test_many_checkpoints_are_forgotten_in_steps(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leg, "FORGET_MAX", 2)
    origin = table.a.out.origin
    for number in range(1, 5):
        send(table, number)
    table.confirm()
    assert rows(table.a, origin) == rows(table.b, origin) == [3, 4, 5]
    # One that is not yet forgotten weakens no proof.
    assert strength(table.a, origin, 2) == ("FULL", 5)
    send(table, 5)
    table.confirm()
    assert rows(table.a, origin) == [5, 6]


def test_the_leg_goes_on_where_it_was_after_a_cut_and_after_a_restart(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    send(table, 1)
    table.now = table.now + Span(limits.PQ_EVERY_MS)
    assert table.a.node.due() is not None
    table.a.node.wake(table.now)
    table.cut()
    for side in (table.a, table.b):
        side.restart()
    assert sizes(table.a) == (2, 2, 0)
    with table.a.store.begin() as tx:
        signed = tx.open_leg(table.a.out.origin)
    table.connect()
    table.a.node.wake(table.now)
    table.pump()
    table.b.node.wake(table.now)
    table.pump()
    assert sizes(table.a) == (2, 2, 2)
    with table.a.store.begin() as tx:
        whole = tx.newest_leg(table.a.out.origin)
    assert signed is not None
    assert whole is not None
    assert whole.owner == signed.owner
    for side in (table.a, table.b):
        side.restart()
        assert strength(side, table.a.out.origin, 1) == ("FULL", 2)
    assert (table.a.out.confirmed, table.b.into.confirmed) == (2, 2)


def test_an_answer_that_was_lost_is_given_again_and_not_signed_again(table: Table) -> None:
    send(table, 1)
    table.now = table.now + Span(limits.PQ_EVERY_MS)
    table.a.node.wake(table.now)
    table.carry(table.a, table.b)
    table.b.node.wake(table.now)
    assert table.b.into.confirmed == 2
    table.cut()
    table.connect()
    given = newest(table.b, table.a.out.origin)
    table.a.node.wake(table.now)
    table.pump()
    assert sizes(table.a) == (2, 2, 2)
    assert newest(table.a, table.a.out.origin) == newest(table.b, table.a.out.origin) == given


def newest(side: Side, origin: str) -> PqSignature | None:
    """The newest line 4 that a side holds of a log."""
    with side.store.begin() as tx:
        found = tx.newest_leg(origin)
    return found.receiver if found else None


# What breaks the rules.


def pqsig(table: Table, **changes: Any) -> PqSignature:  # noqa: ANN401  of a PqSignature
    """Line 2 of Aurelia for her log as it stands, with changes made before or after signing."""
    origin, mark = table.a.out.origin, changes.pop("signature", None)
    with table.a.store.begin() as tx:
        receipted = tx.head(origin).receipt
    assert receipted is not None
    state = changes.get("size", receipted.size), changes.get("root", receipted.root)
    made = postquantum.sign(table.us.log_pq, origin, origin, state, table.now)
    return replace(made, signature=mark) if mark else made


def hear(side: Side, data: bytes, table: Table) -> None:
    """Let a side hear bytes that its peer's node would not send, and do what it then wants."""
    side.node.step(side.link_id, session.Bytes(1, data), table.now)
    side.node.wake(table.now)


def conflict(side: Side) -> dict[str, Any]:
    """The evidence that a side keeps."""
    found = side.store._db.execute("select data from evidence").fetchall()
    [(data,)] = found
    return canon.decode_object(bytes(data), 1 << 20)


def test_a_line_2_that_does_not_hold_halts_the_link_with_evidence(table: Table) -> None:
    send(table, 1)
    hear(table.b, frames.pqsig(pqsig(table, signature=bytes(2_420))), table)
    assert (table.b.into.state, table.b.into.why[:8]) == ("HALTED", "E_CP_SIG")
    kept = conflict(table.b)
    assert (kept["code"], kept["origin"]) == ("E_CP_SIG", table.a.out.origin)
    assert kept["stated_leg"]["signature"] == canon.to_base64(bytes(2_420))
    assert kept["stated"] is kept["stated_receipt"] is None
    table.pump()
    assert table.a.out.state == "HALTED"


def test_a_line_2_over_another_history_is_a_fork(table: Table) -> None:
    send(table, 1)
    hear(table.b, frames.pqsig(pqsig(table, root=bytes(32))), table)
    assert (table.b.into.state, table.b.into.why[:6]) == ("HALTED", "E_FORK")
    assert conflict(table.b)["stated_leg"]["root"] == canon.to_base64(bytes(32))
    assert table.b.into.confirmed == 0


def test_a_line_2_for_a_size_without_receipt_is_not_answered(table: Table) -> None:
    rows = [nodes.envelope(table.us, [table.them], number) for number in (1, 2)]
    table.a.node.submit(rows, table.now)
    table.pump()
    with table.a.store.begin() as tx:
        root = table.a.node._links[table.a.link_id].out.root_at(tx, 2)
    hear(table.b, frames.pqsig(pqsig(table, size=2, root=root)), table)
    assert table.b.node.take_effects() == []
    assert (table.b.into.state, table.b.into.confirmed) == ("LIVE", 0)


@pytest.mark.parametrize("change", ["signature", "root"])
def test_a_line_4_that_does_not_hold_halts_the_link_with_evidence(
    table: Table, change: str
) -> None:
    send(table, 1)
    table.now = table.now + Span(limits.PQ_EVERY_MS)
    table.a.node.wake(table.now)
    origin = table.a.out.origin
    root = table.a.node.heads()[table.a.link_id].out
    assert root is not None
    giver = checkpoint.cosigner_of(table.them.name)
    state = (2, bytes(32) if change == "root" else root.root)
    made = postquantum.sign(table.them.log_pq, giver, origin, state, table.now)
    if change == "signature":
        made = replace(made, signature=bytes(2_420))
    hear(table.a, frames.pqcosign(made), table)
    assert (table.a.out.state, table.a.out.why[:8]) == ("HALTED", "E_COSIGN")
    kept = conflict(table.a)
    assert (kept["origin"], kept["stated_leg"]["size"]) == (origin, 2)
    assert table.a.out.confirmed == 0


def test_a_line_4_that_comes_twice_in_one_read_is_taken_once(table: Table) -> None:
    send(table, 1)
    table.now = table.now + Span(limits.PQ_EVERY_MS)
    table.a.node.wake(table.now)
    table.carry(table.a, table.b)
    table.b.node.wake(table.now)
    [(_, answer)] = [
        each for each in table.b.node.take_effects() if isinstance(each[1], session.Send)
    ][-1:]
    assert isinstance(answer, session.Send)
    hear(table.a, answer.data * 2, table)
    assert (table.a.out.state, sizes(table.a)) == ("LIVE", (2, 2, 2))


# Late.


def test_a_leg_that_does_not_come_is_told_late_at_both_sides(table: Table) -> None:
    send(table, 1)
    for side in (table.a, table.b):
        assert side.node.levels()[1].late == ON_TIME
    table.wait(Span(1))
    table.wait(LATE_IN)
    assert (table.a.out.late, table.b.into.late) == (LATE, LATE)
    assert table.a.out.state == "LIVE"
    table.pump()
    table.confirm()
    assert (table.a.out.late, table.b.into.late) == (ON_TIME, ON_TIME)


def unconfirmed(tmp_path: Path) -> Table:
    """Two nodes of which one has been without the second leg for a day of LIVE time."""
    table = Table(tmp_path)
    table.connect()
    table.wait(Span(0))
    table.a.node.take_effects()
    with table.a.store.begin() as tx:
        tx.set_note(f"leg_ages:{table.a.link_id}", b"%d 0" % (STOP_AFTER.ms + 1))
    table.cut()
    table.a.restart()
    table.connect()
    assert table.a.out.late == UNCONFIRMED
    return table


def test_after_a_day_only_flash_and_the_hotline_are_appended(tmp_path: Path) -> None:
    table = unconfirmed(tmp_path)
    send(table, 1, 2)
    assert (table.a.out.size, table.a.out.waiting) == (1, 2)
    send(table, 3, kind="hotline.message")
    assert (table.a.out.size, table.a.out.waiting) == (2, 2)
    send(table, 4, prec="FLASH", signed_by=FLASH)
    assert (table.a.out.size, table.a.out.waiting) == (3, 2)
    assert table.a.out.state == "LIVE"
    table.confirm()
    assert (table.a.out.late, table.a.out.confirmed) == (ON_TIME, 3)
    table.wait(Span(1))
    table.pump()
    assert (table.a.out.size, table.a.out.waiting) == (5, 0)


def test_what_waits_lets_urgent_records_pass_while_only_they_may_go(tmp_path: Path) -> None:
    table = unconfirmed(tmp_path)
    table.cut()
    plain = [nodes.envelope(table.us, [table.them], number) for number in (1, 2)]
    urgent = nodes.envelope(table.us, [table.them], 3, kind="hotline.message")
    table.a.node.submit([*plain, urgent], table.now)
    assert (table.a.out.size, table.a.out.waiting) == (1, 3)
    table.connect()
    assert (table.a.out.size, table.a.out.waiting) == (2, 2)


def test_a_mixed_batch_waits_together_and_its_urgent_part_goes(tmp_path: Path) -> None:
    table = unconfirmed(tmp_path)
    send_mixed: Sequence[bytes] = [
        nodes.envelope(table.us, [table.them], 1),
        nodes.envelope(table.us, [table.them], 2, kind="hotline.message"),
    ]
    table.a.node.submit(send_mixed, table.now)
    assert (table.a.out.size, table.a.out.waiting) == (2, 1)


def test_the_ages_of_the_leg_outlive_a_restart(tmp_path: Path) -> None:
    table = Table(tmp_path)
    table.connect()
    table.wait(Span(0))
    for _ in range(20):
        table.wait(Span(4_000))
        for side in (table.a, table.b):  # PING and PONG pass, PQSIG is lost
            pings = [e for _, e in side.node.take_effects() if isinstance(e, session.Send)]
            other = table.b if side is table.a else table.a
            for ping in pings:
                if ping.data[4] in (frames.PING, frames.PONG):
                    other.node.step(side.link_id, session.Bytes(1, ping.data), table.now)
    assert table.a.out.state == "LIVE"
    with table.a.store.begin() as tx:
        noted = tx.note(f"leg_ages:{table.a.link_id}")
    assert noted is not None
    assert [int(each) // 60_000 for each in noted.split()] == [1, 1]
    table.a.restart()
    assert table.a.out.late == table.a.into.late == LATE


def test_a_node_that_cannot_store_signs_nothing_and_does_not_hurry(table: Table) -> None:
    send(table, 1)
    table.a.node.stop_storing(OurFault("store.full", "no room", "make room"), table.now)
    table.pump()
    assert table.a.node.due() is not None
    table.now = table.now + Span(limits.PQ_EVERY_MS)
    table.a.node.wake(table.now)
    due = table.a.node.due()
    assert due is not None
    assert due > table.now
    assert table.a.out.confirmed == 0


def test_nodes_without_a_wish_are_not_woken() -> None:
    table = Table()
    assert table.a.node.due() is None
    table.a.node.wake(table.now)
    assert table.a.node.take_effects() == []
    table.connect()
    due = table.a.node.due()
    assert due is not None
    assert due > table.now
    table.a.node.wake(table.now)
    assert table.a.node.take_effects() == []
