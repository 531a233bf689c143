"""The overseer's page: it counts what happened, names nobody and nothing, and is all they open."""

import re
from collections.abc import Mapping

import pytest
from tests.console.test_every_route import every, name_of, path_of
from tests.support.household import PEOPLE, Household
from tests.support.offices import OBJECT
from tests.support.pairs import pairs, wish

from detente.app.console.routes import ANYONE, Route
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import attention, oversight
from detente.office.oversight import Oversight
from detente.office.waiting import Policy

TITLE = "A secret title"
WHY = "Nobody else is on watch tonight"
# What belongs to everybody who is signed in; the rest is closed to who only oversees.
OWN = frozenset(
    {
        "",
        "overseer",
        "me",
        "help",
        "help/{code}",
        "procedure/{name}",
        "unlock",
        "again",
        "live",
        "api/{rest...}",
        "taxii2/{rest...}",
    }
)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Household:
    """A house in which something of everything happened."""
    net = pairs(Policy(unreleased=True))
    house = Household(tmp_path_factory.mktemp("busy"), net=net)
    side, other = house.side, house.other
    side.send(TITLE, other, within=Span(3_600_000))
    other.send(TITLE, side, within=Span(3_600_000))
    for from_, to in ((side, other), (other, side)):
        draft = wish(from_, TITLE, to).waiting[0]
        from_.office.drafts.release_alone(PEOPLE["drafter"], draft, WHY, net.now)
    broken = other.unreadable(side)
    other.node.submit([broken.envelope], net.now)
    net.settle()
    with pytest.raises(OurFault, match="reader is not"):
        wish(side, TITLE, other, PEOPLE["reader"])
    net.now = net.now + Span.of(hours=2)
    net.settle()
    return house


@pytest.fixture(scope="module")
def parts(busy: Household) -> Mapping[str, str]:
    mid = busy.side.send(TITLE, busy.other)
    busy.net.settle()
    matter = busy.side.office.records.find(mid)[0].text("matter")
    return {
        "{mid}": mid.hex(), "{matter}": matter, "{party}": busy.other.party.name,
        "{desk}": "cert", "{look}": "list", "{act}": "send", "{name}": "reader",
        "{field}": "bundle", "{number}": "0", "{token}": "none", "{draft}": "00" * 32,
        "{rest...}": "v1/record", "{code}": "form.mid", "{id}": OBJECT,
        "{file}": "none", "{step}": "pause", "{day}": "2026-11-22", **busy.listed(),
    }  # fmt: skip


def seen(house: Household, hours: int = 24, before: int = 0) -> Oversight:
    until = Moment(house.net.now.ms - Span.of(hours=before).ms)
    since = Moment(until.ms - Span.of(hours=hours).ms)
    return house.side.office.oversight.see(PEOPLE["overseer"], since, until, house.net.now)


def test_everything_is_counted_at_its_desk(busy: Household) -> None:
    counted = seen(busy).counts["cert"]
    assert {what: counted[what] for what in oversight.WHATS} == {
        "sent": 2, "received": 2, "acts": 3, "refused": 1, "alone": 1, "alone_there": 1,
        "late": 2, "late_there": 2, "unaudited": 0, "rejected": 0, "rejects": 1,
    }  # fmt: skip


def test_what_was_refused_and_complained_of_stands_with_its_code(busy: Household) -> None:
    found = seen(busy)
    assert found.refusals == [("office.forbidden", "cert/send", 1)]
    (complaint,) = found.complaints
    assert (complaint.party, complaint.desk, complaint.ours) == ("aurelia.gov", "cert", True)
    assert complaint.code.startswith("E_")


def test_only_the_time_asked_for_counts(busy: Household) -> None:
    before = seen(busy, hours=1, before=100)
    assert not +before.counts["cert"]
    assert (before.refusals, before.failed) == ([], 0)


def test_what_is_stuck_on_a_line_is_told_until_it_moves(busy: Household) -> None:
    net = busy.net
    assert seen(busy).stuck == []
    net.set_line(busy.side, busy.other, up=False)
    busy.side.send(TITLE, busy.other)
    net.settle()
    (stuck,) = seen(busy).stuck
    assert (stuck.where, stuck.count, stuck.line) == (busy.other.party.name, 1, True)


def test_a_part_of_which_more_is_held_than_was_looked_at_is_named(
    busy: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert seen(busy).cut == []
    monkeypatch.setattr(oversight, "MATTERS_MAX", 0)
    monkeypatch.setattr(oversight, "ENTRIES_MAX", 0)
    monkeypatch.setattr(attention, "SCAN_MAX", 0)
    assert seen(busy).cut == ["records", "trail", "clocks"]
    html = busy.get("overseer", "overseer").data.decode()
    assert "records, entries of the trail, clocks of matters" in html


@pytest.mark.parametrize("days", ["1", "7", "30", "90", ""])
def test_the_page_shows_numbers_and_no_title_text_or_person(busy: Household, days: str) -> None:
    html = busy.get("overseer", "overseer", days=days).data.decode()
    main = html.partition("<main")[2].partition("</main>")[0]
    assert re.search(r"sent by one person</th><td[^>]*>1<", main)
    for told in (TITLE, WHY, "drafter", "reader", "supervisor"):
        assert told not in main
    assert not re.search(r'href="/(record|matter|people)', main), "it leads to nothing"
    assert "<form" not in main.replace('<form class="asked" method="get"', "")


def test_a_time_that_is_none_of_the_list_is_refused(busy: Household) -> None:
    for told in ("2", "x", "-1", "99999999999"):
        assert b"form.choice" in busy.get("overseer", "overseer", days=told).data


def test_that_an_overseer_looked_stands_in_the_trail(busy: Household) -> None:
    busy.get("overseer", "overseer")
    auditor = busy.get("auditor", "audit", person="overseer").data.decode()
    assert "oversight" in auditor


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_no_other_page_opens_to_who_only_oversees(
    busy: Household, parts: Mapping[str, str], route: Route
) -> None:
    if route.needs == ANYONE:
        return
    answer = busy.get("overseer", path_of(route, parts))
    assert TITLE.encode() not in answer.data
    if route.pattern in OWN:
        return
    assert answer.status == 403
    assert b"console.role" in answer.data


@pytest.mark.parametrize("route", every("POST"), ids=name_of)
def test_an_overseer_decides_nothing(
    busy: Household, parts: Mapping[str, str], route: Route
) -> None:
    own = ("me", "again", "sign-out", "api", "taxii2")
    if route.needs == ANYONE or route.pattern.split("/")[0] in own:
        return
    answer = busy.post("overseer", path_of(route, parts))
    assert answer.status == 403
    assert b"console.role" in answer.data


def test_an_overseers_first_page_is_theirs_and_nobody_elses(busy: Household) -> None:
    assert busy.get("overseer", "").headers["Location"] == "/overseer"
    assert busy.get("guest", "").headers["Location"] == "/me"
    for name in ("supervisor", "administrator", "auditor", "guest"):
        assert busy.get(name, "overseer").status == 403
    places = busy.get("overseer", "overseer").data.decode().partition("<nav")[2]
    assert re.findall(r'href="(/[^"]*)"', places.partition("</nav>")[0]) == ["/overseer"]
