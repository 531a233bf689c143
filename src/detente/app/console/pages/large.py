"""A file too large for one record: how far it is judged, what is in it, and the button that sends it.

The page brings itself up to date; each time the office does a few steps. Without a script.
"""

from dataclasses import replace
from typing import Final

from detente.app.console import framing, holding
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.console.writing import Sheet
from detente.core import names
from detente.core.errors import OurFault
from detente.office.fields import File
from detente.office.large import State
from detente.office.post import Outcome
from detente.ui import form
from detente.ui.safe import foreign, ltr

STEPS: Final = 3  # of the office for one look at the page
_TOO_LARGE: Final = frozenset({"cert.bundle_size", "form.size", "stix.size", "stix.count"})


def hand_over(site: Site, ask: Ask, found: Sheet) -> str:
    """Begin with the file of a form if nothing but its size is wrong; return its name, "" if not."""
    act = found.act
    field = next((each for each in act.fields if isinstance(each.type, File)), None)
    is_large = found.errors and all(each.code in _TOO_LARGE for each in found.errors)
    if act.large is None or field is None or not is_large or field.name not in found.held:
        return ""
    file = holding.of(site.office).get(ask.person.name, found.held[field.name][0])
    small = replace(act, fields=tuple(each for each in act.fields if each is not field))
    read = form.read(small, found.texts, {})
    if file is None or read.errors:
        return ""
    handle = site.office.files.take(file.name, file.data, site.now())
    site.office.large.begin(ask.person, act, read.values, handle, site.now(), handle)
    return handle


def show(site: Site, ask: Ask) -> Answer:
    """Do some steps with a file, and show how far it is; when it was sent, show its first record."""
    handle = _handle(site, ask)
    for _ in range(STEPS):
        state = site.office.large.step(ask.person, handle, site.now(), go=False)
        if state.phase in ("ready", "sent"):
            break
    if state.outcome is not None:
        site.read_news()
        return go(whither(state.outcome))
    return _page(site, ask, handle, state)


def send(site: Site, ask: Ask) -> Answer:
    """Send what was judged; the page shows how its parts are made ready."""
    handle = _handle(site, ask)
    site.office.large.step(ask.person, handle, site.now(), go=True)
    return go(f"/large/{handle}")


def drop(site: Site, ask: Ask) -> Answer:
    """Forget it: nothing of it left."""
    site.office.large.drop(ask.person, _handle(site, ask))
    return go("/write")


def _handle(site: Site, ask: Ask) -> str:
    """Return the name of the file. Raises OurFault("office.forbidden") for who sends none such."""
    for desk in site.office.desks:
        for act in desk.acts:
            if act.large is not None and ask.person.stands(desk.name, act.role):
                return ask.parts["file"]
    raise OurFault("office.forbidden", f"{ask.person.name} sends no files here", "ask who does")


def whither(outcome: Outcome) -> str:
    """Return the page of what an act made."""
    waits = (*outcome.waiting, *outcome.held)
    if waits:
        return f"/drafts/{waits[0].hex()}"
    return f"/record/{outcome.mids[0].hex()}" if outcome.mids else "/"


def _page(site: Site, ask: Ask, handle: str, state: State) -> Answer:
    if state.phase == "cutting":
        done, size = state.part, state.parts
    else:
        done, size = state.done, state.size
    told = [
        {"name": each.name, "count": each.count, "of": each.of, "first": list(map(foreign, each.first))}
        for each in state.large.told
    ]  # fmt: skip
    given = state.values
    values = {
        "path": f"/large/{handle}",
        "phase": state.phase,
        "done": done,
        "most": max(size, 1),
        "bytes": state.size,
        "parts": state.parts,
        "told": told,
        "to": [ltr(each) for each in given.texts("to")],
        "names": ", ".join(names.party_of(each) for each in given.texts("to")),
        "about": foreign(given.text("about")),
        "tlp": given.text("tlp"),
        "frame": framing.frame(site, ask, "write", given.text("tlp")),
    }
    return page(site.renderer.render("pages/large.html", ask.language, values))


ROUTES: Final = (
    Route("GET", "large/{file}", show),
    Route("POST", "large/{file}/send", send),
    Route("POST", "large/{file}/drop", drop),
)
