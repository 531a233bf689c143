"""The watch of a desk: who has it now, since when, and what the one before them wrote down.

A room of the office. A desk keeps a watch from the first time that somebody takes it; then it is
attended while that person is there, and a watch that nobody has is a state, and an alarm.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import home_kinds
from detente.office.answering import Attendance
from detente.office.desk import Role
from detente.office.fields import Field, Text, Value, Values
from detente.office.home_folds import WATCHES, before
from detente.office.people import Person, permit_headers
from detente.office.post import Post
from detente.office.register import Register
from detente.office.trail import Trail, entered
from detente.office.typed import LongText

PRESENT: Final = Span(900_000)  # as long as a node says that somebody is at a desk (ux.md 6)
ALARM_AFTER: Final = Span(300_000)  # a watch that nobody has so long is an alarm
_NOTE: Final = Field("note", LongText(home_kinds.NOTE_MAX))
_TO: Final = Field("to", Text(64))
_PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Turn:
    """One step in the watch of a desk, as the home log has it."""

    at: Moment
    person: str
    step: str  # take, hand, leave
    to: str
    note: str
    open: int


@dataclass(frozen=True, slots=True)
class Watch:
    """The watch of a desk.

    holder: "" for nobody; since: when that began, None for a desk that never kept a watch. to: who is
    asked to take it; note and open: what was handed over, text and number of open items. present:
    whether the holder did something in the last 15 minutes. alarm: nobody took it in time.
    """

    desk: str
    holder: str
    since: Moment | None
    to: str
    note: str
    open: int
    present: bool
    alarm: bool

    @property
    def kept(self) -> bool:
        """Whether this desk keeps a watch."""
        return self.since is not None


class Watches:
    """The watches of one office's desks."""

    def __init__(
        self, register: Register, post: Post, trail: Trail, attendance: Attendance
    ) -> None:
        self._register, self._post, self.trail = register, post, trail
        self._attendance = attendance
        self._seen: dict[str, Moment] = {}  # when a person last did something, by name

    # Who is there.

    def attend(self, person: Person, now: Moment) -> None:
        """Note that a person did something: where a watch is kept, only its holder attends a desk.

        Raises OurFault("hatch.closed").
        """
        self._seen[person.name] = now
        kept = {each.desk: each for each in map(self._turns_of, self._register.desks) if each.turns}
        away = {desk for desk, each in kept.items() if each.holder != person.name}
        self._attendance.see(person, now, away)

    def _turns_of(self, desk: str) -> "_Turns":
        self._post.fold_all()
        with self._register.shelf.begin() as tx:
            rows = tx.rows(WATCHES).find({"desk": desk}, None, _PAGE)
        return _Turns(desk, [_turn(Values(row)) for row in rows])

    # What people see.

    def show(self, desk: str, now: Moment) -> Watch:
        """Return the watch of a desk. Who has it is known to everybody of the house."""
        turns = self._turns_of(desk)
        holder, since = turns.holder, turns.since
        last = turns.turns[0] if turns.turns else None
        handed = turns.handed
        seen = self._seen.get(holder)
        present = seen is not None and seen <= now < seen + PRESENT
        unheld = not holder and since is not None and since + ALARM_AFTER <= now
        return Watch(
            desk=desk,
            holder=holder,
            since=since,
            to=last.to if last is not None and last.step == "hand" else "",
            note=handed.note if handed else "",
            open=handed.open if handed else 0,
            present=bool(holder) and present,
            alarm=unheld,
        )

    def every(self, now: Moment) -> tuple[Watch, ...]:
        """Return the watches of all desks of this office."""
        return tuple(self.show(desk, now) for desk in sorted(self._register.desks))

    def alarms(self, now: Moment) -> tuple[Watch, ...]:
        """Return the watches that nobody took in time."""
        return tuple(each for each in self.every(now) if each.alarm)

    def history(self, desk: str) -> Sequence[Turn]:
        """Return the last steps in the watch of a desk, the newest first."""
        return self._turns_of(desk).turns

    def between(self, desk: str, begin: Moment, end: Moment) -> Sequence[Turn]:
        """Return the steps in the watch of a desk in a span, the first first: a day of its log."""
        self._post.fold_all()
        found: list[Turn] = []
        after = before(Moment(end.ms - 1))
        with self._register.shelf.begin() as tx:
            while True:
                rows = tx.rows(WATCHES).find({"desk": desk}, after, _PAGE)
                turns = [_turn(Values(row)) for row in rows]
                found += [each for each in turns if each.at >= begin]
                if len(rows) < _PAGE or turns[-1].at < begin:
                    return found[::-1]
                after = Values(rows[-1]).text("key")

    # What they do.

    @entered("watch/take")
    def take(self, person: Person, desk: str, now: Moment) -> Watch:
        """Take the watch of a desk: when nobody has it, when it is handed over, or from its holder.

        To take it from somebody who does not hand it over, a person must supervise the desk. Raises
        OurFault: office.forbidden, office.no_desk.
        """
        permit_headers(person, self._known(desk), Role.READ)
        found = self.show(desk, now)
        if found.holder == person.name:
            return found
        is_theirs = not found.holder or found.to == person.name
        if not is_theirs and not person.supervises(desk):
            raise OurFault(
                "office.forbidden",
                f"{found.holder} has the watch of {desk}, and did not hand it to {person.name}",
                "have it handed over: detente watch hand; or ask a supervisor of the desk",
            )
        self._step(person, desk, "take", now)
        self.attend(person, now)
        return self.show(desk, now)

    @entered("watch/hand")
    def hand(
        self, person: Person, desk: str, to: str, note: str, open_count: int, now: Moment
    ) -> Watch:
        """Ask somebody to take the watch after you; you have it until they do.

        note: what they must know, 1 to 2,000 characters; open_count: items open now. Raises
        OurFault: form.*, office.no_watch, office.no_desk.
        """
        _TO.check(to)
        _NOTE.check(note.strip())
        self._holds(person, desk, now)
        if to == person.name:
            raise OurFault("form.choice", "you have the watch yourself", "name somebody else")
        self._step(person, desk, "hand", now, to=to, note=note, open=open_count)
        return self.show(desk, now)

    @entered("watch/leave")
    def leave(self, person: Person, desk: str, now: Moment) -> Watch:
        """Leave the watch with nobody to take it. Raises OurFault: office.no_watch, office.no_desk."""
        self._holds(person, desk, now)
        self._step(person, desk, "leave", now)
        return self.show(desk, now)

    def check_holds(self, person: Person, desk: str, now: Moment) -> None:
        """Raise OurFault("office.no_watch") if the desk keeps a watch and somebody else has it."""
        if self.show(desk, now).kept:
            self._holds(person, desk, now)

    def _holds(self, person: Person, desk: str, now: Moment) -> None:
        if self.show(self._known(desk), now).holder != person.name:
            raise OurFault(
                "office.no_watch",
                f"{person.name} does not have the watch of {desk}",
                "see who has it: detente watch show",
            )

    def _known(self, desk: str) -> str:
        if desk not in self._register.desks:
            raise OurFault(
                "office.no_desk",
                f"this office has no desk {desk[:40]!r}",
                f"choose one of: {', '.join(sorted(self._register.desks))}",
            )
        return desk

    def _step(self, person: Person, desk: str, step: str, now: Moment, **told: Value) -> None:
        body = Values({**home_kinds.of_person(person.name, person.user), "step": step, **told})
        entry = self._post.home_entry(home_kinds.WATCH, desk, body, now)
        self._post.enter_all([entry], now)


@dataclass(frozen=True, slots=True)
class _Turns:
    desk: str
    turns: list[Turn]  # the newest first

    @property
    def _change(self) -> Turn | None:
        return next((each for each in self.turns if each.step != "hand"), None)

    @property
    def holder(self) -> str:
        change = self._change
        return change.person if change is not None and change.step == "take" else ""

    @property
    def since(self) -> Moment | None:
        return self._change.at if self._change is not None else None

    @property
    def handed(self) -> Turn | None:
        """The last hand-over: its note is what the holder began with, or leaves."""
        return next((each for each in self.turns if each.step == "hand"), None)


def _turn(row: Values) -> Turn:
    return Turn(
        row.moment("at"),
        row.text("person"),
        row.text("step"),
        row.text("to"),
        row.text("note"),
        row.whole("open"),
    )
