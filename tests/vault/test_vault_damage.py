import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.vault.made import CHEAP, PASSPHRASE, SEEDS, Drawn, code_of_opening, make, rewrite

from detente.core import canon
from detente.core.errors import OurFault
from detente.vault.file import FileVault
from detente.vault.keys import KeySeed, key_of


@pytest.mark.parametrize("turn", [0x01, 0x20, 0x80])
def test_every_byte_of_a_key_file_changed_is_damage_and_never_another_key(
    folder: Path, turn: int
) -> None:
    make(folder, {"log": SEEDS["log"]})
    path = folder / "log.json"
    whole = path.read_bytes()
    for at in range(len(whole)):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ turn]) + whole[at + 1 :])
        assert code_of_opening(folder) == "vault.damaged", at
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert code_of_opening(folder) == "vault.damaged", end
    path.write_bytes(whole)
    assert FileVault.open(folder, PASSPHRASE).public("log") == key_of(SEEDS["log"]).public


def each_byte_turned(text: str) -> Iterator[str]:
    raw = base64.b64decode(text)
    for at in range(len(raw)):
        turned = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        yield base64.b64encode(turned).decode()


@pytest.mark.parametrize("member", ["public", "nonce", "sealed"])
def test_who_changes_a_member_and_mends_the_sum_still_gets_no_key(
    folder: Path, member: str
) -> None:
    make(folder, {"log": SEEDS["log"], "cosign": KeySeed("ed25519", bytes(32))})
    path = folder / "log.json"
    whole = path.read_bytes()
    text = canon.decode_object(whole[:-1], 16_384)[member]
    assert isinstance(text, str)
    for turned in each_byte_turned(text):
        rewrite(path, **{member: turned})
        assert code_of_opening(folder) == "vault.damaged"  # for cosign opens: no wrong passphrase
        path.write_bytes(whole)


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"v": 2}, "vault.newer"),
        ({"suite": 2}, "vault.newer"),
        ({"kdf": {"name": "pbkdf2"}}, "vault.newer"),
        ({"v": "1"}, "vault.newer"),
        ({"kind": "mldsa44"}, "vault.passphrase"),
        ({"kind": "rsa"}, "vault.damaged"),
        ({"kind": 7}, "vault.damaged"),
        ({"id": "cosign"}, "vault.damaged"),
        ({"kdf": "argon2id"}, "vault.damaged"),
        ({"nonce": "gone"}, "vault.damaged"),
        ({"more": 1}, "vault.damaged"),
        ({"public": 1}, "vault.damaged"),
        ({"nonce": "AAAA"}, "vault.damaged"),
        ({"sealed": "AAAA"}, "vault.damaged"),
    ],
)
def test_each_form_that_is_not_ours_has_its_fault(
    folder: Path, members: dict[str, canon.Json], code: str
) -> None:
    make(folder, {"log": SEEDS["log"]})
    rewrite(folder / "log.json", **members)
    assert code_of_opening(folder) == code


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("memory_kib", 1_048_577, "vault.damaged"),
        ("memory_kib", 7, "vault.damaged"),
        ("memory_kib", 9, "vault.passphrase"),
        ("passes", 0, "vault.damaged"),
        ("passes", 16, "vault.passphrase"),
        ("passes", 17, "vault.damaged"),
        ("passes", True, "vault.damaged"),
        ("lanes", 8, "vault.damaged"),  # with 8 KiB of memory
        ("lanes", 9, "vault.damaged"),
        ("salt", "AAAA", "vault.damaged"),
    ],
)
def test_a_file_cannot_make_opening_cost_without_bounds(
    folder: Path, name: str, value: int | str, code: str
) -> None:
    make(folder, {"log": SEEDS["log"]})
    kdf = canon.decode_object((folder / "log.json").read_bytes()[:-1], 16_384)["kdf"]
    assert isinstance(kdf, dict)
    rewrite(folder / "log.json", kdf=kdf | {name: value})
    assert code_of_opening(folder) == code


def test_a_key_file_does_not_pass_for_another(folder: Path) -> None:
    make(folder, {"log": SEEDS["log"], "cosign": KeySeed("ed25519", bytes(32))})
    (folder / "cosign.json").write_bytes((folder / "log.json").read_bytes())
    assert code_of_opening(folder) == "vault.damaged"


def test_a_key_file_sealed_under_another_passphrase_is_damage_where_others_open(
    folder: Path, tmp_path: Path
) -> None:
    make(folder)
    other = tmp_path / "other"
    FileVault.create(other, b"another", {"new": SEEDS["log"]}, Drawn(), cost=CHEAP)
    (other / "new.json").rename(folder / "new.json")
    assert code_of_opening(folder) == "vault.damaged"


@pytest.mark.parametrize("size", [16_384, 16_385])
def test_a_file_of_any_size_is_read_up_to_the_limit_and_refused(folder: Path, size: int) -> None:
    make(folder, {"log": SEEDS["log"]})
    (folder / "log.json").write_bytes(b'"' + b"x" * (size - 2) + b"\n")
    assert code_of_opening(folder) == "vault.damaged"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o610])
def test_a_key_file_that_others_may_use_is_refused_with_the_command_that_mends_it(
    folder: Path, mode: int
) -> None:
    make(folder)
    path = folder / "log.json"
    path.chmod(mode)
    with pytest.raises(OurFault, match=f"chmod go= {path}") as raised:
        FileVault.open(folder, PASSPHRASE)
    assert raised.value.code == "vault.permissions"


def test_a_folder_that_others_may_use_is_refused(folder: Path) -> None:
    make(folder)
    folder.chmod(0o750)
    assert code_of_opening(folder) == "vault.permissions"


def test_a_link_or_a_pipe_is_no_key_file(folder: Path, tmp_path: Path) -> None:
    make(folder)
    path = folder / "log.json"
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")
    assert code_of_opening(folder) == "vault.unreadable"
    path.unlink()
    os.mkfifo(path, 0o600)
    assert code_of_opening(folder) == "vault.damaged"


def test_no_folder_and_an_empty_folder_are_a_missing_vault(folder: Path) -> None:
    assert code_of_opening(folder) == "vault.missing"
    folder.mkdir(mode=0o700)
    assert code_of_opening(folder) == "vault.missing"
    make(folder)
    assert FileVault.open(folder, PASSPHRASE).ids()
