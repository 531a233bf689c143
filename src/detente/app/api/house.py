"""The API's room of the house: what waits, logs, the doctor's questions, folding again."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.faults import doctor_shown
from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.api.owed import attention_shown
from detente.app.api.shown import level_shown
from detente.app.http import Reply
from detente.office.people import House


def _doctor(call: Call) -> Reply:
    return Reply(doctor_shown(call.office))


def _attention(call: Call) -> Reply:
    return Reply(attention_shown(call.office, call.now))


def _log(call: Call) -> Reply:
    levels = sorted(call.office.status.levels(), key=lambda each: each.origin)
    return call.page(levels, lambda each: each.origin, level_shown)


def _rebuild(call: Call) -> Reply:
    return Reply({"records": call.office.rebuild(call.now)})


# What a timer asks as well as a person: it says nothing of who is there. Whoever is of the office may
# look: ids, sizes and refusals stand in the answers, no text. Folding anew stops all for a while.
OPERATIONS: Final = (
    Operation(
        "GET", "attention", _attention, about="app.api.attention", attends=False,
        answer=Answer(shapes.ref("Attention")),
    ),
    Operation(
        "GET", "log", _log, about="app.api.log", attends=False, pages=True,
        answer=Answer(shapes.rows("Log")),
    ),
    Operation(
        "GET", "doctor", _doctor, about="app.api.doctor", attends=False,
        answer=Answer(shapes.ref("Doctor")),
    ),
    Operation(
        "POST", "rebuild", _rebuild, about="app.api.rebuild", attends=False,
        needs=Needs(house=(House.ADMINISTRATOR,)),
        answer=Answer(shapes.obj(records=shapes.COUNT)),
    ),
)  # fmt: skip
