"""What goes wrong between a person, a browser and the console, and what must hold all the same."""

import re

from playwright.sync_api import Route, expect
from tests.browser.houses import WAIT, Cast, Someone, Street
from tests.browser.steps import acknowledge, compose, fill_bundle, look_and_send, release


def test_signing_out_everywhere_ends_every_page_and_the_back_button_shows_nothing(
    cast: Cast, street: Street
) -> None:
    house = cast.duty.house
    here = street.browser_of(house, "operator")
    there = street.browser_of(house, "operator")
    for each in (here, there):
        each.sign_in(cast.duty.codes.pop())
        expect(each.page).not_to_have_url(re.compile("/sign-in"), timeout=WAIT)
        each.go("/attention")
        expect(each.page.locator("h1")).to_have_text("Attention")
        expect(each.page.locator("[data-console]")).to_have_text("Console live", timeout=WAIT)
    here.go("/me")
    here.page.locator("form[action='/me/end-all'] button").click()
    expect(here.page).to_have_url(f"{house.url}/sign-in", timeout=WAIT)
    here.page.go_back()
    expect(here.page).to_have_url(re.compile("/sign-in"), timeout=WAIT)
    # The page that lay open elsewhere is told, and leaves by itself.
    expect(there.page).to_have_url(re.compile("/sign-in"), timeout=WAIT)
    cast.duty.sign_in()
    expect(cast.duty.page).not_to_have_url(re.compile("/sign-in"), timeout=WAIT)


def test_a_draft_survives_the_end_of_its_session(cast: Cast, street: Street) -> None:
    vera = street.browser_of(cast.root.house, "operator")
    vera.sign_in(cast.root.codes.pop())
    fill_bundle(vera, "Half a thought, and then the session ends", "ROUTINE", "borealis.gov")
    expect(vera.page.locator("[data-draft-state]")).to_contain_text("kept", timeout=WAIT)
    vera.context.clear_cookies()
    vera.page.locator("button[value=look]").click()
    expect(vera.page.locator("main")).to_contain_text("sign in", timeout=WAIT)
    vera.codes = cast.root.codes
    vera.sign_in()
    expect(vera.page).not_to_have_url(re.compile("/sign-in"), timeout=WAIT)
    vera.go("/write")
    vera.page.get_by_text("Half a thought, and then the session ends").click()
    about = vera.page.locator("[name=about]")
    expect(about).to_have_value("Half a thought, and then the session ends", timeout=WAIT)


def test_two_people_releasing_at_once_send_it_once(cast: Cast) -> None:
    before = _flashes(cast)
    path = compose(cast.vera, "Two hands on one lever", "FLASH", "borealis.gov")
    cast.boris.go(path)
    cast.root.go(path)
    release_button = "form[action$='/release'] button"
    expect(cast.root.page.locator(release_button)).to_be_visible()
    cast.boris.page.locator(release_button).click()
    expect(cast.boris.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    # Her page is brought up to date, or her act is refused: either way she reads that it is over.
    over = cast.root.page.get_by_role("heading", level=1)
    if cast.root.page.locator(release_button).count():
        cast.root.page.locator(release_button).click()
    expect(over).to_have_text("Over", timeout=WAIT)
    assert len(_flashes(cast) - before) == 1
    cast.duty.go("/attention")
    acknowledge(cast.duty, "Two hands on one lever")


def test_news_between_press_and_release_take_no_button_away(cast: Cast, street: Street) -> None:
    path = compose(cast.vera, "Pressed while news came", "FLASH", "borealis.gov")
    boris = street.browser_of(
        cast.boris.house, "boris", storage_state=cast.boris.context.storage_state()
    )
    held: list[Route] = []
    boris.page.route(
        "**/drafts/*",
        lambda route: (
            held.append(route) if route.request.headers.get("x-refresh") else route.continue_()
        ),
    )
    boris.go(path)
    _stale(boris)
    while not held:
        _frame(boris)
    button = boris.page.locator("form[action$='/release'] button")
    box = button.bounding_box()
    assert box is not None
    boris.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    boris.page.mouse.down()
    pressed = button.element_handle()
    # The news arrive, and the page has frames enough to show them, before the hand lets go.
    with boris.page.expect_response("**/drafts/*"):
        held[0].continue_()
    for _ in range(10):
        _frame(boris)
    assert pressed.evaluate("each => each.isConnected")
    boris.page.mouse.up()
    expect(boris.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    cast.duty.go("/attention")
    acknowledge(cast.duty, "Pressed while news came")


def test_news_leave_who_goes_by_keys_where_they_stand(cast: Cast, street: Street) -> None:
    path = compose(cast.vera, "Stood upon while news came", "FLASH", "borealis.gov")
    boris = street.browser_of(
        cast.boris.house, "boris", storage_state=cast.boris.context.storage_state()
    )
    boris.go(path)
    expect(boris.page.locator("[data-console]")).to_have_text("Console live", timeout=WAIT)
    button = boris.page.locator("form[action$='/release'] button")
    button.focus()
    before = button.element_handle()
    _stale(boris)
    boris.page.wait_for_function("each => !each.isConnected", arg=before, timeout=WAIT)
    expect(button).to_be_focused()
    boris.page.keyboard.press("Enter")
    expect(boris.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    cast.duty.go("/attention")
    acknowledge(cast.duty, "Stood upon while news came")


def _frame(someone: Someone) -> None:
    someone.page.evaluate("new Promise(requestAnimationFrame)")


def _stale(someone: Someone) -> None:
    """Let a page believe that it is behind: it asks for itself anew with the next tick."""
    someone.page.evaluate("document.querySelector('#state').dataset.state = 'behind'")


def test_a_stream_that_is_cut_misses_no_flash(cast: Cast, street: Street) -> None:
    duty = street.browser_of(
        cast.duty.house, "operator", storage_state=cast.duty.context.storage_state()
    )
    cut = [True]

    def line(route: Route) -> None:
        route.abort() if cut[0] else route.continue_()

    duty.context.route("**/live", line)
    duty.go("/links")
    expect(duty.page.locator("[data-console]")).to_have_class("need", timeout=WAIT)
    release(
        cast.boris, compose(cast.vera, "Sent while the stream was cut", "FLASH", "borealis.gov")
    )
    expect(duty.page.locator(".flash", has_text="while the stream")).to_have_count(0)
    cut[0] = False
    acknowledge(duty, "Sent while the stream was cut")


def test_without_javascript_one_reads_writes_and_acknowledges(cast: Cast, street: Street) -> None:
    release(
        cast.boris, compose(cast.vera, "For a browser without a script", "FLASH", "borealis.gov")
    )
    duty = street.browser_of(
        cast.duty.house, "operator", java_script_enabled=False,
        storage_state=cast.duty.context.storage_state(),
    )  # fmt: skip
    duty.go("/attention")
    band = duty.page.locator(".flash", has_text="For a browser without a script")
    while not band.count():
        duty.page.reload()
    band.get_by_role("button").click()
    expect(duty.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    duty.see("For a browser without a script")
    fill_bundle(duty, "Written without a script", "ROUTINE", "aurelia.gov")
    look_and_send(duty)
    expect(duty.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    duty.see("Written without a script")


def _flashes(cast: Cast) -> set[str]:
    rows = cast.boris.house.records()
    return {row["mid"] for row in rows if (row["kind"], row["prec"]) == ("cert.bundle", "FLASH")}
