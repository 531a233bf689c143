"""Two real parties: folders, processes, sockets. For what only real processes can show."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.support import processes
from tests.support.processes import PATIENCE, until

from detente.app import client, founding
from detente.core.errors import OurFault


class Running:
    """One party under its supervisor."""

    def __init__(self, place: Path, name: str, desks: Sequence[str] = founding.FIRST_DESKS) -> None:
        self.name, self.folder = name, place / name.partition(".")[0]
        self.log = place / f"{self.folder.name}.log"
        processes.make(place, name, desks=desks)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"cert@{self.name}"

    def meet(self, other: "Running") -> None:
        processes.meet(self.folder, other.folder)

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
        number = processes.half_of(self.folder, name)
        with suppress(OSError):
            os.kill(number or 2**22, 0)
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
            asked.close()

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
        return processes.is_live(self.folder)


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
