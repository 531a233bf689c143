"""Where two sides meet: HELLO, which connection of a path stays, and what the verdict means.

Normative: spec/link.md 1, 3 and 5.
"""

from typing import Final

from detente.core import limits
from detente.core.checkpoint import Checkpoint
from detente.core.errors import TheirFault
from detente.core.moment import Span
from detente.link import frames, hello
from detente.link.epochs import Epochs
from detente.link.frames import Message
from detente.link.hello import Hello
from detente.link.moves import CompareHeads, Effects, Grounds, Judge, Judged, Resend
from detente.link.part import Hears, Part, Reads
from detente.link.sending import keep_receipt
from detente.link.state import HALTED, LIVE, Conn, State
from detente.link.status import Status
from detente.link.tails import Tails

YOUNG: Final = Span(3_000)  # of two young connections on one path the lower fingerprint's stays


class Meeting(Part):
    """Takes a HELLO, has it judged, and opens the link."""

    def __init__(self, link: State, status: Status, tails: Tails, epochs: Epochs) -> None:
        super().__init__(link)
        self._status, self._tails, self._epochs = status, tails, epochs

    def hears(self) -> Hears:
        """Hear the verdict."""
        return {Judged: self._judged}

    def reads(self) -> Reads:
        """Read HELLO."""
        return {frames.HELLO: self._take_hello}

    def _take_hello(self, number: int, message: Message) -> Effects:
        link = self.link
        conn = link.conn(number)
        assert conn is not None, "frames come over connections that are there"
        stated = hello.read(message.payload)
        if conn.met or conn.foreign:
            raise frames.misshapen("a second HELLO on one connection")
        self._check_parties(conn, stated)
        by_wire = number in link.conns
        if not by_wire:
            link.file_incarnation = stated.incarnation
        if by_wire or not any(each.met for each in link.conns.values()):
            link.peer_incarnation = stated.incarnation  # a file may be older than what a path says
        link.peer_serial = stated.card_serial
        if stated.link_id != link.who.link_id:
            return self._epochs.meet_strange(number, conn, stated)
        link.hear_nonce(stated.nonce, stated.heads, now=by_wire)
        if not conn.dialled:
            conn.path = stated.path
            conn.queue.pace.begin(link.pace_of(conn.path))
        if by_wire:
            link.peer_clock_ms = stated.clock_ms - link.now.ms
            link.agree(stated)
        rival = self._rival(number, conn) if by_wire else None
        effects: Effects = []
        if rival is not None:
            loser = self._loser(number, rival)
            effects += link.send(loser, frames.bye())
            effects += link.drop(loser, "bye", "another connection took this path")
            if loser == number:
                return effects
        if link.phase == HALTED:
            conn.met = True
            fault = TheirFault(
                link.why.partition(":")[0], "this link is halted", "see both operators"
            )
            return [*effects, *link.send(number, frames.error(fault))]
        conn.judging = True
        self._tails.hear_stated(number, stated.heads)
        found = Judge(number, stated.heads, link.heads, conn.baseline, stated.card_serial)
        return [*effects, *self._keep_stated(number, stated.heads.out), found]

    def _keep_stated(self, number: int, head: Checkpoint | None) -> Effects:
        # What they say to have written is compared with what comes, and with what they said before.
        link = self.link
        if head is None or head.size <= link.heads.in_size:
            return []
        waits = link.held.heads.get(head.size)
        known = waits[0] if waits else link.stated.get(head.size)
        if known is not None and known.root != head.root:
            return [CompareHeads(number, known, head)]
        if len(link.stated) < limits.MAX_CONNS:
            link.stated[head.size] = head
        return []

    def _check_parties(self, conn: Conn, stated: Hello) -> None:
        who = self.link.who
        if stated.party != who.peer:
            raise TheirFault(
                "E_HELLO",
                f"this is the link {stated.link_id} of {stated.party}, not ours with {who.peer}",
                "compare the link id on both sides: detente link list",
            )
        known = who.peer_cards.get(stated.card_serial, stated.card_hash)
        if known != stated.card_hash and self.link.phase != HALTED:
            conn.met = True  # a halted link keeps its connections
            raise TheirFault(
                "E_CARD_FORK",
                f"two different cards {stated.card_serial} of {who.peer}",
                "compare cards by telephone; both operators were told",
            )

    def _rival(self, number: int, conn: Conn) -> int | None:
        for other, each in self.link.conns.items():
            if other != number and each.met and each.path == conn.path:
                return other
        return None

    def _loser(self, newer: int, older: int) -> int:
        # Old ones are often half-open; of two young ones both sides must pick the same.
        link = self.link
        both = link.conns[newer], link.conns[older]
        young = all(link.now - each.begun_at < YOUNG for each in both)
        if young and both[0].dialled != both[1].dialled:
            keep = newer if both[0].dialled == link.who.dials_first else older
            return older if keep == newer else newer
        return older

    def _judged(self, given: Judged) -> Effects:
        link = self.link
        conn, verdict = link.conn(given.conn), given.verdict
        if link.phase == HALTED:
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
            return link.halt(fault, grounds)
        if conn is None:
            return []
        if verdict.recover:
            return self._tails.begin(given.conn, verdict.recover)
        if verdict.receipt:
            keep_receipt(link, verdict.receipt)
        if given.conn in link.files:
            return []  # it may be old: it opens nothing
        conn.good = link.reconciled = True
        link.live = link.best()
        effects = [*link.move(LIVE, "connected"), *self._status.tell(given.conn)]
        # A HELLO may be older than receipts that came over another connection.
        start = max(verdict.resend_from, link.heads.receipted)
        if start < link.heads.out_size and link.live == given.conn and not link.rests:
            effects.append(Resend(given.conn, start))
        return effects
