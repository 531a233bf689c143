"""Records that have not left: for a second person's signature, or to be taken back.

Who releases sees what opens from the sealed record itself, never the form it came from.
"""

from collections.abc import Mapping
from typing import Final

from detente.app import faces, harmless, said
from detente.app.console import fielded, framing
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.core import names, record
from detente.core.errors import OurFault, TheirFault
from detente.office.desk import Desk, Role
from detente.office.people import Person
from detente.office.waiting import WAITS, Shown, Step
from detente.office.waiting import Waits as Waiting
from detente.ui import body
from detente.ui.safe import foreign, ltr

AGAIN: Final = 409  # somebody was first, or the record does not go


def listed(site: Site, ask: Ask) -> Answer:
    """List what has not left, at the desks that a person may read; the most urgent first."""
    site.read_news()
    rows = sorted(site.office.drafts.waiting(ask.person), key=_urgency)
    tlp = framing.strictest(each.header.tlp for each in rows)
    shown = [_row(site, each, ask.person) for each in rows]
    return _page(site, ask, "pages/drafts.html", {"rows": shown}, tlp)


def show(site: Site, ask: Ask) -> Answer:
    """Show one record as it opens from its own bytes, and what this person may do about it."""
    return _show(site, ask, None)


def release(site: Site, ask: Ask) -> Answer:
    """Sign as the second person."""
    outcome = _tried(site, ask, lambda mid: site.office.drafts.release(ask.person, mid, site.now()))
    if isinstance(outcome, Answer):
        return outcome
    held = getattr(outcome, "held", ())
    return go(f"/drafts/{held[0].hex()}" if held else f"/record/{_mid(ask).hex()}")


def alone(site: Site, ask: Ask) -> Answer:
    """Send urgent words with one signature, where this party's rule allows it."""
    why = ask.told("why")
    outcome = _tried(
        site, ask, lambda mid: site.office.drafts.release_alone(ask.person, mid, why, site.now())
    )
    if isinstance(outcome, Answer):
        return outcome
    mids = getattr(outcome, "mids", ())
    return go(f"/record/{mids[0].hex()}" if mids else "/drafts")


def refuse(site: Site, ask: Ask) -> Answer:
    """Say that it does not go, and why."""
    why = ask.told("why")
    found = _tried(
        site, ask, lambda mid: site.office.drafts.refuse(ask.person, mid, why, site.now())
    )
    return found if isinstance(found, Answer) else go("/drafts")


def take_back(site: Site, ask: Ask) -> Answer:
    """Take it back before it left."""
    found = _tried(site, ask, lambda mid: site.office.drafts.withdraw(ask.person, mid, site.now()))
    return found if isinstance(found, Answer) else go("/drafts")


def _tried(site: Site, ask: Ask, step: object) -> object:
    assert callable(step)
    try:
        found = step(_mid(ask))
    except (OurFault, TheirFault) as fault:
        if fault.code == "hatch.closed":
            raise
        return _show(site, ask, fault)
    site.read_news()
    return found


def _mid(ask: Ask) -> bytes:
    try:
        mid = bytes.fromhex(ask.parts["mid"])
    except ValueError:
        mid = b""
    if len(mid) != 32:  # noqa: PLR2004  a mid
        raise OurFault("office.no_draft", "no draft has this name", "see the list: /drafts")
    return mid


def _show(site: Site, ask: Ask, fault: OurFault | TheirFault | None) -> Answer:
    site.read_news()
    mid, person, drafts = _mid(ask), ask.person, site.office.drafts
    told = said.of(fault, ask.language) if fault else None
    try:
        shown = drafts.show(person, mid)
    except OurFault as gone:
        if gone.code != "office.draft_done":
            raise
        told = told or said.of(gone, ask.language)
        values = {
            "over": True,
            "mid": mid.hex(),
            "fault": told,
            "steps": _steps(drafts.shelf.steps(mid)),
        }
        return _page(site, ask, "pages/draft.html", values, "", AGAIN)
    waits = shown.waits
    mine = person.name in (waits.person, waits.releaser)
    waiting = waits.state == WAITS
    may_release = waiting and person.may(waits.desk, Role.RELEASE) and not mine
    values = {
        "over": False,
        "mid": mid.hex(),
        "fault": told,
        "one": _opened(site, shown),
        "row": _row(site, waits, person),
        "steps": _steps(shown.steps),
        "beside": shown.beside,
        "may_release": may_release,
        "may_refuse": waiting and person.may(waits.desk, Role.RELEASE),
        "may_take_back": mine,
        "may_alone": waiting
        and person.may(waits.desk, Role.AUTHOR)
        and _is_urgent(waits)
        and site.office.drafts.filing.policy.unreleased,
        "why": ask.told("why"),
    }
    status = AGAIN if fault else 200
    return _page(site, ask, "pages/draft.html", values, waits.header.tlp, status, ask.language)


def _is_urgent(waits: Waiting) -> bool:
    return waits.header.prec == "FLASH" or waits.header.kind.startswith("hotline.")


def _row(site: Site, waits: Waiting, person: Person) -> dict[str, object]:
    header = waits.header
    desk, _, verb = waits.act.partition("/")
    return {
        "mid": waits.mid.hex(),
        "id": record.mid_text(waits.mid),
        "word": f"{desk}.act.{verb}",
        "to": ", ".join(names.party_of(each) for each in header.to),
        "prec": header.prec,
        "tlp": header.tlp,
        "due": header.deadline,
        "by": _shown(site, waits.person),
        "mine": waits.person == person.name,
        "at": waits.at,
        "state": waits.state,
        "until": waits.until,
    }


def _opened(site: Site, shown: Shown) -> dict[str, object]:
    taken, waits = shown.taken, shown.waits
    header, desk = taken.header, _desk(site, waits.desk)
    kind = desk.kind_named[header.kind]
    assert taken.body is not None, "a record of ours opens here"
    return {
        "kind": f"{waits.desk}.kind.{header.kind.partition('.')[2]}",
        "from_": header.from_,
        "to": [ltr(each) for each in header.to],
        "names": ", ".join(names.party_of(each) for each in header.to),
        "not_for": [],
        "tlp": header.tlp,
        "prec": header.prec,
        "deadline": header.deadline,
        "author": foreign(_shown(site, waits.person)),
        "releaser": foreign(_shown(site, waits.releaser)) if waits.releaser else "",
        "fields": (kind, taken.body),
        "files": [(each.text("name"), each.whole("size")) for each in taken.body.parts("files")],
        "size": len(taken.text),
        "way": waits.state,
        "asked": (),
        "unread": (),  # said before it was handed over
    }


def _desk(site: Site, name: str) -> Desk:
    return next(each for each in site.office.previews.desks if each.name == name)


def _shown(site: Site, name: str) -> str:
    try:
        return site.office.people.find(name, site.now()).shown
    except OurFault:  # who wrote it is no person here any more
        return name


def _steps(steps: tuple[Step, ...]) -> list[dict[str, object]]:
    return [
        {"at": each.at, "person": each.person, "step": each.step, "why": each.why} for each in steps
    ]


def _urgency(waits: Waiting) -> tuple[int, int, bytes]:
    far = 2**62
    due = waits.header.deadline
    order = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")
    return (due.ms if due else far, order.index(waits.header.prec), waits.mid)


def _page(
    site: Site, ask: Ask, template: str, values: Mapping[str, object], tlp: str,
    status: int = 200, language: str = "",
) -> Answer:  # fmt: skip
    told = dict(values)
    one = told.get("one")
    if isinstance(one, dict) and language:
        kind, content = one["fields"]
        told["one"] = {
            **one,
            "parts": fielded.read_back(
                content,
                body.parts(
                    kind, content, faces.words(), language, harmless.of(kind.name.partition(".")[0])
                ),
                language,
            ),
        }
    frame = framing.frame(site, ask, "write", tlp)
    return page(site.renderer.render(template, ask.language, {**told, "frame": frame}), status)


ROUTES: Final = (
    Route("GET", "drafts", listed),
    Route("GET", "drafts/{mid}", show),
    Route("POST", "drafts/{mid}/release", release),
    Route("POST", "drafts/{mid}/alone", alone),
    Route("POST", "drafts/{mid}/refuse", refuse),
    Route("POST", "drafts/{mid}/withdraw", take_back),
)
