import pytest

from detente.core.moment import Moment
from detente.desks.cert import rules
from detente.desks.cert.rules import Stand, Withdrawal
from detente.office.drafting import MARKINGS

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
    ("gone", "stands", "state"),
    [
        (0, [Stand("open", Moment(10))], "open"),
        (0, [Stand("open", Moment(9))], "overdue"),
        (0, [Stand("held", Moment(10))], "held"),
        (0, [Stand("question", Moment(9))], "overdue"),
        (0, [Stand("answered")], "answered"),
        (0, [Stand("answered"), Stand("declined")], "declined"),
        (0, [Stand("answered"), Stand("open", Moment(10))], "open"),
        (0, [], "open"),
        (1, [Stand("open", Moment(9))], "partly_withdrawn"),
        (2, [Stand("answered")], "withdrawn"),
    ],
)
def test_a_bundles_state_says_the_weightiest_of_what_happened(
    gone: int, stands: list[Stand], state: str
) -> None:
    assert rules.state(2, gone, stands, Moment(10)) == state


@pytest.mark.parametrize("place", range(5))
def test_a_record_is_marked_as_strictly_as_what_it_carries(place: int) -> None:
    strict = [rules.is_strict_enough(tlp, MARKINGS[place]) for tlp in MARKINGS]
    assert strict == [False] * place + [True] * (5 - place)
    assert rules.is_strict_enough(MARKINGS[place], "")


OPEN = rules.Terms(upto="RED")
ONLY = rules.Terms(
    upto="AMBER", pap="GREEN", types=("indicator",), sectors=("energy",), until=Moment(5)
)


@pytest.mark.parametrize(
    ("thing", "terms", "at", "why"),
    [
        (rules.Thing("indicator", "RED"), None, 0, ""),
        (rules.Thing("indicator", "RED", is_unknown=True), None, 0, "unknown"),
        (rules.Thing("indicator", "RED", is_unknown=True), OPEN, 0, "unknown"),
        (rules.Thing("tool", "RED", "RED", sectors=("energy",)), OPEN, 9, ""),
        (rules.Thing("indicator", "AMBER", "GREEN", sectors=("energy", "x")), ONLY, 5, ""),
        (rules.Thing("indicator"), ONLY, 5, ""),
        (rules.Thing("indicator"), ONLY, 6, "ended"),
        (rules.Thing("marking-definition"), ONLY, 6, "ended"),
        (rules.Thing("marking-definition"), ONLY, 5, ""),
        (rules.Thing("tool"), ONLY, 5, "type"),
        (rules.Thing("indicator", "AMBER+STRICT"), ONLY, 5, "tlp"),
        (rules.Thing("indicator", "GREEN", "AMBER"), ONLY, 5, "pap"),
        (rules.Thing("indicator", sectors=("health",)), ONLY, 5, "sector"),
        (rules.Thing("indicator", pap="RED"), rules.Terms("RED"), 5, ""),
    ],
)
def test_an_object_goes_if_marking_and_arrangement_let_it(
    thing: rules.Thing, terms: rules.Terms | None, at: int, why: str
) -> None:
    assert rules.why_not(thing, terms, Moment(at)) == why
