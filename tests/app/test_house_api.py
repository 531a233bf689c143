"""Drafts, the watch, the trail and search, as programs ask for them."""

import json
from typing import Any

import pytest
from tests.support.offices import PERSON, Net
from tests.support.outcomes import fault_of
from tests.support.pairs import RELEASER, pairs, wish

from detente.app.api.routes import Api
from detente.app.http import Request
from detente.core import audit, trust
from detente.office.people import House, Person

AUDITOR = Person("auditor", "1010", "", {}, house=frozenset({House.AUDITOR}))


class Asker:
    def __init__(self, net: Net) -> None:
        self.net, self.person = net, PERSON
        office = net.sides[0].office
        self.api = Api(lambda: office, lambda _: self.person, lambda: net.now, net.settle)

    def ask(self, person: Person, method: str, path: str, body: object = None, **query: str) -> Any:  # noqa: ANN401
        self.person = person
        data = json.dumps(body).encode() if body is not None else b""
        headers = {"content-type": "application/json"} if data else {}
        parts = ("api", "v1", *path.split("/"))
        request = Request(1000, method, parts, query, data, headers)
        data, media = self.api.handle(request).body
        return json.loads(data) if media == "application/json" else data


@pytest.fixture
def asker() -> Asker:
    return Asker(pairs())


def test_a_draft_is_listed_shown_released_and_refused(asker: Asker) -> None:
    a, b = asker.net.sides
    wish(a, "now", b)
    wish(a, "later", b)
    one, two = asker.ask(RELEASER, "GET", "draft")
    assert (one["state"], one["person"]) == ("waits", "operator")
    shown = asker.ask(RELEASER, "GET", f"draft/{one['id']}")
    assert shown["steps"][0]["step"] == "waits"
    assert "bundle" in shown["text"]
    sent = asker.ask(RELEASER, "POST", f"draft/{one['mid']}/release", {})
    assert sent == {"sent": [one["mid"]], "held": []}
    assert asker.ask(RELEASER, "POST", f"draft/{two['mid']}/refuse", {"why": "no"})
    assert asker.ask(PERSON, "GET", "draft") == []
    assert len(b.of_kind("cert.bundle", ours=False)) == 1


def test_a_draft_is_taken_back_by_its_author(asker: Asker) -> None:
    a, b = asker.net.sides
    wish(a, "now", b)
    (one,) = asker.ask(PERSON, "GET", "draft")
    assert asker.ask(PERSON, "POST", f"draft/{one['mid']}/withdraw") == {"mid": one["mid"]}
    assert asker.ask(PERSON, "GET", "draft") == []


def test_the_watch_is_taken_handed_and_left(asker: Asker) -> None:
    assert asker.ask(PERSON, "GET", "watch")[0]["since"] is None
    assert asker.ask(PERSON, "POST", "watch/cert/take")["holder"] == "operator"
    handed = asker.ask(PERSON, "POST", "watch/cert/hand", {"to": "second", "note": "all quiet"})
    assert (handed["to"], handed["note"]) == ("second", "all quiet")
    assert asker.ask(RELEASER, "POST", "watch/cert/take")["holder"] == "second"
    assert asker.ask(RELEASER, "POST", "watch/cert/leave")["holder"] == ""


def test_the_trail_is_for_auditors(asker: Asker) -> None:
    a, b = asker.net.sides
    a.send("x", b)
    asker.net.settle()
    (act,) = asker.ask(AUDITOR, "GET", "audit", kind="office.act")
    assert (act["person"], act["what"], act["count"]) == ("operator", "cert/send", 1)
    page = asker.ask(AUDITOR, "GET", "audit", count="1")
    assert len(page) == 1
    proved = asker.ask(AUDITOR, "POST", "audit/verify", {})
    assert (proved["holds"], proved["bad"]) == (True, [])
    assert asker.ask(AUDITOR, "GET", "audit/heads") == {"ours": [], "theirs": []}
    assert fault_of(asker.ask, PERSON, "GET", "audit") == "office.forbidden"
    (refused,) = asker.ask(AUDITOR, "GET", "audit", kind="office.refused")
    assert (refused["person"], refused["what"]) == ("operator", "audit")


def test_the_home_log_is_saved_so_that_its_file_can_be_checked(asker: Asker) -> None:
    a, b = asker.net.sides
    a.send("x", b)
    asker.net.settle()
    data = asker.ask(AUDITOR, "GET", "audit/file")
    lines = data.splitlines(keepends=True)
    cards = {side.party.name: trust.read_chain(side.party.card.note) for side in asker.net.sides}
    shown = audit.check(lines, cards)
    assert (shown.verdict, shown.owner) == (audit.VALID, a.party.name)
    assert shown.disclosed > 0
    assert audit.check(lines[:-1], cards).verdict == audit.GAP
    assert fault_of(asker.ask, PERSON, "GET", "audit/file") == "office.forbidden"


def test_search_finds_by_words_and_pages(asker: Asker) -> None:
    a, b = asker.net.sides
    for at in range(3):
        a.send(f"phishing {at}", b)
    asker.net.settle()
    assert len(asker.ask(PERSON, "GET", "search", words="phish")) == 3
    assert len(asker.ask(PERSON, "GET", "search", words="phish", count="2")) == 2
    assert asker.ask(PERSON, "GET", "search", words="none") == []
