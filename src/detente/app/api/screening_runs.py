"""The API's room of screening, its files of customers: begun, watched, fetched, removed."""

from typing import Final

import msgspec

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Handler, Needs, Operation
from detente.app.api.screening import screens
from detente.app.http import Reply
from detente.app.screening.runs import Asked, Runs
from detente.core import limits
from detente.core.canon import Json
from detente.office.desk import Role
from detente.office.fields import Field, OneOf, Text, Whole
from detente.screening.lists.book import PAIR_MAX
from detente.screening.runs import NAME_MAX, Run

FORMS: Final = ("jsonl", "csv")
PAIRS_MAX: Final = 7  # each field of a customer once
THRESHOLD: Final = r"0\.[0-9]{1,4}|1(\.0{1,4})?"
_NUMBER: Final[shapes.Shape] = {"type": "number"}
_NAMED: Final[shapes.Shape] = {"type": "object", "additionalProperties": {"type": "string"}}
_RUN: Final = shapes.obj(
    id=shapes.COUNT, name=shapes.text(NAME_MAX), customers=shapes.text(64), size=shapes.COUNT,
    by=shapes.text(64), at=shapes.text(32), form=shapes.text(10), threshold=_NUMBER, lists=_NAMED,
    mapping=_NAMED, state=shapes.text(20), tries=shapes.COUNT, ended=shapes.text(32),
    cancelled_by=shapes.text(64), clear=shapes.COUNT, alert=shapes.COUNT, undecided=shapes.COUNT,
    stamp=shapes.text(64), results=shapes.COUNT, table=shapes.COUNT, code=shapes.text(40),
    what=shapes.text(2_000),
    progress=shapes.obj(done=shapes.COUNT, lines=shapes.COUNT, left_s=shapes.COUNT),
)  # fmt: skip


def _runs(call: Call) -> Runs:
    return screens(call).runs


def _shown(call: Call, run: Run) -> dict[str, Json]:
    found = _runs(call).progress(run)
    done, lines, left = (found.done, found.lines, found.left_s) if found else (0, 0, 0)
    told: dict[str, Json] = msgspec.to_builtins(run)
    told["progress"] = {"done": done, "lines": lines, "left_s": left}
    return told


def _number(call: Call) -> int:
    return call.path.whole("run")


def _start(call: Call) -> Reply:
    body = call.body
    threshold = body.text("threshold")
    asked = Asked(
        body.text("received"), body.text("name"), body.text("form"), tuple(body.texts("mapping")),
        float(threshold) if threshold else None,
    )  # fmt: skip
    return Reply(_shown(call, screens(call).screen(call.office, call.person, asked, call.now)))


def _list(call: Call) -> Reply:
    rows = _runs(call).all(call.office, call.person)
    return call.page(rows, lambda each: f"{each.id:010d}", lambda each: _shown(call, each))


def _show(call: Call) -> Reply:
    return Reply(_shown(call, _runs(call).find(call.office, call.person, _number(call))))


def _fetch(media: str, *, table: bool) -> Handler:
    def run(call: Call) -> Reply:
        at = call.query.whole("from", 0)
        data = _runs(call).piece(call.office, call.person, _number(call), at, table=table)
        return Reply(data=data, content_type=media)

    return run


def _cancel(call: Call) -> Reply:
    found = _runs(call).cancel(call.office, call.person, _number(call), call.now)
    return Reply(_shown(call, found))


def _remove(call: Call) -> Reply:
    _runs(call).remove(call.office, call.person, _number(call))
    return Reply({})


_RUN_FIELD: Final = Field("run", Whole(1, limits.MAX_INTEGER), about="app.api_field.screening_run")
_FROM: Final = Field(
    "from", Whole(0, limits.MAX_INTEGER), required=False, about="app.api_field.screening_from"
)
_READ: Final = Needs(role=Role.READ)
_AUTHOR: Final = Needs(role=Role.AUTHOR)
_FILES: Final = (
    ("results", "application/jsonl", False),
    ("table", "text/csv; charset=utf-8", True),
)

OPERATIONS: Final = (
    Operation(
        "POST", "screening/run", _start, about="app.api.screening_run_start",
        body=(
            Field("received", Text(64, form="[0-9a-f]{64}"), about="app.api_field.screening_received"),
            Field("name", Text(NAME_MAX), about="app.api_field.screening_file_name"),
            Field("form", OneOf(*FORMS), required=False, about="app.api_field.screening_form"),
            Field(
                "mapping", Text(PAIR_MAX), required=False, many=True, count_min=0,
                count_max=PAIRS_MAX, about="app.api_field.screening_columns",
            ),
            Field(
                "threshold", Text(6, form=THRESHOLD), required=False,
                about="app.api_field.screening_threshold",
            ),
        ),
        answer=Answer(_RUN), needs=_AUTHOR,
    ),
    Operation(
        "GET", "screening/run", _list, about="app.api.screening_runs", attends=False, pages=True,
        answer=Answer(shapes.many(_RUN)), needs=_READ,
    ),
    Operation(
        "GET", "screening/run/{run}", _show, about="app.api.screening_run", attends=False,
        path_fields=(_RUN_FIELD,), answer=Answer(_RUN), needs=_READ,
    ),
    *(
        Operation(
            "GET", f"screening/run/{{run}}/{what}", _fetch(media, table=table),
            about=f"app.api.screening_run_{what}", attends=False, path_fields=(_RUN_FIELD,),
            query=(_FROM,), answer=Answer({"type": "string", "contentMediaType": media}), needs=_READ,
        )
        for what, media, table in _FILES
    ),
    Operation(
        "POST", "screening/run/{run}/cancel", _cancel, about="app.api.screening_run_cancel",
        path_fields=(_RUN_FIELD,), answer=Answer(_RUN), needs=_AUTHOR,
    ),
    Operation(
        "POST", "screening/run/{run}/remove", _remove, about="app.api.screening_run_remove",
        path_fields=(_RUN_FIELD,), answer=Answer(shapes.obj()), needs=_AUTHOR,
    ),
)  # fmt: skip
