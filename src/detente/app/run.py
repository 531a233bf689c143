"""`detente run`: a small supervisor over node and office, two processes of one party."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Final

from detente.app import build, defect, halves, system
from detente.app.config import Config
from detente.app.log import Log
from detente.app.loop import clock
from detente.app.meeting import Meeting
from detente.app.node.admin import RELOAD_EXIT
from detente.core.errors import OurFault

RESTART_WAIT: Final = (0.0, 0.5, 1.0, 2.0, 5.0, 10.0)  # seconds, by deaths in a row
CALM: Final = 30.0  # seconds of life after which deaths no longer count
STOP_PATIENCE: Final = 10.0  # seconds from SIGTERM to SIGKILL
_POLL: Final = 0.05


def run_half(half: str, settings: Config) -> int:
    """Run node or office in this process until told to stop; return the exit code."""
    option = f"vault.{half}_passphrase_file"
    secret = system.passphrase(half, settings.path(option), f"{option} in detente.toml")
    return _run(half, settings, secret)


def _run(half: str, settings: Config, secret: bytes) -> int:
    # Each half loads what is its own: the node nothing of screens, the supervisor neither.
    if half == "node":
        from detente.app.process.node import NodeProcess  # noqa: PLC0415

        return NodeProcess(settings, secret).run()
    from detente.app.process.office import OfficeProcess  # noqa: PLC0415

    return OfficeProcess(settings, secret).run()


class _Half:
    def __init__(self, name: str, settings: Config, secret: bytes) -> None:
        self.name, self._settings, self.secret = name, settings, secret
        self.deaths = 0
        self.due_at = 0.0
        self.started_at = 0.0
        self.process: subprocess.Popen[bytes] | None = None

    def _read_again(self) -> None:
        # The passphrase may have changed since: its file says which one counts.
        option = f"vault.{self.name}_passphrase_file"
        file = self._settings.path(option)
        if file:
            with suppress(OurFault):
                self.secret = system.passphrase(self.name, file, option)

    def start(self) -> None:
        # The passphrase goes through a pipe: never in the environment, never in arguments.
        self._read_again()
        reader, writer = os.pipe()
        os.write(writer, self.secret)
        os.close(writer)
        file = str(self._settings.folder / "detente.toml")
        command = [sys.executable, "-m", "detente", "run", "--only", self.name, "--at", file]
        self.process = subprocess.Popen(
            [*command, "--passphrase-fd", str(reader)], pass_fds=(reader,), start_new_session=True
        )
        os.close(reader)
        self.started_at = clock()


class Supervisor:
    """Starts both halves, restarts one that dies, ends when told and both have ended."""

    def __init__(self, settings: Config) -> None:
        if build.office_user(settings) != os.getuid():
            raise OurFault(
                "config.bad",
                "node.office_user is another system user: one process cannot start both halves",
                "start each as its user: detente run --only node, detente run --only office;"
                " or take the setting away",
            )
        self._settings = settings
        self._log = Log("run", settings.text("log.level"))
        self._halves = []
        for name in halves.here(settings.folder):
            option = f"vault.{name}_passphrase_file"
            secret = system.passphrase(name, settings.path(option), f"{option} in detente.toml")
            self._halves.append(_Half(name, settings, secret))
        Meeting(settings.folder).card()  # both halves read it: what is wrong with it is said once
        build.check_vaults(settings, {half.name: half.secret for half in self._halves})
        self._lock = system.Lock(settings.folder / "lock")
        self._stopping = False

    def run(self) -> int:
        """Supervise until SIGTERM or SIGINT; return the exit code."""
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, self._stop)
        for half in self._halves:
            half.start()
        first_fault = 0
        while not self._stopping:
            for half in self._halves:
                first_fault = first_fault or self._look_after(half)
            if first_fault:
                break
            time.sleep(_POLL)
        self._end()
        return first_fault

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopping = True

    def _look_after(self, half: _Half) -> int:
        if half.process is None:
            if clock() >= half.due_at:
                half.start()
            return 0
        code = half.process.poll()
        if code is None:
            return 0
        lived = clock() - half.started_at
        if code == RELOAD_EXIT:
            self._log.write("info", "run.reload", "cards changed: starting both again")
            half.start()
            return 0
        if code in (2, 69) and half.deaths == 0 and lived < CALM:
            return code  # it said why; trying again would say the same
        half.deaths = 1 if lived >= CALM else half.deaths + 1
        half.due_at = clock() + RESTART_WAIT[min(half.deaths, len(RESTART_WAIT)) - 1]
        found = defect.find(self._settings.folder, half.process.pid)
        more: dict[str, str | int] = {"report": found} if found else {}
        half.process = None
        what = f"the {half.name} died and is started again"
        self._log.write("error", "run.died", what, exit=code, **more)
        return 0

    def _end(self) -> None:
        running = [half.process for half in reversed(self._halves) if half.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline = clock() + STOP_PATIENCE
        for process in running:
            try:
                process.wait(max(0.0, deadline - clock()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_alone(half: str, settings: Config, descriptor: int | None) -> int:
    """Run one half; the passphrase comes through a pipe if a supervisor started it."""
    halves.need(settings.folder, half)
    if descriptor is None:
        return run_half(half, settings)
    with os.fdopen(descriptor, "rb") as pipe:
        secret = pipe.read(system.PASSPHRASE_MAX)
    return _run(half, settings, secret)
