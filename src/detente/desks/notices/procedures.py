"""What becomes of a notice: read in time, answered where an answer is owed, corrected, cancelled."""

from typing import Final

from detente.core.moment import Span
from detente.desks.notices.kinds import SPANS
from detente.desks.notices.rules import SPEED
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
    every,
)

_RECEIPT: Final = "notices.receipt"
_REPLY: Final = "notices.reply"
_CORRECTION: Final = "notices.correction"
_CANCELLATION: Final = "notices.cancellation"
_READ: Final = ("notices/acknowledge",)
_ANSWER: Final = ("notices/answer",)
# The ladder where parties agreed no other: this desk, its deputy, then another channel than this one.
LADDER: Final = (
    Rung(Span.of(), Up.DESK),
    Rung(Span.of(minutes=5), Up.SUPERVISOR),
    Rung(Span.of(minutes=15), Up.CHANNEL),
)


def _duty(*kinds: str, acts: tuple[str, ...] = _READ) -> tuple[Duty, ...]:
    clock = Clock(
        name="read",
        within=SPEED,
        by_value=("acknowledge", SPANS),
        asked=False,
        ladder=LADDER,
        ladder_by="ladder",
    )
    return (Duty(who=Who.OTHER, kinds=kinds, clock=clock, acts=acts),)


_DUE: Final = Clock(
    name="reply",
    within=every(SPANS["48h"]),
    by_value=("answer", SPANS),
    ladder=LADDER,
    ladder_by="ladder",
)
_REPLIES: Final = (Duty(who=Who.OTHER, kinds=(_REPLY,), clock=_DUE, acts=_ANSWER),)

NOTICE: Final = Procedure(
    name="notices.notice",
    opens=("notices.notice",),
    marked=True,
    title="format",
    states=(
        State("sent", _duty(_RECEIPT)),
        State("acknowledged"),
        State("corrected", _duty(_RECEIPT)),
        State("cancelled", _duty(_RECEIPT)),
        State("closed", is_end=True),
    ),
    moves=(
        Move(kind=_RECEIPT, who=Who.OTHER, begin=("sent", "corrected"), end="acknowledged", rank=10),
        Move(kind=_RECEIPT, who=Who.OTHER, begin=("cancelled",), end="closed", rank=10),
        Move(
            kind=_CORRECTION, who=Who.OPENER, begin=("sent", "acknowledged", "corrected"),
            end="corrected", rank=30,
        ),
        Move(
            kind=_CANCELLATION, who=Who.OPENER, begin=("sent", "acknowledged", "corrected"),
            end="cancelled", rank=40,
        ),
    ),
)  # fmt: skip
QUERY: Final = Procedure(
    name="notices.query",
    opens=("notices.query",),
    marked=True,
    title="format",
    states=(
        State("sent", _duty(_RECEIPT, _REPLY, acts=(*_READ, *_ANSWER))),
        State("asked", _REPLIES),
        State("answered"),
        State("corrected", _duty(_RECEIPT, _REPLY, acts=(*_READ, *_ANSWER))),
        State("cancelled", _duty(_RECEIPT)),
        State("closed", is_end=True),
    ),
    moves=(
        Move(kind=_RECEIPT, who=Who.OTHER, begin=("sent", "corrected"), end="asked", rank=10),
        Move(kind=_RECEIPT, who=Who.OTHER, begin=("cancelled",), end="closed", rank=10),
        Move(
            kind=_REPLY, who=Who.OTHER, begin=("sent", "asked", "corrected", "answered"),
            end="answered", rank=20,
        ),
        Move(
            kind=_CORRECTION, who=Who.OPENER, begin=("sent", "asked", "corrected", "answered"),
            end="corrected", rank=30,
        ),
        Move(
            kind=_CANCELLATION, who=Who.OPENER, begin=("sent", "asked", "corrected", "answered"),
            end="cancelled", rank=40,
        ),
    ),
)  # fmt: skip
_JOIN: Final = Clock(name="join", within=every(Span.of(hours=6)), asked=False, ladder=LADDER)
EXERCISE: Final = Procedure(
    name="notices.exercise",
    opens=("notices.exercise",),
    marked=True,
    title="role",
    states=(
        State(
            "proposed",
            (Duty(who=Who.OTHER, kinds=("notices.joined",), clock=_JOIN, acts=("notices/join",)),),
        ),
        State("joined"),
        State("ended", is_end=True),
    ),
    moves=(
        Move(kind="notices.joined", who=Who.OTHER, begin=("proposed",), end="joined", rank=10),
        Move(
            kind="notices.ended", who=Who.EITHER, begin=("proposed", "joined"), end="ended", rank=30
        ),
    ),
)
_AGREE: Final = Clock(name="agree", within=every(Span.of(hours=72)), asked=False, ladder=LADDER)
TERMS: Final = Procedure(
    name="notices.terms",
    opens=("notices.terms",),
    marked=True,
    states=(
        State(
            "open",
            (Duty(who=Who.OTHER, kinds=("notices.terms_reply",), clock=_AGREE, acts=("notices/agree",)),),
        ),
        State("agreed", is_end=True),
        State("declined", is_end=True),
    ),
    moves=(
        Move(
            kind="notices.terms_reply", who=Who.OTHER, begin=("open",), end="agreed", rank=10,
            guard=Guard("yes", ("true",)),
        ),
        Move(
            kind="notices.terms_reply", who=Who.OTHER, begin=("open",), end="declined", rank=10,
            guard=Guard("yes", ("false",)),
        ),
    ),
)  # fmt: skip
ALL: Final = (NOTICE, QUERY, EXERCISE, TERMS)
