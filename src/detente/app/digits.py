"""The sixty digits of a fingerprint, as people compare them: twelve groups of five."""

from typing import Final

from detente.core.errors import OurFault

GROUPS: Final = 12
_SIZE: Final = 5  # digits of a group
_ROW: Final = 4  # groups of a line


def rows_of(fingerprint: str) -> list[str]:
    """Return a fingerprint as lines to read aloud."""
    groups = fingerprint.split()
    return ["  " + "  ".join(groups[i : i + _ROW]) for i in range(0, GROUPS, _ROW)]


def read_groups(written: str) -> list[str]:
    """Return the twelve groups that a person typed, in any grouping. Raises OurFault("form.digits")."""
    typed = "".join(written.split())
    if len(typed) != GROUPS * _SIZE or not typed.isascii() or not typed.isdecimal():
        raise OurFault(
            "form.digits",
            f"{len(typed)} characters where 60 digits are due",
            "type all twelve groups",
        )
    return [typed[i : i + _SIZE] for i in range(0, GROUPS * _SIZE, _SIZE)]
