"""Papers: what the pages beside them show, as PDF, saved as a file."""

import re
from typing import Final

from detente.app.console.ask import Answer, Ask, download
from detente.app.console.asked import mid_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.paper import grade, log, notice, press, session
from detente.app.paper.sheet import Sheet
from detente.core import record
from detente.core.errors import OurFault

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _saved(sheet: Sheet, name: str) -> Answer:
    return download(press.pdf(sheet), f"{name}.pdf", "application/pdf")


def _day(ask: Ask) -> str:
    day = ask.parts["day"]
    if not _DAY.fullmatch(day):
        raise OurFault("form.text", f"{day[:40]!r} is no day", "write it as 2026-11-22", "day")
    return day


def of_notice(site: Site, ask: Ask) -> Answer:
    """Save a notice."""
    site.read_news()
    mid = mid_of(ask)
    sheet = notice.make(site.office, ask.person, mid, ask.language, site.now())
    return _saved(sheet, f"notice-{record.mid_text(mid)}")


def of_session(site: Site, ask: Ask) -> Answer:
    """Save a day of the direct line with a party."""
    site.read_news()
    party, day = ask.parts["party"], _day(ask)
    sheet = session.make(site.office, ask.person, party, day, ask.language, site.now())
    return _saved(sheet, f"{party}-{day}")


def of_log(site: Site, ask: Ask) -> Answer:
    """Save a day of the watch log."""
    site.read_news()
    day = _day(ask)
    return _saved(log.make(site.office, ask.person, day, ask.language, site.now()), f"log-{day}")


def of_exercise(site: Site, ask: Ask) -> Answer:
    """Save the report of an exercise that is over."""
    site.read_news()
    mid = mid_of(ask)
    sheet = grade.make(site.office, ask.person, mid, ask.language, site.now())
    return _saved(sheet, f"exercise-{record.mid_text(mid)}")


ROUTES: Final = (
    Route("GET", "paper/notice/{mid}", of_notice),
    Route("GET", "paper/session/{party}/{day}", of_session),
    Route("GET", "paper/log/{day}", of_log),
    Route("GET", "paper/exercise/{mid}", of_exercise),
)
