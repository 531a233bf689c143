"""The formats that come with the program."""

from functools import cache
from importlib import resources

from detente.desks.notices.formats.declared import Format
from detente.desks.notices.formats.reading import read


def _read(name: str) -> list[Format]:
    folder = resources.files("detente.desks.notices") / "formats" / name
    return [read(each.read_bytes()) for each in folder.iterdir() if each.name.endswith(".toml")]


@cache
def shipped() -> dict[str, Format]:
    """Return the newest version of each by code, in the order of their numbers."""
    found = _read("shipped")
    return {each.code: each for each in sorted(found, key=lambda one: (len(one.code), one.code))}


@cache
def by_digest() -> dict[bytes, Format]:
    """Return them by digest; former versions too, in which notices were written or a peer writes.

    A file that was given out is never edited: it goes to `former/`, and a new version takes its place.
    """
    return {each.digest: each for each in (*_read("former"), *shipped().values())}
