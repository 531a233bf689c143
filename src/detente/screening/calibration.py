"""What a score means: how many people who are on no list reach it.

Measured, not reckoned: 6,730 invented people asked by name and kind of 48,338 listed names
(`bench.accuracy` prints the table anew). Of another list, and with births told, it is a bound from
experience and no promise.
"""

from bisect import bisect_left
from collections.abc import Mapping
from typing import Final

from detente.screening.text import ARABIC, CYRILLIC, HAN, LATIN, script_of

Steps = tuple[tuple[float, int], ...]

SHARES: Final = (1, 2, 5, 10, 20, 50, 100, 200, 300, 500)  # of 1,000 innocents
LEAST: Final = 3  # innocents above a score, below which a share says nothing sure

# The score from which at most so many of 1,000 alert, the highest first, by the asked script.
STEPS: Final[Mapping[str, Steps]] = {
    LATIN: ((.765, 1), (.743, 2), (.688, 5), (.676, 10), (.662, 20), (.601, 50), (.575, 100),
            (.531, 200), (.478, 300), (.404, 500)),
    CYRILLIC: ((.645, 5), (.624, 10), (.601, 20), (.56, 50), (.513, 100), (.462, 200),
               (.437, 300), (.368, 500)),
    ARABIC: ((.64, 5), (.59, 10), (.54, 20), (.475, 50), (.449, 100), (.403, 200), (.378, 300),
             (.342, 500)),
    HAN: ((.723, 5), (.711, 10), (.677, 20), (.619, 50), (.556, 100), (.492, 200), (.45, 300),
          (.383, 500)),
}  # fmt: skip
# Of names in a script that nobody measured: all innocents together.
ANY: Final[Steps] = (
    (.765, 1), (.742, 2), (.695, 5), (.674, 10), (.656, 20), (.581, 50), (.556, 100), (.491, 200),
    (.45, 300), (.383, 500),
)  # fmt: skip


def innocents(asked: str, score: float) -> int | None:
    """Return of 1,000 invented people how many at most reach a score; None: more than half do.

    asked: the name as it was asked; its script decides.
    """
    steps = STEPS.get(script_of(asked), ANY)
    at = bisect_left(steps, -score, key=lambda step: -step[0])
    return steps[at][1] if at < len(steps) else None


def steps_of(scores: list[float]) -> Steps:
    """Return the steps of measured innocents: the best score of each, in any order."""
    ordered, found = sorted(scores, reverse=True), []
    for share in SHARES:
        allowed = len(ordered) * share // 1_000
        if allowed >= LEAST:
            line = ordered[allowed]  # this one and those below it must not alert
            found.append(((int(line * 1_000) + 1) / 1_000, share))
    return tuple(found)
