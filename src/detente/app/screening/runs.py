"""A party's files of customers as its office screens them: begun, watched, read, removed.

One run at a time is done in a process beside, and beside the one of lists, so that neither waits for
the other. The book is written here alone. The customers' file goes when its run ends; the results
stay until a person removes them. Who does what is entered in the party's trail.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from detente.app import system
from detente.app.build_screening import (
    PROGRESS,
    RESULTS,
    SHOWN,
    TABLE,
    ListShelf,
    runs_of,
)
from detente.app.loop import clock
from detente.app.screening.process import Process
from detente.app.screening.who import permit
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.office import Office
from detente.office.people import Person
from detente.office.trail import Note
from detente.screening import runs as books
from detente.screening.runs import DONE, FAILED, RUNNING, Run, RunBook

if TYPE_CHECKING:
    from detente.app.screening.running import Ended, Progress
    from detente.screening.bulk import Line

PIECE_MAX: Final = 4 << 20  # bytes of results that are answered at once
LOOK_EVERY: Final = 0.2  # seconds between looks whether a run is done
NEWS_EVERY: Final = 5.0  # seconds between two times that pages are told of progress
AGAIN: Final = 10.0  # seconds until a run whose process died is begun again


class Asked(NamedTuple):
    """What a person asks: the hash of a file that was handed in, its name, how it is read."""

    received: str
    name: str
    form: str = ""
    mapping: tuple[str, ...] = ()
    threshold: float | None = None


class Runs:
    """The runs of one party. aside: in a process of its own, else here and at once."""

    def __init__(self, lists: ListShelf, *, aside: bool = True) -> None:
        self._lists, self._aside = lists, aside
        self._shelf = runs_of(lists)
        self._book = self._shelf.book()
        self._shelf.clear(self._book)
        self._process: Process | None = None
        self._of = 0
        self._again_at = self._news_at = -math.inf
        self.changes = 0  # how often pages had reason to look again
        self._seen = b""

    # The work beside.

    def turn(self) -> float | None:
        """Take what came of a run, begin the next; return the seconds to the next look."""
        if self._process is not None:
            ended = self._process.ended()
            if ended is None:
                self._tell()
                return LOOK_EVERY
            self._process = None
            self._take(self._of, *ended)
        run = self._book.next()
        if run is None:
            return None
        if self._again_at > clock():
            return self._again_at - clock()
        if run.state != RUNNING:
            self._put(self._book.having(msgspec.structs.replace(run, state=RUNNING)))
        if not self._aside:
            from detente.app.screening import running  # noqa: PLC0415  numpy comes with the first run

            self._end(run.id, running.run(self._lists, run))
            return 0.0
        self._of = run.id
        self._process = Process(
            "detente.app.screening.run_child", self._lists.folder, msgspec.json.encode(run)
        )
        return LOOK_EVERY

    def close(self) -> None:
        """End what is done; it goes on at the next start."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def _tell(self) -> None:
        if clock() - self._news_at < NEWS_EVERY:
            return
        self._news_at = clock()
        found = self._shelf.piece(self._of, PROGRESS, 0, PIECE_MAX)
        if found != self._seen:
            self._seen = found
            self.changes += 1

    def _take(self, number: int, told: bytes, why: str) -> None:
        from detente.app.screening.running import Ended  # noqa: PLC0415  numpy comes with the first run

        ended = msgspec.json.decode(told, type=Ended) if not why else Ended()
        if why:
            self._again_at = clock() + AGAIN
            self._put(books.died(self._book, number, why, str(system.now())))
            if not self._book.find(number).is_open:
                self._shelf.remove(number)
        elif ended.code == "bulk.busy":  # the process of an office that was killed still ends
            self._again_at = clock() + AGAIN
        else:
            self._end(number, ended)

    def _end(self, number: int, ended: "Ended") -> None:
        # The customers go first: a kill in between leaves a run whose results are found whole.
        if ended.code:
            self._shelf.remove(number)
        else:
            self._shelf.forget(number)
        run = self._book.find(number)
        sizes = {name: max(0, self._shelf.size(number, name)) for name in (RESULTS, TABLE)}
        self._put(
            self._book.having(
                msgspec.structs.replace(
                    run, state=FAILED if ended.code else DONE, ended=str(system.now()),
                    clear=ended.clear, alert=ended.alert, undecided=ended.undecided,
                    stamp=ended.stamp, results=sizes[RESULTS], table=sizes[TABLE],
                    code=ended.code, what=ended.what,
                )
            )
        )  # fmt: skip

    def _put(self, book: RunBook) -> None:
        self._shelf.put_book(book)
        self._book = book
        self.changes += 1

    # What people do.

    def start(
        self, office: Office, person: Person, asked: Asked, lists: Mapping[str, str], now: Moment
    ) -> Run:
        """Begin a run over a file that was handed in; what is wrong is told before anything starts.

        A file that is refused is deleted. Raises OurFault: office.forbidden, customers.settings,
        customers.unreadable, screening.runs_full, store.*.
        """
        desk = permit(office, person, Role.AUTHOR)
        try:
            book, run = self._checked(asked, lists, person, now)
        except OurFault:
            self.refuse(asked)
            raise
        file = self._lists.handed_in(asked.received)
        assert file is not None, "it was looked at"
        office.trail.saw(person, Note(desk, f"screening/run-start/{run.id}"))
        self._shelf.take(run.id, file, keep=file.name == asked.received)
        self._put(book)
        if not self._aside:
            while self.turn() is not None:
                pass
            return self._book.find(run.id)
        return run

    def refuse(self, asked: Asked) -> None:
        """Forget a file of customers that was handed in and is not screened."""
        self._lists.drop(asked.received)

    def _checked(
        self, asked: Asked, lists: Mapping[str, str], person: Person, now: Moment
    ) -> tuple[RunBook, Run]:
        from detente.app.bulk import asked as asking  # noqa: PLC0415  numpy comes with the first run

        settings = asking.settings(asked.name, asked.threshold, asked.mapping, asked.form)
        file = self._lists.handed_in(asked.received)
        if file is None:
            what = f"the file {asked.received[:16]} is not here"
            raise OurFault("customers.unreadable", what, "hand the file in, then start")
        asking.check(file, asked.name, settings)
        return books.begin(
            self._book,
            Run(
                id=0, name=asked.name, customers=asked.received, size=file.stat().st_size,
                by=person.name, at=str(now), form=settings.form, threshold=settings.threshold,
                lists=dict(lists), mapping=settings.mapping,
            ),
        )  # fmt: skip

    def cancel(self, office: Office, person: Person, number: int, now: Moment) -> Run:
        """End a run before its time; its customers are deleted.

        Raises OurFault: office.forbidden, screening.run_unknown, screening.run_state.
        """
        desk = permit(office, person, Role.AUTHOR)
        book = books.cancel(self._book, number, person.name, str(now))
        office.trail.saw(person, Note(desk, f"screening/run-cancel/{number}"))
        if self._of == number:
            self.close()
        self._put(book)
        self._shelf.remove(number)
        return book.find(number)

    def remove(self, office: Office, person: Person, number: int) -> None:
        """Delete a run that has ended, with its results. Raises as `cancel`."""
        desk = permit(office, person, Role.AUTHOR)
        book = books.remove(self._book, number)
        office.trail.saw(person, Note(desk, f"screening/run-remove/{number}"))
        self._put(book)
        self._shelf.remove(number)

    # What people see.

    def all(self, office: Office, person: Person) -> tuple[Run, ...]:
        """Return the runs that are kept, the first first. Raises OurFault("office.forbidden")."""
        permit(office, person, Role.READ)
        return self._book.runs

    def find(self, office: Office, person: Person, number: int) -> Run:
        """Return a run. Raises OurFault: office.forbidden, screening.run_unknown."""
        permit(office, person, Role.READ)
        return self._book.find(number)

    def progress(self, run: Run) -> "Progress | None":
        """Return how far a run is; None if it is not known yet, or not any more."""
        data = self._shelf.piece(run.id, PROGRESS, 0, PIECE_MAX) if run.is_open else b""
        if not data:
            return None
        from detente.app.screening.running import Progress  # noqa: PLC0415  numpy comes with the first run

        return msgspec.json.decode(data, type=Progress)

    def piece(
        self, office: Office, person: Person, number: int, at: int, *, table: bool, most: int = PIECE_MAX
    ) -> bytes:  # fmt: skip
        """Return bytes of the results, or of their table, from a place on.

        Raises OurFault: office.forbidden, screening.run_unknown, screening.run_state.
        """
        self._see(office, person, number)
        return self._shelf.piece(number, TABLE if table else RESULTS, at, most)

    def shown(self, office: Office, person: Person, number: int) -> "list[Line]":
        """Return the first alerts and undecided lines of results. Raises as `piece`."""
        from detente.screening import bulk  # noqa: PLC0415  numpy comes with the first run

        self._see(office, person, number)
        size = max(0, self._shelf.size(number, SHOWN))
        data = self._shelf.piece(number, SHOWN, 0, size)
        return [bulk.line(each) for each in data.splitlines()]

    def _see(self, office: Office, person: Person, number: int) -> None:
        desk = permit(office, person, Role.READ)
        if self._book.find(number).state != DONE:
            what = f"run {number} has no results"
            raise OurFault("screening.run_state", what, "look at its state")
        office.trail.saw(person, Note(desk, f"run/read/{number}"))
