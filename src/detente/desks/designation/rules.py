"""Decisions of the desk of designations. Pure: both sides compute the same of the same records."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Final

from detente.core.moment import Moment, Span
from detente.desks.designation import kinds
from detente.office.drafting import MARKINGS
from detente.office.fields import Values

_DAY: Final = Span.of(days=1)
_EPOCH_DAY: Final = 3  # 1 January 1970 was a Thursday; Monday is 0
_UNSEEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]"
)
NOTIFIED_LATE: Final = Span.of(hours=12)  # a notice that was this old when it came is said to be
IN_FORCE: Final = ("adopted", "amended")
_DATE_CHARS: Final = 10


def visible(text: str) -> str:
    """Return a text with the signs that turn or hide others written out; joiners of scripts stay."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def working_days(begin: Moment, count: int, rest: tuple[int, ...]) -> Moment:
    """Return the moment `count` working days after another, in UTC: days of rest do not count."""
    at = begin
    while count:
        at += _DAY
        count -= (at.ms // _DAY.ms + _EPOCH_DAY) % 7 not in rest
    return at


def objection_until(objection: str, notified: Moment, rest: str) -> Moment:
    """Return until when the other side may object to basic expenses."""
    span = kinds.OBJECTIONS[objection]
    if span is not None:
        return notified + span
    return working_days(notified, kinds.WORKING_DAYS, kinds.RESTS[rest])


def wrong_births(body: Values) -> str | None:
    """Say which date of birth no calendar has."""
    for text in body.texts("birth"):
        try:
            date.fromisoformat(f"{text}-01-01"[:_DATE_CHARS])
        except ValueError:
            return f"birth: {text} is no date"
    return None


def wrong_reasons(body: Values) -> str | None:
    """Say what is wrong with reasons: a statement for the person that may not be given to them."""
    for each in body.parts("reasons"):
        if each["part"] == kinds.STATEMENT and each["tlp"] not in kinds.OPEN_MARKS:
            marks = " or ".join(kinds.OPEN_MARKS)
            return f"reasons: a statement for the person is marked {marks}"
    return None


def wrong_proposal(body: Values) -> str | None:
    """Say what is wrong with a proposal: no statement that the person may be given, or a false date."""
    if not any(each["part"] == kinds.STATEMENT for each in body.parts("reasons")):
        return "reasons: no statement for the person"
    return wrong_reasons(body) or wrong_births(body)


def wrong_exemption(body: Values) -> str | None:
    """Say what is wrong with an exemption: its period, or a clock that is not the declared one."""
    if body.moment("ends") < body.moment("begins"):
        return "ends: before it begins"
    told = ("objection" in body, "rest" in body, "until" in body)
    if body["expense"] == "extraordinary":
        return (
            "objection, rest, until: silence approves no extraordinary expense"
            if any(told)
            else None
        )
    if not all(told):
        return "objection, rest, until: basic expenses name all three"
    whole = objection_until(body.text("objection"), body.moment("notified"), body.text("rest"))
    if body.moment("until") != whole:
        return f"until: not {body.text('objection')} after it was notified"
    return None


def wrong_question(body: Values) -> str | None:
    """Say what is wrong with a question: it names nothing of the other side's."""
    if "of" not in body and "number" not in body:
        return "of, number: one of them says which designation is meant"
    return wrong_births(body)


def strictest(marks: Iterable[str]) -> str:
    """Return the strictest marking of some; CLEAR for none."""
    return max(marks, key=MARKINGS.index, default=MARKINGS[0])


def may_pay(exemption: Values, state: str, now: Moment) -> bool:
    """Say whether an exemption lets funds out: granted, or basic and not denied within its time.

    What came late, or waited here for a second person, takes that time off nobody's right to object.
    """
    if state == "granted":
        return True
    if exemption["expense"] != "basic" or state != "notified" or "until" not in exemption:
        return False
    late = max(exemption.moment("kept_at") - exemption.moment("notified"), Span(0))
    return now > exemption.moment("until") + late
