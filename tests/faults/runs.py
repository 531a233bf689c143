"""Real parties in folders, real processes, and what the command line said."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from queue import Empty, Queue
from typing import Any, Final, TypeVar
from unittest import mock

from tests import produced

from detente.app import build, client, system
from detente.app.build import Passphrases
from detente.app.meeting import Meeting
from detente.vault.file import FileVault
from detente.vault.sealing import Cost

PATIENCE: Final = 90.0  # seconds after which a wait has failed; never a measure
SECRETS: Final = Passphrases(b"node secret", b"office secret", b"root secret")
T = TypeVar("T")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> dict[str, str]:
        """The error of `--json`."""
        found: dict[str, str] = json.loads(self.err)["error"]
        return found

    @property
    def document(self) -> Any:  # noqa: ANN401  a test knows which
        return json.loads(self.out)


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DETENTE_")}
    return {**kept, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(sys.path), **more}


def command(*words: str | Path) -> list[str]:
    return [sys.executable, "-m", "detente", *map(str, words)]


def detente(
    *words: str | Path, env: Mapping[str, str] | None = None, given: bytes | None = None
) -> Said:
    """Run one verb to its end; nobody sits at its terminal."""
    ended = subprocess.run(
        command(*words),
        env=_environment(env or {}),
        input=b"" if given is None else given,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    return Said(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


def make(place: Path, name: str, *listen: int) -> Path:
    """Make a party in a folder under `place`; its passphrases lie in files beside it."""
    folder = place / name.partition(".")[0]
    files = {}
    for half, secret in (("node", SECRETS.node), ("office", SECRETS.office)):
        file = place / f"{folder.name}-{half}.passphrase"
        file.write_bytes(secret)
        files[f"{half}_passphrase_file"] = str(file)
    addresses = [f"tcp://127.0.0.1:{port}" for port in listen]
    # A guess at these passphrases may be cheap: a start of a process then is, too.
    cheap = partial(FileVault.create, cost=Cost(passes=1, memory_kib=64, lanes=1))
    with mock.patch.object(FileVault, "create", cheap):
        build.make_party(folder, place / f"{folder.name}-root", name, addresses, SECRETS, files)
    return folder


def invite(one: Path, other: Path) -> None:
    """Hand the invitation of `one` to `other`."""
    Meeting(other).add(Meeting(one).invite(Meeting(other).card().name))


def meet(one: Path, other: Path) -> None:
    """Let two parties exchange invitations and compare digits."""
    invite(one, other)
    invite(other, one)
    for ours, theirs in ((one, other), (other, one)):
        card = Meeting(theirs).card()
        Meeting(ours).confirm(card.name, card.fingerprint, system.now())


def unconfirm(folder: Path, peer: str) -> None:
    """Let it be that nobody compared this peer's digits."""
    file = folder / "party" / "peers" / peer / "state.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"confirmed_at": None}))


def copy(folder: Path, place: Path) -> Path:
    """Copy a party that is not running."""
    return Path(shutil.copytree(folder, place / folder.name))


def until(found: Callable[[], T | None]) -> T:
    """Ask until there is an answer that says yes."""
    pause, waited = threading.Event(), 0.0
    while waited < PATIENCE:
        answer = found()
        if answer:
            return answer
        pause.wait(0.02)
        waited += 0.02
    raise AssertionError("it never came true")


@dataclass
class Running:
    """A `detente run`, its log as it comes."""

    folder: Path
    process: subprocess.Popen[bytes]
    lines: list[str] = field(default_factory=list)
    listener: threading.Thread = field(default_factory=threading.Thread)
    _fresh: "Queue[str | None]" = field(default_factory=Queue)

    def listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as stream:
            for line in stream:
                self._fresh.put(line.decode().rstrip())
        self._fresh.put(None)

    def _next(self) -> str | None:
        try:
            line = self._fresh.get(timeout=PATIENCE)
        except Empty:
            raise AssertionError("\n".join(["it went silent:", *self.lines])) from None
        if line is not None:
            self.lines.append(line)
            produced.HEARD.update(produced.codes_in(line))
        return line

    def logged(self, **told: object) -> dict[str, Any]:
        """Return the next line of the log that tells this."""
        while (line := self._next()) is not None:
            row = json.loads(line) if line.startswith("{") else {}
            if all(row.get(name) == value for name, value in told.items()):
                return row
        raise AssertionError("\n".join([f"it ended and never told {told}:", *self.lines]))

    def ended(self) -> int:
        """Return the exit code, once it ends by itself; all it said is in `lines`."""
        while self._next() is not None:
            pass
        return self.process.wait(PATIENCE)

    def half(self, name: str) -> int:
        """Return the process of node or office: whoever holds its lock."""
        return int((self.folder / name / "lock").read_text())

    def ready(self) -> "Running":
        """Wait until node and office answer."""
        for name, page in (("node/admin.sock", "/v1/links"), ("office/desk.sock", "/api/v1/log")):
            until(lambda name=name, page=page: _answers(self.folder / name, page))  # type: ignore[misc]
        return self

    def node(self, method: str, page: str) -> Any:  # noqa: ANN401  a test knows which
        with closing(client.node(self.folder)) as asked:
            return asked.ask(method, page)

    def office(self, method: str, page: str, body: object = None) -> Any:  # noqa: ANN401
        with closing(client.office(self.folder)) as asked:
            return asked.ask(method, page, body)

    def state(self, peer: str) -> str:
        rows = {row["party"]: row for row in self.node("GET", "/v1/links")}
        return str(rows[peer]["state"])

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(PATIENCE)
        finally:
            if self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)


def _answers(sock: Path, page: str) -> bool:
    try:
        with closing(client.Client(sock)) as asked:
            asked.ask("GET", page)
    except Exception:  # noqa: BLE001  whatever it is: not yet
        return False
    return True


def start(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Running:
    """Start `detente run`."""
    process = subprocess.Popen(
        command("run", "--at", folder, *words),
        env=_environment(env or {}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    found = Running(folder, process)
    found.listener = threading.Thread(target=found.listen, daemon=True)
    found.listener.start()
    return found


@contextmanager
def running(folder: Path, *words: str, env: Mapping[str, str] | None = None) -> Iterator[Running]:
    """Run a party until the block ends."""
    found = start(folder, *words, env=env)
    try:
        yield found
    finally:
        found.stop()
        found.listener.join(PATIENCE)
