"""Writing an act in the console: nothing leaves that was not shown, and no text is lost."""

import re
from dataclasses import replace

import pytest
from tests.support.offices import BUNDLE, PERSON
from tests.support.pairs import READER, pairs
from tests.support.screens import Screen

from detente.app.console.ask import Answer, Upload
from detente.app.console.pages import compose
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.waiting import Policy

TWO = Policy(hold_back=Span(10_000))
PATH = "write/cert/send"


def screen(policy: Policy = TWO, **more: object) -> Screen:
    side = pairs(policy).sides[0]
    return Screen(side, compose.ROUTES, **more)  # type: ignore[arg-type]


def bundle(about: str = "x") -> Upload:
    return Upload("file", "wave.json", (BUNDLE % about).encode())


def typed(one: Screen, **more: str) -> dict[str, str]:
    to = one.side.net.sides[1].address
    return {"to": to, "about": "Phishing <wave>", "tlp": "AMBER", "prec": "ROUTINE", **more}


def hidden(answer: Answer) -> dict[str, str]:
    """Return the fields that a page carries beside what people fill in."""
    text = answer.data.decode()
    rows = re.findall(r'<input type="hidden" name="([\w-]+)" value="([^"]*)"', text)
    button = re.search(r'formaction="[^"]+" name="(form)" value="([^"]+)"', text)
    return {**dict(rows), **({button[1]: button[2]} if button else {})}


def test_an_empty_form_shows_the_defaults_and_nothing_to_send() -> None:
    one = screen()
    text = one.get(PATH).data.decode()
    assert 'value="GREEN" checked' in text
    assert "formaction" not in text
    assert one.side.net.sides[1].address in text
    assert text.index('name="tlp"') < text.index('name="to"') < text.index('name="about"')


def test_what_is_wrong_is_told_and_kept_and_not_sent() -> None:
    one = screen()
    answer = one.post(PATH, typed(one, within="soon", do="look"))
    text = answer.data.decode()
    assert answer.status == 422
    assert 'href="#f-within"' in text
    assert 'href="#f-file"' in text
    assert "Phishing &lt;wave&gt;" in text
    assert "formaction" not in text
    assert [
        each.values["within"] for each in one.side.office.texts.every(PERSON, one.side.net.now)
    ] == [("soon",)]


def test_what_is_shown_is_sent_once() -> None:
    one = screen()
    looked = one.post(PATH, typed(one), bundle())
    text = looked.data.decode()
    assert looked.status == 200
    assert "Held back 10 seconds" in text
    assert "Release to borealis.gov" in text
    again = {**typed(one), **hidden(looked)}
    sent = one.post(f"{PATH}/send", again)
    assert sent.status == 303
    (waits,) = one.side.office.drafts.waiting(PERSON)
    assert sent.headers["Location"] == f"/drafts/{waits.mid.hex()}"
    assert one.side.office.texts.every(PERSON, one.side.net.now) == ()
    assert one.post(f"{PATH}/send", again).headers == sent.headers
    assert len(one.side.office.drafts.waiting(PERSON)) == 1


def test_what_changed_since_it_was_shown_is_shown_again() -> None:
    one = screen()
    fields = {**typed(one), **hidden(one.post(PATH, typed(one), bundle()))}
    answer = one.post(f"{PATH}/send", {**fields, "about": "something else"})
    assert answer.status == 422
    assert "changed since you looked" in answer.data.decode()
    assert one.side.office.drafts.waiting(PERSON) == ()


def test_flash_goes_to_a_second_person() -> None:
    one = screen()
    looked = one.post(PATH, typed(one, prec="FLASH"), bundle())
    assert "Hand to a second person" in looked.data.decode()
    one.post(f"{PATH}/send", {**typed(one, prec="FLASH"), **hidden(looked)})
    assert [each.state for each in one.side.office.drafts.waiting(PERSON)] == ["waits"]


def test_an_attachment_is_handed_in_once_and_can_be_left_out() -> None:
    one = screen()
    looked = one.post(PATH, typed(one), bundle(), Upload("attach", "a.txt", b"abc"))
    text = looked.data.decode()
    handle = re.search(r'name="attach" value="([0-9a-f]{32})" checked', text)
    assert handle
    assert "a.txt" in text
    assert "Not looked into" in text
    assert "Not looked into" not in one.post(PATH, typed(one), bundle()).data.decode()
    assert " in all at most" in text
    fields = {**typed(one), **hidden(looked), "attach": handle[1]}
    assert 'value="' + handle[1] in one.post(PATH, fields).data.decode()
    assert handle[1] not in one.post(PATH, {**fields, "attach": ""}).data.decode()
    lost = one.post(PATH, {**fields, "attach": "0" * 32, "do": "look"})
    assert lost.status == 422
    assert 'href="#f-attach"' in lost.data.decode()


def test_a_faults_place_is_its_field() -> None:
    one = screen()
    strict = (BUNDLE % "x").replace(
        '"name"',
        '"object_marking_refs":["marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"],"name"',
    )
    answer = one.post(
        PATH, typed(one, tlp="CLEAR", do="look"), Upload("file", "a.json", strict.encode())
    )
    assert 'href="#f-tlp"' in answer.data.decode()
    unknown = one.post(PATH, typed(one, to="cert@nowhere.gov", do="look"), bundle())
    assert 'href="#f-to"' in unknown.data.decode()


def test_a_draft_is_taken_up_again_and_two_who_write_it_lose_nothing() -> None:
    one = screen()
    first = hidden(one.post(f"{PATH}/keep", typed(one)))
    shown = one.get(PATH, draft=first["draft"]).data.decode()
    assert "Phishing &lt;wave&gt;" in shown
    second = one.post(f"{PATH}/keep", {**typed(one), **first, "about": "two"})
    assert hidden(second)["version"] == "2"
    stale = one.post(f"{PATH}/keep", {**typed(one), **first, "about": "three"})
    assert "nothing is lost" in stale.data.decode()
    assert {
        each.values["about"][0] for each in one.side.office.texts.every(PERSON, one.side.net.now)
    } == {"two", "three"}
    listed = one.get("write").data.decode()
    assert "two" in listed
    assert "three" in listed
    one.post(f"texts/{first['draft']}/drop", {})
    assert [
        each.values["about"] for each in one.side.office.texts.every(PERSON, one.side.net.now)
    ] == [("three",)]


def test_who_may_not_write_sees_no_form_and_no_act() -> None:
    one = screen(person=READER)
    assert one.code(PATH) == "office.forbidden"
    assert one.code(f"{PATH}/send", {}) == "office.forbidden"
    assert "You write at no desk" in one.get("write").data.decode()


def test_who_only_answers_writes_without_a_draft() -> None:
    person = replace(PERSON, name="answerer", roles={"cert": frozenset({Role.READ, Role.ANSWER})})
    one = screen(person=person)
    answer = one.post("write/cert/answer", {"mid": "abcdef", "verdict": "useful", "do": "look"})
    assert answer.status == 422
    assert 'href="#f-mid"' in answer.data.decode()


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("act", ["send", "answer", "withdraw", "acknowledge"])
def test_every_act_has_its_page_in_every_language(language: str, act: str) -> None:
    one = screen(language=language)
    text = one.get(f"write/cert/{act}", mid="abcdefgh").data.decode()
    assert f'<html lang="{language}"' in text
    if act != "send":
        assert 'value="abcdefgh"' in text


def test_a_strangers_marks_in_our_own_text_are_drawn() -> None:
    one = screen()
    looked = one.post(PATH, typed(one, about="abc\u202egnp.exe"), bundle()).data.decode()
    paper = looked.partition('class="paper"')[2]
    assert '<span class="unseen">U+202E</span>' in paper
