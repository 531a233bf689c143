"""FLASH of a minute on one link."""

from detente.core import limits
from detente.core.moment import Moment, Span
from detente.node.flash_rate import FlashRate

NOW = Moment(1_000_000_000)


def test_60_flash_a_minute_and_no_more() -> None:
    rate = FlashRate()
    assert all(rate.takes(NOW + Span(i)) for i in range(limits.FLASH_RATE))
    assert not rate.takes(NOW + Span(59_999))
    assert rate.takes(NOW + Span(60_000))
    assert not rate.takes(NOW + Span(60_000))


def test_a_clock_set_back_does_not_count_what_was_then() -> None:
    rate = FlashRate()
    assert all(rate.takes(NOW) for _ in range(limits.FLASH_RATE))
    assert rate.takes(Moment(5))
