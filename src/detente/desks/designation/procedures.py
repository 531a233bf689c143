"""What becomes of a designation, an exemption, a request for redress and a question of identity."""

from typing import Final

from detente.core.moment import Span
from detente.office.procedure import (
    Clock,
    Duty,
    Guard,
    Move,
    Procedure,
    Rung,
    State,
    Up,
    Who,
    by_precedence,
    every,
)

# Example terms: the parties agree on others by asking for a time (`within`, `until`, `review`).
LADDER: Final = (
    Rung(Span.of(), Up.DESK),
    Rung(Span.of(days=1), Up.SUPERVISOR),
    Rung(Span.of(days=3), Up.CHANNEL),
)
RESPOND: Final = by_precedence(
    Span.of(days=30), Span.of(days=7), Span.of(hours=48), Span.of(hours=24)
)
ADOPT: Final = by_precedence(Span.of(days=7), Span.of(days=3), Span.of(hours=48), Span.of(hours=24))
TAKE_IN: Final = every(Span.of(hours=48))  # an amendment
LIFT: Final = every(Span.of(hours=24))
YEAR: Final = every(Span.of(days=365))
DECIDE: Final = every(Span.of(days=10))
REDRESS_TERM: Final = every(Span.of(days=60))

_NAME: Final = "designation.{}"
_RESPONSE, _REASONS, _ADOPTION, _AMENDMENT, _REVIEW, _DELISTING, _LIFTING, _DECISION, _ANSWER = map(
    _NAME.format,
    (
        "response", "reasons", "adoption", "amendment", "review", "delisting", "lifting",
        "decision", "answer",
    ),
)  # fmt: skip


def _move(kind: str, who: Who, begin: str, end: str, rank: int, guard: Guard | None = None) -> Move:
    return Move(kind=kind, who=who, begin=tuple(begin.split()), end=end, rank=rank, guard=guard)


def _word(field: str, word: str) -> Guard:
    return Guard(field, (word,))


_RESPONDS: Final = Duty(
    who=Who.OTHER,
    kinds=(_RESPONSE, _ADOPTION),
    clock=Clock(name="respond", within=RESPOND, ladder=LADDER),
    acts=("designation/respond", "designation/adopt"),
)
_ADOPTS: Final = Duty(
    who=Who.OTHER,
    kinds=(_ADOPTION, _RESPONSE),
    clock=Clock(name="adopt", within=ADOPT, ladder=LADDER),
    acts=("designation/adopt", "designation/respond"),
)
_EXPLAINS: Final = Duty(
    who=Who.OPENER,
    kinds=(_REASONS, _DELISTING),
    clock=Clock(name="explain", within=RESPOND, ladder=LADDER),
    acts=("designation/reasons", "designation/delist"),
)
_REVIEWS: Final = Duty(
    who=Who.OPENER,
    kinds=(_REVIEW, _DELISTING),
    clock=Clock(name="review", within=YEAR, asked=False, until="review", ladder=LADDER),
    acts=("designation/review", "designation/delist"),
)
_TAKES_IN: Final = Duty(
    who=Who.OTHER,
    kinds=(_ADOPTION, _LIFTING),
    clock=Clock(name="take_in", within=TAKE_IN, asked=False, ladder=LADDER),
    acts=("designation/adopt", "designation/lift"),
)
_LIFTS: Final = Duty(
    who=Who.OTHER,
    kinds=(_LIFTING,),
    clock=Clock(name="lift", within=LIFT, asked=False, ladder=LADDER),
    acts=("designation/lift",),
)
_OPEN: Final = "proposed more accepted declined lifted"

PROPOSAL: Final = Procedure(
    name="designation.proposal",
    opens=("designation.proposal",),
    title="number",
    two_person=frozenset({_ADOPTION, _DELISTING, _LIFTING}),
    states=(
        State("proposed", (_RESPONDS,)),
        State("more", (_EXPLAINS,)),
        State("accepted", (_ADOPTS,)),
        State("declined"),
        State("adopted", (_REVIEWS,)),
        State("amended", (_TAKES_IN,)),
        State("lifted"),
        State("delisted", (_LIFTS,)),
        State("withdrawn", is_end=True),
        State("closed", is_end=True),
    ),
    moves=(
        _move(_RESPONSE, Who.OTHER, _OPEN, "more", 10, _word("answer", "more")),
        _move(_RESPONSE, Who.OTHER, _OPEN, "accepted", 10, _word("answer", "accept")),
        _move(_RESPONSE, Who.OTHER, _OPEN, "declined", 10, _word("answer", "decline")),
        _move(_REASONS, Who.OPENER, "proposed more declined lifted", "proposed", 20),
        _move(_REASONS, Who.OPENER, "accepted", "accepted", 20),
        _move(_ADOPTION, Who.OTHER, f"{_OPEN} adopted amended", "adopted", 30),
        _move(_LIFTING, Who.OTHER, "adopted amended", "lifted", 60),
        _move(_AMENDMENT, Who.OPENER, "adopted amended", "amended", 40),
        _move(_AMENDMENT, Who.OPENER, "accepted", "accepted", 40),
        _move(_AMENDMENT, Who.OPENER, "declined", "declined", 40),
        _move(_AMENDMENT, Who.OPENER, "lifted", "lifted", 40),
        _move(_AMENDMENT, Who.OPENER, "proposed more", "proposed", 40),
        _move(_REVIEW, Who.OPENER, "adopted", "adopted", 45),
        _move(_DELISTING, Who.OPENER, "adopted amended", "delisted", 50),
        _move(_DELISTING, Who.OPENER, _OPEN, "withdrawn", 50),
        _move(_LIFTING, Who.OTHER, "delisted", "closed", 60),
    ),
)
EXEMPTION: Final = Procedure(
    name="designation.exemption",
    opens=("designation.exemption",),
    title="payee",
    under=("designation.proposal", Who.EITHER),
    two_person=frozenset({"designation.exemption"}),
    states=(
        State(
            "notified",
            (
                Duty(
                    who=Who.OTHER,
                    kinds=(_DECISION,),
                    clock=Clock(
                        name="objection", within=DECIDE, asked=False, until="until", ladder=LADDER
                    ),
                    acts=("designation/decide",),
                ),
            ),
        ),
        State("granted"),
        State("denied"),
    ),
    moves=(
        _move(
            _DECISION,
            Who.OTHER,
            "notified denied granted",
            "granted",
            10,
            _word("outcome", "granted"),
        ),
        _move(
            _DECISION,
            Who.OTHER,
            "notified granted denied",
            "denied",
            10,
            _word("outcome", "denied"),
        ),
    ),
)
REDRESS: Final = Procedure(
    name="designation.redress",
    opens=("designation.redress",),
    title="ref",
    under=("designation.proposal", Who.OTHER),
    states=(
        State(
            "passed",
            (
                Duty(
                    who=Who.OTHER,
                    kinds=(_DECISION,),
                    clock=Clock(
                        name="redress", within=REDRESS_TERM, asked=False, until="until",
                        ladder=LADDER,
                    ),
                    acts=("designation/decide",),
                ),
            ),
        ),
        State("granted", is_end=True),
        State("denied", is_end=True),
    ),
    moves=(
        _move(_DECISION, Who.OTHER, "passed", "granted", 10, _word("outcome", "granted")),
        _move(_DECISION, Who.OTHER, "passed", "denied", 10, _word("outcome", "denied")),
    ),
)  # fmt: skip
QUESTION: Final = Procedure(
    name="designation.question",
    opens=("designation.question",),
    title="ref",
    states=(
        State(
            "asked",
            (
                Duty(
                    who=Who.OTHER,
                    kinds=(_ANSWER,),
                    clock=Clock(name="answer", within=RESPOND, ladder=LADDER),
                    acts=("designation/answer",),
                ),
            ),
        ),
        State("unsure"),
        State("answered", is_end=True),
    ),
    moves=(
        Move(
            kind=_ANSWER, who=Who.OTHER, begin=("asked", "unsure"), end="answered", rank=10,
            guard=Guard("same", ("same", "different")),
        ),
        Move(
            kind=_ANSWER, who=Who.OTHER, begin=("asked", "unsure"), end="unsure", rank=10,
            guard=Guard("same", ("unsure",)),
        ),
    ),
)  # fmt: skip
ALL: Final = (PROPOSAL, EXEMPTION, REDRESS, QUESTION)
