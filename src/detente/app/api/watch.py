"""The API's room of the watch: who has it at which desk, and since when."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Operation
from detente.app.http import Reply
from detente.core.canon import Json
from detente.office import home_kinds
from detente.office.desk import Role
from detente.office.fields import Field, Text
from detente.office.typed import LongText
from detente.office.watch import Watch
from detente.ui.schema import TIME

_DESK: Final = Field("desk", Text(32, form="[a-z][a-z0-9-]*"), about="app.api_field.desk")
_TO: Final = Field("to", Text(64), about="app.api_field.to")
_NOTE: Final = Field("note", LongText(home_kinds.NOTE_MAX), about="app.api_field.note")
_WATCH: Final = shapes.obj(
    desk=shapes.text(32), holder=shapes.text(64), since=shapes.none_or(TIME), to=shapes.text(64),
    note=shapes.text(home_kinds.NOTE_MAX), open=shapes.COUNT, present={"type": "boolean"},
    alarm={"type": "boolean"},
)  # fmt: skip


def watch_shown(each: Watch) -> dict[str, Json]:
    """Return the watch of a desk."""
    return {
        "desk": each.desk,
        "holder": each.holder,
        "since": str(each.since) if each.since else None,
        "to": each.to,
        "note": each.note,
        "open": each.open,
        "present": each.present,
        "alarm": each.alarm,
    }


def _list(call: Call) -> Reply:
    every = call.office.watch.every(call.now)
    own = [each for each in every if call.person.stands(each.desk, Role.READ)]
    return call.page(sorted(own, key=lambda each: each.desk), lambda each: each.desk, watch_shown)


def _take(call: Call) -> Reply:
    return Reply(watch_shown(call.office.watch.take(call.person, call.path.text("desk"), call.now)))


def _hand(call: Call) -> Reply:
    watch, desk = call.office.watch, call.path.text("desk")
    to, note = call.body.text("to"), call.body.text("note")
    waits = call.office.status.attention(call.now)
    count = waits.undelivered.count + waits.unread.count + waits.owed.count
    return Reply(watch_shown(watch.hand(call.person, desk, to, note, count, call.now)))


def _leave(call: Call) -> Reply:
    return Reply(
        watch_shown(call.office.watch.leave(call.person, call.path.text("desk"), call.now))
    )


OPERATIONS: Final = (
    Operation(
        "GET", "watch", _list, about="app.api.watch_list", attends=False, pages=True,
        answer=Answer(shapes.many(_WATCH)),
    ),
    Operation(
        "POST", "watch/{desk}/take", _take, about="app.api.watch_take", path_fields=(_DESK,),
        answer=Answer(_WATCH),
    ),
    Operation(
        "POST", "watch/{desk}/hand", _hand, about="app.api.watch_hand", path_fields=(_DESK,),
        body=(_TO, _NOTE), answer=Answer(_WATCH),
    ),
    Operation(
        "POST", "watch/{desk}/leave", _leave, about="app.api.watch_leave", path_fields=(_DESK,),
        answer=Answer(_WATCH),
    ),
)  # fmt: skip
