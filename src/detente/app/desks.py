"""The desks of this house. To add one: a folder in desks/, and a line here."""

from typing import Final

from detente.desks.cert.desk import DESK as CERT
from detente.office.desk import Desk

DESKS: Final[tuple[Desk, ...]] = (CERT,)
SECOND_PERSON: Final = frozenset(
    kind.name for desk in DESKS for kind in desk.kinds if kind.second_person
)
