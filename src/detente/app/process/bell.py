"""How tries to tell of an alarm outside ended: what the doctor and the page of health show of it.

Each end stands in the home log: an office that starts begins with what it says.
"""

from collections.abc import Callable

from detente.core.moment import Moment
from detente.office.alarms import Bell, Rang


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

    def recall(self, told: Rang) -> None:
        """Begin with what the home log says, unless something was tried since."""
        if self._well_at or self._failed_at:
            return
        self._well_at, self._failed_at = told.well_at, told.failed_at
        self._failing = is_failing(told)
        self._why = told.why if self._failing else ""

    def shown(self, waiting: int, tries: int) -> Bell:
        """Return it as the office tells it."""
        return Bell(
            self._name, self._well_at, self._failed_at, self._failing, self._why, waiting, tries,
            self._tries_max,
        )  # fmt: skip


def is_failing(told: Rang) -> bool:
    """Say whether the last alarm did not get through."""
    return told.failed_at is not None and (told.well_at is None or told.well_at < told.failed_at)
