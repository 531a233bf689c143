"""A run over a file of customers as the process beside the office does it.

It changes no book. What was done of a run that was ended in the middle stays, and the results are
those of a run that was never interrupted. They are the bytes of `detente screening file` over the
same entries: here a list's name stands before the ids, and the head names versions by their hash.
"""

import hashlib
import shutil
import time
from itertools import islice
from pathlib import Path
from typing import Final

import msgspec

from detente.app import build_work, piecewise
from detente.app.build_screening import (
    CUSTOMERS,
    PROGRESS,
    RESULTS,
    SHOWN,
    TABLE,
    ListShelf,
    runs_of,
)
from detente.app.bulk import asked, runs, tables
from detente.app.screening import jobs
from detente.core.errors import Fault, OurFault
from detente.screening.bulk import CLEAR, Counts
from detente.screening.index import Index
from detente.screening.runs import Run
from detente.screening.version import ENGINE

UNPACKED_MAX: Final = 4 << 30  # bytes of a file of customers, unpacked
LINES_SHOWN: Final = 50  # alerts and undecided lines that a page shows
FREE_MIN: Final = 256 << 20  # bytes of the disk that a run leaves to everybody else
TOLD_EVERY: Final = 1.0  # seconds between two words about progress
_TAIL: Final = 4_096  # bytes in which the end of results stands


class Progress(msgspec.Struct, frozen=True):
    """How far a run is: lines of the file, and seconds to go."""

    done: int
    lines: int
    left_s: int


class Ended(msgspec.Struct, frozen=True):
    """What came of a run: how many of each state and the hash of its results, or why not."""

    clear: int = 0
    alert: int = 0
    undecided: int = 0
    stamp: str = ""
    code: str = ""
    what: str = ""


class _End(msgspec.Struct):
    end: int
    sha256: str
    clear: int
    alert: int
    undecided: int


def run(lists: ListShelf, told: Run) -> Ended:
    """Do a run here and now, or what is left of it. What is wrong with a file is part of the answer."""
    folder = runs_of(lists).folder(told.id)
    results = folder / RESULTS
    try:
        if not results.exists():
            _screen(lists, told, folder)
        piecewise.write(folder / TABLE, tables.table(results))
        piecewise.write(folder / SHOWN, _first(results))
        found = _end_of(results)
    except Fault as fault:
        return Ended(code=fault.code, what=fault.what.replace(str(folder / CUSTOMERS), told.name))
    return Ended(found.clear, found.alert, found.undecided, found.sha256)


def _screen(lists: ListShelf, told: Run, folder: Path) -> Counts:
    customers, out = folder / CUSTOMERS, folder / RESULTS
    _see_bytes(customers, told)
    _forget_other_engine(runs.beside(out))
    _lend_index(lists, told, out)
    pairs = [f"{ours}={theirs}" for ours, theirs in told.mapping.items()]
    settings = asked.settings(told.name, told.threshold, pairs, told.form)
    entities = jobs.listed(lists, told.lists)
    wanted = runs.Run(str(customers), entities, told.lists, settings, out, UNPACKED_MAX)
    return runs.screen(wanted, build_work.workers(1), _teller(folder))


def _see_bytes(customers: Path, told: Run) -> None:
    try:
        with customers.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        found = ""
    if found != told.customers:
        what = f"the bytes that came are not those of {told.customers[:16]}"
        raise OurFault("customers.unreadable", what, "hand the file in again")


def _forget_other_engine(beside: Path) -> None:
    """Begin anew what another engine began: one file of results is of one engine."""
    try:
        engine = msgspec.json.decode((beside / "head").read_bytes())["engine"]
    except (OSError, msgspec.DecodeError, LookupError, TypeError):
        return
    if engine != ENGINE:
        shutil.rmtree(beside)


def _lend_index(lists: ListShelf, told: Run, out: Path) -> None:
    """Take the index of the party's lists if it stands and is sound; else the run builds its own."""
    key = jobs.key_of(told.lists)
    try:
        mapped = lists.open_index(key)
        if mapped is None:
            return
        Index(memoryview(mapped))
        runs.lend_index(out, lists.index.path / key, told.lists)
    except (Fault, OSError):  # cut, damaged, or gone meanwhile
        return


def _teller(folder: Path) -> runs.Tell:
    told_at = 0.0

    def tell(progress: runs.Progress) -> None:
        nonlocal told_at
        free = shutil.disk_usage(folder).free
        if free < FREE_MIN:
            what = f"{free >> 20} MiB are left on the disk, less than {FREE_MIN >> 20}"
            raise OurFault("store.full", what, "make room, then start the run again")
        now = time.monotonic()
        if now - told_at >= TOLD_EVERY or progress.is_last:
            told_at = now
            shown = Progress(progress.done, progress.lines, round(progress.left_s))
            piecewise.write(folder / PROGRESS, [msgspec.json.encode(shown)])

    return tell


def _first(results: Path) -> list[bytes]:
    """Return the first lines that a person must look at, as they stand."""
    found = (one for one in tables.lines(results) if one.state != CLEAR)
    return [msgspec.json.encode(one) + b"\n" for one in islice(found, LINES_SHOWN)]


def _end_of(results: Path) -> _End:
    with results.open("rb") as file:
        file.seek(max(0, results.stat().st_size - _TAIL))
        last = file.read().rstrip(b"\n").rpartition(b"\n")[2]
    try:
        return msgspec.json.decode(last, type=_End)
    except msgspec.DecodeError:
        what = "the results have no end"
        raise OurFault("bulk.damaged", what, "check the disk, then start the run again") from None
