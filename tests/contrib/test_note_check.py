"""A third party's code, golang.org/x/mod/sumdb/note, opens our checkpoints."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from pathlib import Path

import pytest

GOPATH = Path("/usr/share/gocode")
PACKAGE = GOPATH / "src" / "golang.org" / "x" / "mod" / "sumdb" / "note"
SOURCE = Path(__file__).with_name("note_check.go")


@pytest.fixture(scope="session")
def note_check(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built once."""
    go = shutil.which("go")
    if go is None:
        pytest.skip("no Go here: install golang-go")
    if not PACKAGE.is_dir():
        pytest.skip("no x/mod here: install golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    world = os.environ | {
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    program = folder / "note_check"
    subprocess.run([go, "build", "-o", program, SOURCE], check=True, env=world)
    return program


def checkpoint(place: Path) -> bytes:
    return place.read_bytes().partition(b"\n\n")[2]


def key_of_first(first: Path) -> str:
    told = json.loads((first / "vectors.json").read_bytes())
    key = b"\x01" + bytes.fromhex(told["parties"]["aurelia.gov"]["log_ed25519_pub"])
    key_id = told["checkpoint"]["key_id_log_ed25519"]
    return f"{told['link']['origin_a_to_b']}+{key_id}+{b64encode(key).decode()}"


def test_go_opens_the_checkpoint_under_its_ed25519_line(note_check: Path, first: Path) -> None:
    note = checkpoint(first / "record1.tlog-proof")
    ran = subprocess.run(
        [note_check, key_of_first(first)], input=note, capture_output=True, check=False
    )
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout == note.partition(b"\n\n")[0] + b"\n"


def test_go_refuses_the_checkpoint_with_another_size(note_check: Path, first: Path) -> None:
    note = checkpoint(first / "record1.tlog-proof").replace(b"\n5\n", b"\n6\n", 1)
    ran = subprocess.run(
        [note_check, key_of_first(first)], input=note, capture_output=True, check=False
    )
    assert ran.returncode == 1
    assert b"invalid signature" in ran.stderr
