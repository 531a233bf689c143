"""What becomes of an incident, an early warning, a request and a ping: who owes what, by when."""

from typing import Final

from detente.core.moment import Span
from detente.desks.cert.procedures import LADDER, WITHIN
from detente.office.procedure import (
    ACTION,
    DECLINED,
    HOLD,
    Clock,
    Duty,
    Guard,
    Move,
    Procedure,
    State,
    Who,
    by_precedence,
    every,
)

# How fast a report is looked at follows from how bad it is, whatever its precedence.
_BY_SEVERITY: Final = {
    "emergency": Span.of(hours=1),
    "severe": Span.of(hours=2),
    "high": Span.of(hours=8),
    "medium": Span.of(hours=24),
    "low": Span.of(hours=72),
    "baseline": Span.of(hours=72),
}
_SLOW: Final = by_precedence(
    Span.of(hours=72), Span.of(hours=48), Span.of(hours=24), Span.of(hours=12)
)
_MONTH: Final = Span.of(days=30)
_ANSWERS: Final = (ACTION, HOLD, DECLINED)


def _clock(name: str, within: dict[str, Span]) -> Clock:
    return Clock(name=name, within=within, until="until", ladder=LADDER)


_TRIAGE: Final = Clock(
    name="triage", within=WITHIN, by_value=("severity", _BY_SEVERITY), until="until", ladder=LADDER
)
_TRIAGES: Final = ("cert/triage", "record/answer")

INCIDENT: Final = Procedure(
    name="cert.incident",
    opens=("cert.incident",),
    title="about",
    states=(
        State("open", (Duty(who=Who.OTHER, kinds=("cert.triage", *_ANSWERS), clock=_TRIAGE, acts=_TRIAGES),)),
        State(
            "held",
            (Duty(who=Who.OTHER, kinds=("cert.triage", *_ANSWERS), clock=_clock("hold", WITHIN), acts=_TRIAGES),),
        ),
        State(
            "assisting",
            (
                Duty(
                    who=Who.OTHER, kinds=("cert.resolved", DECLINED),
                    clock=_clock("assist", _SLOW), acts=("cert/resolve", "record/answer"),
                ),
            ),
        ),
        State("watched"),
        State("declined"),
        State(
            "resolved",
            (
                Duty(
                    who=Who.OPENER, kinds=("cert.closed", DECLINED),
                    clock=_clock("closing", _SLOW), acts=("cert/close", "record/answer"),
                ),
            ),
        ),
        State("closed", is_end=True),
    ),
    moves=(
        Move(kind=HOLD, who=Who.OTHER, begin=("open", "held"), end="held", rank=10),
        Move(kind=ACTION, who=Who.OTHER, begin=("open", "held"), end="assisting", rank=20),
        Move(
            kind="cert.triage", who=Who.OTHER, begin=("open", "held", "watched", "declined"),
            end="assisting", rank=30, guard=Guard("outcome", ("assist",)),
        ),
        Move(
            kind="cert.triage", who=Who.OTHER, begin=("open", "held", "assisting", "declined"),
            end="watched", rank=30, guard=Guard("outcome", ("watch",)),
        ),
        Move(
            kind="cert.triage", who=Who.OTHER, begin=("open", "held", "watched", "assisting"),
            end="declined", rank=30, guard=Guard("outcome", ("not_ours",)),
        ),
        Move(
            kind=DECLINED, who=Who.OTHER, begin=("open", "held", "watched", "assisting"),
            end="declined", rank=40,
        ),
        Move(kind=DECLINED, who=Who.OPENER, begin=("resolved",), end="assisting", rank=40),
        Move(
            kind="cert.resolved", who=Who.OTHER, begin=("assisting", "watched", "declined"),
            end="resolved", rank=70,
        ),
        Move(
            kind="cert.closed", who=Who.OPENER, rank=80, end="closed",
            begin=("open", "held", "assisting", "watched", "declined", "resolved"),
        ),
    ),
)  # fmt: skip


def _knowing(name: str, hours: int) -> Clock:
    # From when its author came to know, whenever they said so: both sides compute the same.
    within = every(Span.of(hours=hours))
    return Clock(name=name, within=within, until="until", since="aware", ladder=LADDER)


WARN_WITHIN: Final = Span.of(hours=24)
NOTIFY_WITHIN: Final = Span.of(hours=72)
FINAL_WITHIN: Final = _MONTH
_NOTIFICATION: Final = Duty(
    who=Who.OPENER, kinds=("cert.report",), clock=_knowing("notification", 72),
    acts=("cert/report",),
)  # fmt: skip

# Directive (EU) 2022/2555, article 23(4). Who warned at once begins with the warning.
WARNING: Final = Procedure(
    name="cert.early_warning",
    opens=("cert.aware", "cert.early_warning"),
    begins={"cert.early_warning": "alerted"},
    title="about",
    states=(
        State(
            "aware",
            (
                Duty(
                    who=Who.OPENER, kinds=("cert.early_warning", "cert.closed"),
                    clock=_knowing("warning", 24), acts=("cert/early", "cert/close"),
                ),
                _NOTIFICATION,
            ),
        ),
        State("alerted", (_NOTIFICATION,)),
        State(
            "notified",
            (
                Duty(
                    who=Who.OPENER, kinds=("cert.report",),
                    clock=_clock("final", every(_MONTH)), acts=("cert/report",),
                ),
            ),
        ),
        State("complete", is_end=True),
        State("closed", is_end=True),
    ),
    moves=(
        Move(kind="cert.early_warning", who=Who.OPENER, begin=("aware",), end="alerted", rank=20),
        Move(
            kind="cert.report", who=Who.OPENER, begin=("aware", "alerted"), end="notified",
            rank=30, guard=Guard("stage", ("notification",)),
        ),
        Move(
            kind="cert.report", who=Who.OPENER, begin=("aware", "alerted", "notified"),
            end="complete", rank=30, guard=Guard("stage", ("final",)),
        ),
        Move(kind="cert.closed", who=Who.OPENER, begin=("aware",), end="closed", rank=80),
    ),
)  # fmt: skip

_REPLIES: Final = ("cert/reply", "record/answer")
REQUEST: Final = Procedure(
    name="cert.request",
    opens=("cert.request",),
    title="about",
    states=(
        State(
            "open",
            (Duty(who=Who.OTHER, kinds=("cert.reply", *_ANSWERS), clock=_clock("reply", _SLOW), acts=_REPLIES),),
        ),
        State(
            "held",
            (Duty(who=Who.OTHER, kinds=("cert.reply", *_ANSWERS), clock=_clock("hold", _SLOW), acts=_REPLIES),),
        ),
        State(
            "accepted",
            (Duty(who=Who.OTHER, kinds=("cert.reply", DECLINED), clock=_clock("reply", _SLOW), acts=_REPLIES),),
        ),
        State("answered"),
        State("declined"),
    ),
    moves=(
        Move(kind=HOLD, who=Who.OTHER, begin=("open", "held", "accepted"), end="held", rank=10),
        Move(kind=ACTION, who=Who.OTHER, begin=("open", "held"), end="accepted", rank=20),
        Move(
            kind="cert.reply", who=Who.OTHER, begin=("open", "held", "declined"), end="accepted",
            rank=30, guard=Guard("whole", ("false",)),
        ),
        Move(
            kind="cert.reply", who=Who.OTHER, end="answered", rank=30,
            begin=("open", "held", "accepted", "declined", "answered"),
            guard=Guard("whole", ("true",)),
        ),
        Move(
            kind=DECLINED, who=Who.OTHER, begin=("open", "held", "accepted"), end="declined",
            rank=40,
        ),
    ),
)  # fmt: skip

PING: Final = Procedure(
    name="cert.ping",
    opens=("cert.ping",),
    title="about",
    states=(
        State(
            "open",
            (
                Duty(
                    who=Who.OTHER,
                    kinds=("cert.pong",),
                    clock=_clock("pong", WITHIN),
                    acts=("cert/pong",),
                ),
            ),
        ),
        State("answered", is_end=True),
    ),
    moves=(Move(kind="cert.pong", who=Who.OTHER, begin=("open",), end="answered", rank=30),),
)

_YEAR: Final = Span.of(days=365)
_CONFIRMS: Final = (
    Duty(
        who=Who.OPENER, kinds=("cert.confirmed",), clock=_clock("confirmation", every(_YEAR)),
        acts=("cert/confirm", "cert/contacts"),
    ),
)  # fmt: skip
CONTACTS: Final = Procedure(
    name="cert.contacts",
    opens=("cert.contacts",),
    states=(State("told", _CONFIRMS), State("confirmed", _CONFIRMS), State("replaced", is_end=True)),
    moves=(
        Move(
            kind="cert.confirmed", who=Who.OPENER, begin=("told", "confirmed"), end="confirmed",
            rank=30, guard=Guard("holds", ("true",)),
        ),
        Move(
            kind="cert.confirmed", who=Who.OPENER, begin=("told", "confirmed"), end="replaced",
            rank=30, guard=Guard("holds", ("false",)),
        ),
    ),
)  # fmt: skip

ALL: Final = (INCIDENT, WARNING, REQUEST, PING, CONTACTS)
