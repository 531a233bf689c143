"""The formats that come with the program."""

from functools import cache
from importlib import resources

from detente.desks.notices.formats.declared import Format
from detente.desks.notices.formats.reading import read


@cache
def shipped() -> dict[str, Format]:
    """Return them by code, in the order of their numbers."""
    folder = resources.files("detente.desks.notices") / "formats" / "shipped"
    found = [read(each.read_bytes()) for each in folder.iterdir() if each.name.endswith(".toml")]
    return {each.code: each for each in sorted(found, key=lambda one: (len(one.code), one.code))}


@cache
def by_digest() -> dict[bytes, Format]:
    """Return them by digest."""
    return {each.digest: each for each in shipped().values()}
