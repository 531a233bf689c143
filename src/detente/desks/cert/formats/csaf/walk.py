"""Ways through JSON of strangers: what has another shape than asked is passed over.

A path is written as CSAF's text writes one: `/vulnerabilities[]/scores[]`, [] for each of a list.
"""

from collections.abc import Iterator
from typing import NamedTuple

from detente.desks.cert.formats.jcs import Json

Node = dict[str, Json]


class At(NamedTuple):
    """A value and where it stands, as a JSON pointer (RFC 6901) without escapes."""

    path: str
    value: Json


def each(document: Json, pattern: str) -> Iterator[At]:
    """Give every value that a path leads to, in order."""
    found = [At("", document)]
    for step in pattern.strip("/").split("/"):
        name = step.removesuffix("[]")
        inner = (
            At(f"{at.path}/{name}", node(at.value)[name]) for at in found if name in node(at.value)
        )
        found = list(inner)
        if step != name:
            found = [
                At(f"{at.path}/{place}", one)
                for at in found
                for place, one in enumerate(many(at.value))
            ]
    return iter(found)


def nodes(document: Json, pattern: str) -> Iterator[tuple[str, Node]]:
    """Give every object that a path leads to."""
    return ((at.path, at.value) for at in each(document, pattern) if isinstance(at.value, dict))


def words(document: Json, pattern: str) -> Iterator[tuple[str, str]]:
    """Give every text that a path leads to."""
    return ((at.path, at.value) for at in each(document, pattern) if isinstance(at.value, str))


def node(value: Json) -> Node:
    """Return an object, or an empty one."""
    return value if isinstance(value, dict) else {}


def many(value: Json) -> list[Json]:
    """Return a list, or an empty one."""
    return value if isinstance(value, list) else []


def text(document: Json, pattern: str) -> str:
    """Return the first text that a path leads to, or ""."""
    return next((value for _, value in words(document, pattern)), "")


def texts(document: Json, pattern: str) -> list[str]:
    """Return every text that a path leads to."""
    return [value for _, value in words(document, pattern)]
