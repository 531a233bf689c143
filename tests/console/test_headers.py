"""What every answer says to a browser."""

from pathlib import Path

import pytest
from tests.support import console
from tests.support.console import NAME, Rig

from detente.app.console import limits
from detente.app.console.ask import Answer, Ask, Cookie, download, file_name, page
from detente.app.console.headers import Terms
from detente.app.console.pages import health
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site


def hello(site: Site, ask: Ask) -> Answer:
    return page(ask.address).but(Cookie("a", "b", 60))


def saved(site: Site, ask: Ask) -> Answer:
    return download(b"<script>", '../../"evil"\r\nname.html')


ROUTES = (
    Route("GET", "", hello, ANYONE),
    Route("GET", "saved", saved, ANYONE),
    *health.ROUTES,
)
DUE = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'; "
    "trusted-types 'none'",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


@pytest.mark.parametrize("path", ["/", "/nothing", "/health/live", "/saved", "/static/none.css"])
def test_every_answer_bears_the_headers(tmp_path: Path, path: str) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        found = rig.ask("GET", path)
    assert {name: found.headers.get(name) for name in DUE} == DUE
    assert found.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert "server" not in found.headers


def test_an_answer_to_a_foreign_name_bears_them_too(tmp_path: Path) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        found = rig.ask("GET", "/", Host="elsewhere.test")
    assert {name: found.headers.get(name) for name in DUE} == DUE


@pytest.mark.parametrize(
    "host",
    ["elsewhere.test", "elsewhere.test:443", "", f"{NAME}.elsewhere.test", f"x{NAME}", f"{NAME}@e"],
)
def test_a_request_for_another_name_is_refused(tmp_path: Path, host: str) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        found = rig.ask("GET", "/", Host=host)
        assert (found.status, "console.address" in found.text) == (421, True)
        assert rig.ask("GET", "/", Host=NAME.upper()).status == 200


def test_a_machine_that_asks_for_health_need_not_know_the_name(tmp_path: Path) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        assert rig.ask("GET", "/health/live", Host="127.0.0.1").text == "ok\n"
        found = rig.ask("GET", "/health/ready", Host="127.0.0.1")
        assert (found.status, found.text) == (503, "not ready\n")


def test_plain_http_has_no_secure_cookie_and_no_hsts(tmp_path: Path) -> None:
    with console.running(tmp_path, ROUTES, terms=Terms("localhost", secure=False)) as rig:
        found = rig.ask("GET", "/")
    assert found.cookies == ["detente-a=b; Path=/; HttpOnly; SameSite=Strict; Max-Age=60"]
    assert "strict-transport-security" not in found.headers


def forwarded(rig: Rig) -> str:
    return rig.ask("GET", "/", X_Forwarded_For="198.51.100.9, 203.0.113.7").text


def test_behind_a_proxy_cookies_are_secure_and_its_last_word_is_the_address(
    tmp_path: Path,
) -> None:
    terms = Terms(NAME, secure=True, proxied=True)
    with console.running(tmp_path, ROUTES, terms=terms) as rig:
        assert rig.ask("GET", "/").cookies[0].startswith("__Host-detente-a=b; ")
        assert forwarded(rig) == "203.0.113.7"


def test_without_a_proxy_nobody_chooses_an_address(tmp_path: Path) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        assert forwarded(rig) == "127.0.0.1"


def test_a_file_is_saved_and_never_shown(tmp_path: Path) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        found = rig.ask("GET", "/saved")
    assert (
        found.headers["content-disposition"] == "attachment; filename*=UTF-8''%22evil%22name.html"
    )
    assert found.headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("a.txt", "a.txt"), ("../a.txt", "a.txt"), ("C:\\x\\a.txt", "a.txt"), ("..", "file"),
        ("/", "file"), ("", "file"), ("a\x00b\n.txt", "ab.txt"), ("\u202etxt.exe", "txt.exe"),
    ],
)  # fmt: skip
def test_a_files_name_has_no_folder_and_no_hidden_letter(told: str, kept: str) -> None:
    assert file_name(told) == kept


@pytest.mark.parametrize(
    ("told", "language"),
    [("ru-RU,ru;q=0.9", "ru"), ("fr, ru", "ru"), ("fr", "en"), ("", "en"), ("en-GB", "en")],
)
def test_the_first_language_of_ours_is_taken(tmp_path: Path, told: str, language: str) -> None:
    with console.running(tmp_path, ROUTES) as rig:
        assert f'lang="{language}"' in rig.ask("GET", "/nothing", Accept_Language=told).text


def test_the_page_of_limits_and_the_program_say_the_same() -> None:
    root = Path(__file__).parents[2]
    code = {name: value for name, value in vars(limits).items() if name.isupper()}
    for page_of in ("docs/operate/console.md", "docs/ru/operate/console.md"):
        rows = [
            row.split("`")[1::2]
            for row in (root / page_of).read_text("utf-8").splitlines()
            if row.startswith("| `") and row.split("`")[1].isupper()
        ]
        assert {row[0]: int(row[1].replace(",", "")) for row in rows} == code
