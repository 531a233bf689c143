"""People come in, in a real browser at a real office: link, authenticator, codes, passkey, again."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from tests.support.browsing import chromium
from tests.support.ports import free_port
from tests.support.running import Running

PASSWORD = "a sentence of my own"


@pytest.fixture
def party(tmp_path: Path) -> Iterator[tuple[Running, str]]:
    found = Running(tmp_path, "aurelia.gov")
    port = free_port()
    with (found.folder / "detente.toml").open("a") as settings:
        settings.write(f'\n[console]\nlisten = "tcp://127.0.0.1:{port}"\n')
    found.start()
    try:
        yield found, f"https://localhost:{port}"
    finally:
        found.end()


@pytest.fixture
def browser() -> Iterator[Any]:
    with chromium() as found:
        yield found


def link(party: Running, base: str, name: str) -> str:
    made = party.insist("POST", f"/api/v1/person/{name}/enter-link", {})
    return f"{base}/enter/{made['link']}"


def send(page: Any, action: str) -> None:  # noqa: ANN401  a page of the browser
    page.click(f"form[action='{action}'] button")
    page.wait_for_load_state()


def test_people_come_in_and_an_administrator_makes_another(
    party: tuple[Running, str],
    browser: Any,  # noqa: ANN401
) -> None:
    office, base = party
    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(120_000)
    page = context.new_page()
    first = link(office, base, "operator")
    page.goto(first)
    send(page, first.removeprefix(base))
    assert page.evaluate("document.querySelector('.qr').naturalWidth") > 0
    secret = page.inner_text("form[action='/setup'] code").replace(" ", "")
    for password, said in (("short", "characters"), ("passwordpassword", "tried first")):
        page.fill("#password", password)
        page.fill("#twice", password)
        page.fill("#code", pyotp.TOTP(secret).now())
        send(page, "/setup")
        assert said in page.inner_text("section.errors")
    page.fill("#password", PASSWORD)
    page.fill("#twice", PASSWORD)
    page.fill("#code", pyotp.TOTP(secret).now())
    send(page, "/setup")
    codes = [each.inner_text() for each in page.query_selector_all(".codes code")]
    assert len(codes) == 10

    page.goto(f"{base}/people")
    page.fill("#name", "anna")
    page.fill("#display", "Anna Lind")
    page.select_option("#desk-cert", "drafter")
    send(page, "/people")
    assert page.url == f"{base}/people/anna"
    send(page, "/people/anna/link")
    second = re.search(r"https://\S+/enter/\S+", page.inner_text("section[role=status]"))
    assert second is not None

    page.goto(f"{base}/me")
    send(page, "/sign-out")
    page.goto(f"{base}/people")
    assert page.url.startswith(f"{base}/sign-in")
    for name, code in (("operator", "000000"), ("nobody", codes[0])):
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.fill("#code", code)
        send(page, "/sign-in")
        assert "do not fit together" in page.inner_text("section.errors")
    page.fill("#name", "operator")
    page.fill("#password", PASSWORD)
    page.fill("#code", codes[0])
    send(page, "/sign-in")
    assert page.url == f"{base}/me"

    context = browser.new_context(ignore_https_errors=True)
    context.set_default_timeout(120_000)
    page = context.new_page()
    lines = context.new_cdp_session(page)
    lines.send("WebAuthn.enable")
    device = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
        "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    lines.send("WebAuthn.addVirtualAuthenticator", {"options": device})
    page.goto(second[0])
    send(page, second[0].removeprefix(base))
    page.click("[data-passkey] button")
    page.wait_for_url(f"{base}/me")
    assert page.inner_text("h1") == "Anna Lind"
    page.goto(second[0])
    assert "used before" in page.inner_text("main")
    page.goto(f"{base}/me")
    send(page, "/sign-out")
    page.click("[data-passkey] button")
    page.wait_for_url(re.compile(f"{base}/(attention|people|links)$"))
    answer = page.goto(f"{base}/people")
    assert answer.status == 403

    rows = {row["name"]: row for row in office.ask("GET", "/api/v1/person")}
    assert (rows["anna"]["passkeys"], rows["operator"]["recovery_left"]) == (1, 9)
    assert rows["anna"]["signer"] == "s-02"
    log = office.log.read_text()
    assert PASSWORD not in log
    assert not [each for each in (*codes, second[0].rpartition("/")[2], secret) if each in log]
