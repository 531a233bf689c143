"""A disk that is full, as a small tmpfs: said with a code, and nothing acknowledged is lost."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from tests.faults import runs
from tests.faults.runs import Running
from tests.faults.test_running import BUNDLE, bundles, send
from tests.support.ports import free_port

SIZE: Final = 64 * 1024**2  # bytes of the disk
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
        folder = runs.make(disk, "aurelia.gov", free_port())
        peer = runs.make(tmp_path, "borealis.gov", free_port())
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


@pytest.fixture
def both(small: Small) -> Iterator[tuple[Running, Running]]:
    """Both run and are connected; each has stored one record of the other, and lets one release."""
    for folder in (small.folder, small.peer):
        with (folder / "detente.toml").open("a") as settings:
            settings.write("\n[office]\nunreleased = true\n")
    with runs.running(small.peer) as peer, runs.running(small.folder) as ours:
        for each in (peer, ours):
            each.ready()
        runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
        yield ours, peer


def flash(folder: Path, about: str, bundle: Path = BUNDLE) -> runs.Said:
    return runs.detente(
        "cert", "send", bundle, "--to", _other(folder), "--about", about, "--prec", "FLASH",
        "--unreleased", "nobody else is here", "--wait", "delivered", "--json", "--at", folder,
    )  # fmt: skip


def acts(side: Running) -> int:
    """How many things that people did stand in the home log."""
    rows = side.office("GET", "/api/v1/record")
    return sum(row["kind"] == "office.act" for row in rows)


def shown(folder: Path, mid: str) -> Any:  # noqa: ANN401  a test knows which
    return runs.detente("record", "show", mid, "--json", "--at", folder).document


def fill(small: Small, peer: Running) -> None:
    small.fill()
    runs.until(lambda: peer.state("aurelia.gov") == "PEER_READ_ONLY")


def test_a_full_disk_stops_storing_and_nothing_acknowledged_is_lost(
    small: Small, both: tuple[Running, Running]
) -> None:
    ours, peer = both
    kept = [stored(small.folder, "before"), stored(small.peer, "before")]
    fill(small, peer)
    assert "FLASH" in ours.logged(process="node", level="error", code="store.full")["remedy"]

    refused = send(small.peer, about="while full", to="aurelia.gov")
    assert refused.code == 0, "their own node has room"
    waiting = refused.document["records"][0]["mid"]
    assert [(each["desk"], each["state"]) for each in shown(small.peer, waiting)["waits"]] == [
        ("cert@aurelia.gov", "PEER_READ_ONLY")
    ]
    said = runs.detente("record", "show", waiting, "--at", small.peer)
    assert "their node cannot store" in said.out
    assert "call them to make room on their disk" in said.out
    listed = runs.detente("link", "list", "--at", small.peer)
    assert "their node cannot store" in listed.out
    russian = runs.detente("link", "list", "--lang", "ru", "--at", small.peer)
    assert "их узел не может сохранять" in russian.out
    found = runs.detente("doctor", "--json", "--at", small.peer)
    assert "peer_full" in [row["code"] for row in found.document["findings"]]

    said = send(small.folder, about="while full")
    assert said.code == 2
    assert said.error["code"] in FULL_CODES, said.err
    assert "make room" in said.error["remedy"]
    found = runs.detente("doctor", "--json", "--at", small.folder)
    assert (found.code, "disk" in [row["code"] for row in found.document["findings"]]) == (1, True)
    assert ours.process.poll() is None, "it stays, and says why"

    small.make_room()
    runs.until(lambda: {*kept, waiting} <= set(bundles(ours)))
    runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
    after = stored(small.folder, "after")
    runs.until(lambda: {*kept, waiting, after} <= set(bundles(peer)))
    assert set(bundles(ours)) == set(bundles(peer))


def test_a_flash_leaves_a_full_disk_and_says_that_it_is_not_audited(
    small: Small, both: tuple[Running, Running]
) -> None:
    ours, peer = both
    stored(small.folder, "before")
    before = acts(ours)
    fill(small, peer)
    mids = []
    for number in range(5):
        small.fill()  # whatever became free meanwhile
        said = flash(small.folder, f"now {number}")
        assert said.code == 0, said.err
        mids.append(said.document["records"][0]["mid"])
    for folder in (small.folder, small.peer):
        for mid in mids:
            marks = shown(folder, mid)["marks"]
            assert [each["mark"] for each in marks] == ["UNRELEASED", "UNAUDITED"]
            assert "store.full" in marks[1]["why"]
    words = runs.detente("record", "show", mids[0], "--at", small.peer).out
    assert "UNAUDITED, not in the sender's home log: " in words
    assert acts(ours) == before
    small.make_room()
    runs.until(lambda: acts(ours) == before + len(mids))
    with_marks = [each["mark"] for each in shown(small.peer, mids[0])["marks"]]
    assert with_marks == ["UNRELEASED", "UNAUDITED"], "it went without"
    stored(small.folder, "after")


def test_a_flash_reaches_a_full_disk_and_what_can_wait_does_not(
    small: Small, both: tuple[Running, Running]
) -> None:
    ours, peer = both
    stored(small.peer, "before")
    fill(small, peer)
    slow = send(small.peer, about="slow", to="aurelia.gov").document["records"][0]["mid"]
    mids = []
    for number in range(5):
        small.fill()
        said = flash(small.peer, f"now {number}")
        assert said.code == 0, said.err
        mids.append(said.document["records"][0]["mid"])
    assert set(mids) <= set(bundles(ours))
    assert slow not in bundles(ours)
    assert shown(small.peer, slow)["level"] == "SUBMITTED"
    read = runs.detente("record", "read", mids[0], "--json", "--at", small.folder)
    assert read.code == 0, read.err
    runs.until(lambda: shown(small.peer, mids[0])["level"] == "READ")
    small.make_room()
    runs.until(lambda: slow in bundles(ours))


def test_a_disk_without_any_room_left_stops_the_store_for_good(
    small: Small, both: tuple[Running, Running]
) -> None:
    ours, peer = both
    kept = [stored(small.peer, "before")]
    bundle = json.loads(BUNDLE.read_text())
    bundle["objects"][0] |= {"description": "x" * 200_000, "modified": "2026-11-01T00:00:00.000Z"}
    large = small.peer.parent / "large.json"
    large.write_text(json.dumps(bundle))
    fill(small, peer)
    for _ in range(100):
        small.fill()
        said = flash(small.folder, "now", large)
        if said.code:
            break
        kept += [said.document["records"][0]["mid"]]
    assert said.error["code"] in FULL_CODES, said.err
    assert "restart" in said.error["remedy"]
    small.make_room()
    ours.stop()
    with runs.running(small.folder) as again:
        again.ready()
        runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
        runs.until(lambda: set(kept) <= set(bundles(again)))
        assert set(kept) <= set(bundles(peer))
        stored(small.folder, "after")


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
