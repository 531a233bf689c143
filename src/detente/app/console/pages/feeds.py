"""Feeds and collections: foreign servers that we read and hand in at, and who reads here."""

from dataclasses import dataclass
from typing import Final

from detente.app import said
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.core.moment import Moment, Span
from detente.office import people
from detente.office.desk import Role
from detente.office.feed_care import STEPS
from detente.office.feeding import EVENTS, State
from detente.office.fields import Values
from detente.office.offered import Collection

ASKED_MAX: Final = 20


@dataclass(frozen=True, slots=True)
class Feed:
    """One feed as the page draws it. trouble: what is wrong and what to do, the last first."""

    state: State
    upto: Moment | None
    pace: Span  # between two tries: longer after faults
    trouble: tuple[said.Said, ...]
    to_see: bool  # something happened that a person must say to have seen


@dataclass(frozen=True, slots=True)
class Offer:
    """One collection for programs: how much stands in it, since when, and who asked last."""

    collection: Collection
    rule: str  # key of the words that say what stands in it
    count: int
    newest: Moment | None
    asked: tuple[Values, ...]


def feeds(site: Site, ask: Ask) -> Answer:
    """Show every feed: how far, when last, what is wrong, what next."""
    site.read_news()
    person = ask.person
    desk = site.office.offered.desk.name
    rows = [_feed(each, ask.language) for each in site.office.feeds.every(person)]
    rows.sort(key=lambda each: (not each.state.alerts, not each.state.paused, each.state.name))
    values = {
        "frame": framing.frame(site, ask, "desks"),
        "desk": desk,
        "rows": rows,
        "may": person.may(desk, Role.AUTHOR),
        "trouble": sum(bool(each.state.alerts) for each in rows),
    }
    return page(site.renderer.render("pages/feeds.html", ask.language, values))


def _feed(state: State, language: str) -> Feed:
    code, _, what = state.fault.partition(": ")
    trouble = []
    for each in reversed(state.alerts):
        known = said.meanings(language)[each]
        if each == code:
            trouble.append(said.sentence(code, what, state.remedy, language))
        else:
            trouble.append(said.Said(each, known["what"], known["try"]))
    due, at = state.due, state.at
    pace = due - at if due is not None and at is not None and due > at else state.told.every
    upto = Moment(state.upto // 1_000) if state.upto >= 0 else None
    return Feed(state, upto, pace, tuple(trouble), any(each in EVENTS for each in state.alerts))


def step(site: Site, ask: Ask) -> Answer:
    """Pause a feed, let it go on, ask now, or say to have seen what happened."""
    name = ask.parts["step"]
    if name not in STEPS:
        people.permit(ask.person, site.office.offered.desk.name, Role.AUTHOR)
        return go("/feeds")
    getattr(site.office.feeds, name)(ask.person, ask.told("feed"), site.now())
    site.read_news()
    return go("/feeds")


def collections(site: Site, ask: Ask) -> Answer:
    """Show the collections that programs read and hand in at, by TAXII 2.1."""
    site.read_news()
    room = site.office.offered
    people.permit(ask.person, room.desk.name, Role.READ)
    rows = []
    for each in room.collections(ask.person):
        count, newest = room.standing(each)
        asked = room.who_asked(each.alias)[:ASKED_MAX]
        rows.append(Offer(each, _rule(each), count, newest, asked))
    values = {
        "frame": framing.frame(site, ask, "desks"),
        "desk": room.desk.name,
        "rows": rows,
        "root": f"https://{site.name}/taxii2/",
        "readers": [
            each.name
            for each in site.office.people.every(site.now())
            if each.active and each.may(room.desk.name, Role.READ)
        ],
    }
    return page(site.renderer.render("pages/collections.html", ask.language, values))


def _rule(each: Collection) -> str:
    if each.party:
        return "from_about" if each.may_read and each.alias.startswith("from-") else "to_about"
    return {"all": "all_about", "local": "local_about"}.get(each.alias, "everyone_about")


ROUTES: Final = (
    Route("GET", "feeds", feeds),
    Route("POST", "feeds/{step}", step),
    Route("GET", "collections", collections),
)
