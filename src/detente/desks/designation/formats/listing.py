"""What we apply of a peer's designations as a list that the screening engine reads: a line for each.

Nothing but the adoption goes in: whom we mean and what we apply. Reasons have no way here.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from detente.office.fields import Values
from detente.screening.listed import (
    AIRCRAFT,
    ORGANIZATION,
    ORIGINAL,
    PERSON,
    STRONG,
    VESSEL,
    WEAK,
    Alias,
    Listed,
    Paper,
)
from detente.screening.lists.rows import OWN_FORM, Head

SCHEMA: Final = {
    "person": PERSON, "organization": ORGANIZATION, "vessel": VESSEL, "aircraft": AIRCRAFT,
    "entity": "LegalEntity",
}  # fmt: skip
_QUALITY: Final = {"strong": STRONG, "weak": WEAK, "original": ORIGINAL}


def source_of(party: str) -> str:
    """Return the name of the list that a party's designations make here."""
    return f"peer.{party}"


def listed(party: str, number: str, basis: str, adoption: Values) -> Listed:
    """Return one entity of the list: as adopted, under the author's number."""
    first, *others = adoption.parts("name")
    return Listed(
        id=number,
        schema=SCHEMA[adoption.text("schema")],
        names=(first.text("name"),),
        aliases=tuple(
            Alias(each.text("name"), _QUALITY[each.text("quality", "strong")]) for each in others
        ),
        births=adoption.texts("birth") if "birth" in adoption else (),
        countries=adoption.texts("country") if "country" in adoption else (),
        ids=tuple(
            Paper(each.text("value"), each.text("type"), each.text("country") or None)
            for each in (adoption.parts("paper") if "paper" in adoption else ())
        ),
        programs=(basis, *adoption.texts("measure")),
        source=source_of(party),
    )


def lines(entities: Iterable[Listed]) -> str:
    """Return a list as our own JSON lines, in the order of its numbers: the same list, the same bytes.

    Its head says how many follow, so that a list that nobody is on any more can say so.
    """
    found = sorted(entities, key=lambda each: each.id)
    head = Head(OWN_FORM, len(found))
    return "".join(f"{msgspec.json.encode(each).decode()}\n" for each in (head, *found))
