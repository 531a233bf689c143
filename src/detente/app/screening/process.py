"""A process beside the office: what it is to do goes in, one answer comes out.

Its standard input stays open as long as whoever began it lives: it reads there that it is alone, and
ends (`end_alone`).
"""

import contextlib
import os
import resource
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

MEMORY_MAX: Final = 8 << 30  # bytes of address space
ALONE_EXIT: Final = 3


class Process:
    """One process. Only its own death ends without an answer."""

    def __init__(self, module: str, folder: Path, told: bytes) -> None:
        """told: one line of JSON."""
        places = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": places},
        )  # fmt: skip
        assert self._process.stdin is not None, "it is a pipe"
        with contextlib.suppress(BrokenPipeError):  # it died at once; `ended` tells
            self._process.stdin.write(told + b"\n")
            self._process.stdin.flush()

    def ended(self) -> tuple[bytes, str] | None:
        """Return (answer, why there is none), None while it runs."""
        code = self._process.poll()
        if code is None:
            return None
        told, said = self._process.communicate()
        if code == 0:
            return told, ""
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        what = f"the process that read it ended with {code}"
        if last:
            what = f"the process that read it ended with {code}, and said last: {last[:200]}"
        return b"", what

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def serve(nice: int) -> bytes:
    """Return what this process is to do, behind everything else and with a limit on memory.

    It ends with whoever began it.
    """
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY_MAX)):
        with contextlib.suppress(OSError, ValueError):  # a unit may forbid it; its own limits hold
            resource.setrlimit(what, (most, most))
    with contextlib.suppress(OSError):
        os.nice(nice)
    told = sys.stdin.buffer.readline()
    threading.Thread(target=_end_alone, daemon=True).start()
    return told


def _end_alone() -> None:
    while os.read(0, 4096):
        pass
    os._exit(ALONE_EXIT)
