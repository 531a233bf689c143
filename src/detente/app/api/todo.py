"""The API's room of what waits for people: the list, courses of a matter, taking, having seen."""

from typing import Final

from detente.app.api import matters, shapes
from detente.app.api.operations import Answer, Call, Needs, Operation
from detente.app.api.records import MID
from detente.app.api.shown import mid_of
from detente.app.http import Reply
from detente.core import limits, record
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.office import crowds, home_kinds, items
from detente.office.desk import Role
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import Field, Text, mid_text
from detente.office.items import Item
from detente.office.procedure import Up
from detente.office.procedures import Ignored, Reading, Step, Tick, Why
from detente.office.todo import PAGE_MAX, Story
from detente.office.typed import LongText
from detente.ui.schema import TIME

_DESK: Final = Field("desk", Text(32), required=False, about="app.api_field.desk")
_CROWD: Final = Field("crowd", Text(crowds.NAME_MAX), required=False, about="app.api_field.crowd")
_KEY: Final = Field("key", Text(home_kinds.ABOUT_MAX), about="app.api_field.alarm_key")
_NOTE: Final = Field("note", LongText(home_kinds.CLEAR_NOTE_MAX), about="app.api_field.alarm_note")
_READER: Final = Needs(role=Role.READ)
_UPS: Final = shapes.none_or(shapes.word(*Up))

ITEM: Final = shapes.obj(
    key=shapes.text(300), what=shapes.word(*items.WHATS), words=shapes.text(64),
    places={"type": "object", "additionalProperties": shapes.text(2000)},
    title=shapes.text(200), desk=shapes.text(32), from_=shapes.text(96), since=TIME,
    prec=shapes.word(*PRECEDENCES), tlp=shapes.word(*MARKINGS), mid=shapes.none_or(shapes.MID),
    id=shapes.text(20), matter=shapes.text(32), kind=shapes.text(limits.MAX_KIND),
    procedure=shapes.text(48), state=shapes.text(64), due=shapes.none_or(TIME),
    overdue={"type": "boolean"}, rung=_UPS, unread={"type": "boolean"}, alarm={"type": "boolean"},
    seen=shapes.text(64), holder=shapes.text(64), exercise=shapes.text(64),
    acts=shapes.many(shapes.text(64)), crowd=shapes.text(crowds.NAME_MAX), count=shapes.COUNT,
    late=shapes.COUNT,
)  # fmt: skip
_CLOCK: Final = shapes.obj(
    clock=shapes.text(32), state=shapes.text(32), owes=shapes.text(96), since=TIME, due=TIME,
    own=TIME, asked=shapes.none_or(TIME), tick=shapes.word(*Tick), up=_UPS,
    started_by=shapes.MID, stopped_by=shapes.none_or(shapes.MID),
    late={"type": "boolean"},
)  # fmt: skip
COURSE: Final = shapes.obj(
    procedure=shapes.text(48), mid=shapes.MID, desk=shapes.text(96), other=shapes.text(96),
    opener=shapes.text(96), state=shapes.text(32), ended={"type": "boolean"},
    known={"type": "boolean"},
    steps=shapes.many(
        shapes.obj(mid=shapes.MID, kind=shapes.text(limits.MAX_KIND), from_=shapes.text(96),
                   state=shapes.text(32), kept_at=TIME)
    ),
    ignored=shapes.many(
        shapes.obj(mid=shapes.MID, kind=shapes.text(limits.MAX_KIND), why=shapes.word(*Why),
                   by=shapes.many(shapes.MID))
    ),
    clocks=shapes.many(_CLOCK),
    there=shapes.none_or(shapes.obj(state=shapes.text(32), by=shapes.many(shapes.MID))),
    unknown=shapes.many(shapes.MID),
)  # fmt: skip


def item_shown(item: Item) -> dict[str, Json]:
    """Return an item as a document."""
    key, places = item.words
    return {
        "key": item.key, "what": item.what, "words": key, "places": dict(places),
        "title": item.title, "desk": item.desk, "from": item.from_, "since": str(item.since),
        "prec": item.prec, "tlp": item.tlp, "mid": mid_text(item.mid) if item.mid else None,
        "id": record.mid_text(item.mid) if item.mid else "", "matter": item.matter,
        "kind": item.kind, "procedure": item.procedure, "state": item.state,
        "due": str(item.due) if item.due else None, "overdue": item.overdue, "rung": item.rung,
        "unread": item.unread, "alarm": item.alarm, "seen": item.seen, "holder": item.holder,
        "exercise": item.exercise, "acts": list(item.acts), "crowd": item.crowd,
        "count": item.count, "late": item.late,
    }  # fmt: skip


def story_shown(story: Story, now: Moment) -> dict[str, Json]:
    """Return a course of a matter as a document."""
    course = story.course
    differs = story.difference
    there: Json = None
    if differs is not None:
        there = {"state": differs.there, "by": [mid_text(mid) for mid in differs.by]}
    return {
        "procedure": course.procedure.name, "mid": mid_text(course.mid), "desk": story.desk,
        "other": story.other, "opener": course.opener, "state": course.state,
        "ended": course.at.is_end, "known": course.is_known,
        "steps": [_step(each) for each in course.steps],
        "ignored": [_ignored(each) for each in course.ignored],
        "clocks": [_clock(story, each, now) for each in story.ticks],
        "there": there,
        "unknown": [mid_text(mid) for mid in story.unknown],
    }  # fmt: skip


def _step(step: Step) -> Json:
    entry = step.entry
    return {
        "mid": mid_text(entry.mid), "kind": entry.said.kind, "from": entry.said.from_,
        "state": step.end, "kept_at": str(entry.kept_at),
    }  # fmt: skip


def _ignored(one: Ignored) -> Json:
    return {
        "mid": mid_text(one.mid), "kind": one.kind, "why": one.why,
        "by": [mid_text(mid) for mid in one.by],
    }  # fmt: skip


def _clock(story: Story, each: Reading, now: Moment) -> Json:
    return {
        "clock": each.clock.name, "state": each.state,
        "owes": story.course.desk_of(each.duty.who), "since": str(each.since),
        "due": str(each.due), "own": str(each.own), "asked": str(each.asked) if each.asked else None,
        "tick": each.tick(now), "up": each.up(now), "started_by": mid_text(each.started_by),
        "stopped_by": mid_text(each.stopped_by) if each.stopped_by else None,
        "late": each.is_late,
    }  # fmt: skip


def _page(call: Call) -> Reply:
    desks = (call.query.text("desk"),) if "desk" in call.query else ()
    count = min(call.count, PAGE_MAX - 1)
    page = call.office.todo.page(
        call.person,
        call.now,
        after=call.after,
        count_max=count + 1,
        desks=desks,
        crowd=call.query.text("crowd", ""),
    )
    shown: list[Json] = [item_shown(each) for each in page.items[:count]]
    return call.piece(page.items, lambda item: item.key, shown)


def _mid(call: Call) -> bytes:
    return mid_of(call.office, call.path["mid"])


def _seen(call: Call) -> Reply:
    mid = _mid(call)
    call.office.todo.seen(call.person, mid, call.now)
    return Reply({"mid": mid_text(mid)})


def _clear(call: Call) -> Reply:
    call.office.todo.clear(call.person, call.body.text("key"), call.body.text("note"), call.now)
    return Reply({"key": call.body.text("key")})


def _take(call: Call) -> Reply:
    mid = _mid(call)
    call.office.todo.take(call.person, mid, call.now)
    return _held(call, mid)


def _leave(call: Call) -> Reply:
    mid = _mid(call)
    call.office.todo.leave(call.person, mid, call.now)
    return _held(call, mid)


def _held(call: Call, mid: bytes) -> Reply:
    matter = call.office.records.find(mid)[0].text("matter")
    return Reply({"matter": matter, "holder": call.office.todo.holder(matter)})


def _courses(call: Call) -> Reply:
    name = matters.name_of(call)
    found = call.office.todo.stories(call.person, name)
    shown: list[Json] = [story_shown(each, call.now) for each in found]
    return Reply({"matter": name, "holder": call.office.todo.holder(name), "courses": shown})


_HELD: Final = Answer(shapes.obj(matter=shapes.text(32), holder=shapes.text(64)))
OPERATIONS: Final = (
    Operation(
        "GET", "attention/list", _page, about="app.api.attention_list", attends=False, pages=True,
        query=(_DESK, _CROWD), answer=Answer(shapes.many(ITEM)),
    ),
    Operation(
        "POST", "record/{mid}/seen", _seen, about="app.api.record_seen", path_fields=(MID,),
        answer=Answer(shapes.obj(mid=shapes.MID)), needs=_READER,
    ),
    Operation(
        "POST", "attention/clear", _clear, about="app.api.attention_clear", body=(_KEY, _NOTE), needs=_READER,
        answer=Answer(shapes.obj(key=shapes.text(300))),
    ),
    Operation(
        "POST", "record/{mid}/take", _take, about="app.api.record_take", path_fields=(MID,),
        answer=_HELD, needs=_READER,
    ),
    Operation(
        "POST", "record/{mid}/leave", _leave, about="app.api.record_leave", path_fields=(MID,),
        answer=_HELD, needs=_READER,
    ),
    Operation(
        "GET", "matter/{matter}/courses", _courses, about="app.api.matter_courses",
        path_fields=(matters.MATTER,), needs=_READER,
        answer=Answer(
            shapes.obj(matter=shapes.text(32), holder=shapes.text(64), courses=shapes.many(COURSE))
        ),
    ),
)  # fmt: skip
