"""The API's room of records: list, standing, reading, answering, proofs."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.faults import refused_shown
from detente.app.api.operations import BYTES, Answer, Call, Needs, Operation
from detente.app.api.shown import head_shown, marks_shown, mid_of, rows_shown, standing_shown
from detente.app.http import Reply
from detente.core.canon import Json
from detente.core.moment import Span
from detente.office.desk import Role
from detente.office.fields import Field, Mid, OneOf, Text, Values, Within, mid_text
from detente.office.kinds import REASON_MAX
from detente.office.people import Person, permit

MID: Final = Field("mid", Mid(), about="app.api_field.mid")
FULL: Final = shapes.choice("full")
_AFTER: Final = Field("after", Mid(), required=False, about="app.api_field.after")
_ANSWERS: Final = OneOf("action", "hold", "declined")


def _either(answer: str, *more: str) -> dict[str, Json]:
    return {"properties": {"answer": {"enum": [answer]}}, "required": ["answer", *more]}


_EITHER: Final = (_either("action"), _either("hold", "within"), _either("declined", "reason"))
_STEP: Final = 500  # records looked at in one go


def _list(call: Call) -> Reply:
    call.settle()
    after = mid_of(call.office, call.query["after"]) if "after" in call.query else None
    if call.after:
        after = bytes.fromhex(call.after)
    rows = _seen(call, after)
    shown = rows_shown(call.office, rows[: call.count], call.now)
    return call.piece(rows, lambda row: row.data("mid").hex(), shown)


def _seen(call: Call, after: bytes | None) -> list[Values]:
    # One more than is shown, of the desks where this person has a role.
    found: list[Values] = []
    while len(found) <= call.count:
        rows = call.office.records.page(after, _STEP)
        found += [row for row in rows if is_seen(call.person, row)]
        if len(rows) < _STEP:
            break
        after = rows[-1].data("mid")
    return found[: call.count + 1]


def is_seen(person: Person, row: Values) -> bool:
    """Say whether a record is at a desk where the person has a role."""
    return bool(person.roles.get(row.text("desk")))


def _show(call: Call) -> Reply:
    mid = _mid(call)
    see(call, mid)
    return Reply(standing_shown(call.office, mid, call.now))


def see(call: Call, mid: bytes) -> None:
    """Raise OurFault unless the person has a role at the desk of a record, and its key.

    Raises office.forbidden, office.desk_closed.
    """
    row = call.office.records.find(mid)[0]
    if not is_seen(call.person, row) or row.text("desk") in call.person.shut:
        permit(call.person, row.text("desk"), Role.READ)


def _read(call: Call) -> Reply:
    taken = call.office.records.read(call.person, _mid(call), call.now)
    call.settle()
    return Reply(
        {
            **head_shown(taken.mid, taken.header),
            "author": taken.signers.author,
            "known": taken.body is not None,
            "marks": marks_shown(call.office.records.marks([taken.mid])[taken.mid]),
            "text": taken.text.decode(errors="replace"),
        }
    )


def _proof(call: Call) -> Reply:
    return Reply(
        data=call.office.records.proof(
            call.person, _mid(call), full=shapes.chosen(call.query, FULL.name)
        )
    )


def _answer(call: Call) -> Reply:
    within = call.body.span("within")
    until = call.now + within if isinstance(within, Span) else None
    given = (call.body.text("answer").upper(), call.body.text("reason"), until)
    outcome = call.office.records.answer(call.person, _mid(call), given, call.now)
    call.settle()
    return Reply(standing_shown(call.office, outcome.mids[0], call.now))


def _retry(call: Call) -> Reply:
    mid = _mid(call)
    call.office.records.try_again(call.person, mid, call.now)
    call.settle()
    return Reply(standing_shown(call.office, mid, call.now))


def _drop(call: Call) -> Reply:
    mid = _mid(call)
    call.office.records.give_up(call.person, mid, call.now)
    return Reply({"mid": mid_text(mid)})


def _refused(call: Call) -> Reply:
    rows = sorted(call.office.status.refused(), key=lambda row: row.text("place"))
    return call.page(rows, lambda row: row.text("place"), refused_shown)


def _mid(call: Call) -> bytes:
    return mid_of(call.office, call.path["mid"])


_NAMED: Final = "record/{mid}"
_AUTHOR: Final = Needs(role=Role.AUTHOR)
_READER: Final = Needs(role=Role.READ)

OPERATIONS: Final = (
    Operation(
        "GET", "record", _list, about="app.api.record_list", query=(_AFTER,), pages=True,
        answer=Answer(shapes.rows("Listed")),
    ),
    Operation(
        "GET", _NAMED, _show, about="app.api.record_show", path_fields=(MID,),
        answer=Answer(shapes.ref("Record")),
    ),
    Operation(
        "POST", f"{_NAMED}/read", _read, about="app.api.record_read", path_fields=(MID,),
        answer=Answer(shapes.ref("Text")), needs=_READER,
    ),
    Operation(
        "GET", f"{_NAMED}/proof", _proof, about="app.api.record_proof", path_fields=(MID,),
        query=(FULL,), answer=Answer(BYTES), needs=_READER,
    ),
    Operation(
        "POST", f"{_NAMED}/answer", _answer, about="app.api.record_answer", path_fields=(MID,),
        body=(
            Field("answer", _ANSWERS, about="app.api_field.answer"),
            Field("reason", Text(REASON_MAX), required=False, about="app.api_field.reason"),
            Field("within", Within(), required=False, about="app.api_field.within"),
        ),
        answer=Answer(shapes.ref("Record")), needs=Needs(role=Role.ANSWER),
        either=_EITHER,
    ),
    Operation(
        "POST", f"{_NAMED}/retry", _retry, about="app.api.record_retry", path_fields=(MID,),
        answer=Answer(shapes.ref("Record")), needs=_AUTHOR,
    ),
    Operation(
        "POST", f"{_NAMED}/drop", _drop, about="app.api.record_drop", path_fields=(MID,),
        answer=Answer(shapes.obj(mid=shapes.MID)), needs=_AUTHOR,
    ),
    Operation(
        "GET", "refused", _refused, about="app.api.refused", pages=True, attends=False,
        answer=Answer(shapes.rows("Refused")),
    ),
)  # fmt: skip
