"""What the house itself remembers of records: where each stands, and what became of it.

Tables are folds like those of desks: they can be dropped and refolded to equal rows.
"""

from typing import Final

from detente.core.moment import Moment
from detente.office import kinds
from detente.office.desk import MARKINGS, PRECEDENCES, Fold, Opened
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Values, When, Whole
from detente.office.reading import Refusal, Taken
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
        Field("prec", OneOf(*PRECEDENCES)),
        Field("tlp", OneOf(*MARKINGS)),
        Field("created", When()),
        Field("kept_at", When()),
        Field("deadline", When(), required=False),
        Field("size", Whole()),
        Field("author", Text(64)),
        Field("ours", Flag()),
        Field("known", Flag()),
        _ORIGIN,
        Field("place", Whole()),
    ),
    find_by=(("matter",),),
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
        Field("user", Text(64)),
        Field("act", Text(64)),
        Field("mids", Mid(), many=True, count_min=0, count_max=64),
        kinds.REQUEST,
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
        Field("code", Text(32)),
        Field("what", Text(500)),
        Field("remedy", Text(500)),
    ),
    find_by=(("origin",),),
)


def delivery_key(desk: str, origin: str) -> str:
    """Return the key of what one desk opened of one log."""
    return f"{desk} {origin}"


def said_key(mid: bytes, desk: str) -> str:
    """Return the key of what one desk says of a record."""
    return f"{mid.hex()} {desk}"


def refused_key(origin: str, seq: int) -> str:
    """Return the key of a record that was not acceptable."""
    return f"{origin} {seq:016d}"


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
    rows.put(
        {
            "mid": record.mid,
            "at": record.created,
            "person": body.text("person"),
            "user": body.text("user"),
            "act": body.text("act"),
            "mids": body.get("mids", ()),
            "request": body.get("request"),
        }
    )


FOLDS: Final = (
    Fold(DELIVERIES, (kinds.DELIVERED,), _fold_delivered),
    Fold(READS, (kinds.READ,), _fold_read),
    Fold(REJECTS, (kinds.REJECT,), _fold_reject),
    Fold(ACTS, (kinds.ACT,), _fold_act),
)
FOLD_OF: Final = {kind.name: fold for fold in FOLDS for kind in fold.kinds}
TABLES: Final = (RECORDS, PLACES, REFUSED, *(fold.table for fold in FOLDS))


def put_record(rows: Rows, taken: Taken, kept_at: Moment) -> None:
    """Keep what a record is, and when it was first kept."""
    header, known = taken.header, Values(rows.get(taken.mid) or {})
    if known:
        kept_at = min(kept_at, known.moment("kept_at"))
    rows.put(
        {
            "mid": taken.mid,
            "kind": header.kind,
            "from": header.from_,
            "to": header.to,
            "desk": taken.desk,
            "matter": header.matter,
            "prec": header.prec,
            "tlp": header.tlp,
            "created": header.created,
            "kept_at": kept_at,
            "deadline": header.deadline,
            "size": header.size,
            "author": taken.signers.author,
            "ours": taken.ours,
            "known": taken.body is not None,
            "origin": known.get("origin"),
            "place": known.whole("place"),
        }
    )


def put_place(records: Rows, places: Rows, mid: bytes, origin: str, place: int) -> None:
    """Keep where a record stands; its own row names the log that sorts first, whichever was read."""
    where, row = f"{mid.hex()} {origin}", records.get(mid)
    if row is None or places.get(where) is not None:
        return
    places.put({"where": where, "mid": mid, "origin": origin, "place": place})
    known = Values(row).text("origin")
    if not known or origin < known:
        records.put({**row, "origin": origin, "place": place})


def plain(text: str) -> str:
    """Return the words of a fault as one line of 1 to 500 characters: they may quote a stranger."""
    return "".join(each if each.isprintable() else "?" for each in text[:500]) or "?"


def put_refusal(rows: Rows, refusal: Refusal, origin: str, seq: int) -> None:
    """Keep a record that is not acceptable, for people to see."""
    fault = refusal.fault
    rows.put(
        {
            "place": refused_key(origin, seq),
            "origin": origin,
            "seq": seq,
            "mid": refusal.mid.ljust(32, b"\0"),
            "to": refusal.header.to if refusal.header else None,
            "code": fault.code,
            "what": plain(fault.what),
            "remedy": plain(fault.remedy),
        }
    )
