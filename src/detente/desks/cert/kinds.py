"""What may be said at the CERT desk."""

from typing import Final

from detente.core import limits
from detente.core.moment import Span
from detente.office.drafting import MARKINGS
from detente.office.enclosed import FILES
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

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: exchange of information on malware and other"
    " malicious indicators between computer emergency response teams"
)

OBJECTS_MAX: Final = limits.MAX_BUNDLE_OBJECTS
CONFLICT_TEXT_MAX: Final = limits.MAX_CONFLICT_TEXT  # bytes of a refused object; of more its hash
PERMISSIONS: Final = ("CLEAR", "GREEN", "AMBER", "RED")  # of PAP, each stricter than the last
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

# A bundle too large for one record goes as several in one matter: the first is a BUNDLE_FILE, the
# rest are PARTs, and each says which it is.
PART_OF: Final = Parts(
    (
        Field("number", Whole(1, limits.MAX_BUNDLE_PARTS)),
        Field("parts", Whole(2, limits.MAX_BUNDLE_PARTS)),
        Field("own", Whole(1, OBJECTS_MAX)),  # of its objects; others are markings that go again
        Field("bundle", Text(max_chars=44, form=r"bundle--[0-9a-fA-F-]{36}")),  # id of the whole
        Field("sha256", Digest()),  # of the whole
        Field("size", Whole(1, limits.MAX_ATT_SIZE)),  # bytes of the whole
        Field("count", Whole(2, OBJECTS_MAX * limits.MAX_BUNDLE_PARTS)),  # objects of the whole
    )
)

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
        FILES,
    ),
    answered_by=("cert.answer",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)

# A bundle that no body holds: its first file, folded as a BUNDLE once it is whole and right.
BUNDLE_FILE: Final = Kind(
    name="cert.bundle_file",
    version=1,
    fields=(
        Field("sha256", Digest()),  # of the bundle
        Field("count", Whole(1, OBJECTS_MAX)),
        ABOUT,
        ASKS,
        Field("part", PART_OF, required=False),  # number 1 of a whole
        FILES,
    ),
    answered_by=("cert.answer",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)

# Numbers 2 and on of a whole. Nobody owes an answer for each: the first asks for one for all.
PART: Final = Kind(
    name="cert.part",
    version=1,
    fields=(
        Field("sha256", Digest()),
        Field("count", Whole(1, OBJECTS_MAX)),
        ABOUT,
        Field("part", PART_OF),
        FILES,
    ),
    source=_SOURCE,
)

# To ourselves: what we were about to say, and contradicts what was said before.
CONFLICT: Final = Kind(
    name="cert.conflict",
    version=1,
    fields=(
        OBJECT_ID,
        MODIFIED,
        Field("of", Mid()),  # the record that holds the first
        Field("held", Digest()),
        Field("sha256", Digest()),  # of the content that was refused
        Field("act", Text(64)),
        Field("object", FileText(size_max=CONFLICT_TEXT_MAX), required=False),
    ),
    source=_SOURCE,
)

ANSWER: Final = Kind(
    name="cert.answer",
    version=1,
    fields=(Field("to", Mid()), VERDICT, TEXT, FILES),
    source=_SOURCE,
)

WITHDRAW: Final = Kind(
    name="cert.withdraw",
    version=1,
    fields=(
        Field("of", Mid()),
        Field("all", Flag()),
        Field("part", Flag(), required=False),  # true: all of a further part, and not of the whole
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

# What we let go to a party, said to it: the newest of ours to it stands.
TYPE: Final = Text(max_chars=250, form=r"[a-z0-9-]{3,250}")
SECTOR: Final = Text(max_chars=100)
OF_TYPE: Final = Field("type", TYPE, required=False, many=True)  # of objects; none named: all
OF_SECTOR: Final = Field("sector", SECTOR, required=False, many=True)
UPTO: Final = Field("upto", OneOf(*MARKINGS))  # the strictest TLP that may go
PAP_UPTO: Final = Field("pap", OneOf(*PERMISSIONS), required=False)  # the strictest PAP that may go
WAY: Final = Field("way", OneOf("person", "automatic"))
UNTIL: Final = Field("until", When(), required=False)
TERMS: Final = (OF_TYPE, OF_SECTOR, UPTO, PAP_UPTO, WAY, UNTIL)
ENDS: Final = Field("ends", Flag())  # from here on there is none
ARRANGEMENT: Final = Kind(
    name="cert.arrangement",
    version=1,
    fields=(ABOUT, *TERMS, ENDS),
    source=_SOURCE,
)

# To ourselves: values that are good or say nothing, checked before anything leaves.
WARNING_LIST: Final = Kind(
    name="cert.warning_list",
    version=1,
    fields=(Field("text", FileText(size_max=limits.MAX_BODY)), FILES),
    source=_SOURCE,
)
WARNING_LIST_FILE: Final = Kind(
    name="cert.warning_list_file",
    version=1,
    fields=(Field("sha256", Digest()), FILES),
    source=_SOURCE,
)

ALL: Final = (
    BUNDLE,
    BUNDLE_FILE,
    PART,
    CONFLICT,
    ANSWER,
    WITHDRAW,
    WITHDRAWN,
    ARRANGEMENT,
    WARNING_LIST,
    WARNING_LIST_FILE,
)
