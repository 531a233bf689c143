"""Every part and three whole pages as people see them: both languages, both themes, a real browser.

Set DETENTE_SCREENSHOTS to a folder to look at them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.support.browsing import ORIGIN, Shelf, chromium, grave_findings, keep_picture, page_of
from tests.ui import gallery_data as data

from detente.app import faces
from detente.ui.render import Renderer

HERE = Path(__file__).parent / "gallery"
RENDERER = Renderer(
    {
        **faces.templates(),
        **{f"gallery/{f.name}": f.read_text("utf-8") for f in HERE.glob("*.html")},
    },
    faces.words(),
)
PAGES = ("attention", "flash", "matter", "compose", "wrong", "parts")


def made(name: str, language: str, theme: str) -> str:
    """Return one page of the gallery as HTML."""
    if name in ("attention", "flash"):
        values = data.attention(language)
        frame = data.frame(language, theme, "attention", flash=name == "flash")
        return RENDERER.render("gallery/attention.html", language, {**values, "frame": frame})
    if name == "matter":
        frame = data.frame(language, theme, "attention")
        return RENDERER.render(
            "gallery/matter.html", language, {**data.matter(language), "frame": frame}
        )
    if name == "parts":
        frame = data.frame(language, theme, "links", marking="CLEAR")
        return RENDERER.render(
            "gallery/parts.html", language, {**data.parts(language), "frame": frame}
        )
    values = data.compose(language, wrong=name == "wrong")
    frame = data.frame(language, theme, "write")
    return RENDERER.render("gallery/compose.html", language, {**values, "frame": frame})


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_of_the_gallery_has_a_grave_fault(
    browser: Browser, language: str, theme: str
) -> None:
    for name in PAGES:
        # The policy is off for this run alone: axe itself is a script from elsewhere.
        shelf = Shelf(faces.static(), {"/": made(name, language, theme)}, policy="")
        with page_of(browser, shelf) as page:
            page.goto(f"{ORIGIN}/")
            page.evaluate("document.fonts.ready")
            keep_picture(page, f"{name}-{theme}-{language}")
            assert grave_findings(page) == [], name
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("width", [320, 640, 820])
def test_no_page_scrolls_sideways_on_a_narrow_screen(
    browser: Browser, language: str, width: int
) -> None:
    for name in PAGES:
        shelf = Shelf(faces.static(), {"/": made(name, language, "light")})
        with page_of(browser, shelf, size="tablet") as page:
            page.set_viewport_size({"width": width, "height": 1180})
            page.goto(f"{ORIGIN}/")
            page.evaluate("document.fonts.ready")
            keep_picture(page, f"{name}-{width}-{language}")
            wide = page.evaluate(
                "[...document.querySelectorAll('main *, header *, .flash *')].filter(e =>"
                " e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.unseen-caption, thead'))"
                ".map(e => e.outerHTML.slice(0, 90))"
            )
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (
                name,
                wide[:4],
            )


def test_a_matter_is_one_sheet_of_paper(browser: Browser) -> None:
    shelf = Shelf(faces.static(), {"/": made("matter", "en", "light")})
    with page_of(browser, shelf) as page:
        page.goto(f"{ORIGIN}/")
        paper = page.pdf(prefer_css_page_size=True)
        page.emulate_media(media="print")
        assert page.locator(".on-paper").is_visible()
        assert not page.locator("header.frame").is_visible()
    assert paper.count(b"/Type /Page\n") == 1
