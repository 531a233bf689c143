"""The texts' terms: the rules of the settings, and the routes of the admin that order a purge.

A rule is `DESK=DAYS` or `KIND=DAYS`: texts of that desk of ours, or of that kind, that were kept
longer go once a day. No rule, no purge.
"""

import re
from dataclasses import dataclass
from typing import Final

from detente.app import system
from detente.app.config import Config
from detente.app.http import Reply, Request
from detente.app.loop import clock
from detente.app.meeting import Meeting
from detente.app.node.admin import Routes
from detente.app.node.ground import Ground
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.node.care import KEEP_AT_LEAST, RULE, Order

DAY: Final = 86_400_000  # milliseconds
RULES_EVERY: Final = 86_400.0  # seconds between two looks by the rules
FIRST_LOOK: Final = 600.0  # seconds after the start: a start has better things to do
STEP_EVERY: Final = 0.02  # seconds between two steps: a FLASH goes between them
_RULE = re.compile(r"([a-z0-9_.-]{1,48})=([0-9]{1,5})")
_MATTER = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Rule:
    """Texts of a desk, or of a kind (its name has a dot), go after so many days."""

    name: str
    days: int

    def order(self, now: Moment) -> Order:
        """Return what this rule orders now."""
        desk, kind = ("", self.name) if "." in self.name else (self.name, "")
        before = Moment(now.ms - self.days * DAY)
        return Order(before, f"{RULE}{self.name}={self.days}", desk=desk, kind=kind)


def rules(settings: Config) -> tuple[Rule, ...]:
    """Return the rules of the settings. Raises OurFault("config.bad")."""
    found = []
    for text in settings.texts("retention.rules"):
        met = _RULE.fullmatch(text)
        if met is None or int(met[2]) < KEEP_AT_LEAST.ms // DAY:
            raise OurFault(
                "config.bad",
                f"retention.rules has {text[:80]!r}",
                "write DESK=DAYS or KIND=DAYS, 30 days at least: cert=400",
            )
        found.append(Rule(met[1], int(met[2])))
    return tuple(found)


class Retention:
    """Carries out purges inside a running node, step by step, and orders those of the rules."""

    def __init__(self, ground: Ground) -> None:
        """Read the rules. Raises OurFault("config.bad") for one of no form, or of no desk of ours."""
        self._ground, self._rules = ground, rules(ground.settings)
        desks = Meeting(ground.settings.folder).card().desks
        for each in self._rules:
            if "." not in each.name and each.name not in desks:
                raise OurFault(
                    "config.bad",
                    f"retention.rules: {each.name} is no desk of ours, and no kind",
                    f"name one of: {', '.join(sorted(desks))}; or a kind, as cert.bundle",
                )
        ground.node.care.needs_pq = ground.settings.flag("retention.stored_pq")
        self._due: list[Rule] = []
        self._look_at = clock() + FIRST_LOOK
        self._step_at = 0.0

    def turn(self, moment: float) -> float:
        """Do one step if one is due; return the seconds until the next."""
        care = self._ground.node.care
        if care.purging:
            if moment >= self._step_at:
                self._step_at = moment + STEP_EVERY
                self._step()
            return max(0.0, self._step_at - moment)
        if moment >= self._look_at:
            self._look_at = moment + RULES_EVERY
            self._due = list(self._rules)
        if self._due and self._ground.node.read_only is None:
            self._order(self._due.pop(0))
        return self._look_at - moment

    def _order(self, rule: Rule) -> None:
        now = system.now()
        try:
            self._ground.storing(lambda: self._ground.node.care.order(rule.order(now), now))
        except OurFault as fault:  # the clock stands before 1970, or the node was restored
            self._ground.log.write("warn", fault.code, fault.what, rule=rule.name)

    def _step(self) -> None:
        ground, care = self._ground, self._ground.node.care

        def step() -> None:
            ground.dirty = True
            if care.step(system.now()) or care.purging:
                return
            if care.done.records:
                # What went stands in the WAL still, until that is cut.
                ground.parts.store.empty_wal()
                ground.log.write(
                    "info", "purge.done", "texts went after their term",
                    records=care.done.records, bytes=care.done.size,
                )  # fmt: skip

        if ground.node.read_only is None:
            ground.storing(step)


def _status(ground: Ground) -> Json:
    care = ground.node.care
    return {
        "purging": care.purging, "records": care.done.records, "bytes": care.done.size,
        "unread": care.unread,
    }  # fmt: skip


def status(ground: Ground, _request: Request) -> Reply:
    """Return whether a purge is under way, and what the newest one took so far."""
    return Reply(_status(ground))


def order(ground: Ground, request: Request) -> Reply:
    """Order a purge, or count what one would take."""
    asked = request.json()
    before, matter, desk = asked.get("before"), asked.get("matter", ""), asked.get("desk", "")
    if not isinstance(before, str) or not isinstance(matter, str) or not isinstance(desk, str):
        raise OurFault("form.missing", "before is a moment as text", "see docs/api.md")
    if matter and not _MATTER.fullmatch(matter):
        raise OurFault("form.choice", f"{matter[:40]!r} is no matter", "copy its 32 hex digits")
    made = Order(
        Moment.parse(before), str(request.user), matter, desk, dry=asked.get("dry_run") is True
    )
    if ground.node.read_only is not None:
        raise ground.node.read_only
    ground.node.care.order(made, system.now())
    return Reply(_status(ground))


ROUTES: Final[Routes] = {
    ("GET", ("v1", "purge")): status,
    ("POST", ("v1", "purge")): order,
}
