"""A half that ends while it starts leaves no socket behind, whoever ends it and when."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support import processes
from tests.support.processes import PATIENCE, Machine

# Tells itself to stop in the moment the named socket stands: the earliest a supervisor could.
STOPPED_AT = """
import os, signal, sys
from detente.app import build
from detente.app.cli import main
name, *sys.argv[1:] = sys.argv[1:]
made = build.listen_unix
def listen(path, *more):
    sock = made(path, *more)
    if path.name == name:
        os.kill(os.getpid(), signal.SIGTERM)
    return sock
build.listen_unix = listen
sys.exit(main())
"""


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A party that does not run."""
    return processes.make(tmp_path_factory.mktemp("idle"), "cordia.gov")


@pytest.mark.parametrize(
    ("half", "name"), [("office", "desk.sock"), ("node", "hatch.sock"), ("node", "admin.sock")]
)
def test_told_to_stop_while_it_starts_it_ends_as_at_any_time(
    idle: Path, half: str, name: str
) -> None:
    words = ["run", "--only", half, "--at", str(idle)]
    said = subprocess.run(
        [sys.executable, "-c", STOPPED_AT, name, *words],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert (said.returncode, list(idle.rglob("*.sock"))) == (0, [])
    assert "run.stopped" in said.stderr


def test_a_node_that_cannot_open_its_last_socket_takes_the_first_away(idle: Path) -> None:
    stands = idle / "node" / "admin.sock"
    stands.mkdir()
    try:
        said = Machine().ask("run", "--only", "node", "--at", idle)
    finally:
        stands.rmdir()
    assert said.returncode == 2
    assert str(stands) in said.stderr
    assert list(idle.rglob("*.sock")) == []
