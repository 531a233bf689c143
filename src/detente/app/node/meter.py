"""What only somebody who watches a node can tell: how long receipts take, and bytes by link."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from detente.core.moment import Moment
from detente.node.ports import Level

BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0)  # seconds
_UNDER_WAY_MAX: Final = 4_096  # batches whose receipt is measured, of one link
Sample = tuple[str, Mapping[str, str], float]


@dataclass(slots=True)
class Histogram:
    """How often a value fell at or below each bound, and their sum."""

    counts: list[int] = field(default_factory=lambda: [0] * len(BUCKETS))
    count: int = 0
    total: float = 0.0

    def see(self, value: float) -> None:
        """Count one value, in seconds."""
        self.count += 1
        self.total += value
        for i, bound in enumerate(BUCKETS):
            self.counts[i] += value <= bound

    def samples(self, name: str, labels: Mapping[str, str]) -> Iterator[Sample]:
        """Yield its buckets, sum and count."""
        for bound, count in zip(BUCKETS, self.counts, strict=True):
            yield f"{name}_bucket", {**labels, "le": f"{bound:g}"}, count
        yield f"{name}_bucket", {**labels, "le": "+Inf"}, self.count
        yield f"{name}_sum", labels, self.total
        yield f"{name}_count", labels, self.count


@dataclass(slots=True)
class _Link:
    size: int
    under_way: deque[tuple[int, float]] = field(default_factory=deque)
    latency: Histogram = field(default_factory=Histogram)


class Meter:
    """Watches the links of one node; forgets all at a restart."""

    def __init__(self) -> None:
        self._links: dict[str, _Link] = {}
        self.received: dict[str, int] = {}
        self.sent: dict[str, int] = {}
        self.heard_at: dict[str, Moment] = {}

    def see(self, work: Sequence[tuple[str, Level, Level]], moment: float) -> None:
        """Take note of how far our logs are; moment is of a clock that only grows."""
        for name, level, _ in work:
            link = self._links.get(name)
            if link is None or level.size < link.size:  # a new epoch begins anew
                link = self._links[name] = _Link(level.size)
            if level.size > link.size:
                link.size = level.size
                if len(link.under_way) < _UNDER_WAY_MAX:
                    link.under_way.append((level.size, moment))
            while link.under_way and link.under_way[0][0] <= level.receipted:
                link.latency.see(moment - link.under_way.popleft()[1])

    def came(self, link_id: str, count: int, now: Moment) -> None:
        """Count bytes that came over a link."""
        self.received[link_id] = self.received.get(link_id, 0) + count
        self.heard_at[link_id] = now

    def went(self, link_id: str, count: int) -> None:
        """Count bytes that went over a link."""
        self.sent[link_id] = self.sent.get(link_id, 0) + count

    def latency(self, link_id: str) -> Histogram:
        """Return how long receipts took on a link."""
        found = self._links.get(link_id)
        return found.latency if found else Histogram()
