"""Two parties in folders on the disk, their nodes and offices as processes."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import _report
from detente.app import build, config, founding, system
from detente.app.build import Passphrases
from detente.app.meeting import Meeting

AURELIA, BOREALIS = "aurelia.gov", "borealis.gov"
PATIENCE = 120.0


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


class Pair:
    """Aurelia and Borealis, met and confirmed. Processes are started one by one."""

    def __init__(
        self,
        addresses: Mapping[str, str] | None = None,
        within: Mapping[str, Sequence[str]] | None = None,
        settings: str = "",
        desks: Sequence[str] = founding.FIRST_DESKS,
    ) -> None:
        """Addresses by party, else on loopback; within: the command that their nodes run in.

        settings are lines for the section of links; desks: what both parties' cards have.
        """
        self._within = within or {}
        self.folder = Path(
            tempfile.mkdtemp(prefix="detente-bench-", dir=os.environ.get("BENCH_DIR"))
        )
        self._processes: dict[tuple[str, str], subprocess.Popen[bytes]] = {}
        secret = b"bench"
        for name in (AURELIA, BOREALIS):
            (self.folder / f"{name}.secret").write_bytes(secret)
            files = {
                f"{half}_passphrase_file": str(self.folder / f"{name}.secret")
                for half in ("node", "office")
            }
            address = (addresses or {}).get(name) or f"tcp://127.0.0.1:{free_port()}"
            secrets = Passphrases(secret, secret, secret)
            build.make_party(
                self.at(name), self.folder / f"{name}-root", name, [address], secrets, files,
                desks=desks,
            )  # fmt: skip
            file = self.at(name) / config.FILE_NAME
            file.write_text(file.read_text().replace("[link]\n", f"[link]\n{settings}"))
        for one, other in ((AURELIA, BOREALIS), (BOREALIS, AURELIA)):
            meeting = Meeting(self.at(one))
            meeting.add(Meeting(self.at(other)).invite(one))
            meeting.confirm(other, Meeting(self.at(other)).card().fingerprint, system.now())

    def at(self, name: str) -> Path:
        """Return a party's folder."""
        return self.folder / name

    def settings(self, name: str) -> config.Config:
        """Return a party's settings."""
        return config.load(str(self.at(name)))

    def start(self, name: str, half: str, log: Path | None = None) -> int:
        """Start node or office; return its process number once it answers.

        log: a file for its log as a user would have it; else it says only what is wrong.
        """
        environment = _report.environment(self.folder)
        if log is None:
            environment["DETENTE_LOG_LEVEL"] = "warn"
        process = subprocess.Popen(
            [
                *(self._within.get(name, ()) if half == "node" else ()),
                sys.executable,
                "-m",
                "detente",
                "run",
                "--only",
                half,
                "--at",
                str(self.at(name)),
            ],
            env=environment,
            stderr=None if log is None else log.open("ab"),
        )
        self._processes[name, half] = process
        file = self.at(name) / half / ("hatch.sock" if half == "node" else "desk.sock")
        deadline = time.monotonic() + PATIENCE
        while not file.exists():
            assert process.poll() is None, f"the {half} of {name} did not start"
            assert time.monotonic() < deadline, f"the {half} of {name} does not answer"
            time.sleep(0.01)
        return process.pid

    def end(self, name: str, half: str) -> None:
        """Stop one process."""
        process = self._processes.pop((name, half))
        process.send_signal(signal.SIGTERM)
        process.wait(10)

    def pids(self, name: str) -> list[int]:
        """Return the processes of a party."""
        return [each.pid for (party, _), each in self._processes.items() if party == name]

    def stop(self) -> None:
        """Stop every process and remove the folder."""
        for process in self._processes.values():
            process.send_signal(signal.SIGTERM)
        for process in self._processes.values():
            process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
