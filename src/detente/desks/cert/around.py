"""What is known around one object: who saw it, and the values it is found by."""

from typing import Final, get_args

from detente.core.moment import Moment
from detente.desks.cert import kinds, linking, paging
from detente.desks.cert.formats import members, values
from detente.desks.cert.formats.jcs import Json
from detente.office.desk import Look
from detente.office.fields import Field, OneOf, Text, Values, Whole
from detente.office.reader import Reader
from detente.office.tables import Row

_COUNT_MAX: Final = 999_999_999  # as STIX 2.1 has it (4.14)


def read_sightings(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return who says to have seen an object: between which times, how often."""
    rows: list[Row] = []
    for row, one in linking.saying(look, given.text("id"), given.whole("count", 100)):
        if one.get("type") != "sighting" or one.get("sighting_of_ref") != given["id"]:
            continue
        rows.append(
            {
                "first_seen": members.text(one, "first_seen")[:40] or None,
                "last_seen": members.text(one, "last_seen")[:40] or None,
                "times": _times(one.get("count")),
                "id": row["id"],
                "from": row["from"],
                "state": paging.stands(look, [row])[0],
            }
        )
    return tuple(
        sorted(rows, key=lambda row: str(row["last_seen"] or row["first_seen"]), reverse=True)
    )


def _times(count: Json) -> int | None:
    if not isinstance(count, int) or isinstance(count, bool):
        return None
    return min(max(0, count), _COUNT_MAX)


def read_values(look: Reader, given: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the values by which an object's last version is found: addresses, names, hashes."""
    heads = paging.versions(look, given.text("id"))[:1]
    found = [each for one in linking.objects_of(look, heads) for each in values.values_of(one)]
    return tuple({"value": each[: values.VALUE_CHARS_MAX]} for each in found)


_ID: Final = Field("id", kinds.OBJECT_ID.type, bare=True)
_EXAMPLE: Final = "indicator--33fe3b22-0201-47cf-85d0-97c02164528d"
SIGHTINGS: Final = Look(
    name="cert/sightings",
    fields=(_ID, Field("count", Whole(1, 500), default=100)),
    read=read_sightings,
    columns=(
        Field("first_seen", Text(40), required=False),
        Field("last_seen", Text(40), required=False),
        Field("times", Whole(), required=False),
        kinds.OBJECT_ID,
        Field("from", Text(96)),
        Field("state", OneOf(*get_args(paging.State))),
    ),
    example=_EXAMPLE,
)
VALUES: Final = Look(
    name="cert/values",
    fields=(_ID,),
    read=read_values,
    columns=(Field("value", Text(values.VALUE_CHARS_MAX)),),
    example=_EXAMPLE,
)
ALL: Final = (SIGHTINGS, VALUES)
