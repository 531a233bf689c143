"""Every route of the console, walked: who may come, what a form must show, what an answer bears."""

import html
import re
from collections.abc import Mapping
from typing import Final

import pytest
from tests.support.household import PEOPLE, TERMS, Household
from tests.support.offices import OBJECT
from tests.support.pairs import wish

from detente.app.console import guard, headers
from detente.app.console.ask import Answer
from detente.app.console.pages import ROUTES
from detente.app.console.routes import ANY, ANYONE, PERSON, WORKER, Route
from detente.office.people import House

# What anybody may ask, and why. Whoever adds a page says here that it is for everybody.
FOR_ANYONE: Final = {
    ("GET", "health/live"): "a word for machines",
    ("GET", "health/ready"): "a word for machines",
    ("GET", "sign-in"): "the door",
    ("POST", "sign-in"): "the door",
    ("POST", "sign-in/options"): "the door, by passkey",
    ("POST", "sign-in/passkey"): "the door, by passkey",
    ("GET", "enter/{token}"): "a one-time link is what they show",
    ("POST", "enter/{token}"): "a one-time link is what they show",
    ("GET", "told/{token}"): "a constituent's own token is what they show",
    ("GET", "setup"): "a cookie of a link that was used is what they show",
    ("GET", "setup/code.svg"): "the same",
    ("POST", "setup"): "the same",
    ("POST", "setup/options"): "the same",
    ("POST", "setup/passkey"): "the same",
}
TAXII: Final = "taxii2/"
SECRET: Final = "a-secret-title"
AGAIN: Final = re.compile(r'<meta http-equiv="refresh" content="60;url=/(?!/)[^":]*">')  # ours
FULL: Final = (*headers.ALWAYS, "Cache-Control", "Strict-Transport-Security")


def name_of(route: Route) -> str:
    return f"{route.method} /{route.pattern}"


def every(method: str) -> list[Route]:
    return [each for each in ROUTES if each.method in (method, ANY)]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Household:
    return Household(tmp_path_factory.mktemp("house"))


@pytest.fixture(scope="module")
def parts(house: Household) -> Mapping[str, str]:
    """What the names of patterns stand for: things that are there."""
    side, other = house.side, house.other
    mid = side.send(SECRET, other)
    draft = wish(side, SECRET, other).waiting[0]
    house.net.settle()
    row, _ = side.office.records.find(mid)
    return {
        "{mid}": mid.hex(), "{matter}": row.text("matter"), "{party}": other.party.name,
        "{desk}": "cert", "{look}": "list", "{act}": "send", "{name}": "reader",
        "{field}": "bundle", "{number}": "0", "{token}": "none", "{draft}": draft.hex(),
        "{rest...}": "v1/record", "{step}": "pause", "{id}": OBJECT, "{code}": "form.mid",
        "{file}": "none", "{day}": "2026-11-22", **house.listed(),
    }  # fmt: skip


def path_of(route: Route, parts: Mapping[str, str]) -> str:
    """Return an address that the route answers."""
    found = route.pattern.replace("procedure/{name}", "procedure/cert.bundle")
    if found.startswith("drafts/"):
        found = found.replace("{mid}", parts["{draft}"])
    for name, text in parts.items():
        found = found.replace(name, text)
    left = re.findall(r"\{[^}]+\}", found)
    assert not left, f"say in `parts` what {left} stands for"
    return found


def test_what_is_for_anyone_is_listed_and_all_else_needs_a_person_or_a_role() -> None:
    open_ = {(each.method, each.pattern) for each in ROUTES if each.needs == ANYONE}
    assert open_ == set(FOR_ANYONE)
    words = {PERSON, WORKER, *(each.value for each in House)}
    assert {each.needs for each in ROUTES} - {ANYONE} <= words


def test_methods_that_change_nothing_are_the_only_ones_without_a_form() -> None:
    assert {each.method for each in ROUTES} == {"GET", "POST", ANY}
    assert [each.pattern for each in ROUTES if each.method == ANY] == [
        "taxii2/{rest...}",
        "api/{rest...}",
    ]


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_a_page_answers_nobody_who_is_not_signed_in(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    if route.needs == ANYONE:
        return
    path = path_of(route, parts)
    answer = house.get("", path)
    if route.pattern.startswith(("api/", TAXII)):
        assert answer.status == 401
    else:
        assert (answer.status, answer.headers["Location"][:9]) == (303, "/sign-in?")
    assert SECRET.encode() not in answer.data


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_a_page_answers_nothing_to_a_session_that_signed_out(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    if route.needs == ANYONE:
        return
    for name in ("supervisor", "administrator"):
        token = house.sign_in.sessions.begin(name, "password", ("192.0.2.9", "b"), house.net.now)
        found = house.sign_in.look(token, house.net.now)
        assert found is not None
        form = {guard.CSRF: (found.csrf,)}
        left = house.ask(name, "POST", "sign-out", form=form, token=token)
        assert [(each.name, each.text) for each in left.cookies] == [(guard.SESSION, "")]
        answer = house.ask(name, "GET", path_of(route, parts), token=token)
        assert answer.status in (303, 401)
        assert SECRET.encode() not in answer.data
        assert name.encode() not in answer.data


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_a_page_of_a_role_answers_nobody_else(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    if route.needs in (ANYONE, PERSON, WORKER):
        return
    for name, person in PEOPLE.items():
        answer = house.get(name, path_of(route, parts))
        if person.is_in_house(House(route.needs)):
            folder = route.pattern.startswith(("peers", "doctor"))  # there is none here
            assert answer.status in ((200, 404, 500) if folder else (200,))
        else:
            assert answer.status == 403
            assert b"console.role" in answer.data


@pytest.mark.parametrize("told", ["", "of-another-session", "csrf-of-the-other"])
@pytest.mark.parametrize("route", every("POST"), ids=name_of)
def test_a_form_without_its_sessions_token_does_nothing(
    house: Household, parts: Mapping[str, str], route: Route, told: str
) -> None:
    if route.needs == ANYONE and not route.pattern.startswith("sign-in"):
        return  # no session stands behind it; the next test is for those
    if route.pattern.startswith(TAXII):
        return  # no session of a browser opens it: tests/console/test_taxii.py
    person = "administrator" if route.needs == House.ADMINISTRATOR else "supervisor"
    shown = house.csrf("reader") if told == "csrf-of-the-other" else told
    house.get(person, "links")  # that somebody is there stands in a table
    before = house.side.tables()
    form = {guard.CSRF: (shown,)} if shown else {}
    answer = house.ask(person, "POST", path_of(route, parts), form=form)
    assert answer.status == 403, answer.data
    assert b"console.cross_site" in answer.data
    assert house.side.tables() == before
    assert answer.cookies == ()


@pytest.mark.parametrize("route", every("POST"), ids=name_of)
def test_a_form_of_another_site_does_nothing(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    if route.pattern.startswith(TAXII):
        return  # as above
    person = "administrator" if route.needs == House.ADMINISTRATOR else "supervisor"
    form = {guard.CSRF: (house.csrf(person),)}
    house.get(person, "links")  # that somebody is there stands in a table
    before = house.side.tables()
    for told in (
        {"origin": "https://evil.test"}, {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"}, {"origin": "null", "sec-fetch-site": "none"},
    ):  # fmt: skip
        answer = house.ask(person, "POST", path_of(route, parts), form=form, told=told)
        assert answer.status == 403, told
        assert b"console.cross_site" in answer.data
    assert house.side.tables() == before


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_every_page_bears_the_full_set_of_headers(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    for name in ("", "supervisor", "administrator"):
        answer = house.get(name, path_of(route, parts))
        rows = [(key.decode(), text.decode()) for key, text in headers.of(answer, TERMS)]
        sent = dict(rows)
        assert len(rows) == len(sent) + max(0, len(answer.cookies) - 1), "no header twice"
        for each in FULL:
            assert sent[each.lower()] == {**headers.ALWAYS, **_ours(answer)}[each], each


def _ours(answer: Answer) -> Mapping[str, str]:
    told = answer.headers.get("Cache-Control", headers.NO_STORE)
    assert told in (headers.NO_STORE, "private, no-cache")
    return {"Cache-Control": told, "Strict-Transport-Security": headers.HSTS}


@pytest.mark.parametrize("route", every("GET"), ids=name_of)
def test_a_page_has_no_script_or_style_of_its_own_and_sends_forms_here_alone(
    house: Household, parts: Mapping[str, str], route: Route
) -> None:
    for name in ("", "supervisor", "administrator"):
        answer = house.get(name, path_of(route, parts))
        if not answer.content_type.startswith("text/html"):
            continue
        page = AGAIN.sub("", answer.data.decode())
        assert not re.search(r"<[^>]+\s(on[a-z]+|style)\s*=", page)
        assert not re.search(
            r"<script(?![^>]*\ssrc=)|<style|javascript:|<base|<meta[^>]+refresh", page
        )
        for to in re.findall(r'(?:href|src|action|formaction)="([^"]*)"', page):
            assert re.match(r"/(?!/)|#|\?|$", html.unescape(to)), to
        for form in re.findall(
            r"<form[^>]*method=\"?post.*?</form>", page, re.DOTALL | re.IGNORECASE
        ):
            assert not name or f'name="{guard.CSRF}"' in form, form[:200]
