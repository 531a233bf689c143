"""How many FLASH a link carries as FLASH. Normative: spec/link.md 4.1."""

from collections import deque
from typing import Final

from detente.core import limits
from detente.core.moment import Moment, Span

_MINUTE: Final = Span.of(minutes=1)


class FlashRate:
    """The FLASH of the last minute on one link."""

    def __init__(self) -> None:
        self._at: deque[Moment] = deque()

    def takes(self, now: Moment) -> bool:
        """Count one more; say whether it goes as FLASH, and not as IMMEDIATE."""
        # A clock that was set back must not let those of then count for years.
        while self._at and not Span(0) <= now - self._at[0] < _MINUTE:
            self._at.popleft()
        if len(self._at) >= limits.FLASH_RATE:
            return False
        self._at.append(now)
        return True
