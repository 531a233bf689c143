"""Every page in both languages and both themes: what axe finds, and whether it fits its window.

The list of pages is that of the console's own routes: who adds a page says here where it is found.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.houses import WAIT, Cast, House, Someone, Street
from tests.browser.steps import acknowledge, compose, fill_bundle, in_house, release, with_passkey
from tests.support import browsing

from detente.app.console.pages import ROUTES
from detente.office.fields import Mid

# Answers that are no page to look at.
NO_PAGE: Final = {
    "told/{token}": "a table for who has the token",
    "large/{file}": "a step on the way of a form",
    "hotline": "this house has no direct line",
    "hotline/{party}": "this house has no direct line",
    "hotline/{party}/{mid}": "this house has no direct line",
    "notice/{mid}": "this house has no desk of notices",
    "exercise/{mid}": "this house has no desk of notices",
    "paper/notice/{mid}": "a file",
    "paper/session/{party}/{day}": "a file",
    "paper/log/{day}": "a file",
    "paper/exercise/{mid}": "a file",
    "": "leads to where a person's work is",
    "api/{rest...}": "for programs",
    "taxii2/{rest...}": "for programs",
    "live": "a stream",
    "health/live": "a word for machines",
    "health/ready": "a word for machines",
    "audit/export": "a file",
    "audit/file": "a file",
    "matter/{matter}/evidence": "a file",
    "peers/card": "a file",
    "record/{mid}": "leads to its matter",
    "record/{mid}/proof": "a file",
    "record/{mid}/text/{field}": "a file",
    "record/{mid}/file/{number}": "a file",
    "setup/code.svg": "a picture, seen on the page of the setup",
}
# By person: where each page is found. {…} are places of the fixture below.
ROOT: Final = {
    "attention": "attention", "watch": "watch", "desks": "desks", "links": "links",
    "links/{party}": "links/borealis.gov", "search": "search?text=gateway", "write": "write",
    "write/{desk}/{act}": "write/cert/send", "drafts": "drafts", "drafts/{mid}": "{draft}",
    "matter/{matter}": "{matter}", "desk/{desk}/{look}": "desk/cert/list", "people": "people",
    "people/{name}": "people/vera", "me": "me", "doctor": "doctor", "peers": "peers",
    "peers/{party}": "peers/borealis.gov", "help": "help", "help/{code}": "help/people.changed",
    "procedure/{name}": "procedure/cert.bundle", "again": "again", "unlock": "unlock",
    "desk-keys": "desk-keys", "feeds": "feeds", "collections": "collections",
    "arrangements": "arrangements", "incident/{mid}": "{incident}",
    "object/{id}": "object/indicator--53fe3b22-0201-47cf-85d0-97c02164528d",
}  # fmt: skip
INCIDENT: Final = {
    "to": ["borealis.gov"], "about": "Pumps answer at 203.0.113.7", "text": "Since last night.",
    "category": "intrusion", "severity": "high", "impact": "degraded", "tlp": "AMBER",
}  # fmt: skip
AUDITOR: Final = {"audit": "audit", "audit/verify": "audit/verify"}
OVERSEER: Final = {"overseer": "overseer"}
DOOR: Final = {"sign-in": "sign-in", "enter/{token}": "", "setup": ""}
# Beside routes: what a page says when it says no, by its status.
FAULTS: Final = {"no-such-page": 404, "audit": 403, "{over}": 409}
SIZES: Final = {"desk": (1280, 720), "tablet": (820, 1180)}


@dataclass
class Stage:
    """Whose pages are looked at, and where what they are about is found."""

    house: House
    people: Mapping[str, Someone]
    places: Mapping[str, str]


@dataclass
class Look:
    """One language and theme: what is wrong with the pages in it."""

    browser: Browser
    language: str
    theme: str
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, someone: Someone | None = None) -> Iterator[Page]:
        """Give a page of a browser in this language and theme, signed in as somebody."""
        options: dict[str, Any] = {
            "locale": "en-GB" if self.language == "en" else "ru-RU", "color_scheme": self.theme,
            "bypass_csp": True, "viewport": dict(zip(("width", "height"), SIZES["desk"], strict=True)),
        }  # fmt: skip
        state = someone.context.storage_state() if someone else None
        context = self.browser.new_context(storage_state=state, **options)
        context.set_default_timeout(WAIT)
        try:
            yield context.new_page()
        finally:
            context.close()

    def open(self, page: Page, url: str, name: str, status: int = 200) -> None:
        """Open an address and look at what stands there."""
        answer = page.goto(url, timeout=WAIT)
        assert answer is not None
        if answer.status != status:
            self.wrong.append(f"{name}: {answer.status}")
        self.see(page, name)

    def see(self, page: Page, name: str) -> None:
        """Look at what a page shows: its language, what axe finds, whether it fits."""
        found = browsing.grave_findings(page)
        if page.locator("html").get_attribute("lang") != self.language:
            found.append(f"not in {self.language}")
        for size, (width, height) in reversed(SIZES.items()):
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{wide} wide in {width}"] if wide > width else []
            if size == "desk" or self.language == "ru":
                browsing.keep_picture(page, f"{name}-{self.language}-{self.theme}-{size}")
        self.wrong += [f"{name}: {each}" for each in found]


@pytest.fixture(scope="module")
def stage(cast: Cast, street: Street) -> Stage:
    """People of every sort, a matter under way, a draft that waits and one that is over."""
    house, root = cast.root.house, cast.root
    found = {"root": root}
    for name, role in (("audra", "auditor"), ("otto", "overseer")):
        found[role] = street.browser_of(house, name)
        with_passkey(found[role], in_house(root, name, role))
    in_house(root, "guest", "overseer")
    waits = compose(cast.vera, "A draft that waits for a second person", "FLASH", "borealis.gov")
    over = compose(cast.vera, "A draft that is over", "FLASH", "borealis.gov")
    release(cast.boris, over)
    cast.duty.go("/attention")  # whatever story came before, or none
    acknowledge(cast.duty, "A draft that is over")
    matter = compose(root, "Open gateways at two substations", "PRIORITY", "borealis.gov")
    incident = house.insist("POST", "/api/v1/cert/incident", INCIDENT)["records"][0]["mid"]
    places = {
        "draft": waits, "over": over, "matter": matter.partition("#")[0],
        "incident": f"incident/{_mid(incident).hex()}",
    }  # fmt: skip
    return Stage(house, found, {key: text.strip("/") for key, text in places.items()})


def _mid(written: str) -> bytes:
    found = Mid().read("mid", written)
    assert isinstance(found, bytes)
    return found


def test_every_page_of_the_console_is_looked_at() -> None:
    looked = {*ROOT, *AUDITOR, *OVERSEER, *DOOR}
    assert {each.pattern for each in ROUTES if each.method == "GET"} - set(NO_PAGE) == looked
    assert set(NO_PAGE) <= {each.pattern for each in ROUTES}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, stage: Stage, language: str, theme: str
) -> None:
    look = Look(browser, language, theme)
    for name, pages in (("root", ROOT), ("auditor", AUDITOR), ("overseer", OVERSEER)):
        with look.page(stage.people[name]) as page:
            for pattern, path in pages.items():
                url = f"{stage.house.url}/{path.format(**stage.places)}"
                look.open(page, url, _named(pattern))
    with look.page(stage.people["root"]) as page:
        for path, status in FAULTS.items():
            url = f"{stage.house.url}/{path.format(**stage.places)}"
            look.open(page, url, f"fault-{status}", status)
    _through_the_door(look, stage)
    _what_answers_a_form(look, stage)
    assert not look.wrong, "\n".join(look.wrong)


def _through_the_door(look: Look, stage: Stage) -> None:
    with look.page() as page:
        guest = Someone(stage.house, "guest", page)
        look.open(page, f"{stage.house.url}/sign-in", "sign-in")
        look.open(page, f"{stage.house.url}/no-such-page", "fault-door", 404)
        look.open(page, stage.house.enter_link("guest"), "enter")
        page.locator("main form button").first.click()
        page.wait_for_url("**/setup")
        look.see(page, "setup")
        guest.choose_password()
        look.see(page, "codes")


def _what_answers_a_form(look: Look, stage: Stage) -> None:
    with look.page(stage.people["root"]) as page:
        root = Someone(stage.house, "operator", page)
        fill_bundle(root, "About to be looked at", "ROUTINE", "borealis.gov")
        page.locator("button[value=look]").click()
        page.locator("button[formaction$='/send']").wait_for()
        look.see(page, "write-preview")
        root.go("/write/cert/send")
        page.locator("[name=within]").fill("soon")
        page.locator("button[value=look]").click()
        page.locator(".errors").wait_for()
        look.see(page, "write-errors")


def _named(pattern: str) -> str:
    return pattern.replace("{", "").replace("}", "").replace("/", "-")
