"""The people of an office as its home log says: who made them what they are, and when.

Every change is a whole new record of the person, durable before it counts. What opens a door
(passwords, codes, sessions) is no history and stands elsewhere: office/credentials.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core import names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office import kinds, people, people_rows
from detente.office.fields import Value, Values
from detente.office.people import House, Person, Place, permit_house, roles_of
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.register import Register
from detente.office.tables import Row

_PAGE: Final = 500  # rows
_ACT_CHARS: Final = 64  # of an act in the home log
HOUSE_KEY: Final = "house key"  # who entered people anew when a desk's key went to its people
FOUNDER: Final = "founding"  # who made the people that `init` wrote


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be otherwise; None stays. user "": no system user any more."""

    display: str | None = None
    user: str | None = None
    places: Mapping[str, Place] | None = None
    house: frozenset[House] | None = None
    language: str | None = None
    theme: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether everybody may do it for themselves: language and theme of their screens."""
        return (self.display, self.user, self.places, self.house) == (None,) * 4


class Accounts:
    """The people of one office. founders: whom it begins with, until its home log names people."""

    def __init__(
        self,
        register: Register,
        post: Post,
        catch_up: Callable[[Moment], None],
        founders: Sequence[Person] = (),
    ) -> None:
        self._register, self._post, self._catch_up = register, post, catch_up
        self._founders = founders
        self.changes = 0  # counts up whenever people may be others than before

    # Who is here.

    def every(self, now: Moment) -> tuple[Person, ...]:
        """Return all people in the order of their names, the suspended too."""
        self._begin(now)
        with self._register.shelf.begin() as tx:
            return tuple(self._every(tx).values())

    def find(self, name: str, now: Moment) -> Person:
        """Return a person, suspended or not. Raises OurFault("people.unknown")."""
        self._begin(now)
        with self._register.shelf.begin() as tx:
            return _find(self._every(tx, name=name), name)

    def active(self, name: str, now: Moment) -> Person:
        """Return a person who may do something. Raises OurFault: people.unknown, people.suspended."""
        found = self.find(name, now)
        if not found.active:
            raise people.suspended(name)
        return found

    def of_user(self, user: str, now: Moment) -> Person:
        """Return the person of a system user.

        Raises OurFault: office.unknown_user, people.suspended.
        """
        return people.find(self.every(now), user)

    def history(self, name: str, now: Moment) -> Sequence[Values]:
        """Return every row of a person, the oldest first. Raises OurFault("people.unknown")."""
        self._begin(now)
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in _rows(tx, {"name": name})]
        if not rows:
            raise _unknown(name)
        return sorted(rows, key=lambda row: (row.whole("serial"), row.data("mid")))

    @property
    def desks(self) -> Sequence[str]:
        """The desks of our card at which people have places."""
        return sorted(self._register.book.card.desks.keys() - {names.NODE_DESK})

    def spares(self, desks: Sequence[str] = ()) -> tuple[str, ...]:
        """Return ids of signers on our card whose key is here and that nobody ever had.

        desks: at which all of them must stand; none: at any.
        """
        card = self._register.book.card
        asked = desks or self.desks
        listed = [card.desks[desk].signers.keys() for desk in asked if desk in card.desks]
        if not listed:
            return ()
        found = set.intersection(*map(set, listed)) if desks else set[str]().union(*listed)
        keys = self._register.keys
        with self._register.shelf.begin() as tx:
            given = {Values(row).text("signer") for row in _rows(tx, {})}
        return tuple(
            each for each in sorted(found - given) if each.startswith("s-") and each in keys.signers
        )

    # What changes.

    def make(self, by: Person, name: str, given: Change, now: Moment, why: str = "") -> Person:
        """Make a person, with a spare signer if they have a place at a desk.

        Raises OurFault: office.forbidden, office.no_desk, form.*, people.exists, people.two_hats,
        people.user_taken, people.no_signer.
        """
        permit_house(by, House.ADMINISTRATOR)
        known = {each.name: each for each in self.every(now)}
        if name in known:
            raise OurFault(
                "people.exists", f"there is a person {name} already", "choose another short name"
            )
        fresh = Person(name=name, user=None, signer_id="", roles={}, display=name)
        person = self._changed(fresh, given, known)
        return self._enter(person, "made", by, now, why)

    def change(
        self, by: Person, name: str, seen: int, given: Change, now: Moment, why: str = ""
    ) -> Person:
        """Change a person whose serial was `seen` when it was decided on.

        Raises OurFault: office.forbidden, people.unknown, people.changed, people.own_roles,
        people.last_administrator, and as `make` does.
        """
        if not (given.is_own and by.name == name and by.active):
            permit_house(by, House.ADMINISTRATOR)
        known = {each.name: each for each in self.every(now)}
        before = _find(known, name)
        _see_serial(before, seen)
        person = self._changed(before, given, known)
        if by.name == name and not _only_less(before, person):
            raise OurFault(
                "people.own_roles",
                f"{name} may not give roles to {name}",
                "have another administrator do it",
            )
        _keep_one({**known, name: person})
        return self._enter(person, "changed", by, now, why)

    def suspend(self, by: Person, name: str, seen: int, now: Moment, why: str = "") -> Person:
        """Let a person do nothing from now on; their signer goes to nobody else.

        Raises OurFault: office.forbidden, people.unknown, people.changed, people.suspended,
        people.last_administrator.
        """
        permit_house(by, House.ADMINISTRATOR)
        known = {each.name: each for each in self.every(now)}
        before = _find(known, name)
        _see_serial(before, seen)
        if not before.active:
            raise people.suspended(name)
        person = replace(before, active=False)
        _keep_one({**known, name: person})
        return self._enter(person, "suspended", by, now, why)

    def resume(self, by: Person, name: str, seen: int, now: Moment, why: str = "") -> Person:
        """Let a suspended person work again. Raises as `suspend`; people.exists if they do."""
        permit_house(by, House.ADMINISTRATOR)
        before = self.find(name, now)
        _see_serial(before, seen)
        if before.active:
            raise OurFault("people.exists", f"{name} is not suspended", "nothing is to be done")
        return self._enter(replace(before, active=True), "resumed", by, now, why)

    def note(self, by: Person, act: str, now: Moment, about: str = "") -> None:
        """Enter into the home log that somebody came in or did something to another's account.

        A home log without room keeps nobody out: whoever must read a FLASH comes in first.
        """
        desk = self._desk()
        name = (f"{act} {about}" if about else act)[:_ACT_CHARS]
        body = Values({"person": by.name, "user": by.user, "act": name, "mids": ()})
        to = (self._register.address(desk),)
        letter = self._post.house_letter(kinds.ACT, desk, to, body, now)
        try:
            self._post.enter(letter, self._post.unattended(desk), now)
        except OurFault as fault:
            if fault.code != "store.full":
                raise

    def enter_anew(self, now: Moment) -> None:
        """Enter every person once more: what stood in the home log opens with a desk's key alone."""
        for each in self.every(now):
            self._say(people_rows.next_of(each), "changed", HOUSE_KEY, now)

    # Inside.

    def _changed(self, before: Person, given: Change, known: Mapping[str, Person]) -> Person:
        places = dict(before.places if given.places is None else given.places)
        user = before.user if given.user is None else given.user or None
        person = replace(
            before,
            display=before.display if given.display is None else given.display,
            user=user,
            places=places,
            roles=roles_of(places),
            house=before.house if given.house is None else given.house,
            language=before.language if given.language is None else given.language,
            theme=before.theme if given.theme is None else given.theme,
        )
        for desk in places:
            if desk not in self._register.book.card.desks or desk == names.NODE_DESK:
                raise OurFault(
                    "office.no_desk", f"there is no desk {desk} here", "see: detente party card"
                )
        taken = [each.name for each in known.values() if each.user == user and user is not None]
        if taken not in ([], [before.name]):
            raise OurFault(
                "people.user_taken",
                f"the system user {user} is that of {taken[0]}",
                "name another system user, or none: people sign in at the console",
            )
        if House.ADMINISTRATOR in person.house and places and not _only_less(before, person):
            raise OurFault(
                "people.two_hats",
                f"{person.name} would administer the house and work at a desk",
                "make a second person for one of the two",
            )
        return self._with_signer(person)

    def _with_signer(self, person: Person) -> Person:
        if person.signer_id or not person.places:
            return person
        spares = self.spares(sorted(person.places))
        if not spares:
            raise OurFault(
                "people.no_signer",
                "no spare signing key is left on our card for these desks",
                "make a card with new ones: detente card new --add-signer",
            )
        return replace(person, signer_id=spares[0])

    def _enter(self, person: Person, event: str, by: Person, now: Moment, why: str) -> Person:
        person = people_rows.next_of(person)
        self._say(person, event, by.name, now, why)
        return person

    def _say(self, person: Person, event: str, by: str, now: Moment, why: str = "") -> None:
        desk = self._desk()
        body = people_rows.body_of(person, event, by, why)
        to = (self._register.address(desk),)
        letter = self._post.house_letter(kinds.PERSON, desk, to, body, now)
        self._post.enter(letter, self._post.unattended(desk), now)
        while self._post.fold_made(_PAGE):
            pass
        self.changes += 1

    def _desk(self) -> str:
        # The record is sealed, so some desk must be the one that opens it.
        card = self._register.book.card
        return min(desk for desk in card.desks if self._register.keys.serves(desk))

    def _begin(self, now: Moment) -> None:
        if not self._founders:
            return
        if self._founded():
            self._catch_up(now)  # a restored office has its people in the home log
            for each in self._founded():
                self._say(people_rows.next_of(each), "made", FOUNDER, now)
        self._founders = ()
        self.changes += 1

    def _founded(self) -> list[Person]:
        # Those still to be entered; none any more once anybody else made or changed one.
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in _rows(tx, {})]
        if any(row.text("by") != FOUNDER for row in rows):
            return []
        known = {row.text("name") for row in rows}
        return [each for each in self._founders if each.name not in known]

    @staticmethod
    def _every(tx: ShelfTx, **where: Value) -> dict[str, Person]:
        rows = people_rows.newest(_rows(tx, where))
        return {name: people_rows.person_of(row) for name, row in rows.items()}


def _rows(tx: ShelfTx, where: Mapping[str, Value]) -> list[Row]:
    found: list[Row] = []
    after: Value = None
    while True:
        page = tx.rows(people_rows.PEOPLE).find(where, after, _PAGE)
        found += page
        if len(page) < _PAGE:
            return found
        after = page[-1]["mid"]


def _find(known: Mapping[str, Person], name: str) -> Person:
    if name not in known:
        raise _unknown(name)
    return known[name]


def _unknown(name: str) -> OurFault:
    return OurFault(
        "people.unknown", f"no person {name[:40]!r} works here", "see: detente person list"
    )


def _see_serial(person: Person, seen: int) -> None:
    if person.serial != seen:
        raise OurFault(
            "people.changed",
            f"{person.name} was changed meanwhile ({seen} was seen, {person.serial} stands)",
            "look again and decide anew: detente person list",
        )


def _only_less(before: Person, after: Person) -> bool:
    """Say whether nothing was given that was not there before."""
    return after.house <= before.house and all(
        roles <= before.roles.get(desk, frozenset()) for desk, roles in after.roles.items()
    )


def _keep_one(known: Mapping[str, Person]) -> None:
    if not any(each.is_in_house(House.ADMINISTRATOR) for each in known.values()):
        raise OurFault(
            "people.last_administrator",
            "nobody would be left to administer this house",
            "make another administrator first",
        )
