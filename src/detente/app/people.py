"""The people of an office, as `init` writes them: one person, the operator, with every role."""

import json
from pathlib import Path

from detente.app import system
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.people import Person


def first(user: int) -> bytes:
    """Return the file of a new office with one person, its operator.

    user is the operator's system user, kept as a number: names may change.
    """
    operator = {
        "name": "operator",
        "user": str(user),
        "signer": "s-01",
        "roles": {"cert": [role.value for role in Role]},
    }
    return json.dumps([operator], indent=1).encode()


def read(file: Path) -> tuple[Person, ...]:
    """Return the people of an office, users as numbers. Raises OurFault("config.bad")."""
    try:
        rows = json.loads(file.read_bytes())
        return tuple(
            Person(
                row["name"],
                str(system.user_number(row["user"], f"the user of {row['name']} in {file}")),
                row["signer"],
                {
                    desk: frozenset(Role(each) for each in roles)
                    for desk, roles in row["roles"].items()
                },
            )
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OurFault(
            "config.bad", f"{file}: {error}", "restore it, or see docs/settings.md"
        ) from None
