"""What two parties say about a designation (spec/kinds/designation.md)."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from detente.core.moment import Span
from detente.office.drafting import MARKINGS
from detente.office.fields import Field, LongText, Mid, OneOf, Parts, Text, When
from detente.office.kind import Kind

SOURCE: Final = (
    "US-Russia joint statement of 2001, paragraph 8: measures to block access of terrorist"
    " organizations to financial resources; paragraph 3: while protecting the rights of civilians"
)
NAMES_MAX: Final = 200
BIRTHS_MAX: Final = 50
PAPERS_MAX: Final = 200
REASONS_MAX: Final = 16
REASON_MAX: Final = 8_000  # characters of one part
STATEMENT, CASE = "statement", "case"
OPEN_MARKS: Final = ("CLEAR", "GREEN")  # what may be given to the person concerned
MEASURES: Final = ("freeze", "travel_ban", "arms_embargo", "watch")

OF: Final = Field("of", Mid())
TEXT: Final = Field("text", LongText(4_000), required=False)
WHY: Final = Field("text", LongText(4_000))
NUMBER: Final = Field("number", Text(64))
REF: Final = Field("ref", Text(64))  # its own number, of who writes
LANGUAGE: Final = Field("language", Text(3, "[a-z]{2,3}"))
SCHEMA: Final = Field("schema", OneOf("person", "organization", "vessel", "aircraft", "entity"))
QUALITY: Final = OneOf("strong", "weak", "original")
# NAME|QUALITY: its script is seen by its letters.
NAME: Final = Field(
    "name",
    Parts(
        (
            Field("name", Text(500, "[^|]+")),
            Field("quality", QUALITY, required=False),
        ),
        sign="|",
    ),
    many=True,
    count_max=NAMES_MAX,
)
BIRTH: Final = Field(
    "birth", Text(10, "[12][0-9]{3}(-[0-9]{2}(-[0-9]{2})?)?"), required=False, many=True,
    count_max=BIRTHS_MAX,
)  # fmt: skip
COUNTRY: Final = Field(
    "country", Text(2, "[a-z]{2}"), required=False, many=True, count_max=BIRTHS_MAX
)
PAPER: Final = Field(
    "paper",
    Parts(
        (
            Field("type", Text(40, "[a-z][a-z0-9_]{0,39}")),
            Field("value", Text(100, "[^|]+")),
            Field("country", COUNTRY.type, required=False),
        ),
        sign="|",
    ),
    required=False,
    many=True,
    count_max=PAPERS_MAX,
)
IDENTITY: Final = (SCHEMA, NAME, BIRTH, COUNTRY, PAPER)
MEASURE: Final = Field("measure", OneOf(*MEASURES), many=True, count_max=len(MEASURES))
REASONS: Final = Field(
    "reasons",
    Parts(
        (
            Field("part", OneOf(STATEMENT, CASE)),
            Field("tlp", OneOf(*MARKINGS)),
            LANGUAGE,
            Field("text", LongText(REASON_MAX)),
        ),
        sign="|",
    ),
    many=True,
    count_max=REASONS_MAX,
)
REVIEW: Final = Field("review", When(), required=False)
SINCE: Final = Field("since", When())
OUTCOME: Final = OneOf("granted", "denied")
# Within how long silence lets basic expenses be paid (resolutions 1452 and 1735).
OBJECTIONS: Final = {"48h": Span.of(hours=48), "3d": None}  # None: working days
WORKING_DAYS: Final = 3
RESTS: Final = {"sat_sun": (5, 6), "fri_sat": (4, 5), "none": ()}  # Monday is 0

_RESPOND: Final = Span.of(days=30)
_APPROVE: Final = Span.of(days=10)
_DECIDE: Final = Span.of(days=60)


def _kind(
    word: str, fields: Iterable[Field], answers: tuple[str, ...] = (), within: Span | None = None,
    *, two: bool = False,
) -> Kind:  # fmt: skip
    return Kind(
        name=f"designation.{word}", version=1, fields=tuple(fields), source=SOURCE,
        answered_by=tuple(f"designation.{each}" for each in answers), answer_within=within,
        second_person=two,
    )  # fmt: skip


PROPOSAL: Final = _kind(
    "proposal",
    (NUMBER, *IDENTITY, Field("basis", Text(300)), MEASURE, REVIEW, REASONS),
    ("response", "adoption"),
    _RESPOND,
)
FURTHER: Final = _kind("reasons", (OF, REASONS))
RESPONSE: Final = _kind("response", (OF, Field("answer", OneOf("accept", "decline", "more")), WHY))
# The identity stands here whole: what two persons of this side agreed to apply, and nothing else.
ADOPTION: Final = _kind(
    "adoption",
    (OF, *IDENTITY, MEASURE, SINCE, Field("home", Text(64), required=False), REVIEW, TEXT),
    two=True,
)
AMENDMENT: Final = _kind("amendment", (OF, *IDENTITY, WHY))
REVIEWED: Final = _kind("review", (OF, Field("review", When()), WHY))
DELISTING: Final = _kind(
    "delisting",
    (
        OF,
        Field("reason", OneOf("mistaken", "ceased", "died", "court", "expired", "another")),
        SINCE,
        WHY,
    ),
    two=True,
)
LIFTING: Final = _kind("lifting", (OF, SINCE, WHY), two=True)
EXEMPTION: Final = _kind(
    "exemption",
    (
        OF,
        Field("expense", OneOf("basic", "extraordinary")),
        Field("amount", Text(24, r"[0-9]{1,18}(\.[0-9]{1,4})?")),
        Field("currency", Text(3, "[A-Z]{3}")),
        Field("payee", Text(300)),
        Field("purpose", Text(500)),
        Field("begins", When()),
        Field("ends", When()),
        Field("notified", When()),
        Field("objection", OneOf(*OBJECTIONS), required=False),
        Field("rest", OneOf(*RESTS), required=False),
        Field("until", When(), required=False),
    ),
    ("decision",),
    _APPROVE,
    two=True,
)
REDRESS: Final = _kind(
    "redress",
    (
        OF,
        REF,
        Field("by", OneOf("person", "counsel", "relative", "another")),
        Field(
            "grounds", OneOf("mistaken", "no_basis", "changed", "error", "humanitarian", "another")
        ),
        Field("received", When()),
        Field("until", When(), required=False),
        WHY,
    ),
    ("decision",),
    _DECIDE,
)
DECISION: Final = _kind("decision", (OF, Field("outcome", OUTCOME), WHY))
QUESTION: Final = _kind(
    "question",
    (
        replace(OF, required=False),
        replace(NUMBER, required=False),
        REF,
        *IDENTITY,
        TEXT,
    ),
    ("answer",),
    _RESPOND,
)
ANSWER: Final = _kind("answer", (OF, Field("same", OneOf("same", "different", "unsure")), WHY))

UNDER: Final = (EXEMPTION, REDRESS)
FOLLOWING: Final = (
    FURTHER, RESPONSE, ADOPTION, AMENDMENT, REVIEWED, DELISTING, LIFTING, *UNDER, DECISION, QUESTION,
    ANSWER,
)  # fmt: skip
ALL: Final = (PROPOSAL, *FOLLOWING)
