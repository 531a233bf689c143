"""The settings of the section `people`, read and judged."""

from typing import Final

from detente.app.config import Config
from detente.app.stolen import Stolen
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office.fields import Within
from detente.office.front_door import Rules
from detente.office.sessions import Policy

_DAY: Final = Span.of(days=1)


def rules(settings: Config) -> Rules:
    """Return the rules of signing in. Raises OurFault("config.bad")."""
    lock, out = _span(settings, "idle_lock"), _span(settings, "sign_out")
    if lock.ms > out.ms:
        raise OurFault(
            "config.bad", "people.idle_lock is longer than people.sign_out", "lock before the end"
        )
    file = settings.path("people.stolen")
    stolen = Stolen(file) if file else None
    if stolen:
        stolen.check()
    return Rules(
        policy=Policy(lock, out),
        password_min=_number(settings, "password_min", 8, 128),
        wrong_per_minute=_number(settings, "wrong_per_minute", 1, 1_000),
        recovery_codes=_number(settings, "recovery_codes", 2, 50),
        stolen=stolen,
    )


def _span(settings: Config, name: str) -> Span:
    told = settings.text(f"people.{name}")
    try:
        found = Within().read(f"people.{name}", told)
    except OurFault as fault:
        raise OurFault("config.bad", fault.what, "write a time: 15m, 12h") from None
    assert isinstance(found, Span), "that is what it reads as"
    if not 0 < found.ms <= _DAY.ms:
        raise OurFault("config.bad", f"people.{name} is {told[:20]!r}", "at most one day: 12h")
    return found


def _number(settings: Config, name: str, low: int, high: int) -> int:
    told = settings.text(f"people.{name}")
    if not (told.isascii() and told.isdecimal() and low <= int(told) <= high):
        raise OurFault(
            "config.bad", f"people.{name} is {told[:20]!r}", f"write a number, {low} to {high}"
        )
    return int(told)
