"""What goes by itself: under orders that people signed, one act at a time, in their name.

Each is an act like any other: checked, numbered, signed, in the home log under a request that names
the order. So a crash repeats none, two people agree where the law or the house asks for two, and who
may no longer act is obeyed no longer. Source: decision 0073.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Protocol

from detente.core import limits
from detente.core.errors import Fault, OurFault
from detente.core.moment import Moment, Span
from detente.core.record import mid_text
from detente.office import courses, items
from detente.office.automatic import DONE, ORDERS, WHY_MAX, Automatic, Order, Step
from detente.office.desk import Desk, Role
from detente.office.fields import Value, Values
from detente.office.items import Item
from detente.office.people import Person
from detente.office.post import Outcome, Post
from detente.office.reader import TableReader
from detente.office.register import Register

RATE: Final = limits.MAX_ORDER_RATE  # records of one order in a minute
EVERY: Final = Span(1_000)  # so often it is looked whether there is something
AGAIN: Final = Span(60_000)  # after a fault that is none of the record's
ORDERS_MAX: Final = 512
_MINUTE: Final = Span(60_000)
_OF_RECORD: Final = ("form", "exchange", "stix", "misp", "csaf")  # beside the desk's own codes


class Acting(Protocol):
    """What sends in a person's name: Office.act."""

    def __call__(
        self, person: Person, name: str, values: Values, now: Moment, request: str = ""
    ) -> Outcome:
        """Do it; raises OurFault."""
        ...


class HandingOn:
    """Carries out the orders of one office's desks. may: whether the settings let a desk act unattended.

    as_now: a person as they stand without a session; the roof sets both.
    """

    def __init__(
        self,
        register: Register,
        post: Post,
        people: Callable[[Moment], Sequence[Person]],
        act: Acting,
    ) -> None:
        self._register, self._post, self._people, self._act = register, post, people, act
        self.may: Callable[[str], bool] = lambda _: True
        self.as_now: Callable[[Person, Moment], Person] = lambda person, _: person
        self._sent: dict[bytes, deque[Moment]] = {}
        self._again: dict[bytes, Moment] = {}
        self._look_at = Moment(0)

    def turn(self, now: Moment) -> float | None:
        """Do at most one step of each order; return the seconds until the next turn, None for no order.

        Raises what the home log raises.
        """
        if now < self._look_at:
            return (self._look_at - now).ms / 1000
        self._look_at = now + EVERY
        self._post.fold_all()
        found, did = False, False
        for desk in self._register.desks.values():
            if desk.automatic is None:
                continue
            for order in self._orders(desk.automatic, now):
                found = True
                did = self._try(desk, desk.automatic, order, now) or did
        if did:
            self._look_at = now
            return 0.0
        return EVERY.ms / 1000 if found else None

    def items(self, person: Person, now: Moment) -> Iterable[Item]:
        """Return the orders that cannot be carried out, for who works at their desk."""
        with self._register.shelf.begin() as tx:
            rows = [Values(row) for row in tx.rows(ORDERS).find({}, None, ORDERS_MAX)]
        standing = {
            order.mid
            for desk in self._register.desks.values()
            if desk.automatic is not None
            for order in self._orders(desk.automatic, now)
        }
        return [
            _item(row)
            for row in rows
            if "fault" in row
            and row.data("order") in standing
            and person.stands(row.text("desk"), Role.READ)
        ]

    def _orders(self, automatic: Automatic, now: Moment) -> Sequence[Order]:
        with self._register.shelf.begin() as tx:
            return automatic.orders(TableReader(tx.rows), now)

    def _try(self, desk: Desk, automatic: Automatic, order: Order, now: Moment) -> bool:
        sent = self._sent.setdefault(order.mid, deque())
        while sent and now >= sent[0] + _MINUTE:
            sent.popleft()
        if len(sent) >= RATE or now < self._again.get(order.mid, Moment(0)):
            return False
        with self._register.shelf.begin() as tx:
            upto = Values(tx.rows(ORDERS).get(order.mid) or {}).whole("upto", -1)
            step = automatic.next(TableReader(tx.rows), order, upto, now)
        if step is None:
            return False
        try:
            self._carry_out(desk, order, step, now)
        except Fault as fault:
            self._again[order.mid] = now + AGAIN
            self._tell(desk, order, upto, fault, now)
            return False
        return True

    def _carry_out(self, desk: Desk, order: Order, step: Step, now: Moment) -> None:
        if step.wish is None:
            self._done(desk, order, step, "stays", step.why, (), now)
            return
        person = self._person(desk, order, now)
        request = f"automatic.{mid_text(order.mid)}.{mid_text(step.of)}"
        try:
            outcome = self._act(person, step.wish.act, step.wish.values, now, request)
        except OurFault as fault:
            if fault.code.partition(".")[0] not in (desk.name, *_OF_RECORD):
                raise
            self._done(desk, order, step, "not_sent", f"{fault.code}: {fault.what}", (), now)
            return
        self._sent[order.mid].append(now)
        waits = (*outcome.waiting, *outcome.held)
        state = "waits" if waits else "sent"
        self._done(desk, order, step, state, "", (*outcome.mids, *waits), now)

    def _person(self, desk: Desk, order: Order, now: Moment) -> Person:
        if not self.may(desk.name):
            raise OurFault(
                "desk.unattended",
                f"office.unattended does not let {desk.name} act by itself",
                "send it yourself; or name the desk there",
            )
        self._register.keys.check_open(desk.name)
        for each in self._people(now):
            if each.active and each.signer_id == order.author and each.may(desk.name, Role.AUTHOR):
                return self.as_now(each, now)
        raise OurFault(
            "office.forbidden",
            f"who arranged it ({order.author}) may send nothing at {desk.name} any more",
            "have somebody who may arrange it anew",
        )

    def _done(
        self, desk: Desk, order: Order, step: Step, state: str, why: str, made: Sequence[bytes],
        now: Moment,
    ) -> None:  # fmt: skip
        row: dict[str, Value] = {"order": order.mid, "of": step.of, "party": order.party, "at": now}
        row |= {"state": state, "why": why[:WHY_MAX] or None, "made": made[0] if made else None}
        with self._register.shelf.begin() as tx:
            tx.rows(DONE).put({"place": f"{order.mid.hex()} {step.of.hex()}", **row})
            tx.rows(ORDERS).put(_order_row(desk, order, step.place))

    def _tell(self, desk: Desk, order: Order, upto: int, fault: Fault, now: Moment) -> None:
        with self._register.shelf.begin() as tx:
            before = Values(tx.rows(ORDERS).get(order.mid) or {})
            since = before.moment("since") if "since" in before else now
            told: dict[str, Value] = {
                "fault": f"{fault.code}: {fault.what}"[:WHY_MAX],
                "since": since,
            }
            tx.rows(ORDERS).put({**_order_row(desk, order, upto), **told})


def _order_row(desk: Desk, order: Order, upto: int) -> dict[str, Value]:
    row: dict[str, Value] = {"order": order.mid, "party": order.party, "desk": desk.name}
    return {**row, "upto": max(upto, 0), "fault": None, "since": None}


def _item(row: Values) -> Item:
    since = row.moment("since")
    return Item(
        key=courses.place(since, since, items.AUTOMATIC, row.data("order").hex()),
        what=items.AUTOMATIC,
        words=(
            f"ui.todo.{items.AUTOMATIC}",
            (("party", row.text("party")), ("why", row.text("fault"))),
        ),
        desk=row.text("desk"),
        from_=row.text("party"),
        since=since,
        mid=row.data("order"),
        acts=("cert/automatic",),
    )
