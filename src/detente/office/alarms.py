"""What follows when nobody says to have seen a FLASH: step by step, each an entry of the home log.

Spans run from when our node kept the record. No step tells what stands in it: how many wait, at
which desk, since when. A step is done once; a restart goes on where the home log says.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import courses, home_kinds, house, marks
from detente.office.answering import Attendance
from detente.office.fields import Value, Values
from detente.office.home_folds import ALARMS, BELLS, alarm_key
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.register import Register

COMMAND: Final = "command"  # alarms.command is run
SUPERVISOR: Final = "supervisor"  # it is run again; those who supervise the desk are named
UNATTENDED: Final = "unattended"  # the peer sees: stored, nobody at the desk
RUNGS: Final = (COMMAND, SUPERVISOR, UNATTENDED)
RANG: Final = "rang"  # the command ended well
FAILED: Final = "failed"  # it did not, for good
WHO: Final = "office"  # nobody did it
_MOST: Final = home_kinds.MIDS_MAX  # alarms of a desk that one entry names
LADDER: Final = (
    (COMMAND, Span.of(seconds=60)), (SUPERVISOR, Span.of(seconds=120)),
    (UNATTENDED, Span.of(seconds=180)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ring:
    """What the command is told: a step, a desk, how many alarms wait there, since when the oldest.

    exercise: all of them are of drills; a real one never rings together with one of these. by: of
    BELLS, the only one that rings; "" for each that is there.
    """

    step: str
    desk: str
    count: int
    since: Moment
    mids: tuple[bytes, ...]
    exercise: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Rang:
    """How the last alarms got out by a bell, as the home log has it. desk: of the last of them."""

    by: str
    desk: str
    well_at: Moment | None
    failed_at: Moment | None
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was taken about a record, and who was told."""

    mid: bytes
    at: Moment
    step: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bell:
    """How what rings outside fares: the command or the web address.

    failing: the last try failed, and why. waiting: alarms that were not told yet; tries: how often the
    first of them was tried, of tries_max.
    """

    name: str
    well_at: Moment | None
    failed_at: Moment | None
    failing: bool
    why: str
    waiting: int
    tries: int
    tries_max: int


def no_bells() -> Sequence[Bell]:
    """Return none: nothing rings outside."""
    return ()


class Alarms:
    """The ladder of one office. `supervisors` names who supervises a desk."""

    def __init__(
        self, register: Register, post: Post, attendance: Attendance,
        supervisors: Callable[[str, Moment], Sequence[str]],
        ladder: Sequence[tuple[str, Span]] = LADDER,
    ) -> None:  # fmt: skip
        self._register, self._post, self._attendance = register, post, attendance
        self._supervisors, self.ladder = supervisors, tuple(ladder)
        self.rings: list[Ring] = []  # for who runs the command, which takes them out
        self.bells: Callable[[], Sequence[Bell]] = no_bells  # of who runs it
        self.resumed = False  # what an office that stopped had not told is in `rings`
        self._due: Moment | None = None

    def due(self) -> Moment | None:
        """Return when the next step is due, as of the last turn; None while nothing waits."""
        return self._due

    def turn(self, now: Moment) -> None:
        """Take the steps that are due. Raises OurFault as Hatch.submit does."""
        self._due = None
        waiting = {desk: self._waiting(desk) for desk in sorted(self._register.desks)}
        if not self.resumed:
            self.resumed = True
            self._resume(waiting)
        silent = set[str]()
        for desk, alarms in waiting.items():
            for step, after in self.ladder:
                reached = {mid: at for mid, at in alarms.items() if now - at >= after}
                later = [at + after for at in alarms.values() if now - at < after]
                self._due = min([*later, *([self._due] if self._due else [])], default=None)
                if reached and step == UNATTENDED:
                    silent.add(desk)
                fresh = self._not_done(step, reached)
                if fresh:
                    self._take(step, desk, fresh, now)
        self._attendance.unheard(silent, now)

    def _resume(self, waiting: Mapping[str, Mapping[bytes, Moment]]) -> None:
        # A step that was entered is not taken again, though the office may have stopped before the
        # bell had rung: rather twice than never. Whoever saw the FLASH meanwhile ended it.
        for desk, alarms in waiting.items():
            for step in (COMMAND, SUPERVISOR):
                done = self._not_done(step, alarms)
                taken = {mid: at for mid, at in alarms.items() if mid not in done}
                for by in home_kinds.BELLS:
                    self._ring(step, desk, self._not_told(step, by, taken), by)

    def _not_told(self, step: str, by: str, alarms: Mapping[bytes, Moment]) -> dict[bytes, Moment]:
        found = {}
        with self._register.shelf.begin() as tx:
            for mid, at in alarms.items():
                rows = map(Values, tx.rows(ALARMS).find({"mid": mid}, None, _MOST))
                ended = any(
                    row["step"] in (RANG, FAILED)
                    and row.text("rung", step) == step
                    and row.text("by", by) == by
                    for row in rows
                )
                if not ended:
                    found[mid] = at
        return found

    def rang_last(self) -> tuple[Rang, ...]:
        """Return how the last alarms got out, by each bell that ever rang."""
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for by in home_kinds.BELLS if (row := tx.rows(BELLS).get(by))]
        return tuple(
            Rang(
                row.text("by"), row.text("desk"),
                row.moment("well_at") if row.get("well_at") else None,
                row.moment("failed_at") if row.get("failed_at") else None, row.text("why", ""),
            )
            for row in rows
        )  # fmt: skip

    def _waiting(self, desk: str) -> dict[bytes, Moment]:
        where: dict[str, Value] = {"desk": desk, "alarm": True}
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(courses.WAITING).find(where, None, _MOST)]
        return {row.data("mid"): row.moment("since") for row in rows}

    def _not_done(self, step: str, alarms: Mapping[bytes, Moment]) -> dict[bytes, Moment]:
        with self._register.shelf.begin() as tx:
            find = tx.rows(ALARMS).get
            return {mid: at for mid, at in alarms.items() if find(alarm_key(mid, step)) is None}

    def _take(self, step: str, desk: str, alarms: Mapping[bytes, Moment], now: Moment) -> None:
        to = tuple(self._supervisors(desk, now)) if step == SUPERVISOR else ()
        mids = tuple(alarms)
        if step in (COMMAND, SUPERVISOR):
            self._ring(step, desk, alarms)
        self._enter(step, desk, mids, now, to)

    def _ring(self, step: str, desk: str, alarms: Mapping[bytes, Moment], by: str = "") -> None:
        with self._register.shelf.begin() as tx:
            drills = {mid for mid in alarms if _is_drill(tx, mid)}
        for mids, exercise in ((alarms.keys() - drills, False), (drills, True)):
            if mids:
                ordered = tuple(mid for mid in alarms if mid in mids)
                since = min(alarms[mid] for mid in ordered)
                self.rings.append(Ring(step, desk, len(ordered), since, ordered, exercise, by))

    def rang(
        self, ring: Ring, now: Moment, *, well: bool, by: str = COMMAND, why: str = ""
    ) -> None:
        """Enter what became of a ring, and by which bell. Raises OurFault as Hatch.submit does."""
        more: dict[str, Value] = {"rung": ring.step, "by": by}
        if why and not well:
            more["why"] = why[: home_kinds.BELL_WHY_MAX]
        self._enter(RANG if well else FAILED, ring.desk, ring.mids, now, (), **more)

    def _enter(
        self,
        step: str,
        desk: str,
        mids: Sequence[bytes],
        now: Moment,
        to: Sequence[str],
        **more: Value,
    ) -> None:
        body = Values(
            {
                **home_kinds.of_person(WHO, None),
                "step": step,
                "mids": tuple(mids),
                "to": tuple(to)[: home_kinds.TOLD_MAX],
                **more,
            }
        )
        entry = self._post.home_entry(home_kinds.ALARM, desk, body, now)
        try:
            self._post.enter_all([entry], now)
        except OurFault as fault:
            if fault.code != "store.full":  # an alarm rings all the same, and is entered later
                raise
            self._post.enter_late([entry], now)
        self._post.fold_all()

    def steps(self, mids: Sequence[bytes]) -> tuple[Step, ...]:
        """Return the steps that were taken about these records, the oldest first."""
        found = []
        with self._register.shelf.begin() as tx:
            for mid in mids:
                for row in map(Values, tx.rows(ALARMS).find({"mid": mid}, None, _MOST)):
                    told = (row.moment("at"), row.text("step"), row.texts("to"))
                    found.append(Step(mid, *told))
        order = (*RUNGS, RANG, FAILED)
        return tuple(sorted(found, key=lambda each: (each.at, order.index(each.step))))


def _is_drill(tx: ShelfTx, mid: bytes) -> bool:
    row = Values(tx.rows(house.RECORDS).get(mid) or {})
    return any(each["mark"] == marks.EXERCISE for each in row.parts("marks"))
