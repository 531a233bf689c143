"""The number of what stands: another one whenever anything changes that a page shows.

Made of what the office stored (but of tables that are quiet) and of the logs of all links as the
node has them. Looking changes nothing: else news would make news.
"""

from collections.abc import Callable, Sequence
from typing import Final

from detente.app.console.limits import BEAT_SECONDS
from detente.app.console.live import Beat
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.ports import Level

_NONE: Final = ("",)


class Pulse:
    """Counts what changed. boot: a name of this run, so that no number of another run is its."""

    def __init__(
        self, boot: str, changes: Callable[[], int], levels: Callable[[], Sequence[Level]]
    ) -> None:
        self._boot, self._changes, self._levels = boot, changes, levels
        self._number = 0
        self._seen: tuple[object, ...] = _NONE
        self._logs: tuple[object, ...] = _NONE
        self._beat_at = 0.0

    @property
    def state(self) -> str:
        """The number as it was when last looked."""
        return f"{self._boot}.{self._number}"

    def look(self, moment: float, now: Moment) -> Beat | None:
        """Return a beat if something changed, or if one is due; moment is of a clock that only grows."""
        due = moment - self._beat_at >= BEAT_SECONDS
        if due:
            self._logs = self._read_logs()
        seen = (self._changes(), *self._logs)
        if seen != self._seen:
            self._seen = seen
            self._number += 1
        elif not due:
            return None
        self._beat_at = moment
        return Beat(self.state, str(now))

    def _read_logs(self) -> tuple[object, ...]:
        try:
            found = self._levels()
        except OurFault as fault:
            return (fault.code,)
        return tuple(
            (
                each.origin, each.size, each.receipted, each.confirmed, each.late, each.waiting,
                each.state, each.unattended,
            )
            for each in found if each.peer
        )  # fmt: skip
