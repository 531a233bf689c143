"""Help: keys, what the marks and states mean, how matters run, and what a code asks for."""

from typing import Final

from detente.app import said
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.routes import PERSON, Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core.errors import OurFault
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.ui.picture import Picture
from detente.ui.safe import Html

LINES: Final = tuple(dict.fromkeys(word for _, word in framing.STATES.values()))


def help_(site: Site, ask: Ask) -> Answer:
    """Show what the screens mean."""
    values = {
        "frame": framing.frame(site, ask, "help"),
        "precedences": PRECEDENCES[::-1],
        "markings": MARKINGS[::-1],
        "line_words": [(mark, word) for mark, word in dict.fromkeys(framing.STATES.values())],
        "procedures": [each.name for desk in site.office.desks for each in desk.procedures],
    }
    return page(site.renderer.render("pages/help.html", ask.language, values))


def code(site: Site, ask: Ask) -> Answer:
    """Show what a code means and what it asks for."""
    name = ask.parts["code"]
    known = said.meanings(ask.language).get(name)
    if known is None:
        raise OurFault("http.no_page", f"there is no page {ask.here[:100]}", "begin at /")
    values = {"frame": framing.frame(site, ask, "help"), "code": name, "known": known}
    return page(site.renderer.render("pages/code.html", ask.language, values))


def procedure(site: Site, ask: Ask) -> Answer:
    """Show how a matter of one sort runs, drawn from its declaration."""
    name = ask.parts["name"]
    found = next(
        (each for desk in site.office.desks for each in desk.procedures if each.name == name), None
    )
    if found is None:
        raise OurFault("http.no_page", f"there is no procedure {name[:80]!r}", "see the desks")
    drawn = Picture(found, words(), ask.language)
    values = {
        "frame": framing.frame(site, ask, "desks"),
        "head": drawn.title,
        "picture": Html(drawn.svg()),
        "states": [
            (drawn.state(state.name), [drawn.duty(duty) for duty in state.owes])
            for state in found.states
        ],
    }
    return page(site.renderer.render("pages/procedure.html", ask.language, values))


ROUTES: Final = (
    Route("GET", "help", help_, PERSON, when_locked=True),
    Route("GET", "help/{code}", code, PERSON, when_locked=True),
    Route("GET", "procedure/{name}", procedure, PERSON, when_locked=True),
)
