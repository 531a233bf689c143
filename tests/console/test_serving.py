"""The console end to end: real sockets, real TLS, pages made in the office's thread."""

import gc
import ssl
import threading
from asyncio.sslproto import SSLProtocol
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import console
from tests.support.console import ORLOV, Rig

from detente.app.console.ask import Answer, Ask, document, page
from detente.app.console.pages import home
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.office.people import House, Person

THREADS: set[int] = set()
COUNT = [0]


def count(site: Site, ask: Ask) -> Answer:
    THREADS.add(threading.get_ident())
    before = COUNT[0]
    COUNT[0] = before + 1
    return document(before)


def who(site: Site, ask: Ask) -> Answer:
    return page(ask.person.name)


def broken(site: Site, ask: Ask) -> Answer:
    raise ZeroDivisionError("a secret text")


def first(site: Site, ask: Ask) -> Answer:
    return page(f"<h1>{site.settings.text('party.name')}</h1>")


ROUTES = (
    Route("GET", "", first, ANYONE),
    Route("GET", "count", count, ANYONE),
    Route("GET", "who", who),
    Route("GET", "broken", broken, ANYONE),
    Route("GET", "audit", who, "auditor"),
    Route("POST", "count", count, ANYONE),
)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with console.running(
        tmp_path, ROUTES, files={"console.css": b"body{}", "fonts/OFL": b""}
    ) as found:
        yield found


def test_the_first_page_comes_over_tls_with_a_certificate_of_our_own(rig: Rig) -> None:
    found = rig.ask("GET", "/")
    assert found.status == 200
    assert found.headers["content-type"] == "text/html; charset=utf-8"
    assert "aurelia.gov" in found.text


@pytest.mark.parametrize(
    ("person", "to"),
    [
        (ORLOV, "/attention"),
        (replace(ORLOV, roles={}, house=frozenset({House.ADMINISTRATOR})), "/people"),
        (replace(ORLOV, roles={}, house=frozenset({House.AUDITOR})), "/audit"),
        (replace(ORLOV, roles={}, house=frozenset({House.OVERSEER})), "/overseer"),
        (replace(ORLOV, roles={}), "/me"),
    ],
)
def test_whoever_comes_in_stands_where_their_work_is(
    tmp_path: Path, person: Person, to: str
) -> None:
    with console.running(tmp_path, home.ROUTES) as rig:
        assert rig.ask("GET", "/").headers["location"] == "/sign-in?next=%2F"
        found = rig.ask("GET", "/", token=rig.sign_in(person))
        assert (found.status, found.headers["location"]) == (303, to)


def test_a_line_that_stands_holds_little_memory(rig: Rig) -> None:
    with rig.connect() as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: {rig.host}\r\n\r\n".encode())
        assert line.recv(12) == b"HTTP/1.1 200"
        # Private to asyncio, which has no other way to say what a line holds.
        held = {
            len(vars(each)["_ssl_buffer"]) for each in gc.get_objects() if type(each) is SSLProtocol
        }
    assert held == {32 * 1024}


def test_old_tls_is_refused(rig: Rig) -> None:
    assert rig.tls is not None
    rig.tls.maximum_version = ssl.TLSVersion.TLSv1_2
    assert rig.ask("GET", "/").status == 200
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        rig.tls.minimum_version = rig.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        rig.ask("GET", "/")


def test_a_static_file_has_a_name_with_its_hash_and_stays(rig: Rig) -> None:
    url = rig.site.static.url("console.css")
    found = rig.ask("GET", url)
    assert (found.status, found.body) == (200, b"body{}")
    assert found.headers["content-type"] == "text/css; charset=utf-8"
    assert found.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert rig.ask("GET", "/static/console.css").status == 404
    assert rig.ask("GET", "/static/fonts/OFL").status == 404


@pytest.mark.parametrize(
    "path",
    ["/static/../ask.py", "/static/%2e%2e/ask.py", "/static/..%2fask.py", "/static//etc/passwd"],
)
def test_no_path_leads_out_of_the_static_files(rig: Rig, path: str) -> None:
    assert rig.ask("GET", path).status == 404


def test_a_burst_of_requests_is_answered_by_one_thread_one_after_another(rig: Rig) -> None:
    THREADS.clear()
    COUNT[0] = 0
    with ThreadPoolExecutor(8) as crowd:
        found = sorted(crowd.map(lambda _: rig.ask("GET", "/count").json(), range(64)))
    assert found == list(range(64))
    assert len(THREADS) == 1
    assert threading.get_ident() not in THREADS


def test_a_page_for_people_sends_others_to_sign_in(rig: Rig) -> None:
    found = rig.ask("GET", "/who")
    assert (found.status, found.headers["location"]) == (303, "/sign-in?next=%2Fwho")
    assert rig.ask("GET", "/who", token="stranger").status == 303
    assert rig.ask("GET", "/who", token=rig.sign_in()).text == "orlov"


def test_a_page_that_refreshes_itself_keeps_no_session_alive(rig: Rig) -> None:
    token = rig.sign_in()
    assert rig.ask("GET", "/who", token=token, X_Refresh="1").text == "orlov"
    assert rig.book.used == []
    assert rig.ask("GET", "/who", token=token).text == "orlov"
    assert rig.ask("POST", "/count", "csrf=csrf-of-token-1", token=token, X_Refresh="1").status
    assert rig.book.used == [token, token]


def test_a_page_that_fetches_is_told_that_nobody_is_signed_in(rig: Rig) -> None:
    assert rig.ask("GET", "/who", Sec_Fetch_Mode="cors").status == 401


def test_a_page_for_a_role_is_for_those_who_hold_it(rig: Rig) -> None:
    token = rig.sign_in()
    found = rig.ask("GET", "/audit", token=token)
    assert (found.status, "console.role" in found.text) == (403, True)
    auditor = replace(ORLOV, house=frozenset({House.AUDITOR}))
    assert rig.ask("GET", "/audit", token=rig.sign_in(auditor, "token-2")).status == 200


def test_a_page_that_is_none_is_404_and_a_wrong_method_405(rig: Rig) -> None:
    assert rig.ask("GET", "/nothing").status == 404
    assert rig.ask("DELETE", "/count").status == 405
    assert "GET, POST" in rig.ask("DELETE", "/count").text


def test_a_defect_of_a_page_is_told_without_its_text_and_the_console_goes_on(
    rig: Rig, capsys: pytest.CaptureFixture[str]
) -> None:
    found = rig.ask("GET", "/broken")
    assert found.status == 500
    assert "secret" not in found.text
    assert rig.ask("GET", "/").status == 200
    told = capsys.readouterr().err
    assert "run.defect" in told
    assert "secret" not in told


def test_head_is_get_without_a_body(rig: Rig) -> None:
    found = rig.ask("HEAD", "/")
    assert (found.status, found.body) == (200, b"")
    assert int(found.headers["content-length"]) > 0
