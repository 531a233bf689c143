"""What contradicts: an object under the id and time of another one. Both contents are kept.

A peer's stands in the index beside the first. Ours does not leave; it is kept as a record to ourselves,
so that nobody has to believe that it was ever tried.
"""

import json
from typing import Final

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import kinds
from detente.desks.cert.formats.members import Object
from detente.desks.cert.formats.stix import Ref
from detente.office.desk import Fold, Look, Opened
from detente.office.drafting import Draft
from detente.office.fields import Digest, Field, FileText, Mid, Text, Values, When, Whole, mid_text
from detente.office.reader import Reader, every
from detente.office.tables import Row, Rows, Table

CONFLICTS: Final = Table(
    name="cert_conflicts",
    key="mid",
    columns=(
        Field("mid", Mid()),
        *kinds.CONFLICT.fields,
        Field("from", Text(96)),
        Field("created", When()),
    ),
    find_by=(("id",), ("sha256",)),
)


def words(place: int, ref: Ref, row: Row) -> str:
    """Return in words what a version contradicts. row: of INDEX, holds the first content."""
    held = Values(row)
    since = f"{held.text('from')} said otherwise in record {mid_text(held.data('mid'))}"
    return f"objects[{place}]: {ref.id} of {ref.modified} is held with other content: {since}"


def keep(
    drafts: list[Draft], look: Reader, ref: Ref, one: Object, row: Row, act: str, now: Moment
) -> None:
    """Add the record that keeps a refused content, unless it is kept, or enough of this act are."""
    if len(drafts) >= limits.MAX_CONFLICTS_KEPT:
        return
    same = every(look, CONFLICTS, {"sha256": ref.sha256})
    if any((each.text("id"), each.text("modified")) == (ref.id, ref.modified) for each in same):
        return
    text = json.dumps(one, ensure_ascii=False, separators=(",", ":"))
    is_long = len(text.encode()) > kinds.CONFLICT_TEXT_MAX
    body = Values(
        {
            "id": ref.id,
            "modified": ref.modified or None,
            "of": row["mid"],
            "held": row["sha256"],
            "sha256": ref.sha256,
            "act": act,
            "object": None if is_long else text,
        }
    )
    drafts.append(Draft(kind=kinds.CONFLICT, to=(), body=body, created=now, tlp="RED"))


def fold_conflict(rows: Rows, opened: Opened) -> None:
    """Keep a refused content of ours. A stranger's word on what we wanted to say is none."""
    if opened.ours:
        rows.put(
            {**opened.body, "mid": opened.mid, "from": opened.from_, "created": opened.created}
        )


def read_conflicts(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what was refused because it contradicts what was said before, the latest first."""
    where = {"id": values["id"]} if "id" in values else {}
    rows = sorted(every(look, CONFLICTS, where), key=_when, reverse=True)
    names = [column.name for column in LIST.columns]
    return tuple({name: row.get(name) for name in names} for row in rows[: values.whole("count")])


def read_conflict(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the text of a refused object."""
    row = look.get(CONFLICTS, values["mid"])
    return () if row is None or row.get("object") is None else ({"object": row["object"]},)


def _when(row: Values) -> tuple[Moment, bytes]:
    return row.moment("created"), row.data("mid")


LIST: Final = Look(
    name="cert/conflicts",
    fields=(
        Field("id", kinds.OBJECT_ID.type, required=False),
        Field("count", Whole(1, 500), default=50),
    ),
    read=read_conflicts,
    columns=(
        Field("mid", Mid()),
        Field("created", When()),
        kinds.OBJECT_ID,
        kinds.MODIFIED,
        Field("of", Mid()),
        Field("held", Digest()),
        Field("sha256", Digest()),
        Field("act", Text(64)),
    ),
    example="--count 20",
)
TEXT: Final = Look(
    name="cert/conflict_export",
    fields=(Field("mid", Mid(), bare=True),),
    read=read_conflict,
    columns=(Field("object", FileText(limits.MAX_CONFLICT_TEXT)),),
    example="k3q7zb > object.json",
)
FOLDS: Final = (Fold(CONFLICTS, (kinds.CONFLICT,), fold_conflict),)
LOOKS: Final = (LIST, TEXT)
