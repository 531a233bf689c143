"""A FLASH from the peer's command line to an officer's screen: a real Chromium, or its manners.

Clocks: both ends read the machine's one wall clock, so a span over two processes has its meaning.
"""

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol

from bench import _report
from bench._console import Console, Visitor

CHROMIUM: Final = Path("/usr/bin/chromium")
SAMPLE: Final = _report.ROOT / "src/detente/app/samples/c2-indicators.json"
PATIENCE: Final = 60.0
ALONE: Final = "the second person is not to be reached"  # FLASH asks for two of the sender's
# Notes when a band came into the page, once each; kept over a page that is loaded anew.
_WATCH: Final = """
(() => {
  const look = () => {
    for (const band of document.querySelectorAll("section[data-flash]")) {
      const key = "bench " + band.dataset.flash;
      if (sessionStorage.getItem(key)) continue;
      sessionStorage.setItem(key, JSON.stringify([performance.timeOrigin + performance.now(), 0]));
      requestAnimationFrame(() => setTimeout(() => sessionStorage.setItem(key, JSON.stringify([
        JSON.parse(sessionStorage.getItem(key))[0], performance.timeOrigin + performance.now()]))));
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
})();
"""
_BAND: Final = re.compile(r'<section class="flash"[^>]* data-flash="([^"]*)"')
_ACTION: Final = re.compile(r'action="(/record/[0-9a-f]+/acknowledge)"')
_CSRF: Final = re.compile(r'name="csrf" value="([0-9a-f]*)"')


@dataclass(frozen=True, slots=True)
class Shown:
    """When a band stood in the page and when it was painted; seconds of the wall clock, 0: unknown."""

    there: float
    painted: float


class Screen(Protocol):
    """An officer's screen at the attention page."""

    name: str

    def wait(self) -> Shown:
        """Wait for one new band; acknowledge it, and go back to the page."""
        ...


class Chromium:
    """A browser without a window."""

    name = "chromium"

    def __init__(self, page: Any, console: Console) -> None:  # noqa: ANN401  of Playwright
        self._page, self._console = page, console
        page.goto(f"{console.url}/attention")
        page.wait_for_selector("[data-console]:not(.need)")

    def wait(self) -> Shown:
        """Wait, acknowledge, go back."""
        page = self._page
        page.wait_for_selector("section[data-flash]", state="attached", timeout=PATIENCE * 1e3)
        key = page.eval_on_selector("section[data-flash]", "each => 'bench ' + each.dataset.flash")
        page.wait_for_function(
            "key => { const found = JSON.parse(sessionStorage.getItem(key) || '[0, 0]');"
            " return found[1] > 0; }",
            arg=key,
        )
        there, painted = page.evaluate("key => JSON.parse(sessionStorage.getItem(key))", key)
        page.click("section[data-flash] button")
        page.wait_for_url("**/matter/**")
        page.goto(f"{self._console.url}/attention")
        assert page.locator("section[data-flash]").count() == 0, "it was acknowledged"
        page.wait_for_selector("[data-console]:not(.need)")
        return Shown(there / 1e3, painted / 1e3)


class Manners:
    """No browser: an event stream and, at each news, the page that a browser would fetch."""

    name = "event stream and page, no browser"

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    def wait(self) -> Shown:
        """Wait, acknowledge, go back. Asks again and again, for it has no stream of its own."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            acknowledge = band_of(self._visitor)
            if acknowledge is not None:
                shown = time.time()
                acknowledge()
                return Shown(shown, 0.0)
        raise AssertionError("no band came")


def csrf_of(page: str) -> str:
    """Return what the forms of a page carry, of one's session."""
    found = _CSRF.search(page)
    assert found is not None, "the page has a form"
    return found[1]


def band_of(visitor: Visitor) -> Callable[[], str] | None:
    """Fetch the page as a browser does that heard of news; return what its band's button does."""
    found = visitor.get("/attention", {"X-Refresh": "1"})
    action, csrf = _ACTION.search(found), _CSRF.search(found)
    if not (action and csrf and _BAND.search(found)):
        return None
    return partial(visitor.post, action[1], {"csrf": csrf[1]})


@contextmanager
def screen(console: Console, visitor: Visitor) -> Iterator[Screen]:
    """Give a screen of a person who is signed in already."""
    if not CHROMIUM.exists():
        _report.say(f"no {CHROMIUM}: a client asks instead")
        yield Manners(visitor)
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  where there is a browser

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
        )
        try:
            context = browser.new_context(ignore_https_errors=True, locale="en-GB")
            context.add_cookies([
                {"name": name, "value": text, "url": console.url, "secure": True, "httpOnly": True}
                for name, text in visitor.cookies.items() if text
            ])  # type: ignore[list-item]  # fmt: skip
            context.add_init_script(_WATCH)
            yield Chromium(context.new_page(), console)
        finally:
            browser.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """When the command began, when its office made the record, when the command ended."""

    began: float
    ended: float


def send(folder: Path, to: str, about: str, prec: str = "FLASH") -> Sent:
    """Send a bundle by the command line. Seconds of the wall clock."""
    environment = _report.environment(folder.parent)
    command = [
        sys.executable, "-m", "detente", "cert", "send", str(SAMPLE), "--to", to, "--prec", prec,
        "--about", about, "--json", "--at", str(folder),
        *(("--unreleased", ALONE) if prec == "FLASH" else ()),
    ]  # fmt: skip
    began = time.time()
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    ended = time.time()
    assert done.returncode == 0, (done.returncode, done.stdout[-500:], done.stderr[-500:])
    json.loads(done.stdout.splitlines()[-1])
    return Sent(began, ended)
