"""What a person sees about incidents."""

from collections.abc import Mapping, Sequence
from typing import Final

from detente.core import limits
from detente.core.moment import Moment
from detente.desks.cert.incident import acts, confirming, folds, kinds, procedures
from detente.desks.cert.kinds import ABOUT
from detente.office.desk import Look
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Field,
    Flag,
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

STATES: Final = OneOf(
    *dict.fromkeys(state.name for each in procedures.ALL for state in each.states), "overdue"
)
_MID: Final = Field("mid", Mid(), bare=True)


def read_list(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what was opened, the latest first, with where it stands and what is due next."""
    where: dict[str, Value] = {"what": values["what"]} if "what" in values else {}
    places = look.find(folds.NEWEST, where, None, values.whole("count", 50))
    rows = (acts.case_at(look, Values(place).data("mid")) for place in places)
    names = [each.name for each in LIST.columns if each.name not in ("state", "due")]
    return tuple({**{n: row.get(n) for n in names}, **_stand(look, row, now)} for row in rows)


def read_case(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return the story of one: itself, then all that was said to it, as we kept it.

    What had to be said by an hour shows the hour, and whether it was written after it.
    """
    case = acts.case_at(look, values.data("mid"))
    said = every(look, folds.STORY, {"of": case["mid"]})
    story = sorted(said, key=lambda row: (row.moment("kept_at"), row.data("mid")))
    first = case.with_(word=case.get("severity"))
    names = [column.name for column in CASE.columns]
    hours = _hours(case, story)
    return tuple(
        {**{name: row.get(name) for name in names}, **_kept_to(row, hours)}
        for row in (first, *story)
    )


def _hours(case: Values, story: Sequence[Values]) -> dict[tuple[str, str], Moment]:
    # By what a record is, and which report: until when it had to be written.
    if "aware" not in case:
        return {}
    aware, report = case.moment("aware"), folds.word(kinds.REPORT.name)
    found = {
        (folds.word(kinds.WARNING.name), ""): aware + procedures.WARN_WITHIN,
        (report, "notification"): aware + procedures.NOTIFY_WITHIN,
    }
    told = [
        row.moment("created") for row in story
        if row["what"] == report and row.text("word") == "notification" and row["from"] == case["from"]
    ]  # fmt: skip
    if told:
        found[report, "final"] = min(told) + procedures.FINAL_WITHIN
    return found


def _kept_to(row: Values, hours: Mapping[tuple[str, str], Moment]) -> Row:
    until = hours.get((row.text("what"), row.text("word")))
    late = until is not None and row.moment("created") > until
    return {"until": until, "late": late if until is not None else None}


def read_contacts(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return each desk's points of contact, as it last gave them, and how its last ping went."""
    latest: dict[str, Values] = {}
    party = values.text("from")
    for row in every(look, folds.CONTACTS, {}):
        if party and party != row.text("from").partition("@")[2]:
            continue
        before = latest.get(row.text("from"))
        if before is None or before.moment("created") <= row.moment("created"):
            latest[row.text("from")] = row
    pings = _pings(look)
    found: list[Row] = []
    for desk in sorted(latest):
        asked, answered, by = pings.get(desk, (None, None, None))
        row = latest[desk]
        found += [
            {
                "from": desk,
                "confirmed": confirming.confirmed_at(look, row),
                "mid": row["mid"],
                **{name: one.get(name) for name in ("role", "name", "reach", "hours")},
                "asked": asked,
                "answered": answered,
                "by": by,
            }
            for one in row.parts("contact")
        ]
    return tuple(found)


def _pings(look: Reader) -> dict[str, tuple[Value, Value, Value]]:
    # Of each desk the latest ping that went to it, by whomever: both sides see the same.
    found: dict[str, tuple[Value, Value, Value]] = {}
    for place in every(look, folds.NEWEST, {"what": folds.word(kinds.PING.name)}):
        ping = acts.case_at(look, place.data("mid"))
        for desk in ping.texts("to"):
            if desk in found:
                continue
            pongs = every(look, folds.STORY, {"of": ping["mid"]})
            pong = next((each for each in pongs if each["from"] == desk), None)
            at, by = (pong["kept_at"], pong.get("by")) if pong else (None, None)
            found[desk] = ping["kept_at"], at, by
    return found


def _stand(look: Reader, row: Values, now: Moment) -> Row:
    courses = [
        Values(each) for each in look.find(COURSES, {"mid": row["mid"]}, None, limits.MAX_TO)
    ]
    due = min((one.moment("due") for one in courses if "due" in one), default=None)
    states = [one.text("state") for one in courses]
    state = "overdue" if due is not None and now > due else next(iter(states), "open")
    return {"state": state, "due": due}


LIST: Final = Look(
    name="cert/incidents",
    fields=(
        Field("what", OneOf(*(folds.word(each.name) for each in folds.OPENINGS)), required=False),
        Field("count", Whole(1, 500), default=50),
    ),
    read=read_list,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        Field("what", folds.WHAT),
        Field("severity", OneOf(*kinds.SEVERITIES), required=False),
        kinds.SECTOR,
        Field("tlp", OneOf(*MARKINGS)),
        Field("state", STATES),
        Field("due", When(), required=False),
        ABOUT,
    ),
    example="--what incident --count 20",
)
CASE: Final = Look(
    name="cert/case",
    fields=(_MID,),
    read=read_case,
    columns=(
        Field("mid", Mid()),
        Field("kept_at", When()),
        Field("from", Text(96)),
        Field("what", folds.WHAT),
        Field("word", folds.SAID, required=False),
        Field("by", Text(120), required=False),
        folds.TEXT,
        Field("basis", LongText(4_000), required=False),
        Field("until", When(), required=False),
        Field("late", Flag(), required=False),
    ),
    example="k3q7zb",
)
DIRECTORY: Final = Look(
    name="cert/directory",
    fields=(Field("from", Text(63), required=False),),
    read=read_contacts,
    columns=(
        Field("from", Text(96)),
        *kinds.CONTACT.fields,
        Field("asked", When(), required=False),
        Field("answered", When(), required=False),
        Field("by", Text(120), required=False),
        Field("confirmed", When()),
        Field("mid", Mid()),
    ),
    example="--from borealis.gov",
)
ALL: Final = (LIST, CASE, DIRECTORY)
