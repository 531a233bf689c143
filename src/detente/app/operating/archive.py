"""The archive of a backup: one tar file, its manifest of hashes last. Source: docs/operate/backup.md.

A manifest at the end lets an archive be written in one pass; its own hash stands behind it, so that
every byte of every member is covered. Nothing is compressed: what is sealed does not shrink.
"""

import hashlib
import json
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import msgspec

from detente.core.errors import OurFault

FORM: Final = 1
MANIFEST: Final = "manifest.json"
SEAL: Final = "manifest.sha256"
MANIFEST_MAX: Final = 64 * 1024**2  # bytes
_BLOCK: Final = 1024**2
Progress = Callable[[int, int], None]


class Member(msgspec.Struct, forbid_unknown_fields=True):
    """One file of a party: its name in the folder, bytes, and SHA-256 in hex."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, forbid_unknown_fields=True):
    """What a backup holds, of whom and when; forms: steps that each store had taken."""

    v: int
    type: str
    party: str
    made_at: str
    program: str
    forms: dict[str, int]
    members: list[Member]

    @property
    def size(self) -> int:
        """Bytes of all members."""
        return sum(each.size for each in self.members)


class _Hashed:
    """A file whose bytes are hashed as they go by."""

    def __init__(self, file: IO[bytes], tell: Callable[[int], None]) -> None:
        self._file, self._tell = file, tell
        self.hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.hash.update(data)
        self._tell(len(data))
        return data


class Writer:
    """Writes an archive member by member."""

    def __init__(self, out: IO[bytes], total: int, progress: Progress) -> None:
        """Begin on an open file; total and progress are in bytes."""
        self._tar = tarfile.TarFile(fileobj=out, mode="w", format=tarfile.PAX_FORMAT)
        self._total, self._done, self._progress = total, 0, progress
        self.members: list[Member] = []

    def _tell(self, count: int) -> None:
        self._done += count
        self._progress(min(self._done, self._total), self._total)

    def add(self, name: str, file: Path) -> None:
        """Copy one file in, as long as it is now. Raises OSError."""
        with file.open("rb") as data:
            info = _info(name, file.stat().st_size)
            read = _Hashed(data, self._tell)
            self._tar.addfile(info, read)
        self.members.append(Member(name, info.size, read.hash.hexdigest()))

    def close(self, manifest: Manifest) -> None:
        """Write the manifest and its hash, and end the archive. Raises OSError."""
        data = msgspec.json.encode(manifest)
        for name, text in ((MANIFEST, data), (SEAL, hashlib.sha256(data).hexdigest().encode())):
            self._tar.addfile(_info(name, len(text)), _Bytes(text))
        self._tar.close()


class _Bytes:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        found, self._data = self._data[:size], self._data[size:]
        return found


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type = size, 0o600, tarfile.REGTYPE
    return info


@dataclass(slots=True)
class _Seen:
    size: int
    sha256: str


def damaged(what: str) -> OurFault:
    """Return the fault of an archive that is not what was written."""
    return OurFault("backup.damaged", what, "use another backup; keep this one for the experts")


def read(file: Path, progress: Progress) -> Manifest:
    """Return the manifest of an archive of which every byte was read and is right.

    Raises OurFault: file.unreadable, backup.damaged (it names the member), backup.newer.
    """
    seen: dict[str, _Seen] = {}
    last = {MANIFEST: b"", SEAL: b""}
    for info, data in _walk(file, progress):
        if info.name in seen or not info.isreg():
            raise damaged(f"{info.name} stands in it twice, or is no file")
        if info.name in last:
            if info.size > MANIFEST_MAX:
                raise damaged(f"{info.name} is too long")
            last[info.name] = b"".join(data)
            continue
        digest, size = hashlib.sha256(), 0
        for block in data:
            digest.update(block)
            size += len(block)
        seen[info.name] = _Seen(size, digest.hexdigest())
    if hashlib.sha256(last[MANIFEST]).hexdigest().encode() != last[SEAL]:
        raise damaged(f"{MANIFEST} is missing, or is not the one that was written")
    manifest = _manifest(last[MANIFEST])
    for each in manifest.members:
        found = seen.pop(each.name, None)
        if found is None:
            raise damaged(f"{each.name} is missing")
        if (found.size, found.sha256) != (each.size, each.sha256):
            raise damaged(f"{each.name} is not what was written")
    for name in seen:
        raise damaged(f"{name} does not belong to it")
    return manifest


def _manifest(data: bytes) -> Manifest:
    try:
        form = json.loads(data)["v"]
    except (ValueError, KeyError, TypeError):
        raise damaged(f"{MANIFEST} is of no known form") from None
    if form != FORM:
        what = f"this backup is of form {form}, this program reads {FORM}"
        raise OurFault("backup.newer", what, "restore it with the version that wrote it")
    try:
        return msgspec.json.decode(data, type=Manifest)
    except msgspec.ValidationError as error:
        raise damaged(f"{MANIFEST}: {error}") from None


def contents(file: Path, progress: Progress) -> Iterator[tuple[str, Iterator[bytes]]]:
    """Yield name and bytes of each member but the manifest; read each before the next."""
    for info, data in _walk(file, progress):
        if info.name not in (MANIFEST, SEAL):
            yield info.name, data


def _walk(file: Path, progress: Progress) -> Iterator[tuple[tarfile.TarInfo, Iterator[bytes]]]:
    name = "its beginning"
    try:
        total = file.stat().st_size
        with file.open("rb") as raw, tarfile.open(fileobj=raw, mode="r:") as tar:
            while (info := tar.next()) is not None:
                name = info.name
                found = tar.extractfile(info)
                blocks = iter(()) if found is None else _blocks(found, name)
                yield info, blocks
                progress(raw.tell(), total)
    except tarfile.TarError as error:
        raise _broken(name, error) from None
    except OSError as error:
        why = error.strerror or str(error)
        raise OurFault("file.unreadable", f"{file}: {why}", "give another file") from None


def _blocks(found: IO[bytes], name: str) -> Iterator[bytes]:
    # What breaks here is raised where the blocks are read, outside the walk.
    try:
        while block := found.read(_BLOCK):
            yield block
    except tarfile.TarError as error:
        raise _broken(name, error) from None


def _broken(name: str, error: tarfile.TarError) -> OurFault:
    return damaged(f"the archive breaks off at {name}: {error}")
