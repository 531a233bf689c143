"""What the office's process adds to what goes by itself: who may still act, and that nothing stops the loop."""

from collections.abc import Callable
from dataclasses import replace

from detente.app import build_policy
from detente.app.config import Config
from detente.app.desk_keys import DeskKeys
from detente.app.log import Log
from detente.core.errors import Fault
from detente.core.moment import Moment
from detente.office.office import Office
from detente.office.people import Person

AGAIN = 5.0  # seconds after a fault of our own


def permit(office: Office, settings: Config, keys: DeskKeys) -> None:
    """Let an office act by itself as far as the settings and the keys of its people allow."""

    def as_now(person: Person, now: Moment) -> Person:
        return replace(person, shut=keys.shut_for_commands(person, now))

    office.handing_on.may = build_policy.unattended(settings)
    office.handing_on.as_now = as_now


def pulse(
    office: Office,
    guarded: Callable[[Callable[[], float | None]], float | None],
    now: Moment,
    log: Log,
) -> float | None:
    """Do what is next by itself; return the seconds until the next turn. What fails is told, and tried again."""
    try:
        return guarded(lambda: office.handing_on.turn(now))
    except Fault as fault:
        log.write("warn", fault.code, f"automatic: {fault.what}")
        return AGAIN
