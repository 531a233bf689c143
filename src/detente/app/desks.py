"""The desks of this house. To add one: a folder in desks/, and a line here."""

from collections.abc import Iterable
from typing import Final

from detente.core.errors import OurFault
from detente.desks.cert.desk import DESK as CERT
from detente.desks.designation.desk import DESK as DESIGNATION
from detente.desks.hotline.desk import DESK as HOTLINE
from detente.desks.notices.desk import DESK as NOTICES
from detente.office.desk import Desk

DESKS: Final[tuple[Desk, ...]] = (CERT, NOTICES, HOTLINE, DESIGNATION)
SECOND_PERSON: Final = frozenset(
    kind.name for desk in DESKS for kind in desk.kinds if kind.second_person
)


def named(name: str) -> Desk:
    """Return the desk of a name that this house knows."""
    return next(each for each in DESKS if each.name == name)


def check_desks(names: Iterable[str]) -> tuple[str, ...]:
    """Return names of desks, each once. Raises OurFault("form.choice") for one not known here."""
    known = [each.name for each in DESKS]
    found = tuple(dict.fromkeys(names))
    strange = [each for each in found if each not in known]
    if strange:
        raise OurFault("form.choice", f"{strange[0][:40]!r} is no desk", f"use {', '.join(known)}")
    return found
