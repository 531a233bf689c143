"""Search: over what this person may read, and nothing else."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import moment_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import record
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import Values
from detente.office.search import Asked

FIELDS: Final = ("words", "party", "desk", "prec", "tlp", "since", "until")


def search(site: Site, ask: Ask) -> Answer:
    """Show the question, and what fits it."""
    site.read_news()
    language = ask.language
    given = {name: ask.asked(name).strip() for name in FIELDS}
    is_asked = any(given.values())
    rows: list[dict[str, object]] = []
    older = ""
    if is_asked:
        asked = Asked(
            words=given["words"], party=given["party"], desk=given["desk"], prec=given["prec"],
            tlp=given["tlp"], since=moment_of(given["since"]), until=moment_of(given["until"]),
        )  # fmt: skip
        found = site.office.search.find(ask.person, asked, site.now(), ask.asked("after"))
        rows = [_row(row, found.titles, language) for row in found.rows]
        kept = {name: text for name, text in given.items() if text}
        older = "/search?" + urlencode({**kept, "after": found.after}) if found.after else ""
    marking = framing.strictest(str(row["tlp"]) for row in rows)
    values = {
        "frame": framing.frame(site, ask, "search", marking),
        "given": given,
        "is_asked": is_asked,
        "shut": framing.shut_desks(ask.person),
        "rows": rows,
        "older": older,
        "precedences": PRECEDENCES,
        "markings": MARKINGS,
    }
    return page(site.renderer.render("pages/search.html", language, values))


def _row(row: Values, titles: Mapping[str, str], language: str) -> dict[str, object]:
    kind = row.text("kind")
    desk, _, name = kind.partition(".")
    key, said = f"{desk}.kind.{name}", words()
    return {
        "href": f"/matter/{row.text('matter')}#{row.data('mid').hex()}",
        "title": harmless.text(desk, titles[row.text("matter")]),
        "kind": said.get(key, language) if said.has(key, language) else kind,
        "from": row.text("from"),
        "ours": row.flag("ours"),
        "prec": row.text("prec"),
        "tlp": row.text("tlp"),
        "kept_at": row.moment("kept_at"),
        "id": record.mid_text(row.data("mid")),
    }


ROUTES: Final = (Route("GET", "search", search),)
