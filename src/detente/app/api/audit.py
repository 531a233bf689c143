"""The API's room of auditors: the trail, the proof of the home log, and heads that others hold."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import BYTES, Answer, Call, Needs, Operation
from detente.app.http import Reply
from detente.core import limits
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.office.fields import Cut, Field, Mid, Text, Values, When, mid_text
from detente.office.head_rows import Head
from detente.office.people import House
from detente.office.proving import Proved
from detente.office.trail import Query
from detente.ui.schema import TIME

_AUDITOR: Final = Needs(house=(House.AUDITOR,))
SINCE: Final = Field("since", When(), required=False, about="app.api_field.since")
UNTIL: Final = Field("until", When(), required=False, about="app.api_field.until")
KIND: Final = Field("kind", Text(limits.MAX_KIND), required=False, about="app.api_field.kind")
DESK: Final = Field("desk", Text(32), required=False, about="app.api_field.desk")
_PERSON: Final = Field("person", Text(64), required=False, about="app.api_field.person")
_OF: Final = Field("of", Mid(), required=False, about="app.api_field.of")
_ENTRY: Final = shapes.obj(
    mid=shapes.MID, at=TIME, desk=shapes.text(32), kind=shapes.text(limits.MAX_KIND),
    person=shapes.text(64), what=shapes.text(64), step=shapes.text(32), code=shapes.text(32),
    count=shapes.COUNT, unaudited=shapes.text(),
)  # fmt: skip
_HEAD: Final = shapes.obj(
    origin=shapes.text(200), size=shapes.COUNT, root=shapes.text(64), party=shapes.text(64), at=TIME
)
_PROVED: Final = shapes.obj(
    holds={"type": "boolean"}, origin=shapes.text(200), size=shapes.COUNT, root=shapes.text(64),
    hidden=shapes.COUNT, bad_count=shapes.COUNT,
    bad=shapes.many(shapes.obj(seq=shapes.COUNT, code=shapes.text(40), what=shapes.text())),
    heads=shapes.many(shapes.obj(head=_HEAD, word=shapes.word("same", "other", "before"))),
)  # fmt: skip


def moment_of(values: Values, name: str) -> Moment | None:
    """Return a time of a query, if one was asked for."""
    found = values.get(name)
    return found if isinstance(found, Moment) else None


def _list(call: Call) -> Reply:
    query, of = call.query, call.query.get("of")
    if isinstance(of, Cut):
        of = call.office.records.whole_mid(of)
    asked = Query(
        person=query.text("person"), desk=query.text("desk"), kind=query.text("kind"),
        of=of if isinstance(of, bytes) else None, since=moment_of(query, "since"),
        until=moment_of(query, "until"),
    )  # fmt: skip
    found = call.office.trail.find(call.person, asked, call.now, call.after, call.count)
    rows = [row.text("key") for row in found.rows] + ([found.after] if found.after else [])
    return call.piece(rows, lambda key: key, [entry_shown(row) for row in found.rows])


def entry_shown(row: Values) -> dict[str, Json]:
    """Return an entry of the trail."""
    return {
        "mid": mid_text(row.data("mid")),
        "at": str(row.moment("at")),
        "desk": row.text("desk"),
        "kind": row.text("kind"),
        "person": row.text("person"),
        "what": row.text("what"),
        "step": row.text("step"),
        "code": row.text("code"),
        "count": row.whole("count"),
        "unaudited": row.text("unaudited"),
    }


def head_shown(head: Head) -> dict[str, Json]:
    """Return a head of a home log, and who holds or gave it."""
    return {
        "origin": head.origin, "size": head.size, "root": head.root.hex(), "party": head.party,
        "at": str(head.at),
    }  # fmt: skip


def _heads(call: Call) -> Reply:
    ours, theirs = call.office.trail.heads(call.person, call.now)
    return Reply(
        {
            "ours": [head_shown(each) for each in ours],
            "theirs": [head_shown(each) for each in theirs],
        }
    )


def _verify(call: Call) -> Reply:
    return Reply(_proved(call.office.trail.verify(call.person, (), call.now)))


def _file(call: Call) -> Reply:
    return Reply(data=call.office.trail.file(call.person, call.now))


def _proved(found: Proved) -> Json:
    return {
        "holds": found.holds,
        "origin": found.origin,
        "size": found.size,
        "root": found.root.hex() if found.root else "",
        "hidden": found.hidden,
        "bad_count": found.bad_count,
        "bad": [{"seq": each.seq, "code": each.code, "what": each.what} for each in found.bad],
        "heads": [{"head": head_shown(head), "word": word} for head, word in found.heads],
    }


OPERATIONS: Final = (
    Operation(
        "GET", "audit", _list, about="app.api.audit_list", pages=True, attends=False,
        query=(_PERSON, DESK, _OF, KIND, SINCE, UNTIL), needs=_AUDITOR,
        answer=Answer(shapes.many(_ENTRY)),
    ),
    Operation(
        "GET", "audit/heads", _heads, about="app.api.audit_heads", attends=False, needs=_AUDITOR,
        answer=Answer(shapes.obj(ours=shapes.many(_HEAD), theirs=shapes.many(_HEAD))),
    ),
    Operation(
        "POST", "audit/verify", _verify, about="app.api.audit_verify", attends=False,
        needs=_AUDITOR, answer=Answer(_PROVED),
    ),
    Operation(
        "GET", "audit/file", _file, about="app.api.audit_file", attends=False, needs=_AUDITOR,
        answer=Answer(BYTES),
    ),
)  # fmt: skip
