"""What may be said on the direct line."""

from typing import Final

from detente.core import limits
from detente.office.fields import Digest, Field, LongText, Mid, OneOf, Parts, Text, When, Whole
from detente.office.kind import Kind

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: a direct communication link between high-level"
    " officials to manage a crisis arising from an ICT security incident"
)

TEXT_MAX: Final = 20_000  # characters of a message
STANDINGS: Final = ("working", "courtesy", "official")
STANDS: Final = ("propose", "agree", "disagree")
ROLES: Final = ("principal", "releaser", "interpreter", "aide", "watch")
STEPS: Final = ("enter", "leave")
RESULTS: Final = ("whole", "sealed", "changed")
SIDES: Final = ("test", "answer")

LANGUAGE: Final = Field("language", Text(16, "[a-z]{2,3}(-[a-z0-9]{2,8})?"))
TEXT: Final = Field("text", LongText(TEXT_MAX))
OF: Final = Field("of", Mid())
CONCEPT: Final = Text(64, "[a-z0-9]+(-[a-z0-9]+)*")
WORDING: Final = Text(200)
SLOT: Final = Field("slot", When())  # the full hour that a test is of

MESSAGE: Final = Kind(
    name="hotline.message",
    version=1,
    fields=(LANGUAGE, TEXT),
    second_person=True,
    source=_SOURCE,
)
CORRECTION: Final = Kind(
    name="hotline.correction",
    version=1,
    fields=(OF, LANGUAGE, TEXT),
    second_person=True,
    source=_SOURCE,
)
# By the side that received; it never replaces the original.
TRANSLATION: Final = Kind(
    name="hotline.translation",
    version=1,
    fields=(
        OF,
        LANGUAGE,
        TEXT,
        Field("by", Text(120)),
        Field("standing", OneOf(*STANDINGS)),
        Field("terms", CONCEPT, required=False, many=True, count_max=limits.MAX_HOTLINE_TERMS),
    ),
    source=_SOURCE,
)
# One half of what call words are derived from.
SEED: Final = Kind(
    name="hotline.seed",
    version=1,
    fields=(Field("seed", Digest()),),
    by_itself=True,
    source=_SOURCE,
)
TERM: Final = Parts(
    (
        Field("concept", CONCEPT),
        Field("language", LANGUAGE.type),
        Field("wording", WORDING),
        Field("other_language", LANGUAGE.type),
        Field("other_wording", WORDING),
        Field("stand", OneOf(*STANDS)),
        Field("note", Text(1_000), required=False),
    ),
    sign="|",
)
TERMS: Final = Kind(
    name="hotline.terms",
    version=1,
    fields=(Field("terms", TERM, many=True, count_max=limits.MAX_HOTLINE_TERMS),),
    source=_SOURCE,
)
PRESENCE: Final = Kind(
    name="hotline.presence",
    version=1,
    fields=(
        Field("step", OneOf(*STEPS)),
        Field("name", Text(120)),
        Field("role", OneOf(*ROLES)),
    ),
    by_itself=True,
    source=_SOURCE,
)
_BETWEEN: Final = r"[^;\x00-\x1f\x7f-\x9f\u2028\u2029]+"
NUMBER: Final = Parts(
    (
        Field("number", Text(40, r"[0-9+() /*#-]{3,40}")),
        Field("who", Text(120, _BETWEEN)),
        Field("hours", Text(60), required=False),
    ),
    sign=";",
)
NUMBERS: Final = Kind(
    name="hotline.numbers",
    version=1,
    fields=(Field("number", NUMBER, many=True, count_max=limits.MAX_TO),),
    source=_SOURCE,
)
PATH: Final = Parts((Field("path", Text(64)), Field("state", OneOf("open", "shut"))))
TEST: Final = Kind(
    name="hotline.test",
    version=1,
    fields=(
        SLOT,
        Field("passage", Whole(0, 9_999)),
        Field("text", LongText(1_000)),
        Field("paths", PATH, many=True, count_min=0, count_max=limits.MAX_TO),
    ),
    by_itself=True,
    source=_SOURCE,
)
TESTED: Final = Kind(
    name="hotline.tested",
    version=1,
    fields=(OF, SLOT, Field("result", OneOf(*RESULTS))),
    by_itself=True,
    source=_SOURCE,
)
MISSED: Final = Kind(  # to ourselves: what did not come in time
    name="hotline.missed",
    version=1,
    fields=(SLOT, Field("peer", Text(63)), Field("side", OneOf(*SIDES))),
    by_itself=True,
    source=_SOURCE,
)

ALL: Final = (
    MESSAGE, CORRECTION, TRANSLATION, SEED, TERMS, PRESENCE, NUMBERS, TEST, TESTED, MISSED,
)  # fmt: skip
