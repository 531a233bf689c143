"""The home record of a person, its rows, and a person from a row.

Each record says all of a person, and counts up: the highest serial rules, in whatever order they
come; so a refold gives equal rows, and the rows are the history. Source: docs/operate/people.md.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from detente.office import kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Mid, Values, When
from detente.office.people import House, Person, Place, roles_of
from detente.office.tables import Row, Rows, Table

PEOPLE: Final = Table(
    name="house_people",
    key="mid",
    columns=(Field("mid", Mid()), Field("at", When()), *kinds.PERSON.fields),
    find_by=(("name",), ("user",), ("signer",)),
)


def _fold(rows: Rows, record: Opened) -> None:
    rows.put({**record.body, "mid": record.mid, "at": record.created})


FOLD: Final = Fold(PEOPLE, (kinds.PERSON,), _fold)


def body_of(person: Person, event: str, by: str, why: str = "") -> Values:
    """Return the body of the record that makes a person what they are now."""
    places = tuple(
        Values({"desk": desk, "place": place.value})
        for desk, place in sorted(person.places.items())
    )
    return Values(
        {
            "name": person.name,
            "serial": person.serial,
            "event": event,
            "display": person.shown,
            "user": person.user,
            "signer": person.signer_id or None,
            "places": places,
            "house": tuple(sorted(each.value for each in person.house)),
            "language": person.language or None,
            "theme": person.theme or None,
            "active": person.active,
            "by": by,
            "why": why or None,
        }
    )


def person_of(row: Row) -> Person:
    """Return the person that one row says."""
    told = Values(row)
    places = {each.text("desk"): Place(each.text("place")) for each in told.parts("places")}
    return Person(
        name=told.text("name"),
        user=told.text("user") or None,
        signer_id=told.text("signer"),
        roles=roles_of(places),
        display=told.text("display"),
        places=places,
        house=frozenset(House(each) for each in told.texts("house")),
        language=told.text("language"),
        theme=told.text("theme"),
        active=told.flag("active"),
        serial=told.whole("serial"),
    )


def newest(rows: Iterable[Row]) -> dict[str, Row]:
    """Return the row that rules for each name, in the order of names.

    Two of one serial can only come of a restored office; the greater mid rules, on every refold.
    """
    found: dict[str, Row] = {}
    for row in rows:
        told = Values(row)
        known = found.get(told.text("name"))
        if known is None or _rank(told) > _rank(Values(known)):
            found[told.text("name")] = row
    return dict(sorted(found.items()))


def _rank(row: Values) -> tuple[int, bytes]:
    return row.whole("serial"), row.data("mid")


def next_of(person: Person) -> Person:
    """Return the same person as the next record will have them."""
    return replace(person, serial=person.serial + 1)
