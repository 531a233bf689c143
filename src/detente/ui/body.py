"""A body as people read it: each field by its declared type, with its word.

Nothing is left out but keys of files; what a kind does not name cannot stand in a body.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from detente.core import record
from detente.core.moment import Moment, Span
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Parts,
    Text,
    Value,
    Values,
    When,
    Whole,
    Within,
)
from detente.office.kind import Kind
from detente.ui.words import Words

ROWS_MAX: Final = 50  # of a table on a page; the record itself has all
# Desks, parties, people and places in a text: what is ours is not made harmless.
_OURS: Final = frozenset({"from", "to", "party", "by", "reach", "path"})
FILES: Final = "files"  # has the keys of files; shown as files, never as a body


@dataclass(frozen=True, slots=True)
class Cell:
    """One value. how: text, prose, id, code, word, number, time or span; shown: what to draw.

    real: the text itself, where what is shown was made harmless; else "".
    """

    how: str
    shown: str | Moment | Span | int
    real: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """One field. word: key of its name. cells: its values; heads and rows: of a table instead.

    more: rows that are not drawn. file: bytes of a text that is read as a file, 0 for none. open:
    whether its rows are shown unasked.
    """

    name: str
    word: str
    cells: tuple[Cell, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[Cell | None, ...], ...] = ()
    more: int = 0
    file: int = 0
    open: bool = False


def parts(
    kind: Kind, body: Values, words: Words, language: str, harmless: Callable[[str], str] = str
) -> tuple[Part, ...]:
    """Return the fields of a body that were given, in the order of the kind's declaration.

    harmless: what is done to free text before it is shown (office/desk.Desk).
    """
    desk = kind.name.partition(".")[0]
    return tuple(
        _part(field, body[field.name], desk, words, language, harmless)
        for field in kind.fields
        if field.name in body and field.name != FILES
    )


def word_of(field: Field, desk: str, words: Words) -> str:
    """Return the key of a field's name: of a head, else of what explains it."""
    language = words.languages[0]
    for key in (f"{desk}.head.{field.name}", field.about, f"{desk}.field.{field.name}"):
        if key and words.has(key, language):
            return key
    raise AssertionError(f"no word for {desk} {field.name}")


def every_field(kinds: Iterable[Kind]) -> tuple[tuple[str, Field], ...]:
    """Return desk and field of all that a page may name; a test holds words against it."""
    found: list[tuple[str, Field]] = []
    for kind in kinds:
        desk = kind.name.partition(".")[0]
        for field in kind.fields:
            if field.name == FILES:
                continue
            found.append((desk, field))
            if isinstance(field.type, Parts):
                found += [(desk, each) for each in field.type.members.values()]
    return tuple(found)


def _part(
    field: Field, value: Value, desk: str, words: Words, language: str, harmless: Callable[[str], str]
) -> Part:  # fmt: skip
    name, word = field.name, word_of(field, desk, words)
    if isinstance(field.type, FileText):
        assert isinstance(value, str)
        return Part(name, word, file=max(1, len(value.encode())))
    values = value if isinstance(value, tuple) and field.many else (value,)
    if isinstance(field.type, Parts):
        members = tuple(field.type.members.values())
        heads = tuple(word_of(each, desk, words) for each in members)
        rows = tuple(
            tuple(
                cell(each, row[each.name], desk, words, language, harmless)
                if each.name in row
                else None
                for each in members
            )
            for row in values[:ROWS_MAX]
            if isinstance(row, Values)
        )
        return Part(name, word, heads=heads, rows=rows, more=max(0, len(values) - ROWS_MAX))
    cells = [cell(field, each, desk, words, language, harmless) for each in values[:ROWS_MAX]]
    return Part(name, word, tuple(cells), more=max(0, len(values) - ROWS_MAX))


def is_free(field: Field) -> bool:
    """Say whether a field holds what somebody wrote as they liked, no address of our own kind."""
    type_ = field.type
    is_text = isinstance(type_, LongText) or (type(type_) is Text and not type_.form)
    return is_text and field.name not in _OURS


def cell(
    field: Field, value: Value, desk: str, words: Words, language: str,
    harmless: Callable[[str], str] = str,
) -> Cell:  # fmt: skip
    """Return how one value is drawn."""
    found = _cell(field, value, desk, words, language)
    if not is_free(field) or not isinstance(found.shown, str):
        return found
    shown = harmless(found.shown)
    return found if shown == found.shown else Cell(found.how, shown, found.shown)


def _cell(field: Field, value: Value, desk: str, words: Words, language: str) -> Cell:
    type_ = field.type
    if isinstance(type_, Mid) and isinstance(value, bytes):
        return Cell("id", record.mid_text(value))
    if isinstance(type_, Digest):
        return Cell("code", type_.show(value))
    if isinstance(type_, OneOf):
        return Cell("word", choice(desk, str(value), words, language))
    if isinstance(type_, Flag):
        return Cell("word", words.get("ui.body.yes" if value else "ui.body.no", language))
    if field.many and isinstance(value, tuple) and isinstance(type_, Text):
        return Cell("code" if type_.form else "text", field.show(value))
    if isinstance(type_, When) and isinstance(value, Moment):
        return Cell("time", value)
    if isinstance(type_, Within) and isinstance(value, Span):
        return Cell("span", value)
    if isinstance(type_, Whole) and isinstance(value, int):
        return Cell("number", value)
    if isinstance(type_, LongText):
        return Cell("prose", str(value))
    if isinstance(type_, Text) and type_.form:
        return Cell("code", str(value))
    if isinstance(type_, Desks):
        return Cell("code", type_.show(value))
    return Cell("text", type_.show(value))


def choice(desk: str, value: str, words: Words, language: str) -> str:
    """Return the word of a choice; the choice itself where it has none."""
    key = f"{desk}.choice.{value}"
    return words.get(key, language) if words.has(key, language) else value
