"""The index of records that people search, in SQLite: with full text search, else without."""

import sqlite3
from collections.abc import Sequence
from typing import Final

from detente.office.finding import Findable, Sought

FOUND: Final = """
CREATE TABLE shelf_found (number INTEGER PRIMARY KEY, mid BLOB UNIQUE NOT NULL, at INTEGER NOT NULL,
  desk TEXT NOT NULL, kind TEXT NOT NULL, matter TEXT NOT NULL, prec TEXT NOT NULL,
  tlp TEXT NOT NULL, parties TEXT NOT NULL, words TEXT NOT NULL) STRICT;
CREATE INDEX shelf_found_order ON shelf_found (at DESC, mid DESC);
"""
# Its rows are those of shelf_found, by number; it is filled anew where they differ.
_FAST: Final = (
    "CREATE VIRTUAL TABLE IF NOT EXISTS shelf_words USING"
    " fts5(words, tokenize = 'unicode61 remove_diacritics 0')"
)
_PUT: Final = (
    "INSERT INTO shelf_found (mid, at, desk, kind, matter, prec, tlp, parties, words)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (mid) DO UPDATE"
    " SET at = excluded.at, desk = excluded.desk, words = excluded.words RETURNING number"
)


class Found:
    """The index inside one transaction. fast: whether this SQLite has full text search."""

    def __init__(self, base: sqlite3.Connection, *, fast: bool) -> None:
        self._do, self._fast = base.execute, fast

    def put(self, found: Findable) -> None:
        """Keep what a record is found by."""
        cells = (
            found.mid, found.at.ms, found.desk, found.kind, found.matter, found.prec, found.tlp,
            f" {' '.join(found.parties)} ", f" {found.words}",
        )  # fmt: skip
        (row,) = self._do(_PUT, cells).fetchall()
        if self._fast:
            self._do("DELETE FROM shelf_words WHERE rowid = ?", row)
            self._do("INSERT INTO shelf_words (rowid, words) VALUES (?, ?)", (*row, found.words))

    def clear(self) -> None:
        """Forget everything; what stood there is written over."""
        self._do("DELETE FROM shelf_found")
        if self._fast:
            self._do("DROP TABLE shelf_words")  # whole pages go, and no part of a text stays
            self._do(_FAST)

    def mids(self, sought: Sought, count_max: int) -> Sequence[bytes]:
        """Return what fits, the newest first."""
        asked = [f"desk IN ({', '.join('?' * len(sought.desks))})"]
        bound: list[str | int | bytes] = [*sought.desks]
        for name in ("kind", "matter", "prec", "tlp"):
            if getattr(sought, name):
                asked.append(f"{name} = ?")
                bound.append(getattr(sought, name))
        if sought.party:
            asked.append("instr(parties, ?) > 0")
            bound.append(f" {sought.party} ")
        if sought.words and self._fast:
            asked.append("number IN (SELECT rowid FROM shelf_words WHERE shelf_words MATCH ?)")
            bound.append(" AND ".join(f'"{word}"*' for word in sought.words))
        elif sought.words:
            asked += ["instr(words, ?) > 0"] * len(sought.words)
            bound += [f" {word}" for word in sought.words]
        for moment, sign in ((sought.since, ">="), (sought.until, "<")):
            if moment is not None:
                asked.append(f"at {sign} ?")
                bound.append(moment.ms)
        if sought.after is not None:
            asked.append("(at, mid) < (?, ?)")
            bound += [sought.after[0].ms, sought.after[1]]
        rows = self._do(
            f"SELECT mid FROM shelf_found WHERE {' AND '.join(asked)}"
            " ORDER BY at DESC, mid DESC LIMIT ?",
            (*bound, count_max),
        )
        return [mid for (mid,) in rows]


def make_fast(base: sqlite3.Connection) -> bool:
    """Make the index of words, and fill it if it is not whole; False where this SQLite has none."""
    try:
        base.execute(_FAST)
    except sqlite3.OperationalError as error:
        if "no such module" not in str(error):
            raise
        return False
    (words,) = base.execute("SELECT count(*) FROM shelf_words").fetchone()
    (rows,) = base.execute("SELECT count(*) FROM shelf_found").fetchone()
    if words != rows:  # a build without it wrote here meanwhile
        base.execute("BEGIN IMMEDIATE")
        base.execute("DELETE FROM shelf_words")
        base.execute(
            "INSERT INTO shelf_words (rowid, words) SELECT number, trim(words) FROM shelf_found"
        )
        base.execute("COMMIT")
    return True
