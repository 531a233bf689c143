"""What a link's machine hears and wants of single rows that a disk lost. Normative: spec/link.md 10.

A log is named as the asker sees it: 0 its own, 1 the answerer's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

OWN = 0
THEIRS = 1


@dataclass(frozen=True, slots=True)
class AskRows:
    """Ask the peer for these records, each by log and number."""

    rows: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class RowRead:
    """A record that the peer asked for, as it stands here and whole."""

    conn: int
    log: int
    seq: int
    envelope: bytes


@dataclass(frozen=True, slots=True)
class ReadRow:
    """Read one record for the peer; one that is not whole here is not answered."""

    conn: int
    log: int
    seq: int


@dataclass(frozen=True, slots=True)
class PutRow:
    """Put back one record that we asked for, if it is the one that was logged."""

    conn: int
    log: int
    seq: int
    envelope: bytes


OnRows = ReadRow | PutRow
RowInput = AskRows | RowRead
