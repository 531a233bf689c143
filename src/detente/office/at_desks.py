"""What desks hold of their own that waits for people or for the outside, and no record opens a course of.

A desk declares it (desk.Own); here it is read for whoever may: the list of what waits, the letters
that a program of the house takes out, a feed for whoever shows its token.
"""

from collections.abc import Iterable, Sequence

from detente.core.moment import Moment
from detente.office import courses, items
from detente.office.desk import Desk, Role
from detente.office.items import Item
from detente.office.own import Wait
from detente.office.people import Person
from detente.office.post import Post
from detente.office.reader import TableReader
from detente.office.register import Register
from detente.office.tables import Row


class AtDesks:
    """A Source of the list of what waits, and the doors of desks to the outside."""

    def __init__(self, register: Register, post: Post) -> None:
        self._register, self._post = register, post

    def items(self, person: Person, now: Moment) -> Iterable[Item]:
        """Return what waits at desks where this person may read."""
        found = []
        with self._register.shelf.begin() as tx:
            look = TableReader(tx.rows)
            for desk in self._register.desks.values():
                if desk.own is not None and person.may(desk.name, Role.READ):
                    found += [_item(desk, each) for each in desk.own.waits(look, now)]
        return found

    def letters(self, desk: str) -> Sequence[Row]:
        """Return the letters of a desk that wait to be taken out; people ordered each by an act."""
        own = self._register.desks[desk].own
        assert own is not None, "it is asked for a desk that has some"
        self._post.fold_all()
        with self._register.shelf.begin() as tx:
            return own.letters(TableReader(tx.rows))

    def feed(self, desk: str, token: bytes) -> Sequence[str] | None:
        """Return the tables of the feed whose token has this SHA-256; None if there is no such feed."""
        own = self._register.desks[desk].own
        assert own is not None, "it is asked for a desk that has some"
        self._register.keys.check_open(desk)
        self._post.fold_all()
        with self._register.shelf.begin() as tx:
            return own.feed(TableReader(tx.rows), token)


def _item(desk: Desk, each: Wait) -> Item:
    return Item(
        key=courses.place(each.due, each.since, items.TELL, each.about),
        what=items.TELL,
        words=(f"ui.todo.{items.TELL}", (("who", each.title),)),
        desk=desk.name,
        from_="",
        since=each.since,
        title=each.title,
        tlp=each.tlp,
        due=each.due,
        look=each.look,
        kind=each.kind,
        acts=each.acts,
    )
