"""Two real parties with consoles, and people in browsers of their own."""

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest import mock

import pyotp
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from tests.support.ports import free_port
from tests.support.running import Running

from detente.app import founding
from detente.app.meeting import Meeting
from detente.vault.file import FileVault
from detente.vault.sealing import Cost

T = TypeVar("T")
WAIT: Final = 120_000  # ms until something that takes a moment counts as failed; never a measure
PASSWORD: Final = "nine lamps over the harbour"
# A guess at the passphrases of these parties may be cheap: a start of a process then is, too.
_CHEAP: Final = partial(FileVault.create, cost=Cost(passes=1, memory_kib=64, lanes=1))


def until(found: Callable[[], T | None], what: str) -> T:
    """Ask until there is an answer that says yes."""
    pause = threading.Event()
    for _ in range(WAIT * 4 // 50):
        answer = found()
        if answer:
            return answer
        pause.wait(0.05)
    raise AssertionError(f"it never came true: {what}")


class House(Running):
    """One party whose console listens on this machine under a name of its own."""

    def __init__(
        self, place: Path, name: str, *, tls: str = "off", unreleased: bool = False,
        desks: Sequence[str] = founding.FIRST_DESKS, more: str = "",
    ) -> None:  # fmt: skip
        with mock.patch.object(FileVault, "create", _CHEAP):
            super().__init__(place, name, desks)
        self.port, self.tls = free_port(), tls
        scheme = "http" if tls == "off" else "https"
        self.host = f"{self.folder.name}.localhost"
        self.url = f"{scheme}://{self.host}:{self.port}"
        with (self.folder / "detente.toml").open("a") as settings:
            settings.write(
                f'\n[console]\nlisten = "tcp://127.0.0.1:{self.port}"\n'
                f'name = "{self.host}"\ntls = "{tls}"\n'
            )
            if unreleased:
                settings.write("\n[office]\nunreleased = true\n")
            settings.write(more)

    def enter_link(self, name: str) -> str:
        """The one-time link of a person, as `detente person enter-link` prints it."""
        found = self.insist("POST", f"/api/v1/person/{name}/enter-link", {})
        return f"{self.url}/enter/{found['link']}"

    def fingerprint(self) -> str:
        found: str = Meeting(self.folder).card().fingerprint
        return found


@dataclass
class Someone:
    """A person at a browser of their own."""

    house: House
    name: str
    page: Page
    secret: str = ""
    codes: list[str] = field(default_factory=list)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def go(self, path: str) -> None:
        self.page.goto(f"{self.house.url}{path}")

    def see(self, text: str) -> None:
        expect(self.page.locator("main")).to_contain_text(text, timeout=WAIT)

    def press(self, name: str | re.Pattern[str]) -> None:
        self.page.get_by_role("button", name=name).click()

    # The door.

    def come_by(self, link: str) -> None:
        """Use a one-time link up; stand before the choice."""
        self.page.goto(link)
        self.page.locator("main form button").first.click()
        expect(self.page).to_have_url(f"{self.house.url}/setup", timeout=WAIT)

    def choose_password(self) -> None:
        """Set password and authenticator; keep the recovery codes."""
        shown = self.page.locator(".hint code").inner_text()
        self.secret = shown.replace(" ", "").strip()
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=twice]").fill(PASSWORD)
        self.page.locator("input[name=code]").fill(pyotp.TOTP(self.secret).now())
        self.page.locator("form:has(input[name=twice]) button").last.click()
        rows = self.page.locator("ol.codes li")
        expect(rows.first).to_be_visible(timeout=WAIT)
        self.codes = rows.all_inner_texts()

    def sign_in(self, code: str = "") -> None:
        """Sign in by password and code. A code counts once, so recovery codes follow."""
        if "/sign-in" not in self.page.url:
            self.go("/sign-in")
        self.page.locator("input[name=name]").fill(self.name)
        self.prove(code)

    def prove(self, code: str = "") -> None:
        """Fill in password and code where a page asks who it is."""
        self.page.locator("input[name=password]").fill(PASSWORD)
        self.page.locator("input[name=code]").fill(code or self.codes.pop())
        self.page.locator("form:has(input[name=password]) button").last.click()


@dataclass
class Cast:
    """Everybody of the stories."""

    root: Someone  # Aurelia's operator, who administers
    vera: Someone  # drafts, comes in by a passkey
    boris: Someone  # releases, by password and code
    duty: Someone  # Borealis's officer


def authenticator(page: Page) -> None:
    """Give a page a passkey device that says yes."""
    line = page.context.new_cdp_session(page)
    line.send("WebAuthn.enable")
    line.send(
        "WebAuthn.addVirtualAuthenticator",
        {"options": {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }},
    )  # fmt: skip


@contextmanager
def two_houses(
    place: Path, desks: Sequence[str] = founding.FIRST_DESKS, more: str = ""
) -> Iterator[tuple[House, House]]:
    """Aurelia and Borealis, met and linked, both with a console; ended when the test is.

    more: further settings of both.
    """
    # One rule of each sort: here one person may send a FLASH alone, there the console has TLS.
    pair = (
        House(place, "aurelia.gov", unreleased=True, desks=desks, more=more),
        House(place, "borealis.gov", tls="auto", desks=desks, more=more),
    )
    for one, other in (pair, pair[::-1]):
        one.meet(other)
    try:
        for each in pair:
            each.start()
        for each in pair:
            until(each.is_live, f"the link of {each.name} is up")
            each.insist("GET", "/api/v1/log")
        yield pair
    finally:
        for each in pair:
            each.end()


class Street:
    """Whoever sits at a browser in this test; all leave in the end."""

    def __init__(self, browser: Browser, stack: ExitStack) -> None:
        self._browser, self._stack = browser, stack
        self.people: list[Someone] = []
        self.complaints: list[str] = []

    def _hear(self, name: str, said: ConsoleMessage) -> None:
        # An answer that is no 200 is told too; what a page does about it is a story's own matter.
        if said.type == "error" and not said.text.startswith("Failed to load resource"):
            self.complaints.append(f"{name}: {said.text}")

    def browser_of(self, house: House, name: str, **options: Any) -> Someone:  # noqa: ANN401
        own = {"viewport": {"width": 1280, "height": 720}, "locale": "en-GB"}
        # A certificate of the party's own is none that a browser knows.
        options = {**own, "ignore_https_errors": house.tls != "off", **options}
        context = self._browser.new_context(**options)
        context.set_default_timeout(WAIT)
        self._stack.callback(context.close)
        found = Someone(house, name, context.new_page())
        found.page.on("pageerror", lambda error: self.complaints.append(f"{name}: {error}"))
        found.page.on("console", lambda said: self._hear(name, said))
        self.people.append(found)
        return found

    def show(self, folder: Path) -> None:
        """Write what everybody has on the screen, to look into a failure."""
        folder.mkdir(parents=True, exist_ok=True)
        for each in self.people:
            each.page.screenshot(path=str(folder / f"{each.house.folder.name}-{each.name}.png"))
