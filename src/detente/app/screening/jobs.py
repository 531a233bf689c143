"""The slow work of lists: reading a version, building an index. Run in a process beside the office.

A job is data, and its result is files and one line. It changes no book: a job that is ended in the
middle is done again, with the same result.
"""

import contextlib
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from detente.app.build_screening import ListShelf
from detente.core.errors import Fault, OurFault
from detente.screening.listed import Listed
from detente.screening.lists.book import Version
from detente.screening.version import ENGINE

OURS: Final = "/"  # between list and id in an index of several lists


class Job(msgspec.Struct, frozen=True):
    """Read `version` against `before`; or build the index of `lists`: {list: hash of entries}."""

    version: Version | None = None
    before: Version | None = None
    lists: dict[str, str] = {}


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
        return Done(index=_build(shelf, job.lists))
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


def _build(shelf: ListShelf, lists: Mapping[str, str]) -> str:
    from detente.screening.build import build  # noqa: PLC0415  numpy comes with the first question

    key = key_of(lists)
    shelf.put_index(key, build(_listed(shelf, lists), dict(sorted(lists.items()))))
    return key


def _listed(shelf: ListShelf, lists: Mapping[str, str]) -> Iterator[Listed]:
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
        places = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "detente.app.screening.child", str(folder)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": places},
        )  # fmt: skip
        assert self._process.stdin is not None, "it is a pipe"
        with contextlib.suppress(BrokenPipeError):  # it died at once; `done` tells
            self._process.stdin.write(msgspec.json.encode(job))
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdin = None  # communicate() would write to it

    def done(self) -> Done | None:
        """Return what came of it, None while it runs."""
        if self._process.poll() is None:
            return None
        told, said = self._process.communicate()
        if self._process.returncode == 0:
            return msgspec.json.decode(told, type=Done)
        last = said.decode(errors="replace").strip().rpartition("\n")[2]
        code = self._process.returncode
        what = f"the process that read it ended with {code}"
        if last:
            what = f"the process that read it ended with {code}, and said last: {last[:200]}"
        return Done(code="list.unreadable", what=what)

    def stop(self) -> None:
        """End it; the job is begun again another time."""
        self._process.kill()
        self._process.communicate()
