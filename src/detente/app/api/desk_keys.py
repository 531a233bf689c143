"""The API's room of desk keys: which desks their people open, and who may. See docs/operate/arrangements.md.

Opening here is for commands of a person's system user; at the console a session opens. The slow step
of a password holds up the office for 0.3 s: it is asked rarely, and by people.
"""

from typing import Final

from detente.app import desk_proof
from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Operation
from detente.app.desk_keys import DeskKey, DeskKeys, Tried
from detente.app.http import Reply
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office import kinds
from detente.office.desk import Role
from detente.office.fields import Field, Text
from detente.office.people import permit_headers

_DESK: Final = Field("desk", Text(32), about="app.api_field.desk")
_PASSWORD: Final = Field("password", Text(256), about="app.api_field.password")
_WHOM: Final = Field(
    "person", Text(kinds.PERSON_NAME_MAX, kinds.PERSON_NAME), about="app.api_field.person"
)
_FLAG: Final[dict[str, Json]] = {"type": "boolean"}
DESK_KEY: Final = shapes.obj(
    desk=shapes.text(32), entrusted=_FLAG, open=_FLAG, holders=shapes.texts(32), yours=_FLAG,
    held=_FLAG, let_in=_FLAG,
)  # fmt: skip
ADDRESS: Final = "desk.sock"  # from which tries of a password are counted


def keys_of(call: Call) -> DeskKeys:
    """Return the keys of this office. Raises OurFault("http.no_page") where nobody keeps them."""
    found = call.office.desk_keys
    if not isinstance(found, DeskKeys):
        raise OurFault("http.no_page", "no desk of this office has keys of its own", "docs/api.md")
    return found


def _list(call: Call) -> Reply:
    return call.page(keys_of(call).rows(call.person), lambda each: each.desk, _shown)


def _shown(row: DeskKey) -> Json:
    return {
        "desk": row.desk, "entrusted": row.entrusted, "open": row.open,
        "holders": [*row.holders], "yours": row.yours, "held": row.held, "let_in": row.let_in,
    }  # fmt: skip


def _row(call: Call, desk: str) -> Reply:
    found = [each for each in keys_of(call).rows(call.person) if each.desk == desk]
    if not found:
        raise OurFault("office.no_desk", f"there is no desk {desk} here", "see: detente desk list")
    return Reply(_shown(found[0]))


def _tried(call: Call) -> Tried:
    keys = keys_of(call)
    asked = desk_proof.asking(keys, call.person, ADDRESS, call.body.text("password"), call.now)
    return desk_proof.proved(keys, call.person, asked())


def _entrust(call: Call) -> Reply:
    desk = call.path.text("desk")
    keys_of(call).check_supervisor(call.person, desk)  # before a password is weighed
    keys_of(call).entrust(call.person, desk, _tried(call), call.now)
    return Reply({"desk": desk, "keys": "people"})


def _hand_back(call: Call) -> Reply:
    desk = call.path.text("desk")
    keys_of(call).check_supervisor(call.person, desk)  # before a password is weighed
    keys_of(call).hand_back(call.person, desk, _tried(call), call.now)
    return Reply({"desk": desk, "keys": "office"})


def _open(call: Call) -> Reply:
    if call.person.user is None:
        raise OurFault(
            "office.forbidden", f"{call.person.name} has no system user for commands",
            "open the desk at the console",
        )  # fmt: skip
    found = keys_of(call).open_for_commands(call.person, _tried(call), call.now)
    call.settle()
    return Reply({"desks": [*found]})


def _close(call: Call) -> Reply:
    permit_headers(call.person, call.path.text("desk"), Role.READ)
    keys_of(call).close_commands(call.person, call.now)
    return _row(call, call.path.text("desk"))


def _let_in(call: Call) -> Reply:
    desk, name = call.path.text("desk"), call.body.text("person")
    keys_of(call).let_in(call.person, name, desk, call.now)
    return _row(call, desk)


def _let_out(call: Call) -> Reply:
    desk, name = call.path.text("desk"), call.body.text("person")
    return Reply({"had": keys_of(call).let_out(call.person, name, desk, call.now)})


_GAVE: Final = Answer(shapes.obj(desk=shapes.text(32), keys=shapes.word("people", "office")))
OPERATIONS: Final = (
    Operation(
        "GET", "desk", _list, about="app.api.desk_list", attends=False, pages=True,
        answer=Answer(shapes.many(DESK_KEY)),
    ),
    Operation(
        "POST", "desk/{desk}/entrust", _entrust, about="app.api.desk_entrust", attends=False,
        path_fields=(_DESK,), body=(_PASSWORD,), answer=_GAVE,
    ),
    Operation(
        "POST", "desk/{desk}/hand-back", _hand_back, about="app.api.desk_hand_back", attends=False,
        path_fields=(_DESK,), body=(_PASSWORD,), answer=_GAVE,
    ),
    Operation(
        "POST", "desk/{desk}/open", _open, about="app.api.desk_open", path_fields=(_DESK,),
        body=(_PASSWORD,), answer=Answer(shapes.obj(desks=shapes.texts(32))),
    ),
    Operation(
        "POST", "desk/{desk}/close", _close, about="app.api.desk_close", attends=False,
        path_fields=(_DESK,), answer=Answer(DESK_KEY),
    ),
    Operation(
        "POST", "desk/{desk}/let-in", _let_in, about="app.api.desk_let_in", path_fields=(_DESK,),
        body=(_WHOM,), answer=Answer(DESK_KEY),
    ),
    Operation(
        "POST", "desk/{desk}/let-out", _let_out, about="app.api.desk_let_out", path_fields=(_DESK,),
        body=(_WHOM,), answer=Answer(shapes.obj(had=_FLAG)),
    ),
)  # fmt: skip
