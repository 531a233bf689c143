"""Write: any act of any desk as a form; beside it, always in view, what would leave.

Nothing is sent that was not shown: the button that sends stands under the preview and names it.
"""

from collections.abc import Mapping
from typing import Final

from detente.app import faces, harmless
from detente.app.console import correcting, fielded, framing, limits
from detente.app.console.ask import Answer, Ask, go, page
from detente.app.console.guard import FORM
from detente.app.console.pages import large
from detente.app.console.routes import Route
from detente.app.console.site import Site
from detente.app.console.writing import Sheet, blank, controls, placed, sheet, told
from detente.core import names, record
from detente.core.errors import OurFault, TheirFault
from detente.desks.notices.forms import Format
from detente.office.desk import Act
from detente.office.people import Person, permit
from detente.office.previews import Answer as Asked
from detente.office.previews import Preview
from detente.office.texts import KeptText, Typed
from detente.ui import body
from detente.ui.form import Error
from detente.ui.safe import foreign, ltr

SENT_ERRORS: Final = 422  # the form came back: something in it is wrong


def choose(site: Site, ask: Ask) -> Answer:
    """Show every act that a person may do, by desk, and their drafts."""
    person = ask.person
    desks = []
    for desk in site.office.previews.desks:
        acts = [act for act in desk.acts if person.may(desk.name, act.role)]
        if acts:
            desks.append({"name": desk.name, "acts": [_named(act) for act in acts]})
    drafts = site.office.texts.every(person, site.now())
    values = {"desks": desks, "drafts": [_draft_row(each) for each in drafts]}
    return _page(site, ask, "pages/choose.html", values)


def write(site: Site, ask: Ask) -> Answer:
    """Show an act's form: empty, of a draft, or with what a link gave (`?mid=...`)."""
    act = _act(site, ask)
    if fielded.must_choose(act, ask):
        formats = fielded.offered(site, ask, act)
        return _page(site, ask, "pages/formats.html", {"formats": formats})
    name = ask.asked("draft")
    typed = site.office.texts.get(ask.person, name) if name else None
    given = {key: texts for key, texts in ask.query.items() if key != "draft"}
    return _form(site, ask, blank(act, given, typed), None)


def look(site: Site, ask: Ask) -> Answer:
    """Judge a form, keep it as a draft, and show what would leave."""
    found = sheet(site, ask, _act(site, ask))
    if ask.told("do") == "look" and not found.errors and found.act.begins(found.read.values):
        return _begin(site, ask, found)
    kept = _keep(site, ask, found)
    handle = large.hand_over(site, ask, found) if ask.told("do") == "look" else ""
    if handle:
        return go(f"/large/{handle}")
    status = SENT_ERRORS if found.errors and ask.told("do") == "look" else 200
    return _form(site, ask, found.named(kept.typed if kept else None), kept, status)


def _begin(site: Site, ask: Ask, found: Sheet) -> Answer:
    """Take what a file tells of as drafts, and show the first, or the list of several."""
    values = found.read.values
    outcome = site.office.act(ask.person, found.act.name, values, site.now())
    (name, first), *more = outcome.begun
    return go("/write" if more else f"/write/{first.act}?draft={name}")


def send(site: Site, ask: Ask) -> Answer:
    """Send what was shown. What changed since is shown again instead."""
    act = _act(site, ask)
    found = sheet(site, ask, act)
    if found.errors:
        return _form(site, ask, found, _keep(site, ask, found), SENT_ERRORS)
    if ask.told("seen") != found.seen:
        kept = _keep(site, ask, found)
        again = found.named(kept.typed if kept else None)
        return _form(site, ask, again, kept, SENT_ERRORS, changed=True)
    try:
        values = found.read.values
        outcome = site.office.act(ask.person, act.name, values, site.now(), ask.form_id)
    except (OurFault, TheirFault) as fault:
        told = Sheet(
            act, found.texts, found.read, found.held, found.attached, (placed(act, fault),), (),
            found.draft, found.version,
        )  # fmt: skip
        return _form(site, ask, told, None, SENT_ERRORS)
    if found.draft:
        site.office.texts.drop(ask.person, found.draft)
    site.read_news()
    return go(large.whither(outcome))


def drop(site: Site, ask: Ask) -> Answer:
    """Forget a draft."""
    site.office.texts.drop(ask.person, ask.parts["draft"])
    return go("/write")


def _act(site: Site, ask: Ask) -> Act:
    desk = ask.parts["desk"]
    act = site.office.find_act(f"{desk}/{ask.parts['act']}")
    permit(ask.person, desk, act.role)
    return act


def _named(act: Act) -> dict[str, str]:
    desk, _, verb = act.name.partition("/")
    return {"href": f"/write/{act.name}", "word": act.about or f"{desk}.act.{verb}"}


def _keep(site: Site, ask: Ask, found: Sheet) -> KeptText | None:
    """Keep what was typed; who may only answer has no drafts of texts."""
    values = {name: texts for name, texts in found.texts.items() if name != "attach"}
    try:
        return site.office.texts.keep(
            ask.person, found.act.name, values, site.now(), found.draft, found.version
        )
    except OurFault as fault:
        if fault.code not in ("office.forbidden", "form.size", "form.count"):
            raise
        return None


def _form(
    site: Site, ask: Ask, found: Sheet, kept: KeptText | None, status: int = 200,
    *, changed: bool = False,
) -> Answer:  # fmt: skip
    act, now = found.act, site.now()
    stands = correcting.of(site, ask, act, found.texts)
    declared = stands.format if stands else None
    previews = [_preview(each, ask.person, ask.language, declared) for each in found.previews]
    tlp = framing.strictest(each.tlp for each in found.previews)
    shown = controls(site, ask, found)
    labels = {each.name: each.label for each in shown}
    values: Mapping[str, object] = {
        "act": act,
        "path": f"/write/{act.name}",
        "head": _named(act)["word"],
        "controls": shown,
        "takes_files": any(each.how in ("file", "files") for each in shown),
        "upload_max": limits.UPLOAD_MAX,
        "held": found.held,
        "attached": found.attached,
        "errors": [_error(each, labels) for each in told(found.errors, ask.language)],
        "draft": found.draft,
        "version": found.version,
        "kept": kept.typed.at if kept else None,
        "beside": kept.beside if kept else None,
        "differs": kept.differs if kept else (),
        "previews": previews,
        "way": found.previews[0].way if found.previews else "",
        "hold_back": site.office.drafts.filing.policy.hold_back.ms // 1000,
        "seen": found.seen,
        "form_id": f"{found.seen}{now.ms:x}"[-48:] if found.previews else "",
        "form_name": FORM,
        "changed": changed,
    }
    return _page(site, ask, "pages/write.html", values, status, tlp)


def _page(
    site: Site, ask: Ask, template: str, values: Mapping[str, object], status: int = 200,
    tlp: str = "",
) -> Answer:  # fmt: skip
    frame = framing.frame(site, ask, "write", tlp)
    return page(site.renderer.render(template, ask.language, {**values, "frame": frame}), status)


def _error(each: Error, labels: Mapping[str, str]) -> dict[str, str]:
    at = f"f-{each.field.replace('_', '-')}" if each.field else ""
    label = labels.get(each.field)
    what = f"{label}: {each.what}" if label else each.what
    return {"field": at, "what": what, "because": "", "remedy": each.remedy}


def _preview(
    one: Preview, person: Person, language: str, declared: Format | None
) -> dict[str, object]:
    parties = [names.party_of(address) for address in one.to]
    return {
        "kind": f"{one.kind.name.partition('.')[0]}.kind.{one.kind.name.partition('.')[2]}",
        "from_": one.from_,
        "to": [ltr(address) for address in one.to],
        "names": ", ".join(parties),
        "not_for": [ltr(name) for name in one.not_for],
        "tlp": one.tlp,
        "prec": one.prec,
        "deadline": one.deadline,
        "author": foreign(person.shown),
        "parts": _parts(one, language, declared),
        "files": one.files,
        "unread": [foreign(name) for name in one.unread],
        "size": one.size,
        "way": one.way,
        "releaser": "",
        "asked": [_asked(each, one.kind.name.partition(".")[0]) for each in one.answers],
    }


def _parts(one: Preview, language: str, declared: Format | None) -> tuple[body.Part, ...]:
    made_harmless = harmless.of(one.kind.name.partition(".")[0])
    parts = body.parts(one.kind, one.body, faces.words(), language, made_harmless)
    return fielded.read_back(one.body, parts, language, declared)


def _asked(one: Asked, desk: str) -> dict[str, object]:
    return {
        "party": ltr(one.party),
        "count": one.number,
        "state": f"{desk}.choice.{one.state}",
        "why": f"{desk}.choice.{one.why}" if one.why else "",
        "lists": one.lists,
        "under": ltr(record.mid_text(one.under)) if one.under else "",
    }


def _draft_row(typed: Typed) -> dict[str, object]:
    desk, _, verb = typed.act.partition("/")
    shown = next(
        (each[0] for key in ("about", "title", "text") if (each := typed.values.get(key))), ""
    )
    return {
        "name": typed.name,
        "href": f"/write/{typed.act}?draft={typed.name}",
        "word": f"{desk}.act.{verb}",
        "title": shown,
        "at": typed.at,
    }


ROUTES: Final = (
    Route("GET", "write", choose),
    Route("GET", "write/{desk}/{act}", write),
    Route("POST", "write/{desk}/{act}", look),
    Route("POST", "write/{desk}/{act}/keep", look),
    Route("POST", "write/{desk}/{act}/send", send),
    Route("POST", "texts/{draft}/drop", drop),
)
