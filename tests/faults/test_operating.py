"""Files and words that an operator gives to carry, backup, restore and epoch, and that cannot be taken."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from tests.faults import runs
from tests.faults.conftest import Place
from tests.faults.runs import Running, detente
from tests.faults.test_setup import write_settings

Change = Callable[[bytes], bytes]


def refused(said: runs.Said) -> str:
    assert (said.code, said.out) == (2, ""), said.err
    assert said.error["what"]
    assert said.error["remedy"]
    return said.error["code"]


def flipped(at: int) -> Change:
    def change(data: bytes) -> bytes:
        found = bytearray(data)
        found[at] ^= 1
        return bytes(found)

    return change


# Courier files.


@pytest.fixture(scope="session")
def file(honest: Running, victim: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A courier file of aurelia for borealis."""
    del victim
    found = tmp_path_factory.mktemp("carried") / "a-to-b.courier"
    said = detente("carry", "export", "borealis.gov", "-o", found, "--at", honest.folder)
    assert said.code == 0, said.err
    return found


COURIER: Final[dict[str, tuple[Change, frozenset[str]]]] = {
    "no courier file": (lambda _: b"a letter", frozenset({"carry.shape"})),
    "nothing": (lambda _: b"", frozenset({"carry.shape", "carry.cut"})),
    "cut in its head": (lambda data: data[:20], frozenset({"carry.shape", "carry.cut"})),
    "cut at its end": (lambda data: data[:-1], frozenset({"carry.cut", "carry.altered"})),
    "altered in its seal": (flipped(12), frozenset({"carry.other", "carry.shape"})),
    "altered in its text": (flipped(-40), frozenset({"carry.cut", "carry.altered"})),
    "longer than it was": (
        lambda data: data + b"x",
        frozenset({"carry.cut", "carry.altered", "carry.shape"}),
    ),
}


@pytest.mark.parametrize("name", COURIER)
def test_a_courier_file_that_is_none_or_not_whole_changes_nothing(
    name: str, file: Path, victim: Running, tmp_path: Path
) -> None:
    change, codes = COURIER[name]
    given = tmp_path / "given"
    given.write_bytes(change(file.read_bytes()))
    before = victim.node("GET", "/v1/links")
    said = detente("carry", "import", given, "--json", "--at", victim.folder)
    assert refused(said) in codes
    after = victim.node("GET", "/v1/links")
    assert [(row["received"], row["stored"]) for row in after] == [
        (row["received"], row["stored"]) for row in before
    ]
    assert victim.state("aurelia.gov") == "LIVE"


def test_a_courier_file_in_the_wrong_hands_says_whose_it_is(
    file: Path, honest: Running, tmp_path: Path
) -> None:
    said = detente("carry", "import", file, "--json", "--at", honest.folder)
    assert refused(said) == "carry.ours"
    missing = detente("carry", "import", tmp_path / "none", "--json", "--at", honest.folder)
    assert refused(missing) == "file.unreadable"


def test_a_courier_file_for_nobody_known_is_not_written(honest: Running, tmp_path: Path) -> None:
    output = tmp_path / "x.courier"
    said = detente("carry", "export", "nobody.gov", "-o", output, "--json", "--at", honest.folder)
    assert refused(said) == "link.none"
    assert not output.exists()
    nowhere = tmp_path / "none" / "x.courier"
    said = detente(
        "carry", "export", "borealis.gov", "-o", nowhere, "--json", "--at", honest.folder
    )
    assert refused(said) == "file.unwritable"


def test_a_party_that_lives_on_files_and_is_not_known_is_told_at_the_start(
    made: Place, tmp_path: Path
) -> None:
    place = made.copied(tmp_path)
    write_settings(place.borealis, "")
    file = place.borealis / "detente.toml"
    file.write_text(
        file.read_text().replace("[link]", '[link]\ncourier = ["aurelia.gov", "aurelia.gvo"]', 1)
    )
    with runs.running(place.borealis, "--only", "node") as found:
        told = found.logged(process="node", level="warn", code="config.bad")
        assert "'aurelia.gvo'" in told["what"]
        assert "detente party list" in told["remedy"]
        runs.until(lambda: runs._answers(place.borealis / "node" / "admin.sock", "/v1/links"))
        said = detente("doctor", "--json", "--at", place.borealis)
        assert any("aurelia.gvo" in row["what"] for row in said.document["findings"])
        assert not any("aurelia.gov" in line for line in found.lines if "config.bad" in line)


# Backups.


@pytest.fixture(scope="session")
def backup(victim: Running, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of borealis while it runs."""
    found = tmp_path_factory.mktemp("backups") / "b.backup"
    said = detente("backup", "-o", found, "--at", victim.folder)
    assert said.code == 0, said.err
    return found


BACKUPS: Final[dict[str, Change]] = {
    "no backup": lambda _: b"a letter",
    "nothing": lambda _: b"",
    "cut in the middle": lambda data: data[: len(data) // 2],
    "cut before its end": lambda data: data[: -len(data) // 10],
    "altered in the middle": lambda data: flipped(len(data) // 2)(data),
}


@pytest.mark.parametrize("name", BACKUPS)
def test_a_damaged_backup_is_named_and_never_restored(
    name: str, backup: Path, tmp_path: Path
) -> None:
    given, folder = tmp_path / "given", tmp_path / "restored"
    given.write_bytes(BACKUPS[name](backup.read_bytes()))
    checked = detente("backup", "--check", given, "--json")
    restored = detente("restore", given, "--to", folder, "--json")
    for said in (checked, restored):
        assert refused(said) in ("backup.damaged", "backup.newer")
    assert not folder.exists() or not any(folder.iterdir())


def test_a_backup_is_not_restored_over_anything_nor_from_nothing(
    backup: Path, tmp_path: Path
) -> None:
    (tmp_path / "kept").write_text("kept")
    said = detente("restore", backup, "--to", tmp_path, "--json")
    assert refused(said) == "backup.target"
    assert [each.name for each in tmp_path.iterdir()] == ["kept"]
    said = detente("restore", tmp_path / "none", "--to", tmp_path / "new", "--json")
    assert refused(said) == "file.unreadable"
    assert not (tmp_path / "new").exists()


def test_a_backup_that_cannot_be_written_leaves_nothing(victim: Running, tmp_path: Path) -> None:
    output = tmp_path / "none" / "b.backup"
    said = detente("backup", "-o", output, "--json", "--at", victim.folder)
    assert refused(said) == "file.unwritable"
    said = detente("backup", "--json", "--at", victim.folder)
    assert refused(said) == "form.usage"
    assert not output.exists()


# Epochs.

HEAD: Final = "1 " + "0" * 64
EPOCHS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "a party that is not known": (("epoch", "show", "nobody.gov"), "link.none"),
    "sizes beyond the log": (("epoch", "show", "aurelia.gov", "--sizes", "9", "99999"), "epoch.differs"),
    "a size that is none": (
        ("epoch", "confirm", "aurelia.gov", "--ours", "x " + "0" * 64, "--theirs", HEAD), "form.usage",
    ),
    "a root that is too short": (
        ("epoch", "confirm", "aurelia.gov", "--ours", HEAD[:-1], "--theirs", HEAD), "form.usage",
    ),
    "a head that is not given": (("epoch", "confirm", "aurelia.gov", "--ours", HEAD), "form.usage"),
    "a log that nobody disputes": (
        ("epoch", "confirm", "aurelia.gov", "--ours", HEAD, "--theirs", HEAD), "epoch.none",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EPOCHS)
def test_words_about_a_disputed_log_that_cannot_be_taken_change_nothing(
    name: str, honest: Running, victim: Running
) -> None:
    del honest
    words, code = EPOCHS[name]
    before = json.dumps(victim.node("GET", "/v1/epoch/aurelia.gov"))
    said = detente("link", *words, "--json", "--at", victim.folder)
    assert refused(said) == code
    assert json.dumps(victim.node("GET", "/v1/epoch/aurelia.gov")) == before


def test_a_proof_of_a_conflict_that_never_was_is_not_written(
    honest: Running, victim: Running, tmp_path: Path
) -> None:
    del honest
    output = tmp_path / "conflict.json"
    words = ("evidence", "conflict", "aurelia.gov", "-o", output, "--json", "--at", victim.folder)
    assert refused(detente(*words)) == "proof.unknown"
    assert not output.exists()
