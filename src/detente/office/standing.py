"""How far a record has come, from what the node and both offices said of it."""

from dataclasses import dataclass

from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import house
from detente.office.fields import Values
from detente.office.register import Register


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a record has come: the highest receipt level, and what each level rests on."""

    level: str
    origin: str
    place: int | None
    stored_upto: int
    read_at: Moment | None
    rejected: tuple[str, str, str] | None  # code, what, remedy


def find(register: Register, row: Values) -> Standing:
    """Return how far the record of this row has come."""
    register.see_levels()
    mid, origin, place = row.data("mid"), row.text("origin"), row.whole("place")
    level = register.levels.get(origin)
    receipted = level.receipted if level else 0
    with register.shelf.begin() as tx:
        read, reject = tx.rows(house.READS).get(mid), tx.rows(house.REJECTS).get(mid)
        opened = [
            Values(found)
            for address in row.texts("to")
            if (found := tx.rows(house.DELIVERIES).get(house.delivery_key(address, origin)))
        ]
    delivered = any(each.whole("upto") > place and place not in _wholes(each) for each in opened)
    return Standing(
        level=_level(row, level, read=bool(read), rejected=bool(reject), delivered=delivered),
        origin=origin,
        place=place if origin else None,
        stored_upto=receipted,
        read_at=Values(read).moment("at") if read else None,
        rejected=_reason(Values(reject)) if reject else None,
    )


def _wholes(row: Values) -> tuple[object, ...]:
    found = row.get("not", ())
    return found if isinstance(found, tuple) else ()


def _reason(row: Values) -> tuple[str, str, str]:
    return row.text("code"), row.text("what"), row.text("remedy")


def _level(row: Values, level: Level | None, *, read: bool, rejected: bool, delivered: bool) -> str:
    if not row.flag("ours"):
        return "READ" if read else "KEPT"
    if rejected:
        return "REJECTED"
    if read:
        return "READ"
    if delivered:
        return "DELIVERED"
    if level is None:
        return "SUBMITTED"
    return "STORED" if level.receipted > row.whole("place") else "SENT"
