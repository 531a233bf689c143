"""The API's room of screening: a party's own lists, names that are looked up, decisions."""

from collections.abc import Callable, Iterable
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, cast

import msgspec

from detente.app.api import shapes
from detente.app.api.operations import Answer, Bytes, Call, Handler, Needs, Operation
from detente.app.http import Reply
from detente.app.screening import room
from detente.app.screening.room import PIECE_MAX, Screens
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.office.desk import Role
from detente.office.fields import Field, Text, Whole
from detente.office.typed import LongText
from detente.screening.lists.book import (
    EVERY,
    NAME_LONGEST,
    PAIR_MAX,
    REFUSED,
    WHY_MAX,
    Version,
    mapping_of,
)

if TYPE_CHECKING:
    from detente.screening.decision import Decision
    from detente.screening.engine import Question

MADE_MAX: Final = 10_000  # decisions that can be listed, the newest first
LANGUAGES: Final = ("en", "ru")

_NUMBER: Final[shapes.Shape] = {"type": "number"}
_FLAG: Final[shapes.Shape] = {"type": "boolean"}
_ANY: Final[shapes.Shape] = {"type": "object"}
_TEXTS: Final[shapes.Shape] = shapes.many(shapes.text(2_000))
_NAMED: Final[shapes.Shape] = {"type": "object", "additionalProperties": {"type": "string"}}
_VERSION: Final = shapes.obj(
    id=shapes.text(90), list=shapes.text(80), reader=shapes.text(20), received=_NAMED,
    size=shapes.COUNT, by=shapes.text(64), at=shapes.text(32), source=shapes.text(500),
    dated=shapes.text(32), promised=shapes.text(64), mapping=_NAMED, state=shapes.text(20),
    entries=shapes.text(64), told=shapes.text(64), count=shapes.COUNT, lost=shapes.COUNT,
    odd=shapes.COUNT, ended=_FLAG, before=shapes.text(90), added=shapes.COUNT, changed=shapes.COUNT,
    removed=shapes.COUNT, waits=shapes.many(shapes.obj(why=shapes.text(20), what=shapes.text(400))),
    decided_by=shapes.text(64), decided_at=shapes.text(32), why=shapes.text(WHY_MAX),
)  # fmt: skip
_DECISION: Final = shapes.obj(
    decision=_ANY,
    stamp=shapes.text(64),
    undecided=shapes.text(20),
    unread=shapes.many(shapes.obj(what=shapes.text(20), text=shapes.text(100))),
    waits=_FLAG,
    told=_ANY,
)


def screens(call: Call) -> Screens:
    """Return the party's lists. Raises OurFault("http.no_page") where an office has none."""
    found = call.office.screens
    if not isinstance(found, Screens):
        raise OurFault("http.no_page", "this office has no lists of its own", "start it again")
    return found


def shown(version: Version) -> dict[str, Json]:
    """Return a version as a document."""
    return cast(dict[str, Json], msgspec.to_builtins(version))


def explained(found: "Decision") -> dict[str, Json]:
    """Return {language: for each hit its sentences}."""
    from detente.screening import explain  # noqa: PLC0415  numpy comes with the first question

    told: dict[str, Json] = {}
    for language in LANGUAGES:
        words = explain.sentences(sentences(language))
        told[language] = cast(Json, [explain.explain(found.name, hit, words) for hit in found.hits])
    return told


def sentences(language: str) -> bytes:
    """Return the words by which a score is told."""
    file = resources.files("detente.screening") / "words" / f"{language}.toml"
    return file.read_bytes()


def _lists(call: Call) -> Reply:
    book = screens(call).book(call.office, call.person)
    rows = [each for each in book.versions if each.state != REFUSED]
    rows.sort(key=_place)
    return call.page(rows, _place, shown)


def _place(version: Version) -> str:
    name, _, number = version.id.rpartition(".")
    return f"{name}.{int(number):08d}"


def _version(call: Call) -> Version:
    return screens(call).book(call.office, call.person).find(call.path.text("version"))


def _show(call: Call) -> Reply:
    return Reply(shown(_version(call)))


def _upload(call: Call) -> Reply:
    sha256 = call.path.text("hash")
    at = call.query.whole("offset", 0)
    here = screens(call).upload(call.office, call.person, sha256, at, call.data)
    return Reply({"here": here})


def _load(call: Call) -> Reply:
    body = call.body
    received = {"main": body.text("received")}
    received |= {name: body.text(name) for name in ("alt", "add") if body.text(name)}
    asked = room.version_asked(
        body.text("list"), body.text("reader"), received, source=body.text("source"),
        dated=body.text("dated"), promised=body.text("promised"),
        mapping=mapping_of(body.texts("mapping")),
    )  # fmt: skip
    return Reply(shown(screens(call).load(call.office, call.person, asked, call.now)))


def _decide(step: str) -> Handler:
    def run(call: Call) -> Reply:
        name, why = call.path.text("version"), call.body.text("why")
        found = screens(call).decide(call.office, call.person, name, step, why, call.now)
        return Reply(shown(found))

    return run


def _told(what: str) -> Handler:
    def run(call: Call) -> Reply:
        told = screens(call).told(call.office, call.person, call.path.text("version"))
        rows = told.changes if what == "difference" else told.odd
        numbered = [(f"{n:08d}", row) for n, row in enumerate(rows)]
        return call.page(numbered, lambda each: each[0], lambda each: _row(each[1]))

    return run


def _row(row: Any) -> Json:  # noqa: ANN401  a change or an oddity
    found: Json = row._asdict() if hasattr(row, "_asdict") else msgspec.to_builtins(row)
    return found


def question(body: Any) -> "Question":  # noqa: ANN401  values of a form or a body
    """Return the question of a body. Raises OurFault("screening.query")."""
    from detente.screening.asked import asked  # noqa: PLC0415  numpy comes with the first question

    return asked(
        body.text("name"), body.text("schema"), body.texts("births"), body.texts("countries"),
        body.texts("papers"),
    )  # fmt: skip


def _name(call: Call) -> Reply:
    kept = screens(call).ask(
        call.office, call.person, question(call.body), call.now,
        call.body.text("scope") or EVERY, call.body.whole("limit", 10),
    )  # fmt: skip
    return Reply(
        {
            "decision": cast(Json, msgspec.to_builtins(kept.decision)), "stamp": kept.stamp,
            "undecided": kept.undecided, "unread": unread(kept.unread), "waits": kept.waits,
            "told": explained(kept.decision),
        }
    )  # fmt: skip


def _made(call: Call) -> Reply:
    rows = screens(call).made(call.office, call.person, MADE_MAX)
    numbered = [(f"{n:08d}", row) for n, row in enumerate(rows)]
    return call.page(numbered, lambda each: each[0], lambda each: each[1])


def unread(left: Iterable[tuple[str, str]]) -> list[Json]:
    """Return what of a question did not count, as answers tell it."""
    return [{"what": what, "text": text} for what, text in left]


def _decision(call: Call) -> Reply:
    from detente.screening import asked, engine  # noqa: PLC0415  numpy comes with the first question
    from detente.screening.decision import question_of  # noqa: PLC0415

    found = screens(call).decision(call.office, call.person, call.path.text("stamp"))
    return Reply(
        {
            "decision": cast(Json, msgspec.to_builtins(found)), "stamp": call.path.text("stamp"),
            "undecided": engine.undecided(question_of(found)) or "",
            "unread": unread(asked.unread(question_of(found))), "waits": False,
            "told": explained(found),
        }
    )  # fmt: skip


def _replay(call: Call) -> Reply:
    return Reply(screens(call).replay(call.office, call.person, call.path.text("stamp")))


def _field(name: str, kind: Text | Whole, **more: Any) -> Field:  # noqa: ANN401  those of Field
    return Field(name, kind, about=f"app.api_field.screening_{name}", **more)


_SHA: Final = Text(64, form="[0-9a-f]{64}")
_VERSION_FIELD: Final = _field("version", Text(90, form=r"[a-z0-9_.-]+\.[0-9]+"))
_STAMP: Final = _field("stamp", _SHA)
_WHY: Final = _field("why", LongText(WHY_MAX))
_ODD: Final = shapes.obj(
    line=shapes.COUNT, entry=shapes.text(200), why=shapes.text(300), lost=_FLAG
)
_CHANGE: Final = shapes.obj(what=shapes.text(10), entry=shapes.text(200), name=shapes.text(300))
_LINE: Final = shapes.obj(
    at=shapes.text(32), by=shapes.text(64), stamp=shapes.text(64), name=shapes.text(200),
    score=_NUMBER, alert=_FLAG,
)  # fmt: skip


def _many(name: str, kind: Text) -> Field:
    return _field(name, kind, required=False, many=True, count_min=0, count_max=room.ASKED_MAX)


def _optional(name: str, kind: Text | Whole) -> Field:
    return _field(name, kind, required=False)


ASKED: Final = (
    _field("name", Text(4_000)), _optional("schema", Text(20)), _many("births", Text(60)),
    _many("countries", Text(60)), _many("papers", Text(100)), _optional("scope", Text(NAME_LONGEST)),
    _optional("limit", Whole(1, room.LIMIT_MAX)),
)  # fmt: skip
_READ: Final = Needs(role=Role.READ)
_AUTHOR: Final = Needs(role=Role.AUTHOR)
_RELEASE: Final = Needs(role=Role.RELEASE)
_Rows = Callable[[Call], Reply]
OPERATIONS: Final = (
    Operation(
        "GET", "screening/version", _lists, about="app.api.screening_lists", attends=False,
        pages=True, answer=Answer(shapes.many(_VERSION)), needs=_READ,
    ),
    Operation(
        "GET", "screening/version/{version}", _show, about="app.api.screening_version",
        attends=False, path_fields=(_VERSION_FIELD,), answer=Answer(_VERSION), needs=_READ,
    ),
    *(
        Operation(
            "GET", f"screening/version/{{version}}/{what}", _told(what),
            about=f"app.api.screening_{what}", attends=False, path_fields=(_VERSION_FIELD,),
            pages=True, answer=Answer(shapes.many(row)), needs=_READ,
        )
        for what, row in (("difference", _CHANGE), ("odd", _ODD))
    ),
    Operation(
        "PUT", "screening/file/{hash}", _upload, about="app.api.screening_upload",
        path_fields=(_field("hash", _SHA),),
        query=(_optional("offset", Whole(0, room.FILE_MAX)),), takes=Bytes(PIECE_MAX),
        answer=Answer(shapes.obj(here=shapes.COUNT)), needs=_AUTHOR,
    ),
    Operation(
        "POST", "screening/version", _load, about="app.api.screening_load",
        body=(
            _field("list", Text(NAME_LONGEST)), _field("reader", Text(20)), _field("received", _SHA),
            _optional("alt", _SHA), _optional("add", _SHA), _optional("source", Text(500)),
            _optional("dated", Text(10, form=r"\d{4}-\d\d-\d\d")),
            _optional("promised", Text(64, form="[0-9A-Fa-f]{64}")), _many("mapping", Text(PAIR_MAX)),
        ),
        answer=Answer(_VERSION), needs=_AUTHOR,
    ),
    *(
        Operation(
            "POST", f"screening/version/{{version}}/{step}", _decide(step),
            about=f"app.api.screening_{step}", path_fields=(_VERSION_FIELD,), body=(_WHY,),
            answer=Answer(_VERSION), needs=_RELEASE,
        )
        for step in ("apply", "refuse")
    ),
    Operation(
        "POST", "screening/name", _name, about="app.api.screening_name", body=ASKED,
        answer=Answer(_DECISION), needs=_READ,
    ),
    Operation(
        "GET", "screening/decision", _made, about="app.api.screening_decisions", attends=False,
        pages=True, answer=Answer(shapes.many(_LINE)), needs=_READ,
    ),
    Operation(
        "GET", "screening/decision/{stamp}", _decision, about="app.api.screening_decision",
        attends=False, path_fields=(_STAMP,), answer=Answer(_DECISION), needs=_READ,
    ),
    Operation(
        "POST", "screening/decision/{stamp}/replay", _replay, about="app.api.screening_replay",
        path_fields=(_STAMP,), needs=_READ,
        answer=Answer(
            shapes.obj(same=_FLAG, stamp=shapes.text(64), again=shapes.text(64), differs=_TEXTS)
        ),
    ),
)  # fmt: skip
