"""What a person gives the command line and it cannot take: one fault, one code, exit code 2."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pytest
from tests.faults import runs
from tests.faults.conftest import Place, listen_at
from tests.faults.runs import SECRETS, detente
from tests.support.ports import free_port

from detente.app.meeting import Meeting
from detente.core import canon, party
from detente.vault.file import FileVault


@pytest.fixture
def folder(made: Place, tmp_path: Path) -> Path:
    """A party that has met another and does not run."""
    found = runs.copy(made.aurelia, tmp_path)
    listen_at(found, free_port())
    return found


def write_settings(folder: Path, text: str) -> None:
    file = folder / "detente.toml"
    file.write_text(file.read_text() + text)


def replace_settings(folder: Path, text: bytes) -> None:
    (folder / "detente.toml").write_bytes(text)


SETTINGS: Final[dict[str, tuple[str, str, Callable[[Path], None]]]] = {
    "an unknown key": (
        "config.unknown",
        "did you mean log.level?",
        lambda folder: write_settings(folder, '\n[log]\nlevl = "info"\n'),
    ),
    "an unknown section": (
        "config.unknown",
        "did you mean vault?",
        lambda folder: write_settings(folder, "\n[vaults]\n"),
    ),
    "a value of another type": (
        "config.bad",
        "true or false",
        lambda folder: write_settings(folder, '\n[node]\ncheck_at_submit = "yes"\n'),
    ),
    "a level that is none": (
        "config.bad",
        "debug, info, warn or error",
        lambda folder: write_settings(folder, '\n[log]\nlevel = "loud"\n'),
    ),
    "settings that break off": (
        "config.bad",
        "docs/settings.md",
        lambda folder: write_settings(folder, '\n[log]\nlevel = "in'),
    ),
    "settings that are deeply nested": (
        "config.bad",
        "docs/settings.md",
        lambda folder: replace_settings(folder, b"a = " + b"[" * 50_000),
    ),
    "settings that are no text": (
        "config.bad",
        "docs/settings.md",
        lambda folder: replace_settings(folder, b"\xff\xfe\x00"),
    ),
    "settings without the party's name": (
        "config.bad",
        "the party's name",
        lambda folder: replace_settings(folder, b""),
    ),
    "no settings": (
        "config.missing",
        "detente init",
        lambda folder: (folder / "detente.toml").unlink(),
    ),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_cannot_be_taken_are_named_with_the_nearest(name: str, folder: Path) -> None:
    code, remedy, spoil = SETTINGS[name]
    spoil(folder)
    said = detente("config", "check", "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, code)
    assert remedy in said.error["remedy"]
    assert said.out == ""


@pytest.mark.parametrize("verb", [("run",), ("doctor",), ("cert", "list")])
def test_no_verb_goes_on_with_a_setting_it_does_not_know(
    verb: tuple[str, ...], folder: Path
) -> None:
    write_settings(folder, '\n[log]\nlevl = "info"\n')
    said = detente(*verb, "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, "config.unknown")


def test_a_setting_in_the_environment_is_judged_too(folder: Path) -> None:
    env = {"DETENTE_NODE_CHECK_AT_SUBMIT": "maybe"}
    said = detente("config", "check", "--json", "--at", folder, env=env)
    assert (said.code, said.error["code"]) == (2, "config.bad")


def newer_node(folder: Path) -> None:
    newer_store(folder / "node" / "node.sqlite")


def newer_office(folder: Path) -> None:
    newer_store(folder / "office" / "office.sqlite")


def newer_store(file: Path) -> None:
    base = sqlite3.connect(file)
    base.execute("pragma user_version=99")
    base.close()


def newer_vault(folder: Path) -> None:
    for file in (folder / "node" / "vault").iterdir():
        row = {
            name: value for name, value in json.loads(file.read_bytes()).items() if name != "sum"
        }
        row["v"] = 99
        row["sum"] = canon.to_base64(sha256(canon.encode(row)).digest())
        file.write_bytes(canon.encode(row) + b"\n")


def newer_card(**members: int) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        file = folder / "party" / "card"
        value = json.loads(party.read_card(file.read_bytes()).text) | members
        root = FileVault.open(folder.parent / "root", SECRETS.root)
        seen: list[bytes] = []
        party_read, party.read_card = party.read_card, seen.append  # type: ignore[assignment]
        try:
            party.sign_card(value, root.signer("root-ed25519"), root.context_signer("root-mldsa65"))
        finally:
            party.read_card = party_read
        file.write_bytes(seen[0])

    return make


NEWER: Final[dict[str, tuple[str, str, Callable[[Path], None]]]] = {
    "the node's store": ("node", "store.newer", newer_node),
    "the office's store": ("office", "store.newer", newer_office),
    "a vault": ("node", "vault.newer", newer_vault),
    "the form of the card": ("node", "card.bad", newer_card(v=2)),
    "the suite of the card": ("node", "card.bad", newer_card(suite=2)),
}


@pytest.mark.parametrize("name", NEWER)
def test_a_folder_of_a_newer_version_is_left_alone(
    name: str, made: Place, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(made.aurelia.parent / "aurelia-root", tmp_path / "root")
    half, code, spoil = NEWER[name]
    spoil(folder)
    files = {file: file.read_bytes() for file in sorted((folder / "party").rglob("card"))}
    said = detente("run", "--only", half, "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, code)
    assert "newer" in said.error["what"] + said.error["remedy"]
    assert {file: file.read_bytes() for file in files} == files


def damage(*names: str) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        folder.joinpath(*names).write_bytes(b"\x00{not what it was")

    return make


PEER: Final = ("party", "peers", "borealis.gov")
DAMAGED: Final[dict[str, tuple[str, str, Callable[[Path], None]]]] = {
    "the node's store": ("node", "store.damaged", damage("node", "node.sqlite")),
    "the office's store": ("office", "store.damaged", damage("office", "office.sqlite")),
    "our card": ("node", "card.bad", damage("party", "card")),
    "a peer's cards": ("node", "card.bad", damage(*PEER, "chain")),
    "a peer's state": ("node", "config.bad", damage(*PEER, "state.json")),
    "the people": ("office", "config.bad", damage("office", "people.json")),
    "a key": ("office", "vault.damaged", damage("office", "vault", "s-01.json")),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_damaged_file_stops_the_start_and_is_named(name: str, folder: Path) -> None:
    half, code, spoil = DAMAGED[name]
    spoil(folder)
    said = detente("run", "--only", half, "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, code)


@pytest.mark.parametrize("how", ["damaged", "another party's"])
def test_a_damaged_copy_of_a_card_stops_nothing_and_is_told(
    how: str, folder: Path, made: Place
) -> None:
    file = folder.joinpath(*PEER, "card")
    file.write_bytes(b"\x00{" if how == "damaged" else Meeting(made.cordia).card().note)

    def copies() -> list[dict[str, Any]]:
        found = detente("doctor", "--json", "--at", folder).document["findings"]
        return [each for each in found if each["code"] == "card_copy"]

    with runs.running(folder, "--only", "node") as found:
        told = found.logged(code="card.bad")
        assert (told["level"], told["party"]) == ("warn", "borealis.gov")
        assert str(file) in told["what"]
        assert told["remedy"]
        runs.until(lambda: runs._answers(folder / "node" / "admin.sock", "/v1/links"))
        assert [row["party"] for row in found.node("GET", "/v1/links")] == ["borealis.gov"]
        (finding,) = copies()
        assert (finding["severity"], finding["where"]) == ("warn", "borealis.gov")
        assert str(file) in finding["what"]
        assert finding["remedy"]
        file.unlink()
        assert copies() == []


def test_a_fault_at_the_start_of_one_half_ends_both_and_is_said_once(folder: Path) -> None:
    damage("party", "card")(folder)
    with runs.running(folder) as found:
        assert found.ended() == 2
    said = "\n".join(found.lines)
    assert said.count("refused  card.bad: ") == 1, said
    assert "Traceback" not in said
    assert "run.died" not in said


def test_a_wrong_passphrase_is_said_once_and_nothing_starts(folder: Path) -> None:
    wrong = folder / "wrong"
    wrong.write_bytes(b"not the secret")
    env = {"DETENTE_VAULT_OFFICE_PASSPHRASE_FILE": str(wrong)}
    with runs.running(folder, env=env) as found:
        assert found.ended() == 2
    said = "\n".join(found.lines)
    assert said.count("vault.passphrase: ") == 1
    assert "run.started" not in said
    assert "not the secret" not in said


def test_a_passphrase_that_nobody_gives_names_the_setting(folder: Path) -> None:
    env = {"DETENTE_VAULT_NODE_PASSPHRASE_FILE": ""}
    said = detente("run", "--json", "--at", folder, env=env)
    assert (said.code, said.error["code"]) == (2, "form.missing")
    assert "vault.node_passphrase_file" in said.error["remedy"]


def test_a_passphrase_file_that_is_not_there_is_named(folder: Path) -> None:
    env = {"DETENTE_VAULT_NODE_PASSPHRASE_FILE": "nowhere"}
    said = detente("run", "--json", "--at", folder, env=env)
    assert (said.code, said.error["code"]) == (2, "file.unreadable")
    assert "nowhere" in said.error["what"]


def test_init_without_a_terminal_names_the_option(tmp_path: Path) -> None:
    words = ("init", "aurelia.gov", "--folder", tmp_path / "a", "--root", tmp_path / "r", "--json")
    said = detente(*words)
    assert (said.code, said.error["code"]) == (2, "form.missing")
    assert said.error["remedy"] == "give --node-passphrase-file"
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("init", "Aurelia Gov"), "form.party"),
        (("init", "\u0430urelia.gov"), "form.party"),  # a Cyrillic letter
        (("init", "aurelia.gov", "--listen", "aurelia.gov:7443"), "path.address_bad"),
        (("init", "aurelia.gov", "--listen", "tcp://0:99999"), "path.address_bad"),
    ],
)
def test_a_party_that_cannot_be_made_leaves_nothing(
    words: tuple[str, ...], code: str, tmp_path: Path
) -> None:
    folder, secrets = tmp_path / "a", tmp_path / "s"
    more = ("--folder", folder, "--root", tmp_path / "r", "--make-passphrases", secrets, "--json")
    said = detente(*words, *more)
    assert (said.code, said.error["code"]) == (2, code)
    assert not folder.exists()
    assert not (tmp_path / "r").exists()


def test_a_folder_that_holds_something_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    more = ("--folder", tmp_path, "--root", tmp_path / "r", "--make-passphrases", tmp_path / "s")
    said = detente("init", "aurelia.gov", *more, "--json")
    assert (said.code, said.error["code"]) == (2, "init.exists")
    assert [file.name for file in tmp_path.iterdir()] == ["mine.txt"]


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def altered(data: bytes) -> bytes:
    return data.replace(b'"serial":1', b'"serial":2')


INVITES: Final[dict[str, tuple[str, Callable[[bytes], bytes]]]] = {
    "nothing": ("card.bad", lambda _data: b""),
    "half of it": ("card.bad", cut),
    "another serial": ("card.bad", altered),
    "more than an invitation may hold": ("card.bad", lambda data: data + bytes(70_000)),
    "deep nesting": ("card.bad", lambda _data: b"[" * 1_000 + b"\n\n"),
    "no text": ("card.bad", lambda _data: b"\xff" * 100),
}


@pytest.mark.parametrize("name", INVITES)
def test_an_invitation_that_is_none_changes_nothing(
    name: str, folder: Path, made: Place, tmp_path: Path
) -> None:
    code, spoil = INVITES[name]
    file = tmp_path / "an.invite"
    file.write_bytes(spoil(Meeting(made.borealis).invite("aurelia.gov")))
    before = Meeting(folder).peers()
    said = detente("party", "add", file, "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, code)
    assert "ask" in said.error["remedy"]
    assert Meeting(folder).peers() == before


def test_an_invitation_for_another_party_is_refused(folder: Path, made: Place) -> None:
    file = folder / "for-cordia.invite"
    file.write_bytes(Meeting(made.borealis).invite("cordia.gov"))
    said = detente("party", "add", file, "--json", "--at", folder)
    assert (said.code, said.error["code"]) == (2, "party.not_for_us")


def test_wrong_digits_are_refused_and_the_right_ones_not_shown(made: Place, tmp_path: Path) -> None:
    one = runs.copy(made.aurelia, tmp_path)
    runs.unconfirm(one, "borealis.gov")
    right = Meeting(made.borealis).card().fingerprint
    wrong = right[:-1] + str((int(right[-1]) + 1) % 10)
    words = ("party", "confirm", "borealis.gov", "--json", "--at", one)
    said = detente(*words, "--digits", wrong)
    assert (said.code, said.error["code"]) == (2, "party.digits")
    assert "12" in said.error["what"]
    assert right.split()[-1] not in said.err
    short = detente(*words, "--digits", right[:-1])
    assert (short.code, short.error["code"]) == (2, "form.digits")
    assert Meeting(one).find("borealis.gov").confirmed_at is None


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("nonsense",), "form.usage"),
        (("cert", "nonsense"), "form.usage"),
        (("run", "--only", "both"), "form.usage"),
        (("verify",), "form.usage"),
        (("party", "confirm", "nobody.gov"), "party.unknown"),
        (("party", "show", "nowhere.card"), "file.unreadable"),
        (("link", "list"), "run.not_running"),
        (("record", "list"), "run.not_running"),
    ],
)
def test_a_fault_of_any_verb_is_one_document_with_its_code(
    words: tuple[str, ...], code: str, folder: Path
) -> None:
    at: tuple[Any, ...] = () if words[0] == "verify" else ("--at", folder)
    said = detente(*words, "--json", *at)
    assert (said.code, said.error["code"]) == (2, code)
    assert said.error["remedy"]
    assert said.out == ""


def test_without_json_a_fault_is_three_lines(folder: Path) -> None:
    said = detente("party", "confirm", "nobody.gov", "--at", folder)
    first, second, third = said.err.splitlines()
    assert first.startswith("refused  party.unknown: ")
    assert second.startswith("try      ")
    assert third == "see      docs/errors.md, party.unknown"


def test_a_disk_that_may_not_be_written_is_said(folder: Path, tmp_path: Path) -> None:
    del folder
    said = detente(
        "init", "aurelia.gov", "--folder", "/proc/a", "--root", tmp_path / "r",
        "--make-passphrases", tmp_path / "s", "--json",
    )  # fmt: skip
    assert (said.code, said.error["code"]) == (2, "file.unwritable")
