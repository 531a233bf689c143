"""How ready the line is: hour by hour, and a year of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.hotline import folds, rules
from detente.office.desk import Look
from detente.office.fields import Field, OneOf, Text, Values, When, Whole
from detente.office.reader import Reader, every
from detente.office.tables import Row

STATES: Final = ("ready", "sealed", "changed", "missed", "waiting", "none")
# The worst of a day stands for it; none says nothing about a line.
_WORST: Final = ("missed", "changed", "sealed", "waiting", "ready", "none")
SIGNS: Final = {
    "ready": "+", "sealed": "o", "changed": "?", "missed": "!", "waiting": ".", "none": " ",
}  # fmt: skip
DAY: Final = Span.of(days=1)
YEAR_DAYS: Final = 371  # 53 weeks
_HOURS: Final = 24
_PEER: Final = Field("peer", Text(63), bare=True)


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of a link: who should test, what came, and how it stands.

    paths: those that the sender saw open, and how many there are; (0, 0) if it could not tell.
    shut: names of those that it saw closed.
    """

    slot: Moment
    state: str
    party: str = ""
    sent: Moment | None = None
    answered: Moment | None = None
    paths: tuple[int, int] = (0, 0)
    shut: str = ""
    missed: tuple[str, ...] = ()


def hours(look: Reader, peer: str, slots: Sequence[Moment], now: Moment) -> list[Hour]:
    """Return how each of these hours stands with a peer, as we saw it."""
    if len(slots) > _HOURS:
        tests, tested, missed = (
            _by_slot(every(look, table, {"link": peer}))
            for table in (folds.TESTS, folds.TESTED, folds.MISSED)
        )
    else:
        tests, tested, missed = (
            _by_slot(
                row for slot in slots for row in every(look, table, {"link": peer, "slot": slot})
            )
            for table in (folds.TESTS, folds.TESTED, folds.MISSED)
        )
    return [
        _hour(slot, tests.get(slot, []), tested.get(slot, []), missed.get(slot, []), now)
        for slot in slots
    ]


def _by_slot(rows: Iterable[Values]) -> Mapping[Moment, list[Values]]:
    found: dict[Moment, list[Values]] = {}
    for row in rows:
        found.setdefault(row.moment("slot"), []).append(row)
    return found


def _hour(
    slot: Moment, tests: list[Values], tested: list[Values], missed: list[Values], now: Moment
) -> Hour:
    test = min(tests, key=_place) if tests else None
    told = [row for row in tested if test is not None and row["of"] == test["mid"]]
    answer = min(told, key=_place) if told else None
    result = answer.text("result") if answer else ""
    if test is not None and not test.flag("whole"):
        result = "changed" if result else ""
    sides = tuple(sorted({row.text("side") for row in missed}))
    state = rules.readiness(test=test is not None, answer=result, missed=sides, slot=slot, now=now)
    if test is None:
        return Hour(slot, state, missed=sides)
    sent = test.moment("created") if test.flag("ours") else test.moment("kept_at")
    return Hour(
        slot, state, test.text("party"), sent,
        answer.moment("kept_at") if answer else None,
        (test.whole("open"), test.whole("paths")), test.text("shut"), sides,
    )  # fmt: skip


def _place(row: Values) -> tuple[Moment, bytes]:
    return row.moment("kept_at"), row.data("mid")


def slots_back(now: Moment, count: int) -> list[Moment]:
    """Return the full hours up to now, the latest first."""
    last = rules.slot_of(now)
    return [Moment(last.ms - place * rules.HOUR.ms) for place in range(count)]


def read_readiness(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return the last hours, the latest first."""
    found = hours(look, values.text("peer"), slots_back(now, values.whole("hours")), now)
    return tuple(_row(each) for each in found)


def _row(each: Hour) -> Row:
    open_, all_ = each.paths
    return {
        "slot": each.slot,
        "state": each.state,
        "party": each.party or None,
        "sent": each.sent,
        "answered": each.answered,
        "open": open_ if all_ else None,
        "paths": all_ or None,
        "shut": each.shut or None,
    }


def days(look: Reader, peer: str, now: Moment, count: int) -> list[tuple[Moment, tuple[str, ...]]]:
    """Return the last days, the oldest first, each with the state of its 24 hours."""
    today = Moment(now.ms - now.ms % DAY.ms)
    first = Moment(today.ms - (count - 1) * DAY.ms)
    slots = [Moment(first.ms + place * rules.HOUR.ms) for place in range(count * _HOURS)]
    states = [each.state for each in hours(look, peer, slots, now)]
    return [
        (Moment(first.ms + day * DAY.ms), tuple(states[day * _HOURS : (day + 1) * _HOURS]))
        for day in range(count)
    ]


def worst(states: Sequence[str]) -> str:
    """Return the state that stands for a day."""
    return min(states, key=_WORST.index)


def read_year(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return a year as a picture of signs: a row a month, a sign a day, beside it what was counted."""
    months: dict[str, list[tuple[Moment, tuple[str, ...]]]] = {}
    for day, states in days(look, values.text("peer"), now, YEAR_DAYS):
        months.setdefault(str(day)[:7], []).append((day, states))
    rows: list[Row] = []
    for month, found in months.items():
        said = [state for _, states in found for state in states]
        before = " " * (int(str(found[0][0])[8:10]) - 1)
        rows.append(
            {
                "month": month,
                "days": before + "".join(SIGNS[worst(states)] for _, states in found),
                **{state: said.count(state) for state in ("ready", "sealed", "changed", "missed")},
            }
        )
    return tuple(rows)


def read_days(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return days, the oldest first, each as the 24 signs of its hours."""
    found = days(look, values.text("peer"), now, values.whole("count"))
    return tuple(
        {"day": day, "signs": "".join(SIGNS[state] for state in states)} for day, states in found
    )


READINESS: Final = Look(
    name="hotline/readiness",
    fields=(_PEER, Field("hours", Whole(1, 24 * 14), default=24)),
    read=read_readiness,
    columns=(
        Field("slot", When()),
        Field("state", OneOf(*STATES)),
        Field("party", Text(63), required=False),
        Field("sent", When(), required=False),
        Field("answered", When(), required=False),
        Field("open", Whole(), required=False),
        Field("paths", Whole(), required=False),
        Field("shut", Text(folds.SHUT_MAX), required=False),
    ),
    example="borealis.gov --hours 48",
)
YEAR: Final = Look(
    name="hotline/year",
    fields=(_PEER,),
    read=read_year,
    columns=(
        Field("month", Text(7)),
        Field("days", Text(31)),
        *(Field(state, Whole()) for state in ("ready", "sealed", "changed", "missed")),
    ),
    example="borealis.gov",
)
DAYS: Final = Look(
    name="hotline/days",
    fields=(_PEER, Field("count", Whole(1, YEAR_DAYS), default=7)),
    read=read_days,
    columns=(Field("day", When()), Field("signs", Text(_HOURS))),
    example="borealis.gov --count 14",
)
ALL: Final = (READINESS, YEAR, DAYS)
