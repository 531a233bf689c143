"""Operations of a desk, derived from its declaration: each act and each look is one.

An act that takes a file too large for one record has two more: `POST cert/send/large` begins with a
file that was handed in, `POST cert/send/large/{file}` does the next step and says how far it is.
"""

from collections.abc import Sequence
from typing import Final

from detente.app.api import shapes
from detente.app.api.drafts import DRAFT, here
from detente.app.api.operations import Answer, Call, Handler, Needs, Operation
from detente.app.api.shown import marks_shown, standing_shown
from detente.app.http import Reply
from detente.app.problems import problem
from detente.core import limits
from detente.core.canon import Json
from detente.core.errors import TheirFault
from detente.office.before import Begun
from detente.office.desk import Act, Desk, Look
from detente.office.fields import Cut, Field, File, Flag, Mid, Text, Values, mid_text
from detente.office.large import State
from detente.office.office import Office
from detente.office.post import Outcome
from detente.office.previews import Preview
from detente.office.tables import Row
from detente.ui import schema, verb

_AFTER: Final = "after"
PREVIEW: Final = Field("preview", Flag(), default=False, about="app.api_field.preview")
ACTED: Final = shapes.obj(
    records=shapes.rows("Record"), notes=shapes.rows("Note"), drafts=shapes.many(DRAFT),
    previews=shapes.rows("Preview"), begun=shapes.rows("Begun"),
)  # fmt: skip
_NOTHING: Final[dict[str, Json]] = {
    "records": [], "notes": [], "drafts": [], "previews": [], "begun": [],
}  # fmt: skip
FILE: Final = Field("file", Text(32, form="[0-9a-f]{32}"), about="app.api_field.file")
_GO: Final = Field("go", Flag(), default=False, about="app.api_field.go")
_SUM: Final = shapes.obj(
    name=shapes.text(32), of=shapes.text(250), count=shapes.COUNT, first=shapes.texts()
)
LARGE: Final = shapes.obj(
    phase=shapes.word("reading", "ready", "cutting", "sent"),
    done=shapes.COUNT, size=shapes.COUNT, part=shapes.COUNT, parts=shapes.COUNT,
    told=shapes.many(_SUM), records=shapes.rows("Record"), notes=shapes.rows("Note"),
    drafts=shapes.many(DRAFT),
)  # fmt: skip


def operations_of(desk: Desk) -> tuple[Operation, ...]:
    """Return what can be asked at a desk."""
    acts = (_act_operation(desk.name, each) for each in desk.acts)
    large = (each for act in desk.acts for each in _large_operations(desk.name, act))
    return (*acts, *large, *(_look_operation(desk.name, each) for each in desk.looks))


def _act_operation(desk: str, act: Act) -> Operation:
    return Operation(
        "POST", act.name, _acting(act), about=verb.about_of(act), body=act.fields, query=(PREVIEW,),
        wishes=True, answer=Answer(ACTED), needs=Needs(act.role, desk), desk=desk,
    )  # fmt: skip


def _large_operations(desk: str, act: Act) -> tuple[Operation, ...]:
    if act.large is None:
        return ()
    fields = tuple(each for each in act.fields if not isinstance(each.type, File))
    begin = Operation(
        "POST", f"{act.name}/large", _beginning(act), about="app.api.large_begin",
        body=(FILE, *fields), wishes=True, answer=Answer(LARGE), needs=Needs(act.role, desk),
        desk=desk,
    )  # fmt: skip
    step = Operation(
        "POST", f"{act.name}/large/{{file}}", _stepping, about="app.api.large_step",
        path_fields=(FILE,), body=(_GO,), answer=Answer(LARGE), needs=Needs(act.role, desk),
        desk=desk,
    )  # fmt: skip
    return begin, step


def _beginning(act: Act) -> Handler:
    def run(call: Call) -> Reply:
        handle = call.body.text(FILE.name)
        values = call.body.without(FILE.name)
        room = call.office.large
        return _large(call, room.begin(call.person, act, values, handle, call.now, call.wish))

    return run


def _stepping(call: Call) -> Reply:
    handle, go = call.path.text(FILE.name), call.body.flag(_GO.name)
    return _large(call, call.office.large.step(call.person, handle, call.now, go=go))


def _large(call: Call, state: State) -> Reply:
    told: list[Json] = [
        {"name": each.name, "of": each.of, "count": each.count, "first": list(each.first)}
        for each in state.large.told
    ]
    document: dict[str, Json] = {
        "phase": state.phase, "done": state.done, "size": state.size, "part": state.part,
        "parts": state.parts, "told": told, "records": [], "notes": [], "drafts": [],
    }  # fmt: skip
    if state.outcome is not None:
        call.settle()
        document |= _acted(call, state.outcome)
    return Reply(document)


def _look_operation(desk: str, look: Look) -> Operation:
    rows = shapes.obj(**schema.columns(look.columns), marks=shapes.rows("Mark"))
    answer = shapes.obj(
        columns=shapes.texts(), rows=shapes.many(rows), texts=shapes.many(shapes.texts())
    )
    return Operation(
        "GET", look.name, _looking(look), about=verb.about_of(look), query=look.fields,
        answer=Answer(answer), needs=Needs(look.role, desk), desk=desk,
    )  # fmt: skip


def _acting(act: Act) -> Handler:
    def run(call: Call) -> Reply:
        if call.query.flag(PREVIEW.name):
            shown = call.office.previews.of(call.person, act, call.body, call.now)
            return Reply({**_NOTHING, "previews": [*map(_previewed, shown)]})
        outcome = call.office.act(call.person, act.name, call.body, call.now, call.wish)
        call.settle()
        begun: list[Json] = [_begun(name, one) for name, one in outcome.begun]
        return Reply({**_NOTHING, **_acted(call, outcome), "begun": begun})

    return run


def _begun(name: str, one: Begun) -> Json:
    about = "".join(one.values.get("about", ()))
    return {"name": name, "act": one.act, "about": about, "notes": [*one.notes]}


def _previewed(one: Preview) -> Json:
    answers: list[Json] = [
        {
            "party": each.party, "state": each.state, "why": each.why, "count": each.number,
            "what": [*each.what], "lists": each.lists, "under": mid_text(each.under) if each.under else "",
        }
        for each in one.answers
    ]  # fmt: skip
    return {
        "kind": one.kind.name, "to": [*one.to], "not_for": [*one.not_for], "prec": one.prec,
        "tlp": one.tlp, "way": one.way, "size": one.size, "answers": answers,
        "unread": [*one.unread],
    }  # fmt: skip


def _acted(call: Call, outcome: Outcome) -> dict[str, Json]:
    rows: list[Json] = [standing_shown(call.office, mid, call.now) for mid in outcome.mids]
    drafts: list[Json] = [*here(call.office, call.person, outcome)]
    return {"records": rows, "notes": _notes(outcome.slowed), "drafts": drafts}


def _notes(slowed: Sequence[bytes]) -> list[Json]:
    if not slowed:
        return []
    told = TheirFault(
        "E_RATE",
        f"more than {limits.FLASH_RATE} FLASH a minute: carried as IMMEDIATE",
        "use FLASH for what cannot wait",
    )
    return [{**problem(told), "records": [mid_text(mid) for mid in slowed]}]


def _looking(look: Look) -> Handler:
    def run(call: Call) -> Reply:
        call.settle()
        _, rows = call.office.look(call.person, look.name, call.query, call.now)
        marked = _row_marks(call.office, look, call.query, rows)
        shown: list[Json] = [
            {**verb.as_json(look.columns, row), "marks": marks}
            for row, marks in zip(rows, marked, strict=True)
        ]
        texts: list[Json] = [list(verb.shown(look.columns, row)) for row in rows]
        columns: list[Json] = [column.name for column in look.columns]
        document: Json = {"columns": columns, "rows": shown, "texts": texts}
        return Reply(document, next=_last(look, call.query, rows), next_by=_AFTER)

    return run


def _last(look: Look, values: Values, rows: Sequence[Row]) -> str:
    # A look with `after` and `count` is a list in pages: it goes on after its last row's record.
    names = {
        each.name for each in look.fields if each.name == "count" or isinstance(each.type, Mid)
    }
    mid = rows[-1].get("mid") if rows else None
    if not {_AFTER, "count"} <= names or len(rows) < values.whole("count"):
        return ""
    return mid_text(mid) if isinstance(mid, bytes) else ""


def _row_marks(office: Office, look: Look, values: Values, rows: Sequence[Row]) -> list[list[Json]]:
    # A row is about its own record, or about the one that was asked for.
    asked = b""
    if any(each.name == "mid" and isinstance(each.type, Mid) for each in look.fields):
        given = values.get("mid")
        asked = office.records.whole_mid(given) if isinstance(given, (bytes, Cut)) else b""
    mids = [row.get("mid") or asked for row in rows]
    marked = office.records.marks([mid for mid in mids if isinstance(mid, bytes)])
    return [marks_shown(marked[mid]) if isinstance(mid, bytes) else [] for mid in mids]
