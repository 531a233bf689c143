"""Links: every peer as a track, with its paths, its node, and how far each log came."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, Later, page
from detente.app.console.pages import asking
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.digits import rows_of
from detente.app.faces import words
from detente.core.errors import OurFault
from detente.core.party import Card
from detente.node.ports import Level
from detente.ui.frame import Line

# How the peer's node is drawn, by the mark of its line's state.
_BLOCKS: Final = {"full": "full", "half": "part", "ring": "none", "cross": "none"}
_OPEN: Final = ("UP", "USED")  # of a path, as the node says it


@dataclass(frozen=True, slots=True)
class Track:
    """One peer. paths: name, whether open, words, whether in trouble."""

    line: Line
    desks: tuple[str, ...]
    paths: tuple[tuple[str, bool, str, bool], ...]
    block: str
    level: Level
    received: Level | None
    unread: tuple[str, ...]  # desks over there with nobody at them
    fingerprint: tuple[str, ...]
    logs: tuple[Level, ...]


def links(site: Site, ask: Ask) -> Answer | Later:
    """Show all lines, trouble first."""
    levels, cards = site.office.status.levels(), site.office.status.cards
    frame = framing.frame(site, ask, "links")

    def shown(told: Sequence[Any]) -> Answer:
        found = _tracks(site, ask.language, levels, cards, told[0])
        values = {
            "frame": frame,
            "found": found,
            "carry": sum(each.line.mark == "full" for each in found),
            "pending": _pending(told[1], {each.line.name for each in found}),
        }
        return page(site.renderer.render("pages/links.html", ask.language, values))

    return _asked(site, (asking.LINKS, asking.DOCTOR), shown)


def link(site: Site, ask: Ask) -> Answer | Later:
    """Show one line: its paths, every log with its sizes, and the fingerprint of the peer."""
    party, levels = ask.parts["party"], site.office.status.levels()
    cards, frame = site.office.status.cards, framing.frame(site, ask, "links")

    def shown(told: Sequence[Any]) -> Answer:
        tracks = _tracks(site, ask.language, levels, cards, told[0])
        found = next((each for each in tracks if each.line.name == party), None)
        if found is None:
            raise OurFault("link.none", f"no link with {party[:80]!r}", "see the list of links")
        state_words = {state: word for state, (_, word) in framing.STATES.items()}
        values = {"frame": frame, "one": found, "words": state_words}
        return page(site.renderer.render("pages/link.html", ask.language, values))

    return _asked(site, (asking.LINKS,), shown)


def _asked(
    site: Site, questions: Sequence[asking.Question], shown: Callable[[Sequence[Any]], Answer]
) -> Answer | Later:
    # Of paths only the node knows. Where this system user may not ask it, the lines alone stand.
    if site.settings.text("office.node"):
        return shown([None] * len(questions))
    return asking.ask(site, questions, shown)


def _tracks(
    site: Site, language: str, levels: Sequence[Level], cards: Mapping[str, Card],
    rows: Sequence[Mapping[str, Any]] | None,
) -> list[Track]:  # fmt: skip
    own = site.settings.text("party.name")
    newest: dict[str, Level] = {}
    theirs: dict[str, Level] = {}
    for level in levels:
        if not level.peer or level.state == "CLOSED":
            continue
        (newest if level.owner == own else theirs).setdefault(level.peer, level)
    told = {row["party"]: row for row in rows or () if "party" in row}
    found = []
    for party, level in newest.items():
        line = framing.line_of(level)
        card = cards.get(party)
        found.append(
            Track(
                line=line,
                desks=tuple(sorted(set(card.desks) - {"node"})) if card else (),
                paths=_paths(told.get(party, {}), line, language),
                block=_BLOCKS[line.mark],
                level=level,
                received=theirs.get(party),
                unread=level.unattended,
                fingerprint=tuple(rows_of(card.fingerprint)) if card else (),
                logs=tuple(each for each in levels if each.peer == party),
            )
        )
    return sorted(found, key=lambda each: (each.line.mark == "full", each.line.name))


def _paths(
    told: Mapping[str, Any], line: Line, language: str
) -> tuple[tuple[str, bool, str, bool], ...]:
    said, found = words(), []
    for path in told.get("paths", ()):
        is_open = path.get("state") in _OPEN
        if is_open and path.get("round_trip_ms") is not None:
            shown = f"{path['round_trip_ms']} ms"
        elif is_open:
            shown = said.get("console.link.open", language)
        else:
            shown = str(path.get("why") or said.get("console.link.shut", language))
        found.append((str(path.get("path") or path.get("id")), is_open, shown, not is_open))
    if not found:
        up = line.mark in ("full", "half")
        found.append((said.get("console.link.line", language), up, line.detail, not up))
    return tuple(found)


def _pending(told: Mapping[str, Any] | None, known: set[str]) -> list[tuple[str, str]]:
    """Return parties that were met and not compared yet, with the state of that."""
    return [
        (row["party"], row["state"])
        for row in (told or {}).get("not_compared", ())
        if row["party"] not in known
    ]


ROUTES: Final = (
    Route("GET", "links", links, when_locked=True),
    Route("GET", "links/{party}", link, when_locked=True),
)
