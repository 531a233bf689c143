"""Names of parties, desks and links: ASCII, so that no two look alike (spec/record.md 1).

And of precedences, which all floors name.
"""

import re
from functools import lru_cache
from typing import Final

from detente.core.errors import TheirFault

_PARTY = r"[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?"
_DESK = r"[a-z][a-z0-9-]{0,31}"
PARTY: Final = re.compile(_PARTY)
DESK: Final = re.compile(_DESK)
ADDRESS: Final = re.compile(f"({_DESK})@({_PARTY})")
SIGNER: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LINK_ID: Final = re.compile(r"[a-z2-7]{16}")
NODE_DESK: Final = "node"
PRECEDENCES: Final = ("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH")  # rising


def party_of(address: str) -> str:
    """Return the party of `<desk>@<party>`. Raises TheirFault("E_HEADER")."""
    return split(address)[1]


def desk_of(address: str) -> str:
    """Return the desk of `<desk>@<party>`. Raises TheirFault("E_HEADER")."""
    return split(address)[0]


@lru_cache(maxsize=4_096)  # of at most 97 characters each: other texts are no addresses
def split(address: str) -> tuple[str, str]:
    """Return desk and party of an address. Raises TheirFault("E_HEADER")."""
    parts = ADDRESS.fullmatch(address)
    if not parts:
        raise TheirFault(
            "E_HEADER", f"{address[:80]!r} is no desk address", "write it as cert@borealis.gov"
        )
    return parts[1], parts[2]


def is_party(name: object) -> bool:
    """Say whether this is a party's name."""
    return isinstance(name, str) and PARTY.fullmatch(name) is not None
