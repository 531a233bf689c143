"""The machine of one link: what came in, what must go out, what must be durable first.

It decides and does nothing itself. `step` takes one input and returns effects in order; the node
does those that touch the logs and answers with an input, the roof does those that touch a path.
A record leaves only after `Logged`, a receipt only after `TookIn`: both say "durable". Each concern
is a part with inputs and frames of its own; here they are put together.
Normative: spec/link.md 4 to 7.
"""

from collections.abc import Callable
from typing import Any, Final

from detente.core.errors import TheirFault
from detente.core.moment import Moment
from detente.link import frames
from detente.link.conns import HELLO_TIMEOUT, PING_AFTER, PINGS_MISSED_MAX, Conns
from detente.link.epochs import Epochs
from detente.link.files import Files
from detente.link.flow import Flow
from detente.link.frames import Message
from detente.link.freight import Freight
from detente.link.hello import Heads
from detente.link.meeting import YOUNG, Meeting
from detente.link.moves import (
    NO_GROUNDS,
    Bytes,
    Close,
    Compare,
    Compared,
    CompareHead,
    CompareHeads,
    Effect,
    Effects,
    Grounds,
    Halt,
    Input,
    Intake,
    Judge,
    Judged,
    Logged,
    PathBegun,
    PathDown,
    PathFree,
    PathFull,
    PathUp,
    Receipted,
    Refused,
    Resend,
    Resent,
    Send,
    Show,
    StatusChanged,
    TakeReceipt,
    Tick,
    TookIn,
)
from detente.link.moves_epochs import (
    Emergency,
    Freeze,
    Older,
    Reopen,
    ServeTail,
    Settle,
    TakeNote,
    TakeTail,
)
from detente.link.moves_leg import NO_LEGS, Legs
from detente.link.part import Part
from detente.link.postquantum import UNCONFIRMED, PostQuantum
from detente.link.receiving import Receiving
from detente.link.refusals import Refusals
from detente.link.rows import Rows
from detente.link.sending import URGENT, Sending
from detente.link.settling import Settling
from detente.link.sight import PathState, path_states
from detente.link.staging import Staging
from detente.link.state import DOWN, HALTED, LIVE, RECONCILE, RECOVER, Conn, State, Who
from detente.link.status import NO_ROOTS, Roots, Status
from detente.link.tails import Tails

__all__ = [
    "DOWN",
    "HALTED",
    "HELLO_TIMEOUT",
    "LIVE",
    "NO_GROUNDS",
    "PINGS_MISSED_MAX",
    "PING_AFTER",
    "RECONCILE",
    "RECOVER",
    "URGENT",
    "YOUNG",
    "Bytes",
    "Close",
    "Compare",
    "CompareHead",
    "CompareHeads",
    "Compared",
    "Effect",
    "Effects",
    "Grounds",
    "Halt",
    "Input",
    "Intake",
    "Judge",
    "Judged",
    "Logged",
    "PathBegun",
    "PathDown",
    "PathFree",
    "PathFull",
    "PathState",
    "PathUp",
    "Receipted",
    "Refused",
    "Resend",
    "Resent",
    "Send",
    "Session",
    "Show",
    "StatusChanged",
    "TakeReceipt",
    "Tick",
    "TookIn",
    "Who",
]  # the machine is met at this door, with what it hears and says

# Blocks of files, and what paces them: of the logs they tell nothing.
_BESIDE: Final = frozenset({frames.CHUNK, frames.WANT, frames.CREDIT, frames.PING, frames.PONG})
_BEFORE_HELLO: Final = frozenset({frames.HELLO, frames.ERROR, frames.BYE})


class Session:
    """One link as this side sees it. `heads` and `legs` are what the store holds when it is made."""

    def __init__(
        self, who: Who, heads: Heads, halted: str | None, legs: Legs = NO_LEGS,
        before: tuple[int, int] | None = None, settle: bytes = b"", roots: Roots = NO_ROOTS,
    ) -> None:  # fmt: skip
        self._link = link = State(who, heads, halted)
        link.before = before
        self._status, self._sending = Status(link, roots), Sending(link)
        freight = Freight(link)
        self._staging = Staging(link, freight)
        self._refusals = Refusals(link)
        self._rows = Rows(link)
        self._tails = Tails(link, self._status)
        self.files = Files(link, freight, self._tails)
        self._epochs = Epochs(link)
        self._settling = Settling(link, self._status, self._tails, settle)
        self._leg = PostQuantum(link, legs)
        # At the end of a read they speak in this order: receipts, then records.
        self._parts: tuple[Part, ...] = (
            Conns(link, self._refusals),
            Meeting(link, self._status, self._tails, self._epochs),
            self._status,
            self._sending,
            Receiving(link),
            self._tails,
            self._epochs,
            self._settling,
            Flow(link, self._staging.serve),
            self._refusals,
            self._staging,
            self._rows,
            self._leg,
            self.files,
        )
        self.read_only_blocks = False  # in the last bytes that came
        self._hears: dict[type, Callable[[Any], Effects]] = {
            Bytes: self._bytes,
            Tick: self._tick,
            Refused: self._refused,
        }
        self._reads: dict[int, Callable[[int, Message], Effects]] = {}
        for part in self._parts:
            self._hears |= part.hears()
            self._reads |= part.reads()

    # What the node and the roof ask.

    @property
    def heads(self) -> Heads:
        """What is durable here of both logs."""
        return self._link.heads

    @property
    def state(self) -> str:
        """The phase of the link: DOWN, RECONCILE, LIVE, RECOVER or HALTED."""
        return self._link.phase

    @property
    def why(self) -> str:
        """Why it is so, in words."""
        return self._link.why

    @property
    def since(self) -> Moment:
        """Since when it is so."""
        return self._link.since

    @property
    def refusal(self) -> str:
        """What the peer refuses again and again, in words; else nothing."""
        return self._refusals.says

    @property
    def peer_clock_ms(self) -> int | None:
        """How far the peer's clock was ahead of ours when it last said, in ms."""
        return self._link.peer_clock_ms

    @property
    def peer_serial(self) -> int:
        """The serial of the card that the peer said it has; 0 before it said any."""
        return self._link.peer_serial

    @property
    def peer_incarnation(self) -> bytes:
        """The peer's incarnation, 16 bytes, as its newest HELLO said it; zeros before."""
        return self._link.peer_incarnation

    @property
    def file_incarnation(self) -> bytes:
        """The incarnation, 16 bytes, of whoever wrote the file that began last."""
        return self._link.file_incarnation

    @property
    def peer_read_only(self) -> bool:
        """Whether the peer says that it cannot store."""
        return self._link.peer_stopped

    @property
    def peer_attended(self) -> tuple[str, ...]:
        """The peer's desks with somebody at them, of those it shows."""
        return self._status.peer_attended

    @property
    def root_agreed(self) -> bytes:
        """The hash of a card under new root keys that both sides stated; b"" for none."""
        return self._status.root_agreed

    @property
    def peer_compared(self) -> bytes:
        """The hash of the card of ours under new root keys that the peer says was compared."""
        return self._status.peer_compared

    @property
    def peer_unattended(self) -> tuple[str, ...]:
        """The peer's desks with nobody at them, of those it shows."""
        return self._status.peer_unattended

    def paths(self) -> list[PathState]:
        """Return every connection as it is now."""
        return path_states(self._link)

    @property
    def rows_waiting(self) -> int:
        """How many rows the peer was asked for and did not give yet."""
        return self._rows.waiting

    def room(self, *, urgent: bool = False) -> tuple[int, int]:
        """Return how many records and bytes may be logged now: none unless reconciled."""
        return self._sending.room(urgent=urgent)

    @property
    def inline_max(self) -> int:
        """How long an envelope below FLASH may be to go into the log at once, in bytes."""
        return self._link.inline_max

    def progress(self, name: bytes) -> int:
        """Return how many blocks of something that we offer the peer asked past."""
        return self._staging.progress(name)

    def carried(self) -> list[bytes]:
        """Return what else goes into a file, beside HELLO, receipt and records."""
        return [frame for part in self._parts for frame in part.carried()]

    def leg(self, *, ours: bool) -> tuple[int, str]:
        """Return to which size a log stands under four lines, and how late they are ("": not)."""
        lag = self._leg.out if ours else self._leg.into
        return lag.covered, self._leg.state_of(lag)

    @property
    def only_urgent(self) -> bool:
        """Whether our log takes FLASH and the hotline only, for want of the second leg."""
        return self.leg(ours=True)[1] == UNCONFIRMED

    def due(self) -> Moment | None:
        """Return when a tick is wanted, if before the usual one."""
        return min((at for part in self._parts if (at := part.due()) is not None), default=None)

    def step(self, given: Input, now: Moment) -> Effects:
        """Take one input; return what must be done, in this order."""
        self._link.follow(now)
        effects = self._hears[type(given)](given)
        if isinstance(given, Judged) and self._link.phase != HALTED:
            conn = self._link.conn(given.conn)  # what came after its HELLO waited for this
            effects += self._read(given.conn, conn) if conn else []
        return effects

    def wants(self, effect: Effect) -> bool:
        """Say whether an effect on the logs still stands: an answer before it may have ended it."""
        link = self._link
        match effect:
            case Send() | Close() | Halt():
                return True
            case Show():
                return (effect.state, effect.why) == (link.phase, link.why)
            case Intake():
                # An answer before it may have taken in the same records: once is enough.
                stands = effect.first == link.heads.in_size
                return stands and link.phase not in (HALTED, RECOVER)
            case Judge() | Resend():
                return link.phase != HALTED and link.conn(effect.conn) is not None
            case Freeze() | ServeTail() | TakeTail() | Settle():
                return link.phase != HALTED
            case TakeNote() | Older() | Emergency() | Reopen():
                return True
            case _:
                # What they said is weighed even if its connection was closed in the same read.
                return link.phase not in (HALTED, RECOVER)

    # What every part has a share in.

    def _tick(self, _given: Tick) -> Effects:
        return [effect for part in self._parts for effect in part.tick()]

    def _refused(self, given: Refused) -> Effects:
        conn = self._link.conn(given.conn)
        if conn is not None and conn.met:
            # Records held could not be taken in: kept, they would break the rule on every path.
            self._link.held.clear()
        return self._link.fault(given.conn, given.fault, given.grounds)

    def _bytes(self, given: Bytes) -> Effects:
        link = self._link
        conn = link.conn(given.conn)
        if conn is None or not conn.up:
            return []
        conn.heard_at, conn.pings, conn.suspect = link.now, 0, False
        try:
            conn.unread += conn.reader.feed(given.data)
        except TheirFault as fault:
            return link.fault(given.conn, fault, NO_GROUNDS)
        return self._read(given.conn, conn)

    def _read(self, number: int, conn: Conn) -> Effects:
        # What was decided before a fault stands; records are taken in together, at the end.
        effects: Effects = []
        fault: TheirFault | None = None
        for part in self._parts:
            part.read_begins()
        only_blocks = True
        try:
            while conn.unread and not conn.judging and self._link.conn(number) is conn:
                message = conn.unread.popleft()
                if self._is_of_older(number, conn, message):
                    continue
                self._check_turn(conn, message)
                only_blocks = only_blocks and message.type in _BESIDE
                if self._tails.collects(number, message):
                    continue
                effects += self._reads[message.type](number, message)
        except TheirFault as caught:
            fault = caught
        self.read_only_blocks = only_blocks and fault is None
        for part in self._parts:
            effects += part.read_ends(number, whole=fault is None)
        return effects + self._link.fault(number, fault, NO_GROUNDS) if fault else effects

    def _is_of_older(self, number: int, conn: Conn, message: Message) -> bool:
        # A file of another epoch may hold anything: what leads to ours counts, the rest is over.
        is_file = number in self._link.files and bool(conn.foreign)
        return is_file and not self._epochs.may_read(conn, message)

    def _check_turn(self, conn: Conn, message: Message) -> None:
        early = not conn.met and message.type not in _BEFORE_HELLO
        if early and not self._epochs.may_read(conn, message):
            raise TheirFault("E_HELLO", "a frame before HELLO", "say HELLO first")
