"""What may be said about terms of service."""

from typing import Final

from detente.core.moment import Span
from detente.desks.notices.kinds import LADDER, OF, SOURCE, SPANS, TEXT
from detente.office.drafting import PRECEDENCES
from detente.office.fields import Field, Flag, OneOf, Parts, When
from detente.office.kind import Kind

SPEED: Final = Field(
    "speed",
    Parts((Field("prec", OneOf(*PRECEDENCES)), Field("within", OneOf(*SPANS))), sign="="),
    required=False,
    many=True,
    count_max=len(PRECEDENCES),
)
ANSWER_WITHIN: Final = Span.of(hours=72)

TERMS: Final = Kind(
    name="notices.terms",
    version=1,
    fields=(SPEED, LADDER, Field("since", When()), TEXT),
    answered_by=("notices.terms_reply",),
    answer_within=ANSWER_WITHIN,
    source=SOURCE,
)
REPLY: Final = Kind(
    name="notices.terms_reply", version=1, fields=(OF, Field("yes", Flag()), TEXT), source=SOURCE
)
ALL: Final = (TERMS, REPLY)
