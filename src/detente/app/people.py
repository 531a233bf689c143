"""The file of the people of an office: with whom it begins, and which system users are whose.

`init` writes it with one person, the operator. The office takes it over once, into its home log, and
from then on writes it: the doctor and the other half see in it who has business at the socket.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from detente.app import founding, system
from detente.core.errors import OurFault
from detente.core.names import SIGNER
from detente.office.desk import Role
from detente.office.people import House, Person, Place, place_of, roles_of

FILE_NAME = "people.json"


def first(user: int, desks: Sequence[str] = founding.FIRST_DESKS) -> bytes:
    """Return the file of a new office with one person, its operator, at each of its desks.

    user is the operator's system user, kept as a number: names may change.
    """
    operator = {
        "name": "operator",
        "user": str(user),
        "signer": "s-01",
        "roles": {desk: [role.value for role in Role] for desk in desks},
        "house": [House.ADMINISTRATOR.value],
    }
    return json.dumps([operator], indent=1).encode()


def read(file: Path) -> tuple[Person, ...]:
    """Return the people of an office, users as numbers. Raises OurFault("config.bad").

    Where nobody administers (a file of version 0.2), the first of them does.
    """
    try:
        rows = json.loads(file.read_bytes())
        people = tuple(_person(row, file) for row in rows)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OurFault(
            "config.bad", f"{file}: {error}", "restore it, or see docs/settings.md"
        ) from None
    if people and not any(House.ADMINISTRATOR in each.house for each in people):
        raised = {"house": [House.ADMINISTRATOR.value]}
        return (_person({**rows[0], **raised}, file), *people[1:])
    return people


def write(people: Iterable[Person]) -> bytes:
    """Return the file of those who have a system user and may work."""
    rows = [
        {
            "name": each.name,
            "user": each.user,
            "signer": each.signer_id,
            "roles": {desk: sorted(roles) for desk, roles in sorted(each.roles.items())},
            "house": sorted(each.house),
        }
        for each in people
        if each.user is not None and each.active
    ]
    return json.dumps(rows, indent=1).encode()


def users_of(people: Iterable[Person]) -> frozenset[int]:
    """Return the system users of those who may work."""
    return frozenset(int(each.user) for each in people if each.user is not None and each.active)


def _person(row: dict[str, object], file: Path) -> Person:
    name, user, signer = str(row["name"]), row["user"], row["signer"]
    roles, house = row["roles"], row.get("house", [])
    if not (isinstance(user, str) and isinstance(signer, str) and isinstance(roles, dict)):
        raise TypeError(f"the row of {name}")
    if not isinstance(house, list) or (signer and not SIGNER.fullmatch(signer)):
        raise TypeError(f"the row of {name}")
    places: dict[str, Place] = {}
    for desk, told in roles.items():
        place = place_of(Role(each) for each in told)
        if place is not None:
            places[desk] = place
    return Person(
        name=name,
        user=str(system.user_number(user, f"the user of {name} in {file}")),
        signer_id=signer,
        roles=roles_of(places),
        display=name,
        places=places,
        house=frozenset(House(each) for each in house),
    )
