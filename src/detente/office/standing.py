"""How far a record has come, from what the node and both offices said of it."""

from dataclasses import dataclass
from typing import Final

from detente.core import limits, names
from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import house, samples, scan_rows, unsent
from detente.office.fields import Values
from detente.office.reader import Reader, TableReader, every
from detente.office.register import Register
from detente.office.tables import Table

LEVELS: Final = ("SUBMITTED", "SENT", "STORED", "DELIVERED", "READ")
STORED_PQ: Final = "STORED-PQ"  # STORED, and the receipt bears both legs


@dataclass(frozen=True, slots=True)
class Standing:
    """How far a record has come, and what that rests on.

    level: of a record of ours, what every party addressed has reached; REJECTED if one refused it,
    REFUSED if our own node did and it waits for a person. Of a record of a peer, KEPT or READ.
    origin and place: the log that sorts first, "" and None while it stands in none. stored_upto:
    how much of that log the peer receipted. confirmed: every party that it is for signed with both
    legs; beside DELIVERED and READ, which say nothing of that, the level does not tell.
    """

    level: str
    origin: str
    place: int | None
    stored_upto: int
    confirmed: bool
    read_at: Moment | None
    rejected: tuple[str, str, str] | None  # code, what, remedy
    refused: tuple[str, str, str] | None = None  # by our own node


@dataclass(frozen=True, slots=True)
class FileState:
    """One file of a record. done: bytes of it that are here, or of ours, that the peer has.

    attached: the desks that say it is whole there. sample: who calls it one, SENDER or a person
    here, or SCANNER; "" for nobody. scan: what a scanner here said of it, CLEAN, FOUND, UNSURE or
    NONE; "" for one of ours, which nobody looks into. said: its own words.
    """

    number: int
    name: str
    size: int
    done: int
    attached: tuple[str, ...]
    sample: str = ""
    scan: str = ""
    said: str = ""

    @property
    def percent(self) -> int:
        """How much of it has arrived, from 0 to 100; 100 only if all of it has."""
        return 100 if self.done == self.size else self.done * 100 // self.size


def files(register: Register, row: Values) -> tuple[FileState, ...]:
    """Return how far the files of the record of this row are."""
    mid, ours = row.data("mid"), row.flag("ours")
    with register.shelf.begin() as tx:
        look = TableReader(tx.rows)
        rows = list(every(look, house.FILES, {"mid": mid}))
        said = list(every(look, house.ATTACHED, {"of": mid}))
    if not rows:
        return ()
    states = {each.aid: each for each in register.hatch.blob_states([r.data("aid") for r in rows])}
    found, called = [], samples.Samples(register.shelf)
    for each in rows:
        aid, size = each.data("aid"), each.whole("size")
        told = tuple(one.text("from") for one in said if one.data("aid") == aid)
        told = tuple(who for who in told if not ours or who in row.texts("to"))
        state, done = states.get(aid), 0
        if state is not None and not ours:
            done = size if state.whole else min(size - 1, state.held * limits.CHUNK)
        elif state is not None:
            # Nobody is offered it any more, or they asked past so many chunks.
            done = size if state.sent is None else min(size - 1, state.sent * limits.CHUNK)
        number, name = each.whole("number"), each.text("name")
        who = samples.SENDER if samples.is_named(name) else called.who(mid, number)
        scan = scan_rows.Scan("") if ours else scan_rows.find(register.shelf, mid, number)
        if scan.word == scan_rows.FOUND:
            who = who or samples.SCANNER
        found.append(FileState(number, name, size, max(0, done), told, who, scan.word, scan.said))
    return tuple(found)


def find(register: Register, row: Values) -> Standing:
    """Return how far the record of this row has come."""
    register.see_levels()
    mid, origin = row.data("mid"), row.text("origin")
    with register.shelf.begin() as tx:
        look = TableReader(tx.rows)
        held = unsent.get(tx, mid)
        places = register.places(tx, mid)
        # What others say of a record counts only from desks that it was addressed to.
        who = row.texts("to") if row.flag("ours") else (register.address(row.text("desk")),)
        reads = _said(look, house.READS, mid, who)
        rejects = _said(look, house.REJECTS, mid, who)
        levels = register.levels
        stands: dict[str, list[tuple[Level, int]]] = {}
        for each, at in places:
            if each in levels:  # of one peer there may be an older log too
                stands.setdefault(levels[each].peer, []).append((levels[each], at))
        if row.flag("ours"):
            level = _level(look, row, stands, {each.text("from") for each in reads})
        else:
            level = "READ" if reads else "KEPT"
    if level in ("DELIVERED", "READ"):
        # Refused for an old key, sealed anew, and opened then.
        rejects = [each for each in rejects if each.text("code") != "E_DESK"]
    known = register.levels.get(origin)
    confirmed = _is_confirmed(row, stands)
    if level == "STORED" and confirmed:
        level = STORED_PQ
    return Standing(
        level="REFUSED" if held else "REJECTED" if rejects and row.flag("ours") else level,
        origin=origin,
        place=row.whole("place") if origin else None,
        stored_upto=known.receipted if known else 0,
        confirmed=confirmed,
        read_at=min(each.moment("at") for each in reads) if reads else None,
        rejected=_reason(rejects[0]) if rejects else None,
        refused=_reason(held) if held else None,
    )


def _is_confirmed(row: Values, stands: dict[str, list[tuple[Level, int]]]) -> bool:
    # Of ours, by every other party addressed; of theirs, by us.
    addresses = row.texts("to") if row.flag("ours") else (row.text("from"),)
    parties = {names.party_of(each) for each in addresses}
    if row.flag("ours"):
        parties.discard(names.party_of(row.text("from")))
    logs = [stands.get(party, []) for party in parties]
    return bool(logs) and all(any(at < level.confirmed for level, at in each) for each in logs)


def _said(look: Reader, table: Table, mid: bytes, who: tuple[str, ...]) -> list[Values]:
    rows = [look.get(table, house.said_key(mid, each)) for each in who]
    return [Values(row) for row in rows if row is not None]


def _reason(row: Values) -> tuple[str, str, str]:
    return row.text("code"), row.text("what"), row.text("remedy")


def _level(
    look: Reader, row: Values, stands: dict[str, list[tuple[Level, int]]], read: set[str]
) -> str:
    """Return the least that the parties addressed have reached; of one party, its best desk."""
    own = names.party_of(row.text("from"))
    foreign = [each for each in row.texts("to") if names.party_of(each) != own]
    reached: dict[str, int] = {}
    for address in foreign or row.texts("to"):
        party = names.party_of(address)
        is_read = address in read
        ranks = [
            _rank(look, address, *each, is_read=is_read)
            for each in stands.get(party if foreign else "", [])
        ]
        reached[party] = max([reached.get(party, 0), *ranks])
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
