"""Pages of the console in a real browser: both languages, both themes, without a grave finding.

Set DETENTE_SCREENSHOTS to a folder to look at them.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.console.test_compose import bundle, hidden, typed
from tests.console.test_peers import ADMIN
from tests.support import processes
from tests.support.browsing import ORIGIN, Shelf, chromium, grave_findings, keep_picture, page_of
from tests.support.offices import PERSON
from tests.support.pairs import RELEASER, pairs, wish
from tests.support.screens import Screen

from detente.app import faces
from detente.app.console.ask import Upload
from detente.app.console.pages import compose, drafts, peers
from detente.app.meeting import Meeting
from detente.core.moment import Span
from detente.office.waiting import Policy

ROUTES = (*compose.ROUTES, *drafts.ROUTES)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def house(language: str) -> dict[str, str]:
    """Return every page of writing as HTML, by its picture's name."""
    net = pairs(Policy(hold_back=Span(10_000)))
    side, other = net.sides
    one = Screen(side, ROUTES, language=language)
    about = {
        "en": "Phishing wave against tax offices",
        "ru": "Волна фишинга против налоговых служб",
    }[language]
    fields = typed(one, about=about, within="24h")
    found = {"write-empty": one.get("write/cert/send")}
    found["write-look"] = one.post(
        "write/cert/send", fields, bundle(), Upload("attach", "list of hosts.csv", b"x" * 2_100)
    )
    found["write-wrong"] = one.post(
        "write/cert/send",
        {**fields, "within": "22:00", "to": "cert@cordia.gov", "do": "look"},
        bundle(),
    )
    found["write-answer"] = one.get("write/cert/answer", mid="k3q7zbabc")
    one.post(
        "write/cert/send/keep", {**typed(one, about=about), **hidden(one.get("write/cert/send"))}
    )
    found["choose"] = one.get("write")
    flash = wish(side, about, other, within=Span(3_600_000)).waiting[0]
    wish(side, "bidi \u202e gnp.exe", other, prec="PRIORITY")
    found["drafts"] = Screen(side, ROUTES, language=language, person=RELEASER).get("drafts")
    found["draft"] = Screen(side, ROUTES, language=language, person=RELEASER).get(
        f"drafts/{flash.hex()}"
    )
    found["draft-own"] = Screen(side, ROUTES, language=language, person=PERSON).post(
        f"drafts/{flash.hex()}/release", {}
    )
    return {name: answer.data.decode() for name, answer in found.items()}


def meeting(language: str, top: Path) -> dict[str, str]:
    """Return the pages of meeting a party as HTML, by their pictures' names."""
    ours, theirs = processes.make(top, "aurelia.gov"), processes.make(top, "borealis.gov")
    one = Screen(pairs().sides[0], peers.ROUTES, folder=ours, person=ADMIN, language=language)
    Meeting(ours).add(_invitation(ours, theirs))
    due = Meeting(theirs).card().fingerprint.split()
    wrong = {f"g{at}": group for at, group in enumerate(due[:4], 1)} | {"g5": "19206"}
    found = {
        "peers": one.get("peers"),
        "peer-wrong": one.post("peers/borealis.gov/confirm", wrong),
        "peer-stranger": one.post(
            "peers/borealis.gov/confirm", {f"g{at}": "0" for at in range(1, 13)}
        ),
    }
    return {name: answer.data.decode() for name, answer in found.items()}


def _invitation(ours: Path, theirs: Path) -> bytes:
    Meeting(ours).invite("borealis.gov")
    return Meeting(theirs).invite("aurelia.gov")


@pytest.mark.parametrize(
    ("language", "looks"),
    [("en", (("light", "desk"),)), ("ru", (("dark", "tablet"),))],
    ids=["en", "ru"],
)
def test_pages_of_writing(
    browser: Browser, language: str, looks: tuple[tuple[str, str], ...], tmp_path: Path
) -> None:
    for name, html in {**meeting(language, tmp_path), **house(language)}.items():
        for theme, size in looks:
            themed = html.replace('data-theme="system"', f'data-theme="{theme}"')
            shelf = Shelf(faces.static(), {"/": themed}, policy="")
            with page_of(browser, shelf, size=size) as page:
                page.route("**/live", lambda route: route.fulfill(status=204))
                page.goto(f"{ORIGIN}/")
                page.evaluate("document.fonts.ready")
                keep_picture(page, f"page-{name}-{theme}-{size}-{language}")
                assert grave_findings(page) == [], name
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
