"""Writes what docs/ holds of the API: `python -m detente.app.api openapi | table LANGUAGE`.

docs/openapi.json is the first, the table of operations in docs/api.md the second.
"""

import sys

from detente.app import catalogue
from detente.app.api import rooms, table
from detente.app.api.openapi import text
from detente.app.desks import DESKS

if __name__ == "__main__":
    operations, words = rooms.every(DESKS), catalogue.load()
    if sys.argv[1:2] == ["table"]:
        sys.stdout.write("\n".join(table.lines(operations, words, sys.argv[2])) + "\n")
    else:
        sys.stdout.buffer.write(text(operations, words))
