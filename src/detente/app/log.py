"""The process log: one JSON object a line on standard error. Codes, ids and sizes; never bodies."""

import json
import sys
from typing import Final

from detente.app import system

LEVELS: Final = ("debug", "info", "warn", "error")


class Log:
    """Writes what happened at or above a level."""

    def __init__(self, process: str, level: str) -> None:
        self._process, self._least = process, LEVELS.index(level)

    def write(self, level: str, code: str, what: str, **more: str | int) -> None:
        """Write one line."""
        if LEVELS.index(level) < self._least:
            return
        row = {"at": str(system.now()), "level": level, "process": self._process, "code": code}
        # One write: node and office may share the pipe, and a line in two writes can be torn.
        sys.stderr.write(json.dumps({**row, "what": what, **more}) + "\n")
        sys.stderr.flush()
