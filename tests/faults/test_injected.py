"""A disk that answers with an error: what a kernel says of one that dies. Injected into system calls."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults import runs
from tests.faults.test_running import bundles, send
from tests.support.ports import free_port

# What stores: the data on its way to the disk, and the wait until it is there.
SYNCS = "fsync,fdatasync"
WRITES = "pwrite64"
SAYS = ("store.failed", "store.stopped")


@contextmanager
def failing(process: int, calls: str) -> Iterator[None]:
    """Let these system calls of a process end with EIO."""
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(process), "-e", f"trace={calls}",
         "-e", f"inject={calls}:error=EIO", "-o", "/dev/null"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert tracer.stderr is not None
    try:
        said = tracer.stderr.readline()
        if "attached" not in said:
            pytest.skip(f"this machine lets nobody trace: {said.strip()}")
        yield
    finally:
        tracer.send_signal(signal.SIGTERM)
        tracer.communicate()


@pytest.fixture(autouse=True)
def _tracer() -> None:
    if shutil.which("strace") is None or os.geteuid() != 0:
        pytest.skip("only root may inject faults into another process, by strace")


def stored(folder: Path, to: str, about: str) -> str:
    said = send(folder, "--wait", "stored", about=about, to=to)
    assert said.code == 0, said.err
    return str(said.document["records"][0]["mid"])


@pytest.mark.parametrize("calls", [SYNCS, WRITES])
def test_a_disk_that_fails_stops_storing_and_nothing_acknowledged_is_lost(
    tmp_path: Path, calls: str
) -> None:
    # After a failed sync the kernel may have dropped what it held: to try again proves nothing.
    folder = runs.make(tmp_path, "aurelia.gov", free_port())
    other = runs.make(tmp_path, "borealis.gov", free_port())
    runs.meet(folder, other)
    with runs.running(other) as peer:
        peer.ready()
        with runs.running(folder) as ours:
            ours.ready()
            runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
            kept = [
                stored(folder, "borealis.gov", "before"),
                stored(other, "aurelia.gov", "before"),
            ]

            with failing(ours.half("node"), calls):
                sent = send(other, about="while it fails", to="aurelia.gov")
                assert sent.code == 0, "their own disk is well"
                waiting = sent.document["records"][0]["mid"]
                runs.until(lambda: peer.state("aurelia.gov") == "PEER_READ_ONLY")
                # What stands beside the store, such as its own state, may be told before it.
                while ours.logged(process="node", level="error")["code"] not in SAYS:
                    pass

            # The disk answers again; what it holds is read anew at the next start, not before.
            said = send(folder, about="while it fails")
            assert said.code == 2
            assert said.error["code"] in SAYS, said.err
            found = runs.detente("doctor", "--json", "--at", folder)
            assert found.code == 1
            assert any("store." in row["what"] for row in found.document["findings"])
        with runs.running(folder) as ours:
            ours.ready()
            runs.until(lambda: {*kept, waiting} <= set(bundles(ours)))
            runs.until(lambda: peer.state("aurelia.gov") == "LIVE")
            after = stored(folder, "borealis.gov", "after")
            runs.until(lambda: {*kept, waiting, after} <= set(bundles(peer)))
            assert set(bundles(ours)) == set(bundles(peer))
