"""JSON Schemas of what the API answers. Every member of a document stands in each answer."""

from collections.abc import Mapping
from typing import Final

from detente.core import limits
from detente.core.canon import Json
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import Field, OneOf, Values
from detente.ui.schema import MID as MID_SCHEMA
from detente.ui.schema import TIME

Shape = Mapping[str, Json]

MID: Final[Shape] = MID_SCHEMA
HANDLE: Final[Shape] = {"type": "string", "pattern": "^[0-9a-f]{32}$", "maxLength": 32}
COUNT: Final[Shape] = {"type": "integer", "minimum": 0, "maximum": limits.MAX_INTEGER}
_FLAG: Final[Shape] = {"type": "boolean"}


def obj(**members: Shape) -> dict[str, Json]:
    """Return an object with these members, all of them, and no other."""
    return {
        "type": "object",
        "properties": {name.rstrip("_"): dict(each) for name, each in members.items()},
        "required": [name.rstrip("_") for name in members],
        "additionalProperties": False,
    }


def many(shape: Shape) -> dict[str, Json]:
    """Return a list of this shape."""
    return {"type": "array", "items": dict(shape)}


def ref(name: str) -> dict[str, Json]:
    """Return the component of this name."""
    return {"$ref": f"#/components/schemas/{name}"}


def rows(name: str) -> dict[str, Json]:
    """Return a list of components of this name."""
    return many(ref(name))


def text(size_max: int = 500) -> dict[str, Json]:
    """Return a text of at most so many characters."""
    return {"type": "string", "maxLength": size_max}


def texts(size_max: int = 500) -> dict[str, Json]:
    """Return a list of texts."""
    return many({"type": "string"} if size_max > limits.MAX_ABOUT else text(size_max))


def word(*words: str) -> dict[str, Json]:
    """Return one of these words."""
    return {"type": "string", "enum": list(words)}


def none_or(shape: Shape) -> dict[str, Json]:
    """Return this shape, or null."""
    return {"anyOf": [dict(shape), {"type": "null"}]}


def choice(name: str) -> Field:
    """Return a field of a query that is yes or no; 1 and 0 are taken too: see `chosen`."""
    return Field(
        name, OneOf("yes", "no", "true", "false", "1", "0"), required=False,
        about=f"app.api_field.{name}",
    )  # fmt: skip


def chosen(values: Values, name: str) -> bool:
    """Say whether such a field says yes."""
    return values.text(name) in ("yes", "true", "1")


_FAULT: Final = {"code": text(40), "what": text(), "remedy": text()}
_WHY: Final = none_or(obj(**_FAULT))
_WAIT: Final = obj(desk=text(96), state=text(32), why=text(2000), since=none_or(TIME))
_REPLY: Final = obj(
    desk=text(96), answer=word("ACTION", "HOLD", "DECLINED"), reason=text(2000),
    until=none_or(TIME), at=TIME, mid=MID,
)  # fmt: skip
_HEAD: Final[dict[str, Shape]] = {
    "id": {"type": "string", "pattern": "^[a-z2-7]{20}$"},
    "mid": MID,
    "kind": text(limits.MAX_KIND),
    "from": text(96),
    "to": many(text(96)),
    "matter": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
    "prec": word(*PRECEDENCES),
    "tlp": word(*MARKINGS),
    "created": TIME,
}
_ROW: Final[dict[str, Shape]] = {
    **_HEAD,
    "kept_at": TIME,
    "ours": _FLAG,
    "known": _FLAG,
    "size": COUNT,
    "origin": text(200),
    "place": none_or(COUNT),
    "marks": rows("Mark"),
    "waits": many(_WAIT),
    "answers": many(_REPLY),
    "refused": _WHY,
}
_SINCE: Final = obj(count=COUNT, since=none_or(TIME))
_SIDE: Final = none_or(
    obj(
        count=COUNT, mids=text(64), state=text(64),
        logs=many(obj(origin=text(200), size=COUNT)),
    )
)  # fmt: skip

PROBLEM: Final[Shape] = {
    "type": "object",
    "properties": {
        "type": text(80),
        "title": text(4000),
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "code": text(40),
        "what": text(4000),
        "remedy": text(4000),
        "field": text(80),
    },
    "required": ["type", "title", "status", "code", "what", "remedy"],
    "additionalProperties": False,
}

COMPONENTS: Final[dict[str, Shape]] = {
    "Problem": PROBLEM,
    "Mark": obj(mark=text(32), why=text(2000)),
    "File": obj(
        number=COUNT, name=text(200), size=COUNT,
        percent={"type": "integer", "minimum": 0, "maximum": 100}, attached=many(text(96)),
        sample=text(64), scan=text(8), said=text(200),
    ),
    "Listed": obj(**_ROW),
    "Record": obj(
        **_ROW, level=text(32), confirmed=_FLAG, read_at=none_or(TIME), rejected=_WHY,
        files=rows("File"),
    ),
    "Text": obj(
        **_HEAD, author=text(64), known=_FLAG, marks=rows("Mark"),
        text=text(limits.MAX_BODY),
    ),
    "Note": {
        **obj(
            type=text(80), title=text(), status=COUNT, code=text(40), what=text(), remedy=text(),
            records=many(MID),
        ),
    },
    "Preview": obj(
        kind=text(48), to=texts(), not_for=texts(), prec=text(16), tlp=text(16), way=text(16),
        size=COUNT,
        answers=many(
            obj(
                party=text(63), state=text(16), why=text(32), count=COUNT, what=texts(),
                lists=text(4_000), under=text(60),
            )
        ),
        unread=texts(),
    ),
    "Begun": obj(name=text(16), act=text(64), about=text(200), notes=texts()),
    "Refused": obj(
        origin=text(200), place=COUNT, id=text(20), **_FAULT
    ),
    "Log": obj(
        origin=text(200), owner=text(64), peer=text(64), size=COUNT, receipted=COUNT,
        confirmed=COUNT, late=text(32), waiting=COUNT, state=text(32),
    ),
    "Compared": obj(
        matter=text(32),
        compared=many(
            obj(
                desk=text(96), other=text(96), ours=_SIDE, theirs=_SIDE, same=_FLAG, settled=_FLAG,
                missing_here=many(MID), missing_there=many(MID),
            )
        ),
    ),
    "Attention": obj(
        undelivered=_SINCE, unread=_SINCE, owed=_SINCE,
        parties=many(obj(party=text(64), state=text(32), count=COUNT, since=none_or(TIME))),
        whole=_FLAG,
    ),
    "Doctor": obj(
        refused=rows("Refused"),
        unsent=many(obj(id=text(20), mid=MID, refused=_WHY)),
        cards={"type": "object", "additionalProperties": text(2000)},
        equivocations=many(
            obj(from_=text(96), matter=text(32), s=text(8), n=COUNT, first=text(20), second=text(20))
        ),
        held=many(obj(origin=text(200), **_FAULT)),
        desk_keys=many(
            obj(
                desk=text(32), entrusted={"type": "boolean"}, open={"type": "boolean"},
                holders=COUNT, may_unattended={"type": "boolean"}, flashes=COUNT,
                since=none_or(TIME),
            )
        ),
        odd=many(obj(where=text(200), **_FAULT)),
        spares={"type": "object", "additionalProperties": {**COUNT}},
        alarms=many(
            obj(
                by=word("command", "webhook"), failing={"type": "boolean"}, why=text(2000),
                waiting=COUNT, tries=COUNT, tries_max=COUNT, well_at=none_or(TIME),
                failed_at=none_or(TIME),
            )
        ),
    ),
}  # fmt: skip
