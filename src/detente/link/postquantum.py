"""The second leg of receipts: lines 2 and 4 follow lines 1 and 3, and never stand in their way.

A signature of ML-DSA may stop a loop for milliseconds. So both sides sign when nothing is under
way, and only if that does not come in time, in the midst of traffic. Normative: spec/link.md 4.4.
"""

from dataclasses import dataclass
from typing import Final

from detente.core import limits
from detente.core.moment import Moment, Span
from detente.core.postquantum import PqSignature
from detente.link import frames
from detente.link.frames import Message
from detente.link.lag import Lag
from detente.link.moves import Effects
from detente.link.moves_file import FileWanted
from detente.link.moves_leg import (
    AnswerLeg,
    KeepAges,
    LegAnswered,
    Legs,
    LegSigned,
    LegTaken,
    SignLeg,
    TakeLeg,
)
from detente.link.part import Hears, Part, Reads
from detente.link.state import LIVE, Conn, State

EAGER: Final = 0.8  # of the interval: from here on a quiet moment is taken
ANSWER_IN: Final = Span(50)  # an answer waits so long for a quiet moment
LOOK_EVERY: Final = Span(10)  # for a quiet moment
LATE_AFTER: Final = 10  # intervals; unanswered so long, line 2 goes again
STOP_AFTER: Final = Span.of(hours=24)  # of LIVE time
LIVE_STEP_MAX: Final = Span(5_000)  # more between two ticks is a clock that jumped
KEEP_EVERY: Final = Span(60_000)  # of age: what a restart may forget

ON_TIME: Final = ""
LATE: Final = "PQ_LATE"
UNCONFIRMED: Final = "UNCONFIRMED"


@dataclass(slots=True)
class _Turn:
    """When something is done: in a quiet moment from `first` on, and at `last` in any case."""

    begun: Moment
    first: Moment
    last: Moment
    look: Moment

    @classmethod
    def of(cls, now: Moment, first: Span, last: Span) -> "_Turn":
        return cls(now, now + first, now + last, now + first)

    def comes(self, now: Moment, *, quiet: bool) -> bool:
        """Say whether this is the moment; else look again soon."""
        if now >= self.last or (now >= self.first and quiet) or now < self.begun:
            return True  # before it began: the clock was set back
        self.look = max(self.first, min(self.last, now + LOOK_EVERY))
        return False


class PostQuantum(Part):
    """Both legs of both logs: ours is signed and answered, theirs checked and answered."""

    def __init__(self, link: State, legs: Legs) -> None:
        super().__init__(link)
        self._signed, self._given = legs.signed, legs.given
        self._sent_over: Conn | None = None
        self._sent_at = self._ticked = link.now
        self._was_live = False
        self._to_sign: _Turn | None = None
        self._asked: tuple[int, PqSignature] | None = None
        self._to_answer = _Turn.of(link.now, ANSWER_IN, ANSWER_IN)
        self.out = Lag(link.heads.out_size, legs.out, legs.out_age)
        self.into = Lag(link.heads.in_size, legs.given.size if legs.given else 0, legs.in_age)
        self._kept = [age.ms // KEEP_EVERY.ms for age in (legs.out_age, legs.in_age)]

    def hears(self) -> Hears:
        """Hear what is durable of the leg."""
        return {
            LegSigned: self._was_signed,
            LegAnswered: self._was_answered,
            LegTaken: self._was_taken,
            FileWanted: self._for_file,
        }

    def reads(self) -> Reads:
        """Read PQSIG and PQCOSIGN."""
        return {frames.PQSIG: self._take_pqsig, frames.PQCOSIGN: self._take_pqcosign}

    @property
    def every(self) -> Span:
        """The interval of this link: on a slow line one signature takes seconds."""
        return Span(limits.PQ_EVERY_LOW_MS if self.link.is_low else limits.PQ_EVERY_MS)

    def state_of(self, lag: Lag) -> str:
        """Return how late the leg of a log is: ON_TIME, LATE or UNCONFIRMED."""
        if lag.age > STOP_AFTER:
            return UNCONFIRMED
        return LATE if lag.age.ms > LATE_AFTER * self.every.ms else ON_TIME

    @property
    def _is_quiet(self) -> bool:
        heads = self.link.heads
        return heads.out_size == heads.receipted and not self.link.held.records

    # Ours.

    def due(self) -> Moment | None:
        """Return when a signature is to be made or sent, or a quiet moment looked for."""
        link = self.link
        wishes = [self._to_answer.look] if self._asked else []
        if link.phase == LIVE and link.live is not None:
            if self._signed and self._sent_over is not link.conns[link.live]:
                wishes.append(link.now)
            elif self._signed and not self._is_forgotten(self._signed):
                wishes.append(self._sent_at + self._patience)
            else:
                turn = self._turn()
                wishes += [turn.look] if turn else []
        return min(wishes, default=None)

    @property
    def _patience(self) -> Span:
        return Span(LATE_AFTER * self.every.ms)

    def _is_forgotten(self, signed: PqSignature) -> bool:
        # Unanswered for long: a newer state is signed in its place, if there is one.
        is_over = self.link.now - self._sent_at >= self._patience
        return is_over and self.link.heads.receipted > signed.size

    def _turn(self) -> _Turn | None:
        # The wait begins when there is something to sign: what follows a receipt goes first.
        receipted = self.link.heads.receipted
        if receipted <= self.out.covered:
            self._to_sign = None
        elif self._to_sign is None:
            every = self.every
            self._to_sign = _Turn.of(self.link.now, Span(int(every.ms * EAGER)), every)
        if self._to_sign and receipted - self.out.covered >= limits.PQ_EVERY_COUNT:
            self._to_sign.last = self._to_sign.look = min(self._to_sign.look, self.link.now)
        return self._to_sign

    def _sign(self) -> Effects:
        link, now = self.link, self.link.now
        if link.phase != LIVE or link.live is None:
            return []
        signed = self._signed
        if signed and self._sent_over is not link.conns[link.live]:
            return self._send(link.live, signed)
        if signed is None or self._is_forgotten(signed):
            turn = self._turn()
            if turn is None or not turn.comes(now, quiet=self._is_quiet):
                return []
            self._to_sign = None
            return [SignLeg(link.live)]
        is_over = now - self._sent_at >= self._patience
        return self._send(link.live, signed) if is_over else []

    def _send(self, conn: int, signed: PqSignature) -> Effects:
        self._sent_over, self._sent_at = self.link.conns[conn], self.link.now
        return self.link.send(conn, frames.pqsig(signed))

    def _was_signed(self, given: LegSigned) -> Effects:
        self._signed, self._sent_over = given.given, None
        live = self.link.live
        return [] if live is None else self._send(live, given.given)

    def _take_pqcosign(self, number: int, message: Message) -> Effects:
        given = frames.read_pq(message.payload)
        if not self.link.moves_logs or not self._signed or given.size != self._signed.size:
            return []
        return [TakeLeg(number, given)]

    def _was_taken(self, given: LegTaken) -> Effects:
        self.out.cover(given.size)
        self._signed = None
        return []

    # Theirs.

    def _take_pqsig(self, number: int, message: Message) -> Effects:
        link = self.link
        given = frames.read_pq(message.payload)
        if not link.moves_logs or given.size > link.heads.in_size:
            return []  # it comes again
        if self._given and given.size <= self._given.size:
            return link.send(number, frames.pqcosign(self._given))
        if self._asked is None:
            self._to_answer = _Turn.of(link.now, Span(0), ANSWER_IN)
        self._asked = number, given
        return []

    def _answer(self) -> Effects:
        if not self._asked or not self._to_answer.comes(self.link.now, quiet=self._is_quiet):
            return []
        asked, self._asked = self._asked, None
        return [AnswerLeg(*asked)]

    def _was_answered(self, given: LegAnswered) -> Effects:
        self._given = given.given
        self.into.cover(given.given.size)
        return self.link.send(given.conn, frames.pqcosign(given.given))

    # Files.

    def _for_file(self, given: FileWanted) -> Effects:
        # There is no better moment: the file leaves, and the next one may be days away.
        effects: Effects = []
        if self._asked:
            effects.append(AnswerLeg(*self._asked))
            self._asked = None
        if self._signed is None and self.link.heads.receipted > self.out.covered:
            effects.append(SignLeg(given.conn))
        return effects

    def carried(self) -> list[bytes]:
        """Return our newest line 4, and the line 2 that waits for one."""
        given = [frames.pqcosign(self._given)] if self._given else []
        return given + ([frames.pqsig(self._signed)] if self._signed else [])

    # Time.

    def tick(self) -> Effects:
        """Count LIVE time; sign or answer when the moment has come."""
        self._count()
        return [*self._answer(), *self._sign(), *self._keep()]

    def _count(self) -> None:
        link = self.link
        now, heads = link.now, link.heads
        self._sent_at = min(self._sent_at, now)  # the clock may have been set back
        if self._was_live and link.phase == LIVE:
            span = max(Span(0), min(now - self._ticked, LIVE_STEP_MAX))
            self.out.live(span)
            self.into.live(span)
        self._ticked, self._was_live = now, link.phase == LIVE
        self.out.grow(heads.out_size)
        self.into.grow(heads.in_size)

    def _keep(self) -> Effects:
        ages = self.out.age, self.into.age
        if [age.ms // KEEP_EVERY.ms for age in ages] == self._kept:
            return []
        self._kept = [age.ms // KEEP_EVERY.ms for age in ages]
        return [KeepAges(*ages)]
