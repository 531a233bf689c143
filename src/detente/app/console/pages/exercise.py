"""One exercise on one page: what our side plays, what happens when, what readers are asked, the grade."""

from collections.abc import Iterable
from typing import Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import mid_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import record
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.desks.notices.forms import LANGUAGES
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person, permit
from detente.office.tables import Row
from detente.ui import body

DESK: Final = "notices"
_PROPOSED, _ENDED = "proposed", "ended"
_GRADED: Final = ("chose", "text", "right", "name", "count", "wrong", "chosen")


def exercise(site: Site, ask: Ask) -> Answer:
    """Show an exercise. The timeline is for who leads it: it tells what readers do not know yet."""
    site.read_news()
    mid, language, person = mid_of(ask), ask.language, ask.person
    permit(person, DESK, Role.READ)
    every = _rows(site, ask, "exercises")
    found = next((each for each in every if each["mid"] == mid), None)
    if found is None:
        raise OurFault(
            "notices.no_exercise", "no exercise has this id", "look at notices exercises"
        )
    leads = person.may(DESK, Role.AUTHOR)
    timeline = _rows(site, ask, "timeline", mid) if leads else []
    standing = found.text("standing")
    values = {
        "frame": framing.frame(site, ask, "desks", found.text("tlp")),
        "hidden": framing.is_locked(ask),
        "id": record.mid_text(mid),
        "head": {"ends": None, **{name: found[name] for name in found}},
        "standing": _word(standing, language),
        "hold": _word(found.text("hold"), language) if found.get("hold") else "",
        "told": [found.text("situation"), found.text("brief")],
        "leads": leads,
        "open": bool(ask.asked("timeline")),
        "timeline": [_inject(each, language) for each in timeline],
        "questions": [
            {"text": each.text("text"), "readers": each.text("readers", ""), "mid": each.data("mid").hex()}
            for each in _rows(site, ask, "questions", mid)
        ],
        "grade": _grade(_rows(site, ask, "grade", mid), language),
        "acts": _acts(found, person, record.mid_text(mid)),
    }  # fmt: skip
    return page(site.renderer.render("pages/exercise.html", language, values))


def _rows(site: Site, ask: Ask, look: str, mid: bytes | None = None) -> list[Values]:
    language = ask.language if ask.language in LANGUAGES else LANGUAGES[0]
    given: dict[str, Value] = {"language": language, **({} if mid is None else {"mid": mid})}
    rows: Iterable[Row] = site.office.look(ask.person, f"{DESK}/{look}", Values(given), site.now())[
        1
    ]
    return list(map(Values, rows))


def _word(choice: str, language: str) -> str:
    return body.choice(DESK, choice, words(), language)


def _inject(row: Values, language: str) -> dict[str, object]:
    return {
        "at": row.moment("at"),
        "name": row.text("name"),
        "does": _word(row.text("does"), language),
        "format": row.text("format", ""),
        "ours": row.flag("ours"),
        "role": row.text("role"),
        "until": row.get("until"),
        "standing": _word(row.text("standing"), language),
        "is_due": row["standing"] == "due",
        "text": row.text("text", ""),
        "href": f"/notice/{row.data('mid').hex()}" if row.get("mid") else "",
    }


def _grade(rows: list[Values], language: str) -> dict[str, list[dict[str, object]]]:
    found: dict[str, list[dict[str, object]]] = {
        "side": [],
        "notice": [],
        "question": [],
        "hold": [],
    }
    for row in rows:
        one: dict[str, object] = {name: row.get(name) for name in (*_GRADED, *row)}
        for name in ("result", "reply"):
            one[name] = _word(row.text(name), language) if row.get(name) else ""
        one["bad"] = row.get("result") in ("too_late", "unanswered", "wrong")
        for name in ("read_s", "reply_s"):
            seconds = row.get(name)
            one[name] = Span.of(seconds=seconds) if isinstance(seconds, int) else None
        found[row.text("part")].append(one)
    return found


def _acts(head: Values, person: Person, mid: str) -> list[tuple[str, str]]:
    """Return what a person may do with it: keys of words, and addresses of forms."""
    standing = head.text("standing")
    verbs: list[str] = []
    if standing == _PROPOSED and not head.flag("ours") and person.may(DESK, Role.AUTHOR):
        verbs.append("join")
    if standing not in (_PROPOSED, _ENDED) and person.may(DESK, Role.ANSWER):
        verbs.append("reading")
    if standing not in (_PROPOSED, _ENDED) and person.may(DESK, Role.AUTHOR):
        verbs.append("inject")
    if standing != _ENDED and person.may(DESK, Role.AUTHOR):
        verbs.append("end")
    return [(f"{DESK}.do.{each}", f"/write/{DESK}/{each}?mid={mid}") for each in verbs]


ROUTES: Final = (Route("GET", "exercise/{mid}", exercise),)
