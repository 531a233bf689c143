"""The wiring of what looks after a party's stores: copies, checks. Beside app/build, which runs it.

A room of its own, because these verbs open no vault and start no node (ADR 0024).
"""

from detente.store.logs_reader import SqliteReader
from detente.store.snapshot import STEPS, no_room, take

__all__ = ["STEPS", "SqliteReader", "no_room", "take"]
