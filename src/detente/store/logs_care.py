"""The node's store as those who look after it use it: single rows, and how long things wait."""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.core.envelope import MAGIC
from detente.core.moment import Moment
from detente.node.ports import Row
from detente.store.logs_base import LogsBase

_PLACES: Final = (
    "select place from entry where place>=? and place<? and at<? and substr(envelope,1,4)=?"
    " order by place limit ?"
)


class CareRows(LogsBase):
    """Mixed into a transaction on SQLite."""

    def rewrite(self, origin: str, row: Row) -> None:
        """Put a row in the place of the one with its number, or where one is missing."""
        place = self._base(origin) + row.seq
        self.written += len(row.envelope)
        self._db.execute(
            "insert into entry (place, entry, at, envelope) values (?,?,?,?) on conflict (place)"
            " do update set entry=excluded.entry, envelope=excluded.envelope",
            (place, row.entry, row.kept_at.ms, row.envelope),
        )

    def whole(
        self, origin: str, start: int, end: int, before: Moment, count_max: int
    ) -> Sequence[int]:
        """Return numbers of records in [start, end) kept before a moment and still whole."""
        base = self._base(origin)
        found = self._db.execute(_PLACES, (base + start, base + end, before.ms, MAGIC, count_max))
        return [place - base for (place,) in found]

    def oldest_queued(self) -> Mapping[str, Moment]:
        """Return since when the oldest record of each link waits."""
        found = self._db.execute("select link, min(at) from queue group by link")
        return {link: Moment(at) for link, at in found}
