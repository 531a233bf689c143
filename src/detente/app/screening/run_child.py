"""The process that does one run: it comes in by standard input, one line goes out."""

import sys
from pathlib import Path
from typing import Final

import msgspec

from detente.app.build_screening import ListShelf
from detente.app.screening import running
from detente.app.screening.process import serve
from detente.screening.runs import Run

NICE: Final = 15  # behind lists: a run is hours where they are seconds


def main() -> None:
    """Do the run."""
    run = msgspec.json.decode(serve(NICE), type=Run)
    sys.stdout.buffer.write(msgspec.json.encode(running.run(ListShelf(Path(sys.argv[1])), run)))


if __name__ == "__main__":
    main()
