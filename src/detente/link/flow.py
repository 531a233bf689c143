"""The flow of bytes on each connection: CREDIT both ways, and paths that do not answer.

Normative: spec/link.md 1.1 and 2.3.
"""

from collections.abc import Callable

from detente.core.moment import Moment
from detente.link import frames
from detente.link.frames import Message
from detente.link.moves import Effects, PathFree, PathFull
from detente.link.pace import CREDIT_BYTES, CREDIT_EVERY
from detente.link.part import Hears, Part, Reads
from detente.link.state import HALTED, Conn, State


class Flow(Part):
    """Lets leave what waits as the peer takes in what left, and moves away from silent paths."""

    def __init__(self, link: State, serve: Callable[[], Effects]) -> None:
        """Serve reads on what waits beside the logs, once the line takes more."""
        super().__init__(link)
        self._serve = serve

    def hears(self) -> Hears:
        """Hear whether a socket takes more."""
        return {PathFull: self._full, PathFree: self._free}

    def reads(self) -> Reads:
        """Read CREDIT."""
        return {frames.CREDIT: self._take_credit}

    def _full(self, given: PathFull) -> Effects:
        conn = self.link.conns.get(given.conn)
        if conn is not None:
            conn.queue.is_full = True
        return []

    def _free(self, given: PathFree) -> Effects:
        conn = self.link.conns.get(given.conn)
        if conn is None:
            return []
        conn.queue.is_full = False
        return self.link.pump(given.conn) + self._serve()

    def _take_credit(self, number: int, message: Message) -> Effects:
        total = frames.read_credit(message.payload)
        conn = self.link.conns.get(number)
        if conn is None:  # out of a file, where it means nothing
            return []
        conn.queue.pace.credit(total, self.link.now)
        return self.link.pump(number)

    def read_ends(self, number: int, *, whole: bool) -> Effects:  # noqa: ARG002  it counts either way
        """Give CREDIT for what was read, not too often."""
        conn = self.link.conns.get(number)
        return [] if conn is None else self._credit(number, conn)

    def _credit(self, number: int, conn: Conn) -> Effects:
        link, reader = self.link, conn.reader
        if not reader.asks or not conn.met or link.phase == HALTED:
            return []
        if link.now - conn.credit_at < CREDIT_EVERY and reader.taken - conn.credited < CREDIT_BYTES:
            return []
        reader.asks = False
        conn.credit_at, conn.credited = link.now, reader.taken
        return link.send(number, frames.credit(reader.taken))

    def tick(self) -> Effects:
        """Give CREDIT that waited, and suspect paths that do not answer."""
        link = self.link
        effects: Effects = []
        for number, conn in list(link.conns.items()):
            effects += self._credit(number, conn)
            conn.queue.pace.forgive(conn.heard_at, link.now)
            effects += link.pump(number)
            at = _suspect_at(conn)
            if at is not None and link.now >= at:
                conn.suspect = True
        return effects + link.choose()

    def due(self) -> Moment | None:
        """Return when a CREDIT that waits may leave, or silence becomes suspect."""
        found: list[Moment] = []
        for conn in self.link.conns.values():
            if conn.reader.asks and conn.met and self.link.phase != HALTED:
                found.append(conn.credit_at + CREDIT_EVERY)
            at = _suspect_at(conn)
            if at is not None:
                found.append(at)
        return min(found, default=None)


def _suspect_at(conn: Conn) -> Moment | None:
    if not conn.good or conn.suspect:
        return None
    return conn.queue.pace.suspect_at(conn.heard_at)
