"""What a person sees at the CERT desk."""

from typing import Final

from detente.core.moment import Moment
from detente.desks.cert import acts, folds, kinds, rules
from detente.office.desk import MARKINGS, Look, Reader, every
from detente.office.fields import (
    Desks,
    Digest,
    Field,
    FileText,
    LongText,
    Mid,
    OneOf,
    Text,
    Value,
    Values,
    When,
    Whole,
)
from detente.office.tables import Row

_MID: Final = Field("mid", Mid(), bare=True)
STATES: Final = OneOf("open", "overdue", "answered", "partly_withdrawn", "withdrawn")


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
    gone = _gone(look, bundle)
    rows: list[Row] = []
    for row in every(look, folds.OBJECTS, {"bundle": bundle["mid"]}):
        version = (row.text("id"), row.text("modified"))
        state = "withdrawn" if version in gone else "stands"
        rows.append(
            {name: row.get(name) for name in ("id", "modified", "sha256")} | {"state": state}
        )
    return tuple(rows)


def read_export(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return a bundle's text; its UTF-8 bytes are those that its author sent."""
    mid = values.data("mid")
    acts.bundle_at(look, mid)
    row = look.get(folds.TEXTS, mid)
    assert row is not None, "both tables are filled by the same record"
    return ({"bundle": row["bundle"]},)


def _line(look: Reader, mid: bytes, now: Moment) -> Row:
    bundle = acts.bundle_at(look, mid)
    # Asked by party: however much others say, one row tells whether these have answered.
    answered = any(
        look.find(folds.ANSWERS, {"to": mid, "party": party}, None, 1)
        for party in rules.answerers(bundle.texts("to"))
    )
    deadline = bundle.get("deadline")
    state = rules.state(
        bundle.whole("count"),
        len(_gone(look, bundle)),
        answered=answered,
        deadline=deadline if isinstance(deadline, Moment) else None,
        now=now,
    )
    names = [column.name for column in LIST.columns if column.name != "state"]
    return {name: bundle.get(name) for name in names} | {"state": state}


def _gone(look: Reader, bundle: Values) -> frozenset[rules.Version]:
    party, mid = bundle.text("party"), bundle.data("mid")
    # Asked by party too: a stranger's thousand withdrawals must not cost us a thousand reads.
    named = [
        acts.withdrawal_of(row)
        for row in every(look, folds.WITHDRAWALS, {"of": mid, "party": party})
    ]
    return rules.withdrawn(party, acts.versions_of(look, mid), named) if named else frozenset()


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
EXPORT: Final = Look(
    name="cert/export",
    fields=(_MID,),
    read=read_export,
    columns=(Field("bundle", FileText(2**31)),),
    example="k3q7zb > bundle.json",
)

ALL: Final = (LIST, SHOW, OBJECTS, EXPORT)
