"""What the API says is wrong: refusals, and what the doctor asks of an office."""

from detente.app.desk_keys import DeskKeys
from detente.core import record
from detente.core.canon import Json
from detente.office.alarms import Bell
from detente.office.fields import Values, mid_text
from detente.office.office import Office


def fault_shown(found: tuple[str, str, str] | None) -> Json:
    """Return code, what and remedy by their names; None for no fault."""
    return None if found is None else dict(zip(("code", "what", "remedy"), found, strict=True))


def reason_shown(row: Values | None) -> Json:
    """Return why our own node refused a record; None for one that it did not."""
    if row is None:
        return None
    return fault_shown((row.text("code"), row.text("what"), row.text("remedy")))


def doctor_shown(office: Office) -> Json:
    """Return what is wrong at an office."""
    if office.status.refused_cards():
        office.status.see_cards()  # people may have compared since
    return {
        "refused": [refused_shown(row) for row in office.status.refused()],
        "unsent": [_unsent(row) for row in office.status.unsent()],
        "cards": dict(office.status.refused_cards()),
        "equivocations": [
            {
                "from": row.text("from"),
                "matter": row.text("matter"),
                "s": row.text("s"),
                "n": row.whole("n"),
                "first": record.mid_text(row.data("first")),
                "second": record.mid_text(row.data("second")),
            }
            for row in office.status.equivocations()
        ],
        "held": [
            {"origin": origin, "code": fault.code, "what": fault.what, "remedy": fault.remedy}
            for origin, fault in office.status.held()
        ],
        "desk_keys": _desk_keys(office),
        "odd": [
            {"where": where, "code": fault.code, "what": fault.what, "remedy": fault.remedy}
            for where, fault in office.status.odd().items()
        ],
        "alarms": [_bell(each) for each in office.alarms.bells()],
        "spares": {desk: len(office.people.spares((desk,))) for desk in office.people.desks},
    }


def _desk_keys(office: Office) -> list[Json]:
    keys, found = office.desk_keys, list[Json]()
    for desk in keys.desks if isinstance(keys, DeskKeys) else ():
        assert isinstance(keys, DeskKeys), "else there is none to look at"
        flashes, since = office.todo.alarms(desk)
        found.append(
            {
                "desk": desk, "entrusted": desk in keys.entrusted, "open": keys.is_open(desk),
                "holders": len(keys.holders(desk)), "may_unattended": keys.may_unattended(desk),
                "flashes": flashes, "since": str(since) if since else None,
            }
        )  # fmt: skip
    return found


def _bell(each: Bell) -> Json:
    return {
        "by": each.name, "failing": each.failing, "why": each.why, "waiting": each.waiting,
        "tries": each.tries, "tries_max": each.tries_max,
        "well_at": str(each.well_at) if each.well_at else None,
        "failed_at": str(each.failed_at) if each.failed_at else None,
    }  # fmt: skip


def _unsent(row: Values) -> Json:
    mid = row.data("mid")
    return {"id": record.mid_text(mid), "mid": mid_text(mid), "refused": reason_shown(row)}


def refused_shown(row: Values) -> Json:
    """Return a record that was not acceptable."""
    return {
        "origin": row.text("origin"),
        "place": row.whole("seq"),
        "id": record.mid_text(row.data("mid")),
        "code": row.text("code"),
        "what": row.text("what"),
        "remedy": row.text("remedy"),
    }
