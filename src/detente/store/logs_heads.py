"""Signed states of a log that lie between two sizes, in SQLite."""

import sqlite3
from typing import Protocol

from detente.core.checkpoint import Checkpoint, Cosignature


class _HasLogs(Protocol):
    _db: sqlite3.Connection

    def _base(self, origin: str) -> int: ...


class HeadsTx:
    """Part of a transaction on the logs."""

    def evidence(self: _HasLogs, digest: bytes) -> bytes | None:
        """Return a proof that was kept, by its hash."""
        found = self._db.execute("select data from evidence where digest=?", (digest,)).fetchone()
        return None if found is None else bytes(found[0])

    def checkpoint_upto(
        self: _HasLogs, origin: str, above: int, upto: int
    ) -> tuple[Checkpoint, Cosignature | None] | None:
        """Return the largest signed state of a size above one and up to another."""
        base = self._base(origin)
        found = self._db.execute(
            "select place, root, line1, time, line3 from checkpoint where place>? and place<=?"
            " union all select place, root, line1, time3, line3 from leg where place>? and place<=?"
            " order by place desc limit 1",
            (base + above, base + upto) * 2,
        ).fetchone()
        if found is None:
            return None
        place, root, line1, time, line3 = found
        size = place - base
        receipt = None if line3 is None else Cosignature(size, root, time, line3)
        return Checkpoint(size, root, line1), receipt
