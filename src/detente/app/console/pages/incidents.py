"""An incident as one page: how bad, what is due from whom by when, its course, facts and who it may be."""

from dataclasses import dataclass
from typing import Final

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import mid_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.course import clocks_of, course_of
from detente.app.faces import words
from detente.core import record
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import permit
from detente.office.tables import Row
from detente.ui import body

_DESK: Final = "cert"
_ATTRIBUTION: Final = "attribution"


@dataclass(frozen=True, slots=True)
class Said:
    """One record of the story. text and basis are what a stranger may have written.

    until: when it was due, if it was written after that.
    """

    at: Moment
    who: str
    what: str
    word: str
    text: str
    basis: str
    href: str
    until: Moment | None


def incident(site: Site, ask: Ask) -> Answer:
    """Show an incident, an early warning, a request or a test of a contact."""
    site.read_news()
    now, language, mid = site.now(), ask.language, mid_of(ask)
    permit(ask.person, _DESK, Role.READ)
    rows = _look(site, ask, "case", {"mid": mid})
    row, _ = site.office.records.find(mid)
    stories = [
        each
        for each in site.office.todo.stories(ask.person, row.text("matter"))
        if each.course.mid == mid
    ]
    said = [_said(each, language) for each in map(Values, rows)]
    listed = next((e for e in _listed(site, ask) if e["mid"] == mid), {})
    own = site.settings.text("party.name")
    values = {
        "frame": framing.frame(site, ask, "desks", row.text("tlp")),
        "hidden": framing.is_locked(ask),
        "name": harmless.text(_DESK, str(listed.get("about") or "")),
        "what": said[0].what,
        "matter": row.text("matter"),
        "from_": row.text("from"),
        "id": record.mid_text(mid),
        "state": _word(str(listed.get("state") or "open"), language),
        "overdue": listed.get("state") == "overdue",
        "severity": _severity(rows, language),
        "sector": _word(str(listed["sector"]), language) if listed.get("sector") else "",
        "tlp": row.text("tlp"),
        "course": course_of(stories, language),
        "clocks": [each for one in stories for each in clocks_of(one, own, now, language)],
        "told": [each for each, one in zip(said, rows, strict=True) if one["what"] != _ATTRIBUTION],
        "attributions": [
            each for each, one in zip(said, rows, strict=True) if one["what"] == _ATTRIBUTION
        ],
    }
    return page(site.renderer.render("pages/incident.html", language, values))


def _look(site: Site, ask: Ask, name: str, given: dict[str, Value]) -> tuple[Row, ...]:
    look = site.office.find_look(f"{_DESK}/{name}")
    return site.office.look(ask.person, look.name, Values(given), site.now())[1]


def _listed(site: Site, ask: Ask) -> tuple[Row, ...]:
    return _look(site, ask, "incidents", {"count": 500})


def _word(choice: str, language: str) -> str:
    return body.choice(_DESK, choice, words(), language)


def _severity(rows: tuple[Row, ...], language: str) -> list[str]:
    """Return how bad its author says that it is."""
    found = [
        str(row["word"]) for row in rows
        if row["what"] == "incident" and row["word"]
    ]  # fmt: skip
    return [_word(each, language) for each in found]


def _said(row: Values, language: str) -> Said:
    return Said(
        at=row.moment("kept_at"),
        who=row.text("from"),
        what=_word(row.text("what"), language),
        word=_word(row.text("word"), language) if row.text("word") else "",
        text=harmless.text(_DESK, row.text("text")),
        basis=harmless.text(_DESK, row.text("basis")),
        href=f"/record/{row.data('mid').hex()}",
        until=row.moment("until") if row.get("late") else None,
    )


ROUTES: Final = (Route("GET", "incident/{mid}", incident),)
