"""How fast a connection carries, by what the peer credits."""

import pytest

from detente.core.moment import Moment, Span
from detente.link import frames, pace
from detente.link.pace import Pace

NOW = Moment(1_000_000)


def at(ms: int) -> Moment:
    return NOW + Span(ms)


@pytest.mark.parametrize(
    ("rate", "fragment", "inline"),
    [
        (1_200, 256, 512),
        (2_559, 256, 639),
        (2_570, 257, 642),
        (125_000, 12_500, 31_250),
        (163_839, 16_383, 40_959),
        (163_850, 16_384, 40_962),
        (524_287, 16_384, 131_071),
        (524_288, 16_384, 131_072),
        (10**9, 16_384, 131_072),
    ],
)
def test_fragment_and_inline_limit_follow_the_rate_between_their_ends(
    rate: int, fragment: int, inline: int
) -> None:
    found = Pace(rate)
    assert (found.fragment, found.inline_limit) == (fragment, inline)


def test_the_window_is_two_fragments_or_a_round_trip_and_300_ms() -> None:
    found = Pace(125_000)
    assert found.window == 37_500
    found.took(600, NOW)
    assert found.window == 112_500
    assert Pace(64).window == 528


def test_the_least_round_trip_of_a_minute_counts() -> None:
    found = Pace(8_000)
    found.took(40, NOW)
    found.took(90, at(60_000))
    assert found.round_trip_ms == 40
    found.took(95, at(60_001))
    assert found.round_trip_ms == 90


def test_the_round_trip_is_asked_for_each_20_seconds() -> None:
    found = Pace(8_000)
    assert [found.trip_asked(at(ms)) for ms in (0, 19_999, 20_000, 20_001)] == [
        False, True, False, True,
    ]  # fmt: skip


def test_below_64_kbit_a_line_is_slow() -> None:
    assert [Pace(rate).is_low for rate in (7_999, 8_000)] == [True, False]


def put(found: Pace, size: int, ms: int) -> None:
    found.put(size, at(ms), windowed=True)


def rate_after(found: Pace, size: int, put_ms: int, credited: int, ms: int) -> int:
    """Put so many bytes at one time and hear credit for `credited` in all at another."""
    put(found, size, put_ms)
    found.credit(credited, at(ms))
    return found.rate


def test_the_rate_doubles_at_most_with_each_credit() -> None:
    found = Pace(8_000)
    assert rate_after(found, 2_400, 0, 2_400, 1) == 16_000
    assert rate_after(found, 4_800, 1, 7_200, 201) == 24_000  # as measured: 4,800 bytes in 200 ms


def test_a_small_burst_is_no_proof_of_a_fast_line() -> None:
    found = Pace(8_000)
    assert rate_after(found, 1_199, 0, 1_199, 1) == 8_000
    assert rate_after(found, 1_200, 1, 2_399, 2) == 16_000


def test_a_slow_credit_lowers_the_rate_only_if_something_waited() -> None:
    found = Pace(8_000)
    assert rate_after(found, 800, 0, 800, 1_000) == 8_000
    found.pressed = True
    # Three parts of 8,000 and one of 800.
    assert rate_after(found, 800, 1_000, 1_600, 2_000) == 6_200
    assert not found.pressed


def test_a_rate_never_falls_below_its_least() -> None:
    found = Pace(65)
    found.pressed = True
    assert rate_after(found, 1, 0, 1, 60_000) == pace.RATE_LEAST


def test_credit_before_50_ms_and_64_kib_is_not_measured_while_more_is_due() -> None:
    found = Pace(8_000)
    put(found, 2_000, 0)
    put(found, 2_000, 0)
    found.credit(2_000, at(49))
    assert (found.rate, found.under_way) == (8_000, 2_000)
    found.credit(4_000, at(50))
    assert found.rate == 16_000


def test_on_a_fast_line_half_a_window_is_a_sample_and_less_is_none() -> None:
    found = Pace(1_000_000)  # a window of 300,000 bytes
    put(found, 400_000, 0)
    for part in range(4):
        put(found, 37_500, part)
    put(found, 1, 5)
    found.credit(400_000, at(40))
    assert found.rate == 2_000_000  # at most the double; the window is 600,000 now
    put(found, 600_000, 41)
    found.credit(475_000, at(42))  # 75,000 bytes in 2 ms: who was awake
    assert found.rate == 2_000_000
    found.pressed = True
    found.credit(550_001, at(89))
    assert (found.rate, found.pressed) == (2_000_000, True)
    found.credit(700_000, at(89))
    assert found.rate == 4_000_000  # 300,000 bytes in 49 ms


def test_credit_for_more_than_was_sent_counts_as_all_and_old_credit_changes_nothing() -> None:
    found = Pace(8_000)
    put(found, 100, 0)
    found.credit(2**63, at(1))
    assert (found.under_way, found.unanswered) == (0, 0)
    put(found, 100, 1)
    found.credit(100, at(2))
    assert found.under_way == 100


def test_silence_is_suspect_after_600_ms_and_the_time_on_the_line() -> None:
    found = Pace(8_000)
    assert found.suspect_at(NOW) is None
    found.put(800, NOW, windowed=False)
    assert found.suspect_at(NOW) == at(700)
    assert found.suspect_at(at(50)) == at(750)  # it was heard of since
    found.took(30, NOW)
    assert found.suspect_at(NOW) == at(730)


def test_what_an_answering_peer_never_credits_is_forgiven() -> None:
    found = Pace(8_000)
    put(found, 800, 0)
    found.forgive(at(5_000), at(5_099))
    assert found.under_way == 800
    found.forgive(at(99), at(5_100))  # it does not answer: nothing is known
    assert found.under_way == 800
    found.forgive(at(5_000), at(5_100))
    assert (found.under_way, found.unanswered) == (0, 0)


def test_a_clock_set_back_moves_all_that_is_remembered() -> None:
    found = Pace(8_000)
    put(found, 800, 0)
    found.took(30, NOW)
    assert not found.trip_asked(NOW)
    found.shift(Span(-NOW.ms))
    assert found.suspect_at(Moment(0)) == Moment(730)
    assert found.trip_asked(Moment(1))
    fresh = Pace(8_000)
    fresh.shift(Span(-1))
    assert not fresh.trip_asked(Moment(1))


def test_credit_travels_as_8_bytes() -> None:
    [message] = frames.Reader().feed(frames.credit(77))
    assert (message.type, frames.read_credit(message.payload)) == (frames.CREDIT, 77)
    assert frames.credit(77).hex() == "0000000c248000000000000000" + "00004d"


def test_a_configured_rate_is_the_most_that_a_line_is_taken_to_carry() -> None:
    found = Pace(1_200, 1_200)
    assert rate_after(found, 1_000, 0, 1_000, 1) == 1_200
