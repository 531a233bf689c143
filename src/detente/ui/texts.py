"""Files of words read: tables, and names with a text on one line each, which is all that they use.

A tenth of the time of the library for all of TOML; every command of a person pays for it. A file
that uses more is read by that library.
"""

import re
from collections.abc import Mapping
from typing import Final

_LINE: Final = re.compile(
    r'(?:\[(?P<table>[a-z][a-zA-Z0-9_.-]*)\]|(?P<name>[a-zA-Z0-9_-]+) = "(?P<text>(?:[^"\\]|\\")*)"|#.*|)'
)


def read(toml: str) -> dict[str, str]:
    """Return the texts of a file of words by their dotted names: `act.send`.

    Raises ValueError for what is no TOML; each value is a text.
    """
    found: dict[str, str] = {}
    above = ""
    for line in toml.split("\n"):
        match = _LINE.fullmatch(line)
        if match is None:
            return _all(toml)
        table, name, text = match.groups()
        if table is not None:
            above = f"{table}."
        elif name is not None:
            found[above + name] = text.replace('\\"', '"') if "\\" in text else text
    return found


def _all(toml: str) -> dict[str, str]:
    import tomllib  # noqa: PLC0415  most files need none of it

    return _flat(tomllib.loads(toml), "")


def _flat(table: Mapping[str, object], before: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            assert isinstance(value, str), f"{before}{name} is a text"
            found[f"{before}{name}"] = value
    return found
