import pytest
from hypothesis import given
from hypothesis.strategies import integers, text
from tests.support import outcomes

from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span

FIRST = Moment.parse("0001-01-01T00:00:00.000Z")
LAST = Moment.parse("9999-12-31T23:59:59.999Z")


@given(ms=integers(FIRST.ms, LAST.ms))
def test_every_moment_of_the_years_1_to_9999_reads_back(ms: int) -> None:
    written = str(Moment(ms))
    assert len(written) == 24
    assert Moment.parse(written) == Moment(ms)


def test_a_moment_counts_milliseconds_since_1970() -> None:
    assert Moment.parse("1970-01-01T00:00:00.000Z") == Moment(0)
    assert Moment.parse("2026-11-21T23:59:59.123Z") == Moment(1_795_305_599_123)
    assert str(Moment(-1)) == "1969-12-31T23:59:59.999Z"


@pytest.mark.parametrize("ms", [FIRST.ms - 1, LAST.ms + 1, 10**30, -(10**30)])
def test_a_moment_outside_the_years_1_to_9999_cannot_be_written(ms: int) -> None:
    with pytest.raises(OurFault) as caught:
        str(Moment(ms))
    assert caught.value.code == "time.range"


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "2026-11-21T23:59:59.123",
        "2026-11-21T23:59:59.123z",
        "2026-11-21T23:59:59.12Z",
        "2026-11-21T23:59:59.1234Z",
        "2026-11-21T23:59:59,123Z",
        "2026-11-21 23:59:59.123Z",
        "2026-11-21T23:59:60.000Z",
        "2026-11-21T23:60:00.000Z",
        "2026-11-21T24:00:00.000Z",
        "2026-02-29T00:00:00.000Z",
        "2026-13-01T00:00:00.000Z",
        "2026-00-01T00:00:00.000Z",
        "0000-01-01T00:00:00.000Z",
        "2026-11-21T23:59:59.123Z\n",
        "٢026-11-21T23:59:59.123Z",
        "2026-W47-6T23:59:59.123Z",
    ],
)
def test_no_other_form_is_a_time(wrong: str) -> None:
    with pytest.raises(TheirFault) as caught:
        Moment.parse(wrong)
    assert caught.value.code == "E_HEADER"


@given(wrong=text(max_size=30))
def test_any_text_ends_in_a_moment_or_a_fault(wrong: str) -> None:
    moment = outcomes.value_or_code(Moment.parse, wrong)
    assert moment == "E_HEADER" or str(moment) == wrong


@pytest.mark.parametrize(("ms", "seconds"), [(0, 0), (999, 0), (1000, 1), (-1, -1)])
def test_seconds_are_whole_and_rounded_down(ms: int, seconds: int) -> None:
    assert Moment(ms).seconds == seconds


def test_spans_add_up_and_moments_move_by_them() -> None:
    span = Span.of(days=1, hours=2, minutes=3, seconds=4)
    assert span == Span(93_784_000)
    assert Moment(5) + span == Moment(93_784_005)
    assert Moment(5) - Moment(93_784_005) == Span(-93_784_000)
    assert Moment(1) < Moment(2)
    assert Span(1) < Span(2)
