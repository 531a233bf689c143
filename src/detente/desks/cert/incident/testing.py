"""Tests of points of contact, as a schedule and as their results, which both sides see.

The habit of the Global Intergovernmental Points of Contact Directory of the United Nations: a list is
confirmed once a year, and a ping shows whether somebody is there.
"""

from collections.abc import Sequence
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.cert.incident import acts, folds, kinds
from detente.office.desk import Act, Fold, Look, Opened, Role
from detente.office.drafting import Draft
from detente.office.fields import Field, Mid, OneOf, Text, Values, When, Whole
from detente.office.reader import Reader, every
from detente.office.scene import Scene
from detente.office.tables import Row, Rows, Table

ABOUT: Final = "Scheduled test"
STATES: Final = ("open", "answered", "late", "failed")
PINGS_MAX: Final = 500  # of the latest that are looked at
_PING: Final = folds.word(kinds.PING.name)

PLANS: Final = Table(
    name="cert_testing",
    key="mid",
    columns=(Field("mid", Mid()), *kinds.TESTING.fields, Field("created", When())),
)


def fold_plan(rows: Rows, opened: Opened) -> None:
    """Keep how often we test; a stranger's word is none."""
    if opened.ours:
        rows.put({**opened.body, "mid": opened.mid, "created": opened.created})


def standing(look: Reader) -> Values | None:
    """Return how often we test, None for never."""
    rows = every(look, PLANS, {})
    newest = max(rows, key=lambda row: (row.moment("created"), row.data("mid")), default=None)
    return newest if newest is not None and newest.whole("days") else None


def due(look: Reader, scene: Scene, now: Moment) -> Sequence[Draft]:
    """Return a ping to each desk of a peer whose last test by us is so long ago."""
    plan = standing(look)
    if plan is None:
        return ()
    last: dict[str, Moment] = {}
    for ping in _pings(look):
        if ping.flag("ours"):
            for desk in ping.texts("to"):
                last.setdefault(desk, ping.moment("created"))
    period = Span.of(days=plan.whole("days"))
    asked = [desk for desk in scene.peers if desk not in last or now >= last[desk] + period]
    within = Span.of(hours=plan.whole("within")) if "within" in plan else None
    body = Values({"about": ABOUT})
    until = None if within is None else now + within
    return [
        Draft(kind=kinds.PING, to=(desk,), body=body, created=now, deadline=until) for desk in asked
    ]


def _pings(look: Reader) -> list[Values]:
    places = look.find(folds.NEWEST, {"what": _PING}, None, PINGS_MAX)
    return [acts.case_at(look, Values(place).data("mid")) for place in places]


def build_plan(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say how often points of contact are tested; 0 days: no more."""
    body = Values({name: values.get(name) for name in ("days", "within")})
    return (Draft(kind=kinds.TESTING, to=(), body=body, created=now, tlp="CLEAR"),)


def read_tests(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return tests, the latest first: who asked whom, until when, who answered and when."""
    party = values.text("party")
    found = [
        _test(look, ping, desk, now)
        for ping in _pings(look)
        for desk in ping.texts("to")
        if party in ("", ping.text("party"), desk.partition("@")[2])
    ]
    return tuple(found[: values.whole("count", 50)])


def _test(look: Reader, ping: Values, desk: str, now: Moment) -> Row:
    pongs = every(look, folds.STORY, {"of": ping["mid"]})
    pong = next((each for each in pongs if each["from"] == desk), None)
    until = ping.moment("answer_by") if "answer_by" in ping else None
    at = pong.moment("kept_at") if pong else None
    in_time = until is None or (at or now) <= until
    state = ("failed", "open")[in_time] if pong is None else ("late", "answered")[in_time]
    return {
        "mid": ping["mid"], "asked": ping["created"], "from": ping["from"], "to": desk,
        "until": until, "state": state, "answered": at, "by": pong.get("by") if pong else None,
    }  # fmt: skip


PLAN: Final = Act(
    name="cert/testing",
    fields=kinds.TESTING.fields,
    build=build_plan,
    role=Role.AUTHOR,
    source=kinds.TESTING.source,
    example="--days 180 --within 24",
)
TESTS: Final = Look(
    name="cert/tests",
    fields=(Field("party", Text(63), required=False), Field("count", Whole(1, 500), default=50)),
    read=read_tests,
    columns=(
        Field("mid", Mid()),
        Field("asked", When()),
        Field("from", Text(96)),
        Field("to", Text(96)),
        Field("until", When(), required=False),
        Field("state", OneOf(*STATES)),
        Field("answered", When(), required=False),
        Field("by", Text(120), required=False),
    ),
    example="--party borealis.gov",
)
FOLDS: Final = (Fold(PLANS, (kinds.TESTING,), fold_plan),)
