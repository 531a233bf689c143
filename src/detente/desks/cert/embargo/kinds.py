"""What may be said of a vulnerability that several keep to themselves until a day they agree on.

Sources: FIRST, Guidelines and Practices for Multi-Party Vulnerability Coordination and Disclosure 1.1;
ISO/IEC 29147:2018 and 30111:2019.
"""

from typing import Final

from detente.core import limits
from detente.core.moment import Span
from detente.desks.cert.kinds import ABOUT, ASKS, OBJECT_ID
from detente.office.enclosed import FILES
from detente.office.fields import Field, Flag, LongText, Mid, OneOf, Text, When
from detente.office.kind import Kind

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: exchange between computer emergency response teams"
    " to protect critical information systems"
)
OF: Final = Field("of", Mid())
CVE: Final = Field(
    "cve", Text(24, form=r"CVE-[0-9]{4}-[0-9]{4,15}"), required=False, many=True,
    count_max=limits.MAX_TO,
)  # fmt: skip
OBJECTS: Final = Field("object", OBJECT_ID.type, required=False, many=True)
RELEASE: Final = Field("release", When())
WORDS: Final = Field("text", LongText(8_000), required=False)

VULNERABILITY: Final = Kind(
    name="cert.vulnerability",
    version=1,
    fields=(
        ABOUT,
        Field("text", LongText(16_000)),
        Field("finder", Text(200)),
        Field("vendor", Text(200), required=False, many=True),
        Field("product", Text(200), many=True),
        CVE,
        OBJECTS,
        RELEASE,  # the day proposed
        ASKS,
        FILES,
    ),
    answered_by=("cert.vulnerability_agree",),
    answer_within=Span.of(hours=72),
    source=_SOURCE,
)
DATE: Final = Kind(
    name="cert.vulnerability_date", version=1,
    fields=(OF, RELEASE, Field("text", LongText(8_000))), source=_SOURCE,
)  # fmt: skip
AGREE: Final = Kind(
    name="cert.vulnerability_agree",
    version=1,
    fields=(
        OF,
        Field("proposal", Mid()),  # the case, or a later proposal
        Field("word", OneOf("agree", "object")),
        RELEASE,  # the day that the proposal names
        WORDS,
    ),
    source=_SOURCE,
)
FACTS: Final = Kind(
    name="cert.vulnerability_update", version=1,
    fields=(OF, Field("text", LongText(16_000)), CVE, OBJECTS, FILES), source=_SOURCE,
)  # fmt: skip
KNOWS: Final = Kind(
    name="cert.vulnerability_knows",
    version=1,
    fields=(OF, Field("who", Text(200)), Field("since", When()), WORDS),
    source=_SOURCE,
)
BREAK: Final = Kind(
    name="cert.vulnerability_break",
    version=1,
    fields=(OF, Field("text", LongText(8_000)), Field("seen", When())),
    source=_SOURCE,
)
PUBLISH: Final = Kind(
    name="cert.vulnerability_release",
    version=1,
    fields=(OF, Field("advisory", Mid(), required=False), Field("alone", Flag()), WORDS),
    source=_SOURCE,
)
ALL: Final = (VULNERABILITY, DATE, AGREE, FACTS, KNOWS, BREAK, PUBLISH)
