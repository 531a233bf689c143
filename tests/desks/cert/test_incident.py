"""Incidents from report to closing, early warnings, requests, contacts: what both sides see."""

from collections.abc import Mapping

import pytest
from tests.desks.cert.test_cert import NOW, Side, say

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.cert.incident import kinds, procedures
from detente.office.fields import Value, Values
from detente.office.tables import Row

AURELIA, BOREALIS = "aurelia.gov", "borealis.gov"
TO = ("cert@borealis.gov",)
INCIDENT: Mapping[str, Value] = {
    "to": TO,
    "about": "Pumps answer to strangers",
    "text": "Since last night.",
    "category": "intrusion",
    "severity": "high",
    "sector": "water",
    "function": ("Drinking water of the capital",),
    "impact": "degraded",
    "tlp": "AMBER",
}
FROM_CORDIA: Mapping[str, Value] = {"from": "cordia.gov"}
DAY = Span.of(hours=24)


@pytest.fixture
def pair() -> tuple[Side, Side]:
    return Side(AURELIA), Side(BOREALIS)


def opened(pair: tuple[Side, Side], act: str, **values: Value) -> bytes:
    return say(pair[0], pair[0].act(f"cert/{act}", NOW, **values), *pair)


def said(
    pair: tuple[Side, Side], by: Side, act: str, mid: bytes, at: Moment = NOW, /, **values: Value
) -> bytes:
    return say(by, by.act(f"cert/{act}", at, mid=mid, **values), *pair, at=at)


def listed(side: Side, now: Moment = NOW) -> Row:
    (row,) = side.look("cert/incidents", now)
    return row


def states(pair: tuple[Side, Side], now: Moment = NOW) -> set[str]:
    return {str(listed(side, now)["state"]) for side in pair}


def test_an_incident_goes_from_report_to_closing_and_both_sides_see_each_step(
    pair: tuple[Side, Side],
) -> None:
    aurelia, borealis = pair
    mid = opened(pair, "incident", **INCIDENT)
    assert states(pair) == {"open"}
    said(pair, borealis, "triage", mid, outcome="assist", severity="severe")
    assert states(pair) == {"assisting"}
    said(pair, aurelia, "update", mid, text="A second station.")
    assert states(pair) == {"assisting"}, "facts move nothing"
    said(pair, borealis, "resolve", mid, NOW + DAY, text="Addresses closed.")
    assert states(pair) == {"resolved"}
    said(pair, aurelia, "close", mid, NOW + DAY, result="resolved")
    assert states(pair) == {"closed"}
    for side in pair:
        story = side.look("cert/case", mid=mid)
        told = [(row["what"], row["word"]) for row in story]
        assert told[0] == ("incident", "high")
        assert sorted(map(str, told[1:])) == sorted(
            map(
                str,
                [
                    ("triage", "assist"),
                    ("update", None),
                    ("resolved", None),
                    ("closed", "resolved"),
                ],
            )
        )


@pytest.mark.parametrize(
    ("severity", "hours"),
    [("emergency", 1), ("severe", 2), ("high", 8), ("medium", 24), ("low", 72), ("baseline", 72)],
)
def test_the_worse_an_incident_the_sooner_it_must_be_looked_at(
    pair: tuple[Side, Side], severity: str, hours: int
) -> None:
    opened(pair, "incident", **{**INCIDENT, "severity": severity})
    due = NOW + Span.of(hours=hours)
    assert {listed(side)["due"] for side in pair} == {due}
    assert states(pair, due) == {"open"}
    assert states(pair, Moment(due.ms + 1)) == {"overdue"}


@pytest.mark.parametrize(
    ("outcome", "state"), [("assist", "assisting"), ("watch", "watched"), ("not_ours", "declined")]
)
def test_a_first_assessment_says_who_goes_on(
    pair: tuple[Side, Side], outcome: str, state: str
) -> None:
    mid = opened(pair, "incident", **INCIDENT)
    said(pair, pair[1], "triage", mid, outcome=outcome, severity="low")
    assert states(pair) == {state}


def test_an_attribution_stands_apart_with_its_confidence_and_its_ground(
    pair: tuple[Side, Side],
) -> None:
    mid = opened(pair, "incident", **INCIDENT)
    said(
        pair, pair[1], "attribute", mid,
        statement="The group called X", confidence="moderate", basis="Its tools, its hours",
    )  # fmt: skip
    assert states(pair) == {"open"}
    row = pair[0].look("cert/case", mid=mid)[1]
    assert (row["what"], row["word"], row["basis"]) == (
        "attribution",
        "moderate",
        "Its tools, its hours",
    )
    assert {"statement", "confidence", "basis"} & set(kinds.INCIDENT.members) == set()


def test_nobody_triages_his_own_incident_and_nobody_closes_anothers(
    pair: tuple[Side, Side],
) -> None:
    aurelia, borealis = pair
    mid = opened(pair, "incident", **INCIDENT)
    with pytest.raises(OurFault, match=r"cert\.ours"):
        aurelia.act("cert/triage", mid=mid, outcome="assist", severity="low")
    with pytest.raises(OurFault, match=r"cert\.not_ours"):
        borealis.act("cert/close", mid=mid, result="resolved")
    with pytest.raises(OurFault, match=r"cert\.unknown_record"):
        borealis.act("cert/reply", mid=mid, text="t", whole=True)
    with pytest.raises(OurFault, match=r"cert\.unknown_record"):
        borealis.act("cert/triage", mid=b"x" * 32, outcome="assist", severity="low")


def test_what_follows_goes_to_the_other_side_under_the_same_marking(
    pair: tuple[Side, Side],
) -> None:
    aurelia, borealis = pair
    mid = opened(pair, "incident", **INCIDENT)
    theirs = borealis.act("cert/update", mid=mid, text="t")
    ours = aurelia.act("cert/update", mid=mid, text="t")
    assert (theirs.to, ours.to) == (("cert@aurelia.gov",), TO)
    assert theirs.tlp == ours.tlp == "AMBER"
    assert theirs.reply_to == ours.reply_to == mid


def test_an_early_warning_is_followed_by_notification_and_final_report_in_their_time(
    pair: tuple[Side, Side],
) -> None:
    aurelia, _ = pair
    aware = Moment(NOW.ms - Span.of(hours=20).ms)
    values: dict[str, Value] = {"to": TO, "about": "Wards closed", "aware": aware,
              "malicious": True, "crosses": False, "tlp": "AMBER"}  # fmt: skip
    mid = opened(pair, "alert", **values)
    assert states(pair) == {"alerted"}
    assert {listed(side)["due"] for side in pair} == {aware + Span.of(hours=72)}
    report: dict[str, Value] = {"severity": "high", "impact": "lost", "text": "Two wards."}
    said(pair, aurelia, "report", mid, NOW, stage="notification", **report)
    assert states(pair) == {"notified"}
    assert {listed(side)["due"] for side in pair} == {NOW + Span.of(days=30)}
    said(pair, aurelia, "report", mid, NOW, stage="intermediate", **report)
    assert states(pair) == {"notified"}
    said(pair, aurelia, "report", mid, NOW + DAY, stage="final", **report)
    assert states(pair) == {"complete"}


HOURS = {hours: Span.of(hours=hours) for hours in (24, 72)}
REPORT: dict[str, Value] = {"severity": "high", "impact": "lost", "text": "Two wards."}
KNOWN: dict[str, Value] = {"to": TO, "about": "Wards closed", "aware": NOW, "tlp": "AMBER"}


def test_the_early_warning_is_due_24_hours_after_its_author_came_to_know(
    pair: tuple[Side, Side],
) -> None:
    aurelia, _ = pair
    before = Moment(NOW.ms - Span.of(hours=20).ms)
    mid = opened(pair, "aware", **{**KNOWN, "aware": before})
    assert states(pair) == {"aware"}
    due = before + HOURS[24]
    assert {listed(side)["due"] for side in pair} == {due}, "not from when it was said"
    assert states(pair, due) == {"aware"}
    assert states(pair, Moment(due.ms + 1)) == {"overdue"}
    said(pair, aurelia, "early", mid, due, malicious=True, crosses=False)
    assert states(pair, due) == {"alerted"}
    assert {listed(side)["due"] for side in pair} == {before + HOURS[72]}
    said(pair, aurelia, "report", mid, before + HOURS[72], stage="notification", **REPORT)
    assert {listed(side)["due"] for side in pair} == {before + HOURS[72] + Span.of(days=30)}
    said(pair, aurelia, "report", mid, before + HOURS[72], stage="final", **REPORT)
    assert states(pair) == {"complete"}
    for side in pair:
        kept = {(row["what"], row["word"]): row["late"] for row in side.look("cert/case", mid=mid)}
        assert kept == {
            ("aware", None): None,
            ("early_warning", None): False,
            ("report", "notification"): False,
            ("report", "final"): False,
        }


@pytest.mark.parametrize(("over", "late"), [(0, False), (1, True)])
def test_what_was_written_after_its_hour_says_so_on_both_sides(
    pair: tuple[Side, Side], over: int, late: bool
) -> None:
    aurelia, _ = pair
    mid = opened(pair, "aware", **KNOWN)
    at = [NOW + span + Span(over) for span in HOURS.values()]
    at.append(at[1] + procedures.FINAL_WITHIN + Span(over))
    said(pair, aurelia, "early", mid, at[0], malicious=True, crosses=False)
    said(pair, aurelia, "report", mid, at[1], stage="notification", **REPORT)
    said(pair, aurelia, "report", mid, at[2], stage="final", **REPORT)
    for side in pair:
        rows = side.look("cert/case", mid=mid)[1:]
        assert [row["late"] for row in rows] == [late] * 3
        assert [row["until"] for row in rows[:2]] == [NOW + span for span in HOURS.values()]


def test_a_warning_that_stands_alone_says_that_it_was_late(pair: tuple[Side, Side]) -> None:
    aware = Moment(NOW.ms - HOURS[24].ms - 1)
    mid = opened(pair, "alert", **{**KNOWN, "aware": aware, "malicious": True, "crosses": False})
    for side in pair:
        (row,) = side.look("cert/case", mid=mid)
        assert (row["until"], row["late"]) == (aware + HOURS[24], True)


def test_who_never_warned_owes_the_notification_all_the_same(pair: tuple[Side, Side]) -> None:
    mid = opened(pair, "aware", **KNOWN)
    said(pair, pair[0], "report", mid, NOW + DAY, stage="notification", **REPORT)
    assert states(pair) == {"notified"}


def test_the_clock_of_the_notification_runs_on_through_the_warning() -> None:
    one, two = (state.owes for state in procedures.WARNING.states[:2])
    assert two[0] in one, "the same duty, so that its clock is read once"


def test_what_was_no_incident_is_closed_and_nothing_is_owed(pair: tuple[Side, Side]) -> None:
    mid = opened(pair, "aware", **KNOWN)
    said(pair, pair[0], "close", mid, result="false_alarm")
    assert states(pair, NOW + HOURS[72]) == {"closed"}
    assert {listed(side)["due"] for side in pair} == {None}


def test_nobody_warns_of_what_another_knows_nor_of_what_is_no_incident(
    pair: tuple[Side, Side],
) -> None:
    aurelia, borealis = pair
    mid = opened(pair, "aware", **KNOWN)
    given: dict[str, Value] = {"malicious": True, "crosses": False}
    with pytest.raises(OurFault, match=r"cert\.not_ours"):
        borealis.act("cert/early", mid=mid, **given)
    ping = opened(pair, "ping", to=TO, about="Test", tlp="GREEN")
    with pytest.raises(OurFault, match=r"cert\.unknown_record"):
        aurelia.act("cert/early", mid=ping, **given)


def test_a_request_is_answered_in_part_and_then_as_a_whole(pair: tuple[Side, Side]) -> None:
    _, borealis = pair
    mid = opened(pair, "request", to=TO, about="Who runs it?", question="Since when?", tlp="GREEN")
    assert states(pair) == {"open"}
    said(pair, borealis, "reply", mid, text="We ask.", whole=False)
    assert states(pair) == {"accepted"}
    said(pair, borealis, "reply", mid, NOW + DAY, text="A school.", whole=True)
    assert states(pair) == {"answered"}


def test_points_of_contact_are_the_latest_list_and_both_sides_see_how_the_test_went(
    pair: tuple[Side, Side],
) -> None:
    aurelia, borealis = pair
    for at, name in ((NOW, "Old"), (NOW + DAY, "New")):
        contact = Values({"role": "duty", "name": name, "reach": "+1 555 0100"})
        given: dict[str, Value] = {
            "to": ("cert@aurelia.gov",),
            "contact": (contact,),
            "tlp": "AMBER",
        }
        for draft in borealis.acts("cert/contacts", at, **given):
            say(borealis, draft, *pair, at=at)
    mid = opened(pair, "ping", to=TO, about="Half-yearly test", tlp="GREEN")
    for side in pair:
        (row,) = side.look("cert/directory")
        assert (row["from"], row["name"], row["asked"], row["answered"]) == (
            TO[0],
            "New",
            NOW,
            None,
        )
    said(pair, borealis, "pong", mid, NOW + DAY, by="Duty officer")
    for side in pair:
        (row,) = side.look("cert/directory")
        assert (row["answered"], row["by"]) == (NOW + DAY, "Duty officer")
    assert aurelia.look("cert/directory", NOW, **FROM_CORDIA) == ()


def test_the_list_shows_the_latest_first_and_only_what_is_asked_for(
    pair: tuple[Side, Side],
) -> None:
    one = opened(pair, "incident", **INCIDENT)
    draft = pair[0].act("cert/ping", NOW, to=TO, about="Test", tlp="GREEN")
    two = say(pair[0], draft, *pair, at=NOW + DAY)
    assert [row["mid"] for row in pair[1].look("cert/incidents")] == [two, one]
    assert [row["mid"] for row in pair[1].look("cert/incidents", what="incident")] == [one]


def test_every_severity_has_its_span_and_the_worse_the_shorter() -> None:
    (duty,) = procedures.INCIDENT.states[0].owes
    assert duty.clock.by_value is not None
    field, spans = duty.clock.by_value
    assert field == "severity"
    assert tuple(spans) == kinds.SEVERITIES[::-1]
    assert list(spans.values()) == sorted(spans.values())
