"""The doctor's look at modes and owners, and names of system users."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from detente.app import config, people, rights, system
from detente.app.rights import Rights
from detente.core.errors import OurFault

ME, ANOTHER = os.getuid(), os.getuid() + 1
OPEN = ("", "node", "office", "party")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A party's folder as `init` and a first run leave it."""
    place = tmp_path / "aurelia"
    for name in ("", "node", "office", "party", "node/vault", "office/vault", "office/persons"):
        (place / name).mkdir(mode=0o700)
    for name in ("node/node.sqlite", "node/incarnation", "office/office.sqlite"):
        (place / name).touch(0o600)
    system.write_private(place / "office" / "people.json", people.first(ME))
    system.write_private(place / "detente.toml", b'[party]\nname = "aurelia.gov"\n')
    return place


def one(folder: Path) -> Rights:
    return Rights(folder, ME, ME, frozenset({ME}), None)


def with_operator(folder: Path) -> Rights:
    return replace(one(folder), persons=frozenset({ANOTHER}))


def two(folder: Path) -> Rights:
    # Both owners are this user, for only root may give files away: the owners are judged apart.
    return replace(with_operator(folder), office_user=ME)


def test_what_init_made_is_well_and_seen_as_one_user(folder: Path) -> None:
    seen = rights.see(config.load(str(folder)))
    assert seen == one(folder)
    assert list(rights.findings(seen)) == []


@pytest.mark.parametrize("place", [*OPEN, *rights.SECRET])
@pytest.mark.parametrize("arrangement", [one, with_operator, two])
def test_others_never_read_anything(folder: Path, place: str, arrangement: object) -> None:
    path = folder / place
    path.chmod(path.stat().st_mode | 0o004)
    assert callable(arrangement)
    assert list(rights.findings(arrangement(folder))) == [
        (f"{path} can be read by others", f"chmod o= {path}")
    ]


@pytest.mark.parametrize(
    ("arrangement", "may"),
    [(one, ()), (with_operator, ("", "office")), (two, ("", "node", "office", "party"))],
)
def test_a_group_reads_what_its_arrangement_needs_and_no_secret(
    folder: Path, arrangement: object, may: tuple[str, ...]
) -> None:
    places = (*OPEN, *rights.SECRET)
    for place in places:
        path = folder / place
        path.chmod(path.stat().st_mode | 0o040)
    assert callable(arrangement)
    assert [what for what, _ in rights.findings(arrangement(folder))] == [
        f"{folder / place if place else folder} can be read by its group"
        for place in ("", "office", "node", "party", *rights.SECRET)
        if place not in may
    ]


def test_a_group_never_writes(folder: Path) -> None:
    (folder / "node").chmod(0o770)
    assert list(rights.findings(two(folder))) == [
        (f"{folder}/node can be written by its group", f"chmod g-w {folder}/node")
    ]


def test_two_owners_without_the_setting_are_found(folder: Path) -> None:
    whats = [what for what, _ in rights.findings(replace(one(folder), node=ANOTHER))]
    assert "node.office_user is not set" in whats[0]


def test_an_office_that_is_not_the_settings_users_is_found(folder: Path) -> None:
    found = list(rights.findings(replace(two(folder), office_user=ANOTHER)))
    assert found == [
        (
            f"{folder}/office is not of node.office_user, but of {rights.name_of(ME)}",
            f"chown -R {rights.name_of(ANOTHER)} {folder}/office, or mend the setting",
        )
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_that_another_left_with_the_peers_is_found(folder: Path) -> None:
    card = folder / "party" / "card"
    card.touch(0o600)
    os.chown(card, ANOTHER, -1)
    assert [what for what, _ in rights.findings(one(folder))] == [
        f"{card} does not belong to {rights.name_of(ME)}, as it should"
    ]


def test_who_may_ask_which_half(folder: Path) -> None:
    seen = Rights(folder, 1001, 1002, frozenset({1003}), 1002)
    assert [seen.may_ask_node(user) for user in (0, 1001, 1002, 1003)] == [0, 1, 0, 0]
    assert [seen.may_ask_office(user) for user in (0, 1001, 1002, 1003)] == [0, 0, 0, 1]
    unseen = replace(seen, persons=None)
    assert [unseen.may_ask_office(user) for user in (1001, 1003)] == [0, 1]


@pytest.mark.parametrize(
    ("told", "number"), [("0", 0), ("root", 0), ("61002", 61_002), (str(2**32 - 2), 2**32 - 2)]
)
def test_a_system_user_is_told_by_name_or_by_number(told: str, number: int) -> None:
    assert system.user_number(told, "node.office_user") == number


@pytest.mark.parametrize("told", ["", "no such user", "-1", "٣", "a\0b", str(2**32 - 1)])
def test_an_unknown_system_user_is_refused_with_the_settings_name(told: str) -> None:
    with pytest.raises(OurFault) as raised:
        system.user_number(told, "node.office_user")
    assert raised.value.code == "config.bad"
    assert "node.office_user" in raised.value.what


def test_a_person_is_known_by_the_number_of_a_name(tmp_path: Path) -> None:
    file = tmp_path / "people.json"
    row = {"name": "operator", "user": "root", "signer": "s-01", "roles": {}}
    file.write_text(json.dumps([row]))
    assert [each.user for each in people.read(file)] == ["0"]


@pytest.mark.parametrize("user", ["no such user", 0, None])
def test_a_person_who_is_no_system_user_is_refused(tmp_path: Path, user: object) -> None:
    file = tmp_path / "people.json"
    file.write_text(json.dumps([{"name": "a", "user": user, "signer": "s-01", "roles": {}}]))
    with pytest.raises(OurFault) as raised:
        people.read(file)
    assert raised.value.code == "config.bad"
    assert "people.json" in raised.value.what


@pytest.mark.parametrize(
    ("operator", "code", "found"), [("61003", 0, "61003"), ("no such user", 2, "--operator")]
)
def test_init_writes_the_operator_it_was_told(
    tmp_path: Path, operator: str, code: int, found: str
) -> None:
    said = subprocess.run(
        [
            sys.executable, "-m", "detente", "init", "aurelia.gov", "--folder", tmp_path / "a",
            "--root", tmp_path / "r", "--make-passphrases", tmp_path / "s",
            "--operator", operator, "--json",
        ],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == code, said.stderr
    if code:
        error = json.loads(said.stderr)["error"]
        assert (error["code"], found in error["what"]) == ("config.bad", True)
        assert list(tmp_path.iterdir()) == []
    else:
        rows = json.loads((tmp_path / "a/office/people.json").read_text())
        assert [row["user"] for row in rows] == [found]
