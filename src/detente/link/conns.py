"""Connections of a link: begun, up, silent, lost. Normative: spec/link.md 1 and 7."""

from typing import Final

from detente.core import limits
from detente.core.errors import WIRE, TheirFault
from detente.core.moment import Span
from detente.link import frames, hello
from detente.link.frames import Message
from detente.link.moves import NO_GROUNDS, Close, Effects, PathBegun, PathDown, PathUp
from detente.link.pace import LOW_RATE, ROUND_TRIP_MOST
from detente.link.part import Hears, Part, Reads
from detente.link.queue import Queue
from detente.link.refusals import Refusals
from detente.link.state import RECONCILE, RECOVER, Conn, State

HELLO_TIMEOUT: Final = Span(5_000)
HELLO_TIMEOUT_LOW: Final = Span(30_000)  # on a line below 64 kbit/s
PING_AFTER: Final = Span(5_000)
PING_AFTER_LOW: Final = Span(30_000)
PINGS_MISSED_MAX: Final = 3
PINGS_UNANSWERED: Final = "three PINGs unanswered"


class Conns(Part):
    """What becomes of each connection until its HELLO came, and whether it still answers."""

    def __init__(self, link: State, refusals: Refusals) -> None:
        super().__init__(link)
        self._refusals = refusals

    def hears(self) -> Hears:
        """Hear of connections: begun, up, down."""
        return {PathBegun: self._begun, PathUp: self._up, PathDown: self._down}

    def reads(self) -> Reads:
        """Read PING, PONG, and how the peer ends a connection."""
        return {
            frames.PING: self._take_ping,
            frames.PONG: self._take_pong,
            frames.ERROR: self._take_error,
            frames.BYE: self._take_bye,
        }

    def _begun(self, given: PathBegun) -> Effects:
        link = self.link
        if len(link.conns) >= limits.MAX_CONNS:
            return [Close(given.conn, "E_BUSY", f"{limits.MAX_CONNS} connections of this link")]
        link.conns[given.conn] = Conn(
            given.path, given.dialled, link.now, given.baseline or link.heads,
            Queue(link.pace_of(given.path)),
        )  # fmt: skip
        return []

    def _up(self, given: PathUp) -> Effects:
        link = self.link
        conn = link.conns.get(given.conn)
        if conn is None:  # it took too long
            return []
        conn.up, conn.heard_at = True, link.now
        payload = hello.write(link.greeting(given.nonce, conn.path))
        # RECOVER ends by a verdict, not by one more connection that says nothing.
        is_open = link.live is not None or link.phase == RECOVER
        shown = [] if is_open else link.move(RECONCILE, "catching up")
        return [*link.send(given.conn, frames.encode(frames.HELLO, payload)), *shown]

    def _down(self, given: PathDown) -> Effects:
        return self.link.lost(given.conn, given.why)

    def tick(self) -> Effects:
        """Ask silent connections, and close those that do not answer."""
        effects: Effects = []
        for number, conn in list(self.link.conns.items()):
            effects += self._ask(number, conn) if conn.met else self._wait(number, conn)
        return effects

    def _wait(self, number: int, conn: Conn) -> Effects:
        link = self.link
        if conn.foreign:
            return []  # link/epochs waits for what explains it
        # Whoever dialled us names its path in HELLO: until then it may be our slowest.
        rates = link.who.rates
        rate = link.rate_of(conn.path) if conn.dialled else min(rates.values(), default=LOW_RATE)
        limit = HELLO_TIMEOUT_LOW if rate < LOW_RATE else HELLO_TIMEOUT
        if link.now - conn.begun_at < limit:
            return []
        return link.drop(number, "E_TIMEOUT", f"no HELLO within {limit.ms // 1000} s")

    def _ask(self, number: int, conn: Conn) -> Effects:
        link = self.link
        every = PING_AFTER_LOW if conn.queue.pace.is_low else PING_AFTER
        if link.now - conn.heard_at < Span(every.ms * (conn.pings + 1)):
            return []
        if conn.pings == PINGS_MISSED_MAX:
            return link.drop(number, "E_TIMEOUT", PINGS_UNANSWERED)
        conn.pings += 1
        conn.suspect = conn.suspect or conn.pings == PINGS_MISSED_MAX  # two are missed by now
        return link.send(number, frames.ping(max(0, link.now.ms)))

    def _take_ping(self, number: int, message: Message) -> Effects:
        echo = frames.read_ping(message.payload)
        return self.link.send(number, frames.pong(echo, self.link.now.ms))

    def _take_pong(self, number: int, message: Message) -> Effects:
        link = self.link
        echo, clock_ms = frames.read_pong(message.payload)
        link.peer_clock_ms = clock_ms - link.now.ms
        trip = link.now.ms - echo
        conn = link.conns.get(number)
        # A clock that was set, or an echo that is not ours, says nothing.
        if conn is not None and 0 <= trip <= ROUND_TRIP_MOST.ms:
            conn.queue.pace.took(trip, link.now)
        return []

    def _take_bye(self, number: int, message: Message) -> Effects:
        frames.read_error(message.payload)
        return self.link.drop(number, "bye", "closed by the other side")

    def _take_error(self, number: int, message: Message) -> Effects:
        said = frames.read_error(message.payload)
        halting = {number for number, letter in WIRE.values() if letter == "H"}
        if said.letter == "H" and said.number in halting:
            code = next(code for code, (n, _) in WIRE.items() if n == said.number)
            what = f"their side says: {said.text.removeprefix(f'{code}: ')}"
            fault = TheirFault(code, what, "compare with them by telephone")
            return self.link.halt(fault, NO_GROUNDS)
        self._refusals.note(said)
        return self.link.drop(number, "refused", f"their side says: {said.text}")
