"""The watch floor: an unexplained outage is notified, misread, clarified, raised to the hotline, resolved.

Both sides' figures are equal in the end, and so is what their evidence shows.
"""

import json
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from tests.browser.houses import WAIT, House, Someone, Street, two_houses, until
from tests.browser.test_story import program

DESKS = ("notices", "hotline")
A, B = "aurelia.gov", "borealis.gov"
FEAR = "Is this the beginning of something? Our fleet exercises nearby."
CALM = "A relay failed. Nobody did this."


@pytest.fixture
def floors(browser: Browser) -> Iterator[tuple[House, House]]:
    """Two parties that keep a watch floor and a direct line, and nothing else."""
    place = Path(tempfile.mkdtemp(prefix="w-"))
    try:
        with two_houses(place, DESKS) as pair:
            yield pair
    finally:
        shutil.rmtree(place, ignore_errors=True)


def told(**named: str) -> list[dict[str, str]]:
    return [{"name": name, "text": text} for name, text in named.items()]


def do(house: House, verb: str, **body: object) -> Any:  # noqa: ANN401  the verb knows
    return house.insist("POST", f"/api/v1/{verb}", body)


def mid_of(answer: dict[str, Any]) -> str:
    return str((answer["records"] or answer["drafts"])[0]["mid"])


def rows(house: House, look: str, **query: object) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = house.ask("GET", f"/api/v1/{look}", None, **query)["rows"]
    return found


def there(house: House, mid: str) -> dict[str, Any]:
    """The notice as this side has it, once it is there."""
    return until(
        lambda: next((row for row in rows(house, "notices/list") if row["mid"] == mid), None),
        "the notice is there",
    )


def matter_of(house: House, mid: str) -> str:
    return str(house.ask("GET", f"/api/v1/record/{mid}")["matter"])


def is_in(house: House, mid: str, state: str) -> None:
    until(lambda: there(house, mid)["state"] == state, f"{house.name} has it as {state}")


def principal(house: House, street: Street) -> Someone:
    """A principal, who releases what others draft for the direct line."""
    house.insist(
        "POST", "/api/v1/person",
        {"name": "principal", "display": "Principal", "places": [{"desk": "hotline", "place": "releaser"}]},
    )  # fmt: skip
    found = street.browser_of(house, "principal")
    found.come_by(house.enter_link("principal"))
    found.choose_password()
    return found


def call(house: House, person: Someone, to: str, text: str) -> None:
    """Let a message be drafted for the direct line, and its principal release it at the console."""
    do(house, "hotline/say", to=[f"hotline@{to}"], language="en", text=text)
    person.go("/drafts")
    person.page.locator("main a[href^='/drafts/']").first.click()
    person.see(text)
    person.page.locator("form[action$='/release'] button").click()
    expect(person.page).to_have_url(re.compile("/matter/"), timeout=WAIT)


def hears(person: Someone, from_: str, text: str) -> None:
    """Find a message of the other side on the page of the line, and read it."""
    person.go(f"/hotline/{from_}")
    message = person.page.locator(f"main a[href^='/hotline/{from_}/']")
    until(lambda: person.page.reload() and message.count(), "the message is on the line's page")
    message.first.click()
    person.see(text)


def verified(house: House, other: House, matter: str, folder: Path) -> dict[str, Any]:
    """Let the program judge one side's evidence of a matter by both cards."""
    file = folder / f"{house.folder.name}-{matter}.evidence"
    program("evidence", "export", matter, "-o", file, "--at", house.folder)
    cards: list[str | Path] = []
    for each in (house, other):
        card = file.with_name(f"{each.folder.name}.card")
        program("party", "card", "-o", card, "--at", each.folder)
        cards += ["--card", card]
    found: dict[str, Any] = json.loads(program("verify", file, *cards, "--json"))
    return found


def test_an_outage_is_notified_misread_clarified_raised_and_resolved(
    floors: tuple[House, House], street: Street, tmp_path: Path
) -> None:
    a, b = floors
    duty = street.browser_of(b, "operator")
    duty.come_by(b.enter_link("operator"))
    duty.choose_password()
    ours, theirs = principal(a, street), principal(b, street)
    duty.go("/attention")

    # Notified: it comes by itself to the page that lies open.
    outage = mid_of(do(
        a, "notices/send", to=[f"notices@{B}"], format="N6", prec="IMMEDIATE", tlp="GREEN",
        value=told(sector="energy", began="2026-11-22T09:40Z", cause="unknown", people="120000",
                   remarks="Two lines tripped within a second."),
    ))  # fmt: skip
    duty.see("N6")
    there(b, outage)
    do(b, "notices/acknowledge", mid=outage, officer="A. Lind")
    is_in(a, outage, "acknowledged")

    # Misread: they ask whether it is directed at them.
    question = mid_of(do(
        b, "notices/send", to=[f"notices@{A}"], format="N2", tlp="GREEN",
        value=told(what="Loss of power beside our exercise area", seen="2026-11-22T09:41Z",
                   basis="own", question=FEAR),
    ))  # fmt: skip
    there(a, question)
    do(a, "notices/acknowledge", mid=question, officer="P. Berg")

    # Raised: before an answer is known, their principal takes the direct line.
    call(b, theirs, A, FEAR)
    hears(ours, B, FEAR)
    call(a, ours, B, CALM)
    hears(theirs, A, CALM)

    # Clarified, in the fields of the same notice; then resolved.
    do(a, "notices/answer", mid=question, value=told(position="not_ours", reply=CALM))
    is_in(b, question, "answered")
    do(a, "notices/correct", mid=outage, value=told(cause="technical", not_directed="yes"))
    is_in(b, outage, "corrected")
    duty.go(f"/matter/{matter_of(b, outage)}")
    duty.page.locator("li.theirs form[action$='/read'] button").first.click()
    duty.see("Two lines tripped within a second.")
    do(b, "notices/acknowledge", mid=outage, officer="A. Lind")
    do(a, "notices/cancel", mid=outage, reason="over")
    is_in(b, outage, "cancelled")
    do(b, "notices/acknowledge", mid=outage, officer="A. Lind")
    for house in floors:
        is_in(house, outage, "closed")

    # Both count the same, and both can prove the same.
    month = str(there(a, outage)["kept_at"])[:7]
    counts = [rows(house, "notices/figures", month=month) for house in floors]
    assert counts[0] == counts[1]
    assert sorted((row["sent"], row["in_time"], row["late"]) for row in counts[0]) == [
        (1, 1, 0), (1, 1, 0),
    ]  # fmt: skip
    for mid, least in ((outage, 6), (question, 3)):
        matter = matter_of(a, mid)
        sides = [verified(a, b, matter, tmp_path), verified(b, a, matter, tmp_path)]
        assert [(each["valid"], each["strength"]) for each in sides] == [(True, "FULL")] * 2
        names = [{record["mid"] for record in each["records"]} for each in sides]
        assert names[0] == names[1]
        assert len(names[0]) >= least
