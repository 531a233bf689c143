"""Arrangements as people make them and see them."""

from typing import Final

from detente.core.moment import Moment
from detente.desks.cert import kinds, sharing
from detente.office.desk import Act, Look, Role
from detente.office.drafting import MARKINGS, TLP, URGENCY, Draft, ext_of
from detente.office.fields import Desks, Field, Flag, Mid, OneOf, Text, Values, When
from detente.office.reader import Reader, every
from detente.office.tables import Row

_TO: Final = Field("to", Desks(desk="cert"))


def build_arrange(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Tell a party what we let go to it from now on."""
    body = values.without("to", "tlp", "prec", "unreleased", "exercise")
    return (
        Draft(
            kind=kinds.ARRANGEMENT,
            to=values.texts("to"),
            body=body,
            created=now,
            prec=values.text("prec"),
            ext=ext_of(values),
            tlp=values.text("tlp"),
        ),
    )


def read_arrangements(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what each party lets go to which, the newest first, and which of it stands."""
    rows = [row for row in every(look, sharing.ARRANGEMENTS, {}) if _is_about(row, values)]
    rows.sort(key=lambda row: (row.moment("created"), row.data("mid")), reverse=True)
    last: dict[tuple[str, str], Moment] = {}
    found: list[Row] = []
    for row in rows:
        way = (row.text("party"), row.text("to"))
        newest = last.setdefault(way, row.moment("created"))
        state = "replaced" if row.moment("created") < newest else _state(row, now)
        names = [column.name for column in ARRANGEMENTS.columns]
        found.append({**{name: row.get(name) for name in names}, "state": state})
    return tuple(found)


def _is_about(row: Values, values: Values) -> bool:
    asked = values.text("party")
    return not asked or asked in (row.text("party"), row.text("to"))


def _state(row: Values, now: Moment) -> str:
    if row.flag("ends"):
        return "ended"
    return "ended" if "until" in row and now > row.moment("until") else "stands"


ARRANGE: Final = Act(
    name="cert/arrange",
    fields=(
        _TO,
        kinds.ABOUT,
        kinds.OF_TYPE,
        kinds.OF_SECTOR,
        Field("upto", OneOf(*MARKINGS), default="AMBER"),
        kinds.PAP_UPTO,
        Field("way", OneOf("person", "automatic"), default="person"),
        kinds.UNTIL,
        Field("ends", Flag(), default=False),
        TLP,
        *URGENCY,
    ),
    build=build_arrange,
    role=Role.AUTHOR,
    source=kinds.ARRANGEMENT.source,
    example='--to borealis.gov --about "Malware indicators" --type indicator --upto AMBER',
)
ARRANGEMENTS: Final = Look(
    name="cert/arrangements",
    fields=(Field("party", Text(63), required=False),),
    read=read_arrangements,
    columns=(
        Field("mid", Mid()),
        Field("party", Text(63)),
        Field("to", Text(63)),
        Field("created", When()),
        Field("state", OneOf("stands", "replaced", "ended")),
        *kinds.TERMS,
        kinds.ABOUT,
    ),
    example="--party borealis.gov",
)
