"""Letters leave: one at a time, beside the office, each at most once.

That a letter is about to leave is written down before: should the power fail then, nobody sends it a
second time, and a person hears that its fate is not known.
"""

import os
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from detente.app.config import Config
from detente.app.log import Log
from detente.app.telling import letter
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.office.fields import Value, Values
from detente.office.office import Office

DESK: Final = "cert"
EVERY: Final = 5.0  # seconds between looks
SECONDS_MAX: Final = 30.0  # that the command may take
AGAIN_AFTER: Final = Span.of(minutes=1)  # when the office would not note what became of it
_UNKNOWN: Final = "The program ended while this letter was leaving: nobody knows whether it left."


class Mailing:
    """Takes letters out by a command or into a folder. hand_in: lets the office's thread do a step."""

    def __init__(
        self, settings: Config, office: Callable[[], Office],
        hand_in: Callable[[Callable[[], None]], None], log: Log,
    ) -> None:  # fmt: skip
        """Read the settings. Raises OurFault("config.bad")."""
        self._office, self._hand_in, self._log = office, hand_in, log
        self._command = settings.texts("cert.mail_command")
        self._folder = settings.path("cert.mail_folder")
        self._sender, self._teller = settings.text("cert.mail_from"), settings.text("cert.teller")
        self._marks = settings.folder / "office" / "letters"
        if self._command and not Path(self._command[0]).is_absolute():
            raise _bad("cert.mail_command begins with no whole path")
        if self.is_on and (not self._sender or not self._teller):
            raise _bad("mail needs cert.mail_from and cert.teller")
        self._pool = ThreadPoolExecutor(1, "letters") if self.is_on else None
        self._busy = False
        self._came: list[tuple[bytes, str]] = []
        self._not_before = Moment(0)

    @property
    def is_on(self) -> bool:
        """Whether the settings say how letters leave."""
        return bool(self._command or self._folder)

    def close(self) -> None:
        """Begin nothing more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def turn(self, guard: Callable[[Callable[[], None]], None], now: Moment) -> float | None:
        """Note what became of a letter, or begin the next; return seconds to the next turn.

        guard: does a step of the office, and sees when its node is gone or its store full.
        """
        pool = self._pool
        if pool is None:
            return None
        try:
            guard(lambda: self._turn(now, pool))
        except Fault as fault:
            self._log.write("error", fault.code, f"letters: {fault.what}", remedy=fault.remedy)
            self._not_before = now + AGAIN_AFTER
        return EVERY

    def _turn(self, now: Moment, pool: ThreadPoolExecutor) -> None:
        if now < self._not_before:
            return
        while self._came:
            mid, why = self._came[0]
            self._note(mid, why, now)
            self._came.pop(0)
        if self._busy:
            return
        rows = self._office().at_desks.letters(DESK)
        if not rows:
            return
        row = Values(rows[0])
        mid = row.data("mid")
        mark = self._marks / mid.hex()
        if self._command and mark.exists():
            self._note(mid, _UNKNOWN, now)
            return
        data = letter.make(row, self._sender)
        self._busy = True

        def run() -> None:
            why = self._leave(mark, data)
            self._hand_in(lambda: self._left(mid, why))

        pool.submit(run)

    def _left(self, mid: bytes, why: str) -> None:
        self._busy = False
        self._came.append((mid, why))

    def _note(self, mid: bytes, why: str, now: Moment) -> None:
        office = self._office()
        values: dict[str, Value] = {"mid": mid, "word": "failed" if why else "sent"}
        if why:
            values["text"] = why
            self._log.write("error", "cert.letter", f"a letter did not leave: {why}")
        office.act(office.people.active(self._teller, now), "cert/told_word", Values(values), now)

    def _leave(self, mark: Path, data: bytes) -> str:
        """Let a letter leave; return why it did not, "" if it did."""
        try:
            if not self._command:
                _write(Path(self._folder), f"{mark.name}.eml", data)
                return ""
            _write(mark.parent, mark.name, b"")
            # Nothing else of our environment: a passphrase may stand there.
            known = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
            done = subprocess.run(
                self._command,
                env=known,
                input=data,
                capture_output=True,
                timeout=SECONDS_MAX,
                check=False,
                cwd="/",
            )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return f"{type(error).__name__}: {error}"[:500]
        if done.returncode == 0:
            return ""
        words = done.stderr.decode(errors="replace").strip()[-300:]
        plain = "".join(each if each.isprintable() else " " for each in words)
        return f"the command ended with {done.returncode}: {plain}"


def _write(folder: Path, name: str, data: bytes) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = folder / f".{name}.new"
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    beside.chmod(0o600)
    os.replace(beside, folder / name)  # noqa: PTH105  the one that replaces on every system
    place = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _bad(what: str) -> OurFault:
    return OurFault("config.bad", what, "see docs/settings.md, cert")
