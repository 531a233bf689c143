"""What may be said about incidents, and to whom one turns."""

from typing import Final

from detente.core import limits
from detente.core.moment import Span
from detente.desks.cert.kinds import ABOUT, ASKS
from detente.office.enclosed import FILES
from detente.office.fields import Field, Flag, LongText, Mid, OneOf, Parts, Text, When, Whole
from detente.office.kind import Kind

_SOURCE: Final = (
    "US-Russia joint statement of 17 June 2013: communication between computer emergency response"
    " teams about cyber incidents, and authoritative points of contact"
)

# Words of the US National Cyber Incident Scoring System, the least first.
SEVERITIES: Final = ("baseline", "low", "medium", "high", "severe", "emergency")
# Sectors of Directive (EU) 2022/2555, annexes I and II, and one for what is none of them.
SECTORS: Final = (
    "energy", "transport", "banking", "finance", "health", "water", "waste_water", "digital",
    "ict_services", "public", "space", "post", "waste", "chemicals", "food", "manufacturing",
    "research", "other_sector",
)  # fmt: skip
CATEGORIES: Final = (
    "phishing", "malware", "ransomware", "intrusion", "denial", "leak", "fraud", "scanning",
    "exploited", "outage", "other_category",
)  # fmt: skip
CONFIDENCES: Final = ("low", "moderate", "high")
OUTCOMES: Final = ("assist", "watch", "not_ours")
RESULTS: Final = ("resolved", "false_alarm", "not_pursued")
STAGES: Final = ("notification", "intermediate", "final")

OF: Final = Field("of", Mid())
FACTS: Final = Field("text", LongText(max_chars=16_000))
WORDS: Final = Field("text", LongText(max_chars=8_000), required=False)
SEVERITY: Final = Field("severity", OneOf(*SEVERITIES))
SECTOR: Final = Field("sector", OneOf(*SECTORS), required=False)
FUNCTION: Final = Field(
    "function", Text(max_chars=120), required=False, many=True, count_max=limits.MAX_TO
)
KNOWN_AT: Final = Field("aware", When())  # when its author came to know
IMPACT: Final = Field("impact", OneOf("none", "degraded", "lost", "unclear"))

INCIDENT: Final = Kind(
    name="cert.incident",
    version=1,
    fields=(
        ABOUT,
        FACTS,
        Field("category", OneOf(*CATEGORIES)),
        SEVERITY,
        SECTOR,
        FUNCTION,
        IMPACT,
        Field("seen", When(), required=False),
        Field("reference", Text(max_chars=200), required=False),
        ASKS,
        FILES,
    ),
    answered_by=("cert.triage",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)
TRIAGE: Final = Kind(
    name="cert.triage",
    version=1,
    fields=(OF, Field("outcome", OneOf(*OUTCOMES)), SEVERITY, WORDS),
    source=_SOURCE,
)
UPDATE: Final = Kind(name="cert.update", version=1, fields=(OF, FACTS, FILES), source=_SOURCE)
# Apart from facts: who says it, how sure, and on what it rests stand in a record of their own.
ATTRIBUTION: Final = Kind(
    name="cert.attribution",
    version=1,
    fields=(
        OF,
        Field("statement", LongText(max_chars=4_000)),
        Field("confidence", OneOf(*CONFIDENCES)),
        Field("basis", LongText(max_chars=4_000)),
    ),
    source=_SOURCE,
)
RESOLVED: Final = Kind(name="cert.resolved", version=1, fields=(OF, FACTS, FILES), source=_SOURCE)
CLOSED: Final = Kind(
    name="cert.closed",
    version=1,
    fields=(OF, Field("result", OneOf(*RESULTS)), WORDS),
    source=_SOURCE,
)
# What Directive (EU) 2022/2555, article 23(4), makes of an incident, as an example of clocks: said
# as soon as it is known, with nothing but that, and then in three steps.
AWARE: Final = Kind(
    name="cert.aware",
    version=1,
    fields=(ABOUT, KNOWN_AT, SECTOR, WORDS),
    answer_within=Span.of(hours=24),  # by its own desk: see WARNING
    source=_SOURCE,
)
WARNING: Final = Kind(
    name="cert.early_warning",
    version=1,
    fields=(
        Field("of", Mid(), required=False),  # what was said to be known
        ABOUT,
        KNOWN_AT,
        Field("malicious", Flag()),
        Field("crosses", Flag()),  # may touch other states
        SECTOR,
        WORDS,
    ),
    answer_within=Span.of(hours=72),
    source=_SOURCE,
)
REPORT: Final = Kind(
    name="cert.report",
    version=1,
    fields=(
        OF,
        Field("stage", OneOf(*STAGES)),
        SEVERITY,
        IMPACT,
        FACTS,
        FILES,
    ),
    source=_SOURCE,
)
REQUEST: Final = Kind(
    name="cert.request",
    version=1,
    fields=(ABOUT, Field("question", LongText(max_chars=8_000)), FILES),
    answered_by=("cert.reply",),
    answer_within=Span.of(hours=72),
    source=_SOURCE,
)
REPLY: Final = Kind(
    name="cert.reply",
    version=1,
    fields=(OF, Field("whole", Flag()), FACTS, FILES),
    source=_SOURCE,
)
# People write the members of a contact with the sign between them: so none of them holds it.
_BETWEEN: Final = r"[^;\x00-\x1f\x7f-\x9f\u2028\u2029]+"
CONTACT: Final = Parts(
    (
        Field("role", OneOf("technical", "diplomatic", "duty")),
        Field("name", Text(max_chars=120, form=_BETWEEN)),
        Field("reach", Text(max_chars=200, form=_BETWEEN)),
        Field("hours", Text(max_chars=60), required=False),
    ),
    sign=";",
)
CONTACTS: Final = Kind(
    name="cert.contacts",
    version=1,
    fields=(Field("contact", CONTACT, many=True, count_max=limits.MAX_TO),),
    answer_within=Span.of(days=365),  # by its own desk: see CONFIRMED
    source=_SOURCE,
)
# A list holds for a year, and longer if its desk says so.
CONFIRMED: Final = Kind(
    name="cert.confirmed",
    version=1,
    fields=(OF, Field("holds", Flag())),  # false: another list stands in its place
    source=_SOURCE,
)
# To ourselves: how often points of contact are tested; within: hours for an answer.
TESTING: Final = Kind(
    name="cert.testing",
    version=1,
    fields=(Field("days", Whole(0, 366)), Field("within", Whole(1, 168), required=False)),
    source=_SOURCE,
)
PING: Final = Kind(
    name="cert.ping",
    version=1,
    fields=(ABOUT,),
    answered_by=("cert.pong",),
    answer_within=Span.of(hours=24),
    source=_SOURCE,
)
PONG: Final = Kind(
    name="cert.pong",
    version=1,
    fields=(OF, Field("by", Text(max_chars=120)), WORDS),
    source=_SOURCE,
)

ALL: Final = (
    INCIDENT, TRIAGE, UPDATE, ATTRIBUTION, RESOLVED, CLOSED, AWARE, WARNING, REPORT, REQUEST, REPLY,
    CONTACTS, CONFIRMED, TESTING, PING, PONG,
)  # fmt: skip
