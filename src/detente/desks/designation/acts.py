"""What a person may do about designations. Whom a record goes to, it goes to alone: one for each peer."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.designation import finding, kinds, procedures, rules
from detente.office.desk import Act, Role
from detente.office.drafting import MARKINGS, URGENCY, WITHIN, Draft, ext_of
from detente.office.fields import Desks, Field, Flag, LongText, Mid, OneOf, Value, Values
from detente.office.kind import Kind
from detente.office.procedure import Procedure
from detente.office.reader import Reader

MID: Final = Field("mid", Mid(), bare=True)
TO: Final = Field("to", Desks(desk="designation"))
_ONLY: Final = Field("only", Flag(), default=False)
_STATEMENT: Final = Field("statement", LongText(kinds.REASON_MAX))
_CASE: Final = Field("case", LongText(kinds.REASON_MAX), required=False)
_CASE_TLP: Final = Field("case_tlp", OneOf(*MARKINGS), default="RED")
_MARK: Final = Field("tlp", OneOf(*kinds.OPEN_MARKS), default="GREEN", about="ui.field.tlp")
ANY_MARK: Final = Field("tlp", OneOf(*MARKINGS), default="RED", about="ui.field.tlp")
LANGUAGE: Final = replace(kinds.LANGUAGE, default="en")
_NAMES: Final = frozenset(each.name for each in kinds.IDENTITY)
_NOW: Final = replace(kinds.SINCE, required=False)


def body_of(kind: Kind, values: Values, more: Mapping[str, Value] | None = None) -> Values:
    """Return the body of a kind: what was given of its members, and more."""
    given = {name: values.get(name) for name in kind.members}
    return Values({**given, **(more or {})})


def refuse(wrong: str | None) -> None:
    """Raise OurFault("designation.body") for what is wrong."""
    if wrong:
        raise OurFault("designation.body", wrong, "see docs/screening/designations.md")


def _deadline(values: Values, now: Moment) -> Moment | None:
    within = values.span("within")
    return None if within is None else now + within


def build_propose(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Propose a designation: a record for each peer, so that none learns who else was asked."""
    parts = [_part(kinds.STATEMENT, values.text("tlp", "GREEN"), values, values.text("statement"))]
    if "case" in values:
        parts.append(_part(kinds.CASE, values.text("case_tlp", "RED"), values, values.text("case")))
    body = body_of(kinds.PROPOSAL, values, {"reasons": tuple(parts)})
    refuse(rules.wrong_proposal(body))
    refuse_past(values, "review", now)
    found = finding.by_number(look, values.text("number"))
    told = {
        finding.peer_of(each)
        for each in found
        if each.flag("ours") and not finding.course(look, each.data("mid")).flag("ended")
    }
    for to in values.texts("to"):
        if to in told:
            raise OurFault(
                "designation.number", f"{to} was told a designation of ours under this number",
                "amend that one, or give another number",
            )  # fmt: skip
    return tuple(
        Draft(
            kind=kinds.PROPOSAL, to=(to,), body=body, created=now, prec=values.text("prec", "ROUTINE"),
            tlp=rules.strictest(each.text("tlp") for each in parts), ext=ext_of(values),
            deadline=_deadline(values, now),
        )
        for to in values.texts("to")
    )  # fmt: skip


def _part(part: str, tlp: str, values: Values, text: str) -> Values:
    language = values.text("language", "en")
    return Values({"part": part, "tlp": tlp, "language": language, "text": text})


def refuse_past(values: Values, name: str, now: Moment) -> None:
    """Raise OurFault("designation.past") for a day that is over."""
    if name in values and values.moment(name) <= now:
        raise OurFault("designation.past", f"{name}: this day is over", "name one to come")


def said(
    kind: Kind,
    row: Values,
    reply_to: bytes,
    body: Values,
    values: Values,
    now: Moment,
    tlp: str = "",
) -> Draft:
    """Return what is said to a record, to the desk on its other side."""
    return Draft(
        kind=kind, to=(finding.peer_of(row),), body=body, created=now, matter=row.text("matter"),
        reply_to=reply_to, prec=values.text("prec", "ROUTINE"), tlp=tlp or row.text("tlp"),
        ext=ext_of(values), deadline=_deadline(values, now),
    )  # fmt: skip


def theirs(row: Values) -> Values:
    """Return a row of theirs. Raises OurFault("designation.ours")."""
    if row.flag("ours"):
        raise OurFault("designation.ours", "this is our own", "choose one of theirs")
    return row


def ours(row: Values) -> Values:
    """Return a row of ours. Raises OurFault("designation.not_ours")."""
    if not row.flag("ours"):
        raise OurFault("designation.not_ours", f"it is {row.text('party')}'s", "choose one of ours")
    return row


def _may(look: Reader, row: Values, kind: Kind, procedure: Procedure) -> bool:
    state = finding.state(look, row.data("mid"))
    return any(move.kind == kind.name and state in move.begin for move in procedure.moves)


def moved(look: Reader, row: Values, kind: Kind, procedure: Procedure) -> bytes:
    """Return what a record that moves a course replies to: what brought the state in which it stands.

    Raises OurFault("designation.state") if no such record moves it on from there.
    """
    course = finding.course(look, row.data("mid"))
    if not _may(look, row, kind, procedure):
        raise OurFault(
            "designation.state", f"it stands at {course.text('state')!r}: nothing of this kind is left to say",
            "see where it stands: detente designation show",
        )  # fmt: skip
    return course.data("by")


def _since(kind: Kind, values: Values, now: Moment) -> Mapping[str, Value]:
    """Return from when on it is over: what ends, ends when it is said, and not on a day to come."""
    if "since" not in kind.members:
        return {}
    if "since" in values and values.moment("since") > now:
        refuse("since: this is yet to come")
    return {"since": values.get("since") or now}


def _answer(kind: Kind) -> Callable[[Values, Reader, Moment], tuple[Draft, ...]]:
    """Return what makes a record of the side that was asked to adopt."""

    def build(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
        row = theirs(finding.designation_at(look, values.data("mid")))
        by = moved(look, row, kind, procedures.PROPOSAL)
        body = body_of(kind, values, {"of": row["mid"], **_since(kind, values, now)})
        return (said(kind, row, by, body, values, now),)

    return build


def build_adopt(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Adopt a peer's designation: whom we mean, what we apply and since when stand in it whole."""
    row = theirs(finding.designation_at(look, values.data("mid")))
    by = moved(look, row, kinds.ADOPTION, procedures.PROPOSAL)
    body = body_of(
        kinds.ADOPTION,
        values,
        {
            **finding.identity(look, row),
            "of": row["mid"],
            "measure": values.get("measure") or row["measure"],
            "since": values.get("since") or now,
            "review": finding.review_due(look, row),
        },
    )
    return (said(kinds.ADOPTION, row, by, body, values, now),)


def _author(
    kind: Kind, more: Callable[[Values, Values], Mapping[str, Value]] = lambda *_: {}
) -> Callable[[Values, Reader, Moment], tuple[Draft, ...]]:
    """Return what makes a record of a designation's author, for each peer told under its number."""

    def build(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
        asked = ours(finding.designation_at(look, values.data("mid")))
        first = _draft(asked, values, look, now)  # says why not
        others = () if values.flag("only") else finding.same_number(look, asked)
        return (
            first,
            *(
                _draft(each, values, look, now)
                for each in others
                if each["mid"] != asked["mid"] and _may(look, each, kind, procedures.PROPOSAL)
            ),
        )

    def _draft(row: Values, values: Values, look: Reader, now: Moment) -> Draft:
        by = moved(look, row, kind, procedures.PROPOSAL)
        since = _since(kind, values, now)
        told = {"of": row["mid"], **since, **more(values, finding.identity(look, row))}
        body = body_of(kind, values, told)
        refuse(rules.wrong_births(body))
        return said(kind, row, by, body, values, now)

    return build


def _amended(values: Values, before: Values) -> Mapping[str, Value]:
    # A member that is named is given whole; what is cleared stands no more.
    given = {name: values[name] for name in _NAMES if values.get(name)}
    return {**before, **dict.fromkeys(values.texts("clear")), **given}


def build_amend(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Correct whom a designation means, for every peer that was told."""
    if not any(values.get(name) for name in (*_NAMES, "clear")):
        raise OurFault(
            "designation.body", "nothing is amended", "give a name, birth, country or paper"
        )
    return _author(kinds.AMENDMENT, _amended)(values, look, now)


def build_review(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Say that a designation was reviewed and stands, and when it is reviewed next."""
    refuse_past(values, "review", now)
    return _author(kinds.REVIEWED)(values, look, now)


def build_reasons(values: Values, look: Reader, now: Moment) -> tuple[Draft, ...]:
    """Give further reasons, to the one peer, under a marking of their own."""
    row = ours(finding.designation_at(look, values.data("mid")))
    part = _part(values.text("part"), values.text("tlp"), values, values.text("text"))
    body = Values({"of": row["mid"], "reasons": (part,)})
    refuse(rules.wrong_reasons(body))
    course = finding.course(look, row.data("mid"))
    return (said(kinds.FURTHER, row, course.data("by"), body, values, now, part.text("tlp")),)


def act(
    name: str, kind: Kind, fields: tuple[Field, ...], build: Callable[[Values, Reader, Moment], tuple[Draft, ...]],
    example: str, role: Role = Role.AUTHOR,
) -> Act:  # fmt: skip
    """Return an act of this desk."""
    return Act(
        name=f"designation/{name}", fields=(*fields, *URGENCY), build=build, role=role,
        source=kind.source, example=example,
    )  # fmt: skip


def optional(*fields: Field) -> tuple[Field, ...]:
    """Return fields that need not be given."""
    return tuple(replace(each, required=False) for each in fields)


_MEASURE: Final = replace(kinds.MEASURE, required=False)
_CLEAR: Final = Field(
    "clear", OneOf("birth", "country", "paper"), required=False, many=True, count_max=3
)
ALL: Final = (
    act(
        "propose", kinds.PROPOSAL,
        (
            TO, kinds.NUMBER, *kinds.IDENTITY, kinds.PROPOSAL.members["basis"], kinds.MEASURE,
            kinds.REVIEW, _STATEMENT, _MARK, _CASE, _CASE_TLP, LANGUAGE, WITHIN,
        ),
        build_propose,
        '--to borealis.gov --number AUR-17 --schema person --name "Ivan Example" --birth 1970-02-01'
        ' --country bo --basis "Decree 12, article 3" --measure freeze --statement "Paid for the attack."',
    ),
    act(
        "reasons", kinds.FURTHER,
        (MID, Field("part", OneOf(kinds.STATEMENT, kinds.CASE)), kinds.WHY, ANY_MARK, LANGUAGE),
        build_reasons,
        'k3q7zb --part case --text "The account is in two names."',
    ),
    act(
        "respond", kinds.RESPONSE, (MID, kinds.RESPONSE.members["answer"], kinds.WHY, WITHIN),
        _answer(kinds.RESPONSE),
        'k3q7zb --answer more --text "Which passport?"', Role.ANSWER,
    ),
    act(
        "adopt", kinds.ADOPTION,
        (MID, _MEASURE, _NOW, kinds.ADOPTION.members["home"], kinds.TEXT), build_adopt,
        "k3q7zb --home B-2026-4", Role.ANSWER,
    ),
    act(
        "amend", kinds.AMENDMENT,
        (MID, *optional(*kinds.IDENTITY), _CLEAR, kinds.WHY, _ONLY), build_amend,
        'k3q7zb --birth 1971-02-01 --text "The year was wrong."',
    ),
    act(
        "review", kinds.REVIEWED, (MID, kinds.REVIEWED.members["review"], kinds.WHY, _ONLY),
        build_review,
        'k3q7zb --review 2028-01-01 --text "Nothing has changed."',
    ),
    act(
        "delist", kinds.DELISTING,
        (MID, kinds.DELISTING.members["reason"], _NOW, kinds.WHY, _ONLY), _author(kinds.DELISTING),
        'k3q7zb --reason mistaken --text "It was another person."',
    ),
    act(
        "lift", kinds.LIFTING, (MID, _NOW, kinds.WHY), _answer(kinds.LIFTING),
        'k3q7zb --text "Lifted on the same day."', Role.ANSWER,
    ),
)  # fmt: skip
