"""What a person sees at the desk of designations."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.desks.designation import finding, folds, kinds, procedures, rules
from detente.desks.designation.formats import listing
from detente.office.desk import Look
from detente.office.drafting import MARKINGS
from detente.office.fields import (
    Field,
    FileText,
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
from detente.office.tables import Row

LIST_MAX: Final = 2**31  # bytes of an exported list
_MID: Final = Field("mid", Mid(), bare=True)
_PARTY: Final = Field("party", Text(63), required=False)
STATES: Final = OneOf(
    *dict.fromkeys(state.name for each in procedures.ALL for state in each.states),
    finding.NO_STATE,
)


def _stand(look: Reader, mid: bytes, now: Moment) -> Row:
    course = finding.course(look, mid)
    due = course.moment("due") if "due" in course else None
    return {
        "state": course["state"],
        "owes": course.get("owes"),
        "due": due,
        "late": due is not None and now > due,
    }


def _name(body: Values) -> str:
    return body.parts("name")[0].text("name")


def read_list(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return the register: every designation and how it stands with its peer, what is late first."""
    asked = values.text("party")
    rows = [
        {
            "mid": row["mid"],
            "number": row["number"],
            "name": _name(finding.identity(look, row)),
            "from": row["from"],
            "to": row.texts("to")[0],
            "applied": "yes" if finding.adoption(look, row) is not None else "no",
            "tlp": row["tlp"],
            "created": row["created"],
            **_stand(look, row.data("mid"), now),
        }
        for row in every(look, folds.DESIGNATIONS, {})
        if asked in ("", row["party"], finding.peer_of(row).partition("@")[2])
    ]
    rows.sort(key=lambda row: (not row["late"], -Values(row).moment("created").ms, row["mid"]))
    return tuple(rows[: values.whole("count", 50)])


def read_show(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return one designation: where it stands on both sides, whom it means, its reasons, its course."""
    row = finding.designation_at(look, values.data("mid"))
    return tuple(
        {"part": part, **told}
        for part, rows in (
            ("frame", _frame(look, row, now)),
            ("doubt", _doubts(look, row)),
            ("identity", _identity(finding.identity(look, row))),
            ("applied", _applied(look, row)),
            ("reasons", _reasons(look, row)),
            ("said", _said(look, row, now)),
        )
        for told in rows
    )


def _can(row: Values, state: str) -> Iterator[str]:
    """Give what a person of this side may do with a designation where it stands."""
    moves = procedures.PROPOSAL.moves
    for verb, kind in _OURS if row.flag("ours") else _THEIRS:
        if any(move.kind == kind.name and state in move.begin for move in moves):
            yield verb
    if state in rules.IN_FORCE:
        yield "exempt"
    if not row.flag("ours"):
        yield from ("redress", "ask")


_OURS: Final = (
    ("amend", kinds.AMENDMENT), ("reasons", kinds.FURTHER), ("review", kinds.REVIEWED),
    ("delist", kinds.DELISTING),
)  # fmt: skip
_THEIRS: Final = (
    ("adopt", kinds.ADOPTION), ("respond", kinds.RESPONSE), ("lift", kinds.LIFTING),
)  # fmt: skip


def _frame(look: Reader, row: Values, now: Moment) -> Iterator[Row]:
    stand = _stand(look, row.data("mid"), now)
    yield {
        "what": "number",
        "text": row["number"],
        "by": row["from"],
        "tlp": row["tlp"],
        "at": row["created"],
        "mid": row["mid"],
        "to": row.texts("to")[0],
        "ours": row["ours"],
        "matter": row["matter"],
        "can": " ".join(_can(row, str(stand["state"]))),
        **stand,
    }
    yield {"what": "basis", "text": row["basis"]}
    for measure in row.texts("measure"):
        yield {"what": "measure", "text": measure}
    review = finding.review_due(look, row)
    if review is not None:
        yield {"what": "review", "at": review}


def _doubts(look: Reader, row: Values) -> Iterator[Row]:
    alike = [
        each
        for each in finding.same_number(look, row)
        if finding.peer_of(each) == finding.peer_of(row) and each["mid"] != row["mid"]
    ]
    for each in alike:
        yield {"what": "twice", "mid": each["mid"], "by": each["from"], "at": each["created"]}
    made = finding.adoption(look, row)
    if made is not None and finding.members(made) != finding.identity(look, row):
        yield {"what": "differs", "mid": made["mid"], "by": made["from"], "at": made["created"]}
    for each in finding.said_to(look, row, "exemption"):
        if each.moment("kept_at") - each.moment("notified") > rules.NOTIFIED_LATE:
            yield {
                "what": "old_notice", "mid": each["mid"], "by": each["from"], "at": each["notified"]
            }  # fmt: skip


def _identity(body: Values) -> Iterator[Row]:
    yield {"what": "schema", "text": body["schema"]}
    for field in kinds.IDENTITY[1:]:
        value = body.get(field.name)
        for each in value if isinstance(value, tuple) else ():
            yield {"what": field.name, "text": field.type.show(each)}


def _applied(look: Reader, row: Values) -> Iterator[Row]:
    made = finding.adoption(look, row)
    if made is None:
        return
    told: Row = {"by": made["from"], "at": made["since"], "mid": made["mid"]}
    for measure in made.texts("measure"):
        yield {"what": "measure", "text": measure, **told}
    if "home" in made:
        yield {"what": "home", "text": made["home"], **told}


def _reasons(look: Reader, row: Values) -> Iterator[Row]:
    for record, part in finding.reasons(look, row):
        yield {
            "what": part["part"], "text": part["text"], "tlp": part["tlp"], "by": record["from"],
            "at": record["created"], "mid": record["mid"], "language": part["language"],
        }  # fmt: skip


def _said(look: Reader, row: Values, now: Moment) -> Iterator[Row]:
    for each in finding.said_to(look, row):
        if each["what"] == "reasons":
            continue
        yield _line(look, each, now)
        for under in finding.said_to(look, each):
            yield _line(look, under, now)


def _line(look: Reader, each: Values, now: Moment) -> Row:
    what = each.text("what")
    stand = _stand(look, each.data("mid"), now) if what in _COURSES else {}
    more: dict[str, Value] = {"until": each.get("until")}
    if what == "exemption":
        more["may_pay"] = rules.may_pay(each, str(stand["state"]), now)
    return {
        "what": what,
        "text": _text(each),
        "word": next((each[name] for name in _WORDS if name in each), None),
        "by": each["from"],
        "at": each["created"],
        "tlp": each["tlp"],
        "mid": each["mid"],
        "of": each.get("of"),
        **stand,
        **more,
    }


_WORDS: Final = ("answer", "outcome", "same", "reason", "grounds", "expense")
WORDS: Final = OneOf(
    *dict.fromkeys(
        word
        for kind in kinds.FOLLOWING
        for name in _WORDS
        if isinstance(found := getattr(kind.members.get(name), "type", None), OneOf)
        for word in found.choices
    )
)
_COURSES: Final = ("exemption", "redress", "question")


def _text(each: Values) -> Value:
    if each["what"] == "exemption":
        told = ("amount", "currency", "payee", "purpose")
        return " · ".join(each.text(name) for name in told)
    return each.get("text")


def read_requests(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return exemptions, requests of persons and questions: what waits first, by its deadline."""
    rows = []
    for what in _COURSES:
        for each in every(look, folds.SAID, {"what": what}):
            about = look.get(folds.DESIGNATIONS, each["of"]) if "of" in each else None
            number = about["number"] if about else each.get("number")
            told = _line(look, each, now)
            rows.append({**told, "number": number, "about": each.get("of")})
    rows.sort(key=lambda row: (row["due"] is None, str(row["due"] or row["at"]), row["mid"]))
    return tuple(rows[: values.whole("count", 50)])


def read_applied(look: Reader, values: Values, _now: Moment) -> tuple[Row, ...]:
    """Return what we apply of peers' designations, and since when."""
    return tuple(
        {
            "mid": row["mid"],
            "party": row["party"],
            "number": row["number"],
            "home": made.get("home"),
            "name": _name(made),
            "measure": made["measure"],
            "since": made["since"],
            "author": made["author"],
            "releaser": made.get("releaser"),
        }
        for row, made in finding.in_force(look, values.text("party"))
    )


def read_export(look: Reader, values: Values, now: Moment) -> tuple[Row, ...]:
    """Return what we apply of a party's designations by now as a list for the screening engine.

    Once we applied one, a list that nobody is on any more is given too: only so it ends there.
    """
    party = values.text("party")
    found = [
        listing.listed(party, row.text("number"), row.text("basis"), made)
        for row, made in finding.in_force(look, party)
        if made.moment("since") <= now
    ]
    if not found and not finding.was_applied(look, party):
        what = f"no designation of {party} was ever in force here"
        raise OurFault("designation.none", what, "see what is: detente designation applied")
    return ({"list": listing.lines(found)},)


_COUNT: Final = Field("count", Whole(1, 500), default=50)
_TLP: Final = Field("tlp", OneOf(*MARKINGS))
_OWES: Final = Field("owes", OneOf("us", "them"), required=False)
LIST: Final = Look(
    name="designation/list",
    fields=(_PARTY, _COUNT),
    read=read_list,
    columns=(
        Field("mid", Mid()), kinds.NUMBER, Field("name", Text(500)), Field("from", Text(96)),
        Field("to", Text(96)), Field("state", STATES), Field("applied", OneOf("yes", "no")), _OWES,
        Field("due", When(), required=False), _TLP,
    ),
    example="--party borealis.gov",
)  # fmt: skip
PARTS: Final = OneOf("frame", "doubt", "identity", "applied", "reasons", "said")
SHOW: Final = Look(
    name="designation/show",
    fields=(_MID,),
    read=read_show,
    columns=(
        Field("part", PARTS),
        Field(
            "what",
            OneOf(
                "number", "basis", "twice", "differs", "old_notice", "schema", "name", "birth", "country",
                "paper", "measure", "home", kinds.STATEMENT, kinds.CASE,
                *(each.name.partition(".")[2] for each in kinds.FOLLOWING),
            ),
        ),
        Field("text", LongText(kinds.REASON_MAX), required=False),
        Field("word", WORDS, required=False),
        Field("state", STATES, required=False),
        Field("due", When(), required=False),
        Field("may_pay", Flag(), required=False),
        Field("by", Text(96), required=False),
        Field("at", When(), required=False),
        Field("tlp", OneOf(*MARKINGS), required=False),
        Field("mid", Mid(), required=False),
    ),
    example="k3q7zb",
)  # fmt: skip
APPLIED: Final = Look(
    name="designation/applied",
    fields=(_PARTY,),
    read=read_applied,
    columns=(
        Field("mid", Mid()), Field("party", Text(63)), kinds.NUMBER, Field("home", Text(64), required=False),
        Field("name", Text(500)), kinds.MEASURE, kinds.SINCE, Field("author", Text(64)),
        Field("releaser", Text(64), required=False),
    ),
    example="--party aurelia.gov",
)  # fmt: skip
EXPORT: Final = Look(
    name="designation/export",
    fields=(Field("party", Text(63), bare=True),),
    read=read_export,
    columns=(Field("list", FileText(LIST_MAX)),),
    example="aurelia.gov > peer.aurelia.gov.jsonl",
)
REQUESTS: Final = Look(
    name="designation/requests",
    fields=(_COUNT,),
    read=read_requests,
    columns=(
        Field("mid", Mid()), Field("what", OneOf(*_COURSES)),
        replace(kinds.NUMBER, required=False), Field("text", LongText(kinds.REASON_MAX), required=False),
        Field("word", WORDS, required=False), Field("by", Text(96)), Field("state", STATES), _OWES,
        Field("due", When(), required=False), Field("may_pay", Flag(), required=False),
        Field("tlp", OneOf(*MARKINGS)),
    ),
    example="--count 20",
)  # fmt: skip
ALL: Final = (LIST, SHOW, REQUESTS, APPLIED, EXPORT)
