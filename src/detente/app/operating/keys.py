"""Old keys go by themselves, if the party says so, once their term is over.

A key is old if our newest card does not name it; its term runs from the day on which the last peer
had that card. Source: docs/operate/keys.md.
"""

import re
from collections.abc import Callable, Sequence
from typing import Final

from detente.app import build_keys, system
from detente.app.config import Config
from detente.app.log import Log
from detente.app.loop import clock
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node.ports import Told

KEEP: Final = Span.of(days=30)  # the least: what was sealed to an older key may be under way
LOOK_EVERY: Final = 86_400.0  # seconds
FIRST_LOOK: Final = 600.0  # seconds after the start: a start has better things to do
_DAYS: Final = re.compile(r"([0-9]{1,5})d")


def term(settings: Config) -> Span | None:
    """Return for how long old keys are kept; None for ever. Raises OurFault("config.bad")."""
    text = settings.text("retention.keys")
    if not text:
        return None
    met = _DAYS.fullmatch(text)
    found = Span.of(days=int(met[1])) if met else Span(0)
    if found < KEEP:
        raise OurFault(
            "config.bad",
            f"retention.keys is {text[:40]!r}",
            'write days, 30 at least: "30d"; or ""',
        )
    return found


def check_known(told: Sequence[Told], keep: Span, now: Moment) -> None:
    """Raise OurFault("vault.in_use") unless every peer has our newest card for so long."""
    newest = max((each.told or 0 for each in told), default=0)
    for each in told:
        at = each.known_at
        if each.known != newest or (newest > 1 and at is None):
            raise OurFault(
                "vault.in_use",
                f"{each.party} has no receipt for our newest card yet",
                "wait until its line was up: detente link list",
            )
        if at is not None and now - Moment(at * 1_000) < keep:
            raise OurFault(
                "vault.in_use",
                f"{each.party} has our newest card for less than {keep.ms // 86_400_000} days",
                "wait: what was sealed to an older key may still be under way",
            )


class OldKeys:
    """Looks once a day whether keys of one half are old enough to go."""

    def __init__(self, settings: Config, half: str, passphrase: bytes) -> None:
        """Read the term. Raises OurFault("config.bad")."""
        self._term = term(settings)
        self._settings, self._half = settings, half
        self._passphrase = passphrase if self._term else b""
        self._look_at = clock() + FIRST_LOOK

    def wait(self, moment: float) -> float | None:
        """Return the seconds until the next look; None if there is never one."""
        return None if self._term is None else max(0.0, self._look_at - moment)

    def turn(self, moment: float, told: Callable[[], Sequence[Told]], log: Log) -> bool:
        """Look if it is time; return whether keys went, so that the process must begin anew.

        A fault of the vault is written to the log, and the next look tries again.
        """
        if self._term is None or moment < self._look_at:
            return False
        self._look_at = moment + LOOK_EVERY
        try:
            check_known(told(), self._term, system.now())
            gone = build_keys.purge_old(
                self._settings, self._half, self._passphrase, only_look=False
            )
        except OurFault as fault:
            level = "debug" if fault.code == "vault.in_use" else "error"
            log.write(level, fault.code, fault.what, remedy=fault.remedy)
            return False
        if gone:
            log.write("info", "keys.purged", f"old keys went after their term: {', '.join(gone)}")
        return bool(gone)
