"""The console's script in a real browser, under the policy that the console serves."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from tests.support.browsing import ORIGIN, Shelf, chromium, page_of
from tests.ui import gallery_data as data
from tests.ui.test_gallery import RENDERER

from detente.app import faces
from detente.app.console.headers import POLICY


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def attention(state: str, *, flash: bool = False, live: bool = True) -> str:
    frame = replace(
        data.frame("en", "light", "attention", flash=flash),
        state=state,
        events="/live" if live else "",
    )
    return RENDERER.render("gallery/attention.html", "en", {**data.attention("en"), "frame": frame})


def compose(live: bool) -> str:
    frame = replace(data.frame("en", "light", "write"), state="a.1", events="/live" if live else "")
    return RENDERER.render(
        "gallery/compose.html", "en", {**data.compose("en", wrong=False), "frame": frame}
    )


def stream(state: str, kind: str = "tick") -> Callable[[Route], None]:
    """Answer an event stream with one event; the browser comes back for the next."""
    told = f'retry: 200\nevent: {kind}\ndata: {{"state": "{state}", "now": "{data.NOW}"}}\n\n'
    return lambda route: route.fulfill(body=told, content_type="text/event-stream")


def shelf(html: str) -> Shelf:
    return Shelf(faces.static(), {"/": html}, policy=POLICY)


def opened(page: Page, live: Callable[[Route], None] | None = None) -> Page:
    if live is not None:
        page.context.route("**/live", live)
    page.goto(f"{ORIGIN}/")
    return page


def test_news_that_came_while_the_line_was_cut_are_shown(browser: Browser) -> None:
    pages = shelf(attention("a.1"))
    with page_of(browser, pages) as page:
        opened(page, stream("a.2"))
        pages.pages["/"] = attention("a.2", flash=True)
        expect(page.locator("[data-flash].flash")).to_be_visible()
        expect(page.locator("[data-console]")).to_have_text("Console live")
        assert page.title().startswith("Z FLASH")
        assert page.evaluate("document.querySelector('link[rel=icon]').href").endswith("flash.svg")
        assert page.locator("[data-alarm]").text_content() == "Alarm NOT armed"


def test_the_same_number_swaps_nothing(browser: Browser) -> None:
    pages = shelf(attention("a.1"))
    with page_of(browser, pages) as page:
        opened(page, stream("a.1"))
        pages.pages["/"] = attention("a.1", flash=True)
        expect(page.locator("[data-console]")).to_have_text("Console live")
        assert page.locator(".flash").count() == 0


def test_keys_move_open_the_map_and_acknowledge(browser: Browser) -> None:
    pages = shelf(attention("a.1", flash=True, live=False))
    pages.posted = lambda path, body: attention("a.2", live=False)
    with page_of(browser, pages) as page:
        opened(page)
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("j")
        page.keyboard.press("j")
        assert page.evaluate("document.querySelector('[data-at]').id") == "row-k0m9-77xd"
        page.keyboard.press("k")
        assert page.evaluate("document.activeElement.textContent").startswith("Phishing")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Enter")
        page.wait_for_url("**/flash/f1")
        assert page.locator(".flash").count() == 0


def test_single_letters_can_be_switched_off(browser: Browser) -> None:
    frame = replace(data.frame("en", "light", "attention"), keys=False)
    html = RENDERER.render("gallery/attention.html", "en", {**data.attention("en"), "frame": frame})
    with page_of(browser, shelf(html)) as page:
        opened(page)
        page.keyboard.press("?")
        page.keyboard.press("j")
        assert not page.locator("#keys").is_visible()
        assert page.locator("[data-at]").count() == 0


def test_what_is_typed_is_kept_and_news_do_not_take_it_away(browser: Browser) -> None:
    pages = shelf(compose(live=True))
    kept: list[str] = []

    def posted(path: str, body: str) -> str:
        kept.append(f"{path} {body}")
        return compose(live=True).replace("What will leave", "This is kept")

    pages.posted = posted
    with page_of(browser, pages) as page:
        opened(page, stream("a.9"))
        page.fill("#f-title", "typed and not sent")
        expect(page.locator("#paper-head")).to_have_text("This is kept")
        assert kept[0].startswith("/drafts/1 csrf=token")
        assert "title=typed+and+not+sent" in kept[0]
        expect(page.locator("[data-console]")).to_have_text("Console live")
        assert page.input_value("#f-title") == "typed and not sent"


def test_without_a_script_a_page_reads_and_says_that_it_is_not_live(browser: Browser) -> None:
    with page_of(browser, shelf(attention("a.1", flash=True)), java_script_enabled=False) as page:
        opened(page)
        assert page.locator("[data-console]").text_content() == "Not live: reload to see news"
        assert page.locator("noscript meta[http-equiv=refresh]").count() == 1
        assert page.locator(".flash form button").is_enabled()
        assert page.locator("main .what").count() == 5
