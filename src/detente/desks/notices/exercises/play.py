"""An exercise as the records have it so far: its beginning, its end, who plays what, what was sent."""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.desks.notices import folds as notice_folds
from detente.desks.notices.exercises import folds, reading
from detente.desks.notices.exercises.scenario import CUT, SILENCE, Inject, Scenario
from detente.office.fields import Values
from detente.office.reader import Reader, every

PROPOSED: Final = "proposed"  # the other side has not joined
AGREED: Final = "agreed"  # it begins later
RUNNING: Final = "running"
ENDED: Final = "ended"
STATES: Final = (PROPOSED, AGREED, RUNNING, ENDED)
_MATTER: Final = b"detente/v1/exercise\n"
_MATTER_CHARS: Final = 32


def matter_of(mid: bytes, inject: str) -> str:
    """Return the matter of an inject: by it both sides know which notice plays it."""
    return sha256(_MATTER + mid.hex().encode() + b"\n" + inject.encode()).hexdigest()[
        :_MATTER_CHARS
    ]


@dataclass(frozen=True, slots=True)
class Play:
    """One exercise. zero: its beginning, None until both sides are in; end: by records or by its span.

    sides: address of the desk that plays each role; languages: in which it sends.
    """

    row: Values
    scenario: Scenario
    zero: Moment | None
    end: Moment | None
    sides: dict[str, str]
    languages: dict[str, str]
    about: tuple[Values, ...]

    @property
    def mid(self) -> bytes:
        """The record that proposed it."""
        return self.row.data("mid")

    @property
    def name(self) -> str:
        """The mark of its records."""
        return self.scenario.name

    @property
    def ours(self) -> str:
        """The role that our side plays."""
        first = self.row.text("role")
        return first if self.row.flag("ours") else self.scenario.other(first).name

    @property
    def theirs(self) -> str:
        """Address of the other side's desk."""
        return self.sides[self.scenario.other(self.ours).name]

    def state(self, now: Moment) -> str:
        """Return where it stands."""
        if self.end is not None and now >= self.end:
            return ENDED
        if self.zero is None:
            return PROPOSED
        return RUNNING if now >= self.zero else AGREED

    def notice(self, look: Reader, inject: Inject) -> Values | None:
        """Return the notice that plays an inject; None while there is none.

        Only one that its side sent to the other with the mark; of several the first.
        """
        side = self.sides[inject.by]
        found = [
            row
            for row in every(
                look, notice_folds.NOTICES, {"matter": matter_of(self.mid, inject.name)}
            )
            if row["from"] == side and row["what"] != "reply" and row.get("exercise") == self.name
        ]
        return min(found, key=lambda row: (row.moment("created"), row.data("mid")), default=None)


@lru_cache(maxsize=64)  # a desk asks every few seconds
def _told(file: str) -> Scenario:
    return reading.read(file.encode())


def play_of(look: Reader, row: Values) -> Play | None:
    """Return an exercise of its row; None if its file or its mark is not as they should be."""
    try:
        told = _told(row.text("file"))
        role = told.role(row.text("role"))
    except (OurFault, KeyError):
        return None
    to = row.texts("to")
    if row.get("exercise") != told.name or len(to) != 1:
        return None
    sides = {role.name: row.text("from"), told.other(role.name).name: to[0]}
    said = [
        each
        for each in every(look, folds.ABOUT, {"of": row["mid"]})
        if each["from"] in sides.values() and each.get("exercise") == told.name
    ]
    said.sort(key=lambda each: (each.moment("created"), each.data("mid")))
    joined = [each for each in said if each["what"] == "joined" and each["from"] == to[0]]
    languages = {role.name: row.text("language")}
    zero = None
    if joined:
        zero = max(row.moment("begins"), joined[0].moment("created"))
        languages[told.other(role.name).name] = joined[0].text("language")
    ends = [each.moment("created") for each in said if each["what"] == "ended"]
    if zero is not None:
        ends.append(zero + told.lasts)
    return Play(row, told, zero, min(ends, default=None), sides, languages, tuple(said))


def at(look: Reader, mid: bytes) -> Play:
    """Return an exercise. Raises OurFault: notices.no_exercise, notices.scenario."""
    row = look.get(folds.BEGUN, mid)
    if row is None:
        raise OurFault(
            "notices.no_exercise", "no exercise has this id", "look at notices exercises"
        )
    found = play_of(look, Values(row))
    if found is None:
        reading.read(Values(row).text("file").encode())  # says what is wrong with it
        raise OurFault(
            "notices.scenario", "line 1: its mark or its role is none of the file's",
            "ask the other side to propose it anew",
        )  # fmt: skip
    return found


def plays(look: Reader) -> list[Play]:
    """Return every exercise that can be read, the latest first."""
    rows = sorted(
        every(look, folds.BEGUN, {}), key=lambda row: (-row.moment("created").ms, row.data("mid"))
    )
    return [found for row in rows if (found := play_of(look, row))]


@dataclass(frozen=True, slots=True)
class Hold:
    """A span in which nothing of an exercise leaves a side: its silence, or a cut for both."""

    name: str
    does: str
    by: str
    begin: Moment
    end: Moment


def holds(play: Play) -> list[Hold]:
    """Return the silences and cuts of an exercise that began, as far as it lasted."""
    if play.zero is None:
        return []
    found = []
    for each in play.scenario.injects:
        if each.does in (SILENCE, CUT):
            begin = play.zero + each.at
            end = begin + each.lasts if play.end is None else min(begin + each.lasts, play.end)
            if begin < end:
                found.append(Hold(each.name, each.does, each.by, begin, end))
    return found


def _of(play: Play, role: str) -> list[Hold]:
    return [each for each in holds(play) if each.does == CUT or each.by == role]


def hold(play: Play, role: str, now: Moment) -> Hold | None:
    """Return what keeps a side from saying anything of the exercise now; the last to end."""
    found = [each for each in _of(play, role) if each.begin <= now < each.end]
    return max(found, key=lambda each: each.end, default=None)


def held_between(play: Play, role: str, begin: Moment, end: Moment) -> Span:
    """Return how much of a span a side could say nothing."""
    found, reached = 0, begin
    for each in sorted(_of(play, role), key=lambda each: each.begin):
        first, last = max(each.begin, reached), min(each.end, end)
        if first < last:
            found, reached = found + (last - first).ms, last
    return Span(found)


def held_now(look: Reader, mark: str, other: str, now: Moment) -> Hold | None:
    """Return what holds our records with this mark to a desk back now: never one without a mark."""
    if not mark:
        return None
    running = (
        each
        for each in plays(look)
        if each.name == mark and each.theirs == other and each.state(now) == RUNNING
    )
    found = [one for each in running if (one := hold(each, each.ours, now))]
    return max(found, key=lambda each: each.end, default=None)


def asked_at(play: Play, after: str) -> Span:
    """Return when after the beginning a question about a notice is asked."""
    inject = play.scenario.inject(after)
    assert inject is not None, "the reader of files holds it to that"
    return inject.at
