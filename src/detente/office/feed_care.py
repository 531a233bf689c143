"""What people see of feeds, and do about them: pause, go on, ask now, say to have seen what happened.

A room of the office. A feed that somebody must look at waits in the list of what waits, as an
unkept deadline does: first for the desk, then for whoever supervises it, then by another channel.
"""

from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import courses, items, people
from detente.office.desk import Role
from detente.office.feeding import Feeding, State
from detente.office.items import Item
from detente.office.offered import Offered
from detente.office.people import Person
from detente.office.procedure import Rung, Up
from detente.office.trail import Note, Trail, entered

STEPS: Final = ("pause", "resume", "run", "seen")  # what a person does about a feed
LOOK_WITHIN: Final = Span.of(hours=1)  # of an alert, until it counts as overdue
PAUSED_WITHIN: Final = Span.of(days=7)  # of a pause, since the feed was asked last
PAUSED: Final = "feed.paused"
LADDER: Final = (
    Rung(Span(0), Up.DESK), Rung(Span.of(hours=4), Up.SUPERVISOR), Rung(Span.of(hours=24), Up.CHANNEL),
)  # fmt: skip


class FeedCare:
    """The feeds of an office as its people have them; a Source of what waits."""

    def __init__(self, feeding: Feeding, offered: Offered, trail: Trail) -> None:
        self._feeding, self._offered, self.trail = feeding, offered, trail

    def every(self, person: Person) -> tuple[State, ...]:
        """Return all feeds, by name. Raises OurFault("office.forbidden") for who reads not there."""
        people.permit(person, self._offered.desk.name, Role.READ)
        return self._feeding.every()

    def find(self, person: Person, name: str) -> State:
        """Return one feed. Raises OurFault: office.forbidden, http.no_page."""
        for each in self.every(person):
            if each.name == name:
                return each
        raise OurFault("http.no_page", f"no feed {name[:80]!r}", "see: detente feed list")

    @entered("feed/pause")
    def pause(self, person: Person, name: str, _now: Moment) -> State:
        """Ask no more until somebody lets it go on. Raises as `find`; for who may not hand in too."""
        return self._put(person, name, "pause", paused=person.name)

    @entered("feed/resume")
    def resume(self, person: Person, name: str, now: Moment) -> State:
        """Let it go on, at once. Raises as `pause`."""
        return self._put(person, name, "resume", paused="", due=now)

    @entered("feed/run")
    def run(self, person: Person, name: str, now: Moment) -> State:
        """Ask now, whatever the pause after a fault was. Raises as `pause`; feed.paused."""
        if self.find(person, name).paused:
            raise OurFault("feed.paused", f"{name} is paused", "let it go on")
        return self._put(person, name, "run", due=now)

    @entered("feed/seen")
    def seen(self, person: Person, name: str, _now: Moment) -> State:
        """Say to have seen what happened to it; what still goes on stays. Raises as `pause`."""
        return self._put(person, name, "seen")

    def _put(
        self, person: Person, name: str, step: str, *,
        paused: str | None = None, due: Moment | None = None,
    ) -> State:  # fmt: skip
        people.permit(person, self._offered.desk.name, Role.AUTHOR)
        state = self.find(person, name)
        self.trail.saw(person, Note(self._offered.desk.name, f"feed/{step}/{name}"[:64]))
        if step == "seen":
            state = state.seen()
        state = replace(
            state, paused=state.paused if paused is None else paused, due=due or state.due
        )
        self._feeding.put(state)
        return state

    def items(self, person: Person, now: Moment) -> list[Item]:
        """Return the feeds that somebody must look at."""
        try:
            desk = self._offered.desk.name
        except OurFault:  # no desk here offers or takes in anything
            return []
        if not person.stands(desk, Role.READ):
            return []
        return [
            _item(each, desk, now) for each in self._feeding.every() if each.alerts or each.paused
        ]


def _item(each: State, desk: str, now: Moment) -> Item:
    since = each.since or each.at or now
    due = since + (LOOK_WITHIN if each.alerts else PAUSED_WITHIN)
    past = [rung for rung in LADDER if now > due + rung.after]
    return Item(
        key=courses.place(due, since, items.FEED, each.name),
        what=items.FEED,
        words=(f"ui.todo.{items.FEED}", (("who", each.name),)),
        desk=desk,
        from_=each.name,
        since=since,
        state=each.alerts[-1] if each.alerts else PAUSED,
        due=due,
        overdue=now > due,
        rung=past[-1].up if past else None,
    )
