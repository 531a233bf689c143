"""No address of a bundle, an incident or a reason can be followed from a page by a slip."""

import html
import json
import re

import pytest
from tests.support.household import PEOPLE, Household

from detente.app import harmless
from detente.app.console.pages import ROUTES
from detente.core import record
from detente.desks.cert.formats.defang import refang
from detente.office.fields import Field, LongText, Text, Values
from detente.ui import body

URL, ADDRESS, MAIL = "http://pumps.bad.example/login", "203.0.113.77", "eve@bad.example"
LIVE = (URL, "pumps.bad.example", ADDRESS, MAIL)
OBJECT = "indicator--00000000-0000-4000-8000-000000000077"
BUNDLE = {
    "type": "bundle",
    "id": "bundle--00000000-0000-4000-8000-000000000001",
    "objects": [
        {
            "type": "indicator", "spec_version": "2.1", "id": OBJECT,
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-01-01T00:00:00.000Z",
            "name": f"Gate {URL}", "description": f"By {MAIL}",
            "pattern": f"[ipv4-addr:value = '{ADDRESS}']", "pattern_type": "stix",
            "valid_from": "2026-01-01T00:00:00Z",
        }
    ],
}  # fmt: skip
LOOKS = ("list", "incidents", "arrangements", "advisories", "directory", "warnings")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Household:
    """Both sides said things with addresses in every free text."""
    house = Household(tmp_path_factory.mktemp("house"))
    us, peer = house.side, house.other
    text = f"See {URL} at {ADDRESS}, ask {MAIL}"
    sent = peer.act(
        "cert/send", file=json.dumps(BUNDLE).encode(), to=(us.address,), about=text[:200],
        asks=text, tlp="AMBER", prec="PRIORITY",
    )  # fmt: skip
    incident = peer.act(
        "cert/incident", to=(us.address,), about=text, text=text, category="intrusion",
        severity="high", impact="lost", asks=text, tlp="AMBER",
    )  # fmt: skip
    house.net.settle()
    us.act("cert/answer", mid=sent, verdict="question", text=text)
    us.act("cert/triage", mid=incident, outcome="assist", severity="severe", text=text)
    peer.act("cert/attribute", mid=incident, statement=text, confidence="low", basis=text)
    us.act("cert/arrange", to=(peer.address,), about=text)
    house.net.settle()
    for mid in (sent, incident):
        house.post("supervisor", f"record/{mid.hex()}/read")
    house.mids = (sent, incident)  # type: ignore[attr-defined]
    return house


def shown(page: bytes) -> str:
    """What a person sees: no attributes, so neither what is copied on purpose nor what was typed."""
    return html.unescape(re.sub(r"<[^>]*>", "", page.decode()))


def pages(house: Household) -> list[str]:
    parts = {"{id}": OBJECT, "{desk}": "cert", "{look}": "list"}
    mids: tuple[bytes, ...] = house.mids  # type: ignore[attr-defined]
    matters = [house.side.office.records.find(mid)[0].text("matter") for mid in mids]
    plain = [
        each.pattern for each in ROUTES
        if each.method == "GET" and each.needs != "anyone" and "{" not in each.pattern
    ]  # fmt: skip
    return [
        *plain,
        *(f"matter/{each}" for each in matters),
        f"object/{parts['{id}']}",
        *(f"desk/cert/{each}" for each in LOOKS),
    ]


def test_no_page_shows_an_address_that_can_be_followed(house: Household) -> None:
    seen = ""
    for path in pages(house):
        answer = house.get("supervisor", path)
        if not answer.content_type.startswith("text/html"):
            continue
        text = shown(answer.data)
        for each in LIVE:
            assert each not in text, (path, each)
        assert f'href="{URL}' not in answer.data.decode(), path
        seen += text
    assert "203[.]0[.]113[.]77" in seen
    assert "hxxp://pumps[.]bad[.]example/login" in seen
    assert "eve[@]bad[.]example" in seen


@pytest.mark.parametrize("look", ["show", "case", "near", "find", "search"])
def test_no_list_that_is_asked_for_shows_one(house: Household, look: str) -> None:
    sent, incident = house.mids  # type: ignore[attr-defined]
    asked = {
        "show": ("desk/cert/show", {"mid": record.mid_text(sent)}),
        "case": ("desk/cert/case", {"mid": record.mid_text(incident)}),
        "near": ("desk/cert/near", {"id": OBJECT}),
        "find": ("desk/cert/find", {"value": ADDRESS}),
        "search": ("search", {"words": "see"}),
    }
    path, query = asked[look]
    answer = house.get("supervisor", path, **query)
    text = shown(answer.data)
    assert answer.status == 200
    assert "See" in text or "Gate" in text or look == "near"
    for each in LIVE:
        assert each not in text


def test_the_real_value_is_had_on_purpose_and_by_programs(house: Household) -> None:
    page = house.get("supervisor", f"object/{OBJECT}").data.decode()
    assert f'data-copy="{ADDRESS}"' in page
    _, (row,) = house.side.office.look(
        PEOPLE["reader"], "cert/values", Values({"id": OBJECT}), house.net.now
    )
    assert row["value"] == ADDRESS
    assert URL in house.get("supervisor", "desk/cert/raw", id=OBJECT).data.decode()


def test_what_a_command_prints_is_harmless_and_its_names_stay() -> None:
    free, own = Field("text", LongText(200)), Field("from", Text(96))
    assert refang(harmless.column("cert", free, URL)) == URL
    assert harmless.column("cert", free, URL) != URL
    assert harmless.column("cert", own, "cert@borealis.gov") == "cert@borealis.gov"
    assert harmless.column("cert", Field("id", Text(96, form=".*")), ADDRESS) == ADDRESS
    assert not body.is_free(own)
    assert harmless.text("no-such-desk", URL) == URL
