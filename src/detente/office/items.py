"""What stands on the list of what waits for a person: one item, ready to be shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Protocol

from detente.core.moment import Moment
from detente.office.people import Person
from detente.office.procedure import Up

# What an item is; its words stand under `ui.todo.<what>`.
OWED: Final = "owed"  # we owe a record
AWAITED: Final = "awaited"  # they owe one
UNREAD: Final = "unread"
REJECTED: Final = "rejected"  # their office refused a record of ours
UNSENT: Final = "unsent"  # our own node did
TWINS: Final = "twins"  # a desk signed two records under one number
LINE: Final = "line"  # an alarm of a link
RECEIPTS: Final = "receipts"  # records of ours that their node gave no receipt for
DRAFT: Final = "draft"  # waits for a second person
TELL: Final = "tell"  # somebody of our own is to be told
ALERT: Final = "alert"  # a desk's own: a test that did not come
LIST: Final = "list"  # a version of a list of ours is held for a second person
FEED: Final = "feed"  # a foreign server that somebody must look at
AUTOMATIC: Final = "automatic"  # what should go by itself cannot
WHATS: Final = (
    AUTOMATIC, OWED, AWAITED, UNREAD, REJECTED, UNSENT, TWINS, LINE, RECEIPTS, DRAFT, TELL, ALERT,
    FEED, LIST,
)  # fmt: skip
HOUSE: Final = ""  # the desk of what concerns the whole house


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing that waits for a person here.

    key: its place in the list; keys sort by urgency and never change with the time alone. words: a
    key of the catalogue and what fills it; title: the record's own line, by a stranger, "" if it
    has none. desk: short name of ours, HOUSE for none. from_: address or party that it comes from.
    mid: the record that it is about; None for none. due: when an act is due, None for at no time.
    rung: how far an unkept deadline went up. unread: nobody at the desk read the record. alarm: a
    FLASH that nobody here has read or said to have seen: it stands above all, with sound. seen: who
    said so; holder: who took the matter, "" for nobody. look: what shows it where no record
    does, as `desk/look?question`. acts: names of acts that come next. exercise: the mark of its
    record, "" for none. crowd: of many alike that stand as one line, what opens it; then count says
    how many they are, late how many of the first todo.COUNTED_MAX are overdue, and due and since are
    those of the first.
    """

    key: str
    what: str
    words: tuple[str, tuple[tuple[str, str], ...]]
    desk: str
    from_: str
    since: Moment
    title: str = ""
    prec: str = "ROUTINE"
    tlp: str = "CLEAR"
    mid: bytes | None = None
    matter: str = ""
    kind: str = ""
    procedure: str = ""
    state: str = ""
    due: Moment | None = None
    overdue: bool = False
    rung: Up | None = None
    unread: bool = False
    alarm: bool = False
    seen: str = ""
    holder: str = ""
    look: str = ""
    acts: tuple[str, ...] = ()
    exercise: str = ""
    crowd: str = ""
    count: int = 1
    late: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """Items in order, and what a frame around every page shows.

    after: the key to go on from, "" at the end. flashes: alarms that nobody has seen, the first of
    them; waiting: how many things wait, counted up to todo.COUNTED_MAX.
    """

    items: tuple[Item, ...]
    after: str = ""
    flashes: tuple[Item, ...] = ()
    waiting: int = 0

    @property
    def alarms(self) -> int:
        """How many alarms nobody has seen, as far as they are shown."""
        return len(self.flashes)


class Source(Protocol):
    """Another room of the office that has something waiting: drafts, a watch that is unheld."""

    def items(self, person: Person, now: Moment) -> Iterable[Item]:
        """Return what waits there for this person; few."""
        ...
