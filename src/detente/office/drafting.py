"""What somebody wants to send: the draft of a record, and the options that acts share."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from detente.core import limits, names
from detente.core.errors import OurFault
from detente.core.moment import Moment
from detente.office.fields import (
    Field,
    OneOf,
    Text,
    Values,
    Within,
)
from detente.office.kind import Kind

PRECEDENCES: Final = names.PRECEDENCES


MARKINGS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")  # each stricter than the last


# Options that acts share.
TLP: Final = Field("tlp", OneOf(*MARKINGS), default="GREEN", about="ui.field.tlp")


PREC: Final = Field("prec", OneOf(*PRECEDENCES), default="ROUTINE", about="ui.field.prec")


UNRELEASED: Final = Field(
    "unreleased", Text(limits.MAX_EXT_REASON), required=False, about="ui.field.unreleased"
)


EXERCISE: Final = Field(
    "exercise", Text(limits.MAX_EXERCISE), required=False, about="ui.field.exercise"
)


URGENCY: Final = (PREC, UNRELEASED, EXERCISE)


WITHIN: Final = Field("within", Within(), required=False, about="ui.field.within")


@dataclass(frozen=True, slots=True)
class Enclosure:
    """Bytes that an act itself sends as a file of its record, under a plain name."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A record that a person wants to send; the office numbers, seals and signs it.

    to: empty for our own desk alone: it stays in our home log. matter: 32 hexadecimal digits, or None
    for a new one. attach: files that were handed in before,
    for a kind that has the field enclosed.FILES. enclose: files that go before them. fresh: names of
    Digest fields of the body that the office fills with bytes that nobody knows.
    """

    kind: Kind
    to: tuple[str, ...]
    body: Values
    created: Moment
    matter: str | None = None
    reply_to: bytes | None = None
    prec: str = "ROUTINE"
    tlp: str = "GREEN"
    deadline: Moment | None = None
    ext: Mapping[str, str] | None = None
    attach: tuple[str, ...] = ()
    enclose: tuple[Enclosure, ...] = ()
    fresh: tuple[str, ...] = ()


class Evidenced(OurFault):
    """A refusal of an act that leaves something behind: what contradicts what was said is kept.

    drafts: records to our own desk, kept in the home log before the fault is told.
    """

    def __init__(self, fault: OurFault, drafts: tuple[Draft, ...]) -> None:
        super().__init__(fault.code, fault.what, fault.remedy)
        self.drafts = drafts


def ext_of(values: Values) -> Mapping[str, str] | None:
    """Return the extensions of a header that a person asked for; None for none."""
    return {
        name: values.text(name) for name in ("exercise", "unreleased") if name in values
    } or None
