"""Every page in both languages and both themes: what axe finds, and whether it fits its window.

The list of pages is that of the console's own routes: who adds a page says here where it is found.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page
from tests.browser.houses import WAIT, Cast, House, Someone, Street, two_houses
from tests.browser.steps import (
    BUNDLE,
    acknowledge,
    compose,
    fill_bundle,
    in_house,
    release,
    with_passkey,
)
from tests.browser.test_watch import DESKS, call, principal
from tests.browser.test_watch import told as watched
from tests.support import browsing
from tests.support.processes import until

from detente.app.console.pages import ROUTES
from detente.core.errors import OurFault
from detente.office.fields import Mid

# Answers that are no page to look at.
NO_PAGE: Final = {
    "told/{token}": "a table for who has the token; for others see FAULTS_AT_THE_DOOR",
    "exercise/{mid}": "drawn and looked at in tests/console/test_exercises.py",
    "paper/notice/{mid}": "a file",
    "paper/session/{party}/{day}": "a file",
    "paper/log/{day}": "a file",
    "paper/exercise/{mid}": "a file",
    "": "leads to where a person's work is",
    "api/{rest...}": "for programs",
    "taxii2/{rest...}": "for programs",
    "live": "a stream",
    "health/live": "a word for machines",
    "health/ready": "a word for machines",
    "audit/export": "a file",
    "audit/file": "a file",
    "matter/{matter}/evidence": "a file",
    "peers/card": "a file",
    "record/{mid}": "leads to its matter",
    "record/{mid}/proof": "a file",
    "record/{mid}/text/{field}": "a file",
    "record/{mid}/file/{number}": "a file",
    "screening/run/{run}/results": "a file",
    "screening/run/{run}/table": "a file",
    "setup/code.svg": "a picture, seen on the page of the setup",
}
# By person: where each page is found. {…} are places of the fixture below.
ROOT: Final = {
    "attention": "attention", "watch": "watch", "desks": "desks", "links": "links",
    "links/{party}": "links/borealis.gov", "search": "search?text=gateway", "write": "write",
    "write/{desk}/{act}": "write/cert/send", "drafts": "drafts", "drafts/{mid}": "{draft}",
    "matter/{matter}": "{matter}", "desk/{desk}/{look}": "desk/cert/list", "people": "people",
    "people/{name}": "people/vera", "me": "me", "doctor": "doctor", "peers": "peers",
    "peers/{party}": "peers/borealis.gov", "help": "help", "help/{code}": "help/people.changed",
    "procedure/{name}": "procedure/cert.bundle", "again": "again", "unlock": "unlock",
    "screening": "screening", "screening/lists": "screening/lists",
    "screening/version/{version}": "screening/version/{version}",
    "screening/decision/{stamp}": "screening/decision/{stamp}",
    "screening/files": "screening/files", "screening/run/{run}": "screening/run/{run}",
    "desk-keys": "desk-keys", "feeds": "feeds", "collections": "collections",
    "arrangements": "arrangements", "incident/{mid}": "{incident}", "large/{file}": "large/{large}",
    "object/{id}": "object/indicator--53fe3b22-0201-47cf-85d0-97c02164528d",
}  # fmt: skip
# Further looks of pages above: who owes three reports, two of them late.
MORE: Final = {"incident-late": "{late}", "desk-transfers": "desk/cert/transfers"}
# Of another house, which keeps a watch floor and a direct line.
FLOOR: Final = {
    "hotline": "hotline", "hotline/{party}": "hotline/borealis.gov",
    "hotline/{party}/{mid}": "hotline/borealis.gov/{message}", "notice/{mid}": "notice/{notice}",
    "designation/{mid}": "designation/{designation}",
}  # fmt: skip
INCIDENT: Final = {
    "to": ["borealis.gov"], "about": "Pumps answer at 203.0.113.7", "text": "Since last night.",
    "category": "intrusion", "severity": "high", "impact": "degraded", "tlp": "AMBER",
}  # fmt: skip
AUDITOR: Final = {"audit": "audit", "audit/verify": "audit/verify"}
OVERSEER: Final = {"overseer": "overseer"}
DOOR: Final = {"sign-in": "sign-in", "enter/{token}": "", "setup": ""}
# Beside routes: what a page says when it says no, by its status.
FAULTS: Final = {"no-such-page": 404, "audit": 403, "{over}": 409}
FAULTS_AT_THE_DOOR: Final = {"no-such-page": 404, "told/of-nobody": 404}
SIZES: Final = {"desk": (1280, 720), "tablet": (820, 1180)}


CLIENTS: Final = (
    "no,Full name,when\nC-1,Сергей Кузнецов,1990\nC-2,Ada Kemp,1961\nC-3,...,\n"
    "C-4,Muhammad Husayn al-Rahmani,31.02.1961\nC-5\n"
).encode()
NOTICE: Final = {
    "to": ["notices@borealis.gov"], "format": "N6", "prec": "IMMEDIATE", "tlp": "GREEN",
    "value": watched(sector="energy", began="2026-11-22T09:40Z", cause="unknown", people="120000",
                     remarks="Two lines tripped within a second."),
}  # fmt: skip


DESIGNATION: Final = {
    "to": ["designation@borealis.gov"], "number": "AUR-17", "schema": "person", "tlp": "GREEN",
    "name": ["Ivan Example", "Иван Пример|original"], "birth": ["1970-02-01"], "country": ["bo"],
    "paper": ["passport|P 12345|bo"], "basis": "Decree 12, article 3", "measure": ["freeze"],
    "statement": "Paid for the attack of 3 May.", "case": "An informer at the bank saw the order.",
}  # fmt: skip


@dataclass
class Stage:
    """Whose pages are looked at, and where what they are about is found."""

    house: House
    floor: Someone  # at the other house
    people: Mapping[str, Someone]
    places: Mapping[str, str]


@dataclass
class Look:
    """One language and theme: what is wrong with the pages in it."""

    browser: Browser
    language: str
    theme: str
    wrong: list[str] = field(default_factory=list)

    @contextmanager
    def page(self, someone: Someone | None = None) -> Iterator[Page]:
        """Give a page of a browser in this language and theme, signed in as somebody."""
        options: dict[str, Any] = {
            "locale": "en-GB" if self.language == "en" else "ru-RU", "color_scheme": self.theme,
            "bypass_csp": True, "viewport": dict(zip(("width", "height"), SIZES["desk"], strict=True)),
        }  # fmt: skip
        state = someone.context.storage_state() if someone else None
        context = self.browser.new_context(storage_state=state, **options)
        context.set_default_timeout(WAIT)
        try:
            yield context.new_page()
        finally:
            context.close()

    def open(self, page: Page, url: str, name: str, status: int = 200) -> None:
        """Open an address and look at what stands there."""
        answer = page.goto(url, timeout=WAIT)
        assert answer is not None
        if answer.status != status:
            self.wrong.append(f"{name}: {answer.status}")
        self.see(page, name)

    def see(self, page: Page, name: str) -> None:
        """Look at what a page shows: its language, what axe finds, whether it fits."""
        found = browsing.grave_findings(page)
        if page.locator("html").get_attribute("lang") != self.language:
            found.append(f"not in {self.language}")
        for size, (width, height) in reversed(SIZES.items()):
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("document.documentElement.scrollWidth")
            found += [f"{wide} wide in {width}"] if wide > width else []
            if size == "desk" or self.language == "ru":
                browsing.keep_picture(page, f"{name}-{self.language}-{self.theme}-{size}")
        self.wrong += [f"{name}: {each}" for each in found]


@pytest.fixture(scope="module")
def floors(browser: Browser) -> Iterator[tuple[House, House]]:
    """Two parties that keep a watch floor, a direct line and designations."""
    place = Path(tempfile.mkdtemp(prefix="p-"))
    try:
        # What is proposed here needs no second person: the page is looked at, not the rule.
        with two_houses(
            place, (*DESKS, "designation"), "\n[release]\nsecond_person = []\n"
        ) as pair:
            yield pair
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="module")
def stage(cast: Cast, street: Street, floors: tuple[House, House]) -> Stage:
    """People of every sort, a matter under way, a draft that waits and one that is over."""
    house, root = cast.root.house, cast.root
    found = {"root": root}
    for name, role in (("audra", "auditor"), ("otto", "overseer")):
        found[role] = street.browser_of(house, name)
        with_passkey(found[role], in_house(root, name, role))
    in_house(root, "guest", "overseer")
    waits = compose(cast.vera, "A draft that waits for a second person", "FLASH", "borealis.gov")
    over = compose(cast.vera, "A draft that is over", "FLASH", "borealis.gov")
    release(cast.boris, over)
    cast.duty.go("/attention")  # whatever story came before, or none
    acknowledge(cast.duty, "A draft that is over")
    matter = compose(root, "Open gateways at two substations", "PRIORITY", "borealis.gov")
    incident = house.insist("POST", "/api/v1/cert/incident", INCIDENT)["records"][0]["mid"]
    floor, told = _watched(floors[0], street)
    places = {
        **told,
        **_cases(house, incident),
        **_screened(house),
        "draft": waits, "over": over, "matter": matter.partition("#")[0],
        "incident": f"incident/{_mid(incident).hex()}",
    }  # fmt: skip
    return Stage(house, floor, found, {key: text.strip("/") for key, text in places.items()})


def _cases(house: House, incident: str) -> dict[str, str]:
    """A story told to an incident, one that came late, arrangements, a large file that waits."""

    def do(act: str, **body: object) -> str:
        made = house.insist("POST", f"/api/v1/cert/{act}", body)
        return str(made["records"][0]["mid"])

    do("update", mid=incident, text="A second station answers too.")
    do("attribute", mid=incident, statement="The group called X", confidence="moderate",
       basis="Its tools and its hours.")  # fmt: skip
    to = ["borealis.gov"]
    late = do(
        "aware",
        to=to,
        about="Ransomware at a hospital",
        aware="2026-01-05T06:00:00.000Z",
        sector="health",
    )
    do("early", mid=late, malicious=True, crosses=False)
    do("report", mid=late, stage="notification", severity="high", impact="lost", text="Two wards.")
    do("arrange", to=to, about="What we know of the energy sector",
       sector=["energy"], upto="AMBER")  # fmt: skip
    data = Path(BUNDLE).read_bytes()
    file = house.insist("POST", "/api/v1/file", {"name": "large.json", "size": len(data)})["file"]
    house.insist("POST", f"/api/v1/file/{file}", data)
    given = {"file": file, "to": to, "about": "All we know of it", "tlp": "AMBER"}
    house.insist("POST", "/api/v1/cert/send/large", given)
    return {"late": f"incident/{_mid(late).hex()}", "large": str(file)}


def _screened(house: House) -> dict[str, str]:
    """A list in force, a version that is held, a decision on a name, and a file that was screened."""
    listed = Path("docs/screening/sample.jsonl").read_bytes()
    for data in (listed, listed[: len(listed) // 2]):
        sha256 = hashlib.sha256(data).hexdigest()
        house.insist("PUT", f"/api/v1/screening/file/{sha256}", data)
        body = {"list": "own", "reader": "own.json", "received": sha256}
        found = house.insist("POST", "/api/v1/screening/version", body)
        place = f"/api/v1/screening/version/{found['id']}"
        until(partial(_is_read, house, place), "it is read")
    name = {
        "name": "Сергей Кузнецов",
        "schema": "Person",
        "births": ["1990", "?"],
        "countries": ["Atlantis"],
    }

    def answered() -> Any:  # noqa: ANN401  the answer, once the index is built
        try:
            return house.ask("POST", "/api/v1/screening/name", name)
        except OurFault as fault:
            if fault.code != "list.building":
                raise
            return None

    asked = until(answered, "a name is decided on")
    run = _screened_file(house)
    return {"version": str(found["id"]), "stamp": str(asked["stamp"]), "run": run}


def _screened_file(house: House) -> str:
    sha256 = hashlib.sha256(CLIENTS).hexdigest()
    house.insist("PUT", f"/api/v1/screening/file/{sha256}", CLIENTS)
    body = {
        "received": sha256, "name": "clients.csv", "threshold": "0.4",
        "mapping": ["id=no", "name=Full name", "births=when"],
    }  # fmt: skip
    number = house.insist("POST", "/api/v1/screening/run", body)["id"]
    place = f"/api/v1/screening/run/{number}"
    until(lambda: house.ask("GET", place, None)["state"] == "done", "a file is screened")
    return str(number)


def _is_read(house: House, place: str) -> bool:
    return bool(house.ask("GET", place, None)["state"] != "reading")


def _watched(house: House, street: Street) -> tuple[Someone, dict[str, str]]:
    """Somebody at a watch floor with a notice, a designation and a message of the direct line."""
    someone = street.browser_of(house, "operator")
    someone.come_by(house.enter_link("operator"))
    someone.choose_password()
    sent = house.insist("POST", "/api/v1/notices/send", NOTICE)
    proposed = house.insist("POST", "/api/v1/designation/propose", DESIGNATION)
    call(house, principal(house, street), "borealis.gov", "We see the outage too. It is not ours.")
    listed = house.ask("GET", "/api/v1/hotline/list", None)["rows"]
    return someone, {
        "designation": _mid(proposed["records"][0]["mid"]).hex(),
        "notice": _mid(sent["records"][0]["mid"]).hex(), "message": _mid(listed[0]["mid"]).hex(),
    }  # fmt: skip


def _mid(written: str) -> bytes:
    found = Mid().read("mid", written)
    assert isinstance(found, bytes)
    return found


def test_every_page_of_the_console_is_looked_at() -> None:
    looked = {*ROOT, *FLOOR, *AUDITOR, *OVERSEER, *DOOR}
    assert {each.pattern for each in ROUTES if each.method == "GET"} - set(NO_PAGE) == looked
    assert set(NO_PAGE) <= {each.pattern for each in ROUTES}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_page_is_accessible_and_fits(
    browser: Browser, stage: Stage, language: str, theme: str
) -> None:
    look = Look(browser, language, theme)
    for name, pages in (("root", ROOT | MORE), ("auditor", AUDITOR), ("overseer", OVERSEER)):
        with look.page(stage.people[name]) as page:
            for pattern, path in pages.items():
                url = f"{stage.house.url}/{path.format(**stage.places)}"
                look.open(page, url, _named(pattern))
    with look.page(stage.floor) as page:
        for pattern, path in FLOOR.items():
            look.open(
                page, f"{stage.floor.house.url}/{path.format(**stage.places)}", _named(pattern)
            )
    with look.page(stage.people["root"]) as page:
        for path, status in FAULTS.items():
            url = f"{stage.house.url}/{path.format(**stage.places)}"
            look.open(page, url, f"fault-{status}", status)
    _through_the_door(look, stage)
    _what_answers_a_form(look, stage)
    assert not look.wrong, "\n".join(look.wrong)


def _through_the_door(look: Look, stage: Stage) -> None:
    with look.page() as page:
        guest = Someone(stage.house, "guest", page)
        look.open(page, f"{stage.house.url}/sign-in", "sign-in")
        for path, status in FAULTS_AT_THE_DOOR.items():
            look.open(page, f"{stage.house.url}/{path}", f"fault-door-{_named(path)}", status)
        look.open(page, stage.house.enter_link("guest"), "enter")
        page.locator("main form button").first.click()
        page.wait_for_url("**/setup")
        look.see(page, "setup")
        guest.choose_password()
        look.see(page, "codes")


def _what_answers_a_form(look: Look, stage: Stage) -> None:
    with look.page(stage.people["root"]) as page:
        root = Someone(stage.house, "operator", page)
        fill_bundle(root, "About to be looked at", "ROUTINE", "borealis.gov")
        page.locator("button[value=look]").click()
        page.locator("button[formaction$='/send']").wait_for()
        look.see(page, "write-preview")
        root.go("/write/cert/send")
        page.locator("[name=within]").fill("soon")
        page.locator("button[value=look]").click()
        page.locator(".errors").wait_for()
        look.see(page, "write-errors")
        _a_table_without_its_columns(root)
        look.see(page, "screening-lists-errors")
        assert page.locator("#mapping").input_value() == "id=no\nborn=when"
        page.locator("#mapping").fill("id=no\nname=Full name\nbirths=when")
        _load_table(root)
        page.wait_for_url("**/screening/version/ours.*")
        root.go("/screening/files")
        page.locator("#mapping").fill("born=when")
        page.locator("#file").set_input_files(
            {"name": "clients.csv", "mimeType": "text/csv", "buffer": CLIENTS}
        )
        page.locator("form[action='/screening/files'] button.main").click()
        page.locator(".errors").wait_for()
        look.see(page, "screening-files-errors")


def _a_table_without_its_columns(root: Someone) -> None:
    root.go("/screening/lists")
    root.page.locator("[name=list]").fill("ours")
    root.page.locator("#reader").select_option("mapped.csv")
    root.page.locator("#mapping").fill("id=no\nborn=when")
    _load_table(root)
    root.page.locator(".errors").wait_for()


def _load_table(root: Someone) -> None:
    table = b"no,Full name,when\n1,Ada Kemp,1961\n2,Zoltan Brightwater,1970-02-01\n"
    root.page.locator("#file").set_input_files(
        {"name": "names.csv", "mimeType": "text/csv", "buffer": table}
    )
    root.page.locator("form[action='/screening/lists'] button.main").click()


def _named(pattern: str) -> str:
    return pattern.replace("{", "").replace("}", "").replace("/", "-")
