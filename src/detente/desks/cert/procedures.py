"""What becomes of a bundle and of its withdrawal: who owes what, and by when.

Twice a clock's span after the deadline it is time for another channel than this one.
"""

from typing import Final

from detente.core.moment import Span
from detente.office.procedure import (
    ACTION,
    DECLINED,
    HOLD,
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
)

_ANSWER: Final = "cert.answer"
_WITHDRAW: Final = "cert.withdraw"
_WITHDRAWN: Final = "cert.withdrawn"
_ANSWERS: Final = ("cert/answer", "record/answer")

WITHIN: Final = by_precedence(
    Span.of(hours=24), Span.of(hours=12), Span.of(hours=4), Span.of(hours=1)
)
LADDER: Final = (
    Rung(Span.of(), Up.DESK),
    Rung(Span.of(hours=4), Up.SUPERVISOR),
    Rung(Span.of(hours=24), Up.CHANNEL),
)


def _owes(who: Who, clock: str, kinds: tuple[str, ...], acts: tuple[str, ...]) -> tuple[Duty, ...]:
    ticks = Clock(name=clock, within=WITHIN, until="until", ladder=LADDER)
    return (Duty(who=who, kinds=kinds, clock=ticks, acts=acts),)


_VERDICT: Final = (_ANSWER, ACTION, HOLD, DECLINED)
_LIVE: Final = ("open", "held", "accepted", "question", "answered", "declined")
_UNDECIDED: Final = ("open", "held", "accepted")

BUNDLE: Final = Procedure(
    name="cert.bundle",
    opens=("cert.bundle", "cert.bundle_file"),
    title="about",
    states=(
        State("open", _owes(Who.OTHER, "answer", _VERDICT, _ANSWERS)),
        State("held", _owes(Who.OTHER, "hold", _VERDICT, _ANSWERS)),
        State(
            "question",
            _owes(Who.OPENER, "explain", (ACTION, HOLD, DECLINED, _WITHDRAW), _ANSWERS[1:]),
        ),
        State("accepted"),
        State("answered"),
        State("declined"),
        State("withdrawn", is_end=True),
    ),
    moves=(
        Move(kind=HOLD, who=Who.OTHER, begin=_UNDECIDED, end="held", rank=10),
        Move(kind=HOLD, who=Who.OPENER, begin=("question",), end="question", rank=10),
        Move(kind=ACTION, who=Who.OTHER, begin=_UNDECIDED, end="accepted", rank=20),
        Move(kind=ACTION, who=Who.OPENER, begin=("question",), end="open", rank=20),
        Move(
            kind=_ANSWER, who=Who.OTHER, begin=_LIVE, end="question", rank=30,
            guard=Guard("verdict", ("question",)),
        ),
        Move(
            kind=_ANSWER, who=Who.OTHER, begin=_LIVE, end="answered", rank=30,
            guard=Guard("verdict", ("useful", "known", "false")),
        ),
        Move(kind=DECLINED, who=Who.OTHER, begin=_UNDECIDED, end="declined", rank=40),
        Move(kind=DECLINED, who=Who.OPENER, begin=("question",), end="answered", rank=40),
        Move(
            kind=_WITHDRAW, who=Who.OPENER, begin=_LIVE, end="withdrawn", rank=50,
            guard=Guard("all", ("true",)),
        ),
    ),
)  # fmt: skip

_REMOVAL: Final = (_WITHDRAWN, ACTION, HOLD, DECLINED)
_REMOVES: Final = ("cert/acknowledge", "record/answer")
_PENDING: Final = ("asked", "held", "accepted")

WITHDRAWAL: Final = Procedure(
    name="cert.withdrawal",
    opens=(_WITHDRAW,),
    under=(BUNDLE.name, Who.OPENER),
    states=(
        State("asked", _owes(Who.OTHER, "remove", _REMOVAL, _REMOVES)),
        State("held", _owes(Who.OTHER, "hold", _REMOVAL, _REMOVES)),
        State("accepted", _owes(Who.OTHER, "removal", (_WITHDRAWN, DECLINED), _REMOVES)),
        State("declined"),
        State("acknowledged"),
    ),
    moves=(
        Move(kind=HOLD, who=Who.OTHER, begin=_PENDING, end="held", rank=10),
        Move(kind=ACTION, who=Who.OTHER, begin=("asked", "held"), end="accepted", rank=20),
        Move(kind=DECLINED, who=Who.OTHER, begin=_PENDING, end="declined", rank=40),
        Move(
            kind=_WITHDRAWN, who=Who.OTHER, rank=60,
            begin=(*_PENDING, "declined", "acknowledged"), end="acknowledged",
        ),
    ),
)  # fmt: skip

ALL: Final = (BUNDLE, WITHDRAWAL)
