"""The API's room of people: who works here, with which roles; links, sign-out and tokens."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.http import Reply
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Span
from detente.office import kinds
from detente.office.accounts import Change
from detente.office.entering import LINK_LIFE
from detente.office.fields import Field, OneOf, Parts, Text, Values, Whole, Within
from detente.office.front_door import SignIn
from detente.office.people import House, Person, Place
from detente.office.tokens import SCOPES_MAX, Token, shown_key
from detente.ui.schema import TIME

_NAME: Final = Text(kinds.PERSON_NAME_MAX, kinds.PERSON_NAME)
_PERSON: Final = Field("person", _NAME, about="app.api_field.person")
_PLACES: Final = Field(
    "places",
    Parts((Field("desk", Text(32)), Field("place", OneOf(*(each.value for each in Place)))), "="),
    required=False, many=True, count_min=0, count_max=limits.MAX_DESKS,
    about="app.api_field.places",
)  # fmt: skip
_HOUSE: Final = Field(
    "house", OneOf(*(each.value for each in House)), required=False, many=True, count_min=0,
    count_max=3, about="app.api_field.house",
)  # fmt: skip
_DISPLAY: Final = Field("display", Text(80), required=False, about="app.api_field.display")
_USER: Final = Field("user", Text(10, "[0-9]{1,10}|-"), required=False, about="app.api_field.user")
_LANGUAGE: Final = Field(
    "language", Text(16, "[a-z]{2,3}(_[a-z0-9]{2,8})*"), required=False,
    about="app.api_field.language",
)  # fmt: skip
_WHY: Final = Field("why", Text(200), required=False, about="app.api_field.person_why")
_SEEN: Final = Field("seen", Whole(1), required=False, about="app.api_field.seen")
_LIFE: Final = Field("within", Within(), required=False, about="app.api_field.life")
_ROLES: Final = (_DISPLAY, _USER, _PLACES, _HOUSE, _LANGUAGE, _WHY)
_ADMINISTRATOR: Final = Needs(house=(House.ADMINISTRATOR,))
_LOOKER: Final = Needs(house=(House.ADMINISTRATOR, House.AUDITOR))

_PLACE: Final = shapes.obj(desk=shapes.text(32), place=shapes.word(*(each.value for each in Place)))
_FLAG: Final[dict[str, Json]] = {"type": "boolean"}
_HOUSES: Final = shapes.many(shapes.word(*(each.value for each in House)))
PERSON: Final = shapes.obj(
    name=shapes.text(32), display=shapes.text(80), user=shapes.none_or(shapes.text(10)),
    signer=shapes.none_or(shapes.text(64)), places=shapes.many(_PLACE), house=_HOUSES,
    language=shapes.text(16), active=_FLAG, serial=shapes.COUNT, can_enter=_FLAG,
    passkeys=shapes.COUNT, recovery_left=shapes.COUNT,
    clock_steps={"type": "integer"}, sessions=shapes.COUNT,
)  # fmt: skip
EVENT: Final = shapes.obj(
    serial=shapes.COUNT, event=shapes.word("made", "changed", "suspended", "resumed"), at=TIME,
    by=shapes.text(64), why=shapes.text(200), places=shapes.many(_PLACE), house=_HOUSES,
    active=_FLAG,
)  # fmt: skip
TOKEN: Final = shapes.obj(
    id=shapes.text(12), label=shapes.text(64), scopes=shapes.texts(80), made=TIME, until=TIME,
    used=shapes.none_or(TIME),
)  # fmt: skip


def _door(call: Call) -> SignIn:
    if call.office.sign_in is None:
        raise OurFault("http.no_page", "nobody signs in at this office", "see docs/api.md")
    return call.office.sign_in


def _shown(call: Call, person: Person) -> dict[str, Json]:
    door = _door(call)
    has = door.means.of(person.name, call.now)
    return {
        "name": person.name,
        "display": person.shown,
        "user": person.user,
        "signer": person.signer_id or None,
        "places": _places_shown(person),
        "house": [each.value for each in sorted(person.house)],
        "language": person.language,
        "active": person.active,
        "serial": person.serial,
        "can_enter": has.enough,
        "passkeys": len(has.passkeys),
        "recovery_left": has.recovery_left,
        "clock_steps": has.skew,
        "sessions": len(door.sessions.of(person.name, call.now)),
    }


def _places_shown(person: Person) -> list[Json]:
    return [{"desk": desk, "place": place.value} for desk, place in sorted(person.places.items())]


def _list(call: Call) -> Reply:
    people = call.office.people.every(call.now)
    return call.page(people, lambda each: each.name, lambda each: _shown(call, each))


def _history(call: Call) -> Reply:
    rows = call.office.people.history(call.path.text("person"), call.now)
    return call.page(rows, lambda row: f"{row.whole('serial'):08d} {row.data('mid').hex()}", _event)


def _event(row: Values) -> Json:
    return {
        "serial": row.whole("serial"),
        "event": row.text("event"),
        "at": str(row.moment("at")),
        "by": row.text("by"),
        "why": row.text("why"),
        "places": [
            {"desk": each.text("desk"), "place": each.text("place")} for each in row.parts("places")
        ],
        "house": [*row.texts("house")],
        "active": row.flag("active"),
    }


def _change_of(body: Values) -> Change:
    user = body.get("user")
    return Change(
        display=body.text("display") or None,
        user=None if user is None else str(user).replace("-", ""),
        places={each.text("desk"): Place(each.text("place")) for each in body.parts("places")}
        if "places" in body
        else None,
        house=frozenset(House(each) for each in body.texts("house")) if "house" in body else None,
        language=body.text("language") or None,
    )


def _make(call: Call) -> Reply:
    name, why = call.body.text("name"), call.body.text("why")
    given = _change_of(call.body)
    return Reply(_shown(call, call.office.people.make(call.person, name, given, call.now, why)))


def _change(call: Call) -> Reply:
    name, seen = _whom(call)
    given, why = _change_of(call.body), call.body.text("why")
    found = call.office.people.change(call.person, name, seen, given, call.now, why)
    return Reply(_shown(call, found))


def _suspend(call: Call) -> Reply:
    name, seen = _whom(call)
    why = call.body.text("why")
    found = call.office.people.suspend(call.person, name, seen, call.now, why)
    _door(call).sessions.end_all(name)
    return Reply(_shown(call, found))


def _resume(call: Call) -> Reply:
    name, seen = _whom(call)
    why = call.body.text("why")
    return Reply(_shown(call, call.office.people.resume(call.person, name, seen, call.now, why)))


def _whom(call: Call) -> tuple[str, int]:
    name = call.path.text("person")
    return name, call.body.whole("seen") or call.office.people.find(name, call.now).serial


def _link(call: Call) -> Reply:
    name, life = call.path.text("person"), call.body.span("within") or LINK_LIFE
    token = _door(call).enter_link(call.person, name, call.now, life)
    return Reply({"link": token, "until": str(call.now + life)})


def _sign_out(call: Call) -> Reply:
    name = call.path.text("person")
    return Reply({"ended": _door(call).sign_out_everywhere(call.person, name, call.now)})


def _own(call: Call) -> str:
    name = call.path.text("person")
    if name != call.person.name:
        raise OurFault(
            "office.forbidden", "a token is made and seen by its person alone", "name yourself"
        )
    return name


def _tokens(call: Call) -> Reply:
    found = sorted(_door(call).tokens.of(_own(call), call.now), key=lambda each: each.key)
    return call.page(found, lambda each: each.key, _token)


def _token(each: Token) -> Json:
    return {
        "id": shown_key(each.key),
        "label": each.label,
        "scopes": [*each.scopes],
        "made": str(each.made),
        "until": str(each.until),
        "used": str(each.used) if each.used else None,
    }


def _new_token(call: Call) -> Reply:
    _own(call)
    life = call.body.span("within")
    assert isinstance(life, Span), "the field is required"
    label, scopes = call.body.text("label"), call.body.texts("scopes")
    made = _door(call).new_token(call.person, label, scopes, life, call.now)
    return Reply({"token": made, "until": str(call.now + life)})


def _revoke(call: Call) -> Reply:
    gone = _door(call).tokens.revoke(_own(call), call.path.text("token"))
    return Reply({"revoked": gone})


_TOKEN_ID: Final = Field("token", Text(12, "[0-9a-f]{6,12}"), about="app.api_field.token")
OPERATIONS: Final = (
    Operation(
        "GET", "person", _list, about="app.api.person_list", attends=False, pages=True,
        answer=Answer(shapes.many(PERSON)), needs=_LOOKER,
    ),
    Operation(
        "POST", "person", _make, about="app.api.person_make", attends=False,
        body=(Field("name", _NAME, about="app.api_field.person"), *_ROLES),
        answer=Answer(PERSON), needs=_ADMINISTRATOR,
    ),
    Operation(
        "GET", "person/{person}/history", _history, about="app.api.person_history", attends=False,
        pages=True, path_fields=(_PERSON,), answer=Answer(shapes.many(EVENT)), needs=_LOOKER,
    ),
    Operation(
        "POST", "person/{person}/role", _change, about="app.api.person_role", attends=False,
        path_fields=(_PERSON,), body=(*_ROLES, _SEEN), answer=Answer(PERSON),
        needs=_ADMINISTRATOR,
    ),
    Operation(
        "POST", "person/{person}/suspend", _suspend, about="app.api.person_suspend", attends=False,
        path_fields=(_PERSON,), body=(_WHY, _SEEN), answer=Answer(PERSON), needs=_ADMINISTRATOR,
    ),
    Operation(
        "POST", "person/{person}/resume", _resume, about="app.api.person_resume", attends=False,
        path_fields=(_PERSON,), body=(_WHY, _SEEN), answer=Answer(PERSON), needs=_ADMINISTRATOR,
    ),
    Operation(
        "POST", "person/{person}/enter-link", _link, about="app.api.person_link", attends=False,
        path_fields=(_PERSON,), body=(_LIFE,),
        answer=Answer(shapes.obj(link=shapes.text(64), until=TIME)), needs=_ADMINISTRATOR,
    ),
    Operation(
        "POST", "person/{person}/sign-out", _sign_out, about="app.api.person_sign_out",
        attends=False, path_fields=(_PERSON,), answer=Answer(shapes.obj(ended=shapes.COUNT)),
    ),
    Operation(
        "GET", "person/{person}/token", _tokens, about="app.api.token_list", attends=False,
        pages=True, path_fields=(_PERSON,), answer=Answer(shapes.many(TOKEN)),
    ),
    Operation(
        "POST", "person/{person}/token", _new_token, about="app.api.token_make", attends=False,
        path_fields=(_PERSON,),
        body=(
            Field("label", Text(64), about="app.api_field.label"),
            Field("scopes", Text(80), many=True, count_max=SCOPES_MAX, about="app.api_field.scopes"),
            Field("within", Within(), about="app.api_field.life"),
        ),
        answer=Answer(shapes.obj(token=shapes.text(80), until=TIME)),
    ),
    Operation(
        "POST", "person/{person}/token/{token}/revoke", _revoke, about="app.api.token_revoke",
        attends=False, path_fields=(_PERSON, _TOKEN_ID),
        answer=Answer(shapes.obj(revoked=_FLAG)),
    ),
)  # fmt: skip
