"""Who works with lists: the people of one desk, or of any where a party has it not."""

from typing import Final

from detente.core.errors import OurFault
from detente.office import people
from detente.office.desk import Role
from detente.office.office import Office
from detente.office.people import Person

DESK: Final = "designation"  # whose people work with lists, where a party has this desk


def desk_of(office: Office) -> str:
    """Return the desk whose people work with lists, "" where the party has it not."""
    return DESK if DESK in {each.name for each in office.desks} else ""


def permit(office: Office, person: Person, role: Role) -> str:
    """Return the desk for which a person acts. Raises OurFault("office.forbidden").

    Without a desk of designations it is whoever has the role at some desk.
    """
    desk = desk_of(office)
    if not desk:
        desk = next((each for each in sorted(person.roles) if person.may(each, role)), "")
        if not desk:
            what = f"{person.name} is not {role} at any desk"
            raise OurFault("office.forbidden", what, "ask your administrator for the role")
        return desk
    people.permit(person, desk, role)
    return desk


def may(office: Office, person: Person, role: Role) -> bool:
    """Say whether `permit` lets a person act."""
    try:
        permit(office, person, role)
    except OurFault:
        return False
    return True
