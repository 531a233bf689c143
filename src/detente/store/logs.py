"""The node's store in one SQLite file: WAL, synchronous=FULL, one writer.

A commit that returned is on the disk. The first failure of the disk is final: nothing is written
through this handle again, because a failed sync may have dropped what it could not write.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import FLASH, Head, Queued, Row, Tx
from detente.node.ports_stage import Blobs
from detente.store import schema
from detente.store.blobs import MemoryBlobs
from detente.store.logs_base import LOG_BITS
from detente.store.logs_cards import SqliteCardTx
from detente.store.logs_care import CareRows
from detente.store.logs_heads import HeadsTx
from detente.store.logs_leg import SqliteLegTx
from detente.store.logs_stage import StageTx
from detente.store.room import Room, is_full

SCHEMA: Final = len(schema.STEPS)
_LEVEL_BITS: Final = 40
_HEAD_BYTES: Final = 20_480  # pages that a new head touches
WAL_FOLD: Final = 16 * 1024**2  # bytes in the WAL above which it is folded back into the file


class SqliteLogs:
    """The store of one node. Open it once; its folder's lock keeps others out."""

    def __init__(self, file: Path, blobs: Blobs | None = None) -> None:
        """Open or create the file; blobs lie in memory if no place is given for them.

        Raises OurFault: store.newer, store.damaged, store.unreadable.
        """
        self._file = file
        self.blobs: Blobs = MemoryBlobs() if blobs is None else blobs
        self._logs: dict[str, int] = {}
        self._stopped: OurFault | None = None
        self._written = 0  # bytes of rows committed since the WAL was folded back
        self.commits = 0  # since it was opened; for metrics
        try:
            self._db = sqlite3.connect(file, isolation_level=None, cached_statements=256)
            self._room = Room(self._db, file)
            self._open(file)
        except sqlite3.DatabaseError as error:
            raise fault_of(error, file) from None

    def _open(self, file: Path) -> None:
        db = self._db
        schema.refuse_newer(db, schema.STEPS, file)
        db.execute("pragma journal_mode=wal")
        db.execute("pragma synchronous=full")
        db.execute("pragma fullfsync=on")
        db.execute("pragma wal_autocheckpoint=0")  # off the commit path: see fold_wal
        db.execute("pragma cache_size=-8192")
        db.execute("pragma temp_store=memory")  # a file beside it needs room on a disk
        db.execute("pragma secure_delete=on")  # what a purge takes away is written over
        schema.climb(db, schema.STEPS)
        self._logs = {origin: number for number, origin in db.execute("select id, origin from log")}

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        """Open the one transaction; durable on a clean exit.

        Raises OurFault: store.full, store.failed, store.damaged; and store.stopped ever after.
        """
        if self._stopped:
            raise self._stopped
        try:
            self._room.see()
            self._db.execute("begin immediate")
            tx = SqliteTx(self._db, self._logs)
            yield tx
            self._db.execute("commit")
            self._written += tx.written
            self.commits += 1
        except sqlite3.DatabaseError as error:
            self._stopped = fault_of(error, None)
            self._undo()
            raise self._stopped from None
        except BaseException:
            self._undo()
            raise

    def _undo(self) -> None:
        if self._db.in_transaction:
            try:
                self._db.execute("rollback")
            except sqlite3.DatabaseError as error:
                self._stopped = self._stopped or fault_of(error, None)
        self._logs.clear()
        if not self._stopped:
            rows = self._db.execute("select id, origin from log")
            self._logs.update({origin: number for number, origin in rows})

    @property
    def form(self) -> int:
        """How many steps the file has taken."""
        return SCHEMA

    @property
    def wal_size(self) -> int:
        """Bytes of the WAL beside the file, as large as it ever grew since it was cut."""
        wal = self._file.with_name(f"{self._file.name}-wal")
        try:
            return wal.stat().st_size
        except OSError:
            return 0

    @property
    def fault(self) -> OurFault | None:
        """Why the store stopped, if it did."""
        return self._stopped

    def fold_wal(self, *, only_large: bool = False) -> None:
        """Move the WAL into the file; call it between commits, never inside one.

        A WAL that was folded back is written from its beginning again: a sync of blocks that the
        file already has is cheaper than one that makes it longer.
        """
        large = self._room.fold_at if self._room.is_used else WAL_FOLD
        if self._stopped or (only_large and self._written < large):
            return
        self._written = 0
        try:
            self._room.see()
            self._db.execute("pragma wal_checkpoint(passive)")
            self._room.renew()
        except sqlite3.DatabaseError as error:
            # A file that could not be made longer lost nothing: all of it stands in the WAL.
            if not is_full(error):
                self._stopped = fault_of(error, None)

    def hold_room(self) -> None:
        """Keep some of the disk for what is urgent; it is given up when the disk is full.

        Raises OurFault: store.full, store.failed.
        """
        try:
            self._room.hold()
        except sqlite3.DatabaseError as error:
            raise fault_of(error, self._file) from None

    def empty_wal(self) -> None:
        """Fold the WAL back and cut it to nothing: what was purged stays in no file."""
        if self._stopped:
            return
        try:
            self._db.execute("pragma wal_checkpoint(truncate)")
            self._room.lengthen()
        except sqlite3.DatabaseError as error:
            self._stopped = fault_of(error, None)

    def close(self) -> None:
        """Close the file; what was committed stays."""
        self._db.close()


def fault_of(error: sqlite3.DatabaseError, file: Path | None) -> OurFault:
    """Return what a failure of SQLite means to an operator."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    where = f" ({file})" if file else ""
    if "Could not decode" in str(error):  # the driver's own: text that we never wrote
        code = sqlite3.SQLITE_CORRUPT
    if code == sqlite3.SQLITE_FULL:
        return OurFault(
            "store.full", f"the disk is full{where}", "make room, then restart the node"
        )
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        return OurFault(
            "store.damaged", f"the database is damaged{where}: {error}", "restore it from a backup"
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        return OurFault("store.unreadable", f"cannot open{where}: {error}", "check the permissions")
    return OurFault(
        "store.failed", f"the disk refused{where}: {error}", "check the disk, then restart the node"
    )


class SqliteTx(SqliteCardTx, CareRows, SqliteLegTx, HeadsTx, StageTx):
    """One transaction on the logs."""

    def head(self, origin: str) -> Head:
        """Return the head of a log."""
        found = self._db.execute(
            "select size, roots, root, line1, r_size, r_root, r_time, line3 from head where log=?",
            (self._base(origin) >> LOG_BITS,),
        ).fetchone()
        if found is None:
            return Head(0, b"", None, None)
        size, roots, root, line1, r_size, r_root, r_time, line3 = found
        return Head(
            size,
            roots,
            Checkpoint(size, root, line1) if line1 is not None else None,
            Cosignature(r_size, r_root, r_time, line3) if line3 is not None else None,
        )

    def set_head(self, origin: str, head: Head) -> None:
        """Replace the head, and keep its statements under their sizes."""
        self.written += _HEAD_BYTES
        base = self._base(origin)
        owner, receipt = head.checkpoint, head.receipt
        self._db.execute(
            "insert or replace into head values (?,?,?,?,?,?,?,?,?)",
            (
                base >> LOG_BITS,
                head.size,
                head.roots,
                owner.root if owner else None,
                owner.signature if owner else None,
                receipt.size if receipt else None,
                receipt.root if receipt else None,
                receipt.time if receipt else None,
                receipt.signature if receipt else None,
            ),
        )
        if owner:
            self._db.execute(
                "insert into checkpoint (place, root, line1) values (?,?,?) on conflict do nothing",
                (base + owner.size, owner.root, owner.signature),
            )
        if receipt:
            self._db.execute(
                "update checkpoint set time=?, line3=? where place=? and line3 is null",
                (receipt.time, receipt.signature, base + receipt.size),
            )

    def append(self, origin: str, rows: Sequence[Row]) -> None:
        """Add rows at the end of a log."""
        base = self._base(origin)
        self.written += sum(len(row.envelope) for row in rows)
        self._db.executemany(
            "insert into entry (place, entry, at, envelope) values (?,?,?,?)",
            [(base + row.seq, row.entry, row.kept_at.ms, row.envelope) for row in rows],
        )

    def rows(self, origin: str, start: int, count_max: int, bytes_max: int) -> list[Row]:
        """Return rows from `start` on; at least one if there is one."""
        base = self._base(origin)
        found: list[Row] = []
        cursor = self._db.execute(
            "select place, entry, envelope, at from entry where place>=? and place<?"
            " order by place limit ?",
            (base + start, base + (1 << LOG_BITS), count_max),
        )
        for place, entry, envelope, at in cursor:
            bytes_max -= len(envelope)
            if found and bytes_max < 0:
                break
            found.append(Row(place - base, entry, envelope, Moment(at)))
        return found

    def entries(self, origin: str, start: int, count: int) -> list[bytes]:
        """Return entries from `start` on, without envelopes."""
        base = self._base(origin)
        rows = self._db.execute(
            "select entry from entry where place>=? and place<? order by place",
            (base + start, base + start + count),
        )
        return [entry for (entry,) in rows]

    def tile_place(self, origin: str, level: int, index: int) -> int:
        """Return the place of a tile among all tiles."""
        return self._base(origin) + (level << _LEVEL_BITS) + index

    def put_tile(self, origin: str, level: int, index: int, root: bytes, hashes: bytes) -> None:
        """Keep 256 hashes and their root."""
        place = self.tile_place(origin, level, index)
        self._db.execute("insert into tile values (?,?,?)", (place, root, hashes))

    def tile_root(self, origin: str, level: int, index: int) -> bytes:
        """Return the root kept with a tile."""
        place = self.tile_place(origin, level, index)
        found: bytes = self._db.execute("select root from tile where place=?", (place,)).fetchone()[
            0
        ]
        return found

    def tile(self, origin: str, level: int, index: int) -> bytes:
        """Return the 256 hashes of a tile."""
        place = self.tile_place(origin, level, index)
        row = self._db.execute("select hashes from tile where place=?", (place,)).fetchone()
        found: bytes = row[0]
        return found

    def checkpoint_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the first receipted checkpoint of at least `size`."""
        base = self._base(origin)
        found = self._db.execute(
            "select place, root, line1, time, line3 from checkpoint"
            " where place>=? and place<? and line3 is not null order by place limit 1",
            (base + size, base + (1 << LOG_BITS)),
        ).fetchone()
        leg = self.leg_from(origin, size)
        if leg and (found is None or leg.size <= found[0] - base):
            return leg.checkpoint, leg.receipt
        if found is None:
            return None
        place, root, line1, time, line3 = found
        return Checkpoint(place - base, root, line1), Cosignature(place - base, root, time, line3)

    def queue(self, link_id: str, rank: int, kind: str, envelope: bytes, at: Moment) -> None:
        """Keep a record until it can be logged."""
        self._db.execute(
            "insert into queue (link, rank, kind, at, envelope) values (?,?,?,?,?)",
            (link_id, rank, kind, at.ms, envelope),
        )

    def queued(
        self,
        link_id: str,
        count_max: int,
        bytes_max: int,
        families: Sequence[str] | None = None,
        inline_max: int = limits.MAX_ENVELOPE,
    ) -> list[Queued]:
        """Return what may be logged, highest rank first, then oldest; all of one rank."""
        found: list[Queued] = []
        chosen = ""
        values: list[str | int] = [link_id, inline_max]
        if families is not None:
            chosen = f" and (rank={FLASH}{' or (kind>=? and kind<?)' * len(families)})"
            # From "hotline." up to "hotline/", the character after the point.
            values += [end for each in families for end in (f"{each}.", f"{each}/")]
        cursor = self._db.execute(
            "select id, rank, envelope, ready from queue where link=?"
            f" and (ready=1 or length(envelope)<=? or rank={FLASH})"
            f"{chosen} order by rank desc, id limit ?",
            (*values, count_max),
        )
        for number, rank, envelope, ready in cursor:
            bytes_max -= len(envelope)
            if found and (bytes_max < 0 or rank != found[0].rank):
                break
            found.append(Queued(number, rank, envelope, bool(ready)))
        return found

    def unqueue(self, ids: Sequence[int]) -> None:
        """Forget what was logged."""
        self._db.executemany("delete from queue where id=?", [(number,) for number in ids])

    def queue_sizes(self) -> Mapping[str, int]:
        """Return how many records wait, by link."""
        return dict(self._db.execute("select link, count(*) from queue group by link"))

    def number(self, key: bytes) -> bytes | None:
        """Return what stands under a record's number."""
        found = self._db.execute("select value from number where key=?", (key,)).fetchone()
        return None if found is None else bytes(found[0])

    def put_numbers(self, rows: Sequence[tuple[bytes, bytes]]) -> None:
        """Keep what stands under numbers."""
        self._db.executemany("insert into number values (?,?)", rows)

    def note(self, name: str) -> bytes | None:
        """Return a fact of the node by name."""
        found = self._db.execute("select value from note where name=?", (name,)).fetchone()
        return None if found is None else bytes(found[0])

    def set_note(self, name: str, value: bytes) -> None:
        """Keep a fact of the node."""
        self._db.execute("insert or replace into note values (?,?)", (name, value))

    def keep_evidence(self, digest: bytes, data: bytes, at: Moment) -> None:
        """Keep a proof that somebody broke the protocol."""
        self._db.execute("insert or ignore into evidence values (?,?,?)", (digest, at.ms, data))
