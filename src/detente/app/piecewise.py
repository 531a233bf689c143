"""Files written piece by piece: whole or absent, durable, for this user alone."""

import os
from collections.abc import Iterable
from pathlib import Path

from detente.core.errors import OurFault


def write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file; what stood there is replaced once the new one is whole.

    Raises OurFault("file.unwritable"), and whatever `pieces` raises; then nothing changed.
    """
    fresh = path.with_name(path.name + ".new")
    try:
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise OurFault(
            "file.unwritable", f"{path}: {error.strerror}", "choose another file"
        ) from None
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
