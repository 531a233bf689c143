"""Who may do what at which desk."""

from collections.abc import Mapping
from dataclasses import dataclass

from detente.core.errors import OurFault
from detente.office.desk import Role


@dataclass(frozen=True, slots=True)
class Person:
    """One person of this party: the system user that is theirs, their signing key, their roles."""

    name: str
    user: str
    signer_id: str
    roles: Mapping[str, frozenset[Role]]  # by desk


def permit(person: Person, desk: str, role: Role) -> None:
    """Raise OurFault("office.forbidden") unless the person has the role at the desk."""
    if role not in person.roles.get(desk, frozenset()):
        raise OurFault(
            "office.forbidden",
            f"{person.name} is not {role} at the desk {desk}",
            "ask your administrator for the role, or somebody who has it to do this",
        )


def find(people: tuple[Person, ...], user: str) -> Person:
    """Return the person of a system user. Raises OurFault("office.unknown_user")."""
    for person in people:
        if person.user == user:
            return person
    raise OurFault(
        "office.unknown_user",
        f"the system user {user} is no person of this office",
        "sign in as the user who ran `detente init`",
    )
