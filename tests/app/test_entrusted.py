"""A desk whose keys its people hold, with real processes: who has the passphrase reads nothing."""

import os
import shutil
import subprocess
import sys
from base64 import b64encode
from contextlib import suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import PATIENCE, SECRETS, until
from tests.support.running import Running, two_parties

from detente.core.errors import Fault, OurFault
from detente.vault.file import FileVault
from detente.vault.persons import PersonKeys

PASSWORD = "rain on the harbour wall"
WORD = "quietheron"


def send(side: Running, other: Running, text: str) -> str:
    own = (BUNDLE % text).replace("8e2e2d2b", sha256(text.encode()).hexdigest()[:8])
    data = b64encode(own.encode()).decode()
    body = {"file": data, "to": [other.address], "about": text}
    mid: str = side.insist("POST", "/api/v1/cert/send", body)["records"][0]["mid"]
    return mid


def level(side: Running, mid: str) -> str:
    found: dict[str, Any] = side.insist("GET", f"/api/v1/record/{mid}")
    return str(found["level"]).removesuffix("-PQ")


def read(side: Running, mid: str) -> str:
    try:
        return str(side.insist("POST", f"/api/v1/record/{mid}/read")["text"])
    except Fault as fault:
        return fault.code


def key(side: Running) -> dict[str, Any]:
    [row] = side.insist("GET", "/api/v1/desk")
    return dict(row)


def on_disk(side: Running) -> bytes:
    """Return every byte that a party keeps, of both halves."""
    found = bytearray()
    for each in side.folder.rglob("*"):
        with suppress(OSError):  # it went meanwhile, or is a socket
            found += each.read_bytes() if each.is_file() else b""
    return bytes(found)


def has_arrived(side: Running, mid: str) -> bool:
    return any(row["mid"] == mid for row in side.records())


def test_who_has_the_passphrase_and_the_folder_reads_nothing_of_a_desk_of_its_people(
    tmp_path: Path,
) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, f"{WORD} one")
        until(lambda: level(a, first) == "DELIVERED", "the first is opened")
        assert WORD in read(b, first)
        assert WORD.encode() in on_disk(b)  # as every desk that the office opens
        office = b.half("office")
        b.insist("POST", "/api/v1/desk/cert/entrust", {"password": PASSWORD})
        until(lambda: b.half("office") not in (0, office), "the office began anew")
        assert (key(b)["entrusted"], key(b)["open"], key(b)["holders"]) == (
            True,
            False,
            ["operator"],
        )

        # What an administrator has: the passphrase, the folder, the socket.
        vault = FileVault.open(b.folder / "office" / "vault", SECRETS.office)
        assert [each for each in vault.ids() if each.startswith("desk-")] == []
        with pytest.raises(OurFault, match=r"vault\.passphrase"):
            PersonKeys(b.folder / "office" / "persons").open("operator", SECRETS.office)
        until(lambda: WORD.encode() not in on_disk(b), "no text of the desk is on the disk")
        assert read(b, first) == "office.desk_closed"
        second = send(a, b, f"{WORD} two")
        until(lambda: has_arrived(b, second), "its header is listed")
        assert read(b, second) == "office.desk_closed"
        assert level(a, second) == "STORED"

        # What a person of the desk has.
        with pytest.raises(OurFault, match=r"desk\.password"):
            b.ask("POST", "/api/v1/desk/cert/open", {"password": PASSWORD + "x"})
        b.ask("POST", "/api/v1/desk/cert/open", {"password": PASSWORD})
        assert WORD in read(b, first)
        assert WORD in read(b, second)
        until(lambda: level(a, second) in ("DELIVERED", "READ"), "the desk says so")
        assert WORD.encode() not in on_disk(b)
        b.ask("POST", "/api/v1/desk/cert/close", {})
        assert (key(b)["open"], read(b, first)) == (False, "office.desk_closed")

        # A person gives it back, and nothing was lost.
        office = b.half("office")
        b.ask("POST", "/api/v1/desk/cert/hand-back", {"password": PASSWORD})
        until(lambda: b.half("office") not in (0, office), "the office began anew")
        assert key(b)["entrusted"] is False
        until(lambda: WORD in read(b, first), "the office opens it by itself")


def entrust(side: Running) -> None:
    office = side.half("office")
    side.insist("POST", "/api/v1/desk/cert/entrust", {"password": PASSWORD})
    until(lambda: side.half("office") not in (0, office), "the office began anew")
    assert key(side)["entrusted"]


def is_another(side: Running, gone: set[int]) -> bool:
    return side.half("office") not in gone


def detente(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "detente", *map(str, words)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


def test_an_office_that_is_killed_while_it_takes_the_texts_off_the_disk_does_it_again(
    tmp_path: Path,
) -> None:
    with two_parties(tmp_path) as (a, b):
        first = send(a, b, f"{WORD} one")
        until(lambda: level(a, first) == "DELIVERED", "it is opened")
        assert WORD.encode() in on_disk(b)
        entrust(b)
        for _ in range(3):  # wherever it stands
            gone = {0, b.kill("office")}
            until(partial(is_another, b, gone), "it begins again")
        assert read(b, first) == "office.desk_closed"
        until(lambda: WORD.encode() not in on_disk(b), "no text of the desk is on the disk")
        b.insist("POST", "/api/v1/desk/cert/open", {"password": PASSWORD})
        assert WORD in read(b, first)


def test_a_backup_of_a_closed_desk_holds_no_text_and_opens_with_the_password_alone(
    tmp_path: Path,
) -> None:
    with two_parties(tmp_path) as (a, b):
        entrust(b)
        sent = send(a, b, f"{WORD} one")
        until(lambda: has_arrived(b, sent), "its header is listed")
        b.insist("POST", "/api/v1/desk/cert/open", {"password": PASSWORD})
        assert WORD in read(b, sent)
        file = tmp_path / "b.backup"
        made = detente("backup", "-o", file, "--at", b.folder)
        assert made.returncode == 0, made.stderr
        b.end()

        assert WORD.encode() not in file.read_bytes()
        shutil.rmtree(b.folder)
        back = detente("restore", file, "--to", b.folder)
        assert back.returncode == 0, back.stderr
        assert WORD.encode() not in on_disk(b)
        b.start()
        until(lambda: a.is_live() and b.is_live(), "both are live again")
        assert (key(b)["entrusted"], key(b)["open"]) == (True, False)
        assert read(b, sent) == "office.desk_closed"
        b.insist("POST", "/api/v1/desk/cert/open", {"password": PASSWORD})
        assert WORD in read(b, sent)


def test_no_new_key_is_made_for_a_desk_that_its_people_open(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (_, b):
        entrust(b)
        before = FileVault.open(b.folder / "office" / "vault", SECRETS.office).ids()
        secret = tmp_path / "root.passphrase"
        secret.write_bytes(SECRETS.root)
        found = detente(
            "card", "new", "--rotate", "cert", "--root", b.folder.with_name("borealis-root"),
            "--root-passphrase-file", secret, "--at", b.folder,
        )  # fmt: skip
        assert found.returncode != 0
        assert "desk.entrusted" in found.stderr
        after = FileVault.open(b.folder / "office" / "vault", SECRETS.office).ids()
        assert after == before
