"""The table of operations in docs/api.md, made from them."""

from collections.abc import Sequence
from typing import Final

from detente.app.api.openapi import permission
from detente.app.api.operations import BASE, BYTES, PDF, Operation
from detente.office.fields import Field
from detente.ui import schema
from detente.ui.words import Words

_HEADS: Final = ("operation", "does", "takes", "who", "answers")


def lines(operations: Sequence[Operation], words: Words, language: str) -> list[str]:
    """Return the table as Markdown: an optional field stands in brackets, a list has `…`."""
    heads = [words.get(f"app.api.head_{each}", language) for each in _HEADS]
    rows = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for each in operations:
        cells = (
            f"`{each.method} {BASE}{each.path}`",
            words.get(each.about, language),
            _takes(each),
            permission(each.needs),
            _answers(each),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return rows


def _takes(operation: Operation) -> str:
    fields = [_field(each) for each in (*operation.query, *operation.body)]
    fields += ["[`cursor`]", "[`count`]"] if operation.pages else []
    fields += ["[`request`]"] if operation.wishes else []
    fields += ["bytes"] if operation.takes is not None else []
    return " ".join(fields)


def _field(field: Field) -> str:
    shown = f"`{field.name}`{'…' if field.many else ''}"
    return shown if schema.is_required(field) else f"[{shown}]"


def _answers(operation: Operation) -> str:
    shape = operation.answer.schema
    if shape == BYTES:
        return "bytes"
    if shape == PDF:
        return "PDF"
    name = str(shape.get("$ref", "")).rpartition("/")[2]
    items = shape.get("items")
    if isinstance(items, dict):
        return f"[{str(items.get('$ref', '')).rpartition('/')[2]}]"
    members = shape.get("properties")
    return name or (" ".join(f"`{each}`" for each in members) if isinstance(members, dict) else "")
