"""The stage of the demo: a folder, two parties in it, and the real command line as processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import detente
from detente.app import client
from detente.app.loop import clock
from detente.core.errors import OurFault

PATIENCE: Final = 30.0  # seconds until something that takes milliseconds counts as failed
STOP_PATIENCE: Final = 15.0  # a supervisor gives its halves 10
HALVES: Final = ("node", "office")
_POLL: Final = 0.02
_TAIL: Final = 2_000  # bytes of a log that are shown
_Found = TypeVar("_Found")

# What a process is started with: its arguments after `detente`, and what it may exit with.
PROGRAM: Final = (sys.executable, "-m", "detente")


class Party:
    """One of the two parties: its folder and its running processes."""

    def __init__(self, stage: "Stage", name: str, address: str) -> None:
        self.name, self.address = name, address
        self.short = name.partition(".")[0]
        self.folder = stage.folder / self.short
        self.log = stage.folder / f"{self.short}.log"
        self.fingerprint = ""
        self._stage = stage
        self._process: subprocess.Popen[bytes] | None = None
        self.office = client.office(self.folder)
        self.node = client.node(self.folder)

    def start(self) -> None:
        """Start node and office under their supervisor, in a session of their own."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*PROGRAM, "run", "--at", str(self.folder)],
                cwd=self._stage.folder, env=self._stage.env, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def is_up(self) -> bool:
        """Say whether node and office answer. Raises OurFault("demo.failed") if they ended."""
        self.check_alive()
        try:
            self.node.ask("GET", "/v1/links")
            self.office.ask("GET", "/api/v1/log")
        except OurFault as fault:
            if fault.code in ("run.not_running", "hatch.closed"):
                return False
            raise
        return True

    def check_alive(self) -> None:
        """Raise OurFault("demo.failed") if the supervisor has ended."""
        if self._process is not None and self._process.poll() is not None:
            tail = self.log.read_bytes()[-_TAIL:].decode(errors="replace").strip()
            raise _failed(f"{self.name} stopped: {tail}")

    def link(self) -> dict[str, Any]:
        """Return the link with the other party, as the node shows it."""
        found: dict[str, Any] = self.node.ask("GET", "/v1/links")[0]
        return found

    def pid(self, half: str) -> int:
        """Return the process that holds the node's or the office's folder."""
        return int((self.folder / half / "lock").read_text())

    def pids(self) -> dict[str, int]:
        """Return all three processes."""
        assert self._process is not None, "it was started"
        return {"run": self._process.pid, **{half: self.pid(half) for half in HALVES}}

    def end(self) -> None:
        """Ask the supervisor to end."""
        if self._process is not None:
            self._process.terminate()

    def wait(self) -> None:
        """Wait until all processes have ended; end what does not by force."""
        if self._process is None:
            return
        try:
            self._process.wait(STOP_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            for half in HALVES:
                try:
                    os.kill(self.pid(half), signal.SIGKILL)
                except (OSError, ValueError):
                    continue  # it has ended, or never began
        self._process = None


class Stage:
    """The folder of the demo and both parties."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = _environment()
        a, b = _free_ports(2)
        self.aurelia = Party(self, "aurelia.gov", f"tcp://127.0.0.1:{a}")
        self.borealis = Party(self, "borealis.gov", f"tcp://127.0.0.1:{b}")
        self.parties = (self.aurelia, self.borealis)
        self.memory: dict[str, Any] = {}  # what one step leaves for a later one

    def cli(self, *arguments: str) -> Any:  # noqa: ANN401  the caller knows the answer
        """Run one command in the folder; return its JSON answer. Raises the fault it told."""
        return self.together(arguments)[0]

    def together(self, *commands: Sequence[str]) -> list[Any]:
        """Run commands side by side; return their answers in order."""
        found = self.processes([[*PROGRAM, *each, "--json"] for each in commands])
        for one in found:
            if one.returncode != 0:
                raise _fault_of(one)
        return [json.loads(one.stdout) for one in found]

    def processes(
        self,
        commands: Sequence[Sequence[str]],
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
    ) -> list["subprocess.CompletedProcess[bytes]"]:
        """Run processes side by side, by default in the folder with our environment."""
        with ExitStack() as stack:
            started = []
            for each in commands:
                process = subprocess.Popen(
                    each, cwd=cwd or self.folder, env=self.env if env is None else env,
                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                )  # fmt: skip
                stack.callback(_end, process)
                started.append(process)
            found = []
            for each, process in zip(commands, started, strict=True):
                out, err = process.communicate()
                found.append(subprocess.CompletedProcess(each, process.returncode, out, err))
            return found

    def until(self, what: str, ask: Callable[[], _Found], seconds: float = PATIENCE) -> _Found:
        """Return the first answer that holds. Raises OurFault("demo.failed") when time is up."""
        deadline = clock() + seconds
        while True:
            found = ask()
            if found:
                return found
            if clock() >= deadline:
                raise _failed(f"not within {seconds:.0f} s: {what}")
            for party in self.parties:
                party.check_alive()
            time.sleep(_POLL)

    def stop(self) -> None:
        """End every process of both parties."""
        for party in self.parties:
            party.end()
        for party in self.parties:
            party.wait()

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder)

    def logs(self) -> list[str]:
        """Return the logs that stand in the folder."""
        return [str(party.log) for party in self.parties if party.log.exists()]


def need(holds: object, what: str) -> None:
    """Raise OurFault("demo.failed") unless something that the demo promises holds."""
    if not holds:
        raise _failed(what)


def _failed(what: str) -> OurFault:
    return OurFault("demo.failed", what, "look into the logs named below, then: detente doctor")


def _fault_of(one: "subprocess.CompletedProcess[bytes]") -> Exception:
    text = one.stderr.decode(errors="replace").strip()
    try:
        told = json.loads(text.splitlines()[-1])["error"]
    except (ValueError, KeyError, IndexError, TypeError):
        words = " ".join(map(str, one.args))
        return _failed(f"exit code {one.returncode}: {words}: {text[-_TAIL:]}")
    return client.fault_of(told)


def _end(process: "subprocess.Popen[bytes]") -> None:
    # After an answer there is nothing to end; on Ctrl-C there may be.
    if process.poll() is None:
        process.kill()
        process.wait()
    for stream in (process.stdout, process.stderr):
        _close(stream)


def _close(stream: IO[bytes] | None) -> None:
    if stream is not None:
        stream.close()


def _environment() -> dict[str, str]:
    # Settings of a party of one's own must not leak in; a relative place of the program must hold.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    return {**kept, **where_we_are()}


def where_we_are() -> dict[str, str]:
    """Return what Python needs to find this program: nothing, if it is installed."""
    if "PYTHONPATH" not in os.environ:
        return {}
    return {"PYTHONPATH": str(Path(detente.__file__).resolve().parents[1])}


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
