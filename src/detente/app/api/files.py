"""The API's room of files: handed in a piece at a time, listed, fetched."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import BYTES, Answer, Bytes, Call, Needs, Operation
from detente.app.api.records import MID, see
from detente.app.api.shown import file_shown, mid_of
from detente.app.http import Reply
from detente.core import limits
from detente.office.desk import Role
from detente.office.fields import Field, Flag, Text, Whole
from detente.office.files import PIECE

_HANDLE: Final = Field("file", Text(32, form="[0-9a-f]{32}"), about="app.api_field.file")
_NUMBER: Final = Field("number", Whole(0, limits.MAX_ATT - 1), about="app.api_field.number")
_FROM: Final = Field(
    "from", Whole(0, limits.MAX_ATT_SIZE // limits.CHUNK), required=False, default=0,
    about="app.api_field.from",
)  # fmt: skip
_SAMPLE: Final = Field(
    "sample", Flag(), required=False, default=False, about="app.api_field.sample"
)
_NAME: Final = Field("name", Text(255), about="app.api_field.name")
_SIZE: Final = Field("size", Whole(0, limits.MAX_ATT_SIZE), about="app.api_field.size")


def _begin(call: Call) -> Reply:
    name, size = call.body.text("name"), call.body.whole("size")
    return Reply({"file": call.office.files.begin(name, size, call.now)})


def _add(call: Call) -> Reply:
    return Reply({"held": call.office.files.add(call.path.text("file"), call.data, call.now)})


def _list(call: Call) -> Reply:
    call.settle()
    mid = mid_of(call.office, call.path["mid"])
    see(call, mid)
    files = call.office.records.file_states(mid)
    return call.page(files, lambda each: f"{each.number:03d}", file_shown)


def _fetch(call: Call) -> Reply:
    mid, first = mid_of(call.office, call.path["mid"]), call.query.whole("from")
    number, sample = call.path.whole("number"), call.query.flag("sample")
    return Reply(data=call.office.records.file(call.person, mid, number, first, sample=sample))


def _call_sample(call: Call) -> Reply:
    mid, number = mid_of(call.office, call.path["mid"]), call.path.whole("number")
    call.office.records.call_sample(call.person, mid, number, call.now)
    return Reply(file_shown(call.office.records.file_states(mid)[number]))


OPERATIONS: Final = (
    Operation(
        "POST", "file", _begin, about="app.api.file_begin", body=(_NAME, _SIZE),
        answer=Answer(shapes.obj(file=shapes.HANDLE)), needs=Needs(role=Role.READ),
    ),
    Operation(
        "POST", "file/{file}", _add, about="app.api.file_add", path_fields=(_HANDLE,),
        takes=Bytes(PIECE), answer=Answer(shapes.obj(held=shapes.COUNT)), needs=Needs(role=Role.READ),
    ),
    Operation(
        "GET", "record/{mid}/files", _list, about="app.api.file_list", path_fields=(MID,),
        pages=True, answer=Answer(shapes.rows("File")),
    ),
    Operation(
        "GET", "record/{mid}/file/{number}", _fetch, about="app.api.file_fetch",
        path_fields=(MID, _NUMBER), query=(_FROM, _SAMPLE), answer=Answer(BYTES),
        needs=Needs(role=Role.READ),
    ),
    Operation(
        "POST", "record/{mid}/file/{number}/sample", _call_sample, about="app.api.file_sample",
        path_fields=(MID, _NUMBER), answer=Answer(shapes.ref("File")), needs=Needs(role=Role.READ),
    ),
)  # fmt: skip
