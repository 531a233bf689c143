"""What every room of a transaction on SQLite shares: the connection and the numbers of logs."""

import sqlite3
from typing import Final

LOG_BITS: Final = 48  # a place is log number, then the record's number: rows of a log lie together


class LogsBase:
    """One transaction; its rooms are mixed together in store/logs."""

    def __init__(self, db: sqlite3.Connection, logs: dict[str, int]) -> None:
        self._db, self._logs = db, logs
        self.written = 0  # bytes this transaction adds to the WAL, about

    def _base(self, origin: str) -> int:
        number = self._logs.get(origin)
        if number is None:
            cursor = self._db.execute("insert into log (origin) values (?)", (origin,))
            assert cursor.lastrowid is not None
            number = self._logs[origin] = cursor.lastrowid
        return number << LOG_BITS
