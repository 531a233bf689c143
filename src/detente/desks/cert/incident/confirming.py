"""A list of contacts holds as long as somebody says so: confirmed once a year, or replaced."""

from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.incident import folds, kinds
from detente.office.desk import Act, Fold, Opened, Role
from detente.office.drafting import URGENCY, Draft, ext_of
from detente.office.fields import Field, Flag, Mid, Text, Values, When
from detente.office.reader import Reader, every
from detente.office.tables import Rows, Table

CONFIRMED: Final = Table(
    name="cert_confirmed",
    key="mid",
    columns=(
        Field("mid", Mid()),
        Field("of", Mid()),
        Field("from", Text(96)),
        Field("holds", Flag()),
        Field("created", When()),
    ),
    find_by=(("of",),),
)


def fold_confirmed(rows: Rows, opened: Opened) -> None:
    """Keep that a list still holds, or was replaced; looks ask whether its own desk says so."""
    body = opened.body
    row = {"mid": opened.mid, "of": body["of"], "from": opened.from_, "holds": body["holds"]}
    rows.put({**row, "created": opened.created})


def confirmed_at(look: Reader, contacts: Values) -> Moment:
    """Return when a desk last said that its list holds; when it told it, if it never did."""
    said = every(look, CONFIRMED, {"of": contacts["mid"]})
    own = [
        row.moment("created") for row in said if row["from"] == contacts["from"] and row["holds"]
    ]
    return max([contacts.moment("created"), *own])


def build_confirm(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say to whom we told a list of contacts that it still holds."""
    mid = values.data("mid")
    row = next((each for each in every(look, folds.CONTACTS, {}) if each["mid"] == mid), None)
    if row is None:
        raise OurFault("cert.unknown_record", "no list has this id", "look at cert directory")
    if not row.flag("ours"):
        raise OurFault("cert.not_ours", f"it is {row.text('from')}'s", "they confirm it")
    return (_said(row, now, holds=True, values=values),)


def replaced(look: Reader, to: tuple[str, ...], now: Moment, values: Values) -> tuple[Draft, ...]:
    """Return what ends our earlier lists to the very desks that get a new one."""
    own = (row for row in every(look, folds.CONTACTS, {}) if row.flag("ours"))
    old = [row for row in own if sorted(row.texts("to")) == sorted(to)]
    ended = {
        row.data("of") for each in old for row in every(look, CONFIRMED, {"of": each["mid"]})
        if not row.flag("holds")
    }  # fmt: skip
    return tuple(
        _said(row, now, holds=False, values=values) for row in old if row.data("mid") not in ended
    )


def _said(row: Values, now: Moment, *, holds: bool, values: Values) -> Draft:
    return Draft(
        kind=kinds.CONFIRMED,
        to=row.texts("to"),
        body=Values({"of": row["mid"], "holds": holds}),
        created=now,
        matter=row.text("matter"),
        reply_to=row.data("mid"),
        prec=values.text("prec"),
        ext=ext_of(values),
        tlp=row.text("tlp"),
    )


CONFIRM: Final = Act(
    name="cert/confirm",
    fields=(Field("mid", Mid(), bare=True), *URGENCY),
    build=build_confirm,
    role=Role.AUTHOR,
    source=kinds.CONTACTS.source,
    example="k3q7zb",
)
FOLDS: Final = (Fold(CONFIRMED, (kinds.CONFIRMED,), fold_confirmed),)
