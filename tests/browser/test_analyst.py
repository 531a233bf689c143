"""An analyst finds an address, follows it, sees who holds it, takes it back, and sees it gone there."""

import re

from playwright.sync_api import expect
from tests.browser.houses import WAIT, Cast
from tests.browser.steps import compose, look_and_send

ADDRESS = "10.0.0.0"
SHOWN = "10[.]0[.]0[.]0"


def test_from_an_address_to_its_withdrawal_over_there(cast: Cast) -> None:
    root, duty = cast.root, cast.duty
    page = root.page
    compose(root, f"Poison Ivy, seen at {ADDRESS}", "ROUTINE", "borealis.gov")
    root.see("Poison Ivy, seen at " + SHOWN)

    root.go("/desk/cert/find")
    page.locator("input[name=value]").fill(ADDRESS)
    page.locator("form.asked button").click()
    page.locator("a[href^='/object/indicator--']").first.click()
    expect(page.locator("ul.values")).to_contain_text(SHOWN, timeout=WAIT)
    expect(page.locator("svg.graph a[href^='/object/']").first).to_be_visible()
    root.see("What happened to an object")
    root.see("stands")
    copy = page.locator("button[data-copy]").first
    expect(copy).to_be_visible()
    assert copy.get_attribute("data-copy") == ADDRESS

    here = page.url.removeprefix(root.house.url)
    page.get_by_role("link", name="Take it back").click()
    page.locator("[name=reason]").first.wait_for()
    reason = page.locator("input[name=reason][value=false], select[name=reason]")
    if reason.first.evaluate("each => each.tagName") == "SELECT":
        reason.first.select_option("false")
    else:
        reason.first.check()
    look_and_send(root)
    expect(page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    root.go(here)
    root.see("asked to remove")

    duty.go(here)
    duty.see("withdrawn")
    duty.go("/attention")
    row = duty.page.locator("tr[data-row]", has_text="what was removed")
    expect(row.first).to_be_visible(timeout=WAIT)
    row.first.locator("a.what").click()
    duty.page.locator(".duty a[href*='/write/cert/acknowledge']").first.click()
    look_and_send(duty)
    expect(duty.page).to_have_url(re.compile("/matter/"), timeout=WAIT)

    for _ in range(60):
        root.go(here)
        if page.get_by_text("removed", exact=True).count():
            break
        page.wait_for_timeout(500)
    root.see("removed")
