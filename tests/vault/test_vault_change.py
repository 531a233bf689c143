"""Vaults over the years: keys come and go, and passphrases change."""

from contextlib import suppress
from pathlib import Path

import pytest
from tests.vault.made import PASSPHRASE, SEEDS, Drawn, code_of_opening, make

from detente.core.errors import OurFault
from detente.vault.file import FileVault
from detente.vault.keys import KeySeed, key_of

OTHER = b"another passphrase"
LATER = KeySeed("ed25519", bytes(range(7, 39)))


class _Cut(Exception):
    """The power failed."""


def test_a_key_is_found_by_its_public_half(folder: Path) -> None:
    vault = make(folder)
    vault.add("log.2", LATER, Drawn())
    assert vault.find(key_of(LATER).public) == "log.2"
    assert vault.find(key_of(SEEDS["log"]).public) == "log"
    assert vault.find(b"nobody's") is None


def test_a_key_that_was_removed_is_gone_for_good(folder: Path) -> None:
    vault = make(folder)
    vault.remove("desk.cert")
    assert "desk.cert" not in vault.ids()
    assert "desk.cert" not in FileVault.open(folder, PASSPHRASE).ids()
    with pytest.raises(OurFault, match=r"vault.no_key"):
        vault.remove("desk.cert")


def test_after_a_change_the_new_passphrase_opens_all_and_the_old_one_nothing(folder: Path) -> None:
    vault = make(folder)
    vault.change_passphrase(OTHER, Drawn())
    vault.add("log.2", LATER, Drawn())
    assert code_of_opening(folder) == "vault.passphrase"
    again = FileVault.open(folder, OTHER)
    assert again.ids() == (*sorted([*SEEDS, "log.2"]),)
    assert all(again.public(each) == key_of(seed).public for each, seed in SEEDS.items())
    assert [each.name for each in folder.parent.iterdir()] == [folder.name]


def test_an_empty_passphrase_changes_nothing(folder: Path) -> None:
    with pytest.raises(OurFault, match=r"vault.passphrase"):
        make(folder).change_passphrase(b"", Drawn())
    assert FileVault.open(folder, PASSPHRASE).ids() == tuple(sorted(SEEDS))


@pytest.mark.parametrize("steps", range(8))
def test_a_change_cut_short_anywhere_leaves_one_passphrase_that_opens_all(
    folder: Path, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make(folder)
    done = 0
    real = Path.rename

    def rename(self: Path, target: Path) -> Path:
        nonlocal done
        if done == steps:
            raise _Cut
        done += 1
        return real(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    with suppress(_Cut):
        vault.change_passphrase(OTHER, Drawn())
    monkeypatch.undo()
    opened = []
    for passphrase in (PASSPHRASE, OTHER):
        try:
            opened.append(FileVault.open(folder, passphrase).ids())
        except OurFault as fault:
            assert fault.code == "vault.passphrase"  # noqa: PT017  one of the two must not open
    assert opened == [tuple(sorted(SEEDS))]
