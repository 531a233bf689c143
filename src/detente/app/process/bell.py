"""How tries to tell of an alarm outside ended: what the doctor and the page of health show of it.

It is forgotten when the office stops: who reads it cares whether the next alarm gets through.
"""

from collections.abc import Callable

from detente.core.moment import Moment
from detente.office.alarms import Bell


class Kept:
    """The last try that went well, the last that failed."""

    def __init__(self, name: str, tries_max: int, now: Callable[[], Moment]) -> None:
        self._name, self._tries_max, self._now = name, tries_max, now
        self._well_at: Moment | None = None
        self._failed_at: Moment | None = None
        self._failing, self._why = False, ""

    def ended(self, why: str) -> None:
        """Keep how a try ended: "" for well."""
        if why:
            self._failed_at, self._failing, self._why = self._now(), True, why
        else:
            self._well_at, self._failing, self._why = self._now(), False, ""

    def shown(self, waiting: int, tries: int) -> Bell:
        """Return it as the office tells it."""
        return Bell(
            self._name, self._well_at, self._failed_at, self._failing, self._why, waiting, tries,
            self._tries_max,
        )  # fmt: skip
