"""Whoever opens a page is at the desk, and what a page shows or refuses stands in the trail."""

from pathlib import Path

from tests.support.household import PEOPLE, Household

from detente.app.console.keeper import REFRESH
from detente.core.moment import Moment
from detente.office.people import Person
from detente.office.trail import Query


def entries(house: Household) -> set[tuple[str, str, str]]:
    found = house.side.office.trail.find(PEOPLE["auditor"], Query(), house.net.now)
    return {(row.text("person"), row.text("kind"), row.text("what")) for row in found.rows}


def seen_by(house: Household, name: str) -> list[bytes]:
    asked = Query(person=name)
    rows = house.side.office.trail.find(PEOPLE["auditor"], asked, house.net.now).rows
    return [row.data("mid") for row in rows]


def test_what_a_page_shows_is_entered_for_who_saw_it(tmp_path: Path) -> None:
    house = Household(tmp_path)
    mid = house.other.send("one", house.side)
    house.net.settle()
    matter = house.side.office.records.find(mid)[0].text("matter")
    house.post("supervisor", f"record/{mid.hex()}/read")
    assert house.get("supervisor", f"matter/{matter}").status == 200
    assert ("supervisor", "office.read", "matter/show") in entries(house)


def test_a_refusal_is_entered(tmp_path: Path) -> None:
    house = Household(tmp_path)
    mid = house.other.send("one", house.side)
    house.net.settle()
    matter = house.side.office.records.find(mid)[0].text("matter")
    assert house.get("administrator", f"matter/{matter}").status == 403
    assert any(
        who == "administrator" and kind == "office.refused" for who, kind, _ in entries(house)
    )


def test_who_opens_a_page_is_at_the_desk_and_a_page_by_itself_is_nobody(tmp_path: Path) -> None:
    house = Household(tmp_path)
    seen: list[str] = []
    attend = house.side.office.watch.attend

    def see(person: Person, now: Moment) -> None:
        seen.append(person.name)
        attend(person, now)

    house.side.office.watch.attend = see  # type: ignore[method-assign]
    house.ask("reader", "GET", "attention", told={REFRESH: "1"})
    assert seen == []
    house.get("reader", "attention")
    assert seen == ["reader"]


def test_a_page_that_asks_again_within_a_minute_adds_nothing_so_that_no_news_makes_news(
    tmp_path: Path,
) -> None:
    house = Household(tmp_path)
    house.other.send("Phishing", house.side)
    house.net.settle()
    for path, asked in (("search", {"words": "phish"}), ("desk/cert/list", {}), ("attention", {})):
        house.get("supervisor", path, **asked)
        before = seen_by(house, "supervisor")
        house.get("supervisor", path, **asked)
        assert seen_by(house, "supervisor") == before


def test_what_is_done_on_purpose_is_entered_each_time(tmp_path: Path) -> None:
    house = Household(tmp_path)
    mid = house.other.send("one", house.side)
    house.net.settle()
    for _ in range(2):
        assert house.get("supervisor", f"record/{mid.hex()}/proof").status == 200
    rows = house.side.office.trail.find(PEOPLE["auditor"], Query(), house.net.now).rows
    assert [row.text("what") for row in rows].count("record/proof") == 2
