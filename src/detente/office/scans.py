"""What a scanner of this party said of files that came: kept beside each, and nothing is deleted by it.

The program that runs the scanner asks here for the next file, piece by piece, and says what became
of it. Source: docs/decisions/0083-files-looked-into.md.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import limits, manifest
from detente.core.errors import OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.office import exhibits, house
from detente.office.fields import Value, Values
from detente.office.files import PIECE, Files
from detente.office.reader import TableReader, every
from detente.office.register import Register
from detente.office.scan_rows import (
    CLEAN,
    FOUND,
    SAID_MAX,
    SCANS,
    UNSURE,
    Scan,
    find,
    key_of,
)

AGAIN_AFTER: Final = Span.of(minutes=10)
_NOT_NOW: Final = ("office.no_key", "office.desk_closed", "office.not_logged", "stage.missing")


@dataclass(frozen=True, slots=True)
class Due:
    """A file that nobody looked into yet."""

    mid: bytes
    number: int
    size: int


class Scans:
    """Files of peers that are whole here, and what the scanner said of each."""

    def __init__(self, register: Register, files: Files) -> None:
        self._register, self._files = register, files
        self._due: dict[tuple[bytes, int], Moment] = {}
        self._found = False

    def expect(self, mid: bytes, number: int) -> None:
        """Hear that a file of a peer is whole here."""
        self._due.setdefault((mid, number), Moment(0))

    def of(self, mid: bytes, number: int) -> Scan:
        """Return what was said of a file."""
        return find(self._register.shelf, mid, number)

    def next(self, now: Moment) -> Due | None:
        """Return a file to look into; None while there is none."""
        if not self._found:
            self._find()
        for (mid, number), not_before in list(self._due.items()):
            if now < not_before:
                continue
            scan = self.of(mid, number)
            with self._register.shelf.begin() as tx:
                row = tx.rows(house.FILES).get(f"{mid.hex()} {number:02d}")
            if row is None or _is_over(scan):
                del self._due[mid, number]
                continue
            size = Values(row).whole("size")
            if size <= limits.MAX_SCAN:
                return Due(mid, number, size)
            large = f"{size} bytes where {limits.MAX_SCAN} are allowed"
            self._keep(mid, number, Scan(UNSURE, large, limits.SCAN_TRIES), now)
        return None

    def piece(self, due: Due, first: int, now: Moment) -> bytes | None:
        """Return plaintext from chunk `first` on, at most 1 MiB; None if it cannot be had now.

        What cannot be opened any more is not asked for again.
        """
        try:
            row = self._register.record(due.mid)
            return exhibits.file(self._register, self._files, row, due.number, first)
        except OurFault as fault:
            if fault.code in _NOT_NOW:
                self._due[due.mid, due.number] = now + AGAIN_AFTER
            elif fault.code in ("office.purged", "office.no_record", "stage.name"):
                self._due.pop((due.mid, due.number), None)
            else:
                raise
        except TheirFault:
            self._due.pop((due.mid, due.number), None)
        return None

    def note(self, due: Due, word: str, said: str, now: Moment) -> None:
        """Keep what the scanner said. One that could not tell is asked again, SCAN_TRIES in all."""
        tries = self.of(due.mid, due.number).tries + 1
        self._keep(due.mid, due.number, Scan(word, _line(said), tries), now)

    def _keep(self, mid: bytes, number: int, scan: Scan, now: Moment) -> None:
        with self._register.shelf.begin() as tx:
            row: dict[str, Value] = {
                "key": key_of(mid, number),
                "mid": mid,
                "number": number,
                "at": now,
            }
            row |= {"word": scan.word, "said": scan.said or None, "tries": scan.tries}
            tx.rows(SCANS).put(row)
        if _is_over(scan):
            self._due.pop((mid, number), None)
        else:
            self._due[mid, number] = now + AGAIN_AFTER

    def _find(self) -> None:
        # Those that came before there was a scanner, or while it was away.
        with self._register.shelf.begin() as tx:
            look = TableReader(tx.rows)
            for row in every(look, house.FILES, {"ours": False}):
                mid, us = row.data("mid"), self._register.address(row.text("desk"))
                said = look.get(house.ATTACHED, house.attached_key(mid, row.data("aid"), us))
                if said is not None:
                    self.expect(mid, row.whole("number"))
        self._found = True


def _line(said: str) -> str:
    return house.plain(said.strip()[:SAID_MAX]) if said.strip() else ""


def chunks_of(size: int) -> int:
    """Return how many chunks a file of so many bytes has."""
    return manifest.chunks_of(size)


def next_chunk(first: int) -> int:
    """Return the chunk at which the next piece begins."""
    return first + PIECE // limits.CHUNK


def _is_over(scan: Scan) -> bool:
    return scan.word in (CLEAN, FOUND) or scan.tries >= limits.SCAN_TRIES
