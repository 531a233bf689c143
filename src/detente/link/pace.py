"""How fast a connection carries: its rate, its round trip, and what may be under way.

CREDIT of the peer says how many bytes it has taken in; all else follows from that.
Normative: spec/link.md 2.3.
"""

from collections import deque
from typing import Final, NamedTuple

from detente.core import limits
from detente.core.moment import Moment, Span
from detente.link import frames

UNKNOWN_RATE: Final = 8_000  # bytes a second, of a path that nobody measured: 64 kbit/s
LOW_RATE: Final = 8_000  # below it a path has the long timers
RATE_LEAST: Final = 64
RATE_MOST: Final = 10**12
FRAGMENT_LEAST: Final = 256
SLACK_MS: Final = 300  # of line time may be under way beyond a round trip
CREDIT_EVERY: Final = Span(50)
CREDIT_BYTES: Final = 64 * limits.KIB
ROUND_TRIP_KEPT: Final = Span(60_000)
ROUND_TRIP_MOST: Final = Span(60_000)
ROUND_TRIP_EVERY: Final = Span(20_000)  # while something waits
FORGIVEN: Final = Span(5_000)
UNANSWERED: Final = Span(600)  # after this, and its time on the line, a path is suspect


class _Mark(NamedTuple):
    end: int  # of all bytes sent on the connection
    size: int
    windowed: int
    at: Moment


class Pace:
    """The numbers of one connection. Rates are bytes a second."""

    def __init__(self, rate: int, most: int = RATE_MOST) -> None:
        """Rate is where this path begins; `most` is the configured one, if it has one."""
        self.rate, self.most = rate, most
        self.is_known = most < RATE_MOST  # configured, or measured since
        self.sent = 0  # bytes of frames, all classes
        self.unanswered = 0  # bytes of frames that CREDIT is due for
        self.under_way = 0  # of those, what the window counts
        self.pressed = False  # something waited for the window since the last sample
        self._marks: deque[_Mark] = deque()
        self._trips: deque[tuple[Moment, int]] = deque()
        self.round_trip_ms = 0  # the least of the last minute; 0 before the first
        self._asked_at: Moment | None = None
        self._base, self._base_at = 0, Moment(0)

    def begin(self, known: "Pace") -> None:
        """Take over what is known of the path, now that its name is."""
        self.rate, self.most, self.is_known = known.rate, known.most, known.is_known

    @property
    def is_low(self) -> bool:
        """Whether this is a slow line, with longer timers."""
        return self.rate < LOW_RATE

    @property
    def fragment(self) -> int:
        """Bytes of a message in one frame: a tenth of a second of the line."""
        return min(max(self.rate // 10, FRAGMENT_LEAST), frames.FRAGMENT)

    @property
    def inline_limit(self) -> int:
        """Bytes of an envelope that may travel in its RECORD; what is larger is staged first."""
        return min(max(self.rate // 4, limits.INLINE_LEAST), limits.INLINE_MAX)

    @property
    def span_bytes(self) -> int:
        """Bytes that the line carries in a round trip and 300 ms."""
        return self.rate * (self.round_trip_ms + SLACK_MS) // 1000

    @property
    def window(self) -> int:
        """Bytes below FLASH that may be under way."""
        return max(2 * (self.fragment + frames.HEAD), self.span_bytes)

    def put(self, size: int, now: Moment, *, windowed: bool) -> None:
        """Count frames that leave, of `size` bytes, for which CREDIT is due."""
        if not self._marks:
            self._base, self._base_at = self.sent, now
        self.sent += size
        self.unanswered += size
        counted = size if windowed else 0
        self.under_way += counted
        self._marks.append(_Mark(self.sent, size, counted, now))

    def credit(self, total: int, now: Moment) -> None:
        """Hear that the peer took in `total` bytes of this connection.

        More than was sent counts as all: whoever says so opens only the window to itself.
        """
        total = min(total, self.sent)
        while self._marks and self._marks[0].end <= total:
            self._pop()
        got, took = total - self._base, max(1, (now - self._base_at).ms)
        # Of a fast line 64 KiB are a moment: what is measured then is who was awake.
        much = max(CREDIT_BYTES, self.window // 2)
        if got > 0 and (took >= CREDIT_EVERY.ms or got >= much or not self._marks):
            self._sample(got, got * 1000 // took)
            self._base, self._base_at = total, now

    def _pop(self) -> None:
        mark = self._marks.popleft()
        self.unanswered -= mark.size
        self.under_way -= mark.windowed

    def forgive(self, heard_at: Moment, now: Moment) -> None:
        """Count as gone what an answering peer gave no CREDIT for in a long time."""
        # Over TLS nothing is lost alone; over what loses frames the window would close for good.
        while self._marks and now - heard_at < FORGIVEN:
            mark = self._marks[0]
            if (now - mark.at).ms < FORGIVEN.ms + self.unanswered * 1000 // self.rate:
                break
            self._pop()

    def _sample(self, got: int, measured: int) -> None:
        self.is_known = True
        if measured > self.rate:
            # A short burst may pass a line faster than the line is: no growth beyond what was
            # carried in one go.
            if 2 * got >= self.window:
                self.rate = min(measured, 2 * self.rate, self.most)
        elif self.pressed:
            self.rate = max(RATE_LEAST, (3 * self.rate + measured) // 4)
        self.pressed = False

    def took(self, trip_ms: int, now: Moment) -> None:
        """Hear of a round trip."""
        self._trips.append((now, trip_ms))
        while now - self._trips[0][0] > ROUND_TRIP_KEPT:
            self._trips.popleft()
        self.round_trip_ms = min(ms for _, ms in self._trips)

    def trip_asked(self, now: Moment) -> bool:
        """Say whether the round trip was asked for of late; if not, count it as asked now."""
        if self._asked_at is not None and now - self._asked_at < ROUND_TRIP_EVERY:
            return True
        self._asked_at = now
        return False

    def suspect_at(self, heard_at: Moment) -> Moment | None:
        """Return when silence makes this path suspect, or None if nothing waits for an answer.

        Source: spec/link.md 1.1.
        """
        if not self._marks:
            return None
        began = max(self._marks[0].at, heard_at)
        on_the_line = self.unanswered * 1000 // self.rate + self.round_trip_ms
        return began + UNANSWERED + Span(on_the_line)

    def shift(self, by: Span) -> None:
        """Move all that is remembered in time: our clock was set back."""
        self._base_at = self._base_at + by
        if self._asked_at is not None:
            self._asked_at = self._asked_at + by
        self._marks = deque(mark._replace(at=mark.at + by) for mark in self._marks)
        self._trips = deque((at + by, ms) for at, ms in self._trips)
