"""The API's room of search: records that a person may read, the newest first."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.audit import DESK, KIND, SINCE, UNTIL, moment_of
from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.api.shown import found_shown
from detente.app.http import Reply
from detente.core import limits
from detente.office.closed import desk_closed
from detente.office.desk import Role
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import Field, OneOf, Text
from detente.office.search import Asked
from detente.ui.schema import TIME

_WORDS: Final = Field("words", Text(500), required=False, about="app.api_field.words")
_PARTY: Final = Field("party", Text(64), required=False, about="app.api_field.party")
_PREC: Final = Field("prec", OneOf(*PRECEDENCES), required=False, about="app.api_field.prec")
_TLP: Final = Field("tlp", OneOf(*MARKINGS), required=False, about="app.api_field.tlp")
_MATTER: Final = Field(
    "matter", Text(32, form="[0-9a-f]{32}"), required=False, about="app.api_field.in_matter"
)
_ROW: Final = shapes.obj(
    id=shapes.text(20), mid=shapes.MID, kind=shapes.text(limits.MAX_KIND), from_=shapes.text(97),
    to=shapes.texts(97), matter=shapes.text(32), prec=shapes.text(16), tlp=shapes.text(16),
    kept_at=TIME, ours={"type": "boolean"},
)  # fmt: skip


def _find(call: Call) -> Reply:
    query = call.query
    names = ("words", "desk", "kind", "matter", "prec", "tlp", "party")
    asked = Asked(
        **{name: query.text(name) for name in names},
        since=moment_of(query, "since"),
        until=moment_of(query, "until"),
    )
    found = call.office.search.find(call.person, asked, call.now, call.after, call.count)
    if query.text("desk") in found.closed:
        raise desk_closed(query.text("desk"))
    keys = [""] * (len(found.rows) - 1) + [found.after] * bool(found.rows)
    more = [*keys, found.after] if found.after else keys
    return call.piece(more, lambda key: key, [found_shown(row) for row in found.rows])


OPERATIONS: Final = (
    Operation(
        "GET", "search", _find, about="app.api.search", pages=True, needs=Needs(role=Role.READ),
        query=(_WORDS, DESK, KIND, _MATTER, _PREC, _TLP, _PARTY, SINCE, UNTIL),
        answer=Answer(shapes.many(_ROW)),
    ),
)  # fmt: skip
