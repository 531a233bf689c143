"""The rooms of the API: each is a tuple of operations. To add one, name it in HOUSE."""

from collections.abc import Sequence
from typing import Final

from detente.app import catalogue
from detente.app.api import (
    audit,
    collections,
    desk_keys,
    drafts,
    feeds,
    files,
    house,
    matters,
    misp,
    openapi,
    paper,
    people,
    records,
    screening,
    screening_runs,
    search,
    todo,
    watch,
    yente,
)
from detente.app.api.desks import operations_of
from detente.app.api.operations import Answer, Call, Operation
from detente.app.http import Reply
from detente.office.desk import Desk
from detente.ui.words import Words

HOUSE: Final[tuple[Operation, ...]] = (
    *records.OPERATIONS,
    *files.OPERATIONS,
    *matters.OPERATIONS,
    *house.OPERATIONS,
    *people.OPERATIONS,
    *desk_keys.OPERATIONS,
    *todo.OPERATIONS,
    *drafts.OPERATIONS,
    *watch.OPERATIONS,
    *audit.OPERATIONS,
    *search.OPERATIONS,
    *collections.OPERATIONS,
    *feeds.OPERATIONS,
    *misp.OPERATIONS,
    *paper.OPERATIONS,
    *screening.OPERATIONS,
    *screening_runs.OPERATIONS,
    *yente.OPERATIONS,
)


def every(desks: Sequence[Desk], words: Words | None = None) -> tuple[Operation, ...]:
    """Return all operations of an office with these desks; each path and method stands once.

    words: those of the desks, for the document; read from their folders if not given.
    """
    made: list[bytes] = []

    def document(_call: Call) -> Reply:
        if not made:
            made.append(openapi.text(found, words or catalogue.load(desks)))
        return Reply(data=made[0], content_type="application/json")

    published = Operation(
        "GET", "openapi.json", document, about="app.api.openapi", attends=False,
        answer=Answer({"type": "object"}),
    )  # fmt: skip
    found = (*HOUSE, *(each for desk in desks for each in operations_of(desk)), published)
    rooms = {each.room for each in (*HOUSE, published)}
    assert not rooms & {desk.name for desk in desks}, "a desk has another name than every room"
    assert len({(each.method, each.parts) for each in found}) == len(found), "each stands once"
    return found
