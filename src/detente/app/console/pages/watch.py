"""The watch: who has it at each desk, taking it, handing it over with a note, leaving it."""

from typing import Final

from detente.app import said
from detente.app.bilingual import DESK
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.office.desk import Role


def watch(site: Site, ask: Ask) -> Answer:
    """Show the watches of the desks that this person reads at."""
    return _page(site, ask, None)


def _page(site: Site, ask: Ask, fault: OurFault | None) -> Answer:
    now, person = site.now(), ask.person
    rows = [
        (each, site.office.watch.history(each.desk))
        for each in site.office.watch.every(now)
        if person.stands(each.desk, Role.READ)
    ]
    waiting = framing.what_waits(site, person).waiting
    has_log = any(one.desk == DESK for one, _ in rows)
    values = {
        "frame": framing.frame(site, ask, "watch"),
        "rows": rows,
        "me": person.name,
        "waiting": waiting,
        "others": [
            each
            for each in site.office.people.every(now)
            if each.active and each.name != person.name
        ],
        "note": ask.told("note"),
        "log": f"/paper/log/{str(now)[:10]}" if has_log else "",
        "errors": [] if fault is None else [said.of(fault, ask.language).row("note")],
    }
    html = site.renderer.render("pages/watch.html", ask.language, values)
    return page(html, 200 if fault is None else 422)


def take(site: Site, ask: Ask) -> Answer:
    """Take the watch of a desk."""
    site.office.watch.take(ask.person, ask.parts["desk"], site.now())
    site.read_news()
    return go("/watch")


def hand(site: Site, ask: Ask) -> Answer:
    """Hand the watch over, with a note."""
    now, person = site.now(), ask.person
    open_now = framing.what_waits(site, person).waiting
    try:
        site.office.watch.hand(
            person, ask.parts["desk"], ask.told("to"), ask.told("note").strip(), open_now, now
        )
    except OurFault as fault:
        if fault.code.startswith("form."):
            return _page(site, ask, fault)
        raise
    site.read_news()
    return go("/watch")


def leave(site: Site, ask: Ask) -> Answer:
    """Leave the watch: nobody has it then, and that is shown."""
    site.office.watch.leave(ask.person, ask.parts["desk"], site.now())
    site.read_news()
    return go("/watch")


ROUTES: Final = (
    Route("GET", "watch", watch, when_locked=True),
    Route("POST", "watch/{desk}/take", take),
    Route("POST", "watch/{desk}/hand", hand),
    Route("POST", "watch/{desk}/leave", leave),
)
