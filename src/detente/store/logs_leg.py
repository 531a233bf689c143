"""The second leg on disk: a part of the node's transaction."""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.postquantum import Confirmed, PqSignature
from detente.node.leg_ports import KEPT_EVERY, LOOK_BACK

LEGS: Final = """
create table leg (place integer primary key, root blob not null, line1 blob not null,
  time3 integer not null, line3 blob not null, time2 integer not null, line2 blob not null,
  time4 integer, line4 blob);
create index leg_open on leg (place) where line4 is null;
alter table queue add column kind text not null default '';
create index queue_kind on queue (link, kind);
"""

_LOG: Final = 1 << 48  # places of one log, as in logs.py
_LEG_BYTES: Final = 24_576  # pages that a leg touches
_COLUMNS: Final = "place, root, line1, time3, line3, time2, line2, time4, line4"
_IN_LOG: Final = f"select {_COLUMNS} from leg where place>=? and place<?"
# A checkpoint goes if the next one is of the same run of records, or the leg is.
_FORGET: Final = f"""
delete from checkpoint where place in (
  select c.place from checkpoint c where c.place >= ?3 and c.place <= ?2
  and (c.place - ?1 - 1) / {KEPT_EVERY} in ((?2 - ?1 - 1) / {KEPT_EVERY},
    (select (n.place - ?1 - 1) / {KEPT_EVERY} from checkpoint n
      where n.place > c.place order by n.place limit 1))
  order by c.place limit ?4)
"""


class SqliteLegTx:
    """Mixed into the transaction; `_db` is its connection."""

    _db: sqlite3.Connection
    _base: Callable[[str], int]  # the place before the first of a log
    written: int

    def put_leg(self, origin: str, leg: Confirmed) -> None:
        """Keep a state under three lines or four."""
        self.written += _LEG_BYTES
        base = self._base(origin)
        ours, theirs = leg.owner, leg.receiver
        self._db.execute(
            "delete from leg where place>=? and place<? and line4 is null", (base, base + _LOG)
        )
        self._db.execute(
            "insert or ignore into leg values (?,?,?,?,?,?,?,?,?)",
            (
                base + leg.size, leg.checkpoint.root, leg.checkpoint.signature,
                leg.receipt.time, leg.receipt.signature, ours.time, ours.signature,
                theirs.time if theirs else None, theirs.signature if theirs else None,
            ),
        )  # fmt: skip

    def _leg(self, origin: str, first: int, rest: str) -> Confirmed | None:
        base = self._base(origin)
        row = self._db.execute(f"{_IN_LOG} and {rest} limit 1", (base + first, base + _LOG))
        found = row.fetchone()
        return None if found is None else _read(base, found)

    def open_leg(self, origin: str) -> Confirmed | None:
        """Return the state of a log that lacks line 4."""
        # It is the newest or there is none: what has line 4 came before it.
        newest = self._leg(origin, 0, "true order by place desc")
        return newest if newest and newest.receiver is None else None

    def newest_leg(self, origin: str) -> Confirmed | None:
        """Return the largest state of a log under four lines."""
        return self._leg(origin, 0, "line4 is not null order by place desc")

    def leg_from(self, origin: str, size: int) -> Confirmed | None:
        """Return the first state under four lines of at least `size`."""
        return self._leg(origin, size, "line4 is not null order by place")

    def legs(self, origin: str, above: int, upto: int) -> list[Confirmed]:
        """Return the states of sizes in (above, upto], under three lines or four; for checks."""
        base = self._base(origin)
        found = self._db.execute(f"{_IN_LOG} order by place", (base + above + 1, base + upto + 1))
        return [_read(base, row) for row in found]

    def receipted_at(self, origin: str, size: int) -> tuple[Checkpoint, Cosignature] | None:
        """Return the receipted checkpoint of exactly this size."""
        found = self._db.execute(
            "select root, line1, time, line3 from checkpoint where place=? and line3 is not null",
            (self._base(origin) + size,),
        ).fetchone()
        if found is None:
            return None
        root, line1, time, line3 = found
        return Checkpoint(size, root, line1), Cosignature(size, root, time, line3)

    def forget_checkpoints(self, origin: str, upto: int, count_max: int) -> int:
        """Forget the oldest checkpoints at or below a size, but one of each run of records."""
        base = self._base(origin)
        first = base + max(0, upto - LOOK_BACK)
        return self._db.execute(_FORGET, (base, base + upto, first, count_max)).rowcount


def _read(base: int, row: tuple[Any, ...]) -> Confirmed:
    place, root, line1, time3, line3, time2, line2, time4, line4 = row
    size = place - base
    return Confirmed(
        Checkpoint(size, root, line1),
        Cosignature(size, root, time3, line3),
        PqSignature(size, root, time2, line2),
        None if line4 is None else PqSignature(size, root, time4, line4),
    )
