"""The book of runs: files of customers that a party has screened, or screens.

Pure: each step takes a book and gives a new one. waiting -> running -> done or failed; waiting or
running -> cancelled. A run says what was asked of which versions; its results stand in files beside.
"""

from typing import Final

import msgspec

from detente.core.errors import OurFault

WAITING, RUNNING, DONE, FAILED, CANCELLED = "waiting", "running", "done", "failed", "cancelled"
STATES: Final = (WAITING, RUNNING, DONE, FAILED, CANCELLED)
OPEN: Final = (WAITING, RUNNING)
RUNS_MAX: Final = 50  # runs that are kept, whatever their state
NAME_MAX: Final = 200  # characters of the name of a file
TRIES_MAX: Final = 3  # times that the process of a run may die before the run has failed


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run. id: its number, never given twice. lists: {list: hash} as in force when it was asked.

    customers: SHA-256 of the file as it was announced. tries: how often its process died.
    results, table, shown: bytes of the files. what: why it failed; code: of that fault.
    """

    id: int
    name: str
    customers: str
    size: int
    by: str
    at: str
    form: str
    threshold: float
    lists: dict[str, str]
    mapping: dict[str, str] = {}
    state: str = WAITING
    tries: int = 0
    ended: str = ""
    cancelled_by: str = ""
    clear: int = 0
    alert: int = 0
    undecided: int = 0
    stamp: str = ""
    results: int = 0
    table: int = 0
    code: str = ""
    what: str = ""

    @property
    def is_open(self) -> bool:
        """Whether it still has to be done."""
        return self.state in OPEN


class RunBook(msgspec.Struct, frozen=True):
    """All runs that are kept, in the order in which they came, and the number given last."""

    last: int = 0
    runs: tuple[Run, ...] = ()

    def find(self, number: int) -> Run:
        """Return a run. Raises OurFault("screening.run_unknown")."""
        for each in self.runs:
            if each.id == number:
                return each
        raise OurFault(
            "screening.run_unknown", f"there is no run {number}", "look at the runs that are kept"
        )

    def next(self) -> Run | None:
        """Return the run that is to be done: the one that was begun, else the first that waits."""
        due = [each for each in self.runs if each.is_open]
        return next((each for each in due if each.state == RUNNING), due[0] if due else None)

    def having(self, run: Run) -> "RunBook":
        """Return the book with a run in the place of the one of its number."""
        runs = tuple(run if each.id == run.id else each for each in self.runs)
        return msgspec.structs.replace(self, runs=runs)


def begin(book: RunBook, run: Run) -> tuple[RunBook, Run]:
    """Return the book with a new run, and the run with its number.

    Raises OurFault("screening.runs_full").
    """
    if len(book.runs) >= RUNS_MAX:
        what = f"{RUNS_MAX} runs are kept already"
        raise OurFault("screening.runs_full", what, "remove one whose results are not needed")
    run = msgspec.structs.replace(run, id=book.last + 1)
    return RunBook(run.id, (*book.runs, run)), run


def cancel(book: RunBook, number: int, by: str, at: str) -> RunBook:
    """Return the book with a run cancelled. Raises OurFault: screening.run_unknown, screening.run_state."""
    run = book.find(number)
    if not run.is_open:
        what = f"run {number} has ended already"
        raise OurFault("screening.run_state", what, "look at the run")
    return book.having(msgspec.structs.replace(run, state=CANCELLED, cancelled_by=by, ended=at))


def remove(book: RunBook, number: int) -> RunBook:
    """Return the book without a run. Raises OurFault: screening.run_unknown, screening.run_state."""
    if book.find(number).is_open:
        what = f"run {number} has not ended"
        raise OurFault("screening.run_state", what, "cancel it first")
    runs = tuple(each for each in book.runs if each.id != number)
    return msgspec.structs.replace(book, runs=runs)


def died(book: RunBook, number: int, what: str, at: str) -> RunBook:
    """Return the book after a run's process died: it is begun again, TRIES_MAX times in all."""
    run = book.find(number)
    tries = run.tries + 1
    if tries < TRIES_MAX:
        return book.having(msgspec.structs.replace(run, tries=tries))
    failed = msgspec.structs.replace(
        run, tries=tries, state=FAILED, code="work.lost", what=what, ended=at
    )
    return book.having(failed)
