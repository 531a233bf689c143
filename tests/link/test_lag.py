"""The age of the oldest record without the second leg, against a list of every record."""

from hypothesis import given
from hypothesis import strategies as st

from detente.core.moment import Span
from detente.link.lag import MARKS_MAX, Lag

NONE = Span(0)
MOVES = st.lists(
    st.tuples(st.sampled_from(["grow", "live", "cover"]), st.integers(0, 40)), max_size=300
)


class Model:
    """Every record with the LIVE time at which it was seen."""

    def __init__(self) -> None:
        self.born: list[int] = []
        self.live = self.covered = 0

    @property
    def age(self) -> Span:
        waiting = self.born[self.covered :]
        return Span(self.live - waiting[0]) if waiting else NONE


@given(moves=MOVES)
def test_an_age_is_never_told_too_low_and_is_right_while_there_are_few_marks(
    moves: list[tuple[str, int]],
) -> None:
    lag, model, grown = Lag(0, 0, NONE), Model(), 0
    for move, number in moves:
        if move == "grow":
            grown += number > 0
            model.born += [model.live] * number
            lag.grow(len(model.born))
        elif move == "live":
            model.live += number
            lag.live(Span(number))
        else:
            model.covered = max(model.covered, min(len(model.born), model.covered + number))
            lag.cover(model.covered)
        assert lag.covered == model.covered
        assert lag.age >= model.age
        if grown <= MARKS_MAX:
            assert lag.age == model.age
        if model.covered == len(model.born):
            assert lag.age == NONE


def test_too_many_marks_become_half_as_many_and_the_oldest_stays() -> None:
    lag = Lag(0, 0, NONE)
    for size in range(1, 3 * MARKS_MAX):
        lag.grow(size)
        lag.live(Span(1))
        assert len(lag._marks) <= MARKS_MAX
        assert lag.age == Span(size)
    # A mark of several records is as old as the first of them.
    first = lag._marks[0][0]
    assert first > 1
    lag.cover(first - 1)
    assert lag.age == Span(3 * MARKS_MAX - 1)
    lag.cover(first)
    assert lag.age == Span(3 * MARKS_MAX - 1 - first)


def test_after_a_restart_what_was_uncovered_is_as_old_as_it_was() -> None:
    lag = Lag(9, 4, Span(70_000))
    assert (lag.covered, lag.age) == (4, Span(70_000))
    lag.live(Span(500))
    lag.grow(12)
    assert lag.age == Span(70_500)
    lag.cover(9)
    assert lag.age == NONE
    lag.live(Span(30))
    assert lag.age == Span(30)


def test_a_log_that_is_covered_has_no_age_whatever_was_written_down() -> None:
    assert Lag(4, 4, Span(70_000)).age == NONE


def test_what_is_covered_does_not_shrink() -> None:
    lag = Lag(9, 4, NONE)
    lag.cover(2)
    assert lag.covered == 4
