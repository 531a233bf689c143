import pytest

from detente.core.moment import Moment
from detente.desks.cert import rules
from detente.desks.cert.rules import Withdrawal
from detente.office.desk import MARKINGS

A1, A2, B = ("a", "1"), ("a", "2"), ("b", "")


def back(party: str, *versions: rules.Version, everything: bool = False) -> Withdrawal:
    return Withdrawal(party, everything, frozenset(versions))


@pytest.mark.parametrize(
    ("withdrawals", "gone"),
    [
        ([], set()),
        ([back("us", A1)], {A1}),
        ([back("us", ("a", ""))], {A1, A2}),
        ([back("us", A1), back("us", B)], {A1, B}),
        ([back("us", ("c", "1"))], set()),
        ([back("us", everything=True)], {A1, A2, B}),
        ([back("them", everything=True), back("them", A1)], set()),
        ([back("them", everything=True), back("us", A2)], {A2}),
    ],
)
def test_what_is_taken_back_is_what_the_author_named(
    withdrawals: list[Withdrawal], gone: set[rules.Version]
) -> None:
    assert rules.withdrawn("us", [A1, A2, B], withdrawals) == gone


@pytest.mark.parametrize(
    ("gone", "answered", "now", "state"),
    [
        (0, False, 10, "open"),
        (0, False, 11, "overdue"),
        (0, True, 11, "answered"),
        (1, True, 11, "partly_withdrawn"),
        (2, True, 11, "withdrawn"),
    ],
)
def test_a_bundles_state_says_the_weightiest_of_what_happened(
    gone: int, answered: bool, now: int, state: str
) -> None:
    found = rules.state(2, gone, answered=answered, deadline=Moment(10), now=Moment(now))
    assert found == state


def test_those_answer_whom_a_bundle_was_sent_to() -> None:
    to = ("cert@borealis.gov", "cert@cordia.gov", "notices@cordia.gov")
    assert rules.answerers(to) == ("borealis.gov", "cordia.gov")


def test_without_a_deadline_nothing_is_overdue() -> None:
    assert rules.state(2, 0, answered=False, deadline=None, now=Moment(2**50)) == "open"


@pytest.mark.parametrize("place", range(5))
def test_a_record_is_marked_as_strictly_as_what_it_carries(place: int) -> None:
    strict = [rules.is_strict_enough(tlp, MARKINGS[place]) for tlp in MARKINGS]
    assert strict == [False] * place + [True] * (5 - place)
    assert rules.is_strict_enough(MARKINGS[place], "")
