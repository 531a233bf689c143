"""A STIX object in one line, what it names, and the times it tells. Pure."""

from collections.abc import Iterator
from typing import Final

from detente.core import limits
from detente.desks.cert.formats import plain
from detente.desks.cert.formats.jcs import Json
from detente.desks.cert.formats.notes import Object

# In the order in which they are told.
TIMES: Final = (
    "created", "modified", "valid_from", "valid_until", "first_seen", "last_seen", "first_observed",
    "last_observed", "start_time", "stop_time", "published",
)  # fmt: skip
_NAMED: Final = (
    "name", "value", "relationship_type", "pattern", "path", "key", "subject", "abstract", "content",
    "opinion", "product", "command_line", "user_id", "account_login", "serial_number", "description",
)  # fmt: skip
REFS_MAX: Final = limits.MAX_REFS  # of one object


def title_of(one: Object) -> str:
    """Return what an object is called, in one line of at most 200 characters; "" for nothing."""
    for name in _NAMED:
        value = one.get(name)
        if isinstance(value, str) and value.strip():
            return " ".join("".join(c if c.isprintable() else " " for c in value[:400]).split())[
                :200
            ]
    hashes = one.get("hashes")
    found = hashes.values() if isinstance(hashes, dict) else ()
    return next((each for each in found if isinstance(each, str)), "")[:200]


def refs_of(one: Object) -> Iterator[tuple[str, str]]:
    """Walk what an object names: the property, and the id; markings are left out."""
    count = 0
    for name, value in one.items():
        if not name.endswith(("_ref", "_refs")) or name == "object_marking_refs":
            continue
        for each in _ids(value):
            count += 1
            if count > REFS_MAX:
                return
            yield name, each


def _ids(value: Json) -> list[str]:
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, str) and plain.type_of(each)]
