"""Who holds a desk's keys, asked by commands and programs, and moved between vault and people."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.doors import START
from tests.support.key_holders import PASSWORD, SEED, Holders
from tests.support.offices import PERSON
from tests.support.outcomes import fault_of
from tests.vault.made import make

from detente.app import build_keys
from detente.app.api.routes import Api
from detente.app.build_keys import PersonKeys
from detente.app.desk_keys import DeskKeys, Tried
from detente.app.http import Request
from detente.app.key_holders import KeyHolders
from detente.core.moment import Span
from detente.office import texts
from detente.office.people import Person
from detente.store.memory import MemoryShelf

DESK = {"desk-cert": SEED, "desk-cert.2": SEED}


@pytest.fixture
def holders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Holders:
    return Holders(tmp_path, monkeypatch)


def keepers(holders: Holders, folder: Path, *, unattended: bool = True) -> KeyHolders:
    """Return the keepers of a desk that the office opens, from a vault with two of its keys."""
    keys = replace(holders.side.keys, openers=holders.side.party.openers, attended={})
    vault = make(folder / "vault", {"s-01": holders_signer(), **DESK})
    return DeskKeys(
        keys, vault, PersonKeys(folder / "others"), holders.sign_in, holders.keys._grants,
        holders.entropy, lambda _: None, lambda _: unattended,
    )  # fmt: skip


def holders_signer() -> build_keys.KeySeed:
    return build_keys.KeySeed("ed25519", bytes(32))


def tried(found: KeyHolders) -> Tried:
    return found.try_password("supervisor", PASSWORD)


def test_keys_go_to_a_person_and_back_whole(holders: Holders, tmp_path: Path) -> None:
    found = keepers(holders, tmp_path)
    boss = holders.person("supervisor")
    found.entrust(boss, "cert", tried(found), holders.now)
    assert found.renew
    assert found._vault.ids() == ("house", "s-01")
    assert found._persons.open("supervisor", PASSWORD.encode()) == DESK
    assert not list((tmp_path / "vault").glob("desk-*"))
    found._keys.attended["cert"] = ()
    assert fault_of(found.entrust, boss, "cert", tried(found), holders.now) == "desk.entrusted"
    none = Tried("supervisor", b"x", {}, fits=False)
    assert fault_of(found.hand_back, boss, "cert", none, holders.now) == "desk.password"
    found.hand_back(boss, "cert", tried(found), holders.now)
    assert set(found._vault.ids()) == {"house", "s-01", *DESK}
    assert found._persons.key_ids() == ()


def test_keys_go_back_for_a_desk_that_the_settings_let_the_office_open(
    holders: Holders, tmp_path: Path
) -> None:
    found = keepers(holders, tmp_path, unattended=False)
    boss = holders.person("supervisor")
    assert fault_of(found.hand_back, boss, "cert", tried(found), holders.now) == "desk.entrusted"
    found.entrust(boss, "cert", tried(found), holders.now)
    found._keys.attended["cert"] = ()
    assert fault_of(found.hand_back, boss, "cert", tried(found), holders.now) == "desk.unattended"


def test_only_a_supervisor_of_the_desk_moves_its_keys(holders: Holders, tmp_path: Path) -> None:
    found = keepers(holders, tmp_path)
    for name in ("drafter", "administrator"):
        who = holders.person(name)
        given = found.try_password(name, PASSWORD)
        assert fault_of(found.entrust, who, "cert", given, holders.now) == "office.forbidden"
    assert set(found._vault.ids()) == {"s-01", *DESK}


# Commands.


def api(holders: Holders, person: Person, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
    shut = holders.keys.shut_for_commands(person, holders.now)
    who = replace(person, shut=shut)
    asked = Api(lambda: holders.side.office, lambda _: who, lambda: holders.now, holders.net.turn)
    data = json.dumps(body).encode() if body is not None else b""
    headers = {"content-type": "application/json"} if data else {}
    path, _, desk = path.partition("?desk=")
    query = {"desk": desk} if desk else {}
    request = Request(1000, method, ("api", "v1", *path.split("/")), query, data, headers)
    return json.loads(asked.handle(request).body[0])


def commander(holders: Holders) -> Person:
    """Give the supervisor a system user."""
    return replace(holders.person("supervisor"), user=PERSON.user)


def test_commands_open_a_desk_with_a_password_and_a_pause_closes_it(holders: Holders) -> None:
    boss = commander(holders)
    [row] = api(holders, boss, "GET", "desk")
    assert (row["entrusted"], row["open"], row["yours"], row["held"]) == (True, False, True, False)
    opened = api(holders, boss, "POST", "desk/cert/open", {"password": PASSWORD})
    assert opened == {"desks": ["cert"]}
    assert api(holders, boss, "GET", "desk")[0]["held"]
    other = holders.person("reader")
    assert not api(holders, other, "GET", "desk")[0]["held"]
    holders.net.now += Span.of(minutes=10)
    assert api(holders, boss, "GET", "desk")[0]["held"]  # asking keeps it open
    holders.net.now += Span.of(minutes=16)
    holders.keys.see(holders.now)
    assert holders.side.keys.is_closed("cert")
    assert holders.keys.shut_for_commands(boss, holders.now) == {"cert"}


def test_search_says_that_a_closed_desk_is_not_looked_into(holders: Holders) -> None:
    boss = commander(holders)
    assert api(holders, boss, "GET", "search") == []
    assert fault_of(api, holders, boss, "GET", "search?desk=cert") == "office.desk_closed"


def test_an_account_given_to_another_system_user_opens_nothing(holders: Holders) -> None:
    boss = commander(holders)
    api(holders, boss, "POST", "desk/cert/open", {"password": PASSWORD})
    assert holders.keys.shut_for_commands(replace(boss, user="0"), holders.now) == {"cert"}
    assert holders.keys.shut_for_commands(boss, holders.now) == set()
    api(holders, boss, "POST", "desk/cert/close", {})
    assert holders.side.keys.is_closed("cert")


def test_a_person_who_loses_the_place_loses_the_desk(holders: Holders) -> None:
    holders.give_means("supervisor")
    holders.come_in("supervisor")
    people, now = holders.side.office.people, holders.now
    boss = people.find("supervisor", now)
    people.suspend(holders.person("administrator"), "supervisor", boss.serial, now)
    holders.keys.see(now)
    assert holders.side.keys.is_closed("cert")


def test_texts_that_are_typed_at_a_desk_can_be_dropped_from_a_store() -> None:
    shelf = MemoryShelf()
    with shelf.begin() as tx:
        for number, desk in enumerate(("cert", "hotline", "cert")):
            typed = texts.Typed(f"{number:016d}", "anna", f"{desk}/send", 1, START, {})
            texts._put(tx.rows(texts.TEXTS), typed, desk, "{}")
        texts.drop_of(tx, "cert")
        left = [row["desk"] for row in tx.rows(texts.TEXTS).find({}, None, 10)]
    assert left == ["hotline"]
