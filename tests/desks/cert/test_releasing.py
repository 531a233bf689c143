"""Every act of the desk asks the arrangement before it sends; what is owed is never held back."""

import pytest
from tests.desks.cert.constituents import CASE, CVE
from tests.desks.cert.test_cert import NOW, Side, say
from tests.desks.cert.test_sharing import TO, arrange, code_of, do, file, keep
from tests.support.offices import BUNDLE, PERSON
from tests.support.pairs import pairs

from detente.core.moment import Moment, Span
from detente.desks.cert import releasing
from detente.desks.cert.desk import DESK
from detente.office.fields import Value, Values
from detente.office.reader import TableReader

INCIDENT: dict[str, Value] = {
    "to": TO, "about": "Pumps", "text": "Since last night.", "category": "intrusion",
    "severity": "high", "impact": "degraded",
}  # fmt: skip
REQUEST: dict[str, Value] = {"to": TO, "about": "Who?", "question": "Who runs 192.0.2.7?"}
WARNING: dict[str, Value] = {
    "to": TO, "about": "Ransomware", "aware": NOW, "malicious": True, "crosses": False,
}  # fmt: skip
AWARE: dict[str, Value] = {"to": TO, "about": "Ransomware", "aware": NOW}


@pytest.fixture
def one() -> Side:
    return Side("aurelia.gov")


@pytest.fixture
def other() -> Side:
    return Side("borealis.gov")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("cert/incident", INCIDENT),
        ("cert/request", REQUEST),
        ("cert/alert", WARNING),
        ("cert/aware", AWARE),
    ],
)
@pytest.mark.parametrize(
    ("terms", "goes"),
    [
        ({}, True),
        ({"upto": "GREEN"}, True),
        ({"upto": "CLEAR"}, False),
        ({"type": ("indicator",)}, False),
        ({"type": ("indicator", "incident", "request", "early-warning")}, True),
        ({"until": NOW + Span(1)}, True),
        ({"until": Moment(NOW.ms - 1)}, False),
    ],
)
def test_what_begins_something_is_held_to_the_arrangement(
    one: Side, name: str, values: dict[str, Value], terms: dict[str, Value], goes: bool
) -> None:
    if terms:
        arrange(one, now=NOW, **terms)
    if goes:
        assert do(one, name, **values).to == TO
    else:
        assert code_of(lambda: do(one, name, **values)) == "cert.arrangement"


@pytest.mark.parametrize(
    ("sector", "goes"), [("energy", True), ("health", True), ("water", False), (None, True)]
)
def test_an_incident_of_another_sector_stays(one: Side, sector: str | None, goes: bool) -> None:
    arrange(one, sector=("energy", "healthcare"))
    given = {**INCIDENT, **({"sector": sector} if sector else {})}
    if goes:
        assert do(one, "cert/incident", **given).body.text("sector") == (sector or "")
    else:
        assert code_of(lambda: do(one, "cert/incident", **given)) == "cert.arrangement"


def test_further_facts_of_ours_are_held_and_what_is_owed_is_not(one: Side, other: Side) -> None:
    ours = say(one, do(one, "cert/incident", **INCIDENT), one, other)
    theirs = say(
        other, do(other, "cert/incident", **{**INCIDENT, "to": ("cert@aurelia.gov",)}), one, other
    )
    late = NOW + Span.of(hours=1)
    arrange(one, now=late, type=("indicator",), until=late)
    after = late + Span.of(hours=1)
    said: dict[str, Value] = {"text": "A second station."}
    assert code_of(lambda: do(one, "cert/update", after, mid=ours, **said)) == "cert.arrangement"
    for name, more in (
        ("cert/update", said),
        ("cert/triage", {"outcome": "assist", "severity": "low"}),
        ("cert/resolve", {"text": "Closed."}),
    ):
        assert do(one, name, after, mid=theirs, **more).to == ("cert@borealis.gov",)
    assert do(one, "cert/close", after, mid=ours, result="resolved").to == TO
    assert do(one, "cert/ping", after, to=TO, about="Test").to == TO


def test_prose_is_looked_at_against_the_lists_and_told(one: Side) -> None:
    listed = {"name": "Resolvers", "version": 1, "type": "cidr", "list": ["9.9.9.9"]}
    keep(one, do(one, "cert/warn", file=file(listed)))
    draft = do(one, "cert/incident", **{**INCIDENT, "text": "It asked (9.9.9[.]9), and 192.0.2.7."})
    (line,) = releasing.check(draft, TableReader(one.rows), NOW)
    assert (line.party, line.what, line.state, line.lists) == (
        "borealis.gov", "cert.incident", "warned", "9[.]9[.]9[.]9: Resolvers",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("cert/incident", {**INCIDENT, "text": f"They used {CVE.lower()}."}),
        ("cert/request", {**REQUEST, "question": f"Do you know of {CVE}?"}),
    ],
)
def test_words_name_nothing_that_is_under_embargo(
    one: Side, name: str, values: dict[str, Value]
) -> None:
    assert do(one, name, **values).to == TO
    keep(one, do(one, "cert/vulnerability_open", **CASE))
    assert code_of(lambda: do(one, name, **values)) == "cert.embargo"
    other = {
        key: value.replace("10001", "10002") if isinstance(value, str) else value
        for key, value in values.items()
    }
    assert do(one, name, **other).to == TO


def test_no_act_of_the_desk_goes_round_the_rule() -> None:
    assert all(each.build.__module__ == releasing.__name__ for each in DESK.acts)


def test_a_preview_shows_what_was_asked() -> None:
    net = pairs()
    side, other = net.sides
    side.act("cert/arrange", to=(other.address,), about="Indicators", upto="AMBER")
    net.settle()
    act = side.office.find_act("cert/send")
    given: dict[str, Value] = {
        "file": (BUNDLE % "x").encode(),
        "to": (other.address,),
        "about": "x",
        "tlp": "AMBER",
    }
    (shown,) = side.office.previews.of(PERSON, act, Values(given), net.now)
    (answer,) = shown.answers
    assert (answer.party, answer.state, answer.number, answer.why) == (
        "borealis.gov",
        "goes",
        1,
        "",
    )
    assert answer.under
