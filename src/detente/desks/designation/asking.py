"""What a person may ask about a designation: an exemption, a review for the person, who is meant."""

from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.designation import acts, finding, kinds, procedures, rules
from detente.desks.designation.acts import MID
from detente.office.desk import Role
from detente.office.drafting import WITHIN, Draft, ext_of
from detente.office.fields import Desks, Field, Value, Values
from detente.office.reader import Reader

_LATER: Final = {"exemption": procedures.EXEMPTION, "redress": procedures.REDRESS}


def build_exempt(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Notify the other side of funds to be let out, or ask it to; silence approves basic expenses alone."""
    row = finding.designation_at(look, values.data("mid"))
    course = finding.course(look, row.data("mid"))
    if course.text("state") not in rules.IN_FORCE:
        raise OurFault(
            "designation.state", f"it stands at {course.text('state')!r}: nothing of it is applied",
            "see where it stands: detente designation show",
        )  # fmt: skip
    more: dict[str, Value] = {
        "of": row["mid"],
        "notified": now,
        "begins": values.get("begins") or now,
    }
    if values["expense"] == "basic":
        objection, rest = values.text("objection", "3d"), values.text("rest", "sat_sun")
        until = rules.objection_until(objection, now, rest)
        more |= {"objection": objection, "rest": rest, "until": until}
    body = acts.body_of(kinds.EXEMPTION, values, more)
    acts.refuse(rules.wrong_exemption(body))
    return (acts.said(kinds.EXEMPTION, row, course.data("by"), body, values, now),)


def build_redress(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Pass a person's request for review on to the party that designated."""
    row = acts.theirs(finding.designation_at(look, values.data("mid")))
    within = values.span("within")
    body = acts.body_of(
        kinds.REDRESS,
        values,
        {
            "of": row["mid"],
            "received": values.get("received") or now,
            "until": None if within is None else now + within,
        },
    )
    by = finding.course(look, row.data("mid")).data("by")
    return (acts.said(kinds.REDRESS, row, by, body, values, now),)


def build_decide(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Grant or deny an exemption, or a person's request."""
    row = acts.theirs(finding.said_at(look, values.data("mid"), *_LATER))
    by = acts.moved(look, row, kinds.DECISION, _LATER[row.text("what")])
    body = acts.body_of(kinds.DECISION, values, {"of": row["mid"]})
    return (acts.said(kinds.DECISION, row, by, body, values, now),)


def build_ask(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Ask whether the one they designated is the same as one of ours."""
    body = acts.body_of(kinds.QUESTION, values)
    acts.refuse(rules.wrong_question(body))
    if "of" in values:
        row = acts.theirs(finding.designation_at(look, values.data("of")))
        by = finding.course(look, row.data("mid")).data("by")
        return (acts.said(kinds.QUESTION, row, by, body, values, now),)
    if not values.texts("to"):
        raise OurFault("designation.body", "to: nobody is asked", "give --to PARTY, or --of MID")
    within = values.span("within")
    return tuple(
        Draft(
            kind=kinds.QUESTION, to=(to,), body=body, created=now, prec=values.text("prec", "ROUTINE"),
            tlp=values.text("tlp", "AMBER"), ext=ext_of(values),
            deadline=None if within is None else now + within,
        )
        for to in values.texts("to")
    )  # fmt: skip


def build_answer(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say whether both are the same person."""
    row = acts.theirs(finding.said_at(look, values.data("mid"), "question"))
    by = acts.moved(look, row, kinds.ANSWER, procedures.QUESTION)
    body = acts.body_of(kinds.ANSWER, values, {"of": row["mid"]})
    return (acts.said(kinds.ANSWER, row, by, body, values, now),)


_EXEMPTION: Final = kinds.EXEMPTION.members
_REDRESS: Final = kinds.REDRESS.members
ALL: Final = (
    acts.act(
        "exempt", kinds.EXEMPTION,
        (
            MID, *(_EXEMPTION[name] for name in ("expense", "amount", "currency", "payee", "purpose")),
            replace(_EXEMPTION["begins"], required=False), _EXEMPTION["ends"], _EXEMPTION["objection"],
            _EXEMPTION["rest"],
        ),
        build_exempt,
        'k3q7zb --expense basic --amount 900.00 --currency EUR --payee "Landlord Ltd" --purpose "Rent, March"'
        " --ends 2027-03-31",
        Role.ANSWER,
    ),
    acts.act(
        "redress", kinds.REDRESS,
        (
            MID, _REDRESS["ref"], _REDRESS["by"], _REDRESS["grounds"],
            replace(_REDRESS["received"], required=False), kinds.WHY, WITHIN,
        ),
        build_redress,
        'k3q7zb --ref R-8 --by counsel --grounds mistaken --text "Born in another year, another passport."',
        Role.ANSWER,
    ),
    acts.act(
        "decide", kinds.DECISION, (MID, kinds.DECISION.members["outcome"], kinds.WHY), build_decide,
        'w5d2aa --outcome granted --text "Rent is a basic expense."', Role.ANSWER,
    ),
    acts.act(
        "ask", kinds.QUESTION,
        (
            Field("to", Desks(desk="designation"), required=False),
            *(each for each in kinds.QUESTION.fields if each not in kinds.IDENTITY and each is not kinds.TEXT),
            *kinds.IDENTITY, kinds.TEXT, acts.ANY_MARK, WITHIN,
        ),
        build_ask,
        '--of k3q7zb --ref B-2026-4 --schema person --name "Ivan Exempel" --birth 1970-02-01',
    ),
    acts.act(
        "answer", kinds.ANSWER, (MID, kinds.ANSWER.members["same"], kinds.WHY), build_answer,
        'w5d2aa --same different --text "Ours has another passport."', Role.ANSWER,
    ),
)  # fmt: skip
