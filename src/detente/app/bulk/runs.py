"""A run over a file of customers: cut in shards by position, each kept as it is done.

Beside the results stands a folder with the index and the finished shards. A run that was killed is
started by the same command again and does what is not there; the results are those of a run that
was never interrupted, to the byte, with however many workers.
"""

import fcntl
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from detente.app import piecewise
from detente.app.bulk import asked
from detente.app.bulk.reading import Source
from detente.core.errors import OurFault
from detente.screening import bulk, layout
from detente.screening.build import build
from detente.screening.bulk import Counts, Head, Settings, Shard
from detente.screening.customers import CSV, Row, rows_of_csv, rows_of_json
from detente.screening.listed import Listed
from detente.screening.port import Task, Work
from detente.screening.version import ENGINE

TOLD_EVERY: Final = 0.5  # seconds between two words about progress


class Progress(NamedTuple):
    """How far a run is. `rate`: customers a second of this start; `left_s`: seconds to go.

    `lines` are those of the file, a few more than customers.
    """

    done: int
    lines: int
    rate: float
    left_s: float
    is_last: bool


Tell = Callable[[Progress], None]


class Run(NamedTuple):
    """What a run is made of: the customers' file, the lists, the settings, where results go.

    most: bytes of the file that are read, unpacked; None: all.
    """

    customers: str
    listed: Iterable[Listed]
    versions: dict[str, str]
    settings: Settings
    out: Path
    most: int | None = None


def screen(run: Run, work: Work, tell: Tell) -> Counts:
    """Screen a file; return how many customers are in each state. The results are whole or absent.

    Raises OurFault customers.unreadable, customers.changed, bulk.busy, bulk.other, work.lost,
    file.unwritable.
    """
    folder = beside(run.out)
    source = Source(run.customers, run.most)
    source.measure()
    settings = with_columns(run.settings, source)
    head = Head(bulk.RESULTS, ENGINE, dict(sorted(run.versions.items())), source.sha256, settings)
    with held(folder):
        _same(folder / "head", head)
        index = folder / "index"
        index_file(index, run.listed, run.versions)
        task = Task(bulk.start, {"index": str(index)}, msgspec.json.encode(settings))
        counts = _shards(folder, source, settings, work, task, tell)
        if source.sha256 != head.customers:
            raise OurFault(
                "customers.changed",
                f"{run.customers} was changed while it was screened",
                f"remove {folder} and start again",
            )
        piecewise.write(run.out, _results(folder, head, counts))
        shutil.rmtree(folder)
    return counts


def beside(out: Path) -> Path:
    """Return the folder of what is not finished yet of these results."""
    return out.with_name(out.name + ".run")


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a folder for this process alone. Raises OurFault bulk.busy: another one has it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as found:
        raise OurFault(
            "file.unwritable", f"{folder}: {found.strerror}", "choose another file"
        ) from None
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OurFault(
                "bulk.busy", f"another process works in {folder}", "wait until it has ended"
            ) from None
        yield
    finally:
        os.close(lock)


def with_columns(settings: Settings, source: Source) -> Settings:
    """Return the settings with the columns of a table, as its head names them."""
    return asked.with_columns(settings, source.rows(), source.path)


def index_file(path: Path, listed: Iterable[Listed], versions: dict[str, str]) -> None:
    """Build an index into a file, unless that very index stands there whole."""
    seal = path.with_name(path.name + ".sha256")
    try:
        if seal.read_bytes() == _sealed(versions, path.read_bytes()):
            return
    except OSError:
        pass
    data = build(listed, versions)
    piecewise.write(path, [data])
    piecewise.write(seal, [_sealed(versions, data)])


def lend_index(out: Path, built: Path, versions: dict[str, str]) -> None:
    """Let a run have an index that stands built elsewhere on this disk: it is not built again."""
    folder = beside(out)
    folder.mkdir(mode=0o700, exist_ok=True)
    index = folder / "index"
    if not index.exists():
        index.hardlink_to(built)
        piecewise.write(folder / "index.sha256", [_sealed(versions, index.read_bytes())])


def _sealed(versions: dict[str, str], data: bytes) -> bytes:
    return f"{ENGINE} {sorted(versions.items())}\n".encode() + layout.digest(data).encode()


def _same(file: Path, head: Head) -> None:
    wanted = head.bytes()
    try:
        found = file.read_bytes()
    except OSError:
        piecewise.write(file, [wanted])
        return
    if found != wanted:
        old = msgspec.json.decode(found, type=Head)
        other = [f for f in Head.__struct_fields__ if getattr(old, f) != getattr(head, f)]
        raise OurFault(
            "bulk.other",
            f"{file.parent} holds a run with other {', '.join(other)}",
            "finish it as it was started, or remove that folder",
        )


def shards(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """Cut rows by position; where a cut falls hangs on the rows alone."""
    held_back: list[Row] = []
    size = 0
    for row in rows:
        held_back.append(row)
        size += len(row.data)
        if len(held_back) >= bulk.ROWS or size >= bulk.BYTES:
            yield held_back
            held_back, size = [], 0
    if held_back:
        yield held_back


def rows_of(source: Source, settings: Settings) -> Iterator[Row]:
    """Give the rows of customers in a file; the head of a table is none."""
    if settings.form != CSV:
        yield from rows_of_json(source.rows())
        return
    rows = rows_of_csv(source.rows())
    next(rows, None)
    yield from rows


def _shards(
    folder: Path, source: Source, settings: Settings, work: Work, task: Task, tell: Tell
) -> Counts:
    """Do what is not done yet; return the counts of all."""
    counts, ends, lines = Counts(), {}, source.lines
    began = told_at = time.monotonic()
    before = 0

    def missing() -> Iterator[tuple[int, bytes]]:
        nonlocal before
        for number, rows in enumerate(shards(rows_of(source, settings))):
            ends[number] = len(rows)
            shard = _kept(folder, number)
            if shard is None:
                yield number, msgspec.msgpack.encode(rows)
            else:
                counts.add(shard.counts)
                before += shard.counts.total

    def progress(*, is_last: bool = False) -> Progress:
        done = counts.total
        rate = (done - before) / max(time.monotonic() - began, 1e-9)
        left = (lines - done) / rate if rate and not is_last else 0.0
        return Progress(done, lines, rate, left, is_last)

    for number, result in work.each(task, missing()):
        shard = bulk.SHARD_FORM.decode(result)
        assert shard.counts.total == ends.pop(number), "every customer of a shard has a line"
        piecewise.write(_name(folder, number), [bulk.kept(shard)])
        counts.add(shard.counts)
        if time.monotonic() - told_at > TOLD_EVERY:
            told_at = time.monotonic()
            tell(progress())
    tell(progress(is_last=True))
    return counts


def _name(folder: Path, number: int) -> Path:
    return folder / f"{number:08}"


def _kept(folder: Path, number: int) -> Shard | None:
    try:
        return bulk.kept_shard(_name(folder, number).read_bytes())
    except OSError:
        return None


def _results(folder: Path, head: Head, counts: Counts) -> Iterator[bytes]:
    hashed = hashlib.sha256(head.bytes())
    yield head.bytes()
    left, number = counts.total, 0
    while left:
        shard = _kept(folder, number)
        if shard is None:
            raise OurFault(
                "bulk.damaged", f"{_name(folder, number)} is damaged", "run the same command again"
            )
        hashed.update(shard.lines)
        yield shard.lines
        left -= shard.counts.total
        number += 1
    yield bulk.end(counts, hashed.hexdigest())
