"""One rule for whatever leaves the desk: each act's records are held against the arrangement first.

An arrangement says what goes to a party by itself: so it binds what we begin. What answers a party, takes
back what was said, or keeps the channel itself in order is owed, and never held back. Prose is looked
at against the warning lists and told; only a bundle, which machines block by, is stopped by them.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from detente.core import names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert import acts, advisory, embargo, kinds, rules, sharing, warned
from detente.desks.cert.embargo.kinds import VULNERABILITY
from detente.desks.cert.formats import observed
from detente.desks.cert.formats.defang import refang
from detente.desks.cert.incident import folds as incident_folds
from detente.desks.cert.incident import kinds as incident_kinds
from detente.office.before import Checked
from detente.office.desk import Act
from detente.office.drafting import Draft
from detente.office.fields import Values
from detente.office.reader import Reader

# Kinds that begin something, by the word that an arrangement names them by.
WORDS: Final = {
    incident_kinds.INCIDENT.name: "incident",
    incident_kinds.AWARE.name: "early-warning",
    incident_kinds.WARNING.name: "early-warning",
    incident_kinds.REQUEST.name: "request",
    advisory.ADVISORY.name: "advisory",
    advisory.ADVISORY_FILE.name: "advisory",
    VULNERABILITY.name: "vulnerability",
}
"""What an arrangement may name beside types of objects."""
# Further facts of what we began ourselves.
_GOES_ON: Final = frozenset(
    kind.name for kind in (incident_kinds.UPDATE, incident_kinds.ATTRIBUTION)
)
_OF_CASES: Final = frozenset(kind.name for kind in embargo.KINDS)
_BUNDLES: Final = frozenset((kinds.BUNDLE.name, kinds.BUNDLE_FILE.name, kinds.PART.name))
_SHOWN: Final = 5
_AROUND: Final = ".,;:!?()<>\"'«»“”"  # around a value in prose
_PROSE: Final = ("about", "text", "question", "asks", "statement", "basis")
# Words of Directive (EU) 2022/2555 and of STIX 2.1 (10.8) for one sector.
_SAME_SECTOR: Final = {
    "transport": ("transportation",),
    "banking": ("financial-services",),
    "finance": ("financial-services",),
    "health": ("healthcare",),
    "waste_water": ("water",),
    "digital": ("telecommunications", "technology"),
    "ict_services": ("technology",),
    "public": ("government", "government-public-services"),
    "space": ("aerospace",),
    "food": ("agriculture",),
}


def guard(act: Act) -> Act:
    """Return an act whose records are held against the rule before they are anything."""

    def build(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
        drafts = act.build(values, look, now)
        for draft in drafts:
            if draft.kind.name not in _BUNDLES:  # held where they are made, read once
                refuse(check(draft, look, now))
                _refuse_embargoed(draft, look)
        return drafts

    return replace(act, build=build)


def refuse(lines: Sequence[Checked]) -> None:
    """Raise OurFault("cert.arrangement") if one of them stays."""
    stays = [line for line in lines if line.state == "stays"]
    if stays:
        shown = ", ".join(f"{line.what} ({line.why})" for line in stays[:_SHOWN])
        what = f"the arrangement with {stays[0].party} lets this not go: {shown}"
        raise OurFault("cert.arrangement", what, "see: detente cert arrangements; or arrange anew")


def check(draft: Draft, look: Reader, now: Moment) -> tuple[Checked, ...]:
    """Return what is asked of a draft for each party that it goes to; nothing for what is owed."""
    parties = sorted({names.party_of(address) for address in draft.to})
    if draft.kind.name in _BUNDLES:
        data = draft.enclose[0].data if draft.enclose else draft.body.text("bundle").encode()
        objects = acts.objects_of(data)
        hits = warned.hits(look, objects)
        return tuple(
            each
            for party in parties
            for each in sharing.of_objects(look, objects, hits, party, now)
        )
    thing = _thing(draft, look)
    if thing is None:
        return ()
    on = sharing.lists_of(warned.hits_of(look, _values(draft), own=False))
    return tuple(_record(look, draft, thing, on, party, now) for party in parties)


def _refuse_embargoed(draft: Draft, look: Reader) -> None:
    """Raise OurFault("cert.embargo") for words that name what a case keeps until its day.

    What the parties of a case say in it goes; files that a person attaches are not looked into.
    """
    if not draft.to or draft.kind.name in _OF_CASES:
        return
    held = embargo.standing(look)
    texts = (draft.kind.write(draft.body), *(each.data for each in draft.enclose))
    if any(held.holds_text(each.decode("utf-8", "replace")) for each in texts):
        what = "it names what a vulnerability under embargo keeps"
        raise OurFault("cert.embargo", what, "leave that out until its release")


def _record(
    look: Reader, draft: Draft, thing: rules.Thing, on: str, party: str, now: Moment
) -> Checked:
    why = sharing.why_not(sharing.standing(look, party), thing, now)
    under = sharing.under(look, party)
    state = "stays" if why else "warned" if on else "goes"
    return Checked(party, draft.kind.name, state, why, on, under)


def _thing(draft: Draft, look: Reader) -> rules.Thing | None:
    """Return a record as the rules read it; None for what is owed and so never held back."""
    if draft.kind.name in WORDS:
        word, sector = WORDS[draft.kind.name], draft.body.text("sector")
    elif draft.kind.name in _GOES_ON:
        case = Values(look.get(incident_folds.CASES, draft.body["of"]) or {})
        if not case or not case.flag("ours"):  # it answers what they began
            return None
        word, sector = case.text("what").replace("_", "-"), case.text("sector")
    else:
        return None
    sectors = (sector, *_SAME_SECTOR.get(sector, ())) if sector else ()
    return rules.Thing(word, tlp=draft.tlp, sectors=sectors)


def _values(draft: Draft) -> list[tuple[str, str, str]]:
    found = []
    for name in _PROSE:
        for part in refang(draft.body.text(name)).split():
            value = part.strip(_AROUND)
            sort = observed.sort_of(value)
            if sort:
                found.append((draft.kind.name, sort, observed.plain(sort, value)))
    return found
