"""Pages of attention, matters, desks, links, the watch, the trail and help, over offices of a test."""

from dataclasses import replace

import pytest
from tests.support.makers import AURELIA, BOREALIS
from tests.support.offices import PERSON, Net, Side
from tests.support.screens import CSRF, Screen

from detente.app import faces
from detente.app.console.pages import ROUTES
from detente.core import record
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.people import House, Person
from detente.office.trail import Query
from detente.ui.render import Renderer

HOUR = Span(3_600_000)
EVIL = "\u202eevil\u200b <b>x</b>"
AUDITOR = Person("auditor", "1001", "", {}, house=frozenset({House.AUDITOR}))
ALL = replace(PERSON, house=frozenset({House.AUDITOR, House.ADMINISTRATOR}))
PAGES = ("attention", "watch", "desks", "desk/cert/list", "links", "audit", "audit/verify", "help",
         "procedure/cert.bundle", "procedure/cert.withdrawal", "search")  # fmt: skip


@pytest.fixture
def net() -> Net:
    return Net(AURELIA, BOREALIS)


def screen(side: Side, person: Person = PERSON, language: str = "en") -> Screen:
    return Screen(side, ROUTES, person=person, language=language)


def html(side: Side, path: str, person: Person = PERSON, language: str = "en", **query: str) -> str:
    return screen(side, person, language).get(path, **query).data.decode()


def matter_of(side: Side, mid: bytes) -> str:
    return side.office.records.find(mid)[0].text("matter")


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("path", PAGES)
def test_each_page_stands_in_each_language(net: Net, path: str, language: str) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    shown = html(b, path, ALL, language)
    assert f'<html lang="{language}"' in shown
    assert "<h1" in shown


def test_what_waits_is_listed_with_its_deadline_and_can_be_taken(net: Net) -> None:
    a, b = net.sides
    mid = a.send("Phishing", b, within=HOUR)
    net.settle()
    shown = html(b, "attention")
    assert "Phishing" in shown
    assert f'form="rows" formaction="/record/{mid.hex()}/take"' in shown
    form = shown[shown.index('<form id="rows"') :].partition("</form>")[0]
    assert f'name="csrf" value="{CSRF}"' in form
    screen(b).post(f"record/{mid.hex()}/take", {})
    assert b.office.todo.holder(matter_of(b, mid)) == PERSON.name
    assert f"/record/{mid.hex()}/take" not in html(b, "attention")
    screen(b).post(f"record/{mid.hex()}/leave", {"back": f"/matter/{matter_of(b, mid)}"})
    assert b.office.todo.holder(matter_of(b, mid)) == ""


def test_an_empty_list_says_what_would_be_there_and_the_command(net: Net) -> None:
    shown = html(net.sides[0], "attention")
    assert "Nothing waits for you" in shown
    assert "detente attention --follow" in shown


def test_a_text_of_a_peer_is_not_shown_and_not_read_until_a_person_opens_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("Secret words", b, within=HOUR)
    net.settle()
    place = f"matter/{matter_of(b, mid)}"
    assert "Secret words" not in html(b, place)
    net.settle()
    assert a.office.records.standing(mid).level != "READ"
    answer = screen(b).post(f"record/{mid.hex()}/read", {})
    assert answer.headers["Location"] == f"/{place}#{mid.hex()}"
    assert "Secret words" in html(b, place)
    net.settle()
    assert a.office.records.standing(mid).level == "READ"


def test_acknowledging_an_alarm_notes_who_saw_it_and_signs_read(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    screen(b).post(f"record/{mid.hex()}/acknowledge", {})
    net.settle()
    assert a.office.records.standing(mid).level == "READ"
    rows = b.office.trail.find(AUDITOR, Query(), net.now).rows
    assert {"record/seen", "record/read"} <= {row.text("what") for row in rows}


def test_a_hold_and_a_refusal_are_answered_from_the_matter(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    form = {"answer": "HOLD", "reason": "they sleep", "within": "24h"}
    screen(b).post(f"record/{mid.hex()}/reply", form)
    assert "held" in html(b, f"matter/{matter_of(b, mid)}")
    net.settle()
    assert "they sleep" in html(a, f"matter/{matter_of(a, mid)}")
    assert screen(b).code(f"record/{mid.hex()}/reply", {"answer": "HOLD", "reason": ""}) != ""


def test_what_a_stranger_wrote_is_drawn_and_never_markup(net: Net) -> None:
    a, b = net.sides
    mid = a.send(EVIL, b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    for path in ("attention", f"matter/{matter_of(b, mid)}", "desk/cert/list"):
        shown = html(b, path)
        assert "<b>x</b>" not in shown
        assert "\u202e" not in shown
        assert "\u200b" not in shown
    assert "U+202E" in html(b, f"matter/{matter_of(b, mid)}")


def test_a_matter_shows_both_sides_and_hands_out_its_evidence(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    place = f"matter/{matter_of(a, mid)}"
    shown = html(a, place)
    assert "signed by them" in shown
    saved = screen(a).get(f"{place}/evidence", texts="1")
    assert saved.data[:2] == b"PK"
    assert saved.headers["Content-Disposition"].startswith("attachment")
    assert screen(a).get(f"record/{mid.hex()}/proof").data.startswith(b"c2sp.org/tlog-proof")


def test_a_text_is_saved_to_the_byte(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    saved = screen(b).get(f"record/{mid.hex()}/text/bundle").data
    assert saved == screen(a).get(f"record/{mid.hex()}/text/bundle").data
    assert saved.startswith(b'{"type":"bundle"')
    assert screen(b).code(f"record/{mid.hex()}/text/key") == "http.no_page"


def test_both_sides_are_compared_on_request(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    place = f"matter/{matter_of(a, mid)}"
    assert "they stated nothing yet" in html(a, place)
    screen(a).post(f"{place}/compare", {})
    net.settle()
    assert "both sides stated the same" in html(a, place)


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("matter/zz", "form.mid"),
        (f"matter/{'0' * 32}", "office.no_matter"),
        ("record/abc/proof", "form.mid"),
        (f"record/{'0' * 64}/proof", "office.no_record"),
        ("links/nobody.gov", "link.none"),
        ("procedure/none", "http.no_page"),
        ("desk/cert/none", "office.no_act"),
    ],
)
def test_what_is_not_there_is_said_by_its_code(net: Net, path: str, code: str) -> None:
    assert screen(net.sides[0]).code(path) == code


def test_who_has_no_role_at_a_desk_sees_no_matter_of_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("one", b, within=HOUR)
    net.settle()
    with pytest.raises(OurFault, match="may read at no desk"):
        screen(b, AUDITOR).get(f"matter/{matter_of(b, mid)}")
    assert "one" not in html(b, "desks", AUDITOR).split("<main")[1].split("</main")[0].split()


def test_links_show_the_peer_its_state_and_its_fingerprint(net: Net) -> None:
    a, b = net.sides
    a.send("one", b)
    net.settle()
    assert "connected" in html(a, "links")
    shown = html(a, f"links/{b.party.name}")
    digits = a.office.status.cards[b.party.name].fingerprint.split()
    assert digits[0] in shown


def test_the_watch_is_taken_handed_over_with_a_note_and_left(net: Net) -> None:
    (a, _) = net.sides
    assert "keeps no watch" in html(a, "watch")
    screen(a).post("watch/cert/take", {})
    assert a.office.watch.show("cert", net.now).holder == PERSON.name
    refused = screen(a).post("watch/cert/hand", {"to": "vega", "note": " "})
    assert refused.status == 422
    assert "note" in refused.data.decode()
    screen(a).post("watch/cert/hand", {"to": "vega", "note": "Line 2 is slow."})
    assert "Line 2 is slow." in html(a, "watch")
    screen(a).post("watch/cert/leave", {})
    assert "NOBODY has the watch" in html(a, "watch")


def test_an_auditor_sees_who_read_what_and_no_text(net: Net) -> None:
    a, b = net.sides
    mid = a.send("Secret words", b, within=HOUR)
    net.settle()
    b.office.records.read(PERSON, mid, net.now)
    shown = html(b, "audit", AUDITOR)
    assert "record/read" in shown
    assert "Secret words" not in shown
    only = screen(b, AUDITOR).get("audit", desk="none").data.decode()
    assert "No entry fits" in only
    saved = screen(b, AUDITOR).get("audit/export").data.decode()
    assert '"what": "record/read"' in saved
    assert "Every entry holds." in html(b, "audit/verify", AUDITOR)


def test_every_form_has_a_name_of_its_sending(net: Net) -> None:
    a, b = net.sides
    a.send("one", b, within=HOUR)
    net.settle()
    made = iter(f"name-of-a-sending-{count}" for count in range(100))
    seen = screen(b)
    seen.site = replace(
        seen.site,
        renderer=Renderer(faces.templates(), faces.words(), sending=lambda: next(made)),
    )
    shown = seen.get("attention").data.decode()
    assert shown.count('name="form" value="name-of-a-sending-') == shown.count('name="csrf"') > 0
    assert shown.count('value="name-of-a-sending-0"') == 1


def test_a_record_is_found_by_its_words_and_by_its_id_by_who_may_read_it(net: Net) -> None:
    a, b = net.sides
    mid = a.send("Phishing wave", b, within=HOUR)
    a.send("Other thing", b, within=HOUR)
    net.settle()
    shown = screen(b).get("search", words="phish").data.decode()
    assert mid.hex() in shown
    assert "Phishing wave" in shown
    assert "Other thing" not in shown
    assert mid.hex() in screen(b).get("search", words=record.mid_text(mid)).data.decode()
    nobody = screen(b, AUDITOR).get("search", words="phish").data.decode()
    assert "fits" in nobody
    assert mid.hex() not in nobody
    assert mid.hex() not in screen(b).get("search", words="phish", until="2020-01-01").data.decode()


def test_what_a_list_is_asked_for_is_nothing_until_somebody_chooses(net: Net) -> None:
    shown = html(net.sides[0], "desk/cert/incidents")
    asked = shown.partition('name="what"')[2].partition("</select>")[0]
    assert '<option value="" selected>' in asked
    assert 'value="incident"' in asked
