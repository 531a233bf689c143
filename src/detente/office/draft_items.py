"""Drafts that wait for a second person, as items of what waits for people."""

from detente.core.moment import Moment
from detente.office import courses, items
from detente.office.desk import Role
from detente.office.drafts import Drafts
from detente.office.items import Item
from detente.office.people import Person
from detente.office.waiting import Waits

_WAITS = "waits"  # for a second person; what is held or leaving needs nobody


class DraftItems:
    """A Source: what this person may release, of what others wrote."""

    def __init__(self, drafts: Drafts) -> None:
        self._drafts = drafts

    def items(self, person: Person, now: Moment) -> list[Item]:
        """Return the drafts that wait for this person."""
        found = self._drafts.waiting(person)
        return [
            _item(each, now)
            for each in found
            if each.state == _WAITS
            and each.person != person.name
            and person.may(each.desk, Role.RELEASE)
        ]


def _item(each: Waits, now: Moment) -> Item:
    header = each.header
    due = header.deadline
    return Item(
        key=courses.place(due or each.at, each.at, items.DRAFT, each.mid.hex()),
        what=items.DRAFT,
        words=(f"ui.todo.{items.DRAFT}", (("who", each.person),)),
        desk=each.desk,
        from_=header.from_,
        since=each.at,
        prec=header.prec,
        tlp=header.tlp,
        mid=each.mid,
        matter=header.matter,
        kind=header.kind,
        due=due,
        overdue=due is not None and now > due,
        acts=("draft/release", "draft/refuse"),
    )
