"""What the doctor judges: a party as it stands at one moment, in plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from detente.core.moment import Moment


@dataclass(frozen=True, slots=True)
class LinkFact:
    """One link as its node tells it. clock_ahead_ms: the peer's clock against ours."""

    party: str
    state: str
    why: str
    since: Moment
    path_fault: str = ""
    sent: int = 0
    stored: int = 0
    waiting: int = 0
    waiting_since: Moment | None = None
    clock_ahead_ms: int | None = None
    late: str = ""  # the second leg: PQ_LATE or UNCONFIRMED


@dataclass(frozen=True, slots=True)
class Told:
    """A fault in its own words: code, what, remedy."""

    code: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True)
class RootFact:
    """A change of root keys that a link has not taken up. ours: else theirs; compared: by people."""

    party: str
    ours: bool
    compared: bool


@dataclass(frozen=True, slots=True)
class NodeFact:
    """What a running node tells; faults are by place."""

    links: tuple[LinkFact, ...] = ()
    faults: Mapping[str, str] = field(default_factory=dict)
    store_fault: Told | None = None
    wal_bytes: int = 0
    restored: bool = False
    roots: tuple[RootFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many records wait for one thing, and since when."""

    count: int = 0
    since: Moment | None = None


@dataclass(frozen=True, slots=True)
class Twins:
    """Two records that a desk signed under one number: ids, matter, and the number."""

    sender: str
    matter: str
    s: str
    n: int
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class DeskFact:
    """Who opens a desk. holders: people with a password for it. flashes: alarms that wait there."""

    desk: str
    entrusted: bool = False
    open: bool = True
    holders: int = 0
    may_unattended: bool = True
    flashes: Waiting = Waiting()


@dataclass(frozen=True, slots=True)
class BellFact:
    """How telling of alarms outside fares. by: command or webhook.

    waiting: alarms that were not told yet; tries: of the first of them, so far, of tries_max.
    """

    by: str
    failing: bool = False
    why: str = ""
    waiting: int = 0
    tries: int = 0
    tries_max: int = 0
    well_at: Moment | None = None
    failed_at: Moment | None = None


@dataclass(frozen=True, slots=True)
class OfficeFact:
    """What a running office tells, each by the record's id or the log's name.

    refused: records of peers. unsent: records of ours that our node refused; a person decides.
    held: answers of the house that it refuses. twins: pairs of records under one number.
    """

    refused: Mapping[str, Told] = field(default_factory=dict)
    unsent: Mapping[str, Told] = field(default_factory=dict)
    held: Mapping[str, Told] = field(default_factory=dict)
    twins: tuple[Twins, ...] = ()
    undelivered: Waiting = Waiting()
    unread: Waiting = Waiting()
    owed: Waiting = Waiting()  # of records of peers, those whose answer here is overdue
    there: tuple[tuple[str, str, Waiting], ...] = ()  # by party and state: what waits for people
    cards: Mapping[str, str] = field(default_factory=dict)  # of parties not believed, and why
    odd: Mapping[str, Told] = field(default_factory=dict)  # rows of our node that cannot be
    spares: Mapping[str, int] = field(default_factory=dict)  # signers that nobody has, by desk
    desks: tuple[DeskFact, ...] = ()
    bells: tuple[BellFact, ...] = ()


@dataclass(frozen=True, slots=True)
class CardFact:
    """A card in use: whose, and when it ends."""

    party: str
    expires: Moment


@dataclass(frozen=True, slots=True)
class Facts:
    """A party at a moment. A half that was not asked is None, and its fault, if it has one, told.

    open_rights: what is wrong with owners and modes, and what mends it. remind: a backup is due
    after so many days, 0 for never. begun_at: when the party was made.
    """

    now: Moment
    folder: str = ""
    party: str = ""
    free: int = 0
    total: int = 0
    begun_at: Moment | None = None
    backup_at: Moment | None = None
    remind: int = 0
    own_card: CardFact | None = None
    peer_cards: tuple[CardFact, ...] = ()
    open_rights: tuple[tuple[str, str], ...] = ()
    not_compared: tuple[tuple[str, str], ...] = ()  # party, and how far the meeting is
    root_changed: tuple[str, ...] = ()  # parties whose new root keys nobody compared here
    card_copies: tuple[tuple[str, str], ...] = ()  # party and file: copies that are not its card
    node: NodeFact | None = None
    node_fault: Told | None = None
    office: OfficeFact | None = None
    office_fault: Told | None = None
    defects: tuple[str, ...] = ()  # reports of defects that lie in the folder
