"""The direct line: one page with all that two ends of it need in a bad hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, Later, page
from detente.app.console.asked import mid_of
from detente.app.console.pages import asking
from detente.app.console.pages.desks import cells_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import record
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.node.ports import Level
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import permit
from detente.office.tables import Row
from detente.ui import body, readiness
from detente.ui.body import Cell
from detente.ui.frame import Line

DESK: Final = "hotline"
_OPEN: Final = ("UP", "USED")  # of a path, as the node says it
_YEAR: Final = 365
_MINUTE: Final = Span.of(minutes=1)
_CLASSES: Final = ("ready", "sealed", "changed", "missed", "waiting")


@dataclass(frozen=True, slots=True)
class Part:
    """One table of the page: its heads, its rows, the look that has all of it."""

    name: str
    about: str
    heads: tuple[str, ...]
    rows: tuple[tuple[tuple[Cell | None, str], ...], ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """Call words of one party in both languages."""

    party: str
    ours: bool
    en: str
    ru: str


def lines(site: Site, ask: Ask) -> Answer:
    """List the parties with whom there is a direct line."""
    permit(ask.person, DESK, Role.READ)
    frame = framing.frame(site, ask, "desks")
    peers = [
        (party, _line_to(frame.lines, party))
        for party, card in sorted(site.office.status.cards.items())
        if DESK in card.desks
    ]
    values = {"frame": frame, "peers": peers}
    return page(site.renderer.render("pages/hotlines.html", ask.language, values))


def line(site: Site, ask: Ask) -> Answer | Later:
    """Show one line: paths, what was not delivered, call words, who is there, messages, tests."""
    site.read_news()
    person, language, party = ask.person, ask.language, ask.parts["party"]
    permit(person, DESK, Role.READ)
    if party not in site.office.status.cards:
        raise OurFault("link.none", f"no link with {party[:80]!r}", "see the list of links")
    now, hidden = site.now(), framing.is_locked(ask)
    level = _level(site, party)
    frame = framing.frame(site, ask, "desks", "RED")
    values: dict[str, object] = {
        "frame": frame,
        "party": party,
        "own": site.settings.text("party.name"),
        "line": _line_to(frame.lines, party),
        "undelivered": _undelivered(level),
        "attended": level is not None and DESK in level.attended,
        "unattended": level is not None and DESK in level.unattended,
        "hidden": hidden,
    }
    if not hidden:
        values |= _shown(site, ask, party, now)

    def made(told: Sequence[Any]) -> Answer:
        paths = _paths(told[0], party)
        values["paths"] = paths
        down = level is None or level.state not in ("LIVE", "DISPUTED")
        values["down"] = down or (bool(paths) and not any(is_open for _, is_open, _ in paths))
        return page(site.renderer.render("pages/hotline.html", language, values))

    if site.settings.text("office.node"):
        return made([None])
    return asking.ask(site, (asking.LINKS,), made)


def _shown(site: Site, ask: Ask, party: str, now: Moment) -> Mapping[str, object]:
    peer: dict[str, Value] = {"peer": party}
    spoken, pair = _spoken(site, ask, party)
    heard = ask.asked("words")
    verdict = _look(site, ask, "check", {**peer, "words": heard})[0] if heard and pair else None
    days = _look(site, ask, "days", {**peer, "count": _YEAR})
    return {
        "spoken": spoken,
        "pair": pair,
        "until": Moment(now.ms - now.ms % _MINUTE.ms + _MINUTE.ms),
        "heard": heard,
        "verdict": _verdict(verdict, ask.language),
        "good": bool(verdict and verdict["good"]),
        "picture": _picture(days, ask.language),
        "parts": [
            _part(site, ask, "session", peer),
            _part(site, ask, "numbers", peer),
            _part(site, ask, "list", {"count": 10, **peer}),
            _part(site, ask, "glossary", {**peer, "told": "disagreed"}),
            _part(site, ask, "readiness", {**peer, "hours": 6}),
        ],
    }


def _spoken(site: Site, ask: Ask, party: str) -> tuple[list[Spoken], str]:
    try:
        rows = _look(site, ask, "words", {"peer": party})
    except OurFault as fault:
        if fault.code != "hotline.no_pair":
            raise
        return [], ""
    found = [
        Spoken(str(row["party"]), row["party"] != party, str(row["en"]), str(row["ru"]))
        for row in rows
        if row["stand"] == "now"
    ]
    return found, str(rows[0]["pair"])


def _look(site: Site, ask: Ask, name: str, values: Mapping[str, Value]) -> tuple[Row, ...]:
    return site.office.look(ask.person, f"{DESK}/{name}", Values(values), site.now())[1]


def _verdict(row: Row | None, language: str) -> str:
    return "" if row is None else body.choice(DESK, str(row["verdict"]), words(), language)


def _picture(rows: Sequence[Row], language: str) -> object:
    own = words()
    days = [readiness.Day(str(row["day"])[:10], str(row["signs"])) for row in rows]
    named = {name: own.get(f"{DESK}.choice.{name}", language) for name in _CLASSES}
    counts = {name: sum(day.signs.count(sign) for day in days) for name, sign in _SIGNS.items()}
    told = "; ".join(f"{named[name]}: {count}" for name, count in counts.items())
    return readiness.svg(days, named, own.get("console.hotline.year", language), told)


_SIGNS: Final = {"ready": "+", "sealed": "o", "changed": "?", "missed": "!"}


_ABOUT: Final = {"glossary": "console.hotline.disputed"}  # of a part that is not the whole look


def _part(site: Site, ask: Ask, name: str, values: Mapping[str, Value]) -> Part:
    look, own = site.office.find_look(f"{DESK}/{name}"), words()
    rows = _look(site, ask, name, values)
    shown = [cells_of(look, DESK, row, ask.language) for row in rows]
    if name == "list":  # a message is read with its corrections and translations
        party = str(values["peer"])
        shown = [_to_message(party, row, each) for row, each in zip(rows, shown, strict=True)]
    return Part(
        name,
        own.get(_ABOUT.get(name, f"{DESK}.look.{name}"), ask.language),
        tuple(own.get(body.word_of(each, DESK, own), ask.language) for each in look.columns),
        tuple(shown),
    )


def _to_message(
    party: str, row: Row, cells: tuple[tuple[Cell | None, str], ...]
) -> tuple[tuple[Cell | None, str], ...]:
    mid = row["mid"]
    assert isinstance(mid, bytes), "its type says so"
    return ((cells[0][0], f"/{DESK}/{party}/{mid.hex()}"), *cells[1:])


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the line: an original, a correction or a translation."""

    what: str
    from_: str
    language: str
    at: Moment
    text: str
    by: str = ""
    standing: str = ""
    sent: bool = False


def message(site: Site, ask: Ask) -> Answer:
    """Show one message to read: each text with its translations beside it."""
    site.read_news()
    permit(ask.person, DESK, Role.READ)
    mid, hidden, own = mid_of(ask), framing.is_locked(ask), words()
    look = site.office.find_look(f"{DESK}/terms")
    rows = [Values(row) for row in _look(site, ask, "read", {"mid": mid})]
    groups: list[list[Said]] = []
    for row in rows:
        one = _said(row)
        if one.what == "translation" and groups:
            groups[-1].append(one)
        else:
            groups.append([one])
    terms = _look(site, ask, "terms", {"mid": mid})
    values = {
        "frame": framing.frame(site, ask, "desks", "RED"),
        "party": ask.parts["party"],
        "id": record.mid_text(rows[0].data("mid")),
        "ours": framing.party_of(rows[0].text("from")) == site.settings.text("party.name"),
        "groups": groups,
        "heads": tuple(own.get(body.word_of(e, DESK, own), ask.language) for e in look.columns),
        "rows": tuple(cells_of(look, DESK, row, ask.language) for row in terms),
        "hidden": hidden,
    }
    return page(site.renderer.render("pages/hotline_message.html", ask.language, values))


def _said(row: Values) -> Said:
    return Said(
        row.text("what"), row.text("from"), row.text("language"), row.moment("created"),
        row.text("text"), row.text("by"), row.text("standing"), row.flag("sent"),
    )  # fmt: skip


def _level(site: Site, party: str) -> Level | None:
    own = site.settings.text("party.name")
    levels = site.office.status.levels()
    return next(
        (e for e in levels if e.peer == party and e.owner == own and e.state != "CLOSED"), None
    )


def _undelivered(level: Level | None) -> int:
    return 0 if level is None else level.size - level.receipted + level.waiting


def _line_to(found: Sequence[Line], party: str) -> Line | None:
    return next((each for each in found if each.name == party), None)


def _paths(rows: Sequence[Mapping[str, Any]] | None, party: str) -> list[tuple[str, bool, str]]:
    told: Mapping[str, Any] = next((row for row in rows or () if row.get("party") == party), {})
    return [
        (
            str(path.get("path") or path.get("id")),
            path.get("state") in _OPEN,
            str(path.get("why") or ""),
        )
        for path in told.get("paths", ())
    ]


ROUTES: Final = (
    Route("GET", "hotline", lines, when_locked=True),
    Route("GET", "hotline/{party}", line, when_locked=True),
    Route("GET", "hotline/{party}/{mid}", message, when_locked=True),
)
