"""One run of the scanner: a file in pieces on its input, an exit code, and its first words.

It runs beside the office. No byte of the file stands on a disk in the clear: it goes through a pipe.
"""

import os
import queue
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread, Timer
from typing import IO, Final

from detente.core import limits
from detente.office import scan_rows

PIECES_AHEAD: Final = 4
_SAID: Final = 4_096  # bytes of its output that are read; the rest is let go
_PIECE: Final = 65_536
_PATIENCE: Final = 5.0  # seconds for a process that left the group with the pipe in its hand


class Run:
    """A scanner at work. seconds: that it may take; on_room: called by its thread, for more pieces."""

    def __init__(
        self, command: Sequence[str], on_room: Callable[[], None], on_end: Callable[[str, str], None],
        seconds: float = limits.MAX_SCAN_SECONDS,
    ) -> None:  # fmt: skip
        """Begin. on_end gets a word of office.scans and what the command said."""
        self._command, self._on_room, self._on_end = command, on_room, on_end
        self._seconds = seconds
        self._pieces: queue.Queue[bytes | None] = queue.Queue(PIECES_AHEAD)
        self._late = self._dropped = False
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = Thread(target=self._run, name="scan", daemon=True)
        self._thread.start()

    @property
    def has_room(self) -> bool:
        """Whether another piece is taken at once."""
        return not self._pieces.full()

    def give(self, piece: bytes | None) -> None:
        """Hand in the next piece, None after the last; only while there is room."""
        self._pieces.put_nowait(piece)

    def stop(self) -> None:
        """End it: the file can not be had, or the office stops. Nothing is said of it then."""
        self._dropped = True
        self._kill()

    def wait(self, seconds: float) -> None:
        """Wait until it ended."""
        self._thread.join(seconds)

    def _run(self) -> None:
        word, said = self._scan()
        if not self._dropped:
            self._on_end(word, said)

    def _scan(self) -> tuple[str, str]:
        # Nothing else of our environment: a passphrase may stand there.
        known = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        try:
            process = subprocess.Popen(
                self._command, env=known, cwd="/", stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            return scan_rows.UNSURE, f"{type(error).__name__}: {error}"
        self._process = process
        assert process.stdin is not None
        assert process.stdout is not None
        if self._dropped:
            self._kill()
        clock = Timer(self._seconds, self._end_it)
        clock.daemon = True
        clock.start()
        said: list[bytes] = []
        reader = Thread(target=_drain, args=(process.stdout, said), name="scan said", daemon=True)
        reader.start()
        try:
            self._feed(process.stdin)
            code = process.wait()
            self._kill()  # whatever it started and left behind holds the pipe
            reader.join(_PATIENCE)
        finally:
            self._process = None  # its number may be another's from now on
            clock.cancel()
            if not reader.is_alive():
                process.stdout.close()
        if self._late:
            return scan_rows.UNSURE, f"it took longer than {self._seconds:g} s"
        words = b"".join(said).decode(errors="replace").strip()
        if code in (0, 1):
            return (scan_rows.FOUND if code else scan_rows.CLEAN), words
        return scan_rows.UNSURE, f"exit code {code}: {words}"

    def _feed(self, entry: IO[bytes]) -> None:
        # One that knows enough closes its input, and its exit code counts.
        with suppress(OSError):
            while not (self._late or self._dropped):
                try:
                    piece = self._pieces.get(timeout=0.5)
                except queue.Empty:
                    continue
                self._on_room()
                if piece is None:
                    break
                entry.write(piece)
        with suppress(OSError):
            entry.close()

    def _end_it(self) -> None:
        self._late = True
        self._kill()

    def _kill(self) -> None:
        process = self._process
        if process is not None:
            with suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)


def _drain(entry: IO[bytes], said: list[bytes]) -> None:
    left = _SAID
    with suppress(OSError, ValueError):
        while piece := entry.read(_PIECE if left <= 0 else left):
            if left > 0:
                said.append(piece)
                left -= len(piece)
