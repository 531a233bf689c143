"""One notice on one page in two languages: the same record, rendered side by side, never translated."""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.app import bilingual
from detente.app.bilingual import DESK, Both, word
from detente.app.console import citing, framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import mid_of
from detente.app.console.citing import Term
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.course import clocks_of, course_of
from detente.core import names, record
from detente.desks.notices.forms import PAGED
from detente.office.desk import Role
from detente.office.fields import Values
from detente.office.people import Person, permit
from detente.office.tables import Row

_PATHS: Final = ("late", "early")


def notice(site: Site, ask: Ask) -> Answer:
    """Show a notice, an inquiry or a reply."""
    site.read_news()
    now, language, mid = site.now(), ask.language, mid_of(ask)
    permit(ask.person, DESK, Role.READ)
    found = bilingual.read(site.office, ask.person, mid, language, now)
    head = found.head
    stories = [
        each
        for each in site.office.todo.stories(ask.person, head.text("matter"))
        if each.course.mid == mid
    ]
    own = site.settings.text("party.name")
    values: Mapping[str, object] = {
        "frame": framing.frame(site, ask, "desks", head.text("tlp")),
        "hidden": framing.is_locked(ask),
        "id": record.mid_text(mid),
        "head": found.ours[0],
        "titles": (head.text("label"), found.other.text("label")),
        "both": found.languages,
        "state": word(head.text("state"), language),
        "clocks": [each for one in stories for each in clocks_of(one, own, now, language)],
        "course": course_of(stories, language),
        "fields": found.fields,
        "terms": _cited(site, ask, found),
        "doubts": [
            (word(str(each["how"]), language), str(each["text"] or ""), each["how"] in _PATHS)
            for each in found.ours
            if each["part"] in ("doubt", "path") and "name" not in each
        ],
        "said": [_said(each, found.ours, language) for each in found.said],
        "cancelled": found.cancelled,
        "first": head.data("of").hex() if head.get("of") else "",
        "acts": _acts(head, ask.person, record.mid_text(mid)),
    }
    return page(site.renderer.render("pages/notice.html", language, values))


def _cited(site: Site, ask: Ask, found: Both) -> list[list[Term]]:
    """Return by field the terms of the glossary that its text or a translation of it uses."""
    if framing.is_locked(ask):
        return [[] for _ in found.fields]
    head = found.head
    peer = names.party_of(head.texts("to")[0] if head.flag("ours") else head.text("by"))
    every = [text for line in found.fields for text in line.prose]
    terms = citing.terms(site, ask, peer, every)
    return [citing.used(line.prose, terms) for line in found.fields]


def _said(row: Values, rows: Sequence[Row], language: str) -> Mapping[str, object]:
    return {
        "what": word(row.text("how"), language),
        "by": row.text("by"),
        "at": row.moment("at"),
        "text": bilingual.said_text(row, rows, language),
        "href": f"/notice/{row.data('mid').hex()}" if "mid" in row else "",
    }


def _acts(head: Values, person: Person, mid: str) -> list[tuple[str, str]]:
    """Return what a person may do with it: keys of words, and addresses of forms."""
    if head["what"] == "reply":
        return []
    if head.flag("ours"):
        verbs = ["correct", "cancel"] if person.may(DESK, Role.AUTHOR) else []
    else:
        verbs = ["acknowledge", "answer"] if person.may(DESK, Role.ANSWER) else []
    return [(f"{DESK}.do.{each}", f"/write/{DESK}/{each}?mid={mid}") for each in verbs]


def page_of(kind: str, mid: bytes) -> str:
    """Return where a record is shown in two languages side by side; "" if it is no notice."""
    return f"/notice/{mid.hex()}" if kind in PAGED else ""


ROUTES: Final = (Route("GET", "notice/{mid}", notice, when_locked=True),)
