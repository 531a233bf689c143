"""What may be said at the desk of notices."""

from typing import Final

from detente.core.moment import Span
from detente.office.fields import (
    Digest,
    Field,
    FileText,
    Flag,
    LongText,
    Mid,
    OneOf,
    Parts,
    Text,
    When,
    Whole,
)
from detente.office.kind import Kind
from detente.office.procedure import LADDER_MAX

SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: notifications between the Nuclear Risk Reduction"
    " Centers about ICT incidents of national concern"
)
# Spans that a format may set, as words: a clock is found by its word in the body.
SPANS: Final = {
    "10m": Span.of(minutes=10), "30m": Span.of(minutes=30), "1h": Span.of(hours=1),
    "3h": Span.of(hours=3), "6h": Span.of(hours=6), "12h": Span.of(hours=12),
    "24h": Span.of(hours=24), "48h": Span.of(hours=48), "72h": Span.of(hours=72),
    "7d": Span.of(days=7),
}  # fmt: skip
FILE_MAX: Final = 65_536  # bytes of a format's file
VALUES_MAX: Final = 256
REASONS: Final = OneOf("error", "over", "withdrawn", "replaced")
RUNGS: Final = OneOf("desk", "supervisor", "channel")

OF: Final = Field("of", Mid())
CODE: Final = Field("format", Text(16, "[A-Z][A-Z0-9]{0,15}"))
VERSION: Final = Field("version", Whole(1, 9_999))
DIGEST: Final = Field("digest", Digest())
LANGUAGE: Final = Field("language", Text(3, "[a-z]{2,3}"))
# The last may be left out, so a text may hold the sign: name=text.
VALUE: Final = Field(
    "value",
    Parts(
        (Field("name", Text(32, "[a-z][a-z0-9_]{0,31}")), Field("text", LongText(4_000))), sign="="
    ),
    many=True,
    count_max=VALUES_MAX,
)
TEXT: Final = Field("text", LongText(4_000), required=False)
_FRAME: Final = (
    CODE,
    VERSION,
    DIGEST,
    Field("year", Whole(2000, 9999)),
    Field("number", Whole(1, 999_999)),
    LANGUAGE,  # of its prose
    VALUE,
)
_ACK: Final = Field("acknowledge", OneOf(*SPANS), required=False)
LADDER: Final = Field("ladder", Text(LADDER_MAX, "[a-z0-9=,]+"), required=False)
_WITHIN: Final = Span.of(hours=6)

NOTICE: Final = Kind(
    name="notices.notice",
    version=1,
    fields=(*_FRAME, _ACK, LADDER),
    answered_by=("notices.receipt",),
    answer_within=_WITHIN,
    source=SOURCE,
)
QUERY: Final = Kind(
    name="notices.query",
    version=1,
    fields=(*_FRAME, _ACK, Field("answer", OneOf(*SPANS)), LADDER),
    answered_by=("notices.receipt", "notices.reply"),
    answer_within=_WITHIN,
    source=SOURCE,
)
REPLY: Final = Kind(name="notices.reply", version=1, fields=(OF, *_FRAME), source=SOURCE)
# Says "read by a person", never "agreed". kept: when their node had it, by their own clock.
RECEIPT: Final = Kind(
    name="notices.receipt",
    version=1,
    fields=(OF, Field("officer", Text(80)), Field("kept", When())),
    source=SOURCE,
)
CORRECTION: Final = Kind(
    name="notices.correction",
    version=1,
    fields=(OF, Field("after", Mid(), required=False), VALUE, TEXT),
    source=SOURCE,
)
CANCELLATION: Final = Kind(
    name="notices.cancellation",
    version=1,
    fields=(OF, Field("reason", REASONS), TEXT),
    source=SOURCE,
)
TRANSLATION: Final = Kind(
    name="notices.translation",
    version=1,
    fields=(
        OF,
        Field("name", Text(32, "[a-z][a-z0-9_]{0,31}")),
        Field("place", Whole(1, 32)),  # of values of that name, the first is 1
        LANGUAGE,
        Field("text", LongText(8_000)),
        Field("official", Flag()),
        Field("translator", Text(80)),
    ),
    source=SOURCE,
)
STEP: Final = Kind(
    name="notices.step",
    version=1,
    fields=(OF, Field("rung", RUNGS), Field("state", Text(32)), Field("due", When())),
    source=SOURCE,
)
HELD: Final = Kind(
    name="notices.held",
    version=1,
    fields=(Field("formats", Parts((CODE, VERSION, DIGEST)), many=True, count_max=VALUES_MAX),),
    source=SOURCE,
)
FORMAT: Final = Kind(
    name="notices.format",
    version=1,
    fields=(CODE, VERSION, Field("file", FileText(FILE_MAX))),
    source=SOURCE,
)
ENTRY: Final = Kind(
    name="notices.entry",
    version=1,
    fields=(Field("entry", OneOf("note", "handover", "telephone")), Field("text", LongText(4_000))),
    source=SOURCE,
)
FORMAL: Final = (NOTICE, QUERY, REPLY)
FOLLOWING: Final = (RECEIPT, CORRECTION, CANCELLATION, TRANSLATION, STEP)
ALL: Final = (*FORMAL, *FOLLOWING, HELD, FORMAT, ENTRY)
