"""One designation on one page: whom it means, both sides' states, reasons by marking, what was said."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import mid_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.course import clocks_of, course_of
from detente.app.faces import words
from detente.core import record
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person, permit
from detente.ui import body

DESK: Final = "designation"
_PROPOSAL: Final = f"{DESK}.proposal"
_WRITERS: Final = ("propose", "reasons", "amend", "review", "delist", "ask")
_CODED: Final = ("schema", "measure")  # rows of which the text is a word of ours
_DECIDES: Final = {"exemption": "decide", "redress": "decide", "question": "answer"}


def designation(site: Site, ask: Ask) -> Answer:
    """Show a designation."""
    site.read_news()
    now, language, mid = site.now(), ask.language, mid_of(ask)
    permit(ask.person, DESK, Role.READ)
    found = site.office.look(ask.person, f"{DESK}/show", Values({"mid": mid}), now)[1]
    rows = [Values(each) for each in found]
    head = next(each for each in rows if each["part"] == "frame")
    stories = site.office.todo.stories(ask.person, head.text("matter"))
    own = site.settings.text("party.name")
    values: Mapping[str, object] = {
        "frame": framing.frame(site, ask, "desks", head.text("tlp")),
        "hidden": framing.is_locked(ask),
        "id": record.mid_text(mid),
        "head": dict(head),
        "name": next(each.text("text") for each in rows if each["what"] == "name"),
        "state": _word(head.text("state"), language),
        "clocks": [each for one in stories for each in clocks_of(one, own, now, language)],
        "course": course_of([each for each in stories if each.course.mid == mid], language),
        "told": list(_facts(rows, "frame", language))[1:],
        "doubts": [_word(each.text("what"), language) for each in rows if each["part"] == "doubt"],
        "identity": list(_facts(rows, "identity", language)),
        "applied": list(_facts(rows, "applied", language)),
        "reasons": [_said(each, ask, language) for each in rows if each["part"] == "reasons"],
        "said": [_said(each, ask, language) for each in rows if each["part"] == "said"],
        "acts": _acts(head, ask.person, record.mid_text(mid)),
    }
    return page(site.renderer.render("pages/designation.html", language, values))


def _word(key: Value, language: str) -> str:
    return body.choice(DESK, str(key), words(), language)


def _facts(rows: Sequence[Values], part: str, language: str) -> Iterator[Mapping[str, object]]:
    for each in rows:
        if each["part"] != part:
            continue
        what, text = each.text("what"), each.text("text")
        yield {
            "what": _word(what, language),
            "text": _word(text, language) if what in _CODED else text,
            "foreign": what not in _CODED,
            "by": each.text("by"),
            "at": each.get("at"),
        }


def _said(row: Values, ask: Ask, language: str) -> Mapping[str, object]:
    what, verb = row.text("what"), _DECIDES.get(row.text("what"), "")
    owed = bool(verb) and row.text("owes") == "us" and ask.person.may(DESK, Role.ANSWER)
    return {
        "what": _word(what, language),
        "word": _word(row["word"], language) if "word" in row else "",
        "state": _word(row["state"], language) if "state" in row else "",
        "due": row.get("due"),
        "may_pay": row.get("may_pay"),
        "by": row.text("by"),
        "at": row.moment("at"),
        "tlp": row.text("tlp"),
        "language": row.text("language"),
        "text": row.text("text"),
        "href": f"/record/{row.data('mid').hex()}",
        "act": (f"{DESK}.do.{verb}", _form(verb, "mid", record.mid_text(row.data("mid"))))
        if owed
        else None,
    }


def _form(verb: str, field: str, mid: str) -> str:
    return f"/write/{DESK}/{verb}?{field}={mid}"


def _acts(head: Values, person: Person, mid: str) -> list[tuple[str, str]]:
    """Return what a person may do with it from where it stands: keys of words, addresses of forms."""
    return [
        (f"{DESK}.do.{verb}", _form(verb, "of" if verb == "ask" else "mid", mid))
        for verb in head.text("can").split()
        if person.may(DESK, Role.AUTHOR if verb in _WRITERS else Role.ANSWER)
    ]


def page_of(kind: str, mid: bytes) -> str:
    """Return where a proposal is shown as a designation; "" of any other record."""
    return f"/{DESK}/{mid.hex()}" if kind == _PROPOSAL else ""


ROUTES: Final = (Route("GET", "designation/{mid}", designation, when_locked=True),)
