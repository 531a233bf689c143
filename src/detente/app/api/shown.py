"""Records, their files and logs as documents of the API; and ids as people write them."""

from collections.abc import Sequence

from detente.app.api.faults import fault_shown, reason_shown
from detente.app.api.owed import owed_shown
from detente.core import record
from detente.core.canon import Json
from detente.core.moment import Moment
from detente.core.record import Header
from detente.node.ports import Level
from detente.office.fields import Cut, Value, Values, mid_text
from detente.office.marks import Mark
from detente.office.office import Office
from detente.office.standing import FileState, Standing


def mid_of(office: Office, written: Value) -> bytes:
    """Return the mid that was written. Raises OurFault("office.no_record" | "form.mid")."""
    assert isinstance(written, (bytes, Cut)), "that is what a mid reads as"
    return office.records.whole_mid(written)


def rows_shown(office: Office, rows: Sequence[Values], now: Moment) -> list[Json]:
    """Return records as a list shows them."""
    mids = [row.data("mid") for row in rows]
    marked, owed = office.records.marks(mids), office.records.owed(mids, now)
    waiting = {row.data("mid"): row for row in office.status.unsent()}
    return [
        {
            **row_shown(row),
            "marks": marks_shown(marked[row.data("mid")]),
            **owed_shown(*owed[row.data("mid")]),
            "refused": reason_shown(waiting.get(row.data("mid"))),
        }
        for row in rows
    ]


def standing_shown(office: Office, mid: bytes, now: Moment) -> dict[str, Json]:
    """Return one record and how far it has come."""
    row, found = office.records.find(mid)
    marks = marks_shown(office.records.marks([mid])[mid])
    files: list[Json] = [file_shown(each) for each in office.records.file_states(mid)]
    owed = owed_shown(*office.records.owed([mid], now)[mid])
    return {**row_shown(row), "marks": marks, **_stand(found), **owed, "files": files}


def marks_shown(found: Sequence[Mark]) -> list[Json]:
    """Return the marks of a record."""
    return [{"mark": mark.name, "why": mark.why} for mark in found]


def head_shown(mid: bytes, header: Header) -> dict[str, Json]:
    """Return what a record's header says to people."""
    return {
        "id": record.mid_text(mid),
        "mid": mid_text(mid),
        "kind": header.kind,
        "from": header.from_,
        "to": list(header.to),
        "matter": header.matter,
        "prec": header.prec,
        "tlp": header.tlp,
        "created": str(header.created),
    }


def found_shown(row: Values) -> dict[str, Json]:
    """Return what a list says of a record."""
    mid = row.data("mid")
    return {
        "id": record.mid_text(mid),
        "mid": mid_text(mid),
        "kind": row.text("kind"),
        "from": row.text("from"),
        "to": list(row.texts("to")),
        "matter": row.text("matter"),
        "prec": row.text("prec"),
        "tlp": row.text("tlp"),
        "kept_at": str(row.moment("kept_at")),
        "ours": row.flag("ours"),
    }


def row_shown(row: Values) -> dict[str, Json]:
    """Return what the house knows of a record."""
    return {
        **found_shown(row),
        "created": str(row.moment("created")),
        "known": row.flag("known"),
        "size": row.whole("size"),
        "origin": row.text("origin"),
        "place": row.whole("place") if row.text("origin") else None,
    }


def _stand(found: Standing) -> dict[str, Json]:
    return {
        "level": found.level,
        "confirmed": found.confirmed,
        "read_at": str(found.read_at) if found.read_at else None,
        "rejected": fault_shown(found.rejected),
        "refused": fault_shown(found.refused),
    }


def file_shown(each: FileState) -> dict[str, Json]:
    """Return how far a file of a record is."""
    return {
        "number": each.number,
        "name": each.name,
        "size": each.size,
        "percent": each.percent,
        "attached": list(each.attached),
        "sample": each.sample,
        "scan": each.scan,
        "said": each.said,
    }


def level_shown(each: Level) -> Json:
    """Return a log."""
    return {
        "origin": each.origin,
        "owner": each.owner,
        "peer": each.peer,
        "size": each.size,
        "receipted": each.receipted,
        "confirmed": each.confirmed,
        "late": each.late,
        "waiting": each.waiting,
        "state": each.state,
    }
