"""The first page: where this person's work is; before signing in, the door."""

from typing import Final

from detente.app.console.ask import Answer, Ask, go
from detente.app.console.routes import PERSON, Route
from detente.app.console.site import Site
from detente.office.desk import Role
from detente.office.people import House


def home(_site: Site, ask: Ask) -> Answer:
    """Go where this person's work is."""
    person = ask.person
    if any(person.stands(desk, Role.READ) for desk in person.roles):
        return go("/attention")
    if person.is_in_house(House.ADMINISTRATOR):
        return go("/people")
    if person.is_in_house(House.AUDITOR):
        return go("/audit")
    return go("/overseer" if person.is_in_house(House.OVERSEER) else "/me")


ROUTES: Final = (Route("GET", "", home, PERSON, when_locked=True),)
