"""What our own node refuses of what the house says by itself: tried again, ever later."""

from dataclasses import dataclass, field
from typing import Final

from detente.core.errors import Fault
from detente.core.moment import Moment, Span
from detente.node.ports import Answer
from detente.office import unsent

RETRY_FIRST: Final = Span(1_000)
RETRY_MAX: Final = Span.of(minutes=5)


@dataclass(slots=True)
class Patience:
    """What our node refused of the house itself, and when it is tried again: ever later."""

    fault: Fault | None = None
    tries: int = 0
    at: Moment = field(default=Moment(0))

    def hold(self, answer: Answer, now: Moment) -> None:
        """Wait twice as long as the last time."""
        self.fault, self.tries, self.at = unsent.refusal(answer), self.tries + 1, now

    def until(self) -> Moment:
        """Return when to try again."""
        return self.at + Span(min(RETRY_FIRST.ms << min(self.tries, 16), RETRY_MAX.ms))

    def is_over(self, now: Moment) -> bool:
        """Say whether it may be tried now; a clock set back ends it too."""
        return self.fault is None or not self.at <= now < self.until()
