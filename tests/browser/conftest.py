"""Two parties for a module of stories, a browser, and whoever sits at one."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.houses import Cast, House, Street, two_houses
from tests.browser.steps import make_person, with_passkey
from tests.support import browsing


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; where there is none the tests are skipped, in CI they fail."""
    if os.environ.get("CI") and not browsing.CHROMIUM.exists():
        pytest.fail(browsing.HELP)
    with browsing.chromium() as found:
        yield found


@pytest.fixture(scope="session")
def houses(browser: Browser) -> Iterator[tuple[House, House]]:
    """Aurelia and Borealis, linked, each with its console."""
    # Short: a socket's path has some hundred bytes, and pytest's own folders take most of them.
    place = Path(tempfile.mkdtemp(prefix="d-"))
    try:
        with two_houses(place) as pair:
            yield pair
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def street(browser: Browser) -> Iterator[Street]:
    """People at browsers; all leave in the end, and no page of theirs complained."""
    with ExitStack() as stack:
        found = Street(browser, stack)
        yield found
        if os.environ.get("DETENTE_SCREENSHOTS"):
            found.show(Path(os.environ["DETENTE_SCREENSHOTS"]) / "last")
        assert found.complaints == []


@pytest.fixture(scope="session")
def cast(houses: tuple[House, House], street: Street) -> Cast:
    """Everybody, come in by a one-time link."""
    a, b = houses
    root = street.browser_of(a, "operator")
    root.come_by(a.enter_link("operator"))
    root.choose_password()
    vera = street.browser_of(a, "vera")
    with_passkey(vera, make_person(root, "vera", "Vera Lind", "drafter"))
    boris = street.browser_of(a, "boris")
    boris.come_by(make_person(root, "boris", "Boris Aho", "releaser"))
    boris.choose_password()
    duty = street.browser_of(b, "operator")
    duty.come_by(b.enter_link("operator"))
    duty.choose_password()
    return Cast(root, vera, boris, duty)
