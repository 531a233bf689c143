import pytest
from hypothesis import given
from hypothesis.strategies import integers

from detente.core.moment import Span
from detente.link import redial

FRESH, STALE = Span(0), redial.EAGER
MIDDLE = 127  # of 255: as near to no jitter as a byte comes


def steps(down_for: Span, draw: int = MIDDLE) -> list[int]:
    return [redial.wait(attempt, down_for, draw).ms for attempt in range(5, 12)]


def test_the_first_dials_come_quickly() -> None:
    found = [redial.wait(attempt, FRESH, 255).ms for attempt in range(5)]
    assert found == [0, 120, 240, 480, 960]


def test_for_a_minute_two_dials_a_second_are_under_way() -> None:
    assert steps(Span(redial.BRISK.ms - 1), 255) == [600] * 7
    assert steps(redial.BRISK, 255) == [1_200] * 7


def test_for_ten_minutes_one_dial_a_second_is_under_way() -> None:
    assert steps(Span(redial.EAGER.ms - 1), 255) == [1_200] * 7


def test_after_ten_minutes_each_wait_doubles_up_to_15_seconds() -> None:
    assert steps(STALE, 255) == [1_920, 3_840, 7_680, 15_360, 18_000, 18_000, 18_000]
    assert redial.wait(10**6, STALE, 255).ms == 18_000


@given(attempt=integers(0, 100), down_ms=integers(0, 10**7), draw=integers(0, 255))
def test_chance_moves_a_wait_by_a_fifth_at_most(attempt: int, down_ms: int, draw: int) -> None:
    least, most = (redial.wait(attempt, Span(down_ms), end).ms for end in (0, 255))
    assert least <= redial.wait(attempt, Span(down_ms), draw).ms <= most
    assert 2 * most <= 3 * least + 3  # 1.2 to 0.8, and rounding


@pytest.mark.parametrize("draw", [0, 255])
def test_two_sides_do_not_dial_in_step(draw: int) -> None:
    assert redial.wait(6, FRESH, draw) != redial.wait(6, FRESH, MIDDLE)
