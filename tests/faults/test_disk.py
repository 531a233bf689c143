"""A disk that is full, as a small tmpfs: said with a code, and nothing acknowledged is lost."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from tests.faults import runs
from tests.faults.test_running import bundles, send

SIZE: Final = 8 * 1024**2  # bytes of the disk
FULL_CODES: Final = frozenset({"store.full", "store.stopped", "store.failed"})


@dataclass
class Small:
    """A party on a small disk, and a peer on a large one."""

    folder: Path
    peer: Path
    filler: Path

    def fill(self) -> None:
        """Leave no room on the disk."""
        handle = os.open(self.filler, os.O_WRONLY | os.O_CREAT)
        with suppress(OSError):
            while os.write(handle, bytes(4096)):
                pass
        os.close(handle)

    def make_room(self) -> None:
        self.filler.unlink()


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Small]:
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"this machine mounts no tmpfs: {mounted.stderr.decode().strip()}")
    try:
        folder = runs.make(disk, "aurelia.gov", runs.free_port())
        peer = runs.make(tmp_path, "borealis.gov", runs.free_port())
        runs.meet(folder, peer)
        yield Small(folder, peer, disk / "filler")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=False)


def stored(folder: Path, about: str) -> str:
    said = send(folder, "--wait", "stored", about=about, to=_other(folder))
    assert said.code == 0, said.err
    return str(said.document["records"][0]["mid"])


def _other(folder: Path) -> str:
    return "borealis.gov" if folder.name == "aurelia" else "aurelia.gov"


def test_a_full_disk_stops_storing_and_nothing_acknowledged_is_lost(small: Small) -> None:
    with runs.running(small.peer) as peer:
        peer.ready()
        with runs.running(small.folder) as ours:
            ours.ready()
            runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
            kept = [stored(small.folder, "before"), stored(small.peer, "before")]

            small.fill()
            refused = send(small.peer, about="while full", to="aurelia.gov")
            assert refused.code == 0, "their own node has room"
            waiting = refused.document["records"][0]["mid"]
            runs.until(lambda: peer.state("aurelia.gov") == "PEER_READ_ONLY")
            assert ours.logged(process="node", level="error")["code"] in FULL_CODES
            shown = runs.detente("link", "list", "--at", small.peer)
            assert "their node cannot store" in shown.out

            said = send(small.folder, about="while full")
            assert said.code == 2
            assert said.error["code"] in FULL_CODES, said.err
            assert "restart" in said.error["remedy"]
            found = runs.detente("doctor", "--json", "--at", small.folder)
            assert found.code == 1
            assert any("store." in row["what"] for row in found.document["findings"])
            assert ours.process.poll() is None, "it stays, and says why"
        small.make_room()
        with runs.running(small.folder) as ours:
            ours.ready()
            runs.until(lambda: {*kept, waiting} <= set(bundles(ours)))
            runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
            after = stored(small.folder, "after")
            runs.until(lambda: {*kept, waiting, after} <= set(bundles(peer)))
            assert set(bundles(ours)) == set(bundles(peer))


def test_a_start_on_a_full_disk_is_refused_with_a_code(small: Small) -> None:
    small.fill()
    with runs.running(small.folder) as ours:
        assert ours.ended() == 2
    said = "\n".join(ours.lines)
    assert "Traceback" not in said
    assert any(f"refused  {code}: " in said for code in (*FULL_CODES, "file.unwritable")), said
    small.make_room()
    with runs.running(small.folder) as ours:
        ours.ready()


def test_a_party_is_not_made_by_halves_on_a_full_disk(small: Small) -> None:
    small.fill()
    place = small.filler.parent / "cordia"
    said = runs.detente(
        "init", "cordia.gov", "--folder", place, "--root", small.filler.parent / "root",
        "--make-passphrases", small.peer.parent / "secrets", "--json",
    )  # fmt: skip
    assert said.code == 2
    assert said.error["code"] in ("vault.unwritable", "file.unwritable")
    assert not place.exists()
