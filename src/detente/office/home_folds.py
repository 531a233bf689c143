"""What the house remembers of its home log: the trail of entries, drafts, and the watch."""

from typing import Final

from detente.core.moment import Moment
from detente.office import home_kinds, kinds
from detente.office.desk import Fold, Opened
from detente.office.fields import Field, Mid, Text, Value, Values, When, Whole
from detente.office.tables import Rows, Table
from detente.office.typed import LongText

_NEWEST: Final = 10**15  # milliseconds; keys count down from it, so that the newest comes first
_MOST: Final = 10**10 - 1
_BRIEF: Final = 16  # hexadecimal digits of a mid that tell entries of one millisecond apart

TRAIL: Final = Table(  # one row for each entry of the home log about people, the newest first
    name="house_trail",
    key="key",
    columns=(
        Field("key", Text(48)),
        Field("mid", Mid()),
        Field("at", When()),
        Field("desk", Text(32)),
        Field("kind", Text(48)),
        Field("person", Text(64)),
        Field("user", Text(64), required=False),
        Field("what", Text(64)),
        Field("step", Text(32), required=False),
        Field("code", Text(32), required=False),
        Field("count", Whole()),  # records it names
        Field("unaudited", Text(200), required=False),
    ),
    find_by=(("person",), ("desk",), ("kind",)),
    quiet=True,  # looking writes it
)
TRAIL_MIDS: Final = Table(  # which entries name a record
    name="house_trail_mids",
    key="key",
    columns=(
        Field("key", Text(120)),  # the entry's key, a blank, and the record
        Field("entry", Text(48)),
        Field("of", Mid()),
    ),
    find_by=(("of",), ("entry",)),
    quiet=True,
)
DRAFTED: Final = Table(  # steps of records that waited for a second person
    name="house_drafted",
    key="mid",
    columns=(
        Field("mid", Mid()),  # of the entry
        Field("of", Mid()),
        Field("at", When()),
        Field("person", Text(64)),
        Field("step", Text(32)),
        Field("act", Text(64)),
        Field("why", Text(home_kinds.WHY_MAX), required=False),
        Field("by", Mid(), required=False),
    ),
    find_by=(("of",),),
)
WATCHES: Final = Table(  # who took, handed and left the watch of which desk
    name="house_watches",
    key="key",
    columns=(
        Field("key", Text(48)),
        Field("desk", Text(32)),
        Field("at", When()),
        Field("person", Text(64)),
        Field("step", Text(32)),
        Field("to", Text(64), required=False),
        Field("note", LongText(home_kinds.NOTE_MAX), required=False),
        Field("open", Whole(), required=False),
    ),
    find_by=(("desk",),),
)

ALARMS: Final = Table(  # steps that followed when nobody said to have seen a FLASH
    name="house_alarms",
    key="key",
    columns=(
        Field("key", Text(110)),
        Field("mid", Mid()),
        Field("at", When()),
        Field("step", Text(32)),
        Field("to", Text(64), many=True, count_min=0, count_max=home_kinds.TOLD_MAX),
        Field("rung", Text(32), required=False),
        Field("by", Text(32), required=False),
    ),
    find_by=(("mid",),),
)
BELLS: Final = Table(  # how the last alarms got out, by each bell
    name="house_bells",
    key="by",
    columns=(
        Field("by", Text(32)),
        Field("desk", Text(32)),
        Field("well_at", When(), required=False),
        Field("failed_at", When(), required=False),
        Field("why", Text(home_kinds.BELL_WHY_MAX), required=False),
    ),
)


def newest_first(record: Opened) -> str:
    """Return a key by which the newest comes first; of one moment, the one numbered last."""
    return f"{before(record.created)} {_MOST - record.n:010d} {record.mid.hex()[:_BRIEF]}"


def before(at: Moment) -> str:
    """Return a key before those of all entries of a moment."""
    return f"{_NEWEST - at.ms:016d}"


def _what(record: Opened) -> str:
    body = record.body
    if record.kind == kinds.PERSON.name:
        return f"person/{body.text('event')}"
    if record.kind == home_kinds.ALARM.name:
        return f"alarm/{body.text('step')}"
    if record.kind == home_kinds.CLEAR.name:
        return f"clear/{body.text('what')}"
    for name in ("act", "what", "how"):
        if name in body:
            return body.text(name)
    return f"watch/{body.text('step')}"


def _mids(body: Values) -> list[bytes]:
    named: list[Value] = [body.get("of"), body.get("by")]
    mids = body.get("mids", ())
    assert isinstance(mids, tuple)
    return list(dict.fromkeys(each for each in (*mids, *named) if isinstance(each, bytes)))


def _fold_trail(rows: Rows, record: Opened) -> None:
    body = record.body
    rows.put(
        {
            "key": newest_first(record),
            "mid": record.mid,
            "at": record.created,
            "desk": record.from_.partition("@")[0],
            "kind": record.kind,
            "person": body.text("by" if record.kind == kinds.PERSON.name else "person"),
            "user": body.get("user") if record.kind != kinds.PERSON.name else None,
            "what": _what(record),
            "step": body.get("step"),
            "code": body.get("code"),
            "count": len(_mids(body)),
            "unaudited": body.get("unaudited"),
        }
    )


def _fold_trail_mids(rows: Rows, record: Opened) -> None:
    entry = newest_first(record)
    rows.put_many(
        [{"key": f"{entry} {mid.hex()}", "entry": entry, "of": mid} for mid in _mids(record.body)]
    )


def _fold_draft(rows: Rows, record: Opened) -> None:
    body = record.body
    row = {name: body.get(name) for name in ("of", "person", "step", "act", "why", "by")}
    rows.put({**row, "mid": record.mid, "at": record.created})


def _fold_watch(rows: Rows, record: Opened) -> None:
    body = record.body
    row = {name: body.get(name) for name in ("person", "step", "to", "note", "open")}
    key = newest_first(record)
    rows.put({**row, "key": key, "desk": record.from_.partition("@")[0], "at": record.created})


def alarm_key(mid: bytes, step: str, rung: str = "", by: str = "") -> str:
    """Return the key of a step that was taken about a record; of its end, by which bell."""
    return f"{mid.hex()} {step} {rung} {by}".rstrip()


def _fold_alarm(rows: Rows, record: Opened) -> None:
    body = record.body
    told = {name: body.get(name) for name in ("step", "to", "rung", "by")}
    for mid in _mids(body):
        key = alarm_key(mid, body.text("step"), body.text("rung", ""), body.text("by", ""))
        known = rows.get(key)
        if known is None or Values(known).moment("at") > record.created:
            rows.put({**told, "key": key, "mid": mid, "at": record.created})


def _fold_bell(rows: Rows, record: Opened) -> None:
    body = record.body
    if "by" not in body:
        return
    which = "well_at" if body["step"] == "rang" else "failed_at"
    known = rows.get(body.text("by")) or {}
    before = known.get(which)
    if isinstance(before, Moment) and before > record.created:
        return
    told = {"by": body["by"], "desk": record.from_.partition("@")[0], which: record.created}
    rows.put({**known, **told, **({"why": body.get("why")} if which == "failed_at" else {})})


FOLDS: Final = (
    Fold(ALARMS, (home_kinds.ALARM,), _fold_alarm),
    Fold(BELLS, (home_kinds.ALARM,), _fold_bell),
    Fold(TRAIL, (*home_kinds.ALL, kinds.PERSON), _fold_trail),
    Fold(TRAIL_MIDS, home_kinds.ALL, _fold_trail_mids),
    Fold(DRAFTED, (home_kinds.DRAFT,), _fold_draft),
    Fold(WATCHES, (home_kinds.WATCH,), _fold_watch),
)
