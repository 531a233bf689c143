"""A desk's key in the hands of its people: each opens it with their own password, nobody else."""

import os
from pathlib import Path

import pytest
from tests.vault.made import CHEAP, PASSPHRASE, SEEDS, Drawn, make

from detente.core.errors import OurFault
from detente.vault.file import FileVault
from detente.vault.persons import PersonKeys, opener_of

KEYS = {"desk-cert": SEEDS["desk.cert"]}
ANNA, BORIS = b"anna's own sentence", b"boris says something else"


def wrapped(folder: Path) -> PersonKeys:
    keys, entropy = PersonKeys(folder), Drawn()
    keys.put("anna", KEYS, ANNA, entropy, CHEAP)
    keys.put("boris", KEYS, BORIS, entropy, CHEAP)
    return keys


def test_each_opens_it_with_their_own_password(folder: Path) -> None:
    keys = wrapped(folder)
    assert keys.open("anna", ANNA) == KEYS == keys.open("boris", BORIS)
    assert keys.holders("desk-cert") == ("anna", "boris")
    assert keys.key_ids() == keys.key_ids("anna") == ("desk-cert",)
    assert opener_of(keys.open("anna", ANNA)["desk-cert"]).public


@pytest.mark.parametrize("password", [BORIS, PASSPHRASE, b"anna's own sentence "])
def test_no_other_password_and_not_the_offices_passphrase_opens_it(
    folder: Path, password: bytes
) -> None:
    with pytest.raises(OurFault, match="does not open") as raised:
        wrapped(folder).open("anna", password)
    assert raised.value.code == "vault.passphrase"


def test_who_has_no_wrap_has_no_keys(folder: Path) -> None:
    assert PersonKeys(folder).open("anna", ANNA) == {}
    assert wrapped(folder).open("carol", ANNA) == {}


def test_a_wrap_of_another_cannot_stand_in(folder: Path) -> None:
    keys = wrapped(folder)
    (folder / "desk-cert~boris.json").unlink()
    (folder / "desk-cert~anna.json").rename(folder / "desk-cert~boris.json")
    with pytest.raises(OurFault) as raised:
        keys.open("boris", ANNA)
    assert raised.value.code == "vault.damaged"


def test_a_new_password_takes_the_place_of_the_old(folder: Path) -> None:
    keys = wrapped(folder)
    before = (folder / "desk-cert~anna.json").read_bytes()
    keys.put("anna", KEYS, b"another sentence", Drawn(), CHEAP)
    assert keys.open("anna", b"another sentence") == KEYS
    assert (folder / "desk-cert~anna.json").read_bytes() != before
    with pytest.raises(OurFault):
        keys.open("anna", ANNA)


def test_dropping_takes_all_of_one_person_and_nobody_elses(folder: Path) -> None:
    keys = wrapped(folder)
    assert keys.drop("anna", ["desk-cert.2"]) == 0
    assert keys.drop("anna") == 1
    assert keys.holders("desk-cert") == ("boris",)
    assert [each.name for each in folder.iterdir()] == ["desk-cert~boris.json"]


def test_what_was_taken_away_is_written_over(folder: Path, tmp_path: Path) -> None:
    keys, twin = wrapped(folder), tmp_path / "twin"
    os.link(folder / "desk-cert~anna.json", twin)  # the same bytes under another name
    keys.drop("anna")
    assert set(twin.read_bytes()) == {0}


def test_a_key_given_up_is_not_in_the_vault_any_more(folder: Path, tmp_path: Path) -> None:
    vault, twin = make(folder), tmp_path / "twin"
    os.link(folder / "desk.cert.json", twin)
    assert vault.seed("desk.cert") == SEEDS["desk.cert"]
    vault.give_up("desk.cert")
    assert set(twin.read_bytes()) == {0}
    assert "desk.cert" not in vault.ids()
    assert "desk.cert" not in FileVault.open(folder, PASSPHRASE).ids()


def test_only_opening_keys_come_out_to_be_wrapped(folder: Path) -> None:
    with pytest.raises(OurFault) as raised:
        make(folder).seed("log")
    assert raised.value.code == "vault.no_key"


def test_the_files_are_private(folder: Path) -> None:
    wrapped(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}
