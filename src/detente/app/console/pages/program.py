"""The API on the console's listener, and the event stream's admission."""

from collections.abc import Callable
from typing import Final

from detente.app.console.ask import Answer, Ask
from detente.app.console.keeper import replied
from detente.app.console.routes import ANY, PERSON, Route
from detente.app.console.site import Site
from detente.app.console.taxii import server
from detente.app.http import Reply, Request
from detente.core.errors import OurFault
from detente.office.sessions import Session

NO_USER: Final = -1  # of this machine; whom a session stands for is told beside it


def api(site: Site, ask: Ask) -> Answer:
    """Answer as the office's own socket does, for whoever the session or the token stands."""
    if ask.path[2:3] == ("person",) and ask.method not in ("GET", "HEAD", "OPTIONS"):
        _see_fresh(site, ask)  # and no token of a program does anything to people
    return site.api(ask)


def _see_fresh(site: Site, ask: Ask) -> None:
    if not isinstance(ask.session, Session) or not ask.session.is_fresh(site.now()):
        raise OurFault(
            "signin.again", "this act asks who you are once more", "show who you are: /again"
        )


def ask_api(handle: Callable[[Request], Reply], ask: Ask) -> Answer:
    """Put an Ask to the API as a Request, and return its Reply as an Answer."""
    asked = tuple((name, text) for name, texts in ask.query.items() for text in texts)
    request = Request(
        NO_USER, ask.method, ask.path, dict(asked), ask.body, ask.headers, asked, ask.person
    )
    return replied(handle(request))


def listen(_site: Site, _ask: Ask) -> Answer:
    """Let a person listen: what comes is made by console/live.py."""
    return Answer()


ROUTES: Final = (
    Route(ANY, "taxii2/{rest...}", server.answer, PERSON),
    Route(ANY, "api/{rest...}", api, PERSON),
    Route("GET", "live", listen, PERSON, when_locked=True),
)
