"""What a desk may let go by itself, declared as values: orders, and what is next under each.

An order follows from a record that a person of ours signed; the office carries it out (handing_on).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from detente.core.moment import Moment
from detente.office.fields import Field, LongText, Mid, OneOf, Text, When, Whole
from detente.office.offering import Look, Wish
from detente.office.tables import Table

STATES: Final = ("sent", "waits", "stays", "not_sent")
WHY_MAX: Final = 500  # characters

DONE: Final = Table(  # no fold: what this office did by itself, and with what
    name="automatic_done",
    key="place",
    columns=(
        Field("place", Text(80)),  # the order, a blank, and the record
        Field("order", Mid()),
        Field("of", Mid()),
        Field("party", Text(63)),
        Field("state", OneOf(*STATES)),
        Field("why", LongText(WHY_MAX), required=False),
        Field("made", Mid(), required=False),
        Field("at", When()),
    ),
    find_by=(("order",), ("made",)),
)
ORDERS: Final = Table(
    name="automatic_orders",
    key="order",
    columns=(
        Field("order", Mid()),
        Field("party", Text(63)),
        Field("desk", Text(32)),
        Field("upto", Whole()),
        Field("fault", LongText(WHY_MAX), required=False),
        Field("since", When(), required=False),  # of the fault
    ),
)


class Order(NamedTuple):
    """What goes to a party by itself. mid: the record that says so; author: who signed it."""

    mid: bytes
    party: str
    author: str


class Step(NamedTuple):
    """What is next under an order. place: rises from step to step; wish: None where nothing goes."""

    of: bytes
    place: int
    wish: Wish | None
    why: str = ""


@dataclass(frozen=True)
class Automatic:
    """How a desk lets things go by itself. Both are pure.

    orders: those that stand now. next: the first after a place; None while there is none.
    """

    orders: Callable[[Look, Moment], Sequence[Order]]
    next: Callable[[Look, Order, int, Moment], Step | None]
