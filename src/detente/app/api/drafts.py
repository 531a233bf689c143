"""The API's room of drafts: what waits for a second person, or may still be taken back."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.api.records import MID
from detente.app.api.shown import head_shown
from detente.app.http import Reply
from detente.core import limits
from detente.core.canon import Json
from detente.office import home_kinds
from detente.office.desk import Role
from detente.office.fields import Cut, Field, Text, mid_text
from detente.office.office import Office
from detente.office.people import Person
from detente.office.post import Outcome
from detente.office.waiting import Shown, Step, Waits
from detente.ui.schema import TIME

_MEMBERS: Final = {
    "id": shapes.text(20),
    "mid": shapes.MID,
    "state": shapes.word("waits", "held", "leaving"),
    "desk": shapes.text(32),
    "act": shapes.text(64),
    "person": shapes.text(64),
    "releaser": shapes.none_or(shapes.text(64)),
    "at": TIME,
    "until": shapes.none_or(TIME),
    "kind": shapes.text(limits.MAX_KIND),
    "from_": shapes.text(97),
    "to": shapes.texts(97),
    "matter": shapes.text(32),
    "prec": shapes.text(16),
    "tlp": shapes.text(16),
    "created": TIME,
    "deadline": shapes.none_or(TIME),
}
DRAFT: Final = shapes.obj(**_MEMBERS)
_STEP: Final = shapes.obj(
    at=TIME, person=shapes.text(64), step=shapes.word(*home_kinds.STEPS),
    why=shapes.none_or(shapes.text()),
)  # fmt: skip
_SHOWN: Final = shapes.obj(
    **_MEMBERS, author=shapes.text(64), text=shapes.text(limits.MAX_BODY), steps=shapes.many(_STEP)
)
_DONE: Final = shapes.obj(mid=shapes.MID)
_SENT: Final = shapes.obj(sent=shapes.many(shapes.MID), held=shapes.many(shapes.MID))
_WHY: Final = Field("why", Text(home_kinds.WHY_MAX), about="app.api_field.why")
_ALONE: Final = Field(
    "alone", Text(limits.MAX_EXT_REASON), required=False, about="app.api_field.alone"
)


def _mid(call: Call) -> bytes:
    found = call.path["mid"]
    assert isinstance(found, (bytes, Cut)), "that is what a mid reads as"
    return call.office.drafts.whole_mid(call.person, found)


def _list(call: Call) -> Reply:
    return call.page(
        call.office.drafts.waiting(call.person), lambda row: row.mid.hex(), waits_shown
    )


def _show(call: Call) -> Reply:
    return Reply(_shown(call.office.drafts.show(call.person, _mid(call))))


def _release(call: Call) -> Reply:
    drafts, mid, alone = call.office.drafts, _mid(call), call.body.text(_ALONE.name)
    if alone:
        found = drafts.release_alone(call.person, mid, alone, call.now)
    else:
        found = drafts.release(call.person, mid, call.now)
    call.settle()
    return Reply(_outcome(found))


def _refuse(call: Call) -> Reply:
    mid = _mid(call)
    call.office.drafts.refuse(call.person, mid, call.body.text(_WHY.name), call.now)
    return Reply({"mid": mid_text(mid)})


def _withdraw(call: Call) -> Reply:
    mid = _mid(call)
    call.office.drafts.withdraw(call.person, mid, call.now)
    return Reply({"mid": mid_text(mid)})


def here(office: Office, person: Person, outcome: Outcome) -> list[Json]:
    """Return what an act made that has not left, as documents."""
    mids = {*outcome.waiting, *outcome.held}
    return [waits_shown(each) for each in office.drafts.waiting(person) if each.mid in mids]


def waits_shown(each: Waits) -> dict[str, Json]:
    """Return a record that has not left."""
    header = each.header
    return {
        **head_shown(each.mid, header),
        "state": each.state,
        "desk": each.desk,
        "act": each.act,
        "person": each.person,
        "releaser": each.releaser or None,
        "at": str(each.at),
        "until": str(each.until) if each.until else None,
        "deadline": str(header.deadline) if header.deadline else None,
    }


def _shown(found: Shown) -> Json:
    return {
        **waits_shown(found.waits),
        "author": found.taken.signers.author,
        "text": found.taken.text.decode(errors="replace"),
        "steps": [_step(each) for each in found.steps],
    }


def _step(each: Step) -> Json:
    return {"at": str(each.at), "person": each.person, "step": each.step, "why": each.why or None}


def _outcome(found: Outcome) -> Json:
    return {
        "sent": [mid_text(mid) for mid in found.mids],
        "held": [mid_text(mid) for mid in found.held],
    }


_READER: Final = Needs(role=Role.READ)
OPERATIONS: Final = (
    Operation(
        "GET", "draft", _list, about="app.api.draft_list", pages=True, needs=_READER,
        answer=Answer(shapes.many(DRAFT)),
    ),
    Operation(
        "GET", "draft/{mid}", _show, about="app.api.draft_show", path_fields=(MID,), needs=_READER,
        answer=Answer(_SHOWN),
    ),
    Operation(
        "POST", "draft/{mid}/release", _release, about="app.api.draft_release", path_fields=(MID,),
        body=(_ALONE,), needs=_READER, answer=Answer(_SENT),
    ),
    Operation(
        "POST", "draft/{mid}/refuse", _refuse, about="app.api.draft_refuse", path_fields=(MID,),
        body=(_WHY,), needs=_READER, answer=Answer(_DONE),
    ),
    Operation(
        "POST", "draft/{mid}/withdraw", _withdraw, about="app.api.draft_withdraw",
        path_fields=(MID,), needs=_READER, answer=Answer(_DONE),
    ),
)  # fmt: skip
