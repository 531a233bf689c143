"""The API's room of papers: a notice, a day of the direct line or of the watch log, a grade as PDF.

WEAK: a paper is set while the office waits, some 0.2 s for most and at most press.SECONDS_MAX.
"""

from typing import Final

from detente.app.api.operations import PDF, Answer, Call, Handler, Needs, Operation
from detente.app.api.shown import mid_of
from detente.app.face import LANGUAGES
from detente.app.http import Reply
from detente.app.paper import grade, log, notice, press, session
from detente.app.paper.sheet import Sheet
from detente.office.desk import Role
from detente.office.fields import Field, Mid, OneOf, Text

_MEDIA: Final = "application/pdf"
_MID: Final = Field("mid", Mid(), about="app.api_field.mid")
_DAY: Final = Field("day", Text(10, "[0-9]{4}-[0-9]{2}-[0-9]{2}"), about="app.api_field.day")
_PARTY: Final = Field("party", Text(63), about="app.api_field.party")
_LANGUAGE: Final = Field(
    "language", OneOf(*LANGUAGES), required=False, about="app.api_field.paper_language"
)


def _language(call: Call) -> str:
    return call.query.text("language", LANGUAGES[0])


def _set(sheet: Sheet) -> Reply:
    return Reply(data=press.pdf(sheet), content_type=_MEDIA)


def _notice(call: Call) -> Reply:
    call.settle()
    mid = mid_of(call.office, call.path["mid"])
    return _set(notice.make(call.office, call.person, mid, _language(call), call.now))


def _session(call: Call) -> Reply:
    call.settle()
    place = call.path.text("party"), call.path.text("day")
    return _set(session.make(call.office, call.person, *place, _language(call), call.now))


def _log(call: Call) -> Reply:
    call.settle()
    day = call.path.text("day")
    return _set(log.make(call.office, call.person, day, _language(call), call.now))


def _grade(call: Call) -> Reply:
    call.settle()
    mid = mid_of(call.office, call.path["mid"])
    return _set(grade.make(call.office, call.person, mid, _language(call), call.now))


def _operation(path: str, run: Handler, about: str, desk: str, *fields: Field) -> Operation:
    return Operation(
        "GET", f"paper/{path}", run, about=about, path_fields=fields, query=(_LANGUAGE,),
        answer=Answer(PDF), needs=Needs(role=Role.READ, desk=desk),
    )  # fmt: skip


OPERATIONS: Final = (
    _operation("notice/{mid}", _notice, "app.api.paper_notice", "notices", _MID),
    _operation("session/{party}/{day}", _session, "app.api.paper_session", "hotline", _PARTY, _DAY),
    _operation("log/{day}", _log, "app.api.paper_log", "notices", _DAY),
    _operation("exercise/{mid}", _grade, "app.api.paper_exercise", "notices", _MID),
)
