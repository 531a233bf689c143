"""The command of an alarm: a siren, a pager, a modem. Run beside the office, without a shell.

It is told how many FLASH wait, at which desk and since when, and nothing of what stands in them:
in its arguments where they say {count}, {desk}, {since}, {step}, and as DETENTE_ALARM_COUNT and so
on. It has a time; what fails is tried again.
"""

import os
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final

from detente.app import system
from detente.app.log import Log
from detente.app.process.bell import Kept
from detente.core.moment import Moment
from detente.office.alarms import Bell, Rang, Ring

SECONDS_MAX: Final = 30.0  # that one run may take; then it and what it began are killed
TRIES_MAX: Final = 3
AGAIN_AFTER: Final = 10.0  # seconds to the second try; twice as many to the third
RINGS_MAX: Final = 16  # that wait for the one before them
_REMEDY: Final = "run it by hand: alarms.command"
_LOOK: Final = 0.2  # seconds between looks at one that runs


class Siren:
    """Runs one command at a time. `tell` hears of each ring how it ended."""

    def __init__(
        self,
        command: Sequence[str],
        log: Log,
        tell: Callable[[Ring, bool], None],
        now: Callable[[], Moment] = system.now,
    ) -> None:
        self._kept = Kept("command", TRIES_MAX, now)
        self._command, self._log, self._tell = tuple(command), log, tell
        self._waiting: deque[Ring] = deque()
        self._process: subprocess.Popen[bytes] | None = None
        self._tries = 0
        self._at = 0.0  # when it began, or when it is tried again

    def ring(self, rings: Sequence[Ring]) -> None:
        """Run the command for each. Without a command nothing is run; beyond RINGS_MAX it failed."""
        if not self._command:
            return
        fit = max(0, RINGS_MAX - len(self._waiting))
        self._waiting += rings[:fit]
        for each in rings[fit:]:
            why = f"{RINGS_MAX} runs wait before it"
            what = f"the alarm command did not run: {why}"
            self._kept.ended(why)
            self._log.write("error", "run.alarm", what, remedy=_REMEDY)
            self._tell(each, False)  # noqa: FBT003  as below: it did not go well

    def turn(self, moment: float) -> float | None:
        """Begin, look after or end the command; return seconds to the next look, None for none."""
        if self._process is not None:
            self._look(moment)
        if self._process is None and self._waiting and moment >= self._at:
            self._begin(moment)
        if self._process is not None:
            return _LOOK
        return max(0.0, self._at - moment) if self._waiting else None

    def recall(self, told: Rang) -> None:
        """Begin with how the last run before the office's start ended."""
        self._kept.recall(told)

    def bells(self) -> list[Bell]:
        """Return how it fares; none without a command."""
        return [self._kept.shown(len(self._waiting), self._tries)] if self._command else []

    def close(self) -> None:
        """End what runs."""
        if self._process is not None:
            self._kill(self._process)

    def _begin(self, moment: float) -> None:
        ring = self._waiting[0]
        told = {
            "count": str(ring.count), "desk": ring.desk, "since": str(ring.since), "step": ring.step,
            "exercise": "yes" if ring.exercise else "no",
        }  # fmt: skip
        words = [_filled(each, told) for each in self._command]
        known = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        more = {f"DETENTE_ALARM_{key.upper()}": text for key, text in told.items()}
        self._tries, self._at = self._tries + 1, moment
        try:
            self._process = subprocess.Popen(
                words, env=known | more, cwd="/", start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
        except OSError as error:
            self._ended(f"it cannot be run: {error.strerror}", moment)

    def _look(self, moment: float) -> None:
        assert self._process is not None, "it is looked after while it runs"
        code = self._process.poll()
        if code is None and moment - self._at < SECONDS_MAX:
            return
        process, self._process = self._process, None
        if code is None:
            self._kill(process)
            self._ended(f"it ran for more than {SECONDS_MAX:.0f} seconds", moment)
        else:
            self._ended("" if code == 0 else f"it ended with {code}", moment)

    @staticmethod
    def _kill(process: "subprocess.Popen[bytes]") -> None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _ended(self, why: str, moment: float) -> None:
        self._kept.ended(why)
        if why:
            what = f"the alarm command failed, try {self._tries} of {TRIES_MAX}: {why}"
            self._log.write("error", "run.alarm", what, remedy=_REMEDY)
        if why and self._tries < TRIES_MAX:
            self._at = moment + AGAIN_AFTER * self._tries
            return
        ring = self._waiting.popleft()
        self._tries, self._at = 0, moment
        self._tell(ring, not why)


def _filled(text: str, told: dict[str, str]) -> str:
    for name, value in told.items():
        text = text.replace("{" + name + "}", value)
    return text
