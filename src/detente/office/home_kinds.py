"""Kinds that stand in home logs only: what people did, saw and were refused; drafts; the watch.

Other offices never read them. Normative for this one: spec/kinds/office.md.
"""

from typing import Final

from detente.office.fields import Field, Mid, OneOf, Text, Value, Whole
from detente.office.kind import Kind
from detente.office.typed import LongText

MIDS_MAX: Final = 64  # records that one entry names
LOOKED_MAX: Final = 1_000  # and one about a list that was looked at
WHY_MAX: Final = 500  # characters
NOTE_MAX: Final = 2_000  # characters of a hand-over note
STEPS: Final = ("waits", "held", "released", "refused", "withdrawn", "replaced")
SESSION_STEPS: Final = ("in", "out", "ended", "failed")
BELLS: Final = ("command", "webhook")  # what rings outside
BELL_WHY_MAX: Final = 200  # characters
ALARM_STEPS: Final = ("command", "supervisor", "unattended", "rang", "failed")
TOLD_MAX: Final = 64  # people that one entry names
ABOUT_MAX: Final = 300  # characters of an alarm's name
CLEAR_NOTE_MAX: Final = 500  # characters of why it was cleared
WATCH_STEPS: Final = ("take", "hand", "leave")
REQUEST: Final = Field("request", Text(97), required=False)  # named by whoever may ask again

_SOURCE: Final = (
    "JS-2001 §3: bring perpetrators to justice, while protecting the rights of civilians"
)
_PERSON: Final = (
    Field("person", Text(64)),
    Field("user", Text(64), required=False),  # the system user, if one asked
)
LATE: Final = Field("unaudited", Text(200), required=False)  # why it was entered afterwards


def _kind(name: str, *fields: Field) -> Kind:
    return Kind(name=name, version=1, fields=fields, source=_SOURCE)


def _mids(name: str, count_max: int) -> Field:
    return Field(name, Mid(), many=True, count_min=0, count_max=count_max)


ACT: Final = _kind("office.act", *_PERSON, Field("act", Text(64)), _mids("mids", MIDS_MAX), REQUEST)
DRAFT: Final = _kind(
    "office.draft",
    *_PERSON,
    Field("of", Mid()),
    Field("step", OneOf(*STEPS)),
    Field("act", Text(64)),
    Field("why", Text(WHY_MAX), required=False),
    Field("by", Mid(), required=False),  # the record that goes in its place
)
LOOKED: Final = _kind(
    "office.read", *_PERSON, Field("what", Text(64)), _mids("mids", LOOKED_MAX), LATE
)
REFUSED: Final = _kind(
    "office.refused",
    *_PERSON,
    Field("what", Text(64)),
    Field("code", Text(32)),
    Field("of", Mid(), required=False),
)
SESSION: Final = _kind(
    "office.session",
    *_PERSON,
    Field("step", OneOf(*SESSION_STEPS)),
    Field("how", Text(64)),
    Field("where", Text(64), required=False),  # the address it came from
)
WATCH: Final = _kind(
    "office.watch",
    *_PERSON,
    Field("step", OneOf(*WATCH_STEPS)),
    Field("to", Text(64), required=False),
    Field("note", LongText(NOTE_MAX), required=False),
    Field("open", Whole(), required=False),
)
ALARM: Final = _kind(  # nobody said to have seen a FLASH; person is the office itself
    "office.alarm",
    *_PERSON,
    Field("step", OneOf(*ALARM_STEPS)),
    _mids("mids", MIDS_MAX),
    Field("to", Text(64), many=True, count_min=0, count_max=TOLD_MAX),
    # Of rang and failed: for which step, by which bell, and why it did not get through.
    Field("rung", OneOf(*ALARM_STEPS[:2]), required=False),
    Field("by", OneOf(*BELLS), required=False),
    Field("why", Text(BELL_WHY_MAX), required=False),
)
CLEAR: Final = _kind(  # a person cleared an alarm of a link, or of two records under one number
    "office.clear",
    *_PERSON,
    Field("about", Text(ABOUT_MAX)),
    Field("what", Text(32)),
    Field("from", Text(96)),
    Field("note", LongText(CLEAR_NOTE_MAX)),
)
ALL: Final = (ACT, DRAFT, LOOKED, REFUSED, SESSION, WATCH, ALARM, CLEAR)


def of_person(name: str, user: str | None) -> dict[str, Value]:
    """Return the members by which every such record names who did it."""
    return {"person": name, "user": user}
