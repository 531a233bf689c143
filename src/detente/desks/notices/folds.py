"""Records of the desk as the tables that its screens read."""

from typing import Final

from detente.core.moment import Moment
from detente.desks.notices import kinds
from detente.desks.notices.rules import day_of, minute_of, month_of
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import (
    Desks,
    Field,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.tables import Rows, Table

_LATEST: Final = 10**9  # minutes since 1970, taken from this: the latest stands first
ELSEWHERE: Final = (
    "exercise",
    "joined",
    "ended",
    "terms",
    "terms_reply",
)  # what the watch log has too
WHATS: Final = OneOf(*(each.name.partition(".")[2] for each in kinds.ALL), *ELSEWHERE)
_MID: Final = Field("mid", Mid())
_FROM: Final = Field("from", Text(96))
_KEPT: Final = Field("kept_at", When())
_CREATED: Final = Field("created", When())
_PARTY: Final = Field("party", Text(63))
_WHAT: Final = Field("what", WHATS)
_PREC: Final = Field("prec", OneOf(*PRECEDENCES))


def word(kind: str) -> str:
    """Return the last word of a kind's name."""
    return kind.partition(".")[2]


NOTICES: Final = Table(
    name="notices_notices",
    key="mid",
    columns=(
        _MID, _WHAT, _FROM, _PARTY, Field("to", Desks()), Field("matter", Text(32)),
        kinds.CODE, kinds.VERSION, kinds.DIGEST, Field("year", Whole()), Field("number", Whole()),
        kinds.LANGUAGE, kinds.VALUE, Field("acknowledge", Text(8), required=False),
        Field("answer", Text(8), required=False), kinds.LADDER, Field("of", Mid(), required=False),
        Field("month", Text(7)), _PREC, Field("tlp", OneOf(*MARKINGS)), _CREATED, _KEPT,
        Field("ours", Flag()), Field("author", Text(64)), Field("exercise", Text(200), required=False),
    ),
    find_by=(("month",), ("of",), ("matter",)),
)  # fmt: skip
NEWEST: Final = Table(  # its key sorts the latest minute first, and what is alike together
    name="notices_newest",
    key="place",
    columns=(
        Field("place", Text(200)), _MID, _PREC, _FROM, Field("minute", Whole()), Field("ours", Flag()),
    ),
    find_by=(("mid",), ("prec",), ("ours",), ("from", "prec", "minute")),
)  # fmt: skip
NUMBERS: Final = Table(
    name="notices_numbers",
    key="place",
    columns=(Field("place", Text(250)), _MID),
)
SAID: Final = Table(  # what was said to a notice
    name="notices_said",
    key="mid",
    columns=(
        _MID, Field("of", Mid()), _WHAT, _FROM, _PARTY, Field("officer", Text(80), required=False),
        Field("kept", When(), required=False), Field("after", Mid(), required=False),
        Field("value", kinds.VALUE.type, required=False, many=True, count_max=kinds.VALUES_MAX),
        Field("word", Text(32), required=False), Field("state", Text(32), required=False),
        Field("place", Whole(), required=False), Field("language", Text(3), required=False),
        Field("text", LongText(8_000), required=False), Field("official", Flag(), required=False),
        _CREATED, _KEPT, Field("exercise", Text(200), required=False),
    ),
    find_by=(("of",),),
)  # fmt: skip
DAYS: Final = Table(  # the watch log, by our own clock
    name="notices_days",
    key="place",
    columns=(
        Field("place", Text(160)), Field("day", Text(10)), _MID, _WHAT, _FROM,
        Field("of", Mid(), required=False), _PREC, Field("code", Text(16), required=False),
        Field("number", Text(90), required=False), Field("word", Text(32), required=False),
        Field("text", LongText(8_000), required=False), _CREATED, _KEPT,
        Field("exercise", Text(200), required=False), Field("author", Text(64)),
    ),
    find_by=(("day",), ("mid",)),
)  # fmt: skip
FORMATS: Final = Table(  # formats of a party's own, as they were told
    name="notices_formats",
    key="place",
    columns=(
        Field("place", Text(170)), _MID, _FROM, Field("to", Desks()), kinds.CODE, kinds.VERSION,
        Field("file", FileText(kinds.FILE_MAX)), _CREATED,
    ),
    find_by=(("format",),),
)  # fmt: skip
HELD: Final = Table(  # which formats a desk holds, as it told another
    name="notices_held",
    key="mid",
    columns=(
        _MID, _FROM, Field("to", Desks()),
        Field("formats", kinds.HELD.fields[0].type, many=True, count_max=kinds.VALUES_MAX), _CREATED,
    ),
    find_by=(("from",),),
)  # fmt: skip


def _kept(rows: Rows, opened: Opened) -> Moment:
    before = rows.get(opened.mid)
    return (
        opened.kept_at if before is None else min(Values(before).moment("kept_at"), opened.kept_at)
    )


def _exercise(opened: Opened) -> str | None:
    told = opened.ext.get("exercise")
    return told[:200] if isinstance(told, str) and told else None


def fold_notice(rows: Rows, opened: Opened) -> None:
    """Keep a notice, an inquiry or a reply."""
    body = opened.body
    rows.put(
        {
            **{name: body.get(name) for name in ("format", "version", "digest", "year", "number")},
            **{
                name: body.get(name)
                for name in ("language", "value", "acknowledge", "answer", "ladder", "of")
            },
            "mid": opened.mid,
            "what": word(opened.kind),
            "from": opened.from_,
            "party": opened.party,
            "to": opened.to,
            "matter": opened.matter,
            "month": month_of(opened.created),
            "prec": opened.prec,
            "tlp": opened.tlp,
            "created": opened.created,
            "kept_at": _kept(rows, opened),
            "ours": opened.ours,
            "author": opened.author,
            "exercise": _exercise(opened),
        }
    )


def newest_place(minute: int, prec: str, from_: str, mid: bytes) -> str:
    """Return the key of a notice in the list: the latest minute first, then the most urgent."""
    rank = len(PRECEDENCES) - 1 - PRECEDENCES.index(prec)
    return f"{_LATEST - minute:010d} {rank} {from_} {mid.hex()}"


def fold_newest(rows: Rows, opened: Opened) -> None:
    """Give it its place in the list, by when we first kept it."""
    minute = minute_of(opened.kept_at)
    for row in rows.find({"mid": opened.mid}, None, 1):
        before = Values(row)
        if before.whole("minute") <= minute:
            return
        rows.drop(before.text("place"))
    rows.put(
        {
            "place": newest_place(minute, opened.prec, opened.from_, opened.mid),
            "mid": opened.mid,
            "prec": opened.prec,
            "from": opened.from_,
            "minute": minute,
            "ours": opened.ours,
        }
    )


def series(from_: str, to: str, year: int) -> str:
    """Return what all numbers of a year from one desk to another begin with."""
    return f"{from_} {to} {year} "


def number_place(from_: str, to: str, year: int, number: int) -> str:
    """Return what the key of a number begins with."""
    return f"{series(from_, to, year)}{number:06d} "


def fold_number(rows: Rows, opened: Opened) -> None:
    """Keep the number under which a side sent it to another: equal ones stand side by side."""
    body = opened.body
    year, number = body.whole("year"), body.whole("number")
    for to in opened.to:
        place = f"{number_place(opened.from_, to, year, number)}{opened.mid.hex()}"
        rows.put({"place": place, "mid": opened.mid})


def fold_said(rows: Rows, opened: Opened) -> None:
    """Keep what was said to a notice."""
    body = opened.body
    told = ("reason", "rung", "name")
    rows.put(
        {
            **{name: body.get(name) for name in ("officer", "kept", "after", "value", "state")},
            **{name: body.get(name) for name in ("place", "language", "text", "official")},
            "mid": opened.mid,
            "of": body["of"],
            "what": word(opened.kind),
            "from": opened.from_,
            "party": opened.party,
            "officer": body.get("officer") or body.get("translator"),
            "word": next((body[each] for each in told if each in body), None),
            "created": opened.created,
            "kept_at": _kept(rows, opened),
            "exercise": _exercise(opened),
        }
    )


def fold_day(rows: Rows, opened: Opened) -> None:
    """Enter it in the log of the day on which we first kept it."""
    for row in rows.find({"mid": opened.mid}, None, 1):
        before = Values(row)
        if before.moment("kept_at") <= opened.kept_at:
            return
        rows.drop(before.text("place"))
    body = opened.body
    told = ("reason", "rung", "entry", "officer", "translator")
    rows.put(
        {
            "place": f"{max(opened.kept_at.ms, 0):015d} {opened.mid.hex()}",
            "day": day_of(opened.kept_at),
            "mid": opened.mid,
            "what": word(opened.kind),
            "from": opened.from_,
            "of": body.get("of"),
            "prec": opened.prec,
            "code": body.get("format"),
            "number": f"{body.whole('year')}-{body.whole('number'):03d}"
            if "number" in body
            else None,
            "word": next((body.text(each)[:32] for each in told if each in body), None),
            "text": body.get("text"),
            "created": opened.created,
            "kept_at": opened.kept_at,
            "exercise": _exercise(opened),
            "author": opened.author,
        }
    )


def fold_format(rows: Rows, opened: Opened) -> None:
    """Keep a format of a party's own."""
    body = opened.body
    rows.put(
        {
            "place": f"{opened.from_} {opened.mid.hex()}",
            "mid": opened.mid,
            "from": opened.from_,
            "to": opened.to,
            "format": body["format"],
            "version": body["version"],
            "file": body["file"],
            "created": opened.created,
        }
    )


def fold_held(rows: Rows, opened: Opened) -> None:
    """Keep which formats a desk says that it holds."""
    rows.put(
        {
            "mid": opened.mid,
            "from": opened.from_,
            "to": opened.to,
            "formats": opened.body["formats"],
            "created": opened.created,
        }
    )


ALL: Final = (
    Fold(NOTICES, kinds.FORMAL, fold_notice),
    Fold(NEWEST, kinds.FORMAL, fold_newest),
    Fold(NUMBERS, kinds.FORMAL, fold_number),
    Fold(SAID, kinds.FOLLOWING, fold_said),
    Fold(DAYS, (*kinds.FORMAL, *kinds.FOLLOWING, kinds.ENTRY), fold_day),
    Fold(FORMATS, (kinds.FORMAT,), fold_format),
    Fold(HELD, (kinds.HELD,), fold_held),
)
