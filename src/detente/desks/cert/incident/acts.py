"""What a person may do about incidents. Each act makes one record; nothing follows by itself."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.cert.incident import confirming, folds, kinds, procedures
from detente.office.desk import Act, Role
from detente.office.drafting import TLP, URGENCY, WITHIN, Draft, ext_of
from detente.office.enclosed import ATTACH, FILES
from detente.office.fields import Desks, Field, Mid, Values
from detente.office.kind import Kind
from detente.office.reader import Reader

_MID: Final = Field("mid", Mid(), bare=True)
_TO: Final = Field("to", Desks(desk="cert"))

# What an early warning takes over from the word that an incident is known.
_SAID_BEFORE: Final = ("about", "aware")

Build = Callable[[Values, Reader, Moment], tuple[Draft, ...]]


def _body(kind: Kind, values: Values) -> Values:
    members = {name for name in kind.members if name != FILES.name}
    return Values({name: value for name, value in values.items() if name in members})


def _opens(kind: Kind) -> Build:
    def build(values: Values, _look: Reader, now: Moment) -> tuple[Draft, ...]:
        within = values.span("within")
        deadline = None if within is None else now + within
        if kind is kinds.WARNING:  # the hour of the notification follows from when they knew
            deadline = values.moment("aware") + procedures.NOTIFY_WITHIN
        return (
            Draft(
                kind=kind,
                to=values.texts("to"),
                body=_body(kind, values),
                created=now,
                prec=values.text("prec"),
                ext=ext_of(values),
                tlp=values.text("tlp"),
                deadline=deadline,
                attach=values.texts(ATTACH.name),
            ),
        )

    return build


def build_contacts(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Tell our points of contact; an earlier list to the same desks ends with it."""
    made = _opens(kinds.CONTACTS)(values, look, now)
    return (*made, *confirming.replaced(look, values.texts("to"), now, values))


def _follows(kind: Kind, to: tuple[str, ...], *, by_opener: bool | None) -> Build:
    """Return what makes a record that is said to an opening one.

    to: words of kinds that that one may be of. by_opener: whether its author says it, or whom it went to;
    None: either.
    """

    def build(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
        case = case_at(look, values.data("mid"))
        if case["what"] not in to:
            what = f"this record is a {case.text('what')}, and {' or '.join(to)} is due"
            raise OurFault("cert.unknown_record", what, "look at cert incidents")
        ours = case.flag("ours")
        if by_opener is not None and ours is not by_opener:
            if ours:
                raise OurFault("cert.ours", "this record is our own", "choose one of theirs")
            raise OurFault("cert.not_ours", f"it is {case.text('party')}'s", "choose one of ours")
        body = _body(kind, values).with_(of=case["mid"])
        deadline = None
        if kind is kinds.WARNING:  # of what was known: it says the same hour again
            body = body.with_(**{name: case.get(name) for name in _SAID_BEFORE})
            deadline = case.moment("aware") + procedures.NOTIFY_WITHIN
        if kind is kinds.REPORT and values.text("stage") == "notification":
            deadline = now + procedures.FINAL_WITHIN
        return (
            Draft(
                kind=kind,
                to=case.texts("to") if ours else (case.text("from"),),
                body=body,
                created=now,
                matter=case.text("matter"),
                reply_to=case.data("mid"),
                prec=values.text("prec"),
                ext=ext_of(values),
                tlp=case.text("tlp"),
                deadline=deadline,
                attach=values.texts(ATTACH.name),
            ),
        )

    return build


def case_at(look: Reader, mid: bytes) -> Values:
    """Return what was opened; raises OurFault("cert.unknown_record")."""
    row = look.get(folds.CASES, mid)
    if row is None:
        raise OurFault("cert.unknown_record", "nothing has this id", "look at cert incidents")
    return Values(row)


def _fields(kind: Kind, *left: str) -> tuple[Field, ...]:
    own = tuple(field for field in kind.fields if field.name not in ("of", FILES.name, *left))
    return (*own, *((ATTACH,) if FILES.name in kind.members else ()))


def _opening(name: str, kind: Kind, example: str) -> Act:
    within = () if not kind.answered_by else (WITHIN,)
    return Act(
        name=f"cert/{name}",
        fields=(_TO, *_fields(kind), TLP, *URGENCY, *within),
        build=_opens(kind),
        role=Role.AUTHOR,
        source=kind.source,
        example=example,
    )


def _following(
    name: str, kind: Kind, to: Kind | tuple[Kind, ...], example: str, *, by_opener: bool | None
) -> Act:
    words = tuple(folds.word(each.name) for each in (to if isinstance(to, tuple) else (to,)))
    known = _SAID_BEFORE if kind is kinds.WARNING else ()
    return Act(
        name=f"cert/{name}",
        fields=(_MID, *_fields(kind, *known), *URGENCY),
        build=_follows(kind, words, by_opener=by_opener),
        role=Role.AUTHOR if by_opener else Role.ANSWER,
        source=kind.source,
        example=f"k3q7zb {example}",
    )


ALL: Final = (
    _opening(
        "incident", kinds.INCIDENT,
        '--to borealis.gov --about "Pumps answer to strangers" --category intrusion --severity high'
        ' --sector water --impact degraded --text "Since last night."',
    ),
    _following(
        "triage", kinds.TRIAGE, kinds.INCIDENT, "--outcome assist --severity high", by_opener=False
    ),
    _following(
        "update", kinds.UPDATE, kinds.INCIDENT, '--text "A second station."', by_opener=None
    ),
    _following(
        "attribute", kinds.ATTRIBUTION, kinds.INCIDENT,
        '--statement "The group called X" --confidence moderate --basis "Its tools, its hours"',
        by_opener=None,
    ),
    _following(
        "resolve", kinds.RESOLVED, kinds.INCIDENT, '--text "Addresses closed."', by_opener=False
    ),
    _following(
        "close", kinds.CLOSED, (kinds.INCIDENT, kinds.AWARE), "--result resolved", by_opener=True
    ),
    _opening(
        "aware", kinds.AWARE,
        '--to borealis.gov --about "Ransomware at a hospital" --aware 2026-11-22T06:00:00.000Z',
    ),
    _following("early", kinds.WARNING, kinds.AWARE, "--malicious", by_opener=True),
    _opening(
        "alert", kinds.WARNING,
        '--to borealis.gov --about "Ransomware at a hospital" --aware 2026-11-22T06:00:00.000Z --malicious',
    ),
    _following(
        "report", kinds.REPORT, (kinds.WARNING, kinds.AWARE),
        '--stage notification --severity high --impact lost --text "Two wards."', by_opener=True,
    ),
    _opening(
        "request", kinds.REQUEST,
        '--to borealis.gov --about "Who runs 192.0.2.7?" --question "Since when, for whom?"',
    ),
    _following("reply", kinds.REPLY, kinds.REQUEST, '--whole --text "A school."', by_opener=False),
    replace(
        _opening(
            "contacts", kinds.CONTACTS,
            '--to borealis.gov --contact "duty;CERT duty officer;+1 555 0100;24/7"',
        ),
        build=build_contacts,
    ),
    confirming.CONFIRM,
    _opening("ping", kinds.PING, '--to borealis.gov --about "Half-yearly test"'),
    _following("pong", kinds.PONG, kinds.PING, '--by "Duty officer"', by_opener=False),
)  # fmt: skip
