"""Two real parties: folders, processes, sockets. For what only real processes can show."""

import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from detente.app import build, client, system
from detente.app.build import Passphrases
from detente.app.meeting import Meeting
from detente.core.errors import OurFault

PATIENCE: Final = 30.0  # seconds after which a wait has failed; never a measure
SECRETS: Final = Passphrases(b"node secret", b"office secret", b"root secret")
T = TypeVar("T")


def until(found: Callable[[], T | None], what: str) -> T:
    """Ask until there is an answer that says yes."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        answer = found()
        if answer:
            return answer
        select.select([], [], [], 0.02)
    raise AssertionError(f"it never came true: {what}")


class Running:
    """One party under its supervisor."""

    def __init__(self, place: Path, name: str) -> None:
        self.name, self.folder = name, place / name.partition(".")[0]
        self.log = place / f"{self.folder.name}.log"
        files = {}
        for half, secret in (("node", SECRETS.node), ("office", SECRETS.office)):
            file = place / f"{self.folder.name}-{half}.passphrase"
            file.write_bytes(secret)
            files[f"{half}_passphrase_file"] = str(file)
        with socket.create_server(("127.0.0.1", 0)) as found:
            address = f"tcp://127.0.0.1:{found.getsockname()[1]}"
        root = place / f"{self.folder.name}-root"
        build.make_party(self.folder, root, name, [address], SECRETS, files)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"cert@{self.name}"

    def meet(self, other: "Running") -> None:
        own, theirs = Meeting(self.folder), Meeting(other.folder)
        card = theirs.card()
        own.add(theirs.invite(own.card().name))
        own.confirm(card.name, card.fingerprint, system.now())

    def start(self) -> None:
        paths = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "detente", "run", "--at", str(self.folder)],
                env={**os.environ, "PYTHONPATH": paths, "LANG": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def half(self, name: str) -> int:
        """The process of `node` or `office`, which holds its lock; 0 if none does."""
        with suppress(OSError, ValueError):
            number = int((self.folder / name / "lock").read_text())
            os.kill(number, 0)
            return number
        return 0

    def kill(self, half: str) -> int:
        """End one half at once, as a fault would; return which process it was."""
        number = until(lambda: self.half(half), f"{half} runs")
        os.kill(number, signal.SIGKILL)
        return number

    def end(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            for half in ("node", "office"):
                if self.half(half):
                    os.kill(self.half(half), signal.SIGKILL)

    # Asking.

    def ask(self, method: str, path: str, body: object = None, **query: object) -> Any:  # noqa: ANN401
        """Ask the office; OurFault("run.not_running" | "hatch.closed") while it cannot answer."""
        asked = client.office(self.folder)
        try:
            return asked.ask(method, path, body, query)
        finally:
            asked._http.close()

    def insist(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401
        """Ask until there is an answer: what people do who were cut off."""

        def once() -> list[Any] | None:
            try:
                return [self.ask(method, path, body)]
            except OurFault as fault:
                if fault.code not in ("run.not_running", "hatch.closed"):
                    raise
                return None

        return until(once, f"{method} {path} is answered")[0]

    def records(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.ask(
                "GET", "/api/v1/record", **({"after": found[-1]["mid"]} if found else {})
            )
            if not page:
                return found
            found += page

    def is_live(self) -> bool:
        asked = client.node(self.folder)
        try:
            rows = asked.ask("GET", "/v1/links")
        except OurFault:
            return False
        finally:
            asked._http.close()
        return bool(rows) and all(row["state"] == "LIVE" for row in rows)


@contextmanager
def two_parties(place: Path) -> Iterator[tuple[Running, Running]]:
    """Aurelia and Borealis, met and linked; ended when the test is."""
    pair = Running(place, "aurelia.gov"), Running(place, "borealis.gov")
    for one, other in (pair, pair[::-1]):
        one.meet(other)
    try:
        for each in pair:
            each.start()
        for each in pair:
            until(each.is_live, f"the link of {each.name} is up")
            each.insist("GET", "/api/v1/log")
        yield pair
    finally:
        for each in pair:
            each.end()
