"""What a record waits for, desk by desk: the line, a person over there, an answer.

Normative: spec/link.md 6.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.moment import Moment, Span
from detente.node.ports import DISPUTED, HOME, Level
from detente.office import house, replies, unsent
from detente.office.fields import Values
from detente.office.ports import ShelfTx
from detente.office.reader import Reader, TableReader
from detente.office.register import Register
from detente.office.replies import Reply

UNATTENDED: Final = "UNATTENDED"  # stored, nobody at the desk
UNREAD: Final = "UNREAD"  # delivered, not read
READ_UNANSWERED: Final = "READ_UNANSWERED"  # read, its deadline past, not answered
GRACE: Final = Span(10_000)  # an office that runs opens what came in within this time
_REPLIES_MAX: Final = 256  # records that answer one
_KNOWING: Final = frozenset({"LIVE", DISPUTED})  # what is said over there reaches us now


@dataclass(frozen=True, slots=True)
class Wait:
    """One desk that a record waits for. state: of its link, or one of the three above.

    since: when this began, if that is known. why: words of the node about its link.
    """

    desk: str
    state: str
    since: Moment | None = None
    why: str = ""


def find(register: Register, tx: ShelfTx, row: Values, now: Moment) -> tuple[Wait, ...]:
    """Return what the record of this row waits for; register has seen the levels."""
    if row.text("kind").startswith(("sys.", "office.", "ack.")) or not row.flag("known"):
        return ()
    if is_by_itself(register, row):
        return ()
    look = TableReader(tx.rows)
    if not row.flag("ours"):
        return _here(register, look, row, now)
    if unsent.get(tx, row.data("mid")):
        return ()  # a person here decides on it
    own, places = register.book.card.name, register.places(tx, row.data("mid"))
    found = []
    for desk in row.texts("to"):
        if names.party_of(desk) != own:
            wait = _there(register, look, row, desk, places, now)
            found += [] if wait is None else [wait]
    return tuple(found)


def is_by_itself(register: Register, row: Values) -> bool:
    """Say whether a record is of a kind that no person is asked to read."""
    desk = register.desks.get(row.text("desk"))
    return desk is not None and row.text("kind") in desk.by_itself


def replies_to(register: Register, tx: ShelfTx, row: Values) -> tuple[Reply, ...]:
    """Return what the desks that a record is addressed to answered to it."""
    desks = row.texts("to")
    if not row.flag("ours"):
        desks = (register.address(row.text("desk")),)
    return replies.of(TableReader(tx.rows), row.data("mid"), desks)


def _here(register: Register, look: Reader, row: Values, now: Moment) -> tuple[Wait, ...]:
    desk = register.address(row.text("desk"))
    if look.get(house.READS, house.said_key(row.data("mid"), desk)) is None:
        return (Wait(desk, UNREAD, row.moment("kept_at")),)
    wait = _unanswered(look, row, desk, now)
    return () if wait is None else (wait,)


def _there(
    register: Register,
    look: Reader,
    row: Values,
    desk: str,
    places: list[tuple[str, int]],
    now: Moment,
) -> Wait | None:
    mid, party = row.data("mid"), names.party_of(desk)
    said = house.said_key(mid, desk)
    if look.get(house.READS, said) is not None or replies.of(look, mid, (desk,)):
        return _unanswered(look, row, desk, now)
    if look.get(house.REJECTS, said) is not None:
        return None  # refused; that is said by its level
    level = _line(register, party)
    if level is None:
        return None
    stood = [(register.levels[o], at) for o, at in places if o in register.levels]
    stored = [(each, at) for each, at in stood if each.peer == party and at < each.receipted]
    if not stored:
        is_told = level.state != "LIVE"  # else it is on its way
        return Wait(desk, level.state, level.since, level.why) if is_told else None
    if level.state not in _KNOWING:
        return Wait(desk, level.state, level.since, level.why)
    if names.desk_of(desk) in level.unattended:
        return Wait(desk, UNATTENDED)
    if any(_is_delivered(look, desk, each.origin, at) for each, at in stored):
        return Wait(desk, UNREAD)
    is_late = now - max(row.moment("kept_at"), level.since) > GRACE
    return Wait(desk, UNATTENDED) if is_late else None


def _line(register: Register, party: str) -> Level | None:
    # The newest epoch's log stands before older ones.
    own = (each for each in register.levels.values() if register.is_own(each))
    return next((each for each in own if each.peer == party and each.state != HOME), None)


def _is_delivered(look: Reader, desk: str, origin: str, place: int) -> bool:
    found = Values(look.get(house.DELIVERIES, house.delivery_key(desk, origin)) or {})
    missing = found.get("not", ())
    return found.whole("upto") > place and isinstance(missing, tuple) and place not in missing


def _unanswered(look: Reader, row: Values, desk: str, now: Moment) -> Wait | None:
    # A HOLD answers until it is over; any other answer answers.
    mid, due = row.data("mid"), row.get("deadline")
    for reply in replies.of(look, mid, (desk,)):
        due = reply.until if reply.answer == replies.HOLD else None
    if not isinstance(due, Moment) or now <= due:
        return None
    given = look.find(house.RECORDS, {"reply_to": mid}, None, _REPLIES_MAX)
    kinds = [each["kind"] for each in given if each["from"] == desk]
    if any(isinstance(kind, str) and not kind.startswith(("sys.", "ack.")) for kind in kinds):
        return None
    return Wait(desk, READ_UNANSWERED, due)
