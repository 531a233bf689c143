"""Attention: everything that waits for this person, the most urgent first."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from detente.app import harmless, said
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.asked import mid_of
from detente.app.console.framing import party_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import names, record
from detente.core.moment import Moment
from detente.office import crowds, items
from detente.office.items import Item
from detente.ui import receipts
from detente.ui.receipts import Stop

ROWS: Final = 50
# Stops that an item's own kind of waiting tells.
_SIGNED: Final = {
    items.UNREAD: ("stored", "delivered"),
    items.OWED: ("stored", "delivered", "read"),
    items.AWAITED: ("stored", "delivered", "read"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One item as the list draws it."""

    item: Item
    id: str
    place: str  # in the page: one of its own for each row
    href: str
    alike: str
    party: str
    desk: str
    title: str
    words: str
    state: str
    run: tuple[Stop, ...]
    who: str
    may_take: bool


def attention(site: Site, ask: Ask) -> Answer:
    """Show the list."""
    site.read_news()
    now, person, language = site.now(), ask.person, ask.language
    crowd = ask.asked("crowd")
    found = site.office.todo.page(
        person, now, after=ask.asked("after"), count_max=ROWS, crowd=crowd
    )
    rows = [_row(each, person.name, now, language) for each in found.items]
    hidden = framing.is_locked(ask)
    values = {
        "frame": framing.frame(site, ask, "attention", framing.highest(found.items), found),
        "rows": rows,
        "shut": framing.shut_desks(person),
        "hidden": hidden,
        "cleared": [] if hidden or crowd or ask.asked("after") else site.office.todo.cleared(),
        "crowd": crowd,
        "overdue": sum(e.item.late if e.item.crowd else e.item.overdue for e in rows),
        "dated": sum(row.item.count for row in rows if row.item.due is not None),
        "older": _place(crowd, found.after) if found.after else "",
        "newer": _place(crowd) if ask.asked("after") else "",
    }
    return page(site.renderer.render("pages/attention.html", language, values))


def _place(crowd: str, after: str = "") -> str:
    asked = {name: text for name, text in (("crowd", crowd), ("after", after)) if text}
    return f"/attention?{urlencode(asked)}" if asked else "/attention"


def _row(item: Item, me: str, now: Moment, language: str) -> Row:
    key, places = item.words
    own = words()
    filled = {name: _shown(name, text, language) for name, text in places}
    run: tuple[Stop, ...] = ()
    if item.what in _SIGNED:
        late = item.due if item.what != items.UNREAD else None
        signed: dict[str, Moment | None] = dict.fromkeys(_SIGNED[item.what])
        if item.unread and "read" in signed:
            del signed["read"]
        run = receipts.run(signed, now, late)
    return Row(
        item=item,
        id=_about(item) if item.look or item.mid else item.kind if item.crowd else item.what,
        place=f"{item.what}-{_about(item)}",
        href=_place(item.crowd) if item.crowd else _href(item),
        alike=_alike(item, language),
        party=party_of(item.from_) if item.from_ else "",
        desk=names.desk_of(item.from_) if "@" in item.from_ else item.desk,
        title=harmless.text(item.desk, item.title),
        words=own.get(key, language, **filled),
        state=_state(item, language),
        run=run,
        who=own.get("console.attention.you", language) if item.holder == me else item.holder,
        may_take=bool(item.matter and item.mid and item.holder != me and item.what != items.DRAFT),
    )


def _shown(name: str, text: str, language: str) -> str:
    key = f"ui.line.{framing.STATES.get(text, ('', 'down'))[1]}"
    return words().get(key, language) if name == "state" else text


def _state(item: Item, language: str) -> str:
    if item.what == items.FEED:
        return said.meanings(language)[item.state]["what"]
    if not item.procedure:
        return ""
    return words().get(f"{item.procedure.partition('.')[0]}.state.{item.state}", language)


def _alike(item: Item, language: str) -> str:
    if not item.crowd:
        return ""
    key = "most" if item.count == crowds.CROWD_MAX else "alike"
    told = [words().count(f"console.attention.{key}", language, item.count)]
    if item.late:
        told.append(words().count("console.attention.overdue", language, item.late))
    return ", ".join(told)


def _about(item: Item) -> str:
    if item.look:
        return item.look.rpartition("=")[2]
    if item.crowd:
        return item.crowd.replace(" ", "-")
    return record.mid_text(item.mid) if item.mid else item.from_


def _href(item: Item) -> str:
    if item.look:
        return f"/desk/{item.look}"
    if item.what == items.DRAFT and item.mid is not None:
        return f"/drafts/{item.mid.hex()}"
    if item.matter:
        return f"/matter/{item.matter}"
    if item.what == items.FEED:
        return "/feeds"
    if item.what == items.LIST:
        return f"/screening/version/{item.from_}"
    return "/links" if item.what in (items.LINE, items.RECEIPTS) else "/attention"


def acknowledge(site: Site, ask: Ask) -> Answer:
    """Say that a person saw an alarm, and open its record: READ is signed, for its body is shown."""
    mid = mid_of(ask)
    site.office.todo.seen(ask.person, mid, site.now())
    taken = site.office.records.read(ask.person, mid, site.now())
    site.read_news()
    return go(f"/matter/{taken.header.matter}#{mid.hex()}")


def take(site: Site, ask: Ask) -> Answer:
    """Take the matter of a record."""
    site.office.todo.take(ask.person, mid_of(ask), site.now())
    site.read_news()
    return go(ask.told("back") or "/attention")


def leave(site: Site, ask: Ask) -> Answer:
    """Give a matter back."""
    site.office.todo.leave(ask.person, mid_of(ask), site.now())
    site.read_news()
    return go(ask.told("back") or "/attention")


def clear(site: Site, ask: Ask) -> Answer:
    """Clear an alarm, with a note that says why."""
    site.office.todo.clear(ask.person, ask.told("key"), ask.told("note"), site.now())
    site.read_news()
    return go("/attention")


ROUTES: Final = (
    Route("POST", "attention/clear", clear),
    Route("GET", "attention", attention, when_locked=True),
    Route("POST", "record/{mid}/acknowledge", acknowledge),
    Route("POST", "record/{mid}/take", take),
    Route("POST", "record/{mid}/leave", leave),
)
