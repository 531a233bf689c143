"""What a party asks of itself before a record leaves, as its settings say it."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from detente.app.config import Config
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office import alarms
from detente.office.fields import Within
from detente.office.waiting import Policy

LADDER_MAX: Final = Span.of(hours=1)
HOLD_MAX: Final = Span(600_000)  # what waits longer than ten minutes is a draft


def of(settings: Config) -> Policy:
    """Return the settings of release and audit. Raises OurFault("config.bad")."""
    return Policy(
        second_person=frozenset(settings.texts("release.second_person")),
        hold_back=_hold_back(settings.text("release.hold_back")),
        heads_to=frozenset(settings.texts("audit.heads_to")),
        unreleased=settings.flag("office.unreleased"),
        ladder=ladder(settings),
    )


def ladder(settings: Config) -> tuple[tuple[str, Span], ...]:
    """Return the steps of an alarm and their spans, the first first. Raises OurFault("config.bad")."""
    found: dict[str, Span] = {}
    for each in settings.texts("alarms.escalate"):
        after, _, step = each.partition(" ")
        try:
            span = Within().read("alarms.escalate", after)
        except OurFault:
            span = None
        known = step in alarms.RUNGS and step not in found
        if not known or not isinstance(span, Span) or span.ms > LADDER_MAX.ms:
            raise OurFault(
                "config.bad",
                f"alarms.escalate has {each[:40]!r}",
                f"write a time of at most an hour and one of {', '.join(alarms.RUNGS)}, each once:"
                ' "60s command"',
            )
        found[step] = span
    return tuple(sorted(found.items(), key=lambda each: each[1].ms))


def command(settings: Config) -> list[str]:
    """Return the command of an alarm and its words. Raises OurFault("config.bad")."""
    found = settings.texts("alarms.command")
    if found and not Path(found[0]).is_absolute():
        raise OurFault(
            "config.bad",
            f"alarms.command begins with {found[0][:80]!r}",
            "write the whole path of a program first, each of its words by itself",
        )
    return found


def unattended(settings: Config) -> Callable[[str], bool]:
    """Return whether the settings let the office open a desk by itself."""
    named = set(settings.texts("office.unattended"))
    return lambda desk: bool({"all", desk} & named)


def _hold_back(text: str) -> Span:
    if text in ("", "0"):
        return Span(0)
    try:
        found = Within().read("release.hold_back", text)
    except OurFault:
        found = None
    if not isinstance(found, Span) or found.ms > HOLD_MAX.ms:
        raise OurFault(
            "config.bad",
            f"release.hold_back is {text[:40]!r}",
            'write a time of at most ten minutes: "10s"; or "" for none',
        )
    return found
