"""Counts, for overseers: how often what happened at which desk. Numbers and codes alone."""

from dataclasses import replace
from typing import Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office import oversight
from detente.office.people import House

NEEDS: Final = House.OVERSEER.value
DAYS: Final = (1, 7, 30, 90)
_DAYS: Final = 7


def counts(site: Site, ask: Ask) -> Answer:
    """Show the counts of some days until now."""
    site.read_news()
    now, days = site.now(), _days(ask.asked("days"))
    since = Moment(now.ms - Span.of(days=days).ms)
    found = site.office.oversight.see(ask.person, since, now, now)
    # Counting is asked for, never done by itself.
    frame = replace(framing.frame(site, ask, "overseer"), events="", again="", alarm="")
    values = {
        "frame": frame,
        "days": days,
        "choices": DAYS,
        "since": since,
        "whats": oversight.WHATS,
        "found": found,
    }
    return page(site.renderer.render("pages/overseer.html", ask.language, values))


def _days(told: str) -> int:
    if not told:
        return _DAYS
    if not told.isdecimal() or int(told[:4]) not in DAYS:
        raise OurFault("form.choice", f"no time of {told[:20]!r} days", "choose one of the list")
    return int(told[:4])


ROUTES: Final = (Route("GET", "overseer", counts, NEEDS),)
