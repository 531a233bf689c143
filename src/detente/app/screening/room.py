"""A party's own lists as its office has them: loaded, held, put in force, asked, replayed.

Slow work is done in a process beside (jobs.py); the book is written here alone. Who does what is
entered in the party's trail before its answer is given.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from detente.app.build_screening import ListShelf, shelf_of
from detente.app.log import Log
from detente.app.screening import jobs
from detente.app.screening.at_hand import AtHand
from detente.app.screening.differing import differences
from detente.app.screening.jobs import Aside, Done, Job
from detente.app.screening.runs import Asked, Runs
from detente.app.screening.who import permit
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.office import Office
from detente.office.people import Person
from detente.office.trail import Note
from detente.screening.lists import book as books
from detente.screening.lists.book import EVERY, READERS, Book, Version
from detente.screening.runs import Run

if TYPE_CHECKING:
    from detente.screening.decision import Decision
    from detente.screening.engine import Question
    from detente.screening.index import Index
    from detente.screening.lists import prepare

PIECE_MAX: Final = 4 << 20  # bytes of a file that is handed in piece by piece
FILE_MAX: Final = 1 << 29  # bytes of one file as it comes
LOOK_EVERY: Final = 0.2  # seconds between looks whether a job is done
AGAIN: Final = 10.0  # seconds until lists are looked at again after a fault of the disk
INDEXES_OPEN: Final = 6
ASKED_MAX: Final = 100  # dates, countries or papers of one question
LIMIT_MAX: Final = 100  # hits of one decision


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as it was answered. waits: newer list versions are not mapped yet.

    unread: what of the question did not count, ("birth" or "country", text).
    """

    decision: "Decision"
    stamp: str
    undecided: str
    unread: tuple[tuple[str, str], ...]
    waits: bool


class Screens:
    """The lists of one party. aside: slow work goes to a process of its own, else it is done at once.

    runs: its files of customers, done in a process beside that of lists.
    """

    def __init__(self, shelf: ListShelf, *, aside: bool = True) -> None:
        self._shelf, self._aside = shelf, aside
        shelf.clear()
        self.runs = Runs(shelf, aside=aside)
        self._job: Aside | None = None
        self._wanted: dict[str, dict[str, str]] = {}  # indexes that a replay asked for
        self._failed: dict[str, Done] = {}
        self._open: dict[str, Index] = {}
        self._sound: set[str] = set()  # keys of indexes that were mapped once
        self._book = shelf.book()  # the one writer is this
        self.at_hand = AtHand(shelf)
        self._current: dict[str, str] = {}  # scope: key of the newest index that is mapped

    # The work beside.

    def turn(self) -> float | None:
        """Take what came of a job, begin the next; return the seconds to the next look."""
        if self._job is not None:
            done = self._job.done()
            if done is None:
                return LOOK_EVERY
            job, self._job = self._job.job, None
            self._take(job, done)
        due = self._next()
        if due is None:
            return None
        if self._aside:
            self._job = Aside(self._shelf.folder, due)
            return LOOK_EVERY
        self._take(due, jobs.run(self._shelf, due))
        return 0.0

    @property
    def held(self) -> tuple[Version, ...]:
        """The versions that wait for a second person."""
        return tuple(each for each in self._book.versions if each.state == books.HELD)

    def pulse(self, log: Log) -> float | None:
        """Take turns of lists and of runs; a fault of the disk is told, and tried again."""
        waits = []
        for turn in (self.turn, self.runs.turn):
            try:
                waits.append(turn())
            except OurFault as fault:
                log.write("error", fault.code, f"lists: {fault.what}", remedy=fault.remedy)
                waits.append(AGAIN)
        return min((each for each in waits if each is not None), default=None)

    def close(self) -> None:
        """End what runs; it is begun again at the next start."""
        if self._job is not None:
            self._job.stop()
        self.runs.close()

    def work(self) -> None:
        """Do all that is to be done, here. Only where nothing is done aside."""
        while self.turn() is not None:
            pass

    def _next(self) -> Job | None:
        book = self._book
        version = book.reading()
        if version is not None:
            current = book.in_force().get(version.list)
            before = msgspec.structs.replace(version, before=current.id if current else "")
            return Job(version=before, before=current)
        due = [*_scopes(book).values(), *self._wanted.values()]
        needed = {jobs.key_of(lists): lists for lists in due}
        for key, lists in needed.items():
            if key not in self._failed and not self._is_built(key):
                return Job(lists=dict(lists), needed=tuple(needed))
        return None

    def _is_built(self, key: str) -> bool:
        if key in self._sound and self._shelf.index.size(key) > 0:
            return True
        try:
            return self._map(key) is not None
        except OurFault:  # cut, damaged, or of another engine: it is built again
            self._shelf.index.remove(key)
            return False

    def _take(self, job: Job, done: Done) -> None:
        if job.version is None:
            if done.code:
                self._failed[jobs.key_of(job.lists)] = done
            self._wanted.pop(jobs.key_of(job.lists), None)
            return
        book = self._book
        if done.version is None:
            self._put(books.fail(book, job.version.id, f"{done.code}: {done.what}"))
        else:
            self._put(books.read(book, done.version, job.version.at))

    def _put(self, book: Book) -> None:
        self._shelf.put_book(book)
        self._book = book

    # Lists.

    def upload(self, office: Office, person: Person, sha256: str, at: int, data: bytes) -> int:
        """Take a piece of a file that is handed in; return how much of it is here."""
        permit(office, person, Role.AUTHOR)
        if at + len(data) > FILE_MAX:
            raise OurFault("list.unreadable", f"over {FILE_MAX:,} bytes", "pack or split the list")
        return self._shelf.upload(sha256, at, data)

    def load(self, office: Office, person: Person, asked: Version, now: Moment) -> Version:
        """Take a version of a list whose files are here: it is read next.

        Raises OurFault: office.forbidden, list.name, list.reader, list.busy, list.unreadable.
        """
        desk = permit(office, person, Role.AUTHOR)
        if asked.reader not in READERS:
            what = f"no reader {asked.reader[:40]!r}"
            raise OurFault("list.reader", what, f"one of: {', '.join(READERS)}")
        from detente.screening.lists import readers  # noqa: PLC0415  it reads names of countries

        size = sum(self._shelf.finish(sha) for sha in asked.received.values())
        readers.check_mapping(asked.reader, asked.mapping)  # its files are no unfinished ones
        wanted = msgspec.structs.replace(asked, size=size, by=person.name, at=str(now))
        book, version = books.begin(self._book, wanted)
        office.trail.saw(person, Note(desk, f"screening/load/{version.id}"))
        self._put(book)
        if not self._aside:
            self.work()
            return self._book.find(version.id)
        return version

    def book(self, office: Office, person: Person) -> Book:
        """Return the book. Raises OurFault("office.forbidden")."""
        permit(office, person, Role.READ)
        return self._book

    def decide(
        self, office: Office, person: Person, name: str, step: str, why: str, now: Moment
    ) -> Version:
        """Put a held version in force, or refuse it. Raises as books.apply, and office.forbidden."""
        desk = permit(office, person, Role.RELEASE)
        book = self._book
        act = books.apply if step == "apply" else books.refuse
        book = act(book, name, person.name, why, str(now))
        office.trail.saw(person, Note(desk, f"screening/{step}/{name}"))
        self._put(book)
        if not self._aside:
            self.work()
        return book.find(name)

    def told(self, office: Office, person: Person, name: str) -> "prepare.Told":
        """Return the difference of a version, and what was odd in it."""
        from detente.screening.lists import prepare  # noqa: PLC0415  numpy comes with the first question

        version = self.book(office, person).find(name)
        data = self._shelf.told.kept(version.told) if version.told else None
        if data is None:
            return prepare.Told((), ())
        return msgspec.json.decode(data, type=prepare.Told)

    # Questions.

    def screen(self, office: Office, person: Person, asked: Asked, now: Moment) -> Run:
        """Begin a run over a file of customers, against the lists in force now.

        Raises OurFault: list.none, and as Runs.start.
        """
        permit(office, person, Role.AUTHOR)
        lists = books.hashes(self._book.in_force().values())
        if not lists:
            self.runs.refuse(asked)
            raise _no_list()
        return self.runs.start(office, person, asked, lists, now)

    def index(self, scope: str = EVERY) -> "tuple[Index, bool]":
        """Return the index of a list, or of all in force; and whether a newer one is being built.

        Raises OurFault: list.unknown, list.none with no list in force, list.building.
        """
        scopes = _scopes(self._book)
        if scope not in scopes:
            if scope == EVERY:
                raise _no_list()
            raise unknown_list(scope)
        key = jobs.key_of(scopes[scope])
        if self._is_built(key):
            self._current[scope] = key
            return self._opened(key), False
        if not self._aside:
            self.work()
            if self._is_built(key):
                return self._opened(key), False
        older = self._current.get(scope)
        if older is not None and older in self._open:
            return self._open[older], True
        raise self._building(key)

    def _building(self, key: str) -> OurFault:
        failed = self._failed.get(key)
        if failed is not None:
            return OurFault(failed.code, failed.what, "restore a backup, or load the lists again")
        return OurFault("list.building", "the index is being built", "ask again in a few seconds")

    def _opened(self, key: str) -> "Index":
        found = self._open.get(key) or self._map(key)
        assert found is not None, "it is built"
        return found

    def _map(self, key: str) -> "Index | None":
        from detente.screening.index import Index  # noqa: PLC0415  numpy comes with the first question

        mapped = self._shelf.open_index(key)
        if mapped is None:
            return None
        found = Index(memoryview(mapped))
        while len(self._open) >= INDEXES_OPEN:
            self._open.pop(next(iter(self._open)))
        self._open[key] = found
        self._sound.add(key)
        return found

    def ask(
        self, office: Office, person: Person, question: "Question", now: Moment,
        scope: str = EVERY, limit: int = 10,
    ) -> Kept:  # fmt: skip
        """Decide on a question, keep the decision and return it. Raises as `index`."""
        from detente.screening import asked, decision, engine  # noqa: PLC0415  numpy comes with the first question

        desk = permit(office, person, Role.READ)
        index, waits = self.index(scope)
        office.trail.saw(person, Note(desk, "name/asked"))
        found = decision.decide(index, question, limit=limit)
        stamp = decision.stamp(found)
        line = {
            "at": str(now), "by": person.name, "stamp": stamp, "name": question.name[:200],
            "score": found.hits[0].score if found.hits else 0.0, "alert": found.alerted,
        }  # fmt: skip
        self._shelf.keep_decision(stamp, decision.encode(found), line)
        left = asked.unread(question)
        return Kept(found, stamp, engine.undecided(question) or "", left, waits)

    def decision(self, office: Office, person: Person, stamp: str) -> "Decision":
        """Return a kept decision. Raises OurFault: office.forbidden, decision.unknown."""
        from detente.screening import decision  # noqa: PLC0415  numpy comes with the first question

        desk = permit(office, person, Role.READ)
        office.trail.saw(person, Note(desk, "decision/read"))
        data = self._shelf.decision(stamp)
        if data is None:
            what = f"no decision {stamp[:64]!r}"
            raise OurFault("decision.unknown", what, "see: detente screening decisions")
        return decision.decode(data)

    def made(self, office: Office, person: Person, most: int) -> list[dict[str, Any]]:
        """Return when which decision was made, the newest first."""
        permit(office, person, Role.READ)
        return self._shelf.made(most)

    def replay(self, office: Office, person: Person, stamp: str) -> dict[str, Any]:
        """Ask again what a decision was asked, on the versions that it names.

        Raises OurFault: list.building until their index is built; decision.versions if one is not
        here any more, or another engine made it.
        """
        from detente.screening import decision  # noqa: PLC0415  numpy comes with the first question

        kept = self.decision(office, person, stamp)
        key = jobs.key_of(kept.lists)
        if key not in self._failed and not self._is_built(key):
            self._wanted[key] = kept.lists
            if not self._aside:
                self.work()
        if not self._is_built(key):
            raise self._building(key)
        index = self._opened(key)
        found = decision.replay(index, kept)
        again = decision.decide(index, decision.question_of(kept), kept.alert, kept.limit)
        return {**found, "differs": differences(kept, again)}


def unknown_list(name: str) -> OurFault:
    """Return the fault of a list that is asked for and not in force."""
    what = f"no list {name[:60]!r} is in force"
    return OurFault("list.unknown", what, "see: detente screening lists")


def _no_list() -> OurFault:
    return OurFault("list.none", "no list is in force", "load one: detente screening load")


def _scopes(book: Book) -> dict[str, Mapping[str, str]]:
    """Return {scope: {list: hash}}: all lists in force, and each alone."""
    lists = books.hashes(book.in_force().values())
    alone = {name: {name: sha256} for name, sha256 in lists.items()}
    return {EVERY: lists, **alone} if lists else {}


def version_asked(
    name: str, reader: str, received: Mapping[str, str], *, source: str = "", dated: str = "",
    promised: str = "", mapping: Mapping[str, str] | None = None,
) -> Version:  # fmt: skip
    """Return a version as it is asked for; `load` gives it its id."""
    return Version(
        id="", list=name, reader=reader, received=dict(received), size=0, by="", at="",
        source=source, dated=dated, promised=promised.lower(), mapping=dict(mapping or {}),
    )  # fmt: skip


def sha256_of(data: bytes) -> str:
    """Return the hash by which a file is handed in."""
    return hashlib.sha256(data).hexdigest()


def room_of(folder: Path) -> Screens:
    """Return the lists of a party's folder. Raises OurFault: store.*."""
    return Screens(shelf_of(folder))
