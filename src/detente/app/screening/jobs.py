"""The slow work of lists: reading a version, building an index. Run in a process beside the office.

A job is data, and its result is files and one line. It changes no book: a job that is ended in the
middle is done again, with the same result.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from detente.app.build_screening import ListShelf
from detente.app.screening.process import Process
from detente.core.errors import Fault, OurFault
from detente.screening.listed import Listed
from detente.screening.lists.book import Version
from detente.screening.version import ENGINE

OURS: Final = "/"  # between list and id in an index of several lists


class Job(msgspec.Struct, frozen=True):
    """Read `version` against `before`; or build the index of `lists`: {list: hash of entries}.

    needed: keys of indexes that must stay when it is built.
    """

    version: Version | None = None
    before: Version | None = None
    lists: dict[str, str] = {}
    needed: tuple[str, ...] = ()


class Done(msgspec.Struct, frozen=True):
    """What came of a job: the version as it was read, or the key of an index, or why not."""

    version: Version | None = None
    index: str = ""
    code: str = ""
    what: str = ""


def key_of(lists: Mapping[str, str]) -> str:
    """Return the name of the index of some list versions by this engine."""
    told = json.dumps([ENGINE, sorted(lists.items())])
    return hashlib.sha256(told.encode()).hexdigest()[:40]


def run(shelf: ListShelf, job: Job) -> Done:
    """Do a job here and now. What is wrong with a file is part of the answer."""
    try:
        if job.version is not None:
            return Done(version=_read(shelf, job.version, job.before))
        return Done(index=_build(shelf, job))
    except Fault as fault:
        return Done(code=fault.code, what=fault.what)


def _read(shelf: ListShelf, version: Version, before: Version | None) -> Version:
    from detente.screening.lists import prepare  # noqa: PLC0415  numpy comes with the first question

    files = {name: _whole(shelf, sha) for name, sha in version.received.items()}
    held = shelf.entries.kept(before.entries) if before is not None else None
    entries, told, found = prepare.prepare(version, files, before, held)
    shelf.entries.keep(entries)
    shelf.told.keep(told)
    return found


def _whole(shelf: ListShelf, sha256: str) -> bytes:
    found = shelf.received.kept(sha256)
    if found is None:
        raise OurFault(
            "list.unreadable", f"the file {sha256[:16]} is not here", "hand the file in again"
        )
    return found


def _build(shelf: ListShelf, job: Job) -> str:
    from detente.screening.build import build  # noqa: PLC0415  numpy comes with the first question

    key = key_of(job.lists)
    data = build(listed(shelf, job.lists), dict(sorted(job.lists.items())))
    shelf.put_index(key, data, job.needed)
    return key


def listed(shelf: ListShelf, lists: Mapping[str, str]) -> Iterator[Listed]:
    """Give the entities of list versions; the list's name goes before their ids.

    Raises OurFault("decision.versions"): one is not here any more.
    """
    from detente.screening.lists import prepare  # noqa: PLC0415  numpy comes with the first question

    for name, sha256 in sorted(lists.items()):
        entries = shelf.entries.kept(sha256)
        if entries is None:
            what = f"the version {sha256[:16]} of {name} is not here"
            raise OurFault("decision.versions", what, "restore the backup that has it")
        for one in prepare.listed_of(entries):
            yield msgspec.structs.replace(one, id=f"{name}{OURS}{one.id}")


class Aside:
    """A job in a process of its own. Only its own death ends without an answer."""

    def __init__(self, folder: Path, job: Job) -> None:
        self.job = job
        self._process = Process("detente.app.screening.child", folder, msgspec.json.encode(job))

    def done(self) -> Done | None:
        """Return what came of it, None while it runs."""
        ended = self._process.ended()
        if ended is None:
            return None
        told, what = ended
        if what:
            return Done(code="list.unreadable", what=what)
        return msgspec.json.decode(told, type=Done)

    def stop(self) -> None:
        """End it; the job is begun again another time."""
        self._process.stop()
