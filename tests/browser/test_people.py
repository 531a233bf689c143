"""Several people at one thing: who comes second reads what happened, and nothing is done twice."""

import re

import pytest
from playwright.sync_api import Page, Request, Route, expect
from tests.browser.houses import WAIT, Cast, Someone, Street
from tests.browser.steps import (
    acknowledge,
    compose,
    fill_bundle,
    in_house,
    make_person,
    release,
    with_passkey,
)

WHY = "The second officer is in hospital"


def test_a_passkey_opens_a_console_with_its_own_certificate(cast: Cast, street: Street) -> None:
    house = cast.duty.house
    assert house.url.startswith("https://")
    nils = street.browser_of(house, "nils")
    with_passkey(nils, make_person(cast.duty, "nils", "Nils Borg", "drafter"))
    (session,) = [each for each in nils.context.cookies() if "session" in each["name"]]
    assert session["name"].startswith("__Host-")
    assert (session["secure"], session["httpOnly"]) == (True, True)
    nils.page.locator("form[action='/sign-out'] button").click()
    expect(nils.page).to_have_url(re.compile("/sign-in"), timeout=WAIT)
    nils.page.locator("[data-passkey=get] button").click()
    expect(nils.page.locator("[data-console]")).to_have_text("Console live", timeout=WAIT)
    nils.go("/me")
    nils.see("Nils Borg")


def test_who_changes_a_person_that_another_changed_reads_so_and_changes_nothing(
    cast: Cast, street: Street
) -> None:
    house, root = cast.root.house, cast.root
    make_person(root, "petra", "Petra Holm", "reader")
    nadia = street.browser_of(house, "nadia")
    with_passkey(nadia, in_house(root, "nadia", "administrator"))
    for each in (root, nadia):
        each.go("/people/petra")
    root.page.locator("#display").fill("Petra Holm-Lund")  # what somebody writes is left alone
    nadia.page.locator("#desk-cert").select_option("drafter")
    nadia.press("Change")
    expect(nadia.page.locator(".list tbody tr")).to_have_count(2, timeout=WAIT)
    root.press("Change")
    root.see("petra was changed meanwhile (1 was seen, 2 stands)")
    expect(root.page.locator("#desk-cert")).to_have_value("drafter")
    expect(root.page.locator("#display")).to_have_value("Petra Holm")
    expect(root.page.locator(".list tbody tr")).to_have_count(2)


def test_who_takes_a_matter_that_another_took_reads_who_has_it(cast: Cast, street: Street) -> None:
    about = "One matter, two pairs of hands"
    path = compose(cast.root, about, "PRIORITY", "borealis.gov").partition("#")[0]
    ola = street.browser_of(cast.duty.house, "ola")
    with_passkey(ola, make_person(cast.duty, "ola", "Ola Dahl", "releaser"))
    late = _without_news(cast.duty, street)  # of the session as it is after all that was asked
    for each in (ola, late):
        _until_there(each.page, f"{cast.duty.house.url}{path}")
        each.go(path)
    ola.press("Take")
    expect(ola.page.locator(".holder")).to_contain_text("ola has", timeout=WAIT)
    late.page.locator(".holder button").first.click()
    # A supervisor may take it over; what must not be is that both have it.
    expect(late.page.locator(".holder")).to_contain_text("operator", timeout=WAIT)
    ola.go(path)
    expect(ola.page.locator(".holder")).to_contain_text("operator")
    ola.page.locator(".holder button").first.click()
    ola.see("operator has this matter")


def test_a_page_that_answers_a_form_shows_a_flash_and_sends_nothing_again(
    cast: Cast, street: Street
) -> None:
    duty = street.browser_of(
        cast.duty.house, "operator", storage_state=cast.duty.context.storage_state()
    )
    fill_bundle(duty, "Half written when the bell rings", "ROUTINE", "aurelia.gov")
    duty.page.locator("button[value=look]").click()
    ready = duty.page.locator("button[formaction$='/send']")
    expect(ready).to_be_visible(timeout=WAIT)
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST" and not request.url.endswith("/keep"):
            sent.append(request.url)

    duty.page.on("request", note)
    release(cast.boris, compose(cast.vera, "The bell rings now", "FLASH", "borealis.gov"))
    band = duty.page.get_by_role("alert").filter(has_text="The bell rings now")
    expect(band).to_be_visible(timeout=WAIT)
    expect(ready).to_be_visible()
    expect(duty.page.locator("[name=about]")).to_have_value("Half written when the bell rings")
    assert sent == []
    acknowledge(duty, "The bell rings now")


def test_a_sole_officer_sends_alone_and_both_sides_see_that_one_person_signed(cast: Cast) -> None:
    about = "Nobody else is here tonight"
    path = compose(cast.vera, about, "FLASH", "borealis.gov")
    page = cast.vera.page
    page.locator("details:has(#f-alone) summary").click()
    # News come while it stands open: it stays open, and nobody's place to write is taken away.
    compose(cast.root, "News of the hour", "ROUTINE", "borealis.gov")
    expect(page.locator("#f-alone")).to_be_visible()
    page.locator("#f-alone").fill(WHY)
    page.locator("form[action$='/alone'] button").click()
    expect(page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    mark = f"UNRELEASED: one person signed: {WHY}"
    expect(page.locator("li.ours .need", has_text="UNRELEASED")).to_have_text(mark)
    acknowledge(cast.duty, about)
    theirs = cast.duty.page.locator("li.theirs .need", has_text="UNRELEASED")
    expect(theirs).to_have_text(mark)
    # The draft is over, and says so for as long as it lies open.
    cast.boris.go(path)
    expect(cast.boris.page.get_by_role("heading", level=1)).to_have_text("Over", timeout=WAIT)
    loads: list[str] = []
    cast.boris.page.on("load", lambda each: loads.append(each.url))
    other = compose(cast.root, "Something new meanwhile", "ROUTINE", "borealis.gov")
    expect(cast.boris.page.locator("[data-console]")).to_have_text("Console live", timeout=WAIT)
    expect(cast.boris.page.get_by_role("heading", level=1)).to_have_text("Over")
    assert other
    assert loads == [], "news make no page load itself over and over"


def test_a_page_that_is_not_for_them_takes_news_from_another_and_asks_no_more(cast: Cast) -> None:
    page = cast.boris.page
    cast.boris.go("/write/cert/send")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not done")
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url))
    expect(page.locator("[data-console]")).to_have_text("Console live", timeout=WAIT)
    with page.expect_response("**/help", timeout=WAIT):
        compose(cast.root, "News for a page that says no", "ROUTINE", "borealis.gov")
    assert [each for each in asked if each.endswith("/write/cert/send")] == []


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without one"])
def test_a_session_that_is_ended_leads_to_the_door_and_back_to_the_draft(
    cast: Cast, street: Street, script: bool
) -> None:
    about = f"Kept over the end of a session, {script}"
    ivo = street.browser_of(cast.root.house, "operator", java_script_enabled=script)
    ivo.codes = cast.root.codes
    ivo.sign_in()
    fill_bundle(ivo, about, "ROUTINE", "borealis.gov")
    ivo.page.locator("button[value=look]").click()
    expect(ivo.page.locator("button[formaction$='/send']")).to_be_visible(timeout=WAIT)
    _end_others(cast.root)
    ivo.page.locator("button[formaction$='/send']").click()
    expect(ivo.page.locator("main")).to_contain_text("sign in", timeout=WAIT)
    assert all(about not in str(each) for each in cast.root.house.records())
    ivo.sign_in()
    ivo.go("/write")
    ivo.page.get_by_text(about).first.click()
    expect(ivo.page.locator("[name=about]")).to_have_value(about, timeout=WAIT)


def _without_news(someone: Someone, street: Street) -> Someone:
    state = someone.context.storage_state()
    found = street.browser_of(someone.house, someone.name, storage_state=state)

    def cut(route: Route) -> None:
        route.abort()

    found.context.route("**/live", cut)
    return found


def _until_there(page: Page, url: str) -> None:
    while (answer := page.goto(url)) is None or answer.status != 200:
        page.wait_for_load_state()


def _end_others(someone: Someone) -> None:
    """End every session of somebody but the one of this browser."""
    someone.go("/me")
    ends = someone.page.locator("form[action='/me/end'] button")
    while ends.count():
        ends.first.click()
        someone.page.wait_for_load_state()
        someone.go("/me")
