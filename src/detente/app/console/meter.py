"""What is counted of requests, and the line of the log that each gets. Never an address, a query or a body."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from detente.app.log import Log
from detente.app.node.meter import Histogram, Sample

_WAITING_MAX: Final = 10_000  # requests whose line is not written yet


@dataclass(frozen=True, slots=True)
class Seen:
    """One request that was answered: method, pattern of its route, status, seconds, whose."""

    method: str
    route: str
    status: int
    seconds: float
    person: str


class Meter:
    """Takes note in the thread of sockets; counts and writes in the office's."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: deque[Seen] = deque(maxlen=_WAITING_MAX)
        self._counts: dict[tuple[str, str, int], int] = {}
        self._latency = Histogram()

    def see(self, seen: Seen) -> None:
        """Take note of a request."""
        self._waiting.append(seen)

    def write(self) -> None:
        """Count what was noted and write it to the log; in the office's thread."""
        while self._waiting:
            seen = self._waiting.popleft()
            method = seen.method if seen.method in _METHODS else "other"
            key = (method, seen.route, seen.status)
            self._counts[key] = self._counts.get(key, 0) + 1
            if seen.route != "live":  # it lasts as long as a page is open
                self._latency.see(seen.seconds)
            level = "debug" if seen.route in _OFTEN else "info"
            whose = {"person": seen.person} if seen.person else {}
            self._log.write(
                level, "console.request", "a request was answered", method=method,
                route=f"/{seen.route}", status=seen.status, ms=round(seen.seconds * 1000), **whose,
            )  # fmt: skip

    def samples(self) -> Iterator[Sample]:
        """Yield what was counted."""
        for (method, route, status), count in sorted(self._counts.items()):
            about = {"method": method, "route": f"/{route}", "status": str(status)}
            yield "detente_console_requests_total", about, count
        yield from self._latency.samples("detente_console_request_seconds", {})


_METHODS: Final = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
_OFTEN: Final = ("static", "health/live", "health/ready")
