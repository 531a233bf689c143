"""Steps that several stories take, each in a person's own browser."""

import re
from collections.abc import Callable
from typing import Final

from playwright.sync_api import Page, expect
from tests.browser.houses import WAIT, Someone, authenticator

BUNDLE: Final = "src/detente/app/samples/c2-indicators.json"


def make_person(root: Someone, name: str, display: str, place: str) -> str:
    """Let an administrator make a person at the desk cert; return their one-time link."""

    def fill(page: Page) -> None:
        page.locator("#display").fill(display)
        page.locator("#desk-cert").select_option(place)

    _make(root, name, fill)
    return new_link(root, name)


def in_house(root: Someone, name: str, role: str) -> str:
    """Let an administrator make a person with a role in the house; return their one-time link."""

    def fill(page: Page) -> None:
        page.locator("#display").fill(name.capitalize())
        page.locator(f"input[name=house][value={role}]").check()

    _make(root, name, fill)
    return root.house.enter_link(name)


def _make(root: Someone, name: str, fill: Callable[[Page], None]) -> None:
    # Who came in some minutes ago is asked once more who they are, and led back to the form.
    page = root.page
    made = page.locator(f'form[action="/people/{name}/link"] button')
    again = page.get_by_role("link", name="Go on")
    root.go("/people")
    page.locator("#name").fill(name)
    fill(page)
    root.press("Make this person")
    expect(made.or_(again)).to_be_visible(timeout=WAIT)
    if again.is_visible():
        again.click()
        root.prove()
        expect(page).to_have_url(f"{root.house.url}/people", timeout=WAIT)
        page.locator("#name").fill(name)
        fill(page)
        root.press("Make this person")
    expect(page).to_have_url(f"{root.house.url}/people/{name}", timeout=WAIT)


def new_link(root: Someone, name: str) -> str:
    """Let an administrator make a one-time link."""
    root.go(f"/people/{name}")
    root.page.locator(f'form[action="/people/{name}/link"] button').click()
    return root.page.locator("section[role=status] code").inner_text(timeout=WAIT).strip()


def with_passkey(someone: Someone, link: str) -> None:
    """Come by a link and make a passkey."""
    authenticator(someone.page)
    someone.come_by(link)
    someone.page.locator("[data-passkey=create] button").click()
    expect(someone.page).to_have_url(f"{someone.house.url}/me", timeout=WAIT)


def fill_bundle(someone: Someone, about: str, prec: str, to: str) -> None:
    """Fill in the form of a bundle."""
    page = someone.page
    someone.go("/write/cert/send")
    page.locator(f"input[name=to][value='cert@{to}']").check()
    page.locator(f"input[name=prec][value='{prec}']").check()
    page.locator("[name=about]").fill(about)
    page.locator("input[type=file]").first.set_input_files(BUNDLE)


def look_and_send(someone: Someone) -> None:
    """See what would leave, and send just that."""
    page = someone.page
    page.locator("button[value=look]").click()
    page.locator("button[formaction$='/send']").click()


def compose(someone: Someone, about: str, prec: str, to: str) -> str:
    """Write a bundle; return the path at which it then stands."""
    fill_bundle(someone, about, prec, to)
    look_and_send(someone)
    expect(someone.page).to_have_url(re.compile(r"/(drafts|matter)/[0-9a-f]+"), timeout=WAIT)
    return someone.page.url.removeprefix(someone.house.url)


def release(someone: Someone, path: str) -> None:
    """Sign as the second person; stand at the record's matter."""
    someone.go(path)
    someone.page.locator("form[action$='/release'] button").click()
    expect(someone.page).to_have_url(re.compile("/matter/"), timeout=WAIT)


def quieten(someone: Someone) -> None:
    """Answer every alarm that another story may have left."""
    someone.go("/attention")
    ringing = someone.page.locator(".flash button")
    while ringing.count():
        ringing.first.click()
        expect(someone.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
        someone.go("/attention")


def acknowledge(someone: Someone, about: str) -> None:
    """Answer the alarm of a FLASH; stand at its matter."""
    band = someone.page.get_by_role("alert").filter(has_text=about)
    expect(band).to_contain_text("FLASH", timeout=WAIT)
    band.get_by_role("button").click()
    expect(someone.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    expect(band).to_have_count(0)
