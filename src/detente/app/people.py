"""The people of an office, as `init` writes them: one person, the operator, with every role."""

import json
from pathlib import Path

from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.people import Person


def first(user: str) -> bytes:
    """Return the file of a new office: the system user who made it is its operator."""
    operator = {
        "name": "operator",
        "user": user,
        "signer": "s-01",
        "roles": {"cert": [role.value for role in Role]},
    }
    return json.dumps([operator], indent=1).encode()


def read(file: Path) -> tuple[Person, ...]:
    """Return the people of an office. Raises OurFault("config.bad")."""
    try:
        rows = json.loads(file.read_bytes())
        return tuple(
            Person(
                row["name"],
                row["user"],
                row["signer"],
                {
                    desk: frozenset(Role(each) for each in roles)
                    for desk, roles in row["roles"].items()
                },
            )
            for row in rows
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OurFault(
            "config.bad", f"{file}: {error}", "restore it, or see docs/settings.md"
        ) from None
