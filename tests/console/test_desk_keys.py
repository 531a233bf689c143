"""A desk that its people open: with a session that gave a password, and with no other."""

from pathlib import Path

import pytest
from tests.support.key_holders import PASSWORD, SEED, Holders
from tests.support.outcomes import fault_of

from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.people import Person

WORD = "verysecretword"


@pytest.fixture
def holders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Holders:
    return Holders(tmp_path, monkeypatch)


def received(holders: Holders, text: str = WORD, prec: str = "ROUTINE") -> bytes:
    more = {"unreleased": "a drill of one"} if prec == "FLASH" else {}
    holders.other.office._post.unreleased = True
    mid = holders.other.send(text, holders.side, prec=prec, **more)
    holders.net.settle()
    return mid


def page(holders: Holders, name: str, path: str, **query: str) -> str:
    return holders.house.get(name, path, **query).data.decode()


def read(holders: Holders, name: str, mid: bytes) -> int:
    return holders.house.post(name, f"record/{mid.hex()}/read").status


def test_a_holder_signs_in_reads_and_signs_out_and_it_is_closed_again(holders: Holders) -> None:
    mid = received(holders)
    holders.give_means("supervisor")
    assert holders.come_in("supervisor").status == 303
    holders.net.settle()
    assert read(holders, "supervisor", mid) == 303
    assert holders.other.level(mid) == "READ"
    assert WORD in page(holders, "supervisor", f"matter/{matter_of(holders, mid)}")
    holders.leave("supervisor")
    assert holders.side.keys.is_closed("cert")
    assert fault_of(holders.side.office.records.read, person(holders), mid, holders.now) == (
        "office.desk_closed"
    )


def person(holders: Holders, name: str = "supervisor") -> Person:
    return holders.person(name)


def matter_of(holders: Holders, mid: bytes) -> str:
    return holders.side.office.records.find(mid)[0].text("matter")


def test_a_desk_open_to_one_is_shut_to_whoever_gave_no_password(holders: Holders) -> None:
    mid = received(holders)
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    holders.net.settle()
    answer = holders.house.post("reader", f"record/{mid.hex()}/read")
    assert (answer.status, b"/desk-keys" in answer.data) == (409, True)
    shown = page(holders, "reader", f"matter/{matter_of(holders, mid)}")
    assert WORD not in shown
    assert "CERT</bdi> is closed to you" in shown
    found = page(holders, "reader", "search", words=WORD)
    assert "Search does not look into a closed desk" in found
    assert mid.hex() not in found
    assert mid.hex() in page(holders, "supervisor", "search", words=WORD)


def test_an_enter_link_gives_a_new_password_and_no_desk(holders: Holders) -> None:
    holders.give_means("supervisor", "words of an administrator")
    assert holders.come_in("supervisor", "words of an administrator").status == 303
    assert holders.side.keys.is_closed("cert")
    form = {"password": "words of an administrator", "next": "/desk-keys"}
    assert "opens no desk" in holders.house.post("supervisor", "desk-keys/open", form).data.decode()
    # The same person knows the older one, and puts the key under the new.
    opened = holders.house.post("supervisor", "desk-keys/open", {**form, "older": PASSWORD})
    assert (opened.status, holders.side.keys.is_closed("cert")) == (303, False)
    assert holders.wraps.open("supervisor", b"words of an administrator")["desk-cert"] == SEED


def test_a_person_let_in_gets_the_key_with_their_next_password(holders: Holders) -> None:
    for name in ("supervisor", "drafter"):
        holders.give_means(name)
    holders.come_in("supervisor")
    told = holders.house.post("supervisor", "desk-keys/cert/let-in", {"person": "drafter"})
    assert told.status == 303
    assert "You were let in" in page(holders, "drafter", "desk-keys")
    holders.house.tokens.pop("drafter")
    holders.come_in("drafter")
    assert holders.keys.holders("cert") == ("drafter", "supervisor")
    holders.leave("supervisor")
    assert not holders.side.keys.is_closed("cert")
    holders.leave("drafter")
    assert holders.side.keys.is_closed("cert")


def test_who_signs_in_by_passkey_chooses_a_password_for_the_desks(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    holders.house.post("supervisor", "desk-keys/cert/let-in", {"person": "drafter"})
    assert "A passkey alone opens no desk" in page(holders, "drafter", "desk-keys")
    new = "words for desks alone"
    for form in ({"password": new, "twice": "others"}, {"password": "short", "twice": "short"}):
        assert holders.house.post("drafter", "desk-keys/open", form).status == 422
    form = {"password": new, "twice": new}
    assert holders.house.post("drafter", "desk-keys/open", form).status == 303
    assert "Open to you" in page(holders, "drafter", "desk-keys")
    assert holders.house.post("drafter", "desk-keys/close").status == 303
    assert holders.house.post("drafter", "desk-keys/open", {"password": "not it"}).status == 422
    assert holders.house.post("drafter", "desk-keys/open", {"password": new}).status == 303


def test_an_enter_link_after_being_let_in_undoes_it(holders: Holders) -> None:
    for name in ("supervisor", "drafter"):
        holders.give_means(name)
    holders.come_in("supervisor")
    holders.house.post("supervisor", "desk-keys/cert/let-in", {"person": "drafter"})
    holders.give_means("drafter", "words of an administrator")
    holders.come_in("drafter", "words of an administrator")
    assert holders.keys.holders("cert") == ("supervisor",)


def test_a_row_that_nobody_of_the_desk_wrote_lets_nobody_in(holders: Holders) -> None:
    for name in ("supervisor", "drafter"):
        holders.give_means(name)
    holders.keys._grants.give("root", "drafter", "cert", bytes(32), holders.now)
    holders.come_in("supervisor")
    holders.come_in("drafter")
    assert holders.keys.holders("cert") == ("supervisor",)
    assert read(holders, "drafter", received(holders)) == 409


@pytest.mark.parametrize("name", ["administrator", "reader"])
def test_nobody_without_the_key_lets_anybody_in(holders: Holders, name: str) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    holders.house.post(name, "desk-keys/cert/let-in", {"person": "reader"})
    assert not holders.keys._grants.has("reader", "cert")


def test_a_pause_closes_the_desk_and_the_password_opens_it_again(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    holders.net.now += Span.of(minutes=16)
    holders.keys.see(holders.now)
    assert holders.side.keys.is_closed("cert")
    form = {"password": PASSWORD, "code": holders.code("supervisor"), "next": "/desk-keys"}
    answer = holders.house.post("supervisor", "again", form)
    holders.house.tokens["supervisor"] = answer.cookies[0].text
    assert (answer.status, holders.side.keys.is_closed("cert")) == (303, False)
    assert "Open to you" in page(holders, "supervisor", "desk-keys")


def test_a_changed_password_takes_the_keys_along(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    new = "another sentence of mine"
    wrong = {"password": "not that of mine at all", "new": new, "twice": new}
    assert holders.house.post("supervisor", "me/password", wrong).status == 422
    right = {**wrong, "password": PASSWORD}
    assert holders.house.post("supervisor", "me/password", right).status == 303
    holders.leave("supervisor")
    assert holders.come_in("supervisor").status == 403
    assert holders.come_in("supervisor", new).status == 303
    assert not holders.side.keys.is_closed("cert")


def test_the_last_holder_cannot_be_let_out(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    form = {"person": "supervisor"}
    told = holders.house.post("supervisor", "desk-keys/cert/let-out", form)
    assert "would be lost" in told.data.decode()
    assert holders.keys.holders("cert") == ("supervisor",)
    assert "One person alone can open it" in page(holders, "supervisor", "desk-keys")


def test_flash_rings_at_a_closed_desk_and_is_silenced_without_being_read(holders: Holders) -> None:
    mid = received(holders, prec="FLASH")
    shown = page(holders, "reader", "attention")
    assert "FLASH" in shown
    assert WORD not in shown
    assert "What waits there is listed by its header alone" in shown
    outcome = holders.side.office.todo.seen(person(holders, "reader"), mid, holders.now)
    assert outcome.mids
    assert holders.other.level(mid) == "STORED"


def test_programs_read_nothing_at_a_desk_of_its_people(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    token = holders.sign_in.new_token(
        person(holders), "feed", ("cert:read",), Span.of(days=1), holders.now
    )
    found = holders.sign_in.bearer(token, holders.now)
    assert found is not None
    assert found.person.shut == {"cert"}
    assert not found.person.may("cert", Role.READ)


def test_an_administrator_sees_who_holds_and_no_form_that_opens(holders: Holders) -> None:
    shown = page(holders, "administrator", "desk-keys")
    assert "supervisor" in shown
    assert "desk-keys/open" not in shown
    assert "entrust" not in shown
