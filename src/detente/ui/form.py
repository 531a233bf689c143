"""From an act or a look to a form, and back: the same fields as the verb and the operation.

A form is shown twice: empty, and again as it was sent with what is wrong in it. `read` never stops
at the first fault. Texts are what people write at the command line; many of one line each stand in
one box, a line for each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from detente.core.errors import OurFault
from detente.office.desk import Act, Look
from detente.office.enclosed import Upload
from detente.office.fields import (
    Cut,
    Desks,
    Field,
    File,
    FileText,
    Flag,
    LongText,
    OneOf,
    Parts,
    Text,
    Type,
    Value,
    Values,
    When,
    Whole,
    Within,
)
from detente.ui.words import Words

Verb = Act | Look
Texts = Mapping[str, tuple[str, ...]]  # a field's name to every text of it, as a browser sends them
Bytes = Mapping[str, bytes]  # a field's name to the file that was chosen
FIRST: Final = ("tlp", "to", "prec", "within")  # the marking decides who may be named
RARE: Final = ("unreleased", "exercise")  # shown when asked for
_LINE: Final = 160  # characters that still go on one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Error:
    """What is wrong with a field; field "" for the form as a whole. code: for the help."""

    field: str
    code: str
    what: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of a few. barred: why it cannot be chosen, as shown; note: what to know of it."""

    value: str
    word: str
    chosen: bool = False
    note: str = ""
    barred: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """One field as a form shows it.

    how: cells, boxes, flag, line, wide, prose, lines, each (a value a line), fixed (shown by its
    hint), file or files. text: what stands in it. hint: how it is written. max_chars: 0 for no limit of the browser's.
    """

    name: str
    how: str
    label: str
    hint: str = ""
    required: bool = True
    text: str = ""
    choices: tuple[Choice, ...] = ()
    max_chars: int = 0
    left_to_right: bool = False
    rare: bool = False
    error: str = ""

    @property
    def id(self) -> str:
        """The id of the field on the page."""
        return f"f-{self.name.replace('_', '-')}"


@dataclass(frozen=True, slots=True)
class Read:
    """What a form that was sent says: values that are right, and all that is wrong."""

    values: Values
    errors: tuple[Error, ...]


def ordered(verb: Verb) -> tuple[Field, ...]:
    """Return the fields as a form asks them: marking, recipients and urgency first, rare ones last."""
    named = {field.name: field for field in verb.fields}
    first = [named[name] for name in FIRST if name in named]
    rare = [named[name] for name in RARE if name in named]
    rest = [field for field in verb.fields if field.name not in (*FIRST, *RARE)]
    texts = [field for field in rest if not _takes_file(field)]
    return (*first, *texts, *[field for field in rest if _takes_file(field)], *rare)


def read(verb: Verb, texts: Texts, files: Bytes | None = None) -> Read:
    """Return the values of a form, defaults filled in, and every fault of it.

    files: bytes of the fields that take them. Names that are no field here are passed over: the
    page has fields of its own. A mid may be a Cut still: the office completes it.
    """
    found: dict[str, Value] = {}
    errors: list[Error] = []
    for field in verb.fields:
        try:
            found[field.name] = _read(
                field, texts.get(field.name, ()), (files or {}).get(field.name)
            )
        except OurFault as fault:
            errors.append(error_of(field.name, fault))
    return Read(Values(found), tuple(errors))


def write(verb: Verb, values: Values) -> dict[str, tuple[str, ...]]:
    """Return the texts that `read` takes to equal values; of files, nothing: a browser sends none."""
    found: dict[str, tuple[str, ...]] = {}
    for field in verb.fields:
        value = values.get(field.name)
        if value is None or isinstance(field.type, File):
            continue
        if isinstance(field.type, Flag) and not field.many:
            found[field.name] = ("yes",) if value is True else ()
        elif not field.many:
            found[field.name] = (field.type.show(value),)
        else:
            assert isinstance(value, tuple), field.name
            shown = tuple(field.type.show(each) for each in value)
            found[field.name] = ("\n".join(shown),) if by_line(field) else shown
    return found


def error_of(name: str, fault: OurFault) -> Error:
    """Return a fault of one field; the field's own name is not said again before it."""
    what = fault.what.removeprefix(f"{name}: ")
    return Error(field=name, code=fault.code, what=what, remedy=fault.remedy)


def controls(
    verb: Verb,
    words: Words,
    language: str,
    texts: Texts | None = None,
    errors: Sequence[Error] = (),
) -> tuple[Control, ...]:
    """Return every field as it is shown. texts: what was sent before; None shows the defaults."""
    desk = verb.name.partition("/")[0]
    wrong = {each.field: each.what for each in reversed(errors)}
    return tuple(
        replace(_control(field, desk, words, language, texts), error=wrong.get(field.name, ""))
        for field in ordered(verb)
    )


def with_choices(control: Control, choices: Sequence[Choice]) -> Control:
    """Return a field of addresses as boxes to tick; what was written and is no choice is kept."""
    written = {each.strip() for each in control.text.split(",") if each.strip()}
    shown = tuple(replace(each, chosen=each.value in written) for each in choices)
    rest = sorted(written - {each.value for each in choices})
    more = tuple(Choice(value=each, word=each, chosen=True) for each in rest)
    return replace(control, how="boxes", choices=(*shown, *more))


def by_line(field: Field) -> bool:
    """Return whether many of a field stand in one box, a line for each."""
    return field.many and not isinstance(field.type, (OneOf, Upload)) and _is_one_line(field.type)


def _is_one_line(type_: Type) -> bool:
    if isinstance(type_, Parts):
        return all(_is_one_line(field.type) and not field.many for field in type_.fields)
    return not isinstance(type_, (LongText, FileText, File))


def _takes_file(field: Field) -> bool:
    return isinstance(field.type, (File, Upload))


def _read(field: Field, texts: tuple[str, ...], data: bytes | None) -> Value:
    if isinstance(field.type, Flag) and not field.many:
        return texts[-1:] == ("yes",)
    if isinstance(field.type, File):
        given: Value = None if data is None else field.type.check(field.name, data)
        return given if given is not None else _none_given(field)
    if isinstance(field.type, Desks) and not field.many:
        texts = (",".join(each for each in texts if each.strip()),)
    if by_line(field):
        texts = tuple(line.removesuffix("\r") for each in texts for line in each.split("\n"))
    written = [each for each in texts if each]
    if not written:
        return _none_given(field)
    value = field.read(written if field.many else written[-1:])
    cut = any(isinstance(each, Cut) for each in (value if isinstance(value, tuple) else (value,)))
    return value if cut else field.check(value)  # the office completes a cut, then checks


def _none_given(field: Field) -> Value:
    if field.default is None and field.required:
        raise OurFault("form.missing", f"{field.name}: nothing is given", "fill it in")
    return field.default


def _control(field: Field, desk: str, words: Words, language: str, texts: Texts | None) -> Control:
    given = _given(field, texts)
    kind = field.type
    label, hint = label_of(field, desk, words, language)
    control = Control(
        name=field.name, how=_how(field), label=label, hint=hint, text="\n".join(given),
        required=field.required, rare=field.name in RARE,
        max_chars=kind.max_chars if isinstance(kind, Text) and not field.many else 0,
        left_to_right=not isinstance(kind, (Text, Parts, FileText)) and not field.many,
    )  # fmt: skip
    if isinstance(kind, OneOf):
        choices = kind.choices if field.name != "tlp" else tuple(reversed(kind.choices))
        boxes = tuple(
            Choice(value=each, word=_word_of(each, desk, words, language), chosen=each in given)
            for each in choices
        )
        return replace(control, choices=boxes)
    if control.how == "flag":
        return replace(control, text="yes" if given == ("yes",) else "")
    return control


def _word_of(choice: str, desk: str, words: Words, language: str) -> str:
    key = f"{desk}.choice.{choice}"
    return words.get(key, language) if words.has(key, language) else choice


def _given(field: Field, texts: Texts | None) -> tuple[str, ...]:
    if texts is not None:
        return texts.get(field.name, ())
    if field.default is None:
        return ()
    if isinstance(field.type, Flag):
        return ("yes",) if field.default is True else ()
    return (field.show(field.default),)


def _how(field: Field) -> str:
    kind = field.type
    if isinstance(kind, File):
        return "file"
    if isinstance(kind, Upload):
        return "files"
    if isinstance(kind, OneOf):
        return "boxes" if field.many else "cells"
    if isinstance(kind, Flag) and not field.many:
        return "flag"
    if field.many:
        return "lines"
    if isinstance(kind, (LongText, FileText)):
        return "prose"
    return "wide" if isinstance(kind, Text) and kind.max_chars > _LINE else "line"


def label_of(field: Field, desk: str, words: Words, language: str) -> tuple[str, str]:
    """Return a field's name, of `ui.label.` or `<desk>.head.` if it has one, and what explains it."""
    about = words.get(field.about or f"{desk}.field.{field.name}", language)
    about = about.partition(";")[0]  # the rest speaks of the command line
    hint = _written_as(field, words, language)
    if words.has(f"ui.hint.{field.name}", language):
        hint = words.get(f"ui.hint.{field.name}", language)
    for key in (f"ui.label.{field.name}", f"{desk}.head.{field.name}"):
        if words.has(key, language):
            return words.get(key, language), hint or about
    return about, hint


def _written_as(field: Field, words: Words, language: str) -> str:
    kind = field.type
    for type_, word in ((Within, "within"), (When, "when")):
        if isinstance(kind, type_) and not field.many:
            return words.get(f"ui.form.{word}", language)
    if isinstance(kind, Whole) and not field.many:
        return words.get("ui.form.whole", language, low=str(kind.low), high=str(kind.high))
    if by_line(field):
        return words.get("ui.form.lines", language, form=kind.hint)
    return ""
