"""How far a record has come, from what the node and both offices said of it."""

from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import house
from detente.office.desk import Reader, TableReader
from detente.office.fields import Values
from detente.office.register import Register
from detente.office.tables import Table

LEVELS: Final = ("SUBMITTED", "SENT", "STORED", "DELIVERED", "READ")


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a record has come, and what that rests on.

    level: of a record of ours, what every party addressed has reached; REJECTED if one refused it.
    Of a record of a peer, KEPT or READ. origin and place: the log that sorts first, "" and None
    while it stands in none. stored_upto: how much of that log the peer receipted.
    """

    level: str
    origin: str
    place: int | None
    stored_upto: int
    read_at: Moment | None
    rejected: tuple[str, str, str] | None  # code, what, remedy


def find(register: Register, row: Values) -> Standing:
    """Return how far the record of this row has come."""
    register.see_levels()
    mid, origin = row.data("mid"), row.text("origin")
    with register.shelf.begin() as tx:
        look = TableReader(tx.rows)
        places = register.places(tx, mid)
        # What others say of a record counts only from desks that it was addressed to.
        who = row.texts("to") if row.flag("ours") else (register.address(row.text("desk")),)
        reads = _said(look, house.READS, mid, who)
        rejects = _said(look, house.REJECTS, mid, who)
        if row.flag("ours"):
            levels = register.levels
            stands = {
                levels[each].peer: (levels[each], at) for each, at in places if each in levels
            }
            level = _level(look, row, stands, {each.text("from") for each in reads})
        else:
            level = "READ" if reads else "KEPT"
    known = register.levels.get(origin)
    return Standing(
        level="REJECTED" if rejects and row.flag("ours") else level,
        origin=origin,
        place=row.whole("place") if origin else None,
        stored_upto=known.receipted if known else 0,
        read_at=min(each.moment("at") for each in reads) if reads else None,
        rejected=_reason(rejects[0]) if rejects else None,
    )


def _said(look: Reader, table: Table, mid: bytes, who: tuple[str, ...]) -> list[Values]:
    rows = [look.get(table, house.said_key(mid, each)) for each in who]
    return [Values(row) for row in rows if row is not None]


def _reason(row: Values) -> tuple[str, str, str]:
    return row.text("code"), row.text("what"), row.text("remedy")


def _level(look: Reader, row: Values, stands: dict[str, tuple[Level, int]], read: set[str]) -> str:
    """Return the least that the parties addressed have reached; of one party, its best desk."""
    own = names.party_of(row.text("from"))
    foreign = [each for each in row.texts("to") if names.party_of(each) != own]
    reached: dict[str, int] = {}
    for address in foreign or row.texts("to"):
        party = names.party_of(address)
        stand = stands.get(party if foreign else "")
        rank = 0 if stand is None else _rank(look, address, *stand, is_read=address in read)
        reached[party] = max(rank, reached.get(party, 0))
    return LEVELS[min(reached.values())]


def _rank(look: Reader, address: str, level: Level, place: int, *, is_read: bool) -> int:
    if level.receipted <= place:
        return LEVELS.index("SENT")
    if is_read:
        return LEVELS.index("READ")
    found = look.get(house.DELIVERIES, house.delivery_key(address, level.origin))
    said = Values(found or {})
    opened = said.whole("upto") > place and place not in _wholes(said)
    return LEVELS.index("DELIVERED" if opened else "STORED")


def _wholes(row: Values) -> tuple[object, ...]:
    found = row.get("not", ())
    return found if isinstance(found, tuple) else ()
