"""Take the pictures of docs/tour.md anew: two parties on this machine, people at browsers.

    PYTHONPATH=src:. python tools/pictures.py [FOLDER]

Needs what tests/browser needs: Debian's Chromium and Playwright. Writes docs/pictures/*.png.
"""

import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from playwright.sync_api import expect
from tests.browser.houses import WAIT, House, Someone, Street, two_houses
from tests.browser.steps import (
    acknowledge,
    compose,
    fill_bundle,
    in_house,
    make_person,
    release,
    with_passkey,
)
from tests.support import browsing

ROOT: Final = Path(__file__).parents[1]
FLASH: Final = "Gateways of your grid answer to strangers"
WIDTH: Final = 1280
HIGH: Final = {"matter": 640, "links": 300, "write": 720, "draft": 600, "audit": 620, "people": 420,
               "doctor": 360}  # fmt: skip


def main(folder: Path) -> None:
    """Play a small day, and keep what people have on their screens."""
    place = Path(tempfile.mkdtemp(prefix="d-"))
    try:
        with two_houses(place) as (a, b), browsing.chromium() as browser, ExitStack() as stack:
            Day(a, b, Street(browser, stack), folder).play()
    finally:
        shutil.rmtree(place, ignore_errors=True)


class Day:
    """What happens, and who looks at it."""

    def __init__(self, a: House, b: House, street: Street, folder: Path) -> None:
        self.a, self.b, self.street, self.folder = a, b, street, folder
        self.root = self._first(a)
        self.duty = self._first(b)
        self.vera = street.browser_of(a, "vera")
        with_passkey(self.vera, make_person(self.root, "vera", "Vera Lind", "drafter"))
        self.boris = street.browser_of(a, "boris")
        with_passkey(self.boris, make_person(self.root, "boris", "Boris Aho", "releaser"))
        self.audra = street.browser_of(a, "audra")
        with_passkey(self.audra, in_house(self.root, "audra", "auditor"))

    def _first(self, house: House) -> Someone:
        found = self.street.browser_of(house, "operator")
        found.come_by(house.enter_link("operator"))
        found.choose_password()
        return found

    def play(self) -> None:
        """Take every picture of the tour."""
        for about, prec in (
            ("Four addresses that scan substations", "PRIORITY"),
            ("A mail that poses as your ministry", "IMMEDIATE"),
            ("Weekly indicators", "ROUTINE"),
        ):
            compose(self.root, about, prec, "borealis.gov")
        duty = self.duty
        self._arm(duty)
        expect(duty.page.locator("tr[data-row]")).to_have_count(3, timeout=WAIT)
        self.take(duty, "attention", 560)
        self._draft_and_flash()
        self.take(duty, "links", path="/links")
        fill_bundle(self.root, "Two more addresses, seen this morning", "PRIORITY", "borealis.gov")
        self.root.page.locator("button[value=look]").click()
        self.root.page.locator("button[formaction$='/send']").wait_for()
        self.take(self.root, "write")
        self.take(self.root, "people", path="/people")
        self.take(self.root, "doctor", path="/doctor")
        self.take(self.audra, "audit", path="/audit")

    def _draft_and_flash(self) -> None:
        path = compose(self.vera, FLASH, "FLASH", "borealis.gov")
        self._arm(self.boris, path)
        self.take(self.boris, "draft")
        release(self.boris, path)
        self.duty.page.locator(".flash", has_text=FLASH).wait_for()
        self.take(self.duty, "flash", 560)
        acknowledge(self.duty, FLASH)
        self.take(self.duty, "matter")

    def _arm(self, someone: Someone, path: str = "/attention") -> None:
        someone.go(path)
        someone.page.locator("h1").click()  # a gesture arms the alarm
        expect(someone.page.locator("[data-alarm]")).not_to_have_class("need", timeout=WAIT)

    def take(self, someone: Someone, name: str, high: int = 0, path: str = "") -> None:
        """Keep the top of a screen as a picture."""
        if path:
            self._arm(someone, path)
        someone.page.evaluate("scrollTo(0, 0)")
        file = self.folder / f"{name}.png"
        clip = {"x": 0, "y": 0, "width": WIDTH, "height": high or HIGH[name]}
        someone.page.screenshot(path=str(file), clip=clip)
        print(f"{file.name} {file.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures")
