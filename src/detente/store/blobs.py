"""Blobs as files of one folder: written in place, synced before a row speaks of them.

Durable means: the file's bytes and the folder's entry for it are synced (spec/link.md 11.5).
"""

import os
from collections.abc import Callable, Sequence
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import Final, TypeVar

from detente.core.errors import OurFault

_MODE: Final = 0o600
_OPEN_MAX: Final = 16
_T = TypeVar("_T")


class FileBlobs:
    """Files of one folder, which is made if it is new. A few stay open: blocks come in a row."""

    def __init__(self, folder: Path) -> None:
        """Take the folder. Raises OurFault: store.failed, store.full."""
        self._folder = folder
        self._open: dict[str, int] = {}
        self._unlisted: set[str] = set()  # made, and the folder not synced since
        _try(lambda: folder.mkdir(mode=0o700, exist_ok=True))

    def _descriptor(self, name: str, *, make: bool) -> int | None:
        assert name.replace("-", "").isalnum(), "a name of ours"
        known = self._open.get(name)
        if known is not None:
            return known
        path = self._folder / name
        is_new = not path.exists()
        if is_new and not make:
            return None
        while len(self._open) >= _OPEN_MAX:
            oldest = next(iter(self._open))
            os.close(self._open.pop(oldest))
        self._open[name] = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _MODE)
        if is_new:
            self._unlisted.add(name)
        return self._open[name]

    def write(self, name: str, at: int, data: bytes) -> None:
        """Write bytes at a place of a file."""

        def write() -> None:
            number = self._descriptor(name, make=True)
            assert number is not None, "it was made"
            done = 0
            while done < len(data):
                done += os.pwrite(number, data[done:] if done else data, at + done)

        _try(write)

    def read(self, name: str, at: int, size: int) -> bytes:
        """Return bytes of a file."""

        def read() -> bytes:
            number = self._descriptor(name, make=False)
            if number is None:
                return b""
            found = os.pread(number, size, at)
            while found and len(found) < size:
                more = os.pread(number, size - len(found), at + len(found))
                if not more:
                    break
                found += more
            return found

        return _try(read)

    def lend(self, name: str) -> int | None:
        """Return a descriptor to read a file by."""

        def lend() -> int | None:
            try:
                return os.open(self._folder / name, os.O_RDONLY | os.O_CLOEXEC)
            except FileNotFoundError:
                return None

        return _try(lend)

    def sync(self, name: str) -> None:
        """Sync a file, and the folder if the file is new."""

        def sync() -> None:
            number = self._descriptor(name, make=True)
            assert number is not None, "it was made"
            os.fdatasync(number)
            if name in self._unlisted:
                self._sync_folder()

        _try(sync)

    def _sync_folder(self) -> None:
        number = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(number)
        finally:
            os.close(number)
        self._unlisted.clear()

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""

        def rename() -> None:
            self._close(old)
            self._close(new)
            (self._folder / old).rename(self._folder / new)
            self._sync_folder()

        _try(rename)

    def remove(self, name: str) -> None:
        """Forget a file."""

        def remove() -> None:
            self._close(name)
            (self._folder / name).unlink(missing_ok=True)
            self._unlisted.discard(name)

        _try(remove)

    def names(self) -> Sequence[str]:
        """Return the names of all files."""
        return _try(lambda: sorted(each.name for each in self._folder.iterdir()))

    def free(self) -> tuple[int, int]:
        """Return what is free to us on the disk, and how large it is."""

        def free() -> tuple[int, int]:
            found = os.statvfs(self._folder)
            return found.f_bavail * found.f_frsize, found.f_blocks * found.f_frsize

        return _try(free)

    def _close(self, name: str) -> None:
        number = self._open.pop(name, None)
        if number is not None:
            os.close(number)

    def close(self) -> None:
        """Close the files that are open."""
        for name in list(self._open):
            self._close(name)


def _try(action: Callable[[], _T]) -> _T:
    try:
        return action()
    except OSError as error:
        what = f"the disk refused: {error.strerror}"
        if error.errno in (ENOSPC, EDQUOT):
            raise OurFault("store.full", what, "make room, then restart the node") from None
        raise OurFault("store.failed", what, "check the disk, then restart the node") from None


class MemoryBlobs:
    """Blobs in memory, for tests and worlds."""

    def __init__(self, files: dict[str, bytearray] | None = None, size: int = 2**40) -> None:
        """Size is that of the disk it plays, in bytes."""
        self._files = {} if files is None else files
        self.size = size

    def write(self, name: str, at: int, data: bytes) -> None:
        """Write bytes at a place of a file."""
        file = self._files.setdefault(name, bytearray())
        if len(file) < at:
            file += bytes(at - len(file))
        file[at : at + len(data)] = data

    def read(self, name: str, at: int, size: int) -> bytes:
        """Return bytes of a file."""
        return bytes(self._files.get(name, b"")[at : at + size])

    def lend(self, name: str) -> int | None:
        """Return None: there are no files."""

    def sync(self, name: str) -> None:
        """Do nothing: what is written stays."""

    def rename(self, old: str, new: str) -> None:
        """Give a file another name."""
        self._files[new] = self._files.pop(old)

    def remove(self, name: str) -> None:
        """Forget a file."""
        self._files.pop(name, None)

    def names(self) -> Sequence[str]:
        """Return the names of all files."""
        return sorted(self._files)

    def free(self) -> tuple[int, int]:
        """Return what is free of the disk that it plays."""
        return self.size - sum(map(len, self._files.values())), self.size
