"""Who was at the line on a day: from when to when, by the steps that each side told."""

from typing import Final

from tests.desks.hotline.offices import ALBA, BORIA, LineSide, line_net

from detente.core.moment import Moment, Span
from detente.desks.hotline import rules

START: Final = Moment.parse("2026-11-22T23:00:00.000Z")


def step(minutes: int, *, enters: bool = True, name: str = "A. Lind") -> rules.Step:
    at = START + Span.of(minutes=minutes)
    return rules.Step(ALBA, "principal", name, enters, at, minutes.to_bytes(4, "big"))


def told(*steps: rules.Step) -> list[tuple[str, int, int | None]]:
    return [
        (
            each.name,
            (each.entered - START).ms // 60_000,
            None if each.left is None else (each.left - START).ms // 60_000,
        )
        for each in rules.stays(steps)
    ]


def test_a_stay_is_from_entering_to_leaving_in_whatever_order_records_came() -> None:
    assert told(step(30, enters=False), step(0)) == [("A. Lind", 0, 30)]


def test_who_enters_twice_was_there_once_and_who_only_leaves_was_not() -> None:
    assert told(step(0), step(5), step(9, enters=False)) == [("A. Lind", 0, 9)]
    assert told(step(9, enters=False)) == []


def test_who_never_left_counts_for_twelve_hours_and_not_a_minute_more() -> None:
    hours = rules.PRESENT_FOR.ms // 60_000
    assert told(step(0), step(hours - 1, enters=False)) == [("A. Lind", 0, hours - 1)]
    assert told(step(0), step(hours, enters=False)) == [("A. Lind", 0, None)]
    assert told(step(0), step(hours)) == [("A. Lind", 0, None), ("A. Lind", hours, None)]
    [stay] = rules.stays([step(0)])
    end = START + rules.PRESENT_FOR
    assert rules.touches(stay, end + Span(-1), end + Span.of(hours=1))
    assert not rules.touches(stay, end, end + Span.of(hours=1))


def test_a_stay_over_midnight_stands_on_both_days_on_both_sides() -> None:
    net = line_net(START)
    for one, name, peer in zip(net.sides, ("A. Lind", "И. Орлов"), (BORIA, ALBA), strict=True):
        assert isinstance(one, LineSide)
        one.do("attend", to=(f"hotline@{peer}",), step="enter", name=name, role="principal")
    net.now += Span.of(hours=2)
    first = net.sides[0]
    assert isinstance(first, LineSide)
    first.do("attend", to=(f"hotline@{BORIA}",), step="leave", name="A. Lind", role="principal")
    for one, peer in zip(net.sides, (BORIA, ALBA), strict=True):
        assert isinstance(one, LineSide)
        for day in ("2026-11-22", "2026-11-23"):
            rows = {row["name"]: row for row in one.see("present", peer=peer, day=day)}
            assert set(rows) == {"A. Lind", "И. Орлов"}
            assert rows["A. Lind"]["left"] is not None
            assert rows["И. Орлов"]["left"] is None
        assert one.see("present", peer=peer, day="2026-11-21") == ()
        assert one.see("present", peer=peer, day="2026-02-30") == ()
