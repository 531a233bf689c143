"""The tables of the node's store as steps: what each version added, in the order it came.

The version of a file is the number of steps it has taken, kept as SQLite's user_version. A step
once released is never edited: append one. Each step is one transaction, so that a file always
stands between two steps, never inside one; what was interrupted goes on at the next start.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from detente.core.errors import OurFault
from detente.store.logs_cards import CARDS
from detente.store.logs_leg import LEGS
from detente.store.logs_stage import STAGE

_FIRST: Final = """
create table log (id integer primary key, origin text not null unique);
create table entry (place integer primary key, entry blob not null, at integer not null,
  envelope blob not null);
create table tile (place integer primary key, root blob not null, hashes blob not null);
create table head (log integer primary key, size integer not null, roots blob not null,
  root blob, line1 blob, r_size integer, r_root blob, r_time integer, line3 blob);
create table checkpoint (place integer primary key, root blob not null, line1 blob not null,
  time integer, line3 blob);
create table queue (id integer primary key autoincrement, link text not null,
  rank integer not null, at integer not null, envelope blob not null);
create index queue_order on queue (link, rank desc, id);
create table number (key blob primary key, value blob not null) without rowid;
create table note (name text primary key, value blob not null) without rowid;
create table evidence (digest blob primary key, at integer not null, data blob not null);
"""

STEPS: Final[tuple[str, ...]] = (_FIRST, LEGS, STAGE, CARDS)


def version_of(db: sqlite3.Connection) -> int:
    """Return how many steps a file has taken; 0 for one that is new. Raises sqlite3's errors."""
    found: int = db.execute("pragma user_version").fetchone()[0]
    return found


def refuse_newer(db: sqlite3.Connection, steps: Sequence[str], file: Path) -> None:
    """Raise OurFault("store.newer") for a file with steps that this program does not know."""
    version = version_of(db)
    if version > len(steps):
        raise OurFault(
            "store.newer",
            f"{file} was written by a newer version (form {version}, this one reads {len(steps)})",
            "run the newer detente, or restore a backup of this version",
        )


def climb(db: sqlite3.Connection, steps: Sequence[str]) -> None:
    """Take every step that a file still lacks. Raises sqlite3's errors, the step undone.

    The connection is in autocommit mode. Call refuse_newer first.
    """
    for number in range(version_of(db), len(steps)):
        try:
            db.executescript(
                f"begin immediate;{steps[number]}pragma user_version={number + 1};commit;"
            )
        except sqlite3.Error:
            if db.in_transaction:
                db.execute("rollback")
            raise
