"""Files between two real parties: by the command line, with nodes and offices killed on the way."""

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from tests.support.offices import BUNDLE
from tests.support.processes import until
from tests.support.running import Running, two_parties

SIZE = 40 * 2**20 + 12_345


def detente(side: Running, *args: str) -> Any:  # noqa: ANN401
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-m", "detente", *args, "--at", str(side.folder), "--json"],
        env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def make(path: Path, size: int) -> Path:
    piece = hashlib.sha256(path.name.encode()).digest() * 2_048
    with path.open("wb") as handle:
        for at in range(0, size, len(piece)):
            handle.write(at.to_bytes(8, "big") + piece[8 : min(len(piece), size - at)])
        handle.truncate(size)
    return path


def hash_of(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def send(a: Running, b: Running, place: Path, *files: Path) -> str:
    bundle = place / "bundle.json"
    bundle.write_bytes((BUNDLE % "with files").encode())
    attached = [word for each in files for word in ("--attach", str(each))]
    found = detente(
        a, "cert", "send", str(bundle), "--to", b.name, "--about", "with files", *attached
    )
    mid: str = found["records"][0]["mid"]
    return mid


def is_attached(side: Running, mid: str) -> bool:
    rows = side.insist("GET", f"/api/v1/record/{mid}/files")
    return bool(rows) and all(row["attached"] for row in rows)


@pytest.mark.parametrize("half", ["nobody", "node", "office"])
def test_files_arrive_whoever_is_killed_on_the_way(tmp_path: Path, half: str) -> None:
    with two_parties(tmp_path) as (a, b):
        large, empty = make(tmp_path / "large.bin", SIZE), make(tmp_path / "empty.txt", 0)
        mid = send(a, b, tmp_path, large, empty)
        if half != "nobody":
            b.kill(half)
            a.kill(half)
        until(lambda: is_attached(a, mid), "the sender knows that they are whole there")
        rows = b.insist("GET", f"/api/v1/record/{mid}/files")
        assert [(row["name"], row["size"], row["percent"]) for row in rows] == [
            ("large.bin", SIZE, 100),
            ("empty.txt", 0, 100),
        ]
        saved = tmp_path / "saved.bin"
        detente(b, "record", "save", mid, "large.bin", "-o", str(saved))
        assert hash_of(saved) == hash_of(large)
        detente(b, "record", "save", mid, "2", "-o", str(tmp_path / "nothing"))
        assert (tmp_path / "nothing").read_bytes() == b""
        assert a.insist("GET", f"/api/v1/record/{mid}")["level"] in ("DELIVERED", "READ")


def test_a_bundle_larger_than_a_body_is_sent_listed_exported_and_proved(tmp_path: Path) -> None:
    with two_parties(tmp_path) as (a, b):
        bundle = tmp_path / "large.json"
        bundle.write_bytes((BUNDLE % "large").encode() + b" " * 1_500_000)
        found = detente(a, "cert", "send", str(bundle), "--to", b.name, "--about", "a large one")
        [row] = found["records"]
        mid: str = row["mid"]
        until(lambda: is_attached(a, mid), "the sender knows that the bundle is whole there")
        until(lambda: [each["mid"] for each in detente(b, "cert", "list")] == [mid], "it is listed")
        for side in (a, b):
            shown = detente(side, "record", "show", mid)
            assert shown["kind"] == "cert.bundle_file"
            out = tmp_path / f"{side.name}.json"
            out.write_bytes(raw(side, "cert", "export", mid))
            assert out.read_bytes().rstrip(b"\n") == bundle.read_bytes().rstrip(b"\n")
        detente(b, "cert", "answer", mid, "--verdict", "useful")
        until(lambda: detente(a, "cert", "list")[0]["state"] == "answered", "it is answered")
        evidence = tmp_path / "matter.evidence"
        matter = detente(b, "record", "show", mid)["matter"]
        detente(b, "evidence", "export", matter, "--with-text", "-o", str(evidence))
        cards = []
        for side in (a, b):
            cards += ["--card", str(tmp_path / f"{side.name}.card")]
            detente(side, "party", "card", "-o", cards[-1])
        told = detente(b, "verify", str(evidence), *cards, "--accept-fast")
        digest = b64encode(hashlib.sha256(bundle.read_bytes()).digest()).decode()
        with zipfile.ZipFile(evidence) as container:
            texts = [container.read(name) for name in container.namelist() if ".plain" in name]
        assert any(digest.encode() in text for text in texts), "the text proves the bundle"
        assert len(told["records"]) == len(texts) == 3, "the bundle, the answer, that it arrived"


def raw(side: Running, *args: str) -> bytes:
    """What a command prints."""
    paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
    done = subprocess.run(
        [sys.executable, "-m", "detente", *args, "--at", str(side.folder)],
        env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
        stdin=subprocess.DEVNULL, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout
