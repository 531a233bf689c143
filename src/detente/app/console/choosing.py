"""The form in which a reader of an exercise says what they understood: a question, its choices.

The act takes `question=choice`, many of them; a page shows the questions asked so far, in the
reader's language. A question that is left open is not answered.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.app.console.ask import Ask
from detente.app.console.fielded import Texts
from detente.app.console.site import Site
from detente.core.errors import OurFault
from detente.office.desk import Act
from detente.office.fields import Mid, Values
from detente.ui.form import Choice, Control, Error

ACT: Final = "notices/reading"
CHOICE: Final = "choice"
_BEFORE: Final = f"{CHOICE}."  # of a control's name: choice.accused


def joined(act: Act, given: Texts) -> Texts:
    """Return the texts of a form with the choices of its questions put together as the act takes them."""
    single = {name: texts for name, texts in given.items() if name.startswith(_BEFORE)}
    if act.name != ACT or not single:
        return given
    chosen = [
        f"{name.removeprefix(_BEFORE)}={text}"
        for name, texts in single.items()
        for text in texts
        if text
    ]
    rest = {name: texts for name, texts in given.items() if name not in single}
    return {**rest, CHOICE: tuple(chosen)}


def questions(site: Site, ask: Ask, act: Act, texts: Texts) -> tuple[Values, ...]:
    """Return what is asked in the exercise that a form is of; none for another act, or if unknown."""
    if act.name != ACT:
        return ()
    try:
        mid = Mid().read("mid", (texts.get("mid") or ("",))[-1].strip())
        given = Values({"mid": mid, "language": ask.language})
        rows = site.office.look(ask.person, "notices/questions", given, site.now())[1]
    except OurFault:
        return ()  # the act says so at the field
    return tuple(map(Values, rows))


def spread(
    asked: Sequence[Values], shown: Sequence[Control], texts: Texts, errors: Sequence[Error]
) -> tuple[Control, ...]:
    """Return a form's controls with one for each question in the place of `choice`."""
    told = dict(each.partition("=")[::2] for each in texts.get(CHOICE, ()))
    wrong = {each.field: each.what for each in reversed(errors)}
    rows: list[Control] = []
    for one in shown:
        if one.name == CHOICE:
            rows += [_control(each, told, wrong.get(CHOICE, "")) for each in asked]
        else:
            rows.append(one)
    return tuple(rows)


def _control(one: Values, told: Mapping[str, str], error: str) -> Control:
    name = one.text("question")
    boxes = [
        Choice(
            value=each.text("code"), word=each.text("words"), chosen=told.get(name) == each["code"]
        )
        for each in one.parts("choices")
    ]
    boxes.append(Choice(value="", word="-", chosen=name not in told))
    return Control(
        name=f"{_BEFORE}{name}", how="cells", label=one.text("text"), required=False,
        choices=tuple(boxes), error=error,
    )  # fmt: skip
