"""What may be said at the CERT desk."""

from typing import Final

from detente.core import limits
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
)
from detente.office.kind import Kind

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: exchange of information on malware and other"
    " malicious indicators between computer emergency response teams"
)

OBJECTS_MAX: Final = 2_000
# 250 of a type's name, two signs, 36 of a UUID. Observables have no time of their own.
OBJECT_ID: Final = Field("id", Text(max_chars=292, form=r"[a-z0-9-]{3,250}--[0-9a-fA-F-]{36}"))
MODIFIED: Final = Field("modified", Text(max_chars=40, form=r"[0-9T:.-]{19,32}Z"), required=False)
ABOUT: Final = Field("about", Text(max_chars=200))
ASKS: Final = Field("asks", LongText(max_chars=4_000), required=False)
VERDICTS: Final = OneOf("useful", "known", "false", "question")
VERDICT: Final = Field("verdict", VERDICTS)
TEXT: Final = Field("text", LongText(max_chars=8_000), required=False)
REASON: Final = Field("reason", OneOf("corrected", "false", "embargo", "legal"))
BECAUSE: Final = Field("because", Text(max_chars=200), required=False)
REF: Final = Parts((OBJECT_ID, MODIFIED))

BUNDLE: Final = Kind(
    name="cert.bundle",
    version=1,
    fields=(
        Field("bundle", FileText(size_max=limits.MAX_BODY)),  # STIX 2.1, to the byte as received
        Field(
            "objects",
            Parts((OBJECT_ID, MODIFIED, Field("sha256", Digest()))),
            many=True,
            count_max=OBJECTS_MAX,
        ),
        ABOUT,
        ASKS,
    ),
    answered_by=("cert.answer",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)

ANSWER: Final = Kind(
    name="cert.answer",
    version=1,
    fields=(Field("to", Mid()), VERDICT, TEXT),
    source=_SOURCE,
)

WITHDRAW: Final = Kind(
    name="cert.withdraw",
    version=1,
    fields=(
        Field("of", Mid()),
        Field("all", Flag()),
        Field("objects", REF, required=False, many=True, count_max=OBJECTS_MAX),
        REASON,
        Field("replaced_by", Mid(), required=False),
    ),
    answered_by=("cert.withdrawn",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)

WITHDRAWN: Final = Kind(
    name="cert.withdrawn",
    version=1,
    fields=(
        Field("of", Mid()),  # the withdrawal
        Field(
            "done",
            Parts(
                (OBJECT_ID, MODIFIED, Field("state", OneOf("removed", "not_held", "kept")), BECAUSE)
            ),
            many=True,
            count_max=OBJECTS_MAX,
        ),
    ),
    source=_SOURCE,
)

ALL: Final = (BUNDLE, ANSWER, WITHDRAW, WITHDRAWN)
