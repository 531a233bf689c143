"""What all parts of one link share: its parties, heads, connections, phase, and the way out.

Normative: spec/link.md 4 to 7.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint
from detente.core.errors import WIRE, TheirFault
from detente.core.moment import Moment
from detente.link import frames, hello
from detente.link.carried import Carried
from detente.link.frames import Message
from detente.link.hello import Heads, Hello
from detente.link.moves import Close, Effects, Grounds, Halt, Resend, Send, Show
from detente.link.pace import RATE_MOST, UNKNOWN_RATE, Pace
from detente.link.queue import Queue

DOWN: Final = "DOWN"
RECONCILE: Final = "RECONCILE"
LIVE: Final = "LIVE"
RECOVER: Final = "RECOVER"
HALTED: Final = "HALTED"

_NEVER: Final = Moment(0)
_FAST: Final = -(10**12)  # a path without a configured rate is no slow one


@dataclass(frozen=True, slots=True)
class Who:
    """The two parties of a link, as this side states them in HELLO, and what is known of its paths.

    paths: names, the one to prefer first. rates: those that were configured, in bytes a second.
    """

    party: str
    peer: str
    link_id: str
    card_serial: int
    card_hash: bytes
    incarnation: bytes
    dials_first: bool  # ours is the lower fingerprint
    peer_cards: Mapping[int, bytes]  # hashes of all that we hold of the peer's, by serial
    paths: tuple[str, ...] = ()
    rates: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Conn:
    """One connection: when it began, what was durable then, what came and what waits to leave."""

    path: str
    dialled: bool
    begun_at: Moment
    baseline: Heads
    queue: Queue = field(default_factory=lambda: Queue(Pace(UNKNOWN_RATE)))
    reader: frames.Reader = field(default_factory=frames.Reader)
    unread: deque[Message] = field(default_factory=deque)
    up: bool = False
    judging: bool = False  # its HELLO is with the node: what came after it waits
    met: bool = False
    foreign: str = ""  # the link id that it stated, if that is another than ours
    good: bool = False  # judged, and records may go over it
    suspect: bool = False  # silent where an answer was due: others are preferred
    heard_at: Moment = _NEVER
    pings: int = 0
    carried: int = 0  # size of our log as far as it was sent here
    credit_at: Moment = _NEVER  # when CREDIT went out last
    credited: int = 0  # and for how much


@dataclass(slots=True)
class Held:
    """Records of the peer that came and are not taken in: they wait for others or a checkpoint."""

    records: dict[int, Carried] = field(default_factory=dict)
    size: int = 0  # bytes of all, as they came
    heads: dict[int, tuple[Checkpoint, int]] = field(default_factory=dict)  # with their rank

    def clear(self) -> None:
        """Forget all: the peer sends again from where we are."""
        self.records.clear()
        self.heads.clear()
        self.size = 0


class State:
    """One link as its parts see it. `heads` is what the store holds when it is made."""

    def __init__(self, who: Who, heads: Heads, halted: str | None) -> None:
        self.who = who
        self.heads = heads
        self.conns: dict[int, Conn] = {}
        self.files: dict[int, Conn] = {}  # courier files under way in: they bring and take nothing
        self.file_fault: TheirFault | None = None  # what ended the file that began last
        self.live: int | None = None  # the connection that our records go over: the best
        self.rests_at: int | None = None  # place of our log that they refuse again and again
        self.learned: dict[str, int] = {}  # rates measured, by path
        self.held = Held()
        self.stated: dict[int, Checkpoint] = {}  # of the peer's log beyond ours, by its HELLOs
        self.flight: dict[int, int] = {}  # bytes logged and not receipted, by the size they end at
        self.phase = HALTED if halted else DOWN
        self.why = halted or "no path yet"
        self.since = Moment(0)
        self.now = Moment(0)
        self.echo: bytes | None = None  # newest nonce had from the peer
        self.peer_serial = 0  # of the newest card that the peer says it has
        self.echo_sizes = (0, 0)  # of the logs, as the HELLO with that nonce stated them
        self.reconciled = False  # with the peer, since this process started
        self.peer_clock_ms: int | None = None
        self.peer_incarnation = bytes(16)  # as its newest HELLO said it
        self.file_incarnation = bytes(16)  # as the file said that began last: it may be an old one
        # Of the logs before an emergency: how much we hold of ours and theirs, if tails mend them.
        self.before: tuple[int, int] | None = None
        self.peer_stopped = False  # the peer said that it cannot store
        self.peer_limits: Mapping[str, int] = {}  # what its newest HELLO lowers (hello.LOWERED)
        self.features: frozenset[str] = frozenset()  # those that both sides list

    @property
    def inline_max(self) -> int:
        """Bytes of an envelope that needs no staging, by the line that records go over."""
        pace = self.conns[self.live].queue.pace if self.live is not None else None
        return pace.inline_limit if pace and pace.is_known else limits.INLINE_UNKNOWN

    @property
    def rests(self) -> bool:
        """Whether our log rests, because the peer refuses what comes next in it."""
        return self.rests_at == self.heads.receipted

    @property
    def moves_logs(self) -> bool:
        """Whether records and receipts of the peer count now."""
        by_file = self.phase == DOWN and any(each.met for each in self.files.values())
        return by_file or self.phase in (LIVE, RECONCILE)

    def conn(self, number: int) -> Conn | None:
        """Return a connection of a wire, or a file under way in."""
        return self.conns.get(number) or self.files.get(number)

    def greeting(self, nonce: bytes, path: str) -> Hello:
        """Return our HELLO as of now."""
        who = self.who
        return Hello(
            who.party, who.link_id, who.card_serial, who.card_hash, who.incarnation,
            nonce, self.echo, path, self.heads, max(0, self.now.ms),
        )  # fmt: skip

    def hear_nonce(self, nonce: bytes, stated: Heads, *, now: bool) -> None:
        """Keep the nonce of a HELLO, unless it was written before one that we had: files may be."""
        sizes = (stated.out_size, stated.in_size)
        if now or (sizes[0] >= self.echo_sizes[0] and sizes[1] >= self.echo_sizes[1]):
            self.echo, self.echo_sizes = nonce, sizes

    def agree(self, stated: Hello) -> None:
        """Take note of what a HELLO allows us and what both sides can."""
        self.peer_limits = stated.limits
        self.features = frozenset(stated.features) & frozenset(hello.FEATURES)

    def limit(self, name: str, most: int) -> int:
        """Return a limit that the peer may lower, by its name in HELLO; `most` is ours."""
        return min(most, self.peer_limits.get(name, most))

    def follow(self, now: Moment) -> None:
        """Take the time of this input."""
        # A clock that was set back must not make old connections young, nor silent ones heard.
        if now < self.now:
            for conn in self.conns.values():
                conn.begun_at = now + (conn.begun_at - self.now)
                conn.heard_at = now + (conn.heard_at - self.now)
                conn.credit_at = now + (conn.credit_at - self.now)
                conn.queue.pace.shift(now - self.now)
        self.now = now

    def move(self, phase: str, why: str) -> Effects:
        """Go over to another phase and show it; HALTED is for ever."""
        if self.phase == HALTED or (self.phase, self.why) == (phase, why):
            return []
        if self.phase != phase:
            self.since = self.now
        self.phase, self.why = phase, why
        return [Show(phase, why)]

    # The way out.

    def send(self, number: int, data: bytes) -> Effects:
        """Give whole messages of one precedence to a connection; nothing to one that is gone.

        The one way out. What the path cannot carry now waits in its queue, and leaves by `pump`.
        """
        conn = self.conns.get(number)
        if conn is None:
            return []
        if data[4] in frames.DIRECT:
            conn.queue.pace.sent += len(data)
            return [Send(number, data)]
        conn.queue.is_open = self.phase == HALTED
        return self._leave(number, conn, conn.queue.offer(data, self.now))

    def send_past(self, number: int, data: bytes) -> Effects:
        """Give whole messages that keep their channels and their order, past the queue: a tail."""
        conn = self.conns.get(number)
        if conn is None:
            return []
        conn.queue.pace.sent += len(data)
        return [Send(number, data)]

    def send_all_met(self, data: bytes) -> Effects:
        """Give whole messages to every connection whose HELLO was judged."""
        return [each for n, conn in self.conns.items() if conn.met for each in self.send(n, data)]

    def send_all_good(self, data: bytes) -> Effects:
        """Give whole messages to every connection that records may go over: what is urgent."""
        return [each for n, conn in self.conns.items() if conn.good for each in self.send(n, data)]

    def pump(self, number: int) -> Effects:
        """Let leave what waits for a connection, as far as it may now."""
        conn = self.conns[number]
        return self._leave(number, conn, conn.queue.pull(self.now))

    def _leave(self, number: int, conn: Conn, data: bytes) -> Effects:
        effects: Effects = [Send(number, data)] if data else []
        pace = conn.queue.pace
        if pace.pressed and not pace.trip_asked(self.now):
            ping = frames.ping(max(0, self.now.ms))  # the window needs the round trip
            pace.sent += len(ping)
            effects.append(Send(number, ping))
        return effects

    # Paths.

    def pace_of(self, path: str) -> Pace:
        """Return how fast a path is taken to be as a connection of it begins."""
        return Pace(self.rate_of(path), self.who.rates.get(path, RATE_MOST))

    @property
    def is_low(self) -> bool:
        """Whether the path that records go over is a slow line."""
        return self.live is not None and self.conns[self.live].queue.pace.is_low

    def rate_of(self, path: str) -> int:
        """Return the rate that a path begins with, in bytes a second."""
        return self.who.rates.get(path) or self.learned.get(path, UNKNOWN_RATE)

    def best(self) -> int | None:
        """Return the connection that records should go over: answering, fast, first by name."""
        numbers = [number for number, conn in self.conns.items() if conn.good]
        return min(numbers, key=self._place, default=None)

    def _place(self, number: int) -> tuple[bool, int, int, str, int]:
        conn, who = self.conns[number], self.who
        rate = who.rates.get(conn.path)
        place = who.paths.index(conn.path) if conn.path in who.paths else len(who.paths)
        return conn.suspect, -rate if rate else _FAST, place, conn.path, number

    def choose(self) -> Effects:
        """Go over to the best path; what is under way goes again there."""
        before, self.live = self.live, self.best()
        moved = self.live is not None and self.live != before and self.phase == LIVE
        under_way = self.heads.receipted < self.heads.out_size and not self.rests
        if self.live is None or not moved or not under_way:
            return []
        return [Resend(self.live, self.heads.receipted)]

    # Losses and faults.

    def drop(self, number: int, code: str, what: str) -> Effects:
        """Close a connection from our side."""
        if number in self.files:
            known = code if code in WIRE else "E_FRAME"
            return self._end_file(number, TheirFault(known, what, "ask for the file again"))
        return [Close(number, code, what), *self.lost(number, what)]

    def lost(self, number: int, why: str) -> Effects:
        """Go on without a connection that is gone."""
        conn = self.conns.pop(number, None)
        if conn is not None:
            self.learned[conn.path] = conn.queue.pace.rate
        was_live, self.live = self.live == number, self.best()
        if self.live is not None:
            carried = was_live or (conn is not None and conn.carried > self.heads.receipted)
            under_way = self.heads.receipted < self.heads.out_size and not self.rests
            if carried and under_way and self.phase == LIVE:
                # What was under way on the lost connection goes again on this one.
                return [Resend(self.live, self.heads.receipted)]
            return []
        if not self.files:
            self.held.clear()
        if not any(each.up for each in self.conns.values()):
            return self.move(DOWN, why)
        return self.move(RECONCILE, "catching up") if self.phase == LIVE else []

    def fault(self, number: int, fault: TheirFault, grounds: Grounds) -> Effects:
        """Answer what broke the spec: class H halts the link, another closes this connection."""
        if fault.wire_class == "H":
            return self.halt(fault, grounds)
        if number in self.files:
            return self._end_file(number, fault)
        if number not in self.conns:
            return []
        told = self.send(number, frames.error(fault))
        return [*told, *self.drop(number, fault.code, fault.what)]

    def _end_file(self, number: int, fault: TheirFault) -> Effects:
        self.file_fault = fault
        del self.files[number]
        self.forget_held()
        return []

    def forget_held(self) -> None:
        """Forget records that only a file brought; over a live path the others still come."""
        if self.live is None:
            self.held.clear()

    def halt(self, fault: TheirFault, grounds: Grounds) -> Effects:
        """Stop the link: durable first, then said."""
        if self.phase == HALTED:
            return []
        told = frames.error(fault)
        self.held.clear()
        shown = self.move(HALTED, f"{fault.code}: {fault.what}")
        effects: Effects = [Halt(fault.code, fault.what, grounds)]
        for number, conn in self.conns.items():
            if conn.up:
                effects += self.send(number, told)
        return effects + shown
