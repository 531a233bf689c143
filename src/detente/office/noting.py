"""What the house writes down of each record as it is read, good or refused."""

from typing import Final

from detente.core.moment import Moment
from detente.core.record import Header
from detente.office import enclosed, house, marks
from detente.office.fields import Value, Values
from detente.office.reading import Refusal, Taken
from detente.office.tables import Row, Rows

_TWINS_MAX: Final = 64  # desks of several parties may share a series and number; few do


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
            "s": header.s,
            "n": header.n,
            "reply_to": header.reply_to,
            "prec": header.prec,
            "tlp": header.tlp,
            "created": header.created,
            "kept_at": kept_at,
            "deadline": header.deadline,
            "size": header.size,
            "author": taken.signers.author,
            "ours": taken.ours,
            "known": taken.body is not None or taken.shut,
            "marks": marks.to_column(header.ext),
            "origin": known.get("origin"),
            "place": known.whole("place"),
        }
    )


def put_files(rows: Rows, taken: Taken) -> None:
    """Keep which files a record encloses; their keys stay in the record."""
    if taken.body is None:
        return
    for number, file in enumerate(taken.body.parts(enclosed.FILES.name)):
        rows.put(
            {
                "where": f"{taken.mid.hex()} {number:02d}",
                "mid": taken.mid,
                "number": number,
                "name": file.text("name"),
                "aid": file.data("aid"),
                "size": file.whole("size"),
                "desk": taken.desk,
                "ours": taken.ours,
            }
        )


def put_place(records: Rows, places: Rows, mid: bytes, origin: str, place: int) -> None:
    """Keep where a record stands; its own row names the log that sorts first, whichever was read.

    Of ours that stands in a log twice, for it was sealed anew, the last place counts; of theirs the
    first that was opened: what comes again changes nothing.
    """
    where, row = f"{mid.hex()} {origin}", records.get(mid)
    if row is None:
        return
    before = places.get(where)
    if before is not None and (Values(before).whole("place") >= place or not row["ours"]):
        return
    places.put({"where": where, "mid": mid, "origin": origin, "place": place})
    known = Values(row).text("origin")
    if not known or origin <= known:
        records.put({**row, "origin": origin, "place": place})


def put_refusal(rows: Rows, refusal: Refusal, origin: str, seq: int) -> None:
    """Keep a record that is not acceptable, for people to see."""
    fault, header = refusal.fault, refusal.header
    rows.put(
        {
            "place": house.refused_key(origin, seq),
            "origin": origin,
            "seq": seq,
            "mid": refusal.mid.ljust(32, b"\0"),
            "to": header.to if header else None,
            "number": house.number_key(header) if header and refusal.is_signed else None,
            "code": fault.code,
            "what": house.plain(fault.what),
            "remedy": house.plain(fault.remedy),
        }
    )


def other_of_number(records: Rows, refused: Rows, mid: bytes, header: Header) -> Row | None:
    """Return the row of another record that was signed under this record's number, if one was."""
    where: dict[str, Value] = {"matter": header.matter, "s": header.s, "n": header.n}
    for row in records.find(where, None, _TWINS_MAX):
        if row["from"] == header.from_ and row["mid"] != mid:
            return row
    for row in refused.find({"number": house.number_key(header)}, None, _TWINS_MAX):
        if row["mid"] != mid:
            return {**row, "place": row["seq"]}
    return None


def put_equivocation(rows: Rows, first: Row, refusal: Refusal, origin: str, seq: int) -> None:
    """Keep where the two records stand that one desk signed under one number."""
    assert refusal.header is not None, "its signature was checked"
    header = refusal.header
    rows.put(
        {
            "place": house.refused_key(origin, seq),
            "from": header.from_,
            "matter": header.matter,
            "s": header.s,
            "n": header.n,
            "first": first["mid"],
            "first_origin": first["origin"],
            "first_seq": first["place"],
            "second": refusal.mid,
            "second_origin": origin,
            "second_seq": seq,
        }
    )
