"""A matter: its whole story in order, receipts with times, what each side owes, and the evidence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.app import harmless
from detente.app.console import framing
from detente.app.console.ask import Answer, Ask, download, go, page
from detente.app.console.asked import matter_of, mid_of
from detente.app.console.pages import designation, notices
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.faces import words
from detente.core import names, record
from detente.core.errors import OurFault
from detente.core.moment import Moment, Span
from detente.office.desk import Role
from detente.office.fields import Values, Within
from detente.office.matters import Compared
from detente.office.people import Person, permit
from detente.office.procedure import Who
from detente.office.procedures import Reading, Tick
from detente.office.story import Line
from detente.office.todo import Story as Course
from detente.ui import body, receipts
from detente.ui.body import Part
from detente.ui.receipts import Stop

TITLES: Final = ("about", "title", "subject", "text")
_PAGES: Final = (
    (notices.page_of, "console.notice.side_by_side"),
    (designation.page_of, "console.designation.open"),
)
_SEPARATE: Final = "record/"  # acts of the house, not of a desk


@dataclass(frozen=True, slots=True)
class Told:
    """One record as the page draws it."""

    line: Line
    id: str
    kind: str
    parts: tuple[Part, ...]
    run: tuple[Stop, ...]
    stood: str
    answers: tuple[tuple[str, str, str, Moment | None], ...]  # word, who, why, until
    href: str
    page: tuple[str, str]  # address and word of a page of its own; "" for none, or not open yet
    unread: bool
    wrong: tuple[str, str] | None  # what, remedy
    may_retry: bool


@dataclass(frozen=True, slots=True)
class Owed:
    """What one side owes: who, what, by when, and what a person here can do about it now."""

    who: str
    ours: bool
    what: str
    due: Moment
    overdue: bool
    acts: tuple[tuple[str, str], ...]  # word and address
    replies: str  # address to which action, hold and decline are posted, "" for none


def matter(site: Site, ask: Ask) -> Answer:
    """Show a matter."""
    site.read_news()
    now, person, language = site.now(), ask.person, ask.language
    name = matter_of(ask)
    found = site.office.cases.story(person, name, now)
    courses = site.office.todo.stories(person, name)
    hidden = framing.is_locked(ask)
    told = [_told(site, person, each, now, language) for each in found.lines]
    owed = _owed(courses, site.settings.text("party.name"), person, now, language)
    others = [each for each in found.parties if each != site.settings.text("party.name")]
    values = {
        "frame": framing.frame(
            site, ask, "attention", framing.strictest(one.row.text("tlp") for one in found.lines)
        ),
        "matter": name,
        "id": record.mid_text(found.first.mid),
        "name": "" if hidden else harmless.text(found.first.row.text("desk"), _title(found.first)),
        "others": others,
        "told": told,
        "counts": (sum(one.ours for one in found.lines), sum(not one.ours for one in found.lines)),
        "owed": owed,
        "states": [_state(each, language) for each in courses],
        "ignored": _ignored(courses, language),
        "holder": site.office.todo.holder(name),
        "me": person.name,
        "first": found.first.mid.hex(),
        "page": next((one.page for one in told if one.page[0]), ("", "")),
        "compared": [_compared(each) for each in site.office.cases.compare(person, name)],
        "whole": found.whole,
        "hidden": hidden,
        "alarms": [
            (each.at, each.step, ", ".join(each.to))
            for each in site.office.alarms.steps([one.mid for one in found.lines])
        ],
        "print": ask.asked("print") == "1",
    }
    return page(site.renderer.render("pages/matter.html", language, values))


def _title(line: Line) -> str:
    if line.taken is None or line.taken.body is None:
        return ""
    return _title_of(line.taken.body)


def _title_of(values: Values) -> str:
    return next((values.text(each) for each in TITLES if each in values), "")


def _told(site: Site, person: Person, line: Line, now: Moment, language: str) -> Told:
    row, taken = line.row, line.taken
    kind = site.office.kind(row.text("desk"), row.text("kind"))
    parts: tuple[Part, ...] = ()
    if taken is not None and taken.body is not None and kind is not None:
        parts = body.parts(kind, taken.body, words(), language, harmless.of(row.text("desk")))
    refused = line.standing.refused or line.standing.rejected
    return Told(
        line=line,
        id=record.mid_text(line.mid),
        kind=_kind_word(row.text("kind"), language),
        parts=parts,
        run=_run(line, now),
        stood=line.stands.state,
        answers=tuple(
            (
                f"console.answer.{each.answer.lower()}",
                each.desk,
                harmless.text(row.text("desk"), each.reason),
                each.until,
            )
            for each in line.replies
        ),
        href=f"/record/{line.mid.hex()}",
        page=_page_of(row.text("kind"), line.mid) if parts else ("", ""),
        unread=line.why_not == "unread",
        wrong=None
        if not refused
        else (
            harmless.text(row.text("desk"), refused[1]),
            harmless.text(row.text("desk"), refused[2]),
        ),
        may_retry=bool(line.standing.refused) and person.may(row.text("desk"), Role.AUTHOR),
    )


def _page_of(kind: str, mid: bytes) -> tuple[str, str]:
    for find, word in _PAGES:
        if address := find(kind, mid):
            return address, word
    return "", ""


def _kind_word(kind: str, language: str) -> str:
    desk, _, name = kind.partition(".")
    key = f"{desk}.kind.{name}"
    return words().get(key, language) if words().has(key, language) else kind


def _run(line: Line, now: Moment) -> tuple[Stop, ...]:
    row = line.row
    signed: dict[str, Moment | None] = {}
    if line.stored or not line.ours:
        signed["stored"] = None if line.ours else row.moment("kept_at")
    if line.delivered:
        signed["delivered"] = None
    if line.read_at is not None:
        signed["read"] = line.read_at
    if line.replies:
        signed["answered"] = min(each.at for each in line.replies)
    due = row.get("deadline")
    return receipts.run(
        signed, now, due if isinstance(due, Moment) and "answered" not in signed else None,
        full=line.standing.confirmed,
    )  # fmt: skip


def _state(course: Course, language: str) -> tuple[str, str, str]:
    procedure = course.course.procedure
    said = words()
    other = "" if course.difference is None else course.difference.there
    return (
        said.get(f"{procedure.desk}.state.{course.course.state}", language),
        said.get(f"{procedure.desk}.state.{other}", language) if other else "",
        course.other,
    )


def _ignored(courses: Sequence[Course], language: str) -> list[tuple[str, str]]:
    found = []
    for course in courses:
        for each in course.course.ignored:
            why = words().get(f"ui.ignored.{each.why}", language)
            found.append((record.mid_text(each.mid), why))
    return found


def _owed(
    courses: Sequence[Course], own: str, person: Person, now: Moment, language: str
) -> list[Owed]:
    found = [
        _one_owed(course, each, own, person, now, language)
        for course in courses
        for each in course.ticks
        if each.tick(now) is not Tick.STOPPED
    ]
    return sorted(found, key=lambda one: one.due)


def _one_owed(
    course: Course, tick: Reading, own: str, person: Person, now: Moment, language: str
) -> Owed:
    one = course.course
    who = one.opener if tick.duty.who is Who.OPENER else one.other
    ours = names.party_of(who) == own
    desk = one.procedure.desk
    acts: list[tuple[str, str]] = []
    replies = ""
    mid = tick.started_by.hex()
    if ours and person.may(desk, Role.ANSWER):
        for act in tick.duty.acts:
            if act.startswith(_SEPARATE):
                replies = f"/record/{mid}/reply"
            else:
                room, _, name = act.partition("/")
                word = words().get(f"{room}.do.{name}", language)
                acts.append((word, f"/write/{act}?mid={record.mid_text(tick.started_by)}"))
    return Owed(
        who=names.party_of(who),
        ours=ours,
        what=words().get(f"{desk}.clock.{tick.clock.name}", language),
        due=tick.due,
        overdue=tick.tick(now) is Tick.OVERDUE,
        acts=tuple(acts),
        replies=replies,
    )


def _compared(each: Compared) -> Mapping[str, object]:
    return {
        "other": each.other,
        "settled": each.is_settled,
        "asked": each.theirs is not None,
        "missing_here": [record.mid_text(mid) for mid in each.missing_here],
        "missing_there": [record.mid_text(mid) for mid in each.missing_there],
    }


# Acts.


def read(site: Site, ask: Ask) -> Answer:
    """Open a record: its body will be on the screen, so READ is signed."""
    mid = mid_of(ask)
    taken = site.office.records.read(ask.person, mid, site.now())
    site.read_news()
    return go(f"/matter/{taken.header.matter}#{mid.hex()}")


def reply(site: Site, ask: Ask) -> Answer:
    """Answer a record: we act on it, we wait, we do not."""
    mid = mid_of(ask)
    within = ask.told("within").strip()
    span = Within().read("within", within) if within else None
    until = site.now() + span if isinstance(span, Span) else None
    given = (ask.told("answer"), ask.told("reason").strip(), until)
    site.office.records.answer(ask.person, mid, given, site.now())
    site.read_news()
    return _back(site, mid)


def retry(site: Site, ask: Ask) -> Answer:
    """Hand in once more what our own node refused."""
    mid = mid_of(ask)
    site.office.records.try_again(ask.person, mid, site.now())
    site.read_news()
    return _back(site, mid)


def drop(site: Site, ask: Ask) -> Answer:
    """Give up what our own node refused."""
    site.office.records.give_up(ask.person, mid_of(ask), site.now())
    site.read_news()
    return go("/attention")


def compare(site: Site, ask: Ask) -> Answer:
    """State to the other side what we hold of a matter, and ask for the same."""
    name = matter_of(ask)
    site.office.cases.state(ask.person, name, site.now())
    site.read_news()
    return go(f"/matter/{name}")


def evidence(site: Site, ask: Ask) -> Answer:
    """Save the evidence file of a matter, with its texts if the person says so."""
    name = matter_of(ask)
    site.read_news()
    data = site.office.cases.evidence(ask.person, name, "", with_text=ask.asked("texts") == "1")
    return download(data, f"{name[:12]}.evidence")


def proof(site: Site, ask: Ask) -> Answer:
    """Save the proof of one record."""
    mid = mid_of(ask)
    data = site.office.records.proof(ask.person, mid)
    return download(data, f"{record.mid_text(mid)}.tlog-proof")


def text(site: Site, ask: Ask) -> Answer:
    """Save the text of a record, to the byte as its author signed it."""
    mid = mid_of(ask)
    taken = site.office.records.read(ask.person, mid, site.now())
    name = ask.parts["field"]
    found = taken.body.get(name) if taken.body is not None else None
    if not isinstance(found, str):
        raise OurFault("http.no_page", "the record has no such text", "go back to the matter")
    return download(found.encode(), f"{record.mid_text(mid)}.{name}.json")


def one(site: Site, ask: Ask) -> Answer:
    """Go to the matter of a record."""
    mid = mid_of(ask)
    row, _ = site.office.records.find(mid)
    permit(ask.person, row.text("desk"), Role.READ)
    return go(f"/matter/{row.text('matter')}#{mid.hex()}")


def _back(site: Site, mid: bytes) -> Answer:
    row, _ = site.office.records.find(mid)
    return go(f"/matter/{row.text('matter')}")


ROUTES: Final = (
    Route("GET", "matter/{matter}", matter),
    Route("GET", "matter/{matter}/evidence", evidence),
    Route("POST", "matter/{matter}/compare", compare),
    Route("GET", "record/{mid}", one),
    Route("POST", "record/{mid}/read", read),
    Route("POST", "record/{mid}/reply", reply),
    Route("POST", "record/{mid}/retry", retry),
    Route("POST", "record/{mid}/drop", drop),
    Route("GET", "record/{mid}/proof", proof),
    Route("GET", "record/{mid}/text/{field}", text),
)
