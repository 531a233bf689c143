"""What may be said about an exercise itself."""

from typing import Final

from detente.core import limits
from detente.core.moment import Span
from detente.desks.notices.formats.declared import LANGUAGES
from detente.desks.notices.kinds import OF, SOURCE, TEXT
from detente.office.fields import Field, FileText, OneOf, Parts, Text, When
from detente.office.kind import Kind

NAME: Final = Text(32, "[a-z][a-z0-9_]{0,31}")
ROLE: Final = Field("role", NAME)
LANGUAGE: Final = Field("language", OneOf(*LANGUAGES))
READER: Final = Field("reader", Text(80))
CHOICES: Final = Field(
    "choice",
    Parts((Field("question", NAME), Field("choice", NAME)), sign="="),
    many=True,
    count_max=limits.MAX_QUESTIONS,
)

# The whole file goes to the other side, which has a controller too; see decision 0079.
BEGUN: Final = Kind(
    name="notices.exercise",
    version=1,
    fields=(Field("file", FileText(limits.MAX_SCENARIO)), Field("begins", When()), ROLE, LANGUAGE),
    answered_by=("notices.joined",),
    answer_within=Span.of(hours=6),
    source=SOURCE,
)
JOINED: Final = Kind(name="notices.joined", version=1, fields=(OF, LANGUAGE), source=SOURCE)
# On nobody's list of what is unread: it would tell the other side's readers what to choose.
READING: Final = Kind(
    name="notices.reading", version=1, fields=(OF, READER, CHOICES), source=SOURCE, by_itself=True
)
ENDED: Final = Kind(name="notices.ended", version=1, fields=(OF, TEXT), source=SOURCE)
LOGGED: Final = (BEGUN, JOINED, ENDED)  # what the watch log has of it
ABOUT: Final = (JOINED, READING, ENDED)
ALL: Final = (BEGUN, *ABOUT)
