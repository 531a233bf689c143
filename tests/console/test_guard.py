"""Who may send a form, and how often it acts."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from tests.support import console
from tests.support.console import Rig
from tests.support.outcomes import fault_of

from detente.app.console import guard, limits
from detente.app.console.ask import Answer, Ask, document, go, local, page
from detente.app.console.guard import Sent
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site

DONE: list[str] = []


def do(site: Site, ask: Ask) -> Answer:
    DONE.append(ask.told("what"))
    return page(f"done {len(DONE)}")


def change(site: Site, ask: Ask) -> Answer:
    guard.check_fresh(ask, "version 2")
    DONE.append("changed")
    return go("/")


def enter(site: Site, ask: Ask) -> Answer:
    assert isinstance(site.sign_in, console.Book)
    site.sign_in.sessions["fresh-token"] = console.Signed(console.ORLOV, "csrf")
    return go("/").but(guard.session_cookie("fresh-token"))


def leave(site: Site, ask: Ask) -> Answer:
    return go("/").but(guard.session_cookie(""))


def form(site: Site, ask: Ask) -> Answer:
    return document(dict(guard.hidden(ask, "version 2")))


ROUTES = (
    Route("POST", "do", do),
    Route("POST", "change", change),
    Route("POST", "enter", enter, ANYONE),
    Route("POST", "leave", leave),
    Route("GET", "form", form),
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    DONE.clear()
    with console.running(tmp_path, ROUTES) as found:
        yield found


def sent(rig: Rig, token: str, path: str = "/do", **told: str) -> console.Got:
    fields = {"csrf": rig.book.sessions[token].csrf, **told}
    return rig.ask("POST", path, urlencode(fields), token=token)


def test_a_form_of_the_session_acts(rig: Rig) -> None:
    assert sent(rig, rig.sign_in(), what="x").text == "done 1"
    assert DONE == ["x"]


@pytest.mark.parametrize("csrf", ["", "csrf-of-token-2", "csrf-of-token-1 "])
def test_without_the_sessions_own_token_nothing_acts(rig: Rig, csrf: str) -> None:
    rig.sign_in(token="token-2")
    found = sent(rig, rig.sign_in(), csrf=csrf)
    assert (found.status, "console.cross_site" in found.text) == (403, True)
    assert DONE == []


@pytest.mark.parametrize(
    "told",
    [
        {"Origin": "https://elsewhere.test"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "https://console.test"},  # another port is another console
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "none"},
        {"Origin": "https://elsewhere.test", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_a_form_of_another_site_is_refused_even_with_the_token(
    rig: Rig, told: dict[str, str]
) -> None:
    token = rig.sign_in()
    body = urlencode({"csrf": rig.book.sessions[token].csrf})
    assert rig.ask("POST", "/do", body, token=token, **told).status == 403
    assert rig.ask("POST", "/enter", "", **told).status == 403
    assert DONE == []


def test_a_page_that_sends_no_referrer_is_known_by_what_the_browser_says(rig: Rig) -> None:
    token = rig.sign_in()
    body = urlencode({"csrf": rig.book.sessions[token].csrf})
    told = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert rig.ask("POST", "/do", body, token=token, **told).status == 200


def test_a_program_shows_the_token_in_a_header(rig: Rig) -> None:
    token = rig.sign_in()
    told = {"X-Detente-CSRF": rig.book.sessions[token].csrf}
    assert rig.ask("POST", "/do", "", token=token, **told).status == 200


def test_every_form_has_a_name_of_its_own_and_the_sessions_token(rig: Rig) -> None:
    token = rig.sign_in()
    one, other = (rig.ask("GET", "/form", token=token).json() for _ in range(2))
    assert one["csrf"] == other["csrf"] == rig.book.sessions[token].csrf
    assert one["form"] != other["form"]
    assert one["seen"] == "version 2"


def test_a_form_that_comes_twice_acts_once(rig: Rig) -> None:
    token = rig.sign_in()
    name = rig.ask("GET", "/form", token=token).json()["form"]
    assert [sent(rig, token, form=name).text for _ in range(3)] == ["done 1"] * 3
    assert sent(rig, token, form="another-form-of-it").text == "done 2"
    assert sent(rig, rig.sign_in(token="token-2"), form=name).text == "done 3"


@pytest.mark.parametrize("name", ["", "short", "x" * 65, "a name with spaces in it"])
def test_a_form_without_a_good_name_acts_each_time(rig: Rig, name: str) -> None:
    token = rig.sign_in()
    assert [sent(rig, token, form=name).text for _ in range(2)] == ["done 1", "done 2"]


def test_a_form_made_of_what_was_is_refused_and_may_be_sent_again(rig: Rig) -> None:
    token, name = rig.sign_in(), "n" * 16
    found = sent(rig, token, "/change", seen="version 1", form=name)
    assert (found.status, "console.stale" in found.text) == (409, True)
    assert sent(rig, token, "/change", seen="version 2", form=name).status == 303
    assert DONE == ["changed"]


def test_sign_in_gives_a_new_token_and_never_takes_up_one_that_was_brought(rig: Rig) -> None:
    found = rig.ask("POST", "/enter", "", token="planted")
    assert found.cookies == [
        "__Host-detente-session=fresh-token; Path=/; HttpOnly; SameSite=Strict; Secure"
    ]
    assert "planted" not in rig.book.sessions


def test_signing_out_takes_the_cookie_away(rig: Rig) -> None:
    found = sent(rig, rig.sign_in(), "/leave")
    assert found.cookies == [
        "__Host-detente-session=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"
    ]


def test_a_cookie_under_another_name_is_none_of_ours(rig: Rig) -> None:
    token = rig.sign_in()
    for name in ("session", "detente-session", "__Secure-detente-session"):
        assert rig.ask("GET", "/form", Cookie=f"{name}={token}").status == 303
    assert rig.ask("GET", "/form", Cookie=f"a=b; __Host-detente-session={token}").status == 200


NAVIGATES = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "cross-site"}


def test_a_link_from_a_mail_comes_in_by_a_page_of_ours(rig: Rig) -> None:
    found = rig.ask("GET", "/form?a=%22%3E", **NAVIGATES)
    assert found.status == 200
    assert 'content="0; url=/form?a=%22%3E"' in found.text
    back = {**NAVIGATES, "Sec-Fetch-Site": "same-origin"}
    assert rig.ask("GET", "/form", **back).status == 303  # not signed in, and no circle
    assert rig.ask("GET", "/form", token=rig.sign_in(), **NAVIGATES).json()["csrf"]


def test_the_page_for_links_leads_nowhere_else(rig: Rig) -> None:
    found = rig.ask("GET", "//form", **NAVIGATES)
    assert 'content="0; url=/form"' in found.text


@pytest.mark.parametrize(
    "to",
    [
        "//elsewhere.test", "https://elsewhere.test", "\\\\elsewhere.test", "/\\elsewhere.test",
        "javascript:alert(1)", "", "links", "/a\nb", "/a b", "/\u0430", "/\t/elsewhere.test",
    ],
)  # fmt: skip
def test_nobody_is_led_elsewhere(to: str) -> None:
    assert fault_of(lambda: local(to)) == "form.text"


def test_a_path_of_ours_may_be_gone_to() -> None:
    assert local("/links/borealis.gov?a=1#top") == "/links/borealis.gov?a=1#top"


def kept(sends: int, sessions: int = 1) -> tuple[Sent, list[Ask]]:
    memory, asks = Sent(), []
    for number in range(sends):
        token = f"token-{number % sessions}"
        session = console.Signed(console.ORLOV, "")
        asks.append(
            Ask("POST", ("do",), cookies={"session": token}, session=session, form_id=f"f{number}")
        )
        memory.keep(asks[-1], page(str(number)))
    return memory, asks


def test_of_one_session_the_newest_forms_are_remembered() -> None:
    most = limits.SENT_SESSION_MAX
    memory, asks = kept(most)
    assert all(memory.find(ask) for ask in asks)
    memory, asks = kept(most + 1)
    assert [bool(memory.find(ask)) for ask in asks] == [False] + [True] * most


def test_of_all_sessions_the_newest_forms_are_remembered() -> None:
    most = limits.SENT_MAX
    memory, asks = kept(most, most)
    assert all(memory.find(ask) for ask in asks)
    memory, asks = kept(most + 1, most + 1)
    assert [bool(memory.find(ask)) for ask in asks[:2]] == [False, True]


@pytest.mark.parametrize(
    ("told", "path"),
    [
        ("https://console.test/people?a=1", "/people?a=1"), ("", "/"),
        ("https://console.test//elsewhere.test/", "/"), ("https://console.test", "/"),
    ],
)  # fmt: skip
def test_the_page_that_asked_is_known_by_its_path_alone(told: str, path: str) -> None:
    assert guard.path_of_referer(Ask("POST", ("x",), headers={"referer": told})) == path
