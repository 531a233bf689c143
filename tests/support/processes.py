"""Real parties in folders and `detente` as processes, as whichever system user a test wants."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from tests.support.ports import free_port

from detente.app import build, client, founding, system
from detente.app.build import Passphrases
from detente.app.meeting import Meeting
from detente.core.errors import OurFault

PATIENCE: Final = 90.0  # seconds after which a wait has failed; never a measure
SECRETS: Final = Passphrases(b"node secret", b"office secret", b"root secret")
T = TypeVar("T")


def make(
    place: Path, name: str, operator: int | None = None, port: int | None = None,
    desks: Sequence[str] = founding.FIRST_DESKS,
) -> Path:  # fmt: skip
    """Make a party in a folder under `place`; its passphrases lie in files beside it."""
    folder = place / name.partition(".")[0]
    files = {}
    for half, secret in (("node", SECRETS.node), ("office", SECRETS.office)):
        file = place / f"{folder.name}-{half}.passphrase"
        file.write_bytes(secret)
        files[f"{half}_passphrase_file"] = str(file)
    address = f"tcp://127.0.0.1:{port or free_port()}"
    root = place / f"{folder.name}-root"
    build.make_party(folder, root, name, [address], SECRETS, files, operator, desks=desks)
    return folder


def meet(one: Path, other: Path) -> None:
    """Hand `one` the invitation and the digits of `other`."""
    card = Meeting(other).card()
    Meeting(one).add(Meeting(other).invite(Meeting(one).card().name))
    Meeting(one).confirm(card.name, card.fingerprint, system.now())


def until(found: Callable[[], T | None], what: str) -> T:
    """Ask until there is an answer that says yes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        select.select([], [], [], 0.02)
    raise AssertionError(f"it never came true: {what}")


def half_of(folder: Path, half: str) -> int:
    """Return the process that holds the lock of node or office, 0 if there is none yet."""
    with suppress(OSError, ValueError):
        return int((folder / half / "lock").read_text())
    return 0


def links(folder: Path) -> list[dict[str, Any]]:
    """Ask a running node for its links; none while it does not answer."""
    asked = client.node(folder)
    try:
        rows: list[dict[str, Any]] = asked.ask("GET", "/v1/links")
    except OurFault:
        return []
    finally:
        asked.close()
    return rows


def is_live(folder: Path) -> bool:
    rows = links(folder)
    return bool(rows) and all(row["state"] == "LIVE" for row in rows)


def serves(folder: Path) -> bool:
    """Say whether the office answers its person, which it does only over its node."""
    asked = client.office(folder)
    try:
        asked.ask("GET", "/api/v1/log")
    except OurFault:
        return False
    finally:
        asked.close()
    return True


class Machine:
    """Starts `detente`, and ends whatever of it still runs."""

    def __init__(self, interpreter: str = sys.executable) -> None:
        self._interpreter = interpreter
        self._started: list[tuple[Path, subprocess.Popen[bytes]]] = []

    def _call(
        self, words: Sequence[str | Path], become: Sequence[str], more: Mapping[str, str]
    ) -> tuple[list[str], dict[str, str]]:
        kept = {name: text for name, text in os.environ.items() if name[:8] != "DETENTE_"}
        paths = os.pathsep.join(each for each in sys.path if each)
        environment = {**kept, "LANG": "C.UTF-8", "PYTHONPATH": paths, **more}
        return [*become, self._interpreter, "-m", "detente", *map(str, words)], environment

    def ask(
        self, *words: str | Path, become: Sequence[str] = (), more: Mapping[str, str] = {}
    ) -> subprocess.CompletedProcess[str]:
        """Run one verb to its end; nobody sits at its terminal."""
        command, environment = self._call(words, become, more)
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=PATIENCE, check=False, cwd="/",
        )  # fmt: skip

    def run(
        self, folder: Path, *words: str, become: Sequence[str] = (), more: Mapping[str, str] = {}
    ) -> subprocess.Popen[bytes]:
        """Start `detente run`; its log goes to a file beside the folder."""
        command, environment = self._call(["run", "--at", folder, *words], become, more)
        with folder.with_name(f"{folder.name}.log").open("ab") as log:
            process = subprocess.Popen(
                command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
            )
        self._started.append((folder, process))
        return process

    def end(self) -> None:
        """End all: politely, then not."""
        for _, process in self._started:
            process.terminate()
        for folder, process in self._started:
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                for half in ("node", "office"):
                    with suppress(ProcessLookupError, PermissionError):
                        os.kill(half_of(folder, half) or 2**22, signal.SIGKILL)


def log_rows(folder: Path) -> list[dict[str, Any]]:
    """Return what the processes of a folder logged so far."""
    text = folder.with_name(f"{folder.name}.log").read_text()
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]
