"""Files that are written whole or not at all, and named by what they hold.

A file is written beside its place, synced, then named; a kill at any step leaves what was there
before. Whoever finds a name finds all of it.
"""

import hashlib
import mmap
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Final, TypeVar

from detente.core.errors import OurFault

_MODE: Final = 0o600
_NEW: Final = ".new"  # ends the name of what is being written; no backup takes it
T = TypeVar("T")
Stop = Callable[[str], None]


def _go_on(_step: str) -> None:
    """Do nothing; a test may end the process here."""


class Folder:
    """One folder of such files. stop: called before each step of writing."""

    def __init__(self, path: Path, stop: Stop = _go_on) -> None:
        """Take the folder, make it if it is new, and clear what a kill left.

        Raises OurFault: store.failed, store.full.
        """
        self.path, self._stop = path, stop
        tried(lambda: path.mkdir(mode=0o700, parents=True, exist_ok=True))

    def clear(self) -> None:
        """Take away what a kill left half written."""
        for each in self.path.glob(f"*{_NEW}"):
            each.unlink(missing_ok=True)

    def put(self, name: str, data: bytes) -> Path:
        """Write a file; what stood at its name is replaced. Raises OurFault: store.*."""
        place = self.path / name
        beside = place.with_name(f"{name}.{os.getpid()}{_NEW}")

        def write() -> None:
            self._stop(f"write {name}")
            number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, _MODE)
            with os.fdopen(number, "wb") as out:
                out.write(data)
                out.flush()
                self._stop(f"sync {name}")
                os.fsync(out.fileno())
            self._stop(f"name {name}")
            beside.replace(place)
            self._stop(f"list {name}")
            self._sync()

        tried(write)
        return place

    def keep(self, data: bytes) -> str:
        """Write a file under the hash of its bytes, once; return the hash. Raises as `put`."""
        name = hashlib.sha256(data).hexdigest()
        if self.size(name) != len(data):
            self.put(name, data)
        return name

    def get(self, name: str) -> bytes | None:
        """Return a file's bytes, None if there is none. Raises OurFault("store.failed")."""

        def read() -> bytes | None:
            with suppress(FileNotFoundError):
                return (self.path / name).read_bytes()
            return None

        return tried(read)

    def kept(self, name: str) -> bytes | None:
        """Return a file that is named by its hash. Raises OurFault store.failed for another's bytes."""
        found = self.get(name)
        if found is not None and hashlib.sha256(found).hexdigest() != name:
            what = f"{self.path.name}/{name[:16]} holds other bytes than its name says"
            raise OurFault("store.failed", what, "restore it from a backup")
        return found

    def map(self, name: str) -> mmap.mmap | None:
        """Return a file mapped for reading, None if there is none or it is empty."""

        def open_it() -> mmap.mmap | None:
            with suppress(FileNotFoundError, ValueError), (self.path / name).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            return None

        return tried(open_it)

    def add(self, name: str, line: bytes) -> None:
        """Append a line to a journal, synced. Raises OurFault: store.*."""

        def write() -> None:
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
            number = os.open(self.path / name, flags, _MODE)
            with os.fdopen(number, "ab") as out:
                size = os.fstat(out.fileno()).st_size
                torn = size > 0 and os.pread(out.fileno(), 1, size - 1) != b"\n"
                out.write((b"\n" if torn else b"") + line + b"\n")
                out.flush()
                os.fsync(out.fileno())

        tried(write)

    def lines_from_end(self, name: str, most: int) -> Iterator[bytes]:
        """Give the lines of a journal, the last first; one that a kill tore is given too."""
        data = self.get(name) or b""
        end = len(data)
        for _ in range(most):
            if end <= 0:
                return
            start = data.rfind(b"\n", 0, end - 1) + 1
            if data[start:end].strip():
                yield data[start:end].strip()
            end = start

    def size(self, name: str) -> int:
        """Return a file's size, -1 if there is none."""
        try:
            return (self.path / name).stat().st_size
        except FileNotFoundError:
            return -1

    def names(self) -> list[str]:
        """Return the names of all files that are whole."""
        return sorted(e.name for e in self.path.iterdir() if not e.name.endswith(_NEW))

    def remove(self, name: str) -> None:
        """Forget a file."""
        (self.path / name).unlink(missing_ok=True)

    def _sync(self) -> None:
        number = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def tried(action: Callable[[], T]) -> T:
    """Do something with the disk. Raises OurFault: store.full, store.failed."""
    try:
        return action()
    except OSError as error:
        what = f"the disk refused: {error.strerror}"
        if error.errno in (ENOSPC, EDQUOT):
            raise OurFault("store.full", what, "make room, then try again") from None
        raise OurFault("store.failed", what, "check the disk, then try again") from None
