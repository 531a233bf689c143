"""`detente restore`: a backup becomes a folder again. It never becomes the node that it was.

The incarnation is not in a backup: a node without it knows that it was restored, takes back from
its peers what they hold of its logs, and appends nothing before (spec/link.md 5).
"""

import errno
import hashlib
import os
import shutil
from pathlib import Path, PurePosixPath

from detente.app import build_care
from detente.app.operating import archive
from detente.app.operating.archive import Manifest, Progress
from detente.core.errors import OurFault


def check(file: Path, progress: Progress) -> Manifest:
    """Return what a backup holds, every byte of it read; it could be restored by this program.

    Raises OurFault: file.unreadable, backup.damaged, backup.newer.
    """
    manifest = archive.read(file, progress)
    for name, form in manifest.forms.items():
        steps = build_care.STEPS.get(PurePosixPath(name).name)
        if steps is None or form > len(steps):
            known = 0 if steps is None else len(steps)
            raise OurFault(
                "backup.newer",
                f"{name} is of form {form}, this program reads {known}",
                "restore it with the version that wrote it, or a newer one",
            )
    for each in manifest.members:
        path = PurePosixPath(each.name)
        if path.is_absolute() or {"..", ""} & {*path.parts, path.name} or str(path) != each.name:
            raise archive.damaged(f"{each.name[:80]!r} is no name of a file in a party's folder")
    return manifest


def run(file: Path, folder: Path, progress: Progress) -> Manifest:
    """Verify a backup, then write it into a new or empty folder: all of it or nothing.

    Raises OurFault: backup.target, backup.no_room, file.unwritable, and as `check`.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise OurFault(
            "backup.target",
            f"{folder} is there and not empty",
            "choose a new folder; keep the old one until all is well",
        )
    manifest = check(file, progress)
    fresh = folder.with_name(f"{folder.name}.partial")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(fresh, ignore_errors=True)
        if shutil.disk_usage(folder.parent).free < manifest.size:
            raise build_care.no_room(folder)
        _unpack(file, fresh, manifest, progress)
        if folder.exists():
            folder.rmdir()
        fresh.replace(folder)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise build_care.no_room(folder) from None
        raise OurFault(
            "file.unwritable", f"{folder}: {error.strerror}", "choose another folder"
        ) from None
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return manifest


def _unpack(file: Path, fresh: Path, manifest: Manifest, progress: Progress) -> None:
    due = {each.name: each.sha256 for each in manifest.members}
    for name, data in archive.contents(file, progress):
        path = fresh / name
        _make_folders(path.parent, fresh)
        digest = hashlib.sha256()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            for block in data:
                digest.update(block)
                out.write(block)
            out.flush()
            os.fsync(out.fileno())
        if due.get(name) != digest.hexdigest():
            raise archive.damaged(f"{name} changed while it was read")


def _make_folders(folder: Path, top: Path) -> None:
    if folder != top:
        _make_folders(folder.parent, top)
    folder.mkdir(mode=0o700, exist_ok=True)
