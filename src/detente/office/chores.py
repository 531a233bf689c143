"""What a desk says by itself when its time has come: no person asks, its own signer signs.

A chore is pure: of the tables and the moment it makes drafts. It must see in its tables that it was
done, for it is asked again and again; what it made stands there before it is asked again. One that
is asked while the desk is closed sees no tables of it, and heads of records alone.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from detente.core import record
from detente.core.errors import Fault, OurFault, TheirFault
from detente.core.moment import Moment, Span
from detente.office import courses, house, items
from detente.office.alarms import COMMAND, Ring
from detente.office.desk import Desk, Role
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.items import Item
from detente.office.people import Person
from detente.office.ports import ShelfTx
from detente.office.post import Post
from detente.office.reader import TableReader
from detente.office.register import Register
from detente.office.scene import Alert, Chore, Head, Scene
from detente.office.writing import Written

EVERY: Final = Span.of(seconds=5)  # how often a desk is asked
MOST: Final = 20  # records of one desk at a time
PAUSE: Final = Span.of(seconds=60)  # longer without being asked, and the desks were not watched
_HEADS_MAX: Final = 100  # records of one matter


class Chores:
    """The chores of one office's desks. asks: whether our own rules want two people for a kind."""

    def __init__(self, register: Register, post: Post, asks: Callable[[str], bool]) -> None:
        self._register, self._post, self._asks = register, post, asks
        self._asked: Moment | None = None
        self.faults: dict[str, Fault] = {}  # what stopped a desk's chores the last time
        self.rings: list[Ring] = []  # for who runs the command, which takes them out
        self._since: Moment | None = None
        self._rung: set[tuple[str, Alert]] = set()

    def due(self) -> Moment | None:
        """Return when to ask again; None where no desk has chores."""
        desks = self._register.desks.values()
        busy = (each for each in desks if each.chores or each.chores_closed or each.alerts)
        if not any(self._is_ours(each.name) for each in busy):
            return None
        return Moment(0) if self._asked is None else self._asked + EVERY

    def turn(self, now: Moment) -> None:
        """Ask every desk that is open what is due, and send it. Raises OurFault as Hatch.submit does."""
        due = self.due()
        clock_went_back = self._asked is not None and now < self._asked
        if due is None or (now < due and not clock_went_back):
            return
        if self._since is None or clock_went_back or self._paused(now):
            self._since = now
        self._asked = now
        for desk in self._register.desks.values():
            if not self._is_ours(desk.name):
                continue
            closed = self._register.keys.is_closed(desk.name)
            chores = desk.chores_closed if closed else (*desk.chores, *desk.chores_closed)
            if chores:
                self._turn(desk, chores, now)
            self._ring(desk, now)

    def _paused(self, now: Moment) -> bool:
        return self._asked is not None and now - self._asked > PAUSE

    def _is_ours(self, desk: str) -> bool:
        return desk in self._register.book.card.desks and self._register.keys.serves(desk)

    def _ring(self, desk: Desk, now: Moment) -> None:
        # Once for each: what goes on is on the list, and does not ring again.
        stand = {(desk.name, each) for each in self.alerts(desk, now)}
        for _, fresh in sorted(stand - self._rung, key=lambda each: each[1].since):
            self.rings.append(Ring(COMMAND, desk.name, 1, fresh.since, ()))
        self._rung = {each for each in self._rung if each[0] != desk.name} | stand

    def alerts(self, desk: Desk, now: Moment) -> list[Alert]:
        """Return what a desk wants its people to see at once."""
        if not desk.alerts:
            return []
        with self._register.shelf.begin() as tx:
            scene = self._scene(desk.name, tx)
            return [each for alerting in desk.alerts for each in alerting(scene, now)]

    def items(self, person: Person, now: Moment) -> list[Item]:
        """Return the alerts of a person's desks, for the list of what waits."""
        return [
            _item(desk.name, each)
            for desk in self._register.desks.values()
            if desk.alerts and self._is_ours(desk.name) and person.stands(desk.name, Role.READ)
            for each in self.alerts(desk, now)
        ]

    def _turn(self, desk: Desk, chores: Sequence[Chore], now: Moment) -> None:
        self._post.fold_all()
        drafts: list[Draft] = []
        with self._register.shelf.begin() as tx:
            scene = self._scene(desk.name, tx)
            for chore in chores:
                drafts += chore(TableReader(tx.rows), scene, now)
        self.faults.pop(desk.name, None)
        if not drafts:
            return
        written: list[Written] = []
        for each in drafts[:MOST]:
            try:
                signer = self._post.unattended(desk.name)
                letter = self._post.letter(each, desk.name)
                written.append(self._post.write(letter, signer))
            except OurFault as fault:
                self._stopped(desk, fault)  # one peer without the desk must not stop the rest
        try:
            if written:
                self._post.post(written, now)
        except (OurFault, TheirFault) as fault:  # theirs: our node refused it by the peer's rules
            self._stopped(desk, fault)
        self._post.fold_all()

    def _stopped(self, desk: Desk, fault: Fault) -> None:
        if fault.code.startswith(("hatch.", "store.")):
            raise fault
        self.faults[desk.name] = fault

    def _scene(self, desk: str, tx: ShelfTx) -> Scene:
        book = self._register.book
        peers = (name for name, card in book.peers.items() if desk in card.desks)
        return Scene(
            self._register.address(desk),
            tuple(sorted(f"{desk}@{each}" for each in peers)),
            self._since or Moment(0),
            partial(_heads, tx),
            self._paths,
            self._asks_two,
        )

    def _asks_two(self, prec: str, kind: str) -> bool:
        return self._asks(kind) or record.asks_two(prec, kind, self._register.second_person)

    def _paths(self, party: str) -> Sequence[tuple[str, bool]]:
        found = self._register.hatch.paths()
        return [(each.path, each.is_open) for each in found if each.party == party]


def _heads(tx: ShelfTx, matter: str) -> tuple[Head, ...]:
    rows = tx.rows(house.RECORDS).find({"matter": matter}, None, _HEADS_MAX)
    return tuple(map(_head, map(Values, rows)))


def _head(row: Values) -> Head:
    return Head(
        row.data("mid"), row.text("kind"), row.text("from"), row.flag("ours"),
        row.moment("kept_at"), row.data("reply_to") if "reply_to" in row else None,
    )  # fmt: skip


def _item(desk: str, alert: Alert) -> Item:
    return Item(
        key=courses.place(
            alert.since, alert.since, items.ALERT, f"{desk}/{alert.word}/{alert.party}"
        ),
        what=items.ALERT,
        words=(f"{desk}.{alert.word}", (("who", alert.party),)),
        desk=desk,
        from_=alert.party,
        since=alert.since,
    )
