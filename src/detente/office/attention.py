"""What of an office waits for somebody: records that nobody opened over there, or read here."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from detente.core import names
from detente.core.moment import Moment
from detente.node.ports import Level
from detente.office import house, kinds, waits
from detente.office.fields import Values
from detente.office.ports import ShelfTx
from detente.office.register import Register
from detente.office.replies import DECLINED

SCAN_MAX: Final = 20_000  # records looked at; an office with more has other means
_PAGE: Final = 1_000
PEOPLE: Final = (waits.UNATTENDED, waits.UNREAD, waits.READ_UNANSWERED)


@dataclass(frozen=True, slots=True)
class Waits:
    """How many records wait for one thing, and since when the oldest does."""

    count: int = 0
    since: Moment | None = None

    def plus(self, at: Moment) -> "Waits":
        """Return it with one more."""
        return Waits(self.count + 1, at if self.since is None else min(self.since, at))


@dataclass(frozen=True, slots=True)
class Attention:
    """Stored over there and not opened; kept here and not read. whole: all records were seen.

    desks: of the records of ours that wait for a person over there, by party and state (waits.py);
    declined: those that a desk over there declined, by party. owed: of records of peers, those
    whose answer here is overdue.
    """

    undelivered: Waits
    unread: Waits
    whole: bool
    desks: Mapping[tuple[str, str], Waits]
    declined: Mapping[str, Waits]
    owed: Waits


def find(register: Register, tx: ShelfTx, now: Moment) -> Attention:
    """Return what waits, of the records of this party's desks; register has seen the levels."""
    party, levels = register.book.card.name, register.levels
    undelivered = unread = owed = Waits()
    desks: dict[tuple[str, str], Waits] = {}
    declined: dict[str, Waits] = {}
    seen = 0
    for row in records(tx):
        seen += 1
        for each in waits.find(register, tx, row, now):
            since, who = each.since or row.moment("kept_at"), names.party_of(each.desk)
            if each.state in PEOPLE and row.flag("ours"):
                desks[who, each.state] = desks.get((who, each.state), Waits()).plus(since)
            elif each.state == waits.READ_UNANSWERED:
                owed = owed.plus(since)
        for reply in waits.replies_to(register, tx, row) if row.flag("ours") else ():
            if reply.answer == DECLINED:
                who = names.party_of(reply.desk)
                declined[who] = declined.get(who, Waits()).plus(reply.at)
        if row.text("kind").startswith(("sys.", "office.")) or waits.is_by_itself(register, row):
            continue
        if row.flag("ours"):
            if _is_stored(row, levels) and not _is_delivered(tx, row, levels):
                undelivered = undelivered.plus(row.moment("kept_at"))
        elif row.flag("known") and row.text("kind") not in kinds.HOUSE:
            who = house.said_key(row.data("mid"), f"{row.text('desk')}@{party}")
            if tx.rows(house.READS).get(who) is None:
                unread = unread.plus(row.moment("kept_at"))
    return Attention(undelivered, unread, seen < SCAN_MAX, desks, declined, owed)


def records(tx: ShelfTx) -> Iterator[Values]:
    """Return rows of the house's records, at most SCAN_MAX, in no order that means anything."""
    after: bytes | None = None
    for _ in range(SCAN_MAX // _PAGE):
        rows = [Values(row) for row in tx.rows(house.RECORDS).find({}, after, _PAGE)]
        yield from rows
        if len(rows) < _PAGE:
            return
        after = rows[-1].data("mid")


def _is_stored(row: Values, levels: Mapping[str, Level]) -> bool:
    level = levels.get(row.text("origin"))
    return level is not None and bool(level.peer) and row.whole("place") < level.receipted


def _is_delivered(tx: ShelfTx, row: Values, levels: Mapping[str, Level]) -> bool:
    # Of a record to several parties the log that sorts first speaks: the doctor wants a sign.
    origin, place = row.text("origin"), row.whole("place")
    peer = levels[origin].peer
    desks = [each for each in row.texts("to") if names.party_of(each) == peer]
    return all(_opened(tx, desk, origin, place) for desk in desks)


def _opened(tx: ShelfTx, desk: str, origin: str, place: int) -> bool:
    found = tx.rows(house.DELIVERIES).get(house.delivery_key(desk, origin))
    # One that was refused lies below `upto` as well: it was answered, and stands elsewhere.
    return found is not None and place < Values(found).whole("upto")
