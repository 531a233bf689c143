"""The process that does one job: it comes in by standard input, one line goes out."""

import contextlib
import os
import resource
import sys
from pathlib import Path
from typing import Final

import msgspec

from detente.app.build_screening import ListShelf
from detente.app.screening import jobs

MEMORY_MAX: Final = 8 << 30  # bytes of address space
NICE: Final = 10  # people and records go before lists


def main() -> None:
    """Do the job."""
    for what, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_AS, MEMORY_MAX)):
        with contextlib.suppress(OSError, ValueError):  # a unit may forbid it; its own limits hold
            resource.setrlimit(what, (most, most))
    with contextlib.suppress(OSError):
        os.nice(NICE)
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=jobs.Job)
    sys.stdout.buffer.write(msgspec.json.encode(jobs.run(ListShelf(Path(sys.argv[1])), job)))


if __name__ == "__main__":
    main()
