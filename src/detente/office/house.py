"""What the house itself remembers of records: where each stands, and what became of it.

Tables are folds like those of desks: they can be dropped and refolded to equal rows.
"""

from typing import Final

from detente.core.record import Header
from detente.office import (
    attached,
    clearing,
    head_rows,
    home_folds,
    kinds,
    marks,
    people_rows,
    replies,
    taking,
    wishes,
)
from detente.office.desk import Fold, Opened
from detente.office.drafting import MARKINGS, PRECEDENCES
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    Flag,
    Mid,
    OneOf,
    Text,
    Values,
    When,
    Whole,
)
from detente.office.tables import Rows, Table

_FROM: Final = Field("from", Text(96))
_WHO: Final = Field("who", Text(170))  # the record, a blank, and the desk that says it
_ORIGIN: Final = Field("origin", Text(200), required=False)

RECORDS: Final = Table(
    name="house_records",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("kind", Text(48)),
        _FROM,
        Field("to", Desks()),
        Field("desk", Text(32)),
        Field("matter", Text(32)),
        Field("s", Text(8)),
        Field("n", Whole()),
        Field("reply_to", Mid(), required=False),
        Field("prec", OneOf(*PRECEDENCES)),
        Field("tlp", OneOf(*MARKINGS)),
        Field("created", When()),
        Field("kept_at", When()),
        Field("deadline", When(), required=False),
        Field("size", Whole()),
        Field("author", Text(64)),
        Field("ours", Flag()),
        Field("known", Flag()),
        marks.COLUMN,
        _ORIGIN,
        Field("place", Whole()),
    ),
    find_by=(("matter",), ("matter", "s", "n"), ("reply_to",)),
)
PLACES: Final = Table(  # a record to two parties stands in two logs
    name="house_places",
    key="where",
    columns=(
        Field("where", Text(280)),  # the record, a blank, and the log
        Field("mid", Mid()),
        Field("origin", Text(200)),
        Field("place", Whole()),
    ),
    find_by=(("mid",),),
)
DELIVERIES: Final = Table(
    name="house_deliveries",
    key="who",
    columns=(
        Field("who", Text(320)),  # the desk that opened, a blank, and the log it read
        _FROM,
        Field("origin", Text(200)),
        Field("upto", Whole()),
        Field("not", Whole(), many=True, count_min=0, count_max=kinds.NOT_OPENED_MAX),
    ),
)
READS: Final = Table(
    name="house_reads",
    key="who",
    columns=(_WHO, Field("of", Mid()), _FROM, Field("at", When()), Field("ours", Flag())),
)
REJECTS: Final = Table(
    name="house_rejects",
    key="who",
    columns=(
        _WHO,
        Field("of", Mid()),
        _FROM,
        Field("code", Text(32)),
        Field("what", Text(500)),
        Field("remedy", Text(500)),
        Field("ours", Flag()),
    ),
)
ACTS: Final = Table(
    name="house_acts",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("at", When()),
        Field("person", Text(64)),
        Field("user", Text(64), required=False),
        Field("act", Text(64)),
        Field("mids", Mid(), many=True, count_min=0, count_max=64),
        kinds.REQUEST,  # the name alone
        Field("mark", Text(wishes.MARK_CHARS), required=False),
    ),
    find_by=(("request",),),
)
REFUSED: Final = Table(
    name="house_refused",
    key="place",
    columns=(
        Field("place", Text(240)),  # the log, a blank, and 16 digits
        Field("origin", Text(200)),
        Field("seq", Whole()),
        Field("mid", Mid()),
        Field("to", Desks(), required=False),  # absent if the header cannot be read
        Field("number", Text(170), required=False),  # if its author's signature holds
        Field("code", Text(32)),
        Field("what", Text(500)),
        Field("remedy", Text(500)),
    ),
    find_by=(("origin",), ("number",)),
)
EQUIVOCATIONS: Final = Table(  # two records that one desk signed under one number
    name="house_equivocations",
    key="place",
    columns=(
        Field("place", Text(240)),  # of the second, as in REFUSED
        _FROM,
        Field("matter", Text(32)),
        Field("s", Text(8)),
        Field("n", Whole()),
        Field("first", Mid()),
        Field("first_origin", Text(200)),
        Field("first_seq", Whole()),
        Field("second", Mid()),
        Field("second_origin", Text(200)),
        Field("second_seq", Whole()),
    ),
    find_by=(("matter",),),
)

DIGESTS: Final = Table(  # what each side stated of a matter
    name="house_digests",
    key="mid",
    columns=(
        Field("mid", Mid()),
        _FROM,
        Field("to", Desks()),
        Field("matter", Text(32)),
        Field("reply_to", Mid(), required=False),
        Field("ours", Flag()),
        *kinds.DIGEST.fields,
    ),
    find_by=(("matter",), ("reply_to",)),
)
FILES: Final = Table(  # enclosed in records
    name="house_files",
    key="where",
    columns=(
        Field("where", Text(80)),  # the record, a blank, and two digits
        Field("mid", Mid()),
        Field("number", Whole()),
        Field("name", Text(200)),
        Field("aid", Digest()),
        Field("size", Whole()),
        Field("desk", Text(32)),
        Field("ours", Flag()),
    ),
    find_by=(("mid",), ("ours",)),
)

ATTACHED: Final = attached.ATTACHED


def attached_key(mid: bytes, aid: bytes, desk: str) -> str:
    """Return the key of what one desk says of one file of a record."""
    return f"{mid.hex()} {aid.hex()} {desk}"


def delivery_key(desk: str, origin: str) -> str:
    """Return the key of what one desk opened of one log."""
    return f"{desk} {origin}"


def said_key(mid: bytes, desk: str) -> str:
    """Return the key of what one desk says of a record."""
    return f"{mid.hex()} {desk}"


def refused_key(origin: str, seq: int) -> str:
    """Return the key of a record that was not acceptable."""
    return f"{origin} {seq:016d}"


def number_key(header: Header) -> str:
    """Return what no two records may share (spec/record.md 2.1)."""
    return f"{header.from_} {header.matter} {header.s} {header.n}"


def plain(text: str) -> str:
    """Return the words of a fault as one line of 1 to 500 characters: they may quote a stranger."""
    return "".join(each if each.isprintable() else "?" for each in text[:500]) or "?"


def _fold_delivered(rows: Rows, record: Opened) -> None:
    # Cumulative: only the furthest counts, in whatever order they come.
    key, upto = delivery_key(record.from_, record.body.text("origin")), record.body.whole("upto")
    known = rows.get(key)
    if known is None or Values(known).whole("upto") <= upto:
        rows.put(
            {
                "who": key,
                "from": record.from_,
                "origin": record.body.text("origin"),
                "upto": upto,
                "not": record.body.get("not", ()),
            }
        )


def _fold_read(rows: Rows, record: Opened) -> None:
    # The first who saw it; a second of the same desk says nothing new.
    of, at = record.body.data("of"), record.kept_at
    who = said_key(of, record.from_)
    known = rows.get(who)
    if known is None or Values(known).moment("at") > at:
        rows.put({"who": who, "of": of, "from": record.from_, "at": at, "ours": record.ours})


def _fold_attached(rows: Rows, record: Opened) -> None:
    of, aids = record.body.data("of"), record.body["aids"]
    assert isinstance(aids, tuple)
    for aid in aids:
        assert isinstance(aid, bytes)
        who = attached_key(of, aid, record.from_)
        known = rows.get(who)
        if known is None or Values(known).moment("at") > record.kept_at:
            rows.put({"who": who, "of": of, "aid": aid, "from": record.from_, "at": record.kept_at})


def _fold_reject(rows: Rows, record: Opened) -> None:
    body = record.body
    rows.put(
        {
            "who": said_key(body.data("of"), record.from_),
            "of": body.data("of"),
            "from": record.from_,
            "code": body.text("code"),
            "what": body.text("what"),
            "remedy": body.text("remedy"),
            "ours": record.ours,
        }
    )


def _fold_act(rows: Rows, record: Opened) -> None:
    body = record.body
    name, mark = wishes.split(body.text("request"))
    rows.put(
        {
            "mid": record.mid,
            "at": record.created,
            "person": body.text("person"),
            "user": body.get("user"),
            "act": body.text("act"),
            "mids": body.get("mids", ()),
            "request": name or None,
            "mark": mark or None,
        }
    )


def _fold_digest(rows: Rows, record: Opened) -> None:
    rows.put(
        {
            **record.body,
            "mid": record.mid,
            "from": record.from_,
            "to": record.to,
            "matter": record.matter,
            "reply_to": record.reply_to,
            "ours": record.ours,
        }
    )


FOLDS: Final = (
    Fold(DELIVERIES, (kinds.DELIVERED,), _fold_delivered),
    Fold(READS, (kinds.READ,), _fold_read),
    Fold(ATTACHED, (kinds.ATTACHED,), _fold_attached),
    Fold(REJECTS, (kinds.REJECT,), _fold_reject),
    Fold(ACTS, (kinds.ACT,), _fold_act),
    Fold(DIGESTS, (kinds.DIGEST,), _fold_digest),
    replies.FOLD,
    *home_folds.FOLDS,
    head_rows.FOLD,
    people_rows.FOLD,
    *taking.FOLDS,
    clearing.FOLD,
)
FOLDS_OF: Final = {
    name: tuple(fold for fold in FOLDS if name in {kind.name for kind in fold.kinds})
    for name in kinds.HOUSE
}
TABLES: Final = (RECORDS, PLACES, FILES, REFUSED, EQUIVOCATIONS, *(fold.table for fold in FOLDS))
