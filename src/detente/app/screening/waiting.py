"""Held versions of lists among what waits for a person: a list that nobody looks at protects nobody."""

from typing import Final

from detente.app.screening.room import Screens
from detente.app.screening.who import permit
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import courses, items
from detente.office.desk import Role
from detente.office.items import Item
from detente.office.office import Office
from detente.office.people import Person
from detente.screening.lists.book import HELD, Version

LOOK_WITHIN: Final = Span.of(hours=1)  # of a held list, until it counts as overdue


class HeldLists:
    """The held lists of an office; a Source of what waits."""

    def __init__(self, office: Office, screens: Screens) -> None:
        self._office, self._screens = office, screens

    def items(self, person: Person, now: Moment) -> list[Item]:
        """Return the versions that wait for a second person."""
        try:
            desk = permit(self._office, person, Role.READ)
        except OurFault:
            return []
        return [_item(each, desk, now) for each in self._screens.held]


def _item(each: Version, desk: str, now: Moment) -> Item:
    since = Moment.parse(each.at)
    due = since + LOOK_WITHIN
    return Item(
        key=courses.place(due, since, items.LIST, each.id),
        what=items.LIST,
        words=(f"ui.todo.{items.LIST}", (("who", each.id),)),
        desk=desk,
        from_=each.id,
        since=since,
        state=HELD,
        due=due,
        overdue=now > due,
    )
