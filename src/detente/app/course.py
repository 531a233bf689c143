"""The course of a record in words: its steps and clocks, as pages and papers show them."""

from dataclasses import dataclass

from detente.app.faces import words
from detente.core import names
from detente.core.moment import Moment
from detente.office.procedure import Who
from detente.office.procedures import Reading, Tick
from detente.office.todo import Story


@dataclass(frozen=True, slots=True)
class Clock:
    """One clock of the course: who owes what by when, and whether it was kept."""

    who: str
    ours: bool
    what: str
    due: Moment
    done: bool
    overdue: bool
    late: bool


def course_of(stories: list[Story], language: str) -> list[tuple[str, str, Moment]]:
    """Return the steps of what happened to a record: state, who brought it there, when we kept it."""
    own = words()
    return [
        (
            own.get(f"{story.course.procedure.desk}.state.{step.end}", language),
            step.entry.said.from_,
            step.entry.kept_at,
        )
        for story in stories
        for step in story.course.steps
    ]


def clocks_of(story: Story, own: str, now: Moment, language: str) -> list[Clock]:
    """Return the clocks of one course, the first due first."""
    return sorted(
        (_clock(story, each, own, now, language) for each in story.ticks), key=lambda one: one.due
    )


def _clock(story: Story, tick: Reading, own: str, now: Moment, language: str) -> Clock:
    one = story.course
    who = one.opener if tick.duty.who is Who.OPENER else one.other
    name = tick.clock.name
    return Clock(
        who=who,
        ours=names.party_of(who) == own,
        what=words().get(f"{one.procedure.desk}.clock.{name}", language),
        due=tick.due,
        done=tick.tick(now) is Tick.STOPPED,
        overdue=tick.tick(now) is Tick.OVERDUE,
        late=tick.is_late,
    )
