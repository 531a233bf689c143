"""Whether the console and its office are well, for machines: a word, and no detail for anybody."""

from typing import Final

from detente.app.console.ask import TEXT, Answer, Ask
from detente.app.console.routes import ANYONE, Route
from detente.app.console.site import Site
from detente.core.errors import OurFault


def live(_site: Site, _ask: Ask) -> Answer:
    """Say that the office's thread turns: this is made in it."""
    return Answer(200, b"ok\n", TEXT)


def ready(site: Site, _ask: Ask) -> Answer:
    """Say whether the office has its node and can store."""
    try:
        _ = site.office
    except OurFault:
        return Answer(503, b"not ready\n", TEXT)
    return Answer(200, b"ok\n", TEXT)


ROUTES: Final = (
    Route("GET", "health/live", live, ANYONE),
    Route("GET", "health/ready", ready, ANYONE),
)
