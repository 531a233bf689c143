"""When to dial again. Normative: spec/link.md 7."""

from typing import Final

from detente.core.moment import Span

STEPS_MS: Final = (0, 100, 200, 400, 800)
BRISK: Final = Span.of(minutes=1)  # most lines that break come back by then
BRISK_MS: Final = 500
EAGER: Final = Span.of(minutes=10)  # so long after a loss one dial a second is in flight
EAGER_MS: Final = 1_000
SLOWEST_MS: Final = 15_000
JITTER: Final = 0.2


def wait(attempt: int, down_for: Span, draw: int) -> Span:
    """Return how long to wait before dial number `attempt` (from 0) since the path went down.

    draw is one random byte: it moves the wait by up to a fifth, so that two sides and many
    parties do not dial in step.
    """
    if attempt < len(STEPS_MS):
        base = STEPS_MS[attempt]
    elif down_for < BRISK:
        base = BRISK_MS
    elif down_for < EAGER:
        base = EAGER_MS
    else:
        over = min(attempt - len(STEPS_MS), 8)
        base = min(STEPS_MS[-1] << over + 1, SLOWEST_MS)
    return Span(int(base * (1 - JITTER + 2 * JITTER * draw / 255)))
