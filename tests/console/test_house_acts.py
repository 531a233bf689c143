"""Acts at the console when things go wrong: sent twice, sent stale, sent after the session's end."""

import re
from pathlib import Path

import pytest
from tests.support.household import HERE, Household
from tests.support.offices import BUNDLE
from tests.support.outcomes import fault_of
from tests.support.pairs import wish

from detente.app.console import guard
from detente.app.console.ask import Upload
from detente.core.moment import Span
from detente.office import sessions


@pytest.fixture
def house(tmp_path: Path) -> Household:
    return Household(tmp_path)


def kept(house: Household, name: str = "supervisor") -> str:
    """Return a record of the peer that a person read."""
    mid = house.other.send("a question", house.side, within=Span.of(hours=4))
    house.net.settle()
    house.post(name, f"record/{mid.hex()}/read")
    house.net.settle()
    return mid.hex()


def fields(page: str, action: str) -> dict[str, str]:
    """Return the hidden fields of the form that goes to an address."""
    (form,) = re.findall(rf'<form[^>]*action="{re.escape(action)}".*?</form>', page, re.DOTALL)
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_an_answer_that_is_sent_twice_goes_once(house: Household) -> None:
    mid = kept(house)
    row, _ = house.side.office.records.find(bytes.fromhex(mid))
    page = house.get("supervisor", f"matter/{row.text('matter')}").data.decode()
    action = f"/record/{mid}/reply"
    form = {**fields(page, action), "answer": "HOLD", "reason": "we look", "within": "2h"}
    first = house.post("supervisor", action, form)
    again = house.post("supervisor", action, form)
    assert (first.status, again) == (303, first)
    house.net.settle()
    said = [each for each in house.side.in_log(house.other) if each.header.kind == "ack.hold"]
    assert len(said) == 1


def test_of_two_people_who_release_at_once_one_has_effect(house: Household) -> None:
    draft = wish(house.side, "urgent", house.other).waiting[0].hex()
    pages = [house.get(name, f"drafts/{draft}").data for name in ("releaser", "supervisor")]
    assert b"Release" in pages[0]
    first = house.post("releaser", f"drafts/{draft}/release")
    second = house.post("supervisor", f"drafts/{draft}/release")
    assert (first.status, second.status) == (303, 409)
    assert b"released by releaser" in second.data
    house.net.settle()
    assert len(house.other.of_kind("cert.bundle", ours=False)) == 1


def test_a_change_of_a_person_who_was_changed_meanwhile_is_refused(house: Household) -> None:
    seen = house.side.office.people.find("reader", house.net.now).serial
    form = {"serial": str(seen), "display": "First", "desk-cert": "reader"}
    assert house.post("administrator", "people/reader", form).status == 303
    late = house.post("administrator", "people/reader", {**form, "display": "Second"})
    assert late.status == 422
    assert b"people.changed" in late.data
    assert house.side.office.people.find("reader", house.net.now).display == "First"


def test_a_draft_that_is_kept_again_from_one_page_keeps_what_was_typed_last(
    house: Household,
) -> None:
    page = house.get("supervisor", "write/cert/send").data.decode()
    form = {**fields(page, "/write/cert/send"), "do": "keep"}
    for text in ("half", "half a sentence", "half a sentence, and the rest"):
        house.post("supervisor", "write/cert/send/keep", {**form, "about": text})
    assert "half a sentence, and the rest" in house.get("supervisor", "write").data.decode()


def test_a_draft_outlives_the_session_that_ended_while_it_was_written(house: Household) -> None:
    path = "write/cert/send"
    form = {"about": "half a sentence", "asks": "and more", "do": "keep"}
    house.post("supervisor", path, form)
    house.net.now += Span.of(hours=13)
    late = house.ask(
        "supervisor", "POST", path,
        form={guard.CSRF: ("gone",), "about": ("half a sentence, and the rest",)},
    )  # fmt: skip
    assert late.status == 401
    house.tokens.clear()
    page = house.get("supervisor", "write").data.decode()
    (draft,) = re.findall(r'href="(/write/cert/send\?draft=[^"]+)"', page)
    shown = house.get("supervisor", path, draft=draft.partition("=")[2]).data.decode()
    assert "half a sentence" in shown
    assert "and more" in shown


def test_a_draft_outlives_a_session_that_is_locked(house: Household) -> None:
    path = "write/cert/send"
    page = house.post("supervisor", path, {"about": "half a sentence", "do": "keep"})
    assert page.status == 200
    house.net.now += sessions.IDLE_LOCK
    locked = house.post("supervisor", path, {"about": "half a sentence, more", "do": "keep"})
    assert locked.status == 403
    assert b"signin.locked" in locked.data
    assert house.get("supervisor", "write").headers["Location"].startswith("/unlock?next=")
    token = house.sign_in.sessions.prove(house.token("supervisor"), "password", house.net.now)
    house.tokens["supervisor"] = token
    assert b"half a sentence" in house.get("supervisor", "write").data


def test_nobodys_draft_is_shown_to_another(house: Household) -> None:
    house.post("supervisor", "write/cert/send", {"about": "mine alone", "do": "keep"})
    page = house.get("supervisor", "write").data.decode()
    (draft,) = re.findall(r'href="/write/cert/send\?draft=([^"]+)"', page)
    assert b"mine alone" not in house.get("drafter", "write").data
    other = house.get("drafter", "write/cert/send", draft=draft)
    assert b"mine alone" not in other.data
    house.post("drafter", f"texts/{draft}/drop")
    assert b"mine alone" in house.get("supervisor", "write").data


def test_a_page_that_loads_itself_anew_keeps_no_session_from_its_lock(house: Household) -> None:
    token = house.token("supervisor")
    page = house.get("supervisor", "attention").data.decode()
    found = re.search(r'<noscript><meta http-equiv="refresh" content="60;url=([^"]*)"', page)
    assert found
    path, _, query = found[1].lstrip("/").partition("?")
    asked = dict([query.partition("=")[::2]])
    for _ in range(16):
        house.net.now += Span.of(minutes=1)
        house.get("supervisor", path, **asked)
    kept_ = house.sign_in.look(token, house.net.now)
    assert kept_ is not None
    assert kept_.locked


def test_no_page_that_is_written_on_loads_itself_anew(house: Household) -> None:
    row, _ = house.side.office.records.find(bytes.fromhex(kept(house)))
    draft = wish(house.side, "urgent", house.other).waiting[0].hex()
    for path in ("write/cert/send", f"matter/{row.text('matter')}", f"drafts/{draft}"):
        assert b'http-equiv="refresh"' not in house.get("supervisor", path).data, path


def test_a_token_of_a_program_does_nothing_to_people_however_new_it_is(house: Household) -> None:
    now = house.net.now
    person = house.side.office.people.find("supervisor", now)
    token = house.sign_in.new_token(person, "a program", ("cert:read",), Span.of(days=1), now)
    told = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    body = b'{"label":"more","scopes":["cert:read"],"within":"365d"}'
    answer = house.ask("", "POST", "api/v1/person/supervisor/token", body=body, told=told)
    assert answer.status == 403
    assert b"signin.again" in answer.data
    assert len(house.sign_in.tokens.of("supervisor", now)) == 1
    assert house.ask("", "GET", "api/v1/record", told=told).status == 200


@pytest.mark.parametrize(
    ("scheme", "status"),
    [("Bearer ", 200), ("bearer ", 200), ("ApiKey ", 200), ("Digest ", 401), ("ApiKey", 401)],
)
def test_a_program_says_its_token_as_bearer_or_as_yentes_clients_do(
    house: Household, scheme: str, status: int
) -> None:
    now = house.net.now
    person = house.side.office.people.find("supervisor", now)
    token = house.sign_in.new_token(person, "a program", ("cert:read",), Span.of(days=1), now)
    told = {"authorization": f"{scheme}{token}"}
    assert house.ask("", "GET", "api/v1/record", told=told).status == status


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd", "..\\..\\boot.ini", "/etc/passwd", "a/../../b", "....//x", "\u202egpj.exe",
        "x\r\nSet-Cookie: a=b", 'x"; filename="y', "\x00.txt", "CON", "a" * 400, ".", "..", "",
    ],
)  # fmt: skip
def test_a_file_sent_with_any_name_comes_out_under_a_plain_one(house: Household, name: str) -> None:
    form = {
        "to": house.other.address, "about": "a file", "tlp": "GREEN", "prec": "ROUTINE",
        "do": "look",
    }  # fmt: skip
    files = (
        Upload("file", "wave.json", (BUNDLE % "x").encode()), Upload("attach", name, b"abc"),
    )  # fmt: skip
    page = house.post("supervisor", "write/cert/send", form, files).data.decode()
    (handle,) = set(re.findall(r'name="attach" value="([0-9a-f]{32})"', page))
    held = re.search(r'name="held-file" value="([^"]+)"', page)
    seen = re.search(r'name="seen" value="([^"]*)"', page)
    assert held
    assert seen
    sent = house.post("supervisor", "write/cert/send/send", {
        **form, "attach": handle, "held-file": held[1], "seen": seen[1],
    })  # fmt: skip
    assert sent.status == 303, sent.data
    house.net.settle()
    (mid,) = [each.data("mid") for each in house.side.of_kind("cert.bundle", ours=True)]
    (state,) = house.side.office.records.file_states(mid)
    assert not set(state.name) & set("/\\\r\n\x00\u202e")
    assert state.name not in ("", ".", "..")
    answer = house.get("supervisor", f"record/{mid.hex()}/file/0")
    assert (answer.data, answer.content_type) == (b"abc", "application/octet-stream")
    assert re.fullmatch(
        r"attachment; filename\*=UTF-8''[\w.~%-]+", answer.headers["Content-Disposition"]
    )
    assert "%2F" not in answer.headers["Content-Disposition"].upper()


def test_no_address_leads_elsewhere_after_an_act(house: Household) -> None:
    mid = kept(house)
    for back in ("https://evil.test", "//evil.test", "/\\evil.test", "javascript:alert(1)", "evil"):
        answer = house.post("supervisor", f"record/{mid}/take", {"back": back})
        assert answer.status == 400, back
        assert "Location" not in answer.headers
        for path in ("sign-in", "unlock", "again"):
            shown = house.get("supervisor", path, next=back)
            where = shown.headers.get("Location", "/")
            assert where.startswith("/")
            assert "evil" not in where
            assert f'value="{back}"' not in shown.data.decode()


def test_a_token_that_a_browser_brought_is_never_taken_up(house: Household) -> None:
    planted = "p" * 43
    assert house.ask("", "GET", "attention", token=planted).status == 303
    person = house.side.office.people.find("supervisor", house.net.now)
    given = house.sign_in.sessions.begin(person.name, "password", HERE, house.net.now, planted)
    assert given != planted
    assert house.ask("", "GET", "attention", token=planted).status == 303
    assert house.ask("", "GET", "attention", token=given).status == 200
    assert fault_of(house.sign_in.entrance.look, planted, house.net.now) == "signin.link"
