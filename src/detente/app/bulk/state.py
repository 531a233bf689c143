"""The folder of a rescreening: customers as an index, the pairs of the last screening, the lists.

Each screening is a folder of its own (`0001`, `0002` …), written whole before `current` names it;
files that have not changed are the same files (hard links). The one before is kept, older ones go.
"""

import mmap
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from detente.app import piecewise
from detente.core.errors import OurFault
from detente.screening.rescreen import Pair, Rows
from detente.screening.version import ENGINE

CURRENT: Final = "current"
HEAD, PAIRS, INDEX, ROWS, PTR, LISTED = (
    "head.json", "pairs", "customers.index", "customers.rows", "customers.ptr", "listed.index",
)  # fmt: skip
_PAIRS: Final = msgspec.msgpack.Decoder(list[Pair])


class Head(msgspec.Struct, frozen=True):
    """What a screening hangs on. `entries`: {list: {id: hash of what the list says of it}}."""

    engine: str
    threshold: float
    lists: dict[str, str]
    customers: str
    entries: dict[str, dict[str, str]]
    undecided: int


_HEAD: Final = msgspec.json.Decoder(Head)


class State:
    """One screening as it is kept."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            self.head = _HEAD.decode((folder / HEAD).read_bytes())
            self.pairs = _PAIRS.decode((folder / PAIRS).read_bytes())
        except (OSError, msgspec.DecodeError) as found:
            raise damaged(f"{folder}: {found}") from None

    def file(self, name: str) -> str:
        """Return the path of one of its files."""
        return str(self.folder / name)

    @property
    def alerts(self) -> int:
        """How many pairs are alerts."""
        return sum(p.score >= self.head.threshold for p in self.pairs)

    def rows(self) -> Rows:
        """Return the customers by their place."""
        return Rows(mapped(self.folder / ROWS), mapped(self.folder / PTR))


def mapped(file: Path) -> memoryview:
    """Return the bytes of a file of a screening, mapped. Raises OurFault rescreen.state."""
    try:
        with file.open("rb") as opened:
            if not opened.seek(0, os.SEEK_END):
                return memoryview(b"")
            return memoryview(mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as found:
        raise damaged(f"{file}: {found.strerror}") from None


def current(folder: Path) -> State | None:
    """Return the last screening of a folder; None if there is none.

    Raises OurFault rescreen.state: it is damaged, or of another engine.
    """
    try:
        name = (folder / CURRENT).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as found:
        raise damaged(f"{folder / CURRENT}: {found}") from None
    state = State(folder / name)
    if state.head.engine != ENGINE:
        raise damaged(f"{state.folder} is of engine {state.head.engine}, this is {ENGINE}")
    return state


def fresh(folder: Path, before: State | None) -> Path:
    """Return an empty folder for the next screening."""
    number = int(before.folder.name) + 1 if before else 1
    made = folder / f"{number:04}"
    shutil.rmtree(made, ignore_errors=True)  # of a run that was killed
    made.mkdir(mode=0o700)
    return made


def publish(
    folder: Path, made: Path, head: Head, pairs: Iterable[Pair], same: Mapping[str, str]
) -> State:
    """Make a screening the current one. `same`: {name: path} of files that have not changed."""
    for name, path in same.items():
        os.link(path, made / name)
    piecewise.write(made / PAIRS, [msgspec.msgpack.encode(sorted(pairs))])
    piecewise.write(made / HEAD, [msgspec.json.encode(head, order="sorted")])
    piecewise.write(folder / CURRENT, [made.name.encode()])
    for old in _others(folder, made):
        shutil.rmtree(old)
    return State(made)


def _others(folder: Path, made: Path) -> Iterator[Path]:
    ordered = sorted(p for p in folder.iterdir() if p.name.isdigit() and p != made)
    yield from ordered[:-1]


def damaged(what: str) -> OurFault:
    """Return the fault of a folder that cannot be gone on with."""
    return OurFault("rescreen.state", what, "start anew: remove the folder, and give --customers")
