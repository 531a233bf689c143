"""Epochs: the note that ends both logs, shown and weighed, and what an older link id means.

Normative: spec/link.md 5.4 and 5.5.
"""

from typing import Final

from detente.core.errors import TheirFault
from detente.core.moment import Span
from detente.link import frames, tail_frames
from detente.link.frames import Message
from detente.link.hello import Hello
from detente.link.moves import Close, Effects, Send
from detente.link.moves_epochs import Emergency, Ended, Noted, Older, Reopen, TakeNote
from detente.link.part import Hears, Part, Reads
from detente.link.state import HALTED, RECOVER, Conn

EMERGENCY_AFTER: Final = Span(10_000)
STRANGE_TIMEOUT: Final = Span(5_000)  # of silence on a connection that states another link id
_OF_STRANGERS: Final = frozenset(
    {frames.EPOCH, frames.TAIL_REQ, frames.CREDIT, frames.PING, frames.PONG}
)
_NO_EMERGENCY: Final = "E_CARD_FORK"  # then nobody knows with whom


class Epochs(Part):
    """Takes and shows epoch notes; keeps connections of another epoch until it is known which."""

    def hears(self) -> Hears:
        """Hear what became of a note."""
        return {Noted: self._noted, Ended: self._ended}

    def reads(self) -> Reads:
        """Read EPOCH."""
        return {frames.EPOCH: lambda number, message: [TakeNote(number, message.payload)]}

    def may_read(self, conn: Conn, message: Message) -> bool:
        """Say whether a message counts on a connection that stated another link id."""
        tail = message.chan >= tail_frames.CHAN
        return bool(conn.foreign) and (tail or message.type in _OF_STRANGERS)

    def meet_strange(self, number: int, conn: Conn, stated: Hello) -> Effects:
        """Keep a connection of the right party and another link id, and see which it is."""
        conn.foreign = stated.link_id
        return [Older(number, stated.link_id)]

    def _noted(self, given: Noted) -> Effects:
        return self.link.send_past(given.conn, tail_frames.epoch(given.note))

    def _ended(self, given: Ended) -> Effects:
        link = self.link
        effects = link.send_past(given.conn, tail_frames.epoch(given.note))
        for number, conn in link.conns.items():
            if conn.up:
                effects.append(Send(number, frames.bye()))
            effects.append(Close(number, "bye", "the next epoch begins"))
        link.conns.clear()
        return [*effects, Reopen(given.conn)]

    def tick(self) -> Effects:
        """Give up strangers; open an emergency epoch where the link is stopped and a path lives."""
        link = self.link
        effects: Effects = []
        for number, conn in list(link.conns.items()):
            if conn.foreign and link.now - conn.heard_at >= STRANGE_TIMEOUT:
                what = f"this is the link {conn.foreign} of {link.who.peer}, not ours"
                fault = TheirFault("E_HELLO", what, "compare the link id on both sides")
                effects += link.send(number, frames.error(fault))
                effects += link.drop(number, fault.code, fault.what)
        return effects + self._emergency()

    def _emergency(self) -> Effects:
        link = self.link
        stopped = link.phase == HALTED and not link.why.startswith(_NO_EMERGENCY)
        slow = link.phase == RECOVER and link.now - link.since >= EMERGENCY_AFTER
        if not (stopped or slow):
            return []
        number = next((number for number, conn in link.conns.items() if conn.met), None)
        return [] if number is None else [Emergency(number)]
