"""What a person sees at the CERT desk."""

from typing import Final, get_args

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert import acts, exchange, folds, index, kinds, rules
from detente.office.desk import Look
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.reader import Reader, every
from detente.office.stands import COURSES
from detente.office.tables import Row

_MID: Final = Field("mid", Mid(), bare=True)
STATES: Final = OneOf(*get_args(rules.State), "kept")


def read_list(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return bundles, the latest first, with where each of them stands now."""
    where: dict[str, Value] = {"party": values["from"]} if "from" in values else {}
    after: Value = None
    if "after" in values:
        bundle = acts.bundle_at(look, values.data("after"))
        after = folds.newest_place(bundle.moment("kept_at"), bundle.data("mid"))
    places = look.find(folds.NEWEST, where, after, values.whole("count", 50))
    return tuple(_line(look, Values(place).data("mid"), now) for place in places)


def read_show(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the story of a bundle: itself, then all that was said to it, as we kept it."""
    mid = values.data("mid")
    bundle = acts.bundle_at(look, mid)
    story = [row.with_(what=row["verdict"]) for row in every(look, folds.ANSWERS, {"to": mid})]
    for row in every(look, folds.WITHDRAWALS, {"of": mid}):
        own = row["party"] == bundle["party"]
        story.append(row.with_(what="withdrawal" if own else "not_author", text=row["reason"]))
        story += [
            done.with_(what="acknowledged", text=_counts(done))
            for done in every(look, folds.WITHDRAWN, {"of": row["mid"]})
        ]
    story.sort(key=lambda row: (row.moment("kept_at"), row.data("mid")))
    first = bundle.with_(what="bundle", text=bundle["about"])
    names = [column.name for column in SHOW.columns]
    return tuple({name: row.get(name) for name in names} for row in (first, *story))


def read_objects(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return each object of a bundle, and whether it still stands."""
    bundle = acts.bundle_at(look, values.data("mid"))
    gone = index.gone_of(look, bundle)
    rows: list[Row] = []
    for row in index.of_record(look, bundle["mid"]):
        modified = index.modified_of(row)
        state = "withdrawn" if (row["id"], modified) in gone else "stands"
        told = {"id": row["id"], "modified": modified or None, "sha256": row["sha256"]}
        rows.append(told | {"state": state})
    return tuple(rows)


def _line(look: Reader, mid: bytes, now: Moment) -> Row:
    bundle = acts.bundle_at(look, mid)
    stands = [_stand(Values(row)) for row in look.find(COURSES, {"mid": mid}, None, limits.MAX_TO)]
    state: str = rules.state(bundle.whole("count"), len(index.gone_of(look, bundle)), stands, now)
    if bundle.texts("to") == (bundle.text("from"),):
        state = "kept"  # by ourselves alone: nobody owes anything for it
    names = [column.name for column in LIST.columns if column.name != "state"]
    return {name: bundle.get(name) for name in names} | {"state": state}


def _stand(row: Values) -> rules.Stand:
    return rules.Stand(row.text("state"), row.moment("due") if "due" in row else None)


def _counts(row: Values) -> str:
    states = [one.text("state") for one in row.parts("done")]
    return ", ".join(f"{state} {states.count(state)}" for state in ("removed", "not_held", "kept"))


LIST: Final = Look(
    name="cert/list",
    fields=(
        Field("from", Text(63), required=False),
        Field("after", Mid(), required=False),
        Field("count", Whole(1, 500), default=50),
    ),
    read=read_list,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        Field("to", Desks()),
        Field("tlp", OneOf(*MARKINGS)),
        Field("count", Whole()),
        Field("state", STATES),
        Field("deadline", When(), required=False),
        kinds.ABOUT,
    ),
    example="--from borealis.gov --count 20",
)
SHOW: Final = Look(
    name="cert/show",
    fields=(_MID,),
    read=read_show,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        Field(
            "what",
            OneOf("bundle", *kinds.VERDICTS.choices, "withdrawal", "not_author", "acknowledged"),
        ),
        Field("text", LongText(8_000), required=False),
    ),
    example="k3q7zb",
)
OBJECTS: Final = Look(
    name="cert/objects",
    fields=(_MID,),
    read=read_objects,
    columns=(
        kinds.OBJECT_ID,
        kinds.MODIFIED,
        Field("state", OneOf("stands", "withdrawn")),
        Field("sha256", Digest()),
    ),
    example="k3q7zb",
)

ALL: Final = (LIST, SHOW, OBJECTS, *exchange.LOOKS)
