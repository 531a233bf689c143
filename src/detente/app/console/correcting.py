"""The form of a correction: the format's own fields, filled with what stands; what was changed goes.

A field that a correction names is given whole, so a value that stands cannot be taken away by one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from detente.app.console import fielded
from detente.app.console.ask import Ask
from detente.app.console.fielded import VALUE, Texts
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.desks.notices import forms
from detente.desks.notices.forms import Format
from detente.office.desk import Act
from detente.office.fields import Mid, Values
from detente.ui.form import Error

ACT: Final = "notices/correct"
_BEFORE: Final = f"{VALUE}."


@dataclass(frozen=True, slots=True)
class Stands:
    """What a notice says now. whole: the form's texts with what was changed over what stands.

    gone: fields that were emptied; changed: whether any other value was given.
    """

    format: Format
    whole: Texts
    changed: Texts
    gone: tuple[str, ...]


def of(site: Site, ask: Ask, act: Act, texts: Texts) -> Stands | None:
    """Return what stands of the notice that a correction is of; None for another act, or if unknown.

    texts: as `fielded.joined` returned them.
    """
    if act.name != ACT:
        return None
    try:
        mid = Mid().read("mid", (texts.get("mid") or ("",))[-1].strip())
        rows = site.office.look(
            ask.person, "notices/show", Values({"mid": mid, "language": ask.language}), site.now()
        )[1]
    except OurFault:
        return None  # the act says so at the field
    head, file = Values(rows[0]), rows[0].get("file")
    found = forms.read(str(file).encode()) if file else forms.known(head["digest"])
    if found is None:
        return None
    stands: dict[str, tuple[str, ...]] = {}
    for row in (Values(each) for each in rows if each["part"] == "value"):
        stands[row.text("name")] = (*stands.get(row.text("name"), ()), row.text("raw"))
    sent = any(name.startswith(_BEFORE) for name in ask.form)
    told = fielded.values_of(texts)
    new = {n: t for n, t in told.items() if t != tuple(e.strip() for e in stands.get(n, ()))}
    return Stands(
        found,
        {**texts, VALUE: _written({**stands, **told})},
        {**texts, VALUE: _written(new)},
        tuple(name for name in stands if sent and name not in told),
    )


def _written(values: Texts) -> tuple[str, ...]:
    return tuple(f"{name}={text}" for name, texts in values.items() for text in texts)


def faults(stands: Stands, act: Act, errors: Sequence[Error]) -> list[Error]:
    """Return the faults of a form of a correction, each at its place."""
    ours = fielded.faults(act, stands.format, stands.whole)
    known = {each.field for each in ours}
    remedy = "write another value, or cancel the notice and send it anew"
    for name in stands.gone:
        one = fielded.error(name, "notices.value", "a correction takes no value away", remedy)
        ours += [] if one.field in known else [one]
    if not stands.changed[VALUE] and not ours:
        rest = [each for each in errors if each.field != VALUE]
        what, remedy = "nothing is changed", "change a field, or leave the notice as it is"
        return [*rest, Error(field="", code="notices.value", what=what, remedy=remedy)]
    return fielded.placed(errors, ours)
