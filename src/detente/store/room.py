"""Room that one SQLite file keeps for itself, so that what is urgent goes though the disk is full.

Two reserves: a WAL that was made long once is written again from its beginning, and a row of zeros
in the file is taken away when the disk is short, so that its pages serve again. Neither asks the
disk for a new block. Source: docs/decisions/0027-standing-and-full-disks.md.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

ROOM: Final = 4 * 1024**2  # bytes of either reserve
SHORT: Final = 1024**2  # bytes free below which the row is given up
_OF_SMALL: Final = 16  # on a small disk: so small a part of it at most, and half of that is short
_SPARE: Final = 4  # it is made only where so many times of it are free
_PART: Final = 4  # of the room: a WAL that is no longer has place for the next transaction
_MADE: Final = "create table if not exists room (id integer primary key, data blob not null)"


def is_full(error: sqlite3.Error) -> bool:
    """Say whether there was no block left on the disk, and nothing worse."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_FULL


class Room:
    """The room of one store. `is_held`: the row of zeros is there."""

    def __init__(self, db: sqlite3.Connection, file: Path) -> None:
        self._db, self._folder = db, file.parent
        self.is_held = False
        self._wants = False

    def _sizes(self) -> tuple[int, int, int]:
        """Return the bytes free, of the room, and below which the disk is short."""
        disk = os.statvfs(self._folder)
        size = min(ROOM, disk.f_blocks * disk.f_frsize // _OF_SMALL)
        return disk.f_bavail * disk.f_frsize, size, min(SHORT, size // 2)

    @property
    def is_used(self) -> bool:
        """Whether it was wanted and is not held: given up, or never to be had."""
        return self._wants and not self.is_held

    @property
    def fold_at(self) -> int:
        """At how many bytes a WAL is folded back, so that the next transaction has place in it."""
        return self._sizes()[1] // _PART

    def hold(self) -> None:
        """Make both reserves, if the disk has plenty; call it between transactions.

        Raises sqlite3's errors.
        """
        self._wants = True
        free, size, _ = self._sizes()
        if free < _SPARE * size:
            self.is_held = self._stands()
            self.see()
            return
        try:
            self._db.execute(_MADE)
            self._db.execute("insert or replace into room values (1, zeroblob(?))", (size,))
            self._db.execute("pragma wal_checkpoint(passive)")
        except sqlite3.DatabaseError as error:
            if not is_full(error):
                raise
            return  # somebody else took the room meanwhile; it is tried again
        self.is_held = True

    def _stands(self) -> bool:
        """Say whether the row is there, from an earlier start."""
        known = self._db.execute("select 1 from sqlite_master where name='room'").fetchall()
        return bool(known and self._db.execute("select 1 from room").fetchall())

    def see(self) -> None:
        """Give up the row if the disk is short; call it before a transaction. Raises sqlite3's errors."""
        if not self.is_held:
            return
        free, _, short = self._sizes()
        if free < short:
            # What is freed was zeros: it need not be written over, which would fill the WAL.
            self._db.execute("pragma secure_delete=off")
            try:
                self._db.execute("delete from room")
            finally:
                self._db.execute("pragma secure_delete=on")
            self.is_held = False

    def lengthen(self) -> None:
        """Make the WAL long again after it was cut. Raises sqlite3's errors."""
        if self.is_held:
            self.hold()

    def renew(self) -> None:
        """Make the row again once the disk has room. Raises sqlite3's errors."""
        if self.is_used:
            self.hold()
