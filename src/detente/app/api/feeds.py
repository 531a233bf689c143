"""The API's room of feeds: how far each has come, and what somebody must look at. See docs/cert/feeds.md."""

from typing import Final

from detente.app.api import shapes
from detente.app.api.operations import Answer, Call, Handler, Needs, Operation
from detente.app.http import Reply
from detente.core.canon import Json
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.counterparts import Difference
from detente.office.desk import Role
from detente.office.feed_care import STEPS
from detente.office.feeding import State
from detente.office.fields import Field, Text
from detente.ui.schema import TIME

_MOMENTS: Final = ("at", "due", "good_at", "new_at", "since")
_FEED: Final = shapes.obj(
    name=shapes.text(64), way=shapes.text(8), kind=shapes.text(8), upto=shapes.text(32), tries=shapes.COUNT,
    taken=shapes.COUNT, refused=shapes.COUNT, at=shapes.none_or(TIME), due=shapes.none_or(TIME),
    good_at=shapes.none_or(TIME), new_at=shapes.none_or(TIME), fault=shapes.text(300),
    alerts=shapes.many(shapes.text(32)), since=shapes.none_or(TIME), remedy=shapes.text(300),
    paused=shapes.text(64), url=shapes.text(2000), collection=shapes.text(200),
    into=shapes.text(96), person=shapes.text(64), every_s=shapes.COUNT, still_after_s=shapes.COUNT,
)  # fmt: skip


def shown(each: State) -> dict[str, Json]:
    """Return a feed. upto: the time up to which it was read, "" for nothing yet."""
    moments: dict[str, Moment | None] = {name: getattr(each, name) for name in _MOMENTS}
    found: dict[str, Json] = {name: str(at) if at else None for name, at in moments.items()}
    alerts: list[Json] = [*each.alerts]
    return {
        "name": each.name, "way": each.way, "kind": each.kind, "upto": str(Moment(each.upto // 1_000)) if each.upto >= 0 else "",
        "tries": each.tries, "taken": each.taken, "refused": each.refused, **found,
        "fault": each.fault, "alerts": alerts, "remedy": each.remedy, "paused": each.paused,
        "url": each.told.url, "collection": each.told.collection, "into": each.told.into,
        "person": each.told.person, "every_s": each.told.every.ms // 1000,
        "still_after_s": each.told.still_after.ms // 1000,
    }  # fmt: skip


def _list(call: Call) -> Reply:
    return call.page(call.office.feeds.every(call.person), lambda each: each.name, shown)


def _step(name: str) -> Handler:
    def run(call: Call) -> Reply:
        step = getattr(call.office.feeds, name)
        return Reply(shown(step(call.person, call.path.text("name"), call.now)))

    return run


def _of_misp(call: Call) -> str:
    """Return the name of a feed that can be compared. Raises OurFault("http.no_page")."""
    name = call.path.text("name")
    if not any(each.name == name and each.kind == "misp" for each in call.office.feeding.every()):
        raise OurFault(
            "http.no_page", f"no feed of MISP is named {name!r}", "see: detente feed list"
        )
    return name


def _comparison(call: Call, name: str) -> dict[str, Json]:
    found = call.office.counterparts.comparison(name)
    return {
        "feed": name,
        "asked": found.asked,
        "at": str(found.at) if found.at else None,
        "events": found.events,
    }


def _compare(call: Call) -> Reply:
    name = _of_misp(call)
    call.office.counterparts.ask(name)
    return Reply(_comparison(call, name))


def _compared(call: Call) -> Reply:
    return Reply(_comparison(call, _of_misp(call)))


def _differences(call: Call) -> Reply:
    rows = call.office.counterparts.differences(_of_misp(call))
    return call.page(rows, lambda each: f"{each.event} {each.item}", _difference)


def _difference(each: Difference) -> dict[str, Json]:
    fields: list[Json] = [*each.fields.split(",")] if each.fields else []
    return {
        "event": each.event, "item": each.item, "what": each.what, "state": each.state,
        "fields": fields, "shown": each.shown,
    }  # fmt: skip


_FLAG: Final[shapes.Shape] = {"type": "boolean"}
_NAME: Final = Field("name", Text(64), about="app.api_field.feed")
_COMPARISON: Final = shapes.obj(
    feed=shapes.text(64), asked=_FLAG, at=shapes.none_or(TIME), events=shapes.COUNT
)
_DIFFERENCE: Final = shapes.obj(
    event=shapes.text(36), item=shapes.text(36), what=shapes.text(16), state=shapes.text(16),
    fields=shapes.many(shapes.text(64)), shown=shapes.text(300),
)  # fmt: skip
OPERATIONS: Final = (
    Operation(
        "GET", "feed", _list, about="app.api.feed_list", attends=False, pages=True,
        answer=Answer(shapes.many(_FEED)), needs=Needs(role=Role.READ),
    ),
    Operation(
        "POST", "feed/{name}/compare", _compare, about="app.api.feed_compare", path_fields=(_NAME,),
        answer=Answer(_COMPARISON), needs=Needs(role=Role.AUTHOR),
    ),
    Operation(
        "GET", "feed/{name}/compare", _compared, about="app.api.feed_compared", attends=False,
        path_fields=(_NAME,), answer=Answer(_COMPARISON), needs=Needs(role=Role.READ),
    ),
    Operation(
        "GET", "feed/{name}/differences", _differences, about="app.api.feed_differences", attends=False,
        path_fields=(_NAME,), pages=True, answer=Answer(shapes.many(_DIFFERENCE)),
        needs=Needs(role=Role.READ),
    ),
    *(
        Operation(
            "POST", f"feed/{{name}}/{step}", _step(step), about=f"app.api.feed_{step}",
            path_fields=(_NAME,), answer=Answer(_FEED), needs=Needs(role=Role.AUTHOR),
        )
        for step in STEPS
    ),
)  # fmt: skip
