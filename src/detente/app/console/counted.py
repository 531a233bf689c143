"""Metrics of a running office as text for Prometheus, on a port of this machine alone.

Counts and times; no name of a person, no address, no query. Source: docs/operate/console.md.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from detente.app import build
from detente.app.config import Config
from detente.app.console.room import ConsoleRoom
from detente.app.http import Reply, Request
from detente.app.node.meter import Sample
from detente.app.operating import metrics
from detente.app.operating.metrics import CONTENT_TYPE, render_of
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.office import Office

SETTING: Final = "console.metrics"
# name: type and help. Every name stands in docs/operate/console.md.
METRICS: Final[Mapping[str, tuple[str, str]]] = {
    "detente_console_requests_total": ("counter", "requests that were answered"),
    "detente_console_request_seconds": ("histogram", "from a request's head to its answer"),
    "detente_console_streams": ("gauge", "event streams open now"),
    "detente_console_sessions": ("gauge", "sessions with an event stream open"),
    "detente_office_up": ("gauge", "1 while the office has its node"),
    "detente_office_waiting": ("gauge", "records that wait for somebody here"),
}


def address(settings: Config) -> build.Address | None:
    """Return where Prometheus may ask, None for nowhere. Raises OurFault("config.bad")."""
    return metrics.address(settings, SETTING)


class Counted:
    """The page of metrics."""

    def __init__(
        self, console: ConsoleRoom, office: Callable[[], Office | None], now: Callable[[], Moment]
    ) -> None:
        self._console, self._office, self._now = console, office, now

    def handle(self, request: Request) -> Reply:
        """Answer on the port for metrics. Raises OurFault("http.no_page") for another page."""
        if (request.method, request.path) != ("GET", ("metrics",)):
            raise OurFault("http.no_page", "/".join(request.path)[:100], "GET /metrics")
        text = render_of(METRICS, list(self._samples()))
        return Reply(data=text.encode(), content_type=CONTENT_TYPE)

    def _samples(self) -> Iterator[Sample]:
        yield from self._console.samples()
        office = self._office()
        yield "detente_office_up", {}, office is not None
        if office is not None:
            found = office.status.attention(self._now())
            yield "detente_office_waiting", {}, found.unread.count + found.owed.count
