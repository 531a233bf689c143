"""The main job in two consoles: two people of Aurelia send FLASH, Borealis sees, reads, answers."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import expect
from tests.browser.houses import WAIT, Cast
from tests.browser.steps import compose, look_and_send, quieten, release

ABOUT = "Your substation gateways are being switched off"
ANSWER = "Seen on two of ours; both are off the net."


def test_flash_from_a_draft_to_an_answer(cast: Cast, tmp_path: Path) -> None:
    duty, vera, boris = cast.duty, cast.vera, cast.boris
    quieten(duty)
    duty.page.locator("h1").click()  # a gesture arms the alarm
    expect(duty.page.locator("[data-alarm]")).not_to_have_class("need", timeout=WAIT)

    path = compose(vera, ABOUT, "FLASH", "borealis.gov")
    assert path.startswith("/drafts/")
    expect(vera.page.locator("form[action$='/release']")).to_have_count(0)
    boris.go("/drafts")
    expect(boris.page.locator(f"a[href='{path}']")).to_be_visible()
    release(boris, path)

    # It comes by itself to the page that lay open.
    flash = duty.page.get_by_role("alert").filter(has_text=ABOUT)
    expect(flash).to_contain_text("FLASH from aurelia.gov", timeout=WAIT)
    expect(duty.page).to_have_title(re.compile("^Z FLASH"))
    expect(boris.page.locator(".record .prec")).to_be_visible()
    flash.get_by_role("button").click()
    expect(duty.page).to_have_url(re.compile("/matter/"), timeout=WAIT)
    duty.see(ABOUT)
    expect(flash).to_have_count(0)
    expect(duty.page).not_to_have_title(re.compile("^Z FLASH"))

    duty.page.locator(".duty a[href*='/write/cert/answer']").click()
    page = duty.page
    page.locator("input[name=verdict][value=useful]").check()
    page.locator("[name=text]").fill(ANSWER)
    look_and_send(duty)
    expect(page).to_have_url(re.compile("/matter/"), timeout=WAIT)

    expect(boris.page.locator("li.theirs")).to_contain_text("Answer", timeout=WAIT)
    boris.page.locator("li.theirs form[action$='/read'] button").click()
    boris.see(ANSWER)
    read = boris.page.locator("li.ours .receipts li").filter(has_text="read")
    expect(read.locator("time")).to_be_visible(timeout=WAIT)

    with boris.page.expect_download() as saved:
        boris.page.locator("a[href*='/evidence']").click()
    file = tmp_path / "matter.evidence"
    saved.value.save_as(file)
    told = verify(file, cast)
    assert (told["valid"], told["strength"]) == (True, "FULL")


def verify(file: Path, cast: Cast) -> dict[str, object]:
    """Let the program judge a file by itself, with both cards."""
    cards: list[str | Path] = []
    for house in (cast.boris.house, cast.duty.house):
        card = file.with_name(f"{house.folder.name}.card")
        program("party", "card", "-o", card, "--at", house.folder)
        cards += ["--card", card]
    found: dict[str, object] = json.loads(program("verify", file, *cards, "--json"))
    return found


def program(*words: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "detente", *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True,
        timeout=WAIT / 1000,
    )  # fmt: skip
    return done.stdout
