"""The node's store read from beside, while the node runs or not: for checks, never for writing.

Each question is a short read of its own, so that a check of a large log keeps no moment of it open
and the WAL can be folded back. What is read below a head's size never changes.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import OurFault
from detente.node.audit import Said, Tile
from detente.node.ports import Head, Row
from detente.node.ports_stage import Blob
from detente.store import schema
from detente.store.logs import SqliteTx, fault_of
from detente.store.logs_base import LOG_BITS

_LOCK_WAIT = 10.0  # seconds, for a lock that a checkpoint of the owner holds


class SqliteReader:
    """A node's logs, read only. Raises OurFault: store.* when opened and when read."""

    def __init__(self, file: Path) -> None:
        self._file = file
        if not file.exists():
            raise OurFault("store.unreadable", f"{file} is not there", "give --at FOLDER")
        with self._telling():
            # mode=rw, query_only: a WAL that a killed node left is read too, which mode=ro cannot.
            uri = f"{file.absolute().as_uri()}?mode=rw"
            self._db = sqlite3.connect(uri, uri=True, timeout=_LOCK_WAIT, isolation_level=None)
            self._db.execute("pragma query_only=on")
            schema.refuse_newer(self._db, schema.STEPS, file)
            rows = self._db.execute("select id, origin from log order by id").fetchall()
        self._logs = {origin: number for number, origin in rows}
        self._tx = SqliteTx(self._db, self._logs)

    @contextmanager
    def _telling(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise fault_of(error, self._file) from None

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def origins(self) -> Sequence[str]:
        """Return the names of all logs."""
        return list(self._logs)

    def cards(self, party: str) -> Sequence[bytes]:
        """Return the notes of all cards kept of a party."""
        with self._telling():
            return [each.note for each in self._tx.kept_cards(party)]

    def head(self, origin: str) -> Head:
        """Return the head of a log."""
        with self._telling():
            return self._tx.head(origin)

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> Sequence[Row]:
        """Return rows from `start` on; at least one if there is one."""
        with self._telling():
            return self._tx.rows(origin, start, count_max, bytes_max)

    def entries(self, origin: str, start: int, count: int) -> Sequence[bytes]:
        """Return entries from `start` on, 144 bytes each, without envelopes."""
        with self._telling():
            return self._tx.entries(origin, start, count)

    def tile(self, origin: str, level: int, index: int) -> Tile | None:
        """Return the root and the 256 hashes of a tile; None for one that is not there."""
        with self._telling():
            found = self._db.execute(
                "select root, hashes from tile where place=?",
                (self._tx.tile_place(origin, level, index),),
            ).fetchone()
        return None if found is None else Tile(*found)

    def blob_names(self) -> Sequence[bytes]:
        """Return the names of all that is here in blocks."""
        with self._telling():
            return self._tx.blob_names()

    def blob(self, name: bytes) -> Blob | None:
        """Return what is known of one; None if it is gone meanwhile."""
        with self._telling():
            return self._tx.blob(name)

    def part(self, name: bytes, part: int) -> bytes | None:
        """Return one part of a manifest."""
        with self._telling():
            return self._tx.part(name, part)

    def block(self, name: bytes, at: int, size: int) -> bytes:
        """Return bytes of a blob's file: fewer where it ends or cannot be read."""
        try:
            with (self._file.parent / "staged" / name.hex()).open("rb") as file:
                file.seek(at)
                return file.read(size)
        except OSError:
            return b""

    def statements(self, origin: str, above: int, upto: int) -> Sequence[Said]:
        """Return the kept statements of sizes in (above, upto], smallest first."""
        base = self._logs[origin] << LOG_BITS
        with self._telling():
            found = self._db.execute(
                "select place, root, line1, time, line3 from checkpoint"
                " where place>? and place<=? order by place",
                (base + above, base + upto),
            ).fetchall()
            legs = self._tx.legs(origin, above, upto)
        plain = [
            Said(
                Checkpoint(place - base, root, line1),
                None if line3 is None else Cosignature(place - base, root, time, line3),
            )
            for place, root, line1, time, line3 in found
        ]
        full = [Said(leg.checkpoint, leg.receipt, leg.owner, leg.receiver) for leg in legs]
        return sorted([*plain, *full], key=lambda said: said.checkpoint.size)
