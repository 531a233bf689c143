"""What only a browser can show: which cookies it sends, and what its policy stops."""

from pathlib import Path

import pytest
from tests.support import browsing, console
from tests.support.console import Rig

from detente.app.console import guard
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.headers import Terms
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site

ELSEWHERE = {"Content-Security-Policy": "default-src *"}
DONE: list[str] = []


def who(site: Site, ask: Ask) -> Answer:
    return page(f"<h1>signed in as {ask.person.name}</h1>")


def enter(site: Site, ask: Ask) -> Answer:
    return go("/who").but(guard.session_cookie("token-1"))


def start(site: Site, ask: Ask) -> Answer:
    return page('<form method="post" action="/enter"><button>enter</button></form>')


def act(site: Site, ask: Ask) -> Answer:
    DONE.append(ask.person.name)
    return page("done")


def hostile(site: Site, ask: Ask) -> Answer:
    return page("<h1>seen</h1><p id='x'>as it was</p><script>x.textContent = 'run'</script>")


ROUTES = (
    Route("GET", "who", who),
    Route("GET", "start", start, ANYONE),
    Route("POST", "enter", enter, ANYONE),
    Route("POST", "act", act),
    Route("GET", "hostile", hostile, ANYONE),
)


def mail(rig: Rig) -> tuple[Route, ...]:
    """A page of another site that links to the console and sends a form to it."""
    html = (
        f'<a href="{rig.origin}/who">link</a>'
        f'<form method="post" action="{rig.origin}/act"><button>send</button></form>'
    )

    def letter(site: Site, ask: Ask) -> Answer:
        return page(html).but(**{name.replace("-", "_"): text for name, text in ELSEWHERE.items()})

    return (Route("GET", "mail", letter, ANYONE),)


@pytest.mark.parametrize("secure", [True, False], ids=["tls", "plain"])
def test_a_link_in_a_mail_finds_who_is_signed_in_and_a_form_there_does_nothing(
    tmp_path: Path, secure: bool
) -> None:
    DONE.clear()
    terms = Terms("console.localhost", secure=secure)
    other = Terms("127.0.0.1", secure=False)
    with (
        browsing.chromium() as browser,
        console.running(tmp_path / "a", ROUTES, terms=terms) as rig,
        console.running(tmp_path / "b", mail(rig), terms=other) as elsewhere,
    ):
        rig.sign_in()
        tab = browser.new_context(ignore_https_errors=True).new_page()
        tab.set_default_timeout(120_000)
        tab.goto(f"{rig.origin}/start")
        tab.get_by_role("button").click()
        assert tab.get_by_role("heading").inner_text() == "signed in as orlov"

        tab.goto(f"{elsewhere.origin}/mail")
        tab.get_by_role("link").click()
        tab.get_by_text("signed in as orlov").wait_for()

        tab.goto(f"{elsewhere.origin}/mail")
        tab.get_by_role("button").click()
        tab.get_by_role("heading", name="Not done").wait_for()  # it came without the cookie
        assert DONE == []

        tab.goto(f"{rig.origin}/hostile")
        assert tab.locator("#x").inner_text() == "as it was"
