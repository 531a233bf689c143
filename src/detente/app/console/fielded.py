"""Forms of notices made of a format's own fields, in the reader's language.

The act takes its fields as `name=text`, many of them; a page shows one control for each instead, and
what comes back is put together again, so drafts, preview and sending are those of every act.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.app import faces
from detente.app.console.ask import Ask
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.desks.notices import forms
from detente.desks.notices.forms import LANGUAGES, MANY_MAX, Format, Slot, unit_word, word
from detente.office.desk import Act
from detente.office.fields import Values
from detente.ui.body import Cell, Part
from detente.ui.form import Choice, Control, Error

ACTS: Final = ("notices/send", "notices/answer", "notices/correct")
FORMAT, VALUE = "format", "value"
_BEFORE: Final = f"{VALUE}."  # of a control's name: value.sector
_LINE: Final = 160  # characters that still go on one line

Texts = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Offered:
    """A format to choose. address: its form; differs: desks that hold another version."""

    code: str
    title: str
    prec: str
    address: str
    differs: str


def must_choose(act: Act, ask: Ask) -> bool:
    """Say whether a form waits for its format: none was named, and no draft is opened."""
    return act.name == ACTS[0] and not ask.asked(FORMAT) and not ask.asked("draft")


def offered(site: Site, ask: Ask, act: Act) -> list[Offered]:
    """Return the formats in which a notice may be written."""
    given = Values({"language": ask.language})
    rows = site.office.look(ask.person, "notices/formats", given, site.now())[1]
    return [
        Offered(
            code=row.text("format"),
            title=row.text("title"),
            prec=row.text("prec"),
            address=f"/write/{act.name}?format={row.text('format')}&prec={row.text('prec')}"
            f"&language={ask.language}",
            differs=row.text("differs", ""),
        )
        for row in map(Values, rows)
    ]


def joined(act: Act, given: Texts) -> Texts:
    """Return the texts of a form with its single fields put together as the act takes them."""
    single = {n: texts for n, texts in given.items() if n.startswith(_BEFORE)}
    if act.name not in ACTS or not single:
        return given
    values = [
        f"{name.removeprefix(_BEFORE)}={text}"
        for name, texts in single.items()
        for text in _cut(given, name, texts)
    ]
    rest = {name: texts for name, texts in given.items() if name not in single}
    return {**rest, VALUE: tuple(values)}


def _cut(given: Texts, name: str, texts: tuple[str, ...]) -> list[str]:
    whole = [text.replace("\r\n", "\n").strip() for text in texts]
    if f"lines.{name}" in given:
        whole = [line.strip() for text in whole for line in text.split("\n")]
    return [text for text in whole if text]


def declared(site: Site, ask: Ask, act: Act, texts: Texts) -> Format | None:
    """Return the format that a form names; None for another act, or if there is none such."""
    if act.name not in ACTS[:2]:
        return None
    code = (texts.get(FORMAT) or ("",))[-1]
    known = forms.coded(code)
    if known is not None:
        return known
    try:
        given = Values({FORMAT: code, "language": ask.language})
        rows = site.office.look(ask.person, "notices/format", given, site.now())[1]
    except OurFault:
        return None  # the act says so at the field
    return forms.read(Values(rows[0]).text("file").encode())


def faults(act: Act, found: Format, texts: Texts) -> list[Error]:
    """Return what is wrong with the fields of a format, each at its place."""
    told = values_of(texts)
    if act.name != ACTS[0] and not told:
        return []  # an answer may make its own values: the desk judges it
    errors = []
    for slot in found.fields:
        ours = told.get(slot.name, ())
        flaws = [flaw for text in ours if (flaw := slot.wrong(text))]
        if slot.required and not ours:
            errors.append(error(slot.name, "form.missing", "nothing is given", "fill it in"))
        elif len(ours) > (MANY_MAX if slot.many else 1):
            why = f"is given {len(ours)} times"
            errors.append(error(slot.name, "notices.value", why, _look(found)))
        elif flaws:
            errors.append(error(slot.name, "notices.value", flaws[0], _look(found)))
    for name in told.keys() - found.named.keys():
        why = f"{name} is no field of {found.code} version {found.version}"
        errors.append(Error(field="", code="notices.value", what=why, remedy=_look(found)))
    return errors


def placed(errors: Sequence[Error], ours: Sequence[Error]) -> list[Error]:
    """Return faults of a form with those of its single fields in the place of the act's own one."""
    whole = [each for each in errors if each.field == VALUE]
    rest = [each for each in errors if each.field != VALUE]
    return [*rest, *(ours or [replace(each, field="") for each in whole])]


def _look(found: Format) -> str:
    return f"see its fields: detente notices format {found.code}"


def error(name: str, code: str, what: str, remedy: str) -> Error:
    """Return a fault at the control of a format's field."""
    return Error(field=f"{_BEFORE}{name}", code=code, what=what, remedy=remedy)


def values_of(texts: Texts) -> dict[str, tuple[str, ...]]:
    """Return what a form says of each field of a format."""
    found: dict[str, tuple[str, ...]] = {}
    for each in texts.get(VALUE, ()):
        name, _, text = each.partition("=")
        found[name] = (*found.get(name, ()), text)
    return found


def spread(
    found: Format, shown: Sequence[Control], texts: Texts, language: str, errors: Sequence[Error]
) -> tuple[Control, ...]:
    """Return a form's controls with one for each field of the format in the place of `value`."""
    told = values_of(texts)
    wrong = {each.field: each.what for each in reversed(errors)}
    rows: list[Control] = []
    for one in shown:
        if one.name == FORMAT:
            title = f"{found.code} · {word(found.title, language)}"
            rows.append(replace(one, how="fixed", text=found.code, hint=title))
        elif one.name == VALUE:
            rows += [
                _control(slot, told.get(slot.name, ()), language, wrong) for slot in found.fields
            ]
        else:
            rows.append(one)
    return tuple(rows)


def read_back(
    told: Values, parts: Sequence[Part], language: str, declared: Format | None = None
) -> tuple[Part, ...]:
    """Return the parts of a body with a notice's values as both sides will read them.

    declared: the format of a body that names none.
    """
    found = forms.known(told.get("digest")) or declared
    values = told.parts(VALUE) if found else ()
    if found is None or any(each.text("name") not in found.named for each in values):
        return tuple(parts)
    other = next(each for each in LANGUAGES if each != language)
    rows = []
    for each in values:
        slot, text = found.named[each.text("name")], each.text("text")
        shown = dict.fromkeys((slot.shown(text, language), slot.shown(text, other)))
        rows.append((Cell("text", word(slot.label, language)), Cell("prose", " · ".join(shown))))
    return tuple(
        replace(each, rows=tuple(rows), more=0, open=True) if each.name == VALUE else each
        for each in parts
    )


def _control(slot: Slot, told: tuple[str, ...], language: str, wrong: Mapping[str, str]) -> Control:
    name = f"{_BEFORE}{slot.name}"
    unit = unit_word(slot.unit, language)
    label = word(slot.label, language)
    one = Control(
        name=name,
        how=_how(slot),
        label=f"{label}, {unit}" if unit else label,
        hint=" ".join(filter(None, (_help(slot, language), _hint(slot, language)))),
        required=slot.required,
        text="\n".join(told),
        max_chars=0 if slot.many else slot.max_chars,
        left_to_right=slot.type in ("number", "position", "time"),
        error=wrong.get(name, ""),
    )
    if slot.type in ("choice", "flag"):
        codes = [each.code for each in slot.choices] or ["yes", "no"]
        boxes = [
            Choice(value=code, word=slot.shown(code, language), chosen=code in told)
            for code in codes
        ]
        if not slot.required and not slot.many:  # what is chosen by a slip can be taken back
            boxes.append(Choice(value="", word="-", chosen=not told))
        return replace(one, choices=tuple(boxes), text="")
    return one


def _help(slot: Slot, language: str) -> str:
    return word(slot.help, language) if slot.help else ""


def _how(slot: Slot) -> str:
    if slot.type in ("choice", "flag"):
        return "boxes" if slot.many else "cells"
    if slot.many:
        return "each"
    if slot.type == "prose":
        return "prose"
    return "wide" if slot.type == "line" and slot.max_chars > _LINE else "line"


def _hint(slot: Slot, language: str) -> str:
    own = faces.words()
    if slot.type in ("choice", "flag"):
        return ""
    places = {"chars": str(slot.max_chars)} if slot.type in ("line", "prose") else {}
    name = slot.type
    if slot.low is not None and slot.high is not None:
        name, places = "bounds", {"low": str(slot.low), "high": str(slot.high)}
    said = own.get(f"console.notice.hint.{name}", language, **places)
    return f"{said}. {own.get('console.notice.hint.several', language)}" if slot.many else said
