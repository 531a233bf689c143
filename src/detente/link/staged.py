"""What one side of a link knows of a thing in blocks: what is offered, and what is asked for.

Normative: spec/link.md 11.2.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from detente.core.moment import Moment, Span
from detente.link.frames_stage import Offer

WINDOW: Final = 32  # chunks asked for and not yet here; of an envelope, all its blocks
WINDOW_MOST: Final = 128  # the same where half of a window comes QUICK
QUICK: Final = Span(100)
SLOW: Final = Span(1_000)
NEVER: Final = Moment(0)


@dataclass(slots=True)
class Out:
    """Something we offer: what the peer asked of it and did not get yet."""

    offer: Offer
    rank: int
    ranges: deque[range] = field(default_factory=deque)
    reading: bool = False
    progress: int = 0
    moved_at: Moment = NEVER


@dataclass(slots=True)
class In:
    """Something the peer offers: what is missing, and what of it was asked for."""

    offer: Offer
    rank: int
    parts: set[int]
    held: bytearray
    moved_at: Moment
    asked: set[int] = field(default_factory=set)
    next: int = 0
    window: int = WINDOW
    asked_at: Moment = NEVER
    is_old: bool = False  # offered over another connection: what is offered anew goes first

    def holds(self, index: int) -> bool:
        """Say whether a block is here."""
        return bool(self.held[index >> 3] >> (index & 7) & 1)

    def widen(self, now: Moment) -> int:
        """Half of the window is here: return how wide it is from now on, by the time that took."""
        took = now - self.asked_at
        if Span(0) <= took <= QUICK:
            self.window = min(2 * self.window, WINDOW_MOST)
        elif took > SLOW:
            self.window = max(self.window // 2, WINDOW)
        self.asked_at = now
        return self.window

    def run(self, count_max: int) -> range:
        """Return the next run of missing blocks that were not asked for, perhaps empty."""
        start, end = self.next, self.offer.blocks
        while start < end and (self.holds(start) or start in self.asked):
            start += 1
        stop = start
        while stop < min(end, start + count_max) and not self.holds(stop):
            stop += 1
        self.next = stop
        return range(start, stop)
