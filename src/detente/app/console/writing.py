"""What a form of an act says so far: its texts and files, its faults, and what would leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Final

from detente.app import faces, said
from detente.app.console import choosing, correcting, fielded, holding
from detente.app.console.ask import Ask
from detente.app.console.site import Site
from detente.core import canon
from detente.core.canon import Json
from detente.core.errors import Fault, OurFault, TheirFault
from detente.office import samples
from detente.office.desk import Act
from detente.office.enclosed import Upload
from detente.office.fields import File, Values
from detente.office.previews import Preview
from detente.office.texts import Typed
from detente.ui import form
from detente.ui.form import Choice, Control, Error, Read

CONTACTS_MAX: Final = 40  # that are shown as boxes; more are written
HELD: Final = "held"  # field of the token of a file: held-<name>
# A fault of an act that stands at one field of its form.
_FIELD_OF: Final[Mapping[str, str]] = {
    "cert.marking": "tlp",
    "office.no_party": "to",
    "office.no_desk": "to",
    "office.unreleased": "unreleased",
    "office.no_releaser": "prec",
    "stage.lost": "attach",
    "form.mid": "mid",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it stands. held: tokens and names of chosen files by field; attached: handle and name."""

    act: Act
    texts: Mapping[str, tuple[str, ...]]
    read: Read
    held: Mapping[str, tuple[str, str]]
    attached: tuple[tuple[str, str, int], ...]
    errors: tuple[Error, ...]
    previews: tuple[Preview, ...]
    draft: str = ""
    version: int = 0

    @property
    def seen(self) -> str:
        """Return what names this very content: the button that sends carries it."""
        told: dict[str, Json] = {n: list(texts) for n, texts in sorted(self.texts.items())}
        files: dict[str, Json] = {n: token for n, (token, _) in sorted(self.held.items())}
        who: list[Json] = [each.tlp + "".join(each.to) for each in self.previews]
        return sha256(canon.encode([self.act.name, told, files, who])).hexdigest()[:32]

    def named(self, typed: Typed | None) -> "Sheet":
        """Return it under the name and version of its draft."""
        return self if typed is None else replace(self, draft=typed.name, version=typed.version)


def sheet(site: Site, ask: Ask, act: Act) -> Sheet:
    """Return the form that was sent, files taken in, judged, and previewed if nothing is wrong."""
    texts = _texts(act, choosing.joined(act, fielded.joined(act, ask.form)))
    stands = correcting.of(site, ask, act, texts)
    texts = {**stands.changed} if stands else texts
    held, data = _held(site, ask, act)
    errors: list[Error] = []
    texts, attached = _attached(site, ask, act, texts, errors)
    read = form.read(act, texts, data)
    errors = [*read.errors, *errors]
    declared = fielded.declared(site, ask, act, texts)
    if stands is not None:
        errors = correcting.faults(stands, act, errors)
    elif declared is not None:
        errors = fielded.placed(errors, fielded.faults(act, declared, texts))
    previews: tuple[Preview, ...] = ()
    if not errors:
        try:
            previews = site.office.previews.of(ask.person, act, read.values, site.now())
        except (OurFault, TheirFault) as fault:
            errors.append(placed(act, fault))
    return Sheet(
        act, texts, read, held, attached, tuple(errors), previews,
        draft=ask.told("draft"), version=_whole(ask.told("version")),
    )  # fmt: skip


def blank(act: Act, given: Mapping[str, tuple[str, ...]] | None, typed: Typed | None) -> Sheet:
    """Return a form not sent yet: of a draft, or with what a link gave it, or with its defaults."""
    shown = typed.values if typed else None
    if shown is None:
        shown = {**form.write(act, _defaults(act)), **_texts(act, given or {})}
    empty = Read(Values({}), ())
    return Sheet(act, shown, empty, {}, (), (), ()).named(typed)


def controls(site: Site, ask: Ask, sheet_: Sheet) -> tuple[Control, ...]:
    """Return the fields of a sheet, recipients as boxes where we know them."""
    act, words, language = sheet_.act, faces.words(), ask.language
    found: list[Control] = []
    errors = told(sheet_.errors, language)
    for each in form.controls(act, words, language, sheet_.texts, errors):
        one = each
        if each.name == "to":
            contacts = site.office.previews.contacts(act.name.partition("/")[0])
            boxes = [Choice(value=to.address, word=to.party) for to in contacts]
            if 0 < len(boxes) <= CONTACTS_MAX:
                one = form.with_choices(each, boxes)
        found.append(one)
    stands = correcting.of(site, ask, act, sheet_.texts)
    if stands is not None:
        return fielded.spread(stands.format, found, stands.whole, language, errors)
    asked = choosing.questions(site, ask, act, sheet_.texts)
    if asked:
        return choosing.spread(asked, found, sheet_.texts, errors)
    declared = fielded.declared(site, ask, act, sheet_.texts)
    if declared is None:
        return tuple(found)
    return fielded.spread(declared, found, sheet_.texts, language, errors)


def told(errors: Sequence[Error], language: str) -> tuple[Error, ...]:
    """Return faults of a form in a language of the house; what no sentence names is added."""
    found = []
    for each in errors:
        one = said.sentence(each.code, each.what, each.remedy, language)
        what = f"{one.what} ({one.because})" if one.because else one.what
        found.append(replace(each, what=what, remedy=one.remedy))
    return tuple(found)


def placed(act: Act, fault: Fault) -> Error:
    """Return a fault of an act at the field that it speaks of, if there is one."""
    names = {field.name for field in act.fields}
    before = fault.what.partition(":")[0]
    name = before if before in names else _FIELD_OF.get(fault.code, "")
    found = form.error_of(name, OurFault(fault.code, fault.what, fault.remedy))
    return found if name in names else replace(found, field="")


def _texts(act: Act, given: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    names = {field.name for field in act.fields}
    return {name: texts for name, texts in given.items() if name in names}


def _defaults(act: Act) -> Values:
    return Values({field.name: field.default for field in act.fields})


def _held(site: Site, ask: Ask, act: Act) -> tuple[dict[str, tuple[str, str]], dict[str, bytes]]:
    keeper, person = holding.of(site.office), ask.person.name
    held: dict[str, tuple[str, str]] = {}
    data: dict[str, bytes] = {}
    for field in act.fields:
        if not isinstance(field.type, File):
            continue
        chosen = ask.file(field.name)
        token = ask.told(f"{HELD}-{field.name}")
        if chosen is not None and chosen.data:
            token = keeper.put(person, chosen)
        found = keeper.get(person, token)
        if found is not None:
            held[field.name], data[field.name] = (token, found.name), found.data
    return held, data


def _attached(
    site: Site, ask: Ask, act: Act, texts: Mapping[str, tuple[str, ...]], errors: list[Error]
) -> tuple[dict[str, tuple[str, ...]], tuple[tuple[str, str, int], ...]]:
    found = dict(texts)
    shown: list[tuple[str, str, int]] = []
    for field in act.fields:
        if not isinstance(field.type, Upload):
            continue
        handles = []
        try:
            fresh = [each for each in ask.files if each.field == field.name and each.data]
            handles = list(dict.fromkeys(texts.get(field.name, ())))
            named = samples.named if ask.told("sample") == "yes" else str
            handles += [
                site.office.files.take(named(each.name), each.data, site.now()) for each in fresh
            ]
            names = site.office.files.names(handles)
            shown += [(one, name, size) for one, (name, size) in zip(handles, names, strict=True)]
        except OurFault as fault:
            errors.append(form.error_of(field.name, fault))
            handles = []
        found[field.name] = tuple(handles)
    return found, tuple(shown)


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004
