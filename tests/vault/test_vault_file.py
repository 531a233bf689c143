import base64
import hashlib
import os
import stat
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from tests.vault.made import CHEAP, PASSPHRASE, SEEDS, Drawn, code_of_opening, make

from detente.core import canon
from detente.core.errors import Fault, OurFault
from detente.vault.file import FileVault
from detente.vault.keys import KeySeed, key_of
from detente.vault.sealing import Kdf


def test_every_key_comes_back_as_it_was_made(folder: Path) -> None:
    made = make(folder)
    opened = FileVault.open(folder, PASSPHRASE)
    for vault in (made, opened):
        assert vault.ids() == ("desk.cert", "log", "log-pq", "root-pq")
        for key_id, seed in SEEDS.items():
            assert vault.public(key_id) == key_of(seed).public
    public = Ed25519PublicKey.from_public_bytes(made.public("log"))
    public.verify(opened.signer("log").sign(b"m"), b"m")
    assert len(opened.context_signer("log-pq").sign(b"m", b"c")) == 2_420
    assert len(opened.opener("desk.cert").public) == 1_216


def test_the_standard_cost_is_64_mebibytes_three_times(folder: Path) -> None:
    FileVault.create(folder, PASSPHRASE, {"log": SEEDS["log"]}, Drawn())
    told = canon.decode_object((folder / "log.json").read_bytes()[:-1], 16_384)
    kdf = told["kdf"]
    assert isinstance(kdf, dict)
    assert {name: kdf[name] for name in kdf.keys() - {"salt"}} == {
        "name": "argon2id",
        "memory_kib": 65_536,
        "passes": 3,
        "lanes": 1,
    }
    assert FileVault.open(folder, PASSPHRASE).ids() == ("log",)


def test_opening_derives_once_and_creating_derives_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    derived = []
    derive = Kdf.derive

    def counted(self: Kdf, passphrase: bytes) -> bytes:
        derived.append(passphrase)
        return derive(self, passphrase)

    monkeypatch.setattr(Kdf, "derive", counted)
    make(folder)
    assert len(derived) == 1
    FileVault.open(folder, PASSPHRASE)
    assert len(derived) == 2


def test_folder_and_files_are_for_their_system_user_alone(folder: Path) -> None:
    make(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_wrong_passphrase_opens_nothing_and_is_called_so(folder: Path) -> None:
    make(folder)
    assert code_of_opening(folder, b"another") == "vault.passphrase"


def test_an_empty_passphrase_makes_no_vault(folder: Path) -> None:
    with pytest.raises(OurFault) as raised:
        FileVault.create(folder, b"", SEEDS, Drawn(), cost=CHEAP)
    assert raised.value.code == "vault.passphrase"
    assert not folder.exists()


def test_a_vault_is_never_made_over_another(folder: Path) -> None:
    make(folder)
    with pytest.raises(OurFault) as raised:
        make(folder, {"log": KeySeed("ed25519", bytes(32))})
    assert raised.value.code == "vault.exists"
    assert FileVault.open(folder, PASSPHRASE).public("log") == key_of(SEEDS["log"]).public


def test_a_key_added_is_there_when_opened_again_and_none_is_replaced(folder: Path) -> None:
    vault = make(folder)
    new = KeySeed("ed25519", bytes(32))
    vault.add("s-01", new, Drawn())
    assert vault.public("s-01") == key_of(new).public
    assert FileVault.open(folder, PASSPHRASE).public("s-01") == key_of(new).public
    with pytest.raises(OurFault) as raised:
        vault.add("log", new, Drawn())
    assert raised.value.code == "vault.exists"
    assert FileVault.open(folder, PASSPHRASE).public("log") == key_of(SEEDS["log"]).public


class PowerCut(Exception):
    pass


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("after", range(5))
def test_a_crash_while_a_vault_is_made_leaves_none_and_making_it_again_works(
    folder: Path, monkeypatch: pytest.MonkeyPatch, call: str, after: int
) -> None:
    counted = iter(range(100))
    place = os if call == "fsync" else Path
    real = getattr(place, call)

    def cut(*given: object) -> object:
        if next(counted) == after:
            raise PowerCut
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(place, call, cut)
        with pytest.raises(PowerCut):
            make(folder)
    assert code_of_opening(folder) == "vault.missing"
    make(folder)
    assert FileVault.open(folder, PASSPHRASE).ids() == tuple(sorted(SEEDS))
    assert list(folder.parent.iterdir()) == [folder]


def test_a_crash_between_write_and_rename_of_one_key_changes_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make(folder)
    new = KeySeed("ed25519", bytes(32))

    def cut(*_given: object) -> None:
        raise PowerCut

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut)
        with pytest.raises(PowerCut):
            vault.add("s-01", new, Drawn())
    assert (folder / ".s-01.json.new").exists()
    again = FileVault.open(folder, PASSPHRASE)
    assert again.ids() == tuple(sorted(SEEDS))
    again.add("s-01", new, Drawn())
    assert FileVault.open(folder, PASSPHRASE).public("s-01") == key_of(new).public


def test_file_then_name_then_folder_become_durable_in_this_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = make(folder)
    done: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def synced(handle: int) -> None:
        done.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def renamed(self: Path, target: Path) -> Path:
        done.append("name")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "rename", renamed)
    vault.add("s-01", KeySeed("ed25519", bytes(32)), Drawn())
    assert done == ["file", "name", "folder"]


@pytest.mark.parametrize("number", [28, 5])
def test_a_disk_that_does_not_take_a_key_is_a_fault(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    vault = make(folder)

    def fails(_handle: int) -> None:
        raise OSError(number, "disk")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(OurFault) as raised:
        vault.add("s-01", KeySeed("ed25519", bytes(32)), Drawn())
    assert raised.value.code == "vault.unwritable"
    assert vault.ids() == tuple(sorted(SEEDS))


def test_an_absent_key_and_a_key_of_another_kind_are_named(folder: Path) -> None:
    vault = make(folder)
    for ask in (
        lambda: vault.public("s-09"),
        lambda: vault.signer("log-pq"),
        lambda: vault.context_signer("log"),
        lambda: vault.opener("log"),
        lambda: vault.tls_identity("desk.cert"),
    ):
        with pytest.raises(OurFault) as raised:
            ask()
        assert raised.value.code == "vault.no_key"


@pytest.mark.parametrize("key_id", ["", "../x", "a/b", ".x", "X", "x" * 65, "x\n"])
def test_what_cannot_be_a_file_name_is_no_key_id(folder: Path, key_id: str) -> None:
    with pytest.raises(AssertionError):
        make(folder, {key_id: SEEDS["log"]})


def test_the_certificate_is_the_same_each_time_and_its_pin_is_the_hash_of_its_key(
    folder: Path,
) -> None:
    vault = make(folder)
    first, again = vault.tls_identity("log"), vault.tls_identity("log")
    assert (first.certificate, first.pin) == (again.certificate, again.pin)
    read = x509.load_der_x509_certificate(first.certificate)
    spki = read.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hashlib.sha256(spki).digest() == first.pin
    assert first.key.public_key().public_bytes_raw() == vault.public("log")
    assert read.subject == read.issuer
    assert read.not_valid_before_utc.isoformat() == "2000-01-01T00:00:00+00:00"
    assert read.not_valid_after_utc.isoformat() == "9999-12-31T23:59:59+00:00"
    read.verify_directly_issued_by(read)


def shapes(secret: bytes) -> list[str]:
    return [
        secret.hex(),
        base64.b64encode(secret).decode(),
        repr(secret)[2:-1],
        secret.hex().upper(),
    ]


def test_nothing_that_is_printed_or_written_shows_a_secret(folder: Path) -> None:
    vault = make(folder)
    told: list[object] = [
        vault,
        *SEEDS.values(),
        *[key_of(seed) for seed in SEEDS.values()],
        vault.signer("log"),
        vault.context_signer("log-pq"),
        vault.opener("desk.cert"),
        vault.tls_identity("log"),
    ]
    for passphrase, key_id in ((b"wrong one", "log"), (PASSPHRASE, "no-such")):
        with pytest.raises(Fault) as raised:
            FileVault.open(folder, passphrase).public(key_id)
        told.append(raised.value)
    text = "".join(f"{one!r} {one} {[one]!r}" for one in told)
    text += "".join(path.read_text() for path in folder.iterdir())
    secrets = [PASSPHRASE, b"wrong one", *[seed.seed for seed in SEEDS.values()]]
    for secret in secrets:
        for shape in shapes(secret):
            assert shape not in text
