"""A whole, consistent copy of a store's file, taken while its owner writes on."""

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.store import schema, shelf
from detente.store.logs import fault_of

PAGES: Final = 2_048  # copied between two reports
_WAIT: Final = 10.0  # seconds to wait for a lock that a checkpoint of the owner holds
# Which program's steps a file has taken, by its name.
STEPS: Final = {"node.sqlite": schema.STEPS, "office.sqlite": shelf.STEPS}
Progress = Callable[[int, int], None]


def take(source: Path, target: Path, progress: Progress) -> int:
    """Copy `source` as it stands at this moment; return the form (version) of its tables.

    One read transaction holds the moment: the owner goes on writing, and the copy holds every
    commit before it and none after. progress hears bytes done and bytes in all. The copy is checked
    for damage, because a copy of a damaged file is no backup.
    Raises OurFault: store.damaged, store.unreadable, store.newer, backup.no_room.
    """
    try:
        return _take(source, target, progress)
    except sqlite3.DatabaseError as error:
        fault = fault_of(error, source)
        if fault.code == "store.full":
            raise no_room(target) from None
        raise fault from None


def no_room(target: Path) -> OurFault:
    """Return the fault of a disk that cannot hold what is to be written."""
    return OurFault(
        "backup.no_room", f"no room left at {target.parent}", "make room, or choose another disk"
    )


def _take(source: Path, target: Path, progress: Progress) -> int:
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    reading = sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True, timeout=_WAIT)
    writing = sqlite3.connect(target, isolation_level=None)
    try:
        steps = STEPS.get(source.name)
        if steps is not None:
            schema.refuse_newer(reading, steps, source)
        reading.execute("begin")
        version = schema.version_of(reading)  # from here on the moment stands still
        size: int = reading.execute("pragma page_size").fetchone()[0]

        def tell(_status: int, left: int, total: int) -> None:
            progress((total - left) * size, total * size)

        reading.backup(writing, pages=PAGES, progress=tell)
        writing.execute("pragma journal_mode=delete")  # one file, nothing beside it
        found = writing.execute("pragma quick_check(1)").fetchone()[0]
        if found != "ok":
            raise OurFault(
                "store.damaged", f"{source}: {found}", "see: detente check; restore a backup"
            )
        return version
    finally:
        writing.close()
        reading.close()
