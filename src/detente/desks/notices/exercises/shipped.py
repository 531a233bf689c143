"""The scenarios that come with the program."""

from functools import cache
from importlib import resources
from typing import Final

from detente.desks.notices.exercises.reading import read
from detente.desks.notices.exercises.scenario import Scenario

NAMES: Final = ("grid_at_sea", "laboratory_fire", "silent_satellite")


def file(name: str) -> bytes:
    """Return the file of one of NAMES."""
    folder = resources.files("detente.desks.notices") / "exercises" / "shipped"
    return (folder / f"{name}.toml").read_bytes()


@cache
def shipped() -> dict[str, Scenario]:
    """Return them by name."""
    return {name: read(file(name)) for name in NAMES}
