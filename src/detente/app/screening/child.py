"""The process that does one job: it comes in by standard input, one line goes out."""

import sys
from pathlib import Path
from typing import Final

import msgspec

from detente.app.build_screening import ListShelf
from detente.app.screening import jobs
from detente.app.screening.process import serve

NICE: Final = 10  # people and records go before lists


def main() -> None:
    """Do the job."""
    job = msgspec.json.decode(serve(NICE), type=jobs.Job)
    sys.stdout.buffer.write(msgspec.json.encode(jobs.run(ListShelf(Path(sys.argv[1])), job)))


if __name__ == "__main__":
    main()
