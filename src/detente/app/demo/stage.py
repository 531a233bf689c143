"""The stage of the demo: a folder, two parties in it, and the real command line as processes."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, TypeVar

import detente
from detente.app import client
from detente.app.demo.line import Line
from detente.app.face import language
from detente.app.loop import clock
from detente.core.errors import OurFault

PATIENCE: Final = 60.0  # seconds until something that takes milliseconds counts as failed
STOP_PATIENCE: Final = 15.0  # a supervisor gives its halves 10
HALVES: Final = ("node", "office")
AWAY: Final = ("run.not_running", "hatch.closed")  # faults of a half that is not there just now
PATHS: Final = ("path-1", "path-2")
_POLL: Final = 0.02
_TAIL: Final = 2_000  # bytes of a log that are shown
_Found = TypeVar("_Found")

# What a process is started with: its arguments after `detente`, and what it may exit with.
PROGRAM: Final = (sys.executable, "-m", "detente")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the console of a party is. A browser keeps cookies by name: each party has its own."""

    port: int
    name: str

    @property
    def url(self) -> str:
        """The address to type. Plain HTTP: it never leaves this machine."""
        return f"http://{self.name}:{self.port}"

    @property
    def settings(self) -> str:
        """What the party's settings say of it."""
        return f'[console]\nlisten = "{_at(self.port)}"\nname = "{self.name}"\ntls = "off"'


class Party:
    """One of the two parties: its folder and its running processes.

    address: where its node listens. reached_at: the far end of each line, as its card says.
    """

    def __init__(
        self, stage: "Stage", name: str, port: int, far: Sequence[int], console: int
    ) -> None:
        self.name, self.address = name, _at(port)
        self.port, self.far = port, far
        self.reached_at = [_at(each) for each in far]
        self.short = name.partition(".")[0]
        self.console = Place(console, f"{self.short}.localhost")
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

    def enter_link(self) -> str:
        """Return a link by which the operator comes into the console, once."""
        made = self.office.ask("POST", "/api/v1/person/operator/enter-link", {})
        return f"{self.console.url}/enter/{made['link']}"

    def edit(self, pattern: str, told: str) -> None:
        """Change the party's settings: what a pattern finds in a line of them becomes `told`."""
        file = self.folder / "detente.toml"
        file.write_text(re.sub(pattern, told, file.read_text(), flags=re.MULTILINE))

    def reload(self) -> None:
        """Let the node begin anew with what its folder says now."""
        pid = self.pid("node")
        self.node.ask("POST", "/v1/reload")
        self._stage.until("the node begins anew", lambda: self.pid("node") not in (0, pid))
        self._stage.until("it answers", self.is_up)

    def is_up(self) -> bool:
        """Say whether node and office answer. Raises OurFault("demo.failed") if they ended."""
        self.check_alive()
        try:
            self.node.ask("GET", "/v1/links")
            self.office.ask("GET", "/api/v1/log")
        except OurFault as fault:
            if fault.code in AWAY:
                return False
            raise
        return True

    def check_alive(self) -> None:
        """Raise OurFault("demo.failed") if the supervisor has ended."""
        if self._process is not None and self._process.poll() is not None:
            tail = self.log.read_bytes()[-_TAIL:].decode(errors="replace").strip()
            raise _failed(f"{self.name} stopped: {tail}")

    def state(self) -> str:
        """Return the state of the link; "" while the node begins anew."""
        try:
            return str(self.link()["state"])
        except OurFault as fault:
            if fault.code in AWAY:
                return ""
            raise

    def link(self) -> dict[str, Any]:
        """Return the link with the other party, as the node shows it."""
        found: dict[str, Any] = self.node.ask("GET", "/v1/links")[0]
        return found

    @property
    def run(self) -> int:
        """The process that keeps both halves."""
        assert self._process is not None, "it was started"
        return self._process.pid

    def paths(self) -> dict[str, str]:
        """Return the state of each path of the link, by its name."""
        return {each["path"]: each["state"] for each in self.link()["paths"]}

    def pid(self, half: str) -> int:
        """Return the process that holds the node's or the office's folder; 0 while one begins."""
        return int((self.folder / half / "lock").read_text() or 0)

    def pids(self) -> dict[str, int]:
        """Return all three processes."""
        return {"run": self.run, **{half: self.pid(half) for half in HALVES}}

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
                with suppress(OSError):  # it has ended, or never began
                    if pid := self.pid(half):
                        os.kill(pid, signal.SIGKILL)
        self._process = None


class Stage:
    """The folder of the demo, both parties, and the lines between them by the name of the path."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.env = _environment()
        a, b, seen, other, *far = _free_ports(4 + 2 * len(PATHS))
        self.aurelia = Party(self, "aurelia.gov", a, far[::2], seen)
        self.borealis = Party(self, "borealis.gov", b, far[1::2], other)
        self.parties = (self.aurelia, self.borealis)
        self.lines: dict[str, Line] = {}
        self.memory: dict[str, Any] = {}  # what one step leaves for a later one

    def tell_lines(self, word: str) -> None:
        """Cut, silence or mend all lines."""
        for line in self.lines.values():
            line.tell(word)

    def peer(self, party: Party) -> Party:
        """Return the other party."""
        return self.borealis if party is self.aurelia else self.aurelia

    def lay_lines(self) -> None:
        """Lay the lines: each reaches both parties, and can be cut."""
        for number, path in enumerate(PATHS):
            doors = {each.far[number]: each.port for each in self.parties}
            self.lines[path] = Line(doors, self.folder / f"{path}.log")

    def text(self, *arguments: str) -> list[str]:
        """Run one command in the folder; return the lines that a person would read."""
        done = self.processes([[*PROGRAM, *arguments, "--lang", language()]])[0]
        if done.returncode != 0:
            raise _fault_of(done)
        return done.stdout.decode().splitlines()

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
        for line in self.lines.values():
            line.close()

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


def _at(port: int) -> str:
    return f"tcp://127.0.0.1:{port}"


def _free_ports(count: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
