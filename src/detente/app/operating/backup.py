"""`detente backup`: all that a party must not lose, in one file, while it runs.

Left out, each for a reason: what says which data directory this is (incarnation, journals), what
belongs to running processes (locks, sockets, WALs), and passphrases.
"""

import errno
import functools
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from detente import __version__
from detente.app import build_care, piecewise, system
from detente.app.config import Config
from detente.app.operating import archive
from detente.app.operating.archive import Manifest, Writer
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment

SUFFIX: Final = ".backup"
NOTE: Final = "last-backup.json"  # in the party's folder: when, for the doctor
STORES: Final = ("office/office.sqlite", "node/node.sqlite")  # in this order: see _write
_NEVER: Final = frozenset({"incarnation", "lock", NOTE, "defects", "console"})
_NEVER_ENDS: Final = (".sock", "-wal", "-shm", "-journal", ".new", ".partial")
_JOURNAL: Final = "journal"  # of receipts given: it knows what a restored store does not
_SPARE: Final = 1024**2  # bytes for the archive's own form
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that stands on the disk: where, bytes, files in it."""

    file: Path
    size: int
    members: int


def members(settings: Config) -> Iterator[tuple[str, Path]]:
    """Yield name and path of each plain file that a backup holds, but the stores.

    Raises OurFault("path.permission") for a folder that this system user may not read.
    """
    folder = settings.folder
    secrets = {
        Path(settings.path(f"vault.{half}_passphrase_file") or "/").resolve()
        for half in ("node", "office")
    }
    for at, folders, files in os.walk(folder, onerror=_closed):
        folders[:] = sorted(each for each in folders if _belongs(each))
        for each in sorted(files):
            path = Path(at) / each
            name = path.relative_to(folder).as_posix()
            own = _belongs(each) and path.resolve() not in secrets
            if own and name not in STORES and path.is_file() and not path.is_symlink():
                yield name, path


def _belongs(name: str) -> bool:
    return not (name in _NEVER or name.endswith(_NEVER_ENDS) or name.partition(".")[0] == _JOURNAL)


def _closed(error: OSError) -> None:
    raise OurFault(
        "path.permission",
        f"{error.filename}: {error.strerror}",
        "run it as the system user that owns the folder; with two, as root",
    )


def run(settings: Config, where: Path, now: Moment, progress: Progress) -> Made:
    """Write a backup to a new file, or to a file named by party and time in a folder.

    All of it or nothing: written beside, synced, then named. Raises OurFault: backup.no_room,
    file.unwritable, path.permission, store.*.
    """
    file = where
    if where.is_dir():
        stamp = str(now)[:19].replace(":", "")
        file = where / f"{settings.text('party.name')}-{stamp}Z{SUFFIX}"
    if file.exists():
        raise OurFault("file.unwritable", f"{file} is there already", "choose another name")
    partial = file.with_name(f"{file.name}.partial")
    copy = file.with_name(f"{file.name}.copy.partial")
    try:
        made = _write(settings, partial, copy, now, progress)
        partial.replace(file)
        piecewise.sync_folder(file.parent)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise build_care.no_room(file) from None
        where_it_was = error.filename or file
        raise OurFault(
            "file.unwritable", f"{where_it_was}: {error.strerror}", "choose another file or folder"
        ) from None
    finally:
        partial.unlink(missing_ok=True)
        copy.unlink(missing_ok=True)
    size = file.stat().st_size
    _note(settings.folder, file, size, now)
    return Made(file, size, made)


def _write(settings: Config, partial: Path, copy: Path, now: Moment, progress: Progress) -> int:
    folder = settings.folder
    plain = list(members(settings))
    stores = [folder / name for name in STORES if (folder / name).exists()]
    sizes = [each.stat().st_size for each in stores]
    total = sum(sizes) + sum(path.stat().st_size for _, path in plain)
    _check_room(partial, total + max(sizes, default=0) + _SPARE)
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as out:
        writer = Writer(out, total, functools.partial(progress, "archive"))
        forms = {}
        # The office first: a copy of it that knows more than its node's would skip records.
        for store in stores:
            copy.unlink(missing_ok=True)
            name = store.relative_to(folder).as_posix()
            forms[name] = build_care.take(store, copy, functools.partial(progress, name))
            writer.add(name, copy)
            copy.unlink()
        for name, path in plain:
            try:
                writer.add(name, path)
            except FileNotFoundError:
                continue  # a staged piece that was fetched whole meanwhile
        party = settings.text("party.name")
        writer.close(
            Manifest(
                archive.FORM, "detente-backup", party, str(now), __version__, forms,
                writer.members,
            )
        )  # fmt: skip
        out.flush()
        os.fsync(out.fileno())
    return len(writer.members)


def _check_room(partial: Path, needed: int) -> None:
    free = shutil.disk_usage(partial.parent).free
    if free < needed:
        raise OurFault(
            "backup.no_room",
            f"{partial.parent} has {free // 1024**2} MiB free and {needed // 1024**2 + 1} are"
            " needed",
            "make room, or choose another disk",
        )


def _note(folder: Path, file: Path, size: int, now: Moment) -> None:
    row = {"at": str(now), "file": str(file.resolve()), "size": size}
    system.write_private(folder / NOTE, msgspec.json.encode(row))


def last(folder: Path) -> Moment | None:
    """Return when the newest backup of a folder was made; None for never, or not to be seen."""
    try:
        return Moment.parse(msgspec.json.decode((folder / NOTE).read_bytes())["at"])
    except (OSError, msgspec.DecodeError, KeyError, TypeError, Fault):
        return None
