"""The machine of one link: what came in, what must go out, what must be durable first.

It decides and does nothing itself. `step` takes one input and returns effects in order; the node
does those that touch the logs and answers with an input, the roof does those that touch a path.
A record leaves only after `Logged`, a receipt only after `TookIn`: both say "durable".
Normative: spec/link.md 4 to 7.
"""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint, Cosignature
from detente.core.errors import WIRE, TheirFault
from detente.core.moment import Moment, Span
from detente.link import frames, hello
from detente.link.frames import Complaint, Message
from detente.link.hello import Heads, Hello
from detente.link.moves import (
    NO_GROUNDS,
    Bytes,
    Close,
    Compare,
    Compared,
    CompareHead,
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

__all__ = [
    "NO_GROUNDS",
    "Bytes",
    "Close",
    "Compare",
    "CompareHead",
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

HELLO_TIMEOUT: Final = Span(5_000)
PING_AFTER: Final = Span(5_000)
PINGS_MISSED_MAX: Final = 3
_BEFORE_HELLO: Final = frozenset({frames.HELLO, frames.ERROR, frames.BYE})
YOUNG: Final = Span(3_000)  # of two young connections on one path the lower fingerprint's stays

DOWN: Final = "DOWN"
RECONCILE: Final = "RECONCILE"
LIVE: Final = "LIVE"
RECOVER: Final = "RECOVER"
HALTED: Final = "HALTED"


@dataclass(frozen=True, slots=True)
class Who:
    """The two parties of a link, as this side states them in HELLO."""

    party: str
    peer: str
    link_id: str
    card_serial: int
    card_hash: bytes
    incarnation: bytes
    dials_first: bool  # ours is the lower fingerprint
    peer_serial: int
    peer_card_hash: bytes


_NEVER: Final = Moment(0)


@dataclass(slots=True)
class _Conn:
    path: str
    dialled: bool
    begun_at: Moment
    baseline: Heads
    reader: frames.Reader = field(default_factory=frames.Reader)
    unread: deque[Message] = field(default_factory=deque)
    up: bool = False
    judging: bool = False  # its HELLO is with the node: what came after it waits
    met: bool = False
    heard_at: Moment = _NEVER
    pings: int = 0


class Session:
    """One link as this side sees it. `heads` is what the store holds when it is made."""

    def __init__(self, who: Who, heads: Heads, halted: str | None) -> None:
        self._who = who
        self._heads = heads
        self._conns: dict[int, _Conn] = {}
        self._held: dict[int, bytes] = {}
        self._held_bytes = 0
        self._flight: dict[int, int] = {}  # bytes logged and not receipted, by the size they end at
        self._waiting: dict[int, tuple[Checkpoint, int]] = {}
        self._live: int | None = None
        self._echo: bytes | None = None
        self._status = StatusChanged((), read_only=False)
        self.state = HALTED if halted else DOWN
        self.why = halted or "no path yet"
        self.since = Moment(0)
        self._now = Moment(0)
        self.peer_read_only = False
        self.peer_attended: tuple[str, ...] = ()
        self.peer_clock_ms: int | None = None

    @property
    def heads(self) -> Heads:
        """What is durable here of both logs."""
        return self._heads

    @property
    def has_path(self) -> bool:
        """Whether a connection is up whose HELLO was judged."""
        return any(conn.met for conn in self._conns.values())

    def room(self) -> tuple[int, int]:
        """Return how many records and bytes may be logged now: none unless reconciled."""
        if self.state != LIVE:
            return 0, 0
        return (
            limits.MAX_INFLIGHT_COUNT - (self._heads.out_size - self._heads.receipted),
            limits.MAX_INFLIGHT_BYTES - sum(self._flight.values()),
        )

    def step(self, given: Input, now: Moment) -> Effects:
        """Take one input; return what must be done, in this order."""
        self._follow(now)
        return self._handlers[type(given)](self, given, now)

    def wants(self, effect: Effect) -> bool:
        """Say whether an effect on the logs still stands: an answer before it may have ended it."""
        match effect:
            case Send() | Close() | Halt():
                return True
            case Show():
                return (effect.state, effect.why) == (self.state, self.why)
            case Judge() | Resend():
                return self.state != HALTED and effect.conn in self._conns
            case _:
                # What they said is weighed even if its connection was closed in the same read.
                return self.state not in (HALTED, RECOVER)

    def _follow(self, now: Moment) -> None:
        # A clock that was set back must not make old connections young, nor silent ones heard.
        if now < self._now:
            for conn in self._conns.values():
                conn.begun_at = now + (conn.begun_at - self._now)
                conn.heard_at = now + (conn.heard_at - self._now)
        self._now = now

    # Paths.

    def _path_begun(self, given: PathBegun, now: Moment) -> Effects:
        if len(self._conns) >= limits.MAX_CONNS:
            return [Close(given.conn, "E_BUSY", f"{limits.MAX_CONNS} connections of this link")]
        self._conns[given.conn] = _Conn(
            given.path, given.dialled, now, given.baseline or self._heads
        )
        return []

    def _path_up(self, given: PathUp, now: Moment) -> Effects:
        conn = self._conns.get(given.conn)
        if conn is None:  # it took too long
            return []
        conn.up, conn.heard_at = True, now
        who = self._who
        payload = hello.write(
            Hello(
                who.party, who.link_id, who.card_serial, who.card_hash, who.incarnation,
                given.nonce, self._echo, conn.path, self._heads, max(0, now.ms),
            )
        )  # fmt: skip
        # RECOVER ends by a verdict, not by one more connection that says nothing.
        is_open = self._live is not None or self.state == RECOVER
        shown = [] if is_open else self._move(RECONCILE, "catching up", now)
        return [Send(given.conn, frames.encode(frames.HELLO, payload)), *shown]

    def _path_down(self, given: PathDown, now: Moment) -> Effects:
        self._conns.pop(given.conn, None)
        return self._after_loss(given.conn, given.why, now)

    def _after_loss(self, conn: int, why: str, now: Moment) -> Effects:
        if conn == self._live:
            self._live = next((n for n, c in self._conns.items() if c.met), None)
            if self._live is not None and self.state == LIVE:
                # What was under way on the lost connection goes again on this one.
                return [Resend(self._live, self._heads.receipted)]
        if self._live is not None:
            return []
        self._forget_held()  # the peer sends again from where we are
        if not any(each.up for each in self._conns.values()):
            return self._move(DOWN, why, now)
        return self._move(RECONCILE, "catching up", now) if self.state == LIVE else []

    def _forget_held(self) -> None:
        self._held.clear()
        self._waiting.clear()
        self._held_bytes = 0

    def _move(self, state: str, why: str, now: Moment) -> Effects:
        if self.state == HALTED or (self.state, self.why) == (state, why):
            return []
        if self.state != state:
            self.since = now
        self.state, self.why = state, why
        return [Show(state, why)]

    def _tick(self, _given: Tick, now: Moment) -> Effects:
        effects: Effects = []
        for number, conn in list(self._conns.items()):
            if not conn.met:
                if now - conn.begun_at >= HELLO_TIMEOUT:
                    effects += self._drop(number, "E_TIMEOUT", "no HELLO within 5 s", now)
            elif now - conn.heard_at >= Span(PING_AFTER.ms * (conn.pings + 1)):
                if conn.pings == PINGS_MISSED_MAX:
                    effects += self._drop(number, "E_TIMEOUT", "three PINGs unanswered", now)
                else:
                    conn.pings += 1
                    effects.append(Send(number, frames.ping(max(0, now.ms))))
        return effects

    def _drop(self, number: int, code: str, what: str, now: Moment) -> Effects:
        self._conns.pop(number, None)
        return [Close(number, code, what), *self._after_loss(number, what, now)]

    # Faults.

    def _refused(self, given: Refused, now: Moment) -> Effects:
        conn = self._conns.get(given.conn)
        if conn is not None and conn.met:
            # Records held could not be taken in: kept, they would break the rule on every path.
            self._forget_held()
        return self._fault(given.conn, given.fault, given.grounds, now)

    def _fault(self, number: int, fault: TheirFault, grounds: Grounds, now: Moment) -> Effects:
        if fault.wire_class == "H":
            return self._halt(fault, grounds, now)
        if number not in self._conns:
            return []
        told = Send(number, frames.error(fault))
        return [told, *self._drop(number, fault.code, fault.what, now)]

    def _halt(self, fault: TheirFault, grounds: Grounds, now: Moment) -> Effects:
        if self.state == HALTED:
            return []
        told = frames.error(fault)
        self._forget_held()
        shown = self._move(HALTED, f"{fault.code}: {fault.what}", now)
        halt = Halt(fault.code, fault.what, grounds)
        return [halt, *(Send(n, told) for n, c in self._conns.items() if c.up), *shown]

    # Bytes.

    def _bytes(self, given: Bytes, now: Moment) -> Effects:
        conn = self._conns.get(given.conn)
        if conn is None or not conn.up:
            return []
        conn.heard_at, conn.pings = now, 0
        try:
            conn.unread += conn.reader.feed(given.data)
        except TheirFault as fault:
            return self._fault(given.conn, fault, NO_GROUNDS, now)
        return self._read(given.conn, conn, now)

    def _read(self, number: int, conn: _Conn, now: Moment) -> Effects:
        # What was decided before a fault stands; records are taken in together, at the end.
        effects: Effects = []
        again: list[tuple[int, bytes]] = []
        receipt: Cosignature | None = None
        fault: TheirFault | None = None
        try:
            while conn.unread and not conn.judging and number in self._conns:
                message = conn.unread.popleft()
                _check_turn(conn, message)
                if message.type == frames.RECORD:
                    self._take_record(message, again)
                elif message.type == frames.CHECKPOINT:
                    effects += self._take_checkpoint(number, message)
                elif message.type == frames.COSIGN:
                    receipt = self._newer(message, receipt)
                else:
                    effects += self._take_control(number, conn, message, now)
        except TheirFault as caught:
            fault = caught
        if again:
            effects.append(Compare(number, again))
        if receipt and receipt.size > self._heads.receipted:
            effects.append(TakeReceipt(number, receipt))
        if fault:
            return effects + self._fault(number, fault, NO_GROUNDS, now)
        return effects + self._intake(number)

    def _moves_logs(self) -> bool:
        return self.state in (LIVE, RECONCILE)

    def _take_record(self, message: Message, again: list[tuple[int, bytes]]) -> None:
        if not self._moves_logs():
            return
        seq, envelope = frames.read_record(message.payload)
        size = self._heads.in_size
        if seq < size:
            again.append((seq, envelope))
        elif seq >= size + limits.MAX_INFLIGHT_COUNT:
            raise TheirFault(
                "E_SEQ_GAP", f"record {seq} while {size} are stored", "send from where we are"
            )
        elif seq not in self._held:
            held_bytes = self._held_bytes + len(envelope)
            if held_bytes > limits.MAX_INFLIGHT_BYTES + limits.MAX_MESSAGE:
                raise TheirFault("E_BUSY", "more than MAX_INFLIGHT is waiting", "wait for COSIGN")
            self._held[seq], self._held_bytes = envelope, held_bytes
        elif self._held[seq] != envelope:
            raise frames.misshapen(f"two records at {seq}")

    def _take_checkpoint(self, number: int, message: Message) -> Effects:
        if not self._moves_logs():
            return []
        head = frames.read_checkpoint(message.payload)
        if head.size <= self._heads.in_size:
            return [CompareHead(number, head)]
        if head.size > self._heads.in_size + limits.MAX_INFLIGHT_COUNT:
            raise TheirFault("E_SEQ_GAP", f"a checkpoint at {head.size}", "send from where we are")
        known = self._waiting.get(head.size)
        if known is not None and known[0] != head:
            raise frames.misshapen(f"two checkpoints of size {head.size}")
        if len(self._waiting) >= limits.MAX_WAITING_CHECKPOINTS:
            raise TheirFault("E_BUSY", "too many checkpoints wait", "wait for COSIGN")
        self._waiting[head.size] = (head, message.rank)
        return []

    def _newer(self, message: Message, known: Cosignature | None) -> Cosignature | None:
        if not self._moves_logs():
            return None
        found = frames.read_cosign(message.payload)
        if found.size > self._heads.out_size:
            raise TheirFault(
                "E_HELLO", f"a receipt for {found.size} records of fewer", "reconcile again"
            )
        return found if known is None or found.size > known.size else known

    def _intake(self, number: int) -> Effects:
        # A batch ends at the largest checkpoint that the records held reach.
        first = self._heads.in_size
        if not self._waiting or first not in self._held:
            return []
        end = first
        while end in self._held:
            end += 1
        reached = [size for size in self._waiting if size <= end]
        if not reached:
            return []
        head, rank = self._waiting[max(reached)]
        envelopes = [self._held[seq] for seq in range(first, head.size)]
        return [Intake(number, first, envelopes, head, rank)]

    # Control.

    def _take_control(self, number: int, conn: _Conn, message: Message, now: Moment) -> Effects:
        kind, payload = message.type, message.payload
        if kind == frames.HELLO:
            return self._take_hello(number, conn, payload, now)
        if kind == frames.PING:
            return [Send(number, frames.pong(frames.read_ping(payload), now.ms))]
        if kind == frames.PONG:
            self.peer_clock_ms = frames.read_pong(payload)[1] - now.ms
            return []
        if kind == frames.STATUS:
            return self._take_status(payload)
        complaint = frames.read_error(payload)
        if kind == frames.BYE:
            return self._drop(number, "bye", "closed by the other side", now)
        return self._take_complaint(number, complaint, now)

    def _take_complaint(self, number: int, said: Complaint, now: Moment) -> Effects:
        halting = {number for number, letter in WIRE.values() if letter == "H"}
        if said.letter == "H" and said.number in halting:
            code = next(code for code, (n, _) in WIRE.items() if n == said.number)
            fault = TheirFault(
                code, f"their side says: {said.text}", "compare with them by telephone"
            )
            return self._halt(fault, NO_GROUNDS, now)
        return self._drop(number, "refused", f"their side says: {said.text}", now)

    def _take_hello(self, number: int, conn: _Conn, payload: bytes, now: Moment) -> Effects:
        stated = hello.read(payload)
        if conn.met:
            raise frames.misshapen("a second HELLO on one connection")
        if stated.link_id != self._who.link_id or stated.party != self._who.peer:
            raise TheirFault(
                "E_HELLO",
                f"this is the link {stated.link_id} of {stated.party}, not ours with {self._who.peer}",
                "compare the link id on both sides: detente link list",
            )
        who = self._who
        forked = stated.card_serial == who.peer_serial and stated.card_hash != who.peer_card_hash
        if forked and self.state != HALTED:
            conn.met = True  # a halted link keeps its connections
            raise TheirFault(
                "E_CARD_FORK",
                f"two different cards {who.peer_serial} of {who.peer}",
                "compare cards by telephone; both operators were told",
            )
        self._echo = stated.nonce
        if not conn.dialled:
            conn.path = stated.path
        self.peer_clock_ms = stated.clock_ms - now.ms
        rival = self._rival(number, conn)
        effects: Effects = []
        if rival is not None:
            loser = self._loser(number, rival, now)
            effects += [
                Send(loser, frames.bye()),
                *self._drop(loser, "bye", "another connection took this path", now),
            ]
            if loser == number:
                return effects
        if self.state == HALTED:
            conn.met = True
            fault = TheirFault(
                self.why.partition(":")[0], "this link is halted", "see both operators"
            )
            return [*effects, Send(number, frames.error(fault))]
        conn.judging = True
        return [*effects, Judge(number, stated.heads, self._heads, conn.baseline)]

    def _rival(self, number: int, conn: _Conn) -> int | None:
        for other, each in self._conns.items():
            if other != number and each.met and each.path == conn.path:
                return other
        return None

    def _loser(self, newer: int, older: int, now: Moment) -> int:
        # Old ones are often half-open; of two young ones both sides must pick the same.
        both = self._conns[newer], self._conns[older]
        young = all(now - each.begun_at < YOUNG for each in both)
        if young and both[0].dialled != both[1].dialled:
            keep = newer if both[0].dialled == self._who.dials_first else older
            return older if keep == newer else newer
        return older

    def _judged(self, given: Judged, now: Moment) -> Effects:
        conn, verdict = self._conns.get(given.conn), given.verdict
        if self.state == HALTED:
            return []
        if conn is not None:
            conn.judging, conn.met = False, True
        if verdict.conflict:
            whose = "ours" if verdict.conflict.ours else "theirs"
            size = verdict.conflict.stated.size
            fault = TheirFault(
                "E_FORK", f"two signed histories of one log ({whose}, size {size})", "see docs"
            )
            grounds = Grounds(verdict.conflict.ours, verdict.conflict.stated)
            return self._halt(fault, grounds, now)
        if conn is None:
            return []
        if verdict.recover:
            effects = self._move(RECOVER, verdict.recover, now)
            effects.append(Send(given.conn, self._status_frame()))
            return effects + self._read(given.conn, conn, now)
        if verdict.receipt:
            self._keep_receipt(verdict.receipt)
        self._live = given.conn
        effects = self._move(LIVE, "connected", now)
        effects.append(Send(given.conn, self._status_frame()))
        # A HELLO may be older than receipts that came over another connection.
        start = max(verdict.resend_from, self._heads.receipted)
        if start < self._heads.out_size:
            effects.append(Resend(given.conn, start))
        return effects + self._read(given.conn, conn, now)

    def _compared(self, given: Compared, _now: Moment) -> Effects:
        receipt = self._heads.in_receipt
        if receipt is None or given.conn not in self._conns:
            return []
        return [Send(given.conn, frames.cosign(receipt))]  # they may have missed it

    # Status.

    def _status_changed(self, given: StatusChanged, _now: Moment) -> Effects:
        self._status = given
        if self.state == HALTED:
            return []
        return [Send(n, self._status_frame()) for n, c in self._conns.items() if c.met]

    def _status_frame(self) -> bytes:
        status = self._status
        stopped = status.read_only or self.state == RECOVER
        return frames.status(attended=status.attended, read_only=stopped)

    def _take_status(self, payload: bytes) -> Effects:
        self.peer_attended, self.peer_read_only = frames.read_status(payload)
        return [Show(self.state, self.why)]

    # What became durable.

    def _logged(self, given: Logged, _now: Moment) -> Effects:
        self._heads = replace(self._heads, out=given.checkpoint)
        self._flight[given.checkpoint.size] = sum(map(len, given.envelopes))
        if self._live is None or self.state != LIVE:
            return []
        return [
            Send(self._live, _batch(given.first, given.envelopes, given.checkpoint, given.rank))
        ]

    def _resent(self, given: Resent, _now: Moment) -> Effects:
        if given.conn not in self._conns or self.state == HALTED:
            return []
        if given.checkpoint.size > self._heads.receipted:
            self._flight = {given.checkpoint.size: sum(map(len, given.envelopes))}
        return [Send(given.conn, _batch(given.first, given.envelopes, given.checkpoint, 1))]

    def _took_in(self, given: TookIn, _now: Moment) -> Effects:
        size = given.checkpoint.size
        if size > self._heads.in_size:
            for seq in range(self._heads.in_size, size):
                self._held_bytes -= len(self._held.pop(seq, b""))
            self._waiting = {n: each for n, each in self._waiting.items() if n > size}
            self._heads = replace(self._heads, in_=given.checkpoint, in_receipt=given.receipt)
        if given.conn not in self._conns or self.state == HALTED:
            return []
        return [Send(given.conn, frames.cosign(given.receipt, given.rank))]

    def _receipted(self, given: Receipted, _now: Moment) -> Effects:
        if given.receipt.size > self._heads.receipted:
            self._keep_receipt(given.receipt)
        return []

    def _keep_receipt(self, receipt: Cosignature) -> None:
        self._heads = replace(self._heads, out_receipt=receipt)
        # What it covers is under way no more, or the window would stay shut.
        self._flight = {end: n for end, n in self._flight.items() if end > receipt.size}

    _handlers: Mapping[type, Callable[..., Effects]] = {
        PathBegun: _path_begun,
        PathUp: _path_up,
        PathDown: _path_down,
        Bytes: _bytes,
        Tick: _tick,
        Logged: _logged,
        Resent: _resent,
        TookIn: _took_in,
        Receipted: _receipted,
        Judged: _judged,
        Compared: _compared,
        Refused: _refused,
        StatusChanged: _status_changed,
    }


def _check_turn(conn: _Conn, message: Message) -> None:
    if not conn.met and message.type not in _BEFORE_HELLO:
        raise TheirFault("E_HELLO", "a frame before HELLO", "say HELLO first")


def _batch(first: int, envelopes: Sequence[bytes], head: Checkpoint, rank: int) -> bytes:
    rows = [frames.record(first + i, envelope, rank) for i, envelope in enumerate(envelopes)]
    rows.append(frames.checkpoint(head, rank))
    return b"".join(rows)
