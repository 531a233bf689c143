"""Backup and restore of a real folder: what goes in, what never does, and what is refused."""

import hashlib
import io
import json
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.outcomes import fault_of

from detente.app import build, build_care, config
from detente.app.build import Passphrases
from detente.app.operating import archive, backup, restore
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Row
from detente.store import schema, snapshot
from detente.store.logs import SqliteLogs
from detente.store.shelf import SqliteShelf

NOW = Moment.parse("2026-11-22T10:00:00.000Z")
ORIGIN = "aurelia.gov/detente/x2ilzttxqmsebjgk"
SECRETS = Passphrases(b"node secret", b"office secret", b"root secret")


def mute(*_told: object) -> None:
    """Hear progress and say nothing."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = tmp_path / "aurelia"
    build.make_party(found, tmp_path / "root", "aurelia.gov", ["tcp://127.0.0.1:7443"], SECRETS, {})
    (found / "node" / "incarnation").write_text("11" * 16)
    (found / "node" / "lock").write_text("1")
    (found / "node" / "journal.receipts").write_text("receipts given")
    (found / "node" / "staged").mkdir()
    (found / "node" / "staged" / "abc").write_bytes(b"\0" * 70_000)
    return found


@pytest.fixture
def store(folder: Path) -> Iterator[SqliteLogs]:
    """The node's store, open and at work as a running node has it."""
    found = SqliteLogs(folder / "node" / "node.sqlite")
    SqliteShelf(folder / "office" / "office.sqlite").close()
    write(found, 0)
    yield found
    found.close()


def write(store: SqliteLogs, seq: int) -> None:
    with store.begin() as tx:
        tx.append(ORIGIN, [Row(seq, bytes(144), b"envelope", NOW)])


def made(folder: Path, where: Path) -> Path:
    return backup.run(config.load(str(folder)), where, NOW, mute).file


def seqs(file: Path) -> list[int]:
    store = SqliteLogs(file)
    with store.begin() as tx:
        found = [row.seq for row in tx.rows(ORIGIN, 0, 100, 10**6)]
    store.close()
    return found


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_backup_taken_from_a_running_store_is_restored_whole(
    folder: Path, store: SqliteLogs, tmp_path: Path
) -> None:
    with store.begin() as tx:  # in the middle of a commit, which is not in it
        tx.append(ORIGIN, [Row(1, bytes(144), b"envelope", NOW)])
        file = made(folder, tmp_path / "one.backup")
    write(store, 2)
    assert file.stat().st_mode & 0o777 == 0o600
    target = tmp_path / "again"
    manifest = restore.run(file, target, mute)
    assert manifest.party == "aurelia.gov"
    assert manifest.forms["node/node.sqlite"] == len(schema.STEPS)
    assert seqs(target / "node" / "node.sqlite") == [0]
    never = {"node/incarnation", "node/lock", "node/journal.receipts", backup.NOTE}
    live = {name for name in names(folder) if name.endswith(("-wal", "-shm"))}
    kept = names(target) - {"node/node.sqlite-wal", "node/node.sqlite-shm"}
    assert kept == names(folder) - never - live
    for name in kept - {"node/node.sqlite", "office/office.sqlite"}:
        assert (target / name).read_bytes() == (folder / name).read_bytes()
        assert (target / name).stat().st_mode & 0o777 == 0o600
    assert {path.stat().st_mode & 0o777 for path in target.rglob("*") if path.is_dir()} == {0o700}


def test_a_backup_into_a_folder_is_named_by_party_and_time_and_noted(
    folder: Path, store: SqliteLogs, tmp_path: Path
) -> None:
    (tmp_path / "kept").mkdir()
    assert backup.last(folder) is None
    file = made(folder, tmp_path / "kept")
    assert file.name == "aurelia.gov-2026-11-22T100000Z.backup"
    assert backup.last(folder) == NOW
    assert list((tmp_path / "kept").iterdir()) == [file]
    assert fault_of(made, folder, file) == "file.unwritable"
    assert store.fault is None


def test_progress_is_told_in_bytes(folder: Path, store: SqliteLogs, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    backup.run(config.load(str(folder)), tmp_path / "one", NOW, lambda *row: told.append(row))
    assert {what for what, _, _ in told} == {*backup.STORES, "archive"}
    assert all(0 <= done <= total for _, done, total in told)
    assert store.fault is None


def test_passphrase_files_in_the_folder_stay_out(
    folder: Path, store: SqliteLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "node.pass").write_bytes(b"node secret")
    monkeypatch.setenv("DETENTE_VAULT_NODE_PASSPHRASE_FILE", "node.pass")
    file = made(folder, tmp_path / "one")
    assert b"node secret" not in file.read_bytes()
    assert store.fault is None


def test_a_damaged_store_is_not_backed_up(folder: Path, store: SqliteLogs, tmp_path: Path) -> None:
    for seq in range(3, 90):
        write(store, seq)
    store.fold_wal()
    store.close()
    file = folder / "node" / "node.sqlite"
    data = bytearray(file.read_bytes())
    data[-3 * 4_096 :] = b"\xa5" * (3 * 4_096)
    file.write_bytes(data)
    assert fault_of(made, folder, tmp_path / "one") == "store.damaged"
    assert not list(tmp_path.glob("one*"))


def test_a_store_of_a_newer_version_is_not_backed_up(
    folder: Path, store: SqliteLogs, tmp_path: Path
) -> None:
    store._db.execute("pragma user_version=99")
    assert fault_of(made, folder, tmp_path / "one") == "store.newer"


def test_a_full_disk_leaves_no_half_backup(
    folder: Path, store: SqliteLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "_check_room", mute)

    class Full(archive.Writer):
        def add(self, name: str, file: Path) -> None:
            if name.startswith("party/"):
                raise OSError(28, "No space left on device")
            super().add(name, file)

    monkeypatch.setattr(backup, "Writer", Full)
    assert fault_of(made, folder, tmp_path / "one") == "backup.no_room"
    assert not list(tmp_path.glob("one*"))
    assert backup.last(folder) is None
    assert store.fault is None


def test_room_is_looked_for_before_a_byte_is_written(
    folder: Path, store: SqliteLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        free = 100

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Little)
    assert fault_of(made, folder, tmp_path / "one") == "backup.no_room"
    assert store.fault is None


@pytest.fixture
def file(folder: Path, store: SqliteLogs, tmp_path: Path) -> Path:
    store.close()
    return made(folder, tmp_path / "one.backup")


def fault_in(file: Path, target: Path) -> OurFault:
    with pytest.raises(OurFault) as raised:
        restore.run(file, target, mute)
    assert not target.exists()
    assert not list(target.parent.glob("*.partial"))
    return raised.value


def members(file: Path) -> dict[str, bytes]:
    with tarfile.open(file) as tar:
        return {info.name: tar.extractfile(info).read() for info in tar}  # type: ignore[union-attr]


def write_tar(file: Path, rows: list[tuple[str, bytes]]) -> None:
    with tarfile.open(file, "w") as tar:
        for name, data in rows:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def test_a_changed_member_is_named(file: Path, tmp_path: Path) -> None:
    with tarfile.open(file) as tar:
        places = {info.name: info.offset_data for info in tar}
    data = bytearray(file.read_bytes())
    data[places["party/own.card" if "party/own.card" in places else "detente.toml"] + 3] ^= 1
    file.write_bytes(data)
    fault = fault_in(file, tmp_path / "again")
    assert fault.code == "backup.damaged"
    assert "is not what was written" in fault.what
    assert fault.what.split()[0] in places


@pytest.mark.parametrize("part", [0.1, 0.5, 0.95])
def test_a_cut_archive_is_refused(file: Path, tmp_path: Path, part: float) -> None:
    data = file.read_bytes()
    file.write_bytes(data[: int(len(data) * part)])
    assert fault_in(file, tmp_path / "again").code == "backup.damaged"


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [each for each in rows if each[0] != "detente.toml"],
        lambda rows: [("strange", b"x"), *rows],
        lambda rows: [rows[-3], *rows],
        lambda rows: rows[:-1],
        lambda rows: [*rows[:-2], ("manifest.json", rows[-2][1].replace(b"aurelia", b"avrelia")), rows[-1]],
        lambda _: [],
    ],
)  # fmt: skip
def test_another_set_of_members_is_refused(file: Path, tmp_path: Path, change: object) -> None:
    rows = list(members(file).items())
    write_tar(file, change(rows))  # type: ignore[operator]
    assert fault_in(file, tmp_path / "again").code == "backup.damaged"


def sealed(file: Path, **changed: object) -> None:
    """Write the archive again with another manifest, and the seal that belongs to it."""
    rows = members(file)
    manifest = json.dumps({**json.loads(rows["manifest.json"]), **changed}).encode()
    rows["manifest.json"] = manifest
    rows["manifest.sha256"] = hashlib.sha256(manifest).hexdigest().encode()
    write_tar(file, list(rows.items()))


def test_a_newer_backup_is_refused(file: Path, tmp_path: Path) -> None:
    sealed(file, v=2)
    assert fault_in(file, tmp_path / "again").code == "backup.newer"
    sealed(file, v=1, forms={"node/node.sqlite": len(schema.STEPS) + 1})
    assert fault_in(file, tmp_path / "again").code == "backup.newer"
    sealed(file, v=1, forms={"node/other.sqlite": 1})
    assert fault_in(file, tmp_path / "again").code == "backup.newer"


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a//b", "."])
def test_a_name_that_leads_out_of_the_folder_is_refused(
    file: Path, tmp_path: Path, name: str
) -> None:
    digest = hashlib.sha256(b"x").hexdigest()
    rows = members(file)
    manifest = json.loads(rows["manifest.json"])
    manifest["members"].append({"name": name, "size": 1, "sha256": digest})
    write_tar(file, [(name, b"x"), *rows.items()])
    sealed_rows = manifest["members"]
    with tarfile.open(file) as tar:
        assert name in tar.getnames()
    data = json.dumps({**manifest, "members": sealed_rows}).encode()
    seal = hashlib.sha256(data).hexdigest().encode()
    rest = [(a, b) for a, b in rows.items() if not a.startswith("manifest")]
    write_tar(file, [(name, b"x"), *rest, ("manifest.json", data), ("manifest.sha256", seal)])
    assert fault_in(file, tmp_path / "again").code == "backup.damaged"


def test_a_manifest_of_another_form_is_refused(file: Path, tmp_path: Path) -> None:
    sealed(file, members="none")
    assert fault_in(file, tmp_path / "again").code == "backup.damaged"
    rows = members(file)
    rows["manifest.json"] = b"[]"
    rows["manifest.sha256"] = hashlib.sha256(b"[]").hexdigest().encode()
    write_tar(file, list(rows.items()))
    assert fault_in(file, tmp_path / "again").code == "backup.damaged"


def test_a_file_that_is_no_archive_is_refused(tmp_path: Path) -> None:
    letter = tmp_path / "letter"
    letter.write_text("Dear colleague, " * 100)
    assert fault_in(letter, tmp_path / "again").code == "backup.damaged"
    assert fault_in(tmp_path / "absent", tmp_path / "again").code == "file.unreadable"


def test_a_folder_with_something_in_it_is_left_alone(file: Path, folder: Path) -> None:
    before = names(folder)
    assert fault_of(restore.run, file, folder, mute) == "backup.target"
    assert names(folder) == before


def test_an_empty_folder_will_do(file: Path, tmp_path: Path) -> None:
    (tmp_path / "again").mkdir()
    assert restore.run(file, tmp_path / "again", mute).party == "aurelia.gov"


def test_no_room_to_restore_is_said_before_a_byte_is_written(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Little:
        free = 100

    monkeypatch.setattr(shutil, "disk_usage", lambda _: Little)
    assert fault_in(file, tmp_path / "again").code == "backup.no_room"


def test_a_copy_that_finds_no_room_says_so(
    folder: Path, store: SqliteLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        error = sqlite3.OperationalError("database or disk is full")
        error.sqlite_errorcode = sqlite3.SQLITE_FULL
        raise error

    monkeypatch.setattr(snapshot, "_take", full)
    source = folder / "node" / "node.sqlite"
    assert fault_of(build_care.take, source, tmp_path / "copy", mute) == "backup.no_room"
    assert store.fault is None
