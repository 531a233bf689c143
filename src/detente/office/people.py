"""Who works here, and who may do what at which desk and in the house. Pure values.

A person holds at most one place at a desk; a place is a set of the roles that a card's signers have
(spec/card.md). House roles open nothing at a desk. Source: docs/operate/people.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from detente.core.errors import OurFault
from detente.office.closed import desk_closed
from detente.office.desk import Role


class Place(StrEnum):
    """What a person is at a desk."""

    READER = "reader"
    DRAFTER = "drafter"
    RELEASER = "releaser"
    SUPERVISOR = "supervisor"


class House(StrEnum):
    """What a person is in the house, beside all desks."""

    ADMINISTRATOR = "administrator"  # people, roles, settings; no desk
    AUDITOR = "auditor"  # the trail of acts, reads and refusals; no bodies
    OVERSEER = "overseer"  # counts and complaints; decides nothing


# The whole table of permissions. An act needs a role; who has the place has its roles.
ROLES_OF: Final[Mapping[Place, frozenset[Role]]] = {
    Place.READER: frozenset({Role.READ}),
    Place.DRAFTER: frozenset({Role.READ, Role.ANSWER, Role.AUTHOR}),
    Place.RELEASER: frozenset({Role.READ, Role.ANSWER, Role.RELEASE}),
    Place.SUPERVISOR: frozenset(Role),
}


@dataclass(frozen=True, slots=True)
class Person:
    """One person of this party.

    name: a short login id. user: number of the system user that is theirs on this machine, as text,
    or None. signer_id: their key on the party's card, "" for who signs nothing. roles: by desk, what
    acts ask for; places: by desk, what they come from. language "": that of the house. theme:
    "light", "dark", or "" for what their system says. serial: how often this person's row was
    written; 0 for who stands in no home record.
    """

    name: str
    user: str | None
    signer_id: str
    roles: Mapping[str, frozenset[Role]]
    display: str = ""
    places: Mapping[str, Place] = field(default_factory=dict)
    house: frozenset[House] = frozenset()
    language: str = ""
    theme: str = ""
    active: bool = True
    serial: int = 0
    shut: frozenset[str] = frozenset()  # desks with keys of their people that this session has not

    @property
    def shown(self) -> str:
        """What other people read of them."""
        return self.display or self.name

    def supervises(self, desk: str) -> bool:
        """Say whether they may take over matters and the watch at a desk from others."""
        return self.active and self.places.get(desk) is Place.SUPERVISOR

    def may(self, desk: str, role: Role) -> bool:
        """Say whether they have a role at a desk, and its key where its people have it."""
        return desk not in self.shut and self.stands(desk, role)

    def stands(self, desk: str, role: Role) -> bool:
        """Say whether they have a role at a desk, which may be shut to them: headers they see."""
        return self.active and role in self.roles.get(desk, frozenset())

    def is_in_house(self, role: House) -> bool:
        """Say whether they have a role in the house."""
        return self.active and role in self.house


def roles_of(places: Mapping[str, Place]) -> Mapping[str, frozenset[Role]]:
    """Return by desk the roles of places."""
    return {desk: ROLES_OF[place] for desk, place in places.items()}


def place_of(roles: Iterable[Role]) -> Place | None:
    """Return the largest place whose roles are all among these: never more than was given."""
    had = frozenset(roles)
    return next((each for each in reversed(Place) if ROLES_OF[each] <= had), None)


def permit(person: Person, desk: str, role: Role) -> None:
    """Raise OurFault unless the person has the role at the desk, and the desk is not shut to them.

    Raises office.forbidden, office.desk_closed.
    """
    permit_headers(person, desk, role)
    if desk in person.shut:
        raise desk_closed(desk)


def permit_headers(person: Person, desk: str, role: Role) -> None:
    """Raise OurFault("office.forbidden") unless the person has the role at the desk, shut or not."""
    if not person.stands(desk, role):
        raise OurFault(
            "office.forbidden",
            f"{person.name} is not {role} at the desk {desk}",
            "ask your administrator for the role, or somebody who has it to do this",
        )


def permit_house(person: Person, role: House) -> None:
    """Raise OurFault("office.forbidden") unless the person has the role in the house."""
    if not person.is_in_house(role):
        raise OurFault(
            "office.forbidden",
            f"{person.name} is not {role} of this house",
            f"ask somebody who is {role} to do this",
        )


def find(people: Iterable[Person], user: str) -> Person:
    """Return the person of a system user.

    Raises OurFault: office.unknown_user, people.suspended.
    """
    for person in people:
        if person.user == user:
            if not person.active:
                raise suspended(person.name)
            return person
    raise OurFault(
        "office.unknown_user",
        f"the system user {user} is no person of this office",
        "sign in as the user who ran `detente init`, or have an administrator name yours",
    )


def suspended(name: str) -> OurFault:
    """Return the fault of a person who may do nothing now."""
    return OurFault(
        "people.suspended", f"{name} is suspended", "ask an administrator: detente person resume"
    )


def table() -> str:
    """Return who may do what as lines for people: one place a line, a mark for each role."""
    head = f"{'':14}" + "".join(f"{role:>9}" for role in Role)
    rows = [
        f"{place:14}" + "".join(f"{'yes' if role in roles else '-':>9}" for role in Role)
        for place, roles in ROLES_OF.items()
    ]
    return "\n".join((head, *rows, *(f"{each:14}" + f"{'-':>9}" * len(Role) for each in House)))
