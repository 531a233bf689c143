import pytest

from detente.app import faces
from detente.core.moment import Moment, Span
from detente.ui import when

WORDS = faces.words()
AT = Moment.parse("2026-11-21T23:10:04.117Z")


def test_one_moment_in_every_form() -> None:
    assert when.utc(AT) == "2026-11-21 23:10:04 UTC"
    assert when.day(AT) == "2026-11-21"
    assert when.clock(AT) == "23:10:04"
    assert when.machine(AT) == "2026-11-21T23:10:04Z"
    assert when.group(AT) == "212310Z NOV 26"
    assert when.group(Moment.parse("2026-01-02T03:04:05.000Z")) == "020304Z JAN 26"


def test_the_clock_of_any_stranger_can_be_shown() -> None:
    assert when.utc(Moment(10**15)) == "9999-12-31 23:59:59 UTC"
    assert when.utc(Moment(-(10**15))) == "0001-01-01 00:00:00 UTC"


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2026-11-21T00:00:00.000Z", "00:00:00"),
        ("2026-11-20T23:59:59.000Z", "2026-11-20 23:59"),
        ("2026-11-22T08:00:00.000Z", "08:00:00"),
        ("2026-11-22T23:10:04.117Z", "2026-11-22 23:10"),
    ],
)
def test_what_is_near_needs_no_day(at: str, shown: str) -> None:
    assert when.near(Moment.parse(at), AT) == shown


@pytest.mark.parametrize(
    ("ms", "shown"),
    [
        (1_600_000, "0:26:40"),
        (1, "0:00:01"),
        (0, "0:00:00"),
        (-1, "\u22120:00:00"),
        (-251_000, "\u22120:04:11"),
        (86_399_000, "23:59:59"),
        (86_400_000, "1 d 00:00"),
        (-184_200_000, "\u22122 d 03:10"),
    ],
)
def test_a_countdown_has_a_true_minus_and_says_days(ms: int, shown: str) -> None:
    assert when.countdown(Span(ms), WORDS, "en") == shown


def test_an_age_is_short_until_an_hour() -> None:
    ages = [when.age(Span(ms), WORDS, "ru") for ms in (-5, 2_000, 860_000, 3_600_000, 90_000_000)]
    assert ages == ["0:00", "0:02", "14:20", "1:00:00", "1 д 01:00"]


@pytest.mark.parametrize(
    ("seconds", "en", "ru"),
    [
        (1, "1 second ago", "1 секунду назад"),
        (22, "22 seconds ago", "22 секунды назад"),
        (11 * 60, "11 minutes ago", "11 минут назад"),
        (3 * 3600, "3 hours ago", "3 часа назад"),
        (1001 * 86400, "1,001 days ago", "1\u00a0001 день назад"),
    ],
)
def test_ages_in_words_have_the_plural_of_the_language(seconds: int, en: str, ru: str) -> None:
    assert when.ago(Span(seconds * 1000), WORDS, "en") == en
    assert when.ago(Span(seconds * 1000), WORDS, "ru") == ru
