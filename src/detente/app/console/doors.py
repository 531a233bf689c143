"""What the pages of the door share: the door, the frame before sign-in, and rendering."""

from collections.abc import Mapping

from detente.app import said
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.site import Site
from detente.app.desk_keys import DeskKeys
from detente.core.errors import Fault, OurFault
from detente.office.front_door import SignIn
from detente.office.sessions import Session
from detente.ui.frame import Frame


def door_of(site: Site) -> SignIn:
    """Return the door of this office."""
    found = site.sign_in
    assert isinstance(found, SignIn), "pages of the door are served where there is one"
    return found


def keys_of(site: Site) -> DeskKeys | None:
    """Return the keys of this office's desks; None where nobody keeps any, or its node is away."""
    try:
        found = site.office.desk_keys
    except OurFault:
        return None
    return found if isinstance(found, DeskKeys) else None


def session_of(ask: Ask) -> Session:
    """Return the session of who asks. Raises OurFault("console.sign_in")."""
    _ = ask.person
    assert isinstance(ask.session, Session), "that is what the door gives"
    return ask.session


def fresh(site: Site, ask: Ask) -> Session:
    """Return the session of who proved just now who they are; else they are asked again."""
    found = session_of(ask)
    door_of(site).check_fresh(found, site.now())
    return found


def show(
    site: Site, ask: Ask, template: str, status: int = 200, fault: Fault | None = None,
    **values: object,
) -> Answer:  # fmt: skip
    """Answer with a page of the door or of people."""
    errors = [] if fault is None else [_error(fault, ask.language)]
    more: Mapping[str, object] = {"frame": _frame(site, ask), "errors": errors, **values}
    return page(site.renderer.render(f"pages/{template}.html", ask.language, more), status)


def _error(fault: Fault, language: str) -> dict[str, str]:
    told = said.of(fault, language)
    return told._replace(because=told.because or told.code).row(getattr(fault, "field", "") or "")


def _frame(site: Site, ask: Ask) -> Frame:
    if isinstance(ask.session, Session):
        return framing.frame(site, ask, "people" if ask.path[:1] == ("people",) else "")
    return Frame(party=site.settings.text("party.name"), now=site.now())
