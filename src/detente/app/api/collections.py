"""The API's room of collections: which there are for programs, and who asked for them. See docs/cert/taxii.md."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Operation
from detente.app.http import Reply
from detente.core.canon import Json
from detente.office.fields import Values
from detente.office.offered import Collection, Offered
from detente.ui.schema import TIME

_YES: Final = {"type": "boolean"}
_ASKED: Final = shapes.obj(
    person=shapes.text(64), label=shapes.text(64), at=TIME, count=shapes.COUNT
)
_COLLECTION: Final = shapes.obj(
    id=shapes.text(36), alias=shapes.text(96), desk=shapes.text(32), party=shapes.text(63),
    may_read=_YES, may_write=_YES, asked=shapes.many(_ASKED),
)  # fmt: skip


def shown(room: Offered, each: Collection) -> dict[str, Json]:
    """Return a collection as its person may use it, and who asked for it, the latest first."""
    asked: list[Json] = [_asked(row) for row in room.who_asked(each.alias)]
    return {
        "id": each.id, "alias": each.alias, "desk": each.desk, "party": each.party,
        "may_read": each.may_read, "may_write": each.may_write, "asked": asked,
    }  # fmt: skip


def _asked(row: Values) -> dict[str, Json]:
    return {
        "person": row.text("person"), "label": row.text("label"), "at": str(row.moment("at")),
        "count": row.whole("count"),
    }  # fmt: skip


def _list(call: Call) -> Reply:
    room = call.office.offered
    found = sorted(room.collections(call.person), key=lambda each: each.alias)
    return call.page(found, lambda each: each.alias, lambda each: shown(room, each))


OPERATIONS: Final = (
    Operation(
        "GET", "collection", _list, about="app.api.collection_list", attends=False, pages=True,
        answer=Answer(shapes.many(_COLLECTION)),
    ),
)  # fmt: skip
