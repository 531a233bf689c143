"""Our alerts beside those of another system over the same customers: what both say, and who is right.

Nobody knows the truth of a file of customers. So the two are compared, each difference gets its
reason, and a sample of every class is drawn for people to judge; what they judged gives shares with
their intervals. Pure: the same files, settings and seed give the same report.
"""

import hashlib
import heapq
import math
from collections.abc import Iterable, Mapping
from typing import Final, Generic, NamedTuple, TypeVar

import msgspec

from detente.screening.decision import Told

# Classes of pairs: a customer and an entity.
BOTH, THEIRS, OURS = "both", "theirs", "ours"
# Below the line: the best score of a customer whom nobody alerts, by how much our threshold misses it.
BANDS: Final = (("below_05", 0.05), ("below_10", 0.10), ("below_20", 0.20))
CLASSES: Final = (BOTH, THEIRS, OURS, *(name for name, _ in BANDS))
SAMPLE: Final = 50  # pairs of a class that people judge, unless another number is asked for
SAMPLE_MAX: Final = 2_000
ALERTS_MAX: Final = 1_000_000  # lines of the other system

# Why an alert of theirs is none of ours.
BELOW = "below"  # our score is under the threshold
FAR = "far"  # it has no score that is told
NOT_LISTED = "not_listed"  # no such entity on the lists that we screened
UNKNOWN = "unknown"  # they do not say who is meant, and we alert nobody
UNDECIDED = "undecided"  # ours is undecided: a person looks there too
MISSED = "missed"  # it reaches the threshold when asked for alone: our search did not come to it
NO_CUSTOMER = "no_customer"  # no such customer in the file
REASONS: Final = (BELOW, FAR, NOT_LISTED, UNKNOWN, UNDECIDED, MISSED, NO_CUSTOMER)

SAME, DIFFERENT, UNSURE = "same", "other", "unsure"
JUDGED: Final = (SAME, DIFFERENT, UNSURE)
_Z: Final = 1.959964  # of 95 %
Drawn = TypeVar("Drawn")


class Compared(msgspec.Struct, frozen=True, omit_defaults=True):
    """A pair of a customer and an entity.

    `asked`, `listed`: the names of both; `score` is ours, `their_score` theirs; `why`: of REASONS;
    `also`: the other system alerts the customer too, for somebody else; `told`: our reasons.
    """

    kind: str
    customer: str
    entity: str = ""
    asked: str = ""
    listed: str = ""
    score: float | None = None
    their_score: float | None = None
    why: str = ""
    also: bool = False
    their_line: int = 0
    line: int = 0
    told: Told | None = None

    @property
    def key(self) -> tuple[str, str]:
        """By which a judged row is found again."""
        return self.customer, self.entity


class Customers(msgspec.Struct):
    """How many customers are alerted by both, by one of the two, by none; undecided by us."""

    both: int = 0
    theirs: int = 0
    ours: int = 0
    none: int = 0
    undecided: int = 0


class Share(NamedTuple):
    """A share of judged pairs that mean the same person, with its 95 % interval."""

    share: float
    low: float
    high: float


class Judgement(NamedTuple):
    """What people judged of a class: how many pairs it has, how many were judged and were the same.

    `unsure` ones are counted and not in the share.
    """

    pairs: int
    judged: int
    same: int
    unsure: int

    @property
    def share(self) -> Share | None:
        """The share that is the same; None before anybody judged."""
        return wilson(self.same, self.judged) if self.judged else None

    @property
    def estimate(self) -> tuple[int, int, int] | None:
        """How many of the class are the same: estimated, at least, at most."""
        if (found := self.share) is None:
            return None
        return (
            round(self.pairs * found.share),
            math.floor(self.pairs * found.low),
            math.ceil(self.pairs * found.high),
        )


def wilson(same: int, judged: int) -> Share:
    """Return a share and its 95 % interval (Wilson 1927, without correction for continuity)."""
    assert 0 <= same <= judged
    assert judged > 0
    share, z2 = same / judged, _Z * _Z / judged
    middle = (share + z2 / 2) / (1 + z2)
    half = _Z * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged)) / (1 + z2)
    # At the ends the interval ends there too: rounding must not lead beyond.
    low = 0.0 if same == 0 else max(0.0, middle - half)
    return Share(share, low, 1.0 if same == judged else min(1.0, middle + half))


def band(best: float, threshold: float) -> str:
    """Return the band below the line that a best score falls in; "" for none."""
    missing = threshold - best
    if missing <= 0:
        return ""
    return next((name for name, most in BANDS if missing <= most), "")


class Sample(Generic[Drawn]):
    """Draws the same rows from the same classes whatever order they come in: those of lowest hash."""

    def __init__(self, seed: str, size: int) -> None:
        self._seed, self._size = seed, size
        self._drawn: dict[str, list[tuple[int, str, Drawn]]] = {}
        self.counts: dict[str, int] = {}

    def offer(self, kind: str, name: str, row: Drawn) -> None:
        """Offer a row of a class; `name` tells it from the others of that class."""
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if not self._size:
            return
        data = f"{self._seed}\0{kind}\0{name}".encode()
        rank = -int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
        held = self._drawn.setdefault(kind, [])
        is_full = len(held) >= self._size
        if is_full and (rank, name) <= held[0][:2]:
            return
        if any(each[:2] == (rank, name) for each in held):
            return  # twice in the file: once in the sample
        put = heapq.heapreplace if is_full else heapq.heappush
        put(held, (rank, name, row))

    def drawn(self, kind: str) -> list[Drawn]:
        """Return the drawn rows of a class, the lowest hash first."""
        return [row for _, _, row in sorted(self._drawn.get(kind, []), key=lambda e: (-e[0], e[1]))]


def judge(
    counts: Mapping[str, int], drawn: Iterable[Compared], judged: Mapping[tuple[str, str], str]
) -> dict[str, Judgement]:
    """Return what people judged of each class. `judged`: {key of a pair: of JUDGED}."""
    told = [(pair.kind, judged[pair.key]) for pair in drawn if pair.key in judged]
    return {
        kind: Judgement(
            counts.get(kind, 0),
            sum(k == kind and word != UNSURE for k, word in told),
            sum(k == kind and word == SAME for k, word in told),
            sum(k == kind and word == UNSURE for k, word in told),
        )
        for kind in CLASSES
    }
