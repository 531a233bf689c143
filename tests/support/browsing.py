"""A real browser for pages: Debian's Chromium, driven by Playwright, without a network.

Pages come from a function; whatever asks for anything else fails the test, and so does every word
that the page's own policy refused.
"""

import atexit
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, Playwright, Route, sync_playwright

CHROMIUM: Final = Path("/usr/bin/chromium")
ORIGIN: Final = "https://aurelia.localhost"
HELP: Final = f"no {CHROMIUM}: install the package chromium to run the tests of pages"
POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
SLOW_MS: Final = 120_000  # after which a page that does not answer has failed; never a measure
SIZES: Final = {"desk": (1280, 720), "tablet": (820, 1180)}
_TYPES: Final = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


@cache
def _started() -> Playwright:
    # One for all tests of a process: a second one beside it is refused.
    play = sync_playwright().start()
    atexit.register(play.stop)
    return play


@contextmanager
def playing() -> Iterator[Playwright]:
    """Give what starts browsers; it goes on after this, for the next who asks."""
    yield _started()


@contextmanager
def chromium() -> Iterator[Browser]:
    """Give a browser; the test is skipped with what to install where there is none."""
    if not CHROMIUM.exists():
        pytest.skip(HELP)
    with playing() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM),
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"],
        )
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Shelf:
    """Pages by path, and the files below /static/; what was asked beside them."""

    files: Mapping[str, bytes]
    pages: dict[str, str] = field(default_factory=dict)
    strangers: list[str] = field(default_factory=list)
    policy: str = POLICY
    posted: Callable[[str, str], str] | None = None

    def answer(self, route: Route) -> None:
        path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
        name = path.removeprefix("/static/")
        if route.request.method == "POST" and self.posted is not None:
            html = self.posted(path, route.request.post_data or "")
            route.fulfill(body=html, content_type="text/html", headers=self._headers())
        elif path in self.pages:
            headers = {**self._headers(), "Content-Type": "text/html; charset=utf-8"}
            route.fulfill(body=self.pages[path], headers=headers)
        elif path.startswith("/static/") and name in self.files:
            route.fulfill(body=self.files[name], content_type=_TYPES[Path(name).suffix])
        else:
            self.strangers.append(route.request.url)
            route.abort()

    def _headers(self) -> dict[str, str]:
        return {"Content-Security-Policy": self.policy} if self.policy else {}


@contextmanager
def page_of(
    browser: Browser,
    shelf: Shelf,
    *,
    size: str = "desk",
    **options: Any,  # noqa: ANN401  those of Playwright
) -> Iterator[Page]:
    """Give a page that sees the shelf and nothing else. It must end without a word of complaint."""
    width, height = SIZES[size]
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    context.set_default_timeout(SLOW_MS)
    complaints: list[str] = []
    try:
        context.route("**/*", shelf.answer)
        page = context.new_page()
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        yield page
        assert complaints == []
        assert shelf.strangers == []
    finally:
        context.close()


def keep_picture(page: Page, name: str, *, whole: bool = True) -> None:
    """Write a screenshot into the folder of DETENTE_SCREENSHOTS, if there is one."""
    folder = os.environ.get("DETENTE_SCREENSHOTS")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=whole)


def grave_findings(page: Page) -> list[str]:
    """Return what axe finds serious or critical on a page whose policy lets it in."""
    from axe_playwright_python.sync_playwright import (  # type: ignore[import-untyped]  # noqa: PLC0415
        Axe,
    )

    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
