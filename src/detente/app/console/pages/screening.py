"""Screening: a name is looked up, a decision is read and replayed, lists are loaded and decided on.

The page is made so that the innocent are not stopped: what speaks against a hit stands beside what
speaks for it, and how to contest it stands under every one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from detente.app import said
from detente.app.api.screening import sentences
from detente.app.console import framing, reasons
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.problems import status_of
from detente.app.screening import room
from detente.app.screening.jobs import OURS
from detente.app.screening.room import Screens
from detente.app.screening.who import may, permit
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.desk import Role
from detente.screening.listed import AIRCRAFT, ORGANIZATION, PERSON, VESSEL, Listed
from detente.screening.lists.book import HELD, MAPPED, READERS, SUPERSEDED, Version, mapping_of

if TYPE_CHECKING:
    from detente.screening.decision import Told

SHOWN: Final = 50  # rows of a difference or of oddities; the command shows all
MADE: Final = 20  # decisions on the first page
KINDS: Final = (PERSON, ORGANIZATION, VESSEL, AIRCRAFT)
STEPS: Final = ("apply", "refuse")
BESIDE: Final = ("alt", "add")  # files that belong to sdn.csv
# Faults that are told on the form of a list, and the field that each is about.
FIELDS: Final[Mapping[str, str]] = {
    "form.missing": "file", "form.text": "", "list.name": "list", "list.busy": "list",
    "list.reader": "mapping", "list.unreadable": "file",
}  # fmt: skip
WRITTEN: Final = ("file", "list", "reader", "mapping", "dated")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")


@dataclass(frozen=True, slots=True)
class Hit:
    """One hit as the page draws it. pairs: (asked, listed, why, per cent)."""

    told: "Told"
    list: str
    entity: str
    per_cent: int
    alert: bool
    reading: str
    pairs: tuple[tuple[str, str, str, int], ...]
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    one: Listed | None = None  # what the list says of it
    meaning: str = ""  # how many innocents reach the score


def screens_of(site: Site) -> Screens:
    """Return the party's lists. Raises OurFault("http.no_page") where an office has none."""
    found = site.office.screens
    if not isinstance(found, Screens):
        raise OurFault("http.no_page", "this office has no lists of its own", "start it again")
    return found


def hit_of(asked: str, told: "Told", alert: float, language: str, one: Listed | None = None) -> Hit:
    """Return a hit with its reasons in words, those against it apart."""
    from detente.screening import explain  # noqa: PLC0415  numpy comes with the first question

    words = explain.sentences(sentences(language))
    line, name = words["line"], (told.entity.partition(OURS))
    good: list[str] = []
    bad: list[str] = []
    for factor, by in told.factors:
        sentence = explain.factor(factor, by, words)
        if sentence:
            (good if by > 1 else bad).append(sentence)
    if told.asked_over:
        bad.append(line["asked_over"].format(words=", ".join(told.asked_over)))
    if told.listed_over:
        bad.append(line["listed_over"].format(words=", ".join(told.listed_over)))
    pairs = tuple(
        (" ".join(p.asked), " ".join(p.listed), words["why"][p.why], p.likeness // 10)
        for p in told.parts
    )
    return Hit(
        told, name[0] if name[1] else "", name[2] or name[0], round(100 * told.score),
        told.score >= alert, words["reading"].get(told.reading, ""), pairs, tuple(good), tuple(bad), one,
        explain.meaning(asked, told, words),
    )  # fmt: skip


def look_up(site: Site, ask: Ask) -> Answer:
    """Show the form to look a name up, and the decisions that were made last."""
    screens = screens_of(site)
    book = screens.book(site.office, ask.person)
    made = [
        {**row, "at": Moment.parse(str(row["at"]))}
        for row in screens.made(site.office, ask.person, MADE)
    ]
    values = {
        "frame": framing.frame(site, ask, "desks"), "kinds": KINDS, "made": made,
        "lists": sorted(book.in_force()),
        "held": sum(each.state == HELD for each in book.versions),
    }  # fmt: skip
    return page(site.renderer.render("pages/screening.html", ask.language, values))


def name(site: Site, ask: Ask) -> Answer:
    """Decide on a name, and lead to the decision: its address tells no name."""
    from detente.screening.asked import asked  # noqa: PLC0415  numpy comes with the first question

    def many(field: str) -> tuple[str, ...]:
        found = (each.strip() for each in ask.told(field).replace(",", ";").split(";"))
        return tuple(each for each in found if each)[: room.ASKED_MAX]

    question = asked(
        ask.told("name").strip(), ask.told("schema"), many("births"), many("countries"),
        many("papers"),
    )  # fmt: skip
    kept = screens_of(site).ask(site.office, ask.person, question, site.now())
    return go(f"/screening/decision/{kept.stamp}")


def decision(site: Site, ask: Ask, replayed: dict[str, object] | None = None) -> Answer:
    """Show a kept decision."""
    from detente.screening.asked import unread  # noqa: PLC0415  numpy comes with the first question
    from detente.screening.decision import question_of  # noqa: PLC0415
    from detente.screening.engine import undecided  # noqa: PLC0415

    stamp = ask.parts["stamp"]
    found = screens_of(site).decision(site.office, ask.person, stamp)
    question = question_of(found)
    values = {
        "frame": framing.frame(site, ask, "desks"), "stamp": stamp, "found": found,
        "undecided": undecided(question) or "", "unread": unread(question), "replayed": replayed,
        "hits": [
            hit_of(found.name, each, found.alert, ask.language, _one(site, each.entity, found.lists))
            for each in found.hits
        ],
        "alert": round(100 * found.alert),
        "redress": site.settings.text("screening.redress"),
    }  # fmt: skip
    return page(site.renderer.render("pages/screening_decision.html", ask.language, values))


def _one(site: Site, entity: str, lists: Mapping[str, str]) -> Listed | None:
    try:
        return screens_of(site).at_hand.listed(entity, lists)
    except OurFault:  # a version that is not here any more: the decision stands all the same
        return None


def replay(site: Site, ask: Ask) -> Answer:
    """Ask again what a decision was asked, and show the decision with the result."""
    again = screens_of(site).replay(site.office, ask.person, ask.parts["stamp"])
    return decision(site, ask, again)


def lists(site: Site, ask: Ask, fault: OurFault | None = None) -> Answer:
    """Show the lists with their versions, and the form to load another; a fault of it, if one is."""
    book = screens_of(site).book(site.office, ask.person)
    rows = [each for each in reversed(book.versions) if each.state != SUPERSEDED]
    rows.sort(key=lambda each: (each.state != HELD, each.list))
    errors = [_error(fault, ask)] if fault else []
    values = {
        "frame": framing.frame(site, ask, "desks"), "rows": rows, "readers": READERS,
        "may": may(site.office, ask.person, Role.AUTHOR), "told": ask,
        "held": sum(each.state == HELD for each in rows),
        "errors": errors, "wrong": dict.fromkeys(WRITTEN, "") | {e["field"]: e["what"] for e in errors},
    }  # fmt: skip
    html = site.renderer.render("pages/screening_lists.html", ask.language, values)
    return page(html, status_of(fault.code) if fault else 200)


def _error(fault: OurFault, ask: Ask) -> dict[str, str]:
    field = fault.field or FIELDS.get(fault.code, "")
    if field == "mapping" and not ask.told("mapping") and ask.told("reader") != MAPPED:
        field = "reader"
    return said.of(fault, ask.language).row(field)


def load(site: Site, ask: Ask) -> Answer:
    """Take a file as a new version of a list; what is wrong with the form is told on it."""
    permit(site.office, ask.person, Role.AUTHOR)
    try:
        version = _load(site, ask)
    except OurFault as fault:
        if fault.code not in FIELDS:
            raise
        return lists(site, ask, fault)
    return go(f"/screening/version/{version.id}")


def _load(site: Site, ask: Ask) -> Version:
    screens, file = screens_of(site), ask.file("file")
    if file is None or not file.data:
        raise OurFault("form.missing", "no file was chosen", "choose a file", "file")
    pairs = (each.strip() for each in ask.told("mapping").splitlines())
    mapping = mapping_of(each for each in pairs if each)
    dated = ask.told("dated").strip()
    if dated and not _DAY.fullmatch(dated):
        raise OurFault("form.text", f"{dated[:40]!r} is no day", "write it as 2026-11-22", "dated")
    received = {}
    for name, each in (("main", file), *((name, ask.file(name)) for name in BESIDE)):
        if each is not None and each.data:
            received[name] = room.sha256_of(each.data)
            screens.upload(site.office, ask.person, received[name], 0, each.data)
    asked = room.version_asked(
        ask.told("list").strip(), ask.told("reader"), received, dated=dated, mapping=mapping,
        source=(ask.told("source").strip() or file.name)[:500],
        promised=ask.told("promised").strip(),
    )  # fmt: skip
    return screens.load(site.office, ask.person, asked, site.now())


def version(site: Site, ask: Ask) -> Answer:
    """Show one version, its difference, what was odd, and the hold to decide."""
    screens, name = screens_of(site), ask.parts["version"]
    one = screens.book(site.office, ask.person).find(name)
    told = screens.told(site.office, ask.person, name)
    values = {
        "frame": framing.frame(site, ask, "desks"), "one": one,
        "changes": told.changes[:SHOWN], "more": max(0, len(told.changes) - SHOWN),
        "waits": [(each.why, reasons.reason(each.why, each.what, ask.language)) for each in one.waits],
        "odd": [each._replace(why=reasons.detail(each.why, ask.language)) for each in told.odd[:SHOWN]],
        "more_odd": max(0, len(told.odd) - SHOWN),
        "may": may(site.office, ask.person, Role.RELEASE), "own": one.by == ask.person.name,
        "held": one.state == HELD,
    }  # fmt: skip
    return page(site.renderer.render("pages/screening_version.html", ask.language, values))


def decide(site: Site, ask: Ask) -> Answer:
    """Put a held version in force, or refuse it."""
    step, name = ask.parts["step"], ask.parts["version"]
    if step not in STEPS:
        permit(site.office, ask.person, Role.RELEASE)
        return go(f"/screening/version/{name}")
    why = ask.told("why")
    screens_of(site).decide(site.office, ask.person, name, step, why, site.now())
    return go(f"/screening/version/{name}")


ROUTES: Final = (
    Route("GET", "screening", look_up),
    Route("POST", "screening/name", name),
    Route("GET", "screening/decision/{stamp}", decision),
    Route("POST", "screening/decision/{stamp}/replay", replay),
    Route("GET", "screening/lists", lists),
    Route("POST", "screening/lists", load),
    Route("GET", "screening/version/{version}", version),
    Route("POST", "screening/version/{version}/{step}", decide),
)
