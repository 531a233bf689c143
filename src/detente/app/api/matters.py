"""The API's room of matters: evidence, and what each side states of one."""

import re
from typing import Final

from detente.app.api import shapes
from detente.app.api.matter import compared_shown
from detente.app.api.operations import BYTES, Answer, Call, Needs, Operation
from detente.app.api.records import FULL
from detente.app.api.shown import mid_of
from detente.app.http import Reply
from detente.core import limits
from detente.office.desk import Role
from detente.office.fields import Field, Mid, Text

MATTER: Final = Field(
    "matter", Text(52, form="[0-9a-f]{32}|[a-zA-Z2-7]{6,51}|[a-zA-Z2-7]{51}[aAqQ]"),
    about="app.api_field.matter",
)  # fmt: skip
_WHOLE: Final = re.compile(r"[0-9a-f]{32}")
_ABOUT: Final = Field("about", Text(limits.MAX_ABOUT), required=False, about="app.api_field.about")
_TEXTS: Final = shapes.choice("texts")
_READER: Final = Needs(role=Role.READ)


def name_of(call: Call) -> str:
    """Return the matter that was named, by itself or by a record of it."""
    written = call.path.text("matter")
    if _WHOLE.fullmatch(written):
        return written
    mid = mid_of(call.office, Mid().read("matter", written))  # then a record of it
    return call.office.records.find(mid)[0].text("matter")


def _state(call: Call) -> Reply:
    name = name_of(call)
    call.office.cases.state(call.person, name, call.now)
    call.settle()
    return Reply(compared_shown(call.office, call.person, name))


def _compare(call: Call) -> Reply:
    call.settle()
    return Reply(compared_shown(call.office, call.person, name_of(call)))


def _evidence(call: Call) -> Reply:
    call.settle()
    texts, about = shapes.chosen(call.query, _TEXTS.name), call.query.text("about")
    data = call.office.cases.evidence(
        call.person,
        name_of(call),
        about,
        with_text=texts,
        full=shapes.chosen(call.query, FULL.name),
    )
    return Reply(data=data)


OPERATIONS: Final = (
    Operation(
        "GET", "matter/{matter}/evidence", _evidence, about="app.api.matter_evidence",
        path_fields=(MATTER,), query=(_ABOUT, _TEXTS, FULL), answer=Answer(BYTES), needs=_READER,
    ),
    Operation(
        "POST", "matter/{matter}/digest", _state, about="app.api.matter_state",
        path_fields=(MATTER,), answer=Answer(shapes.ref("Compared")), needs=_READER,
    ),
    Operation(
        "GET", "matter/{matter}/digest", _compare, about="app.api.matter_compare",
        path_fields=(MATTER,), answer=Answer(shapes.ref("Compared")), needs=_READER,
    ),
)  # fmt: skip
