"""For how long the oldest record of a log has been without the second leg, in LIVE time."""

from typing import Final

from detente.core.moment import Span

MARKS_MAX: Final = 64  # even


class Lag:
    """Marks of one log: up to which size it had grown, and at which LIVE time.

    More marks than MARKS_MAX become half as many, each with the older time of two: an age may be
    told too high, never too low.
    """

    def __init__(self, size: int, covered: int, age: Span) -> None:
        self._live_ms = 0
        self.covered = covered
        # What was uncovered before a restart counts as old as the oldest of it was.
        self._marks: list[tuple[int, int]] = [(size, -age.ms)] if size > covered else []

    @property
    def age(self) -> Span:
        """LIVE time since the oldest record without the leg was seen; 0 if there is none."""
        return Span(self._live_ms - self._marks[0][1]) if self._marks else Span(0)

    def grow(self, size: int) -> None:
        """See the log at this size."""
        if size <= (self._marks[-1][0] if self._marks else self.covered):
            return
        self._marks.append((size, self._live_ms))
        if len(self._marks) > MARKS_MAX:
            pairs = zip(self._marks[:-1:2], self._marks[1::2], strict=True)
            self._marks = [*((size, at) for (_, at), (size, _) in pairs), self._marks[-1]]

    def live(self, span: Span) -> None:
        """Let so much LIVE time pass."""
        self._live_ms += span.ms

    def cover(self, size: int) -> None:
        """Take note that the leg reaches this size."""
        self.covered = max(self.covered, size)
        self._marks = [mark for mark in self._marks if mark[0] > self.covered]
