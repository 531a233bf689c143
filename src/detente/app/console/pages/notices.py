"""One notice on one page in two languages: the same record, rendered side by side, never translated."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from detente.app.console import citing, framing
from detente.app.console.ask import Answer, Ask, page
from detente.app.console.asked import mid_of
from detente.app.console.citing import Term
from detente.app.console.pages.incidents import clocks_of, course_of
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import names, record
from detente.core.moment import Moment
from detente.desks.notices.forms import LANGUAGES, PAGED
from detente.office.desk import Role
from detente.office.fields import Value, Values
from detente.office.people import Person, permit
from detente.office.tables import Row
from detente.ui import body

DESK: Final = "notices"
_PATHS: Final = ("late", "early")


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation that somebody signed."""

    official: bool
    language: str
    text: str
    by: str
    at: Moment


@dataclass(slots=True)
class Line:
    """One value in the reader's language and in the other. written: of prose, its language.

    translate: where a translation of it is written; before: what a correction replaced, in both;
    doubts: what is wrong with it; terms: of the glossary, that its text or a translation uses.
    """

    labels: tuple[str, str]
    texts: tuple[str, str]
    written: str
    translate: str
    before: tuple[str, str] | None = None
    doubts: list[tuple[str, str]] = field(default_factory=list)
    translations: list[Translation] = field(default_factory=list)
    terms: list[Term] = field(default_factory=list)

    @property
    def prose(self) -> list[str]:
        """Return its free text and its translations: what may use terms of the glossary."""
        return [*([self.texts[0]] if self.written else []), *(e.text for e in self.translations)]

    def into(self, language: str) -> list[Translation]:
        """Return its translations into a language, official ones first."""
        return [each for each in self.translations if each.language == language]


def notice(site: Site, ask: Ask) -> Answer:
    """Show a notice, an inquiry or a reply."""
    site.read_news()
    now, language, mid = site.now(), ask.language, mid_of(ask)
    permit(ask.person, DESK, Role.READ)
    both = (language, next(each for each in LANGUAGES if each != language))
    ours, theirs = (_show(site, ask, mid, each) for each in both)
    head, other = Values(ours[0]), Values(theirs[0])
    stories = [
        each
        for each in site.office.todo.stories(ask.person, head.text("matter"))
        if each.course.mid == mid
    ]
    own = site.settings.text("party.name")
    said = [Values(each) for each in ours if each["part"] == "said"]
    labels = {str(each["name"]): str(each["label"]) for each in ours if each["part"] == "value"}
    lines = _lines(ours, theirs, head)
    if not framing.is_locked(ask):
        _cite(site, ask, head, lines)
    values: Mapping[str, object] = {
        "frame": framing.frame(site, ask, "desks", head.text("tlp")),
        "hidden": framing.is_locked(ask),
        "id": record.mid_text(mid),
        "head": ours[0],
        "titles": (head.text("label"), other.text("label")),
        "both": both,
        "state": _word(head.text("state"), language),
        "clocks": [each for one in stories for each in clocks_of(one, own, now, language)],
        "course": course_of(stories, language),
        "fields": lines,
        "doubts": [
            (_word(str(each["how"]), language), str(each["text"] or ""), each["how"] in _PATHS)
            for each in ours
            if each["part"] in ("doubt", "path") and "name" not in each
        ],
        "said": [_said(each, labels, language) for each in said],
        "cancelled": any(each["how"] == "cancellation" for each in said),
        "first": head.data("of").hex() if head.get("of") else "",
        "acts": _acts(head, ask.person, record.mid_text(mid)),
    }
    return page(site.renderer.render("pages/notice.html", language, values))


def _cite(site: Site, ask: Ask, head: Values, lines: Sequence[Line]) -> None:
    peer = names.party_of(head.texts("to")[0] if head.flag("ours") else head.text("by"))
    found = citing.terms(site, ask, peer, [text for line in lines for text in line.prose])
    for line in lines:
        line.terms = citing.used(line.prose, found)


def _show(site: Site, ask: Ask, mid: bytes, language: str) -> tuple[Row, ...]:
    given: dict[str, Value] = {"mid": mid, "language": language}
    return site.office.look(ask.person, f"{DESK}/show", Values(given), site.now())[1]


def _word(choice: str, language: str) -> str:
    return body.choice(DESK, choice, words(), language)


def _lines(ours: Sequence[Row], theirs: Sequence[Row], head: Values) -> list[Line]:
    found: list[Line] = []
    every = [str(each["name"]) for each in ours if each["part"] == "value"]
    for one, other in zip(map(Values, ours), map(Values, theirs), strict=True):
        part, pair = one["part"], (one.get("text") or "", other.get("text") or "")
        if part == "value":
            name = one.text("name")
            place = every[: len(found) + 1].count(name)
            given = {"mid": record.mid_text(head.data("mid")), "name": name, "place": place}
            found.append(
                Line(
                    (one.text("label"), other.text("label")),
                    (str(pair[0]), str(pair[1])),
                    one.text("language", ""),
                    f"/write/{DESK}/translate?{urlencode(given)}",
                )
            )
        elif part == "before":
            found[-1].before = (str(pair[0]), str(pair[1]))
        elif part == "doubt" and "name" in one:
            found[-1].doubts.append((one.text("how"), one.text("text")))
        elif part == "translation":
            told = Translation(
                one["how"] == "official", one.text("language"), one.text("text"), one.text("by"),
                one.moment("at"),
            )  # fmt: skip
            found[-1].translations.append(told)
    return found


def _said(row: Values, labels: Mapping[str, str], language: str) -> Mapping[str, object]:
    what, text = row.text("how"), row.text("text")
    if what == "correction":  # of which fields
        text = ", ".join(labels.get(each, each) for each in text.split(", "))
    return {
        "what": _word(what, language),
        "by": row.text("by"),
        "at": row.moment("at"),
        "text": _word(text, language),
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
