"""The frame of a page: places, lines, alarms and the clock, as this person may see them."""

from collections.abc import Iterable, Sequence
from typing import Final

from detente.app import harmless
from detente.app.console import guard
from detente.app.console.ask import Ask
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import names
from detente.core.moment import Moment, Span
from detente.node.ports import COURIER, DISPUTED, HOME, Level
from detente.office.desk import Role
from detente.office.drafting import MARKINGS
from detente.office.items import Item, Page
from detente.office.people import House, Person
from detente.ui.frame import Escalation, Flash, Frame, Line, Place

LIVE: Final = "LIVE"
NEWS_AT: Final = "/help"  # a page that everybody may open, for who asks for news alone
FLASHES: Final = 3  # bands on one page; the list has all
# Of a link's state: the mark beside it, and the key of its words under `ui.line.`.
STATES: Final = {
    "LIVE": ("full", "connected"),
    DISPUTED: ("half", "disputed"),
    "RECONCILE": ("half", "catching_up"),
    "RECOVER": ("half", "catching_up"),
    "PATH_DOWN": ("ring", "down"),
    "NODE_DOWN": ("cross", "silent"),
    "KEY_MISMATCH": ("cross", "key"),
    "PEER_READ_ONLY": ("half", "read_only"),
    "HALTED": ("cross", "halted"),
    COURIER: ("half", "courier"),
    "CLOSED": ("ring", "closed"),
}
_RUNGS: Final = {"command": "siren", "supervisor": "supervisor", "unattended": "there"}


def lines_of(levels: Iterable[Level], own: str) -> tuple[Line, ...]:
    """Return the state of each peer's line, trouble first."""
    newest: dict[str, Level] = {}
    for level in levels:
        if level.peer and level.owner == own and level.state not in (HOME, "CLOSED"):
            newest.setdefault(level.peer, level)  # the newest epoch stands first
    found = [line_of(level) for level in newest.values()]
    return tuple(sorted(found, key=lambda line: (line.mark == "full", line.name)))


def line_of(level: Level) -> Line:
    """Return the state of one line."""
    mark, word = STATES.get(level.state, ("ring", "down"))
    detail = "" if mark == "full" else level.why
    return Line(mark=mark, name=level.peer, word=word, since=level.since, detail=detail)


def frame(site: Site, ask: Ask, here: str, marking: str = "", listed: Page | None = None) -> Frame:
    """Return the frame of a page for a person who is signed in. here: the place, "" for none.

    listed: what waits for them, of all their desks, if the page looked at it already.
    """
    now, person = site.now(), ask.person
    session = ask.session
    listed = listed or what_waits(site, person)
    flashes = tuple(
        _flash(item, now, ask.language, site.office.alarms.ladder, locked=is_locked(ask))
        for item in listed.flashes[:FLASHES]
    )
    return Frame(
        party=site.settings.text("party.name"),
        desk=desks_word(person),
        marking=marking,
        places=_places(person, here, listed.waiting),
        lines=lines_of(site.office.status.levels(), site.settings.text("party.name")),
        flashes=flashes,
        person=person.shown,
        alarm="off",
        now=now,
        state=site.state(),
        events="/live",
        elsewhere="" if ask.method in ("GET", "HEAD") else NEWS_AT,
        again=guard.by_itself(ask),
        theme=person.theme or "system",
        keys=getattr(session, "keys", True),
        form=session.csrf if session else "",
    )


def what_waits(site: Site, person: Person) -> Page:
    """Return alarms and how much waits, without the list: what every page tells."""
    return site.office.todo.page(person, site.now(), count_max=0)


def desks_word(person: Person) -> str:
    """Return the desks that a person reads at, for the frame."""
    return " · ".join(sorted(desk.upper() for desk in person.roles if person.may(desk, Role.READ)))


def shut_desks(person: Person) -> list[str]:
    """Return the desks of a person whose key this session has not."""
    return sorted(desk for desk in person.shut if person.stands(desk, Role.READ))


def strictest(markings: Iterable[str]) -> str:
    """Return the strictest marking of a page; "" where nothing is marked."""
    found = [MARKINGS.index(each) for each in markings if each in MARKINGS]
    return MARKINGS[max(found)] if found else ""


def party_of(address: str) -> str:
    """Return the party of an address, or the party itself."""
    return names.party_of(address) if "@" in address else address


def is_locked(ask: Ask) -> bool:
    """Say whether bodies are hidden: nobody was here for a while."""
    return bool(getattr(ask.session, "locked", False))


def _places(person: Person, here: str, waiting: int) -> tuple[Place, ...]:
    found: list[Place] = []

    def add(word: str, href: str, key: str = "", count: int = 0) -> None:
        current = here == word
        found.append(Place(word=word, href=href, key=key, count=count, current=current))

    reads = any(person.stands(desk, Role.READ) for desk in person.roles)
    writes = any(
        person.stands(desk, role) for desk in person.roles for role in (Role.AUTHOR, Role.ANSWER)
    )
    if reads:
        add("attention", "/attention", "g", waiting)
        add("watch", "/watch")
        add("desks", "/desks")
    if reads or person.house & {House.ADMINISTRATOR, House.AUDITOR}:
        add("links", "/links")
    if reads:
        add("search", "/search", "/")
    if writes:
        add("write", "/write", "c")
    if person.is_in_house(House.ADMINISTRATOR):
        add("people", "/people")
        add("health", "/doctor")
    if person.is_in_house(House.AUDITOR):
        add("audit", "/audit")
    if person.is_in_house(House.OVERSEER):
        add("overseer", "/overseer")
    return tuple(found)


def _flash(
    item: Item, now: Moment, language: str, ladder: Sequence[tuple[str, Span]], *, locked: bool
) -> Flash:
    assert item.mid is not None, "an alarm is about a record"
    steps = tuple(
        Escalation(
            after=_minutes(after),
            word=words().get(f"console.ladder.{_RUNGS[step]}", language),
            reached=now - item.since >= after,
        )
        for step, after in ladder
    )
    return Flash(
        id=item.key,
        party=party_of(item.from_),
        desk=item.desk,
        title="" if locked else harmless.text(item.desk, item.title),
        kept_at=item.since,
        action=f"/record/{item.mid.hex()}/acknowledge",
        steps=steps,
        exercise=item.exercise,
    )


def _minutes(after: Span) -> str:
    seconds = after.ms // 1000
    return f"{seconds // 60}:{seconds % 60:02d}"


def highest(items: Sequence[Item]) -> str:
    """Return the strictest marking of items."""
    return strictest(item.tlp for item in items)
